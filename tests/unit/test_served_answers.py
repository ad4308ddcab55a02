"""Answers of the local server: who is taken in, watched, stopped, refused and logged."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base import errors as e
from app.base import log
from app.base.answer_events import Delta, StopReason
from app.base.types import Request
from app.engine.backend import Backend, ScriptedBackend
from app.network.connection_log import ConnectionLog
from app.server import answers, running_answer
from app.server.admission import LiveRequest
from app.server.asker import Asker, client_name
from app.server.chat.completion_reply import CompletionReply
from app.server.dialects import dialects
from app.server.endpoints import Endpoints
from app.server.engine_errors import api_error
from app.server.gate import Gate
from app.server.remembered_turns import RememberedTurns
from app.server.running_answer import RunningAnswer
from app.serving import ServedRequest, ServedState, ServerParts, ServingChanged
from tests.fakes.api import MODEL, NAME, PORT, TOKEN, Api, ApiAnswer, Calling
from tests.fakes.served_engine import (
    Called,
    Said,
    ServedEngine,
    Step,
    Thought,
    asked,
    served_engine,
)

CHAT = "/v1/chat/completions"
NEVER = 3600.0
LONG = 60.0  # seconds after which a test that hangs fails


class Service:
    """A server without a socket, over a scripted engine; each request has its own thread."""

    def __init__(
        self,
        engine: ServedEngine | None = None,
        *,
        places: int = 1,
        backend: Backend | None = None,
        log: Path = Path(os.devnull),
    ) -> None:
        self.engine = engine or ServedEngine()
        self.backend = backend or served_engine(self.engine, places)
        self.told: list[ServingChanged] = []
        parts = ServerParts(self.backend, lambda: MODEL, log, self.told.append)
        self.app = Endpoints(parts, Gate(PORT, TOKEN), dialects())
        self.api = Api(Calling(self.app))
        self.admission = self.app.admission
        self._threads = ThreadPoolExecutor(32)

    def close(self) -> None:
        self.admission.close()
        self._threads.shutdown()

    def ask(
        self,
        question: str,
        client: str = "tests/1",
        gone: threading.Event | None = None,
        **members: Any,
    ) -> ApiAnswer:
        body = {"model": NAME, "messages": [{"role": "user", "content": question}], **members}
        return self.api.post(CHAT, body, {"User-Agent": client}, gone)

    def later(self, question: str, *more: Any, **members: Any) -> Future[ApiAnswer]:
        """Ask on a thread of its own, and read the answer there."""

        def work() -> ApiAnswer:
            answer = self.ask(question, *more, **members)
            assert answer.body is not None
            return answer

        return self.apart(work)

    def apart(self, work: Callable[[], ApiAnswer]) -> Future[ApiAnswer]:
        """Do something on a thread of its own."""
        return self._threads.submit(work)

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is so."""
        for _ in range(int(LONG * 100)):
            if reached():
                return
            threading.Event().wait(0.01)
        raise AssertionError("it did not come about")

    def states(self) -> list[ServedState]:
        return [each.state for each in self.admission.requests()]

    def waits(self, count: int) -> Callable[[], bool]:
        """Return whether so many requests have had to wait, and were taken in."""
        return lambda: len(self.engine.counted) == count


@contextmanager
def serving(*more: Any, **named: Any) -> Iterator[Service]:
    service = Service(*more, **named)
    try:
        yield service
    finally:
        service.close()


def question_of(request: Request) -> str:
    return request.messages[-1].text


# --- A client that leaves, and one that is stopped -----------------------------------------------


def reading(engine: ServedEngine) -> None:
    engine.reading = NEVER


def loading(engine: ServedEngine) -> None:
    engine.loading = NEVER
    engine.unload()


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("state", "makes"),
    [
        (ServedState.LOADING, loading),
        (ServedState.READING, reading),
        (ServedState.ANSWERING, lambda engine: None),
    ],
)
def test_a_client_that_leaves_frees_its_place(
    state: ServedState, makes: Callable[[ServedEngine], None], streamed: bool
) -> None:
    with serving() as service:
        makes(service.engine)
        gone = threading.Event()
        answer = service.later("endless", gone=gone, stream=streamed)
        service.until(lambda: service.states() == [state])
        gone.set()
        assert service.engine.wait_until(0)
        answer.result(LONG)
        assert service.admission.requests() == ()


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_the_queue_takes_no_place(streamed: bool) -> None:
    with serving() as service:
        gone, first = threading.Event(), threading.Event()
        service.later("endless", "first", first)
        assert service.engine.wait_until(1)
        waits = service.later("Hello", "second", gone, stream=streamed)
        service.until(service.waits(1))
        gone.set()
        waits.result(LONG)
        assert [each.client for each in service.admission.requests()] == ["first"]
        first.set()
        assert service.engine.wait_until(0)
        assert len(service.engine.requests) == 1


