"""Conversion between text positions of the conversation and points, and neighbours."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget

from app.ui.blocks.box import Style
from app.ui.blocks.column import Column
from app.ui.conversation.message_view import rects_at
from app.ui.conversation.selection import TextPosition
from app.ui.conversation.view_pool import View
from app.ui.conversation.virtual_list import VirtualList
from app.ui.theme import Theme

STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""The movement of each arrow key, in characters and lines."""

_CONTEXT = 40  # pixels that should be visible around a position


class TextLocator:
    """A finder of positions in the messages of a list."""

    def __init__(self, theme: Theme, view: VirtualList, viewport: QWidget) -> None:
        self._theme, self._view, self._viewport = theme, view, viewport

    @property
    def style(self) -> Style:
        """The style of the text."""
        return Style(self._view.pixels)

    def nearest(self, point: QPoint) -> TextPosition | None:
        """Return the position nearest to a point of the viewport."""
        records = self._view.records
        views = sorted(
            ((records.index(record), view) for record, view in self._view.views.active.items()),
            key=lambda pair: pair[0],
        )
        if not views:
            return None

        def distance(pair: tuple[int, View]) -> int:
            area = pair[1].geometry()
            return max(area.top() - point.y(), point.y() - area.bottom(), 0)

        index, view = min(views, key=distance)
        found = view.position_at(view.mapFrom(self._viewport, point))
        if found is None:
            return None
        section, position = found
        return TextPosition(index, records[index].sections.index(section), position)

    def column(self, message: int, section: int) -> Column:
        """Return the blocks of a section, which may be out of sight."""
        record = self._view.records[message]
        view = self._view.views.get(record)
        part = record.sections[section]
        canvas = view.canvas_of(part) if view else None
        return canvas.column if canvas else part.column(self._theme, self.style)

    def length(self, message: int, section: int) -> int:
        """Return the number of positions in a section."""
        return self.column(message, section).length

    def stepped(self, point: TextPosition, key: Qt.Key) -> TextPosition:
        """Return the position that a key leads to: an arrow, Home, or End."""
        column = self.column(point.message, point.section)
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            start, end = column.leaf_at(point.position)
            at = start if key == Qt.Key.Key_Home else end
            return TextPosition(point.message, point.section, at)
        across, down = STEPS[key]
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
        """Return the nearest position in the section after (1) or before (-1)."""
        records = self._view.records
        places = [
            (index, number)
            for index in range(max(0, point.message - 1), point.message + 2)
            if index < len(records)
            for number, section in enumerate(records[index].sections)
            if section in records[index].visible
        ]
        here = (point.message, point.section)
        beyond = [p for p in places if p > here] if step > 0 else [p for p in places if p < here]
        if not beyond:
            return point
        message, section = beyond[0] if step > 0 else beyond[-1]
        return TextPosition(message, section, 0 if step > 0 else self.length(message, section))

    def bring_into_view(self, point: TextPosition, covered: int = 0) -> None:
        """Scroll just enough to make a position visible below the first ``covered`` pixels."""
        record = self._view.records[point.message]
        view = self._view.views.get(record)
        if view is None:
            self._view.show_message(point.message)
            return
        place = view.place_of(record.sections[point.section], point.position)
        if place is not None:
            top = view.y() + place - covered
            self._view.bring_into_view(QRect(0, top, 1, covered + _CONTEXT))
