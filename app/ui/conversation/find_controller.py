"""Controller of the search in the chat: marks hits and scrolls to them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea

from app.ui.blocks.box import Range
from app.ui.blocks.column import Column
from app.ui.conversation.find_bar import FindBar, FindHit, FindMarks, places_in
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
        self.bar = FindBar(theme, area)
        self.bar.found.connect(self._show_marks)
        self.bar.went.connect(self._show_hit)
        self.bar.closed.connect(area.setFocus)
        self._marks = FindMarks(theme, area.verticalScrollBar())
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(lambda: self.bar.refresh(view.records))
        view.changed.connect(self._refresh_soon)

    def open(self, words: str = "", message: int | None = None) -> None:
        """Open the bar, with ``words``; go to the first hit in ``message`` if both are given."""
        self.bar.open(self._view.records, words, message)

    def refresh(self) -> None:
        """Search again soon: other messages are shown."""
        self._refresh.start()

    def _refresh_soon(self) -> None:
        if self.bar.isVisible() and not self._refresh.isActive():
            self._refresh.start()

    def place(self) -> None:
        """Place the bar in its corner of the scroll area."""
        size = self.bar.sizeHint()
        left = self._area.width() - size.width() - _RIGHT
        self.bar.setGeometry(left, _TOP, size.width(), size.height())

    @property
    def covered(self) -> int:
        """The height in pixels of the view's top that the bar covers."""
        return self.bar.height() if self.bar.isVisible() else 0

    def ranges(self, message: int, section: int, column: Column) -> tuple[tuple[Range, ...], Range]:
        """Return the hits in a section, and which of them is the current one."""
        if not self.bar.words:
            return (), (0, 0)
        places = places_in(column, self.bar.words)
        hit = self.bar.hits[self.bar.current] if self.bar.current >= 0 else None
        if places and hit and (hit.message, hit.section) == (message, section):
            return tuple(places), places[min(hit.number, len(places) - 1)]
        return tuple(places), (0, 0)

    def _show_marks(self) -> None:
        self.changed.emit()
        total = self._view.total or 1
        messages = sorted({hit.message for hit in self.bar.hits})
        known = len(self._view.records)
        tops = [self._view.heights.top(m) / total for m in messages if m < known]
        self._marks.set_places(tops)

    def _show_hit(self, hit: FindHit) -> None:
        if hit.message >= len(self._view.records):
            return
        column = self._locator.column(hit.message, hit.section)
        if self._view.records[hit.message] not in self._view.views.active:
            self._view.show_message(hit.message)
            column = self._locator.column(hit.message, hit.section)
        places = places_in(column, self.bar.words)
        at = places[min(hit.number, len(places) - 1)][0] if places else 0
        point = TextPosition(hit.message, hit.section, at)
        self._locator.bring_into_view(point, self.covered)
        self.changed.emit()
