"""Whether a schema only fits documents without an end: a list whose first item is such a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PREFIX = "#/$defs/"


def endless(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Return whether no document that fits a rewritten schema ends.

    Computed from below: a definition ends if it does with those that are known to.
    """
    known: set[str] = set()
    while more := {n for n, d in definitions.items() if n not in known and _ends(d, known)}:
        known |= more
    return not _ends(schema, known)


def _ends(schema: Any, known: set[str]) -> bool:
    if not isinstance(schema, dict):
        return True
    reference = schema.get("$ref")
    if reference is not None and reference.removeprefix(_PREFIX) not in known:
        return False
    if not all(_ends(part, known) for part in schema.get("allOf", ())):
        return False
    if "anyOf" in schema and not any(_ends(part, known) for part in schema["anyOf"]):
        return False
    kinds = schema.get("type", ["null"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return any(kind not in _ENDS or _ENDS[kind](schema, known) for kind in kinds)


def _object_ends(schema: Mapping[str, Any], known: set[str]) -> bool:
    properties = schema.get("properties", {})
    other = schema.get("additionalProperties", True)
    return all(_ends(properties.get(name, other), known) for name in schema.get("required", ()))


def _array_ends(schema: Mapping[str, Any], known: set[str]) -> bool:
    first, least = schema.get("prefixItems", []), schema.get("minItems", 0)
    items = [*first[:least], *[schema.get("items", True)] * (least > len(first))]
    return all(_ends(item, known) for item in items)


_ENDS = {"object": _object_ends, "array": _array_ends}
