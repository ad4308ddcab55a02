"""Answers of servers of models, over HTTP, in the dialects of all of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Prompt, StopReason, Waiting
from app.base.errors import (
    AnswerCutOff,
    AnswerGarbled,
    Cancelled,
    ContextFull,
    FiresideError,
    KeyRefused,
    Offline,
    RemoteError,
    RemoteModelMissing,
    ServerBusy,
    ServerFailed,
    ServerForeign,
    ServerMoved,
    ServerUnreachable,
)
from app.base.types import (
    Effort,
    Message,
    Part,
    PartKind,
    Role,
    Sampling,
    ToolFunction,
    ToolNamespace,
)
from app.engine.remote import remote_request
from app.engine.remote.remote_server import ServerKind
from app.engine.remote.server_dialect import echoed
from app.formats import is_preamble
from tests.fakes.remote.faults import CALLS, CHAT_ONLY, HOSTILE, Fault
from tests.fakes.remote.lm_studio import LmStudio
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.openrouter import OpenRouter
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Call, Said
from tests.fakes.remote.sglang import SgLang
from tests.fakes.remote.vllm import Vllm
from tests.fakes.remote.wire import Dialect, Reply
from tests.fakes.remote_chat import RemoteChat, of_kind

KEY = "sk-or-v1-1"
KINDS: dict[Callable[[], Dialect], ServerKind] = {
    Vllm: ServerKind.VLLM,
    Ollama: ServerKind.OLLAMA,
    LmStudio: ServerKind.LM_STUDIO,
    SgLang: ServerKind.SGLANG,
    OpenRouter: ServerKind.OPENROUTER,
    OpenAi: ServerKind.OPENAI,
}
BY_RESPONSES = (LmStudio, OpenAi)
WEATHER = ToolNamespace(
    "functions",
    (
        ToolFunction(
            "get_weather",
            "The weather at a place.",
            '{"type": "object", "properties": {"city": {"type": "string"}}}',
        ),
    ),
)
PYTHON = ToolNamespace("python", description="Integers in NumPy are 64-bit.")
TOOLS = (PYTHON, WEATHER)
PARIS = Said("The capital of France is Paris.", reasoning="The user asks for a capital. Easy.")
ASKS = Said(
    reasoning="I need the weather.",
    calls=(Call("get_weather", '{"city": "Köln"}'), Call("python", '{"code": "1 + 1"}')),
)

Ask = Callable[[Dialect], tuple[Player, RemoteChat]]


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Ask]:
    """Return a function that starts a server, and a chat with it."""
    with ExitStack() as stack:

        def start(dialect: Dialect) -> tuple[Player, RemoteChat]:
            server = stack.enter_context(serving(dialect))
            kind = KINDS[type(dialect)]
            return server, RemoteChat(tmp_path, server.url, dialect.model, kind, KEY)

        yield start


@pytest.mark.parametrize("dialect", KINDS)
def test_an_answer_comes_with_its_reasoning(talk: Ask, dialect: Callable[[], Dialect]) -> None:
    server, chat = talk(dialect())
    server.say(PARIS)
    answer = chat.ask("What is the capital of France?", effort=Effort.HIGH)
    assert (answer.text, answer.reasoning) == (PARIS.text, PARIS.reasoning)
    assert [part.kind for part in answer.parts] == [PartKind.REASONING, PartKind.TEXT]
    assert isinstance(chat.events[0], Prompt)
    done = chat.done
    assert (done.reason, done.stats.left_out) == (StopReason.END, ())
    assert done.stats.generated == PARIS.generated
    assert done.stats.prompt_tokens > 0
    (asked,) = server.answers
    assert (asked.key, asked.headers["content-type"]) == (KEY, "application/json")
    sent = asked.json
    effort = sent["reasoning"]["effort"] if dialect in BY_RESPONSES else sent["reasoning_effort"]
    assert effort == "high"


@pytest.mark.parametrize("dialect", KINDS)
def test_calls_and_their_results_go_back_and_forth(
    talk: Ask, dialect: Callable[[], Dialect]
) -> None:
    server, chat = talk(dialect())
    server.say(ASKS, PARIS)
    answer = chat.ask("Weather?", tools=TOOLS)
    assert chat.done.reason is StopReason.CALL
    weather, python = of_kind(answer, PartKind.CALL)
    assert (weather.name, json.loads(weather.text)) == ("functions.get_weather", {"city": "Köln"})
    assert (python.name, python.text) == ("python", "1 + 1")
    assert weather.id
    assert python.id
    assert weather.id != python.id
    chat.results("12 °C", "2")
    answer = chat.go_on(tools=TOOLS)
    assert answer.text == PARIS.text
    assert [part.kind for part in answer.parts] == [
        PartKind.REASONING,
        PartKind.CALL,
        PartKind.CALL,
        PartKind.RESULT,
        PartKind.RESULT,
        PartKind.REASONING,
        PartKind.TEXT,
    ]
    prompt = server.dialect.prompts[-1]
    said = next(each for each in prompt if each.calls)
    assert [(call.name, json.loads(call.arguments)) for call in said.calls] == [
        ("get_weather", {"city": "Köln"}),
        ("python", {"code": "1 + 1"}),
    ]
    if dialect is not LmStudio:  # which sends it without an item
        assert said.reasoning == ASKS.reasoning, "it comes back in the way in which it came"
    assert [each.text for each in prompt if each.role == "tool"] == ["12 °C", "2"]


@pytest.mark.parametrize("dialect", KINDS)
def test_later_the_reasoning_stays_here(talk: Ask, dialect: Callable[[], Dialect]) -> None:
    server, chat = talk(dialect())
    server.say(ASKS, PARIS, PARIS)
    chat.ask("Weather?", tools=TOOLS)
    chat.results("12 °C", "2")
    chat.go_on(tools=TOOLS)
    chat.ask("And then?", tools=TOOLS)
    prompt = server.dialect.prompts[-1]
    assert not any(each.reasoning for each in prompt)
    assert [each.text for each in prompt if each.role == "tool"] == ["12 °C", "2"]
    assert prompt[-1].text == "And then?"


@pytest.mark.parametrize("dialect", KINDS)
def test_text_stays_text(talk: Ask, dialect: Callable[[], Dialect]) -> None:
    server, chat = talk(dialect())
    server.say(Said(HOSTILE + " 👩‍👩‍👧", reasoning=HOSTILE))
    answer = chat.ask("Hello")
    assert (answer.text, answer.reasoning) == (HOSTILE + " 👩‍👩‍👧", HOSTILE)
    assert not of_kind(answer, PartKind.CALL)


# --- What goes wrong ---

FINE = {
    Fault.BYTE_BY_BYTE,
    Fault.NO_DONE,
    Fault.CRLF,
    Fault.PINGS,
    Fault.GZIP,
    Fault.DUPLICATE_KEYS,
    Fault.CHOICES_NULL,
    Fault.CHOICES_TEXT,
    Fault.DELTA_NULL,
    Fault.DELTA_TEXT,
    Fault.CONTENT_NUMBER,
    Fault.USAGE_TEXT,
    Fault.NO_USAGE,
    Fault.JSON_LIST,
}
"""After these, the answer is there all the same."""
BROKEN: dict[Fault, tuple[type[FiresideError], ...]] = {
    Fault.CUT: (AnswerCutOff,),
    Fault.CUT_IN_LINE: (AnswerCutOff,),
    Fault.CUT_IN_CHARACTER: (AnswerCutOff,),
    Fault.CUT_AT_ONCE: (AnswerCutOff, ServerUnreachable),
    Fault.ENDS_EARLY: (AnswerCutOff,),
    Fault.PROXY_PAGE: (ServerFailed,),
    Fault.PORTAL_PAGE: (ServerForeign,),
    Fault.REDIRECT: (ServerMoved,),
    Fault.BUSY: (ServerBusy, ServerFailed),
    Fault.LOADING: (ServerBusy, ServerFailed, RemoteModelMissing),
    Fault.FAILED: (ServerFailed,),
    Fault.KEY: (KeyRefused,),
    Fault.LATE_ERROR: (ServerFailed, ServerBusy, AnswerCutOff),
    Fault.LONG_LINE: (AnswerGarbled,),
    Fault.BAD_JSON: (AnswerGarbled,),
    Fault.LATE_PAGE: (AnswerGarbled,),
}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait before a request is sent again."""
    monkeypatch.setattr(remote_request, "_PAUSES", (0.001,))
    monkeypatch.setattr(remote_request, "_LOADING_S", 0.001)
    monkeypatch.setattr(remote_request, "_MOST_WAITED_S", 0.005)
    monkeypatch.setattr(remote_request, "_SOON_S", 1000.0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("soon", "times"), [(1000.0, 2), (-1.0, 1)])
