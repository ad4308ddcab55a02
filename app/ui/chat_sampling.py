"""How answers are drawn in the chat that is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.base.types import Sampling
from app.ui.chat_index import ChatIndex
from app.ui.model_choice import ModelChoice


class ChatSampling(QObject):
    """What the person chose for the chat, or else what its model was made for. A chat that is
    not stored yet has its choice kept here, until its first question takes it along."""

    changed = Signal()
    """Another chat is shown, or another choice was made."""

    def __init__(self, index: ChatIndex, models: ModelChoice) -> None:
        super().__init__(index)
        self._index, self._models = index, models
        self.chat: int | None = None
        """The one that is shown; None for a new one."""
        self.fresh: Sampling | None = None
        """What a new chat will have."""
        index.changed.connect(self.changed)
        models.changed.connect(self.changed)

    def show(self, chat: int | None) -> None:
        """Another chat is shown."""
        self.chat = chat
        self.changed.emit()

    def stored(self) -> None:
        """The new chat is on disk, with what was chosen for it."""
        self.fresh = None

    @property
    def title(self) -> str:
        """Of the chat that is shown; empty for a new one."""
        return self._index.rows[self.chat].title if self.chat in self._index.rows else ""

    @property
    def default(self) -> Sampling:
        """What the model was made for."""
        return self._models.asked.sampling if self._models.asked else Sampling()

    @property
    def own(self) -> Sampling | None:
        """The chat's own choice, where there is one."""
        if self.chat is None:
            return self.fresh
        row = self._index.rows.get(self.chat)
        return row.sampling if row else None

    @property
    def value(self) -> Sampling:
        """What the next answer is drawn with."""
        return self.own or self.default

    def choose(self, sampling: Sampling) -> None:
        """The person's choice; one that is the model's own is none."""
        own = None if sampling == self.default else sampling
        if own == self.own:
            return
        if self.chat is None:
            self.fresh = own
        else:
            self._index.set_sampling(self.chat, own)
        self.changed.emit()
