"""What is known of a tool's reply before it comes: its header, which can be processed already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.base.types import Message, Part, PartKind, Request, Role
from app.formats import ChatFormat


def reply_header(
    chat_format: ChatFormat, request: Request, calls: Sequence[Part], drawn: Sequence[int]
) -> list[int]:
    """Return the tokens that follow a round's ``calls`` whatever the result, of a single call.

    ``drawn`` are the turn's tokens so far. They are what leads to either of two results.
    """
    if len(calls) != 1:
        return []
    last = request.messages[-1]
    goes_on = last.role is Role.ASSISTANT
    said = (*last.parts, *calls) if goes_on else tuple(calls)
    before = request.messages[:-1] if goes_on else request.messages

    def bridge(result: str) -> list[int]:
        answer = Message(Role.ASSISTANT, (*said, Part(result, PartKind.RESULT)))
        return chat_format.bridge(replace(request, messages=(*before, answer)), drawn)

    one, other = bridge("0"), bridge("x")
    different = (at for at, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1)
    return one[: next(different, 0)]
