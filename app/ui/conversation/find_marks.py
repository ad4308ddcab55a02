"""Marks of search hits: beside the scroll bar, and their places in a column of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.blocks.box import Range
from app.ui.blocks.column import Column
from app.ui.blocks.utf16 import units
from app.ui.theme import Theme

_MOST_MARKS = 2000


class FindMarks(QWidget):
    """Marks beside the scroll bar for the hits."""

    def __init__(self, theme: Theme, bar: QWidget) -> None:
        super().__init__(bar)
        self._theme = theme
        self._places: list[float] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        bar.installEventFilter(self)

    def set_places(self, places: Sequence[float]) -> None:
        """Set the places of the hits, from 0 for the top to 1 for the end."""
        step = -(-len(places) // _MOST_MARKS) or 1
        self._places = list(places[::step])
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self.resize(watched.size())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = self._theme.colour("accent")
        for place in self._places:
            y = place * (self.height() - 3)
            painter.fillRect(QRectF(self.width() - 6, y, 5, 2), colour)
        painter.end()


def places_in(column: Column, words: str) -> list[Range]:
    """Return the ranges of a column that match the words, ignoring case."""
    wanted = _folded(words)
    found: list[Range] = []
    at = 0
    while wanted and at <= column.length:
        start, end = column.leaf_at(at)
        # In two parts: in one, the mark of a list item would be included.
        middle = max(start, end - 1)
        text = column.text(start, middle) + column.text(middle, end)
        folded = _folded(text)
        if (
            len(folded) == len(text) and units(text) == end - start
        ):  # otherwise it contains a formula
            index = folded.find(wanted)
            while index >= 0:
                first = start + units(text[:index])
                last = first + units(text[index : index + len(wanted)])
                found.append((first, last))
                index = folded.find(wanted, index + len(wanted))
        at = max(end, at) + 1
    return found


def _folded(text: str) -> str:
    """Fold a text for comparison: case, superscripts, subscripts and full-width forms."""
    plain = normalize("NFKC", text).casefold()
    return plain if len(plain) == len(text) else text.casefold()
