"""The sidebar: a new chat, the search, the list of chats, and buttons for other pages."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QObject,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from app.ui.controls import Button, IconView, column, muted, tip
from app.ui.sidebar.chat_list import ChatList
from app.ui.sidebar.chat_model import ENTRY
from app.ui.state.chat_index import ChatListing
from app.ui.theme import Theme, font
from app.wording.language import tr


class Sidebar(QFrame):
    """New chat, search and list; at its foot archive, bin and preferences."""

    new_chat = Signal()
    opened = Signal(int)
    searched = Signal(str)
    """The words to search for; empty for all chats."""
    collapsed = Signal()
    away = Signal()
    """The archive and the bin are to be shown."""
    preferences = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self._theme = theme
        self._open_first = False
        self.list = ChatList(theme)
        self._empty = muted(name="noChats", pixels=13)
        self._empty.setContentsMargins(10, 12, 0, 0)
        self._empty.hide()
        layout = column(self, (12, 10, 12, 10), gap=2)
        layout.addLayout(self._head(theme))
        layout.addSpacing(8)
        layout.addWidget(
            self._button(theme, "newChat", tr("New chat"), "edit", "Ctrl+N", self.new_chat)
        )
        layout.addSpacing(6)
        layout.addWidget(self._search_field(theme))
        layout.addWidget(self._empty)
        layout.addWidget(self.list, 1)
        layout.addSpacing(4)
        self._foot_at = layout.count()
        self._column = layout
        for name, text, icon, keys, wanted in (
            ("openAway", tr("Archive and bin"), "archive", "", self.away),
            ("openPreferences", tr("Settings"), "settings", "Ctrl+,", self.preferences),
        ):
            layout.addWidget(self._button(theme, name, text, icon, keys, wanted))
        self.list.opened.connect(self.opened)
        self.list.refreshed.connect(self._refreshed)
        self.setMinimumWidth(220)
        self.setMaximumWidth(420)

    def set_chats(self, listing: ChatListing) -> None:
        """Show these chats."""
        self.list.set_chats(listing.chats, listing.places)

    def add_foot(self, widget: QWidget) -> None:
        """Add a widget above the buttons for other pages."""
        self._column.insertWidget(self._foot_at, widget)

    def rename(self) -> None:
        """Rename the current row in place."""
        self.list.rename()

    def select(self, chat: int | None, folder: str = "") -> None:
        """Highlight the chat that is shown, or its folder while that is closed."""
        self.list.show_chat(chat, folder)

    def take_focus(self) -> None:
        """Give the keyboard focus to the list, or to the search if that is empty."""
        empty = self.list.focusPolicy() is Qt.FocusPolicy.NoFocus
        (self.search if empty else self.list).setFocus(Qt.FocusReason.TabFocusReason)

    def _refreshed(self) -> None:
        nothing = self.list.chats.rowCount() == 0
        self._empty.setVisible(nothing and bool(self.search.text()))
        self._empty.setText(tr("No matching chats"))
        if self._open_first and not nothing:
            self.opened.emit(self.list.chats.near(0).data(ENTRY).id)
        self._open_first = False

    def _paint_glass(self) -> None:
        self._glass.setIcon(self._theme.icon("search", "muted", 16))

    def _button(
        self, theme: Theme, name: str, text: str, icon: str, keys: str, clicked: SignalInstance
    ) -> Button:
        main = name == "newChat"
        return Button(
            theme,
            name,
            text,
            text=text,
            icon=icon,
            kind="outlined" if main else "row",
            colour="text" if main else "muted",
            size=16,
            pixels=14,
            weight=500 if main else 400,
            shortcut=keys,
            clicked=clicked.emit,
        )

    def _head(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(2, 0, 0, 0)
        row.setSpacing(7)
        brand = QLabel("Fireside")
        brand.setObjectName("brand")
        brand.setFont(font(15, 600))
        row.addWidget(IconView(theme, "flame", "accent", 18))
        row.addWidget(brand)
        row.addStretch(1)
        row.addWidget(
            Button(
                theme, "hideSidebar", tr("Hide sidebar"), icon="sidebar", shortcut="Ctrl+B",
                clicked=self.collapsed.emit,
            )
        )  # fmt: skip
        return row

    def _search_field(self, theme: Theme) -> QLineEdit:
        self.search = QLineEdit()
        self.search.setObjectName("chatSearch")
        self.search.setAccessibleName(tr("Search chats"))
        self.search.setPlaceholderText(tr("Search chats"))
        self.search.setToolTip(tip(tr("Search titles and messages"), "Ctrl+Shift+F"))
        self.search.setClearButtonEnabled(True)
        self._glass = self.search.addAction(
            theme.icon("search", "muted", 16), QLineEdit.ActionPosition.LeadingPosition
        )
        theme.changed.connect(self._paint_glass)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(150)
        self._wait.timeout.connect(lambda: self.searched.emit(self.search.text().strip()))
        self.search.textChanged.connect(self._search_later)
        self.search.returnPressed.connect(self._search_and_open)
        self.search.installEventFilter(self)
        return self.search

    def _search_later(self) -> None:
        self._open_first = False
        self._wait.start()

    def _search_and_open(self) -> None:
        """Open the first chat that matches the words, as soon as it is found."""
        if words := self.search.text().strip():
            self._wait.stop()
            self._open_first = True
            self.searched.emit(words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Down move from the search field into the list, and Esc clear the field."""
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
        ):
            if event.key() == Qt.Key.Key_Down:
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False
