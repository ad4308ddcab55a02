"""Laid-out lines of text: conversion between positions and points."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTextLayout, QTextLine

from app.ui.blocks.box import Range
from app.ui.blocks.text_runs import TextRuns
from app.ui.blocks.utf16 import part


@dataclass(slots=True)
class TextLines:
    """The lines of a layout. Empty until it is laid out."""

    runs: TextRuns
    layout: QTextLayout
    lines: list[QTextLine] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """The position at which each line begins."""
    tops: list[float] = field(default_factory=list)
    bases: list[float] = field(default_factory=list)
    """The baseline of each line, from the top of the box."""
    height: float = 0.0

    def add(self, line: QTextLine, start: int, above: float, below: float) -> None:
        """Append a line; ``above`` and ``below`` are its pixels above and below the baseline."""
        self.lines.append(line)
        self.starts.append(start)
        self.tops.append(self.height)
        self.bases.append(self.height + above)
        self.height += above + below

    def at(self, y: float) -> int:
        """Return the index of the line at a height, or the nearest."""
        return max(bisect_right(self.tops, y) - 1, 0)

    def line_of(self, position: int) -> int:
        """Return the index of the line of a position."""
        return max(bisect_right(self.starts, position) - 1, 0)

    def between(self, start: int, end: int) -> range:
        """Return the indices of the lines between two positions."""
        start, end = max(start, 0), min(end, self.runs.length)
        return range(self.line_of(start), self.line_of(end - 1) + 1) if start < end else range(0)

    def end(self, number: int) -> int:
        """Return the position after a line."""
        after = number + 1
        return self.starts[after] if after < len(self.starts) else self.runs.length

    def bottom(self, number: int) -> float:
        """Return the lower edge of a line."""
        after = number + 1
        return self.tops[after] if after < len(self.tops) else self.height

    def is_broken(self, number: int) -> bool:
        """Return whether a line ends with a line break, not by wrapping."""
        end = self.end(number)
        return part(self.runs.text, end - 1, end) == "\u2028"

    def paragraph(self, position: int) -> Range:
        """Return the range around a position that has no line break."""
        first = last = self.line_of(position)
        while first and not self.is_broken(first - 1):
            first -= 1
        while last + 1 < len(self.lines) and not self.is_broken(last):
            last += 1
        return self.starts[first], self.end(last) - self.is_broken(last)

    def rects(self, start: int, end: int) -> list[QRectF]:
        """Return the rectangles of the characters between two positions, as high as their lines."""
        return [
            QRectF(left, self.tops[number], right - left, self.bottom(number) - self.tops[number])
            for number in self.between(start, end)
            for left, right in self.extents(number, start, end)
        ]

    def extents(self, number: int, start: int, end: int) -> list[tuple[float, float]]:
        """Return the left and right edges of a line's part between two positions.

        There may be several if the text runs in both directions.
        """
        line = self.lines[number]
        start, end = max(start, self.starts[number]), min(end, self.end(number))
        if not self.runs.has_rtl:
            ends = sorted((cursor_x(line, start), cursor_x(line, end)))
            return [(ends[0], ends[1])]
        # Neighbours in the text need not be neighbours on the line, and where the direction changes
        # Qt's cursor has two places.
        parts: list[tuple[float, float]] = []
        for run in line.glyphRuns(start, end - start):
            rect = run.boundingRect()
            parts.append((rect.left(), rect.right()))
        return _joined(parts)

    def position_at(self, point: QPointF) -> int:
        """Return the position nearest to a point."""
        number = self.at(point.y())
        if point.y() < 0:
            return 0
        if point.y() >= self.height:
            return self.runs.length
        if self.runs.has_rtl:
            return self._nearest(number, point.x())
        found = int(self.lines[number].xToCursor(point.x()))
        if not self.layout.isValidCursorPosition(
            found
        ):  # the position may be inside an emoji that no font has
            return int(self.layout.nextCursorPosition(found))
        return found

    def _nearest(self, number: int, x: float) -> int:
        """Return the position nearest to x in a bidirectional line, where Qt's own is wrong."""
        line, end = self.lines[number], self.end(number)
        at = position = self.starts[number]
        best = math.inf
        while at < end:
            after = max(self.layout.nextCursorPosition(at), at + 1)
            before = cursor_x(line, at, QTextLine.Edge.Leading)
            behind = cursor_x(line, at, QTextLine.Edge.Trailing)
            away = max(min(before, behind) - x, x - max(before, behind))
            if before != behind and away < best:
                best = away
                position = at if abs(x - before) < abs(x - behind) else after
            at = after
        return position


def _joined(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Sort extents from left to right, merging those that touch."""
    joined: list[tuple[float, float]] = []
    for left, right in sorted(parts):
        if joined and left - joined[-1][1] < 0.1:
            joined[-1] = joined[-1][0], max(joined[-1][1], right)
        elif left < right:
            joined.append((left, right))
    return joined


def cursor_x(
    line: QTextLine, position: int, edge: QTextLine.Edge = QTextLine.Edge.Leading
) -> float:
    """Return the x of a position.

    Some versions of PySide return a pair, with the position as second item.
    """
    found: Any = line.cursorToX(position, edge)
    return float(found[0] if isinstance(found, tuple) else found)
