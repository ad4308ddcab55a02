"""Turns with calls of tools, with a real store, scripted rounds and tools."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import DepartureRefused, StoreFull
from app.base.types import Effort, Endpoint, ModelRef, Outcome, Part, PartKind, ResultFacts, Role
from app.store import PLAIN, ChatSettings, MessageRow, State
from app.tools.departure_gate import DepartureGate
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import ConsentReason, Effect, Proposal, Result
from app.tools.tool_events import WAITING, ConsentAsked, Decision, DepartureAsked
from app.turn import Question, Turn, TurnEnded, TurnProgress
from tests.fakes.conversations import Harness
from tests.fakes.tools import FakeTool, calls, model, says, server, until_stopped

MODEL = model()
THERE = ModelRef(Endpoint("https://a.example/v1", "m"), "m")
SEND = "functions.mail__send"
ALL = ChatSettings(tools=("python", "mcp:mail", "mcp:files"))


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Callable[..., Harness]]:
    made: list[Harness] = []

    def make(*scripts: Any, **wishes: Any) -> Harness:
        made.append(Harness(tmp_path / f"chats{len(made)}.db", *scripts, **wishes))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ask(h: Harness, chat: int | None = None, text: str = "Hi", setup: ChatSettings = ALL) -> Turn:
    return h.chats.send(Question(chat, (Part(text),), Effort.LOW, MODEL, setup))


def asked(h: Harness, count: int = 1) -> ConsentAsked:
    """Wait for a question to the user."""
    with h._arrived:
        assert h._arrived.wait_for(lambda: len(_asked(h)) >= count, timeout=60), h.events
    return _asked(h)[count - 1]


def _asked(h: Harness) -> list[ConsentAsked]:
    progress = (e.event for e in h.events if isinstance(e, TurnProgress))
    return [event for event in progress if isinstance(event, ConsentAsked)]


def outcomes(row: MessageRow) -> list[Outcome | None]:
    parts = row.message.parts
    return [p.facts.outcome if p.facts else None for p in parts if p.kind is PartKind.RESULT]


def stored(h: Harness, row: MessageRow) -> MessageRow:
    return h.store.messages.get(row.id)


def test_a_turn_with_a_call_is_one_answer(harness: Callable[..., Harness]) -> None:
    tool = FakeTool()
    h = harness(calls("python", "6*7", thinks="Hm."), says("It is 42.", 3), tools=[tool])
    ask(h, setup=PLAIN)
    ended = h.wait(TurnEnded)
    assert ended.answer.state is State.DONE
    assert [part.kind for part in ended.answer.message.parts] == [
        PartKind.REASONING,
        PartKind.CALL,
        PartKind.RESULT,
        PartKind.TEXT,
    ]
    assert stored(h, ended.answer) == ended.answer
    assert ended.answer.stats
    assert ended.answer.stats.generated == 10
    until = time.monotonic() + 60
    while not h.backend.prepared and time.monotonic() < until:  # begun after the turn
        time.sleep(0.005)
    h.rest()
    requests = [*h.backend.requests, *h.backend.prepared]
    assert len(requests) >= 3
    declared = requests[0].tools
    assert [space.name for space in declared] == ["python"]
    assert all(request.tools == declared for request in requests)  # so nothing is read twice


def test_tools_that_are_off_are_not_declared(harness: Callable[..., Harness]) -> None:
    h = harness(says("Hi."), says("Hi."), tools=[FakeTool(), server("mail", Effect.READS, "send")])
    ask(h, setup=ChatSettings())
    ask(h, setup=ChatSettings(tools=("mcp:mail",)))
    h.wait(TurnEnded, 2)
    assert [r.tools and r.tools[0].name for r in h.backend.requests] == [(), "functions"]


def test_a_model_elsewhere_is_told_of_what_is_on_for_it(harness: Callable[..., Harness]) -> None:
    tools = [FakeTool(), server("mail", Effect.READS, "send"), server("files", Effect.READS, "f")]
    h = harness(says("Hi."), says("Hi."), tools=tools)
    setup = ChatSettings(tools=("python", "mcp:mail"), remote_tools=("mcp:files",))
    for ref in (MODEL, THERE):
        h.chats.send(Question(None, (Part("Hi"),), Effort.LOW, ref, setup))
    h.wait(TurnEnded, 2)
    told = {
        request.model: {each.name for space in request.tools for each in space.functions}
        for request in h.backend.requests
    }
    assert told == {MODEL: {"mail__send"}, THERE: {"files__f"}}
    names = [{space.name for space in request.tools} for request in h.backend.requests]
    assert names == [{"python", "functions"}] * 2


def test_what_is_refused_leaves_the_question_and_is_asked_again(
    harness: Callable[..., Harness],
) -> None:
    h = harness(says("Read."))
    gate = DepartureGate(h.backend, h.store.departures)
    h.chats._backend = ToolLoop(gate, Registry(lambda: ()))
    parts = Part("Read"), Part("secret", PartKind.FILE, "a.txt")
    refused = h.chats.send(Question(None, parts, Effort.LOW, THERE))

    def decide(turn: Turn, count: int, decision: Decision) -> None:
        with h._arrived:
            assert h._arrived.wait_for(lambda: len(_departures(h)) >= count, timeout=60), h.events
        turn.decide(_departures(h)[count - 1].consent.id, decision)

    decide(refused, 1, Decision.REFUSE)
    ended = h.wait(TurnEnded)
    assert isinstance(ended.error, DepartureRefused)
    assert (ended.answer.state, ended.answer.message.parts) == (State.CUT_OFF, ())
    rows = h.store.messages.conversation(ended.answer.chat)
    assert [row.message.parts for row in rows] == [parts, ()]
    assert h.backend.requests == []
    again = h.chats.resume(ended.answer.id, THERE)
    decide(again, 2, Decision.CHAT)
    assert h.wait(TurnEnded, 2).answer.message.text == "Read."
    assert len(h.backend.requests) == 1


def _departures(h: Harness) -> list[DepartureAsked]:
    progress = (e.event for e in h.events if isinstance(e, TurnProgress))
    return [event for event in progress if isinstance(event, DepartureAsked)]


def test_a_call_with_effects_is_on_disk_before_it_runs(harness: Callable[..., Harness]) -> None:
    seen: list[tuple[State, list[str]]] = []

    def looks(proposal: Proposal, cancel: threading.Event) -> Iterable[str | Result]:
        (chat,) = h.store.chats.listed()
        row = h.store.messages.conversation(chat.id)[-1]
        seen.append((row.state, [part.text for part in row.message.parts]))
        yield Result("sent")

    tool = server("mail", Effect.CHANGES, "send")
    tool.answer = looks
    h = harness(calls(SEND, '{"to": "a"}', thinks="Hm."), says("Sent.", 3), tools=[tool])
    turn = ask(h)
    turn.decide(asked(h).consent.id, Decision.ONCE)
    h.wait(TurnEnded)
    assert seen == [(State.STREAMING, ["Hm.", '{"to": "a"}'])]
    assert turn.consents == {}


def test_a_call_that_cannot_be_saved_does_not_run(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = server("mail", Effect.CHANGES, "send")
    h = harness(calls(SEND, "{}"), tools=[tool])
    turn = ask(h)
    consent = asked(h).consent
    update = h.store.messages.update

    def full(*_: Any, **__: Any) -> Any:
        raise StoreFull(h.store.path)

    monkeypatch.setattr(h.store.messages, "update", full)
    turn.decide(consent.id, Decision.ONCE)
    ended = h.wait(TurnEnded)
    monkeypatch.setattr(h.store.messages, "update", update)
    assert isinstance(ended.error, StoreFull)
    assert not tool.ran


def test_other_chats_go_on_while_the_user_is_asked(harness: Callable[..., Harness]) -> None:
    tool = server("mail", Effect.CHANGES, "send")
    h = harness(calls(SEND, "{}"), says("Meanwhile."), says("Sent.", 2), tools=[tool])
    turn = ask(h)
    consent = asked(h).consent
    ask(h, setup=PLAIN)
    other = h.wait(TurnEnded)
    assert other.answer.message.text == "Meanwhile."
    turn.decide(consent.id, Decision.ONCE)
    assert h.wait(TurnEnded, 2).answer.message.text == "Sent."
    assert [bool(request.drawn) for request in h.backend.requests] == [False, False, True]


def test_a_question_is_over_once_the_answer_is_wanted_now(harness: Callable[..., Harness]) -> None:
    tool = server("mail", Effect.CHANGES, "send")
    h = harness(calls(SEND, "{}"), says("Not sent.", 2), tools=[tool])
    turn = ask(h)
    assert turn.consents == {asked(h).consent.id: asked(h).consent}
    turn.answer_now()
    assert h.wait(TurnEnded).answer.message.text == "Not sent."
    assert turn.consents == {}
    assert not tool.ran


def test_what_is_decided_for_good_is_kept_and_can_be_revoked(
    harness: Callable[..., Harness],
) -> None:
    tool = server("files", Effect.READS, "find")
    one = [calls("functions.files__find", "{}"), says("Found.", 2)]
    h = harness(*one * 5, tools=[tool])
    turn = ask(h)
    assert asked(h).consent.lasting
    assert asked(h).consent.reason is ConsentReason.FIRST
    turn.decide(asked(h).consent.id, Decision.CHAT)
    chat = h.wait(TurnEnded).answer.chat
    ask(h, chat)
    h.wait(TurnEnded, 2)
    assert len(tool.ran) == 2
    turn = ask(h)  # in another chat it is asked again
    turn.decide(asked(h, 2).consent.id, Decision.NEVER)
    assert outcomes(h.wait(TurnEnded, 3).answer) == [Outcome.REFUSED]
    ask(h, chat)  # never is never
    assert outcomes(h.wait(TurnEnded, 4).answer) == [Outcome.REFUSED]
    rows = h.store.consents.all()
    assert [(row.chat, row.decision) for row in rows] == [(None, "never"), (chat, "chat")]
    h.store.consents.remove(None, "mcp:files", "files__find")
    tool.pin = "other"  # what was agreed to is no longer the same
    turn = ask(h, chat)
    turn.decide(asked(h, 3).consent.id, Decision.REFUSE, "No.")
    assert "They wrote: No." in h.wait(TurnEnded, 5).answer.message.parts[1].text
    assert len(tool.ran) == 2
    h.store.bin.erase([chat])
    assert h.store.consents.all() == []


def test_the_window_closes_while_a_tool_runs_or_a_question_is_open(
    harness: Callable[..., Harness],
) -> None:
    running = FakeTool(answer=until_stopped)
    mail = server("mail", Effect.CHANGES, "send")
    h = harness(calls("python", "while True: pass"), calls(SEND, "{}"), tools=[running, mail])
    ask(h)
    with h._arrived:
        assert h._arrived.wait_for(lambda: running.ran, timeout=60)
    ask(h)
    asked(h)
    h.chats.close()
    h.chats.close = lambda: None  # type: ignore[method-assign]
    assert running.closed
    rows = [e.answer for e in h.events if isinstance(e, TurnEnded)]
    assert [row.state for row in rows] == [State.CUT_OFF] * 2
    assert [outcomes(row) for row in rows] == [[Outcome.STOPPED]] * 2
    assert not mail.ran


def test_a_chat_is_erased_while_its_tool_runs(harness: Callable[..., Harness]) -> None:
    tool = FakeTool(answer=until_stopped)
    h = harness(calls("python", "while True: pass"), tools=[tool])
    ask(h)
    with h._arrived:
        assert h._arrived.wait_for(lambda: tool.ran, timeout=60)
    (chat,) = h.store.chats.live()
    h.chats.erase([chat]).result(60)
    assert tool.forgotten == [chat]
    assert h.store.chats.live() == set()


def test_a_crash_in_the_middle_of_a_call(harness: Callable[..., Harness]) -> None:
    """What had no effects runs again once the user continues; the other never does."""
    tools = [FakeTool(), server("mail", Effect.CHANGES, "send")]
    h = harness(says("Fine.", 2), says("Hm.", 2), tools=tools)
    for number, (name, outcome) in enumerate(
        [("python", Outcome.DONE), (SEND, Outcome.UNKNOWN)], 1
    ):
        _, answer = h.store.messages.ask(None, replace_text("Hi"), Effort.LOW, "", ALL)
        part = Part("{}", PartKind.CALL, name, "call_0")
        h.store.messages.update(answer.id, parts=(part,))
        h.store.messages.mark_cut_off()
        h.chats.resume(answer.id, MODEL)
        assert outcomes(h.wait(TurnEnded, number).answer) == [outcome]
    assert [len(tool.ran) for tool in tools] == [1, 0]


def test_a_crash_while_a_question_is_open(harness: Callable[..., Harness]) -> None:
    """Until it starts, the call is known not to have run: the user is asked again."""
    stored: list[ResultFacts | None] = []

    def send(proposal: Proposal, cancel: threading.Event) -> list[str | Result]:
        stored.append(first.store.messages.conversation(1)[1].message.parts[0].facts)
        return [Result("sent")]

    mail = server("mail", Effect.CHANGES, "send")
    mail.answer = send
    first = harness(calls(SEND, "{}"), says("Sent.", 2), tools=[mail])
    turn = ask(first)
    asked(first)
    deadline = time.monotonic() + 60
    while not (parts := first.store.messages.conversation(1)[1].message.parts) or (
        parts[0].facts != WAITING
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    turn.decide("call_0", Decision.ONCE)
    assert outcomes(first.wait(TurnEnded).answer) == [Outcome.DONE]
    assert stored == [None], "from its start on, nobody knows"
    h = harness(says("Sent.", 2), tools=[mail])
    _, answer = h.store.messages.ask(None, replace_text("Hi"), Effort.LOW, "", ALL)
    h.store.messages.update(answer.id, parts=parts)
    h.store.messages.mark_cut_off()
    turn = h.chats.resume(answer.id, MODEL)
    assert asked(h).consent.proposal
    assert len(mail.ran) == 1
    turn.decide("call_0", Decision.ONCE)
    assert outcomes(h.wait(TurnEnded).answer) == [Outcome.DONE]
    assert len(mail.ran) == 2


def replace_text(text: str) -> Any:
    from app.base.types import Message

    return Message(Role.USER, (Part(text),))


def test_an_imported_chat_is_not_the_user_s_own_words(harness: Callable[..., Harness]) -> None:
    tool = server("mail", Effect.CHANGES, "send")
    h = harness(calls(SEND, "{}"), says("Sent.", 2), calls(SEND, "{}"), tools=[tool])
    h.store.consents.set(None, "mcp:mail", "mail__send", "pin", Decision.ALWAYS)
    ask(h)
    own = h.wait(TurnEnded).answer.chat
    assert len(tool.ran) == 1
    tree = h.store.trees.get(own)
    tree = replace(tree, messages=tree.messages[:1], chat=replace(tree.chat, leaf=1), next={})
    (copy,) = h.store.trees.add([tree])
    assert copy.imported
    h.store.chats.set_up(copy.id, ALL)
    turn = ask(h, copy.id)
    assert asked(h).consent.reason is ConsentReason.TAINTED
    turn.cancel()
    assert outcomes(h.wait(TurnEnded, 2).answer) == [Outcome.STOPPED]
