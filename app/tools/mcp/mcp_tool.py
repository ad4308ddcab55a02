"""An MCP server as a tool."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Protocol

from app.base.errors import (
    Cancelled,
    FiresideError,
    McpServerCommandMissing,
    McpServerConfused,
    McpServerEnded,
    McpServerFlooding,
    McpServerSilent,
    McpServerUnapproved,
    Offline,
)
from app.base.types import Outcome, ResultFacts, ToolFunction, ToolNamespace
from app.tools.mcp.results import result_of
from app.tools.mcp.server_status import FunctionStatus
from app.tools.tool import Call, CallContext, CallInvalid, Effect, Proposal, Result
from app.tools.visible import one_line, visible

PREFIX = "mcp:"
"""How the keys of these tools begin; the server's name follows."""
NAMESPACE = "functions"
_MOST_CALLS = 24
_LONGEST_CHANGE = 200


class Servers(Protocol):
    """What a tool needs of `app.tools.mcp.service.McpServers`."""

    def functions(self, name: str) -> tuple[FunctionStatus, ...]: ...

    def unavailable(self, name: str) -> str: ...

    def start(self, name: str) -> Future[None]: ...

    def call(
        self,
        name: str,
        function: str,
        pin: str,
        arguments: dict[str, Any],
        cancel: threading.Event,
    ) -> dict[str, Any]: ...


class McpTool:
    """The approved functions of the server ``name``; see `app.tools.tool.Tool`."""

    def __init__(self, servers: Servers, name: str) -> None:
        self._servers, self._name = servers, name

    @property
    def key(self) -> str:
        return PREFIX + self._name

    @property
    def most_calls(self) -> int:
        return _MOST_CALLS

    @property
    def unavailable(self) -> str:
        """A word for why it cannot be used now: ``off``, ``changed`` or ``offline``."""
        return self._servers.unavailable(self._name)

    def declaration(self) -> ToolNamespace | None:
        """Return what the model is told: the functions that were approved, running or not."""
        functions = tuple(
            ToolFunction(each.called, each.declaration.description, each.declaration.schema)
            for each in self._servers.functions(self._name)
            if each.is_approved
        )
        return ToolNamespace(NAMESPACE, functions) if functions else None

    def names(self, name: str) -> bool:
        return self._function(name) is not None

    def expect(self, context: CallContext) -> None:
        """Start the server, since the header of a call was drawn."""
        self._servers.start(self._name)

    def propose(self, call: Call, context: CallContext) -> Proposal:
        function = self._function(call.name)
        if function is None or not function.is_approved:
            raise CallInvalid(f"Error: there is no function {call.name}.")
        arguments = _arguments(call)
        declared = function.declaration
        return Proposal(
            self.key,
            call,
            Effect.READS if declared.only_reads else Effect.CHANGES,
            declared.name,
            self._name,
            visible(declared.description),
            tuple((one_line(name), _shown(value)) for name, value in arguments.items()),
            function.pin,
        )

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Iterator[str | Result]:
        start = time.monotonic()
        call = proposal.call
        reads = proposal.effect is Effect.READS
        try:
            arguments = json.loads(call.arguments or "{}")
            answer = self._servers.call(
                self._name, proposal.function, proposal.pin, arguments, cancel
            )
            seconds = time.monotonic() - start
            changes = "" if reads else _change(proposal)
            yield result_of(answer, call.id, seconds=seconds, changes=changes)
        except Cancelled:
            outcome = Outcome.STOPPED if reads else Outcome.UNKNOWN
            yield _failed("The call was stopped.", outcome, start)
        except FiresideError as error:
            outcome = Outcome.FAILED
            if isinstance(error, McpServerUnapproved | Offline):
                outcome = Outcome.REFUSED
            elif not reads and isinstance(
                error, McpServerSilent | McpServerEnded | McpServerFlooding
            ):
                outcome = Outcome.UNKNOWN
            yield _failed(_sentence(error), outcome, start)

    def forget(self, chat: int) -> None:
        """Do nothing: a server knows no chats."""

    def close(self) -> None:
        """Do nothing: `McpServers` ends the servers."""

    def _function(self, recipient: str) -> FunctionStatus | None:
        called = recipient.removeprefix(f"{NAMESPACE}.")
        functions = self._servers.functions(self._name)
        return next((each for each in functions if each.called == called), None)


def _arguments(call: Call) -> dict[str, Any]:
    """Return the arguments of a call. Raises CallInvalid."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise CallInvalid(f"Error: the arguments of {call.name} have to be one JSON object.")
    return arguments


def _shown(value: object) -> str:
    """Return an argument as the user sees it, whole: a text as it is, else JSON."""
    if isinstance(value, str):
        return visible(value)
    return visible(json.dumps(value, ensure_ascii=False, indent=2))


def _change(proposal: Proposal) -> str:
    """Return a line that tells later turns what was done."""
    arguments = one_line(proposal.call.arguments)
    if len(arguments) > _LONGEST_CHANGE:
        arguments = f"{arguments[:_LONGEST_CHANGE]} […]"
    return f"{one_line(proposal.server)} carried out {one_line(proposal.function)}({arguments})"


def _failed(text: str, outcome: Outcome, start: float) -> Result:
    return Result(text, ResultFacts(outcome, time.monotonic() - start, short=text))


def _sentence(error: FiresideError) -> str:
    """Return why there is no result, for the model."""
    match error:
        case Offline():
            return "The server cannot be used: the user has switched the network off."
        case McpServerUnapproved():
            return "The function is off: it has changed, and the user has not seen the change yet."
        case McpServerSilent():
            return f"The server did not answer within {error.seconds:g} s."
        case McpServerEnded():
            return "The server has ended."
        case McpServerFlooding():
            return "The server sent far too much, and was ended."
        case McpServerCommandMissing():
            return f"The server could not be started: there is no program {error.command}."
        case McpServerConfused():
            return f"The server refused the call: {one_line(error.reason)}"
    reason = getattr(error, "reason", "")
    return f"The server could not be used{f': {one_line(reason)}' if reason else '.'}"
