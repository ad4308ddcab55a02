"""Streams of servers, event by event: what comes of them, however odd they are."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.answer_events import Prompt, StopReason
from app.base.draft import Draft
from app.base.errors import FiresideError, ServerFailed, ServerForeign
from app.base.types import (
    Endpoint,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    ToolFunction,
    ToolNamespace,
)
from app.engine.remote import chat_stream, stream_reading
from app.engine.remote.chat_request import chat_body
from app.engine.remote.chat_stream import chat_events
from app.engine.remote.remote_answer import RemoteAnswer
from app.engine.remote.responses_request import responses_body
from app.engine.remote.responses_stream import responses_events
from app.engine.remote.server_dialect import ServerDialect, echoed
from app.engine.remote.tool_names import ToolNames
from app.engine.remote.wire_events import WireEvent
from app.network.event_stream import ServerEvent

URL = "http://127.0.0.1:1/v1"
MODEL = ModelRef(Endpoint(URL, "gpt-oss"), "x")
TOOLS = (
    ToolNamespace("python"),
    ToolNamespace("functions", (ToolFunction("look", "", '{"type": "object"}'),)),
)
NAMES = ToolNames(TOOLS)
CHAT = ServerDialect()
QUESTION = Message(Role.USER, (Part("?"),))
Json = dict[str, Any]


def events_of(*chunks: Any) -> Iterator[ServerEvent]:
    return events_of_each(iter(chunks))


def events_of_each(chunks: Iterator[Any]) -> Iterator[ServerEvent]:
    for chunk in chunks:
        name = chunk.get("type", "") if isinstance(chunk, dict) else ""
        data = chunk if isinstance(chunk, str) else json.dumps(chunk)
        yield ServerEvent(name if isinstance(name, str) else "", data)


def delta(finish: str | None = None, **members: Any) -> Json:
    return {"choices": [{"index": 0, "delta": members, "finish_reason": finish}]}


def call(**members: Any) -> Json:
    function = {key: members.pop(key) for key in ("name", "arguments") if key in members}
    return delta(tool_calls=[{**members, "function": function}])


class Heard:
    """An answer that has been heard to its end."""

    def __init__(self, wire: Iterator[WireEvent], *begun: Part, **more: Any) -> None:
        messages = (QUESTION, Message(Role.ASSISTANT, begun)) if begun else (QUESTION,)
        self.request = Request(MODEL, messages, tools=TOOLS, **more)
        self.answer = RemoteAnswer(self.request, NAMES, Prompt(9, 0))
        self.draft = Draft(begun)
        for event in wire:
            self._add(self.answer.feed(event))
        self._add(self.answer.rest())
        self.done = self.answer.done()

    def _add(self, deltas: Any) -> None:
        for each in deltas:
            assert each.index <= len(self.draft.parts)
            self.draft.add(each)

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.draft.parts

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(p.name, p.text) for p in self.parts if p.kind is PartKind.CALL]

    def sent_back(self, dialect: ServerDialect = CHAT) -> Any:
        """Return what is sent after the results of its calls."""
        results = [
            Part("r", PartKind.RESULT, p.name, p.id) for p in self.parts if p.kind is PartKind.CALL
        ]
        messages = (QUESTION, Message(Role.ASSISTANT, (*self.parts, *results)))
        request = Request(MODEL, messages, tools=TOOLS)
        if dialect.responses:
            return responses_body(request, dialect, NAMES)["input"]
        return chat_body(request, dialect, NAMES)["messages"]


def chat(*chunks: Any, **more: Any) -> Heard:
    return Heard(chat_events(URL, "m", events_of(*chunks)), **more)


def responses(*events: Any) -> Heard:
    return Heard(responses_events(URL, "m", events_of(*events)))


# --- Chat completions: texts ---


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content", "thinking"])
def test_reasoning_goes_back_under_the_key_in_which_it_came(key: str) -> None:
    heard = chat(
        delta(role="assistant", content="", refusal=None),
        delta(**{key: "I "}),
        delta(**{key: "think."}),
        delta(content="Wait."),
        call(index=0, id="c1", name="look", arguments="{}"),
        delta("tool_calls"),
        "[DONE]",
    )
    assert heard.parts[0] == Part("I think.", PartKind.REASONING, format_data=f"remote {key}")
    _, answer, result = heard.sent_back()
    function = {"name": "look", "arguments": "{}"}
    assert answer == {
        "role": "assistant",
        "content": "Wait.",
        key: "I think.",
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "r"}


def test_the_same_reasoning_under_two_keys_counts_once() -> None:
    heard = chat(
        delta(reasoning="a", reasoning_content="a"),
        delta(reasoning="b", reasoning_content="b", content="c"),
        delta("stop"),
    )
    assert [part.text for part in heard.parts] == ["ab", "c"]


def test_reasoning_of_another_server_stays_here() -> None:
    heard = chat(call(index=0, id="c", name="look"), delta("tool_calls"))
    parts = (Part("Local.", PartKind.REASONING), *heard.parts)
    heard.draft = Draft(parts)
    _, answer, _ = heard.sent_back()
    assert set(answer) == {"role", "content", "tool_calls"}
    forged = Part("x", PartKind.REASONING, format_data="remote role [1]")
    heard.draft = Draft((forged, *heard.parts[1:]))
    assert heard.sent_back()[1]["role"] == "assistant"


def test_details_go_back_unchanged_and_whole() -> None:
    text = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1"}
    sealed = {"type": "reasoning.encrypted", "data": "abc==", "id": "c1", "index": 1}
    heard = chat(
        delta(reasoning="I ", reasoning_details=[{**text, "text": "I "}]),
        delta(reasoning="think.", reasoning_details=[{**text, "text": "think."}]),
        delta(reasoning_details=[{**text, "signature": "s=="}]),
        call(index=0, id="c1", name="look", arguments="{}"),
        delta(reasoning_details=[sealed]),
        delta("tool_calls"),
    )
    assert heard.parts[0].text == "I think."
    answer = heard.sent_back()[1]
    assert answer["reasoning_details"] == [{**text, "text": "I think.", "signature": "s=="}, sealed]
    assert "reasoning" not in answer


def test_details_alone_are_reasoning_too() -> None:
    summary = {"type": "reasoning.summary", "summary": "In short.", "index": 0}
    heard = chat(delta(reasoning_details=[summary]), delta(content="So."), delta("stop"))
    assert [part.text for part in heard.parts] == ["In short.", "So."]
    assert echoed(heard.parts[0].format_data) == ("reasoning_details", ""), "no call, no need"


def test_what_is_only_encrypted_goes_back_too() -> None:
    sealed = {"type": "reasoning.encrypted", "data": "abc=="}
    heard = chat(
        delta(reasoning_details=[sealed]),
        call(index=0, id="c1", name="look", arguments="{}"),
        delta("tool_calls"),
    )
    assert heard.calls == [("functions.look", "{}")]
    assert heard.sent_back()[1]["reasoning_details"] == [sealed]


def test_texts_in_all_shapes() -> None:
    heard = chat(
        delta(content=None),
        delta(content=[{"type": "text", "text": "a"}, {"type": "image"}, "b"]),
        delta(content=7),
        delta(content={"text": "x"}),
        {"choices": None},
        {"choices": [None, 3]},
        {"choices": "none"},
        {"choices": [{"delta": None}]},
        {"object": "something.else", "data": [1]},
        {},
        delta(content="c"),
        delta("stop", content="d"),
    )
    assert heard.parts == (Part("acd"),)
    assert heard.done.reason is StopReason.END


def test_a_whole_answer_in_the_place_of_a_stream() -> None:
    message = {"role": "assistant", "reasoning": "r", "content": "c", "tool_calls": None}
    heard = chat(
        {
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }
    )
    assert [part.text for part in heard.parts] == ["r", "c"]
    assert heard.done.stats.generated == 2


def test_characters_that_come_in_halves() -> None:
    first, second = "\ud83d", "\ude00"
    chunk = json.dumps(delta(content="a" + first)), json.dumps(delta(content=second + "b"))
    heard = chat(*chunk, json.dumps(delta(reasoning="c" + first)), delta("stop"))
    assert heard.parts[0].text == "a😀b"
    assert heard.parts[1].text == "c"
    heard = chat(json.dumps(delta(content="\ude00x")), delta("stop"))
    assert heard.parts[0].text == "\ufffdx"


# --- Chat completions: calls ---


@pytest.mark.parametrize(
    "chunks",
    [
        (
            call(index=0, id="a", name="look", arguments=""),
            call(index=0, arguments='{"n"'),
            call(index=0, arguments=": 1}"),
            call(index=1, id="b", name="python", arguments='{"code": "x"}'),
        ),
        (
            call(id="a", name="look", arguments='{"n"'),
            call(arguments=": 1}"),
            call(id="b", name="python", arguments='{"code": "x"}'),
        ),
        (
            call(id="a", name="look", arguments='{"n"'),
            call(id="a", name="look", arguments=": 1}"),
            call(id="b", name="python", arguments='{"code": "x"}'),
        ),
        (
            call(index=0, name="look", arguments='{"n": 1}'),
            call(index=1, name="python", arguments='{"code": "x"}'),
        ),
        (
            call(index=0, id="a", name="look", arguments='{"n": 1}'),
            call(index=0, id="b", name="python", arguments='{"code": "x"}'),
        ),
        (
            call(index=0, id="same", name="look", arguments='{"n": 1}'),
            call(index=1, id="same", name="python", arguments='{"code": "x"}'),
        ),
        (
            call(index=0, id="a", arguments=""),
            call(index=0, arguments='{"n": 1}'),
            call(index=0, name="look"),
            call(index=1, id="b", arguments='{"code"'),
            call(index=1, name="python", arguments=': "x"}'),
        ),
        (
            call(name="look", arguments={"n": 1}),
            call(name="python", arguments={"code": "x"}),
        ),
        (
            call(index="0", id=7, name="look", arguments='{"n": 1}'),
            call(index=None, id=None, name="python", arguments='{"code": "x"}'),
        ),
    ],
)
def test_calls_however_they_come(chunks: tuple[Json, ...]) -> None:
    heard = chat(*chunks, delta("stop"))
    assert heard.calls == [("functions.look", '{"n": 1}'), ("python", "x")]
    assert heard.done.reason is StopReason.CALL
    ids = [part.id for part in heard.parts]
    assert len(set(ids)) == 2
    assert "" not in ids
    sent = heard.sent_back()
    assert [each["tool_call_id"] for each in sent if each["role"] == "tool"] == ids


def test_several_calls_in_one_chunk() -> None:
    function = {"name": "look", "arguments": "{}"}
    calls = [{"index": n, "id": f"c{n}", "function": function} for n in range(3)]
    assert len(chat(delta(tool_calls=calls), delta("tool_calls")).calls) == 3


def test_ids_are_not_those_of_earlier_rounds() -> None:
    begun = (Part("{}", PartKind.CALL, "functions.look", "call_0"),)
    wire = chat_events(
        URL, "m", events_of(call(index=0, id="call_0", name="look"), delta("tool_calls"))
    )
    heard = Heard(wire, *begun)
    assert heard.parts[1].id not in ("call_0", "")
    sent = heard.sent_back()
    made = [call["id"] for each in sent for call in each.get("tool_calls", ())]
    answered = [each["tool_call_id"] for each in sent if each["role"] == "tool"]
    assert len(set(made)) == 2
    assert made == answered


def test_unknown_functions_stay_visible() -> None:
    heard = chat(
        call(index=0, id="a", name="container.exec", arguments='{"cmd": 1}'), delta("tool_calls")
    )
    assert heard.calls == [("container.exec", '{"cmd": 1}')]


def test_there_may_not_be_any_number_of_calls() -> None:
    chunks = [call(index=n, id=f"c{n}", name="look") for n in range(300)]
    with pytest.raises(ServerForeign):
        chat(*chunks, delta("tool_calls"))


# --- Ends, numbers, limits ---


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", StopReason.END), ("length", StopReason.LENGTH), ("tool_calls", StopReason.END)],
)
def test_ends(finish: str, reason: StopReason) -> None:
    heard = chat(delta(content="a"), delta(finish))
    assert (heard.done.reason, heard.answer.ended) == (reason, True)


def test_without_a_reason_it_has_not_ended() -> None:
    assert not chat(delta(content="a"), "[DONE]").answer.ended
    assert not chat(delta(content="a")).answer.ended
    assert not chat().answer.ended


def test_a_filter_is_a_failure() -> None:
    with pytest.raises(ServerFailed):
        chat(delta(content="a"), delta("content_filter"))


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "No.", "code": 500}},
        {"error": "No."},
        {"error": {"code": 502, "message": "No."}, "choices": [{"finish_reason": "error"}]},
    ],
)
def test_errors_within_a_stream(error: Json) -> None:
    with pytest.raises(FiresideError):
        chat(delta(content="a"), error)


def test_numbers_from_everywhere() -> None:
    stats = chat(
        delta(reasoning="abc", content="x"),
        delta("stop"),
        {
            "choices": [],
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "prompt_tokens_details": None,
                "reasoning_tokens": 9,
            },
            "timings": {"prompt_ms": 1500, "predicted_ms": 2000.0, "cache_n": 60},
        },
    ).done.stats
    assert (stats.prompt_tokens, stats.evaluated, stats.generated) == (100, 40, 20)
    assert (stats.reasoning_tokens, stats.prompt_s, stats.generation_s) == (9, 1.5, 2.0)
    assert stats.tokens_per_second == 10


def test_speed_is_measured_where_a_server_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def heard(*texts: tuple[float, str]) -> Any:
        def chunks() -> Iterator[Json]:
            now[0] = 100.0
            for seconds, text in texts:
                now[0] += seconds
                yield delta(content=text)
            now[0] += 50
            yield delta("stop")
            yield {"choices": [], "usage": {"completion_tokens": 110}}

        return Heard(chat_events(URL, "m", events_of_each(chunks()))).done.stats

    even = heard(*[(1.0, "a")] * 11)
    assert (even.first_token_s, even.prompt_s) == (1.0, 1.0)
    assert even.tokens_per_second == pytest.approx(10)
    late = heard((40.0, "a" * 100), *[(1.0, "a")] * 10)
    assert late.generation_s == pytest.approx(110), "what came at once was generated before"
    assert heard((40.0, "a" * 100)).tokens_per_second == 0
    assert heard((40.0, "a"), (0.001, "a" * 100)).tokens_per_second == 0


@pytest.mark.parametrize("value", [-1, True, 1.5, "7", None, [], {}, 1 << 50, float("inf")])
def test_numbers_that_are_none(value: Any) -> None:
    chunk = {
        "choices": [],
        "usage": {
            "prompt_tokens": value,
            "completion_tokens": value,
            "completion_tokens_details": {"reasoning_tokens": value},
        },
        "timings": {"predicted_ms": value if value != 1.5 else "x", "prompt_ms": None},
    }
    stats = chat(delta(content="abcdefgh"), delta("stop"), chunk, {"usage": value}).done.stats
    assert (stats.prompt_tokens, stats.generated, stats.reasoning_tokens) == (9, 2, 0)


def test_the_last_of_many_counts_counts() -> None:
    usages = [
        {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": n}} for n in range(9)
    ]
    assert chat(*usages, delta("stop")).done.stats.generated == 8


def test_an_answer_of_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_reading, "_MOST_IDLE", 50)
    with pytest.raises(ServerForeign):
        chat(*[delta(content="")] * 60)
    counted = [{"choices": [], "usage": {"completion_tokens": n}} for n in range(60)]
    with pytest.raises(ServerForeign):
        chat(*counted)
    monkeypatch.setattr(stream_reading, "LONGEST", 1000)
    with pytest.raises(ServerForeign):
        chat(*[delta(content="x" * 100)] * 20)


def test_what_goes_back_unread_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stream_reading, chat_stream):
        monkeypatch.setattr(module, "LONGEST", 1000)
    sealed = {"type": "reasoning.encrypted", "data": "x" * 200}
    with pytest.raises(ServerForeign):
        chat(*[delta(reasoning_details=[sealed])] * 20)
    done = {"type": "response.output_item.done"}
    with pytest.raises(ServerForeign):
        responses(*[{**done, "item": {**THOUGHT, "encrypted_content": "x" * 200}}] * 20)


def test_there_may_not_be_any_number_of_parts() -> None:
    """A window that has to show thousands stands still for minutes."""
    both = delta(reasoning="r"), delta(content="t")
    assert len(chat(*both * 100, delta("stop")).parts) == 200
    with pytest.raises(ServerForeign):
        chat(*both * 300, delta("stop"))
    done = {"type": "response.output_item.done"}
    with pytest.raises(ServerForeign):
        responses(*[{**done, "item": THOUGHT}] * 600, {**done, "item": MADE})


def test_many_pieces_are_joined() -> None:
    pieces = [f"{n} " for n in range(3000)]
    detail = {"type": "reasoning.text", "index": 0}
    heard = chat(
        *[delta(reasoning_details=[{**detail, "text": each}]) for each in pieces],
        *[call(index=0, id="c1", name="python", arguments=each) for each in pieces],
        delta("tool_calls"),
    )
    assert heard.calls == [("python", "".join(pieces))]
    assert heard.sent_back()[1]["reasoning_details"] == [{**detail, "text": "".join(pieces)}]
    items = [
        {"type": "response.reasoning_text.delta", "item_id": each, "delta": each} for each in pieces
    ]
    assert responses(*items, response("completed")).parts[0].text == "".join(pieces)


KEYS = [
    *("choices", "delta", "content", "tool_calls", "function", "name", "arguments", "index"),
    *("id", "usage", "reasoning", "reasoning_details", "type", "text", "item", "output_index"),
    *("response", "status", "error"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.lists(json_values, max_size=5))
def test_whatever_comes_is_an_answer_or_one_error(chunks: list[Any]) -> None:
    for read in (chat_events, responses_events):
        with contextlib.suppress(FiresideError):
            Heard(read(URL, "m", events_of(*map(json.dumps, chunks))))


# --- Responses ---


def response(status: str, **more: Any) -> Json:
    return {"type": f"response.{status}", "response": {"status": status, **more}}


THOUGHT: Json = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "abc"}
MADE: Json = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look"}


def test_items_of_reasoning_go_back_before_their_calls() -> None:
    second = THOUGHT | {"id": "rs_2", "content": None, "status": "completed"}
    heard = responses(
        response("created"),
        {"type": "response.output_item.added", "output_index": 0, "item": THOUGHT},
        {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
        {
            "type": "response.output_item.done",
            "output_index": 1,
            "item": MADE | {"arguments": "{}"},
        },
        {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 2,
            "summary_index": 0,
            "delta": "So.",
        },
        {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 2,
            "summary_index": 1,
            "delta": "And.",
        },
        {"type": "response.output_item.done", "output_index": 2, "item": second},
        {
            "type": "response.output_item.done",
            "output_index": 3,
            "item": MADE | {"id": "fc_2", "call_id": "c2", "arguments": "{}"},
        },
        response("completed"),
    )
    assert [part.text for part in heard.parts] == ["", "{}", "So.\n\nAnd.", "{}"]
    sent = heard.sent_back(ServerDialect(responses=True))
    assert [each.get("id") or each.get("call_id") for each in sent[1:]] == [
        "rs_1",
        "c1",
        "rs_2",
        "c2",
        "c1",
        "c2",
    ]
    assert sent[1] == THOUGHT
    assert sent[3] == THOUGHT | {"id": "rs_2"}


def test_arguments_come_in_pieces_or_whole() -> None:
    added = {"type": "response.output_item.added", "item": MADE | {"arguments": ""}}
    done = {"type": "response.output_item.done", "item": MADE | {"arguments": '{"n": 1}'}}
    name = "response.function_call_arguments"
    pieces = [{"type": f"{name}.delta", "item_id": "fc_1", "delta": d} for d in ('{"n"', ": 1}")]
    whole = {"type": f"{name}.done", "item_id": "fc_1", "arguments": '{"n": 1}'}
    for events in ([added, *pieces, whole, done], [added, *pieces], [added, whole], [added, done]):
        heard = responses(*events, response("completed"))
        assert heard.calls == [("functions.look", '{"n": 1}')]
        assert heard.parts[0].id == "c1"
        assert heard.done.reason is StopReason.CALL


def test_texts_without_their_deltas() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hello."}]}
    plain = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm."}]}
    by_text = (
        {"type": "response.reasoning_text.done", "output_index": 0, "text": "Hm."},
        {"type": "response.output_text.done", "output_index": 1, "text": "Hello."},
    )
    by_item = (
        {"type": "response.output_item.done", "output_index": 0, "item": plain},
        {"type": "response.output_item.done", "output_index": 1, "item": message},
    )
    at_the_end = response("completed", output=[plain, message])
    whole = {"object": "response", "status": "completed", "output": [plain, message]}
    for events in (
        (*by_text, response("completed")),
        (*by_item, response("completed")),
        (*by_text, *by_item, at_the_end),
        (at_the_end,),
        (whole,),
    ):
        heard = responses(*events)
        assert [part.text for part in heard.parts] == ["Hm.", "Hello."]
        assert heard.answer.ended


def test_items_whose_numbers_are_wrong() -> None:
    """gpt-oss's reference server counts an item only when it is done (openai/gpt-oss@7b58334)."""
    name = "response.reasoning_text"
    heard = responses(
        {
            "type": "response.output_item.added",
            "output_index": -1,
            "item": {"id": "rs_1", "type": "reasoning"},
        },
        {"type": f"{name}.delta", "item_id": "rs_1", "output_index": -1, "delta": "Hm."},
        {"type": f"{name}.done", "item_id": "rs_1", "output_index": 0, "text": "Hm."},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"id": "m_1", "type": "message"},
        },
        {"type": "response.output_text.delta", "item_id": "m_1", "output_index": 0, "delta": "Hi"},
        {"type": "response.output_text.done", "item_id": "m_1", "output_index": 1, "text": "Hi"},
        {
            "type": "response.output_item.done",
            "output_index": 1,
            "item": {"id": "m_1", "type": "message", "content": [{"text": "Hi"}]},
        },
        response("completed"),
    )
    assert [part.text for part in heard.parts] == ["Hm.", "Hi"]


