"""Sentences about waiting for other answers."""

from __future__ import annotations

from collections.abc import Iterable

from app.wording.language import number, tr


def in_line(place: int) -> str:
    """Return the sentence for an answer that waits; ``place`` is 1 for the next in the queue."""
    if place == 1:
        return tr("Waiting for another answer · next in line")
    return tr("Waiting for other answers · number {place} in line").format(place=number(place))


def in_use_by(clients: Iterable[str]) -> str:
    """Return the sentence about other programs that use the model; empty for none.

    ``clients``: their names, each perhaps with its process.
    """
    names = sorted({name.partition(" ")[0] for name in clients})
    told = ", ".join("fireside ask" if name == "ask" else name for name in names)
    return tr("In use by {clients}").format(clients=told) if told else ""
