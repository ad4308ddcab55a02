"""What is said while other answers come first."""

from __future__ import annotations

from app.wording.language import number, tr


def in_line(place: int) -> str:
    """Return that an answer waits; ``place`` is 1 for the next in the queue."""
    if place == 1:
        return tr("Waiting for another answer · next in line")
    return tr("Waiting for other answers · number {place} in line").format(place=number(place))
