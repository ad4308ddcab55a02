"""The dialog of the preferences: pages, and a list of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QListView,
    QListWidget,
    QStackedWidget,
    QWidget,
)

from app.ui.controls import Scroll
from app.ui.form_fields import FormPage, named
from app.ui.screen import UNLIMITED, FittingDialog
from app.ui.theme import font
from app.wording.language import tr

_NARROW = 640  # pixels of the dialog below which its list lies above the pages
_LIST_WIDTH = 176
_LIST_HEIGHT = 57


class PreferencesDialog(FittingDialog):
    """The dialog of the preferences. Each change applies at once, without confirmation."""

    def __init__(self, pages: Sequence[FormPage], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = pages
        self.setObjectName("preferences")
        self.setWindowTitle(tr("Settings"))
        self.setMinimumSize(360, 240)
        self.resize(820, 700)
        self._list = QListWidget()
        named(self._list, "preferencePages", tr("Pages"), tr("Choose a page with the arrow keys"))
        self._list.setFont(font(14, 450))
        self._list.setFixedWidth(_LIST_WIDTH)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._stack = QStackedWidget()
        for page in pages:
            self._list.addItem(page.title)
            area = Scroll()
            area.setWidget(page)
            self._stack.addWidget(area)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._size_items(beside=True)
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._list.setCurrentRow(0)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._list)
        self._row.addWidget(self._stack, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the list above the pages in a narrow dialog."""
        super().resizeEvent(event)
        beside = self.width() >= _NARROW
        way = QBoxLayout.Direction
        direction = way.LeftToRight if beside else way.TopToBottom
        if direction == self._row.direction():
            return
        self._row.setDirection(direction)
        self._list.setFlow(QListView.Flow.TopToBottom if beside else QListView.Flow.LeftToRight)
        self._size_items(beside=beside)
        self._list.setProperty("above", not beside)
        self._list.style().unpolish(self._list)
        self._list.style().polish(self._list)
        if beside:
            self._list.setMaximumHeight(UNLIMITED)
            self._list.setFixedWidth(_LIST_WIDTH)
        else:
            self._list.setMinimumWidth(0)
            self._list.setMaximumWidth(UNLIMITED)
            self._list.setMaximumHeight(_LIST_HEIGHT)

    def _size_items(self, *, beside: bool) -> None:
        for item in map(self._list.item, range(self._list.count())):
            text = self._list.fontMetrics().horizontalAdvance(item.text())
            item.setSizeHint(QSize(120 if beside else text + 24, 36))

    def show_page(self, name: str) -> None:
        """Show the page of that objectName."""
        self._list.setCurrentRow([page.objectName() for page in self._pages].index(name))

    def done(self, result: int) -> None:
        """Close the dialog, in whatever way, committing half-written values."""
        for page in self._pages:
            page.leave()
        super().done(result)
