"""The place of the reader: beside the conversation, or over it in a narrow window."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.zoom import zoomed

_BESIDE = 800  # pixels of the design that both need beside each other
_SHARE, _LEAST, _MOST = 0.42, 340, 560


class ReaderPlace(QWidget):
    """The conversation, and the reader once there is one."""

    def __init__(self, chat: QWidget) -> None:
        super().__init__()
        self._chat = chat
        chat.setParent(self)
        self._reader: QWidget | None = None

    @property
    def covered(self) -> bool:
        """Whether the reader covers the conversation."""
        shown = self._reader is not None and not self._reader.isHidden()
        return shown and self.width() < zoomed(_BESIDE)

    def show_reader(self, reader: QWidget) -> None:
        """Show the reader."""
        self._reader = reader
        reader.setParent(self)
        self.place()
        reader.show()
        reader.raise_()
        self.place()

    def place(self) -> None:
        """Share the room."""
        wide, high = self.width(), self.height()
        reader = self._reader
        room = 0
        if reader is not None and not reader.isHidden():
            if self.covered:
                reader.setGeometry(0, 0, wide, high)
                return  # the conversation keeps its place below
            room = min(max(round(wide * _SHARE), zoomed(_LEAST)), zoomed(_MOST))
            reader.setGeometry(wide - room, 0, room, high)
        self._chat.setGeometry(0, 0, wide - room, high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()
        if self.covered:
            self._chat.setGeometry(self.rect())
