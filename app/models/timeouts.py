"""Timeouts of a download, and its pauses between retries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts and pauses in seconds."""

    first: float = 0.5
    """The pause before the first retry; it doubles with each further one."""
    longest: float = 30.0
    """The longest pause before a retry, unless the server asks for more."""
    silence: float = 20.0
    """How long a connection may be silent."""
    connect: float = 10.0
    """How long a connection may take to be made."""

    def pauses(self) -> Iterator[float]:
        """Yield the pauses before each retry, without end."""
        pause = self.first
        while True:
            yield pause
            pause = min(2 * pause, self.longest)
