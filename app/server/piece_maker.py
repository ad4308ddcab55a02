"""Pieces of an answer, out of the engine's events."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

from app.base.answer_events import Delta, Done, Event, Prompt, Stats
from app.base.types import PartKind
from app.engine.backend import Planned
from app.formats import is_preamble
from app.server.declared_calls import NAMESPACE
from app.server.pieces import (
    Answer,
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Piece,
    PromptRead,
    Usage,
)


class _Grown:
    """An item while it grows: as it was told, and ``kind``, what it turns out to be."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.kind = item.kind
        self.texts: list[str] = []
        self.told = 0
        """How many of the texts were told."""
        self.begun = False
        """Whether its beginning was told."""

    @property
    def whole(self) -> Item:
        return replace(self.item, text="".join(self.texts))


class PieceMaker:
    """Makes pieces of an answer's events, and in the end the whole answer.

    An item is begun with its first text, or, if it is a call, with its name. What an item is may
    only turn out later: reasoning without a channel becomes the answer if no other comes, and text
    that ends as a call is one. A stream then has its text once more, as that.
    """

    def __init__(self) -> None:
        self._items: dict[int, _Grown] = {}
        self._open: int | None = None

    def pieces(self, event: Event | Planned) -> Iterator[Piece]:
        """Yield the pieces that one more event makes."""
        match event:
            case Delta():
                yield from self._more(event)
            case Prompt(count):
                yield PromptRead(count)
            case Done(reason, stats, _, stop_text):
                yield from self._end()
                yield AnswerEnded(reason, usage(stats), stop_text)

    def answer(self, done: Done) -> Answer:
        """Return the whole answer, each item as what it was in the end."""
        items = [replace(grown.whole, kind=grown.kind) for _, grown in sorted(self._items.items())]
        shown = tuple(item for item in items if item.text or item.kind is ItemKind.CALL)
        return Answer(shown, done.reason, usage(done.stats), done.stop_text)

    def _more(self, delta: Delta) -> Iterator[Piece]:
        kind, grown = _kind(delta), self._items.get(delta.index)
        if grown is None or kind not in (grown.kind, ItemKind.REASONING):
            yield from self._end()
            texts = grown.texts if grown else []
            grown = self._items[delta.index] = _Grown(_item(kind, delta))
            grown.texts = texts
            self._open = delta.index
        grown.kind = kind
        if delta.text:
            grown.texts.append(delta.text)
        if delta.index == self._open:
            yield from self._told(grown)

    def _told(self, grown: _Grown) -> Iterator[Piece]:
        """Tell what has not been told of an item."""
        text = "".join(grown.texts[grown.told :])
        grown.told = len(grown.texts)
        if not grown.begun and (text or grown.kind is ItemKind.CALL):
            grown.begun = True
            yield ItemBegun(grown.item)
        if text:
            yield ItemText(text)

    def _end(self) -> Iterator[Piece]:
        """End the item that is open."""
        grown = self._items[self._open] if self._open is not None else None
        self._open = None
        if grown and grown.begun:
            yield ItemEnded(grown.whole)


def usage(stats: Stats) -> Usage:
    """Return the numbers of tokens of an answer."""
    return Usage(stats.prompt_tokens, stats.reused, stats.generated, stats.reasoning_tokens)


def _item(kind: ItemKind, delta: Delta) -> Item:
    if kind is not ItemKind.CALL:
        return Item(kind)
    name = delta.name.removeprefix(NAMESPACE)
    return Item(kind, name=name, id=delta.id)


def _kind(delta: Delta) -> ItemKind:
    match delta.kind:
        case PartKind.REASONING:
            return ItemKind.REASONING
        case PartKind.CALL:
            return ItemKind.CALL
    return ItemKind.PREAMBLE if _comes_before(delta.format_data) else ItemKind.TEXT


_comes_before = functools.lru_cache(maxsize=100)(is_preamble)
