"""Pieces of an answer, as dialects of the local server write them, out of the engine's events."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Done, Event, Stats, StopReason
from app.base.types import (
    DECLINED,
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
from app.engine.backend import Planned, ScriptedBackend
from app.server.declared_calls import answered
from app.server.piece_maker import PieceMaker
from app.server.pieces import (
    Answer,
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Piece,
)
from app.server.remembered_turns import RememberedTurns, folded
from tests.fakes.engine import FORMAT, answers, spell, thinks
from tests.fakes.served_engine import Called, Said, ServedEngine, Thought, asked

V = FORMAT.vocabulary
MODEL = ModelRef.of_file(Path("served.gguf"), "served")
STATS = Stats(10, 4, 20, 5, 0.1, 1.0, 0, 0, 4000)
DONE = Done(StopReason.END, STATS)
FIND = (ToolNamespace("functions", (ToolFunction("find", "Finds."),)),)


def told(*events: Event) -> tuple[list[Piece], Answer]:
    """Return the pieces of events, and the whole answer."""
    made, pieces = PieceMaker(), list[Piece]()
    for event in (*events, DONE):
        pieces += made.pieces(event)
    return pieces, made.answer(DONE)


def parsed(tokens: Sequence[int]) -> list[Event]:
    """Return the deltas of what a model draws."""
    parser = FORMAT.parser(asked("Hello", MODEL))
    deltas: list[Event] = [delta for token in tokens for delta in parser.feed(token)]
    return [*deltas, *parser.finish()]


def items(pieces: list[Piece]) -> list[tuple[ItemKind, str]]:
    """Return kinds and texts, after a check that each begins, grows to its text, and ends."""
    found: list[tuple[ItemKind, str]] = []
    begun, text = None, ""
    for piece in pieces:
        match piece:
            case ItemBegun(item):
                assert begun is None
                assert not item.text
                begun, text = item, ""
            case ItemText(more):
                assert begun
                assert more
                text += more
            case ItemEnded(item):
                assert begun
                assert (item.kind, item.name, item.id) == (begun.kind, begun.name, begun.id)
                assert item.text == text
                found.append((item.kind, text))
                begun = None
            case AnswerEnded():
                assert begun is None
    assert isinstance(pieces[-1], AnswerEnded)
    return found


def test_an_answer_s_items_begin_grow_and_end() -> None:
    pieces, answer = told(*parsed([*thinks("I see."), *answers("Hello", after=True)]))
    assert items(pieces) == [(ItemKind.REASONING, "I see."), (ItemKind.TEXT, "Hello")]
    assert answer.items == (Item(ItemKind.REASONING, "I see."), Item(ItemKind.TEXT, "Hello"))
    usage = answer.usage
    assert (usage.prompt, usage.cached, usage.generated, usage.reasoning) == (10, 6, 20, 5)


def test_what_is_said_before_a_call_is_no_answer() -> None:
    ended = [V.end, V.start, *spell("assistant")]
    said = spell(V.channel, "commentary", V.message, "I look.", *ended)
    call = spell(V.channel, "commentary to=functions.find json", V.message, '{"a":1}', V.call)
    pieces, answer = told(*parsed([*said, *call]))
    assert items(pieces) == [(ItemKind.PREAMBLE, "I look."), (ItemKind.CALL, '{"a":1}')]
    assert answer.items[1].name == "find"


def test_a_call_without_arguments_is_one() -> None:
    pieces, answer = told(Delta(0, "", PartKind.CALL, "functions.find"))
    assert items(pieces) == [(ItemKind.CALL, "")]
    assert [item.name for item in answer.items] == ["find"]


def test_empty_items_are_left_out() -> None:
    pieces, answer = told(Delta(0, "", PartKind.REASONING), Delta(1, ""))
    assert items(pieces) == []
    assert answer.items == ()


def test_reasoning_that_turns_out_to_be_the_answer_is_told_as_that() -> None:
    unsettled = parsed(spell(V.channel, "unknown", V.message, "Hello", V.end))
    pieces, answer = told(*unsettled)
    assert items(pieces) == [(ItemKind.REASONING, "Hello"), (ItemKind.TEXT, "Hello")]
    assert answer.items == (Item(ItemKind.TEXT, "Hello"),)


def test_text_that_turns_out_to_be_a_call_is_told_as_that() -> None:
    call = Delta(0, "", PartKind.CALL, "functions.find")
    pieces, answer = told(Delta(0, '{"a":', PartKind.REASONING), Delta(0, "1}"), call)
    assert items(pieces)[-1] == (ItemKind.CALL, '{"a":1}')
    assert [item.kind for item in answer.items] == [ItemKind.CALL]


def test_text_that_turns_out_to_be_reasoning_stays_as_it_was_told() -> None:
    deltas = Delta(0, "Hm", format_data="commentary"), Delta(0, "", PartKind.REASONING)
    pieces, answer = told(*deltas, Delta(1, "Hello"))
    assert items(pieces) == [(ItemKind.PREAMBLE, "Hm"), (ItemKind.TEXT, "Hello")]
    assert [item.kind for item in answer.items] == [ItemKind.REASONING, ItemKind.TEXT]


def test_a_sentence_in_the_place_of_an_answer_is_text() -> None:
    pieces, answer = told(Delta(0, "I cannot.", name=DECLINED))
    assert items(pieces) == [(ItemKind.TEXT, "I cannot.")]
    assert answer.items == (Item(ItemKind.TEXT, "I cannot."),)


# --- Calls of what was not declared ------------------------------------------------------------


def rounds(*steps: Sequence[Thought | Said | Called]) -> ServedEngine:
    """Return an engine with a script for each round."""
    engine, left = ServedEngine(), list(steps)
    engine.script = lambda request: left.pop(0)
    return engine


def answer_of(
    engine: ServedEngine | ScriptedBackend, request: Request | None = None
) -> tuple[list[tuple[ItemKind, str]], Done]:
    events: list[Event | Planned] = []
    cancel = threading.Event()
    events += answered(
        engine, request or asked("Hello", MODEL, tools=FIND), cancel, RememberedTurns()
    )
    made = PieceMaker()
    pieces = [piece for event in events for piece in made.pieces(event)]
    (done,) = (event for event in events if isinstance(event, Done))
    return items(pieces), done


def test_a_call_of_what_was_not_declared_is_answered_here() -> None:
    engine = rounds([Thought("One."), Called("lost", "{}")], [Thought("Two."), Said("Hello")])
    found, done = answer_of(engine)
    reasoned = [(ItemKind.REASONING, "One."), (ItemKind.REASONING, "Two.")]
    assert found == [*reasoned, (ItemKind.TEXT, "Hello")]
    assert done.reason is StopReason.END
    again = engine.requests[1]
    assert again.drawn
    assert again.goes_on
    result = again.messages[-1].parts[-1]
    assert result.kind is PartKind.RESULT
    assert "functions.lost" in result.text
    assert "functions.find" in result.text
    # Both rounds are counted, and what the first has drawn is read again by the second.
    assert done.stats.generated > engine.requests[1].drawn.index(V.call)


def test_calls_have_ids_of_their_own() -> None:
    ids: list[str] = []
    for _ in range(3):
        engine = rounds([Called("find", "{}"), Called("find", "{}")])
        cancel, request = threading.Event(), asked("Hello", MODEL, tools=FIND)
        deltas = [*answered(engine, request, cancel, RememberedTurns())]
        ids += {delta.id for delta in deltas if isinstance(delta, Delta) and delta.id}
    assert len(ids) == len(set(ids)) == 6
    assert all(id.startswith("call_") for id in ids)


def test_a_model_that_only_calls_what_is_not_there_ends() -> None:
    engine = rounds(*[[Called("lost", "{}")]] * 3)
    found, done = answer_of(engine)
    assert found == []
    assert done.reason is StopReason.END
    assert len(engine.requests) == 3


def test_a_declared_call_beside_another_is_the_client_s() -> None:
    found, done = answer_of(rounds([Called("lost", "{}"), Called("find", '{"a": 1}')]))
    assert found == [(ItemKind.CALL, '{"a": 1}')]
    assert done.reason is StopReason.CALL


def test_without_tools_no_call_is_shown() -> None:
    request = asked("Hello", MODEL, tools=FIND, tool_choice=ToolChoice.NONE)
    engine = rounds([Called("find", "{}")], [Said("Hello")])
    assert answer_of(engine, request)[0] == [(ItemKind.TEXT, "Hello")]
    assert "no tools here" in engine.requests[1].messages[-1].parts[-1].text


@pytest.mark.parametrize(("most", "reason"), [(60, StopReason.LENGTH), (200, StopReason.END)])
def test_an_answer_of_several_rounds_is_no_longer_than_was_asked(
    most: int, reason: StopReason
) -> None:
    engine = rounds([Called("lost", "{}")], [Said("Hello " * 5)])
    request = asked("Hello", MODEL, tools=FIND, sampling=Sampling(max_tokens=most))
    done = answer_of(engine, request)[1]
    assert done.reason is reason
    assert done.stats.generated <= most
    assert (engine.requests[1].sampling.max_tokens or 0) < most


def test_an_engine_that_ends_without_an_end_is_not_asked_again() -> None:
    engine = ScriptedBackend([])
    assert list(answered(engine, asked("Hello", MODEL), threading.Event(), RememberedTurns())) == []


# --- A client's conversation ----------------------------------------------------------------


def said(role: Role, *parts: Part) -> Message:
    return Message(role, parts)


CALL = Part("{}", PartKind.CALL, "functions.find", "a")
RESULT = Part("found", PartKind.RESULT, "functions.find", "a")
THOUGHT = Part("hm", PartKind.REASONING)
QUESTION = said(Role.USER, Part("Hello"))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([QUESTION], [QUESTION]),
        ([], []),
        (
            [QUESTION, said(Role.ASSISTANT, THOUGHT, CALL), said(Role.TOOL, RESULT)],
            [QUESTION, said(Role.ASSISTANT, THOUGHT, CALL, RESULT)],
        ),
        (
            [
                QUESTION,
                said(Role.ASSISTANT, CALL),
                said(Role.TOOL, Part("found", name="functions.find", id="a")),
                said(Role.ASSISTANT, CALL),
                said(Role.TOOL, RESULT),
                said(Role.TOOL, RESULT),
            ],
            [QUESTION, said(Role.ASSISTANT, CALL, RESULT, CALL, RESULT, RESULT)],
        ),
        (
            [QUESTION, said(Role.ASSISTANT, CALL), said(Role.TOOL, RESULT), QUESTION],
            [QUESTION, said(Role.ASSISTANT, CALL), said(Role.TOOL, RESULT), QUESTION],
        ),
        (
            [QUESTION, said(Role.ASSISTANT, Part("Hi")), said(Role.ASSISTANT, Part("So"))],
            [QUESTION, said(Role.ASSISTANT, Part("Hi")), said(Role.ASSISTANT, Part("So"))],
        ),
    ],
)
def test_a_turn_that_goes_on_is_one_message(
    messages: list[Message], expected: list[Message]
) -> None:
    assert folded(messages) == tuple(expected)
    if messages:
        whole = FORMAT.render(Request(MODEL, tuple(messages), tools=FIND))
        assert FORMAT.render(Request(MODEL, folded(messages), tools=FIND)).tokens == whole.tokens
