"""The base of the widgets that show messages."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Signal
from PySide6.QtWidgets import QWidget

from app.store import MessageRow
from app.ui.blocks.box import Style
from app.ui.blocks.canvas import Canvas
from app.ui.blocks.column import Column
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.sections import Section
from app.ui.theme import Theme

GUTTER = 8  # pixels beside the text; the icons' hover background extends into them


class MessageView(QWidget):
    """The widget of a question or an answer; it is reused for one message after another."""

    resized = Signal()
    """The preferred height has changed."""
    copy = Signal(str)
    version_wanted = Signal(int)
    """The id of another version that is to be shown instead."""
    more = Signal(QWidget)
    """The menu of the message is wanted; the button that was pressed."""
    cited = Signal(object, str)
    """A citation was pressed: the AnswerCitations of its text, and its mark."""
    reached = Signal(QRect)
    """The Tab key has reached a control there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.record: MessageState | None = None
        self.shown: list[tuple[Section, Canvas]] = []
        """The selectable sections and their canvases, from top to bottom."""
        self.pixels = 15
        self.stops: tuple[object, ...] = ()
        """The tab stops for which the tab order was last set."""

    @property
    def row(self) -> MessageRow:
        """The message that is shown, which must exist: it does whenever a button can be clicked."""
        assert self.record
        return self.record.row

    def show_record(self, record: MessageState) -> None:
        """Show another message, or the same one as it is now."""
        raise NotImplementedError

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets in tab order, from top to bottom."""
        raise NotImplementedError

    def lay_out(self, width: int) -> int:
        """Place everything for a width. Return the height."""
        raise NotImplementedError

    def canvas_of(self, section: Section) -> Canvas | None:
        """Return the canvas that shows a section."""
        return next((canvas for each, canvas in self.shown if each is section), None)

    def place_of(self, section: Section, position: int) -> int | None:
        """Return the top of the line of a position, in pixels below the top of the message."""
        canvas = self.canvas_of(section)
        if canvas is None:
            return None
        rects = rects_at(canvas.column, position)
        inside = round(rects[0].top()) if rects else 0
        return canvas.mapTo(self, QPoint(0, inside)).y()

    def position_at(self, point: QPoint) -> tuple[Section, int] | None:
        """Return the position nearest to a point."""
        if not self.shown:
            return None

        def distance(pair: tuple[Section, Canvas]) -> int:
            area = self._area(pair[1])
            return max(area.top() - point.y(), point.y() - area.bottom(), 0)

        section, canvas = min(self.shown, key=distance)
        inside = canvas.mapFrom(self, point)
        return section, canvas.column.position_at(QPointF(inside))

    def _area(self, canvas: Canvas) -> QRect:
        return QRect(canvas.mapTo(self, QPoint(0, 0)), canvas.size())

    def _show(self, canvas: Canvas, section: Section, style: Style) -> None:
        column = section.column(self.theme, style)
        if canvas.column is column:
            canvas.refresh(section.repaint_from)
        else:
            canvas.set_column(column)
        self.shown.append((section, canvas))

    def make_canvas(self, name: str, label: str, parent: QWidget) -> Canvas:
        """Create a canvas in a part of this widget."""
        canvas = Canvas(self.theme)
        canvas.setParent(parent)
        canvas.setObjectName(name)
        canvas.setAccessibleName(label)
        canvas.resized.connect(self.resized)
        canvas.cited.connect(self.cited)
        canvas.reached.connect(
            lambda rect: self.reached.emit(
                rect.toAlignedRect().translated(canvas.mapTo(self, QPoint(0, 0)))
            )
        )
        return canvas


def rects_at(column: Column, position: int) -> list[QRectF]:
    """Return a character's rectangles, or its neighbour's: the end of a line has none."""
    for start in (position, position - 1, position + 1):
        if 0 <= start < column.length and (rects := column.rects(start, start + 1)):
            return rects
    return []
