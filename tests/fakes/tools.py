"""Tools with scripted results, for the loop and the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence

from app.base.answer_events import Delta, Done, Event, Prompt, Stats, StopReason
from app.base.types import ModelRef, Outcome, PartKind, ResultFacts, ToolFunction, ToolNamespace
from app.tools.tool import Call, CallContext, Effect, Proposal, Result

STATS = Stats(10, 10, 5, 2, 0.1, 0.5, 1000, 7, 4096)
Answer = Callable[[Proposal, threading.Event], Iterable[str | Result]]


class FakeTool:
    """A tool that answers a call by what ``answer`` yields, and records what it is asked.

    Without ``functions`` it is called by its own name, as Python is; with them by
    ``functions.`` and theirs.
    """

    most_calls = 24

    def __init__(
        self,
        key: str = "python",
        effect: Effect = Effect.NONE,
        functions: Sequence[ToolFunction] = (),
        answer: Answer | None = None,
    ) -> None:
        self.key = key
        self.effect = effect
        self.functions = tuple(functions)
        self.answer = answer or (lambda proposal, cancel: [Result(f"ran {proposal.call.id}")])
        self.unavailable = ""
        self.pin = "pin"
        self.expected: list[CallContext] = []
        self.ran: list[Proposal] = []
        self.forgotten: list[int] = []
        self.closed = False

    @property
    def server(self) -> str:
        return self.key.removeprefix("mcp:") if ":" in self.key else ""

    def declaration(self) -> ToolNamespace | None:
        return ToolNamespace("functions" if self.functions else self.key, self.functions)

    def names(self, name: str) -> bool:
        own = [f"functions.{function.name}" for function in self.functions] or [self.key]
        return name in own

    def expect(self, context: CallContext) -> None:
        self.expected.append(context)

    def propose(self, call: Call, context: CallContext) -> Proposal:
        function = call.name.removeprefix("functions.")
        shown = (("arguments", call.arguments),)
        return Proposal(
            self.key, call, self.effect, function, self.server, shown=shown, pin=self.pin
        )

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Generator[str | Result, None, None]:
        self.ran.append(proposal)
        yield from self.answer(proposal, cancel)

    def forget(self, chat: int) -> None:
        self.forgotten.append(chat)

    def close(self) -> None:
        self.closed = True


def until_stopped(proposal: Proposal, cancel: threading.Event) -> Iterable[str | Result]:
    """Print a word, and run until it is stopped."""
    yield "begun"
    for _ in range(6000):
        if cancel.is_set():
            break
        threading.Event().wait(0.01)
    yield Result("begun", ResultFacts(Outcome.STOPPED))


def server(name: str, effect: Effect, *functions: str) -> FakeTool:
    """Return a tool that looks like a server's."""
    declared = [ToolFunction(f"{name}__{function}", schema="{}") for function in functions]
    return FakeTool(f"mcp:{name}", effect, declared)


def calls(
    name: str, arguments: str = "", *, at: int = 0, drawn: tuple[int, ...] = (1,), thinks: str = ""
) -> tuple[Event, ...]:
    """Return the events of a round that ends with a call, whose part has the number ``at``."""
    thought = (Delta(at, thinks, PartKind.REASONING),) if thinks else ()
    call = Delta(at + bool(thinks), arguments, PartKind.CALL, name)
    return (Prompt(10, 4096, 100), *thought, call, Done(StopReason.CALL, STATS, drawn))


def says(text: str, at: int = 0) -> tuple[Event, ...]:
    """Return the events of a round that ends with an answer."""
    return (Prompt(20, 4096, 100), Delta(at, text), Done(StopReason.END, STATS))


def model() -> ModelRef:
    """Return a model that does not exist."""
    from pathlib import Path

    return ModelRef.of_file(Path("demo.gguf"), "Demo model")
