"""Fireside's own server as a server of models, by both of its interfaces of OpenAI."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.answer_events import Delta, PartAdded, StopReason
from app.base.draft import Draft
from app.base.errors import Cancelled, ContextFull, KeyRefused, RemoteModelMissing, SchemaError
from app.base.types import (
    Effort,
    Message,
    Part,
    PartKind,
    Role,
    Sampling,
    ToolChoice,
    ToolFunction,
    ToolNamespace,
)
from app.engine.remote.remote_server import ServerKind
from app.server.http_server import HttpServer
from app.serving import ADDRESS, ServerParts
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import Effect
from app.tools.tool_events import ConsentAsked, Decision
from tests.fakes.api import MODEL, NAME, TOKEN
from tests.fakes.remote_chat import RemoteChat, of_kind
from tests.fakes.served_engine import RESULTS, UNICODE, ServedEngine, served_engine
from tests.fakes.tools import FakeTool

BY_CHAT, BY_RESPONSES = ServerKind.FIRESIDE, ServerKind.OPENAI
KINDS = (BY_CHAT, BY_RESPONSES, ServerKind.LM_STUDIO)
SCHEMA = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'
WEATHER = ToolNamespace("functions", (ToolFunction("get_weather", "Weather.", SCHEMA),))
PYTHON = ToolNamespace("python")
TOOLS = (PYTHON, WEATHER)


@pytest.fixture
def engine() -> ServedEngine:
    return ServedEngine()


@pytest.fixture
def url(engine: ServedEngine) -> Iterator[str]:
    server = HttpServer(ServerParts(served_engine(engine), lambda: MODEL, Path(os.devnull)))
    server.start(0, TOKEN)
    yield f"http://{ADDRESS}:{server.status().port}/v1"
    server.stop()


@pytest.fixture(params=KINDS)
def chat(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> RemoteChat:
    return RemoteChat(tmp_path, url, NAME, request.param, TOKEN)


def kind(chat: RemoteChat) -> ServerKind:
    return chat.saved.kind


def test_it_answers_and_counts(chat: RemoteChat, engine: ServedEngine) -> None:
    answer = chat.ask(f'say "{UNICODE}"', effort=Effort.HIGH, instructions="Be brief.")
    assert answer.text == UNICODE
    assert answer.reasoning == "The user asks something. Effort high."
    (asked,) = engine.requests
    assert asked.messages[-1].text == f'say "{UNICODE}"'
    told = asked.instructions or asked.messages[0].text
    assert told == "Be brief."
    stats = chat.done.stats
    assert stats.left_out == ()
    assert stats.generated > stats.reasoning_tokens > 10
    assert stats.prompt_tokens >= stats.evaluated > 0
    assert stats.first_token_s > 0


def test_a_model_is_looked_for(chat: RemoteChat) -> None:
    assert len(list(chat.backend.load(chat.model, chat.cancel))) == 2


def test_a_loop_of_tools(chat: RemoteChat, engine: ServedEngine) -> None:
    question = 'preamble both get_weather {"city": "Köln"} and python {"code": "1 + 1"}'
    answer = chat.ask(question, tools=TOOLS)
    assert [part.kind for part in answer.parts] == [
        PartKind.REASONING,
        PartKind.TEXT,
        PartKind.CALL,
        PartKind.CALL,
    ]
    assert answer.text == "I look that up."
    assert [call.text for call in of_kind(answer, PartKind.CALL)] == ['{"city": "Köln"}', "1 + 1"]
    chat.results("12 °C", "2")
    answer = chat.go_on(tools=TOOLS)
    assert answer.text.endswith(f"{RESULTS}12 °C; 2")
    last = engine.requests[-1]
    thoughts = [p.text for m in last.messages for p in m.parts if p.kind is PartKind.REASONING]
    began = last.drawn or thoughts == ["The user asks something. Effort medium."]
    assert began or kind(chat) is ServerKind.LM_STUDIO
    calls = [p for m in last.messages for p in m.parts if p.kind is PartKind.CALL]
    assert [call.name for call in calls] == ["functions.get_weather", "functions.python"]


def test_the_loop_of_tools_runs_as_with_a_local_model(
    chat: RemoteChat, engine: ServedEngine
) -> None:
    tools = [FakeTool(), FakeTool("mcp:x", functions=WEATHER.functions, effect=Effect.READS)]
    registry = Registry(lambda: tools)
    loop = ToolLoop(chat.backend, registry)
    question = 'both get_weather {"city": "Köln"} and python {"code": "1 + 1"}'
    messages = (Message(Role.USER, (Part(question),)),)
    request = chat.request(messages=messages, tools=registry.declared(["python", "mcp:x"]))
    draft = Draft()
    for event in loop.stream(request, chat.cancel):
        match event:
            case Delta():
                draft.add(event)
            case PartAdded(part):
                draft.add_part(part)
            case ConsentAsked(_, consent):
                consent.decide(Decision.ONCE)
        chat.events = [event]
    assert [each.call.arguments for tool in tools for each in tool.ran] == [
        "1 + 1",
        '{"city": "Köln"}',
    ]
    kinds = [part.kind for part in draft.parts]
    R, C, T = PartKind.REASONING, PartKind.CALL, PartKind.RESULT
    assert kinds == [R, C, C, T, T, R, PartKind.TEXT]
    assert chat.done.reason is StopReason.END
    assert draft.parts[-1].text.startswith(RESULTS)
    assert len(engine.requests) == 2


def test_old_turns_of_any_model_go_out_as_text_and_calls(
    chat: RemoteChat, engine: ServedEngine
) -> None:
    before = (
        Part("Old thoughts.", PartKind.REASONING),
        Part("2 + 2", PartKind.CALL, "python", format_data="analysis"),
        Part("4", PartKind.RESULT, "python"),
        Part("A picture", PartKind.MEDIA, media_type="image/png", data=b"x"),
        Part("never run", PartKind.CALL, "browser.open", "call_9", "commentary json"),
        Part("It is four."),
    )
    chat.messages = (
        Message(Role.USER, (Part("What is 2 + 2?"), Part("a,b", PartKind.FILE, "t.csv"))),
        Message(Role.ASSISTANT, before),
    )
    assert chat.ask('say "Fine."').text == "Fine."
    messages = engine.requests[-1].messages
    parts = [part for message in messages for part in message.parts]
    assert not [part for part in parts if part.kind is PartKind.REASONING]
    assert "t.csv:\n" in messages[0].text
    calls = [(p.name, p.text) for p in parts if p.kind is PartKind.CALL]
    assert calls == [
        ("functions.python", '{"code": "2 + 2"}'),
        ("functions.browser_open", '{"code": "never run"}'),
    ]
    results = [p.text for p in parts if p.kind is PartKind.RESULT]
    assert results[0] == "4"
    assert "interrupted" in results[1]
    assert "It is four." in [part.text for part in parts]


def test_a_stopped_answer_goes_on(chat: RemoteChat, engine: ServedEngine) -> None:
    chat.messages = (
        Message(Role.USER, (Part('say "Rome."'),)),
        Message(Role.ASSISTANT, (Part("It is "),)),
    )
    answer = chat.go_on()
    last = engine.requests[-1].messages[-1]
    if kind(chat) is BY_CHAT:
        assert (last.role, last.text) == (Role.ASSISTANT, "It is ")
        assert answer.parts[0].text.startswith("It is ")
    else:
        assert last.role is Role.USER
        assert answer.parts[0].text == "It is "
        assert answer.text.startswith("It is ")


def test_a_call_may_be_needed_or_forbidden(chat: RemoteChat) -> None:
    for choice in (ToolChoice.REQUIRED, "get_weather"):
        answer = chat.ask("Hello", tools=TOOLS, tool_choice=choice)
        assert chat.done.reason is StopReason.CALL
        name = of_kind(answer, PartKind.CALL)[0].name
        assert choice is ToolChoice.REQUIRED or name == "functions.get_weather"
    answer = chat.ask("What is the weather?", tools=TOOLS, tool_choice=ToolChoice.NONE)
    assert not of_kind(answer, PartKind.CALL)


def test_an_answer_has_a_shape(chat: RemoteChat) -> None:
    assert chat.ask("Where is 'Rome'?", response_schema=SCHEMA).text == '{"city": "Rome"}'
    with pytest.raises(SchemaError):
        chat.ask("Where?", response_schema="{")


def test_an_answer_may_be_full(chat: RemoteChat) -> None:
    chat.ask("long", sampling=Sampling(max_tokens=120))
    assert chat.done.reason is StopReason.LENGTH
    assert chat.done.stats.generated == 120


def test_what_is_refused_is_said(url: str, chat: RemoteChat, tmp_path: Path) -> None:
    with pytest.raises(ContextFull) as caught:
        chat.ask("word " * 40_000)
    assert caught.value.context in (0, 131_072)
    other = RemoteChat(tmp_path / "a", url, "another", kind(chat), TOKEN)
    with pytest.raises(RemoteModelMissing):
        other.ask("Hello")
    keyless = RemoteChat(tmp_path / "b", url, NAME, kind(chat))
    with pytest.raises(KeyRefused):
        keyless.ask("Hello")


def test_it_stops_while_it_reads_and_while_it_writes(
    chat: RemoteChat, engine: ServedEngine
) -> None:
    def stop() -> None:
        engine.wait_until(1)
        chat.cancel.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Cancelled):
        chat.ask("heavy")
    stopper.join()
    assert engine.wait_until(0), "it goes on there"
    chat.cancel.clear()
    deltas = 0
    request = chat.request(messages=(Message(Role.USER, (Part("endless"),)),))
    for event in chat.backend.stream(request, chat.cancel):
        deltas += isinstance(event, Delta)
        if deltas == 10:
            chat.cancel.set()
        chat.events = [event]
    assert chat.done.reason is StopReason.CANCELLED
    assert engine.wait_until(0)
