"""JSON values from a file of any length, one at a time.

Python's own parser does the work: it is given what has been read of the file, and twice as much
each time that was not enough, so that a value is parsed twice at most. Of an array of any length,
one item at a time is in memory.

Why not ijson 3.6 (wheels of its C parser exist for CPython 3.10 to 3.15 on Windows, macOS and
Linux): an export of 100 MB takes it 0.9 s and 1.4 MB of memory, this module 0.7 s and 2.0 MB, and
``json.load`` 430 MB; its pure Python backend takes 11 s. But the C backend refuses integers over 64
bits if numbers are read as floats, and otherwise crashes the process (SIGSEGV) at an integer of
5,000 digits; it replaces a lone high surrogate by "?" and fails at a low one, which exports contain
if a title was cut within an emoji; and it has no limit on the size of one value. Byte order marks,
UTF-16 and several documents in a file would have to be handled here all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

LARGEST = 128_000_000
"""Characters that one value may have; ten long books have fewer."""

_EARLY = "unexpected end"
_CHUNK = 1 << 18  # characters
_TAIL = 16  # characters; more than a truncated word, escape or number has
_BLANK = re.compile(r"[ \t\n\r]*")


class NotJson(Exception):
    """Invalid JSON; the text says what is wrong."""


class TooLarge(Exception):
    """A value of more than LARGEST characters."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


class JsonReader:
    """A reader of one JSON value after another from ``file``.

    ``items`` and ``members`` enter an array and an object; each thing that they yield has to be
    consumed with ``value``, ``items`` or ``members`` before they are advanced. All raise `NotJson`
    and `TooLarge`.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)

    def peek(self) -> str:
        """Return the next character that is not white space, or "" at the end of the file."""
        while True:
            if blank := _BLANK.match(self._text, self._at):
                self._at = blank.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def head(self) -> str:
        """Return what is buffered: at the beginning of the file, some thousand characters."""
        return self._text[self._at :]

    def value(self) -> Any:
        """Consume and return the next value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                early = self._early(error)
                if early and self._more():
                    continue
                raise NotJson(_EARLY if early else error.msg) from error
            except RecursionError as error:
                raise NotJson("nested too deeply") from error
            except ValueError as error:  # an integer of thousands of digits, or NaN
                raise NotJson(str(error)) from error
            length, near = end - self._at, len(self._text) - end < _TAIL
            if isinstance(value, (int, float)) and near and self._more():
                continue  # a number may continue
            self._at += length
            return value

    def items(self) -> Iterator[None]:
        """Enter the next value, an array, and yield before each of its items."""
        yield from self._inside("[", "]")

    def members(self) -> Iterator[str]:
        """Enter the next value, an object, and yield the name of each member before its value."""
        for _ in self._inside("{", "}"):
            name = self.value()
            if not isinstance(name, str):
                raise NotJson("the name of a field is no text")
            self._take(":")
            yield name

    def end(self) -> None:
        """Require that nothing but white space is left."""
        if self.peek():
            raise NotJson("there is something behind its end")

    def _inside(self, opening: str, closing: str) -> Iterator[None]:
        self._take(opening)
        if self.peek() != closing:
            yield
            while self.peek() == ",":
                self._at += 1
                yield
        self._take(closing)

    def _take(self, character: str) -> None:
        if self.peek() != character:
            raise NotJson(f"“{character}” is missing" if self.peek() else _EARLY)
        self._at += 1

    def _early(self, error: json.JSONDecodeError) -> bool:
        """Return whether the error may only mean that the value has not been read to its end."""
        return len(self._text) - error.pos < _TAIL or error.msg.startswith("Unterminated")

    def _more(self) -> bool:
        """Read on, doubling the buffer; return False at the end of the file."""
        self._text = self._text[self._at :]
        self._at = 0
        if self._ended:
            return False
        if len(self._text) > LARGEST:
            raise TooLarge
        read = self._file.read(max(_CHUNK, len(self._text)))
        self._text += read
        self._ended = not read
        return bool(read)
