"""The place of the reader: beside the conversation, or over it in a narrow window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.zoom import zoomed

_CHAT = 440  # pixels of the design that the conversation keeps beside the reader
_SHARE, _LEAST, _MOST = 0.42, 380, 560


class ReaderPlace(QWidget):
    """The conversation, and the reader once there is one."""

    given_up = Signal()
    """The conversation is wanted, which the reader covers."""

    def __init__(self, chat: QWidget) -> None:
        super().__init__()
        self._chat = chat
        chat.setParent(self)
        self._reader: QWidget | None = None

    @property
    def covered(self) -> bool:
        """Whether the reader covers the conversation."""
        return self._room() == self.width() > 0

    def uncover(self) -> None:
        """Have the reader closed if it covers the conversation."""
        if self.covered:
            self.given_up.emit()

    def show_reader(self, reader: QWidget) -> None:
        """Show the reader."""
        self._reader = reader
        if reader.parentWidget() is not self:
            reader.setParent(self)
        reader.show()
        reader.raise_()
        self.place()

    def place(self) -> None:
        """Share the room. A conversation that is covered is hidden, also from the keyboard."""
        wide, high, room = self.width(), self.height(), self._room()
        if self._reader is not None:
            self._reader.setGeometry(wide - room, 0, room, high)
        if room < wide:
            self._chat.setGeometry(0, 0, wide - room, high)
        self._chat.setVisible(room < wide or not room)

    def _room(self) -> int:
        """Return the width of the reader: all of it, if there is too little for both."""
        reader, wide = self._reader, self.width()
        if reader is None or reader.isHidden():
            return 0
        least = max(zoomed(_LEAST), reader.minimumSizeHint().width())
        if wide < zoomed(_CHAT) + least:
            return wide
        return max(min(round(wide * _SHARE), zoomed(_MOST)), least)

    def sizeHint(self) -> QSize:
        return self._chat.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._chat.minimumSizeHint()

    def event(self, event: QEvent) -> bool:
        """Tell whoever places it when the conversation needs another room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()
