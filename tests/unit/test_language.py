"""Every sentence of the window can be translated, and says the same in each language."""

from __future__ import annotations

import ast
import datetime
import functools
import re
import shutil
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.wording import language, quantities
from app.wording.demo_words import DEMO_QUESTIONS, WITH_PYTHON
from app.wording.errors import Action
from app.wording.language import number, tr
from installers import translations

UI = sorted(
    path for room in translations.ROOMS for path in (translations.ROOT / "app" / room).rglob("*.py")
)
# Names of fonts and of Pygments' tokens, a question to a model, and argparse's English texts.
NO_SENTENCES = (
    "ui/theme.py",
    "highlighting.py",
    "smoke_test.py",
    "cli/__init__.py",
    "client_snippets.py",
)
# Calls whose texts are machine-readable names or keys.
FOR_MACHINES = {"setObjectName", "setProperty", "property", "QShortcut", "setShortcuts", "strftime"}
FOR_MACHINES |= {"note", "TypeError", "compile"}  # the log, programming errors, patterns
FOR_MACHINES |= {"ThreadPoolExecutor"}
FOR_MACHINES |= {"give_up", "_give_up"}  # argparse's errors are English, as its own
PROPER = {
    "Fireside",
    "fireside ask",
    "Python",
    "Markdown",
    "Ollama",
    "Folder",
    "Fusion",
    "English",
    "Deutsch",
    "CSV",
    "GPU",
    "Vulkan",
    "Hugging Face",
    "LM Studio",
    "Transformers",
    "Qt",
    "Wikipedia",
}
COMMANDS = {
    "=on python3 installers/from_source.py",
    ", Python ",
    '`fireside ask "…"`',
    "`fireside ask --model NAME`",
    "`fireside models`",
    "`fireside pull NAME`",
}
VALUES = {
    *DEMO_QUESTIONS,
    WITH_PYTHON,
    "take out",
    "Authorization: Bearer …",
    "Name: value",
    "Fireside: ",
    "fireside serve --port ",
    "no key",
    "no address",
    "not UTF-8",
    "python web files: zim: mcp:",
}
KEYS = {"Return", "Enter", "Esc", "Space", "End", "Home", "Del"}
TAGS = re.compile(r"<[^>]*>")
SENTENCE = re.compile(
    r"^[A-Z][a-z]+…?$|[A-Za-z]{2} [A-Za-z“]|[a-z]{2}[.…:] |[a-z]{2}[.…]$|^ [A-Za-z]{4,}(?![\w=])"
)


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield lines and texts that are not translated by `tr`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Call(ast.Name("tr")):
                continue
            case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in FOR_MACHINES:
                continue
            case ast.Expr(ast.Constant(str())) | ast.AnnAssign(annotation=ast.Constant()):
                continue
            case ast.JoinedStr([ast.FormattedValue(), ast.Constant(str(glued))]) if glued.isalpha():
                continue  # a machine-readable name, as "{name}Field"
            case ast.Assign([ast.Name("__all__")]):
                continue
            case ast.Constant(str(text)):
                yield node.lineno, text
        waiting.extend(ast.iter_child_nodes(node))


sentences = functools.cache(translations.sentences)


@functools.cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in UI}


def test_every_sentence_goes_through_tr() -> None:
    found = [
        f"{path}:{line}: {text!r}"
        for path, tree in trees().items()
        if not path.as_posix().endswith(NO_SENTENCES)
        for line, text in literals(tree)
        if SENTENCE.search(TAGS.sub("", text)) and text not in PROPER | KEYS | COMMANDS | VALUES
    ]
    assert not found


