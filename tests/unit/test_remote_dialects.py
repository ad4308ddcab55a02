"""Every server that is played here gives the same conversation, and every fault one sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from app.base import errors as e
from app.base.answer_events import Delta, Done, Prompt, StopReason
from app.base.secrets import Secrets
from app.base.types import (
    Effort,
    Endpoint,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolFunction,
    ToolNamespace,
)
from app.engine.remote.detection import examine
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint, ServerKind
from app.network.client import Network
from app.network.endpoint_client import EndpointClient
from app.wording.errors import explain
from tests.fakes.remote.faults import CALLS, CHAT_ONLY, HOSTILE, RETRY_AFTER_S, Fault
from tests.fakes.remote.lm_studio import LmStudio
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.openrouter import OpenRouter
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Call, Said, Seen, size_of
from tests.fakes.remote.sglang import SgLang
from tests.fakes.remote.vllm import Vllm

KEY = "sk-or-v1-1"
QUESTION = "Wie ist das Wetter in Köln?"
ANSWER = Said(
    "In Köln ist es schön: 21 °C. 🌞", reasoning="The user asks for Köln’s weather. Warm."
)
WEATHER = Said(reasoning="I need the weather.", calls=(Call("get_weather", '{"city":"Köln"}'),))
TOOLS = (
    ToolNamespace(
        "functions",
        (
            ToolFunction(
                "get_weather",
                "Tells the weather.",
                '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}',
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Peer:
    """A kind of server, and the fake that is one."""

    kind: ServerKind
    make: Callable[..., Any]
    version: str = ""
    context: int = 0
    echoes: bool = True
    """Whether it takes reasoning back."""

    def __str__(self) -> str:
        return self.kind.value


OLLAMA = Peer(ServerKind.OLLAMA, Ollama, "0.33.0", 8192)
OPENAI = Peer(ServerKind.OPENAI, OpenAi)
PEERS = (
    Peer(ServerKind.VLLM, Vllm, "0.33.0", 131_072),
    OLLAMA,
    Peer(ServerKind.LM_STUDIO, LmStudio, "", 16_384, echoes=False),
    Peer(ServerKind.SGLANG, SgLang, "0.5.23", 131_072),
    Peer(ServerKind.OPENROUTER, OpenRouter, "", 131_072),
)
each_peer = pytest.mark.parametrize("peer", PEERS, ids=str)


def all_but(kind: ServerKind) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("peer", [p for p in PEERS if p.kind is not kind], ids=str)


@dataclass
class Heard:
    """What came of a request; ``error`` ended it, if there was one."""

    parts: list[Part] = field(default_factory=list)
    done: Done | None = None
    size: Prompt | None = None
    error: BaseException | None = None
    first: int | None = None
    """The number of the first part."""

    def text(self, kind: PartKind = PartKind.TEXT) -> str:
        return "".join(part.text for part in self.parts if part.kind is kind)

    @property
    def calls(self) -> list[Part]:
        return [part for part in self.parts if part.kind is PartKind.CALL]


class Keys:
    """One key for all servers, without the system's keyring."""

    def get(self, name: str, stop: threading.Event | None = None) -> str:
        return KEY


