"""Search in the chat that is shown: the bar, and marks beside the scroll bar."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from app.ui.blocks.box import Range
from app.ui.blocks.column import Column
from app.ui.blocks.utf16 import units
from app.ui.controls import Button, muted, tip
from app.ui.conversation.message_state import MessageState
from app.ui.form_fields import named
from app.ui.theme import Theme
from app.wording.language import number, tr

_SLICE_S = 0.012  # of searching before other events are handled
_MOST_MARKS = 2000


@dataclass(frozen=True, slots=True, order=True)
class FindHit:
    """A search hit: the ``number``-th in a section of a message."""

    message: int
    section: int
    number: int


class FindBar(QFrame):
    """The search field, the number of hits, and buttons to go from one to the next."""

    found = Signal()
    """The hits have changed."""
    went = Signal(object)
    """A `FindHit` that is to be shown."""
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("findBar")
        self.setAccessibleName(tr("Find in chat"))
        self.words = ""
        self.hits: list[FindHit] = []
        self.current = -1
        self._running: list[FindHit] = []  # of the search in progress; `hits` itself in a first one
        self._records: Sequence[MessageState] = ()
        self._next = 0
        self._target: FindHit | None = None  # the first hit from here on becomes the current one
        self._scroll_to_target = False  # whether it is then scrolled into view
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._search_on)
        self.field = QLineEdit()
        named(self.field, "findText", tr("Find in chat"), tip(tr("Find in chat"), "Ctrl+F"))
        self.field.setPlaceholderText(tr("Find in chat"))
        self.field.setFixedWidth(210)
        self.field.textChanged.connect(self.search)
        self.field.installEventFilter(self)
        self._count = muted("", "findCount", pixels=12)
        self._count.setMinimumWidth(64)
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 6, 6)
        row.setSpacing(4)
        row.addWidget(self.field)
        row.addWidget(self._count)
        for name, label, icon, keys, work in (
            ("findPrevious", tr("Previous match"), "chevron-up", "Shift+F3", self.previous),
            ("findNext", tr("Next match"), "chevron-down", "F3", self.next),
            ("closeFind", tr("Close"), "close", "Esc", self.hide),
        ):
            row.addWidget(
                Button(theme, name, label, icon=icon, size=16, shortcut=keys, clicked=work)
            )
        self.hide()

    def open(
        self, records: Sequence[MessageState], words: str = "", message: int | None = None
    ) -> None:
        """Open the bar, with ``words``, such as the selection, filled in.

        Go to the first hit in ``message``, if one is given.
        """
        self._records = records
        self.show()
        self.raise_()
        if words and "\n" not in words:
            self.field.setText(words)
        self.field.setFocus()
        self.field.selectAll()
        self.search()
        if message is not None:
            self._set_target(FindHit(message, 0, 0), going=True)

    def search(self) -> None:
        """Search from the beginning."""
        self.words = self.field.text()
        self.hits = self._running = []
        self.current, self._next = -1, 0
        self._target = None
        self._timer.stop()
        if self.words and self.isVisible():
            self._search_on()
        else:
            self._show_count()
            self.found.emit()

    def refresh(self, records: Sequence[MessageState]) -> None:
        """Search again, since the conversation has changed.

        The earlier hits stay until that search is done.
        """
        self._records = records
        if self.isVisible() and self.words:
            if self.current >= 0:
                self._target, self._scroll_to_target = self.hits[self.current], False
            self._running, self._next = [], 0
            self._search_on()

    def next(self) -> None:
        """Go to the next hit, or from the last to the first."""
        self._step(1)

    def previous(self) -> None:
        """Go to the previous hit, or from the first to the last."""
        self._step(-1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.KeyPress:
            return False
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match Qt.Key(event.key()):
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.previous() if shift else self.next()
            case Qt.Key.Key_Escape:
                self.hide()
            case _:
                return False
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self.words, self.hits, self.current = "", [], -1
        self.found.emit()
        self.closed.emit()

    def _step(self, step: int) -> None:
        if self.hits:
            start = self.current if self.current >= 0 else (-1 if step > 0 else 0)
            self.current = (start + step) % len(self.hits)
            self._show_count()
            self.went.emit(self.hits[self.current])

    def _search_on(self) -> None:
        until = time.monotonic() + _SLICE_S
        wanted = self.words.casefold()
        while self._next < len(self._records) and time.monotonic() < until:
            record = self._records[self._next]
            for at, section in enumerate(record.sections):
                if section in record.visible:
                    count = section.plain.casefold().count(wanted)
                    self._running += [FindHit(self._next, at, n) for n in range(count)]
            self._next += 1
        if self._next == len(self._records) and self.hits is not self._running:
            self.hits, self.current = self._running, -1
        self._find_target()
        self._show_count()
        self.found.emit()
        if self._next < len(self._records):
            self._timer.start(0)

    def _set_target(self, hit: FindHit, *, going: bool) -> None:
        """Make a hit the current one once it is found, or else the next in its message."""
        self._target, self._scroll_to_target = hit, going
        self._find_target()
        self._show_count()

    def _find_target(self) -> None:
        wanted = self._target
        if wanted is None or self.hits is not self._running or self._next <= wanted.message:
            return
        self._target = None
        for at, hit in enumerate(self.hits):
            if hit >= wanted and hit.message == wanted.message:
                self.current = at
                if self._scroll_to_target:
                    self.went.emit(hit)
                return

    def _show_count(self) -> None:
        more = "+" if self._next < len(self._records) and self.words else ""
        if not self.words:
            text = ""
        elif not self.hits:
            text = "…" if more else tr("No results")
        elif self.current < 0:
            text = f"{number(len(self.hits))}{more}"
        else:
            text = tr("{current} of {count}").format(
                current=number(self.current + 1), count=f"{number(len(self.hits))}{more}"
            )
        self._count.setText(text)
        self._count.setAccessibleName(text)


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
