"""The command palette (Ctrl+K): one field that finds commands, chats and messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QWidget

from app.base.errors import Cancelled
from app.store import ChatRow, SearchHit
from app.ui.bridge import Bridge
from app.ui.commands import Command
from app.ui.controls import Button, column, muted
from app.ui.form_fields import named
from app.ui.palette.palette_list import PaletteList, PaletteRow
from app.ui.shade import Shade
from app.ui.theme import Theme, font
from app.ui.zoom import zoomed
from app.wording.errors import explain
from app.wording.language import tr

_WIDTH = 640
_TOP = 72  # pixels above it, and below it at least; less in a low window
_SIDE = 12  # pixels beside it in a narrow window
_NOTE = 44  # pixels of the line that stands for results
_BELOW = 8  # pixels below the results
_BORDER = 1
_LATEST = 6  # chats listed before anything is typed
_COMMANDS_ONLY = ">"  # as the first character, it limits the search to commands


class CommandPalette(QFrame):
    """The palette, which floats over the window.

    ``search`` searches all chats for a text, with or without reasoning, and calls of tools.
    """

    opened = Signal(object)
    """A SearchHit: the chat, and the place in it, to open."""

    def __init__(
        self,
        theme: Theme,
        window: QWidget,
        bridge: Bridge,
        commands: Sequence[Command],
        chats: Callable[[], list[ChatRow]],
        search: Callable[[str, bool, bool], Future[list[SearchHit]]],
    ) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self.setAccessibleName(tr("Search everything"))
        self._bridge, self._commands, self._chats, self._search = bridge, commands, chats, search
        self._newest: Future[list[SearchHit]] | None = None
        self._found: list[SearchHit] = []
        self._before: QWidget | None = None  # the widget that had the focus
        self.field = QLineEdit()
        label = tr("Search chats, messages and commands")
        named(self.field, "paletteField", label, label)
        self.field.setPlaceholderText(label)
        self.field.setFont(font(15))
        self.field.textChanged.connect(self._look)
        self.field.installEventFilter(self)
        self._reasoning = self._scope_button(
            theme, "paletteReasoning", tr("Include reasoning"), tr("Reasoning"), "Alt+R"
        )
        self._calls = self._scope_button(
            theme, "paletteTools", tr("Include tool calls and their output"), tr("Tools"), "Alt+T"
        )
        self._list = PaletteList(theme)
        self._list.chosen.connect(self._choose)
        self._none = muted(tr("No results"), "paletteNothing", 13)
        self._none.setContentsMargins(18, 0, 18, 6)
        self._none.setFixedHeight(_NOTE)
        self._none.hide()
        self._shade = Shade(window, "paletteShade")
        self._shade.pressed.connect(self.close_again)
        self._head = QHBoxLayout()
        self._head.setContentsMargins(7, 10, 12, 8)  # the text is above that of the rows
        self._head.setSpacing(8)
        self._head.addWidget(self.field, 1)
        self._head.addWidget(self._reasoning)
        self._head.addWidget(self._calls)
        layout = column(self, (0, 0, 0, _BELOW))
        layout.addLayout(self._head)
        layout.addWidget(self._none)
        layout.addWidget(self._list, 1)
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_moved)
        self.hide()

    def _scope_button(self, theme: Theme, name: str, label: str, text: str, keys: str) -> Button:
        """Return a button that includes more in the search."""
        button = Button(theme, name, label, text=text, kind="toggle", shortcut=keys)
        button.setCheckable(True)
        button.setShortcut(keys)
        button.toggled.connect(self._look)
        return button

    def open(self) -> None:
        """Show the palette, with the previous text selected."""
        self._before = QApplication.focusWidget()
        self._look()
        self._place()
        self._shade.show()
        self._shade.raise_()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_again(self) -> None:
        """Hide the palette and give the keyboard focus back."""
        had = self.isAncestorOf(QApplication.focusWidget() or self.window())
        self.hide()
        if had and self._before:
            self._before.setFocus()
        self._before = None

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._shade.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent):
            return event.type() is QEvent.Type.KeyPress and self._key(event)
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_again()
        # No key pressed here is meant for the window below.

    def _key(self, event: QKeyEvent) -> bool:
        match Qt.Key(event.key()):
            case Qt.Key.Key_Escape:
                self.close_again()
            case Qt.Key.Key_Down:
                self._list.step(1)
            case Qt.Key.Key_Up:
                self._list.step(-1)
            case Qt.Key.Key_PageDown:
                self._list.step(8)
            case Qt.Key.Key_PageUp:
                self._list.step(-8)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._list.choose()
            case _:
                return False
        return True

    def _look(self) -> None:
        """Find matches for the text in the field. Chats and messages arrive a moment later."""
        text = self.field.text().strip()
        self._newest = None
        if not text or text.startswith(_COMMANDS_ONLY):
            self._found = []
        else:
            self._newest = future = self._search(
                text, self._reasoning.isChecked(), self._calls.isChecked()
            )
            self._bridge.when_done(
                future,
                lambda found: self._arrived(future, found),
                lambda error: self._failed(future, error),
            )
        self._show()

    def _arrived(self, search: Future[list[SearchHit]], found: list[SearchHit]) -> None:
        if search is self._newest:
            self._newest, self._found = None, found
            self._show()

    def _failed(self, search: Future[list[SearchHit]], error: BaseException) -> None:
        if search is self._newest and not isinstance(error, Cancelled):
            self._newest, self._found = None, []
            self._show()
            self._none.setText(explain(error).sentence)
            self._none.show()

    def _show(self) -> None:
        typed = self.field.text().strip()
        rows: list[PaletteRow] = []
        if not typed:
            rows += [PaletteRow.of_chat(chat) for chat in self._chats()[:_LATEST]]
            rows = [PaletteRow.heading(tr("Recent chats")), *rows] if rows else []
        words = typed.removeprefix(_COMMANDS_ONLY).casefold().split()
        fitting = [
            c for c in self._commands if c.isEnabled() and all(w in _spoken(c) for w in words)
        ]
        commands: list[PaletteRow] = []
        group = ""
        for command in fitting:
            if command.group != group:
                group = command.group
                commands.append(PaletteRow.heading(group))
            commands.append(PaletteRow.of_command(command))
        titles = [PaletteRow.of_found(found) for found in self._found if found.message is None]
        messages = [
            PaletteRow.of_found(found) for found in self._found if found.message is not None
        ]
        rows += commands
        if titles:
            rows += [PaletteRow.heading(tr("Chats")), *titles]
        if messages:
            rows += [PaletteRow.heading(tr("Matches in messages")), *messages]
        self._list.set_rows(rows)
        self._list.setVisible(bool(rows))
        # Until a search has ended, what was said stays, so that nothing flickers.
        self._none.setText(tr("No results"))
        self._none.setVisible(not rows and (self._newest is None or not self._none.isHidden()))
        self._place()

    def _choose(self, row: PaletteRow) -> None:
        self.close_again()
        if isinstance(row.target, Command):
            row.target.trigger()
        elif isinstance(row.target, ChatRow):
            chat = row.target
            self.opened.emit(SearchHit(chat.id, None, chat.title, chat.title, (), chat.updated))
        elif row.target:
            self.opened.emit(row.target)

    def _focus_moved(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None or now is self or self.isAncestorOf(now):
            return
        if self.isVisible() and now.window() is self.window():
            self._before = None
            self.hide()

    def _place(self) -> None:
        note = zoomed(_NOTE) if not self._none.isHidden() else 0
        head = self._head.sizeHint().height()
        room = self.window().size()
        rows = self._list.total_height(width_in(room) - 2 * _BORDER)
        self.setGeometry(place_in(room, head + note + rows + _BELOW + 2 * _BORDER))
        self._list.scheduleDelayedItemsLayout()
        self._shade.cover(self.window().rect(), self.geometry())


def width_in(window: QSize) -> int:
    """Return the palette's width in a window."""
    return min(zoomed(_WIDTH), window.width() - 2 * _SIDE)


def place_in(window: QSize, wanted: int) -> QRect:
    """Return where the palette is in a window, if all its rows take ``wanted`` pixels."""
    top = min(_TOP, window.height() // 10)
    width = width_in(window)
    height = min(wanted, window.height() - 2 * top)
    return QRect((window.width() - width) // 2, top, width, height)


def _spoken(command: Command) -> str:
    return f"{command.group} {command.text()}".casefold()
