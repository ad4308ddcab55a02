"""The instructions and the sampling of the chat that is shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort, Sampling
from app.store import PLAIN, ChatSettings
from app.ui.state.chat_index import ChatIndex
from app.ui.state.current_chat import CurrentChat
from app.ui.state.model_choice import ModelChoice


class ShownChatSettings(QObject):
    """The settings chosen for the chat, or else the defaults.

    Those of a new chat are kept here until its first question stores them.
    """

    changed = Signal()
    """Another chat is shown, or its settings have changed."""
    chosen = Signal()
    """The user changed the settings of the chat that is shown."""

    def __init__(
        self,
        index: ChatIndex,
        models: ModelChoice,
        current: CurrentChat,
        effort: Effort,
        *,
        python: bool,
    ) -> None:
        super().__init__(index)
        self._index, self._models, self._current = index, models, current
        self.fresh = PLAIN
        """The settings that a new chat will have."""
        self.python = python
        """Whether Python is on in new chats."""
        self.effort = effort
        """The effort that a new chat will have."""
        index.changed.connect(self.changed)
        models.changed.connect(self.changed)

    @property
    def chat(self) -> int | None:
        """The chat that is shown; None for a new one."""
        return self._current.id

    def refresh(self) -> None:
        """Emit `changed`, since another chat is shown."""
        self.changed.emit()

    def begin(self, setup: ChatSettings) -> None:
        """Set the settings of the next new chat."""
        self.fresh = setup
        self.changed.emit()

    def set_python(self, on: bool) -> None:
        """Set whether Python is on in new chats, also in the one that is shown."""
        plain = self.plain
        self.python = on
        if self.chat is None and self.fresh == plain:
            self.begin(self.plain)

    @property
    def title(self) -> str:
        """The title of the chat that is shown; empty for a new one."""
        return self._index.rows[self.chat].title if self.chat in self._index.rows else ""

    @property
    def default(self) -> Sampling:
        """The model's recommended sampling."""
        return self._models.asked.sampling if self._models.asked else Sampling()

    @property
    def own(self) -> ChatSettings:
        """The settings of the chat, without the defaults."""
        if self.chat is None:
            return self.fresh
        row = self._index.rows.get(self.chat)
        return row.setup if row else PLAIN

    @property
    def sampling(self) -> Sampling:
        """The sampling for the next answer."""
        return self.own.sampling or self.default

    @property
    def plain(self) -> ChatSettings:
        """The settings of a new chat for which nothing was chosen."""
        return replace(PLAIN, tools=PLAIN.tools if self.python else ())

    def choose(self, setup: ChatSettings) -> None:
        """Change the settings of the chat that is shown."""
        if setup == self.own:
            return
        if self.chat is None:
            self.fresh = setup
        else:
            self._index.set_up(self.chat, setup)
        self.changed.emit()
        self.chosen.emit()

    def choose_sampling(self, sampling: Sampling) -> None:
        """Change the sampling, storing None if it is the model's own.

        Settings that are changed by hand no longer belong to a preset.
        """
        own = None if sampling == self.default else sampling
        if own != self.own.sampling:
            self.choose(replace(self.own, sampling=own, preset=""))

    def choose_instructions(self, text: str) -> None:
        """Change the instructions for this chat; a blank text means none."""
        text = text.strip()
        if text != self.own.instructions:
            self.choose(replace(self.own, instructions=text, preset=""))
