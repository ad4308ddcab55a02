"""Arguments of a call, as a model wrote them, against the JSON schema of the function.

Models write ``"3"`` for 3, wrap objects in fences or strings, and invent fields. What can mean one
thing only is put right; anything else raises CallInvalid with a sentence that shows the right form.
Of a schema, types, properties, required fields, choices and alternatives are checked; the tool
checks the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.base.code_fence import unfenced
from app.tools.tool import CallInvalid

_DEPTH = 20  # of schemas and values; deeper ones are taken as they are
_MOST_LOOKS = 50_000  # at values; a schema may lead to itself again and again
_MOST_FIELDS = 200  # and others in the right form
_FORM = 600  # characters of the right form in a sentence

_Json = Mapping[str, Any]


def checked(name: str, written: str, schema: str) -> str:
    """Return a call's arguments as a JSON object that fits a schema. Raises CallInvalid."""
    try:
        known = json.loads(schema)
    except ValueError:
        known = {}
    root: _Json = known if isinstance(known, dict) else {}
    try:
        value = _parsed(written)
        if not isinstance(value, dict):
            raise _Unfit("the arguments are not one JSON object")
        fitting = _Fit(root).value(value, root, "", 0)
    except _Unfit as fault:
        raise CallInvalid(
            f"Error: {fault}. The call was not run. The arguments of {name} are one JSON object of "
            f"this form: {form(root)}"
        ) from None
    return json.dumps(fitting, ensure_ascii=False)


def form(schema: _Json) -> str:
    """Return the form of an object in one line: its fields, with ``?`` where they may be left out.

    It is cut if it is long.
    """
    text = _Form(schema).of(schema, 0)
    return text if len(text) <= _FORM else f"{text[:_FORM]}…"


class _Unfit(Exception):
    """A value does not fit; the message says what and where."""


def _parsed(written: str) -> Any:
    text = unfenced(written).strip()
    if not text:
        return {}
    try:
        value = json.loads(text, strict=False)
        return json.loads(value, strict=False) if isinstance(value, str) else value
    except json.JSONDecodeError as fault:
        where = f"{fault.msg} at character {fault.pos + 1} of {len(text)}"
        raise _Unfit(f"the arguments are not valid JSON ({where})") from None
    except (ValueError, RecursionError):
        raise _Unfit("the arguments are not valid JSON") from None


class _Fit:
    """The fitting of values to the parts of a schema, whose references lead into ``root``."""

    def __init__(self, root: _Json) -> None:
        self._root = root
        self._looks = 0

    def value(self, value: Any, schema: Any, where: str, depth: int) -> Any:
        """Return a value made to fit. Raises _Unfit."""
        self._looks += 1
        schema = _resolved(schema, self._root)
        if not isinstance(schema, dict) or depth > _DEPTH or self._looks > _MOST_LOOKS:
            return value
        for word in ("anyOf", "oneOf"):
            if isinstance(others := schema.get(word), list) and others:
                return self._any(value, others, where, depth)
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if isinstance(kinds, list) and kinds:
            value = self._typed(value, [k for k in kinds if isinstance(k, str)], where)
        choices = schema.get("enum")
        if isinstance(choices, list) and choices and value not in choices:
            shown = ", ".join(json.dumps(each, ensure_ascii=False) for each in choices[:20])
            raise _Unfit(f"{_at(where)} is none of {shown}")
        if isinstance(value, dict):
            return self._object(value, schema, where, depth)
        if isinstance(value, list) and "items" in schema:
            items = schema["items"]
            return [
                self.value(item, items, f"{where}[{n}]", depth + 1) for n, item in enumerate(value)
            ]
        return value

    def _any(self, value: Any, schemas: list[Any], where: str, depth: int) -> Any:
        """Return a value made to fit one of several schemas, the one that changes it least."""
        fitting = []
        fault: _Unfit | None = None
        for each in schemas:
            try:
                fitting.append(self.value(value, each, where, depth + 1))
            except _Unfit as unfit:
                fault = fault or unfit
        if not fitting:
            raise fault or _Unfit(f"{_at(where)} does not fit")
        same = [each for each in fitting if type(each) is type(value) and each == value]
        return (same or fitting)[0]

    def _object(self, value: dict[str, Any], schema: _Json, where: str, depth: int) -> Any:
        fields = schema.get("properties")
        fields = fields if isinstance(fields, dict) else {}
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            if name not in value:
                raise _Unfit(f"{_at(f'{where}.{name}' if where else str(name))} is missing")
        more = schema.get("additionalProperties")
        keeps = (
            not fields or more is True or isinstance(more, dict) or "patternProperties" in schema
        )
        found = {}
        for name, item in value.items():
            inner = f"{where}.{name}" if where else name
            if name in fields:
                missing = item is None and name not in (required or ())
                if missing and not _takes_null(_resolved(fields[name], self._root)):
                    continue  # as if it had been left out
                found[name] = self.value(item, fields[name], inner, depth + 1)
            elif keeps:
                found[name] = self.value(item, more, inner, depth + 1)
        return found

    def _typed(self, value: Any, kinds: list[str], where: str) -> Any:
        if any(_is(value, kind) for kind in kinds):
            return value
        for kind in kinds:
            if (again := _as(value, kind)) is not None:
                return again
        raise _Unfit(f"{_at(where)} is not {' or '.join(map(_article, kinds))}")


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
    return True  # a type that is not known is the tool's to check


