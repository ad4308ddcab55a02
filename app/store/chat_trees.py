"""Whole chats with all their branches, for export and import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.store.chat_title import one_line
from app.store.chats import ChatTable
from app.store.database import Database
from app.store.messages import MessageTable
from app.store.parts import PartTable
from app.store.rows import (
    ChatRow,
    MessageRow,
    clean,
    pack_setup,
    pack_stats,
)


@dataclass(frozen=True, slots=True)
class ChatTree:
    """A chat and all its messages, parents before their children.

    ``next`` maps a message to the child that was shown when the branch was last left.
    """

    chat: ChatRow
    messages: tuple[MessageRow, ...]
    next: Mapping[int, int] = field(default_factory=dict)


class TreeTable:
    """Chats with all their branches."""

    def __init__(
        self, database: Database, chats: ChatTable, parts: PartTable, messages: MessageTable
    ) -> None:
        self._database, self._chats = database, chats
        self._parts, self._messages = parts, messages

    def get(self, chat: int) -> ChatTree:
        """Return a chat with all its messages but deleted ones, as a consistent snapshot."""
        with self._database.lock:
            row = self._chats.get(chat)
            messages = self._parts.messages("message.chat = ? AND deleted IS NULL", chat)
            went = self._database.read(
                lambda pair: (int(pair[0]), int(pair[1])),
                """SELECT here.id, below.id FROM message AS here JOIN message AS below
                    ON below.id = here.next AND below.parent = here.id
                    WHERE here.chat = ? AND below.deleted IS NULL""",
                chat,
            )
        return ChatTree(row, tuple(messages), dict(went))

    def add(self, trees: Iterable[ChatTree]) -> list[ChatRow]:
        """Add copies of chats, with their times and states, all or none.

        They get ids of their own, and are not in the bin.
        """
        with self._database.transaction():
            return [self._add_tree(tree) for tree in trees]

    def _add_tree(self, tree: ChatTree) -> ChatRow:
        chat = tree.chat
        with self._database.transaction() as db:
            new = self._chats.insert(
                title=one_line(chat.title),
                title_by=chat.title_by,
                effort=chat.effort,
                created=chat.created,
                updated=chat.updated,
                model=clean(chat.model),
                pinned=chat.pinned,
                archived=chat.archived,
                folder=one_line(chat.folder),
                imported=True,
                **pack_setup(chat.setup),
            ).id
            ids: dict[int | None, int | None] = {None: None}
            for row in tree.messages:
                ids[row.id] = self._messages.insert(
                    new,
                    ids[row.parent],
                    row.message,
                    row.state,
                    row.created,
                    effort=row.effort,
                    model=clean(row.model),
                    host=clean(row.host),
                    stats=None if row.stats is None else pack_stats(row.stats),
                    thought_s=row.thought_s,
                    thought_open=row.thought_open,
                ).id
            db.executemany(
                "UPDATE message SET next = ? WHERE id = ?",
                [(ids[below], ids[here]) for here, below in tree.next.items()],
            )
            return self._chats.change(new, "leaf = ?", ids[chat.leaf])
