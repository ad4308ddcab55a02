"""The results of the palette: rows, and how they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.store import ChatRow, SearchHit
from app.ui.blocks.utf16 import units
from app.ui.commands import Command
from app.ui.controls import spoken
from app.ui.theme import Theme
from app.ui.zoom import zoomed
from app.wording.language import tr
from app.wording.quantities import day

_Index = QModelIndex | QPersistentModelIndex
_ROW = Qt.ItemDataRole.UserRole
_HEADING, _LINE, _MESSAGE, _WRAPPED = 30, 36, 50, 66  # pixels
_BAR = 12  # pixels of the scroll bar
_SIDE = 14


@dataclass(frozen=True)
class PaletteRow:
    """A row: its text, the matching ranges in it, the text beside it, and its object.

    A heading has no object. With ``below`` it is a message's row, two lines under its chat's title.
    """

    text: str
    target: Command | ChatRow | SearchHit | None = None
    detail: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    below: str = ""

    @classmethod
    def heading(cls, text: str) -> Self:
        """Return a heading."""
        return cls(text)

    @classmethod
    def of_command(cls, command: Command) -> Self:
        """Return a command's row, with its keys."""
        keys = spoken(command.shortcut())
        return cls(command.text(), command, keys)

    @classmethod
    def of_chat(cls, chat: ChatRow) -> Self:
        """Return a chat's row, with its day."""
        return cls(chat.title, chat, day(chat.updated))

    @classmethod
    def of_found(cls, found: SearchHit) -> Self:
        """Return the row of a chat found by its title, or of a message by its excerpt."""
        if found.message is None:
            return cls(found.title, found, day(found.when), found.marks)
        return cls(found.title, found, day(found.when), found.marks, found.snippet)

    def spoken(self) -> str:
        """Return the row's text for a screen reader."""
        return ", ".join(part for part in (self.text, self.below, self.detail) if part)


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[PaletteRow] = ()

    def set_rows(self, rows: Sequence[PaletteRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken()
            case _ if role == _ROW:
                return row
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        heading = self.rows[index.row()].target is None
        return flag.NoItemFlags if heading else flag.ItemIsEnabled | flag.ItemIsSelectable


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: PaletteList) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, self._view.row_height(index.data(_ROW)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row: PaletteRow = index.data(_ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.target is None:
            self._paint_heading(painter, option.rect, row)
        else:
            chosen = option.state & QStyle.StateFlag.State_Selected
            over = option.state & QStyle.StateFlag.State_MouseOver
            if chosen or over:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.colour("pressed" if chosen else "hover"))
                painter.drawRoundedRect(QRectF(option.rect).adjusted(6, 1, -6, -1), 8, 8)
            side = zoomed(_SIDE + 4)
            self._paint_row(painter, option.rect.adjusted(side, 0, -side, 0), row)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, row: PaletteRow) -> None:
        painter.setFont(self._theme.font(12, 500))
        painter.setPen(self._theme.colour("muted"))
        where = rect.adjusted(zoomed(_SIDE + 4), 0, -zoomed(_SIDE), -zoomed(5))
        flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.drawText(where, flags, row.text)

    def _paint_row(self, painter: QPainter, rect: QRect, row: PaletteRow) -> None:
        first = QRect(rect)
        if row.below:
            first.setTop(rect.top() + zoomed(5))
            first.setHeight(zoomed(20))
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(
            first, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.detail
        )
        room = first.width() - painter.fontMetrics().horizontalAdvance(row.detail) - zoomed(16)
        if row.below:
            self._paint_text(painter, first, room, row.text, (), "muted", 12)
            below = QRect(rect.left(), first.bottom() + 1, rect.width(), zoomed(38))
            self._paint_text(painter, below, rect.width(), row.below, row.marks, "text", 13, 2)
        else:
            self._paint_text(painter, first, room, row.text, row.marks, "text", 14)

    def _paint_text(
        self,
        painter: QPainter,
        rect: QRect,
        room: int,
        text: str,
        marks: tuple[tuple[int, int], ...],
        colour: str,
        pixels: int,
        lines: int = 1,
    ) -> None:
        """Paint a text with its highlights, cut off after ``lines`` lines."""
        layout = QTextLayout(text, self._theme.font(pixels))
        option = QTextOption()
        if lines == 1:
            painter.setFont(self._theme.font(pixels))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            layout.setText(shown)
            option.setWrapMode(QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        layout.setFormats([self._mark(text, mark) for mark in marks])
        layout.beginLayout()
        high = 0.0
        for _ in range(lines):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(room)
            line.setPosition(QPointF(0, high))
            high += line.height()
        layout.endLayout()
        painter.setPen(self._theme.colour(colour))
        top = rect.top() + (max(0.0, (rect.height() - high) / 2) if lines == 1 else 0)
        layout.draw(painter, QPointF(rect.left(), top))

    def _mark(self, text: str, mark: tuple[int, int]) -> QTextLayout.FormatRange:
        """Convert positions to Qt's, which count UTF-16 code units."""
        found = QTextLayout.FormatRange()
        found.start = units(text[: mark[0]])
        found.length = units(text[mark[0] : mark[1]])
        theme = QTextCharFormat()
        theme.setBackground(self._theme.colour("found"))
        found.format = theme
        return found


class PaletteList(QListView):
    """The list of rows. The keyboard focus stays in the field above, whose keys move it."""

    chosen = Signal(object)
    """A PaletteRow."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._room = 0
        self._model = _Model()
        self._model.setParent(self)
        self.setObjectName("paletteList")
        self.setAccessibleName(tr("Results"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(theme, self))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(self.choose)
        theme.changed.connect(self.viewport().update)

    def set_rows(self, rows: Sequence[PaletteRow]) -> None:
        """Show these rows, with the first one current."""
        self._model.set_rows(rows)
        self.step(1)

    def total_height(self, width: int) -> int:
        """Return the height of all rows together in a list of this width, in pixels."""
        self._room = width - 2 * zoomed(_SIDE + 4) - _BAR
        return sum(self.row_height(row) for row in self._model.rows)

    def row_height(self, row: PaletteRow) -> int:
        """Return the height of a row in pixels, zoomed."""
        if row.target is None:
            return zoomed(_HEADING)
        if not row.below:
            return zoomed(_LINE)
        wide = QFontMetrics(self._theme.font(13)).horizontalAdvance(row.below)
        return zoomed(_MESSAGE if wide <= self._room else _WRAPPED)

    def step(self, by: int) -> None:
        """Move the current row by ``by`` rows, skipping headings."""
        places = [n for n, row in enumerate(self._model.rows) if row.target]
        if not places:
            return
        now = self.currentIndex().row()
        at = places.index(now) + by if now in places else 0
        index = self._model.index(places[max(0, min(at, len(places) - 1))])
        self.setCurrentIndex(index)
        if index.row() <= 1:
            self.scrollToTop()  # with its heading

    def choose(self) -> None:
        """Choose the current row."""
        if self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().data(_ROW))
