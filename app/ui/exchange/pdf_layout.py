"""A chat as a PDF: the blocks that the window shows, on pages, in light colours."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from unicodedata import normalize

from PySide6.QtCore import QBuffer, QLocale, QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPageLayout, QPageSize, QPainter, QPdfWriter

from app import __version__
from app.base.code_fence import code_fence
from app.base.types import Part, Role
from app.exchange.answer_steps import StepKind, answer_steps, used_tools
from app.exchange.footnotes import Footnotes
from app.exchange.markdown_page import ExportWords, Versions, day, ending, speaker, thought
from app.markdown import Paragraph, Quote, Span, SpanKind, Spans
from app.store import ChatRow, MessageRow
from app.ui.blocks.box import Box, Highlights, Style
from app.ui.blocks.column import Column
from app.ui.blocks.stack import Inset
from app.ui.blocks.text_box import TextBox
from app.ui.blocks.text_runs import BOLD
from app.ui.conversation.figure_images import decode
from app.ui.conversation.sections import Section, SectionKind
from app.ui.exchange.pdf_figure import FigureBox
from app.ui.theme import PaperTheme, font

_RESOLUTION = 103  # pixels per inch: text of 15 pixels is 10.5 points high
_MARGINS = QMarginsF(20, 18, 20, 12)  # millimetres
_SIDE = 16.0  # pixels beside questions and reasoning
_FOOT = 40  # pixels for the footer
_KEPT = 1_000_000  # characters that stay laid out for the second pass, about 130 bytes each
_HAIR = 0.25  # pixels left unpainted at a cut, so that no line is cut
_STYLE, _THOUGHT = Style(15, paper=True), Style(14, "muted", paper=True)
_QUIET = Style(13, "muted", paper=True)


def write(
    chat: ChatRow,
    messages: Sequence[MessageRow],
    *,
    reasoning: bool,
    words: ExportWords,
    versions: Versions,
) -> Generator[float, None, bytes]:
    """Make the file in steps; return its contents.

    Each step yields the fraction done, from 0 to 1, and takes no longer than the window takes to
    show as much.
    """
    document = _Document(chat, messages, reasoning, words, versions)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    _set_up(writer)
    writer.setTitle(document.title)
    writer.setCreator(f"Fireside {__version__}")
    room = QSizeF(writer.width(), writer.height() - _FOOT)
    counted = _Pages(room)  # a first pass, for the number of pages
    for share in document.put_on(counted):
        yield share / 2
    printer = _PagePrinter(writer, document.title, counted.number)
    try:
        for share in document.put_on(_Pages(room, printer)):
            yield 0.5 + share / 2
    finally:
        printer.end()
    return _fix_text_maps(bytes(buffer.data().data()))


def _set_up(writer: QPdfWriter) -> None:
    letter = QLocale.system().measurementSystem() is QLocale.MeasurementSystem.ImperialUSSystem
    size = QPageSize.PageSizeId.Letter if letter else QPageSize.PageSizeId.A4
    writer.setResolution(_RESOLUTION)
    writer.setPageSize(QPageSize(size))
    writer.setPageMargins(_MARGINS, QPageLayout.Unit.Millimeter)


# --- Pages --------------------------------------------------------------------------------


class _PagePrinter:
    """A printer of one page after the other."""

    def __init__(self, writer: QPdfWriter, title: str, last: int) -> None:
        self._writer, self._title, self._last = writer, title, last
        self._painter = QPainter(writer)
        self._theme = PaperTheme()

    def print(self, box: Box, y: float, start: float, end: float) -> None:
        """Print a part of a box, at a height of the page."""
        clip = QRectF(0, start + _HAIR, box.width, end - start - 2 * _HAIR)
        painter = self._painter
        painter.save()
        painter.translate(0, y - start)
        painter.setClipRect(clip.adjusted(-1, -_HAIR, 1, _HAIR))
        box.paint(painter, clip, Highlights())
        painter.restore()

    def finish(self, number: int) -> None:
        """Print the footer, and begin the next page if there is one."""
        painter, place = self._painter, QRectF(0, 0, self._writer.width(), self._writer.height())
        face = font(11)
        count = f"{number} / {self._last}"
        metrics = QFontMetricsF(face)
        room = place.width() - metrics.horizontalAdvance(count) - 40
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.setFont(face)
        painter.setPen(self._theme.colour("muted"))
        base = place.height() - metrics.descent()
        painter.drawText(QPointF(0, base), title)
        painter.drawText(QPointF(place.width() - metrics.horizontalAdvance(count), base), count)
        if number < self._last:
            self._writer.newPage()

    def end(self) -> None:
        """End the document, complete or not."""
        self._painter.end()


class _Pages:
    """Pages with boxes below each other, which a printer prints, or which are only counted."""

    def __init__(self, room: QSizeF, printer: _PagePrinter | None = None) -> None:
        self.width, self._height = room.width(), room.height()
        self.printer = printer
        self.number = 1
        self._y = self._first = 0.0  # where the next box is, and where the page's first one is

    def put(self, box: Box) -> Iterator[None]:
        """Put a box below the others, on several pages if it is long, in one step per page."""
        start = 0.0
        self._y += box.gap if self._y else 0.0
        while start + self._height - self._y < box.height:
            end = self._end(box, start)
            if end > start:
                self._print(box, start, min(end, start + self._height - self._y))
                start = end
            self._next_page()
            if start and (head := box.page_head(start)):
                self._print(box, *head)
                self._y = self._first = head[1] - head[0]
            yield
        self._print(box, start, box.height)
        self._y += box.height - start

    def finish(self) -> None:
        """Print the last page."""
        if self.printer:
            self.printer.finish(self.number)

    def _end(self, box: Box, start: float) -> float:
        """Return where this page's part of a box ends."""
        room = start + self._height - self._y
        end = box.page_end(room) if room > start else start
        if end > start or self._y > self._first:
            return end
        return room  # higher than any page: cut through a line

    def _next_page(self) -> None:
        self.finish()
        self.number += 1
        self._y = self._first = 0.0

    def _print(self, box: Box, start: float, end: float) -> None:
        if self.printer:
            self.printer.print(box, self._y, start, end)


