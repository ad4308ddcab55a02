"""A virtual list: only visible messages have widgets, and nothing moves unexpectedly."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.conversation.context_limit_line import ContextLimitLine
from app.ui.conversation.height_estimate import HeightEstimate
from app.ui.conversation.message_heights import MessageHeights
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import GUTTER, MessageView
from app.ui.conversation.text_anchor import TextAnchor
from app.ui.conversation.view_pool import View, ViewPool
from app.ui.zoom import scaled

WIDTH = 740  # of the text, at most
NEAR = 24  # pixels from the end that still count as the end
_MARGIN = 24  # pixels beside the text at least, as beside the composer
_GAP = 26  # between messages
_EDGE = 28  # above the first and below the last
_OVERSCAN = 40  # pixels beyond the edges in which messages are laid out, too
_KEPT = 60  # messages whose blocks are kept although out of sight
_ROUNDS = 12  # of layout at most, until every height is as expected


class VirtualList(QObject):
    """The layout of message widgets in a scroll area.

    It follows the end while the end is visible. Otherwise it keeps the line at the top edge in
    place: the anchor is a message and the distance in pixels from the top of its place to the top
    edge. Heights of messages that were never visible are estimates, so scroll bar and anchor are
    corrected whenever a message is laid out. A message's place includes the line above it, if any,
    that marks what the model no longer sees.
    """

    prepared = Signal(MessageView)
    """A widget has been assigned a message, and is about to be laid out."""
    laid_out = Signal(MessageView)
    changed = Signal()
    """The contents of a message have changed."""
    settled = Signal()
    """Everything visible is in its place."""
    reordered = Signal(list)
    """The tab order has changed: all its widgets, in order."""

    def __init__(self, area: QAbstractScrollArea, views: ViewPool) -> None:
        super().__init__(area)
        self._area, self.views = area, views
        self.records: list[MessageState] = []
        self.heights = MessageHeights()
        self.following = True
        self.pixels = 15
        """The size of the text, zoomed."""
        self._text_size, self._zoom = 15, 1.0
        self.line = ContextLimitLine()
        self.line.setParent(area.viewport())
        self._unseen = 0  # messages above the line
        self._edge = _EDGE  # above the first message
        self._estimate = HeightEstimate()
        self._recent: dict[MessageState, None] = {}  # messages with blocks, oldest use first
        self._width = 0
        self._value = 0
        self._anchor = (0, 0)
        self._setting_bar = False
        self._tab_order_stale = False
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.timeout.connect(self._read_on)
        self._bar = area.verticalScrollBar()
        self._bar.valueChanged.connect(self._scrolled)
        self._bar.setSingleStep(40)
        views.made.connect(self._connect)

    def _connect(self, view: MessageView) -> None:
        view.resized.connect(lambda: self._resized(view))
        view.reached.connect(lambda rect: self.bring_into_view(rect.translated(view.pos())))

    # --- The messages -------------------------------------------------------------------------

    def reset(self, records: list[MessageState]) -> None:
        """Show other messages, from their end."""
        self.views.release_all()
        self.records = records
        self._recent = {}
        self.heights.set_all([self._expected(i) for i in range(len(records))])
        self.follow()

    def append(self, record: MessageState) -> None:
        """Add a message at the end; `follow` or `settle` places it."""
        self.records.append(record)
        self.heights.append(self._expected(len(self.records) - 1))

    def cut(self, keep: int) -> None:
        """Remove all messages but the first ``keep``."""
        for record in self.records[keep:]:
            self.views.release(record)
            self._recent.pop(record, None)
        del self.records[keep:]
        self.heights.cut(keep)

    def set_pixels(self, pixels: int) -> None:
        """Change the size of the text, in pixels of the design."""
        self._text_size = pixels
        pixels = scaled(pixels, self._zoom)
        if pixels != self.pixels:
            self.pixels = pixels
            with self.still():
                self._forget_heights()

    def set_zoom(self, zoom: float) -> None:
        """Change how much larger everything is than designed."""
        if zoom != self._zoom:
            self._zoom = zoom
            with self.still():
                self.set_pixels(self._text_size)
                self._forget_heights()
                self.area_resized()

    def set_unseen(self, count: int) -> None:
        """Draw the line below the first ``count`` messages, which the model does not see."""
        if count == self._unseen:
            return
        before, self._unseen = self._unseen, count
        for index in {before, count}:
            if index < len(self.records):
                self.records[index].measured = None
                self.heights[index] = self._expected(index)
        self.settle()

    @property
    def unseen(self) -> int:
        """The number of messages above the line; 0 without a line."""
        return self._unseen if self._unseen < len(self.records) else 0

    def visible_rect(self, record: MessageState) -> QRect | None:
        """Return a message's rectangle in the viewport, or None if it is out of sight."""
        view = self.views.get(record)
        return view.geometry() if view and not view.isHidden() else None

    @property
    def total(self) -> int:
        """The height of everything, in pixels."""
        return _EDGE + self._edge - _GAP + self.heights.total if self.records else 0

    # --- Scrolling ----------------------------------------------------------------------------

    def follow(self) -> None:
        """Scroll to the end, and stay there."""
        self.following = True
        self.settle()

    def show_message(self, index: int, offset: int = 0) -> None:
        """Scroll a message, or the place ``offset`` pixels below its top, to the top edge."""
        self.following = False
        self._anchor = (index, offset - _EDGE)
        self.settle()

    def clear_top(self, pixels: int) -> None:
        """Keep so many pixels above the first message clear; a scrolled view does not move."""
        if self._edge != max(_EDGE, pixels):
            self._edge = max(_EDGE, pixels)
            self.settle()

    def bring_into_view(self, rect: QRect) -> None:
        """Scroll just enough to make a rectangle of the viewport visible."""
        high = self._area.viewport().height()
        bar = self._bar
        if rect.top() < NEAR:
            bar.setValue(bar.value() + rect.top() - NEAR)
        elif rect.bottom() > high - NEAR:
            bar.setValue(bar.value() + min(rect.top() - NEAR, rect.bottom() - high + NEAR))

    def bring_widget_into_view(self, widget: QWidget) -> None:
        """Scroll just enough to make a widget of a message visible."""
        place = widget.mapTo(self._area.viewport(), QPoint(0, 0))
        self.bring_into_view(QRect(place, widget.size()))

    def offset_of(self, index: int) -> int:
        """Return how far the top edge is below the top of a message, in pixels."""
        return self._value - self._edge - self.heights.top(min(index, len(self.records)))

    def pin(self, index: int, offset: int | None = None) -> None:
        """Make a message the anchor, at ``offset`` pixels below its top or where it is now."""
        self.following = False
        self._anchor = (index, self.offset_of(index) if offset is None else offset)

    @property
    def far_from_end(self) -> bool:
        """Whether the end is so far below that the jump button is shown."""
        return self._value < self._bar.maximum() - 4 * NEAR

    def _scrolled(self, value: int) -> None:
        if self._setting_bar:
            return
        self.following = value >= self._bar.maximum() - NEAR
        self._anchor = self._anchor_at(value)
        self.settle()

    def _anchor_at(self, value: int) -> tuple[int, int]:
        """Return the first visible message whose height is known, else the first visible one."""
        if not self.records:
            return 0, 0
        first = index = self.heights.at(value - self._edge)
        top = start = self._edge + self.heights.top(first)
        while index < len(self.records) and top < value + self._area.viewport().height():
            if self.records[index].measured is not None:
                return index, value - top
            top += self.heights[index]
            index += 1
        return first, value - start

    # --- Keeping the view in place ------------------------------------------------------------

    @contextlib.contextmanager
    def keeping_place(self, index: int) -> Iterator[None]:
        """Change one message within this context; the text being read stays in place."""
        anchor = self._text_anchor() if not self.following and index == self._anchor[0] else None
        record = self.records[index]
        yield
        record.measured = None
        self.changed.emit()
        if anchor and anchor.record is record:
            self._restore(anchor)
        self.settle()

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Change any messages within this context; the line at the top edge stays in place."""
        anchor = None if self.following else self._text_anchor()
        yield
        if anchor and anchor.record in self.records:
            self._restore(anchor)
        self.settle()

    def _text_anchor(self) -> TextAnchor | None:
        index, offset = self._anchor
        if not index < len(self.records):
            return None
        record = self.records[index]
        return TextAnchor.at(record, self.views.get(record), offset, self._above(index))

    def _restore(self, anchor: TextAnchor) -> None:
        index = self.records.index(anchor.record)
        self._measure(index)
        view, height = self.views.active[anchor.record], self.heights[index] - _GAP
        self._anchor = (index, anchor.offset(view, height, self._above(index)))

    # --- Heights ------------------------------------------------------------------------------

    def _expected(self, index: int) -> int:
        """Return the expected height of a message's place, before it was laid out."""
        return self._above(index) + self._guess(self.records[index]) + _GAP

    def _guess(self, record: MessageState) -> int:
        return self._estimate.guess(record, self._width, self.pixels)

    def _above(self, index: int) -> int:
        """Return the height of what is above a message in its place."""
        return self.line.sizeHint().height() + _GAP if 0 < self._unseen == index else 0

    def _measure(self, index: int) -> bool:
        """Lay out a message. Return whether its height is as expected."""
        record = self.records[index]
        view = self.views.acquire(record)
        if record.measured is None:
            view.pixels = self.pixels
            view.show_record(record)
            self.prepared.emit(view)
            guessed = self._guess(record)
            record.measured = view.lay_out(self._width)
            if not any(
                section.unread for section in record.visible
            ):  # otherwise it is not complete
                self._estimate.learn(record.measured, guessed)
            self.laid_out.emit(view)
            files, made, asked = len(record.files), len(record.made), record.asked
            stops = (
                len(view.shown), files, record.notice, record.streaming, record.opened,
                record.rows, made, asked,
            )  # fmt: skip
            self._tab_order_stale |= stops != view.stops
            view.stops = stops
        height = self._above(index) + record.measured + _GAP
        same = height == self.heights[index]
        if not same:
            self.heights[index] = height
        return same

    def _forget_heights(self) -> None:
        """Have every message laid out again when it becomes visible."""
        for record in self.records:
            record.measured = None
        self.heights.set_all([self._expected(i) for i in range(len(self.records))])

    def _resized(self, view: MessageView) -> None:
        record = view.record
        if record is None or record.measured is None:  # it is about to be laid out
            return
        if self.views.get(record) is view:
            with self.keeping_place(self.records.index(record)):
                pass

    # --- Placing ------------------------------------------------------------------------------

    def area_resized(self) -> None:
        """Lay out for the present size of the scroll area."""
        bar = self._bar.sizeHint().width()
        room = self._area.width() - 2 * max(scaled(_MARGIN, self._zoom) - GUTTER, bar)
        width = max(200, min(scaled(WIDTH, self._zoom) + 2 * GUTTER, room))
        if width == self._width:
            self.settle()
            return
        with self.still():
            self._width = width
            self._forget_heights()

    def settle(self) -> None:
        """Lay out and place the visible messages, with the anchor in place.

        Each round of measuring may change which messages are visible, until all heights are as
        expected.
        """
        showing = self._area.isVisible() or self.views.active or self.records
        if not self._width or not showing:
            return
        high = self._area.viewport().height()
        first = last = value = 0
        for _ in range(_ROUNDS):
            value = self._wanted(high)
            if not self.records:
                break
            first = self.heights.at(max(0, value - self._edge - _OVERSCAN))
            last, sound = first, True
            top = self._edge + self.heights.top(first)
            while last < len(self.records) and top < value + high + _OVERSCAN:
                sound &= self._measure(last)
                top += self.heights[last]
                last += 1
            if sound:
                break
        self._value = value
        if not self.following:  # keep the line at the top edge
            self._anchor = self._anchor_at(value)
        self._set_bar(value, high)
        self._place(first, last, value)
        self.settled.emit()
        if not self._reading.isActive() and self.unread() is not None:
            self._reading.start(0)

    def _wanted(self, high: int) -> int:
        """Return where the top edge must be, in a view ``high`` pixels high."""
        most = max(0, self.total - high)
        if self.following:
            return most
        index, offset = self._anchor
        wanted = self._edge + self.heights.top(min(index, len(self.records))) + offset
        return min(max(0, wanted), most)

    def _set_bar(self, value: int, high: int) -> None:
        self._setting_bar = True
        self._bar.setPageStep(high)
        self._bar.setRange(0, max(0, self.total - high))
        self._bar.setValue(value)
        self._setting_bar = False

    def _place(self, first: int, last: int, value: int) -> None:
        shown = self.records[first:last]
        for record in [each for each in self.views.active if each not in shown]:
            self.views.release(record)
        # The column is centred in the window, with or without a scroll bar.
        left = (self._area.width() - self._width) // 2
        top = self._edge + self.heights.top(first) - value if shown else 0
        self.line.hide()
        appeared = False
        for index, record in enumerate(shown, first):
            above = self._above(index)
            if above:
                self.line.setGeometry(left, top, self._width, self.line.sizeHint().height())
                self.line.show()
            view = self.views.active[record]
            view.setGeometry(left, top + above, self._width, record.measured or 0)
            if view.isHidden():
                view.show()
                appeared = True
            for _, canvas in view.shown:
                canvas.place_buttons()
            top += self.heights[index]
            self._recent.pop(record, None)
            self._recent[record] = None
        if appeared or self._tab_order_stale:
            self._tab_order_stale = False
            self.reordered.emit(self._tab_stops(shown))
        self._forget_blocks(_KEPT + len(shown))

    def _tab_stops(self, shown: Sequence[MessageState]) -> list[QWidget]:
        views: list[View] = [self.views.active[record] for record in shown]
        return [stop for view in views for stop in view.tab_stops()]

    def _forget_blocks(self, kept: int) -> None:
        while len(self._recent) > kept:
            oldest = next(iter(self._recent))
            del self._recent[oldest]
            oldest.forget()

    # --- Long messages ------------------------------------------------------------------------

    def unread(self) -> int | None:
        """Return the index of a visible message that is only partly laid out, or None."""
        for record in self.views.active:
            if any(section.unread for section in record.visible):
                return self.records.index(record)
        return None

    @property
    def reading(self) -> bool:
        """Whether more of a message will be laid out when idle."""
        return self._reading.isActive()

    def _read_on(self) -> None:
        if (index := self.unread()) is not None:
            with self.keeping_place(index):
                for section in self.records[index].visible:
                    if section.unread:
                        section.read_on()
