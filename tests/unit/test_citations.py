"""Citations: their marks in Markdown, what they lead to, and footnotes in exports."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from app.base.pages.cited import CitationFault, CitationMark, Cited
from app.base.pages.displays import Displays, displays_of
from app.base.pages.page_paragraphs import lines_text, paragraphs, paragraphs_around
from app.base.pages.stored_page import Page
from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange.footnotes import Footnotes, FootnoteWords, footnotes
from app.exchange.html_page import chat_html
from app.exchange.markdown_page import ExportWords, chat_markdown
from app.markdown import (
    Footnote,
    Heading,
    List,
    MarkdownStream,
    Paragraph,
    Quote,
    Span,
    SpanKind,
    Table,
    blocks_text,
    parse,
)
from app.markdown.blocks import Block
from app.markdown.citations import citation_mark, marks_in, unfinished_mark, with_citations
from app.markdown.inline_source import spans_markdown
from app.store import ChatRow, MessageRow, State, TitleBy
from app.tools.browser.files.cited_file import cited_file
from app.tools.browser.files.folder_address import address_of
from app.tools.browser.page import wrapped
from app.tools.browser.source import PageText
from app.tools.browser.source_status import SourceEntry, SourceKind
from tests.fakes.citations import FILE, TIN, WEB, browsed, citing_answer, pages

RAW = re.compile(r"【\s*\d+\s*†")
SEEDS = range(200)
SOME = SEEDS[:: 1 if "FIRESIDE_EXPLORE" in os.environ else 3]


def spans(blocks: Iterable[Block]) -> Iterator[Span]:
    """Yield all spans of blocks, in reading order."""
    for block in blocks:
        match block:
            case Paragraph(found) | Heading(_, found):
                yield from found
            case Quote(inner) | Footnote(_, inner):
                yield from spans(inner)
            case List(_, items):
                for item in items:
                    yield from spans(item.blocks)
            case Table(_, header, rows):
                for row in (header, *rows):
                    for cell in row:
                        yield from cell


def cited_texts(blocks: Iterable[Block]) -> list[str]:
    return [span.text for span in spans(blocks) if span.kind is SpanKind.CITATION]


# --- Marks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("【6†L9-L11】", CitationMark(6, ((9, 11),))),
        ("【8†L3】", CitationMark(8, ((3, 3),))),
        ("【3†source】", CitationMark(3)),
        ("【3†L9-11】", CitationMark(3, ((9, 11),))),
        ("【3†L9–L11】", CitationMark(3, ((9, 11),))),
        ("【3†L9\u2011L11】", CitationMark(3, ((9, 11),))),
        ("【3†L11-L9】", CitationMark(3, ((9, 11),))),
        ("【3†L9-L11, L20】", CitationMark(3, ((9, 11), (20, 20)))),
        ("【 3 † L9 】", CitationMark(3, ((9, 9),))),
        ("【3†L9-L11†example.org】", CitationMark(3, ((9, 11),))),
        ("【3†12-14】", CitationMark(3, ((12, 14),))),
        ("【3†Level 2 and XL5】", CitationMark(3)),
        ("【3†L9", CitationMark(-1)),
        ("【4:0†source】", CitationMark(-1)),
    ],
)
def test_forms(text: str, mark: CitationMark) -> None:
    (paragraph,) = parse(f"So it is{text}.")
    assert isinstance(paragraph, Paragraph)
    assert paragraph.spans == (Span("So it is"), Span(text, SpanKind.CITATION), Span("."))
    assert citation_mark(text) == mark


@pytest.mark.parametrize(
    "text", ["【注意】", "【1】", "【見 12】頁", "【3L9】", "【†】", "【a†L3】", "【"]
)
def test_ordinary_brackets_stay(text: str) -> None:
    assert parse(f"So {text} it is")[0] == Paragraph((Span(f"So {text} it is"),))
    stream = MarkdownStream()
    for character in f"So {text} it":
        stream.feed(character)
    assert blocks_text(stream.blocks) == f"So {text} it"


def test_marks_in_code_are_literal() -> None:
    text = "a `【1†L2】` b\n\n```\n【1†L3】\n```\n\n`` ` 【1†L4】`` c【1†L5】 `open 【1†L6】"
    assert cited_texts(parse(text)) == ["【1†L5】", "【1†L6】"]
    assert marks_in(text) == [CitationMark(1, ((5, 5),)), CitationMark(1, ((6, 6),))]
    assert with_citations(text, lambda mark: "!").count("!") == 2


def test_marks_in_links_and_after_addresses() -> None:
    text = "[see 【1†L2】](https://example.org) https://example.org【1†L3】 **b【1†L4】**【1†L5】"
    assert cited_texts(parse(text)) == [f"【1†L{n}】" for n in range(2, 6)]


def test_typed_brackets_round_trip() -> None:
    literal = (Span("【1†L2】 as typed"),)
    assert parse(spans_markdown(literal)) == (Paragraph(literal),)


def test_an_overlong_paragraph_has_citations() -> None:
    blocks = parse("[" * 500 + "【1†L2】 end 【3】")
    assert cited_texts(blocks) == ["【1†L2】"]


def test_the_end_of_a_text_is_held_back() -> None:
    for held in ("【", "【3", "【3†", "【3†L9-L", "【 3 † L9"):
        assert unfinished_mark(f"so {held}") == 3
    for shown in ("【注", "【3】", "【3 x", "【3†L9】", "【3†" + "x" * 200):
        assert unfinished_mark(f"so {shown}") == len(f"so {shown}")


@pytest.mark.parametrize("seed", SOME)
def test_streamed_answers(seed: int) -> None:
    """No piece of a mark is ever shown as text; the end is that of the whole text."""
    answer = citing_answer(seed)
    stream = MarkdownStream()
    for piece in answer.pieces:
        stream.feed(piece)
        shown = [s for s in spans(stream.blocks) if s.kind is SpanKind.TEXT]
        assert not any(RAW.search(span.text) for span in shown)
        # Nor is a bracket that may still become one.
        assert not any(re.search(r"【\d+\Z", span.text) for span in shown)
    stream.finish()
    blocks = parse(answer.text)
    assert tuple(stream.blocks) == blocks
    texts = cited_texts(blocks)
    assert sorted(texts) == sorted((*answer.good, *answer.bad))
    assert [citation_mark(text) for text in texts] == marks_in(answer.text)
    plain = "".join(span.text for span in spans(blocks) if span.kind is SpanKind.TEXT)
    assert all(bracket in plain for bracket in answer.brackets)
    for block in blocks:
        if isinstance(block, Paragraph):
            assert parse(spans_markdown(block.spans)) == (block,)


# --- What they lead to --------------------------------------------------------------------


def cited(text: str, messages: Iterable[Message] = ()) -> Cited:
    return Cited(marks_in(text), displays_of(messages or browsed()))


def test_a_page_has_one_number() -> None:
    found = cited("a【2†L2】b【1†L2】c【4†L9】d【2†L4】e【1†source】")
    assert [place.source and place.source.number for place in found.places] == [1, 2, 2, 1, 2]
    assert [(s.number, s.title, s.address, s.tool) for s in found.sources] == [
        (1, FILE.title, FILE.address, "files:Notes"),
        (2, WEB.title, WEB.address, "web"),
    ]
    assert [source.lines for source in found.sources] == [[(2, 2), (4, 4)], [(2, 2), (9, 9)]]
    assert found.faults == 0


def test_results_of_a_search_lead_to_their_pages() -> None:
    found = cited("a【0†L5】b【0†L8】c【1†L2】d【0†L2】e【0†source】")
    assert [place.source and place.source.number for place in found.places] == [1, 2, 1, 3, 3]
    copper, tin, search = found.sources
    assert (copper.title, copper.address, copper.lines) == (WEB.title, WEB.address, [(2, 2)])
    assert (tin.title, tin.address, tin.lines) == (TIN.title, TIN.address, [])
    assert (search.title, search.address, search.searched) == ("copper", "", True)
    assert found.places[0].page == pages()[0]  # what the model has read


def test_what_was_found_leads_to_the_page() -> None:
    found = cited("a【3†L1】b【3†L0】c【3†L0-L1】")
    assert [place.page for place in found.places] == [pages()[1]] * 3
    assert [place.lines for place in found.places] == [((9, 9),)] * 3
    assert [source.address for source in found.sources] == [WEB.address]


def test_citations_that_lead_nowhere() -> None:
    last = len(pages()[2].lines) - 1
    found = cited(
        f"a【9†L3】b【2†L{last}】c【2†L{last + 1}】d【2†L2-L{last + 1}】e【2†L1【2†L4】】"
    )
    assert [place.fault for place in found.places] == [
        CitationFault.NO_DISPLAY,
        None,
        CitationFault.NO_LINES,
        CitationFault.NO_LINES,
        CitationFault.BROKEN,
        None,
    ]
    assert found.faults == 4
    assert cited("a【0†L1】", [Message(Role.USER, (Part("?"),))]).faults == 1
    damaged = Message(Role.ASSISTANT, (Part("", PartKind.PAGE, data=b"no page"),))
    assert cited("a【0†L1】", [damaged]).faults == 1


@pytest.mark.parametrize("seed", SEEDS[::10])
def test_right_pages(seed: int) -> None:
    answer = citing_answer(seed)
    found = cited(answer.text)
    assert found.faults == len(answer.bad)
    addresses = [WEB.address, FILE.address, TIN.address, ""]
    assert all(source.address in addresses for source in found.sources)
    for place in found.places:
        for _, last in place.lines:
            assert place.page
            assert last < len(place.page.lines)


# --- Pages for people ---------------------------------------------------------------------


def test_lines_read_alike_from_all_of_a_page_and_from_around_them() -> None:
    text = "\n\n".join(f"# {n}\n{'a word 【0†link†b.example】 ' * (3 * n)}" for n in range(20))
    page = wrapped(PageText("https://a.example/", "", text, ("https://b.example/",)))
    whole = paragraphs(page)
    for first in range(len(page.lines)):
        for last in (first, min(first + 9, len(page.lines) - 1)):
            near = paragraphs_around(page, first, last)
            assert lines_text(near, first, last) == lines_text(whole, first, last)
            assert sum(len(each.starts) for each in near) <= 140


def test_paragraphs_are_whole_again() -> None:
    read = paragraphs(pages()[1])
    assert [(each.first, each.last) for each in read] == [
        (0, 0), (1, 1), (2, 5), (6, 6), (7, 7), (8, 8), (9, 9)
    ]  # fmt: skip
    assert read[2].text == "Copper is a kind of metal. " * 9
    assert read[4].text == "It conducts electricity well: see tin and history (history.example)."
    assert lines_text(read, 4, 7)[0].startswith("metal. Copper is")
    for number, line in enumerate(pages()[1].lines):
        if "【" not in line:
            paragraph = next(each for each in read if each.first <= number <= each.last)
            start, end = paragraph.range_of(number, number)
            assert paragraph.text[start:end] == line


def test_wrapped_marks_of_links() -> None:
    lines = ("x" * 60 + " 【12†one ", "two†site.example】 and 【3†more】.", "- a", "- b")
    read = paragraphs(Page("https://a.example", "A", lines))
    assert read[0].text == "x" * 60 + " one two (site.example) and more."
    assert read[0].text[slice(*read[0].range_of(1, 1))].endswith("and more.")
    assert [each.text for each in read[1:]] == ["- a", "- b"]
    assert read[0].range_of(2, 3) == (0, 0)


# --- Exports ------------------------------------------------------------------------------

CHAT = ChatRow(1, "Copper", TitleBy.PERSON, Effort.LOW, 0.0, 0.0, 1)


def rows(*texts: str) -> list[MessageRow]:
    """Return a chat whose answers have these texts, the first one after the calls."""
    question, calls = browsed()
    made: list[MessageRow] = []
    for number, text in enumerate(texts):
        parent = made[-1].id if made else None
        made.append(MessageRow(2 * number + 1, 1, parent, question, State.DONE, 0.0))
        parts = (*(calls.parts if not number else ()), Part(text))
        answer = Message(Role.ASSISTANT, parts)
        made.append(MessageRow(2 * number + 2, 1, 2 * number + 1, answer, State.DONE, 0.0))
    return made


def test_markdown_has_footnotes() -> None:
    text = "Copper is a metal【1†L2】[^a]. Its price【2†L4】, again【1†L9】, nowhere【9†L1】."
    chat = rows(f"{text}\n\n[^a]: Mine.", "Tin【0†L8】. 【注意】")
    page = chat_markdown(CHAT, chat, reasoning=False, words=ExportWords())
    assert "metal[^1][^a]. Its price[^2], again[^1], nowhere<sup>~~[?]~~</sup>." in page
    assert (
        f"[^1]: [Copper](<{WEB.address}>), <{WEB.address}>, lines 2, 9\n\n"
        "[^2]: Prices \\*of\\* 2026, files:/notes/prices of 2026.md, line 4\n\n"
        "<sup>~~[?]~~</sup> Invalid citations: 1"
    ) in page
    assert "Tin[^1-2]. 【注意】" in page  # the footnotes of a document are all different
    assert "[^1-2]: [Tin & \\<b\\>copper\\</b\\>]".replace("&", "\\&") in page
    notes = [block for block in parse(page) if isinstance(block, Footnote)]
    assert [note.label for note in notes] == ["a", "1", "2", "1-2"]


def test_html_has_numbers_and_sources() -> None:
    text = "Copper【1†L2】, `【1†L3】`, and tin【0†L8】, nowhere【9†L1】."
    page = chat_html(CHAT, rows(text), reasoning=False, words=ExportWords())
    assert "Copper<sup>[1]</sup>, <code>【1†L3】</code>, and tin<sup>[2]</sup>, " in page
    assert "nowhere<s><sup>[?]</sup></s>." in page
    assert f'[1] <a href="{WEB.address}"' in page
    assert "Tin &amp; &lt;b&gt;copper&lt;/b&gt;</a>" in page
    assert "</sup></s> Invalid citations: 1" in page


@pytest.mark.parametrize("seed", SEEDS[::10])
def test_exports_have_no_raw_marks(seed: int) -> None:
    answer = citing_answer(seed)
    chat = rows(answer.text)
    written = chat_markdown(CHAT, chat, reasoning=True, words=ExportWords())
    html = chat_html(CHAT, chat, reasoning=False, words=ExportWords())
    found = cited(answer.text)
    code = answer.text.count("in code")
    assert len(RAW.findall(written)) - written.count("match at L") <= code + 40  # calls' results
    assert len(RAW.findall(html)) == code
    for source in found.sources:
        if source.address.startswith("https"):
            assert source.address in written
            assert source.address in html
    for bracket in answer.brackets:
        assert bracket in html
    kept, definitions = footnotes([answer.text], found, FootnoteWords())
    assert len(RAW.findall(kept[0])) == code
    assert definitions.count("[^") == len(found.sources)


def test_versions_cite_what_is_above_them() -> None:
    """In a tree, an answer of another branch has displays of its own."""
    first = rows("See【1†L2】.")
    question = MessageRow(3, 1, None, first[0].message, State.DONE, 0.0)
    other = Message(Role.ASSISTANT, (Part("See【1†L2】."),))
    second = MessageRow(4, 1, 3, other, State.DONE, 0.0)
    notes = Footnotes([*first, question, second], FootnoteWords(), kept=True)
    assert "[^1]: [Copper]" in notes.add_to(first[1]).message.text
    assert "Invalid citations: 1" in notes.add_to(second).message.text
    assert notes.add_to(question) is question


def test_pages_survive_an_export() -> None:
    from app.store.rows import part_from, part_json

    parts = browsed()[1].parts
    assert tuple(part_from(part_json(part)) for part in parts) == parts
    kinds = [part.kind for part in parts]
    assert kinds.count(PartKind.PAGE) == len(Displays(browsed()))
    assert pages()[1] == pages()[4]


def test_only_files_in_the_users_folders_are_opened(tmp_path: Path) -> None:
    root = tmp_path / "notes"
    (root / "deep").mkdir(parents=True)
    (root / "deep" / "über 100%.md").write_text("x", "utf-8")
    (tmp_path / "secret.md").write_text("x", "utf-8")
    entries = [SourceEntry("files:Notes", SourceKind.FOLDER, root, "Notes", "a1")]
    found = root / "deep" / "über 100%.md"
    address = address_of("Notes", "deep/über 100%.md")
    assert cited_file(entries, "files:Notes", address) == found
    for tool, other in (
        ("files:Other", address),
        ("web", address),
        ("files:Notes", address_of("Notes", "../secret.md")),
        ("files:Notes", address_of("Notes", "deep")),
        ("files:Notes", address_of("Notes")),
        ("files:Notes", "files:/Notes//etc/passwd"),
        ("files:Notes", "file:///etc/passwd"),
        ("files:Notes", address_of("Notes", "gone.md")),
    ):
        assert cited_file(entries, tool, other) is None


def test_a_page_of_one_endless_word_stays_in_pieces() -> None:
    lines = ("x" * 80,) * 1000
    read = paragraphs(Page("https://a.example", "A", lines))
    assert max(len(each.text) for each in read) < 5000
    assert "".join(each.text for each in read) == "x" * 80_000
    assert [each.first for each in read][:3] == [0, 60, 120]
