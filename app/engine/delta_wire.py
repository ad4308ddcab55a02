"""Deltas on their way through the pipe: a tuple is pickled in a fifth of a dataclass's time."""

from __future__ import annotations

from typing import Any

from app.base.answer_events import Delta
from app.base.types import PartKind

PackedDelta = tuple[int, str, str, str, str, str]
_KINDS = {kind.value: kind for kind in PartKind}


def pack(delta: Delta) -> PackedDelta:
    """Return the tuple to send for a delta."""
    return (
        delta.index,
        delta.text,
        delta.kind.value,
        delta.name,
        delta.id,
        delta.format_data,
    )


def unpack(payload: Any) -> Any:
    """Return the delta of such a tuple, and any other payload as it is."""
    if not isinstance(payload, tuple):
        return payload
    index, text, kind, *others = payload
    return Delta(index, text, _KINDS[kind], *others)
