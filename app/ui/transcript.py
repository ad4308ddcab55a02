"""The conversation on screen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from app.base.types import Draft, Effort, Role
from app.store import MessageRow
from app.ui.controls import Button, column
from app.ui.errors import Action
from app.ui.messages import GUTTER, Answer, Question, UnseenLine
from app.ui.theme import Look

WIDTH = 740  # of the text, at most
_MARGIN = 24 - GUTTER
_AT_ONCE = 24  # messages made before the first paint; the earlier ones follow
_NEAR = 24  # pixels from the end that still count as the end
_SHORTEST_MS = 28  # between two updates of a growing answer
_COST = 3  # an update comes no sooner than so many times the last one's cost


class Transcript(QScrollArea):
    """Shows messages, and answers while they grow. It follows the end while the end is in
    sight, and stays where it is when the person has scrolled up."""

    again = Signal(int, Effort)
    resume = Signal(int)
    thought_toggled = Signal(int, bool)
    hurried = Signal()
    """The answer on its way is to come now."""
    act = Signal(Action)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("transcript")
        self.setAccessibleName("Conversation")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("transcriptPage")
        self._column = QWidget()
        self._column.setMaximumWidth(WIDTH + 2 * GUTTER)
        self._layout = column(self._column, (0, 28, 0, 28), gap=26)
        self._layout.addStretch(1)
        row = self._row = QHBoxLayout(page)
        row.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
        row.addStretch(1)
        row.addWidget(self._column, 1000)
        row.addStretch(1)
        self.setWidget(page)

        self._views: list[Question | Answer] = []
        self._earlier: list[MessageRow] = []
        self._drafts: dict[int, Draft] = {}
        self._stale: set[int] = set()
        self._busy = False
        self._unseen = 0
        self._line = UnseenLine()
        self._line.setParent(self._column)
        self._follow = True
        self._below: int | None = None  # distance to keep from the end while earlier ones come
        self._tick = self._timer(self._update_stale)
        self._more = self._timer(self._add_earlier)
        self._jump = Button(
            look, "jumpToLatest", "Jump to the latest", icon="arrow-down", kind="float",
            colour="text", size=16, clicked=self.follow,
        )  # fmt: skip
        self._jump.setParent(self)
        self._jump.setFixedSize(34, 34)
        self._jump.hide()
        self.verticalScrollBar().rangeChanged.connect(self._range_changed)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    def set_rows(
        self, rows: Sequence[MessageRow], drafts: Mapping[int, Draft] | None = None
    ) -> None:
        """Shows a conversation from its end, with the drafts of answers that are on their way."""
        self._more.stop()
        self._tick.stop()
        self._cut(0)
        self._earlier = list(rows[:-_AT_ONCE])
        self._drafts = dict(drafts or {})
        self._stale = set()
        for row in rows[-_AT_ONCE:]:
            self._append(row)
        self._place_line()
        self.follow()
        self._choices()
        if self._earlier:
            self._more.start(30)

    def add(self, row: MessageRow) -> None:
        """Another message at the end; those that are not its parent's line are taken away."""
        keep = next(
            (i + 1 for i, view in enumerate(self._views) if view.row.id == row.parent), None
        )
        if keep is not None:
            self._cut(keep)
        elif row.parent is None:
            self._cut(0)
        self._append(row)
        self._place_line()
        self.follow()
        self._choices()

    def start(self, row: MessageRow, draft: Draft) -> None:
        """An answer begins, or goes on; ``draft`` is what it grows in."""
        self._drafts[row.id] = draft
        view = self._answer(row.id)
        if view:
            view.set_row(row)
            self._choices()
        else:
            self.add(row)

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
        if view := self._answer(row.id):
            view.set_row(row, error)
            self._choices()

    def set_unseen(self, count: int) -> None:
        """How many of the first messages the model is not shown."""
        if count != self._unseen:
            self._unseen = count
            self._place_line()

    def show_work(self, message: int, read: float | None, *, offered: bool, hurried: bool) -> None:
        """What goes on before an answer on its way begins; see Thought."""
        if view := self._answer(message):
            view.thought.show_work(read, offered=offered, hurried=hurried)

    def set_busy(self, busy: bool) -> None:
        """Whether an answer is on its way, so that no other may be asked for."""
        if busy != self._busy:
            self._busy = busy
            self._choices()

    def follow(self) -> None:
        """To the end, and stay there."""
        self._follow = True
        self._below = None
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._show_jump()

    def plainText(self) -> str:
        """All that is shown, in order."""
        while self._earlier:
            self._add_earlier()
        self._update_stale()
        texts = [view.plain_text() for view in self._views]
        if not self._line.isHidden():
            texts.insert(self._unseen, self._line.text())
        return "\n\n".join(text for text in texts if text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self._jump.size()
        self._jump.move(
            (self.viewport().width() - size.width()) // 2, self.height() - size.height() - 12
        )

    def _timer(self, work: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(work)
        return timer

    def _answer(self, message: int) -> Answer | None:
        for view in reversed(self._views):
            if view.row.id == message and isinstance(view, Answer):
                return view
        return None

    def _make(self, row: MessageRow) -> Question | Answer:
        if row.message.role is Role.USER:
            return Question(self._look, row)
        answer = Answer(self._look, row)
        answer.again.connect(self.again)
        answer.resume.connect(self.resume)
        answer.act.connect(self.act)
        answer.hurried.connect(self.hurried)
        answer.thought_toggled.connect(self._toggled)
        answer.set_row(row)
        if draft := self._drafts.get(row.id):
            answer.show_parts(draft.parts, streaming=True)
        return answer

    def _append(self, row: MessageRow) -> None:
        view = self._make(row)
        self._views.append(view)
        self._layout.insertWidget(self._layout.count() - 1, view)

    def _cut(self, keep: int) -> None:
        for view in self._views[keep:]:
            self._layout.removeWidget(view)
            view.hide()
            view.deleteLater()
        del self._views[keep:]
        if keep == 0:
            self._earlier = []

    def _place_line(self) -> None:
        """Above the first message that the model is shown, once that one is made."""
        at = self._unseen - len(self._earlier)
        self._layout.removeWidget(self._line)
        shown = self._unseen > 0 and 0 <= at < len(self._views)
        if shown:
            self._layout.insertWidget(at, self._line)
        self._line.setVisible(shown)

    def _add_earlier(self) -> None:
        """A few of the messages above, without moving what is in sight."""
        bar = self.verticalScrollBar()
        if not self._follow:
            self._below = bar.maximum() - bar.value()
        for _ in range(min(4, len(self._earlier))):
            view = self._make(self._earlier.pop())
            self._views.insert(0, view)
            self._layout.insertWidget(0, view)
        self._place_line()
        self._choices()
        if self._earlier:
            self._more.start(15)
        else:
            QTimer.singleShot(200, self, self._settled)

    def _settled(self) -> None:
        self._below = None

    def _update_stale(self) -> None:
        if not self._stale:
            return
        started = time.monotonic()
        for message in self._stale:
            view, draft = self._answer(message), self._drafts.get(message)
            if view and draft:
                view.show_parts(draft.parts, streaming=True)
        self._stale.clear()
        cost = (time.monotonic() - started) * 1000
        # Holds the next update back; `feed` meanwhile only takes note.
        self._tick.start(max(_SHORTEST_MS, round(cost * _COST)))

    def _choices(self) -> None:
        for view in self._views:
            if isinstance(view, Answer):
                view.set_choices(view is self._views[-1], self._busy)

    def _toggled(self, message: int, opened: bool) -> None:
        self._follow = False  # the header stays under the pointer
        self.thought_toggled.emit(message, opened)

    def _range_changed(self, _: int, maximum: int) -> None:
        bar = self.verticalScrollBar()
        # The column stays in the window's middle when the bar appears.
        right = _MARGIN - (bar.sizeHint().width() if maximum else 0)
        self._row.setContentsMargins(_MARGIN, 0, right, 0)
        if self._follow:
            bar.setValue(maximum)
        elif self._below is not None:
            bar.setValue(maximum - self._below)
        self._show_jump()

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        self._follow = value >= bar.maximum() - _NEAR
        if self._below is not None:
            self._below = bar.maximum() - value
        self._show_jump()

    def _show_jump(self) -> None:
        bar = self.verticalScrollBar()
        self._jump.setVisible(bar.value() < bar.maximum() - 4 * _NEAR)
        self._jump.raise_()
