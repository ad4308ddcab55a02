"""The list of chats: its rows, how they are painted, and its keys."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.store import ChatRow
from app.ui.language import tr
from app.ui.theme import Look, font
from app.ui.words import month, month_and_year

_Index = QModelIndex | QPersistentModelIndex
_ROW = 36
CHAT = Qt.ItemDataRole.UserRole


def group_of(updated: float, today: datetime.date) -> str:
    """The heading that a chat of that time stands under."""
    day = datetime.datetime.fromtimestamp(updated).date()
    match (today - day).days:
        case age if age <= 0:
            return tr("Today")
        case 1:
            return tr("Yesterday")
        case age if age <= 7:
            return tr("Previous 7 days")
        case age if age <= 30:
            return tr("Previous 30 days")
    return month(day) if day.year == today.year else month_and_year(day)


class ChatModel(QAbstractListModel):
    """Headings and chats, the latest first."""

    renamed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[str | ChatRow] = []

    def set_chats(self, chats: Iterable[ChatRow]) -> None:
        """Shows these."""
        today = datetime.date.today()
        entries: list[str | ChatRow] = []
        heading = ""
        for chat in sorted(chats, key=lambda row: row.updated, reverse=True):
            if (group := group_of(chat.updated, today)) != heading:
                heading = group
                entries.append(heading)
            entries.append(chat)
        if entries != self._entries:
            self.beginResetModel()
            self._entries = entries
            self.endResetModel()

    def index_of(self, chat: int | None) -> QModelIndex:
        """Where a chat is; an invalid index where it is not shown."""
        for number, entry in enumerate(self._entries):
            if isinstance(entry, ChatRow) and entry.id == chat:
                return self.index(number)
        return QModelIndex()

    def near(self, row: int) -> QModelIndex:
        """The first chat from a row on, or else the last one before it."""
        after, before = range(row, len(self._entries)), range(min(row, len(self._entries)))
        for number in (*after, *reversed(before)):
            if isinstance(self._entries[number], ChatRow):
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return entry if isinstance(entry, str) else entry.title
        if role == CHAT:
            return entry.id if isinstance(entry, ChatRow) else None
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        title = " ".join(str(value).split())
        entry = self._entries[index.row()]
        if isinstance(entry, str) or not title or title == entry.title:
            return False
        self.renamed.emit(entry.id, title)
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if isinstance(self._entries[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable


class ChatDelegate(QStyledItemDelegate):
    """Paints a heading or a chat."""

    def __init__(self, look: Look, view: QListView) -> None:
        super().__init__(view)
        self._look = look
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if index.data(CHAT) is None:
                self._paint_heading(painter, option.rect, index.data())
            else:
                self._paint_chat(painter, option, index.data())
        finally:
            painter.restore()

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        editor.setGeometry(option.rect.adjusted(0, 1, 0, -1))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("renameChat")
        editor.setAccessibleName(tr("Name of the chat"))
        editor.setFont(font(14))
        return editor

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(font(12, 500))
        painter.setPen(self._look.colour("muted"))
        where = rect.adjusted(10, 0, -8, -5)
        flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.drawText(where, flags, text)

    def _paint_chat(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        ground = QRectF(option.rect).adjusted(0.5, 1.5, -0.5, -1.5)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("selected"))
            if not selected:
                painter.setOpacity(0.6)
            painter.drawRoundedRect(ground, 8, 8)
            painter.setOpacity(1)
        if state & QStyle.StateFlag.State_HasFocus and self._view.keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._look.colour("accent"), 1))
            painter.drawRoundedRect(ground, 8, 8)
        painter.setFont(font(14, 500 if selected else 400))
        painter.setPen(self._look.colour("text"))
        where = option.rect.adjusted(10, 0, -10, 0)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, shown)


class ChatList(QListView):
    """The list itself."""

    opened = Signal(int)
    deleted = Signal(int)
    exported = Signal(int)
    left = Signal()
    """The person has turned to something else than the list."""

    def __init__(self, look: Look, model: ChatModel) -> None:
        super().__init__()
        self.keyboard = False
        self._model = model
        self.setObjectName("chatList")
        self.setAccessibleName(tr("Chats"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setModel(model)
        self.setItemDelegate(ChatDelegate(look, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.customContextMenuRequested.connect(self._menu)
        self.clicked.connect(self._open)
        look.changed.connect(self.viewport().update)

    def marked(self) -> int | None:
        """The chat that the keys are for."""
        chat: int | None = self.currentIndex().data(CHAT)
        return chat

    def mark(self, index: QModelIndex) -> None:
        """Marks a chat; none for an invalid index."""
        if not index.isValid():
            self.clearSelection()
        self.setCurrentIndex(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chat = self.marked()
        if self.state() is QAbstractItemView.State.EditingState:
            chat = None  # a key that the field for the name did not want
        match event.key():
            case Qt.Key.Key_Delete if chat is not None:
                self.deleted.emit(chat)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space if chat is not None:
                self.opened.emit(chat)
            case _:
                super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.keyboard = event.reason() != Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)
        marked = self.selectionModel().hasSelection()
        if not marked and event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        ):
            self.mark(self._model.near(0))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def _open(self, index: QModelIndex) -> None:
        if (chat := index.data(CHAT)) is not None:
            self.opened.emit(chat)

    def _menu(self, where: QPoint) -> None:
        index = self.indexAt(where)
        chat = index.data(CHAT)
        if chat is None:
            return
        menu = QMenu(self)
        menu.setObjectName("chatMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        kept = QPersistentModelIndex(index)
        menu.addAction(tr("Rename\tF2"), lambda: self.edit(QModelIndex(kept)))
        menu.addAction(tr("Export…"), lambda: self.exported.emit(chat))
        menu.addAction(tr("Delete\tDel"), lambda: self.deleted.emit(chat))
        # The press has marked this chat; the mark belongs to the one that is shown.
        menu.aboutToHide.connect(self.left, Qt.ConnectionType.QueuedConnection)
        menu.popup(self.viewport().mapToGlobal(where))
