"""An answer as the dialects write it: its items in order, each begun, grown and ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from app.base.answer_events import StopReason


class ItemKind(StrEnum):
    """What an item of an answer is."""

    REASONING = "reasoning"
    PREAMBLE = "preamble"
    """Text for the user before a call: Harmony's commentary."""
    TEXT = "text"
    """The answer."""
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Item:
    """An item: its text, or a call's arguments as the model wrote them.

    A call has the ``name`` of the function, without its namespace, and an ``id``, unique here.
    """

    kind: ItemKind
    text: str = ""
    name: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class PromptRead:
    """The model reads the prompt, of so many tokens. An answer may have several."""

    tokens: int


@dataclass(frozen=True, slots=True)
class ItemBegun:
    """An item begins, after the end of the one before; its text is empty so far."""

    item: Item


@dataclass(frozen=True, slots=True)
class ItemText:
    """More text of the item that has begun last."""

    text: str


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """The item that has begun last is complete."""

    item: Item


@dataclass(frozen=True, slots=True)
class Usage:
    """Numbers of tokens: of the prompt, those of it that were cached, drawn, and of reasoning."""

    prompt: int = 0
    cached: int = 0
    generated: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class AnswerEnded:
    """The answer is complete. Its items have ended before.

    ``stop_text`` is the one before which it ended, if it did.
    """

    reason: StopReason
    usage: Usage
    stop_text: str = ""


Piece: TypeAlias = PromptRead | ItemBegun | ItemText | ItemEnded | AnswerEnded


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    items: tuple[Item, ...]
    reason: StopReason
    usage: Usage
    stop_text: str = ""
