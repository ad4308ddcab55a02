"""The pages of the window, one of which is shown: the chat, or another page in its place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """A stack of pages with the chat at its bottom."""

    closed = Signal()
    """A page was closed; the chat is shown again, and should get the keyboard focus."""

    def __init__(self, chat: QWidget) -> None:
        super().__init__()
        self._chat = chat
        self.addWidget(chat)

    @property
    def chat_shown(self) -> bool:
        """Whether the chat is the page that is shown."""
        return self.currentWidget() is self._chat

    def show_chat(self) -> None:
        """Show the chat, leaving the keyboard focus where it is."""
        self.setCurrentWidget(self._chat)

    def close_page(self) -> None:
        """Close the page and show the chat."""
        self.show_chat()
        self.closed.emit()
