"""Which part of a conversation the model is shown, where all of it does not fit."""

from __future__ import annotations

from collections.abc import Sequence

from app.base.types import Message, Request, Role

_RESERVED = 4096  # tokens for an answer; high effort thinks for a few thousand
_HEADER = 16  # tokens for what opens it
_KEPT = 2 / 3  # of the room, after the oldest turns were left out


def reserved(request: Request, context: int) -> int:
    """Return how many tokens are kept free for the answer.

    As many as it may have, but never more than a quarter of the context.
    """
    return min(_HEADER + (request.sampling.max_tokens or _RESERVED), context // 4)


def messages_to_drop(
    messages: Sequence[Message], pieces: Sequence[int], context: int, answer: int
) -> int:
    """Return how many of ``messages``, the oldest ones, are left out of the prompt.

    ``pieces``: tokens of the opening, of each message, and of what follows them, which counts as
    the answer's: what is read ahead has none yet, and is to leave out the same. ``answer``: tokens
    that are kept free. Whole turns go, a question with its answers, and never the last one. Where
    one has to go, others go with it until a third of the room is free: each time, all that is
    left has to be read anew.

    The result depends on nothing but the sizes, and is found by going through the messages as
    they came, so the prompt of the next turn begins as the one of this turn did.
    """
    room = context - answer
    opening, *sizes, _ = pieces
    first, held = 0, opening
    for at, size in enumerate(sizes):
        held += size
        if held <= room:
            continue
        turns = (i for i in range(first + 1, at + 1) if messages[i].role is Role.USER)
        for turn in turns:
            held -= sum(sizes[first:turn])
            first = turn
            if held <= room * _KEPT:
                break
    return first