def test_one_that_is_not_read_any_more_is_closed() -> None:
    with serving() as service:
        answer = service.ask("endless", stream=True)
        assert next(answer.pieces)
        answer.close()
        assert service.engine.wait_until(0)
        assert service.admission.requests() == ()


def test_a_request_can_be_stopped() -> None:
    with serving() as service:
        answer = service.later("endless", stream=False)
        service.until(lambda: service.states() == [ServedState.ANSWERING])
        (running,) = service.admission.requests()
        assert running.client == "tests/1"
        assert running.path == CHAT
        assert running.prompt_tokens > 100
        service.until(lambda: service.admission.requests()[0].generated > 1)
        service.admission.stop(running.number)
        assert answer.result(LONG).status == 200
        assert service.engine.wait_until(0)  # it ends a moment after its last event was taken
        assert service.engine.reasons == [("tests/1", StopReason.CANCELLED)]
        assert service.told[0].ended is None
        assert (ended := service.told[-1].ended)
        assert ended.number == running.number
        assert ended.tokens_per_second > 0
        service.admission.stop(running.number)  # once more


def test_one_that_was_stopped_before_it_began_says_so() -> None:
    with serving() as service:
        service.engine.reading = NEVER
        answer = service.later("Hello")
        service.until(lambda: service.states() == [ServedState.READING])
        service.admission.stop(service.admission.requests()[0].number)
        assert answer.result(LONG).status == 403  # which clients do not try again
        assert answer.result().error["code"] == "request_stopped"


def test_a_server_that_is_switched_off_stops_all() -> None:
    with serving() as service:
        running = [service.later("endless", f"c{n}", stream=True) for n in range(3)]
        service.until(lambda: len(service.states()) == 3)
        service.admission.close()
        for each in running:
            each.result(LONG)
        assert service.engine.wait_until(0)
        assert service.ask("Hello").status == 503


# --- The queue -------------------------------------------------------------------------------


def test_the_queue_has_an_end_and_the_window_comes_first() -> None:
    with serving() as service:
        first = threading.Event()
        service.later("endless", "c0", first)
        assert service.engine.wait_until(1)
        waiting = []
        for n in range(1, 9):
            waiting.append(service.later("Hello", f"c{n}", stream=n % 2 == 0))
            service.until(service.waits(n))
        late = [service.later("Hello", "late", stream=streamed) for streamed in (True, False)]
        refused = [each.result(LONG) for each in late]
        assert [answer.status for answer in refused] == [429, 429]
        assert all(int(answer.headers["retry-after"]) for answer in refused)
        assert refused[0].error["code"] == "rate_limit_exceeded"
        window = list(service.backend.stream(asked("Hello", MODEL), threading.Event()))
        assert window  # its turn begins at once
        first.set()
        assert [each.result(LONG).status for each in waiting] == [200] * 8
        clients = [request.client for request in service.engine.requests]
        assert clients == ["c0", "", *(f"c{n}" for n in range(1, 9))]
        assert service.admission.served == 8


def test_clients_take_turns() -> None:
    with serving() as service:
        first = threading.Event()
        service.later("endless", "greedy", first)
        assert service.engine.wait_until(1)
        for n in range(1, 4):
            service.later("Hello", "greedy")
            service.until(service.waits(n))
        modest = service.later("Hello", "modest")
        service.until(service.waits(4))
        first.set()
        modest.result(LONG)
        clients = [request.client for request in service.engine.requests]
        assert clients[:3] == ["greedy", "greedy", "modest"]  # and not after all of the others


def test_a_stream_that_waits_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_PING_S", 0.05)
    with serving() as service:
        first = threading.Event()
        service.later("endless", "first", first)
        assert service.engine.wait_until(1)
        answer = service.ask("Hello", "second", stream=True)
        assert answer.status == 200
        assert b"role" in next(answer.pieces)
        assert next(answer.pieces) == next(answer.pieces) == b": ping\n\n"
        first.set()
        assert answer.body.endswith(b"data: [DONE]\n\n")


def test_a_stream_that_waits_and_fits_has_its_status_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "_PING_S", NEVER)
    with serving() as service:
        service.later("endless", "first")
        assert service.engine.wait_until(1)
        waiting = service.apart(lambda: service.ask("Hello", "second", stream=True))
        answer = waiting.result(LONG)
        assert answer.status == 200
        answer.close()


def test_a_stream_whose_model_takes_long_to_load_is_kept_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "_PING_S", 0.05)
    with serving() as service:
        loading(service.engine)
        answer = service.apart(lambda: service.ask("Hello", stream=True)).result(LONG)
        assert answer.status == 200
        assert b"role" in next(answer.pieces)
        assert next(answer.pieces) == b": ping\n\n"
        answer.close()


