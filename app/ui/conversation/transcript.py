"""The conversation, with what a person does in it by mouse and keyboard: selecting and copying."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication

from app.base.types import Draft
from app.store import MessageRow
from app.ui.blocks.box import Highlights, Range, Style
from app.ui.blocks.column import Column
from app.ui.clipboard import RICHEST, copy_text
from app.ui.controls import keyed, menu_of
from app.ui.conversation.accessible import Announcer, install
from app.ui.conversation.find_bar import FindBar, FindHit, FindMarks, places_in
from app.ui.conversation.message_list import MessageList
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import rects_at
from app.ui.conversation.selection import Selection, TextPosition, word_at
from app.ui.conversation.virtual_list import View
from app.ui.theme import Theme
from app.wording.language import tr

_EDGE_SCROLL_MS = 30
_SEARCH_MS = 300
_STEP = 40  # pixels of an arrow key
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Transcript(MessageList):
    """A page whose text can be selected over blocks and messages, and copied."""

    forked = Signal(int)
    """A chat of its own is to go on from a message."""

    def __init__(self, theme: Theme) -> None:
        install()  # first: a screen reader that is there asks at once
        super().__init__(theme)
        self.markdown = True
        """Whether a copy is Markdown, or else plain text."""
        self._selection = Selection(theme)
        self._presses = 0
        self._pressed_at = 0.0
        self._pressed = QPoint()
        self._dragging = False
        self._pull = QTimer(self)
        self._pull.setInterval(_EDGE_SCROLL_MS)
        self._pull.timeout.connect(self._pull_on)
        self._pressed_last = QPoint()
        self.viewport().setMouseTracking(True)
        self.find = FindBar(theme, self)
        self.find.found.connect(self._show_found)
        self.find.went.connect(self._show_hit)
        self.find.closed.connect(self.setFocus)
        self._marks = FindMarks(theme, self.verticalScrollBar())
        self._again = QTimer(self)  # what was found is looked for again
        self._again.setSingleShot(True)
        self._again.setInterval(_SEARCH_MS)
        self._again.timeout.connect(lambda: self.find.refresh(self.records))
        self.herald = Announcer(self)

    def _place_bars(self) -> None:
        size = self.find.sizeHint()
        self.find.setGeometry(self.width() - size.width() - 26, 10, size.width(), size.height())

    def open_find(self) -> None:
        """Asks what to look for."""
        self.find.open(self.records, self.selected_text(markdown=False))

    def go_to(self, message: int, words: str) -> None:
        """Shows a message, and where the words are in it, if need be by opening what hides them."""
        if (index := self._index(message)) is None:
            return
        record = self.records[index]
        wanted = words.casefold()
        if not any(wanted in section.plain.casefold() for section in record.visible):
            hidden = (section for section in record if wanted in section.plain.casefold())
            with self._kept(index):
                for section in (*hidden,)[:1]:
                    record.open(section)
        self.show_message(index)
        if words:
            self.find.open(self.records, words, index)

    # --- What changes -------------------------------------------------------------------------

    def set_rows(
        self, rows: Sequence[MessageRow], drafts: Mapping[int, Draft] | None = None
    ) -> None:
        self._selection.clear()
        super().set_rows(rows, drafts)
        self._again.start()

    def _cut(self, keep: int) -> None:
        super()._cut(keep)
        ends = self._selection.ends
        if ends and ends[1].message >= keep:
            self._selection.clear()

    def _changed(self) -> None:
        if self.find.isVisible() and not self._again.isActive():
            self._again.start()

    # --- Where things are ---------------------------------------------------------------------

    def point_at(self, place: QPoint) -> TextPosition | None:
        """The position nearest to a place in the view."""
        views = sorted(
            ((self.records.index(record), view) for record, view in self._views.items()),
            key=lambda pair: pair[0],
        )
        if not views:
            return None

        def distance(pair: tuple[int, View]) -> int:
            area = pair[1].geometry()
            return max(area.top() - place.y(), place.y() - area.bottom(), 0)

        index, view = min(views, key=distance)
        found = view.position_at(view.mapFrom(self.viewport(), place))
        if found is None:
            return None
        section, position = found
        return TextPosition(index, self.records[index].sections.index(section), position)

    def _length(self, message: int, section: int) -> int:
        return self._column(message, section).length

    def _column(self, message: int, section: int) -> Column:
        record = self.records[message]
        view = self._views.get(record)
        part = record.sections[section]
        canvas = view.canvas_of(part) if view else None
        return canvas.column if canvas else part.column(self._theme, Style(self._pixels))

    # --- Selecting ----------------------------------------------------------------------------

    def select(self, fixed: TextPosition, moving: TextPosition) -> None:
        """Selects what is between two positions."""
        self._selection.set(fixed, moving)
        self._paint_selection()

    def select_all(self) -> None:
        """Every message."""
        if not self.records:
            return
        last = len(self.records) - 1
        sections = len(self.records[last].sections)
        end = (
            TextPosition(last, sections - 1, self._length(last, sections - 1)) if sections else None
        )
        self.select(TextPosition(0, 0, 0), end or TextPosition(last, 0, 0))

    def clear_selection(self) -> None:
        """Nothing is selected any more."""
        if self._selection:
            self._selection.clear()
            self._paint_selection()

    def selected_text(self, *, markdown: bool | None = None) -> str:
        """What a copy is."""
        wanted = self.markdown if markdown is None else markdown
        return self._selection.copy(self.records, Style(self._pixels), markdown=wanted)

    def _paint_selection(self) -> None:
        for record, view in self._views.items():
            self._ink(record, view)

    def _ink(self, record: MessageState, view: View) -> None:
        message = self.records.index(record)
        for section, canvas in view.shown:
            number = record.sections.index(section)
            selected = self._selection.within(message, number, canvas.column.length)
            canvas.set_ink(Highlights(selected, *self._found_in(message, number, canvas.column)))

    # --- Finding ------------------------------------------------------------------------------

    def _found_in(
        self, message: int, section: int, column: Column
    ) -> tuple[tuple[Range, ...], Range]:
        """The places in a section that have what is looked for, and the one that one is at."""
        if not self.find.words:
            return (), (0, 0)
        places = places_in(column, self.find.words)
        hit = self.find.hits[self.find.current] if self.find.current >= 0 else None
        if places and hit and (hit.message, hit.section) == (message, section):
            return tuple(places), places[min(hit.number, len(places) - 1)]
        return tuple(places), (0, 0)

    def _show_found(self) -> None:
        self._paint_selection()
        total = self._total() or 1
        messages = sorted({hit.message for hit in self.find.hits})
        tops = [self._heights.top(m) / total for m in messages if m < len(self.records)]
        self._marks.set_places(tops)

    def _show_hit(self, hit: FindHit) -> None:
        if hit.message >= len(self.records):
            return
        column = self._column(hit.message, hit.section)
        if self.records[hit.message] not in self._views:
            self.show_message(hit.message)
            column = self._column(hit.message, hit.section)
        places = places_in(column, self.find.words)
        at = places[min(hit.number, len(places) - 1)][0] if places else 0
        self._show_point(TextPosition(hit.message, hit.section, at))
        self._paint_selection()

    # --- The mouse ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        place = event.position().toPoint()
        self._count_press(place)
        point = self.point_at(place)
        if point is None:
            return
        self._dragging = True
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if extends and self._selection.fixed:
            self.select(self._selection.fixed, point)
        elif self._presses == 1:
            self.select(point, point)
        else:
            column = self._column(point.message, point.section)
            find = word_at if self._presses == 2 else type(column).leaf_at
            start, end = find(column, point.position)
            self._dragging = False
            self.select(
                TextPosition(point.message, point.section, start),
                TextPosition(point.message, point.section, end),
            )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pressed_last = event.position().toPoint()
        if self._dragging and event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(self._pressed_last)
            out = not self.viewport().rect().contains(self._pressed_last)
            if out != self._pull.isActive():
                self._pull.start() if out else self._pull.stop()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False
        self._pull.stop()
        clipboard = QApplication.clipboard()
        if clipboard.supportsSelection() and self._selection:
            clipboard.setText(self.selected_text(), clipboard.Mode.Selection)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def _count_press(self, place: QPoint) -> None:
        now = time.monotonic()
        quick = (now - self._pressed_at) * 1000 < QApplication.doubleClickInterval()
        near = (place - self._pressed).manhattanLength() < QApplication.startDragDistance()
        self._presses = self._presses % 3 + 1 if quick and near else 1
        self._pressed_at, self._pressed = now, place

    def _drag_to(self, place: QPoint) -> None:
        point = self.point_at(place)
        if point and self._selection.fixed:
            self.select(self._selection.fixed, point)

    def _pull_on(self) -> None:
        """The mouse is held beyond an edge: more comes into sight."""
        y, high = self._pressed_last.y(), self.viewport().height()
        beyond = y if y < 0 else max(0, y - high)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + max(-60, min(60, beyond // 2)))
        self._drag_to(self._pressed_last)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = menu_of(self, "transcriptMenu")
        chosen = bool(self._selection)
        usual = menu.addAction(keyed(tr("Copy"), QKeySequence.StandardKey.Copy), self.copy)
        markdown = menu.addAction(tr("Copy as Markdown"), lambda: self.copy(markdown=True))
        plain = menu.addAction(tr("Copy as plain text"), lambda: self.copy(markdown=False))
        for action in (usual, markdown, plain):
            action.setEnabled(chosen)
        menu.addSeparator()
        menu.addAction(keyed(tr("Select all"), QKeySequence.StandardKey.SelectAll), self.select_all)
        point = self.point_at(self.viewport().mapFromGlobal(event.globalPos()))
        if point:
            message = self.records[point.message].row.id
            menu.addSeparator()
            menu.addAction(tr("New chat from here"), lambda: self.forked.emit(message))
        menu.popup(event.globalPos())

    def copy(self, *, markdown: bool | None = None) -> None:
        """What is selected, to the clipboard."""
        if self._selection:
            text = self.selected_text(markdown=markdown)
            if markdown is None and len(text) <= RICHEST:
                copy_text(text, self._selection.rich(self.records, Style(self._pixels)))
            else:
                copy_text(text)

    # --- The keyboard -------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif shift and key in (*_MOVES, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._extend(key)
        elif key == Qt.Key.Key_Escape and self._selection:
            self.clear_selection()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            bar.setValue(bar.value() + _STEP * _MOVES[key][1])
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            step = bar.pageStep() - _STEP
            bar.setValue(bar.value() + (step if key == Qt.Key.Key_PageDown else -step))
        elif key == Qt.Key.Key_Home:
            bar.setValue(0)
        elif key == Qt.Key.Key_End:
            self.follow()
        else:
            event.ignore()

    def _extend(self, key: Qt.Key) -> None:
        """Shift and an arrow: the end that moves goes on by a character, or by a line."""
        start = self._selection.moving or self.point_at(QPoint(self.viewport().width() // 2, 0))
        if start is None:
            return
        fixed = self._selection.fixed or start
        moving = self._stepped(start, key)
        self.select(fixed, moving)
        self._show_point(moving)

    def _stepped(self, point: TextPosition, key: Qt.Key) -> TextPosition:
        column = self._column(point.message, point.section)
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            start, end = column.leaf_at(point.position)
            at = start if key == Qt.Key.Key_Home else end
            return TextPosition(point.message, point.section, at)
        across, down = _MOVES[key]
        if across:
            at = point.position + across
            if 0 <= at <= column.length:
                return TextPosition(point.message, point.section, at)
            return self._neighbour(point, across)
        rects = rects_at(column, point.position)
        if not rects:
            return self._neighbour(point, down)
        rect = rects[0]
        place = rect.center()
        place.setY(rect.bottom() + rect.height() / 2 if down > 0 else rect.top() - 4)
        if not 0 <= place.y() <= column.height:
            return self._neighbour(point, down)
        return TextPosition(point.message, point.section, column.position_at(place))

    def _neighbour(self, point: TextPosition, step: int) -> TextPosition:
        """The nearest position in the section after or before."""
        places = [
            (index, number)
            for index in range(max(0, point.message - 1), point.message + 2)
            if index < len(self.records)
            for number, section in enumerate(self.records[index].sections)
            if section in self.records[index].visible
        ]
        here = (point.message, point.section)
        beyond = [p for p in places if p > here] if step > 0 else [p for p in places if p < here]
        if not beyond:
            return point
        message, section = beyond[0] if step > 0 else beyond[-1]
        return TextPosition(message, section, 0 if step > 0 else self._length(message, section))

    def _show_point(self, point: TextPosition) -> None:
        record = self.records[point.message]
        view = self._views.get(record)
        if view is None:
            self.show_message(point.message)
            return
        place = view.place_of(record.sections[point.section], point.position)
        if place is None:
            return
        above = self.find.height() if self.find.isVisible() else 0
        self._bring(QRect(0, view.y() + place - above, 1, above + _STEP))
