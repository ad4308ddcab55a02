"""What departs to another computer: the rules, the gate, and that nothing passes it unpermitted."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.answer_events import Delta, Done, Event, PartAdded, Prompt, StopReason
from app.base.draft import Draft
from app.base.errors import (
    Cancelled,
    DepartureRefused,
    EndpointUnknown,
    SecretUnwritable,
    StoreFull,
)
from app.base.secrets import Secrets
from app.base.types import (
    Effort,
    Endpoint,
    Message,
    ModelRef,
    Outcome,
    Part,
    PartKind,
    Request,
    ResultFacts,
    Role,
    is_this_computer,
)
from app.engine.backend import Backend, Planned, ScriptedBackend
from app.engine.remote.endpoint_jobs import EndpointJobs
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_server import SavedEndpoint
from app.engine.router import Router
from app.formats import Abilities
from app.store import PLAIN, ChatSettings, MessageRow, State, Store
from app.tools.departure import (
    Departure,
    DepartureKind,
    Permission,
    departures,
    unpermitted,
)
from app.tools.departure_gate import DepartureGate
from app.tools.effective_tools import effective_tools, needs_switch
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import ConsentReason, Result
from app.tools.tool_events import Consent, Decision, DepartureAsked
from app.turn import asked_on_their_days, both_hosts
from tests.fakes.tools import STATS, FakeTool, calls, model, says

A = "a.example"
AT_A = "https://a.example"
LOCAL = model()
ON_A = ModelRef(Endpoint("https://a.example/v1", "gpt-oss-120b"), "A's")
ON_B = ModelRef(Endpoint("http://b.example:8000/v1", "gpt-oss-20b"), "B's")
BESIDE = ModelRef(Endpoint("http://127.0.0.1:11434/v1", "gpt-oss:20b"), "Ollama's")
PLAIN_A = ModelRef(Endpoint("http://a.example/v1", "gpt-oss-120b"), "A's, unencrypted")
FORWARDED = ModelRef(Endpoint("http://127.0.0.1:11434/v1", "gpt-oss:120b-cloud"), "Ollama's")


def asked(*parts: Part | str) -> Message:
    found = tuple(Part(part) if isinstance(part, str) else part for part in parts)
    return Message(Role.USER, found)


def said(*parts: Part | str, by: ModelRef = LOCAL, host: str = "") -> Message:
    """Return an answer of a model, or of several ``host``s, or one that was imported."""
    found = tuple(Part(part) if isinstance(part, str) else part for part in parts)
    return Message(Role.ASSISTANT, found, host=host or by.host, origin="" if host else by.origin)


def file(text: str = "secret", name: str = "a.txt") -> Part:
    return Part(text, PartKind.FILE, name)


def result(text: str = "4", outcome: Outcome = Outcome.DONE, source: str = "") -> Part:
    return Part(text, PartKind.RESULT, "python", "1", facts=ResultFacts(outcome, source=source))


def kinds(*messages: Message) -> list[tuple[str, str, int]]:
    """Return what departs to A: its kind, its file, tool or host, and how many messages it has."""
    found = departures(messages, AT_A)
    names = (d.item if d.kind is DepartureKind.RESULT else d.name or d.host for d in found)
    return [(d.kind.value, name, d.messages) for d, name in zip(found, names, strict=True)]


# --- The rules --------------------------------------------------------------------------------


def test_what_is_asked_now_departs_without_a_question() -> None:
    assert kinds(asked("Hi")) == []
    assert kinds() == []
    assert kinds(asked("Hi"), said("Ho", by=ON_A), asked("And now?")) == []


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("", ""),
        ("http://127.0.0.1:8080/v1", ""),
        ("http://localhost:1234/v1", ""),
        ("http://[::1]:80/v1", ""),
        ("https://b.example/v1", "b.example"),
        ("https://a.example:8000/v1", "a.example:8000"),
        ("http://a.example/v1", "a.example"),
        ("https://a.example.org/v1", "a.example.org"),
    ],
)
def test_a_turn_departs_that_was_answered_elsewhere(url: str, where: str) -> None:
    by = ModelRef(Endpoint(url, "m"), "m") if url else LOCAL
    turn = asked("Hi"), said("Ho", by=by)
    assert kinds(*turn, asked("And now?")) == [("turn", where, 2)]
    assert kinds(*turn) == [("turn", where, 2)]  # it goes on
    assert departures(turn, by.origin) == ()
    assert kinds(asked("Hi"), said("Ho", by=replace(ON_A, location=Endpoint(AT_A, "other")))) == []


@pytest.mark.parametrize(
    "host", [A, "localhost, a.example", AT_A, "b.example", "127.0.0.1", "[::1", "//[", "\ud800"]
)
def test_what_a_file_says_of_where_a_turn_was_answered_is_only_shown(host: str) -> None:
    where = "" if host == "127.0.0.1" else host
    assert kinds(asked("Hi"), said("Ho", host=host), asked("?")) == [("turn", where, 2)]


def test_what_was_never_answered_belongs_to_this_computer() -> None:
    assert kinds(asked("One"), asked("Two")) == [("turn", "", 1)]
    assert kinds(asked("One"), said(), asked("Two")) == [("turn", "", 1)]
    assert kinds(asked("One"), said(by=ON_A), asked("Two")) == []
    assert kinds(asked(), said(), asked("Two")) == []


@pytest.mark.parametrize(
    "part",
    [file(), Part("", PartKind.MEDIA, "a.png", data=b"1"), Part("", PartKind.UNKNOWN, "new")],
)
def test_whatever_is_attached_departs_wherever_it_was_answered(part: Part) -> None:
    expected = [("attachment", part.name, 0)]
    assert kinds(asked("Read", part)) == expected
    assert kinds(asked("Read", part), said("Ho", by=ON_A), asked("And now?")) == expected
    assert len(kinds(asked("Read", part), said("Ho"), asked("And now?"))) == 2


@pytest.mark.parametrize("source", ["", "files:Contracts", "zim:wiki", "web", "mcp:mail"])
@pytest.mark.parametrize("outcome", Outcome)
def test_a_result_departs_if_a_tool_has_said_it(source: str, outcome: Outcome) -> None:
    ours = outcome in (Outcome.INVALID, Outcome.REFUSED)
    expected = [] if ours else [("result", source or "python", 0)]
    answer = said(result(outcome=outcome, source=source), by=ON_A)
    assert kinds(asked("Hi"), answer) == expected
    assert kinds(asked("Hi"), answer, asked("And now?")) == expected


def test_a_result_without_facts_is_a_tools() -> None:
    assert kinds(asked("Hi"), said(Part("x", PartKind.RESULT, "python"), by=ON_A)) == [
        ("result", "python", 0)
    ]


def test_each_thing_is_named_once() -> None:
    turn = asked("Hi", file(), file()), said(result(), result("5"))
    assert kinds(*turn, *turn, asked("?")) == [
        ("attachment", "a.txt", 0), ("turn", "", 2), ("result", "python", 0),
    ]  # fmt: skip


TEXTS = st.sampled_from(["", "a", "b", "ab", "\ud800"])
PARTS = st.builds(
    Part,
    TEXTS,
    st.sampled_from(PartKind),
    TEXTS,
    TEXTS,
    data=st.sampled_from([b"", b"1"]),
    facts=st.sampled_from([None, ResultFacts(source="web"), ResultFacts(Outcome.REFUSED)]),
)
MESSAGES = st.builds(
    lambda role, parts, host, origin: Message(role, tuple(parts), host=host, origin=origin),
    st.sampled_from([Role.USER, Role.ASSISTANT]),
    st.lists(PARTS, max_size=3),
    st.sampled_from(["", "a.example", "localhost:8000"]),
    st.sampled_from(["", "https://a.example", "http://a.example", "http://localhost:8000"]),
)


@given(st.lists(MESSAGES, max_size=6), st.sampled_from(["https://a.example", "http://a.example"]))
def test_every_part_is_typed_for_the_origin_or_known_there_or_departs(
    messages: list[Message], origin: str
) -> None:
    """Nothing of a conversation is left out of the question by the place at which it stands."""
    found = set(departures(messages, origin))
    last = len(messages) - 1
    for at, message in enumerate(messages):
        answer = next((m for m in messages[at:] if m.role is Role.ASSISTANT), None)
        if message.role is Role.USER:
            files = [part for part in message.parts if part.kind is not PartKind.TEXT]
            own = {d for d in found if d.kind is DepartureKind.ATTACHMENT}
            assert {d.name for d in own} >= {part.name for part in files}
            elsewhere = at < last if answer is None else answer.origin != origin
        else:
            elsewhere = message.origin != origin
        sent = [p for p in message.parts if p.kind not in (PartKind.MEDIA, PartKind.PAGE)]
        if elsewhere and (sent or (message.role is Role.USER and message.parts)):
            assert any(d.kind is DepartureKind.TURN for d in found)


def test_a_permission_is_about_the_content() -> None:
    (one,) = departures([asked("Hi"), said("Ho"), asked("?")], AT_A)
    others = [
        [asked("Hi!"), said("Ho")],
        [asked("Hi"), said("Ho!")],
        [asked("Hi", file()), said("Ho")],
        [asked("Hi"), said("Ho", Part("{}", PartKind.CALL, "python", "1"))],
        [asked("HiHo"), said("")],
        [asked("Hi"), said(Part("Ho", PartKind.REASONING))],
    ]
    for turn in others:
        found = departures([*turn, asked("?")], AT_A)
        assert one in unpermitted([one, *found], set())
        assert one.permission not in {each.permission for each in found}
    page = Part("", PartKind.PAGE, data=b"1")  # is not sent
    assert departures([asked("Hi"), said("Ho", page), asked("?")], AT_A) == (one,)
    a, b = (departures([asked(file(name=name))], AT_A)[0] for name in ("a", "b"))
    assert a.permission != b.permission
    pictures = (Part("", PartKind.MEDIA, "p", data=data) for data in (b"1", b"2"))
    assert len({departures([asked(picture)], AT_A)[0].item for picture in pictures}) == 2


def test_what_a_permission_allows() -> None:
    turn = asked("Hi", file()), said(result(source="files:Contracts")), asked("?")
    found = departures(turn, AT_A)
    assert unpermitted(found, ()) == list(found)
    for each in found:
        others = [other for other in found if other != each]
        assert unpermitted(found, {each.permission}) == others
        assert unpermitted(found, {each.lasting}) == others
    lasting = {each.lasting for each in found}
    assert lasting == {("attachment", ""), ("turn", ""), ("result", "files:Contracts")}
    assert unpermitted(found, {("result", "")}) == list(found)  # no permission is for all tools


@pytest.mark.parametrize(
    ("url", "name", "here", "origin"),
    [
        ("http://127.0.0.1:11434/v1", "gpt-oss:20b", True, "http://127.0.0.1:11434"),
        ("http://localhost:8000/v1", "cloud", True, "http://localhost:8000"),
        ("http://localhost:8000/v1", "a-cloud", True, "http://localhost:8000"),
        ("http://localhost:11434/v1", "gpt-oss:120b-cloud", False, "https://ollama.com"),
        ("http://localhost:11434/v1", "glm-4.6:Cloud", False, "https://ollama.com"),
        ("http://gpu.lan:11434/v1", "gpt-oss:120b-cloud", False, "http://gpu.lan:11434"),
        ("https://a.example/v1", "gpt-oss", False, "https://a.example"),
        ("https://a.example/other/path", "gpt-oss", False, "https://a.example"),
        ("https://[fd00::1]:8000/v1", "gpt-oss", False, "https://[fd00::1]:8000"),
    ],
)
def test_where_a_model_runs(url: str, name: str, here: bool, origin: str) -> None:
    ref = ModelRef(Endpoint(url, name), name)
    assert (ref.is_here, ref.origin) == (here, origin)
    assert ref.host == origin.partition("://")[2]
    assert is_this_computer(ref.host) == here
    assert (LOCAL.is_here, LOCAL.host, LOCAL.origin) == (True, "", "")


@pytest.mark.parametrize(
    ("before", "now", "both"),
    [
        ("", "", ""),
        (A, A, A),
        ("", A, "localhost, a.example"),
        (A, "", "a.example, localhost"),
        (A, "b.example", "a.example, b.example"),
        ("a.example, localhost", A, "a.example, localhost"),
    ],
)
def test_an_answer_of_two_hosts_is_from_neither(before: str, now: str, both: str) -> None:
    assert both_hosts(before, now) == both
    if before != now:
        assert departures([asked("Hi"), said("Ho", host=both), asked("?")], AT_A)


# --- Tools ------------------------------------------------------------------------------------

KEYS = ("python", "web", "files:Contracts", "zim:wiki", "mcp:mail")


@pytest.mark.parametrize("key", KEYS)
def test_which_tools_are_off_with_a_model_elsewhere(key: str) -> None:
    private = key not in ("python", "web")
    assert not needs_switch(key, LOCAL)
    assert not needs_switch(key, BESIDE)
    assert not needs_switch(key, None)
    assert needs_switch(key, ON_A) is private
    assert needs_switch(key, FORWARDED) is private


@given(st.lists(st.sampled_from(KEYS), unique=True), st.lists(st.sampled_from(KEYS), unique=True))
def test_the_tools_of_a_chat(here: list[str], there: list[str]) -> None:
    setup = ChatSettings(tools=tuple(here), remote_tools=tuple(there))
    for ref in (LOCAL, BESIDE, None):
        assert effective_tools(setup, ref) == setup.tools
    for ref in (ON_A, ON_B, FORWARDED):
        found = effective_tools(setup, ref)
        assert set(found) == {
            key for key in KEYS if key in (there if needs_switch(key, ref) else here)
        }
        assert len(set(found)) == len(found)


# --- The gate ---------------------------------------------------------------------------------


class Allowed:
    """Permissions in memory."""

    def __init__(self) -> None:
        self.rows: set[tuple[int | None, str, Permission]] = set()
        self.gone = False

    def allowed(self, chat: int | None, origin: str) -> set[Permission]:
        return {p for c, o, p in self.rows if o == origin and c in (None, chat)}

    def allow(self, chat: int | None, origin: str, permissions: Iterable[Permission]) -> None:
        if self.gone:
            raise KeyError(chat)
        self.rows |= {(chat, origin, each) for each in permissions}


class Door:
    """A gate before a server, and a user who answers each question."""

    def __init__(self, *answers: Decision) -> None:
        self.server, self.allowed = ScriptedBackend(), Allowed()
        self.gate = DepartureGate(self.server, self.allowed)
        self.answers = list(answers)
        self.asked: list[Consent] = []

    def go(self, request: Request) -> list[Event | Planned]:
        self.server.scripts.append(says("Ho"))
        events: list[Event | Planned] = []
        for event in self.gate.stream(request, threading.Event()):
            if isinstance(event, DepartureAsked):
                self.asked.append(event.consent)
                event.consent.decide(self.answers.pop(0))
            else:
                events.append(event)
        return events


def request(*messages: Message, to: ModelRef = ON_A, chat: int | None = 1) -> Request:
    return Request(to, messages or (asked("Hi", file()),), chat=chat)


def test_it_asks_before_anything_is_sent_and_once() -> None:
    door = Door(Decision.CHAT)
    assert door.go(request()) == list(says("Ho"))
    (consent,) = door.asked
    assert consent.reason is ConsentReason.DEPARTURE
    assert consent.outgoing
    assert (consent.outgoing.origin, len(consent.outgoing.departures)) == (AT_A, 1)
    sent = consent.outgoing.departures
    assert door.allowed.rows == {(1, AT_A, each.permission) for each in sent}
    assert door.go(request()) == list(says("Ho"))
    assert len(door.asked) == 1


def test_nobody_is_asked_about_a_model_that_was_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    def abilities(model: ModelRef) -> Abilities:
        raise EndpointUnknown(model.place)

    door = Door()
    monkeypatch.setattr(door.server, "abilities", abilities)
    with pytest.raises(EndpointUnknown):
        door.go(request())
    assert not door.asked
    assert not door.server.requests


def test_a_permission_is_for_one_host_and_one_chat() -> None:
    door = Door(*[Decision.CHAT] * 3)
    for to, chat in ((ON_A, 1), (ON_B, 1), (ON_A, 2)):
        door.go(request(to=to, chat=chat))
    assert len(door.asked) == 3
    assert not door.answers


@pytest.mark.parametrize("decision", [Decision.CHAT, Decision.ALWAYS])
def test_a_permission_is_for_one_origin(decision: Decision) -> None:
    """Nobody has allowed that what was sent encrypted is read on its way, or by another server."""
    urls = (f"{scheme}://a.example{port}/v1" for scheme in ("https", "http") for port in ("", ":8"))
    door = Door(*[decision] * 4)
    for count, url in enumerate(urls, 1):
        for name in ("m", "other"):
            door.go(request(to=ModelRef(Endpoint(url, name), name)))
            assert len(door.asked) == count


def test_always_is_for_its_like_in_every_chat() -> None:
    door = Door(Decision.ALWAYS, Decision.CHAT)
    door.go(request())
    door.go(request(asked("Hi", file("other", "b.txt")), chat=2))
    door.go(request(asked("Hi"), said("Ho"), asked("?"), chat=2))  # is another kind
    assert len(door.asked) == 2


@pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.NEVER])
def test_what_is_refused_is_not_sent_and_asked_again(decision: Decision) -> None:
    door = Door(decision, decision)
    for _ in range(2):
        with pytest.raises(DepartureRefused):
            door.go(request())
    assert door.server.requests == []
    assert door.allowed.rows == set()


def test_nothing_is_asked_for_a_program_on_this_computer() -> None:
    door = Door()
    assert door.go(request(to=BESIDE)) == list(says("Ho"))
    with pytest.raises(IndexError):  # it asks, and nobody answers
        door.go(request(to=FORWARDED))
    assert len(door.server.requests) == 1


@pytest.mark.parametrize("quiet", [{"ephemeral": True}, {"background": True}])
def test_nobody_is_asked_for_work_in_the_background(quiet: dict[str, bool]) -> None:
    door = Door(Decision.CHAT)
    with pytest.raises(DepartureRefused):
        door.go(replace(request(), **quiet))  # type: ignore[arg-type]
    assert door.server.requests == []
    door.go(request())
    assert door.go(replace(request(), **quiet)) == list(says("Ho"))  # type: ignore[arg-type]


def test_a_stop_while_it_asks() -> None:
    door = Door()
    cancel = threading.Event()
    steps = door.gate.stream(request(), cancel)
    event = next(steps)
    assert isinstance(event, DepartureAsked)
    cancel.set()
    with pytest.raises(Cancelled):
        next(steps)
    event.consent.decide(Decision.ALWAYS)  # too late
    assert event.consent.decision is Decision.REFUSE
    assert (door.server.requests, door.allowed.rows) == ([], set())


def test_a_chat_that_was_deleted_meanwhile_is_not_sent() -> None:
    door = Door(Decision.CHAT)
    door.allowed.gone = True
    with pytest.raises(DepartureRefused):
        door.go(request())
    assert door.server.requests == []


def test_what_cannot_be_recorded_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(Decision.CHAT)

    def full(*_: object) -> None:
        raise StoreFull(Path("chats.db"))

    monkeypatch.setattr(door.allowed, "allow", full)
    with pytest.raises(StoreFull):
        door.go(request())
    assert door.server.requests == []


def test_without_a_chat_only_what_is_allowed_for_good_is_kept() -> None:
    door = Door(Decision.CHAT, Decision.ALWAYS)
    for _ in range(3):
        door.go(request(chat=None))
    assert len(door.asked) == 2
    assert {chat for chat, _, _ in door.allowed.rows} == {None}


def test_the_result_of_a_tool_is_asked_about_once_in_a_turn() -> None:
    """It departs with the next round; the first question was typed, and needs no card."""
    door = Door(Decision.CHAT)
    tool = FakeTool()
    registry = Registry(lambda: [tool])
    loop = ToolLoop(door.gate, registry)
    door.server.scripts = [calls("python", "1"), calls("python", "2", at=2), says("Done", at=4)]
    asked_at: list[int] = []
    question = Request(ON_A, (asked("Hi"),), chat=1, tools=registry.declared(["python"]))
    for event in loop.stream(question, threading.Event()):
        if isinstance(event, DepartureAsked):
            asked_at.append(len(door.server.requests))
            assert event.consent.outgoing
            (only,) = event.consent.outgoing.departures
            assert only == Departure(DepartureKind.RESULT, "python")
            event.consent.decide(Decision.CHAT)
    assert asked_at == [1]
    assert [len(r.messages) for r in door.server.requests] == [1, 2, 2]


def test_a_refused_result_ends_the_turn_after_what_was_said() -> None:
    door = Door()
    tool = FakeTool()
    registry = Registry(lambda: [tool])
    loop = ToolLoop(door.gate, registry)
    door.server.scripts = [calls("python", "1")]
    question = Request(ON_A, (asked("Hi"),), chat=1, tools=registry.declared(["python"]))
    said: list[Event | Planned] = []
    steps = loop.stream(question, threading.Event())

    def refuse() -> None:
        for event in steps:
            said.append(event)
            if isinstance(event, DepartureAsked):
                event.consent.decide(Decision.REFUSE)

    with pytest.raises(DepartureRefused):
        refuse()
    assert any(isinstance(event, PartAdded) for event in said)
    assert len(door.server.requests) == 1


def test_an_answer_begun_here_is_asked_about_and_then_goes_on() -> None:
    door = Door()
    tool = FakeTool()
    registry = Registry(lambda: [tool])
    loop = ToolLoop(door.gate, registry)
    door.server.scripts = [calls("python", "1", at=1), says("Done", at=3)]
    begun = asked("Hi"), said("So far", host="localhost, a.example")
    question = Request(ON_A, begun, chat=1, tools=registry.declared(["python"]))
    found: list[list[str]] = []
    for event in loop.stream(question, threading.Event()):
        if isinstance(event, DepartureAsked):
            assert event.consent.outgoing
            found.append([each.kind for each in event.consent.outgoing.departures])
            event.consent.decide(Decision.CHAT)
    assert found == [["turn"], ["result"]]


def test_a_call_that_waited_runs_before_anything_is_sent() -> None:
    """An answer that began here, and was interrupted before its call ran, goes on elsewhere."""
    door = Door()
    tool = FakeTool()
    registry = Registry(lambda: [tool])
    loop = ToolLoop(door.gate, registry)
    door.server.scripts = [says("Done", at=3)]
    call = Part("1", PartKind.CALL, "python", "call_1")
    begun = asked("Hi"), said("So far", call, host="localhost, a.example")
    question = Request(ON_A, begun, chat=1, tools=registry.declared(["python"]))
    for event in loop.stream(question, threading.Event()):
        if isinstance(event, DepartureAsked):
            assert (len(tool.ran), door.server.requests) == (1, [])
            assert event.consent.outgoing
            named = [each.kind.value for each in event.consent.outgoing.departures]
            assert named == ["turn", "result"]
            event.consent.decide(Decision.CHAT)
    assert len(door.server.requests) == 1


# --- The store --------------------------------------------------------------------------------


def test_permissions_on_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "chats.db")
    one, two = (store.chats.create(Effort.LOW).id for _ in range(2))
    table = store.departures
    table.allow(one, AT_A, [("turn", "1"), ("attachment", "2")])
    table.allow(one, AT_A, [("turn", "1")])  # again
    table.allow(None, AT_A, [("attachment", "")])
    table.allow(None, ON_B.origin, [("result", "python")])
    assert table.allowed(one, AT_A) == {("turn", "1"), ("attachment", "2"), ("attachment", "")}
    assert table.allowed(two, AT_A) == table.allowed(None, AT_A) == {("attachment", "")}
    assert table.allowed(one, ON_B.origin) == {("result", "python")}
    assert table.allowed(one, A) == table.allowed(one, "http://a.example") == set()
    with pytest.raises(KeyError):
        table.allow(99, AT_A, [("turn", "1")])
    rows = table.everywhere()
    assert [(r.chat, r.origin, r.kind, r.item) for r in rows] == [
        (None, ON_B.origin, "result", "python"), (None, AT_A, "attachment", ""),
    ]  # fmt: skip
    table.remove(rows[1])
    assert table.allowed(two, AT_A) == set()
    store.close()
    store = Store(tmp_path / "chats.db")
    assert store.departures.allowed(one, AT_A) == {("turn", "1"), ("attachment", "2")}
    store.departures.forget(ON_B.origin)
    assert store.departures.everywhere() == []
    store.bin.erase([one])
    store.chats.create(Effort.LOW)
    assert store.departures.allowed(one, AT_A) == set()
    store.close()


@pytest.mark.parametrize("stays", [False, True])
def test_what_an_origin_may_get_is_forgotten_with_its_last_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stays: bool
) -> None:
    """That is so, too, if the keyring is locked, so that the key ``stays``."""
    endpoints = EndpointList(tmp_path / "endpoints.json", Secrets(tmp_path))
    forgotten: list[str] = []
    jobs = EndpointJobs(NotImplemented, endpoints, forgotten.append)
    both = [SavedEndpoint(Endpoint("https://a.example/v1", name)) for name in ("one", "two")]
    for saved in (*both, SavedEndpoint(Endpoint("http://a.example/v1", "one"))):
        endpoints.save(saved)

    def locked(url: str, key: str) -> None:
        raise SecretUnwritable(url)

    if stays:
        monkeypatch.setattr(endpoints, "keep_key", locked)
    for saved in both:
        assert forgotten == []
        fault = jobs.remove(saved.endpoint).exception(60)
    assert isinstance(fault, SecretUnwritable) is stays
    assert forgotten == [AT_A]
    jobs.close()


# --- Whole chats ------------------------------------------------------------------------------


class Server:
    """A server, or the engine here, that answers with new words; ``look`` sees what it is sent."""

    def __init__(self, words: Iterator[str], look: Callable[[Request], None]) -> None:
        self.words, self.look = words, look
        self.calls = 0
        """How many of the next answers call a tool first."""

    def stream(
        self, request: Request, cancel: threading.Event, answer_now: threading.Event | None = None
    ) -> Generator[Event]:
        self.look(request)
        last = request.messages[-1]
        at = len(last.parts) if last.role is Role.ASSISTANT else 0
        word = next(self.words)
        yield Prompt(10, 0)
        yield Delta(at, word)
        if self.calls:
            self.calls -= 1
            yield Delta(at + 1, word, PartKind.CALL, "python")
            yield Done(StopReason.CALL, STATS)
        else:
            yield Done(StopReason.END, STATS)

    def __getattr__(self, name: str) -> object:
        return getattr(ScriptedBackend(), name)


class Life:
    """A chat in a store, that is asked by models here and elsewhere, by a user who is fickle.

    ``owners`` has, for each word, the origins to which it may go without a question: those for
    whose models it was typed, or which have said it. ``granted`` has what the user has allowed
    since.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "chats.db"
        self.words = (f"word{number}." for number in itertools.count())
        models = LOCAL, ON_A, ON_B, PLAIN_A
        self.servers = {each.origin: Server(self.words, self.sent) for each in models}
        self.owners: dict[str, set[str]] = {}
        self.granted: set[tuple[str, str]] = set()  # origins, and words or kinds
        self.asked = 0
        self.latest = Request(LOCAL, ())
        self.open()
        self.chat: int | None = None

    def open(self) -> None:
        self.store = Store(self.path)
        tool = FakeTool(answer=lambda proposal, cancel: [Result(self.private(set()))])
        self.registry = Registry(lambda: [tool])
        life = self

        class Elsewhere(ScriptedBackend):
            def stream(self, request: Request, *stops: Any) -> Generator[Event | Planned]:
                yield from life.servers[request.model.origin].stream(request, *stops)

        class Watched(DepartureGate):
            def stream(self, request: Request, *stops: Any) -> Generator[Event | Planned]:
                life.latest = request
                yield from super().stream(request, *stops)

        gate = Watched(Elsewhere(), self.store.departures)
        here = cast(Backend, self.servers[""])
        self.loop = ToolLoop(Router(here, gate), self.registry)

    def private(self, hosts: set[str]) -> str:
        word = next(self.words)
        self.owners[word] = hosts
        return word

    def strange(self, request: Request) -> list[DepartureKind]:
        """Return the kinds of what a request has, and its origin has no right to."""
        origin = request.model.origin
        found = []
        for part in (part for message in request.messages for part in message.parts):
            kind = {
                PartKind.FILE: DepartureKind.ATTACHMENT,
                PartKind.RESULT: DepartureKind.RESULT,
            }.get(part.kind, DepartureKind.TURN)
            known = origin in self.owners[part.text] or (origin, part.text) in self.granted
            if not known and (origin, kind) not in self.granted:
                found.append(kind)
        return found

    def sent(self, request: Request) -> None:
        """Fail if a server is sent what it has no right to."""
        assert not request.model.host or not self.strange(request)

    def decide(self, consent: Consent, decision: Decision) -> None:
        """Answer a question, which has to name all that is strange to the host, and nothing else.

        That holds at least for the kinds.
        """
        assert consent.outgoing
        self.asked += 1
        origin = consent.outgoing.origin
        named = {each.kind for each in consent.outgoing.departures}
        assert set(self.strange(self.latest)) <= named
        consent.decide(decision)
        if decision is Decision.REFUSE:
            return
        parts = (part for message in self.latest.messages for part in message.parts)
        self.granted |= {(origin, part.text) for part in parts}
        if DepartureKind.RESULT in named:  # of the one tool, in the one chat
            self.granted.add((origin, DepartureKind.RESULT))
        if decision is Decision.ALWAYS:
            self.granted |= {(origin, kind) for kind in named}

    # --- What the user does ---------------------------------------------------------------

    def restart(self) -> None:
        self.store.close()
        self.open()

    def ask(self, to: ModelRef, sends: Decision, *, attach: bool, edit: bool = False) -> None:
        parts = [Part(self.private({to.origin}))]
        if attach:
            parts.append(Part(self.private(set()), PartKind.FILE, "a.txt"))
        asked, row = self.store.messages.ask(
            self.chat, Message(Role.USER, tuple(parts)), Effort.LOW, to.name, PLAIN,
            host=to.host, origin=to.origin, instead=self.questions()[-1].id if edit else None,
        )  # fmt: skip
        self.chat = asked.chat
        self.answer(to, row, sends)

    def again(self, to: ModelRef, sends: Decision, at: int) -> None:
        """Ask an earlier question again, perhaps of another model."""
        questions = self.questions()
        question = questions[at % len(questions)]
        self.owners[question.message.text].add(to.origin)
        row = self.store.messages.answer(question, Effort.LOW, to.name, to.host, to.origin)
        self.answer(to, row, sends)

    def resume(self, to: ModelRef, sends: Decision) -> None:
        """Go on with the last answer, perhaps with another model."""
        row = self.path_now()[-1]
        host, origin = to.host, to.origin
        if row.message.parts:
            host = both_hosts(row.host, host)
            origin = origin if row.message.origin == origin else ""
        else:
            self.owners[self.questions()[-1].message.text].add(to.origin)
        row = self.store.messages.update(row.id, state=State.STREAMING, host=host, origin=origin)
        self.answer(to, row, sends)

    def path_now(self) -> list[MessageRow]:
        return self.store.messages.conversation(self.chat) if self.chat else []

    def questions(self) -> list[MessageRow]:
        return [row for row in self.path_now() if row.message.role is Role.USER]

    def answer(self, to: ModelRef, row: MessageRow, sends: Decision) -> None:
        path = self.path_now()
        known = path if row.message.parts else path[:-1]
        tools = self.registry.declared(["python"])
        request = Request(to, asked_on_their_days(known), chat=self.chat, tools=tools)
        draft = Draft(row.message.parts)
        with contextlib.suppress(DepartureRefused):
            for event in self.loop.stream(request, threading.Event()):
                if isinstance(event, DepartureAsked):
                    self.decide(event.consent, sends)
                elif isinstance(event, Delta):
                    draft.add(event)
                    self.owners.setdefault(event.text, set()).add(to.origin)
                elif isinstance(event, PartAdded):
                    draft.add_part(event.part)
        self.store.messages.update(row.id, parts=draft.parts, state=State.DONE)


