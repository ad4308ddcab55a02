"""The text for a custom tool, out of the arguments of its function while they grow."""

from __future__ import annotations

import json
import re
from typing import Any

INPUT = "input"
"""The argument of a custom tool's function."""
_BEGINS = re.compile(r'\s*\{\s*"' + INPUT + r'"\s*:\s*"')
_HEX = "[0-9a-fA-F]{4}"
# A run of characters, a pair of surrogates, or another escape that cannot become part of a pair.
_PIECE = re.compile(
    r'[^\\"]+'
    rf"|\\u[dD][89abAB][0-9a-fA-F]{{2}}(?:\\u{_HEX}|(?=[^\\]|\\[^u]))"
    rf"|\\u(?![dD][89abAB]){_HEX}"
    r"|\\[^u]",
    re.DOTALL,
)
_ESCAPE = re.compile(rf"\\(u{_HEX}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}


class FreeText:
    """The text in arguments that grow. Arguments of another shape are the text themselves."""

    def __init__(self) -> None:
        self._arguments = ""
        self._at: int | None = None
        """Up to where the text in the arguments has been read; None before its beginning."""
        self._text: list[str] = []

    def add(self, arguments: str) -> str:
        """Return what more of the arguments adds to the text."""
        self._arguments += arguments
        if self._at is None:
            begins = _BEGINS.match(self._arguments)
            if not begins:
                return ""
            self._at = begins.end()
        begun = self._at
        while piece := _PIECE.match(self._arguments, self._at):
            self._at = piece.end()
        text = _unescaped(self._arguments[begun : self._at])
        self._text.append(text)
        return text

    @property
    def text(self) -> str:
        """The text, once the arguments are complete, or will not be."""
        if self._at is not None:
            return "".join(self._text)
        try:
            value: Any = json.loads(self._arguments, strict=False)
        except ValueError:
            return self._arguments
        if isinstance(value, dict):
            value = value.get(INPUT, next(iter(value.values()), ""))
        return value if isinstance(value, str) else self._arguments


def free_text(arguments: str) -> str:
    """Return the text in complete arguments."""
    text = FreeText()
    text.add(arguments)
    return text.text


def _unescaped(written: str) -> str:
    if "\\" not in written:
        return written
    text = _ESCAPE.sub(_character, written)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str]) -> str:
    """Return the character that an escape stands for; one that JSON has not stands for itself."""
    if len(escape[1]) > 1:
        return chr(int(escape[1][1:], 16))
    return _ESCAPED.get(escape[1], escape[0])
