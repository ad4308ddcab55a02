"""A chat as a PDF: all text is there, can be found, and fits the pages."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from textwrap import indent
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdfium2 import PdfDocument, PdfPage, raw
from PySide6.QtCore import QBuffer, QByteArray, QLocale, QSizeF, Qt
from PySide6.QtGui import QImage, QImageWriter

from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange import ExportWords
from app.markdown import parse
from app.store import ChatRow, MessageRow, State, TitleBy
from app.ui.blocks.box import Box, Style
from app.ui.blocks.column import Column
from app.ui.blocks.formula_image import picture
from app.ui.exchange import pdf_layout
from app.ui.theme import PaperTheme
from tests.fakes.citations import FILE, WEB, browsed
from tests.fakes.hostile import texts

pytestmark = pytest.mark.usefixtures("fonts")

MILLIMETRE = 72 / 25.4
LONG = "+".join(f"v{n}" for n in range(150))
WORDS = " ".join(f"cell{n}" for n in range(90))
ANSWER = """\
## Sums (ABC)

It’s “ten” at 12:30, not 10x10: a->b, office, Ελληνικά, Русский, naïve. **Bold** and *slanted*,
`in->line`, [the page](https://example.org/?a=1&b=2), $a^2$ in a line.

```python
def office(n: int) -> int:
    return LONG  # end
```

| Name | Words |
|---|---|
| first | WORDS |

$$\\frac{x}{y}$$

- [x] ticked
- plain

> quoted[^1]

[^1]: the note
""".replace("LONG", LONG).replace("WORDS", WORDS)


def row(role: Role, *parts: Part, state: State = State.DONE) -> MessageRow:
    model = "/m/gpt-oss-20b.gguf" if role is Role.ASSISTANT else ""
    return MessageRow(1, 1, None, Message(role, parts), state, 1.7e9, model=model, thought_s=3.2)


def made(*rows: MessageRow, title: str = "All of “it”", reasoning: bool = True) -> PdfDocument:
    chat = ChatRow(1, title, TitleBy.PERSON, Effort.LOW, 1.7e9, 1.7e9, 1)
    work = pdf_layout.write(chat, rows, reasoning=reasoning, words=ExportWords(), versions={})
    shares = []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as stopped:
            assert shares == sorted(shares)
            return PdfDocument(stopped.value)


def answered(text: str) -> PdfDocument:
    return made(row(Role.ASSISTANT, Part(text)))


def texts_of(document: PdfDocument) -> list[str]:
    """Return the text found on each page."""
    return [page.get_textpage().get_text_range() for page in document]


def text(document: PdfDocument) -> str:
    return "\n".join(texts_of(document))


def links(document: PdfDocument) -> list[str]:
    """Return the targets of all links."""
    found = []
    for page in document:
        place, link = ctypes.c_int(0), raw.FPDF_LINK()
        while raw.FPDFLink_Enumerate(page, place, link):
            action = raw.FPDFLink_GetAction(link)
            buffer = ctypes.create_string_buffer(500)
            raw.FPDFAction_GetURIPath(document, action, buffer, 500)
            found.append(buffer.value.decode())
    return found


def closed(text: str) -> str:
    """Remove blanks, since wrapped lines have others."""
    return re.sub(r"\s+", "", text)


class Glyph(NamedTuple):
    """Position of a glyph on its page, in points from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


def glyphs(page: PdfPage) -> Iterator[Glyph]:
    """Yield every visible glyph."""
    found = page.get_textpage()
    for number, character in enumerate(found.get_text_range()):
        if character.strip():
            yield Glyph(*found.get_charbox(number))


# --- What is in it ------------------------------------------------------------------------


def test_all_of_it_can_be_found() -> None:
    """Text is found in the characters that were written, and in their order."""
    question = "What’s *it*?\n\n  two blanks"
    reader = made(
        row(Role.USER, Part("a,b", PartKind.FILE, "numbers.csv"), Part(question)),
        row(
            Role.ASSISTANT,
            Part("I *think*.", PartKind.REASONING),
            Part(ANSWER),
            state=State.STOPPED,
        ),
    )
    found = closed(text(reader))
    at = 0
    for piece in (
        "All of “it”", "2023-11-1", "You", "numbers.csv", "What’s *it*?", "two blanks",
        "gpt-oss-20b", "Thought for 3 s", "I think.", "Sums (ABC)",
        "It’s “ten” at 12:30, not 10x10: a->b, office, Ελληνικά, Русский, naïve. Bold and slanted,",
        "in->line", "the page", "a^2", "in a line.", "Python", "def office(n: int) -> int:",
        f"return {LONG}", "# end",
        "Name", "first", WORDS,
        r"\frac{x}{y}", "ticked", "plain", "quoted", "the note", "Stopped",
    ):  # fmt: skip
        at = found.find(closed(piece), at)
        assert at >= 0, piece
    assert "\t" not in text(reader)
    assert "Two  blanks" not in found
    assert links(reader) == ["https://example.org/?a=1&b=2"]
    assert reader.get_metadata_value("Title") == "All of “it”"
    assert reader.get_metadata_value("Creator").startswith("Fireside ")
    for number, page in enumerate(texts_of(reader), start=1):
        assert page.endswith(f"{number} / {len(reader)}")


@pytest.mark.parametrize(("place", "size"), [("en_US", (612, 792)), ("de_DE", (595, 842))])
def test_paper_is_as_it_is_there(
    monkeypatch: pytest.MonkeyPatch, place: str, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale(place))
    assert answered("x")[0].get_size() == size


def test_words_have_blanks_between_them() -> None:
    found = text(answered("Plain words, **bold words**, *slanted* ones in one line.\nAnother."))
    assert "Plain words, bold words, slanted ones in one line.\r\nAnother." in found


def test_glyphs_stand_for_what_is_written_with_them() -> None:
    """Shapes of Arabic letters, radicals, and characters that a font draws alike."""
    of_qt = b"stream\n2 beginbfrange\n<0000> <0000> <0000>\n<0001> <0006> [<FEDF> <0009> <2F00> <02BC> <FB01> <0041> ]\nendbfrange <0009>"  # noqa: E501
    meant = b"stream\n2 beginbfrange\n<0000> <0000> <FFFD>\n<0001> <0006> [<0644> <0020> <4E00> <2019> <FB01> <0041> ]\nendbfrange <0009>"  # noqa: E501
    assert pdf_layout._fix_text_maps(of_qt) == meant


def test_reasoning_is_left_out() -> None:
    parts = (Part("secret", PartKind.REASONING), Part("said"))
    assert "secret" not in text(made(row(Role.ASSISTANT, *parts), reasoning=False))


def test_nothing_is_beside_the_page() -> None:
    code = "```\n" + "x" * 500 + "\n" + "word " * 120 + "\n" + "漢" * 200 + "\n```\n\n"
    table = "|" + "head|" * 15 + "\n" + "|" + "-|" * 15 + "\n" + ("|" + "internationally|" * 15)
    formula = "\n\n$$" + "+".join(f"a_{{{n}}}" for n in range(45)) + "$$\n\n"
    reader = made(
        row(Role.USER, Part("y" * 700)),
        row(Role.ASSISTANT, Part("z" * 900, PartKind.REASONING), Part(code + table + formula)),
        title="A long title " * 20,
    )
    found = closed(text(reader))
    assert found.count("internationally") == 15
    assert found.count("x") == 500 + len("x")  # plus the one in “Text”
    for page in reader:
        wide, high = page.get_size()
        for glyph in glyphs(page):
            assert glyph.left > 20 * MILLIMETRE - 1
            assert glyph.right < wide - 20 * MILLIMETRE + 1
            assert glyph.bottom > 12 * MILLIMETRE - 1
            assert glyph.top < high - 18 * MILLIMETRE + 1


@pytest.mark.parametrize(
    "name",
    ["bidi overrides", "zero-width storm", "combining storm", "broken HTML", "bad links",
     "nested lists", "open formula", "control tokens", "nothing but line ends"],
)  # fmt: skip
def test_whatever_a_model_writes(name: str) -> None:
    reader = answered(texts()[name][:9000])
    assert not links(reader)
    assert f"1/{len(reader)}" in closed(texts_of(reader)[0])


@pytest.mark.parametrize("tex", [r"\frac{x+y}{\sqrt{z}} = \int_0^1 f", r"\boxed{x}+\cancel{yz}"])
def test_formulas_are_drawn_as_on_the_screen(tex: str) -> None:
    """Without a second outline around each glyph, which Qt's own renderer would add in a PDF."""
    page = answered(f"$$\n{tex}\n$$")[0]
    shown = picture(tex, 15, "#000000", 4.0, display=True)
    assert shown
    found = page.get_textpage()
    place = found.get_text_range().index(tex)
    left, bottom, *_ = found.get_charbox(place, loose=True)
    *_, right, top = found.get_charbox(place + len(tex) - 1, loose=True)
    wide, high = page.get_size()
    drawn = page.render(scale=4 / 0.7, crop=(left, bottom, wide - right, high - top))
    pixels = drawn.to_numpy()
    ink = int((255 - pixels[:, :, :3].mean(axis=2)).sum()) / 255
    image = shown.image
    colours = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    assert ink == pytest.approx(sum(colour.alphaF() for colour in colours), rel=0.2)
    outlines = [each for each in page.get_objects() if each.type == raw.FPDF_PAGEOBJ_PATH]
    assert len(outlines) == shown.drawing.svg.count("<path") + shown.drawing.svg.count("<rect")


# --- Where pages end ----------------------------------------------------------------------


def test_each_line_is_whole_and_on_one_page() -> None:
    long = "\n\n".join(
        [
            *(f"{n}. item{n}x " + "word " * (n % 40) for n in range(60)),
            "```\n" + "\n".join(f"code{n}x" for n in range(150)) + "\n```",
            "|a|b|\n|-|-|\n" + "\n".join(f"|cell{n}x|{'word ' * (n % 30)}|" for n in range(80)),
            "> " + " ".join(f"said{n}x" for n in range(900)),
        ]
    )
    reader = made(
        row(Role.USER, Part("\n".join(f"asked{n}x" for n in range(90)))),
        row(Role.ASSISTANT, Part(long)),
    )
    assert len(reader) > 8
    found = closed(text(reader))
    for kind, count in (("item", 60), ("code", 150), ("cell", 80), ("said", 900), ("asked", 90)):
        assert all(found.count(f"{kind}{n}x") == 1 for n in range(count)), kind


def test_a_table_has_its_header_on_each_page() -> None:
    rows = "\n".join(f"|cell{n}x|{'word ' * (n % 30)}|" for n in range(80))
    reader = answered(f"- in a list\n\n  |First|Second|\n  |-|-|\n{indent(rows, '  ')}")
    assert len(reader) > 3
    for page in map(closed, texts_of(reader)):
        assert page.count("FirstSecond") == 1
        assert page.index("FirstSecond") < page.index("cell")


def test_a_heading_stands_above_its_text() -> None:
    reader = answered(
        "\n\n".join(f"## Head{n}x\n\n### Sub{n}x\n\ntext{n}x {'word ' * (7 * n % 90)}"
                    for n in range(70))
    )  # fmt: skip
    pages = list(map(closed, texts_of(reader)))
    assert len(pages) > 4
    for n in range(70):
        kinds = ("Head", "Sub", "text")
        places = {next(i for i, page in enumerate(pages) if f"{k}{n}x" in page) for k in kinds}
        assert len(places) == 1, n


class Press:
    """A printer that keeps its output."""

    def __init__(self) -> None:
        self.parts: list[tuple[float, float, float]] = []
        self.pages = 0

    def print(self, box: Box, y: float, start: float, end: float) -> None:
        self.parts.append((y, start, end))

    def finish(self, number: int) -> None:
        self.pages += 1


PIECES = [
    "word " * 60, "# head\n\n", "\n\n", "- item\n", "  - more\n", "> quote\n", "1. one\n",
    "```\nx = 1\ny = 2\n\n\n\nz = 3\n```\n", "|a|b|\n|-|-|\n|c|d|\n|e|f|\n|g|h|\n\n", "---\n",
    "|a|b|\n|-|-|\n|c|" + "long " * 90 + "|\n\n", "line\\\n" * 9,
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.integers(400, 900))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_pages_have_all_of_a_box_and_end_between_lines(source: str, high: int) -> None:
    column = Column(PaperTheme(), Style(paper=True))
    column.set_blocks(parse(source))
    column.lay_out(300)
    press = Press()
    pages = pdf_layout._Pages(QSizeF(300, high), press)  # type: ignore[arg-type]
    list(pages.put(column))
    at = 0.0
    cuts = []
    for y, start, end in press.parts:
        if end <= at:  # a table's header, repeated
            assert y == 0
            continue
        assert start <= at + 60  # only a gap is between
        assert start >= at
        assert y + end - start <= high + 0.01
        cuts.append(start)
        at = end
    assert at == pytest.approx(column.height)
    for rect in column.rects(0, column.length):
        assert not any(rect.top() + 1 < cut < rect.bottom() - 1 for cut in cuts), (rect, cuts)


def test_calls_with_their_output_and_figures() -> None:
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    data = bytes(buffer.data().data())
    parts = (
        Part("Let me see.", PartKind.REASONING),
        Part("print(6 * 7)", PartKind.CALL, "python", "1"),
        Part("42 it is", PartKind.RESULT, "python", "1"),
        Part("", PartKind.MEDIA, "figure 1.png", "1", media_type="image/png", data=data),
        Part("", PartKind.MEDIA, "table.csv", "1", media_type="text/csv", data=b"a,b"),
        Part("The answer."),
    )
    document = made(row(Role.ASSISTANT, *parts))
    said = text(document)
    words = "Let me see", "Python", "print(6 * 7)", "42 it is", "table.csv", "The answer"
    places = [said.index(word) for word in words]
    assert places == sorted(places)
    pictures = [o for page in document for o in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])]
    assert len(pictures) == 1
    short = made(row(Role.ASSISTANT, *parts), reasoning=False)
    assert "42 it is" not in text(short)
    assert "The answer" in text(short)


def test_citations_are_numbers_and_a_list() -> None:
    question, calls = browsed()
    said = Part("Copper is a metal【1†L2】, whose price rose【2†L4】, nowhere【9†L1】.")
    asked = MessageRow(1, 1, None, question, State.DONE, 1.7e9)
    reply = Message(Role.ASSISTANT, (*calls.parts, said))
    document = made(asked, MessageRow(2, 1, 1, reply, State.DONE, 1.7e9), reasoning=False)
    found = " ".join(text(document).split())
    assert "Copper is a metal [1] , whose price rose [2] , nowhere [?] ." in found
    assert f"[1] Copper, {WEB.address}, line 2 [2] Prices *of* 2026, {FILE.address}" in found
    assert "[?] Invalid citations: 1" in found
    assert links(document).count(WEB.address) == 2
