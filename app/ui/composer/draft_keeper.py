"""Drafts: unsent text in every chat, stored about a second after a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.base.types import Part
from app.store import Queued, Store, StoredDraft
from app.ui.composer.composer import Composer
from app.ui.state.store_access import StoreAccess

SOON_MS = 1000  # a crash loses at most this much typing


class DraftKeeper(QObject):
    """The draft and the queue of each chat (None for a new one)."""

    def __init__(
        self,
        store: StoreAccess,
        composer: Composer,
        written: Callable[[], tuple[Part, ...]],
        parent: QObject,
    ) -> None:
        """Create the drafts. ``written`` returns the message being written in the chat shown."""
        super().__init__(parent)
        self._store, self._composer, self._written = store, composer, written
        self._chat: int | None = None
        self._all: dict[int | None, StoredDraft] = {}
        self._changed: set[int | None] = set()
        self._reported = False  # whether a failure was reported since the last success
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self.keep)
        composer.typed.connect(self._wait)

    def load(self, left: dict[int | None, StoredDraft]) -> None:
        """Restore the last session's drafts, before any text typed since the start."""
        self._note()
        for chat, unsent in left.items():
            since = self._of(chat)
            self._all[chat] = StoredDraft(
                (*unsent.parts, *since.parts), (*unsent.queue, *since.queue)
            )
        parts = self._of(self._chat).parts
        if parts != self._composer.parts():
            self._composer.set_parts(parts)

    def leave(self) -> None:
        """Save the composer's text before another chat is shown."""
        self._note()

    def show(self, chat: int | None) -> None:
        """Show the draft of a chat."""
        self._chat = chat
        self._composer.set_parts(self._of(chat).parts)

    def begun(self, chat: int) -> None:
        """Assign the new chat's draft to the chat it was stored as."""
        unsent = self._of(None)
        self._put(None, StoredDraft())
        self._put(chat, unsent)
        self._chat = chat
        self.keep()

    def give_back(self, chat: int | None, parts: tuple[Part, ...]) -> None:
        """Restore a message that was sent, before what was typed since."""
        self._note()
        unsent = self._of(chat)
        self._put(chat, replace(unsent, parts=(*parts, *unsent.parts)))
        if chat == self._chat:
            self._composer.set_parts(self._of(chat).parts)

    def move(self, chat: int, to: int | None) -> None:
        """Prepend the draft and the queue of a chat that is gone to those of another."""
        self._note()
        left, there = self._all.pop(chat, StoredDraft()), self._of(to)
        self._changed.discard(chat)
        if self._chat == chat:
            self._chat = to
        self._put(to, StoredDraft((*left.parts, *there.parts), (*left.queue, *there.queue)))
        if self._chat == to:
            self._composer.set_parts(self._of(to).parts)

    def forget(self, chats: Iterable[int]) -> None:
        """Forget the drafts of chats that were deleted for good."""
        for chat in chats:
            self._all.pop(chat, None)

    def queue(self, chat: int | None) -> tuple[Queued, ...]:
        """Return the messages that wait in a chat."""
        return self._of(chat).queue

    def set_queue(self, chat: int | None, queue: tuple[Queued, ...]) -> None:
        """Set the messages that wait in a chat."""
        self._put(chat, replace(self._of(chat), queue=queue))
        self.keep()

    def keep(self) -> None:
        """Store all changes now. A failure is retried with the next change."""
        self._timer.stop()
        self._note()
        changed, self._changed = self._changed, set()
        unsent = {chat: self._of(chat) for chat in changed}

        def write(store: Store) -> None:
            for chat, each in unsent.items():
                with suppress(KeyError):  # the chat has been deleted meanwhile
                    store.drafts.set(chat, each.parts, each.queue)

        def failed(error: BaseException) -> None:
            self._changed |= changed
            if not self._reported:
                self._reported = True
                self._store.report(error)

        if unsent:
            self._store.ask(write, self._kept, failed)

    def _kept(self, _: None) -> None:
        self._reported = False

    def _of(self, chat: int | None) -> StoredDraft:
        return self._all.get(chat, StoredDraft())

    def _note(self) -> None:
        """Record the composer's content."""
        self._put(self._chat, replace(self._of(self._chat), parts=self._written()))

    def _put(self, chat: int | None, unsent: StoredDraft) -> None:
        if unsent != self._of(chat):
            self._all[chat] = unsent
            self._changed.add(chat)
            self._wait()

    def _wait(self) -> None:
        if not self._timer.isActive():  # steady typing does not delay it
            self._timer.start()
