"""The bar above the conversation: the chat's title with its menu, and its preset."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QSizePolicy

from app.ui.controls import Button, plain, plain_tip, pop_up_below
from app.ui.presets.preset_picker import PresetPicker
from app.ui.theme import Theme, font
from app.wording.language import tr

_AROUND = 46  # pixels of a chat's title's button beside its text
_PLAIN = 28  # and of a title without a menu, so that both begin at the same place
_LEAST = 72  # pixels of a title at least
_NARROW = 560  # pixels below which the preset is only an icon


class TitleButton(Button):
    """The title of the chat, or of a page; a chat's opens a menu."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "title", "", icon="chevron-down", size=14, pixels=14, weight=600)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow is behind the text
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.title = ""
        """The whole title."""

    def show_title(self, title: str, *, chat: bool) -> None:
        """Show a title; ``chat``: whether it is one of a chat, which has a menu."""
        self.title = " ".join(title.split())
        self.setEnabled(chat)
        self.set_icon("chevron-down" if chat else "")
        self.setAccessibleName(self.title)
        self._shorten()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        text = self.fontMetrics().horizontalAdvance(self.title)
        return QSize(text + self._around, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(_LEAST), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()

    @property
    def _around(self) -> int:
        return self._theme.px(_AROUND if self.isEnabled() else _PLAIN)

    def _shorten(self) -> None:
        room = max(0, self.width() - self._around + self._theme.px(6))
        shown = self.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        self.setText(plain(shown) + ("  " if self.isEnabled() else ""))
        self.setToolTip(plain_tip(self.title) if shown != self.title else "")


class TitleBar(QFrame):
    """Title and preset; and buttons for the sidebar and a new chat while that is hidden."""

    sidebar_wanted = Signal()
    new_chat = Signal()
    menu_wanted = Signal()
    renamed = Signal(str)
    """The user has given the chat this title."""
    left = Signal()
    """The keyboard is no longer in the title."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(48)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 16, 0)
        row.setSpacing(6)
        self._reveal = Button(
            theme, "showSidebar", tr("Show sidebar"), icon="sidebar", shortcut="Ctrl+B",
            clicked=self.sidebar_wanted.emit,
        )  # fmt: skip
        self._new = Button(
            theme, "newChatHere", tr("New chat"), icon="edit", shortcut="Ctrl+N",
            clicked=self.new_chat.emit,
        )  # fmt: skip
        self._theme, self._chat = theme, ""
        self.title = TitleButton(theme)
        self.title.clicked.connect(self.menu_wanted)
        self._name = QLineEdit()
        self._name.setObjectName("renameTitle")
        self._name.setAccessibleName(tr("Chat name"))
        self._name.setToolTip(tr("Chat name"))
        self._name.setFont(font(14, 600))
        self._name.installEventFilter(self)
        self._name.editingFinished.connect(self._end_renaming)
        self._name.hide()
        self.preset_picker = PresetPicker(theme)
        row.addWidget(self._reveal)
        row.addWidget(self._new)
        row.addWidget(self.title)
        row.addWidget(self._name, 1000)
        row.addStretch(1)
        row.addWidget(self.preset_picker)
        self.set_sidebar_shown(True)

    def show_title(self, title: str, name: str) -> None:
        """Show a title; ``name`` is the name of the chat, empty for one that has none yet."""
        self._chat = name
        self.title.show_title(title, chat=bool(name))

    def set_sidebar_shown(self, shown: bool) -> None:
        """Hide the buttons that the sidebar has while that is shown."""
        self._reveal.setVisible(not shown)
        self._new.setVisible(not shown)

    def rename(self) -> None:
        """Have the user write another title in the place of this one."""
        if self.title.isEnabled():
            self._name.setText(self._chat)
            self.title.hide()
            self._name.show()
            self._name.selectAll()
            self._name.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.preset_picker.set_short(self.width() < self._theme.px(_NARROW))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc leave the title as it was, rather than stop the answer."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._name.setText(self._chat)
                self._end_renaming()
                return True
        return False

    def _end_renaming(self) -> None:
        if self._name.isHidden():
            return
        had = self._name.hasFocus()
        name = " ".join(self._name.text().split())
        changed = bool(name) and name != self._chat
        self._name.hide()
        self.title.show()
        if had:
            self.left.emit()
        if changed:
            self.renamed.emit(name)

    def pop_up(self, menu: QMenu) -> None:
        """Show the menu of the chat below its title."""
        pop_up_below(menu, self.title)
