"""The tools that there are, by key and by the names that a model calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from app.base import log
from app.base.types import ToolFunction, ToolNamespace
from app.tools.forbidden_tool import ForbiddenTool
from app.tools.tool import Tool

MOST_CALLS = 24
"""The calls in one turn after which the user is asked, where no tool says otherwise."""


class Registry:
    """The tools that there are now, in an order that stays: prompts begin with what they declare.

    ``tools`` is asked each time, from any thread, and must not wait. If they are not ``allowed``
    on this computer, all are there to be seen, but none can be used.
    """

    def __init__(self, tools: Callable[[], Sequence[Tool]], *, allowed: bool = True) -> None:
        self._tools = tools
        self.allowed = allowed
        """Whether tools may be used on this computer at all."""

    def all(self) -> tuple[Tool, ...]:
        """Return all tools, whether they can be used now or not."""
        found = tuple(self._tools())
        return found if self.allowed else tuple(map(ForbiddenTool, found))

    def declared(self, keys: Collection[str]) -> tuple[ToolNamespace, ...]:
        """Return what a model is told of the tools with these keys that can be used now.

        Namespaces of the same name are joined.
        """
        found: dict[str, ToolNamespace] = {}
        for tool in self.all():
            if tool.key not in keys or not (own := _declaration(tool)):
                continue
            if other := found.get(own.name):
                functions = tuple(dict.fromkeys((*other.functions, *own.functions)))
                descriptions = dict.fromkeys(filter(None, (other.description, own.description)))
                sources = (*other.sources, *own.sources)
                own = ToolNamespace(own.name, functions, "\n".join(descriptions), sources)
            found[own.name] = own
        return tuple(found.values())

    def named(self, name: str, declared: Sequence[ToolNamespace] = ()) -> Tool | None:
        """Return the tool of which a recipient, as a model wrote it, is a function.

        Of several, one that was declared is returned.
        """
        named = [tool for tool in self.all() if _names(tool, name)]
        on = (tool for tool in named if is_declared(tool, declared))
        return next(on, named[0] if named else None)

    def most_calls(self, declared: Sequence[ToolNamespace]) -> int:
        """Return the calls in one turn after which the user is asked whether to go on."""
        limits = [tool.most_calls for tool in self.all() if is_declared(tool, declared)]
        return max(limits, default=MOST_CALLS)


def is_declared(tool: Tool, declared: Sequence[ToolNamespace]) -> bool:
    """Return whether all that a tool offers now was declared: it is on, and has not changed."""
    own = _declaration(tool)
    there = next((space for space in declared if own and space.name == own.name), None)
    return bool(
        own
        and there
        and all(function in there.functions for function in own.functions)
        and all(source in there.sources for source in own.sources)
    )


def function_of(name: str, declared: Sequence[ToolNamespace]) -> ToolFunction | None:
    """Return the declared function that a recipient names; None for a tool without functions."""
    for space in declared:
        for function in space.functions:
            if name in (function.name, f"{space.name}.{function.name}"):
                return function
    return None


def _declaration(tool: Tool) -> ToolNamespace | None:
    try:
        return None if tool.unavailable else tool.declaration()
    except Exception as fault:  # noqa: BLE001 - one tool must not end an answer
        log.report(fault, "a tool")
        return None


def _names(tool: Tool, name: str) -> bool:
    try:
        return tool.names(name)
    except Exception as fault:  # noqa: BLE001 - one tool must not end an answer
        log.report(fault, "a tool")
        return False