def test_what_goes_through_tr_is_found_and_comes_in_time() -> None:
    """A tool can extract it, and nothing is translated before the language is set."""

    def check(path: Path, tree: ast.AST, late: bool) -> None:
        match tree:
            case ast.Call(ast.Name("tr"), [text, *others], []):
                where = f"{path}:{tree.lineno}"
                assert isinstance(text, ast.Constant), where
                assert isinstance(text.value, str), where
                assert late, f"{where}: at import"
                assert len(others) < 2 or "%n" in text.value or "%Ln" in text.value, where
                assert len(others) == 2 or not re.search("%L?n", text.value), where
            case ast.Call(ast.Name("tr")):
                raise AssertionError(f"{path}:{tree.lineno}: its arguments have no names")
            case ast.JoinedStr():
                within = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
                assert "tr" not in within, f"{path}:{tree.lineno}: f-strings are not collected"
        late = late or isinstance(tree, ast.FunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(tree):
            check(path, child, late)

    for path, tree in trees().items():
        if "tr(" in path.read_text("utf-8"):
            check(path, tree, False)


@pytest.mark.parametrize("code", translations.LANGUAGES)
def test_a_translation_has_the_places_of_its_source(code: str) -> None:
    catalog = translations.read(translations.FOLDER / f"{code}.po")
    assert len(catalog) > 500
    for message in catalog:
        source = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else message.string
        for form in forms or () if source else ():
            assert places(form) == places(source), source


def places(text: str) -> list[str]:
    """Return placeholders, and the keys and filters in a text."""
    return sorted(re.findall(r"\{\w*\}|%L?n|\t.+|\(\*[^)]*\)", text))


def test_english_needs_no_tools() -> None:
    assert tr("%n file(s)", "", 1) == "1 file"
    assert tr("%Ln file(s)", "", 12_345) == "12,345 files"
    assert tr("None", "of the layers") == "None"
    assert number(12_345.67, 1) == "12,345.7"
    assert [action.words for action in Action if not action.words] == [""]


def test_numbers_and_days_follow_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = datetime.datetime(2024, 11, 12, 12).timestamp()
    assert quantities.day(long_ago) == "12 November 2024"
    assert quantities.gigabytes(12_109_566_560) == "12.1 GB"
    german = {"{day} {month} {year}": "{day}. {month} {year}", "November": "Nebelung"}
    monkeypatch.setattr(language, "_translate", lambda text, comment, n: german.get(text, text))
    monkeypatch.setattr(language, "_separators", language._SEPARATORS["de"])
    assert quantities.day(long_ago) == "12. Nebelung 2024"
    assert quantities.gigabytes(12_109_566_560) == "12,1 GB"
    assert quantities.duration(3 * 3600) == "3,0 h"
    assert number(12_345.67, 1) == "12.345,7"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone can be chosen on POSIX")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
@pytest.mark.parametrize("hour", [0, 11, 12, 23])
def test_the_days_in_the_bin_make_thirty_at_any_hour(
    monkeypatch: pytest.MonkeyPatch, zone: str, hour: int
) -> None:
    class Day(datetime.date):
        @classmethod
        def today(cls) -> Day:
            return cls(2028, 2, 29)

    monkeypatch.setattr(quantities, "datetime", types.SimpleNamespace(date=Day))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        told = []
        for days in (0, 1, 3, 29, 30):
            day = datetime.date(2028, 2, 29) - datetime.timedelta(days)
            then = datetime.datetime.combine(day, datetime.time(hour, 30)).timestamp()
            told.append((quantities.ago(then), quantities.days_left(then, 30)))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert told == [
        ("today", "in 30 days"),
        ("yesterday", "in 29 days"),
        ("3 days ago", "in 27 days"),
        ("29 days ago", "in 1 day"),
        ("30 days ago", "today"),
    ]


# Terms for which `app/wording/README.md` has another.
_BANNED = re.compile(
    r"side bar|[Pp]references|\bfor good\b|[Cc]onversation(?!s\.json)|[Pp]icture"
    r"|cannot (?!answer this)|n't|\.\.\.|\bhas a fault\b|\banew\b|\bof yours\b"
)


def test_one_term_stands_for_one_thing() -> None:
    texts = [each.text for each in sentences()]
    assert not [text for text in texts if _BANNED.search(text)]


@pytest.mark.parametrize("code", translations.LANGUAGES)
def test_every_sentence_is_translated(code: str) -> None:
    catalog = translations.read(translations.FOLDER / f"{code}.po")
    assert not translations.untranslated(catalog)


@pytest.mark.parametrize("code", translations.LANGUAGES)
def test_no_sentence_is_missing_and_none_is_left(code: str, tmp_path: Path) -> None:
    shutil.copy(translations.FOLDER / f"{code}.po", tmp_path)
    translations.update(tmp_path)
    updated = (tmp_path / f"{code}.po").read_text("utf-8")
    assert updated == (translations.FOLDER / f"{code}.po").read_text("utf-8")


def test_the_plurals_of_english_are_regular() -> None:
    for sentence in sentences():
        if sentence.plural:
            assert not re.search(r"\w\(\w+\)", sentence.text.replace("(s)", "")), sentence


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked, not the environment")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr:de:en"}, "de"),
        ({"LANG": "C", "LANGUAGE": "de"}, "en"),
    ],
)
def test_the_environment_says_which_language(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.choose("", language.system_languages()) == expected
    assert language.choose("de", language.system_languages()) == "de"
    assert language.choose("xx", language.system_languages()) == expected
