"""Schemas, rewritten so that llguidance follows each word of them, or refused by a word's name."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

from app.base.errors import SchemaInvalid, SchemaUnsupported
from app.formats.json_schema.alternatives import TYPES, narrowings, outside
from app.formats.json_schema.endless import endless
from app.formats.json_schema.exact_pattern import PatternUnsupported, exact_pattern
from app.formats.json_schema.format_patterns import NUMBER_FORMATS, guaranteed
from app.formats.json_schema.number_steps import combinable, countable
from app.formats.json_schema.schema_references import SchemaReferences
from app.formats.json_schema.schema_text import escaped, read_schema
from app.formats.json_schema.schema_words import (
    OTHERS,
    SILENT,
    misspelt,
    modern,
    refers,
    with_named_properties,
)

_DEFINITIONS = ("$defs", "definitions")
_DIALECTS = frozenset(
    address.format(draft)
    for address in ("http://json-schema.org/{}/schema", "https://json-schema.org/{}/schema")
    for draft in ("draft/2020-12", "draft/2019-09", "draft-07", "draft-06", "draft-04")
) | {"http://json-schema.org/schema", "https://json-schema.org/schema"}
# llguidance computes with 64-bit floats, and JSON's readers do.
_LARGEST_NUMBER = 2**53
_LONGEST, _MOST_ITEMS = 32_768, 4_096
# What llguidance compiles within a few tenths of a second.
_MOST_NODES, _MOST_PAIRS, _MOST_VALUES, _MOST_PATTERN = 10_000, 5_000, 5_000, 32_768
_MOST_NAMES, _MOST_OPTIONAL, _MOST_PATTERNS = 1_000, 400, 24  # of properties
_MOST_DEPENDENT = 8  # each doubles what is compiled
_ESCAPED = "\b\t\n\f\r"
# JSON is written as models write it, in one form: with free white space weak ones would never end,
# and a key that can be written in two ways can come twice.
_FORM = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "coerce_one_of": True,
    "lenient": False,
    "json_allowed_escapes": 'nrbtf\\"',
}


@functools.lru_cache(maxsize=32)
def exact_schema(text: str, function: str = "") -> str:
    """Return a schema as JSON that llguidance follows exactly.

    What it then generates is valid by ``text``, though not all that is valid can be generated.
    ``function``: whose arguments it describes. Raises SchemaError.
    """
    return json.dumps(_Rewriting(read_schema(text, function), function).whole())


def holds_values(exact: str) -> bool:
    """Return whether all documents of a rewritten schema are objects or lists."""
    return json.loads(exact).get("type") in ("object", "array")


class _Rewriting:
    """The rewriting of one schema."""

    def __init__(self, root: Any, function: str) -> None:
        self._root = root
        self._function = function
        self._references = SchemaReferences(root, function)
        self._nodes = self._values = self._pattern_size = 0
        self._steps: set[Decimal] = set()  # of multipleOf
        keyword = _Rewriting
        self._keywords: dict[str, Callable[[_Rewriting, Any, str], dict[str, Any]]] = {
            "$schema": keyword._dialect,
            "type": keyword._type,
            "enum": keyword._enum,
            "const": lambda self, value, at: {"const": self._constant(value, at, "const")},
            "properties": keyword._properties,
            "patternProperties": keyword._pattern_properties,
            "additionalProperties": keyword._inner("additionalProperties"),
            "required": keyword._required,
            "items": keyword._inner("items"),
            "prefixItems": keyword._list_of("prefixItems"),
            "anyOf": keyword._list_of("anyOf"),
            "allOf": keyword._list_of("allOf"),
            "oneOf": keyword._one_of,
            "not": keyword._not,
            **dict.fromkeys(
                ("dependencies", "dependentRequired", "dependentSchemas"), keyword._dependent
            ),
            "$ref": keyword._reference,
            "multipleOf": keyword._multiple,
            "pattern": keyword._pattern,
            "format": keyword._format,
            "uniqueItems": keyword._off("uniqueItems"),
            "nullable": keyword._off("nullable"),
            "minLength": keyword._count("minLength", _LONGEST, least=True),
            "maxLength": keyword._count("maxLength", _LONGEST),
            "minItems": keyword._count("minItems", _MOST_ITEMS, least=True),
            "maxItems": keyword._count("maxItems", _MOST_ITEMS),
            "minProperties": keyword._count("minProperties", _MOST_ITEMS, least=True),
            "maxProperties": keyword._count("maxProperties", _MOST_ITEMS),
            "minimum": keyword._bound("minimum", -1),
            "maximum": keyword._bound("maximum", 1),
            "exclusiveMinimum": keyword._bound("exclusiveMinimum", -1),
            "exclusiveMaximum": keyword._bound("exclusiveMaximum", 1),
        }

    def whole(self) -> dict[str, Any]:
        """Return the schema, with what it refers to."""
        root = self._root
        if isinstance(root, dict):
            root = {k: v for k, v in root.items() if k not in ("$id", "id")}
        found = self._schema(root, "")
        if found is False:
            self._wrong("", "nothing fits it")
        found = {} if found is True else found
        definitions = {}
        for name, pointer, target in self._references.definitions():
            definitions[name] = self._schema(target if pointer else root, pointer)
        if endless(found, definitions):
            self._wrong("", "it refers to itself without an end")
        return {**found, "$defs": definitions, "x-guidance": _FORM}

    def _schema(self, value: Any, at: str) -> dict[str, Any] | bool:
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            self._wrong(at, "a schema is an object, true or false")
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            self._wrong(at, f"more than {_MOST_NODES} schemas")
        found: dict[str, Any] = {}
        besides: list[Any] = []
        plain = with_named_properties(modern(value), self._references.lookup)
        for key, inner in plain.items():
            if key in SILENT or key in _DEFINITIONS:
                continue
            if key not in self._keywords:
                self._unknown(key, value, at)
                continue
            for word, written in self._keywords[key](self, inner, at + escaped(key)).items():
                if word in found:  # two words that are written as one
                    besides.append({word: written})
                else:
                    found[word] = written
        kinds = found.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds or []
        if "number" in kinds and float(found.get("multipleOf", 0.5)).is_integer():
            # Whole numbers; llguidance panics after a 0 that is the whole answer.
            found["type"] = kinds = ["integer", *(kind for kind in kinds if kind != "number")]
        if "integer" in kinds:  # without limits, they could be of any length
            if not {"minimum", "exclusiveMinimum"} & found.keys():
                found["minimum"] = 1 - _LARGEST_NUMBER
            if not {"maximum", "exclusiveMaximum"} & found.keys():
                found["maximum"] = _LARGEST_NUMBER - 1
        if besides:
            found["allOf"] = [*found.get("allOf", ()), *besides]
        self._check_size(found, at)
        return found

    def _unknown(self, key: str, schema: dict[str, Any], at: str) -> None:
        """Refuse a word that says what is valid, or may be meant to."""
        if key in ("$id", "id"):
            here = str(schema[key]).startswith("#")
            if not here and refers(schema):  # to something within, whose place is another then
                self._refuse(key, at + escaped(key))
        elif key in OTHERS:
            self._refuse(key, at + escaped(key))
        elif meant := misspelt(key, self._keywords):
            self._refuse(key, at + escaped(key), f"unknown; {meant} may be meant")

    def _check_size(self, schema: dict[str, Any], at: str) -> None:
        """Refuse too many properties, or a number that keys which come twice could make up."""
        required = set(schema.get("required", ()))
        if schema.get("minProperties", 0) > len(required) + 1:
            self._refuse("minProperties", f"{at}/minProperties", "more than are required, and one")
        names = schema.get("properties", {}).keys()
        if len(names | required) > _MOST_NAMES or len(names - required) > _MOST_OPTIONAL:
            detail = f"more than {_MOST_OPTIONAL} that may be missing, or {_MOST_NAMES} in all"
            self._refuse("properties", f"{at}/properties", detail)
        if len(schema.get("patternProperties", ())) > _MOST_PATTERNS:
            where = f"{at}/patternProperties"
            self._refuse("patternProperties", where, f"more than {_MOST_PATTERNS}")

    # --- Keywords ---------------------------------------------------------------------------

    def _dialect(self, value: Any, at: str) -> dict[str, Any]:
        if not isinstance(value, str) or value.removesuffix("#") not in _DIALECTS:
            self._refuse("$schema", at, str(value))
        return {}

    def _type(self, value: Any, at: str) -> dict[str, Any]:
        kinds = value if isinstance(value, list) else [value]
        if not kinds or any(not isinstance(kind, str) or kind not in TYPES for kind in kinds):
            self._wrong(at, "no such type")
        return {"type": value}

    def _enum(self, value: Any, at: str) -> dict[str, Any]:
        values = self._list(value, at)
        return {"enum": [self._constant(one, at, "enum") for one in values]}

    def _constant(self, value: Any, at: str, keyword: str) -> Any:
        """Return a value that is to be written exactly."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value, at, keyword)
        if isinstance(value, str):
            self._check_characters(value, at, keyword)
        if isinstance(value, list | dict):
            self._values += 1 + len(value)
            if self._values > _MOST_VALUES:
                self._refuse(keyword, at, f"more than {_MOST_VALUES} values in lists and objects")
        for inner in value if isinstance(value, list) else ():
            self._constant(inner, at, keyword)
        for key, inner in value.items() if isinstance(value, dict) else ():
            self._check_characters(key, at, keyword)
            self._constant(inner, at, keyword)
        return value

    def _check_characters(self, text: str, at: str, keyword: str) -> None:
        if any((c < " " and c not in _ESCAPED) or c == "\x7f" for c in text):
            self._refuse(keyword, at, "control characters")

    def _properties(self, value: Any, at: str) -> dict[str, Any]:
        names = self._object(value, at)
        for name in names:
            self._check_characters(name, at, "properties")
        return {"properties": {k: self._schema(v, at + escaped(k)) for k, v in names.items()}}

    def _pattern_properties(self, value: Any, at: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for source, schema in self._object(value, at).items():
            inside = at + escaped(source)
            pattern = self._exact(source, inside, "patternProperties")
            if pattern in found:
                self._refuse("patternProperties", inside, "an expression that is there twice")
            found[pattern] = self._schema(schema, inside)
        return {"patternProperties": found}

    def _required(self, value: Any, at: str) -> dict[str, Any]:
        names = self._list(value, at)
        if not all(isinstance(name, str) for name in names):
            self._wrong(at, "not a list of names")
        for name in names:
            self._check_characters(name, at, "required")
        return {"required": names}

    def _one_of(self, value: Any, at: str) -> dict[str, Any]:
        options = self._list(value, at)
        if len(options) ** 2 > 2 * _MOST_PAIRS:
            self._refuse("oneOf", at, "so many alternatives")
        found = narrowings(self._references.judged(options), self._references.lookup)
        if found is None:
            self._refuse("oneOf", at, "alternatives that do not exclude each other")
        schemas = self._schemas(options, at)
        return {"anyOf": [one.of(schema) for one, schema in zip(found, schemas, strict=True)]}

    def _not(self, value: Any, at: str) -> dict[str, Any]:
        ways = outside(self._references.judged(value), self._references.lookup)
        if ways is None:
            self._refuse("not", at)
        return {"anyOf": [self._schema(way, at) for way in ways] or [False]}

    def _dependent(self, value: Any, at: str) -> dict[str, Any]:
        """Read what is asked of objects that have a key: other keys, or a schema."""
        found = []
        for key, asked in self._object(value, at).items():
            inside = at + escaped(key)
            self._check_characters(key, inside, "dependentRequired")
            keys = [asked] if isinstance(asked, str) else asked  # draft 3 had the one
            then = (
                self._required(keys, inside)
                if isinstance(keys, list)
                else self._schema(asked, inside)
            )
            found.append({"anyOf": [{"properties": {key: False}}, then]})
        if len(found) > _MOST_DEPENDENT:
            self._refuse("dependentRequired", at, f"more than {_MOST_DEPENDENT}")
        return {"allOf": found} if found else {}

    def _reference(self, value: Any, at: str) -> dict[str, Any]:
        if not isinstance(value, str):
            self._wrong(at, "not a text")
        return {"$ref": f"#/$defs/{self._references.definition(value, at)}"}

    def _multiple(self, value: Any, at: str) -> dict[str, Any]:
        step = Decimal(str(self._number(value, at, "multipleOf"))).normalize()
        if step <= 0:
            self._wrong(at, "not more than 0")
        self._steps.add(step)
        if not countable(step) or not combinable(self._steps):
            self._refuse("multipleOf", at, str(value))
        return {"multipleOf": value}

    def _pattern(self, value: Any, at: str) -> dict[str, Any]:
        return {"pattern": self._exact(value, at, "pattern")}

    def _format(self, value: Any, at: str) -> dict[str, Any]:
        known = isinstance(value, str)
        if known and value in NUMBER_FORMATS:
            return NUMBER_FORMATS[value]
        pattern = guaranteed(value) if known else None
        if pattern is None:
            self._refuse("format", at, str(value))
        return {"pattern": exact_pattern(f"^(?:{pattern})$")} if pattern else {}

    def _exact(self, source: Any, at: str, keyword: str) -> str:
        if not isinstance(source, str):
            self._wrong(at, "not a text")
        self._pattern_size += len(source)
        if self._pattern_size > _MOST_PATTERN:
            self._refuse(keyword, at, f"more than {_MOST_PATTERN} characters of expressions")
        try:
            return exact_pattern(source)
        except PatternUnsupported as fault:
            self._refuse(keyword, at, str(fault))

    # --- Kinds of keywords ------------------------------------------------------------------

    @staticmethod
    def _inner(keyword: str) -> Callable[[_Rewriting, Any, str], dict[str, Any]]:
        return lambda self, value, at: {keyword: self._schema(value, at)}

    @staticmethod
    def _list_of(keyword: str) -> Callable[[_Rewriting, Any, str], dict[str, Any]]:
        return lambda self, value, at: {keyword: self._schemas(self._list(value, at), at)}

    @staticmethod
    def _off(keyword: str) -> Callable[[_Rewriting, Any, str], dict[str, Any]]:
        def check(self: _Rewriting, value: Any, at: str) -> dict[str, Any]:
            if value is not False:
                self._refuse(keyword, at)
            return {}

        return check

    @staticmethod
    def _count(
        keyword: str, most: int, *, least: bool = False
    ) -> Callable[[_Rewriting, Any, str], dict[str, Any]]:
        """Read a count. Where it only limits, a smaller limit serves as well."""

        def read(self: _Rewriting, value: Any, at: str) -> dict[str, Any]:
            if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
                self._wrong(at, "not a whole number")
            if value < 0:
                self._wrong(at, "less than 0")
            if least and value > most:
                self._refuse(keyword, at, f"more than {most}")
            return {keyword: min(int(value), most)}

        return read

    @staticmethod
    def _bound(keyword: str, sign: int) -> Callable[[_Rewriting, Any, str], dict[str, Any]]:
        """Read a limit. One beyond all numbers limits nothing."""

        def read(self: _Rewriting, value: Any, at: str) -> dict[str, Any]:
            beyond = isinstance(value, int | float) and sign * value > _LARGEST_NUMBER
            return {keyword: self._number(sign * _LARGEST_NUMBER if beyond else value, at, keyword)}

        return read

    # --- Parts ------------------------------------------------------------------------------

    def _number(self, value: Any, at: str, keyword: str) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(at, "not a number")
        if abs(value) > _LARGEST_NUMBER:
            self._refuse(keyword, at, "numbers beyond 2⁵³")
        return value

    def _schemas(self, values: list[Any], at: str) -> list[dict[str, Any] | bool]:
        if not values:
            self._wrong(at, "an empty list")
        return [self._schema(value, f"{at}/{n}") for n, value in enumerate(values)]

    def _list(self, value: Any, at: str) -> list[Any]:
        if not isinstance(value, list):
            self._wrong(at, "not a list")
        return value

    def _object(self, value: Any, at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._wrong(at, "not an object")
        return value

    def _refuse(self, keyword: str, at: str, detail: str = "") -> NoReturn:
        raise SchemaUnsupported(at, self._function, keyword, detail)

    def _wrong(self, at: str, reason: str) -> NoReturn:
        raise SchemaInvalid(at, self._function, reason)
