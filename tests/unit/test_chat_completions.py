"""Chat Completions: what is read of a request, and how its answer is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.answer_events import StopReason
from app.base.types import Effort, PartKind, Role, Sampling, ToolChoice
from app.server.api_error import ApiError
from app.server.chat.chat_completions import ChatCompletions
from app.server.chat.completion_reading import CompletionStyle
from app.server.chat.completion_reply import CompletionReply
from app.server.dialect import Reply, Served
from app.server.fields import JsonObject
from app.server.pieces import (
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

PATH = "/v1/chat/completions"
WEATHER: JsonObject = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Return the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
CLOCK: JsonObject = {"type": "function", "function": {"name": "clock", "strict": True}}
PERSON: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


def user(text: str = "Hello") -> JsonObject:
    return {"role": "user", "content": text}


def call(name: str = "get_weather", arguments: str = '{"city": "Rome"}', id: str = "c1") -> Any:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calls(*made: JsonObject, **more: object) -> JsonObject:
    return {"role": "assistant", "content": None, "tool_calls": list(made), **more}


def result(text: str = "Sunny", id: str = "c1") -> JsonObject:
    return {"role": "tool", "tool_call_id": id, "content": text}


def read(*messages: JsonObject, **body: object) -> Reply:
    whole: JsonObject = {"model": NAME, "messages": list(messages) or [user()], **body}
    return ChatCompletions().read(json.loads(json.dumps(whole)), Served(MODEL, NAME))


def refused(*messages: JsonObject, **body: object) -> tuple[str | None, str | None]:
    """Return the param and the code of a refusal."""
    with pytest.raises(ApiError) as caught:
        read(*messages, **body)
    assert caught.value.status == 400
    return caught.value.param, caught.value.code


class Asking:
    """Asks the scripted engine over the application."""

    def __init__(self) -> None:
        self.engine = ServedEngine()
        self._api = Api.over(served_engine(self.engine))

    def __call__(self, *messages: JsonObject, **body: object) -> Any:
        return self._api.post(PATH, {"model": NAME, "messages": list(messages), **body}).json

    def stream(self, *messages: JsonObject, **body: object) -> list[Any]:
        asked = {"model": NAME, "messages": list(messages), "stream": True, **body}
        answer = self._api.post(PATH, asked)
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [data for _, data in answer.events()]


@pytest.fixture
def ask() -> Asking:
    return Asking()


def added(chunks: list[Any]) -> JsonObject:
    """Return the message that the chunks of a stream make, as clients add them."""
    message: JsonObject = {}
    tools: list[Any] = []
    for chunk in chunks:
        for choice in chunk["choices"] if chunk != "[DONE]" else ():
            for key, value in choice["delta"].items():
                if key == "tool_calls":
                    for made in value:
                        if made["index"] == len(tools):
                            tools.append({k: v for k, v in made.items() if k != "index"})
                        else:
                            function = tools[made["index"]]["function"]
                            function["arguments"] += made["function"]["arguments"]
                elif isinstance(value, str) and key != "role":
                    message[key] = message.get(key, "") + value
                else:
                    message[key] = value
    return message | ({"tool_calls": tools} if tools else {})


# --- Answers ------------------------------------------------------------------------------------


def test_a_whole_answer_has_all_fields(ask: Asking) -> None:
    answer = ask(user("Hello"))
    assert answer["id"].startswith("chatcmpl-")
    assert isinstance(answer["created"], int)
    (choice,) = answer["choices"]
    assert {name: answer[name] for name in ("object", "model", "service_tier")} == {
        "object": "chat.completion",
        "model": NAME,
        "service_tier": "default",
    }
    assert choice == {
        "index": 0,
        "message": {
            "role": "assistant",
            "content": "You said: Hello",
            "refusal": None,
            "annotations": [],
            "reasoning": "The user asks something. Effort medium.",
            "reasoning_content": "The user asks something. Effort medium.",
        },
        "logprobs": None,
        "finish_reason": "stop",
    }
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 0
    assert ask(user("Hello"))["usage"]["prompt_tokens_details"]["cached_tokens"] > 0
    assert "reasoning" not in ask(user("silent"))["choices"][0]["message"]


@pytest.mark.parametrize("question", [
    "Hello", "silent", "unicode", "preamble Hello",
    'preamble both get_weather {"city": "Rome"} and clock {}',
])  # fmt: skip
def test_a_stream_adds_up_to_the_whole_answer(ask: Asking, question: str) -> None:
    tools = [WEATHER, CLOCK]
    whole = ask(user(question), tools=tools)["choices"][0]
    chunks = ask.stream(user(question), tools=tools)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert chunks[-1] == "[DONE]"
    assert chunks[-2]["choices"][0]["delta"] == {}
    assert chunks[-2]["choices"][0]["finish_reason"] == whole["finish_reason"]
    made, message = added(chunks), whole["message"]
    for each in (made, message):
        for tool in each.get("tool_calls", ()):
            tool.pop("id")
    del message["annotations"]
    assert made == message | {"content": message["content"] or ""}
    assert len({chunk["id"] for chunk in chunks[:-1]}) == 1
    assert all("usage" not in chunk for chunk in chunks[:-1])


def test_a_stream_ends_with_the_usage_if_that_is_wanted(ask: Asking) -> None:
    *chunks, last, done = ask.stream(user(), stream_options={"include_usage": True})
    assert done == "[DONE]"
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] > 0


def test_calls_go_to_the_client_and_their_results_come_back(ask: Asking) -> None:
    question = user('preamble both get_weather {"city": "Rome"} and clock {}')
    (choice,) = ask(question, tools=[WEATHER, CLOCK])["choices"]
    message = choice["message"]
    assert choice["finish_reason"] == "tool_calls"
    assert message["content"] == "I look that up."
    made = message["tool_calls"]
    assert [c["function"]["name"] for c in made] == ["get_weather", "clock"]
    assert made[0]["function"]["arguments"] == '{"city": "Rome"}'
    assert len({c["id"] for c in made}) == 2
    results = [result("Sunny", made[0]["id"]), result("Noon", made[1]["id"])]
    (choice,) = ask(question, message, *results, tools=[WEATHER, CLOCK])["choices"]
    assert choice["message"]["content"] == "The tools say: Sunny; Noon"
    assert choice["finish_reason"] == "stop"


def test_what_has_to_be_called_is_called_after_results_too(ask: Asking) -> None:
    from tests.fakes.engine import FORMAT

    question, body = user("Hello"), {"tools": [WEATHER], "tool_choice": "required"}
    message = ask(question, **body)["choices"][0]["message"]
    told = result("Sunny", message["tool_calls"][0]["id"])
    for sent in (message, message | {"reasoning": "Other.", "reasoning_content": "Other."}):
        ask(question, sent, told, **body)
        grammar = FORMAT.grammar(ask.engine.requests[-1])
        assert grammar
        assert "final" not in grammar.text


def test_a_client_that_wants_one_call_gets_one(ask: Asking) -> None:
    question = user('silent both get_weather {"city": "Rome"} and clock {}')
    body = {"tools": [WEATHER, CLOCK], "parallel_tool_calls": False}
    (choice,) = ask(question, **body)["choices"]
    assert [c["function"]["name"] for c in choice["message"]["tool_calls"]] == ["get_weather"]
    message = added(ask.stream(question, **body))
    assert [c["function"]["name"] for c in message["tool_calls"]] == ["get_weather"]


def test_what_has_to_be_json_is_json(ask: Asking) -> None:
    shape = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}
    question = user("preamble Ask Ada")
    for made in (
        ask(question, response_format=shape, tools=[CLOCK])["choices"][0]["message"],
        added(ask.stream(question, response_format=shape, tools=[CLOCK])),
    ):
        assert json.loads(made["content"]).keys() == {"name"}
        assert made["reasoning"].endswith("I look that up.")


def test_reasoning_can_be_left_out(ask: Asking) -> None:
    for body in ({"include_reasoning": False}, {"reasoning": {"exclude": True}}):
        message = ask(user("Hello"), **body)["choices"][0]["message"]
        assert "reasoning" not in message
        assert message["content"] == "You said: Hello"


def test_an_answer_ends_before_a_stop_text_and_where_tokens_end(ask: Asking) -> None:
    (choice,) = ask(user("one two three"), stop=["two"])["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("You said: one ", "stop")
    (choice,) = ask(user("silent"), max_completion_tokens=12)["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("You s", "length")


def test_a_failure_within_a_stream_is_its_last_event(ask: Asking) -> None:
    *_, last = ask.stream(user("long dies"))
    assert last["error"]["type"] == "server_error"


def reply_to(*pieces: Piece, **style: bool) -> tuple[JsonObject, JsonObject]:
    """Return the message of an answer, as a whole and out of a stream."""
    request = read().request
    whole = CompletionReply(request, CompletionStyle(**style), NAME).whole(whole_answer(pieces))
    streamed = CompletionReply(request, CompletionStyle(streamed=True, **style), NAME)
    chunks = [line for piece in pieces for line in streamed.piece(piece)]
    data = [json.loads(line.removeprefix(b"data: ")) for line in chunks[:-1]]
    return whole["choices"][0], added(data) | {"reason": data[-1]["choices"][0]["finish_reason"]}


@pytest.mark.parametrize("texts", [[], [" ", "\n"]])
def test_a_call_without_arguments_has_an_empty_object(texts: list[str]) -> None:
    item = Item(ItemKind.CALL, "".join(texts), "clock", "call_1")
    ended = AnswerEnded(StopReason.CALL, Usage())
    whole, streamed = reply_to(
        ItemBegun(Item(ItemKind.CALL, "", "clock", "call_1")),
        *map(ItemText, texts),
        ItemEnded(item),
        ended,
    )
    expected = [call("clock", "{}", "call_1")]
    assert whole["message"]["tool_calls"] == streamed["tool_calls"] == expected
    assert whole["message"]["content"] is None


def test_texts_of_one_field_have_an_empty_line_between_them() -> None:
    pieces: list[Piece] = []
    for kind, text in (
        (ItemKind.REASONING, "One."),
        (ItemKind.PREAMBLE, "Look."),
        (ItemKind.REASONING, "Two."),
        (ItemKind.TEXT, "So."),
    ):
        pieces += [ItemBegun(Item(kind)), ItemText(text), ItemEnded(Item(kind, text))]
    whole, streamed = reply_to(*pieces, AnswerEnded(StopReason.END, Usage()))
    assert whole["message"]["content"] == streamed["content"] == "Look.\n\nSo."
    assert whole["message"]["reasoning"] == streamed["reasoning"] == "One.\n\nTwo."


@pytest.mark.parametrize(("reason", "told"), [
    (StopReason.END, "stop"), (StopReason.STOP_TEXT, "stop"), (StopReason.LENGTH, "length"),
    (StopReason.CALL, "tool_calls"), (StopReason.CANCELLED, "length"),
])  # fmt: skip
def test_the_end_has_a_reason(reason: StopReason, told: str) -> None:
    whole, streamed = reply_to(AnswerEnded(reason, Usage()))
    assert whole["finish_reason"] == streamed["reason"] == told


TEXTS = st.lists(st.text("a {\n", max_size=3), max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from(ItemKind), TEXTS), max_size=5), st.booleans(), st.booleans()
)
def test_whatever_the_answer_a_stream_adds_up_to_it(
    items: list[tuple[ItemKind, list[str]]], reasoning: bool, several: bool
) -> None:
    pieces: list[Piece] = []
    for number, (kind, texts) in enumerate(items):
        named = {"name": "f", "id": f"call_{number}"} if kind is ItemKind.CALL else {}
        pieces.append(ItemBegun(Item(kind, **named)))
        pieces += [ItemText(text) for text in texts if text]
        pieces.append(ItemEnded(Item(kind, "".join(texts), **named)))
    whole, streamed = reply_to(
        *pieces, AnswerEnded(StopReason.END, Usage()), reasoning=reasoning, several=several
    )
    message = {
        k: v for k, v in whole["message"].items() if k not in ("role", "refusal", "annotations")
    }
    assert streamed.pop("reason") == whole["finish_reason"]
    assert {"content": "", **streamed} == message | {"content": message["content"] or ""}


# --- Requests -----------------------------------------------------------------------------------


def test_messages_are_read_in_their_places() -> None:
    request = read(
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        user("Weather?"),
        calls(call(), reasoning="Look it up.", content="Moment."),
        result("Sunny"),
        {"role": "assistant", "content": "It is sunny.", "reasoning_content": "Good."},
        {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
    ).request
    assert [m.role for m in request.messages] == [
        Role.SYSTEM, Role.DEVELOPER, Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT, Role.USER
    ]  # fmt: skip
    assert [m.text for m in request.messages] == [
        "Be brief.", "Be kind.", "Weather?", "Moment.", "", "It is sunny.", "A\n\nB"
    ]  # fmt: skip
    assert [m.reasoning for m in request.messages[3:6]] == ["Look it up.", "", "Good."]
    reasoning, said, made = request.messages[3].parts
    assert (reasoning.kind, said.kind, made.kind) == (
        PartKind.REASONING,
        PartKind.TEXT,
        PartKind.CALL,
    )
    assert (made.name, made.id, made.text) == ("functions.get_weather", "c1", '{"city": "Rome"}')
    (told,) = request.messages[4].parts
    assert (told.kind, told.name, told.id) == (PartKind.RESULT, "functions.get_weather", "c1")
    assert not request.goes_on
    assert read(user(), calls(call()), result()).request.goes_on


def test_text_before_a_call_is_no_answer_for_the_model() -> None:
    from tests.fakes.engine import FORMAT

    request = read(user(), calls(call(), content="Moment."), result()).request
    tokens = FORMAT.render(request).tokens
    prompt = b"".join(map(FORMAT.tokenizer.bytes_of, tokens)).decode()
    assert "commentaryMoment." in prompt
    assert "finalMoment" not in prompt
    assert FORMAT.vocabulary.constrain in tokens  # which says that what follows is JSON


@pytest.mark.parametrize(("messages", "param"), [
    ([{"role": "bogus", "content": ""}], "messages[0].role"),
    ([{"content": ""}], "messages[0].role"),
    ([{"role": "user"}], "messages[0].content"),
    ([{"role": "user", "content": 5}], "messages[0].content"),
    ([{"role": "user", "content": [{"text": ""}]}], "messages[0].content[0].type"),
    ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
    ([{"role": "assistant"}], "messages[0].content"),
    (["hello"], "messages[0]"),
    ([user(), result()], "messages[1].tool_call_id"),
    ([user(), calls(call()), result(), result()], "messages[3].tool_call_id"),
    ([user(), calls(call()), result(id="c2")], "messages[2].tool_call_id"),
    ([user(), calls(call()), user()], "messages"),
    ([user(), calls(call())], "messages"),
    ([user(), calls(call(), call(id="c2")), result()], "messages"),
    ([user(), calls({"id": "c", "function": {}})], "messages[1].tool_calls[0].function.name"),
])  # fmt: skip
def test_wrong_messages_are_refused(messages: list[JsonObject], param: str) -> None:
    assert refused(*messages)[0] == param


@pytest.mark.parametrize(("part", "param"), [
    ({"type": "image_url", "image_url": {"url": "http://a/b.png"}}, "messages[0].content[0].type"),
    ({"type": "input_audio", "input_audio": {}}, "messages[0].content[0].type"),
    ({"type": "file", "file": {"file_id": "f"}}, "messages[0].content[0].type"),
])  # fmt: skip
def test_media_is_refused(part: JsonObject, param: str) -> None:
    code = "unsupported_content"
    assert refused({"role": "user", "content": [part]}) == (param, code)
    audio = {"role": "assistant", "content": None, "audio": {"id": "a"}}
    assert refused(audio) == ("messages[0].audio", code)


def test_there_has_to_be_a_message() -> None:
    with pytest.raises(ApiError) as caught:
        ChatCompletions().read({"messages": []}, Served(MODEL, NAME))
    assert (caught.value.param, caught.value.code) == ("messages", "empty_array")
    with pytest.raises(ApiError) as caught:
        ChatCompletions().read({}, Served(MODEL, NAME))
    assert (caught.value.param, caught.value.code) == ("messages", "missing_required_parameter")


@pytest.mark.parametrize(("body", "effort"), [
    ({}, "medium"), ({"reasoning_effort": None}, "medium"), ({"reasoning_effort": "none"}, "low"),
    ({"reasoning_effort": "minimal"}, "low"), ({"reasoning_effort": "low"}, "low"),
    ({"reasoning_effort": "medium"}, "medium"), ({"reasoning_effort": "high"}, "high"),
    ({"reasoning_effort": "xhigh"}, "high"), ({"reasoning_effort": "max"}, "high"),
    ({"reasoning": {"effort": "xhigh", "summary": "auto"}}, "high"),
    ({"chat_template_kwargs": {"reasoning_effort": "low"}}, "low"),
])  # fmt: skip
def test_an_effort_is_one_of_three(body: JsonObject, effort: str) -> None:
    assert read(**body).request.effort is Effort(effort)


def test_sampling_is_the_models_but_for_what_is_asked() -> None:
    assert read().request.sampling == MODEL.sampling
    body = {"temperature": 0, "top_p": 0.5, "top_k": 40, "min_p": 0, "seed": 7, "max_tokens": 9}
    assert read(**body).request.sampling == Sampling(0.0, 0.5, 40, 0.0, 7, 9)
    both = read(max_tokens=9, max_completion_tokens=5).request
    assert both.sampling.max_tokens == 5


@pytest.mark.parametrize(("body", "param"), [
    ({"reasoning_effort": "huge"}, "reasoning_effort"),
    ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
    ({"reasoning": {"max_tokens": 5}}, "reasoning.max_tokens"),
    ({"temperature": 10**400}, "temperature"), ({"temperature": 3}, "temperature"),
    ({"temperature": "1"}, "temperature"),
    ({"top_p": -0.1}, "top_p"), ({"max_tokens": 0}, "max_tokens"),
    ({"seed": 0.5}, "seed"), ({"stop": 5}, "stop"), ({"stop": [""]}, "stop[0]"),
    ({"stop": ""}, "stop"), ({"stop": ["a"] * 65}, "stop"), ({"stream": "yes"}, "stream"),
    ({"stream_options": {"other": 1}}, "stream_options.other"),
    ({"response_format": "json"}, "response_format"),
    ({"response_format": {"type": "xml"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ({"response_format": {"type": "json_object", "schema": {}}}, "response_format.schema"),
    ({"tools": {}}, "tools"), ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
    ({"tools": [WEATHER, WEATHER]}, "tools[1].function.name"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
    ({"tools": [{"type": "custom", "custom": {"name": "a"}}]}, "tools[0].type"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tool_choice": "any", "tools": [CLOCK]}, "tool_choice"),
    ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}},
      "tools": [CLOCK]}, "tool_choice.allowed_tools.mode"),
    ({"tool_choice": {"type": "function", "function": {"name": "other"}}, "tools": [CLOCK]},
     "tool_choice.function.name"),
    ({"whatever": 1}, "whatever"),
])  # fmt: skip
def test_wrong_members_are_refused(body: JsonObject, param: str) -> None:
    assert refused(**body)[0] == param


@pytest.mark.parametrize("body", [
    {"n": 2}, {"logprobs": True}, {"top_logprobs": 3}, {"logit_bias": {"1": 5}},
    {"frequency_penalty": 0.5}, {"presence_penalty": -1}, {"modalities": ["text", "audio"]},
    {"audio": {"voice": "a"}}, {"verbosity": "low"}, {"web_search_options": {}},
    {"functions": []}, {"function_call": "auto"}, {"n": True},
])  # fmt: skip
def test_what_would_be_ignored_is_refused(body: JsonObject) -> None:
    assert refused(**body) == (next(iter(body)), "unsupported_value")


def test_what_changes_nothing_is_accepted() -> None:
    read(
        n=1, logprobs=False, logit_bias={}, frequency_penalty=0.0, presence_penalty=0, user="me",
        metadata={"a": "b"}, store=True, service_tier="auto", modalities=["text"], stop=None,
        tools=[], tool_choice="auto", verbosity="medium", whatever=None,
    )  # fmt: skip


def test_tools_are_read() -> None:
    request = read(tools=[WEATHER, CLOCK]).request
    (namespace,) = request.tools
    assert namespace.name == "functions"
    weather, clock = namespace.functions
    assert (weather.name, weather.strict, clock.strict) == ("get_weather", False, True)
    assert json.loads(weather.schema) == WEATHER["function"]["parameters"]
    assert json.loads(clock.schema) == {"type": "object", "properties": {}}


@pytest.mark.parametrize(("choice", "read_as", "left"), [
    (None, ToolChoice.AUTO, 2), ("auto", ToolChoice.AUTO, 2), ("none", ToolChoice.NONE, 2),
    ("required", ToolChoice.REQUIRED, 2),
    ({"type": "function", "function": {"name": "clock"}}, "clock", 2),
    ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
        {"type": "function", "function": {"name": "clock"}}]}}, ToolChoice.REQUIRED, 1),
])  # fmt: skip
def test_a_choice_of_tools_is_read(choice: object, read_as: object, left: int) -> None:
    request = read(tools=[WEATHER, CLOCK], tool_choice=choice).request
    assert request.tool_choice == read_as
    assert len(request.tools[0].functions) == left


def test_the_shape_of_an_answer_is_read() -> None:
    assert read(response_format={"type": "text"}).request.response_schema == ""
    schema = read(response_format={"type": "json_object"}).request.response_schema
    assert json.loads(schema) == {"type": "object"}
    named = {"name": "person", "description": "Somebody", "schema": PERSON, "strict": True}
    shape = read(response_format={"type": "json_schema", "json_schema": named}).request
    told = {"title": "person", "description": "Somebody"}
    assert json.loads(shape.response_schema) == PERSON | told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(
        ["", "text", "user", "assistant", "tool", "function", "c1", "auto", "low", "f", "object"]
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "messages", "role", "content", "type", "text", "tool_calls", "tool_call_id", "id",
            "function", "name", "arguments", "tools", "parameters", "tool_choice", "stop",
            "response_format", "json_schema", "schema", "stream_options", "reasoning", "effort",
            "allowed_tools", "mode",
        ]),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
MEMBERS = ("messages", "tools", "tool_choice", "stop", "response_format", "stream_options", "seed",
           "reasoning", "max_tokens", "temperature", "stream", "n", "logit_bias")  # fmt: skip


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, JSON))
    | st.fixed_dictionaries({"messages": st.lists(st.dictionaries(
        st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "reasoning"]), JSON
    ), max_size=3)})
)  # fmt: skip
def test_whatever_is_sent_is_read_or_refused(body: JsonObject) -> None:
    try:
        read_as: Reply | ApiError = ChatCompletions().read(body, Served(MODEL, NAME))
    except ApiError as error:
        read_as = error
    if isinstance(read_as, ApiError):
        assert (read_as.status, bool(read_as.message)) == (400, True)
        assert read_as.param is not None
    else:
        assert read_as.request.messages


def test_an_answer_that_the_client_has_begun_is_continued(ask: Asking) -> None:
    begun = {"role": "assistant", "content": "You said: "}
    ask(user("one"), begun)
    (request,) = ask.engine.requests
    assert request.messages[-1].role is Role.ASSISTANT
    assert not request.goes_on
