"""Which chats there are, and what is done with them: found, renamed, deleted, brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort
from app.store import ChatRow, Setup, Store
from app.ui.controls import Toast
from app.ui.language import tr
from app.ui.sidebar import Sidebar

_SHOWN_TITLE = 40  # characters of a title in the toast


class AskDisk(Protocol):
    """Runs ``work`` where the disk is, and ``done`` with its result in the window."""

    def __call__(self, work: Callable[[Store], Any], done: Callable[[Any], None]) -> None: ...


class ChatIndex(QObject):
    """The chats as the side bar shows them."""

    changed = Signal()
    """The rows are others."""
    deleted = Signal(int)
    restored = Signal(int)

    def __init__(self, ask_disk: AskDisk, sidebar: Sidebar, toast: Toast, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: dict[int, ChatRow] = {}
        self._ask_disk = ask_disk
        self._sidebar = sidebar
        self._toast = toast
        self._words = ""
        self._deleted: list[ChatRow] = []  # those that the toast speaks of
        sidebar.renamed.connect(self.rename)
        sidebar.deleted.connect(self.delete)
        sidebar.searched.connect(self.find)
        toast.undone.connect(self.undo_delete)

    def refresh(self) -> None:
        """The list anew, of those with the words searched for."""
        words = self._words

        def read(store: Store) -> tuple[list[ChatRow], set[int] | None]:
            return store.chats(), set(store.find(words)) if words else None

        def show(found: tuple[list[ChatRow], set[int] | None]) -> None:
            chats, ids = found
            self.rows = {chat.id: chat for chat in chats}
            self.changed.emit()
            if words != self._words:
                return
            if ids is not None:
                chats = [c for c in chats if c.id in ids or words.casefold() in c.title.casefold()]
            self._sidebar.set_chats(chats)

        self._ask_disk(read, show)

    def put(self, chat: ChatRow) -> None:
        """A chat is new, or has been used."""
        self.rows[chat.id] = chat
        self.refresh()

    def find(self, words: str) -> None:
        """Shows the chats with the words in their title or their messages; all for none."""
        self._words = words
        self.refresh()

    def rename(self, chat: int, title: str) -> None:
        """The person's own name for a chat."""
        self.rows[chat] = replace(self.rows[chat], title=title)
        self.changed.emit()
        self._ask_disk(lambda store: store.rename(chat, title), self._written)

    def set_effort(self, chat: int, effort: Effort) -> None:
        """What the chat's next message is asked with."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], effort=effort)
        self._ask_disk(lambda store: store.set_effort(chat, effort), lambda _: None)

    def set_up(self, chat: int, setup: Setup) -> None:
        """What it is asked with from now on."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], setup=setup)
        self._ask_disk(lambda store: store.set_up(chat, setup), lambda _: None)

    def set_model(self, chat: int, key: str) -> None:
        """Which model its next message is for."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], model=key)
        self._ask_disk(lambda store: store.set_model(chat, key), lambda _: None)

    def delete(self, chat: int) -> None:
        """Away with it; a toast brings it back."""
        if chat not in self.rows:
            return
        if not self._toast.isVisible():
            self._deleted = []
        self._deleted.append(self.rows.pop(chat))
        self.deleted.emit(chat)
        self._ask_disk(lambda store: store.delete(chat), self._written)
        count, title = len(self._deleted), self._deleted[0].title
        if len(title) > _SHOWN_TITLE:
            title = f"{title[: _SHOWN_TITLE - 1].rstrip()}…"
        one = tr("Deleted “{title}”").format(title=title)
        self._toast.tell(one if count == 1 else tr("Deleted %Ln chat(s)", "", count))

    def undo_delete(self) -> None:
        """Brings back what the toast speaks of."""
        chats = [chat.id for chat in self._deleted]
        self._deleted = []

        def restored(rows: list[ChatRow]) -> None:
            self.rows |= {row.id: row for row in rows}
            self.refresh()
            self.restored.emit(chats[-1])

        self._ask_disk(lambda store: [store.restore(chat) for chat in chats], restored)

    def _written(self, _: object) -> None:
        self.refresh()
