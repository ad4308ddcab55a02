"""The queue of messages written during an answer, and sent after it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort, Part
from app.store import Queued, State
from app.turn import Turn, TurnEnded
from app.ui.composer.composer import Composer
from app.ui.composer.draft_keeper import DraftKeeper
from app.ui.state.live_turns import LiveTurns

Ask = Callable[[int | None, tuple[Part, ...], Effort], Turn | None]


class MessageQueue(QObject):
    """The messages that wait in each chat.

    When an answer is complete, the first message of its chat is sent, whichever chat is shown. If
    it was stopped or failed, they wait for the user.
    """

    changed = Signal()
    """The queue of the chat that is shown has changed."""

    def __init__(
        self, composer: Composer, drafts: DraftKeeper, turns: LiveTurns, ask: Ask, parent: QObject
    ) -> None:
        """Create the queues. ``ask`` asks in a chat, and returns None if that is impossible."""
        super().__init__(parent)
        self._composer, self._drafts, self._turns, self._ask = composer, drafts, turns, ask
        self._chat: int | None = None
        self._busy = False
        self._left: dict[Turn, tuple[Queued, ...]] = {}  # of new chats that are not stored yet
        self._at_once: set[int] = set()  # chats whose answer was stopped for the next message
        rows = composer.queue
        rows.sent.connect(self.send)
        rows.edited.connect(self.edit)
        rows.withdrawn.connect(self.withdraw)
        rows.left.connect(composer.focus_editor)

    def show(self, chat: int | None, *, busy: bool) -> None:
        """Show the queue of the chat that is shown now."""
        self._chat, self._busy = chat, busy
        self._composer.queue.show_queue(self._drafts.queue(chat), busy=busy)

    def waits(self) -> bool:
        """Return whether anything waits in the chat that is shown."""
        return bool(self._drafts.queue(self._chat))

    def add(self, parts: tuple[Part, ...], effort: Effort) -> None:
        """Queue a message in the chat that is shown."""
        queue = self._drafts.queue(self._chat)
        self._drafts.set_queue(self._chat, (*queue, Queued(parts, effort)))

    def leave(self, turn: Turn) -> None:
        """Keep the queue of the new chat that ``turn`` will store, as another chat is shown."""
        self._left[turn] = self._drafts.queue(None)
        self._drafts.set_queue(None, ())

    def started(self, turn: Turn, chat: int) -> None:
        """Assign the queue to the chat that was stored."""
        if left := self._left.pop(turn, ()):
            self._drafts.set_queue(chat, left)

    def refused(self, turn: Turn) -> None:
        """Assign the queue to the next new chat, since this one could not be stored."""
        if left := self._left.pop(turn, ()):
            self._drafts.set_queue(None, (*left, *self._drafts.queue(None)))

    def ended(self, event: TurnEnded) -> None:
        """Send the next message after an answer that is complete or was stopped for it."""
        chat = event.answer.chat
        well = event.answer.state is State.DONE and event.error is None
        if well or chat in self._at_once:
            self._send_first(chat)
        self._at_once.discard(chat)

    def send(self, index: int = 0) -> None:
        """Send one of the messages now, stopping a running answer."""
        if not self.waits():
            return
        chosen, others = self._take(index)
        self._drafts.set_queue(self._chat, (chosen, *others))
        if not self._busy:
            self._send_first(self._chat)
        elif self._chat is not None:
            self._at_once.add(self._chat)
            self._turns.stop(self._chat)
        self.changed.emit()

    def edit(self, index: int = -1) -> None:
        """Move a message back into the composer, before its present content."""
        if self.waits():
            chosen, others = self._take(index)
            self._drafts.set_queue(self._chat, others)
            self._drafts.give_back(self._chat, chosen.parts)
            self._composer.choose_effort(chosen.effort)
            self._composer.focus_editor()
            self.changed.emit()

    def withdraw(self, index: int) -> None:
        """Remove a message from the queue."""
        _, others = self._take(index)
        self._drafts.set_queue(self._chat, others)
        self.changed.emit()

    def _take(self, index: int) -> tuple[Queued, tuple[Queued, ...]]:
        queue = list(self._drafts.queue(self._chat))
        return queue.pop(index), tuple(queue)

    def _send_first(self, chat: int | None) -> None:
        first, *others = self._drafts.queue(chat) or (None,)
        if first and self._ask(chat, first.parts, first.effort):
            # Removed only after sending: a crash in between duplicates it instead of losing it.
            self._drafts.set_queue(chat, tuple(others))
