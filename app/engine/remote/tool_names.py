"""The functions of a request by the names and arguments that other servers allow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.base.types import Part, ToolFunction, ToolNamespace

Json = dict[str, Any]


class ToolNames:
    """The names of a request's functions there and here.

    There, a name has letters, digits, "_" and "-", and arguments are always a JSON object.
    """

    def __init__(self, tools: Sequence[ToolNamespace]) -> None:
        self._there: dict[str, str] = {}
        self._here: dict[str, str] = {}
        self._plain: set[str] = set()
        for namespace in tools:
            for function in namespace.functions:
                here = f"{namespace.name}.{function.name}"
                there = function.name if namespace.name == "functions" else here.replace(".", "_")
                self._there[here], self._here[there] = there, here
                if not function.schema:
                    self._plain.add(here)

    def declared(self, tools: Sequence[ToolNamespace]) -> list[Json]:
        """Return the declarations for a server."""
        return [
            {"type": "function", "function": self._function(namespace, function)}
            for namespace in tools
            for function in namespace.functions
        ]

    def call(self, part: Part) -> Json:
        """Return a call as a server has made it."""
        arguments = json.dumps({"text": part.text}) if part.name in self._plain else part.text
        name = self._there.get(part.name, part.name.replace(".", "_"))
        function = {"name": name, "arguments": arguments}
        return {"id": part.id, "type": "function", "function": function}

    def here(self, name: str) -> str:
        """Return the name by which a function is known here."""
        return self._here.get(name, name)

    def _function(self, namespace: ToolNamespace, function: ToolFunction) -> Json:
        text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
        return {
            "name": self._there[f"{namespace.name}.{function.name}"],
            "description": function.description or namespace.description,
            "parameters": json.loads(function.schema) if function.schema else text,
        }
