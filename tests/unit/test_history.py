"""Which turns of a conversation no longer fit."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.base.types import Message, ModelRef, Part, Request, Role, Sampling
from app.engine.history import context_needed, messages_to_drop, reserved

USER, ASSISTANT = Message(Role.USER, (Part("x"),)), Message(Role.ASSISTANT, (Part("x"),))

Sizes = list[int]
SIZES = st.integers(1, 400)
# A question stopped before its answer leaves two questions in a row.
CHATS = st.lists(
    st.one_of(
        st.tuples(st.just(USER), SIZES).map(lambda question: [question]),
        st.tuples(SIZES, SIZES).map(lambda both: [(USER, both[0]), (ASSISTANT, both[1])]),
    ),
    min_size=1,
    max_size=12,
).map(lambda turns: [message for turn in turns for message in turn])
OPENINGS = st.integers(1, 100)
CONTEXTS = st.integers(600, 3000)


def left_out(chat: list[tuple[Message, int]], opening: int, context: int, answer: int) -> int:
    messages = [message for message, _ in chat]
    return messages_to_drop(messages, [opening, *(size for _, size in chat), 2], context, answer)


@given(CHATS, OPENINGS, CONTEXTS)
def test_whole_turns_go_and_never_the_last(
    chat: list[tuple[Message, int]], opening: int, context: int
) -> None:
    first = left_out(chat, opening, context, context // 4)
    assert chat[first][0] is USER
    questions = [at for at, (message, _) in enumerate(chat) if message is USER]
    assert first <= questions[-1]


@given(CHATS, OPENINGS, CONTEXTS)
def test_what_is_left_fits_where_it_can(
    chat: list[tuple[Message, int]], opening: int, context: int
) -> None:
    answer = context // 4
    first = left_out(chat, opening, context, answer)
    fits = opening + sum(size for _, size in chat[first:]) <= context - answer
    is_last_turn = all(message is ASSISTANT for message, _ in chat[first + 1 :])
    assert fits or is_last_turn


@given(CHATS, OPENINGS, CONTEXTS)
def test_nothing_goes_where_all_fits(
    chat: list[tuple[Message, int]], opening: int, context: int
) -> None:
    answer = context // 4
    if opening + sum(size for _, size in chat) <= context - answer:
        assert left_out(chat, opening, context, answer) == 0


@given(CHATS, OPENINGS, CONTEXTS)
def test_the_next_turn_begins_as_this_one_did(
    chat: list[tuple[Message, int]], opening: int, context: int
) -> None:
    """Dropped turns never return, and no more are dropped while the rest fits."""
    answer = context // 4
    before = 0
    for end in range(1, len(chat) + 1):
        first = left_out(chat[:end], opening, context, answer)
        assert first >= before
        if opening + sum(size for _, size in chat[before:end]) <= context - answer:
            assert first == before
        before = first


@given(CHATS, OPENINGS, CONTEXTS)
def test_reading_ahead_leaves_out_what_the_question_will(
    chat: list[tuple[Message, int]], opening: int, context: int
) -> None:
    """The opening of the model's turn follows a question, but not a prefilled prompt."""
    messages = [message for message, _ in chat]
    sizes = [opening, *(size for _, size in chat)]
    answer = context // 4
    ahead = messages_to_drop(messages, [*sizes, 0], context, answer)
    assert ahead == messages_to_drop(messages, [*sizes, 3], context, answer)


@given(CHATS, OPENINGS, CONTEXTS)
def test_when_a_turn_goes_there_is_room_for_more(
    chat: list[tuple[Message, int]], opening: int, context: int
) -> None:
    """Dropping leaves spare room, so that not every later turn is read anew."""
    answer = context // 4
    before = left_out(chat[:-1], opening, context, answer) if len(chat) > 1 else 0
    first = left_out(chat, opening, context, answer)
    if first > before:
        is_last_turn = all(message is ASSISTANT for message, _ in chat[first + 1 :])
        left = opening + sum(size for _, size in chat[first:])
        assert is_last_turn or left <= (context - answer) * 2 / 3


def ask(max_tokens: int | None) -> Request:
    sampling = Sampling(max_tokens=max_tokens)
    return Request(ModelRef.of_file(Path("x.gguf"), "x"), (USER,), sampling=sampling)


@given(st.one_of(st.none(), st.integers(1, 1 << 20)), st.integers(64, 1 << 17))
def test_an_answer_gets_what_it_may_have_but_no_more_than_a_quarter(
    most: int | None, context: int
) -> None:
    kept = reserved(ask(most), context)
    assert kept <= context // 4
    assert kept == context // 4 or kept >= (most or 4096)


@given(CHATS, OPENINGS, st.integers(1, 3000))
def test_the_context_that_a_chat_needs(
    chat: list[tuple[Message, int]], opening: int, most: int
) -> None:
    request = Request(ModelRef.of_file(Path("m"), "m"), (), sampling=Sampling(max_tokens=most))
    sizes = [opening, *(size for _, size in chat), 2]
    needed = context_needed(request, sizes)
    messages = [message for message, _ in chat]
    assert messages_to_drop(messages, sizes, needed, reserved(request, needed)) == 0
    short = needed - 2  # a quarter is rounded down
    assert sum(sizes[:-1]) > short - reserved(request, short)
