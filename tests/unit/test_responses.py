"""OpenAI's Responses, over the scripted engine."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from app.base.answer_events import StopReason
from app.base.types import Effort, Message, Part, PartKind, Request, Role, ToolChoice
from app.server.api_error import ApiError
from app.server.dialect import Served
from app.server.pieces import (
    Answer,
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Usage,
)
from app.server.replayed_answers import sealed, unsealed
from app.server.responses.free_text import FreeText, free_text
from app.server.responses.responses_dialect import ResponsesDialect
from app.server.responses.stored_responses import StoredResponse, StoredResponses
from tests.fakes.api import MODEL, NAME, Api
from tests.fakes.served_engine import UNICODE, ServedEngine, served_engine

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}
GROUP = {"type": "namespace", "name": "mcp__notes", "description": "Notes.", "tools": [WEATHER]}
CALL = 'call get_weather {"city": "Oslo"}'


@pytest.fixture
def engine() -> ServedEngine:
    return ServedEngine()


@pytest.fixture
def api(engine: ServedEngine) -> Api:
    return Api.over(served_engine(engine))


def create(api: Api, asked: Any = "Hello", **more: Any) -> Any:
    answer = api.post("/v1/responses", {"model": NAME, "input": asked, **more})
    assert answer.status == 200, answer.body
    return answer.json


def events(api: Api, asked: Any = "Hello", **more: Any) -> list[tuple[str, Any]]:
    body = {"model": NAME, "input": asked, "stream": True, **more}
    return list(api.post("/v1/responses", body).events())


def refused(api: Api, **asked: Any) -> tuple[int, str | None, str | None]:
    answer = api.post("/v1/responses", {"model": NAME, "input": "Hello", **asked})
    return answer.status, answer.error["param"], answer.error["code"]


def asked_of(engine: ServedEngine) -> Request:
    return engine.requests[-1]


def result(call: Any, output: Any = "rain") -> Any:
    kind = f"{call['type']}_output"
    return {"type": kind, "call_id": call["call_id"], "output": output}


def test_a_response_has_every_member(api: Api) -> None:
    told = {"instructions": "Be kind.", "metadata": {"a": "b"}, "prompt_cache_key": "key"}
    response = create(api, reasoning={"effort": "xhigh"}, tools=[WEATHER], **told)
    thought, said = response.pop("output")
    usage = response.pop("usage")
    assert response.pop("id").startswith("resp_")
    assert response.pop("created_at") <= response.pop("completed_at")
    strict = {**WEATHER, "strict": False}
    assert response == {
        "object": "response",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": NAME,
        "previous_response_id": None,
        "instructions": "Be kind.",
        "tools": [strict],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "temperature": 1.0,
        "top_p": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "top_logprobs": 0,
        "reasoning": {"effort": "high", "summary": None},
        "truncation": "disabled",
        "max_output_tokens": None,
        "max_tool_calls": None,
        "store": True,
        "background": False,
        "service_tier": "default",
        "metadata": {"a": "b"},
        "safety_identifier": None,
        "prompt_cache_key": "key",
    }
    assert thought.pop("id").startswith("rs_")
    text = "The user asks something. Effort high."
    content = [{"type": "reasoning_text", "text": text}]
    assert thought == {
        "type": "reasoning",
        "summary": [],
        "content": content,
    }
    assert said.pop("id").startswith("msg_")
    written = {"type": "output_text", "text": "You said: Hello", "annotations": [], "logprobs": []}
    assert said == {
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "phase": "final_answer",
        "content": [written],
    }
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens_details"]["reasoning_tokens"] > 0
    assert set(usage["input_tokens_details"]) == {"cached_tokens", "cache_write_tokens"}


def test_a_stream_has_all_events_in_order(api: Api) -> None:
    found = events(api, f"preamble {CALL}", tools=[WEATHER])
    assert [data["sequence_number"] for _, data in found] == list(range(len(found)))
    assert all(name == data["type"] for name, data in found)
    names = [name.removeprefix("response.") for name, _ in found]
    steps = [name for at, name in enumerate(names) if name != names[at - 1] or at == 0]
    message = ["content_part.added", "{}.delta", "{}.done", "content_part.done"]
    assert steps == [
        "created",
        "in_progress",
        "output_item.added",
        *(name.format("reasoning_text") for name in message),
        "output_item.done",
        "output_item.added",
        *(name.format("output_text") for name in message),
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    indexes = [data["output_index"] for _, data in found if "output_index" in data]
    assert indexes == sorted(indexes)
    assert set(indexes) == {0, 1, 2}
    assert all(data["content_index"] == 0 for _, data in found if "content_index" in data)
    response = found[-1][1]["response"]
    done = [data["item"] for name, data in found if name == "response.output_item.done"]
    assert done == response["output"]
    assert [item["type"] for item in done] == ["reasoning", "message", "function_call"]
    assert done[1]["phase"] == "commentary"
    assert json.loads(done[2]["arguments"]) == {"city": "Oslo"}
    for item in done:
        told = [d["delta"] for n, d in found if "delta" in n and d["item_id"] == item["id"]]
        text = item["content"][0]["text"] if "content" in item else item["arguments"]
        assert "".join(told) == text
    assert response.keys() == found[0][1]["response"].keys()
    assert found[0][1]["response"]["status"] == "in_progress"


def test_letters_of_many_bytes(api: Api) -> None:
    assert create(api, "unicode please")["output"][1]["content"][0]["text"] == UNICODE


def test_an_answer_that_is_cut_is_incomplete(api: Api) -> None:
    response = create(api, "silent long", max_output_tokens=60)
    assert (response["status"], response["completed_at"]) == ("incomplete", None)
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["output"][-1]["status"] == "incomplete"
    name, data = events(api, "silent long", max_output_tokens=60)[-1]
    assert name == "response.incomplete"
    assert data["response"]["output"][-1]["status"] == "incomplete"


def test_a_stream_that_fails_says_so(api: Api) -> None:
    found = events(api, "dies")
    name, data = found[-1]
    assert name == "response.failed"
    response = data["response"]
    assert (response["status"], response["usage"]) == ("failed", None)
    assert response["error"]["code"] == "server_error"
    assert response["error"]["message"]
    thought = response["output"][0]["content"][0]["text"]
    assert thought == "".join(d["delta"] for n, d in found if n.endswith("reasoning_text.delta"))


def test_an_answer_that_is_stopped_in_the_window_has_failed() -> None:
    """With another code, Codex would ask for it again."""
    dialect = ResponsesDialect(StoredResponses())
    body = {"model": NAME, "input": "Hello", "stream": True}
    reply = dialect.read(body, Served(MODEL, NAME))
    said = Item(ItemKind.TEXT, "Hel")
    ended = AnswerEnded(StopReason.CANCELLED, Usage())
    pieces = (ItemBegun(Item(ItemKind.TEXT)), ItemText("Hel"), ItemEnded(said), ended)
    *_, last = [data for piece in pieces for data in reply.piece(piece)]
    response = json.loads(last.decode().split("data: ")[1])["response"]
    assert (response["status"], response["error"]["code"]) == ("failed", "invalid_prompt")
    assert response["output"][0]["status"] == "incomplete"
    with pytest.raises(ApiError, match="stopped"):
        dialect.read(body, Served(MODEL, NAME)).whole(Answer((said,), ended.reason, ended.usage))


def test_input_may_be_items_of_all_kinds(api: Api, engine: ServedEngine) -> None:
    items = [
        {"role": "system", "content": "Be kind."},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "D"}]},
        {"role": "user", "content": [{"type": "text", "text": "A"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "T"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "aside"}]},
        {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": '"é'},
        {"type": "function_call_output", "call_id": "c1", "output": "rain"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "Done"}],
        },
        {"role": "assistant", "content": "the answer", "phase": "final_answer"},
        {"role": "user", "content": "Hello"},
    ]
    create(api, items, instructions="I")
    request = asked_of(engine)
    call = PartKind.CALL
    answer = request.messages[3]
    assert request.instructions == "I"
    assert [message.role for message in request.messages] == [
        *(Role.SYSTEM, Role.DEVELOPER, Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT),
        Role.USER,
    ]
    assert [(part.kind, part.text) for part in answer.parts] == [
        (PartKind.REASONING, "T"),
        (PartKind.TEXT, "aside"),
        (call, "{}"),
        (call, '{"input": "\\"é"}'),
    ]
    assert answer.parts[1].format_data  # it came before a call, so it was not the answer
    assert [part.name for part in answer.parts[2:]] == [
        "functions.get_weather",
        "functions.apply_patch",
    ]
    assert request.messages[4].parts == (
        Part("rain", PartKind.RESULT, "functions.get_weather", "c1"),
        Part("Done", PartKind.RESULT, "functions.apply_patch", "c2"),
    )
    assert request.messages[5].parts == (Part("the answer"),)


def test_efforts_in_all_spellings(api: Api, engine: ServedEngine) -> None:
    known = {"none": "low", "minimal": "low", "medium": "medium", "xhigh": "high", "max": "high"}
    for asked, level in known.items():
        assert create(api, reasoning={"effort": asked})["reasoning"]["effort"] == level
        assert asked_of(engine).effort is Effort(level)
    assert refused(api, reasoning={"effort": "huge"}) == (400, "reasoning.effort", "invalid_value")


def test_a_tool_loop_by_the_previous_response(api: Api, engine: ServedEngine) -> None:
    first = create(api, CALL, tools=[WEATHER], instructions="once")
    call = first["output"][-1]
    second = create(api, [result(call)], previous_response_id=first["id"], tools=[WEATHER])
    assert second["previous_response_id"] == first["id"]
    assert second["output"][-1]["content"][0]["text"] == "The tools say: rain"
    request = asked_of(engine)
    assert request.instructions == ""  # those are not carried over
    kinds = [part.kind for message in request.messages for part in message.parts]
    assert kinds == [PartKind.TEXT, PartKind.REASONING, PartKind.CALL, PartKind.RESULT]
    third = create(api, "And you?", previous_response_id=second["id"])
    assert third["output"][-1]["content"][0]["text"] == "You said: And you?"
    assert len(asked_of(engine).messages) == 5


def test_a_stored_response_can_be_had_and_deleted(api: Api) -> None:
    response = create(api)
    path = f"/v1/responses/{response['id']}"
    assert api.get(path).json == response
    assert api.get(f"{path}?stream=true").status == 400
    told = {"id": response["id"], "object": "response.deleted", "deleted": True}
    assert api.ask("DELETE", path).json == told
    assert [api.ask(method, path).status for method in ("GET", "DELETE")] == [404, 404]
    assert api.post(path, {}).status == 405
    assert api.get(f"/v1/responses/{create(api, store=False)['id']}").status == 404


def test_the_tokens_of_an_input_are_counted(api: Api) -> None:
    asked = {"model": NAME, "input": "Hello", "tools": [WEATHER], "instructions": "I"}
    counted = api.post("/v1/responses/input_tokens", asked).json
    used = api.post("/v1/responses", asked).json["usage"]["input_tokens"]
    assert counted == {"object": "response.input_tokens", "input_tokens": used}


def test_engine_errors_have_the_names_of_responses(api: Api) -> None:
    assert refused(api, input="word " * 40_000) == (400, "input", "context_length_exceeded")
    bad = {"type": "json_schema", "name": "A", "schema": {"type": "nope"}}
    asked = refused(api, text={"format": bad})
    assert asked == (400, "text.format.schema", "invalid_json_schema")


def test_a_tool_loop_without_storage(api: Api, engine: ServedEngine) -> None:
    alone = {"store": False, "include": ["reasoning.encrypted_content"], "tools": [WEATHER]}
    first = create(api, CALL, **alone)
    thought, call = first["output"]
    text = thought["content"][0]["text"]
    assert unsealed(thought["encrypted_content"]) == text
    del thought["content"]  # what clients drop
    items = [{"role": "user", "content": CALL}, thought, call, result(call)]
    second = create(api, items, **alone)
    assert second["output"][-1]["content"][0]["text"] == "The tools say: rain"
    assert asked_of(engine).messages[1].reasoning == text
    missing = (400, "previous_response_id", "previous_response_not_found")
    assert refused(api, previous_response_id=first["id"]) == missing


def test_the_model_is_told_of_images_that_tools_return(api: Api, engine: ServedEngine) -> None:
    """Codex sends what its ``view_image`` returns with every further request."""
    first = create(api, CALL, tools=[WEATHER])
    image = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
    output = result(first["output"][-1], [{"type": "input_text", "text": "seen"}, image])
    create(api, [output], previous_response_id=first["id"], tools=[WEATHER])
    told = asked_of(engine).messages[-1].parts[-1].text
    assert told.startswith("seen\n\n(An image")


def test_sealed_reasoning_of_others_is_left_out(api: Api, engine: ServedEngine) -> None:
    assert unsealed(sealed(UNICODE)) == UNICODE
    assert unsealed("gAAAAB") == unsealed("fs1:%") == unsealed("fs1:/w==") == ""
    foreign = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAB"}
    create(api, [foreign, {"role": "user", "content": "Hello"}])
    assert [message.role for message in asked_of(engine).messages] == [Role.USER]


def test_items_may_be_referred_to(api: Api, engine: ServedEngine) -> None:
    first = create(api, CALL, tools=[WEATHER])
    thought, call = first["output"]
    items = [
        {"role": "user", "content": CALL},
        {"type": "item_reference", "id": thought["id"]},
        {"id": call["id"]},
        result(call),
    ]
    create(api, items, tools=[WEATHER])
    parts = asked_of(engine).messages[1].parts
    assert [part.kind for part in parts[:2]] == [PartKind.REASONING, PartKind.CALL]
    unknown = [{"type": "item_reference", "id": "rs_nope"}]
    assert refused(api, input=unknown) == (404, "input[0].id", "item_not_found")


def test_a_custom_tool_is_a_function_for_the_model(api: Api, engine: ServedEngine) -> None:
    text = '*** Begin Patch\n+"é" \U0001f600'
    asked = f"call apply_patch {json.dumps({'input': text})}"
    found = events(api, asked, tools=[PATCH])
    function = asked_of(engine).tools[0].functions[0]
    assert "start: /.+/" in function.description
    assert json.loads(function.schema)["required"] == ["input"]
    told = [d["delta"] for n, d in found if n == "response.custom_tool_call_input.delta"]
    assert "".join(told) == text
    assert len(told) > 1
    done = next(d for n, d in found if n == "response.custom_tool_call_input.done")
    response = found[-1][1]["response"]
    call = response["output"][-1]
    assert done["input"] == call["input"] == text
    assert (call["type"], call["name"]) == ("custom_tool_call", "apply_patch")
    assert response["tools"] == [PATCH]
    again = create(api, [result(call, "Done")], previous_response_id=response["id"], tools=[PATCH])
    assert again["output"][-1]["content"][0]["text"] == "The tools say: Done"


def test_tools_in_groups(api: Api, engine: ServedEngine) -> None:
    """Codex declares the functions of MCP servers like this."""
    asked = 'call mcp__notes__get_weather {"city": "Oslo"}'
    response = create(api, asked, tools=[GROUP, {"type": "web_search"}])
    call = response["output"][-1]
    assert (call["namespace"], call["name"]) == ("mcp__notes", "get_weather")
    assert response["tools"] == [{**GROUP, "tools": [{**WEATHER, "strict": False}]}]
    assert asked_of(engine).tools[0].description == "mcp__notes__*: Notes."
    items = [{"role": "user", "content": asked}, call, result(call)]
    create(api, items, tools=[GROUP])
    part = next(p for p in asked_of(engine).messages[1].parts if p.kind is PartKind.CALL)
    assert part.name == "functions.mcp__notes__get_weather"


def test_the_choice_of_tools(api: Api, engine: ServedEngine) -> None:
    tools = [WEATHER, PATCH]
    named = {"type": "function", "name": "get_weather"}
    create(api, tools=tools, tool_choice=named)
    assert asked_of(engine).tool_choice == "get_weather"
    create(api, tools=tools, tool_choice={"type": "custom", "name": "apply_patch"})
    assert asked_of(engine).tool_choice == "apply_patch"
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [named]}
    assert create(api, tools=tools, tool_choice=allowed)["tool_choice"] == allowed
    assert asked_of(engine).tool_choice is ToolChoice.REQUIRED
    assert [f.name for f in asked_of(engine).tools[0].functions] == ["get_weather"]
    create(api, CALL, tools=tools, tool_choice="none")
    assert asked_of(engine).tool_choice is ToolChoice.NONE
    wrong = {"type": "function", "name": "nope"}
    assert refused(api, tools=tools, tool_choice=wrong)[1] == "tool_choice.name"
    assert refused(api, tool_choice="required")[1] == "tool_choice"
    hosted = {"type": "web_search"}
    assert refused(api, tool_choice=hosted)[1:] == ("tool_choice.type", "unsupported_value")


def test_one_call_at_a_time_if_that_is_asked_for(api: Api) -> None:
    both = 'both get_weather {"city": "Oslo"} and get_weather {"city": "Rome"}'
    for several, calls in ((True, 2), (False, 1)):
        asked = {"tools": [WEATHER], "parallel_tool_calls": several}
        whole = create(api, both, **asked)["output"]
        streamed = events(api, both, **asked)[-1][1]["response"]["output"]
        for output in (whole, streamed):
            assert [item["type"] for item in output[1:]] == ["function_call"] * calls
            assert json.loads(output[1]["arguments"]) == {"city": "Oslo"}


def test_answers_of_a_shape(api: Api, engine: ServedEngine) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    shape = {"type": "json_schema", "name": "City", "schema": schema}
    response = create(api, 'json {"name": "Oslo"}', text={"format": shape})
    assert json.loads(response["output"][-1]["content"][0]["text"]) == {"name": "Oslo"}
    assert json.loads(asked_of(engine).response_schema) == {"title": "City", **schema}
    assert response["text"]["format"] == {**shape, "strict": False}
    create(api, "json {}", text={"format": {"type": "json_object"}})
    assert json.loads(asked_of(engine).response_schema) == {"type": "object"}
    bare = {"format": {"type": "json_schema", "name": "City"}}
    assert refused(api, text=bare)[1] == "text.format.schema"


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        ({"background": True}, "background", "unsupported_value"),
        ({"conversation": "conv_1"}, "conversation", "unsupported_value"),
        ({"prompt": {"id": "p"}}, "prompt", "unsupported_value"),
        ({"truncation": "auto"}, "truncation", "unsupported_value"),
        ({"top_logprobs": 2}, "top_logprobs", "unsupported_value"),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode", "unsupported_value"),
        ({"include": ["message.output_text.logprobs"]}, "include[0]", "unsupported_value"),
        ({"include": ["nope"]}, "include[0]", "invalid_value"),
        ({"nope": 1}, "nope", "unknown_parameter"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"max_output_tokens": 0}, "max_output_tokens", "invalid_value"),
        ({"metadata": {"a": 1}}, "metadata", "invalid_type"),
        ({"safety_identifier": "a" * 65}, "safety_identifier", "string_above_max_length"),
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": []}, "input", "empty_array"),
        ({"input": [{"role": "bogus", "content": "A"}]}, "input[0].role", "invalid_value"),
        ({"input": [{"type": "web_search_call"}]}, "input[0].type", "unsupported_content"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file"}]}]},
            "input[0].content[0].type",
            "unsupported_content",
        ),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": ""}]},
            "input[0].call_id",
            "invalid_value",
        ),
        ({"tools": [WEATHER, WEATHER]}, "tools", "invalid_value"),
        ({"tools": [{"type": "function", "name": "a b"}]}, "tools[0].name", "invalid_value"),
    ],
)
def test_what_is_refused(api: Api, asked: dict[str, Any], param: str, code: str) -> None:
    assert refused(api, **asked) == (400, param, code)


def test_what_codex_sends_besides_is_accepted(api: Api) -> None:
    create(
        api,
        stream_options={"include_obfuscation": False},
        client_metadata={"a": "b"},
        parallel_tool_calls=False,
        text={"verbosity": "medium"},
        reasoning={"effort": "high", "summary": "auto"},
        service_tier="priority",
        user="me",
    )


# --- What is stored ----------------------------------------------------------------------------


def stored(name: str, text: str = "") -> StoredResponse:
    output = [{"id": f"item_{name}"}]
    return StoredResponse({"id": name, "output": output}, (Message(Role.USER, (Part(text),)),))


def test_the_oldest_responses_make_room() -> None:
    kept = StoredResponses(most=2)
    kept.put(stored("a"))
    kept.put(stored("b"))
    assert kept.get("a")  # which makes it the newest
    kept.put(stored("c"))
    assert [bool(kept.get(name)) for name in "abc"] == [True, False, True]
    assert [bool(kept.item(f"item_{name}")) for name in "abc"] == [True, False, True]
    assert kept.delete("a")
    assert not kept.delete("a")
    assert kept.item("item_a") is None


def test_stored_responses_are_bounded_by_their_size() -> None:
    kept = StoredResponses(largest=1000)
    kept.put(stored("a", "x" * 500))
    kept.put(stored("b", "é" * 300))
    assert not kept.get("a")
    assert kept.get("b")
    kept.put(stored("c", "x" * 2000))
    assert not kept.get("c")


# --- The text of custom tools ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input": "a\\nb"}', "a\nb"),
        (' { "input" : "\\ud83d\\ude00\\u00e9\\/" } ', "\U0001f600é/"),
        ('{"input": "a line\nand a tab\t"}', "a line\nand a tab\t"),
        ('{"input": "cut', "cut"),
        ('{"input": "cut\\u00e', "cut"),
        ('{"input": "\\d+"}', "\\d+"),
        ('{"input": "\\ud83d "}', "\ufffd "),
        ('{"patch": "a"}', "a"),
        ('{"input": 3}', '{"input": 3}'),
        ("*** Begin Patch", "*** Begin Patch"),
        ('"text"', "text"),
        ("", ""),
        ("{}", ""),
    ],
)
def test_free_text(arguments: str, text: str) -> None:
    assert free_text(arguments) == text


def test_free_text_grows_by_any_pieces() -> None:
    chance = random.Random(7)
    letters = 'ab"\\/\n\t\u00e9\u65e5\U0001f600{}:'
    for _ in range(200):
        text = "".join(chance.choices(letters, k=chance.randrange(30)))
        arguments = json.dumps({"input": text}, ensure_ascii=chance.random() < 0.5)
        growing, told, at = FreeText(), "", 0
        while at < len(arguments):
            end = at + chance.randrange(1, 5)
            told += growing.add(arguments[at:end])
            at = end
        assert told == growing.text == text


# --- Bodies of any kind ------------------------------------------------------------------------

BODIES: tuple[Any, ...] = (
    {
        "input": "Hello",
        "tools": [WEATHER, PATCH, GROUP, {"type": "web_search"}],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [WEATHER]},
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "metadata": {"a": "b"},
    },
    {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "A"}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "T"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "fs1:AAAA"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "namespace": "x"},
            {"type": "custom_tool_call", "call_id": "d", "name": "g", "input": "x"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]},
            {"type": "custom_tool_call_output", "call_id": "d", "output": "x"},
        ],
    },
)
ODD: tuple[Any, ...] = (
    *(None, True, -1, 1.5, 2**70, "", "auto", "x" * 300, [], {}, [[]], [{}], [None], [1]),
    *({"type": "x"}, {"type": None}, {"a": {}}, "message"),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return each container within a value, with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += places(value[key])
    return found


def test_bodies_of_any_kind_are_answered_or_refused() -> None:
    chance = random.Random(11)
    dialect = ResponsesDialect(StoredResponses())
    ends = (StopReason.END, StopReason.LENGTH)
    read, statuses = 0, set()
    for _ in range(600):
        body = {"model": NAME, **json.loads(json.dumps(chance.choice(BODIES)))}
        container, key = chance.choice(places(body))
        if chance.random() < 0.8:
            container[key] = json.loads(json.dumps(chance.choice(ODD)))
        else:
            del container[key]
        try:
            reply = dialect.read(body, Served(MODEL, NAME))
        except ApiError as error:
            statuses.add(error.status)
            continue
        read += 1
        assert b"".join(reply.begun())
        said = Item(chance.choice(list(ItemKind)), "x", "f", "c9")
        assert reply.whole(Answer((said,), chance.choice(ends), Usage()))["output"]
    assert 50 < read < 550
    assert statuses <= {400, 404}
