"""The input of a call: an object, whatever the model wrote."""

from __future__ import annotations

import json
from typing import Any

from app.server.fields import JsonObject

_INVALID = "INVALID_JSON"
"""The member that has what is no object: Anthropic's documentation of fine-grained tool streaming
names it so. The tool will refuse it, and the model sees what it wrote."""


def tool_input(arguments: str) -> JsonObject:
    """Return a call's arguments as an object."""
    try:
        # Line breaks within a string are a slip that changes nothing.
        value: Any = json.loads(arguments or "{}", strict=False, parse_constant=_refused)
    except (ValueError, RecursionError):
        value = None
    found = value if isinstance(value, dict) else {_INVALID: arguments}
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a character, which no client could read
        found = json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
    return found


def arguments_of(value: JsonObject) -> str:
    """Return an object as the model would write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refused(constant: str) -> None:
    raise ValueError(constant)
