"""Text that wraps: paragraphs, headings, the cells of a table, and what a person wrote."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Self

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QTextLayout, QTextLine, QTextOption

from app.markdown import Align, Heading, Paragraph, Span, SpanKind, Spans, spans_text
from app.markdown.inline_source import heading_markdown, spans_markdown
from app.ui.blocks.box import Box, Highlights, Link, Range, Style
from app.ui.blocks.text_runs import BOLD, ROOM, TextFace, TextRun, TextRuns, first_at, scale
from app.ui.blocks.utf16 import part
from app.ui.theme import Theme, font

_LINE = 1.45  # of the font's height
_LARGER = {1: 6, 2: 4, 3: 2}  # pixels more in a heading of a level
_LEAST = 16.0  # pixels; in less, no text is laid out
_ALIGN = {
    Align.LEFT: Qt.AlignmentFlag.AlignLeft,
    Align.CENTER: Qt.AlignmentFlag.AlignHCenter,
    Align.RIGHT: Qt.AlignmentFlag.AlignRight,
}


class TextBox(Box):
    """Spans in lines as wide as the box. A paragraph begins at the side where its first letter
    begins, where ``align`` does not say otherwise.

    Laying 2,000 characters out costs half a millisecond, so that what grows is laid out whole.
    """

    def __init__(
        self, theme: Theme, style: Style, *, weight: int = 400, align: Align = Align.NONE
    ) -> None:
        super().__init__(theme, style)
        self._pixels, self._weight = style.pixels, weight
        self._align = align
        self._level = 0
        self._spans: Spans | None = ()
        self._runs: TextRuns | None = None
        self._lay_out_nothing()
        self._read()

    @classmethod
    def plain(cls, theme: Theme, style: Style, text: str) -> Self:
        """Text as it was written, with every blank and end of a line; no Markdown."""
        box = cls(theme, style)
        box.set_plain(text)
        return box

    def set_block(self, block: Paragraph | Heading) -> None:
        level = block.level if isinstance(block, Heading) else 0
        if level != self._level:
            self._level = level
            self._pixels = self.style.pixels + _LARGER.get(level, 0)
            self._weight = BOLD if level else 400
            self._spans = None  # equal ones look different now
        joined = isinstance(block, Paragraph) and block.joined is not None
        self.gap = 20 if level else 0 if joined else Box.gap
        self.leads = level > 0
        self.set_spans(block.spans)

    def set_plain(self, text: str) -> None:
        """Text as it was written."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.set_spans((Span(text),) if text else ())

    def set_spans(self, spans: Spans) -> None:
        """Other text."""
        if spans != self._spans:
            self._spans = spans
            self._read()

    # Layout

    def lay_out(self, width: float) -> None:
        if width != self.width or not self._lines:
            self.width = width
            if not self._fits or width < self._natural:
                self._flow(width)

    def ideal_width(self) -> float:
        """How wide it would be without any wrapping. It costs a layout, unless it is laid out
        and nothing had to wrap."""
        if not self._lines or not self._fits:
            self.width = 1e5
            self._flow(1e5)
        return self._natural

    @property
    def baseline(self) -> float:
        """Of the first line, from the top, once it is laid out."""
        return self._bases[0]

    def restyle(self) -> None:
        self._read()

    def _read(self) -> None:
        colour, link = (
            getattr(self.theme.colours, self.style.colour),
            self.theme.colours.link,
        )
        face = TextFace(self._pixels, self._weight, colour, link, self.style.mono)
        self._runs = TextRuns(self._spans, face, self._runs, self.around)
        self.length = self._runs.length
        self._layout = QTextLayout(self._runs.text, self._runs.face.font())
        leftwards = self.around if self.held else self._runs.leftwards
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
        if not self._runs.pictures:
            self._layout.setFormats(self._runs.formats(0))
        if width:
            self.lay_out(width)

    def _lay_out_nothing(self) -> None:
        self._lines: list[QTextLine] = []
        self._starts: list[int] = []  # positions
        self._tops: list[float] = []
        self._bases: list[float] = []
        self.width = self.height = self._natural = 0.0
        self._fits = False  # it would be the same in any more width

    def _flow(self, width: float) -> None:
        """Fills the lines, one after the other."""
        width = max(width, _LEAST)
        runs, layout = self._runs, self._layout
        if runs.pictures:
            layout.setFormats(runs.formats(width))
        codes = {start for start, _ in runs.codes}
        above, below = _leading(self._pixels)
        lines, starts, tops, bases = [], [], [], []
        y = natural = 0.0
        layout.beginLayout()
        at = 0
        while (line := layout.createLine()).isValid():
            # What has a ground does not stick out.
            indent = ROOM if at in codes or (runs.codes and _inside(runs.codes, at)) else 0
            line.setLineWidth(width - indent)
            end = at + line.textLength()
            up, down = max(above, line.ascent()), max(below, line.descent())
            if runs.pictures:
                up, down = self._room(at, end, width, up, down)
            up, down = math.ceil(up), math.ceil(down)
            line.setPosition(QPointF(indent, y + up - line.ascent()))
            natural = max(natural, indent + line.naturalTextWidth())
            lines.append(line)
            starts.append(at)
            tops.append(y)
            bases.append(y + up)
            y += up + down
            at = end
        layout.endLayout()
        self._lines, self._starts, self._tops, self._bases = lines, starts, tops, bases
        self.height, self._natural = y, math.ceil(natural)
        wraps = len(lines) > 1 + runs.text.count("\u2028")
        turned = runs.turned or self.around
        moves = self._align is not Align.NONE or turned or bool(runs.pictures)
        self._fits = not wraps and not moves

    def _room(
        self, start: int, end: int, width: float, up: float, down: float
    ) -> tuple[float, float]:
        """What a line needs above and below its baseline, with its formulas."""
        for run in self._pictures(start, end):
            shrunk = scale(run, width)
            up = max(up, (run.picture.height - run.picture.descent) * shrunk + 2)
            down = max(down, run.picture.descent * shrunk + 2)
            if run.span.kind is SpanKind.DISPLAY:
                up, down = up + 6, down + 6
        return up, down

    def _pictures(self, start: int, end: int) -> list[TextRun]:
        pictures = self._runs.pictures
        first = first_at(pictures, start)
        last = first_at(pictures, end)
        return pictures[first:last]

    # Painting

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        first = max(bisect_right(self._tops, clip.top()) - 1, 0)
        last = max(bisect_right(self._tops, clip.bottom()), first + 1)
        seen = self._starts[first], self._end(last - 1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("inline_code"))
        for start, end in self._runs.codes:
            if start < seen[1] and end > seen[0]:
                key = (start, end) in self._runs.keys
                painter.setPen(self.theme.colour("border") if key else Qt.PenStyle.NoPen)
                for rect in self._grounds(start, end):
                    painter.drawRoundedRect(rect, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        for found in highlights.found:
            name = "found_current" if found == highlights.current else "found"
            self._fill(painter, found, seen, name)
        self._fill(painter, highlights.selected, seen, "selection")
        painter.setPen(self.theme.colour(self.style.colour))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # of where a colour ends
        if marked := self._marked(highlights, seen):
            self._layout.draw(painter, QPointF(0, 0), marked, clip)
        else:  # which draws the line above the clip, too: in a PDF, it would be found twice
            for line in self._lines[first:last]:
                line.draw(painter, QPointF(0, 0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for run in self._pictures(*seen):
            run.picture.paint(painter, self._frame(run))
        painter.restore()

    def _fill(self, painter: QPainter, marked: Range, seen: Range, colour: str) -> None:
        start, end = max(marked[0], seen[0]), min(marked[1], seen[1])
        if start < end:
            for rect in self.rects(start, end):
                painter.fillRect(rect, self.theme.colour(colour))

    def _marked(self, highlights: Highlights, seen: Range) -> list[QTextLayout.FormatRange]:
        """What is selected or found is in the colour that can be read on all of their grounds."""
        marked: list[QTextLayout.FormatRange] = []
        at = seen[0]  # Qt draws what overlaps in either colour
        for start, end in sorted((*highlights.found, highlights.selected)):
            start, end = max(start, at), min(end, seen[1])
            if start < end:
                part = QTextLayout.FormatRange()
                part.start, part.length = start, end - start
                part.format.setForeground(self.theme.colour("text"))
                marked.append(part)
                at = end
        return marked

    def _grounds(self, start: int, end: int) -> list[QRectF]:
        """Where code in a line has its ground: as high as its letters."""
        size = self._pixels
        grounds = []
        for number in self._numbers(start, end):
            line, base = self._lines[number], self._bases[number]
            most = line.naturalTextRect().right() + ROOM  # without the blank it wraps at
            for left, right in self._extents(number, start, end):
                # The last character's width has the room behind it.
                high = QRectF(left, base - size + 0.5, min(right, most) - left, size + 5)
                grounds.append(high.adjusted(-ROOM, 0, 0, 0))
        return grounds

    def _frame(self, run: TextRun) -> QRectF:
        """Where a formula's picture is."""
        shrunk = scale(run, max(self.width, _LEAST))
        wide, high = run.picture.width * shrunk, run.picture.height * shrunk
        number = self._line_of(run.start)
        left = min(e[0] for e in self._extents(number, run.start, run.end))
        if run.span.kind is SpanKind.DISPLAY:
            left = max((self.width - wide) / 2, 0)
        top = self._bases[number] + run.picture.descent * shrunk - high
        return QRectF(round(left), top, wide, high)

    def page_end(self, y: float) -> float:
        """No line is alone on its page, neither the first nor the last."""
        number = max(bisect_right(self._tops, y) - 1, 0)
        if number == len(self._lines) - 1:
            number -= 1
        return self._tops[number] if number > 1 else 0.0

    # Positions

    def position_at(self, point: QPointF) -> int:
        number = max(bisect_right(self._tops, point.y()) - 1, 0)
        if point.y() < 0:
            return 0
        if point.y() >= self.height:
            return self.length
        if self._runs.turned:
            return self._nearest(number, point.x())
        found = int(self._lines[number].xToCursor(point.x()))
        if not self._layout.isValidCursorPosition(found):  # where a font lacks an emoji
            return int(self._layout.nextCursorPosition(found))
        return found

    def _nearest(self, number: int, x: float) -> int:
        """The same in a line of both directions, where Qt finds what it would draw elsewhere."""
        line, end = self._lines[number], self._end(number)
        at = position = self._starts[number]
        best = math.inf
        while at < end:
            after = max(self._layout.nextCursorPosition(at), at + 1)
            before = _x(line, at, QTextLine.Edge.Leading)
            behind = _x(line, at, QTextLine.Edge.Trailing)
            away = max(min(before, behind) - x, x - max(before, behind))
            if before != behind and away < best:
                best = away
                position = at if abs(x - before) < abs(x - behind) else after
            at = after
        return position

    def rects(self, start: int, end: int) -> list[QRectF]:
        return [
            QRectF(
                left, self._tops[number], right - left, self._bottom(number) - self._tops[number]
            )
            for number in self._numbers(start, end)
            for left, right in self._extents(number, start, end)
        ]

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
        """Up to where the writer wanted another line."""
        first = last = self._line_of(position)
        while first and not self._broken(first - 1):
            first -= 1
        while last + 1 < len(self._lines) and not self._broken(last):
            last += 1
        return self._starts[first], self._end(last) - self._broken(last)

    def text(self, start: int, end: int) -> str:
        return spans_text(self._runs.cut(start, end))

    def markdown(self, start: int, end: int) -> str:
        spans = self._runs.cut(start, end)
        whole = start <= 0 and end >= self.length
        return (
            heading_markdown(self._level, spans) if self._level and whole else spans_markdown(spans)
        )

    def _end(self, number: int) -> int:
        """The position behind a line."""
        after = number + 1
        return self._starts[after] if after < len(self._starts) else self.length

    def _broken(self, number: int) -> bool:
        """Whether a line ends where the writer wanted it."""
        end = self._end(number)
        return part(self._runs.text, end - 1, end) == "\u2028"

    def _bottom(self, number: int) -> float:
        after = number + 1
        return self._tops[after] if after < len(self._tops) else self.height

    def _line_of(self, position: int) -> int:
        return max(bisect_right(self._starts, position) - 1, 0)

    def _numbers(self, start: int, end: int) -> range:
        """Of the lines between two positions."""
        start, end = max(start, 0), min(end, self.length)
        return range(self._line_of(start), self._line_of(end - 1) + 1) if start < end else range(0)

    def _extents(self, number: int, start: int, end: int) -> list[tuple[float, float]]:
        """From where to where a line's part between two positions is."""
        line = self._lines[number]
        start, end = max(start, self._starts[number]), min(end, self._end(number))
        if not self._runs.turned:
            ends = sorted((_x(line, start), _x(line, end)))
            return [(ends[0], ends[1])]
        # Neighbours in the text need not be neighbours in the line, and where the direction changes
        # Qt's cursor is in two places.
        parts: list[tuple[float, float]] = []
        for run in line.glyphRuns(start, end - start):
            rect = run.boundingRect()
            parts.append((rect.left(), rect.right()))
        return _joined(parts)


def _joined(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Extents from left to right, those that touch as one."""
    joined: list[tuple[float, float]] = []
    for left, right in sorted(parts):
        if joined and left - joined[-1][1] < 0.1:
            joined[-1] = joined[-1][0], max(joined[-1][1], right)
        elif left < right:
            joined.append((left, right))
    return joined


def _x(line: QTextLine, position: int, edge: QTextLine.Edge = QTextLine.Edge.Leading) -> float:
    found = line.cursorToX(position, edge)
    return float(found[0] if isinstance(found, tuple) else found)


def _inside(ranges: Sequence[Range], position: int) -> bool:
    at = bisect_right(ranges, (position, math.inf)) - 1
    return at >= 0 and position < ranges[at][1]


@lru_cache(maxsize=32)
def _leading(pixels: int) -> tuple[int, int]:
    """What a line has above and below its baseline, in whole pixels."""
    metrics = QFontMetricsF(font(pixels))
    pitch = math.ceil(metrics.height() * _LINE)
    above = round((pitch - metrics.height()) / 2 + metrics.ascent())
    return above, pitch - above
