"""Declarations of tools, as openai-harmony writes them: TypeScript out of JSON schemas.

What that library cannot tell is first brought into words that it knows: a ``$ref`` is resolved,
``allOf`` is merged, ``anyOf`` is written as alternatives, and a constant as an enumeration. Whoever
declares a tool may be hostile: a comment stays a comment, however many lines it has, and references
end, however often they refer to each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.base.types import ToolFunction, ToolNamespace
from app.formats.tool_descriptions import described

TRAINED = ("browser", "python")
"""The tools that the model was trained on, which belong into the system message."""
_DEEPEST, _MOST_REFERENCES, _LONGEST = 24, 200, 100_000
# Under this key, a known schema has the references that lead to it. JSON has no such key.
_WITHIN: Any = object()
_NOWHERE: frozenset[str] = frozenset()
_ODD = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')

_Schema = Mapping[str, Any]


def section(namespaces: Iterable[ToolNamespace]) -> str:
    """Return the section that declares some namespaces; empty if there are none."""
    texts = [_namespace(namespace) for namespace in sorted(namespaces, key=lambda n: n.name)]
    return "\n\n".join(["# Tools", *texts]) if texts else ""


def _namespace(namespace: ToolNamespace) -> str:
    name, description = _word(namespace.name), described(namespace)
    lines = [f"## {name}\n"]
    if not namespace.functions:
        return "\n".join([*lines, *description.splitlines()])
    lines += [f"// {line}" for line in description.splitlines()]
    lines.append(f"namespace {name} {{\n")
    for function in namespace.functions:
        lines += [f"// {line}" for line in function.description.splitlines()]
        lines.append(f"type {_word(function.name)} = {_parameters(function)} => any;\n")
    return "\n".join([*lines, f"}} // namespace {name}"])


def _parameters(function: ToolFunction) -> str:
    if not function.schema:
        return "()"
    try:
        schema = json.loads(function.schema)
        types = _Types(schema)
        written = types.written(types.known(schema), "")
    except (ValueError, RecursionError):
        written = ""
    return f"(_: {written if 0 < len(written) <= _LONGEST else 'any'})"


class _Types:
    """The types of one schema, whose definitions are in ``root``.

    A schema is ``known`` once it is in the words that openai-harmony knows.
    """

    def __init__(self, root: object) -> None:
        self._root = root
        self._references = 0

    def written(self, known: _Schema, indent: str, depth: int = 0) -> str:
        """Return a known schema as a type."""
        if depth > _DEEPEST:
            return "any"
        if isinstance(one_of := known.get("oneOf"), list):
            variants = (self._variant(self._within(known, v), indent, depth) for v in one_of)
            return "".join(f"\n{indent} | {variant}" for variant in variants)
        kind = known.get("type")
        if isinstance(kind, list):
            names = ["number" if k == "integer" else k for k in kind if isinstance(k, str)]
            return " | ".join(map(_word, names)) or "any"
        if kind == "object":
            return self._object(known, indent, depth)
        if kind == "array":
            items = self._within(known, known.get("items"))
            return f"{self.written(items, indent, depth + 1)}[]" if "items" in known else _ARRAY
        if kind == "string":
            values = known.get("enum")
            texts = [v for v in values if isinstance(v, str)] if isinstance(values, list) else []
            return " | ".join(map(_quoted, texts)) or "string"
        return {"number": "number", "integer": "number", "boolean": "boolean"}.get(str(kind), "any")

    def known(self, schema: object, within: frozenset[str] = _NOWHERE) -> dict[str, Any]:
        """Return a schema as a known one. ``within``: the references that lead to it."""
        known = dict(schema) if isinstance(schema, dict) else {}
        while isinstance(reference := known.pop("$ref", None), str):
            if reference in within:  # it refers to itself
                break
            within |= {reference}
            known = {**self._definition(reference), **known}
        if isinstance(parts := known.pop("allOf", None), list) and "oneOf" not in known:
            for part in parts[:_DEEPEST]:
                known = _merged(known, self.known(part, within))
        if "properties" in known:  # what must hold besides is no other type
            known.pop("anyOf", None)
            known.pop("oneOf", None)
        elif isinstance(variants := known.pop("anyOf", None), list) and "type" not in known:
            known = _any_of(known, [self.known(variant, within) for variant in variants])
        if "const" in known:
            known.setdefault("enum", [known.pop("const")])
        values = known.get("enum")
        if "type" not in known and isinstance(values, list) and any(map(_is_text, values)):
            known |= {"type": "string"} if all(isinstance(v, str | None) for v in values) else {}
            known |= {"nullable": True} if None in values else {}
        known[_WITHIN] = within | known.get(_WITHIN, _NOWHERE)
        return known

    def _within(self, known: _Schema, schema: object) -> dict[str, Any]:
        """Return a schema within a known one as a known one."""
        return self.known(schema, known[_WITHIN])

    def _object(self, known: _Schema, indent: str, depth: int) -> str:
        lines = [*_comment(known.get("description"), indent), "{"]
        properties, required = known.get("properties"), known.get("required")
        if isinstance(properties, dict):
            needed = required if isinstance(required, list) else []
            for key, value in properties.items():
                name = f"{indent}{_word(key)}{'' if key in needed else '?'}:"
                lines += self._property(name, self._within(known, value), indent, depth)
        return "\n".join([*lines, f"{indent}}}"])

    def _property(self, name: str, known: _Schema, indent: str, depth: int) -> list[str]:
        title = known.get("title")
        lines = [*_comment(title, indent), f"{indent}//"] if isinstance(title, str) else []
        if "oneOf" not in known:
            lines += _comment(known.get("description"), indent)
        examples = known.get("examples")
        if isinstance(examples, list) and examples:
            lines.append(f"{indent}// Examples:")
            lines += [f"{indent}// - {_quoted(e)}" for e in examples if isinstance(e, str)]
        if isinstance(known.get("oneOf"), list):
            return [*lines, *self._alternatives(name, known, indent, depth)]
        written = _nullable(self.written(known, f"{indent}    ", depth + 1), known)
        defaults = [_default(known)] if "default" in known and "oneOf" not in known else []
        return [*lines, f"{name} {written},{_trailing(defaults)}"]

    def _alternatives(self, name: str, known: _Schema, indent: str, depth: int) -> list[str]:
        """Return the lines of a property that may have one of several types."""
        said = known.get("description")
        variants = [self._within(known, variant) for variant in known["oneOf"]]
        above = isinstance(said, str) and said != (
            variants[0].get("description") if variants else None
        )
        lines = _comment(said, indent) if above else []
        lines += [f"{indent}// {_default(known)}"] if "default" in known else []
        lines.append(name)
        for at, variant in enumerate(variants):
            text = variant.get("description")
            hidden = (above and at == 0) or text == said
            written = _nullable(self.written(variant, f"{indent}   ", depth + 1), variant)
            comments = [] if hidden or not isinstance(text, str) else [_line(text)]
            comments += [_default(variant)] if "default" in variant else []
            lines.append(f"{indent} | {written}{_trailing(comments)}")
        return [*lines, f"{indent},"]

    def _variant(self, known: _Schema, indent: str, depth: int) -> str:
        written = _nullable(self.written(known, f"{indent}   ", depth + 1), known)
        said = known.get("description")
        comments = [_line(said)] if isinstance(said, str) else []
        comments += [_default(known, quotes_enum=True)] if "default" in known else []
        return f"{written}{_trailing(comments)}"

    def _definition(self, reference: str) -> dict[str, Any]:
        """Return what a reference refers to; empty if that is nothing, or there were too many."""
        self._references += 1
        found = self._root
        if not reference.startswith("#") or self._references > _MOST_REFERENCES:
            return {}
        for step in filter(None, reference[1:].split("/")):
            key = step.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


_ARRAY = "Array<any>"


def _any_of(outer: dict[str, Any], known: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write alternatives as a list of simple types, as ``nullable``, or as ``oneOf``."""
    kinds = [k.get("type") for k in known]
    simple = all(set(k) <= {"type", "title", _WITHIN} for k in known)
    if simple and all(isinstance(kind, str) for kind in kinds):
        return {**outer, "type": kinds}
    rest = [k for k, kind in zip(known, kinds, strict=True) if kind != "null"]
    if len(rest) < len(known) and rest:
        rest[-1] = {**rest[-1], "nullable": True}
    return {**rest[0], **outer} if len(rest) == 1 else {**outer, "oneOf": rest}