# --- What comes faster than it is taken ------------------------------------------------------


def test_what_is_there_already_is_sent_at_once() -> None:
    with serving() as service:
        answer = service.ask('silent say "One, two, three."', stream=True)
        assert service.engine.wait_until(0)
        whole = next(answer.pieces)
        assert whole.endswith(b"data: [DONE]\n\n")
        assert whole.count(b"data: ") > 10
        assert [*answer.pieces] == []


def test_an_engine_that_dies_has_what_it_said_sent_before() -> None:
    with serving() as service:
        answer = service.ask("dies", stream=True)
        assert service.engine.wait_until(0)
        whole = answer.body
        assert b'"reasoning"' in whole
        assert b'"error"' in whole.split(b"\n\n")[-2]


def test_only_so_much_is_drawn_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_answer, "_AHEAD", 8)
    drawn: list[Delta] = []

    def draw() -> Iterator[Delta]:
        for _ in range(40):
            drawn.append(Delta(0, "a"))
            yield drawn[-1]

    with serving() as service:
        engine, request = ScriptedBackend(draw()), asked("Hello", MODEL)
        running = RunningAnswer(engine, request, threading.Event(), RememberedTurns())
        service.until(lambda: len(drawn) == 8)
        threading.Event().wait(0.05)
        assert len(drawn) == 8
        assert [event for event in running if event] == drawn
        assert len(drawn) == 40


# --- What is refused before there is a status ------------------------------------------------


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("busy", [True, False])
def test_a_conversation_that_is_too_long_is_refused_and_never_cut(
    streamed: bool, busy: bool
) -> None:
    with serving(ServedEngine(context=3000)) as service:
        if busy:
            service.later("endless", "first")
            assert service.engine.wait_until(1)
        asked_before = len(service.engine.requests)
        history = [{"role": role, "content": "word " * 100} for role in ("user", "assistant") * 4]
        answer = service.ask("Hello", messages=[*history, history[0]], stream=streamed)
        assert answer.status == 400
        assert answer.error["code"] == "context_length_exceeded"
        assert "maximum context length is 3000 tokens" in answer.error["message"]
        assert len(service.engine.requests) == asked_before + (not busy)


def test_a_turn_that_is_too_long_with_its_reasoning_goes_on_without_it() -> None:
    steps: list[list[Step]] = [
        [Thought("Hm. " * 200), Called("find", "{}")],
        [Said("Done.")],
    ]
    with serving(ServedEngine(context=1600)) as service:
        service.engine.script = lambda request: steps.pop(0)
        tools = [{"type": "function", "function": {"name": "find"}}]
        said = service.ask("Hello", tools=tools).json["choices"][0]["message"]
        (call,) = said["tool_calls"]
        messages: list[dict[str, Any]] = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": "!" * 400},
        ]
        again = service.ask("", messages=messages, tools=tools)
        assert again.json["choices"][0]["message"]["content"] == "Done."
        assert [bool(each.drawn) for each in service.engine.requests] == [False, True, False]
        messages[-1]["content"] = "!" * 2000
        assert service.ask("", messages=messages, tools=tools).status == 400


def test_a_turn_goes_on_with_the_calls_that_its_client_has_not_seen() -> None:
    steps: list[list[Step]] = [[Called("lost", "{}")], [Called("find", "{}")], [Said("Done.")]]
    with serving() as service:
        service.engine.script = lambda request: steps.pop(0)
        tools = [{"type": "function", "function": {"name": "find"}}]
        said = service.ask("Hello", tools=tools).json["choices"][0]["message"]
        (call,) = said["tool_calls"]
        assert call["function"]["name"] == "find"
        messages = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": "found"},
        ]
        usage = service.ask("", messages=messages, tools=tools).json["usage"]
        drawn = bytes(each & 255 for each in service.engine.requests[-1].drawn)
        assert b"no tool named" in drawn
        assert usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"] < 80


