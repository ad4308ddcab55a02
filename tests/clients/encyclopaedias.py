"""Compare the reader of ZIM files with libzim, and measure the first search.

``python -m tests.clients.encyclopaedias PYTHON FILE…``: PYTHON is a Python that has libzim from
PyPI, which is under the GPL and so neither a dependency nor in the package; the files are ZIM
files, such as those of github.com/openzim/zim-testing-suite. Reads up to 1,000 articles of each,
chosen by chance, both ways; prints how many are equal and how long a search by title takes, from
opening the file; ends with 0 if all are equal.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from app.tools.browser.encyclopaedia.title_search import titles_like
from app.tools.browser.encyclopaedia.zim_bytes import ZimFault
from app.tools.browser.encyclopaedia.zim_file import ZimFile

ARTICLES = 1000
_THEIRS = f"""
import hashlib, json, random, sys
from libzim.reader import Archive
try:
    archive = Archive(sys.argv[1])
except RuntimeError as error:
    print(json.dumps(str(error)))
    raise SystemExit
dice, found, count = random.Random(1), {{}}, archive.all_entry_count
for number in dice.sample(range(count), min(4 * {ARTICLES}, count)):
    entry = archive._get_entry_by_id(number)
    try:
        item = entry.get_item()
    except RuntimeError:
        continue
    if archive.has_new_namespace_scheme and not archive.has_entry_by_path(entry.path):
        continue  # a fact about the file, or an index
    found[entry.path] = entry.title, hashlib.sha256(bytes(item.content)).hexdigest()
    if len(found) == {ARTICLES}:
        break
print(json.dumps(found))
"""


def compared(python: str, path: Path) -> bool:
    """Read articles of a file both ways, and print how many are equal."""
    run = subprocess.run(
        [python, "-c", _THEIRS, str(path)], capture_output=True, text=True, check=True, timeout=600
    )
    theirs = json.loads(run.stdout)
    if isinstance(theirs, str):
        print(f"{path.name}: libzim does not read it: {theirs.splitlines()[0]}")
        return True
    begin = time.perf_counter()
    file = ZimFile(path)
    equal, spent = 0, []
    for place, (title, digest) in theirs.items():
        begun = time.perf_counter()
        space, name = file.articles, place
        if space != "C":
            space, _, name = place.partition("/")
        entry = file.find(space, name)
        data = file.content(entry) if entry else b""
        spent.append(time.perf_counter() - begun)
        same = hashlib.sha256(data).hexdigest() == digest and entry and entry.title == title
        equal += bool(same)
        if not same:
            print(f"  {place}: not equal")
    file.close()
    wanted = next(iter(theirs.values()))[0] if theirs else "nothing"
    begin = time.perf_counter()
    file = ZimFile(path)
    found = titles_like(file, f"what is {wanted}", 10)
    searched = time.perf_counter() - begin
    file.close()
    print(
        f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB, {equal} of {len(theirs)} equal, "
        f"{statistics.median(spent) * 1000 if spent else 0:.1f} ms each; opened and searched in "
        f"{searched * 1000:.0f} ms: {found[0].title if found else 'nothing'}"
    )
    return equal == len(theirs)


def main() -> int:
    """Compare the files of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.encyclopaedias")
    parser.add_argument("python")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    same = True
    for path in options.files:
        try:
            same &= compared(options.python, path)
        except ZimFault as error:
            print(f"{path.name}: {error}")
            same &= "invalid" in path.name
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
