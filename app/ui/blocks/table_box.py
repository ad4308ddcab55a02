"""Tables in a frame with rounded corners."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import is_

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.markdown import Row, Span, SpanKind, Spans, Table, row_text, table_csv, table_markdown
from app.markdown.direction import is_leftwards
from app.ui.blocks.box import Box, BoxButton, Highlights, Link, Range, Style
from app.ui.blocks.citation_chip import with_labels
from app.ui.blocks.code_box import button_width
from app.ui.blocks.horizontal_scroll import BAR, HorizontalScroll
from app.ui.blocks.table_cells import LEAST, LEAST_ON_PAPER, MeasuredRow, TableCells, fit
from app.ui.blocks.text_box import TextBox
from app.ui.theme import Palette
from app.wording.language import tr

_PAD = 14.0, 6.0  # pixels inside a cell, at its sides and above and below
_RADIUS = 10.0
_BUTTONS = 30.0  # pixels for the buttons below a table, if there is no room beside it
_HIGH = 200.0  # pixels; a page may end inside a higher row

_Cell = tuple[int, int]
"""Row and column of a cell. The header is the first row."""


class TableBox(Box):
    """A table as wide as its contents.

    Cells that do not fit wrap, and if columns get too narrow the table scrolls or, on paper,
    shrinks. The cost of adding a row does not depend on their number.
    """

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(theme, style)
        self._block = Table((), ())
        self._cells = TableCells(theme, style)
        self._scroller = HorizontalScroll()
        self._forget()

    def _forget(self) -> None:
        self._cells.clear()
        self._lines: list[MeasuredRow] = []
        self._starts: list[int] = []
        self._ideal_widths: list[float] = []  # the widest cell of each column, without the last row
        self._widths: list[float] = []
        self._edges: list[float] = []
        self._heights: list[float] = []
        self._tops: list[float] = []
        self._bottom = self._shown = self._frame_height = 0.0
        self._scale = 1.0

    def set_block(self, block: Table) -> None:
        before, self._block = self._block, block
        leftwards = is_leftwards(block, self.in_rtl)
        turned = leftwards != self._cells.leftwards
        if before.align != block.align or before.header != block.header or turned:
            self._cells.aligns, self._cells.leftwards = block.align, leftwards
            self._forget()
        rows = block.header, *block.rows
        old = before.header, *before.rows
        same = next((n for n, is_same in enumerate(map(is_, old, rows)) if not is_same), len(old))
        self._measure_rows(rows, min(same, len(self._lines), len(rows)))
        if self.width:
            self._place(same)

    def _measure_rows(self, rows: Sequence[Row], first: int) -> None:
        """Measure the rows from one on."""
        columns = len(self._block.header)
        if first < len(self._lines) - 1 or not self._lines:
            known = [line.wants for line in self._lines[:first]]
            self._ideal_widths = (
                list(map(max, *known, [0.0] * columns)) if known else [0.0] * columns
            )
        elif first == len(self._lines):
            self._ideal_widths = list(map(max, self._ideal_widths, self._lines[-1].wants))
        del self._lines[first:], self._starts[first:]
        for number in range(first, len(rows)):
            if number > first:
                self._ideal_widths = list(map(max, self._ideal_widths, self._lines[-1].wants))
            cells = rows[number] + ((),) * (columns - len(rows[number]))
            above = self._lines[-1] if self._lines else None
            self._starts.append(self._starts[-1] + above.length + 1 if above else 0)
            self._lines.append(self._cells.measure(number, cells))
        self.length = self._starts[-1] + self._lines[-1].length

    # Layout

    def lay_out(self, width: float) -> None:
        if width != self.width:
            self.width = width
            self._place(0)

    def _place(self, first: int) -> None:
        """Place the rows from one on."""
        first = min(first, len(self._heights), len(self._lines) - 1)
        moved = min([first, *self._fit(first)])
        self._heights[first:] = map(self._height, range(first, len(self._lines)))
        top = self._tops[moved] if moved < len(self._tops) else self._bottom
        self._tops[moved:] = accumulate(self._heights[moved:-1], initial=top)
        self._bottom = self._tops[-1] + self._heights[-1]
        wide = self._edges[-1]
        if self.style.paper:
            self._scale = min(1.0, self.width / wide)
            self._shown, self._frame_height = wide, self._bottom
            self.height = self._bottom * self._scale
            return
        self._scroller.fit(wide, self.width)
        self._shown = min(wide, self.width)
        self._frame_height = self._bottom + BAR * self._scroller.needed
        self.height = self._frame_height + self.px(_BUTTONS) * (not self._has_side_room())

    def _fit(self, end: int) -> Sequence[int]:
        """Set the widths of the columns.

        Return the rows up to ``end`` whose height has changed: those with a cell that wraps.
        """
        wants = list(map(max, self._ideal_widths, self._lines[-1].wants))
        before = self._widths
        least = LEAST_ON_PAPER if self.style.paper else LEAST
        self._widths = fit(wants, self.width - 2 * self.px(_PAD[0]) * len(wants), least)
        if self._widths == before:
            return ()
        self._edges = list(
            accumulate((w + 2 * self.px(_PAD[0]) for w in self._widths), initial=0.0)
        )
        narrower = list(map(min, before, self._widths))
        tight = [c for c, w in enumerate(narrower) if before[c] != self._widths[c] and wants[c] > w]
        lines = self._lines
        found = [n for n in range(end) if any(lines[n].wants[c] > narrower[c] for c in tight)]
        for number in found:
            self._heights[number] = self._height(number)
        return found

    def _height(self, number: int) -> float:
        line = self._lines[number]
        cells = enumerate(zip(line.wants, line.heights, self._widths, strict=True))
        return 2 * self.px(_PAD[1]) + max(
            high if want <= width else self._wrapped(number, column, width)
            for column, (want, high, width) in cells
        )

    def _wrapped(self, row: int, column: int, width: float) -> float:
        """Return the height of a cell with wrapped text, from a cache.

        While a row grows, its columns get wider and narrower again.
        """
        known = self._lines[row].wrapped
        if (column, width) not in known:
            known[column, width] = self._box(row, column).height
        return known[column, width]

    def _box(self, row: int, column: int) -> TextBox:
        """Return the box of a cell, laid out."""
        box = self._cells.box(row, column, self._lines[row].cells[column])
        box.lay_out(self._widths[column])
        return box

    @property
    def _left(self) -> float:
        """The x of the table's left edge."""
        return self.width / self._scale - self._shown if self._cells.leftwards else 0.0

    def _from_start(self, x: float) -> float:
        """Convert an x to the distance from the edge at the first column, or back."""
        return self._left + self._shown - x if self._cells.leftwards else x

    def _corner(self, row: int, column: int) -> QPointF:
        """Return the top left corner of a cell's box."""
        start, end = self._edges[column], self._edges[column + 1]
        left = self._from_start((end if self._cells.leftwards else start) - self._scroller.offset)
        return QPointF(left + self.px(_PAD[0]), self._tops[row] + self.px(_PAD[1]))

    @property
    def baseline(self) -> float:
        return self.px(_PAD[1]) + self._cells.base

    def restyle(self) -> None:
        self._cells.clear()

    # Painting

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        more = 1 / self._scale
        painter.save()
        painter.scale(self._scale, self._scale)
        self._paint(painter, QRectF(clip.topLeft() * more, clip.size() * more), highlights)
        painter.restore()

    def _paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        left = self._left
        frame = QRectF(left + 0.5, 0.5, self._shown - 1, self._frame_height - 1)
        head = self._heights[0]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(QRectF(left, 0, self._shown, head), Qt.ClipOperation.IntersectClip)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("header"))
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        painter.restore()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.colour("border"), 1))
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        rows = self._rows(clip.top(), clip.bottom())
        for row in rows:
            if row:
                y = self._tops[row] + 0.5
                painter.drawLine(QPointF(left + 1, y), QPointF(left + self._shown - 1, y))
        inside = QRectF(left + 1, 1, self._shown - 2, self._bottom - 1)
        painter.setClipRect(inside, Qt.ClipOperation.IntersectClip)
        for row in rows:
            for column in self._columns(clip):
                self._paint_cell(painter, row, column, clip, highlights)
        painter.restore()
        track = QRectF(
            left + self.px(_PAD[0]), 0, self._shown - 2 * self.px(_PAD[0]), self._frame_height
        )
        scroll, leftwards = self.theme.colour("scroll"), self._cells.leftwards
        self._scroller.paint(painter, track, scroll, leftwards=leftwards)

    def _paint_cell(
        self, painter: QPainter, row: int, column: int, clip: QRectF, highlights: Highlights
    ) -> None:
        box, corner = self._box(row, column), self._corner(row, column)
        start = self._starts[row] + self._lines[row].starts[column]
        painter.translate(corner)
        box.paint(painter, clip.translated(-corner), highlights.within(start, box.length))
        painter.translate(-corner)

    def _rows(self, top: float, bottom: float) -> range:
        first = max(bisect_right(self._tops, top) - 1, 0)
        return range(first, bisect_right(self._tops, bottom))

    def _columns(self, clip: QRectF) -> range:
        """Return the range of columns in a clip."""
        edges, shift = self._edges, self._scroller.offset
        ends = sorted((self._from_start(clip.left()), self._from_start(clip.right())))
        left, right = max(ends[0], 0), min(ends[1], self._shown)
        first = max(bisect_right(edges, left + shift) - 1, 0)
        return range(first, min(bisect_right(edges, right + shift), len(edges) - 1))

    def page_end(self, y: float) -> float:
        """Return a place between rows, not below the header; in a high row, between its lines."""
        y /= self._scale
        row = max(bisect_right(self._tops, y) - 1, 0)
        top = end = self._tops[row] if row > 1 else 0.0
        if self._heights[row] > _HIGH:
            end = max(self._line_end(row, y), top)
        return end * self._scale

    def page_head(self, y: float) -> tuple[float, float] | None:
        """Return the header's extent, unless it nearly fills a page."""
        head = self._heights[0]
        return (0.0, head * self._scale) if head <= _HIGH else None

    def _line_end(self, row: int, y: float) -> float:
        """Return the lowest y above ``y`` that no line of a row's cells crosses.

        If there is none, it is about the top of the row.
        """
        top = self._tops[row] + self.px(_PAD[1])
        boxes = [self._box(row, column) for column in range(len(self._widths))]
        while True:
            ends = [top + box.page_end(y - top) for box in boxes if top + box.height > y > top]
            if min(ends, default=y) >= y:
                return y if y > top else self._tops[row]
            y = min(ends)

    # Positions

    def _cell_at(self, point: QPointF) -> _Cell:
        """Return the cell at a point, or the nearest."""
        row = max(bisect_right(self._tops, point.y()) - 1, 0)
        column = bisect_right(self._edges, self._from_start(point.x()) + self._scroller.offset) - 1
        return row, min(max(column, 0), len(self._widths) - 1)

    def _inside(self, cell: _Cell, point: QPointF) -> QPointF:
        """Return a point in the coordinates of the box of a cell."""
        return point - self._corner(*cell)

    def position_at(self, point: QPointF) -> int:
        if point.y() < 0:
            return 0
        if point.y() >= self._bottom:
            return self.length
        row, column = cell = self._cell_at(point)
        box, inside = self._box(row, column), self._inside(cell, point)
        inside.setY(min(max(inside.y(), 0.0), box.height - 1))  # stay in the cell
        return self._starts[row] + self._lines[row].starts[column] + box.position_at(inside)

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield the cells between two positions: row, column, and the start and end in the cell."""
        for row in range(max(bisect_right(self._starts, start) - 1, 0), len(self._lines)):
            line, first = self._lines[row], self._starts[row]
            if first > end:
                return
            begin = max(bisect_right(line.starts, start - first) - 1, 0)
            for column in range(begin, bisect_right(line.starts, end - first)):
                at, size = first + line.starts[column], self._size(row, column)
                yield row, column, min(max(start - at, 0), size), min(end - at, size)

    def _size(self, row: int, column: int) -> int:
        """Return the number of positions in a cell."""
        line = self._lines[row]
        last = column + 1 == len(line.starts)
        return (line.length if last else line.starts[column + 1] - 1) - line.starts[column]

    def rects(self, start: int, end: int) -> list[QRectF]:
        return [
            rect.translated(self._corner(row, column))
            for row, column, first, last in self._parts(start, end)
            if first < last
            for rect in self._box(row, column).rects(first, last)
        ]

    def leaf_at(self, position: int) -> Range:
        row, column, *_ = next(self._parts(position, position))
        start = self._starts[row] + self._lines[row].starts[column]
        return start, start + self._size(row, column)

    def text(self, start: int, end: int) -> str:
        result, before = "", None
        for row, *part in self._parts(start, end):
            result += "" if before is None else "\t" if row == before else "\n"
            result += row_text((with_labels(self._cut(row, *part), self.style.citations),))
            before = row
        return result

    def markdown(self, start: int, end: int) -> str:
        if start <= 0 and end >= self.length:
            return table_markdown(self._block)
        parts = list(self._parts(start, end))
        if len(parts) == 1:
            row, column, first, last = parts[0]
            return self._box(row, column).markdown(first, last)
        rows: dict[int, list[Spans]] = {}
        for row, *part in parts:
            cells = rows.setdefault(row, [()] * len(self._widths))
            cells[part[0]] = self._cut(row, *part)
        header, *others = map(tuple, rows.values())
        return table_markdown(Table(self._block.align, header, tuple(others)))

    def _cut(self, row: int, column: int, first: int, last: int) -> Spans:
        """Return a cell, or the text of a part of it."""
        if (first, last) == (0, self._size(row, column)):
            return self._lines[row].cells[column]
        return (Span(self._box(row, column).text(first, last)),)

    # Links, buttons, scrolling

    def link_at(self, point: QPointF) -> str:
        inside = 0 <= self._from_start(point.x()) < self._shown
        if not inside or not 0 <= point.y() < self._bottom:
            return ""
        cell = self._cell_at(point)
        return self._box(*cell).link_at(self._inside(cell, point))

    def links(self) -> Sequence[Link]:
        found = []
        for row, line in enumerate(self._lines):
            for column, spans in enumerate(line.cells):
                if any(span.link for span in spans):
                    at = self._starts[row] + line.starts[column]
                    links = self._box(row, column).links()
                    found += [Link(at + a, at + b, address) for a, b, address in links]
        return found

    def _has_side_room(self) -> bool:
        """Return whether there is room for the buttons to the right of the table."""
        return (
            self._shown + self.px(8) + 2 * button_width(self.theme.zoom, "copyTable") <= self.width
        )

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        if not self._lines or not self.width or self.style.paper:
            return ()
        wide, high = button_width(self.theme.zoom, "copyTable"), self.px(24)
        leftwards = self._cells.leftwards
        left = 0.0 if leftwards else self.width - 2 * wide
        top = self._frame_height + self.px(_BUTTONS) - high
        if self._has_side_room():
            left = self._left - self.px(8) - 2 * wide if leftwards else self._shown + self.px(8)
            top = (self._heights[0] - high) / 2
        return [*self._citations(clip)] + [
            BoxButton(name, word, label, QRectF(left + at * wide, round(top), wide, high), self)
            for at, (name, word, label) in enumerate(
                (
                    ("copyTable", tr("Copy"), tr("Copy table")),
                    ("copyCsv", "CSV", tr("Copy table as CSV")),
                )
            )
        ]

    def _citations(self, clip: QRectF | None) -> Iterator[BoxButton]:
        """Yield the citations in the cells that are visible."""
        seen = QRectF(self._left, 0, self._shown, self._bottom)
        rows = range(len(self._lines)) if clip is None else self._rows(clip.top(), clip.bottom())
        for row in rows:
            line = self._lines[row]
            for column, spans in enumerate(line.cells):
                if not any(span.kind is SpanKind.CITATION for span in spans):
                    continue
                corner = self._corner(row, column)
                start = self._starts[row] + line.starts[column]
                for control in self._box(row, column).controls():
                    rect = control.rect.translated(corner)
                    if seen.contains(rect) or clip is None:
                        yield replace(control, rect=rect, box=self, place=start + control.place)

    def act(self, name: str) -> str:
        rows = [
            tuple(with_labels(cell, self.style.citations) for cell in row)
            for row in (self._block.header, *self._block.rows)
        ]
        table = Table(self._block.align, rows[0], tuple(rows[1:]))
        return table_csv(table) if name == "copyCsv" else table_markdown(table)

    def scroll(self, point: QPointF, pixels: float) -> bool:
        pixels = -pixels if self._cells.leftwards else pixels
        return point.y() < self._frame_height and self._scroller.by(pixels)
