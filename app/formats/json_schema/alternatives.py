"""Whether schemas exclude each other, and what makes them, so that what fits one fits only it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_DEEPEST = 8

Resolve = Callable[[str], Any]
"""Returns what a reference refers to."""


def keys_to_forbid(options: Sequence[Any], resolve: Resolve) -> list[list[str]] | None:
    """Return the keys that may not be in what fits each option, so that no other one fits it.

    Those are keys that the others need. None if that does not make them exclude each other.
    """
    found: list[list[str]] = []
    for at, one in enumerate(options):
        keys: list[str] = []
        own = _needed(one, resolve)
        for place, other in enumerate(options):
            if place == at or exclusive(one, other, resolve):
                continue
            theirs = _needed(other, resolve)
            if not set(theirs) & set(keys):
                key = next((key for key in theirs if key not in own), None)
                if key is None:
                    return None
                keys.append(key)
        found.append(keys)
    return found


def without(schema: Any, keys: Sequence[str]) -> Any:
    """Return a schema of the objects that fit ``schema`` and have none of some keys."""
    if not keys:
        return schema
    return {"allOf": [schema, {"type": "object", "properties": dict.fromkeys(keys, False)}]}


def _needed(schema: Any, resolve: Resolve) -> list[str]:
    """Return the keys that each object needs that fits a schema."""
    for _ in range(_DEEPEST):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            break
        schema = resolve(reference)
    required = schema.get("required") if isinstance(schema, dict) else None
    return [key for key in required if isinstance(key, str)] if isinstance(required, list) else []


def exclusive(one: Any, other: Any, resolve: Resolve, depth: int = 0) -> bool:
    """Return whether nothing fits both schemas, as far as that is easy to see."""
    if one is False or other is False:
        return True
    if depth > _DEEPEST or not isinstance(one, dict) or not isinstance(other, dict):
        return False
    for whole, rest in ((one, other), (other, one)):
        if any(exclusive(part, rest, resolve, depth + 1) for part in _parts(whole, resolve)):
            return True
        for key in ("anyOf", "oneOf"):
            options = whole.get(key)
            if isinstance(options, list) and all(
                exclusive(option, rest, resolve, depth + 1) for option in options
            ):
                return True
    ours, theirs = _kinds(one), _kinds(other)
    if not ours & theirs:
        return True
    values, others = _values(one), _values(other)
    if values is not None and others is not None:
        return not values & others
    if ours & theirs <= {"object"}:
        return _exclusive_objects(one, other, resolve, depth)
    return False


def _parts(schema: dict[str, Any], resolve: Resolve) -> list[Any]:
    """Return the schemas that must hold besides."""
    reference, parts = schema.get("$ref"), schema.get("allOf")
    found = list(parts) if isinstance(parts, list) else []
    return [*found, resolve(reference)] if isinstance(reference, str) else found


def _kinds(schema: dict[str, Any]) -> frozenset[str]:
    """Return the types of what may fit; a whole number counts as a number."""
    kinds = schema.get("type", list(TYPES))
    found = {kinds} if isinstance(kinds, str) else set(kinds) if isinstance(kinds, list) else set()
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list):
        found &= {_kind(value) for value in values} | (
            {"integer"} if any(_kind(value) == "number" for value in values) else set()
        )
    return frozenset("number" if kind == "integer" else kind for kind in found)


def _kind(value: Any) -> str:
    for kind, types in _PYTHON.items():
        if isinstance(value, types):
            return kind
    return "object"


_PYTHON: dict[str, Any] = {
    "null": type(None),
    "boolean": bool,
    "number": (int, float),
    "string": str,
    "array": list,
}


def _values(schema: dict[str, Any]) -> frozenset[tuple[str, Any]] | None:
    """Return all simple values that fit at most; None if they are not counted up."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
        return None
    return frozenset((_kind(value), _same(value)) for value in values)


def _same(value: Any) -> Any:
    return Decimal(value) if isinstance(value, float) else value


def _exclusive_objects(
    one: dict[str, Any], other: dict[str, Any], resolve: Resolve, depth: int
) -> bool:
    """Return whether no object fits both: a key that one needs is something else in the other."""
    for needs, has in ((one, other), (other, one)):
        required = needs.get("required")
        for key in required if isinstance(required, list) else ():
            theirs = _property(has, key)
            if exclusive(_property(needs, key), theirs, resolve, depth + 1):
                return True
    return False


def _property(schema: dict[str, Any], key: Any) -> Any:
    properties = schema.get("properties")
    if isinstance(properties, dict) and isinstance(key, str) and key in properties:
        return properties[key]
    return True if "patternProperties" in schema else schema.get("additionalProperties", True)
