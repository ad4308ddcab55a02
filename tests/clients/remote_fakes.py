"""Hold the fakes of servers (`tests.fakes.remote`) against OpenAI's own client and its types.

It needs nothing of Fireside but this repository, and only the package openai:

    python -m venv /tmp/openai && /tmp/openai/bin/pip install openai
    /tmp/openai/bin/python -m tests.clients.remote_fakes

It is no part of the suite, since the client is not among the suite's packages.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.remote.faults import HOSTILE
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
SAID = [
    Said("Grüße aus Köln. 👋", reasoning="A greeting, in German."),
    Said(reasoning="The weather.", calls=(Call("get_weather", '{"city":"Köln"}'), Call("now"))),
    Said(HOSTILE, full=True),
]
ASKED = {"messages": [{"role": "user", "content": "Hello"}]}


def main() -> None:
    """Run all checks; the first that fails ends it."""
    openai = importlib.import_module("openai")
    for dialect in DIALECTS:
        for said in SAID:
            with serving(dialect()) as server:
                client = openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0)
                _models(client, server)
                _whole(client, server, said)
                _stream(client, server, said)
                if isinstance(server.dialect, OpenAi | LmStudio):
                    _responses(client, server, said)
                client.close()
        print("ok", dialect.__name__)


def _models(client: Any, server: Player) -> None:
    assert [each.id for each in client.models.list()] == [server.dialect.model]


def _whole(client: Any, server: Player, said: Said) -> None:
    server.say(said)
    found = client.chat.completions.create(model=server.dialect.model, **ASKED)
    choice = found.choices[0]
    assert (choice.message.content or "") == said.text
    calls = choice.message.tool_calls or []
    assert [_call(each.function) for each in calls] == list(said.calls)
    assert choice.finish_reason == _reason(said)
    if not isinstance(server.dialect, OpenAi):
        extra = choice.message.model_extra
        assert (extra.get("reasoning") or extra.get("reasoning_content") or "") == said.reasoning
    assert found.usage.total_tokens == found.usage.prompt_tokens + said.generated


def _stream(client: Any, server: Player, said: Said) -> None:
    server.say(said)
    text = reasoning = ""
    reason = usage = None
    types = importlib.import_module("openai.types.chat")
    with client.chat.completions.with_streaming_response.create(
        model=server.dialect.model, stream=True, stream_options={"include_usage": True}, **ASKED
    ) as answer:
        for data in _data(answer.iter_lines()):
            chunk = types.ChatCompletionChunk.model_validate(data)
            usage = chunk.usage or usage
            for choice in chunk.choices:
                extra = choice.delta.model_extra
                text += choice.delta.content or ""
                reasoning += extra.get("reasoning") or extra.get("reasoning_content") or ""
                reason = choice.finish_reason or reason
    assert text == said.text
    assert reasoning == ("" if isinstance(server.dialect, OpenAi) else said.reasoning)
    assert reason == _reason(said)
    assert usage is not None
    assert usage.completion_tokens == said.generated
    if said.full:  # the client's helper takes that for an error
        return
    server.say(said)
    with client.chat.completions.stream(model=server.dialect.model, **ASKED) as stream:
        whole = stream.get_final_completion().choices[0].message
    assert [_call(each.function) for each in whole.tool_calls or []] == list(said.calls)


def _responses(client: Any, server: Player, said: Said) -> None:
    types = importlib.import_module("openai.types.responses")
    adapter = importlib.import_module("pydantic").TypeAdapter(types.ResponseStreamEvent)
    asked = {"model": server.dialect.model, "input": "Hello", "reasoning": {"summary": "auto"}}
    server.say(said, said, said)
    raw = client.responses.with_raw_response.create(**asked)
    types.Response.model_validate(json.loads(raw.text))
    assert raw.parse().output_text == said.text
    with client.responses.with_streaming_response.create(stream=True, **asked) as answer:
        events = [adapter.validate_python(data) for data in _data(answer.iter_lines())]
    assert [each.sequence_number for each in events] == list(range(len(events)))
    with client.responses.stream(**asked) as stream:
        names = [each.type for each in stream]
        if not said.full:  # the client's helper takes that for an error
            assert stream.get_final_response().output_text == said.text
    assert names[-1] == f"response.{'incomplete' if said.full else 'completed'}"


def _data(lines: Iterator[str]) -> Iterator[Any]:
    for line in lines:
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))


def _call(function: Any) -> Call:
    return Call(function.name, function.arguments)


def _reason(said: Said) -> str:
    return "length" if said.full else "tool_calls" if said.calls else "stop"


if __name__ == "__main__":
    main()
