"""The conversation on screen: its messages, and the answers that grow in it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from PySide6.QtCore import QTimer, Signal

from app.base.types import Draft, Effort
from app.store import MessageRow
from app.ui.clipboard import copy_markdown, copy_text
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import AnswerView
from app.ui.conversation.question_view import QuestionView
from app.ui.conversation.virtual_list import EDGE, View, VirtualList
from app.ui.theme import Theme
from app.wording.errors import Action

_SHORTEST_MS = 16  # between two updates of a growing answer
_COST = 3  # an update comes no sooner than so many times the last one's cost


class MessageList(VirtualList):
    """Shows what the store has of a chat, and the drafts of what it does not have yet."""

    again = Signal(int, Effort)
    resume = Signal(int)
    conclude = Signal(int)
    thought_toggled = Signal(int, bool)
    hurried = Signal()
    """The answer on its way is to come now."""
    answering = Signal(MessageState)
    """An answer begins, has grown, or has ended."""
    act = Signal(Action)
    edit = Signal(int)
    """A question is to be asked in other words."""
    version_wanted = Signal(int)
    """Another message is to be shown in the place of one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._drafts: dict[int, Draft] = {}
        self._stale: set[int] = set()
        self._busy = False
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.timeout.connect(self._update_stale)

    def set_rows(
        self, rows: Sequence[MessageRow], drafts: Mapping[int, Draft] | None = None
    ) -> None:
        """Shows a conversation from its end, with the drafts of answers that are on their way."""
        self._tick.stop()
        self._stale = set()
        self._drafts = dict(drafts or {})
        for record in list(self._views):
            self._release(record)
        self.records = [MessageState(row) for row in rows]
        for record in self.records:
            if draft := self._drafts.get(record.row.id):
                record.set_parts(draft.parts)
        self._recent = {}
        self._heights.set_all([self._estimate(i) for i in range(len(self.records))])
        self.follow()

    def swap(self, rows: Sequence[MessageRow], message: int) -> None:
        """Another branch, with this message where the one was that it takes the place of."""
        index = [row.id for row in rows].index(message)
        inside = self._value - EDGE - self._heights.top(min(index, len(self.records)))
        self.set_rows(rows)
        self._follow = False
        self._anchor = (index, inside)
        self._settle()

    def set_branches(self, branches: Mapping[int, tuple[int, ...]]) -> None:
        """Which messages have others in their place."""
        with self._still():
            for record in self.records:
                versions = branches.get(record.row.id, ())
                if versions != record.versions:
                    record.versions = versions
                    record.measured = None

    def add(self, row: MessageRow) -> None:
        """Another message at the end; those that are not its parent's line are taken away."""
        ids = [record.row.id for record in self.records]
        if row.parent in ids:
            self._cut(ids.index(row.parent) + 1)
        elif row.parent is None:
            self._cut(0)
        self.records.append(MessageState(row))
        self._heights.append(self._estimate(len(self.records) - 1))
        self._choices()
        self.follow()

    def start(self, row: MessageRow, draft: Draft) -> None:
        """An answer begins, or goes on; ``draft`` is what it grows in."""
        self._drafts[row.id] = draft
        if (index := self._index(row.id)) is None:
            self.add(row)
        else:
            with self._kept(index):
                self.records[index].set_row(row)
        self.answering.emit(self.records[-1])

    def feed(self, message: int) -> None:
        """The draft of an answer has grown."""
        if message in self._drafts:
            self._stale.add(message)
            if not self._tick.isActive():
                self._tick.start(0)

    def finish(self, row: MessageRow, error: BaseException | None = None) -> None:
        """The answer as it is in the end."""
        self._drafts.pop(row.id, None)
        self._stale.discard(row.id)
        if (index := self._index(row.id)) is not None:
            with self._kept(index):
                self.records[index].set_row(row, error)
            self.answering.emit(self.records[index])

    def set_unseen(self, count: int) -> None:
        """How many of the first messages the model is not shown."""
        if count == self._unseen:
            return
        before, self._unseen = self._unseen, count
        for index in {before, count}:
            if index < len(self.records):
                self.records[index].measured = None
                self._heights[index] = self._estimate(index)
        self._settle()

    def show_work(self, message: int, read: float | None, *, offered: bool, hurried: bool) -> None:
        """What goes on before an answer on its way begins: how much of the prompt has been read,
        and whether the answer can be asked for now, and has been."""
        if (index := self._index(message)) is None:
            return
        record = self.records[index]
        now = (read, offered, hurried)
        if now != (record.read, record.offered, record.hurried):
            with self._kept(index):
                record.read, record.offered, record.hurried = now
                record.measured = None

    def set_busy(self, busy: bool) -> None:
        """Whether an answer is on its way, so that no other may be asked for."""
        if busy != self._busy:
            self._busy = busy
            self._choices()

    def plainText(self) -> str:
        """All that is shown, in order."""
        self._update_stale()
        texts = [record.plain_text() for record in self.records]
        if 0 < self._unseen < len(texts):
            texts.insert(self._unseen, self._line.text())
        return "\n\n".join(text for text in texts if text)

    def last(self, *, question: bool) -> MessageRow | None:
        """The last question, or the last answer."""
        rows = (record.row for record in reversed(self.records) if record.is_question is question)
        return next(rows, None)

    def _index(self, message: int) -> int | None:
        for index in range(len(self.records) - 1, -1, -1):
            if self.records[index].row.id == message:
                return index
        return None

    def _update_stale(self) -> None:
        if not self._stale:
            return
        started = time.monotonic()
        for message in self._stale:
            index, draft = self._index(message), self._drafts.get(message)
            if index is not None and draft:
                with self._kept(index):
                    self.records[index].set_parts(draft.parts)
                self.answering.emit(self.records[index])
        self._stale.clear()
        cost = (time.monotonic() - started) * 1000
        # Holds the next update back; `feed` meanwhile only takes note.
        self._tick.start(max(_SHORTEST_MS, round(cost * _COST)))

    def _make(self, kind: type) -> View:
        view = kind(self._theme)
        view.setParent(self.viewport())
        view.hide()
        view.resized.connect(lambda: self._resized(view))
        view.reached.connect(lambda rect: self._bring(rect.translated(view.pos())))
        view.copy.connect(lambda text: self._copy_message(view, text))
        view.version_wanted.connect(self.version_wanted)
        if isinstance(view, QuestionView):
            view.edit.connect(self.edit)
            view.file_toggled.connect(self._toggled_file)
        if isinstance(view, AnswerView):
            view.again.connect(self.again)
            view.resume.connect(self.resume)
            view.conclude.connect(self.conclude)
            view.act.connect(self.act)
            view.hurried.connect(self.hurried)
            view.thought_toggled.connect(self._toggled)
        return view

    def _choices(self) -> None:
        for view in self._views.values():
            self._choose(view)

    def _choose(self, view: View) -> None:
        if isinstance(view, AnswerView):
            view.set_choices(view.record is self.records[-1], self._busy)
        else:
            view.set_choices(self._busy)

    def _copy_message(self, view: View, text: str) -> None:
        if isinstance(view, AnswerView):
            copy_markdown(text)
            view.copied()
        else:
            copy_text(text)

    def _toggled(self, message: int, opened: bool) -> None:
        if (index := self._index(message)) is not None:
            with self._turned(index):
                self.records[index].set_opened(opened)
            self.thought_toggled.emit(message, opened)

    def _toggled_file(self, message: int, number: int, opened: bool) -> None:
        if (index := self._index(message)) is not None:
            with self._turned(index):
                self.records[index].files[number].opened = opened

    @contextlib.contextmanager
    def _turned(self, index: int) -> Iterator[None]:
        """The person opens or closes a part of a message. The header stays under the pointer, or
        what is read below it."""
        self._follow = False
        view = self._views.get(self.records[index])
        if view and view.y() >= 0:
            self._anchor = (index, self._value - EDGE - self._heights.top(index))
        with self._kept(index):
            yield
