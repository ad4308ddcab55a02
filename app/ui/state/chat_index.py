"""The index of chats, and every change to them: names, settings, order, archive and bin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort
from app.store import ChatRow, ChatSettings, SearchHit, Store
from app.ui.state.store_access import StoreAccess


@dataclass(frozen=True, slots=True)
class ChatListing:
    """The chats to list: all of them or, if ``found`` is set, the results of a search."""

    chats: tuple[ChatRow, ...]
    folders: frozenset[str]
    """The names of all folders, regardless of the search."""
    places: Mapping[int, SearchHit] | None
    """Where a search found its words, rather in a message than in the title; None without one."""


class Change(Enum):
    """A change that can be undone."""

    DELETE = "delete"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    MOVE = "move"
    TAKE_OUT = "take out"


class ChatIndex(QObject):
    """The chats that are not in the bin.

    A change shows at once and is then saved; if that fails, the index is read again.
    """

    changed = Signal()
    """``rows`` has changed."""
    listed = Signal(object)
    """A ChatListing."""
    deleted = Signal(int)
    archived = Signal(int)
    restored = Signal(list)
    """The ids of chats that were restored."""
    from_bin = Signal(list)
    """The ids of chats that are taken out of the bin, other than by an undo."""
    undoable = Signal(object, object, str)
    """A Change, the ChatRows as they were before it, and the folder they moved to."""
    refused = Signal()
    """The store could not save a change."""

    def __init__(self, store: StoreAccess, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: dict[int, ChatRow] = {}
        """The chats by id, including archived ones."""
        self._store = store
        self._words = ""
        self.places: Mapping[int, SearchHit] = {}
        """Where the words of the search are found in the chats that are listed."""

    def refresh(self) -> None:
        """Read the chats again, and list those that match the search."""
        words = self._words

        def read(
            store: Store,
        ) -> tuple[list[ChatRow], list[ChatRow], set[int] | None, list[SearchHit]]:
            return (
                store.chats.listed(),
                store.chats.archived(),
                set(store.find(words)) if words else None,
                store.find_places(words) if words else [],
            )

        def show(
            found: tuple[list[ChatRow], list[ChatRow], set[int] | None, list[SearchHit]],
        ) -> None:
            chats, archived, ids, hits = found
            self.rows = {chat.id: chat for chat in (*chats, *archived)}
            self.changed.emit()
            if words != self._words:
                return
            folders = frozenset(chat.folder for chat in chats) - {""}
            if ids is not None:
                chats = [c for c in chats if c.id in ids or words.casefold() in c.title.casefold()]
            self.places = _best(hits)
            listing = ChatListing(tuple(chats), folders, self.places if words else None)
            self.listed.emit(listing)

        self._store.ask(read, show)

    def put(self, chat: ChatRow) -> None:
        """Add a new chat, or one that was used."""
        self.rows[chat.id] = chat
        self.refresh()

    def find(self, words: str) -> None:
        """List the chats with the words in their title or messages; all chats without words."""
        self._words = words
        self.refresh()

    def rename(self, chat: int, title: str) -> None:
        """Give a chat the title that the user wrote."""
        self.rows[chat] = replace(self.rows[chat], title=title)
        self.changed.emit()
        self._store.ask(lambda store: store.chats.rename(chat, title), self._written, self._refused)

    def set_effort(self, chat: int, effort: Effort) -> None:
        """Set the effort for the chat's next message."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], effort=effort)
        self._store.ask(
            lambda store: store.chats.set_effort(chat, effort), self._stored, self._refused
        )

    def set_up(self, chat: int, setup: ChatSettings) -> None:
        """Set the chat's instructions and sampling."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], setup=setup)
        self._store.ask(lambda store: store.chats.set_up(chat, setup), self._stored, self._refused)

    def _stored(self, chat: ChatRow) -> None:
        """Update a stored chat, even if an older list arrived in between."""
        if self.rows.get(chat.id) not in (None, chat):
            self.rows[chat.id] = chat
            self.changed.emit()

    def set_model(self, chat: int, key: str) -> None:
        """Set the model for the chat's next message."""
        if chat in self.rows:
            self.rows[chat] = replace(self.rows[chat], model=key)
        self._store.ask(lambda store: store.chats.set_model(chat, key), self._stored, self._refused)

    # --- Order, archive and bin -------------------------------------------------------------

    def arrange(self, chats: Iterable[int], **changes: Any) -> None:
        """Pin chats, archive them or put them into a folder.

        ``changes`` are the arguments of `ChatTable.arrange`.
        """
        known = [self.rows[chat] for chat in chats if chat in self.rows]
        rows = [row for row in known if any(getattr(row, k) != v for k, v in changes.items())]
        if not rows:
            return
        ids = [row.id for row in rows]
        self.rows |= {row.id: replace(row, **changes) for row in rows}
        if changes.get("archived"):
            for chat in ids:
                self.archived.emit(chat)
        self._store.ask(
            lambda store: store.chats.arrange(ids, **changes), self._written, self._refused
        )
        match changes:
            case {"archived": True}:
                self.undoable.emit(Change.ARCHIVE, rows, "")
            case {"archived": False}:
                self.undoable.emit(Change.UNARCHIVE, rows, "")
            case {"folder": name}:
                self.undoable.emit(Change.MOVE if name else Change.TAKE_OUT, rows, name)

    def rename_folder(self, old: str, new: str) -> None:
        """Rename a folder. The name of another folder merges both; an empty one dissolves it."""
        inside = [row.id for row in self.rows.values() if row.folder == old]
        if not new or any(row.folder == new for row in self.rows.values()):
            self.arrange(inside, folder=new)  # unlike a rename, a move can be undone
        else:
            self._store.ask(
                lambda store: store.chats.rename_folder(old, new), self._written, self._refused
            )

    def delete(self, *chats: int) -> None:
        """Move chats to the bin."""
        rows = [self.rows.pop(chat) for chat in chats if chat in self.rows]
        if not rows:
            return
        ids = [row.id for row in rows]
        for chat in ids:
            self.deleted.emit(chat)
        self._store.ask(lambda store: store.bin.put(*ids), self._written, self._refused)
        self.undoable.emit(Change.DELETE, rows, "")

    def restore(self, chats: Sequence[int]) -> None:
        """Take chats out of the bin."""
        self.from_bin.emit(list(chats))
        self._store.ask(lambda store: store.bin.restore(*chats), self._written)

    def put_back(self, before: Sequence[ChatRow]) -> None:
        """Undo a delete, archive or move of these chats."""

        def place(row: ChatRow) -> tuple[bool, str]:
            return row.archived, row.folder

        def write(store: Store) -> None:
            store.bin.restore(*(row.id for row in before))
            for (archived, folder), rows in groupby(sorted(before, key=place), place):
                store.chats.arrange([row.id for row in rows], archived=archived, folder=folder)

        def written(_: object) -> None:
            self.rows |= {row.id: row for row in before}
            self.refresh()
            self.restored.emit([row.id for row in before])

        self._store.ask(write, written)

    def _refused(self, error: BaseException) -> None:
        """Show the chats as the store has them, since it could not save a change."""
        self._store.report(error)
        self.refused.emit()
        self.refresh()

    def _written(self, _: object) -> None:
        self.refresh()


def _best(hits: Iterable[SearchHit]) -> dict[int, SearchHit]:
    """Return the first place in a message of each chat, or that in its title."""
    places: dict[int, SearchHit] = {}
    for hit in hits:
        known = places.get(hit.chat)
        if known is None or (known.message is None and hit.message is not None):
            places[hit.chat] = hit
    return places
