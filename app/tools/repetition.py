"""Calls that only repeat themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.tools.tool import Call

_LONGEST, _TIMES = 4, 3  # calls of a cycle, and how often it may not come in a row


def key_of(call: Call) -> str:
    """Return a text that is equal for equal calls, however their JSON is laid out."""
    try:
        arguments = json.dumps(json.loads(call.arguments), sort_keys=True)
    except (ValueError, RecursionError):
        arguments = call.arguments.strip()
    return f"{call.name}\n{arguments}"


def goes_in_circles(calls: Sequence[str]) -> bool:
    """Return whether calls, by their keys, end in the same one, or the same few, three times."""
    return any(
        len(calls) >= _TIMES * size
        and all(calls[-n] == calls[-n - size] for n in range(1, (_TIMES - 1) * size + 1))
        for size in range(1, _LONGEST + 1)
    )
