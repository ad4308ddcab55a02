"""All ways by which text of a chat may come to an endpoint: each passes the gate."""

from __future__ import annotations

import ast
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from app.base.errors import FiresideError, Offline
from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.types import Effort, Endpoint, ModelRef, Part, PartKind
from app.chat import Chats
from app.engine.backend import Backend, ScriptedBackend
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.remote.remote_server import SavedEndpoint
from app.engine.router import Router
from app.model_loads import ModelLoads
from app.network.endpoint_client import EndpointClient
from app.reruns import RerunEnded, Reruns
from app.store import MessageRow, State, Store
from app.tools.costs import ToolCounter
from app.tools.departure_gate import DepartureGate
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool_events import Decision, DepartureAsked
from app.turn import Question, Turn, TurnEnded, TurnProgress
from tests.fakes.conversations import rest
from tests.fakes.tools import FakeTool, model, says

APP = Path(__file__).parents[2] / "app"
HERE = model()
THERE = ModelRef(Endpoint("https://a.example/v1", "gpt-oss-120b"), "gpt-oss-120b")
PRIVATE = "oxlip"  # in every text of the chat

SENDS = {
    ("chat.py", "self._backend"),  # a turn: sent, again, on another branch or model, or continued
    ("titles.py", "self._backend"),
    ("cli/ask.py", "backend"),  # without the gate: its user has named the server with what is sent
    # These have no models elsewhere.
    ("server/declared_calls.py", "engine"),
    ("engine/demo_filter.py", "self._engine"),
    ("engine/scheduled_backend.py", "self._engine"),
    ("engine/shared/shared_engine.py", "self._here"),
    ("engine/shared/engine_owner.py", "self.engine"),
    ("engine/shared/engine_owner.py", "self"),
    # These are on the way to the gate.
    ("tools/loop.py", "self._inner"),
    ("tools/tool_turn.py", "self._inner"),
    ("engine/router.py", "self._engine_of(request.model)"),
    # The gate.
    ("tools/departure_gate.py", "self._inner"),
}
"""Where a backend is asked to stream an answer: the only call that sends anything of a chat."""


def streams(path: Path) -> Iterator[str]:
    """Yield what is asked to stream in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            request = not node.args or not isinstance(node.args[0], ast.Constant)  # as of HTTP
            if node.func.attr == "stream" and request:
                yield ast.unparse(node.func.value)


def test_all_that_streams_is_known() -> None:
    """A new place is added to SENDS, and to the tests below if it is before the gate."""
    found = {
        (path.relative_to(APP).as_posix(), each)
        for path in sorted(APP.rglob("*.py"))
        if path.relative_to(APP).parts[0] != "network"  # which a request has passed the gate for
        for each in streams(path)
    }
    assert found == SENDS


class Wire:
    """A client of endpoints that sends nothing, and has what would have been sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    @contextlib.contextmanager
    def send(self, url: str, address: str, *_: object, **options: Any) -> Iterator[object]:
        self.sent.append(repr(options))
        raise Offline
        yield

    @property
    def leaked(self) -> bool:
        return any(PRIVATE in each for each in self.sent)


