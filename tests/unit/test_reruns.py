"""Calls that the user runs again: what runs, what is published, and what stays as it was."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.errors import CallUnrepeatable
from app.base.types import Effort, Message, Outcome, Part, PartKind, ResultFacts, Role
from app.reruns import RerunEnded, RerunEvent, RerunOutput, Reruns
from app.store import Store
from app.tools.registry import Registry
from app.tools.tool import Call, CallContext, Effect, Proposal, Result
from tests.fakes.tools import FakeTool, server, until_stopped


def called(text: str, id: str, name: str = "python") -> Part:
    return Part(text, PartKind.CALL, name, id)


def returned(text: str, id: str) -> Part:
    return Part(text, PartKind.RESULT, "python", id, facts=ResultFacts(seconds=0.1))


PARTS = (
    Part("hm", PartKind.REASONING),
    called("x = 1", "a"),
    returned("", "a"),
    called("x", "b"),
    returned("1", "b"),
    called("{}", "c", "functions.mail__send"),
    called("{}", "d", "functions.gone"),
    Part("It is 1."),
)


class Desk:
    """A stored answer with calls, and the service that runs them again."""

    def __init__(self, path: Path, *tools: FakeTool) -> None:
        self.store = Store(path)
        question = Message(Role.USER, (Part("Go."),))
        asked, answer = self.store.messages.ask(None, question, Effort.LOW, "m")
        self.chat = asked.chat
        self.answer = self.store.messages.update(answer.id, parts=PARTS).id
        self.told: queue.Queue[RerunEvent] = queue.Queue()
        self.reruns = Reruns(self.store, Registry(lambda: tools), self.told.put)

    def run(self, index: int, answer: int | None = None) -> RerunEnded:
        """Run a part again, and return its end."""
        self.reruns.start(answer or self.answer, index)
        while isinstance(event := self.told.get(timeout=60), RerunOutput):
            pass
        return event

    def close(self) -> None:
        self.reruns.close()
        self.store.close()


@pytest.fixture
def python() -> FakeTool:
    return FakeTool()


@pytest.fixture
def desk(tmp_path: Path, python: FakeTool) -> Iterator[Desk]:
    desk = Desk(tmp_path / "chats.db", python, server("mail", Effect.NONE, "send"))
    yield desk
    desk.close()


def test_a_call_runs_where_it_stood_and_nothing_is_stored(desk: Desk, python: FakeTool) -> None:
    seen: list[CallContext] = []
    propose = python.propose

    def proposed(call: Call, context: CallContext) -> Proposal:
        seen.append(context)
        return propose(call, context)

    python.propose = proposed  # type: ignore[method-assign]
    python.answer = lambda proposal, cancel: ["so ", "far", Result("so far\ud800")]
    before = desk.store.messages.conversation(desk.chat)
    desk.reruns.start(desk.answer, 3)
    events = [desk.told.get(timeout=60) for _ in range(3)]
    assert [e.text for e in events if isinstance(e, RerunOutput)] == ["so ", "far"]
    assert isinstance(events[2], RerunEnded)
    assert events[2].result
    assert events[2].result.text == "so far\ufffd"
    (context,) = seen
    assert context.again
    assert context.messages[-1].parts == PARTS[:4], "what came after it is not there"
    assert [message.text for message in context.messages[:-1]] == ["Go."]
    assert python.ran[0].call.arguments == "x"
    assert desk.store.messages.conversation(desk.chat) == before


def test_the_user_may_run_a_call_of_an_imported_chat(desk: Desk, python: FakeTool) -> None:
    (copy,) = desk.store.trees.add([desk.store.trees.get(desk.chat)])
    assert copy.imported
    _, answer = desk.store.messages.conversation(copy.id)
    assert desk.run(1, answer.id).result
    assert [proposal.call.arguments for proposal in python.ran] == ["x = 1"]


@pytest.mark.parametrize("index", [0, 5, 6, 9])
def test_only_what_has_no_effects_is_run_again(desk: Desk, python: FakeTool, index: int) -> None:
    ended = desk.run(index)
    assert isinstance(ended.error, CallUnrepeatable)
    assert not python.ran


def test_what_has_effects_now_is_not_run(desk: Desk, python: FakeTool) -> None:
    python.effect = Effect.READS
    assert desk.run(1).error
    python.effect, python.unavailable = Effect.NONE, "preparing"
    error = desk.run(1).error
    assert isinstance(error, CallUnrepeatable)
    assert error.word == "preparing"
    assert desk.run(1, answer=99).error, "a message that is gone"
    assert not python.ran


def test_a_fault_of_a_tool_is_an_end(desk: Desk, python: FakeTool) -> None:
    python.answer = lambda proposal, cancel: [][0]
    assert isinstance(desk.run(1).error, CallUnrepeatable)
    python.answer = lambda proposal, cancel: ["only this"]
    assert isinstance(desk.run(1).error, CallUnrepeatable)


@pytest.mark.parametrize("closing", [True, False])
def test_it_is_stopped(desk: Desk, python: FakeTool, closing: bool) -> None:
    python.answer = until_stopped
    rerun = desk.reruns.start(desk.answer, 1)
    assert isinstance(desk.told.get(timeout=60), RerunOutput)
    desk.reruns.close() if closing else rerun.cancel()
    ended = desk.told.get(timeout=60)
    assert isinstance(ended, RerunEnded)
    assert ended.result
    assert ended.result.facts.outcome is Outcome.STOPPED
    names = [thread.name for thread in threading.enumerate()]
    assert not closing or not [name for name in names if name.startswith("run again")]
