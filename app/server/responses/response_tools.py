"""A client's tools: functions, custom tools and groups of them, as functions and back.

A custom tool takes free text, which is the one argument of its function; that is how Codex itself
declares its ``apply_patch`` to models without custom tools. A function of a group has the group's
name before its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.base.types import ToolChoice, ToolFunction, ToolNamespace
from app.server.api_error import unsupported, wrong
from app.server.fields import Fields, JsonObject
from app.server.request_fields import (
    MOST_FUNCTIONS,
    function_name,
    namespaces,
    schema_text,
    tool_function,
)
from app.server.responses.free_text import INPUT

_LONGEST_NAME = 128
_TEXT_SCHEMA = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The entire text for the tool."}},
    "required": [INPUT],
    "additionalProperties": False,
}
_GROUP = "namespace"
_OF_GROUP = "__"


@dataclass(frozen=True, slots=True)
class ResponseTool:
    """A tool under the client's ``name``, in the client's ``group`` if it is in one.

    ``free_text``: it is a custom tool.
    """

    function: ToolFunction
    name: str
    group: str = ""
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class ResponseTools:
    """The tools that a client declares.

    ``echo`` are their declarations, as the response repeats them.
    """

    tools: tuple[ResponseTool, ...] = ()
    echo: tuple[JsonObject, ...] = ()

    @classmethod
    def read(cls, body: Fields) -> ResponseTools:
        """Read the tools of a request. Tools that a server would run itself are left out."""
        tools: list[ResponseTool] = []
        echo: list[JsonObject] = []
        for declared in body.objects("tools", longest=MOST_FUNCTIONS):
            found = list(_declared(declared))
            if found:
                tools += [tool for tool, _ in found]
                echo.append(_echo(declared, found))
        names: set[str] = set()
        for tool in tools:
            if tool.function.name in names:
                raise wrong("tools", f"Two tools have the name '{tool.name}'.")
            names.add(tool.function.name)
        return cls(tuple(tools), tuple(echo))

    @property
    def namespaces(self) -> tuple[ToolNamespace, ...]:
        """The functions for the model."""
        functions = tuple(tool.function for tool in self.tools)
        groups = {tool.group for tool in self.tools}
        told = [
            f"{name_of('', declared['name'])}*: {declared['description']}"
            for declared in self.echo
            if declared["type"] == _GROUP and declared["name"] in groups and declared["description"]
        ]
        return namespaces(functions, "\n".join(told))

    def named(self, name: str) -> ResponseTool:
        """Return the tool whose function has a name, or one that was not declared."""
        found = (tool for tool in self.tools if tool.function.name == name)
        return next(found, ResponseTool(ToolFunction(name), name))

    def chosen(self, body: Fields) -> tuple[ResponseTools, ToolChoice | str, Any]:
        """Read the choice: the tools that may be called, whether they must be, and its echo."""
        value = body.get("tool_choice")
        if value is None:
            return self, ToolChoice.AUTO, "auto"
        if isinstance(value, str):
            choice = ToolChoice(body.one_of("tool_choice", list(ToolChoice)))
            self._check(choice)
            return self, choice, choice.value
        asked = Fields(value, "tool_choice")
        kind = asked.text("type")
        if kind in ("function", "custom"):
            name = self._find(asked)
            return self, name, {"type": kind, "name": asked.text("name")}
        if kind != "allowed_tools":
            raise unsupported("tool_choice.type", f"Tools of the type '{kind}' are not supported.")
        mode = ToolChoice(asked.one_of("mode", [ToolChoice.AUTO, ToolChoice.REQUIRED]))
        listed = list(asked.objects("tools", needed=True))
        names = {self._find(tool) for tool in listed if tool.get("type") in ("function", "custom")}
        left = tuple(tool for tool in self.tools if tool.function.name in names)
        allowed = replace(self, tools=left)
        allowed._check(mode)
        return allowed, mode, value

    def _check(self, choice: ToolChoice) -> None:
        if choice is ToolChoice.REQUIRED and not self.tools:
            raise wrong("tool_choice", "A tool is required, but none is declared in 'tools'.")

    def _find(self, asked: Fields) -> str:
        """Return the function's name of a tool that is referred to."""
        name, group = asked.text("name"), asked.text("namespace", "")
        for tool in self.tools:
            if tool.name == name and group in ("", tool.group):
                return tool.function.name
        raise wrong(asked.path("name"), f"The tool '{name[:100]}' is not declared in 'tools'.")


def name_of(name: str, group: str = "") -> str:
    """Return the name of a tool's function, in a group or not."""
    return f"{group}{'' if group.endswith(_OF_GROUP) else _OF_GROUP}{name}" if group else name


def arguments_of_text(text: str) -> str:
    """Return the arguments of a custom tool's function for a text."""
    return json.dumps({INPUT: text}, ensure_ascii=False)


def _declared(declared: Fields, group: str = "") -> Iterator[tuple[ResponseTool, JsonObject]]:
    """Yield the tools of a declaration, each with its echo."""
    kind = declared.text("type")
    if kind == _GROUP and not group:
        name = function_name(declared, _LONGEST_NAME)
        for member in declared.objects("tools", needed=True):
            yield from _declared(member, name)
    elif kind == "custom":
        yield _custom(declared, group)
    elif kind == "function":
        yield _function(declared, group)


def _custom(declared: Fields, group: str) -> tuple[ResponseTool, JsonObject]:
    name = function_name(declared, _LONGEST_NAME)
    description = declared.text("description", "")
    shape, words = _format(declared)
    told = "\n\n".join(filter(None, (description, words)))
    function = ToolFunction(name_of(name, group), told, schema_text(_TEXT_SCHEMA))
    echo = {"type": "custom", "name": name, "format": shape}
    described = {"description": description} if description else {}
    return ResponseTool(function, name, group, free_text=True), echo | described


def _function(declared: Fields, group: str) -> tuple[ResponseTool, JsonObject]:
    function = tool_function(declared, longest=_LONGEST_NAME)
    name = function.name
    echo = {
        "type": "function",
        "name": name,
        "description": function.description or None,
        "parameters": declared.get("parameters"),
        "strict": function.strict,
    }
    return ResponseTool(replace(function, name=name_of(name, group)), name, group), echo


def _echo(declared: Fields, found: list[tuple[ResponseTool, JsonObject]]) -> JsonObject:
    if declared.get("type") != _GROUP:
        return found[0][1]
    about = {"type": _GROUP, "name": declared.get("name")}
    about["description"] = declared.text("description", "")
    return {**about, "tools": [echo for _, echo in found]}


def _format(declared: Fields) -> tuple[JsonObject, str]:
    """Read what a custom tool's text has to be: as it is echoed, and as the model is told."""
    words = f'The text is the argument "{INPUT}".'
    shape = declared.members("format")
    if shape is None or shape.one_of("type", ("text", "grammar")) == "text":
        return {"type": "text"}, words
    syntax = shape.one_of("syntax", ("lark", "regex"))
    definition = shape.text("definition")
    kind = "grammar in Lark" if syntax == "lark" else "regular expression"
    echo = {"type": "grammar", "syntax": syntax, "definition": definition}
    return echo, f"{words} It has to follow this {kind}:\n{definition}"
