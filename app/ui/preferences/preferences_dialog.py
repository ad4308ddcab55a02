"""The dialog of the preferences: pages, and a list of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QStackedWidget,
    QWidget,
)

from app.ui.controls import Scroll
from app.ui.form_fields import FormPage, named
from app.ui.theme import font
from app.wording.language import tr


class PreferencesDialog(QDialog):
    """The dialog of the preferences. Each change applies at once, without confirmation."""

    def __init__(self, pages: Sequence[FormPage], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = pages
        self.setObjectName("preferences")
        self.setWindowTitle(tr("Settings"))
        self.setMinimumSize(720, 420)
        self.resize(820, 700)
        self._list = QListWidget()
        named(self._list, "preferencePages", tr("Pages"), tr("Use the arrow keys to choose a page"))
        self._list.setFont(font(14, 450))
        self._list.setFixedWidth(176)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._stack = QStackedWidget()
        for page in pages:
            self._list.addItem(page.title)
            self._list.item(self._list.count() - 1).setSizeHint(QSize(120, 36))
            area = Scroll()
            area.setWidget(page)
            self._stack.addWidget(area)
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._list.setCurrentRow(0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._list)
        row.addWidget(self._stack, 1)

    def show_page(self, name: str) -> None:
        """Show the page of that objectName."""
        self._list.setCurrentRow([page.objectName() for page in self._pages].index(name))

    def done(self, result: int) -> None:
        """Close the dialog, in whatever way, committing half-written values."""
        for page in self._pages:
            page.leave()
        super().done(result)
