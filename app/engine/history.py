"""Selection of the part of a conversation that fits into the context."""

from __future__ import annotations

from collections.abc import Sequence

from app.base.types import Message, Request, Role

_RESERVED = 4096  # tokens for an answer; at high effort, reasoning takes a few thousand
_HEADER = 16  # tokens for its header
_KEPT = 2 / 3  # of the room that may be filled after turns were left out


def reserved(request: Request, context: int) -> int:
    """Return how many tokens are kept free for the answer.

    They are as many as the answer may have, but at most a quarter of the context.
    """
    return min(_HEADER + (request.sampling.max_tokens or _RESERVED), context // 4)


def context_needed(request: Request, pieces: Sequence[int]) -> int:
    """Return the size of the smallest context in which nothing is left out.

    ``pieces`` as for `messages_to_drop`.
    """
    held = sum(pieces[:-1])
    answer = _HEADER + (request.sampling.max_tokens or _RESERVED)
    return held + min(answer, -(-held // 3))  # a quarter of the whole is a third of the rest


def messages_to_drop(
    messages: Sequence[Message],
    pieces: Sequence[int],
    context: int,
    answer: int,
    *,
    grows: bool = False,
) -> int:
    """Return how many of ``messages``, the oldest ones, are left out of the prompt.

    ``pieces``: tokens of the opening, of each message, and of what follows them. The last counts
    toward the answer, so that reading ahead, which has no such tokens yet, drops the same messages.
    ``answer``: tokens that are kept free. Whole turns are dropped, a question with its answers, and
    never the last turn. If one has to go, others go with it until a third of the room is free,
    since each drop means that all the rest has to be processed again.

    The result depends only on the sizes, and is computed message by message in their order, so the
    prompt of the next turn begins as this turn's did. An answer that ``grows``, by tool calls, is
    taken as if it had come token by token: each of its prompts begins as the one before, until the
    room is full again.
    """
    room = context - answer
    opening, *sizes, _ = pieces
    first, held = 0, opening
    asked = max((i for i, m in enumerate(messages) if m.role is Role.USER), default=0)
    for at, size in enumerate(sizes):
        rest, before = size, -1
        while held + rest > room and first != before:
            grown = rest if not grows or at <= asked else max(0, min(rest, room + 1 - held))
            held, rest, before = held + grown, rest - grown, first
            for turn in range(first + 1, at + 1):
                if messages[turn].role is Role.USER and held > room * _KEPT:
                    held -= sum(sizes[first:turn])
                    first = turn
        held += rest
    return first