def test_what_fails_only_after_long_is_not_tried_again(
    talk: Ask, monkeypatch: pytest.MonkeyPatch, soon: float, times: int
) -> None:
    monkeypatch.setattr(remote_request, "_SOON_S", soon)
    server, chat = talk(Vllm())
    server.say(*[PARIS] * 2)
    server.fail(Fault.CUT_AT_ONCE)
    with pytest.raises(AnswerCutOff):
        chat.ask("What is the capital of France?")
    assert len(server.answers) == times


def has(dialect: Callable[[], Dialect], fault: Fault) -> bool:
    """Return whether a dialect can have a fault."""
    return dialect not in BY_RESPONSES or fault not in CHAT_ONLY


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("dialect", KINDS)
@pytest.mark.parametrize("fault", sorted(FINE))
def test_what_is_odd_does_no_harm(talk: Ask, dialect: Callable[[], Dialect], fault: Fault) -> None:
    if not has(dialect, fault):
        return
    server, chat = talk(dialect())
    server.say(PARIS)
    server.fail(fault)
    answer = chat.ask("What is the capital of France?")
    assert (answer.text, answer.reasoning) == (PARIS.text, PARIS.reasoning)
    assert chat.done.reason is StopReason.END
    assert chat.done.stats.generated > 0
    assert chat.done.stats.reasoning_tokens > 0 or dialect is Vllm


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("dialect", KINDS)
@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_what_is_broken_is_said_and_nothing_is_lost(
    talk: Ask, dialect: Callable[[], Dialect], fault: Fault
) -> None:
    server, chat = talk(dialect())
    server.say(*[Said("Grüße aus Köln. " * 20, reasoning="Ein Gruß. " * 5)] * 9)
    server.fail(fault)
    with pytest.raises(BROKEN[fault]) as caught:
        chat.ask("Hello")
    if isinstance(caught.value, RemoteError):
        assert caught.value.url == server.url
    if fault in (Fault.CUT, Fault.CUT_IN_LINE, Fault.ENDS_EARLY, Fault.LATE_ERROR):
        assert chat.messages[-1].role is Role.ASSISTANT
        assert chat.messages[-1].reasoning.startswith("Ein Gruß.")
        assert len(server.answers) == 1, "what has begun is not asked again"
    server._said.clear()


