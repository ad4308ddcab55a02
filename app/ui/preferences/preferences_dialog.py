"""The dialog of the preferences: pages, and a list of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QListView,
    QListWidget,
    QStackedWidget,
    QWidget,
)

from app.ui.controls import Scroll, column, muted, set_across
from app.ui.form_fields import named
from app.ui.form_page import FormPage
from app.ui.preferences.page_search import SEARCH_KEYS, SearchField, field_of, found
from app.ui.screen import FittingDialog
from app.ui.theme import font
from app.ui.zoom import UNLIMITED, zoomed
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
        self.resize(820, 660)
        self._list = QListWidget()
        named(self._list, "preferencePages", tr("Pages"), tr("Use the arrow keys to choose a page"))
        self._list.setFont(font(14, 450))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._stack = QStackedWidget()
        self._found: list[list[QWidget]] = [[] for _ in pages]
        self._areas: list[Scroll] = []
        self._scrolled_to = 0
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._make_side())
        self._row.addWidget(self._stack, 1)
        for page in pages:
            self._list.addItem(page.title)
            area = Scroll()
            self._areas.append(area)
            self._stack.addWidget(_with_foot(area, page.foot) if page.foot else area)
            area.setWidget(page)  # last: what is put elsewhere takes all it holds along, slowly
            # A page may grow later, such as by what was found of the computer.
            area.verticalScrollBar().rangeChanged.connect(lambda *_: self._keep_result())
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._size_items(beside=True)
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._list.currentRowChanged.connect(self._show_result)
        self._list.setCurrentRow(0)

    def _make_side(self) -> QWidget:
        """Return the column with the search and the list of pages."""
        self.search = SearchField()
        self.search.textChanged.connect(self._search)
        self.search.entered.connect(self._enter_result)
        self.search.left.connect(lambda: self._list.setFocus(Qt.FocusReason.TabFocusReason))
        find = QShortcut(QKeySequence(SEARCH_KEYS), self)
        find.activated.connect(self.search.setFocus)
        find.activated.connect(self.search.selectAll)
        self._nothing = muted(tr("No results"), "noPreferences", pixels=13)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._nothing.setContentsMargins(0, 16, 0, 0)
        self._nothing.hide()
        self._side = QFrame()
        self._side.setObjectName("preferenceSide")
        self._side.setFixedWidth(_LIST_WIDTH)
        around = column(self._side, gap=0)
        field = QHBoxLayout()
        field.setContentsMargins(10, 14, 10, 0)
        field.addWidget(self.search)
        around.addLayout(field)
        around.addWidget(self._list, 1)
        around.addWidget(self._nothing, 1)
        return self._side

    def _search(self, text: str) -> None:
        """Show the pages that have what was typed, and mark it there."""
        self._found = [found(page, text) for page in self._pages]
        shown = [bool(parts) or not text.strip() for parts in self._found]
        for number, page in enumerate(self._pages):
            page.mark(self._found[number])
            self._list.setRowHidden(number, not shown[number])
        self._list.setVisible(any(shown))
        self._nothing.setVisible(not any(shown))
        if any(shown) and not shown[self._list.currentRow()]:
            self._list.setCurrentRow(shown.index(True))
        self._list.scrollToItem(self._list.currentItem())
        self._show_result()

    def _show_result(self) -> None:
        """Scroll to the first result on the page."""
        number = self._list.currentRow()
        if self._found[number]:
            self._areas[number].ensureWidgetVisible(self._found[number][0])
            self._scrolled_to = self._areas[number].verticalScrollBar().value()

    def _keep_result(self) -> None:
        """Scroll to the first result again, unless the page was scrolled since."""
        if self._areas[self._list.currentRow()].verticalScrollBar().value() == self._scrolled_to:
            self._show_result()

    def _enter_result(self) -> None:
        """Give the keyboard to the first result on the page."""
        parts = self._found[self._list.currentRow()]
        if widget := field_of(parts[0]) if parts else None:
            widget.setFocus(Qt.FocusReason.TabFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:  # it was zoomed
            self._arrange()

    def _arrange(self) -> None:
        """Put the list above the pages in a narrow dialog."""
        beside = self.width() >= zoomed(_NARROW)
        set_across(self._row, beside)
        self._list.setFlow(QListView.Flow.TopToBottom if beside else QListView.Flow.LeftToRight)
        self._size_items(beside=beside)
        self._side.setProperty("above", not beside)
        self._side.style().unpolish(self._side)
        self._side.style().polish(self._side)
        if beside:
            self._side.setMaximumHeight(UNLIMITED)
            self._side.setFixedWidth(zoomed(_LIST_WIDTH))
        else:
            self._side.setMinimumWidth(0)
            self._side.setMaximumWidth(UNLIMITED)
            field = self.search.sizeHint().height()
            self._side.setMaximumHeight(zoomed(_LIST_HEIGHT + 14) + field)

    def _size_items(self, *, beside: bool) -> None:
        for item in map(self._list.item, range(self._list.count())):
            text = self._list.fontMetrics().horizontalAdvance(item.text())
            wide = zoomed(120) if beside else text + zoomed(24)
            item.setSizeHint(QSize(wide, zoomed(36)))

    def show_page(self, name: str) -> None:
        """Show the page of that objectName."""
        self.search.clear()
        self._list.setCurrentRow([page.objectName() for page in self._pages].index(name))

    def done(self, result: int) -> None:
        """Close the dialog, in whatever way, committing half-written values."""
        for page in self._pages:
            page.leave()
        super().done(result)


def _with_foot(area: Scroll, foot: QWidget) -> QWidget:
    """Return a page's area with what stays in sight below it."""
    whole = QWidget()
    layout = column(whole)
    layout.addWidget(area, 1)
    layout.addWidget(foot)
    return whole
