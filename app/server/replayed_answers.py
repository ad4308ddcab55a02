"""What the model said before, as clients send it back: its calls, reasoning and preambles."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace

from app.base.types import Message, Part, PartKind, Role
from app.formats.harmony.stored_parts import ALONG_THE_WAY, JSON_CALL
from app.server.request_fields import FUNCTIONS

_SEALED = "fs1:"


def function_call(name: str, identifier: str, arguments: str) -> Part:
    """Return a call that a client has sent back, as models write calls of functions."""
    return Part(arguments, PartKind.CALL, f"{FUNCTIONS}.{name}", identifier, JSON_CALL)


def sealed(reasoning: str) -> str:
    """Return reasoning in the form in which clients keep it that are not to read it."""
    return _SEALED + base64.b64encode(reasoning.encode(errors="replace")).decode()


def unsealed(content: str) -> str:
    """Return the reasoning that was sealed; empty if another server did that."""
    if not content.startswith(_SEALED):
        return ""
    try:
        return base64.b64decode(content.removeprefix(_SEALED), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def with_preambles(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Mark the assistant's texts that come before a call in the same turn: they are no answers."""
    found: list[Message] = []
    calls = False
    for message in reversed(messages):
        answers = message.role is Role.ASSISTANT
        calls = calls and (answers or message.role is Role.TOOL)
        parts: list[Part] = []
        for part in reversed(message.parts):
            calls = calls or part.kind in (PartKind.CALL, PartKind.RESULT)
            aside = calls and answers and part.kind is PartKind.TEXT and not part.format_data
            parts.append(replace(part, format_data=ALONG_THE_WAY) if aside else part)
        found.append(replace(message, parts=tuple(reversed(parts))))
    return tuple(reversed(found))
