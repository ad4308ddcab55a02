"""An answer of the engine on a thread of its own, so that whoever waits for it is never stuck."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing

from app.base.errors import FiresideError
from app.base.types import Delta, Done, Event, PartKind, Prompt, Request, Stats
from app.engine.backend import Backend, Planned
from app.server.pieces import (
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Piece,
    Usage,
)

_TICK_S = 0.1
_AHEAD = 256  # events that are drawn before somebody takes them


class RunningAnswer:
    """The events of an answer, and a None for every tenth of a second without any."""

    def __init__(self, engine: Backend, request: Request) -> None:
        self._engine = engine
        self._request = request
        self._cancel = threading.Event()
        self._events: queue.Queue[Event | Planned | BaseException | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._run, name="served answer", daemon=True)

    def __iter__(self) -> Iterator[Event | Planned | None]:
        self._thread.start()
        try:
            while True:
                try:
                    event = self._events.get(timeout=_TICK_S)
                except queue.Empty:
                    yield None
                    continue
                if event is None:
                    return
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop it, from any thread."""
        self._cancel.set()

    def _run(self) -> None:
        try:
            with closing(self._engine.stream(self._request, self._cancel)) as events:
                for event in events:
                    if not self._put(event):
                        return
            self._put(None)
        except FiresideError as error:
            self._put(error)

    def _put(self, event: Event | Planned | BaseException | None) -> bool:
        """Hand an event on; return whether anybody still takes it."""
        while True:
            try:
                self._events.put(event, timeout=_TICK_S)
                return True
            except queue.Full:
                if self._cancel.is_set():
                    return False


def pieces(events: Iterable[Event | Planned | None]) -> Generator[Piece | None, None, None]:
    """Make pieces of an answer's events; None stays None."""
    begun: tuple[int, ItemKind] | None = None
    item = Item(ItemKind.TEXT)
    calls = 0
    for event in events:
        match event:
            case None:
                yield None
            case Delta():
                kind = _kind(event)
                if begun != (event.index, kind):
                    if begun:
                        yield ItemEnded(item)
                    calls += kind is ItemKind.CALL
                    item = Item(kind, "", event.name.removeprefix("functions."), f"call_{calls}")
                    begun = event.index, kind
                    yield ItemBegun(item)
                if event.text:
                    item = Item(item.kind, item.text + event.text, item.name, item.id)
                    yield ItemText(event.text)
            case Done(reason, stats):
                if begun:
                    yield ItemEnded(item)
                yield AnswerEnded(reason, usage(stats))
            case Prompt():
                pass


def usage(stats: Stats) -> Usage:
    """Return the numbers of tokens of an answer."""
    return Usage(stats.prompt_tokens, stats.reused, stats.generated, stats.reasoning_tokens)


def _kind(delta: Delta) -> ItemKind:
    match delta.kind:
        case PartKind.REASONING:
            return ItemKind.REASONING
        case PartKind.CALL:
            return ItemKind.CALL
    return ItemKind.PREAMBLE if delta.format_data.startswith("commentary") else ItemKind.TEXT
