"""The pane of the conversation: a greeting in an empty chat, or the transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.conversation.greeting import Greeting
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript


class ConversationPane(QStackedWidget):
    """A pane with the greeting, or the transcript, which is created when it is first needed."""

    begun = Signal(object)
    """The Transcript has just been created."""
    asked = Signal(str)
    """A suggested question of the greeting was chosen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._transcript: Transcript | None = None
        self.greeting = Greeting(theme)
        self.greeting.asked.connect(self.asked)
        self.addWidget(self.greeting)
        self._blank = QWidget()
        self.addWidget(self._blank)
        self.setMinimumHeight(64)  # in a low window, the composer gets the space

    @property
    def has_transcript(self) -> bool:
        """Whether the transcript has been created."""
        return self._transcript is not None

    @property
    def transcript(self) -> Transcript:
        """The transcript, created on first use."""
        if self._transcript is None:
            from app.ui.conversation.transcript import Transcript  # an empty window needs none

            self._transcript = Transcript(self._theme)
            self.addWidget(self._transcript)
            self.begun.emit(self._transcript)
        return self._transcript

    def show_greeting(self) -> None:
        """Show the greeting of an empty chat."""
        if self.currentWidget() is not self.greeting:
            self.greeting.renew()
        self.setCurrentWidget(self.greeting)
        if self._transcript is not None:
            self._transcript.messages.set_rows([])

    def show_blank(self) -> None:
        """Show nothing in place of the greeting, while a chat is read."""
        if self.currentWidget() is self.greeting:
            self.setCurrentWidget(self._blank)

    def show_transcript(self, shown: bool = True) -> None:
        """Show the transcript, or the greeting if ``shown`` is false."""
        self.setCurrentWidget(self.transcript if shown else self.greeting)
