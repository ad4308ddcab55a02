"""Nested boxes: several below each other, and a stack with margins."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui.blocks.box import Box, BoxButton, Highlights, Link, Range, Style
from app.ui.theme import Palette, font
from app.wording.language import tr

_NARROW = 120.0
"""Pixels that nested boxes leave for their contents, however deep the nesting."""


_B = TypeVar("_B", bound=Box)


class Stack(Box, Generic[_B]):
    """Boxes below each other, with one position between any two of them."""

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(theme, style)
        self.boxes: list[_B] = []
        self._tops: list[float] = []
        self._starts: list[int] = []
        self._failed: set[Box] = set()

    @property
    def baseline(self) -> float:
        return self.boxes[0].baseline if self.boxes else super().baseline

    def settle(self) -> None:
        for box in self.boxes:
            box.settle()
        self._place(0)

    def lay_out(self, width: float) -> None:
        if width != self.width:
            self.width = width
            self._place(0)

    def restyle(self) -> None:
        for box in self.boxes:
            box.restyle()
        self._place(0)

    def top_of(self, index: int) -> float:
        """Return where a box begins; for the index after the last one, where that one ends."""
        return self._tops[index] if index < len(self._tops) else self.height

    def _place(self, first: int) -> None:
        """Place the boxes from an index on; earlier ones stay in place."""
        del self._tops[first:], self._starts[first:]
        above = self.boxes[first - 1] if first else None
        bottom = self._tops[-1] + above.height if above else 0.0
        start = self._starts[-1] + above.length + 1 if above else 0
        for box in self.boxes[first:]:
            if self.width:
                box.lay_out(self.width)
            bottom += self._gap(box) if self._tops else 0
            self._tops.append(bottom)
            self._starts.append(start)
            bottom += box.height
            start += box.length + 1
        self.height, self.length = bottom, max(start - 1, 0)

    def _gap(self, box: Box) -> float:
        """Return the pixels above a box that is not the first."""
        return self.px(box.gap)

    # Painting

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        for number in self._visible(clip.top(), clip.bottom()):
            box, top = self.boxes[number], self._tops[number]
            painter.translate(0, top)
            part = highlights.within(self._starts[number], box.length)
            self._paint_box(painter, box, clip.translated(0, -top), part)
            painter.translate(0, -top)

    def _paint_box(self, painter: QPainter, box: Box, clip: QRectF, highlights: Highlights) -> None:
        """Paint a box, or say that it failed.

        An exception would leave the painter active, and nothing else would be painted.
        """
        before = painter.transform(), painter.clipPath() if painter.hasClipping() else None
        try:
            box.paint(painter, clip, highlights)
        except Exception:  # noqa: BLE001 - reported below; the other boxes must still be painted
            painter.setTransform(before[0])
            painter.setClipping(before[1] is not None)
            if before[1] is not None:
                painter.setClipPath(before[1])
            painter.setPen(self.theme.colour("danger"))
            painter.setFont(font(13))
            place = QRectF(0, 0, box.width, max(box.height, 20))
            painter.drawText(
                place, Qt.AlignmentFlag.AlignTop, tr("This content can’t be displayed.")
            )
            if box not in self._failed:
                self._failed.add(box)
                sys.excepthook(*sys.exc_info())

    def _visible(self, top: float, bottom: float) -> range:
        """Return the indices of the boxes between two heights."""
        first = max(bisect_right(self._tops, top) - 1, 0)
        return range(first, bisect_right(self._tops, bottom))

    def page_end(self, y: float) -> float:
        number = bisect_right(self._tops, y) - 1
        box, top = self.boxes[number], self._tops[number]
        if y - top >= box.height:
            number += 1
        elif end := box.page_end(y - top):
            return top + end
        while number and self.boxes[number - 1].keeps_with_next:
            number -= 1
        return self.top_of(number)

    def page_head(self, y: float) -> tuple[float, float] | None:
        number = bisect_right(self._tops, y) - 1
        top = self._tops[number]
        return _shifted(self.boxes[number].page_head(y - top), top) if y > top else None

    # Positions

    def position_at(self, point: QPointF) -> int:
        if not self.boxes:
            return 0
        number = max(bisect_right(self._tops, point.y()) - 1, 0)
        if number + 1 < len(self.boxes):  # in a gap, the nearer box
            end = self._tops[number] + self.boxes[number].height
            number += point.y() - end > self._tops[number + 1] - point.y()
        inside = point - QPointF(0, self._tops[number])
        return self._starts[number] + self.boxes[number].position_at(inside)

    def rects(self, start: int, end: int) -> list[QRectF]:
        return [
            rect.translated(0, self._tops[number])
            for number, first, last in self.parts(start, end)
            for rect in self.boxes[number].rects(first, last)
        ]

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the boxes between two positions: the index, and the start and end in it.

        A box without positions is yielded if its place is in the range, both ends included.
        """
        for number in range(self._index_of(start), len(self.boxes)):
            first, length = self._starts[number], self.boxes[number].length
            if first > end:
                return
            begin, finish = max(start - first, 0), min(end - first, length)
            if begin < finish or (not length and start <= first <= end):
                yield number, begin, finish

    def leaf_at(self, position: int) -> Range:
        if not self.boxes:
            return 0, 0
        number = self._index_of(position)
        start = self._starts[number]
        leaf = self.boxes[number].leaf_at(min(position - start, self.boxes[number].length))
        return leaf[0] + start, leaf[1] + start

    def link_at(self, point: QPointF) -> str:
        box, inside = self._box_at(point)
        return box.link_at(inside) if box else ""

    def links(self) -> Sequence[Link]:
        return [
            Link(start + link.start, start + link.end, link.address)
            for box, start in zip(self.boxes, self._starts, strict=True)
            for link in box.links()
        ]

    def scroll(self, point: QPointF, pixels: float) -> bool:
        box, inside = self._box_at(point)
        return box is not None and box.scroll(inside, pixels)

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        seen = range(len(self.boxes)) if clip is None else self._visible(clip.top(), clip.bottom())
        found: list[BoxButton] = []
        for number in seen:
            top = self._tops[number]
            part = None if clip is None else clip.translated(0, -top)
            found += _moved(self.boxes[number].controls(part), QPointF(0, top))
        return found

    def _index_of(self, position: int) -> int:
        return max(bisect_right(self._starts, position) - 1, 0)

    def _box_at(self, point: QPointF) -> tuple[Box | None, QPointF]:
        """Return the box at a point, and the point in its coordinates."""
        number = bisect_right(self._tops, point.y()) - 1
        if number < 0 or point.y() > self._tops[number] + self.boxes[number].height:
            return None, point
        return self.boxes[number], point - QPointF(0, self._tops[number])


