"""The chat that is shown, and whether an answer is running in it."""

from __future__ import annotations

from app.turn import Turn
from app.ui.state.live_turns import LiveTurns


class CurrentChat:
    """The chat that is shown. The window sets it; everybody else reads it."""

    def __init__(self, turns: LiveTurns) -> None:
        self._turns = turns
        self.id: int | None = None
        """The chat's id; None for a new chat, which is stored with its first question."""
        self.first_turn: Turn | None = None
        """The turn that will store the new chat that is shown."""

    def is_stored(self) -> bool:
        """Return whether the chat has been stored."""
        return self.id is not None

    def busy(self) -> bool:
        """Return whether the chat has a running answer, or a question that is being stored."""
        if self.id is None:
            return self.first_turn is not None
        return self._turns.busy(self.id)