@pytest.mark.parametrize("busy", [True, False])
def test_a_schema_that_cannot_be_followed_is_refused(busy: bool) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "https://example.org/s"}}}
    shape = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    with serving() as service:
        if busy:
            service.later("endless", "first")
            assert service.engine.wait_until(1)
        answer = service.ask("Hello", response_format=shape, stream=True)
        assert answer.status == 400
        assert answer.error["param"] == "response_format"
        assert "$ref" in answer.error["message"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (e.Cancelled(), 403, "request_stopped"),
        (e.ModelMissing(Path("secret.gguf")), 503, "model_unavailable"),
        (e.ModelInUse("window", "other", "wanted"), 503, "model_unavailable"),
        (e.OwnerSilent("window"), 503, "model_unavailable"),
        (e.EndpointUnknown("http://secret"), 503, "model_unavailable"),
        (e.EngineDied(-9, "secret"), 500, "engine_failed"),
        (e.EngineHung(9.0), 500, "engine_failed"),
        (e.EngineFailed("decode"), 500, "engine_failed"),
        (e.GpuLost(-9, "secret"), 500, "engine_failed"),
        (e.AnswerEndless(2048), 500, "engine_failed"),
        (e.ContextFull(9, 8), 400, "context_length_exceeded"),
        (e.RequestUnsupported("media"), 400, "unsupported_value"),
        (e.SchemaInvalid("/a", "f", "no"), 400, "invalid_json_schema"),
        (e.SchemaUnsupported("/a", "", "not"), 400, "unsupported_value"),
        (e.SchemaTooLarge(limit=2048), 400, "invalid_json_schema"),
        (e.SchemaTooComplex(detail="deep"), 400, "invalid_json_schema"),
        (e.SchemaMismatch(), 400, "invalid_json_schema"),
    ],
)
def test_the_engine_s_errors_are_told(error: e.FiresideError, status: int, code: str) -> None:
    told = api_error(error)
    assert (told.status, told.code) == (status, code)
    assert told.message.endswith((".", "no", "deep", "decode"))
    assert "secret" not in told.message
    with serving() as service:
        service.engine.failure = error
        assert service.ask("Hello").status == status
        streamed = service.ask("Hello", stream=True)
        assert streamed.status == 200  # the model had begun to read
        assert list(streamed.events())[-1][1]["error"]["code"] == code


def test_whose_schema_is_wrong_is_said() -> None:
    function = api_error(e.SchemaTooLarge("", "find", 2048))
    assert (function.param, "'find'" in function.message) == ("tools", True)
    answer = api_error(e.SchemaTooLarge("", "", 2048))
    assert answer.param == "response_format"
    assert answer.message == "The schema may have at most 2 KiB."


def test_a_request_that_has_just_come_has_done_nothing() -> None:
    now = LiveRequest(1, Asker("c", CHAT, NAME)).now
    assert replace(now, seconds=0) == ServedRequest(1, "c", CHAT, ServedState.WAITING)


def test_a_fault_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[object] = []
    monkeypatch.setattr(log, "report", lambda fault, where: reported.append(fault))

    class Broken(ServedEngine):
        def stream(self, *arguments: Any) -> Any:
            raise RuntimeError("the words of a prompt")

    with serving(backend=Broken()) as service:
        for streamed in (True, False):
            answer = service.ask("Hello", stream=streamed)
            assert answer.status == 500
            assert "words" not in json.dumps(answer.json)
    assert [type(fault) for fault in reported] == [RuntimeError] * 2


def test_a_fault_of_a_dialect_ends_its_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> Any:
        raise RuntimeError("the words of a prompt")

    monkeypatch.setattr(CompletionReply, "piece", broken)
    path = tmp_path / "connections.log"
    with serving(log=path) as service:
        streamed = service.ask("Hello", stream=True)
        assert list(streamed.events())[-1][1]["error"]["message"].startswith("The server has fai")
        assert service.engine.wait_until(0)
        assert service.admission.requests() == ()
    assert ConnectionLog(path).read()[0].purpose.endswith("500 server_error")


# --- Names, and the log --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("OpenAI/Python 3.54.0", "OpenAI/Python 3.54.0"),
        ("", "a program"),
        ("\x00\x07\u202e", "a program"),
        ("a\r\nb\tc", "a b c"),
        ("x" * 1000, "x" * 59 + "…"),
    ],
)
def test_a_program_s_name_is_one_short_line(agent: str, name: str) -> None:
    assert client_name(agent) == name


def test_the_log_has_who_asked_and_how_much_but_no_text(tmp_path: Path) -> None:
    path = tmp_path / "connections.log"
    with serving(ServedEngine(context=3000), log=path) as service:
        service.ask("SECRET question", "good/1")
        service.ask("SECRET " * 1000, "long/1")
        gone = threading.Event()
        left = service.later("SECRET endless", "left/1", gone)
        service.until(lambda: service.states() == [ServedState.ANSWERING])
        gone.set()
        left.result(LONG)
    assert "SECRET" not in path.read_text()
    good, long, left_early = ConnectionLog(path).read()
    assert good.served
    assert good.host == "127.0.0.1"
    assert good.received > 50
    stats = f"local server: good/1, {CHAT}, {NAME}, "
    assert good.purpose.startswith(stats)
    assert good.purpose.endswith(" tokens")
    assert "long/1" in long.purpose
    assert long.purpose.endswith("400 context_length_exceeded")
    assert left_early.purpose.endswith("the client left")


def test_a_log_that_cannot_be_written_keeps_nobody_from_asking(tmp_path: Path) -> None:
    with serving(log=tmp_path) as service:  # a folder
        assert service.ask("Hello").status == 200