def test_items_whose_ids_change() -> None:
    text = {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"}
    heard = responses(
        text | {"item_id": "a"},
        {"type": "response.output_text.done", "output_index": 0, "item_id": "b", "text": "Hi"},
        response("completed"),
    )
    assert [part.text for part in heard.parts] == ["Hi"]


def test_responses_end_in_several_ways() -> None:
    text = {"type": "response.output_text.delta", "delta": "a"}
    full = {"reason": "max_output_tokens"}
    heard = responses(text, response("incomplete", incomplete_details=full))
    assert heard.done.reason is StopReason.LENGTH
    assert not responses(text).answer.ended
    for event in (
        response("failed", error={"code": "server_error", "message": "No."}),
        {"type": "error", "code": "server_error", "message": "No."},
        response("incomplete", incomplete_details={"reason": "content_filter"}),
    ):
        with pytest.raises(FiresideError):
            responses(text, event)


def test_a_response_counts() -> None:
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 9},
    }
    stats = responses(response("completed", usage=usage)).done.stats
    assert (stats.prompt_tokens, stats.evaluated, stats.generated) == (100, 40, 20)
    assert stats.reasoning_tokens == 9


def test_any_cut_of_a_stream_keeps_what_has_come() -> None:
    chunks = [
        delta(reasoning="I think."),
        delta(content="It is "),
        call(index=0, id="a", name="python", arguments='{"code": "1'),
        call(index=0, arguments=' + 1"}'),
        delta("tool_calls"),
    ]
    whole = [part.text for part in chat(*chunks).parts]
    for end in range(len(chunks)):
        parts = chat(*chunks[:end]).parts
        for part, text in zip(parts, whole, strict=False):
            assert text.startswith(part.text) or part.kind is PartKind.CALL
