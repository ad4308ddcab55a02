"""Citations on the terminal: numbers while the answer comes, and footnotes."""

from __future__ import annotations

import json

import pytest

from app.base.answer_events import Delta, Done, PartAdded, StopReason
from app.base.pages.stored_page import Page, PageKind, StoredDisplay, pack
from app.base.types import Message, Part, PartKind, Role
from app.cli.answer_printer import AnswerPrinter
from app.cli.ask_tools import named
from app.cli.printed_citations import PrintedCitations
from tests.fakes.tools import STATS


def shown(address: str, title: str, lines: int = 20) -> Part:
    """Return a display of a page with so many lines."""
    page = Page(address, title, tuple(f"line {n}" for n in range(lines)), source="files:Notes")
    return pack(StoredDisplay(page, 0, lines - 1), title)


PAGES = (
    shown("files:/Notes/copper.md", "Copper"),
    shown("https://example.org/x", "Tin \x1b[31m"),
    pack(StoredDisplay(Page("", "tin", ("a", "b"), kind=PageKind.SEARCH), 0, 1), "tin"),
)


def where(tool: str, address: str) -> str:
    return address.replace("files:/Notes", "/home/me/Notes")


@pytest.mark.parametrize("size", [1, 2, 5, 200])
def test_marks_become_numbers_while_they_come(size: int) -> None:
    text = "Red【0†L3-L4】, soft 【1†L2】【0†L9】 and 【9†L1】 more 【注】 [1] 【1†L"
    said, citations = "", PrintedCitations(where)
    for begin in range(0, len(text), size):
        parts = (*PAGES, Part(text[: begin + size]))
        message = Message(Role.ASSISTANT, parts)
        said += citations.numbered(text[begin : begin + size], message)
    said += citations.rest()
    assert said == "Red[1], soft [2][1] and [?] more 【注】 [1] 【1†L"
    *notes, last = citations.footnotes(message)
    assert notes == [
        "[1] Copper, /home/me/Notes/copper.md, lines 3–4, 9",
        "[2] Tin ⟨U+001B⟩[31m, https://example.org/x, line 2",
    ]
    assert last == "[?] 1 invalid citation"


def events(text: str) -> list[object]:
    call = Part("{}", PartKind.CALL, "browser.search", "1")
    result = Part("[0] Copper", PartKind.RESULT, "browser.search", "1")
    return [
        PartAdded(call), PartAdded(result), PartAdded(PAGES[0]), Delta(3, text, PartKind.TEXT)
    ]  # fmt: skip


def test_footnotes_go_below_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    printer = AnswerPrinter(quiet=False, save=None, where=where)
    for event in events("Copper is red 【0†L3】."):
        printer.receive(event)
    printer.finish()
    said = capsys.readouterr().out
    assert said == "Copper is red [1].\n\n[1] Copper, /home/me/Notes/copper.md, line 3"


def test_json_has_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    printer = AnswerPrinter(quiet=True, save=None, where=where)
    for event in events("Copper is red 【0†L3】."):
        printer.receive(event)
    printer.finish()
    assert capsys.readouterr().out == ""
    found = json.loads(json.dumps(printer.as_json(calls=True)))
    assert found["answer"] == "Copper is red [1]."
    assert found["citations"] == [
        {
            "number": 1, "title": "Copper", "tool": "files:Notes",
            "address": "/home/me/Notes/copper.md", "lines": [[3, 3]],
        }
    ]  # fmt: skip


def test_a_path_in_a_list_of_tools_may_have_commas() -> None:
    assert named("python, web,python") == ("python", "web")
    assert named("files:/home/me/a, b,zim:w.zim,files:Notes") == (
        "files:/home/me/a, b", "zim:w.zim", "files:Notes"
    )  # fmt: skip
    assert named("mcp:files,foo") == ("mcp:files", "foo")


@pytest.mark.parametrize("reason", [StopReason.END, StopReason.LENGTH])
def test_an_answer_of_a_shape_is_printed_once_it_is_whole(
    reason: StopReason, capsys: pytest.CaptureFixture[str]
) -> None:
    printer = AnswerPrinter(quiet=False, save=None, shaped=True)
    for event in (
        Delta(0, "Hm.", PartKind.REASONING),
        Delta(1, "Let me look."),
        Delta(2, '{"a": "【0†L3】"'),
        Delta(2, "}"),
    ):
        printer.receive(event)
    assert capsys.readouterr() == ("", "Hm.")
    printer.receive(Done(reason, STATS))
    printer.finish()
    whole = '{"a": "【0†L3】"}' if reason is StopReason.END else ""
    assert capsys.readouterr().out == whole
    assert printer.as_json(calls=False)["answer"] == whole
