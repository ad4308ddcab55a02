"""Messages below each other: only what is in sight is a widget, and nothing moves unasked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from app.ui.controls import Button
from app.ui.conversation.context_limit_line import ContextLimitLine
from app.ui.conversation.keyboard_focus import KeyboardFocus
from app.ui.conversation.message_heights import MessageHeights
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import GUTTER, AnswerView
from app.ui.conversation.question_view import QuestionView
from app.ui.conversation.sections import Section
from app.ui.theme import Theme
from app.wording.language import tr

WIDTH = 740  # of the text, at most
_MARGIN = 24 - GUTTER
_GAP = 26  # between messages
EDGE = 28  # above the first and below the last
_NEAR = 24  # pixels from the end that still count as the end
_AHEAD = 40  # pixels beyond the edges in which messages are made ready
_LEARNT = 0.02  # of how much a height was guessed wrong
_FILE = 40  # pixels of a file that came with a message, and is closed
_KEPT = 60  # messages whose blocks are kept while they are out of sight

View = QuestionView | AnswerView


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that is to stay where it is: ``above`` pixels below the top edge of the view."""

    record: MessageState
    section: Section | None
    position: int
    above: int


class VirtualList(QAbstractScrollArea):
    """Messages below each other. It follows the end while the end is in sight, and stays where
    it is when the person has scrolled up."""

    zoomed = Signal(int)
    """Larger (1) or smaller (-1), by Ctrl and the wheel."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        # The one that is there has been asked about by a screen reader before anybody could tell
        # whose it is.
        self.setViewport(QWidget())
        self._theme = theme
        self.setObjectName("transcript")
        self.setAccessibleName(tr("Conversation"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setObjectName("transcriptPage")
        self.records: list[MessageState] = []
        self._heights = MessageHeights()
        self._views: dict[MessageState, View] = {}
        self._idle: dict[type, list[View]] = {QuestionView: [], AnswerView: []}
        self._recent: dict[MessageState, None] = {}  # whose blocks are kept, the last seen one last
        self._unseen = 0
        self._pixels = 15
        self._width = 0
        self._value = 0
        self._follow = True
        self._anchor = (0, 0)  # a message, and how far the top edge is below its top
        self._setting = False
        self._disordered = False  # does the Tab key not go from top to bottom?
        self._scale = 1.0  # how much higher messages are than was estimated
        self._line = ContextLimitLine()
        self._line.setParent(self.viewport())
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.timeout.connect(self._read_on)
        self._jump = Button(
            theme, "jumpToLatest", tr("Jump to the latest"), icon="arrow-down", kind="float",
            colour="text", size=16, shortcut="End", clicked=self.follow,
        )  # fmt: skip
        self._jump.setParent(self)
        self._jump.setFixedSize(34, 34)
        self._jump.hide()
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().setSingleStep(40)
        theme.changed.connect(self._recolour)
        self._focus = KeyboardFocus(self)
        self._focus.reached.connect(
            lambda w: self._bring(QRect(w.mapTo(self.viewport(), QPoint(0, 0)), w.size()))
        )

    # --- How it stands ------------------------------------------------------------------------

    def follow(self) -> None:
        """To the end, and stay there."""
        self._follow = True
        self._settle()

    def set_pixels(self, pixels: int) -> None:
        """The size of the text."""
        if pixels != self._pixels:
            self._pixels = pixels
            with self._still():
                self._forget_heights()

    def _cut(self, keep: int) -> None:
        for record in self.records[keep:]:
            self._release(record)
            self._recent.pop(record, None)
        del self.records[keep:]
        self._heights.cut(keep)

    # --- Heights ------------------------------------------------------------------------------

    def _estimate(self, index: int) -> int:
        """How high a message will be with what is above it, before it was laid out."""
        record = self.records[index]
        return self._above(index) + self._guess(record) + _GAP

    def _guess(self, record: MessageState) -> int:
        inner = max(120, self._width - 2 * GUTTER)
        if record.is_question:
            inner = round(inner * 0.75)
        lines = record.characters / (inner / (0.5 * self._pixels)) + 0.6 * record.lines
        rest = 30 + _FILE * len(record.files) if record.is_question else 90
        return max(24, round(self._scale * (rest + lines * 1.5 * self._pixels)))

    def _above(self, index: int) -> int:
        """What stands above a message: the line under what the model no longer sees."""
        return self._line.sizeHint().height() + _GAP if 0 < self._unseen == index else 0

    def _measure(self, index: int) -> bool:
        """Lays a message out. Whether it is as high as was thought."""
        record = self.records[index]
        view = self._view(record)
        if record.measured is None:
            view.pixels = self._pixels
            view.show_record(record)
            self._choose(view)
            guessed = self._guess(record)
            record.measured = view.lay_out(self._width)
            if not any(section.unread for section in record.visible):  # else it grows yet
                self._scale *= 1 + _LEARNT * (min(max(record.measured / guessed, 0.5), 2) - 1)
                self._scale = min(max(self._scale, 0.5), 2.0)
            self._ink(record, view)
            files = len(record.files)
            stops = (len(view.shown), files, record.notice, record.streaming, record.opened)
            self._disordered |= stops != view.stops
            view.stops = stops
        height = self._above(index) + record.measured + _GAP
        same = height == self._heights[index]
        if not same:
            self._heights[index] = height
        return same

    def _forget_heights(self) -> None:
        """All are laid out anew when they come into sight."""
        for record in self.records:
            record.measured = None
        self._heights.set_all([self._estimate(i) for i in range(len(self.records))])

    # --- What stays where it is ---------------------------------------------------------------

    @contextlib.contextmanager
    def _kept(self, index: int) -> Iterator[None]:
        """A message changes, and what the person reads of it stays where it is."""
        mark = self._mark() if not self._follow and index == self._anchor[0] else None
        record = self.records[index]
        yield
        record.measured = None
        self._changed()
        if mark and mark.record is record:
            self._measure(index)
            self._hold(mark)
        self._settle()

    @contextlib.contextmanager
    def _still(self) -> Iterator[None]:
        """All is laid out anew, and the line at the top edge stays there."""
        mark = None if self._follow else self._mark()
        yield
        if mark and mark.record in self.records:
            self._measure(self.records.index(mark.record))
            self._hold(mark)
        self._settle()

    def _mark(self) -> _Mark | None:
        index, offset = self._anchor
        if not index < len(self.records):
            return None
        record = self.records[index]
        view = self._views.get(record)
        inside = offset - self._above(index)
        if view is None or inside <= 0 or record.measured is None:
            return _Mark(record, None, 0, -offset)
        found = view.position_at(QPoint(view.width() // 4, inside))
        if found is None:
            return _Mark(record, None, 0, -offset)
        section, position = found
        place = view.place_of(section, position) or 0
        return _Mark(record, section, position, place - inside)

    def _hold(self, mark: _Mark) -> None:
        index = self.records.index(mark.record)
        view = self._views[mark.record]
        place = view.place_of(mark.section, mark.position) if mark.section else None
        if place is None:
            highest = self._heights[index] - _GAP
            self._anchor = (index, min(-mark.above, highest) if mark.above < 0 else -mark.above)
            if mark.section is not None:  # what was read is not shown any more
                self._anchor = (index, 0)
        else:
            self._anchor = (index, place + self._above(index) - mark.above)

    # --- Which widgets there are --------------------------------------------------------------

    def _settle(self) -> None:
        """Lays out what is in sight, with the anchor where it is, until all of it is as high as
        was thought; then places it."""
        if not self._width or (not self.isVisible() and not self._views and not self.records):
            return
        high = self.viewport().height()
        first = last = 0
        for _ in range(12):
            value = self._wanted(high)
            if not self.records:
                break
            first = self._heights.at(max(0, value - EDGE - _AHEAD))
            last, sound = first, True
            top = EDGE + self._heights.top(first)
            while last < len(self.records) and top < value + high + _AHEAD:
                sound &= self._measure(last)
                top += self._heights[last]
                last += 1
            if sound:
                break
        self._value = value
        if not self._follow:  # what is at the edge now is what is to stay there
            self._anchor = self._anchor_at(value)
        self._set_bar(value, high)
        self._place(first, last, value)
        self._show_jump()
        if not self._more.isActive() and self._unread() is not None:
            self._more.start(0)

    def _unread(self) -> int | None:
        """A message in sight of which only the beginning is laid out yet."""
        for record in self._views:
            if any(section.unread for section in record.visible):
                return self.records.index(record)
        return None

    def _read_on(self) -> None:
        if (index := self._unread()) is not None:
            with self._kept(index):
                for section in self.records[index].visible:
                    if section.unread:
                        section.read_on()

    def _wanted(self, high: int) -> int:
        most = max(0, self._total() - high)
        return most if self._follow else min(max(0, self._unbounded()), most)

    def _unbounded(self) -> int:
        """Where the anchor wants the top edge."""
        index, offset = self._anchor
        return EDGE + self._heights.top(min(index, len(self.records))) + offset

    def _total(self) -> int:
        return 2 * EDGE - _GAP + self._heights.total if self.records else 0

    def _set_bar(self, value: int, high: int) -> None:
        bar = self.verticalScrollBar()
        self._setting = True
        bar.setPageStep(high)
        bar.setRange(0, max(0, self._total() - high))
        bar.setValue(value)
        self._setting = False

    def _place(self, first: int, last: int, value: int) -> None:
        shown = self.records[first:last]
        for record in [each for each in self._views if each not in shown]:
            self._release(record)
        left = self._left()
        top = EDGE + self._heights.top(first) - value if shown else 0
        self._line.hide()
        moved = False
        for index, record in enumerate(shown, first):
            above = self._above(index)
            if above:
                size = self._line.sizeHint()
                self._line.setGeometry(left, top, self._width, size.height())
                self._line.show()
            view = self._views[record]
            view.setGeometry(left, top + above, self._width, record.measured or 0)
            if view.isHidden():
                view.show()
                moved = True
            for _, canvas in view.shown:
                canvas.place_buttons()
            top += self._heights[index]
            self._recent.pop(record, None)
            self._recent[record] = None
        if moved or self._disordered:
            self._disordered = False
            self._order_tabs(shown)
        while len(self._recent) > _KEPT + len(shown):
            oldest = next(iter(self._recent))
            del self._recent[oldest]
            oldest.forget()

    def _left(self) -> int:
        """The column is in the middle of the window, whether or not there is a scroll bar."""
        return (self.width() - self._width) // 2

    def _view(self, record: MessageState) -> View:
        if (view := self._views.get(record)) is not None:
            return view
        kind = QuestionView if record.is_question else AnswerView
        view = self._idle[kind].pop() if self._idle[kind] else self._make(kind)
        record.measured = None
        self._views[record] = view
        return view

    def _release(self, record: MessageState) -> None:
        view = self._views.pop(record, None)
        if view is None:
            return
        focus = QApplication.focusWidget()
        if focus and view.isAncestorOf(focus):
            self.setFocus()
        view.hide()
        self._idle[type(view)].append(view)

    def _resized(self, view: View) -> None:
        record = view.record
        if record is not None and self._views.get(record) is view:
            with self._kept(self.records.index(record)):
                pass

    def _bring(self, rect: QRect) -> None:
        """Scrolls as little as brings a place of the view into sight."""
        high = self.viewport().height()
        bar = self.verticalScrollBar()
        if rect.top() < _NEAR:
            bar.setValue(bar.value() + rect.top() - _NEAR)
        elif rect.bottom() > high - _NEAR:
            bar.setValue(bar.value() + min(rect.top() - _NEAR, rect.bottom() - high + _NEAR))

    def _order_tabs(self, shown: Sequence[MessageState]) -> None:
        stops: list[QWidget] = []
        for record in shown:
            view = self._views[record]
            stops += view.tab_stops()
        self._focus.watch(stops)
        for one, next_one in pairwise(stops):
            QWidget.setTabOrder(one, next_one)

    # --- What the person does -----------------------------------------------------------------

    def _scrolled(self, value: int) -> None:
        if self._setting:
            return
        self._follow = value >= self.verticalScrollBar().maximum() - _NEAR
        self._anchor = self._anchor_at(value)
        self._settle()

    def _anchor_at(self, value: int) -> tuple[int, int]:
        """The first message in sight whose height is known, or else the first."""
        if not self.records:
            return 0, 0
        first = index = self._heights.at(value - EDGE)
        top = start = EDGE + self._heights.top(first)
        while index < len(self.records) and top < value + self.viewport().height():
            if self.records[index].measured is not None:
                return index, value - top
            top += self._heights[index]
            index += 1
        return first, value - start

    def show_message(self, index: int, offset: int = 0) -> None:
        """Brings a message to the top edge, or what is ``offset`` pixels below its top."""
        self._follow = False
        self._anchor = (index, offset - EDGE)
        self._settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self._jump.size()
        self._jump.move((self.width() - size.width()) // 2, self.height() - size.height() - 12)
        self._place_bars()
        bar = self.verticalScrollBar().sizeHint().width()
        room = self.width() - 2 * max(_MARGIN, bar)
        width = max(200, min(WIDTH + 2 * GUTTER, room))
        if width == self._width:
            self._settle()
            return
        with self._still():
            self._width = width
            self._forget_heights()

    def _place_bars(self) -> None:
        """What floats over the page."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if turned := event.angleDelta().y():
                self.zoomed.emit(1 if turned > 0 else -1)
        else:
            super().wheelEvent(event)
        event.accept()  # nothing behind it scrolls at the end

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Every message is placed anew instead."""

    def _recolour(self) -> None:
        for record in self.records:
            for section in record:
                section.restyle()
        self.viewport().update()

    def _show_jump(self) -> None:
        bar = self.verticalScrollBar()
        self._jump.setVisible(self._value < bar.maximum() - 4 * _NEAR)
        self._jump.raise_()

    def visible_rect(self, record: MessageState) -> QRect | None:
        """Where a message is in the view, if it is in sight."""
        view = self._views.get(record)
        return view.geometry() if view and not view.isHidden() else None

    # --- What a subclass knows ----------------------------------------------------------------

    def _make(self, kind: type) -> View:
        """A widget for messages, in the viewport and hidden."""
        raise NotImplementedError

    def _choose(self, view: View) -> None:
        """Which of its buttons a message has now."""

    def _ink(self, record: MessageState, view: View) -> None:
        """What is painted over the text of a message."""

    def _changed(self) -> None:
        """A message is not what it was."""
