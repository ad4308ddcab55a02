"""Fields of JSON that somebody else wrote: with a type that is made sure of, or refused.

``checked`` and those after it are for our own files, where a wrong field is a fault. ``Foreign``
is for those of other programs, whose forms change without notice: a field of the wrong type counts
as missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from app.base.types import Sampling

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_LATEST = 1e11  # seconds, in the year 5138; what is above are milliseconds


class Newer(Exception):
    """The file is of a later version, which is the argument; behind it is the latest known one."""


class Wrong(Exception):
    """A field is missing or has a value that it must not have; the text says which."""


def checked(raw: Mapping[str, Any], name: str, *types: type[T]) -> T:
    """A field of one of the types; bool is no int here, and every number has an end."""
    value = raw.get(name)
    if type(value) not in types:
        raise Wrong(f"“{name}” is missing" if name not in raw else f"“{name}” is of a wrong type")
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(f"“{name}” is not a number")
    if isinstance(value, int) and abs(value) > 2**64:
        raise Wrong(f"“{name}” is too large")
    return value  # type: ignore[return-value]  # its type is one of them


def an_object(raw: object) -> dict[str, Any]:
    """It has to be one."""
    if not isinstance(raw, dict):
        raise Wrong("it is no object")
    return raw


def maybe(raw: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """A field that may be null or missing."""
    return None if raw.get(name) is None else checked(raw, name, kind)


def number(raw: Mapping[str, Any], name: str) -> float:
    """A number, with a fraction or without."""
    return float(checked(raw, name, float, int))


def choice(kind: type[E], raw: Mapping[str, Any], name: str) -> E:
    """One of the values of an enumeration."""
    value = checked(raw, name, str)
    try:
        return kind(value)
    except ValueError as error:
        raise Wrong(f"“{name}” is {value[:40]!r}") from error


def sampling(raw: Mapping[str, Any]) -> Sampling | None:
    """The field of that name. What is missing in it has its default."""
    given = maybe(raw, "sampling", dict)
    if given is None:
        return None
    values: dict[str, Any] = {}
    for name in ("temperature", "top_p", "min_p"):
        if name in given:
            values[name] = number(given, name)
    for name in ("seed", "max_tokens"):
        values[name] = maybe(given, name, int)
    if "top_k" in given:
        values["top_k"] = checked(given, "top_k", int)
    return Sampling(**values)


class Foreign:
    """An object in another program's JSON, or anything where an object should be."""

    def __init__(self, raw: object) -> None:
        self.raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}

    def __getitem__(self, name: str) -> Foreign:
        """The object in a field; an empty one where there is none."""
        return Foreign(self.raw.get(name))

    def __bool__(self) -> bool:
        return bool(self.raw)

    def text(self, *names: str) -> str:
        """The first of the fields that is a text with something in it, else an empty one."""
        values = (self.raw.get(name) for name in names)
        return next((value for value in values if isinstance(value, str) and value), "")

    def flag(self, name: str) -> bool:
        return self.raw.get(name) is True

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
        """The first of the fields that is a time: seconds or milliseconds since 1970, or as
        ISO 8601 has it. In POSIX seconds."""
        for name in names:
            number = self.number(name)
            if number is None and (text := self.text(name)):
                number = _iso(text)
            if number is not None:
                seconds = number / 1000 if number > _LATEST else number
                if seconds <= _LATEST:
                    return seconds
        return None

    def items(self, name: str) -> Sequence[Any]:
        """The list in a field, empty where there is none."""
        value = self.raw.get(name)
        return value if isinstance(value, list) else []

    def names(self, name: str) -> list[str]:
        """The texts in a list."""
        return [item for item in self.items(name) if isinstance(item, str)]


def _iso(text: str) -> float | None:
    try:
        seconds = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds >= 0 else None