def _as(value: Any, kind: str) -> Any:
    """Return what a value of another type can only mean; None if there is no such thing."""
    match kind, value:
        case "integer", float() if value.is_integer():
            return int(value)
        case "integer", str() if re.fullmatch(r"[+-]?\d{1,18}", value.strip()):
            return int(value)
        case "number", str() if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", value.strip()):
            number = float(value)
            return int(number) if "." not in value else number
        case "boolean", str() if value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | float():
            return json.dumps(value)
        case "array" | "object", str():
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                return None
            return inner if _is(inner, kind) else None
    return None


def _resolved(schema: Any, root: _Json) -> Any:
    """Follow references within the schema; one that leads nowhere, or in a circle, is anything."""
    for _ in range(_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            return schema
        schema = root
        for name in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            name = name.replace("~1", "/").replace("~0", "~")
            schema = schema.get(name) if isinstance(schema, dict) else None
    return None


def _takes_null(schema: Any) -> bool:
    if not isinstance(schema, dict) or "type" not in schema:
        return True
    return schema["type"] == "null" or (
        isinstance(schema["type"], list) and "null" in schema["type"]
    )


class _Form:
    """The writing of a form, of a schema whose references lead into ``root``."""

    def __init__(self, root: _Json) -> None:
        self._root = root
        self._left = _MOST_FIELDS

    def of(self, schema: Any, depth: int) -> str:
        """Return the form of a part of the schema."""
        self._left -= 1
        schema = _resolved(schema, self._root)
        if not isinstance(schema, dict) or depth > 3 or self._left < 0:
            return "any"
        for word in ("anyOf", "oneOf"):
            if isinstance(others := schema.get(word), list) and others:
                return " | ".join(self.of(each, depth + 1) for each in others[:4])
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return " | ".join(json.dumps(each, ensure_ascii=False) for each in choices[:8])
        kind = schema.get("type", "object" if "properties" in schema else "any")
        if kind == "array":
            return f"[{self.of(schema.get('items', {}), depth + 1)}, …]"
        if kind == "object":
            return self._object(schema, depth)
        return " | ".join(map(str, kind)) if isinstance(kind, list) else str(kind)

    def _object(self, schema: _Json, depth: int) -> str:
        fields = schema.get("properties")
        if not isinstance(fields, dict):
            return "{}" if depth == 0 else "{…}"
        required = schema.get("required")
        needed = required if isinstance(required, list) else []
        inner = (
            f'"{name}"{"" if name in needed else "?"}: {self.of(each, depth + 1)}'
            for name, each in fields.items()
        )
        return f"{{{', '.join(inner)}}}"


def _at(where: str) -> str:
    return f"“{where}”" if where else "the value"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