@pytest.mark.parametrize("dialect", [each for each in KINDS if each not in BY_RESPONSES])
@pytest.mark.parametrize("fault", sorted(CALLS))
def test_odd_calls_are_calls(talk: Ask, dialect: Callable[[], Dialect], fault: Fault) -> None:
    server, chat = talk(dialect())
    server.say(ASKS, PARIS)
    server.fail(fault, 1)
    answer = chat.ask("Weather?", tools=TOOLS)
    assert chat.done.reason is StopReason.CALL
    calls = of_kind(answer, PartKind.CALL)
    assert [call.name for call in calls] == ["functions.get_weather", "python"]
    assert len({call.id for call in calls} - {""}) == 2
    if fault is Fault.CALL_EMPTY:
        assert [call.text for call in calls] == ["", ""]
    else:
        assert json.loads(calls[0].text) == {"city": "Köln"}
        assert calls[1].text == "1 + 1"
    chat.results("a", "b")
    chat.go_on(tools=TOOLS)
    prompt = server.dialect.prompts[-1]
    (said,) = [each for each in prompt if each.calls]
    assert all(isinstance(json.loads(call.arguments), dict) for call in said.calls)
    assert [each.text for each in prompt if each.role == "tool"] == ["a", "b"]


# --- Sent again ---


