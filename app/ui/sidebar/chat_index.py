"""Which chats there are, and what is done with them: found, named, put in order, brought back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort
from app.store import ChatRow, ChatSettings, Store
from app.ui.controls import Toast
from app.ui.sidebar.sidebar import Sidebar
from app.ui.store_access import StoreAccess
from app.wording.language import tr

_SHOWN_TITLE = 40  # characters of a title in the toast
_ICONS = {
    "delete": "trash",
    "archive": "archive",
    "unarchive": "archive",
    "move": "folder",
    "take_out": "folder",
}


class ChatIndex(QObject):
    """The chats as the side bar shows them, and those that were archived."""

    changed = Signal()
    """The rows are others."""
    deleted = Signal(int)
    archived = Signal(int)
    restored = Signal(list)
    """The ids of chats that are where they were."""

    def __init__(self, disk: StoreAccess, sidebar: Sidebar, toast: Toast, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: dict[int, ChatRow] = {}
        """All that are not in the bin."""
        self._disk = disk
        self._sidebar = sidebar
        self._toast = toast
        self._words = ""
        self._done = ("", "")  # what the toast speaks of,
        self._before: dict[int, ChatRow] = {}  # and how these chats were before it
        sidebar.list.renamed.connect(self.rename)
        sidebar.list.folder_renamed.connect(self.rename_folder)
        sidebar.list.deleted.connect(lambda chats: self.delete(*chats))
        sidebar.list.arranged.connect(lambda chats, changes: self.arrange(chats, **changes))
        sidebar.list.undone.connect(self.undo)
        sidebar.searched.connect(self.find)
        toast.undone.connect(self.undo)

    def refresh(self) -> None:
        """The list anew, of those with the words searched for."""
        words = self._words

        def read(store: Store) -> tuple[list[ChatRow], list[ChatRow], set[int] | None]:
            return (
                store.chats.listed(),
                store.chats.archived(),
                set(store.find(words)) if words else None,
            )

        def show(found: tuple[list[ChatRow], list[ChatRow], set[int] | None]) -> None:
            chats, archived, ids = found
            self.rows = {chat.id: chat for chat in (*chats, *archived)}
            self.changed.emit()
            if words != self._words:
                return
            self._sidebar.list.set_folders({chat.folder for chat in chats} - {""})
            if ids is not None:
                chats = [c for c in chats if c.id in ids or words.casefold() in c.title.casefold()]
            self._sidebar.set_chats(chats, found=bool(words))

        self._disk.ask(read, show)

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
        self._disk.ask(lambda store: store.chats.rename(chat, title), self._written, self._refused)

    def set_effort(self, chat: int, effort: Effort) -> None:
        """What the chat's next message is asked with."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], effort=effort)
        self._disk.ask(lambda store: store.chats.set_effort(chat, effort), failed=self._refused)

    def set_up(self, chat: int, setup: ChatSettings) -> None:
        """What it is asked with from now on."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], setup=setup)
        self._disk.ask(lambda store: store.chats.set_up(chat, setup), self._stored, self._refused)

    def _stored(self, chat: ChatRow) -> None:
        """Also where a list that was read before it came in between."""
        if self.rows.get(chat.id) not in (None, chat):
            self.rows[chat.id] = chat
            self.changed.emit()

    def set_model(self, chat: int, key: str) -> None:
        """Which model its next message is for."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], model=key)
        self._disk.ask(lambda store: store.chats.set_model(chat, key), failed=self._refused)

    # --- Order, and the way back ------------------------------------------------------------

    def arrange(self, chats: Iterable[int], **changes: Any) -> None:
        """Pins chats, archives them, or puts them into a folder, as `Store.arrange` does."""
        known = [self.rows[chat] for chat in chats if chat in self.rows]
        rows = [row for row in known if any(getattr(row, k) != v for k, v in changes.items())]
        if not rows:
            return
        ids = [row.id for row in rows]
        self.rows |= {row.id: replace(row, **changes) for row in rows}
        if changes.get("archived"):
            for chat in ids:
                self.archived.emit(chat)
        self._disk.ask(
            lambda store: store.chats.arrange(ids, **changes), self._written, self._refused
        )
        match changes:
            case {"archived": True}:
                self._tell("archive", rows)
            case {"archived": False}:
                self._tell("unarchive", rows)
            case {"folder": name}:
                self._tell("move" if name else "take_out", rows, name)

    def rename_folder(self, old: str, new: str) -> None:
        """Another name for a folder; that of another one makes them one, none dissolves it."""
        inside = [row.id for row in self.rows.values() if row.folder == old]
        if not new or any(row.folder == new for row in self.rows.values()):
            self.arrange(inside, folder=new)  # which can be undone
        else:
            self._disk.ask(
                lambda store: store.chats.rename_folder(old, new), self._written, self._refused
            )

    def delete(self, *chats: int) -> None:
        """Into the bin with them; a toast brings them back."""
        rows = [self.rows.pop(chat) for chat in chats if chat in self.rows]
        if not rows:
            return
        ids = [row.id for row in rows]
        for chat in ids:
            self.deleted.emit(chat)
        self._disk.ask(lambda store: store.chats.delete(*ids), self._written, self._refused)
        self._tell("delete", rows)

    def restore(self, chats: Sequence[int]) -> None:
        """Out of the bin with them."""
        self._disk.ask(lambda store: store.chats.restore(*chats), self._written)

    def undo(self) -> None:
        """All that the toast speaks of is as it was before."""
        if not self._toast.isVisible():
            return
        self._toast.hide()
        before, self._before = list(self._before.values()), {}

        def place(row: ChatRow) -> tuple[bool, str]:
            return row.archived, row.folder

        def put_back(store: Store) -> None:
            store.chats.restore(*(row.id for row in before))
            for (archived, folder), rows in groupby(sorted(before, key=place), place):
                store.chats.arrange([row.id for row in rows], archived=archived, folder=folder)

        def back(_: object) -> None:
            self.rows |= {row.id: row for row in before}
            self.refresh()
            self.restored.emit([row.id for row in before])

        self._disk.ask(put_back, back)

    def _refused(self, error: BaseException) -> None:
        """The disk did not take what is shown already: it is as it was."""
        self._disk.tell(error)
        self.forget()
        self.refresh()

    def forget(self) -> None:
        """What the toast speaks of cannot be undone any more."""
        self._before = {}
        self._toast.hide()

    def _tell(self, what: str, rows: Iterable[ChatRow], folder: str = "") -> None:
        """Tells what was done, for as long as it can be undone: together with what was done just
        before, where that was the same."""
        if (what, folder) != self._done or not self._toast.isVisible():
            self._done, self._before = (what, folder), {}
        for row in rows:
            self._before.setdefault(row.id, row)
        first = next(iter(self._before.values()))
        said = _said(what, len(self._before))
        self._toast.tell(
            said.format(title=_short(first.title), folder=_short(folder)), _ICONS[what]
        )

    def _written(self, _: object) -> None:
        self.refresh()


def _said(what: str, count: int) -> str:
    one = count == 1
    match what:
        case "archive":
            return tr("Archived “{title}”") if one else tr("Archived %Ln chat(s)", "", count)
        case "unarchive":
            if one:
                return tr("“{title}” is back among the chats")
            return tr("%Ln chat(s) are back among the others", "", count)
        case "move":
            if one:
                return tr("Moved “{title}” to “{folder}”")
            return tr("Moved %Ln chat(s) to “{folder}”", "", count)
        case "take_out":
            if one:
                return tr("Took “{title}” out of its folder")
            return tr("Took %Ln chat(s) out of their folder", "", count)
    return tr("Deleted “{title}”") if one else tr("Deleted %Ln chat(s)", "", count)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_TITLE else f"{text[: _SHOWN_TITLE - 1].rstrip()}…"
