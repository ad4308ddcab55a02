"""Typed access to fields of JSON.

``Foreign`` is for other programs' files, whose formats change without notice: a field of the
wrong type counts as missing, and fields that nothing asks for are counted. In Fireside's own files,
a wrong field is an error (see `app.base.codec`).
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
_LATEST_TIME = 1e11  # seconds, in the year 5138; larger numbers are in a smaller unit
# Six consecutive letters of scripts written without spaces between words.
_UNSPACED_WORDS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7af]{6}"
)
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)\s*([hms])", re.IGNORECASE)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "H": 3600.0, "M": 60.0, "S": 1.0}


class Newer(Exception):
    """A file of a newer version; the arguments are its version and the latest known one."""


class Foreign:
    """An object in another program's JSON; anything else counts as an empty one.

    It remembers which fields were read. `unread` counts the others that contain something, so that
    content in an unknown field is at least reported.
    """

    __slots__ = ("_ignored", "_lists", "_objects", "_read", "raw")

    def __init__(self, raw: object) -> None:
        self.raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        self._read: set[str] = set()
        self._ignored: set[str] = set()
        self._objects: dict[str, Foreign] = {}
        self._lists: dict[str, list[Foreign]] = {}

    def __getitem__(self, name: str) -> Foreign:
        """Return the object in a field, or an empty one."""
        if name not in self._objects:
            self._objects[name] = Foreign(self.raw.get(name))
        return self._objects[name]

    def __bool__(self) -> bool:
        return bool(self.raw)

    def objects(self, name: str) -> list[Foreign]:
        """Return the items of a list as objects; items of other types are empty ones."""
        if name not in self._lists:
            self._lists[name] = [Foreign(item) for item in self.items(name)]
            self._read.discard(name)
        return self._lists[name]

    def table(self, name: str) -> dict[str, Foreign]:
        """Return the objects in a field that is itself an object, by their names."""
        inner = self[name]
        return {key: inner[key] for key in inner.raw}

    def text(self, *names: str) -> str:
        """Return the first of the fields that is a non-empty string, else ""."""
        values = (self._value(name, str) for name in names)
        return next((value for value in values if value), "")

    def key(self, *names: str) -> str:
        """Return the first of the fields that has an entry's key, a text or a number, else ""."""
        found = (_key(self.raw.get(name)) for name in names)
        self._read.update(names)
        return next((key for key in found if key), "")

    def flag(self, name: str) -> bool:
        return self._value(name, bool) is True

    def number(self, name: str) -> float | None:
        """Return a finite number that is not negative, else None."""
        value = self.raw.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if 0 <= number < math.inf else None

    def time(self, *names: str) -> float | None:
        """Return the first of the fields that is a time, in POSIX seconds.

        It may be in seconds, milliseconds, microseconds or nanoseconds since 1970, or ISO 8601.
        """
        for name in names:
            number = self.number(name)
            if number is None and (text := self.text(name)):
                number = _iso(text)
            if number is not None and (seconds := _seconds(number)) is not None:
                return seconds
        return None

    def items(self, name: str) -> Sequence[Any]:
        """Return the list in a field, or an empty one."""
        return self._value(name, list) or []

    def names(self, name: str) -> list[str]:
        """Return the texts in a list."""
        return [item for item in self.items(name) if isinstance(item, str)]

    def keys(self, name: str) -> list[str]:
        """Return the keys in a list, as `key` reads them."""
        return [key for item in self.items(name) if (key := _key(item))]

    def ignore(self, *names: str) -> None:
        """Mark fields as known and without content to read; without names, all of them."""
        self._ignored.update(names or self.raw)

    def unread(self, *, sentences: bool = False) -> int:
        """Count the fields that contain text and were not read, or only as another type.

        With ``sentences``, only those with several words in a row.
        """
        count, stack = 0, [self]
        while stack:
            current = stack.pop()
            for name, value in current.raw.items():
                if name in current._ignored or name in current._read:
                    continue
                if name in current._objects and isinstance(value, dict):
                    stack.append(current._objects[name])
                elif name in current._lists and isinstance(value, list):
                    stack.extend(current._lists[name])
                    count += any(_has_text(i, sentences) for i in value if isinstance(i, str))
                else:
                    count += _has_text(value, sentences)
        return count

    def _value(self, name: str, kind: type[T]) -> T | None:
        """Return a field of that type and mark it as read, else None."""
        value = self.raw.get(name)
        if not isinstance(value, kind):
            return None
        self._read.add(name)
        return value


def _key(value: object) -> str:
    """Return a key as JSON objects have them, where they are strings."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_KEY:
        return str(value)
    return value if isinstance(value, str) else ""


def _has_text(value: object, sentences: bool) -> bool:
    """Return whether the value contains a text that is not blank.

    With ``sentences``: one of three words, or of a script that is written without spaces.
    """
    stack = [value]
    while stack:  # not recursive: the value may be nested as deeply as the parser allows
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str):
            words = len(item.split(maxsplit=2))
            if words and (not sentences or words > 2 or _UNSPACED_WORDS.search(item)):
                return True
    return False


def from_json(text: str) -> Foreign:
    """Parse a text that is JSON itself; an empty object if it is not."""
    try:
        return Foreign(json.loads(text))
    except (ValueError, RecursionError):
        return Foreign(None)


def duration(text: str) -> float | None:
    """Return the seconds in a sentence like “Thought for 2m 17s” or “Worked for 3 minutes”."""
    found = _DURATION.findall(text)
    return sum(float(number) * _UNITS[unit] for number, unit in found) if found else None


def _seconds(number: float) -> float | None:
    """Convert seconds, milliseconds, microseconds or nanoseconds to seconds, by magnitude."""
    for unit in (1, 1e3, 1e6, 1e9):
        if number / unit <= _LATEST_TIME:
            return number / unit
    return None


def _iso(text: str) -> float | None:
    try:
        seconds = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds >= 0 else None
