"""Controller of the search in the chat: marks hits and scrolls to them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea

from app.ui.blocks.box import Range
from app.ui.blocks.column import Column
from app.ui.conversation.find_bar import FindBar
from app.ui.conversation.find_marks import FindMarks, places_in
from app.ui.conversation.find_search import FindHit
from app.ui.conversation.selection import TextPosition
from app.ui.conversation.text_locator import TextLocator
from app.ui.conversation.virtual_list import VirtualList
from app.ui.theme import Theme

_REFRESH_MS = 300
_RIGHT, _TOP = 26, 10  # pixels beside and above the bar


class FindController(QObject):
    """A controller that connects the search bar with the messages."""

    changed = Signal()
    """Other hits are marked."""

    def __init__(
        self, theme: Theme, area: QAbstractScrollArea, view: VirtualList, locator: TextLocator
    ) -> None:
        super().__init__(area)
        self._area, self._view, self._locator = area, view, locator
        self._anchor: TextPosition | None = None  # where the next search begins,
        self._seen = -1  # unless the view was scrolled from here since
        self.bar = FindBar(theme, area, self._start)
        self._results = self.bar.results
        self._results.changed.connect(self._show_marks)
        self._results.went.connect(self._show_hit)
        self.bar.resized.connect(self.place)
        self.bar.shown.connect(self._make_room)
        self.bar.closed.connect(lambda reason: area.setFocus(reason))
        self._marks = FindMarks(theme, area.verticalScrollBar())
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(lambda: self.bar.refresh(view.records))
        view.changed.connect(self._refresh_soon)

    def open(self, words: str = "", message: int | None = None) -> None:
        """Open the bar, with ``words``; go to the first hit in ``message`` if both are given."""
        self.bar.open(self._view.records, words, message)

    def step(self, by: int) -> None:
        """Go to the next hit (1) or the previous one (-1), or open the bar with its last text."""
        if self.bar.isHidden():
            self.open()
        elif by > 0:
            self.bar.next()
        else:
            self.bar.previous()

    def refresh(self) -> None:
        """Search again soon: other messages are shown."""
        self._refresh.start()

    def forget(self) -> None:
        """Close the search: another chat is shown."""
        self._anchor = None
        self._refresh.stop()
        self.bar.forget()

    def _refresh_soon(self) -> None:
        if self.bar.isVisible() and not self._refresh.isActive():
            self._refresh.start()

    def place(self) -> None:
        """Place the bar in its corner of the scroll area."""
        size = self.bar.sizeHint()
        width = min(size.width(), self._area.width() - 2 * _RIGHT)
        self.bar.setGeometry(self._area.width() - width - _RIGHT, _TOP, width, size.height())

    def _make_room(self, shown: bool) -> None:
        """Let the first message be scrolled from under the bar."""
        self._view.clear_top(2 * _TOP + self.bar.height() if shown else 0)

    @property
    def covered(self) -> int:
        """The height in pixels of the view's top that the bar covers."""
        return self.bar.height() if self.bar.isVisible() else 0

    def ranges(self, message: int, section: int, column: Column) -> tuple[tuple[Range, ...], Range]:
        """Return the hits in a section, and which of them is the current one."""
        found = self._results
        if not found.words:
            return (), (0, 0)
        places = places_in(column, found.words)
        hit = found.hits[found.current] if found.current >= 0 else None
        if places and hit and (hit.message, hit.section) == (message, section):
            return tuple(places), places[min(hit.number, len(places) - 1)]
        return tuple(places), (0, 0)

    def _show_marks(self) -> None:
        self.changed.emit()
        total = self._view.total or 1
        messages = sorted({hit.message for hit in self._results.hits})
        known = len(self._view.records)
        tops = [self._view.heights.top(m) / total for m in messages if m < known]
        self._marks.set_places(tops)

    def _start(self, words: str) -> FindHit:
        """Return where a search begins: at the hit gone to last, or else the top of the view."""
        records = self._view.records
        at = self._anchor
        scrolled = self._area.verticalScrollBar().value() != self._seen
        if at and (at.message >= len(records) or at.section >= len(records[at.message].sections)):
            at = None
        if at is None or scrolled:
            self._anchor = at = self._locator.nearest(QPoint(0, 0))
            self._seen = self._area.verticalScrollBar().value()
        if at is None or not words:
            return FindHit(0, 0, 0)
        places = places_in(self._locator.column(at.message, at.section), words)
        before = sum(first < at.position for first, _ in places)
        return FindHit(at.message, at.section, before)

    def _show_hit(self, hit: FindHit) -> None:
        records = self._view.records
        if hit.message >= len(records) or hit.section >= len(records[hit.message].sections):
            return  # it has changed since
        record = records[hit.message]
        section = record.sections[hit.section]
        if section not in record.visible or section.hidden_lines:
            with self._view.keeping_place(hit.message):
                record.open(section)
        column = self._locator.column(hit.message, hit.section)
        if record not in self._view.views.active:
            self._view.show_message(hit.message)
            column = self._locator.column(hit.message, hit.section)
        places = places_in(column, self._results.words)
        at = places[min(hit.number, len(places) - 1)][0] if places else 0
        point = TextPosition(hit.message, hit.section, at)
        self._locator.bring_into_view(point, self.covered)
        self._anchor, self._seen = point, self._area.verticalScrollBar().value()
        self.changed.emit()