class Bench:
    """The backend of this computer, with servers that it knows."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.client = EndpointClient(lambda: network)
        self.endpoints = EndpointList(folder / "endpoints.json", cast(Secrets, Keys()))
        self.backend = RemoteBackend(lambda: self.client, self.endpoints)
        self.cancel, self.begun = threading.Event(), threading.Event()
        self.pauses: list[float] = []
        """The seconds that it would have waited before it asked again."""

    def found(self, server: Player, key: str = KEY) -> RemoteServer:
        return examine(self.client, server.url, key, threading.Event())

    def add(self, server: Player, peer: Peer) -> ModelRef:
        """Add the model of a server, as that of ``peer``."""
        endpoint = Endpoint(server.url, server.dialect.model)
        context = getattr(server.dialect, "context", 0)
        saved = SavedEndpoint(endpoint, peer.kind, peer.version, context)
        self.endpoints.save(saved)
        return saved.model

    def ask(self, model: ModelRef, *messages: Message, **more: Any) -> Heard:
        """Ask, and return what comes until the end, or until an error."""
        heard = Heard()
        request = Request(model, messages or (question(),), **more)
        try:
            for event in self.backend.stream(request, self.cancel):
                _take(event, heard)
                if isinstance(event, Delta):
                    self.begun.set()
        except e.FiresideError as error:
            heard.error = error
        return heard


def _take(event: object, heard: Heard) -> None:
    match event:
        case Prompt():
            heard.size = event
        case Done():
            heard.done = event
        case Delta(at, text):
            heard.first = at if heard.first is None else heard.first
            at -= heard.first  # what a turn has before it goes on
            if at == len(heard.parts):
                heard.parts.append(Part(""))
            text = heard.parts[at].text + text
            heard.parts[at] = Part(text, event.kind, event.name, event.id, event.format_data)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network(tmp_path_factory.mktemp("network") / "log")  # it reads all certificates


@pytest.fixture
def bench(tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path, network)
    monkeypatch.setattr(made.client, "pause", lambda seconds, cancel: made.pauses.append(seconds))
    return made


def question(text: str = QUESTION) -> Message:
    return Message(Role.USER, (Part(text),))


def answer(heard: Heard, *more: Part) -> Message:
    return Message(Role.ASSISTANT, (*heard.parts, *more), host="127.0.0.1")


def result(call: Part, text: str = "21 °C, sunny") -> Part:
    return Part(text, PartKind.RESULT, call.name, call.id)


def stopping(server: Player, bench: Bench, *, begun: bool) -> threading.Thread:
    """Stop once the server holds its answer back, and, if ``begun``, some of it is here."""

    def stop() -> None:
        assert server.holding.wait(60)
        assert not begun or bench.begun.wait(60)
        bench.cancel.set()

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


# --- What a server is, and what it says -----------------------------------------------------------


@each_peer
def test_a_server_is_known_by_what_it_says(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        found = bench.found(server)
        (model,) = found.models
    assert (found.kind, found.version) == (peer.kind, peer.version)
    assert (model.id, model.context) == (server.dialect.model, peer.context)
    assert all(each.method == "GET" or each.path == "/api/show" for each in server.asked)


def test_openai_is_known_by_its_address_only(bench: Bench) -> None:
    with serving(OpenAi()) as server:
        assert bench.found(server).kind is ServerKind.OTHER


@pytest.mark.parametrize("make", [Ollama, LmStudio, lambda context: LmStudio(context=0, old=True)])
def test_the_context_of_a_model_that_is_not_loaded_is_unknown(
    bench: Bench, make: Callable[..., Any]
) -> None:
    with serving(make(context=0)) as server:
        assert bench.found(server).models[0].context == 0


def test_lm_studio_before_its_second_interface(bench: Bench) -> None:
    with serving(LmStudio(old=True)) as server:
        found = bench.found(server)
    assert found.kind is ServerKind.LM_STUDIO
    assert found.models[0].context == 16_384


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.SILENT_LATER, *CALLS}))
def test_no_fault_confuses_who_looks_what_a_server_is(bench: Bench, fault: Fault) -> None:
    with serving(Vllm()) as server:
        server.fail(fault, method="GET")
        stopper = stopping(server, bench, begun=False) if fault is Fault.SILENT_FIRST else None
        try:
            found = examine(bench.client, server.url, KEY, bench.cancel)
        except (e.RemoteError, e.Cancelled):
            pass
        else:
            assert found.models[0].id == server.dialect.model
        if stopper:
            stopper.join()


@all_but(ServerKind.SGLANG)  # it answers by any name
def test_a_model_that_is_gone(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        endpoint = Endpoint(server.url, "gone")
        bench.endpoints.save(SavedEndpoint(endpoint, peer.kind))
        heard = bench.ask(SavedEndpoint(endpoint).model)
    assert isinstance(heard.error, e.RemoteModelMissing)
    assert heard.error.model == "gone"


@each_peer
def test_the_transcript_is_the_same(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(ANSWER)
        heard = bench.ask(model, instructions="Be brief.")
    assert heard.error is None
    assert [(part.kind, part.text) for part in heard.parts] == [
        (PartKind.REASONING, ANSWER.reasoning),
        (PartKind.TEXT, ANSWER.text),
    ]
    assert heard.done is not None
    assert heard.done.reason is StopReason.END
    system, asked = server.dialect.prompts[-1]
    assert (system.role in ("system", "developer"), system.text) == (True, "Be brief.")
    assert asked == Seen("user", QUESTION)
    assert server.answers[-1].key == KEY


@each_peer
def test_the_server_counts(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(ANSWER)
        heard = bench.ask(model)
        size = size_of(server.dialect.prompts[-1])
    assert heard.done is not None
    stats = heard.done.stats
    assert (stats.prompt_tokens, stats.generated) == (size, ANSWER.generated)
    assert stats.context == peer.context
    if peer.kind not in (ServerKind.VLLM, ServerKind.OLLAMA):  # they do not tell them apart
        assert stats.reasoning_tokens == ANSWER.reasoning_tokens


@each_peer
def test_an_answer_that_is_full_says_so(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(replace(ANSWER, full=True))
        heard = bench.ask(model)
    assert heard.done is not None
    assert heard.done.reason is StopReason.LENGTH
    assert heard.text() == ANSWER.text


@each_peer
def test_what_a_model_says_stays_text(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(Said(HOSTILE, reasoning=HOSTILE))
        heard = bench.ask(model)
    assert heard.error is None
    assert (heard.text(PartKind.REASONING), heard.text()) == (HOSTILE, HOSTILE)


@each_peer
def test_an_empty_answer_is_no_answer(bench: Bench, peer: Peer) -> None:
    """Some versions of LM Studio answer so what is too long (lmstudio-bug-tracker#2339)."""
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(Said())
        heard = bench.ask(model)
    assert isinstance(heard.error, e.AnswerEmpty)


# --- The effort -----------------------------------------------------------------------------------


def sent_effort(server: Player) -> str | None:
    body = server.answers[-1].json
    effort = body.get("reasoning_effort", (body.get("reasoning") or {}).get("effort"))
    return None if effort is None else str(effort)


@each_peer
@pytest.mark.parametrize("effort", Effort)
def test_the_effort_arrives(bench: Bench, peer: Peer, effort: Effort) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(ANSWER)
        assert bench.ask(model, effort=effort).error is None
    assert sent_effort(server) == effort
    if isinstance(server.dialect, LmStudio):  # which ignores it in chats
        assert server.dialect.efforts == [effort]


@pytest.mark.parametrize(
    ("able", "left_out"),
    [(("completion", "tools"), "reasoning_effort"), (("completion", "thinking"), "tools")],
)
def test_what_a_model_cannot_do_is_left_out_and_said(
    bench: Bench, able: tuple[str, ...], left_out: str
) -> None:
    with serving(Ollama(able=able)) as server:
        model = bench.add(server, OLLAMA)
        server.say(Said(ANSWER.text), Said(ANSWER.text))
        for _ in range(2):  # it is refused but once
            heard = bench.ask(model, tools=TOOLS)
            assert (heard.error, heard.text()) == (None, ANSWER.text)
            assert heard.done is not None
            assert heard.done.stats.left_out == (left_out,)
            assert left_out not in server.answers[-1].json
        assert len(server.answers) == 3


# --- Tools ----------------------------------------------------------------------------------------


@each_peer
def test_a_loop_of_tools(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(WEATHER, ANSWER, Said("Gern."))
        first = bench.ask(model, tools=TOOLS)
        (call,) = first.calls
        assert (call.name, call.text) == ("functions.get_weather", '{"city":"Köln"}')
        assert call.id
        assert first.text(PartKind.REASONING) == WEATHER.reasoning
        assert first.done is not None
        assert first.done.reason is StopReason.CALL

        turn = answer(first, result(call))
        second = bench.ask(model, question(), turn, tools=TOOLS)
        assert second.error is None
        asked, called, told = server.dialect.prompts[-1]
        assert asked == Seen("user", QUESTION)
        assert (called.role, called.text, called.calls) == ("assistant", "", WEATHER.calls)
        assert called.reasoning == (WEATHER.reasoning if peer.echoes else "")
        assert (told.role, told.text) == ("tool", "21 °C, sunny")
        assert told.id

        turn = replace(turn, parts=(*turn.parts, *second.parts))
        third = bench.ask(model, question(), turn, question("Danke!"), tools=TOOLS)
        assert third.text() == "Gern."
        assert WEATHER.reasoning.encode() not in server.answers[-1].body
        assert ANSWER.reasoning.encode() not in server.answers[-1].body
        prompt = server.dialect.prompts[-1]
        assert [each.text for each in prompt if each.text] == [
            QUESTION,
            "21 °C, sunny",
            ANSWER.text,
            "Danke!",
        ]


@each_peer
def test_reasoning_of_elsewhere_is_not_sent(bench: Bench, peer: Peer) -> None:
    """It came from the engine of this computer, or from a server that has another key for it."""
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        for data in ("", "analysis", '{"channel":"analysis"}', "remote elsewhere"):
            parts = (
                Part("Secret thoughts.", PartKind.REASONING, format_data=data),
                Part('{"city":"Bonn"}', PartKind.CALL, "functions.get_weather", "call_1"),
                Part("rain", PartKind.RESULT, "functions.get_weather", "call_1"),
            )
            turn = Message(Role.ASSISTANT, parts)
            server.say(ANSWER)
            heard = bench.ask(model, question(), turn, tools=TOOLS)
            assert heard.error is None
            assert b"Secret thoughts" not in server.answers[-1].body
            _, called, told = server.dialect.prompts[-1]
            assert called.calls == (Call("get_weather", '{"city":"Bonn"}'),)
            assert told.text == "rain"


@each_peer
def test_two_calls_at_once(bench: Bench, peer: Peer) -> None:
    both = (Call("get_weather", '{"city":"Köln"}'), Call("get_weather", '{"city":"Bonn"}'))
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(Said("Let me look.", "Two cities.", both), ANSWER)
        first = bench.ask(model, tools=TOOLS)
        assert [part.text for part in first.calls] == [call.arguments for call in both]
        assert len({part.id for part in first.calls}) == 2
        results = [result(part, part.text) for part in first.calls]
        assert bench.ask(model, question(), answer(first, *results), tools=TOOLS).error is None
        prompt = server.dialect.prompts[-1]
    assert prompt[1].text == "Let me look."
    assert prompt[1].reasoning == ("Two cities." if peer.echoes else "")
    assert prompt[1].calls == both
    assert [each.text for each in prompt[2:]] == [call.arguments for call in both]


# --- Stop -----------------------------------------------------------------------------------------


@each_peer
def test_stop_while_the_prompt_is_processed(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(ANSWER)
        server.fail(Fault.SILENT_FIRST)
        stopper = stopping(server, bench, begun=False)
        heard = bench.ask(model)
        stopper.join()
        assert server.left.wait(60)
    assert isinstance(heard.error, e.Cancelled)
    assert heard.parts == []


@each_peer
def test_stop_while_it_answers(bench: Bench, peer: Peer) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(Said(ANSWER.text * 3))
        server.fail(Fault.SILENT_LATER)
        stopper = stopping(server, bench, begun=True)
        heard = bench.ask(model)
        stopper.join()
        assert server.left.wait(60)
    assert heard.error is None
    assert heard.done is not None
    assert heard.done.reason is StopReason.CANCELLED
    assert heard.text()
    assert (ANSWER.text * 3).startswith(heard.text())


# --- Faults ---------------------------------------------------------------------------------------

HARMLESS = {
    Fault.BYTE_BY_BYTE,
    Fault.GZIP,
    Fault.CRLF,
    Fault.PINGS,
    Fault.DUPLICATE_KEYS,
    Fault.NOT_STREAMED,
    Fault.NO_DONE,
    Fault.CHOICES_NULL,
    Fault.DELTA_NULL,
    Fault.NO_USAGE,
    Fault.USAGE_TEXT,
    Fault.CHOICES_TEXT,
    Fault.DELTA_TEXT,
    Fault.CONTENT_NUMBER,
    Fault.JSON_LIST,
}
"""Those of which nobody notices anything."""

ERRORS: dict[Fault, type[e.RemoteError]] = {
    Fault.CUT: e.AnswerCutOff,
    Fault.CUT_IN_LINE: e.AnswerCutOff,
    Fault.CUT_IN_CHARACTER: e.AnswerCutOff,
    Fault.CUT_AT_ONCE: e.AnswerCutOff,
    Fault.ENDS_EARLY: e.AnswerCutOff,
    Fault.PROXY_PAGE: e.ServerFailed,
    Fault.PORTAL_PAGE: e.ServerForeign,
    Fault.REDIRECT: e.ServerMoved,
    Fault.RATE: e.ServerBusy,
    Fault.BUSY: e.ServerBusy,
    Fault.LOADING: e.ServerBusy,
    Fault.FAILED: e.ServerFailed,
    Fault.KEY: e.KeyRefused,
    Fault.LATE_ERROR: e.ServerFailed,
    Fault.LONG_LINE: e.AnswerGarbled,
    Fault.BAD_JSON: e.AnswerGarbled,
    Fault.LATE_PAGE: e.AnswerGarbled,
}
IN_THE_MIDDLE = {
    Fault.CUT,
    Fault.CUT_IN_LINE,
    Fault.CUT_IN_CHARACTER,
    Fault.ENDS_EARLY,
    Fault.LATE_ERROR,
    Fault.LONG_LINE,
    Fault.BAD_JSON,
    Fault.LATE_PAGE,
}
"""Those in which what has come before is kept."""


def expected(peer: Peer, fault: Fault) -> type[e.RemoteError]:
    if fault is Fault.LATE_ERROR and peer.kind is ServerKind.OLLAMA:
        return e.AnswerCutOff  # it loses its own error
    if fault is Fault.LOADING and peer.kind is ServerKind.LM_STUDIO:
        return e.RemoteModelMissing  # it has none loaded
    if fault is Fault.LOADING and peer.kind is ServerKind.VLLM:
        return e.ServerFailed  # nothing listens yet, as a proxy says
    return ERRORS[fault]


def test_every_fault_is_tested_below() -> None:
    silent = {Fault.SILENT_FIRST, Fault.SILENT_LATER}
    assert HARMLESS | ERRORS.keys() | CALLS | silent == set(Fault)


def responses(peer: Peer) -> bool:
    return peer.kind in (ServerKind.LM_STUDIO, ServerKind.OPENAI)


def cases(faults: Iterable[Fault]) -> list[Any]:
    return [
        pytest.param(peer, fault, id=f"{peer}-{fault}")
        for peer in PEERS
        for fault in sorted(faults)
        if not (responses(peer) and fault in CHAT_ONLY)
    ]


@pytest.mark.parametrize(("peer", "fault"), cases(HARMLESS))
def test_a_harmless_fault(bench: Bench, peer: Peer, fault: Fault) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(ANSWER)
        server.fail(fault)
        heard = bench.ask(model)
    assert heard.error is None
    assert heard.text(PartKind.REASONING) == ANSWER.reasoning
    assert heard.text() == ANSWER.text
    assert heard.done is not None
    assert heard.done.reason is StopReason.END


@pytest.mark.parametrize(("peer", "fault"), cases(ERRORS))
def test_a_fault_has_a_sentence(bench: Bench, peer: Peer, fault: Fault) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        if fault in IN_THE_MIDDLE:
            server.say(replace(ANSWER, text=ANSWER.text * 3))
        server.fail(fault)
        heard = bench.ask(model)
    assert type(heard.error) in (expected(peer, fault), *expected(peer, fault).__subclasses__())
    if fault in IN_THE_MIDDLE:
        assert heard.text(PartKind.REASONING)
        assert (ANSWER.text * 3).startswith(heard.text())
    assert not any(each.path == "/elsewhere" for each in server.asked)
    assert isinstance(heard.error, e.RemoteError)
    sentence = explain(heard.error).sentence
    assert sentence.endswith(".")
    assert "didn’t answer as expected" not in sentence  # which would be for anything
    assert "<" not in sentence
    assert ("Check the address" in sentence) <= (not heard.parts)
    if fault is Fault.LATE_PAGE:
        assert explain(heard.error).detail == "502 Bad Gateway"


@each_peer
@pytest.mark.parametrize("fault", [Fault.RATE, Fault.CUT_AT_ONCE])
def test_what_may_help_is_tried_again(bench: Bench, peer: Peer, fault: Fault) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(ANSWER)
        server.fail(fault, times=1)
        heard = bench.ask(model)
        first, second = server.answers
    assert heard.error is None
    assert heard.text() == ANSWER.text
    assert first.json == second.json
    assert len(bench.pauses) == 1
    if fault is Fault.RATE:
        assert bench.pauses == [RETRY_AFTER_S]


@pytest.mark.parametrize("fault", sorted(IN_THE_MIDDLE))
def test_what_has_begun_is_not_asked_again(bench: Bench, fault: Fault) -> None:
    with serving(Vllm()) as server:
        model = bench.add(server, PEERS[0])
        server.say(replace(ANSWER, text=ANSWER.text * 3))
        server.fail(fault, times=1)
        assert isinstance(bench.ask(model).error, e.RemoteError)
    assert len(server.answers) == 1


@pytest.mark.parametrize(("peer", "fault"), cases(CALLS))
def test_a_call_is_understood(bench: Bench, peer: Peer, fault: Fault) -> None:
    with serving(peer.make()) as server:
        model = bench.add(server, peer)
        server.say(WEATHER)
        server.fail(fault)
        heard = bench.ask(model, tools=TOOLS)
        (call,) = heard.calls
        assert heard.error is None
        assert heard.done is not None
        assert heard.done.reason is StopReason.CALL
        assert call.name == "functions.get_weather"
        empty = fault is Fault.CALL_EMPTY
        assert call.text == ("" if empty else '{"city":"Köln"}')
        server.fail(None)
        server.say(ANSWER)
        assert bench.ask(model, question(), answer(heard, result(call)), tools=TOOLS).error is None
        _, called, told = server.dialect.prompts[-1]
    arguments = "{}" if empty else call.text  # Ollama refuses anything that is no object
    assert called.calls == (Call("get_weather", arguments),)
    assert told.id
    if fault is not Fault.CALL_WITHOUT_ID:
        assert told.id == call.id


# --- Too long -------------------------------------------------------------------------------------


@each_peer
def test_what_is_too_long_is_not_cut_in_silence(bench: Bench, peer: Peer) -> None:
    """One question that does not fit, whether the program or the server finds that out."""
    with serving(peer.make(context=500)) as server:
        heard = bench.ask(bench.add(server, peer), question("Köln " * 2000))
    assert isinstance(heard.error, e.ContextFull)
    assert server.dialect.prompts == []


@all_but(ServerKind.OLLAMA)  # it drops what does not fit, and nobody can know
def test_a_server_that_does_not_say_its_context(bench: Bench, peer: Peer) -> None:
    with serving(peer.make(context=500)) as server:
        model = bench.add(server, peer)
        assert isinstance(model.location, Endpoint)
        bench.endpoints.save(SavedEndpoint(model.location, peer.kind))
        heard = bench.ask(model, question("Köln " * 2000))
    assert isinstance(heard.error, e.ContextFull)


def test_ollama_never_has_to_drop_anything(bench: Bench) -> None:
    """What does not fit is left out here, and that is said."""
    with serving(Ollama(context=2000)) as server:
        model = bench.add(server, OLLAMA)
        server.say(ANSWER)
        turns = [
            each
            for _ in range(20)
            for each in (question("Köln " * 100), Message(Role.ASSISTANT, (Part("Ja."),)))
        ]
        heard = bench.ask(model, *turns, question())
        assert heard.error is None
        assert heard.size is not None
        assert heard.size.dropped > 0
        sent = server.answers[-1].json["messages"]
        assert len(server.dialect.prompts[-1]) == len(sent)


@pytest.mark.parametrize(("words", "cut"), [(2000, True), (1500, False)])
def test_what_ollama_cuts_in_silence_is_noticed(bench: Bench, words: int, cut: bool) -> None:
    """By an estimate, both might fit: the model is not gpt-oss, so nobody here can count."""
    with serving(Ollama("llama-4", context=2048)) as server:
        peer = replace(OLLAMA, make=lambda: server.dialect)
        model = bench.add(server, peer)
        server.say(ANSWER)
        heard = bench.ask(model, question("word " * words))
        (prompt,) = server.dialect.prompts
    assert heard.error is None
    assert heard.done is not None
    assert heard.done.stats.cut is cut
    assert (len(prompt[-1].text) < 5 * words) is cut


# --- OpenAI ---------------------------------------------------------------------------------------


def test_openai_by_responses(bench: Bench) -> None:
    with serving(OpenAi()) as server:
        model = bench.add(server, OPENAI)
        server.say(WEATHER, ANSWER)
        first = bench.ask(model, tools=TOOLS, effort=Effort.HIGH)
        assert first.error is None
        assert first.text(PartKind.REASONING) == WEATHER.reasoning
        assert sent_effort(server) == "high"
        assert server.answers[-1].path == "/v1/responses"
        assert server.answers[-1].json["store"] is False
        (call,) = first.calls
        second = bench.ask(model, question(), answer(first, result(call)), tools=TOOLS)
        assert second.error is None
        assert second.text() == ANSWER.text
        _, _, called, _ = server.dialect.prompts[-1]  # the first is the day
        assert (called.reasoning, called.calls) == (WEATHER.reasoning, WEATHER.calls)


def test_openai_behind_another_address(bench: Bench) -> None:
    """There, nobody knows that it is OpenAI: its chats tell no reasoning, and refuse much."""
    with serving(OpenAi()) as server:
        model = bench.add(server, Peer(ServerKind.OTHER, OpenAi))
        server.say(WEATHER, ANSWER)
        sampling = Sampling(temperature=0.5, max_tokens=500)
        first = bench.ask(model, tools=TOOLS, sampling=sampling)
        assert first.error is None
        assert first.text(PartKind.REASONING) == ""
        assert server.answers[-1].json["max_completion_tokens"] == 500
        (call,) = first.calls
        turn = answer(first, result(call))
        assert bench.ask(model, question(), turn, tools=TOOLS, sampling=sampling).error is None
        asked = len(server.answers)
    assert asked <= 4  # it learns what is refused


def test_openai_without_summaries(bench: Bench) -> None:
    with serving(OpenAi(verified=False)) as server:
        model = bench.add(server, OPENAI)
        server.say(ANSWER)
        heard = bench.ask(model)
    assert heard.error is None
    assert heard.text() == ANSWER.text


def test_openai_s_models_that_do_not_reason(bench: Bench) -> None:
    with serving(OpenAi("gpt-4.1", thinks=False)) as server:
        model = bench.add(server, OPENAI)
        server.say(ANSWER)
        heard = bench.ask(model)
    assert heard.error is None
    assert heard.text() == ANSWER.text
