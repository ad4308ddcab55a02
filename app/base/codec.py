"""Dataclasses as JSON values and back, by their annotated fields.

`encode` writes every field under its own name and `decode` reads every field by its annotation, so
a field that is added to a dataclass is written and read without any change here; a test round-trips
each field of each dataclass that is stored (tests/unit/test_codec.py).

Known annotations: bool, int, float, str, bytes (base64), `Path`, `datetime.date` (ISO 8601), a
`StrEnum`, another dataclass, ``tuple[X, ...]``, and ``X | None``.

It is written with the standard library alone. Compared on Python 3.11 (Linux, x86-64), with wheels
for Windows, macOS and Linux and Python 3.11 to 3.14 of each:

=============== ============== ======== ==========================================================
                package, kB    import   strictness
=============== ============== ======== ==========================================================
msgspec 0.23.0  553            31 ms    strict, but takes NaN, and null never counts as missing
cattrs 26.2.1   728 (3 pkgs)   110 ms   lax: ``"5"`` is an int, ``True`` a float
this module     8              2 ms     bool is no int, numbers are finite and at most 2**64
=============== ============== ======== ==========================================================

The import time counts, since the settings are read before the window is shown. Both libraries word
their errors their own way, by a path such as ``$.messages[3].parts[0]``, where Fireside tells the
user which chat, message and field is wrong; and neither can read a file in which some values are
damaged, as the settings must be.
"""

from __future__ import annotations

import binascii
import dataclasses
import datetime
import functools
import math
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from enum import Enum, StrEnum
from pathlib import Path, PurePath
from typing import Any, TypeVar, cast

T = TypeVar("T")

_LARGEST = 2**64
_SHOWN = 40  # characters of a value that an error quotes


class FieldError(ValueError):
    """A field is missing or has an invalid value; the message says which."""


def encode(value: object, *, text: Callable[[str], str] = str, omit_defaults: bool = False) -> Any:
    """Return a dataclass as a dict of JSON values, or a field's value in its JSON form.

    ``text`` is applied to every text. With ``omit_defaults``, fields that have their default
    values are left out.
    """
    again = functools.partial(encode, text=text, omit_defaults=omit_defaults)
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return text(value)
        case bytes():
            return binascii.b2a_base64(value, newline=False).decode("ascii")
        case PurePath():
            return str(value)
        case datetime.date():
            return value.isoformat()
        case tuple() | list():
            return [again(item) for item in value]
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"no JSON for {type(value).__name__}")
    pairs = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
    return {
        field.name: again(item)
        for field, item in pairs
        if not (omit_defaults and item == field.default)
    }


def decode(kind: type[T], raw: object) -> T:
    """Return the dataclass that a JSON object holds.

    Fields that ``kind`` does not have are ignored. A field with a default may be missing or null,
    and one that may be None may be missing. A value that is of its field's type already, such as a
    dataclass made elsewhere, is taken as it is. Raises FieldError.
    """
    raw, values = an_object(raw), {}
    for name, hint, required, nullable in _fields(cast(Hashable, kind)):
        if name in raw:
            value = raw[name]
            if type(value) is hint and _is_plain(value):
                values[name] = value
            elif value is not None or nullable or required:
                values[name] = decode_value(hint, value, name)
        elif required and nullable:
            values[name] = None
        elif required:
            raise FieldError(f"“{name}” is missing")
    return kind(**values)


def an_object(raw: object) -> dict[str, Any]:
    """Return ``raw`` if it is a JSON object. Raises FieldError otherwise."""
    if not isinstance(raw, dict):
        raise FieldError("not an object")
    return raw


def member(raw: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """Return the required field ``name`` of an object. Raises FieldError."""
    if name not in raw:
        raise FieldError(f"“{name}” is missing")
    value: T = decode_value(kind, raw[name], name)
    return value


def decode_value(hint: Any, value: object, name: str) -> Any:
    """Return the value of the field ``name``, annotated with ``hint``. Raises FieldError."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType or origin is typing.Union:
        if value is None:
            return None
        (hint,) = (each for each in inner if each is not types.NoneType)
        return decode_value(hint, value, name)
    if origin is tuple:
        return tuple(_item(inner[0], item, name) for item in _typed(value, name, list, tuple))
    if hint is float or hint is int:
        return _number(hint, value, name)
    if hint in (str, bool, dict, list):
        return _typed(value, name, hint)
    if isinstance(value, hint):
        return value
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast(type[Any], hint), _typed(value, name, dict))
    written = _typed(value, name, str)
    try:
        if issubclass(hint, bytes):
            return binascii.a2b_base64(written, strict_mode=True)
        if issubclass(hint, datetime.date):
            return datetime.date.fromisoformat(written)
        if issubclass(hint, (StrEnum, Path)):
            return hint(written)
    except ValueError as error:
        raise FieldError(f"“{name}” is {written[:_SHOWN]!r}") from error
    raise TypeError(f"no JSON for {hint}")


@functools.cache
def hints(kind: Any) -> dict[str, Any]:
    """Return the types of a dataclass's fields, by their names."""
    found = typing.get_type_hints(kind)
    return {field.name: found[field.name] for field in dataclasses.fields(kind)}


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool, bool], ...]:
    """Return each field's name and type, whether it is required, and whether it may be None."""
    nothing = dataclasses.MISSING
    return tuple(
        (
            field.name,
            hint := hints(kind)[field.name],
            field.default is nothing and field.default_factory is nothing,
            types.NoneType in typing.get_args(hint),
        )
        for field in dataclasses.fields(kind)
    )


def _item(hint: Any, value: object, name: str) -> Any:
    """Return a decoded list item; errors in a dataclass name its own fields, not the list."""
    if dataclasses.is_dataclass(hint) and not isinstance(value, typing.cast(type[Any], hint)):
        return decode(typing.cast(type[Any], hint), value)
    return decode_value(hint, value, name)


def _is_plain(value: object) -> bool:
    """Return whether a value can be taken unchanged: a fast path for most values."""
    match value:
        case str() | bool():
            return True
        case int():
            return -_LARGEST <= value <= _LARGEST
        case float():
            return value - value == 0.0  # neither infinite nor NaN
    return False


def _number(hint: type[int] | type[float], value: object, name: str) -> int | float:
    number: int | float = _typed(value, name, int, *(() if hint is int else (float,)))
    if isinstance(number, float) and not math.isfinite(number):
        raise FieldError(f"“{name}” is not a number")
    if abs(number) > _LARGEST and isinstance(number, int):
        raise FieldError(f"“{name}” is too large")
    return hint(number)


def _typed(value: object, name: str, *kinds: type) -> Any:
    """Return ``value`` if it is of one of the types; a bool does not count as an int."""
    if type(value) not in kinds:
        raise FieldError(f"“{name}” has the wrong type")
    return value