_S = TypeVar("_S", bound=Stack[Any])


class Inset(Box, Generic[_S]):
    """A stack with margins.

    Positions are the stack's. If it runs ``leftwards``, from right to left, its left margin is on
    the right.
    """

    above = below = right = 0.0
    leftwards = False

    def __init__(self, theme: Palette, style: Style, inner: _S) -> None:
        super().__init__(theme, style)
        self.inner = inner
        self.left = self.px(24)

    @property
    def baseline(self) -> float:
        return self.above + self.inner.baseline

    @property
    def corner(self) -> QPointF:
        """The top left corner of the stack."""
        return QPointF(self.right if self.leftwards else self._room(), self.above)

    @property
    def start(self) -> float:
        """The x at which its text begins."""
        return self.width - self._room() if self.leftwards else self._room()

    def _room(self) -> float:
        """Return the margin before its text, which is smaller if there is little room."""
        return min(self.left, max(self.width - _NARROW, 0.0))

    def settle(self) -> None:
        self.inner.settle()
        self.measure()

    def measure(self) -> None:
        """Set the size from that of the stack."""
        if self.width:
            self.inner.lay_out(self.width - self._room() - self.right)
        self.height = self.above + self.inner.height + self.below
        self.length = self.inner.length

    def lay_out(self, width: float) -> None:
        if width != self.width:
            self.width = width
            self.measure()

    def restyle(self) -> None:
        self.inner.restyle()
        self.measure()

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        corner = self.corner
        painter.translate(corner)
        self.inner.paint(painter, clip.translated(-corner), highlights)
        painter.translate(-corner)

    def page_end(self, y: float) -> float:
        inside = min(y - self.above, self.inner.height - 1)
        end = self.inner.page_end(inside) if inside > 0 else 0.0
        return self.above + end if end else 0.0

    def page_head(self, y: float) -> tuple[float, float] | None:
        return (
            _shifted(self.inner.page_head(y - self.above), self.above) if y > self.above else None
        )

    def position_at(self, point: QPointF) -> int:
        return self.inner.position_at(point - self.corner)

    def rects(self, start: int, end: int) -> list[QRectF]:
        return [rect.translated(self.corner) for rect in self.inner.rects(start, end)]

    def text(self, start: int, end: int) -> str:
        return self.inner.text(start, end)

    def markdown(self, start: int, end: int) -> str:
        return self.inner.markdown(start, end)

    def leaf_at(self, position: int) -> Range:
        return self.inner.leaf_at(position)

    def link_at(self, point: QPointF) -> str:
        return self.inner.link_at(point - self.corner)

    def links(self) -> Sequence[Link]:
        return self.inner.links()

    def scroll(self, point: QPointF, pixels: float) -> bool:
        return self.inner.scroll(point - self.corner, pixels)

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        part = None if clip is None else clip.translated(-self.corner)
        return _moved(self.inner.controls(part), self.corner)


def _shifted(part: tuple[float, float] | None, top: float) -> tuple[float, float] | None:
    """Return a part of a box in the coordinates of the box around it."""
    return (part[0] + top, part[1] + top) if part else None


def _moved(controls: Sequence[BoxButton], by: QPointF) -> list[BoxButton]:
    return [replace(each, rect=each.rect.translated(by)) for each in controls]
