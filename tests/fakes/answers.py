"""Answers of a model, as the events of which they consist."""

from __future__ import annotations

from app.base.answer_events import Delta, Done, Event, Prompt, Stats, StopReason
from app.base.types import PartKind

STATS = Stats(
    prompt_tokens=80,
    evaluated=70,
    generated=42,
    reasoning_tokens=9,
    first_token_s=0.25,
    generation_s=0.2,
    peak_memory=50_000_000,
    seed=7,
    context=32768,
    prompt_s=0.2,
)


def thought(text: str) -> Delta:
    return Delta(0, text, PartKind.REASONING)


def said(text: str, index: int = 0) -> Delta:
    return Delta(index, text, PartKind.TEXT)


def done(reason: StopReason = StopReason.END) -> Done:
    return Done(reason, STATS)


def answer(text: str, reasoning: str = "Let me think.") -> list[Event]:
    """Return the events of a complete answer."""
    return [Prompt(80, 4096), thought(reasoning), said(text, 1), done()]
