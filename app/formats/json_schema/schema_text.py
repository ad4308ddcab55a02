"""JSON out of a schema's text, as strict as RFC 8259, and bounded."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn
from urllib.parse import unquote

from app.base.errors import SchemaInvalid, SchemaTooLarge

LARGEST = 256 * 1024
"""Bytes of a schema."""
_DEEPEST = 100  # llguidance's own reader ends at 128
_LONGEST_NUMBER = 9  # digits: of a place in a list


def read_schema(text: str, function: str = "") -> Any:
    """Return a schema's value. Raises SchemaTooLarge or SchemaInvalid.

    Refused are also an object with two equal keys, NaN, and half a surrogate pair.
    """
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise SchemaTooLarge(function=function, limit=LARGEST)

    def fail(reason: str, pointer: str = "") -> NoReturn:
        raise SchemaInvalid(pointer, function, reason)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            fail(f"the key {json.dumps(twice)} is there twice")
        return found

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=lambda name: fail(name))
    except json.JSONDecodeError as error:
        fail(f"{error.msg}, line {error.lineno}, column {error.colno}")
    except RecursionError:
        fail("nested too deep")
    except ValueError:  # a number of thousands of digits
        fail("a number is too long")
    if found := _fault(value):
        fail(*found)
    return value


def escaped(key: str | int) -> str:
    """Return a key as a step of a JSON pointer."""
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


def _fault(value: Any) -> tuple[str, str] | None:
    """Return what is wrong with a value, and where; None if nothing is."""
    waiting: list[tuple[Any, str, int]] = [(value, "", 0)]
    while waiting:
        item, pointer, depth = waiting.pop()
        if depth > _DEEPEST:
            return "nested too deep", pointer
        if isinstance(item, float) and not math.isfinite(item):
            return "a number is too large", pointer
        if isinstance(item, str) and not _is_text(item):
            return "half a surrogate pair", pointer
        if isinstance(item, dict):
            if not all(map(_is_text, item)):
                return "half a surrogate pair", pointer
            waiting += [(inner, pointer + escaped(k), depth + 1) for k, inner in item.items()]
        elif isinstance(item, list):
            waiting += [(inner, pointer + escaped(n), depth + 1) for n, inner in enumerate(item)]
    return None


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def pointer_of(reference: str) -> str | None:
    """Return where in its document a reference leads; None if it leads elsewhere."""
    pointer = unquote(reference.removeprefix("#"))
    here = reference.startswith("#") and (not pointer or pointer.startswith("/"))
    return pointer if here else None


def value_at(root: Any, pointer: str) -> Any:
    """Return what a JSON pointer leads to. Raises LookupError."""
    found = root
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and not (key.isdecimal() and len(key) <= _LONGEST_NUMBER):
            raise LookupError(pointer)
        if not isinstance(found, dict | list):
            raise LookupError(pointer)
        found = found[key] if isinstance(found, dict) else found[int(key)]
    return found
