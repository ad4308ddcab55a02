"""Text that wraps: paragraphs, headings, table cells, and typed text."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Self

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QTextLayout, QTextOption

from app.markdown import Align, Heading, Paragraph, Span, SpanKind, Spans, spans_text
from app.markdown.inline_source import heading_markdown, spans_markdown
from app.ui.blocks.box import Box, BoxButton, CitationLabels, Highlights, Link, Range, Style
from app.ui.blocks.citation_chip import chip_frame, paint_chip, with_labels
from app.ui.blocks.text_lines import TextLines
from app.ui.blocks.text_runs import (
    BOLD,
    ROOM,
    FormulaRun,
    TextFace,
    TextRun,
    TextRuns,
    first_at,
    scale,
)
from app.ui.theme import Palette, font

_LINE = 1.45  # line height, as a multiple of the font's
_LARGER = {1: 6, 2: 4, 3: 2}  # additional pixels by heading level
_MOST_CHIPS = 40  # that can be pressed in a paragraph, of what is seen of it
_LEAST = 16.0  # pixels; text is laid out for no less
_ALIGN = {
    Align.LEFT: Qt.AlignmentFlag.AlignLeft,
    Align.CENTER: Qt.AlignmentFlag.AlignHCenter,
    Align.RIGHT: Qt.AlignmentFlag.AlignRight,
}


class TextBox(Box):
    """Spans in lines as wide as the box.

    A paragraph is aligned to the side given by its first letter's direction, unless ``align`` says
    otherwise.

    Laying out 2,000 characters takes half a millisecond, so growing text is laid out as a whole.
    """

    def __init__(
        self, theme: Palette, style: Style, *, weight: int = 400, align: Align = Align.NONE
    ) -> None:
        super().__init__(theme, style)
        self._pixels, self._weight = style.pixels, weight
        self._align = align
        self._level = 0
        self._spans: Spans = ()
        self._runs = TextRuns((), self._face())
        self._layout = QTextLayout("", self._runs.face.font())
        self._lay_out_nothing()

    @classmethod
    def plain(cls, theme: Palette, style: Style, text: str) -> Self:
        """Return a box with text exactly as typed; see `set_plain`."""
        box = cls(theme, style)
        box.set_plain(text)
        return box

    def set_block(self, block: Paragraph | Heading) -> None:
        level = block.level if isinstance(block, Heading) else 0
        other_level = level != self._level
        if other_level:
            self._level = level
            self._pixels = self.style.pixels + _LARGER.get(level, 0)
            self._weight = BOLD if level else 400
        joined = isinstance(block, Paragraph) and block.joined is not None
        self.gap = 20 if level else 0 if joined else Box.gap
        self.keeps_with_next = level > 0
        if other_level or block.spans != self._spans:  # equal spans look different
            self._spans = block.spans
            self._rebuild()

    def set_plain(self, text: str) -> None:
        """Show text exactly as typed, with all blanks and line ends, not as Markdown."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.set_spans((Span(text),) if text else ())

    def set_spans(self, spans: Spans) -> None:
        """Show these spans."""
        if spans != self._spans:
            self._spans = spans
            self._rebuild()

    # Layout

    def lay_out(self, width: float) -> None:
        if width != self.width or not self._lines.lines:
            self.width = width
            if not self._fits or width < self._natural:
                self._break_lines(width)

    def ideal_width(self) -> float:
        """Return the width of the text without any wrapping.

        This costs a layout, unless the box is laid out and nothing had to wrap.
        """
        if not self._lines.lines or not self._fits:
            self.width = 1e5
            self._break_lines(1e5)
        return self._natural

    @property
    def baseline(self) -> float:
        return self._lines.bases[0]

    def restyle(self) -> None:
        self._rebuild()

    def _face(self) -> TextFace:
        colours = self.theme.colours
        colour = getattr(colours, self.style.colour)
        return TextFace(self._pixels, self._weight, colour, colours.link, self.style.mono)

    def _rebuild(self) -> None:
        labels = self.style.citations
        self._runs = TextRuns(self._spans, self._face(), self._runs, self.in_rtl, labels)
        self.length = self._runs.length
        self._layout = QTextLayout(self._runs.text, self._runs.face.font())
        leftwards = self.in_rtl if self.beside_mark else self._runs.leftwards
        side = Align.RIGHT if leftwards else Align.LEFT
        option = QTextOption(_ALIGN[side if self._align is Align.NONE else self._align])
        direction = Qt.LayoutDirection
        option.setTextDirection(
            direction.RightToLeft if self._runs.leftwards else direction.LeftToRight
        )
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._layout.setCacheEnabled(True)
        width = self.width
        self._lay_out_nothing()
        if not self._runs.formulas:
            self._layout.setFormats(self._runs.formats(0))
        if width:
            self.lay_out(width)

    def _lay_out_nothing(self) -> None:
        self._lines = TextLines(self._runs, self._layout)
        self._chips: list[QRectF] = []
        self.width = self.height = self._natural = 0.0
        self._fits = False  # whether more width would change nothing

    def _break_lines(self, width: float) -> None:
        """Break the text into lines, one after the other."""
        width = max(width, _LEAST)
        runs, layout = self._runs, self._layout
        if runs.formulas:
            layout.setFormats(runs.formats(width))
        codes = {start for start, _ in runs.codes}
        above, below = _leading(self._pixels)
        lines = TextLines(runs, layout)
        natural = 0.0
        layout.beginLayout()
        at = 0
        while (line := layout.createLine()).isValid():
            # The background of code must not stick out.
            indent = ROOM if at in codes or (runs.codes and _inside(runs.codes, at)) else 0
            line.setLineWidth(width - indent)
            end = at + line.textLength()
            up, down = max(above, line.ascent()), max(below, line.descent())
            if runs.formulas:
                up, down = self._line_extent(at, end, width, up, down)
            up, down = math.ceil(up), math.ceil(down)
            line.setPosition(QPointF(indent, lines.height + up - line.ascent()))
            natural = max(natural, indent + line.naturalTextWidth())
            lines.add(line, at, up, down)
            at = end
        layout.endLayout()
        self._lines, self._chips = lines, []
        self.height, self._natural = lines.height, math.ceil(natural)
        wraps = len(lines.lines) > 1 + runs.text.count("\u2028")
        has_rtl = runs.has_rtl or self.in_rtl
        moves = self._align is not Align.NONE or has_rtl or bool(runs.formulas)
        self._fits = not wraps and not moves

    def _line_extent(
        self, start: int, end: int, width: float, up: float, down: float
    ) -> tuple[float, float]:
        """Return the pixels that a line needs above and below its baseline, with its formulas."""
        for run in self._formulas(start, end):
            shrunk = scale(run, width)
            up = max(up, (run.picture.height - run.picture.descent) * shrunk + 2)
            down = max(down, run.picture.descent * shrunk + 2)
            if run.span.kind is SpanKind.DISPLAY:
                up, down = up + 6, down + 6
        return up, down

    def _formulas(self, start: int, end: int) -> list[FormulaRun]:
        formulas = self._runs.formulas
        return formulas[first_at(formulas, start) : first_at(formulas, end)]

    # Painting

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        lines = self._lines
        first = lines.at(clip.top())
        last = max(bisect_right(lines.tops, clip.bottom()), first + 1)
        seen = lines.starts[first], lines.end(last - 1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("inline_code"))
        for start, end in self._runs.codes:
            if start < seen[1] and end > seen[0]:
                key = (start, end) in self._runs.keys
                painter.setPen(self.theme.colour("border") if key else Qt.PenStyle.NoPen)
                for rect in self._code_backgrounds(start, end):
                    painter.drawRoundedRect(rect, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        for found in highlights.found:
            name = "found_current" if found == highlights.current else "found"
            self._fill(painter, found, seen, name)
        self._fill(painter, highlights.selected, seen, "selection")
        painter.setPen(self.theme.colour(self.style.colour))
        painter.setRenderHint(
            QPainter.RenderHint.Antialiasing, False
        )  # antialiasing would blur the edges of highlights
        if marked := self._highlight_formats(highlights, seen):
            self._layout.draw(painter, QPointF(0, 0), marked, clip)
        else:  # not by the layout, which also draws the line above the clip, twice in a PDF
            for line in lines.lines[first:last]:
                line.draw(painter, QPointF(0, 0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for run in self._formulas(*seen):
            run.picture.paint(painter, self._frame(run))
        citations = self._runs.citations
        first, last = first_at(citations, seen[0]), first_at(citations, seen[1])
        for cited, chip in zip(citations[first:last], self._frames()[first:last], strict=True):
            paint_chip(painter, self.theme, chip, cited.number, self._pixels)
        painter.restore()

    def _fill(self, painter: QPainter, marked: Range, seen: Range, colour: str) -> None:
        start, end = max(marked[0], seen[0]), min(marked[1], seen[1])
        if start < end:
            for rect in self.rects(start, end):
                painter.fillRect(rect, self.theme.colour(colour))

    def _highlight_formats(
        self, highlights: Highlights, seen: Range
    ) -> list[QTextLayout.FormatRange]:
        """Return formats for selected or found text.

        Their colour is legible on all of the highlights' backgrounds.
        """
        marked: list[QTextLayout.FormatRange] = []
        at = seen[0]  # Qt draws overlaps in either colour
        for start, end in sorted((*highlights.found, highlights.selected)):
            start, end = max(start, at), min(end, seen[1])
            if start < end:
                part = QTextLayout.FormatRange()
                part.start, part.length = start, end - start
                part.format.setForeground(self.theme.colour("text"))
                marked.append(part)
                at = end
        return marked

    def _code_backgrounds(self, start: int, end: int) -> list[QRectF]:
        """Return the background rectangles of code in a line, as high as its letters."""
        size = self._pixels
        grounds = []
        for number in self._lines.between(start, end):
            line, base = self._lines.lines[number], self._lines.bases[number]
            most = line.naturalTextRect().right() + ROOM  # without the trailing blank
            for left, right in self._lines.extents(number, start, end):
                # The width of the last character includes the space after it.
                high = QRectF(left, base - size + 0.5, min(right, most) - left, size + 5)
                grounds.append(high.adjusted(-ROOM, 0, 0, 0))
        return grounds

    def _frame(self, run: FormulaRun) -> QRectF:
        """Return the rectangle of a formula's picture."""
        shrunk = scale(run, max(self.width, _LEAST))
        wide, high = run.picture.width * shrunk, run.picture.height * shrunk
        number = self._lines.line_of(run.start)
        left = min(e[0] for e in self._lines.extents(number, run.start, run.end))
        if run.span.kind is SpanKind.DISPLAY:
            left = max((self.width - wide) / 2, 0)
        top = self._lines.bases[number] + run.picture.descent * shrunk - high
        return QRectF(round(left), top, wide, high)

    def _frames(self) -> list[QRectF]:
        """Return the rectangles of all chips: they are asked for again and again."""
        if len(self._chips) != len(self._runs.citations):
            self._chips = list(map(self._chip, self._runs.citations))
        return self._chips

    def _chip(self, run: TextRun) -> QRectF:
        """Return the rectangle of a citation's chip."""
        number = self._lines.line_of(run.start)
        extents = self._lines.extents(number, run.start, run.end)
        left = min((left for left, _ in extents), default=0.0)
        right = max((right for _, right in extents), default=left)
        base, leftwards = self._lines.bases[number], self._runs.leftwards
        return chip_frame(left, right, base, self._pixels, leftwards=leftwards)

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        labels, citations = self.style.citations, self._runs.citations
        if not citations or not labels or not self._lines.lines or self.style.paper:
            return ()
        pairs: Iterable[tuple[TextRun, QRectF]] = zip(citations, self._frames(), strict=True)
        if clip is not None:
            first = self._lines.at(max(clip.top(), 0))
            last = self._lines.at(max(clip.bottom(), 0))
            start, end = self._lines.starts[first], self._lines.end(last)
            pairs = (pair for pair in pairs if start <= pair[0].start < end)
        return [self._citation_button(*pair, labels) for pair in islice(pairs, _MOST_CHIPS)]

    def _citation_button(self, run: TextRun, chip: QRectF, labels: CitationLabels) -> BoxButton:
        number = self._lines.line_of(run.start)
        top = self._lines.tops[number]
        rect = QRectF(chip.left() - 1, top, chip.width() + 2, self._lines.bottom(number) - top)
        mark, shape = run.span.text, chip.translated(-rect.topLeft())
        return BoxButton("citation", "", labels.name(mark), rect, self, mark, run.start, shape)

    def page_end(self, y: float) -> float:
        """Return a line's top such that neither the first nor the last line is alone on a page."""
        lines = self._lines
        number = lines.at(y)
        if number == len(lines.lines) - 1:
            number -= 1
        return lines.tops[number] if number > 1 else 0.0

    # Positions

    def position_at(self, point: QPointF) -> int:
        return self._lines.position_at(point)

    def rects(self, start: int, end: int) -> list[QRectF]:
        return self._lines.rects(start, end)

    def link_at(self, point: QPointF) -> str:
        for run in self._runs.links:
            if any(rect.contains(point) for rect in self.rects(run.start, run.end)):
                return run.span.link
        return ""

    def links(self) -> Sequence[Link]:
        found: list[Link] = []
        for run in self._runs.links:
            if found and found[-1].end == run.start and found[-1].address == run.span.link:
                found[-1] = found[-1]._replace(end=run.end)
            else:
                found.append(Link(run.start, run.end, run.span.link))
        return found

    def leaf_at(self, position: int) -> Range:
        return self._lines.paragraph(position)

    def text(self, start: int, end: int) -> str:
        return spans_text(with_labels(self._runs.cut(start, end), self.style.citations))

    def markdown(self, start: int, end: int) -> str:
        spans = self._runs.cut(start, end)
        whole = start <= 0 and end >= self.length
        return (
            heading_markdown(self._level, spans) if self._level and whole else spans_markdown(spans)
        )


def _inside(ranges: Sequence[Range], position: int) -> bool:
    at = bisect_right(ranges, (position, math.inf)) - 1
    return at >= 0 and position < ranges[at][1]


@lru_cache(maxsize=32)
def _leading(pixels: int) -> tuple[int, int]:
    """Return a line's extent above and below its baseline, in whole pixels."""
    metrics = QFontMetricsF(font(pixels))
    pitch = math.ceil(metrics.height() * _LINE)
    above = round((pitch - metrics.height()) / 2 + metrics.ascent())
    return above, pitch - above
