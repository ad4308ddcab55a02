"""What one's turns have cost: the tokens evaluated, beside those that were new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_BEYOND = 16
"""The tokens that a turn may evaluate besides its new words."""


@dataclass
class Cost:
    """The tokens of all turns, and by turn those evaluated ``beyond`` the new ones.

    New are the tokens of a prompt that none before had, of the same one who asks.
    """

    turns: int = 0
    new: int = 0
    evaluated: int = 0
    beyond: list[int] = field(default_factory=list)
    _known: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, tokens: Sequence[int], evaluated: int) -> None:
        """Count a prompt of which so many tokens were evaluated."""
        new = len(tokens) - max((_common(tokens, known) for known in self._known), default=0)
        if self.turns:
            self.beyond.append(evaluated - new)
        self.turns += 1
        self.new += new
        self.evaluated += evaluated
        self.know(tokens)

    def know(self, tokens: Sequence[int]) -> None:
        """Note what has been processed."""
        self._known.append(tuple(tokens))


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    end = min(len(one), len(other))
    return next((n for n in range(end) if one[n] != other[n]), end)
