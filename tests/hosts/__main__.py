"""Run the cases, each in namespaces of its own; the package's docstring has the rest."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.hosts.running import missing, run_case


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description="other computers")
    parser.add_argument("names", nargs="*", metavar="CASE", help="only these")
    parser.add_argument("--list", action="store_true", help="print their names")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    from tests.hosts.cases import CASES

    if unknown := set(options.names) - set(CASES):
        parser.error(f"no case has the name {', '.join(sorted(unknown))}: see --list")
    if options.list:
        for name, case in CASES.items():
            print(f"{name}: {(case.__doc__ or '').strip()}")
        return 0
    if options.inside:
        return _inside(options.names[0])
    if reason := missing():
        print(f"Skipped: {reason}.")
        return 0
    print("| case | sentence | error | noticed after | kept | goes on |\n" + "| --- " * 6 + "|")
    for name in options.names or CASES:
        _print(run_case(name))
    return 0


def _inside(name: str) -> int:
    from tests.hosts.cases import CASES
    from tests.hosts.computers import Computers

    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        print(CASES[name](Computers(Path(folder), stack)).row(name), flush=True)
    return 0


def _print(row: dict[str, Any]) -> None:
    words = {True: "yes", False: "**no**", None: ""}
    said = row["sentence"] or row["note"] or row["state"]
    seconds = f"{row['noticed_s']} s"
    cells = (row["case"], said, row["fault"], seconds, words[row["kept"]], words[row["on"]])
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
