"""Estimated heights of messages that have never been laid out."""

from __future__ import annotations

from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import GUTTER

_LEARNING_RATE = 0.02  # share of an estimate's relative error
_FILE = 40  # pixels of a closed attachment
_ROW = 34  # of a call
_FIGURE, _MADE = 420, 56  # of a figure, and of the card of a file


class HeightEstimate:
    """An estimate of heights from the length of the text, which learns from measured ones."""

    def __init__(self) -> None:
        self._scale = 1.0

    def guess(self, record: MessageState, width: int, pixels: int) -> int:
        """Return a message's height in pixels, for a column's width and a text size in pixels."""
        inner = max(120, width - 2 * GUTTER)
        if record.is_question:
            inner = round(inner * 0.75)
        lines = record.characters / (inner / (0.5 * pixels)) + 0.6 * record.lines
        rest = 30 + _FILE * len(record.files) if record.is_question else 90
        rest += _ROW * record.rows
        rest += sum(_FIGURE if made.size else _MADE for made in record.made)
        return max(24, round(self._scale * (rest + lines * 1.5 * pixels)))

    def learn(self, measured: int, guessed: int) -> None:
        """Adjust later estimates by a measurement."""
        self._scale *= 1 + _LEARNING_RATE * (min(max(measured / guessed, 0.5), 2) - 1)
        self._scale = min(max(self._scale, 0.5), 2.0)