def _merged(one: _Schema, other: _Schema) -> dict[str, Any]:
    """Return a schema for what fits two; where they differ, the first one's words."""
    merged = {**other, **one}
    ours, theirs = one.get("properties"), other.get("properties")
    if isinstance(ours, dict) and isinstance(theirs, dict):
        merged["properties"] = {**theirs, **ours}
    needed = (one.get("required"), other.get("required"))
    merged["required"] = [key for keys in needed if isinstance(keys, list) for key in keys]
    return merged


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _nullable(written: str, schema: _Schema) -> str:
    nullable = schema.get("nullable") is True and "null" not in written
    return f"{written} | null" if nullable else written


def _comment(text: object, indent: str) -> list[str]:
    if not isinstance(text, str):
        return []
    return [f"{indent}// {line}" for line in text.splitlines() or [""]]


def _trailing(comments: Sequence[str]) -> str:
    return f" // {' '.join(comments)}" if comments else ""


def _line(text: str) -> str:
    """Return text as a single line."""
    return " ".join(text.splitlines())


def _default(schema: _Schema, *, quotes_enum: bool = False) -> str:
    value = schema["default"]
    if isinstance(value, str):
        enumerated = isinstance(schema.get("enum"), list) and schema["enum"] and not quotes_enum
        return f"default: {_word(value) if enumerated else _quoted(value)}"
    return f"default: {_json(value)}"


def _word(text: str) -> str:
    """Return a name as it is, or quoted if it would not be a single line of plain text."""
    return _escaped(text) if _ODD.search(text) else text


def _quoted(text: str) -> str:
    return _escaped(text) if _ODD.search(text) else f'"{text}"'


def _escaped(text: str) -> str:
    def ascii_only(odd: re.Match[str]) -> str:
        return odd[0] if odd[0] in '"\\' else f"\\u{ord(odd[0]):04x}"

    return _ODD.sub(ascii_only, _dumped(text))


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(value: object) -> str:
    """Return a value as JSON, with numbers as serde_json writes them."""
    if isinstance(value, float):
        mantissa, e, exponent = repr(value).partition("e")
        if e and int(exponent) == -5:
            return f"{value:.{len(mantissa.replace('.', '').lstrip('-')) + 4}f}"
        return f"{mantissa}e{int(exponent)}" if e else mantissa
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_escaped(k)}:{_json(v)}' for k, v in value.items())}}}"
    return _escaped(value) if isinstance(value, str) else _dumped(value)
