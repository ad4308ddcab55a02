"""Painting of the rows of the list of chats, and editing in place."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.store import ChatRow
from app.ui.sidebar.chat_model import ENTRY, FolderRow, Index
from app.ui.theme import Theme, font
from app.wording.language import number, tr

_ROW = 36
_INDENT = 21  # of chats in a folder, to align with the folder's name
_ICON = 15


class ChatDelegate(QStyledItemDelegate):
    """A delegate that paints a heading, a folder or a chat."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.drop_folder: str | None = None
        """The folder to be framed, since dragged chats would be dropped into it."""
        self.keyboard = False
        """Whether the row with the keyboard focus is framed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            match index.data(ENTRY):
                case ChatRow() as chat:
                    self._paint_ground(painter, option)
                    self._paint_chat(painter, option, chat)
                case FolderRow() as folder:
                    over = self.drop_folder == folder.name
                    self._paint_ground(painter, option, framed=over)
                    self._paint_folder(painter, option.rect, folder)
                case str() as heading:
                    self._paint_heading(painter, option.rect, heading)
        finally:
            painter.restore()

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        left = _INDENT - 6 if _is_inside(index.data(ENTRY)) else 0
        editor.setGeometry(option.rect.adjusted(left, 1, 0, -1))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        is_chat = isinstance(index.data(ENTRY), ChatRow)
        editor.setObjectName("renameChat" if is_chat else "renameFolder")
        editor.setAccessibleName(tr("Chat name") if is_chat else tr("Folder name"))
        editor.setFont(font(14))
        return editor

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(font(12, 500))
        painter.setPen(self._theme.colour("muted"))
        where = rect.adjusted(10, 0, -8, -5)
        painter.drawText(where, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, *, framed: bool = False
    ) -> None:
        """Paint the background that marks a row as selected, hovered or focused."""
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        ground = QRectF(option.rect).adjusted(0.5, 1.5, -0.5, -1.5)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("selected"))
            if not selected:
                painter.setOpacity(0.6)
            painter.drawRoundedRect(ground, 8, 8)
            painter.setOpacity(1)
        if framed or (state & QStyle.StateFlag.State_HasFocus and self.keyboard):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.colour("accent"), 1))
            painter.drawRoundedRect(ground, 8, 8)

    def _paint_folder(self, painter: QPainter, rect: QRect, folder: FolderRow) -> None:
        self._paint_icon(painter, "folder", rect, rect.left() + 9)
        chevron = "chevron-down" if folder.open else "chevron-right"
        self._paint_icon(painter, chevron, rect, rect.right() - 9 - _ICON)
        painter.setFont(font(12))
        painter.setPen(self._theme.colour("muted"))
        count = number(folder.count)
        end = rect.adjusted(0, 0, -16 - _ICON, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(end, flags, count)
        taken = painter.fontMetrics().horizontalAdvance(count)
        self._paint_text(painter, end.adjusted(10 + _INDENT, 0, -taken - 8, 0), folder.name, 500)

    def _paint_chat(self, painter: QPainter, option: QStyleOptionViewItem, chat: ChatRow) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        where = option.rect.adjusted(10 + (_INDENT if chat.folder else 0), 0, -10, 0)
        if chat.pinned:
            self._paint_icon(painter, "pin", option.rect, option.rect.right() - 9 - _ICON)
            where.adjust(0, 0, -_ICON - 4, 0)
        self._paint_text(painter, where, chat.title, 500 if selected else 400)

    def _paint_text(self, painter: QPainter, where: QRect, text: str, weight: int) -> None:
        painter.setFont(font(14, weight))
        painter.setPen(self._theme.colour("text"))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_icon(self, painter: QPainter, name: str, rect: QRect, left: int) -> None:
        top = rect.top() + (rect.height() - _ICON) // 2
        self._theme.icon(name, "muted", _ICON).paint(painter, QRect(left, top, _ICON, _ICON))


def _is_inside(entry: object) -> bool:
    """Return whether an entry is a folder or a chat inside one, which are indented alike."""
    return isinstance(entry, FolderRow) or (isinstance(entry, ChatRow) and entry.folder != "")
