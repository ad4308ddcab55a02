"""Answers of a server that does not take its model's format apart, but sends all of it as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.base.answer_events import Delta
from app.base.types import PartKind
from app.engine.remote.wire_events import AnswerEnd, AnswerText, CallText, ReasoningText, WireEvent
from app.formats import text_parser


def parsed(events: Iterable[WireEvent]) -> Iterator[WireEvent]:
    """Yield the events, with reasoning and calls in the place of the text that they are in."""
    parser = text_parser()
    for event in events:
        match event:
            case AnswerText(text):
                yield from map(_event, parser.feed(text))
            case AnswerEnd():
                yield from map(_event, parser.finish())
                yield event
            case _:
                yield event


def _event(delta: Delta) -> WireEvent:
    match delta.kind:
        case PartKind.REASONING:
            return ReasoningText(delta.text)
        case PartKind.CALL:
            name = delta.name.removeprefix("functions.")
            return CallText(delta.index, "", name, delta.text)
    return AnswerText(delta.text)