@pytest.mark.parametrize("dialect", KINDS)
def test_a_server_that_says_when_is_asked_again_then(
    talk: Ask, dialect: Callable[[], Dialect], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, chat = talk(dialect())
    waited: list[float] = []
    monkeypatch.setattr(chat.client, "pause", lambda seconds, cancel: waited.append(seconds))
    server.say(PARIS)
    server.fail(Fault.RATE, 1)
    assert chat.ask("Hello").text == PARIS.text
    assert waited == [7.0]
    assert [type(each) for each in chat.events[:2]] == [Prompt, Waiting]
    assert server.answers[0].body == server.answers[1].body


def test_it_is_not_asked_for_ever(talk: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    server, chat = talk(Vllm())
    waited: list[float] = []
    monkeypatch.setattr(chat.client, "pause", lambda seconds, cancel: waited.append(seconds))
    server.fail(Fault.RATE)
    with pytest.raises(ServerBusy):
        chat.ask("Hello")
    assert sum(waited) <= 120


def test_a_wait_ends_when_it_is_stopped_or_offline(talk: Ask) -> None:
    server, chat = talk(Vllm())
    server.fail(Fault.RATE)
    events = chat.backend.stream(chat.request(messages=(asked("Hello"),)), chat.cancel)
    assert [type(next(events)) for _ in range(2)] == [Prompt, Waiting]
    chat.cancel.set()
    with pytest.raises(Cancelled):
        next(events)
    chat.cancel.clear()
    events = chat.backend.stream(chat.request(messages=(asked("Hello"),)), chat.cancel)
    assert [type(next(events)) for _ in range(2)] == [Prompt, Waiting]
    chat.network.offline = True
    with pytest.raises(Offline):
        next(events)


@pytest.mark.usefixtures("hasty")
def test_a_connection_that_fails_is_tried_again(talk: Ask) -> None:
    server, chat = talk(Vllm())
    server.say(PARIS, PARIS)
    server.fail(Fault.CUT_AT_ONCE, 1)
    assert chat.ask("Hello").text == PARIS.text
    assert len(server.answers) == 2


@pytest.mark.parametrize("fault", [Fault.KEY, Fault.FAILED, Fault.PROXY_PAGE])
def test_a_refusal_is_final(talk: Ask, fault: Fault) -> None:
    server, chat = talk(Vllm())
    server.fail(fault)
    with pytest.raises(RemoteError):
        chat.ask("Hello")
    assert len(server.answers) == 1


# --- Parameters that are refused ---


class NoEffort(Vllm):
    """vLLM, as it would refuse an effort."""

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Any:
        return super()._chat(
            {**body, "reasoning_effort": "xhigh"} if "reasoning_effort" in body else body, say
        )


def test_a_refused_effort_is_left_out_and_said(talk: Ask) -> None:
    KINDS[NoEffort] = ServerKind.VLLM
    try:
        server, chat = talk(NoEffort())
    finally:
        del KINDS[NoEffort]
    server.say(PARIS, PARIS, PARIS)
    assert chat.backend.abilities(chat.model).efforts == tuple(Effort)
    chat.ask("Hello")
    assert chat.done.stats.left_out == ("reasoning_effort",)
    assert len(server.answers) == 2
    assert "reasoning_effort" not in server.answers[1].json
    chat.ask("Hello again")
    assert len(server.answers) == 3, "it is remembered"
    assert chat.done.stats.left_out == ("reasoning_effort",)
    assert Effort.MEDIUM not in chat.backend.abilities(chat.model).efforts
    assert chat.backend.abilities(chat.model).default_effort is Effort.LOW


def test_a_model_that_takes_no_tools_answers_without(talk: Ask) -> None:
    class NoTools(Ollama):
        def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Any:
            if "tools" in body:
                told = f"registry.ollama.ai/library/{self.model} does not support tools"
                error = {"message": told, "type": "invalid_request_error", "param": None}
                return Reply(400, {"error": error | {"code": None}})
            return super()._chat(body, say)

    KINDS[NoTools] = ServerKind.OLLAMA
    try:
        server, chat = talk(NoTools())
    finally:
        del KINDS[NoTools]
    server.say(PARIS, PARIS)
    assert chat.backend.abilities(chat.model).tools
    assert chat.ask("Hello", tools=TOOLS).text == PARIS.text
    assert chat.done.stats.left_out == ("tools",)
    assert not chat.backend.abilities(chat.model).tools
    chat.ask("Hello again", tools=(WEATHER,))
    assert len(server.answers) == 3


def test_openai_is_asked_again_without_what_its_model_refuses(talk: Ask) -> None:
    server, chat = talk(OpenAi(verified=False))
    server.say(PARIS)
    chat.ask("Hello", sampling=Sampling(temperature=0.5, top_p=0.9))
    assert chat.done.stats.left_out == ("temperature", "top_p")
    assert "summary" not in server.answers[-1].json["reasoning"]
    assert len(server.answers) == 4


def test_lm_studio_before_it_had_responses_is_asked_for_a_chat(talk: Ask) -> None:
    class Old(LmStudio):
        def _respond(self, body: dict[str, Any], say: Callable[[], Said]) -> Any:
            unknown = "Unexpected endpoint or method. (POST /v1/responses)"
            return Reply(200, {"error": unknown})

    KINDS[Old] = ServerKind.LM_STUDIO
    try:
        server, chat = talk(Old())
    finally:
        del KINDS[Old]
    server.say(PARIS, PARIS)
    assert chat.ask("Hello").reasoning == PARIS.reasoning
    chat.ask("Hello again")
    paths = [asked.path for asked in server.answers]
    assert paths == ["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]


# --- Stop ---


def stopping(server: Player, chat: RemoteChat, *, begun: bool = False) -> threading.Thread:
    """Stop the answer once the server holds it back, and it has ``begun`` here."""

    def stop() -> None:
        server.holding.wait(60)
        if begun:
            chat.spoken.wait(60)
        chat.cancel.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    return stopper


@pytest.mark.parametrize("dialect", [Vllm, OpenAi])
def test_stopped_before_the_answer(talk: Ask, dialect: Callable[[], Dialect]) -> None:
    server, chat = talk(dialect())
    server.say(PARIS)
    server.fail(Fault.SILENT_FIRST)
    stopper = stopping(server, chat)
    with pytest.raises(Cancelled):
        chat.ask("Hello")
    stopper.join()
    assert server.left.wait(60), "the server is told at once"


@pytest.mark.parametrize("dialect", [Vllm, OpenAi])
def test_stopped_within_the_answer(talk: Ask, dialect: Callable[[], Dialect]) -> None:
    server, chat = talk(dialect())
    server.say(Said("One. " * 50, reasoning="Two. " * 50))
    server.fail(Fault.SILENT_LATER)
    stopper = stopping(server, chat, begun=True)
    answer = chat.ask("Hello")
    stopper.join()
    assert answer.reasoning
    assert chat.done.reason is StopReason.CANCELLED
    assert chat.done.stats.generated > 0, "counted here, since the server did not say"
    assert server.left.wait(60)


def test_a_stop_text_counts_in_the_answer_only(talk: Ask) -> None:
    server, chat = talk(Vllm())
    server.say(Said("one two three four", reasoning="three is a number"))
    answer = chat.ask("Count", stop=("three",))
    assert (answer.text, answer.reasoning) == ("one two ", "three is a number")
    assert (chat.done.reason, chat.done.stop_text) == (StopReason.STOP_TEXT, "three")
    assert "stop" not in server.answers[0].json


# --- Shapes, choices, limits ---


def test_the_context_may_be_too_small(talk: Ask) -> None:
    server, chat = talk(Vllm(context=100))
    with pytest.raises(ContextFull) as caught:
        chat.ask("word " * 400)
    assert caught.value.context == 100
    assert len(server.answers) == 1


def test_an_answer_may_end_for_want_of_room(talk: Ask) -> None:
    server, chat = talk(Ollama())
    server.say(Said("A beginning", full=True))
    chat.ask("Hello", sampling=Sampling(max_tokens=5))
    assert chat.done.reason is StopReason.LENGTH
    assert server.answers[0].json["max_tokens"] == 5


def test_once_the_answer_is_wanted_no_tool_is_offered(talk: Ask) -> None:
    server, chat = talk(Vllm())
    server.say(PARIS)
    now = threading.Event()
    now.set()
    request = chat.request(messages=(asked("Hello"),), tools=TOOLS)
    list(chat.backend.stream(request, chat.cancel, now))
    assert "tools" not in server.answers[0].json


def test_what_precedes_a_call_is_not_the_answer(talk: Ask) -> None:
    server, chat = talk(Vllm())
    server.say(Said("I look that up.", calls=(Call("get_weather", "{}"),)))
    answer = chat.ask("Weather?", tools=TOOLS)
    (text,) = of_kind(answer, PartKind.TEXT)
    assert is_preamble(text.format_data)


def test_an_interrupted_answer_goes_on(talk: Ask) -> None:
    server, chat = talk(Vllm())
    server.say(Said("Paris."))
    begun = Message(Role.ASSISTANT, (Part("Old", PartKind.REASONING), Part("The capital is ")))
    chat.messages = (asked("What is the capital?"), begun)
    answer = chat.go_on()
    assert answer.parts == (Part("Old", PartKind.REASONING), Part("The capital is Paris."))
    *_, before, last = server.answers[0].json["messages"]
    assert before == {"role": "assistant", "content": "The capital is "}
    assert last["role"] == "user"


def test_an_encrypted_thought_without_words_comes_back(talk: Ask) -> None:
    server, chat = talk(OpenAi(verified=False))
    server.say(ASKS, PARIS)
    answer = chat.ask("Weather?", tools=TOOLS)
    thought, *calls = answer.parts
    assert (thought.kind, thought.text) == (PartKind.REASONING, "")
    assert echoed(thought.format_data)[0] == "item"
    assert len(calls) == 2
    chat.results("12 °C", "2")
    chat.go_on(tools=TOOLS)
    prompt = server.dialect.prompts[-1]
    assert next(each for each in prompt if each.calls).reasoning == ASKS.reasoning


def asked(text: str) -> Message:
    return Message(Role.USER, (Part(text),))
