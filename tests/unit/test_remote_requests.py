"""Requests to servers, as their dialects have them."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from app.base.errors import RequestRefused, RequestUnsupported, ServerForeign
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
    ToolChoice,
    ToolFunction,
    ToolNamespace,
)
from app.engine.remote.answer_rounds import UNANSWERED
from app.engine.remote.chat_request import GO_ON, chat_body
from app.engine.remote.refusals import Refusals
from app.engine.remote.remote_server import ServerKind
from app.engine.remote.responses_request import responses_body
from app.engine.remote.server_dialect import dialect_of
from app.engine.remote.tool_names import ToolNames

URL = "http://127.0.0.1:1/v1"
OSS = ModelRef(Endpoint(URL, "openai/gpt-oss-120b"), "x")
OTHER = ModelRef(Endpoint("https://gpt-oss.example.org/v1", "qwen"), "x")
SCHEMA = '{"type": "object", "properties": {"a": {"type": "string"}}}'
LOOK = ToolNamespace("functions", (ToolFunction("look", "", SCHEMA), ToolFunction("see", "", "{}")))
DAY = datetime.date(2026, 11, 30)
Json = dict[str, Any]


def user(text: str, *parts: Part) -> Message:
    return Message(Role.USER, (Part(text), *parts))


def assistant(*parts: Part) -> Message:
    return Message(Role.ASSISTANT, parts)


def call(text: str = "{}", name: str = "functions.look", id: str = "") -> Part:
    return Part(text, PartKind.CALL, name, id, "commentary json")


def result(text: str, name: str = "functions.look", id: str = "") -> Part:
    return Part(text, PartKind.RESULT, name, id)


def body(*messages: Message, kind: ServerKind = ServerKind.VLLM, **more: Any) -> Json:
    model = more.pop("model", OSS)
    request = Request(model, messages or (user("Hello"),), today=DAY, **more)
    dialect = dialect_of(kind)
    make = responses_body if dialect.responses else chat_body
    made = make(request, dialect, ToolNames(request.tools))
    json.dumps(made)
    return made


# --- Messages ---


def test_instructions_are_one_message_at_the_beginning() -> None:
    messages = (
        Message(Role.SYSTEM, (Part("One."),)),
        Message(Role.DEVELOPER, (Part("Two."),)),
        user("Hello"),
        Message(Role.DEVELOPER, (Part("Three."),)),
        user("Go on"),
    )
    sent = body(*messages, instructions="Zero.")["messages"]
    assert sent == [
        {"role": "system", "content": "Zero.\n\nOne.\n\nTwo."},
        {"role": "user", "content": "Hello"},
        {"role": "system", "content": "Three."},
        {"role": "user", "content": "Go on"},
    ]


def test_servers_tell_gpt_oss_the_day_and_others_are_told_it() -> None:
    assert [each["role"] for each in body()["messages"]] == ["user"]
    later = Message(Role.USER, (Part("And now?"),), datetime.date(2026, 12, 2))
    sent = body(user("Hello"), later, model=OTHER, instructions="Be brief.")["messages"]
    assert sent[0]["content"] == "Be brief.\n\nCurrent date: 2026-12-02"


def test_files_are_text_and_pictures_are_refused() -> None:
    file = Part("a,b\n1,2", PartKind.FILE, "t.csv")
    (sent,) = body(user("What is it?", file))["messages"]
    assert sent["content"] == "What is it?\n\nt.csv:\n```\na,b\n1,2\n```"
    with pytest.raises(RequestUnsupported):
        body(user("Look", Part("", PartKind.MEDIA, media_type="image/png", data=b"x")))


def test_local_turns_are_rounds_with_ids_and_results() -> None:
    past = assistant(
        Part("Thoughts.", PartKind.REASONING),
        Part("First.", format_data="commentary"),
        call('{"a": "1"}'),
        call("2", "python"),
        result("one"),
        result("two", "python"),
        Part("a figure", PartKind.MEDIA, media_type="image/png", data=b"x"),
        Part("More thoughts.", PartKind.REASONING),
        call("{}", "browser.open"),
        Part("The answer."),
        Part("x", PartKind.UNKNOWN),
    )
    sent = body(user("Hello"), past, user("Thanks"), past, user("Bye"))["messages"]
    first, second, third, fourth, fifth = sent[1:6]
    assert first["content"] == "First."
    assert [each["function"] for each in first["tool_calls"]] == [
        {"name": "look", "arguments": '{"a": "1"}'},
        {"name": "python", "arguments": '{"code": "2"}'},
    ]
    assert [second["content"], third["content"]] == ["one", "two"]
    assert (fourth["content"], fifth["content"]) == ("The answer.", UNANSWERED)
    assert fourth["tool_calls"][0]["function"]["name"] == "browser_open"
    assert "Thoughts" not in json.dumps(sent)
    made = [each["id"] for message in sent for each in message.get("tool_calls", ())]
    assert made == [each["tool_call_id"] for each in sent if each["role"] == "tool"]
    assert len(set(made)) == 6
    assert all(len(each) == 9 and each.isalnum() for each in made)


def test_results_find_their_calls() -> None:
    past = assistant(
        call(id="a"),
        call(id="b"),
        result("for b", id="b"),
        result("for a", id="a"),
        result("lost", "browser.find", id="z"),
        Part("Done."),
    )
    sent = body(user("Hello"), past, user("Thanks"))["messages"]
    told = {each["tool_call_id"]: each["content"] for each in sent if each["role"] == "tool"}
    made = [each["id"] for each in sent[1]["tool_calls"]]
    assert [told[id] for id in made] == ["for a", "for b", "lost"]
    assert sent[1]["tool_calls"][2]["function"]["name"] == "browser_find"
    tools = (
        user("Hello"),
        assistant(call(id="a")),
        Message(Role.TOOL, (Part("said", id="a"),)),
        user("Thanks"),
    )
    assert [each["role"] for each in body(*tools)["messages"]] == [
        "user",
        "assistant",
        "tool",
        "user",
    ]


def test_a_turn_that_is_nothing_is_left_out() -> None:
    empty = assistant(Part("Only thoughts.", PartKind.REASONING), Part(""))
    sent = body(user("Hello"), empty, user("Hello?"))["messages"]
    assert [each["role"] for each in sent] == ["user", "user"]


# --- An answer that goes on ---


@pytest.mark.parametrize(
    ("kind", "model", "asks", "told"),
    [
        (ServerKind.LLAMA_SERVER, OSS, False, False),
        (ServerKind.FIRESIDE, OSS, False, False),
        (ServerKind.VLLM, OTHER, False, True),
        (ServerKind.VLLM, OSS, True, False),
        (ServerKind.OLLAMA, OSS, True, False),
        (ServerKind.OTHER, OTHER, True, False),
        (ServerKind.OPENAI, OTHER, True, False),
    ],
)
def test_how_a_stopped_answer_goes_on(
    kind: ServerKind, model: ModelRef, asks: bool, told: bool
) -> None:
    thought = Part("Hm.", PartKind.REASONING, format_data="remote reasoning_content")
    sent = body(user("Hello"), assistant(thought, Part("It is ")), kind=kind, model=model)
    messages = sent.get("messages") or sent["input"]
    said, last = messages[-2:] if asks else (messages[-1], None)
    assert (said["role"], said["content"]) == ("assistant", "It is ")
    assert last == ({"role": "user", "content": GO_ON} if asks else None)
    assert sent.get("continue_final_message", False) is told
    assert ("reasoning_content" in said) is not asks


def test_stopped_reasoning_goes_on_or_begins_again() -> None:
    thought = Part("I thi", PartKind.REASONING, format_data="remote reasoning_content")
    sent = body(user("Hello"), assistant(thought), kind=ServerKind.LLAMA_SERVER)["messages"]
    assert sent[-1] == {"role": "assistant", "content": "", "reasoning_content": "I thi"}
    local = Part("I thi", PartKind.REASONING)
    for kind, part in ((ServerKind.VLLM, thought), (ServerKind.LLAMA_SERVER, local)):
        sent = body(user("Hello"), assistant(part), kind=kind)["messages"]
        assert [each["role"] for each in sent] == ["user"]


# --- Parameters ---


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (ServerKind.VLLM, {"top_k": 0, "min_p": 0.01, "seed": 7}),
        (ServerKind.LLAMA_SERVER, {"top_k": 0, "min_p": 0.01, "seed": 7}),
        (ServerKind.SGLANG, {"top_k": -1, "min_p": 0.01, "seed": 7}),
        (ServerKind.OLLAMA, {"seed": 7}),
        (ServerKind.TRANSFORMERS, {"seed": 7}),
        (ServerKind.OTHER, {"seed": 7}),
    ],
)
def test_only_samplers_that_a_server_knows_are_sent(kind: ServerKind, known: Json) -> None:
    sent = body(kind=kind, sampling=Sampling(0.5, 0.9, seed=7))
    names = ("temperature", "top_p", "top_k", "min_p", "seed")
    drawn = {name: sent[name] for name in names if name in sent}
    assert drawn == {"temperature": 0.5, "top_p": 0.9, **known}


def test_openai_gets_only_what_differs_from_its_own() -> None:
    sent = body(kind=ServerKind.OPENAI, sampling=Sampling(seed=7, max_tokens=9), model=OTHER)
    assert not {"temperature", "top_p", "top_k", "min_p", "seed", "max_tokens"} & set(sent)
    assert sent["max_output_tokens"] == 9
    assert (sent["store"], sent["include"]) == (False, ["reasoning.encrypted_content"])
    assert sent["reasoning"] == {"effort": "medium", "summary": "auto"}
    assert body(kind=ServerKind.OPENAI, sampling=Sampling(0.5))["temperature"] == 0.5
    assert "include" not in body(kind=ServerKind.LM_STUDIO)


def test_the_effort_is_where_a_server_looks_for_it() -> None:
    sent = body(kind=ServerKind.TRANSFORMERS, effort=Effort.HIGH)
    assert sent["chat_template_kwargs"] == {"reasoning_effort": "high"}
    assert "reasoning_effort" not in sent
    assert sent["max_tokens"] > 1024, "its own limit is that"
    assert "effort" not in json.dumps(body(kind=ServerKind.LLAMA_CPP_PYTHON))
    assert body(effort=Effort.LOW)["reasoning_effort"] == "low"


def test_which_function_may_be_called() -> None:
    assert [each["function"]["name"] for each in body(tools=(LOOK,))["tools"]] == ["look", "see"]
    assert "tool_choice" not in body(tools=(LOOK,))
    assert "tools" not in body(tools=(LOOK,), tool_choice=ToolChoice.NONE)
    needed = body(tools=(LOOK,), tool_choice=ToolChoice.REQUIRED)
    assert needed["tool_choice"] == "required"
    named = body(tools=(LOOK,), tool_choice="see", kind=ServerKind.LM_STUDIO)
    assert named["tool_choice"] == "required"
    assert [(each["name"], each["strict"]) for each in named["tools"]] == [("see", False)]
    for kind, choice in (
        (ServerKind.OLLAMA, ToolChoice.REQUIRED),
        (ServerKind.OLLAMA, "look"),
        (ServerKind.VLLM, "no_such"),
    ):
        with pytest.raises(RequestUnsupported):
            body(tools=(LOOK,), tool_choice=choice, kind=kind)


def test_the_shape_of_an_answer() -> None:
    shaped = body(response_schema=SCHEMA)["response_format"]
    assert shaped["type"] == "json_schema"
    assert shaped["json_schema"]["schema"] == json.loads(SCHEMA)
    assert shaped["json_schema"]["strict"] is True
    assert body(response_schema="{}")["response_format"] == {"type": "json_object"}
    flat = body(response_schema="{}", kind=ServerKind.LM_STUDIO)["text"]["format"]
    assert (flat["type"], flat["schema"]) == ("json_schema", {"type": "object"})
    for kind in (ServerKind.TRANSFORMERS, ServerKind.LLAMA_CPP_PYTHON):
        with pytest.raises(RequestUnsupported):
            body(response_schema=SCHEMA, kind=kind)


# --- Refusals ---


def refused(*names: str, status: int = 400) -> RequestRefused:
    return RequestRefused(URL, status, "", ", ".join(names))


def test_what_is_refused_is_left_out_from_then_on() -> None:
    known, endpoint = Refusals(), Endpoint(URL, "m")
    sent = body(sampling=Sampling(seed=7))
    assert not known.learn(endpoint, sent, refused("messages", "model", "tools"))
    assert not known.learn(endpoint, sent, refused("seed", status=500))
    assert known.learn(endpoint, sent, refused("top_k", "min_p", status=422))
    assert not known.learn(endpoint, sent, refused("top_k")), "it is no news"
    assert known.learn(endpoint, sent, refused("body.reasoning_effort"))
    left, names = known.without(endpoint, sent)
    assert set(sent) - set(left) == {"top_k", "min_p", "reasoning_effort"}
    assert names == ("reasoning_effort", "top_k", "min_p")
    assert not known.takes_effort(endpoint, "medium")
    assert known.takes_effort(endpoint, "high"), "another value may be accepted"
    other = Endpoint(URL, "n")
    assert known.without(other, sent) == (sent, ())


def test_the_limit_has_a_new_name() -> None:
    known, endpoint = Refusals(), Endpoint(URL, "m")
    sent = body(sampling=Sampling(max_tokens=9))
    known.learn(endpoint, sent, refused("max_tokens"))
    left, names = known.without(endpoint, sent)
    assert (left["max_completion_tokens"], "max_tokens" in left, names) == (9, False, ())


def test_a_part_of_an_object_is_left_out() -> None:
    known, endpoint = Refusals(), Endpoint(URL, "m")
    sent = body(kind=ServerKind.OPENAI)
    known.learn(endpoint, sent, refused("reasoning.summary"))
    assert known.without(endpoint, sent)[0]["reasoning"] == {"effort": "medium"}
    known.learn(endpoint, sent, refused("reasoning.effort"))
    left, names = known.without(endpoint, sent)
    assert ("reasoning" in left, names) == (False, ("reasoning_effort",))
    sent = body(kind=ServerKind.TRANSFORMERS)
    known.learn(endpoint, sent, refused("chat_template_kwargs"))
    left, names = known.without(endpoint, sent)
    assert ("chat_template_kwargs" in left, names) == (False, ("reasoning_effort",))


def test_an_interface_may_be_missing() -> None:
    known, endpoint = Refusals(), Endpoint(URL, "m")
    assert known.takes_responses(endpoint)
    assert not known.learn(endpoint, body(), ServerForeign(URL, ""))
    assert known.learn(endpoint, body(kind=ServerKind.LM_STUDIO), ServerForeign(URL, ""))
    assert not known.takes_responses(endpoint)
