"""The list of chats: keys, menus, and drag and drop."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu, QWidget

from app.store import ChatRow, SearchHit
from app.ui.controls import zooms
from app.ui.dialogs import ask_name
from app.ui.sidebar.chat_delegate import ChatDelegate
from app.ui.sidebar.chat_drag import drag_chats, dragged, folder_at
from app.ui.sidebar.chat_menu import ListActions, chat_menu, folder_menu
from app.ui.sidebar.chat_model import ENTRY, ChatModel, FolderRow, Index, Key, key_of
from app.ui.sidebar.sticky_heading import StickyHeading
from app.ui.theme import Theme
from app.wording.language import tr

_SELECT = QItemSelectionModel.SelectionFlag
_EDITING = QAbstractItemView.State.EditingState


class ChatList(QListView):
    """The list of chats.

    The chat that is shown is highlighted, whatever is chosen. While the list has the keyboard
    focus, the current row and the selection stay in place; otherwise they are on that chat.
    """

    opened = Signal(int)
    renamed = Signal(int, str)
    folder_renamed = Signal(str, str)
    """A folder's name, and its new one; empty if it is dissolved."""
    deleted = Signal(tuple)
    exported = Signal(tuple)
    arranged = Signal(tuple, object)
    """The ids of chats, and the arguments for `ChatTable.arrange` as a dict."""
    folded = Signal(object)
    """The names of the open folders, as a frozenset."""
    undone = Signal()
    refreshed = Signal()
    """The rows have changed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.folders: list[str] = []
        """The names of all folders, sorted."""
        self._theme = theme
        self._delegate = ChatDelegate(theme, self)
        self._actions = ListActions(
            rename=self.rename,
            arrange=self.arranged.emit,
            export=self.exported.emit,
            delete=self.deleted.emit,
            ask_folder=self.ask_folder,
            toggle_folder=lambda folder: self.fold(folder.name, closed=folder.open),
            dissolve_folder=lambda folder: self.folder_renamed.emit(folder.name, ""),
        )
        self._shown: int | None = None
        self._renamed: dict[Key, str] = {}  # renamed folders: the old name and the new
        self._later: Callable[[], None] | None = None
        self.chats = ChatModel()
        self.chats.setParent(self)
        self.setObjectName("chatList")
        self.setAccessibleName(tr("Chats"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setModel(self.chats)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.sticky = StickyHeading(theme, self, self.chats, self._delegate)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDropIndicatorShown(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self._clicked)
        self.chats.renamed.connect(self.renamed)
        self.chats.folder_renamed.connect(self._rename_folder)
        self._delegate.closeEditor.connect(self._renaming_ended, Qt.ConnectionType.QueuedConnection)
        theme.changed.connect(self._themed)

    def _themed(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    # --- Contents ---------------------------------------------------------------------------

    def set_chats(
        self, chats: Iterable[ChatRow], places: Mapping[int, SearchHit] | None = None
    ) -> None:
        """Show these chats, but not before the user has finished renaming one.

        With ``places`` they are the results of a search, found there.
        """
        if self.state() is _EDITING:
            rows = list(chats)
            self._later = lambda: self.set_chats(rows, places)
            return
        self._later = None
        self._delegate.found = places is not None
        self._keep(lambda: self.chats.set_chats(chats, places))
        # An empty list has no row to show that it has the focus.
        nothing = self.chats.rowCount() == 0
        policy = Qt.FocusPolicy.NoFocus if nothing else Qt.FocusPolicy.StrongFocus
        self.setFocusPolicy(policy)
        self.sticky.place()
        self.refreshed.emit()

    def set_folders(self, names: Iterable[str]) -> None:
        """Set the names of all folders."""
        self.folders = sorted(names, key=lambda name: (name.casefold(), name))

    def open_folders(self, names: Iterable[str]) -> None:
        """Open these folders and close all others."""
        self._keep(lambda: self.chats.open_folders(names))
        self.sticky.place()

    def show_chat(self, chat: int | None, folder: str = "") -> None:
        """Highlight the chat that is shown, or its folder while that is closed.

        It becomes the current row unless the list is in use.
        """
        if (chat, folder) == (self._shown, self._delegate.shown_folder):
            return
        self._shown = self._delegate.shown = chat
        self._delegate.shown_folder = folder
        self.viewport().update()
        if not self._in_use():
            self._mark_shown()

    def show_chats(self, chats: Sequence[int]) -> None:
        """Select chats, in folders that are opened, and give them the keyboard."""
        ids = set(chats)
        self.open_folders(self.chats.open | self.chats.folders_of(ids))
        self._select(chats)
        self.setFocus()
        if found := self.selectedIndexes():
            first = min(found, key=lambda index: index.row())
            self.selectionModel().setCurrentIndex(first, _SELECT.NoUpdate)
            self.scrollTo(first)

    def rename(self) -> None:
        """Rename the chat or folder of the current row in place."""
        if isinstance(self._key(), int | str):
            self.edit(self.currentIndex())

    def ask_folder(self, done: Callable[[str], None]) -> None:
        """Ask for the name of a new folder."""
        ask_name(self, self._theme, "newFolder", tr("New folder"), tr("Folder name"), done)

    def chosen(self) -> list[ChatRow]:
        """Return the chats that a key or the menu applies to, from the top."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        entries = [self.chats.index(row).data(ENTRY) for row in rows] or [self._entry()]
        return [entry for entry in entries if isinstance(entry, ChatRow)]

    def mark(self, index: QModelIndex) -> None:
        """Make a row current; an invalid index clears the selection."""
        if not index.isValid():
            self.clearSelection()
        # Not the view's setCurrentIndex, which takes modifier keys into account.
        self.selectionModel().setCurrentIndex(index, _SELECT.ClearAndSelect)

    def fold(self, name: str, *, closed: bool) -> None:
        """Close or open a folder."""
        before = self.chats.open
        self.open_folders(before - {name} if closed else before | {name})
        if self.chats.open != before:
            self.folded.emit(self.chats.open)

    def _keep(self, change: Callable[[], None]) -> None:
        """Change the rows, keeping the current row and the selection on their chats.

        If the current chat is gone, the next one becomes current.
        """
        row, key, top = self.currentIndex().row(), self._key(), self.verticalScrollBar().value()
        chosen = [chat.id for chat in self.chosen()]
        change()
        if not self._in_use():
            self._mark_shown()
        elif key is not None:
            here = self.chats.index_of(key)
            if not here.isValid():
                here = self.chats.index_of(self._renamed.get(key))
            self.mark(here if here.isValid() else self.chats.near(row))
            if len(chosen) > 1:
                self._select(chosen)
        self.verticalScrollBar().setValue(top)

    def _select(self, chats: Iterable[int]) -> None:
        if not (rows := self.chats.selection_of(chats)).isEmpty():
            self.selectionModel().select(rows, _SELECT.ClearAndSelect)

    def _in_use(self) -> bool:
        """Return whether the list has the focus, or gets it back from a menu or another window."""
        return self.window().focusWidget() is self

    def _entry(self) -> object:
        """Return the entry of the current row."""
        return self.currentIndex().data(ENTRY)

    def _key(self) -> Key:
        entry = self._entry()
        return key_of(entry) if isinstance(entry, FolderRow | ChatRow) else None

    def _mark_shown(self) -> None:
        if self.state() is not _EDITING:
            self.mark(self.chats.index_of(self._shown))

    def _renaming_ended(self) -> None:
        if self._later is not None:
            self._later()
        elif not self._in_use():
            self._mark_shown()

    def _rename_folder(self, old: str, new: str) -> None:
        self._renamed[old] = new
        if old in self.chats.open:  # it stays open under its new name
            self.chats.open |= {new}
            self.folded.emit(self.chats.open)
        self.folder_renamed.emit(old, new)

    # --- Keys and the mouse -----------------------------------------------------------------

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll to a row, below the heading that stays at the top."""
        super().scrollTo(index, hint)
        hidden = self.sticky.covered - self.visualRect(index).top()
        if hidden > 0 and isinstance(index.data(ENTRY), ChatRow):
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - hidden)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._delegate.keyboard = False
        where = event.position().toPoint()
        index = self.indexAt(where)
        more = self._delegate.more_rect(self.visualRect(index))
        chat = isinstance(index.data(ENTRY), ChatRow)
        if chat and event.button() is Qt.MouseButton.LeftButton and more.contains(where):
            self._popup(index, self.viewport().mapToGlobal(more.bottomLeft()))
            return
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the window while Ctrl is held, which zooms."""
        if zooms(event):
            event.ignore()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._delegate.keyboard = True
        if self.state() is _EDITING or not self._pressed(event):
            super().keyPressEvent(event)

    def _pressed(self, event: QKeyEvent) -> bool:
        """Handle a key for a chat or a folder. Return whether the key was handled."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        chosen = self.chosen()
        match self._entry():
            case _ if event.matches(QKeySequence.StandardKey.Undo):
                self.undone.emit()
            case _ if event.key() == Qt.Key.Key_Delete and chosen:
                self.deleted.emit(tuple(chat.id for chat in chosen))
            case _ if event.key() == Qt.Key.Key_F2:
                self.rename()
            case _ if event.key() == Qt.Key.Key_F10 and shift and sys.platform != "win32":
                self._open_menu()  # Windows sends a context menu event
            case _ if event.key() == Qt.Key.Key_Escape and len(chosen) > 1:
                self.mark(self.currentIndex())
            case ChatRow(id=chat) if plain and event.key() in enter:
                self.opened.emit(chat)
            case FolderRow() as folder if plain and event.key() in enter:
                self.fold(folder.name, closed=folder.open)
            case FolderRow(open=True) as folder if plain and event.key() == Qt.Key.Key_Left:
                self.fold(folder.name, closed=True)
            case FolderRow(open=False) as folder if plain and event.key() == Qt.Key.Key_Right:
                self.fold(folder.name, closed=False)
            case ChatRow() as inside if inside.folder and plain and event.key() == Qt.Key.Key_Left:
                self.mark(self.chats.index_of(inside.folder))
            case _:
                return False
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        reason = Qt.FocusReason
        if event.reason() is reason.MouseFocusReason:
            self._delegate.keyboard = False
        elif event.reason() in (
            reason.TabFocusReason,
            reason.BacktabFocusReason,
            reason.ShortcutFocusReason,
        ):  # else it comes back from a menu, the palette or another window
            self._delegate.keyboard = True
        super().focusInEvent(event)
        if not self.selectedIndexes() and event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        ):
            self.mark(self.chats.near(0))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self._in_use():
            self._mark_shown()

    def _clicked(self, index: QModelIndex) -> None:
        held = QGuiApplication.keyboardModifiers()
        match index.data(ENTRY):
            case ChatRow(id=chat) if not held:
                self.opened.emit(chat)
            case FolderRow() as folder if not held:
                self.fold(folder.name, closed=folder.open)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._open_menu()
        else:
            self._popup(self.indexAt(event.pos()), event.globalPos())

    def _popup(self, index: QModelIndex, where: QPoint) -> None:
        """Open the menu of a row that was clicked."""
        if menu := self._menu_of(index):
            menu.aboutToHide.connect(self._menu_left, Qt.ConnectionType.QueuedConnection)
            menu.popup(where)

    def _open_menu(self) -> None:
        """Open the menu of the current row, from the keyboard."""
        index = self.currentIndex()
        if menu := self._menu_of(index):
            menu.popup(self.viewport().mapToGlobal(self.visualRect(index).center()))

    def _menu_of(self, index: QModelIndex) -> QMenu | None:
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.mark(index)
        match index.data(ENTRY):
            case ChatRow():
                return chat_menu(self, self.chosen(), self.folders, self._actions)
            case FolderRow() as folder:
                return folder_menu(self, folder, self._actions)
        return None

    def menu_for(self, parent: QWidget, chat: ChatRow, rename: Callable[[], None]) -> QMenu:
        """Return the menu of a chat for a place outside the list."""
        actions = replace(self._actions, rename=rename)
        return chat_menu(parent, [chat], self.folders, actions, delete_key="")

    def _menu_left(self) -> None:
        """Go back to the chat that is shown after a right click on another."""
        if len(self.chosen()) < 2:
            self._mark_shown()

    # --- Dragging ---------------------------------------------------------------------------

    def startDrag(self, actions: Qt.DropAction) -> None:
        self.viewport().setAcceptDrops(True)  # only for chats; files are dropped on the window
        drag_chats(self, self.chosen(), self.viewport().width())
        self.viewport().setAcceptDrops(False)
        self._show_target(None)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        super().dragEnterEvent(event)
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)  # scrolls at the edges
        self._show_target(folder_at(self.indexAt(event.position().toPoint())))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._show_target(None)

    def dropEvent(self, event: QDropEvent) -> None:
        chats = dragged(event.mimeData())
        folder = folder_at(self.indexAt(event.position().toPoint()))
        event.acceptProposedAction()
        self.setState(QAbstractItemView.State.NoState)
        self._show_target(None)
        self.arranged.emit(chats, {"folder": folder})

    def _show_target(self, folder: str | None) -> None:
        if folder != self._delegate.drop_folder:
            self._delegate.drop_folder = folder
            self.viewport().update()
