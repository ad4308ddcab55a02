"""The functions of a request by the names and arguments that other servers allow."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from app.base.types import Part, ToolFunction, ToolNamespace
from app.formats.tool_descriptions import described

Json = dict[str, Any]

LONGEST = 64
_CODE = "code"
_OWN = "functions"
"""The namespace whose functions servers know without it."""
_PLAIN = {
    "type": "object",
    "properties": {_CODE: {"type": "string"}},
    "required": [_CODE],
    "additionalProperties": False,
}
_NOTHING = {"type": "object", "properties": {}}


class ToolNames:
    """The names of a request's functions there and here.

    There, a name has at most 64 letters, digits, "_" and "-", and arguments are a JSON object:
    plain text, as ``python`` takes it, is its only member.
    """

    def __init__(self, tools: Sequence[ToolNamespace]) -> None:
        self._tools = tuple(tools)
        self._there: dict[str, str] = {}
        self._here: dict[str, str] = {}
        self._plain: set[str] = set()
        for namespace in tools:
            if not namespace.functions:  # it is itself what is called
                self._add(namespace.name, plain=True)
            for function in namespace.functions:
                self._add(f"{namespace.name}.{function.name}", plain=not function.schema)

    def declared(self, only: str = "") -> list[Json]:
        """Return the functions with name, description and parameters; or the ``only`` one.

        What is told of a namespace as a whole stands at its first function.
        """
        found: list[Json] = []
        for namespace in self._tools:
            told = described(namespace)
            for function in namespace.functions or (ToolFunction(""),):
                here = f"{namespace.name}.{function.name}".rstrip(".")
                texts = filter(None, (told, function.description))
                told = ""
                if only in ("", function.name, here):
                    found.append(
                        {
                            "name": self._there[here],
                            "description": "\n\n".join(texts),
                            "parameters": _schema(function.schema) if function.schema else _PLAIN,
                        }
                    )
        return found

    def there(self, name: str) -> str:
        """Return the name of a function for servers, declared or not."""
        return self._there.get(name) or _plainly(name)

    def arguments_there(self, call: Part) -> str:
        """Return the arguments of a call, as a JSON object."""
        plain = call.name in self._plain
        if not plain and _is_object(call.text):
            return call.text
        if not plain and not call.text.strip():
            return "{}"
        return json.dumps({_CODE: call.text}, ensure_ascii=False)

    def here(self, name: str) -> str:
        """Return the name by which a function is known here; one that is not stays as it is."""
        return self._here.get(name) or self._here.get(name.removeprefix(f"{_OWN}."), name)

    def is_plain(self, here: str) -> bool:
        """Return whether a function takes plain text; all do that have no namespace."""
        return here in self._plain or "." not in here

    def arguments_here(self, here: str, written: str) -> str:
        """Return arguments as the function takes them.

        What is not an object with one text is left as the model wrote it; the tool will say so.
        """
        if here not in self._plain:
            return written
        found = _parsed(written)
        if not isinstance(found, dict):
            return written
        texts = [found[_CODE]] if _CODE in found else list(found.values())
        return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else written

    def _add(self, here: str, *, plain: bool) -> None:
        if here in self._there:
            return
        there = first = _plainly(here)
        number = 1
        while there in self._here:
            number += 1
            end = f"_{number}"
            there = first[: LONGEST - len(end)] + end
        self._there[here], self._here[there] = there, here
        if plain:
            self._plain.add(here)


def _plainly(name: str) -> str:
    """Return a name with the characters that servers allow."""
    own = name.removeprefix(f"{_OWN}.")
    return re.sub(r"[^A-Za-z0-9_-]", "_", own)[:LONGEST] or "_"


def _schema(text: str) -> Json:
    """Return the schema of arguments; that of none, if a server of MCP has declared nonsense."""
    found = _parsed(text)
    return found if isinstance(found, dict) else _NOTHING


def _is_object(text: str) -> bool:
    """Return whether a text is one object of strict JSON; some servers fail with anything else."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(text, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
