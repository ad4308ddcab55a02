"""Code as rows of pieces that are short enough to be laid out one by one.

A row is a line or, if lines are wrapped, a part of one. A piece is a row, or a part of a very long
one. ASCII text is measured by counting. Positions are Qt's: UTF-16 code units.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from app.ui.blocks.box import Range
from app.ui.blocks.utf16 import part, units

TAB = 4
"""The distance of tab stops in columns."""

_PIECE = 1000  # characters


class CodePiece(NamedTuple):
    """A part of a row.

    ``start`` is its position in the text, ``inside`` that in its line; ``left`` is its x in pixels.
    """

    text: str
    line: int
    start: int
    inside: int
    left: float
    plain: bool
    """Whether all characters have the same width."""


class CodeLayout:
    """The pieces of a text. When the text grows, only the new part is laid out."""

    def __init__(self, step: float, wide: float) -> None:
        """Create an empty layout.

        ``step`` is the width of a character in pixels, ``wide`` that of one that takes two columns.
        """
        self._step, self._wide = step, wide
        self._most = 0.0
        self.text = ""
        self._clear()
        self.set("")

    def set(self, text: str) -> None:
        """Set the text."""
        if not self.text or not text.startswith(self.text):
            self._clear()
        self.text = text
        start, last = self.starts[-1], self.offsets[-1]
        self._cut_off(len(self.starts) - 1)
        for line in text[last:].split("\n"):
            self._add(line, start, last)
            last += len(line) + 1
            start += units(line) + 1
        self.length = start - 1

    def wrap(self, most: float) -> None:
        """Wrap lines at a width in pixels, or not at all at 0."""
        if most != self._most:
            self._most = most
            text = self.text
            self._clear()
            self.set(text)

    def _clear(self) -> None:
        self.text = ""
        self.width = 0.0
        self.pieces: list[CodePiece] = []
        self.rows: list[int] = []  # the index of each row's first piece
        self.starts: list[int] = [0]  # position of each line
        self.offsets: list[int] = [0]  # the same as an index into `text`
        self._first: list[int] = [0]  # first row of each line

    def _cut_off(self, line: int) -> None:
        """Discard the layout from a line on."""
        row = self._first[line]
        if row < len(self.rows):
            del self.pieces[self.rows[row] :], self.rows[row:]
        del self.starts[line:], self.offsets[line:], self._first[line:]

    def _add(self, line: str, start: int, offset: int) -> None:
        number = len(self.starts)
        self.starts.append(start)
        self.offsets.append(offset)
        self._first.append(len(self.rows))
        at = inside = 0
        while True:
            end = self._row_end(line, at) if self._most else len(line)
            self.rows.append(len(self.pieces))
            left = 0.0
            for first in range(at, max(end, at + 1), _PIECE):
                text = line[first : min(first + _PIECE, end)]
                plain = text.isascii() and "\t" not in text
                self.pieces.append(CodePiece(text, number, start + inside, inside, left, plain))
                left += self.measure(text)
                inside += units(text)
            self.width = max(self.width, left)
            at = end
            if at >= len(line):
                return

    def _row_end(self, line: str, at: int) -> int:
        """Return where the row that begins at ``at`` ends: after a blank if possible."""
        columns = max(int(self._most / self._step), 1)
        row = line[at : at + columns]
        if not row.isascii() or "\t" in row:
            width, count = 0.0, 0
            for character in row:
                width += self._width(character)
                if width > self._most and count:
                    break
                count += 1
            row = row[:count]
        end = at + len(row)
        blank = row.rfind(" ")
        inside_a_word = end < len(line) and line[end] != " "
        if inside_a_word and row[: max(blank, 0)].strip():
            end = at + blank + 1
        return end

    def measure(self, text: str) -> float:
        """Return the width of a text in pixels; an estimate unless it is ASCII."""
        if text.isascii():
            return len(text.expandtabs(TAB) if "\t" in text else text) * self._step
        return sum(map(self._width, text))

    def _width(self, character: str) -> float:
        if character == "\t":
            return TAB * self._step
        if combining(character):
            return 0.0
        return self._wide if east_asian_width(character) in "WF" else self._step

    # Positions

    def row_of(self, position: int) -> int:
        """Return the row of a position."""
        piece = max(bisect_right(self.pieces, position, key=lambda p: p.start) - 1, 0)
        return bisect_right(self.rows, piece) - 1

    def in_row(self, row: int) -> range:
        """Return the indices of the pieces of a row."""
        end = self.rows[row + 1] if row + 1 < len(self.rows) else len(self.pieces)
        return range(self.rows[row], end)

    def between(self, row: int, left: float, right: float) -> Iterator[int]:
        """Yield the pieces of a row between two values of x."""
        numbers = self.in_row(row)
        if len(numbers) > 1:
            first = bisect_right(self.pieces, left, numbers.start, numbers.stop, key=_left) - 1
            last = bisect_right(self.pieces, right, numbers.start, numbers.stop, key=_left)
            numbers = range(max(first, numbers.start), max(last, first + 1))
        yield from numbers

    def line_at(self, position: int) -> Range:
        """Return the line around a position, without its end."""
        line = max(bisect_right(self.starts, position) - 1, 0)
        end = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else self.length
        return self.starts[line], end

    def cut(self, start: int, end: int) -> str:
        """Return the text between two positions."""
        return part(self.text, start, end)


def _left(piece: CodePiece) -> float:
    return piece.left
