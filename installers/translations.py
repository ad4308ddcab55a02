"""Brings ``resources/translations/`` up to date with the sentences of ``app/ui/``: run it after
one of them was changed, translate what ``de.ts`` says is unfinished, and run it again.

Qt's ``lupdate`` collects what stands in `tr`, ``lrelease`` writes what the window reads. Both come
with PySide6. ``en.ts`` holds the plurals only; the regular ones are written here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("de", "en")
_PLURAL = re.compile(
    r"<source>([^<]*)</source>((?:(?!</message>).)*?)"
    r'<translation type="unfinished">((?:\s*<numerusform></numerusform>)+)(\s*)</translation>',
    re.DOTALL,
)


def main() -> int:
    """Collects, and compiles."""
    update(FOLDER)
    release(FOLDER, FOLDER)
    for language in LANGUAGES:
        open_ones = (FOLDER / f"{language}.ts").read_text("utf-8").count('type="unfinished"')
        print(f"{language}: {open_ones} to be translated")
    return 0


def update(folder: Path) -> None:
    """Has the ``.ts`` files in a folder hold each sentence of ``app/ui/`` and no other."""
    sources = sorted(
        str(path) for room in ("ui", "wording") for path in (ROOT / "app" / room).rglob("*.py")
    )
    for language in LANGUAGES:
        _run(
            "pyside6-lupdate",
            "-silent",
            "-no-obsolete",
            "-sort-messages",
            *("-locations", "none"),
            *("-disable-heuristic", "similartext"),  # a guess looks like a translation
            *("-source-language", "en"),
            *("-target-language", language),
            *(["-pluralonly"] if language == "en" else []),
            *sources,
            *("-ts", str(folder / f"{language}.ts")),
        )
    english = folder / "en.ts"
    english.write_text(_PLURAL.sub(_both, english.read_text("utf-8")), "utf-8")


def release(folder: Path, target: Path) -> None:
    """Writes the ``.qm`` files of a folder's ``.ts``."""
    for language in LANGUAGES:
        ts, qm = folder / f"{language}.ts", target / f"{language}.qm"
        _run("pyside6-lrelease", "-silent", str(ts), "-qm", str(qm))


def _both(found: re.Match[str]) -> str:
    """A plural with both of its forms, where it is a regular one."""
    source, between, forms, end = found.groups()
    if re.search(r"\w\(\w+\)", source.replace("(s)", "")):
        return found[0]  # such as "match(es)"
    indent = forms[: forms.index("<")]
    written = "".join(
        f"{indent}<numerusform>{source.replace('(s)', ending)}</numerusform>"
        for ending in ("", "s")
    )
    return f"<source>{source}</source>{between}<translation>{written}{end}</translation>"


def _run(tool: str, *arguments: str) -> None:
    found = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    if found is None:
        raise SystemExit(f"{tool} is not installed: it comes with PySide6.")
    subprocess.run([found, *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
