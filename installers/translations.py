"""Bring ``resources/translations/`` up to date with the sentences of ``app/``.

    .venv/bin/python installers/translations.py

Run it after a sentence was changed, translate what it says is open, and run it again. It collects
what stands in `tr`, and compiles the ``.po`` files to the ``.mo`` files that `app.wording.language`
reads. English has no file: its plurals are regular. Needs Babel, which is in the dev group.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("de",)
ROOMS = ("ui", "wording", "cli")
"""The folders of ``app/`` that speak to a person."""
# Written here, since Babel's has its version and the hour in it.
_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text to be translated.

    ``context`` tells apart what English says in one word; ``note`` is for the translator.
    """

    text: str
    context: str = ""
    plural: bool = False
    note: str = ""


def main() -> int:
    """Collect, compile, and tell what is open."""
    update(FOLDER)
    compile_all(FOLDER, FOLDER)
    for language in LANGUAGES:
        missing = untranslated(read(FOLDER / f"{language}.po"))
        print(f"{language}: {len(missing)} to be translated")
        for text in missing:
            print(f"  {text}")
    return 0


def update(folder: Path) -> None:
    """Make the ``.po`` files in a folder hold each sentence of ``app/`` and no other."""
    collected = sentences()
    for language in LANGUAGES:
        path = folder / f"{language}.po"
        old, new = read(path), Catalog(locale=language)
        for each in collected:
            key = (each.text, each.text) if each.plural else each.text
            known = old.get(each.text, each.context or None)
            fits = known is not None and known.pluralizable is each.plural
            new.add(
                key,
                known.string if known and fits else None,
                auto_comments=[each.note] if each.note else (),
                context=each.context or None,
            )
        _write(new, path)


def compile_all(folder: Path, target: Path) -> None:
    """Write the ``.mo`` files of a folder's ``.po``."""
    for language in LANGUAGES:
        catalog = read(folder / f"{language}.po")
        # Else each run would give another file.
        catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
        with (target / f"{language}.mo").open("wb") as file:
            write_mo(file, catalog)


def read(path: Path) -> Catalog:
    """Return the catalogue in a ``.po`` file. Raises babel's PoFileError."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts of which a form is missing."""
    found = []
    for message in catalog:
        text = message.id[0] if isinstance(message.id, tuple) else str(message.id)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if text and not all(forms):
            found.append(text)
    return found


def sentences() -> list[Sentence]:
    """Return every sentence of ``app/``, in the order of their texts."""
    found: dict[tuple[str, str], Sentence] = {}
    for room in ROOMS:
        for path in sorted((ROOT / "app" / room).rglob("*.py")):
            for each in _in_source(path.read_text("utf-8")):
                key = (each.text, each.context)
                if key not in found or each.note:
                    found[key] = each
    return [found[key] for key in sorted(found)]


def _in_source(source: str) -> Iterator[Sentence]:
    if "tr(" not in source:
        return
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(ast.Name("tr"), [ast.Constant(str(text)), *others], []):
                context = others[0].value if others and isinstance(others[0], ast.Constant) else ""
                above = [line.strip() for line in lines[max(node.lineno - 3, 0) : node.lineno - 1]]
                note = next((line[2:].strip() for line in above if line.startswith("#:")), "")
                yield Sentence(text, str(context), len(others) == 2, note)


def _write(catalog: Catalog, path: Path) -> None:
    header = _HEADER.format(language=catalog.locale, plurals=catalog.plural_forms)
    with path.open("wb") as file:
        file.write(header.encode())
        write_po(file, catalog, width=100, omit_header=True, ignore_obsolete=True)


if __name__ == "__main__":
    sys.exit(main())
