"""The input of a call as it is shown: code, or JSON that is laid out to be read."""

from __future__ import annotations

import json
import re

from app.base.types import Part
from app.wording.tool_words import is_python

_LONGEST = 200_000  # characters that are laid out
_DEEPEST = 20  # levels that are indented
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def call_text(part: Part, *, complete: bool) -> tuple[str, str]:
    """Return the language of a call's input, and its text; ``complete``: whether all of it came.

    JSON keeps every token as the model wrote it: only the blanks between them change.
    """
    if is_python(part.name):
        return "python", part.text
    text = part.text.strip()
    if not text.startswith(("{", "[")):
        return "", part.text
    try:
        if complete and len(text) <= _LONGEST:
            json.loads(text)
            return "json", _laid_out(text)
    except (ValueError, RecursionError):  # not valid
        pass
    return "json", part.text


def _laid_out(text: str) -> str:
    tokens = _TOKEN.findall(text)
    pieces: list[str] = []
    depth = 0
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        pieces.append(token)
        if token in "{[":
            if following not in ("}", "]"):
                depth += 1
                pieces.append("\n" + "  " * min(depth, _DEEPEST))
        elif token == ",":
            pieces.append("\n" + "  " * min(depth, _DEEPEST))
        elif token == ":":
            pieces.append(" ")
        if following in ("}", "]") and token not in ("{", "["):
            depth -= 1
            pieces.append("\n" + "  " * min(depth, _DEEPEST))
    return "".join(pieces)