# --- Contents -----------------------------------------------------------------------------


class _MarginBox(Inset[Column]):
    """A column of blocks with a margin and a decoration."""

    gap = 6

    def __init__(self, inner: Column) -> None:
        super().__init__(inner.theme, inner.style, inner)
        self.left = _SIDE

    def set_block(self, block: Quote) -> None:
        self.inner.set_block(block)
        self.measure()


class _QuestionBox(_MarginBox):
    """A question, in its bubble."""

    above = below = 10.0
    right = _SIDE

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("bubble"))
        painter.drawRoundedRect(QRectF(0, 0, self.width, self.height), 14, 14)
        painter.restore()
        super().paint(painter, clip, highlights)


class _ReasoningBox(_MarginBox):
    """Reasoning, beside a vertical line."""

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        painter.fillRect(QRectF(0, 0, 2, self.height), self.theme.colour("border"))
        super().paint(painter, clip, highlights)


class _Document:
    """The contents of the pages.

    They are laid out twice, as their number has to be known for the first page. The messages that
    come first stay laid out in between; those of a very long chat would take too much memory.
    """

    def __init__(
        self,
        chat: ChatRow,
        messages: Sequence[MessageRow],
        reasoning: bool,
        words: ExportWords,
        versions: Versions,
    ) -> None:
        self.title = chat.title or words.untitled
        self._chat, self._messages = chat, messages
        self._reasoning, self._words, self._versions = reasoning, words, versions
        self._notes = Footnotes(messages, words.footnotes, kept=False)
        self._theme = PaperTheme()
        self._kept: dict[int, Column] = {}
        self._room = _KEPT

    def put_on(self, pages: _Pages) -> Iterator[float]:
        """Put everything on pages, in steps that yield the fraction done."""
        for box in self._head():
            box.lay_out(pages.width)
            for _ in pages.put(box):
                yield 0.0
        for number in range(len(self._messages)):
            share = number / len(self._messages)
            stack = self._kept.pop(number, None)
            if stack is None:
                for step in self._stack(number, pages.width):
                    stack = step
                    yield share
            assert stack is not None
            for _ in pages.put(stack):
                yield share
        pages.finish()

    def _stack(self, number: int, width: float) -> Iterator[Column | None]:
        """Yield a message, laid out, after None for each step on the way."""
        message = self._notes.add_to(self._messages[number])
        stack = Column(self._theme, _STYLE)
        stack.gap = 26
        for made in self._boxes(message, width):
            if made:
                stack.boxes.append(made)
            yield None
        stack.lay_out(width)
        length = sum(len(part.text) for part in message.message.parts)
        if length <= self._room:
            self._room -= length
            self._kept[number] = stack
        yield stack

    def _head(self) -> Iterator[Box]:
        title = TextBox(self._theme, Style(23, paper=True), weight=BOLD)
        title.set_plain(" ".join(self.title.split()))
        title.keeps_with_next = True
        yield title
        if date := day(self._chat.created):
            yield self._line((Span(date),), gap=4)

    def _boxes(self, message: MessageRow, width: float) -> Iterator[Box | None]:
        """Yield the boxes of a message; None means that another step is needed."""
        own, words = message.message, self._words
        time = day(message.created)
        who = (Span(speaker(message, words, self._versions), bold=True), Span(f"   {time}"))
        yield self._line(who, leads=True)
        for part in own.attached:
            yield self._line((Span(part.name, SpanKind.CODE),), gap=8)
        steps = used_tools(own)
        if not steps and self._reasoning and own.reasoning.strip():
            yield from self._thought(own.reasoning.strip("\n"), thought(message, words), width)
        if steps:
            yield from self._steps(message, width)
        elif own.text.strip():
            asked = own.role is Role.USER
            kind, room = (
                (SectionKind.QUESTION, width - 2 * _SIDE) if asked else (SectionKind.ANSWER, width)
            )
            column = yield from self._column(kind, own.text.strip("\n"), _STYLE, room)
            column.gap = 8 if asked or not self._reasoning else 16
            yield _QuestionBox(column) if asked else column
        if end := ending(message, words):
            yield self._line((Span(end, italic=True),), gap=10)

    def _thought(self, text: str, heading: str, width: float) -> Iterator[Box | None]:
        yield self._line((Span(heading),), gap=6, leads=True)
        kind = SectionKind.REASONING
        yield _ReasoningBox((yield from self._column(kind, text, _THOUGHT, width - _SIDE)))

    def _steps(self, message: MessageRow, width: float) -> Iterator[Box | None]:
        """Yield the boxes of an answer that used tools."""
        words = self._words
        heading = thought(message, words)
        for step in answer_steps(message.message, reasoning=self._reasoning):
            match step.kind:
                case StepKind.THOUGHT:
                    yield from self._thought(step.text, heading, width)
                    heading = words.reasoning
                case StepKind.CALL:
                    called = words.call(step.part, step.result, step.page)
                    yield self._line((Span(called, bold=True),), leads=True)
                    for text, language in ((step.text, step.language), (step.output, "")):
                        if text:
                            code = code_fence(text, language)
                            yield (yield from self._column(SectionKind.ANSWER, code, _STYLE, width))
                case StepKind.MEDIA if step.part:
                    image = decode(step.part.data)
                    if image.isNull():
                        yield self._line((Span(step.text, SpanKind.CODE),))
                    else:
                        yield FigureBox(self._theme, _STYLE, image)
                case _:
                    yield (yield from self._column(SectionKind.ANSWER, step.text, _STYLE, width))

    def _column(
        self, kind: SectionKind, text: str, style: Style, width: float
    ) -> Generator[None, None, Column]:
        """Return the blocks of a text, laid out in steps."""
        section = Section(kind, Part(text))
        column = section.column(self._theme, style)
        column.lay_out(width)
        while section.unread:
            yield None
            section.read_on()
            column = section.column(self._theme, style)
        return column

    def _line(self, spans: Spans, *, gap: int = 12, leads: bool = False) -> TextBox:
        box = TextBox(self._theme, _QUIET)
        box.set_block(Paragraph(spans))
        box.gap, box.keeps_with_next = gap, leads
        return box


