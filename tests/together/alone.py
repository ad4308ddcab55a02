"""What a request is answered alone: its prompt, and the tokens after it, one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from app.base.answer_events import Delta, StopReason
from app.base.draft import Draft
from app.base.types import Part, Request, Role
from app.engine.engine_protocol import TokenMask
from app.engine.history import messages_to_drop, reserved
from app.engine.stop_texts import StopTexts
from app.formats import ChatFormat, RenderedRequest
from tests.together.scripted_model import PlainSequence, draw, fitting


@dataclass(frozen=True)
class Answer:
    """An answer: its parts, behind empty ones for those that are continued, and its tokens."""

    parts: tuple[Part, ...]
    reason: StopReason
    tokens: tuple[int, ...]
    """Those that are in the cache, with the ones that closed the reasoning."""
    generated: int


class Drawing(Protocol):
    """The tokens of a sequence, and what comes next."""

    def add(self, tokens: Sequence[int]) -> None: ...
    def draw(self, mask: TokenMask | None) -> int: ...


class Scripted:
    """The scripted model's."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._sequence = PlainSequence(tokens)

    def add(self, tokens: Sequence[int]) -> None:
        self._sequence.add(tokens)

    def draw(self, mask: TokenMask | None) -> int:
        token = draw(self._sequence)
        return fitting(token, mask) if mask else token


def prompt(
    request: Request, context: int, render: Callable[[Request], RenderedRequest]
) -> RenderedRequest:
    """Return a request's prompt in a context of that size, without the turns that do not fit."""
    whole = render(request)
    first = messages_to_drop(
        request.messages,
        whole.sizes,
        context,
        reserved(request, context),
        grows=bool(request.drawn),
    )
    kept = [m for m in request.messages[:first] if m.role in (Role.SYSTEM, Role.DEVELOPER)]
    if len(kept) == first:
        return whole
    return render(replace(request, messages=(*kept, *request.messages[first:])))


def answer(
    request: Request,
    tokens: Sequence[int],
    context: int,
    chat_format: ChatFormat,
    drawing: Drawing,
    *,
    hurried: int | None = None,
    mask: TokenMask | None = None,
) -> Answer:
    """Return the answer after a prompt, told to answer now once ``hurried`` tokens were drawn."""
    parser, stop_texts, draft = chat_format.parser(request), StopTexts(request.stop), Draft()
    before = len(request.messages[-1].parts) if request.messages[-1].role is Role.ASSISTANT else 0
    for _ in range(before):
        draft.add_part(Part(""))
    most = request.sampling.max_tokens or context
    held: list[int] = []
    generated, reason = 0, StopReason.LENGTH

    def tell(found: Sequence[Delta]) -> None:
        for delta in found:
            for passed in stop_texts.feed(delta):
                draft.add(passed)

    while generated < most and len(tokens) + len(held) < context:
        closing: list[int] = []
        if hurried is not None and generated >= hurried:
            closing = parser.close_reasoning()
        if mask and not mask.accepts(closing):
            closing = []
        if closing and len(tokens) + len(held) + len(closing) < context:
            for token in closing:
                tell(parser.feed(token))
                if mask:
                    mask.take(token)
            drawing.add(closing)
            held += closing
        token = drawing.draw(mask)
        if mask:
            mask.take(token)
        generated += 1
        tell(parser.feed(token))
        if stop_texts.found or parser.stop:
            reason = parser.stop or StopReason.STOP_TEXT
            break
        drawing.add([token])
        held.append(token)
    tell(parser.finish())
    for delta in stop_texts.rest():
        draft.add(delta)
    if stop_texts.found:
        reason = StopReason.STOP_TEXT
    return Answer(draft.parts, reason, tuple(held), generated)
