"""What the chat that is shown is asked with: its instructions, and how its answers are drawn."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort, Sampling
from app.store import PLAIN, ChatSettings
from app.ui.state.chat_index import ChatIndex
from app.ui.state.current_chat import CurrentChat
from app.ui.state.model_choice import ModelChoice

NEW_CHAT_EFFORT = Effort.MEDIUM


class ShownChatSettings(QObject):
    """What the person chose for the chat, or else what holds for all of them. A chat that is not
    stored yet has its setup kept here, until its first question takes it along."""

    changed = Signal()
    """Another chat is shown, or another choice was made."""
    chosen = Signal()
    """The person made another choice for the chat that is shown."""

    def __init__(self, index: ChatIndex, models: ModelChoice, current: CurrentChat) -> None:
        super().__init__(index)
        self._index, self._models, self._current = index, models, current
        self.fresh = PLAIN
        """The settings that a new chat will have."""
        index.changed.connect(self.changed)
        models.changed.connect(self.changed)

    @property
    def chat(self) -> int | None:
        """The chat that is shown; None for a new one."""
        return self._current.id

    def refresh(self) -> None:
        """Tell that another chat is shown."""
        self.changed.emit()

    def begin(self, setup: ChatSettings) -> None:
        """The next new chat has this."""
        self.fresh = setup
        self.changed.emit()

    @property
    def title(self) -> str:
        """Of the chat that is shown; empty for a new one."""
        return self._index.rows[self.chat].title if self.chat in self._index.rows else ""

    @property
    def default(self) -> Sampling:
        """What the model was made for."""
        return self._models.asked.sampling if self._models.asked else Sampling()

    @property
    def own(self) -> ChatSettings:
        """What the chat was given."""
        if self.chat is None:
            return self.fresh
        row = self._index.rows.get(self.chat)
        return row.setup if row else PLAIN

    @property
    def sampling(self) -> Sampling:
        """What the next answer is drawn with."""
        return self.own.sampling or self.default

    def choose(self, setup: ChatSettings) -> None:
        """The person's choice."""
        if setup == self.own:
            return
        if self.chat is None:
            self.fresh = setup
        else:
            self._index.set_up(self.chat, setup)
        self.changed.emit()
        self.chosen.emit()

    def choose_sampling(self, sampling: Sampling) -> None:
        """How answers are drawn: one that is the model's own is none. What is changed by hand
        is of no preset any more."""
        own = None if sampling == self.default else sampling
        if own != self.own.sampling:
            self.choose(replace(self.own, sampling=own, preset=""))

    def choose_instructions(self, text: str) -> None:
        """Instructions for this chat; none where the text is blank."""
        text = text.strip()
        if text != self.own.instructions:
            self.choose(replace(self.own, instructions=text, preset=""))
