"""Anthropic's Messages: what is read of a request, and how its answer is written."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.answer_events import StopReason
from app.base.types import Effort, Message, Part, PartKind, Role, ToolChoice
from app.server.api_error import ApiError
from app.server.dialect import Reply, Served
from app.server.fields import JsonObject
from app.server.messages.message_reply import MessageReply
from app.server.messages.messages_dialect import messages_dialects
from app.server.messages.tool_inputs import tool_input
from app.server.pieces import (
    Answer,
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Piece,
    Usage,
)
from tests.fakes.api import MODEL, NAME, Api
from tests.fakes.pieces import whole_answer
from tests.fakes.served_engine import ServedEngine, served_engine

PATH = "/v1/messages"
WEATHER: JsonObject = {
    "name": "get_weather",
    "description": "Return the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
THINKING = {"type": "adaptive"}
CALL = 'call get_weather {"city": "Rome"}'


def user(*content: object) -> JsonObject:
    """Return a question: a text, or blocks."""
    given = list(content) or ["Hello"]
    return {"role": "user", "content": given[0] if isinstance(given[0], str) else given}


def assistant(*blocks: object) -> JsonObject:
    return {"role": "assistant", "content": list(blocks)}


def use(name: str = "get_weather", given: object = None, id: str = "t1") -> JsonObject:
    return {"type": "tool_use", "id": id, "name": name, "input": given or {"city": "Rome"}}


def result(content: object = "Sunny", id: str = "t1", **more: object) -> JsonObject:
    return {"type": "tool_result", "tool_use_id": id, "content": content, **more}


def text(said: str) -> JsonObject:
    return {"type": "text", "text": said}


def read(*messages: JsonObject, **body: object) -> MessageReply:
    asked = {"model": NAME, "max_tokens": 1000, "messages": list(messages) or [user()], **body}
    reply = messages_dialects()[PATH].read(json.loads(json.dumps(asked)), Served(MODEL, NAME))
    assert isinstance(reply, MessageReply)
    return reply


def refused(*messages: JsonObject, **body: object) -> tuple[str | None, str | None]:
    """Return the param and the code of a refusal."""
    with pytest.raises(ApiError) as caught:
        read(*messages, **body)
    assert caught.value.status == 400
    return caught.value.param, caught.value.code


def said(*messages: JsonObject, **body: object) -> list[tuple[str, str, str]]:
    """Return the parts of the conversation as the engine gets it, with their roles."""
    return [
        (message.role.value, part.kind.value, part.text)
        for message in read(*messages, **body).request.messages
        for part in message.parts
    ]


class Asking:
    """Asks the scripted engine over the application."""

    def __init__(self, engine: ServedEngine | None = None) -> None:
        self.engine = engine or ServedEngine()
        self.api = Api.over(served_engine(self.engine))

    def __call__(self, *messages: JsonObject, path: str = PATH, **body: object) -> Any:
        asked = {"model": NAME, "max_tokens": 1000, "messages": list(messages), **body}
        return self.api.post(path, asked).json

    def stream(self, *messages: JsonObject, **body: object) -> list[Any]:
        asked = {"model": NAME, "max_tokens": 1000, "messages": list(messages), **body}
        answer = self.api.post(f"{PATH}?beta=true", asked | {"stream": True})
        found = list(answer.events())
        assert [name for name, _ in found] == [data["type"] for _, data in found]
        return [data for _, data in found if data["type"] != "ping"]


@pytest.fixture
def ask() -> Asking:
    return Asking()


def added(events: list[Any]) -> Any:
    """Return the message that the events of a stream make, as the SDKs add them."""
    message: Any = events[0]["message"]
    written: dict[int, str] = {}
    for event in events[1:]:
        match event["type"]:
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append(event["content_block"])
            case "content_block_delta":
                block, delta = message["content"][event["index"]], dict(event["delta"])
                kind = delta.pop("type").removesuffix("_delta")
                if kind == "input_json":
                    before = written.get(event["index"], "")
                    written[event["index"]] = before + delta["partial_json"]
                else:
                    block[kind] += delta[kind]
            case "content_block_stop" if event["index"] in written:
                message["content"][event["index"]]["input"] = json.loads(written[event["index"]])
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= event["usage"]
    return message


# --- Answers ------------------------------------------------------------------------------------


def test_a_whole_answer_has_all_fields(ask: Asking) -> None:
    answer = ask(user("Hello"))
    usage = answer["usage"]
    assert answer == {
        "id": answer["id"],
        "type": "message",
        "role": "assistant",
        "model": NAME,
        "content": [{"type": "text", "text": "You said: Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "container": None,
        "usage": usage,
    }
    assert answer["id"].startswith("msg_")
    assert answer["id"] != ask(user("Hello"))["id"]
    assert usage["input_tokens"] > 100
    assert usage["output_tokens"] > usage["output_tokens_details"]["thinking_tokens"] > 10


def test_what_was_cached_of_a_prompt_counts_by_itself(ask: Asking) -> None:
    first = ask(user("Hello"))["usage"]
    again = ask(user("Hello"))["usage"]
    assert again["cache_read_input_tokens"] > 100
    whole = again["input_tokens"] + again["cache_read_input_tokens"]
    assert whole == first["input_tokens"] + first["cache_read_input_tokens"]


@pytest.mark.parametrize("thinking", [None, THINKING, {**THINKING, "display": "omitted"}])
@pytest.mark.parametrize("question", ["Hello", f"preamble, {CALL}", "unicode", "silent, hello"])
def test_a_streamed_answer_is_the_whole_one(ask: Asking, question: str, thinking: object) -> None:
    body: JsonObject = {"tools": [WEATHER], "thinking": thinking}
    whole, streamed = ask(user(question), **body), added(ask.stream(user(question), **body))
    for answer in (whole, streamed):
        answer["usage"] = sum(
            answer["usage"][n] for n in ("input_tokens", "cache_read_input_tokens")
        )
        answer["id"] = ""
        for block in answer["content"]:
            block.pop("id", None)
    assert streamed == whole


def test_events_come_in_anthropics_order(ask: Asking) -> None:
    kinds = [event["type"] for event in ask.stream(user("Hello"), thinking=THINKING)]
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    once = [kind for at, kind in enumerate(kinds) if kinds[at - 1 : at] != [kind]]
    assert once == ["message_start", *block, *block, "message_delta", "message_stop"]


def test_thinking_is_shown_only_if_it_was_asked_for(ask: Asking) -> None:
    assert [block["type"] for block in ask(user("Hello"))["content"]] == ["text"]
    thought, _ = ask(user("Hello"), thinking=THINKING)["content"]
    assert thought == {
        "type": "thinking",
        "thinking": "The user asks something. Effort medium.",
        "signature": "fs1",
    }
    hidden, _ = ask(user("Hello"), thinking=THINKING | {"display": "omitted"})["content"]
    assert hidden["thinking"] == ""
    replayed = said(user(), assistant(hidden, use()), user(result()))
    assert replayed[1] == ("assistant", "reasoning", thought["thinking"])


def test_a_call_ends_an_answer(ask: Asking) -> None:
    answer = ask(user(f"preamble, {CALL}"), tools=[WEATHER])
    aside, call = answer["content"]
    assert answer["stop_reason"] == "tool_use"
    assert aside["text"] == "I look that up."
    assert (call["type"], call["name"], call["input"]) == (
        "tool_use",
        "get_weather",
        {"city": "Rome"},
    )
    done = ask(
        user(f"preamble, {CALL}"),
        {"role": "assistant", "content": answer["content"]},
        user({"type": "tool_result", "tool_use_id": call["id"], "content": [text("Sunny")]}),
        tools=[WEATHER],
    )
    assert done["stop_reason"] == "end_turn"
    assert done["content"][0]["text"] == "The tools say: Sunny"


def test_the_prompt_goes_on_as_the_model_wrote_it(ask: Asking) -> None:
    question = user(f"preamble, {CALL}")
    answer = ask(question, tools=[WEATHER])
    results = user(*(result(id=block["id"]) for block in answer["content"][1:]))
    done = ask(question, assistant(*answer["content"]), results, tools=[WEATHER])
    asked = ask.engine.requests[-1].messages[1]
    assert [(part.kind, part.text) for part in asked.parts[:3]] == [
        (PartKind.REASONING, "The user asks something. Effort medium."),
        (PartKind.TEXT, "I look that up."),
        (PartKind.CALL, '{"city": "Rome"}'),
    ]
    before = (
        answer["usage"]["input_tokens"]
        + answer["usage"]["output_tokens_details"]["thinking_tokens"]
    )
    assert done["usage"]["cache_read_input_tokens"] > before


def test_an_eager_tool_gets_its_input_as_it_is_drawn(ask: Asking) -> None:
    def fragments(**more: object) -> list[str]:
        events = ask.stream(user(CALL), tools=[WEATHER | more])
        found = (event["delta"] for event in events if event["type"] == "content_block_delta")
        return [delta["partial_json"] for delta in found if "partial_json" in delta]

    assert fragments() == ['{"city":"Rome"}']
    assert "".join(fragments(eager_input_streaming=True)) == '{"city": "Rome"}'
    assert len(fragments(eager_input_streaming=True)) > 1


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("", {}),
        ('{"a": [1, null]}', {"a": [1, None]}),
        ('{"a": "line\nline"}', {"a": "line\nline"}),
        ('{"a": "\\ud83d"}', {"a": "?"}),
        ('{"a": NaN}', {"INVALID_JSON": '{"a": NaN}'}),
        ('{"a": ', {"INVALID_JSON": '{"a": '}),
        ("[1]", {"INVALID_JSON": "[1]"}),
        ("[" * 100_000, {"INVALID_JSON": "[" * 100_000}),
    ],
)
def test_the_input_of_a_call_is_an_object(written: str, given: object) -> None:
    assert tool_input(written) == given


def test_a_stop_sequence_ends_the_answer(ask: Asking) -> None:
    question, stops = user('say "one, two, three"'), ["four", " three", "three"]
    for answer in (
        ask(question, stop_sequences=stops),
        added(ask.stream(question, stop_sequences=stops)),
    ):
        assert answer["content"][0]["text"] == "one, two,"
        assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", " three")


def test_the_size_of_the_prompt_is_told_at_once(ask: Asking) -> None:
    begun, *_, ended, _ = ask.stream(user("Hello"))
    usage = ended["usage"]
    assert begun["message"]["usage"]["input_tokens"] == usage["input_tokens"]
    assert usage["input_tokens"] > 100


def test_a_message_begins_before_any_ping() -> None:
    reply = read(stream=True)
    assert list(reply.begun()) == []
    first = reply.ping()
    assert first.startswith(b"event: message_start\n")
    assert first.endswith(b'event: ping\ndata: {"type": "ping"}\n\n')
    assert reply.ping() == b'event: ping\ndata: {"type": "ping"}\n\n'


@pytest.mark.parametrize(
    ("reason", "drawn", "told"),
    [
        (StopReason.END, 5, "end_turn"),
        (StopReason.CANCELLED, 5, "end_turn"),
        (StopReason.CALL, 5, "tool_use"),
        (StopReason.LENGTH, 1000, "max_tokens"),
        (StopReason.LENGTH, 400, "model_context_window_exceeded"),
    ],
)
def test_the_reason_of_the_end_is_told(reason: StopReason, drawn: int, told: str) -> None:
    answer = Answer((Item(ItemKind.TEXT, "Hi"),), reason, Usage(generated=drawn))
    assert read().whole(answer)["stop_reason"] == told


def test_an_answer_without_text_has_no_empty_block() -> None:
    pieces: list[Piece] = [
        ItemBegun(Item(ItemKind.REASONING)),
        ItemText("Hm."),
        ItemEnded(Item(ItemKind.REASONING, "Hm.")),
        ItemBegun(Item(ItemKind.TEXT)),
        ItemEnded(Item(ItemKind.TEXT)),
        AnswerEnded(StopReason.END, Usage()),
    ]
    assert read().whole(whole_answer(pieces))["content"] == []
    reply: Reply = read(stream=True)
    events = b"".join(data for piece in pieces for data in reply.piece(piece)).decode()
    assert events.count("event: ") == events.count("event: message_") == 3


def test_a_failed_stream_ends_in_an_error_of_anthropics(ask: Asking) -> None:
    events = ask.stream(user("dies"))
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == "api_error"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
    ],
)
def test_errors_have_anthropics_form(status: int, kind: str) -> None:
    told = messages_dialects()[PATH].error(ApiError(status, "It is so."))
    assert told == {"type": "error", "error": {"type": kind, "message": "It is so."}}


def test_an_error_s_code_is_told_as_anthropics_are(ask: Asking) -> None:
    """Their SDKs try once more without a thread, by this code."""
    told = ask(user(), thread={"type": "create"})["error"]
    assert told["details"] == {"error_code": "thread_unsupported_request"}


def test_a_prompt_that_is_too_long_is_told_in_the_words_that_agents_look_for() -> None:
    ask = Asking(ServedEngine(context=1000))
    told = ask(user("word " * 1000))["error"]
    assert re.search(r"prompt is too long: \d+ tokens > 1000 maximum", told["message"])
    counted = ask(user("word " * 1000), path=f"{PATH}/count_tokens")
    assert counted["input_tokens"] > 5000


def test_another_model_is_not_found(ask: Asking) -> None:
    told = ask(user(), model="claude-sonnet")
    assert (told["type"], told["error"]["type"]) == ("error", "not_found_error")
    assert NAME in told["error"]["message"]


# --- Requests -----------------------------------------------------------------------------------


def test_blocks_become_parts_in_their_order() -> None:
    assert said(
        user(text("One"), text(""), text("Two")),
        assistant(
            {"type": "thinking", "thinking": "Hm.", "signature": "theirs"},
            {"type": "redacted_thinking", "data": "theirs"},
            text("I look."),
            use(given={"city": "Rom", "day": 1}),
            use("clock", {"zone": "UTC"}, "t2"),
        ),
        user(result(), result([text("12:00"), text("UTC")], "t2", is_error=True), text("And?")),
        {"role": "system", "content": "Be brief."},
        system=[
            text("You help."),
            text("You are kind.") | {"cache_control": {"type": "ephemeral"}},
        ],
        tools=[WEATHER],
    ) == [
        ("system", "text", "You help.\n\nYou are kind."),
        ("user", "text", "One"),
        ("user", "text", "Two"),
        ("assistant", "reasoning", "Hm."),
        ("assistant", "text", "I look."),
        ("assistant", "call", '{"city":"Rom","day":1}'),
        ("assistant", "call", '{"zone":"UTC"}'),
        ("tool", "result", "Sunny"),
        ("tool", "result", "Error: 12:00\n\nUTC"),
        ("user", "text", "And?"),
        ("system", "text", "Be brief."),
    ]


def test_calls_and_results_have_their_names() -> None:
    messages = read(user(), assistant(text("I look."), use()), user(result())).request.messages
    assert messages[1:] == (
        Message(
            Role.ASSISTANT,
            (
                Part("I look.", format_data="commentary"),
                Part(
                    '{"city":"Rome"}',
                    PartKind.CALL,
                    "functions.get_weather",
                    "t1",
                    "commentary json",
                ),
            ),
        ),
        Message(Role.TOOL, (Part("Sunny", PartKind.RESULT, "functions.get_weather", "t1"),)),
    )


def test_what_claude_code_writes_for_anthropics_accounts_is_left_out() -> None:
    billing = "x-anthropic-billing-header: cc_version=2.1.197.1c0; cc_entrypoint=cli; cch=a5145;"
    assert said(system=[text(billing), text("You help.")])[0] == ("system", "text", "You help.")
    assert said(system=f"{billing}You help.")[0] == ("system", "text", "You help.")
    assert said(system=billing)[0] == ("user", "text", "Hello")


def test_documents_and_search_results_are_read_as_files() -> None:
    plain = {"type": "text", "media_type": "text/plain", "data": "All of it."}
    found = {"type": "search_result", "title": "Rome", "source": "x.org", "content": [text("Sun")]}
    given = user({"type": "document", "source": plain, "title": "notes.txt"}, found)
    (message,) = read(given).request.messages
    assert [(part.kind, part.name, part.text) for part in message.parts] == [
        (PartKind.FILE, "notes.txt", "All of it."),
        (PartKind.FILE, "Rome (x.org)", "Sun"),
    ]
    parts = said(user(), assistant(use()), user(result([found])))
    assert parts[-1] == ("tool", "result", "Rome (x.org):\n```\nSun\n```")


def test_the_model_is_told_of_a_tools_image() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A"}}
    parts = said(user(), assistant(use()), user(result([text("Here:"), image])))
    assert (
        parts[-1][2]
        == "Here:\n\n(An image was returned, which cannot be shown here: only text can.)"
    )
    assert refused(user(image)) == ("messages[0].content[0].type", "unsupported_content")


@pytest.mark.parametrize(
    ("body", "effort"),
    [
        ({}, Effort.MEDIUM),
        ({"thinking": {"type": "disabled"}}, Effort.LOW),
        ({"thinking": THINKING}, Effort.MEDIUM),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, Effort.LOW),
        ({"thinking": {"type": "enabled", "budget_tokens": 10_000}}, Effort.MEDIUM),
        ({"thinking": {"type": "enabled", "budget_tokens": 31_999}}, Effort.HIGH),
        ({"output_config": {"effort": "low"}}, Effort.LOW),
        ({"output_config": {"effort": "max"}, "thinking": THINKING}, Effort.HIGH),
        ({"output_config": {"effort": "low"}, "thinking": {"type": "disabled"}}, Effort.LOW),
    ],
)
def test_the_effort_follows_from_thinking(body: JsonObject, effort: Effort) -> None:
    assert read(**body).request.effort is effort


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (None, ToolChoice.AUTO),
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice.AUTO),
        ({"type": "any"}, ToolChoice.REQUIRED),
        ({"type": "none"}, ToolChoice.NONE),
        ({"type": "tool", "name": "get_weather"}, "get_weather"),
    ],
)
def test_tools_and_their_choice(choice: object, meant: object) -> None:
    request = read(tools=[WEATHER | {"strict": True}], tool_choice=choice).request
    assert request.tool_choice == meant
    (function,) = request.tools[0].functions
    assert (request.tools[0].name, function.name, function.strict) == (
        "functions",
        "get_weather",
        True,
    )
    assert json.loads(function.schema) == WEATHER["input_schema"]


def test_an_answer_by_a_schema_is_asked_for_by_both_names() -> None:
    shape = {"type": "json_schema", "schema": {"type": "object"}}
    for body in ({"output_config": {"format": shape}}, {"output_format": shape}):
        assert read(**body).request.response_schema == '{"type": "object"}'


def test_all_of_claude_codes_request_is_taken() -> None:
    reply = read(
        metadata={"user_id": "someone"},
        max_tokens=32_000,
        thinking=THINKING,
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        output_config={"effort": "high"},
        stream=True,
        temperature=1,
        betas=["claude-code-20250219"],
    )
    assert reply.streamed
    assert reply.request.sampling.max_tokens == 32_000


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"max_tokens": None}, "max_tokens", "missing_required_parameter"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "user", "content": []}]}, "messages", "invalid_value"),
        ({"messages": [{"role": "bogus", "content": "Hi"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ({"messages": [user(result())]}, "messages[0].content[0].tool_use_id", "invalid_value"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"stop_sequences": [""]}, "stop_sequences[0]", "invalid_value"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens", "missing_required_parameter"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort", "invalid_value"),
        ({"tool_choice": {"type": "any"}}, "tool_choice", "invalid_value"),
        ({"tools": [WEATHER, WEATHER]}, "tools[1].name", "invalid_value"),
        ({"tools": [{"name": "f"}]}, "tools[0].input_schema", "missing_required_parameter"),
        (
            {"tools": [{"type": "bash_20250124", "name": "bash"}]},
            "tools[0].type",
            "unsupported_value",
        ),
        ({"mcp_servers": [{"url": "https://x.org"}]}, "mcp_servers", "unsupported_value"),
        (
            {"context_management": {"edits": [{"type": "compact_20260112"}]}},
            "context_management.edits[0].type",
            "unsupported_value",
        ),
        ({"thread": {"type": "create"}}, "thread", "thread_unsupported_request"),
        ({"telepathy": True}, "telepathy", "unknown_parameter"),
    ],
)
def test_what_is_wrong_or_unsupported_is_refused(body: JsonObject, param: str, code: str) -> None:
    assert refused(**body) == (param, code)


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split())


WORDS = words(
    "user assistant system text thinking redacted_thinking tool_use tool_result document image "
    "search_result tool_reference content custom enabled adaptive disabled auto any none tool "
    "json_schema t1 f high fs1:SGk= fs1:? x-anthropic-billing-header:a=b;"
)
NAMES = words(
    "role content type text thinking signature data id name input tool_use_id is_error source "
    "title media_type budget_tokens display effort format schema edits input_schema description "
    "strict tool_name"
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.floats() | WORDS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES, each, max_size=5),
    max_leaves=20,
)
MEMBERS = words(
    "system thinking tools tool_choice output_config output_format temperature stop_sequences "
    "max_tokens context_management stream metadata container"
)


@given(st.dictionaries(MEMBERS, VALUES, max_size=4), st.lists(VALUES, max_size=3), st.booleans())
def test_whatever_is_sent_is_read_or_refused(
    body: JsonObject, blocks: list[Any], answered: bool
) -> None:
    messages = [user("Hi"), assistant(use()), user(result())] if answered else []
    messages += [{"role": "user", "content": blocks}, *(b for b in blocks if isinstance(b, dict))]
    asked = {"model": NAME, "max_tokens": 5, "messages": messages, **body}
    with suppress(ApiError):
        messages_dialects()[PATH].read(asked, Served(MODEL, NAME))


# --- Counting -----------------------------------------------------------------------------------


def test_the_count_is_that_of_the_prompt_as_it_is_rendered(ask: Asking) -> None:
    question = user(f"preamble, {CALL}")
    body: JsonObject = {"system": "Be brief.", "tools": [WEATHER], "thinking": THINKING}
    answer = ask(question, **body)
    talk = [question, assistant(*answer["content"]), user(result(id=answer["content"][-1]["id"]))]
    for messages in (talk[:1], talk, [*talk, assistant(text("Sunny")), user("And?")]):
        told = ask(*messages, path=f"{PATH}/count_tokens", max_tokens=None, **body)
        usage = ask(*messages, **body)["usage"]
        assert told == {"input_tokens": usage["input_tokens"] + usage["cache_read_input_tokens"]}


def test_a_model_is_loaded_to_count() -> None:
    engine = ServedEngine(loaded=False)
    ask = Asking(engine)
    told = ask(user(), path=f"{PATH}/count_tokens")
    assert told["input_tokens"] == ask(user())["usage"]["input_tokens"]
    assert engine.loads == [MODEL]