class Desk:
    """Chats with a model here and one elsewhere, and a chat of two turns that was answered here."""

    def __init__(self, folder: Path, *, gate: bool = True) -> None:
        self.store, self.wire, self.here = Store(folder / "chats.db"), Wire(), ScriptedBackend()
        endpoints = EndpointList(folder / "endpoints.json", Secrets(folder))
        endpoints.save(SavedEndpoint(cast(Endpoint, THERE.location), context=4096))
        far: Backend = RemoteBackend(lambda: cast(EndpointClient, self.wire), endpoints)
        if gate:
            far = DepartureGate(far, self.store.departures)
        self.registry = Registry(lambda: [FakeTool()])
        self.events: list[object] = []
        self._arrived = threading.Condition()
        self._disk = ThreadPoolExecutor(1)
        self.backend = ToolLoop(Router(self.here, far), self.registry)
        self.chats = Chats(self.store, self.backend, self._publish, self._disk)
        self.loads = ModelLoads(self.backend, self._publish, self.chats.running)
        self.here.scripts = [says(f"Yes, {PRIVATE}.", 0)] * 2
        self.chat: int | None = None
        for _ in range(2):
            self.chat = self.ended(self.ask(HERE)).answer.chat
        rest(self.chats)
        assert self.store.chats.get(self.chat or 0).title
        assert self.chat in self.chats._titles._waiting

    def _publish(self, event: object) -> None:
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()

    def ask(self, to: ModelRef, *parts: Part, **where: Any) -> Turn:
        parts = (Part(f"A question about {PRIVATE}"), *parts)
        return self.chats.send(Question(self.chat, parts, Effort.LOW, to, **where))

    def found(self, of: Callable[[object], bool]) -> Any:
        with self._arrived:
            assert self._arrived.wait_for(lambda: any(map(of, self.events)), 60), self.events
            return next(filter(of, self.events))

    def ended(self, turn: Turn) -> TurnEnded:
        def is_end(event: object) -> bool:
            return isinstance(event, TurnEnded) and event.answer.chat == turn.chat

        ended = self.found(is_end)
        self.events.remove(ended)
        assert isinstance(ended, TurnEnded)
        return ended

    def question(self) -> DepartureAsked | None:
        progress = (each.event for each in self.events if isinstance(each, TurnProgress))
        return next((each for each in progress if isinstance(each, DepartureAsked)), None)

    def path(self) -> list[MessageRow]:
        assert self.chat is not None
        return self.store.messages.conversation(self.chat)

    def close(self) -> None:
        self.chats.close()
        self._disk.shutdown()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with contextlib.closing(Desk(tmp_path)) as desk:
        yield desk


# --- What the user does -----------------------------------------------------------------------


def asked(d: Desk) -> Turn:
    return d.ask(THERE)


def asked_with_a_file(d: Desk) -> Turn:
    d.chat = None
    return d.ask(THERE, Part(f"{PRIVATE} inside", PartKind.FILE, "a.txt"))


def asked_again(d: Desk) -> Turn:
    return d.chats.regenerate(d.path()[-1].id, Effort.LOW, THERE)


def edited(d: Desk) -> Turn:
    return d.ask(THERE, instead=d.path()[2].id)


def on_another_branch(d: Desk) -> Turn:
    d.here.scripts = [says(f"Another {PRIVATE}.", 0)]
    d.ended(d.chats.regenerate(d.path()[1].id, Effort.LOW, HERE))
    d.store.messages.show(d.path()[1].id)
    return d.ask(THERE)


def in_a_copy(d: Desk) -> Turn:
    d.chat = d.store.messages.fork(d.path()[-1].id).id
    return d.ask(THERE)


def in_an_imported_chat(d: Desk) -> Turn:
    tree = d.store.trees.get(d.chat or 0)
    forged = (replace(row, host=THERE.host) for row in tree.messages)
    (row,) = d.store.trees.add([replace(tree, messages=tuple(forged))])
    d.chat = row.id
    return d.ask(THERE)


def continued(d: Desk) -> Turn:
    """Continue on another model what was stopped."""
    answer = d.path()[-1]
    d.store.messages.update(answer.id, state=State.STOPPED)
    return d.chats.resume(answer.id, THERE)


def continued_after_a_crash(d: Desk) -> Turn:
    answer = d.path()[-1]
    d.store.messages.update(answer.id, state=State.STREAMING)
    d.store.messages.mark_cut_off()
    return d.chats.resume(answer.id, THERE)


def over_another_origin(d: Desk) -> Turn:
    """Go on where the same host has answered, but unencrypted."""
    answer = d.path()[1]
    d.store.messages.update(answer.id, host=THERE.host, origin=f"http://{THERE.host}")
    return d.ask(THERE)


TURNS = [
    asked, asked_with_a_file, asked_again, edited, on_another_branch, in_a_copy,
    in_an_imported_chat, continued, continued_after_a_crash, over_another_origin,
]  # fmt: skip


