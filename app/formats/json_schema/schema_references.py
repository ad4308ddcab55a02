"""What references in a schema lead to, and the definitions that they become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.base.errors import SchemaInvalid, SchemaUnsupported
from app.formats.json_schema.schema_text import pointer_of, value_at
from app.formats.json_schema.schema_words import bare_references

_OLD = ("draft-07", "draft-06", "draft-04")
_MOST_LOOKUPS = 50_000  # seconds: what refers to itself is looked at again and again


class SchemaReferences:
    """The references of the schema ``root``; ``function``: whose arguments it describes.

    Its methods raise SchemaInvalid for one that leads nowhere, SchemaUnsupported for one that leads
    out of the schema, and for too many.
    """

    def __init__(self, root: Any, function: str) -> None:
        self._root, self._function = root, function
        self._names: dict[str, str] = {}  # of definitions, by the pointers that lead to them
        self._waiting: list[str] = []
        self._looked_up: dict[str, Any] = {}
        self._lookups = 0
        dialect = str(root.get("$schema")) if isinstance(root, dict) else ""
        self._is_old = any(draft in dialect for draft in _OLD)

    def definition(self, reference: str, at: str) -> str:
        """Return the name of the definition that a reference at ``at`` leads to."""
        pointer = pointer_of(reference)
        if pointer is None:
            raise SchemaUnsupported(at, self._function, "$ref", reference)
        self._target(pointer, at)
        if pointer not in self._names:
            self._names[pointer] = f"d{len(self._names)}"
            self._waiting.append(pointer)
        return self._names[pointer]

    def definitions(self) -> Iterator[tuple[str, str, Any]]:
        """Yield each definition's name, place and schema, also of those that are asked for then."""
        while self._waiting:
            pointer = self._waiting.pop()
            yield self._names[pointer], pointer, self._target(pointer, pointer)

    def lookup(self, reference: str) -> Any:
        """Return what a reference leads to, as `judged` has it; True where that is elsewhere."""
        self._lookups += 1
        if self._lookups > _MOST_LOOKUPS:
            detail = "so many references within alternatives"
            raise SchemaUnsupported("", self._function, "$ref", detail)
        if reference not in self._looked_up:
            pointer = pointer_of(reference)
            found = True if pointer is None else self.judged(self._target(pointer, ""))
            self._looked_up[reference] = found
        return self._looked_up[reference]

    def judged(self, value: Any) -> Any:
        """Return a schema, or some, as whoever judges documents by it reads it."""
        return bare_references(value) if self._is_old else value

    def _target(self, pointer: str, at: str) -> Any:
        """Return what a pointer leads to, in places where there are schemas."""
        try:
            return value_at(self._root, pointer)
        except LookupError:
            raise SchemaInvalid(at, self._function, f"nothing is at #{pointer}") from None