# --- Text maps ----------------------------------------------------------------------------

_MAP = re.compile(rb"(<[0-9A-F]{4}> <[0-9A-F]{4}> )(<[0-9A-F]{4}>|\[[^\]]*\])")
_CODE = re.compile(rb"<([0-9A-F]{4})>")
# Of characters that share a glyph, Qt writes the lowest code point. These are the ones meant.
_WRITTEN = {0x0000: 0xFFFD, 0x0009: 0x0020, 0x0269: 0x03B9, 0x02BC: 0x2019, 0x02EE: 0x201D}
# Compatibility characters: radicals, ideographs, presentation forms of letters.
_COMPATIBLE = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00), range(0xFB50, 0xFF00))


def _fix_text_maps(pdf: bytes) -> bytes:
    """Return the PDF with text maps to the original characters, for search and copying.

    The length of the file and all offsets stay the same.
    """
    pieces, at = [], 0
    while (start := pdf.find(b"beginbfrange", at)) >= 0:
        end = pdf.find(b"endbfrange", start)
        pieces += [pdf[at:start], _MAP.sub(_fix_range, pdf[start:end])]
        at = end
    return b"".join((*pieces, pdf[at:]))


def _fix_range(found: re.Match[bytes]) -> bytes:
    """Return a range of a text map with the original characters."""
    alone = found[1][:6] == found[1][7:13]
    if not alone and found[2].startswith(b"<"):
        return found[0]  # a range of consecutive characters
    return found[1] + _CODE.sub(_written, found[2])


def _written(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16)
    meant = _WRITTEN.get(code, code)
    if any(code in each for each in _COMPATIBLE):
        plain = normalize("NFKC", chr(code)).strip()
        meant = ord(plain) if len(plain) == 1 and ord(plain) < 0x10000 else code
    return b"<%04X>" % meant