@pytest.mark.parametrize("begin", TURNS)
@pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.CHAT])
def test_nothing_leaves_before_the_user_has_allowed_it(
    desk: Desk, begin: Callable[[Desk], Turn], decision: Decision
) -> None:
    turn = begin(desk)
    event = desk.found(lambda _: desk.question() is not None)
    assert event
    assert not desk.wire.sent
    question = desk.question()
    assert question
    turn.decide(question.consent.id, decision)
    desk.ended(turn)
    rest(desk.chats)
    assert desk.wire.leaked is (decision is Decision.CHAT)


@pytest.mark.parametrize("begin", TURNS)
def test_without_the_gate_all_of_that_leaves(tmp_path: Path, begin: Callable[[Desk], Turn]) -> None:
    """The test above is able to fail."""
    with contextlib.closing(Desk(tmp_path, gate=False)) as desk:
        desk.ended(begin(desk))
        assert desk.wire.leaked


# --- What the program does by itself ----------------------------------------------------------


def reads_ahead(d: Desk) -> None:
    d.chats.prepare(Question(d.chat, (), Effort.LOW, THERE))


def reads_ahead_what_is_typed(d: Desk) -> None:
    d.chats.prepare(Question(d.chat, (Part(f"More {PRIVATE}"),), Effort.LOW, THERE))


def counts(d: Desk) -> None:
    d.chats.prepare(Question(d.chat, (Part(PRIVATE),), Effort.LOW, THERE), read=False)


def counts_before_a_title(d: Desk) -> None:
    d.chats.prepare(Question(d.chat, (), Effort.LOW, THERE), read=False)


def loads(d: Desk) -> None:
    d.loads.load(THERE)


def unloads_and_forgets(d: Desk) -> None:
    d.loads.unload()
    assert d.chat is not None
    d.chats.forget(d.chat)


def counts_tools(d: Desk) -> None:
    with contextlib.closing(Jobs("counting")) as jobs:
        assert ToolCounter(d.backend, d.registry, jobs).count(THERE, ["python"]).result(60)


def runs_a_call_again(d: Desk) -> None:
    answer = d.path()[-1]
    call = Part(f"print('{PRIVATE}')", PartKind.CALL, "python", "1")
    d.store.messages.update(answer.id, parts=(call,), host=THERE.host, origin=THERE.origin)
    reruns = Reruns(d.store, d.registry, d._publish)
    reruns.start(answer.id, 0)
    d.found(lambda event: isinstance(event, RerunEnded))
    reruns.close()


BY_ITSELF = [
    reads_ahead, reads_ahead_what_is_typed, counts, counts_before_a_title, loads,
    unloads_and_forgets, counts_tools, runs_a_call_again,
]  # fmt: skip


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("work", BY_ITSELF)
def test_nothing_leaves_by_itself(
    desk: Desk, work: Callable[[Desk], object], *, always: bool
) -> None:
    """Also where all may be sent with a question: that the model was chosen is none."""
    if always:
        kinds = ("turn", ""), ("attachment", ""), ("result", "python")
        desk.store.departures.allow(None, THERE.origin, kinds)
    with contextlib.suppress(FiresideError):
        work(desk)
    rest(desk.chats)
    assert not desk.wire.leaked
    assert desk.question() is None


def test_a_title_is_asked_for_where_the_chat_was_answered(desk: Desk) -> None:
    """What was answered there has been sent, and no more is sent for its title."""
    desk.chat = None
    question = (Part(f"About {PRIVATE}"),)
    row, answer = desk.store.messages.ask(
        None, replace(desk.store.messages.get(1).message, parts=question), Effort.LOW, "m",
        host=THERE.host, origin=THERE.origin,
    )  # fmt: skip
    desk.store.messages.update(answer.id, parts=(Part("Yes."),), state=State.DONE)
    messages = tuple(each.message for each in desk.store.messages.conversation(row.chat))
    asked = desk.chats._request(
        row.chat, desk.store.chats.get(row.chat).setup, (), messages, Effort.LOW, THERE,
        imported=False,
    )  # fmt: skip
    desk.chats._titles.begun(row.chat, asked)
    desk.chats.prepare(Question(row.chat, (), Effort.LOW, THERE))
    rest(desk.chats)
    (sent,) = desk.wire.sent
    assert "Write a title" in sent
    assert desk.question() is None
