"""The messages of the conversation, including growing answers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.base.draft import Draft
from app.base.types import Message
from app.store import MessageRow
from app.tools.tool_events import Consent
from app.ui.conversation.answer_view import AnswerView
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import MessageView
from app.ui.conversation.question_view import QuestionView
from app.ui.conversation.virtual_list import VirtualList
from app.ui.state.live_answer import Work
from app.ui.state.live_calls import LiveCalls

_SHORTEST_MS = 16  # between two updates of a growing answer
_COST = 3  # an update waits this many times the last one's duration


class MessageList(QObject):
    """The messages of a chat, from the store and from drafts not stored yet."""

    answering = Signal(MessageState)
    """An answer has begun, grown, or ended."""
    thought_toggled = Signal(int, bool)
    reset = Signal()
    """Other messages are shown."""
    left = Signal()
    """The messages that are shown now are of another chat."""
    removed = Signal(int)
    """The messages from an index on are gone."""

    def __init__(self, view: VirtualList) -> None:
        super().__init__(view)
        self._view = view
        self._drafts: dict[int, Draft] = {}
        self._stale: set[int] = set()
        self.busy = False
        """Whether an answer is running, so that no other can be requested."""
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.timeout.connect(self.update_drafts)
        view.prepared.connect(self._enable_choices)

    @property
    def records(self) -> list[MessageState]:
        """The messages, from first to last."""
        return self._view.records

    def set_rows(
        self, rows: Sequence[MessageRow], drafts: Mapping[int, Draft] | None = None
    ) -> None:
        """Show a conversation from its end, with the drafts of running answers."""
        self._tick.stop()
        self._stale = set()
        self._drafts = dict(drafts or {})
        records: list[MessageState] = []
        for row in rows:
            records.append(MessageState(row, partial(_path_to, records, len(records))))
        for record in records:
            if draft := self._drafts.get(record.row.id):
                record.set_draft(draft)
        left = _chats_of(self.records) != _chats_of(records)
        self.reset.emit()
        self._view.reset(records)
        if left:
            self.left.emit()

    def swap(self, rows: Sequence[MessageRow], message: int) -> None:
        """Show another branch, with this message at the place of the one that it replaces."""
        index = [row.id for row in rows].index(message)
        offset = self._view.offset_of(index)
        self.set_rows(rows)
        self._view.pin(index, offset)
        self._view.settle()

    def set_branches(self, branches: Mapping[int, tuple[int, ...]]) -> None:
        """Set which messages have other versions: the ids of all of them, by message."""
        with self._view.still():
            for record in self.records:
                versions = branches.get(record.row.id, ())
                if versions != record.versions:
                    record.versions = versions
                    record.measured = None

    def add(self, row: MessageRow) -> None:
        """Append a message, removing those that do not lead to its parent."""
        ids = [record.row.id for record in self.records]
        if row.parent in ids:
            self._cut(ids.index(row.parent) + 1)
        elif row.parent is None:
            self._cut(0)
        records = self.records
        self._view.append(MessageState(row, partial(_path_to, records, len(records))))
        self._enable_all_choices()
        self._view.follow()

    def shorten(self, rows: Sequence[MessageRow]) -> None:
        """Remove all messages but these, the first ones."""
        self._cut(len(rows))
        self._enable_all_choices()

    def _cut(self, keep: int) -> None:
        self._view.cut(keep)
        self.removed.emit(keep)

    def start(self, row: MessageRow, draft: Draft, work: Work | None = None) -> None:
        """Begin or continue an answer, which grows in ``draft``; ``work`` comes before."""
        self._drafts[row.id] = draft
        if self.index_of(row.id) is None:
            self.add(row)
        with self._view.keeping_place(len(self.records) - 1):
            self.records[-1].set_row(row)
            self.records[-1].work = work
        self.answering.emit(self.records[-1])

    def feed(self, message: int) -> None:
        """Schedule an update, since the draft of an answer has grown."""
        if message in self._drafts:
            self._stale.add(message)
            if not self._tick.isActive():
                self._tick.start(0)

    def finish(self, row: MessageRow, error: BaseException | None = None) -> None:
        """Show an answer in its final form."""
        self._drafts.pop(row.id, None)
        self._stale.discard(row.id)
        if (index := self.index_of(row.id)) is not None:
            with self._view.keeping_place(index):
                self.records[index].set_row(row, error)
            self.answering.emit(self.records[index])

    def show_calls(self, message: int, tools: LiveCalls) -> None:
        """Show how far the calls of an answer are."""
        if (index := self.index_of(message)) is None:
            return
        record = self.records[index]
        if record.knows_calls(tools.calls, tools.shortened):
            return
        with self._view.keeping_place(index):
            if draft := self._drafts.get(message):
                record.set_draft(draft)
            record.set_calls(dict(tools.calls), tools.shortened)
        self.answering.emit(record)

    def show_departure(self, message: int, consent: Consent | None) -> None:
        """Show the question about what an answer would send to another computer; None for none."""
        index = self.index_of(message)
        if index is None or self.records[index].departure is consent:
            return
        with self._view.keeping_place(index):
            self.records[index].set_departure(consent)
        self.answering.emit(self.records[index])

    def show_again(self, message: int) -> None:
        """Show a message as it is now."""
        if (index := self.index_of(message)) is not None:
            with self._view.keeping_place(index):
                self.records[index].measured = None

    def show_work(self, message: int, work: Work | None, *, offered: bool, hurried: bool) -> None:
        """Show what precedes an answer.

        ``offered`` is whether “Answer now” is available, ``hurried`` whether it was used.
        """
        if (index := self.index_of(message)) is None:
            return
        record = self.records[index]
        now = (work, offered, hurried)
        if now != (record.work, record.offered, record.hurried):
            with self._view.keeping_place(index):
                record.work, record.offered, record.hurried = now
                record.measured = None

    def set_unseen(self, count: int) -> None:
        """Set how many of the first messages the model does not see."""
        self._view.set_unseen(count)

    def set_busy(self, busy: bool) -> None:
        """Set whether an answer is running, so that no other can be requested."""
        if busy != self.busy:
            self.busy = busy
            self._enable_all_choices()

    def plain_text(self) -> str:
        """Return all visible text, in order."""
        self.update_drafts()
        texts = [record.plain_text() for record in self.records]
        if self._view.unseen:
            texts.insert(self._view.unseen, self._view.line.text())
        return "\n\n".join(text for text in texts if text)

    def last(self, *, question: bool) -> MessageRow | None:
        """Return the last question, or the last answer."""
        rows = (record.row for record in reversed(self.records) if record.is_question is question)
        return next(rows, None)

    def last_answer(self) -> str:
        """Return the last answer as it is copied; empty if there is none."""
        answers = (each for each in reversed(self.records) if not each.is_question)
        return next((record.to_copy() for record in answers), "")

    def index_of(self, message: int) -> int | None:
        """Return the index of a message by its id."""
        for index in range(len(self.records) - 1, -1, -1):
            if self.records[index].row.id == message:
                return index
        return None

    def update_drafts(self) -> None:
        """Show the present drafts of the running answers."""
        if not self._stale:
            return
        started = time.monotonic()
        for message in self._stale:
            index, draft = self.index_of(message), self._drafts.get(message)
            if index is not None and draft:
                with self._view.keeping_place(index):
                    self.records[index].set_draft(draft)
                self.answering.emit(self.records[index])
        self._stale.clear()
        cost = (time.monotonic() - started) * 1000
        # Delays the next update; `feed` does not start the timer meanwhile.
        self._tick.start(max(_SHORTEST_MS, round(cost * _COST)))

    # --- Actions on a message -----------------------------------------------------------------

    def _enable_all_choices(self) -> None:
        for view in list(self._view.views.active.values()):
            self._enable_choices(view)

    def _enable_choices(self, view: MessageView) -> None:
        match view:
            case AnswerView():
                view.set_choices(view.record is self.records[-1], self.busy)
            case QuestionView():
                view.set_choices(self.busy)

    def toggle_thought(self, message: int, opened: bool) -> None:
        """Open or close the reasoning of an answer."""
        if (index := self.index_of(message)) is not None:
            with self._toggling(index):
                self.records[index].set_opened(opened)
            self.thought_toggled.emit(message, opened)

    def toggle_file(self, message: int, number: int, opened: bool) -> None:
        """Open or close a file attached to a question."""
        if (index := self.index_of(message)) is not None:
            with self._toggling(index):
                self.records[index].files[number].opened = opened

    def change(self, view: MessageView, change: Callable[[], None]) -> None:
        """Change what is open in a message that is shown."""
        if view.record in self.records:
            with self._toggling(self.records.index(view.record)):
                change()

    @contextlib.contextmanager
    def _toggling(self, index: int) -> Iterator[None]:
        """Open or close a part of a message within this context.

        The header stays under the pointer, or the text below it in place.
        """
        self._view.following = False
        view = self._view.views.get(self.records[index])
        if view and view.y() >= 0:
            self._view.pin(index)
        with self._view.keeping_place(index):
            yield


def _path_to(records: Sequence[MessageState], index: int) -> list[Message]:
    """Return the messages before one."""
    return [record.row.message for record in records[:index]]


def _chats_of(records: Sequence[MessageState]) -> set[int]:
    return {record.row.chat for record in records}
