"""Painting of the rows of the list of chats, and editing in place."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from app.store import ChatRow, SearchHit
from app.ui.controls import plain_tip
from app.ui.sidebar.chat_model import ANSWERED, ENTRY, PLACE, WAITING, FolderRow, Index
from app.ui.theme import Theme
from app.wording.language import number, tr

_ROW = 36
_INDENT = 21  # of chats in a folder, to align with the folder's name
_ICON = 15
_FOUND = 54  # of a row with the place where it was found
_MORE = 24  # of the button at the end of a row
_CHOSEN, _HOVERED = 0.2, 0.6  # opacity of a row's background
_BEFORE = 14  # characters before the first mark that are shown


class ChatDelegate(QStyledItemDelegate):
    """A delegate that paints a heading, a folder or a chat."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.drop_folder: str | None = None
        """The folder to be framed, since dragged chats would be dropped into it."""
        self.keyboard = False
        """Whether the row with the keyboard focus is framed."""
        self.found = False
        """Whether the rows are the results of a search."""
        self.shown: int | None = None
        """The chat that is shown, whose row is highlighted."""
        self.shown_folder = ""
        """The folder that it is in, which is highlighted in its place while it is closed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._theme.px(_FOUND if self.found else _ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            match index.data(ENTRY):
                case ChatRow() as chat:
                    self._paint_ground(painter, option, shown=chat.id == self.shown)
                    self._paint_chat(painter, option, chat, index)
                case FolderRow() as folder:
                    self._paint_ground(
                        painter,
                        option,
                        shown=not folder.open and folder.name == self.shown_folder,
                        framed=self.drop_folder == folder.name,
                    )
                    self._paint_folder(painter, option.rect, folder)
                    px, rect = self._theme.px, option.rect
                    corner = QPointF(rect.left() + px(9 + _ICON), rect.center().y() - px(5))
                    self._paint_mark(painter, corner, index)
                case str() as heading:
                    self._paint_heading(painter, option.rect, heading)
        finally:
            painter.restore()

    def _paint_mark(self, painter: QPainter, middle: QPointF, index: Index) -> None:
        """Paint the ring of what is being answered, or the dot of what waits for the user."""
        waits = bool(index.data(WAITING))
        if waits or index.data(ANSWERED):
            radius = self._theme.px(3.5)
            accent = self._theme.colour("accent")
            painter.setPen(Qt.PenStyle.NoPen if waits else QPen(accent, self._theme.px(1.5)))
            painter.setBrush(accent if waits else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, radius, radius)

    def paint_head(self, painter: QPainter, rect: QRect, entry: object) -> None:
        """Paint a heading or a folder by itself."""
        match entry:
            case FolderRow() as folder:
                self._paint_folder(painter, rect, folder)
            case str() as heading:
                self._paint_heading(painter, rect, heading)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Show the whole of a name that is cut, and what the button at the end of a row does."""
        text = ""
        match index.data(ENTRY):
            case ChatRow() if self.more_rect(option.rect).contains(event.pos()):
                text = tr("More actions")
            case ChatRow() as chat:
                where = self._chat_area(option.rect, chat, more=True)
                text = chat.title if self._cut(chat.title, where, 500) else ""
            case FolderRow() as folder:
                where = self._folder_area(option.rect, folder)
                text = folder.name if self._cut(folder.name, where, 500) else ""
        if text:
            QToolTip.showText(event.globalPos(), plain_tip(text), view)
        else:
            QToolTip.hideText()
        return True

    def more_rect(self, rect: QRect) -> QRect:
        """Return where a chat's row has the button for its menu."""
        size = self._theme.px(_MORE)
        top = rect.top() + (rect.height() - size) // 2
        return QRect(rect.right() - self._theme.px(5) - size, top, size, size)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        left = self._theme.px(_INDENT - 6) if _is_inside(index.data(ENTRY)) else 0
        editor.setGeometry(option.rect.adjusted(left, 1, 0, -1))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        is_chat = isinstance(index.data(ENTRY), ChatRow)
        editor.setObjectName("renameChat" if is_chat else "renameFolder")
        editor.setAccessibleName(tr("Chat name") if is_chat else tr("Folder name"))
        editor.setFont(self._theme.font(14))
        return editor

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        px = self._theme.px
        painter.setFont(self._theme.font(12, 500))
        painter.setPen(self._theme.colour("muted"))
        where = rect.adjusted(px(10), 0, -px(8), -px(5))
        painter.drawText(where, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_ground(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        *,
        shown: bool,
        framed: bool = False,
    ) -> None:
        """Paint the background of the chat that is shown, of chosen chats, and of hovered ones."""
        state = option.state
        ground = QRectF(option.rect).adjusted(0.5, 1.5, -0.5, -1.5)
        radius = self._theme.px(8)
        chosen = bool(state & QStyle.StateFlag.State_Selected) and not shown
        if shown or chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("accent" if chosen else "selected"))
            if not shown:
                painter.setOpacity(_CHOSEN if chosen else _HOVERED)
            painter.drawRoundedRect(ground, radius, radius)
            painter.setOpacity(1)
        if framed or (state & QStyle.StateFlag.State_HasFocus and self.keyboard):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.colour("accent"), 1))
            painter.drawRoundedRect(ground, radius, radius)

    def _paint_folder(self, painter: QPainter, rect: QRect, folder: FolderRow) -> None:
        px = self._theme.px
        self._paint_icon(painter, "folder", rect, rect.left() + px(9))
        chevron = "chevron-down" if folder.open else "chevron-right"
        self._paint_icon(painter, chevron, rect, rect.right() - px(9 + _ICON))
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.colour("muted"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(rect.adjusted(0, 0, -px(16 + _ICON), 0), flags, number(folder.count))
        self._paint_text(painter, self._folder_area(rect, folder), folder.name, 500)

    def _folder_area(self, rect: QRect, folder: FolderRow) -> QRect:
        """Return where a folder's name is."""
        px = self._theme.px
        count = QFontMetrics(self._theme.font(12)).horizontalAdvance(number(folder.count))
        return rect.adjusted(px(10 + _INDENT), 0, -px(16 + _ICON + 8) - count, 0)

    def _paint_chat(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        chat: ChatRow,
        index: Index,
    ) -> None:
        px, state = self._theme.px, option.state
        place = index.data(PLACE)
        marked = bool(index.data(WAITING) or index.data(ANSWERED))
        more = bool(state & QStyle.StateFlag.State_MouseOver) or (
            bool(state & QStyle.StateFlag.State_HasFocus) and self.keyboard
        )
        where = self._chat_area(option.rect, chat, more=more or marked)
        if more:
            button = self.more_rect(option.rect)
            left = button.center().x() - px(_ICON) // 2
            self._paint_icon(painter, "more", option.rect, left)
        elif marked:
            right, middle = option.rect.right() - px(9) - px(_ICON) / 2, option.rect.center().y()
            self._paint_mark(painter, QPointF(right, middle + 1), index)
        elif chat.pinned:
            self._paint_icon(painter, "pin", option.rect, option.rect.right() - px(9 + _ICON))
        if place is not None:
            below = where.adjusted(0, px(27), 0, -px(8))
            where.setBottom(where.top() + px(33))
            self._paint_place(painter, below, place)
        self._paint_text(painter, where, chat.title, 500 if chat.id == self.shown else 400)

    def _chat_area(self, rect: QRect, chat: ChatRow, *, more: bool) -> QRect:
        """Return where a chat's title is; ``more``: whether its row has the button."""
        px = self._theme.px
        inside = bool(chat.folder) and not self.found
        end = 9 + _MORE if more else 14 + _ICON if chat.pinned else 10
        return rect.adjusted(px(10 + (_INDENT if inside else 0)), 0, -px(end), 0)

    def _paint_place(self, painter: QPainter, where: QRect, place: SearchHit) -> None:
        """Paint the words around a search hit, or that it is in the title."""
        text, marks = place.snippet, place.marks
        if place.message is None:
            text, marks = tr("In title"), ()
        elif marks and marks[0][0] > _BEFORE:
            cut = text.find(" ", marks[0][0] - _BEFORE, marks[0][0]) + 1
            cut = cut or marks[0][0] - _BEFORE
            text = f"…{text[cut:]}"
            marks = tuple((start - cut + 1, end - cut + 1) for start, end in marks)
        left = where.left()
        painter.save()
        painter.setClipRect(where)
        at = 0
        for start, end in (*marks, (len(text), len(text))):
            for piece, weight, colour in (
                (text[at:start], 400, "muted"),
                (text[start:end], 600, "text"),
            ):
                painter.setFont(self._theme.font(12, weight))
                painter.setPen(self._theme.colour(colour))
                rest = QRect(left, where.top(), max(0, where.right() - left), where.height())
                metrics = painter.fontMetrics()
                shown = metrics.elidedText(piece, Qt.TextElideMode.ElideRight, rest.width())
                painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, shown)
                left += metrics.horizontalAdvance(piece)
            at = end
            if left >= where.right():
                break
        painter.restore()

    def _cut(self, text: str, where: QRect, weight: int) -> bool:
        metrics = QFontMetrics(self._theme.font(14, weight))
        return metrics.horizontalAdvance(text) > where.width()

    def _paint_text(self, painter: QPainter, where: QRect, text: str, weight: int) -> None:
        painter.setFont(self._theme.font(14, weight))
        painter.setPen(self._theme.colour("text"))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_icon(self, painter: QPainter, name: str, rect: QRect, left: int) -> None:
        size = self._theme.px(_ICON)
        top = rect.top() + (rect.height() - size) // 2
        self._theme.icon(name, "muted", _ICON).paint(painter, QRect(left, top, size, size))


def _is_inside(entry: object) -> bool:
    """Return whether an entry is a folder or a chat inside one, which are indented alike."""
    return isinstance(entry, FolderRow) or (isinstance(entry, ChatRow) and entry.folder != "")
