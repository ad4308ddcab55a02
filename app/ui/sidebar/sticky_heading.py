"""The heading that stays at the top of the list of chats while its chats are scrolled."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from app.ui.sidebar.chat_delegate import ChatDelegate
from app.ui.sidebar.chat_model import ENTRY, ChatModel
from app.ui.theme import Theme


class StickyHeading(QWidget):
    """A copy of the heading or folder of the topmost row, over the list."""

    def __init__(
        self, theme: Theme, view: QListView, chats: ChatModel, delegate: ChatDelegate
    ) -> None:
        super().__init__(view)
        self._theme, self._view, self._chats, self._delegate = theme, view, chats, delegate
        self._head = QModelIndex()
        self._shift = 0  # how far the next heading has pushed it out
        self.setObjectName("stickyHeading")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        view.verticalScrollBar().valueChanged.connect(self.place)
        view.viewport().installEventFilter(self)
        chats.modelReset.connect(self._forget)

    def text(self) -> str:
        """Return the heading; empty while none is shown."""
        return "" if self.isHidden() else str(self._head.data())

    @property
    def covered(self) -> int:
        """The height of the list that it covers."""
        return 0 if self.isHidden() else self.height() - self._shift

    def place(self) -> None:
        """Show the heading of what is at the top, unless it is visible anyway."""
        top = self._view.indexAt(QPoint(5, 0))
        self._head = self._chats.head_of(top.row()) if top.isValid() else QModelIndex()
        rect = self._view.visualRect(self._head)
        if not self._head.isValid() or rect.top() >= 0 or self._chats.found:
            self.hide()
            return
        below = self._chats.next_head(top.row())
        edge = self._view.visualRect(below).top() if below.isValid() else rect.height()
        self._shift = max(0, rect.height() - edge)
        viewport = self._view.viewport()
        self.setGeometry(viewport.x(), viewport.y(), viewport.width(), rect.height() - self._shift)
        self.setAccessibleName(str(self._head.data()))
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self.place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour("sidebar"))
        area = self.rect().adjusted(0, -self._shift, 0, 0)
        self._delegate.paint_head(painter, area, self._head.data(ENTRY))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Scroll to the heading itself."""
        self._view.scrollTo(self._head, QAbstractItemView.ScrollHint.PositionAtTop)

    def _forget(self) -> None:
        self._head = QModelIndex()
        self.hide()
