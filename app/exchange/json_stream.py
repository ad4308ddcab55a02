"""JSON from a file, piece by piece: of an array of any length only one item is in memory.

Python's own parser does the work. It is given as much of the file as has been read, and more when
that was not enough, twice as much each time, so that it reads a value twice at most.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

LARGEST = 128_000_000
"""Characters that one value may have; ten long books have fewer."""

_EARLY = "it ends too early"
_CHUNK = 1 << 18  # characters
_TAIL = 16  # characters; a cut-off word, escape or end of a number has fewer
_BLANK = re.compile(r"[ \t\n\r]*")


class NotJson(Exception):
    """What is in the file breaks the rules of JSON; the text says how."""


class TooLarge(Exception):
    """One value has more than LARGEST characters."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


class JsonReader:
    """Takes one value after another out of ``file``.

    ``items`` and ``members`` go into an array and an object; what they yield has to be taken
    with ``value``, ``items`` or ``members`` before they go on. All raise `NotJson` and `TooLarge`.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)

    def peek(self) -> str:
        """The first character of what comes, empty at the end of the file."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def head(self) -> str:
        """What has been read and not taken yet: at the beginning, some thousand characters."""
        return self._text[self._at :]

    def value(self) -> Any:
        """The next value, whole."""
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
                raise NotJson("it is nested too deeply") from error
            except ValueError as error:  # a number of thousands of digits, or NaN
                raise NotJson(str(error)) from error
            length, near = end - self._at, len(self._text) - end < _TAIL
            if isinstance(value, (int, float)) and near and self._more():
                continue  # a number may go on
            self._at += length
            return value

    def items(self) -> Iterator[None]:
        """Once before each item of the array that comes."""
        yield from self._inside("[", "]")

    def members(self) -> Iterator[str]:
        """Before the value of each member of the object that comes, its name."""
        for _ in self._inside("{", "}"):
            name = self.value()
            if not isinstance(name, str):
                raise NotJson("the name of a field is no text")
            self._take(":")
            yield name

    def end(self) -> None:
        """Makes sure that nothing comes any more."""
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
        """Whether it may only be that the value goes on behind what has been read."""
        return len(self._text) - error.pos < _TAIL or error.msg.startswith("Unterminated")

    def _more(self) -> bool:
        """Reads on, as much again as is there. False at the end of the file."""
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
