"""The fakes of servers do what they say, since other tests believe them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.remote.faults import CALLS, CHAT_ONLY, HOSTILE, LONG, Fault
from tests.fakes.remote.lm_studio import LmStudio
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.openrouter import OpenRouter
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Call, Said
from tests.fakes.remote.sglang import SgLang
from tests.fakes.remote.vllm import Vllm
from tests.fakes.remote.wire import Dialect

KEY = "sk-or-v1-1"
DIALECTS: list[Callable[[], Dialect]] = [Vllm, Ollama, LmStudio, SgLang, OpenRouter, OpenAi]
ANSWER = Said("Grüße aus Köln: " + HOSTILE, reasoning="A greeting. " * 3)
CALL = Said(reasoning="The weather.", calls=(Call("get_weather", '{"city":"Köln"}'),))


def ask(server: Player, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
    """Ask, and read what comes to its end; what comes before a break is kept."""
    connection = http.client.HTTPConnection(server.root.removeprefix("http://"), timeout=60)
    method = "GET" if body is None else "POST"
    headers = {"Authorization": f"Bearer {KEY}"}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        try:
            return response.status, response.read()
        except http.client.IncompleteRead as broken:
            return response.status, broken.partial
    except (ConnectionError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def chat(server: Player, *messages: dict[str, Any], **more: Any) -> tuple[int, bytes]:
    body = {"model": server.dialect.model, "messages": messages, "stream": True, **more}
    return ask(server, f"{server.dialect.base}/chat/completions", body)


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def chunks(stream: bytes) -> Iterator[Any]:
    for line in stream.decode().splitlines():
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))


def deltas(stream: bytes) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in chunks(stream) for choice in chunk["choices"]]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_has_the_whole_answer(dialect: Callable[[], Dialect]) -> None:
    with serving(dialect()) as server:
        server.say(ANSWER)
        status, stream = chat(server, user("Hello"))
    assert status == 200
    assert "".join(delta.get("content") or "" for delta in deltas(stream)) == ANSWER.text
    assert stream.endswith(b"data: [DONE]\n\n")
    (asked,) = server.answers
    assert asked.key == KEY
    assert asked.json["messages"] == [user("Hello")]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", Fault)
def test_each_fault_damages_an_answer(dialect: Callable[[], Dialect], fault: Fault) -> None:
    held = fault in (Fault.SILENT_FIRST, Fault.SILENT_LATER)
    with serving(dialect()) as server:
        server.say(*(CALL if fault in CALLS else ANSWER,) * 2)
        whole = chat(server, user("Hello"), stream_options={"include_usage": True})
        server.fail(fault)
        if held:
            server.go_on()
        found = chat(server, user("Hello"), stream_options={"include_usage": True})
        assert server.holding.is_set() == held
    same = held or fault is Fault.BYTE_BY_BYTE
    if fault is Fault.CALL_WITHOUT_INDEX or fault is Fault.CALL_NAME_LATER or not same:
        assert found != whole
    else:
        assert found == whole
    if fault is Fault.LONG_LINE:
        assert len(found[1]) > LONG


def test_who_is_gone_while_it_is_silent_is_noticed() -> None:
    with serving(Vllm()) as server:
        server.fail(Fault.SILENT_FIRST)
        connection = http.client.HTTPConnection(server.root.removeprefix("http://"), timeout=60)
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": []}))
        assert server.holding.wait(60)
        assert not server.left.is_set()
        connection.close()
        assert server.left.wait(60)
        server.unexpected.clear()


def test_a_fault_may_be_over() -> None:
    with serving(OpenRouter()) as server:
        server.say(ANSWER)
        server.fail(Fault.RATE, times=1)
        assert chat(server, user("Hello"))[0] == 429
        assert chat(server, user("Hello"))[0] == 200


def test_ollama_drops_the_oldest_messages_without_a_word() -> None:
    system = {"role": "system", "content": "Be kind."}
    with serving(ollama := Ollama(context=40)) as server:
        server.say(Said("Yes."), Said("Yes."))
        assert chat(server, system, user("a" * 80), user("b" * 80))[0] == 200
        assert [each.text[0] for each in ollama.prompts[-1]] == ["B", "b"]
        assert chat(server, user("b" * 400 + "c" * 400))[0] == 200
        (cut,) = ollama.prompts[-1]
        assert 10 < cut.size <= 40, "of the last message, its end is kept"
        assert set(cut.text) == {"c"}


@pytest.mark.parametrize(
    ("dialect", "where"),
    [
        (Vllm(context=10), "error"),
        (SgLang(context=10), "message"),
        (OpenRouter(context=10), "error"),
        (OpenAi(context=10), "error"),
    ],
)
def test_others_refuse_what_is_too_long(dialect: Dialect, where: str) -> None:
    with serving(dialect) as server:
        status, body = chat(server, user("a" * 80))
    assert status == 400
    assert "context length" in str(json.loads(body)[where])


def test_lm_studio_refuses_it_within_a_stream() -> None:
    with serving(LmStudio(context=10)) as server:
        status, body = chat(server, user("a" * 80))
    assert status == 200
    assert body.startswith(b"event: error\ndata: ")


@pytest.mark.parametrize(
    ("dialect", "effort", "status"),
    [
        (Vllm, "high", 200),
        (Vllm, "xhigh", 400),
        (Vllm, "none", 400),
        (Ollama, "xhigh", 200),
        (Ollama, "extreme", 400),
        (LmStudio, "extreme", 200),
        (SgLang, "max", 200),
        (OpenRouter, "max", 200),
        (OpenRouter, "extreme", 400),
        (OpenAi, "high", 200),
        (OpenAi, "xhigh", 400),
    ],
)
def test_efforts(dialect: Callable[[], Dialect], effort: str, status: int) -> None:
    with serving(dialect()) as server:
        if status == 200:
            server.say(ANSWER)
        assert chat(server, user("Hello"), reasoning_effort=effort)[0] == status


@pytest.mark.parametrize(
    ("dialect", "sent", "got"),
    [
        (Vllm, {"reasoning": "Why."}, "Why."),
        (Vllm, {"reasoning_content": "Why."}, "Why."),
        (Ollama, {"reasoning": "Why."}, "Why."),
        (Ollama, {"reasoning_content": "Why."}, ""),
        (SgLang, {"reasoning_content": "Why."}, "Why."),
        (SgLang, {"reasoning": "Why."}, ""),
        (OpenRouter, {"reasoning_details": [{"type": "reasoning.text", "text": "Why."}]}, "Why."),
        (OpenRouter, {"reasoning": "Why."}, "Why."),
    ],
)
def test_reasoning_is_read_where_it_is(
    dialect: Callable[[], Any], sent: dict[str, Any], got: str
) -> None:
    function = {"name": "now", "arguments": "{}"}
    call = {"id": "1", "type": "function", "function": function}
    answer = {"role": "assistant", "content": "", "tool_calls": [call], **sent}
    result = {"role": "tool", "tool_call_id": "1", "content": "noon"}
    with serving(made := dialect()) as server:
        server.say(ANSWER)
        assert chat(server, user("Hello"), answer, result)[0] == 200
    assert [each.reasoning for each in made.prompts[-1]] == ["", got, ""]


def test_openai_refuses_reasoning_in_a_chat() -> None:
    with serving(OpenAi()) as server:
        told = {"role": "assistant", "content": "Hi.", "reasoning": "Why."}
        status, body = chat(server, user("Hello"), told, user("And?"))
    assert status == 400
    assert json.loads(body)["error"]["param"] == "messages[1].reasoning"


def test_lm_studio_answers_anything() -> None:
    with serving(LmStudio()) as server:
        status, body = ask(server, "/api/version")
    assert status == 200
    assert "version" not in json.loads(body)


def test_faults_of_chats_are_known() -> None:
    assert CALLS < CHAT_ONLY < set(Fault)


def test_ollama_loads_a_model_when_it_is_told_to() -> None:
    with serving(Ollama(context=0)) as server:
        assert json.loads(ask(server, "/api/ps")[1])["models"] == []
        assert ask(server, "/api/generate", {"model": "gpt-oss:20b"})[0] == 200
        (loaded,) = json.loads(ask(server, "/api/ps")[1])["models"]
    assert loaded["context_length"] == 4096
