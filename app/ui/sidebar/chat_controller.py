"""What the window does about the order among the chats: with the one that is shown, and for it
when it is put out of the way."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.exchange.exchange_controller import ExchangeController
from app.ui.live_turns import LiveTurns
from app.ui.sidebar.chat_index import ChatIndex
from app.ui.window_layout import WindowLayout


class ChatController(QObject):
    """Between the side bar's list and the chat that is shown."""

    left = Signal()
    """The chat that was shown is out of the way."""
    back = Signal(int)
    """It is where it was, and to be shown again."""

    def __init__(
        self,
        frame: WindowLayout,
        host: Host,
        index: ChatIndex,
        turns: LiveTurns,
        exchange: ExchangeController,
    ) -> None:
        super().__init__(frame)
        self._frame, self._host, self._index = frame, host, index
        self._turns, self._exchange = turns, exchange
        self._left: int | None = None
        view = frame.sidebar.list
        view.close_folders(host.settings.closed_folders)
        view.folded.connect(lambda names: host.change(closed_folders=tuple(sorted(names))))
        view.exported.connect(lambda chats: self.export(*chats))
        index.deleted.connect(self._deleted)
        index.archived.connect(self._leave)
        index.restored.connect(self._restored)

    def export(self, *chats: int) -> None:
        """Asks where chats are to go."""
        first = self._index.rows.get(chats[0])
        if len(chats) == 1:
            self._exchange.export_chat(chats[0], first.title if first else "")
        else:
            self._exchange.export_several(chats)

    def export_shown(self) -> None:
        """The chat that is shown goes into a file."""
        if (chat := self._frame.chat) is not None:
            self.export(chat)

    def pin_shown(self) -> None:
        """The chat that is shown stands above the others from now on, or no longer."""
        if row := self._index.rows.get(self._frame.chat or 0):
            self._index.arrange([row.id], pinned=not row.pinned)

    def archive_shown(self) -> None:
        """The chat that is shown goes into the archive."""
        if (chat := self._frame.chat) is not None:
            self._index.arrange([chat], archived=True)

    def delete_shown(self) -> None:
        """The chat that is shown goes into the bin."""
        if (chat := self._frame.chat) is not None:
            self._index.delete(chat)

    def _deleted(self, chat: int) -> None:
        self._turns.stop(chat)
        self._host.chats.forget(chat)
        self._leave(chat)

    def _leave(self, chat: int) -> None:
        if chat == self._frame.chat:
            self._left = chat
            self.left.emit()

    def _restored(self, chats: list[int]) -> None:
        in_sight = self._frame.pages.currentWidget() is self._frame.chat_page
        if self._left in chats and self._frame.chat is None and in_sight:
            self.back.emit(self._left)
