"""Whether schemas exclude each other, what makes them, and what does not fit one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.formats.json_schema.schema_words import SILENT

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_DEEPEST = 8
_MOST_WAYS = 16

Resolve = Callable[[str], Any]
"""Returns what a reference refers to."""


@dataclass(slots=True)
class Narrowing:
    """What is asked of an object besides, so that it fits no other alternative."""

    forbidden: list[str] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)

    def of(self, schema: Any) -> Any:
        """Return a schema of the objects that fit ``schema`` and what is asked besides."""
        if not self.forbidden and not self.needed:
            return schema
        properties = dict.fromkeys(self.forbidden, False)
        besides = {"type": "object", "properties": properties, "required": self.needed}
        return {"allOf": [schema, besides]}


def narrowings(options: Sequence[Any], resolve: Resolve) -> list[Narrowing] | None:
    """Return what makes alternatives exclude each other; None if nothing is found that does.

    That is that a key which another one needs is not there, or that one is there which would have
    to be something else in the other.
    """
    options = [_resolved(option, resolve) for option in options]
    found: list[Narrowing] = []
    for at, one in enumerate(options):
        narrowing = Narrowing()
        for other in (*options[:at], *options[at + 1 :]):
            if not exclusive(one, other, resolve) and not _narrow(narrowing, one, other, resolve):
                return None
        found.append(narrowing)
    return found


def _narrow(narrowing: Narrowing, one: Any, other: Any, resolve: Resolve) -> bool:
    """Ask more of what fits ``one``, unless that is done, so that it does not fit ``other``."""
    theirs, own = _names(other, "required"), _names(one, "required")
    apart = [
        key
        for key in (*own, *_names(one, "properties"))
        if _property(one, key) is not False
        and exclusive(_property(one, key), _property(other, key), resolve)
    ]
    if not {*theirs} & {*narrowing.forbidden} and not {*apart} & {*narrowing.needed}:
        asked = {*own, *narrowing.needed}
        if missing := next((key for key in theirs if key not in asked), None):
            narrowing.forbidden.append(missing)
        elif there := next((key for key in apart if key not in narrowing.forbidden), None):
            narrowing.needed.append(there)
        else:
            return False
    return True


def _resolved(schema: Any, resolve: Resolve) -> Any:
    """Return what a schema refers to that is nothing but a reference."""
    for _ in range(_DEEPEST):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or len(schema) > 1:
            break
        schema = resolve(reference)
    return schema


def _names(schema: Any, word: str) -> list[str]:
    """Return the keys that a word of a schema names: those that it needs, or describes."""
    names = schema.get(word) if isinstance(schema, dict) else None
    return [key for key in names if isinstance(key, str)] if isinstance(names, list | dict) else []


def outside(schema: Any, resolve: Resolve, depth: int = 0) -> list[Any] | None:
    """Return schemas of what does not fit ``schema``; None if no way is known not to fit it.

    They need not have all that does not fit it: of texts, only those are seen whose type is wrong.
    """
    if schema is False:
        return [True]
    if schema is True or depth > _DEEPEST or not isinstance(schema, dict):
        return [] if schema is True else None
    ways: list[Any] = []
    whole = True
    if "type" in schema:
        rest = frozenset(TYPES) - {"integer"} - _kinds({"type": schema["type"]})
        ways += [{"type": sorted(rest)}] if rest else []
    ways += ({"type": "object", "properties": {key: False}} for key in _names(schema, "required"))
    properties = schema.get("properties")
    for key, value in properties.items() if isinstance(properties, dict) else ():
        inner = outside(value, resolve, depth + 1)
        whole = whole and inner is not None
        ways += (
            {"type": "object", "required": [key], "properties": {key: way}} for way in inner or ()
        )
    for part in _parts(schema, resolve):
        inner = outside(part, resolve, depth + 1)
        whole = whole and inner is not None
        ways += inner or ()
    if isinstance(options := schema.get("anyOf"), list):
        each = [outside(option, resolve, depth + 1) for option in options]
        known = [inner for inner in each if inner is not None]
        if len(known) == len(each) and math.prod(map(len, known)) <= _MOST_WAYS:
            ways += ({"allOf": list(way)} for way in itertools.product(*known))
        else:
            whole = False
    if "not" in schema:
        ways.append(schema["not"])
    others = schema.keys() - {"type", "required", "properties", "allOf", "anyOf", "not", "$ref"}
    whole = whole and all(word in SILENT for word in others)
    return ways if ways or whole else None


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
    kinds = kinds if isinstance(kinds, list) else [kinds]
    found = set(kinds if all(kind in TYPES for kind in kinds) else TYPES)  # else nothing is known
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
        for key in _names(needs, "required"):
            if exclusive(_property(needs, key), _property(has, key), resolve, depth + 1):
                return True
    return False


def _property(schema: Any, key: Any) -> Any:
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if isinstance(properties, dict) and isinstance(key, str) and key in properties:
        return properties[key]
    return True if "patternProperties" in schema else schema.get("additionalProperties", True)
