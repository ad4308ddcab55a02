"""Controller of the sidebar: actions on its chats, and on the chat that is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.pages import Pages
from app.ui.sidebar.chat_undo import ChatUndo
from app.ui.sidebar.sidebar import Sidebar
from app.ui.state.chat_index import ChatIndex, ChatListing
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_turns import LiveTurns


class ChatController(QObject):
    """A controller that connects the sidebar with the index of chats."""

    left = Signal()
    """The chat that was shown has been deleted or archived."""
    returned = Signal(int)
    """The id of that chat, which has been restored and is to be shown again."""
    exported = Signal(tuple)
    """The ids of chats to be exported."""

    def __init__(
        self,
        sidebar: Sidebar,
        pages: Pages,
        host: Host,
        index: ChatIndex,
        undo: ChatUndo,
        turns: LiveTurns,
        current: CurrentChat,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._sidebar, self._pages, self._host = sidebar, pages, host
        self._index, self._turns, self._current = index, turns, current
        self._left: int | None = None
        chats = sidebar.list
        chats.open_folders(host.settings.open_folders)
        chats.folded.connect(lambda names: host.change(open_folders=tuple(sorted(names))))
        chats.exported.connect(self.exported)
        chats.renamed.connect(index.rename)
        chats.folder_renamed.connect(index.rename_folder)
        chats.deleted.connect(lambda ids: index.delete(*ids))
        chats.arranged.connect(lambda ids, changes: index.arrange(ids, **changes))
        chats.undone.connect(undo.undo)
        sidebar.searched.connect(index.find)
        index.listed.connect(self._list)
        index.deleted.connect(self._deleted)
        index.archived.connect(self._leave)
        index.restored.connect(self._restored)

    def export_shown(self) -> None:
        """Export the chat that is shown."""
        if self._current.id is not None:
            self.exported.emit((self._current.id,))

    def pin_shown(self) -> None:
        """Pin the chat that is shown, or unpin it."""
        if row := self._index.rows.get(self._current.id or 0):
            self._index.arrange([row.id], pinned=not row.pinned)

    def archive_shown(self) -> None:
        """Archive the chat that is shown."""
        if self._current.id is not None:
            self._index.arrange([self._current.id], archived=True)

    def delete_shown(self) -> None:
        """Move the chat that is shown to the bin."""
        if self._current.id is not None:
            self._index.delete(self._current.id)

    def _list(self, listing: ChatListing) -> None:
        self._sidebar.list.set_folders(listing.folders)
        self._sidebar.set_chats(listing)

    def _deleted(self, chat: int) -> None:
        self._turns.stop(chat)
        self._host.chats.forget(chat)
        self._leave(chat)

    def _leave(self, chat: int) -> None:
        if chat == self._current.id:
            self._left = chat
            self.left.emit()

    def _restored(self, chats: list[int]) -> None:
        new = self._current.id is None and self._pages.chat_shown
        if new and self._left is not None and self._left in chats:
            self.returned.emit(self._left)
