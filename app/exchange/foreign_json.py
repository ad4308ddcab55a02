"""Fields of JSON that somebody else wrote: with a type that is made sure of, or refused.

`Foreign` is for the files of other programs, whose forms change without notice: a field of the
wrong type counts as missing, and one that nobody asks for is counted. In our own files, a wrong
field is a fault (see `app.base.codec`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")

_LARGEST_KEY = 1 << 64
_LATEST = 1e11  # seconds, in the year 5138; what is above are milliseconds or less
# Letters in a row of scripts that put no spaces between words.
_DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7af]{6}")
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)\s*([hms])", re.IGNORECASE)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "H": 3600.0, "M": 60.0, "S": 1.0}


class Newer(Exception):
    """The file is of a later version, which is the argument; behind it is the latest known one."""


class Foreign:
    """An object in another program's JSON, or anything where an object should be.

    It remembers what it was asked for. `unread` counts the other fields that have something in
    them, so that what nobody knows of is at least told.
    """

    __slots__ = ("_aside", "_asked", "_lists", "_objects", "raw")

    def __init__(self, raw: object) -> None:
        self.raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        self._asked: set[str] = set()
        self._aside: set[str] = set()
        self._objects: dict[str, Foreign] = {}
        self._lists: dict[str, list[Foreign]] = {}

    def __getitem__(self, name: str) -> Foreign:
        """The object in a field; an empty one where there is none."""
        if name not in self._objects:
            self._objects[name] = Foreign(self.raw.get(name))
        return self._objects[name]

    def __bool__(self) -> bool:
        return bool(self.raw)

    def objects(self, name: str) -> list[Foreign]:
        """Those of a list; what else is in it are empty ones."""
        if name not in self._lists:
            self._lists[name] = [Foreign(item) for item in self.items(name)]
            self._asked.discard(name)
        return self._lists[name]

    def table(self, name: str) -> dict[str, Foreign]:
        """The objects in a field that is an object, by their names."""
        inner = self[name]
        return {key: inner[key] for key in inner.raw}

    def text(self, *names: str) -> str:
        """The first of the fields that is a text with something in it, else an empty one."""
        values = (self._value(name, str) for name in names)
        return next((value for value in values if value), "")

    def key(self, *names: str) -> str:
        """The first of the fields that names another entry, also by a number."""
        found = (_key(self.raw.get(name)) for name in names)
        self._asked.update(names)
        return next((key for key in found if key), "")

    def flag(self, name: str) -> bool:
        return self._value(name, bool) is True

    def number(self, name: str) -> float | None:
        """A number that is not negative."""
        value = self.raw.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if 0 <= number < math.inf else None

    def time(self, *names: str) -> float | None:
        """The first of the fields that is a time: seconds, milliseconds or nanoseconds since
        1970, or as ISO 8601 has it. In POSIX seconds."""
        for name in names:
            number = self.number(name)
            if number is None and (text := self.text(name)):
                number = _iso(text)
            if number is not None and (seconds := _seconds(number)) is not None:
                return seconds
        return None

    def items(self, name: str) -> Sequence[Any]:
        """The list in a field, empty where there is none."""
        return self._value(name, list) or []

    def names(self, name: str) -> list[str]:
        """The texts in a list."""
        return [item for item in self.items(name) if isinstance(item, str)]

    def keys(self, name: str) -> list[str]:
        """The entries that a list names, as `key` has them."""
        return [key for item in self.items(name) if (key := _key(item))]

    def aside(self, *names: str) -> None:
        """These fields are known, and there is nothing to read in them; without names: in none."""
        self._aside.update(names or self.raw)

    def unread(self, *, sentences: bool = False) -> int:
        """How many fields have something in them, a text somewhere, that nobody has asked for, or
        has only asked for as something else; with ``sentences`` only those with words in a row."""
        count, waiting = 0, [self]
        while waiting:
            here = waiting.pop()
            for name, value in here.raw.items():
                if name in here._aside or name in here._asked:
                    continue
                if name in here._objects and isinstance(value, dict):
                    waiting.append(here._objects[name])
                elif name in here._lists and isinstance(value, list):
                    waiting.extend(here._lists[name])
                    count += any(_speaks(i, sentences) for i in value if isinstance(i, str))
                else:
                    count += _speaks(value, sentences)
        return count

    def _value(self, name: str, kind: type[T]) -> T | None:
        """A field of that type, which is read then. One of another type is not."""
        value = self.raw.get(name)
        if not isinstance(value, kind):
            return None
        self._asked.add(name)
        return value


def _key(value: object) -> str:
    """A key as one of JSON's objects has it, which are texts there."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_KEY:
        return str(value)
    return value if isinstance(value, str) else ""


def _speaks(value: object, sentences: bool) -> bool:
    """Whether there is a text in it that is not blank; with ``sentences``: one of three words, or
    of letters of a script that does without spaces."""
    waiting = [value]
    while waiting:  # no recursion: it may be nested as deep as the parser goes
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            words = len(item.split(maxsplit=2))
            if words and (not sentences or words > 2 or _DENSE.search(item)):
                return True
    return False


def from_json(text: str) -> Foreign:
    """What a text says that is JSON itself; nothing where it is none."""
    try:
        return Foreign(json.loads(text))
    except (ValueError, RecursionError):
        return Foreign(None)


def duration(text: str) -> float | None:
    """The seconds in a sentence like “Thought for 2m 17s” or “Worked for 3 minutes”."""
    found = _DURATION.findall(text)
    return sum(float(number) * _UNITS[unit] for number, unit in found) if found else None


def _seconds(number: float) -> float | None:
    """Of a number of seconds, or of thousandths, millionths or milliardths of them."""
    for unit in (1, 1e3, 1e6, 1e9):
        if number / unit <= _LATEST:
            return number / unit
    return None


def _iso(text: str) -> float | None:
    try:
        seconds = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds >= 0 else None