MODELS = st.sampled_from([LOCAL, ON_A, PLAIN_A, ON_B])
DECISIONS = st.sampled_from([Decision.CHAT, Decision.ALWAYS, Decision.REFUSE, Decision.REFUSE])
STEPS = st.one_of(
    st.tuples(st.just("ask"), MODELS, DECISIONS, st.booleans(), st.booleans()),
    st.tuples(st.just("again"), MODELS, DECISIONS, st.integers(0, 3)),
    st.tuples(st.just("resume"), MODELS, DECISIONS),
    st.tuples(st.just("restart")),
    st.tuples(st.just("call"), MODELS),
)


@settings(max_examples=25)
@given(st.lists(STEPS, min_size=2, max_size=9))
def test_no_word_reaches_a_server_without_a_permission(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[object, ...]]
) -> None:
    life = Life(tmp_path_factory.mktemp("life"))
    try:
        life.ask(LOCAL, Decision.REFUSE, attach=True)
        for step in steps:
            match step:
                case "ask", ModelRef() as to, Decision() as sends, bool() as attach, bool() as edit:
                    life.ask(to, sends, attach=attach, edit=edit)
                case "again", ModelRef() as to, Decision() as sends, int() as at:
                    life.again(to, sends, at)
                case "resume", ModelRef() as to, Decision() as sends:
                    life.resume(to, sends)
                case "restart", *_:
                    life.restart()
                case "call", ModelRef() as to:
                    life.servers[to.origin].calls += 1
    finally:
        life.store.close()


def test_the_user_is_asked_no_more_than_once_about_the_same(tmp_path: Path) -> None:
    life = Life(tmp_path)
    try:
        life.ask(LOCAL, Decision.REFUSE, attach=True)
        for to, questions in ((ON_A, 1), (ON_A, 1), (ON_B, 2), (ON_A, 3), (LOCAL, 3), (ON_A, 4)):
            life.ask(to, Decision.CHAT, attach=False)
            life.restart()
            assert life.asked == questions, to
        life.ask(ON_A, Decision.CHAT, attach=False, edit=True)
        assert life.asked == 4
    finally:
        life.store.close()


def test_the_test_of_whole_chats_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tools.departure_gate.departures", lambda messages, origin: ())
    life = Life(tmp_path)
    try:
        life.ask(LOCAL, Decision.REFUSE, attach=True)
        with pytest.raises(AssertionError):
            life.ask(ON_A, Decision.REFUSE, attach=False)
    finally:
        life.store.close()
