"""Measure the search in a folder: which questions it answers, how fast, and what it takes.

usage: python -m tests.bench.search [FOLDER] [--all]

FOLDER: 5,000 documents, made by `python -m tests.bench.search_data.debian_folder FOLDER`. Its 50
questions, 25 more, and 25 that nothing was tuned on are in `search_data`. Without a folder, this
project's own Markdown files are searched. With --all, SQLite's tokenizers and Fireside without some
of its parts are compared, which takes several minutes.

Times are those of the processor. The last lines are from turns in which a scripted model searches,
opens the first right result and cites its lines.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.base.folder import Folder
from app.tools.browser.files.file_index import FileIndex, IndexedText
from app.tools.browser.files.text_reading import Unread, read_text
from tests.bench.search_data.asked import (
    Answered,
    Made,
    Question,
    ask,
    fireside,
    questions,
    sqlite_alone,
    without_fields,
)
from tests.bench.search_data.reader import IndexSource, read

ROOT = Path(__file__).parents[2]
SMALL = (
    Question("one", "words", "mutants survivors", {"tests/README.md": "The 34 survivors"}),
    Question(
        "two", "sentence", "Which tests show speed as ratios?", {"tests/README.md": "as ratios"}
    ),
)


def texts_of(folder: Path, names: Sequence[str]) -> list[IndexedText]:
    found = []
    with Folder(folder) as opened:
        for name in names:
            try:
                found.append(read_text(opened, name))
            except Unread as fault:
                print(f"  not read: {name}: {fault.reason}")
    return found


def row(name: str, made: Made | None, asked: Answered, plain: Answered, extra: str = "") -> str:
    cost = f"{made.seconds:7.1f} s {made.size / 1e6:6.1f} MB" if made else " " * 19
    hits = " ".join(f"{asked.within(count):5}" for count in (1, 5, 10))
    ratio = asked.median / plain.median
    return f"{name:36}{cost} {hits} {asked.median:8.1f} {asked.worst:8.1f} {ratio:7.2f}{extra}"


def compare(
    folder: Path,
    names: Sequence[str],
    asked: Sequence[Question],
    others: Mapping[str, Sequence[Question]],
    whole: bool,
) -> None:
    begun, size = time.process_time(), sum((folder / name).stat().st_size for name in names)
    texts = texts_of(folder, names)
    characters = sum(len(text.text) for text in texts)
    print(
        f"{len(texts):,} documents, {size / 1e6:,.1f} MB, {characters / 1e6:,.1f} million "
        f"characters, read in {time.process_time() - begun:.1f} s"
    )
    print(
        f"{'of ' + str(len(asked)):36}  index      size first  of 5 of 10   median    worst   ratio"
    )
    with tempfile.TemporaryDirectory() as work:
        place = Path(work)
        alone = sqlite_alone(place / "alone.db", texts, "unicode61", 1)
        plain = ask(alone.search, asked)
        print(row("SQLite alone: whole documents", alone, plain, plain))
        ours = fireside(place / "ours.db", texts)
        print(row("Fireside", ours, ask(ours.search, asked), plain))
        for kind in ("words", "sentence"):
            some = [question for question in asked if question.kind == kind]
            print(row(f"  as {kind}, of {len(some)}", None, ask(ours.search, some), plain))
        for name, more in others.items():
            print(row(f"  {name}, of {len(more)}", None, ask(ours.search, more), plain))
        if whole:
            _others(place, texts, asked, plain)
        cite(place / "ours.db", asked)
        for name, more in others.items():
            print(f"{name}:")
            cite(place / "ours.db", more)


def _others(
    place: Path, texts: Sequence[IndexedText], asked: Sequence[Question], plain: Answered
) -> None:
    documents = fireside(place / "documents.db", texts, whole=True)
    print(row("Fireside, whole documents", documents, ask(documents.search, asked), plain))
    bare = without_fields(place / "documents.db")
    print(row("  without title, headings and path", None, ask(bare, asked), plain))
    for name, tokenizer, title in (
        ("SQLite alone, titles x 8", "unicode61", 8),
        ("SQLite alone, porter, titles x 8", "porter", 8),
        ("SQLite alone, trigrams, titles x 8", "trigram", 8),
    ):
        made = sqlite_alone(place / f"{name}.db", texts, tokenizer, title)
        print(row(name, made, ask(made.search, asked), plain))


def cite(index: Path, asked: Sequence[Question]) -> None:
    source = IndexSource(FileIndex(index))
    found = [(question, read(question, source)) for question in asked]
    source.index.close()
    print(f"the right result is in the first display: {sum(one.offered for _, one in found)}")
    for how, said in (
        ("opened", "the answer is on the page as it opens"),
        ("scrolled", "  after scrolling once"),
        ("found", "  after finding words of the question in the page"),
        ("another", "  in another right result"),
    ):
        print(f"{said}: {sum(one.seen == how for _, one in found)} of {len(found)}")
    print(f"cited lines that have the answer: {sum(one.cited for _, one in found)}")
    missed = [question.id for question, one in found if not one.cited]
    print(f"  not: {' '.join(missed)}" if missed else "  all of them")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if options.folder is None:
        names = sorted({path for question in SMALL for path in question.answers} | {"README.md"})
        compare(ROOT, names, SMALL, {}, whole=False)
        return
    files = (path for path in options.folder.rglob("*") if path.is_file())
    names = sorted(path.relative_to(options.folder).as_posix() for path in files)
    others = {"more": questions("more"), "held back": questions("held_back")}
    compare(options.folder, names, questions("questions"), others, options.all)


if __name__ == "__main__":
    main()
