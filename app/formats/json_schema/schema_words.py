"""Words of JSON schemas: those of older drafts, those that are not followed, and misspelt ones.

A word that no draft knows is an annotation, by every draft. Only what looks as if it were meant to
say what is valid is not taken for one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any

SILENT = frozenset({
    "$anchor", "$comment", "$dynamicAnchor", "contentEncoding", "contentMediaType",
    "contentSchema", "default", "deprecated", "description", "discriminator", "example",
    "examples", "readOnly", "title", "writeOnly",
})  # fmt: skip
"""Words that say something to readers, and nothing about what is valid."""
OTHERS = frozenset({
    "$dynamicRef", "$recursiveRef", "$vocabulary", "additionalItems", "contains",
    "disallow", "divisibleBy", "else", "extends", "if", "maxContains", "minContains",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "x-guidance",
})  # fmt: skip
"""Words that say what is valid, and are not followed; the last one is llguidance's."""
_ALIKE = 0.85


def misspelt(word: str, known: Iterable[str]) -> str:
    """Return the word that may be meant by an unknown one; empty if none is.

    One with a mark before it is switched off, or somebody's own.
    """
    if not word[:1].isalpha() or word.startswith("x-"):
        return ""
    words = {each.lower(): each for each in (*known, *OTHERS)}
    close = difflib.get_close_matches(word.lower(), words, n=1, cutoff=_ALIKE)
    return words[close[0]] if close else ""


def modern(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of an older draft in the words of 2020-12, as far as its own keys go."""
    items, more = schema.get("items"), "additionalItems" in schema
    renamed = (
        {"items": "prefixItems", "additionalItems": "items"} if isinstance(items, list) else {}
    )
    found = {renamed.get(key, key): value for key, value in schema.items()}
    if more and not renamed:  # it has no meaning
        del found["additionalItems"]
    for word, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        # In draft 4, it says of the other one that it is exclusive.
        if isinstance(found.get(word), bool) and limit in found and found.pop(word):
            found[word] = found.pop(limit)
    return found


def bare_references(value: Any) -> Any:
    """Return a schema of draft 7 or older without what stands beside its references.

    It has no meaning there, so what is only refused by that is valid.
    """
    if isinstance(value, dict):
        alone = isinstance(value.get("$ref"), str)
        return {key: bare_references(v) for key, v in value.items() if not alone or key == "$ref"}
    return [bare_references(each) for each in value] if isinstance(value, list) else value


def refers(value: Any) -> bool:
    """Return whether a value has a reference anywhere."""
    if isinstance(value, dict):
        return "$ref" in value or any(map(refers, value.values()))
    return isinstance(value, list) and any(map(refers, value))


def with_named_properties(schema: dict[str, Any], resolve: Callable[[str], Any]) -> dict[str, Any]:
    """Return a schema without ``propertyNames``, as far as other words can say the same."""
    names = schema.get("propertyNames")
    if isinstance(names, dict) and isinstance(names.get("$ref"), str) and len(names) == 1:
        names = resolve(names["$ref"])
    if names is None:
        return schema
    rest = {key: value for key, value in schema.items() if key != "propertyNames"}
    words = {} if names is True else names
    if not isinstance(words, dict) or words.get("type", "string") != "string":
        return schema
    asked = words.keys() - SILENT - {"type"}
    if not asked:
        return rest
    more = rest.pop("additionalProperties", True)
    if rest.keys() & {"properties", "patternProperties"}:
        return schema
    values, pattern = words.get("enum"), words.get("pattern")
    if asked == {"pattern"} and isinstance(pattern, str):
        return rest | {"patternProperties": {pattern: more}, "additionalProperties": False}
    if asked == {"enum"} and isinstance(values, list):
        named = {name: more for name in values if isinstance(name, str)}
        return rest | {"properties": named, "additionalProperties": False}
    return schema
