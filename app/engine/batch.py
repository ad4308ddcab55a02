"""The rule by which streams share the engine: what goes into the next step.

A step decodes one batch. Streams that draw have their tokens in each. Prompts are read in pieces
between them, so that nobody waits for another's whole prompt, nor much longer for a token:

1. While nobody draws, a batch is as long as it may be.
2. While others draw, a step with a piece of a prompt takes half a second at most, by the speeds
   measured so far, and such steps take half of the time, so that the others draw at half of their
   speed at least. A prompt that comes before all of them, as the window's does before clients', is
   read in each step.
3. The window's prompt comes first, but leaves a quarter to others'. Clients' take turns, whoever
   has the most requests or the longest, and so do the prompts of one client.
4. What nobody waits for is read while there is no other prompt, in small pieces while others draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Generic, Protocol, TypeVar

_GAP_S = 0.5  # that a step takes at most while somebody draws
_LEAST = 16  # tokens of a prompt, however slow a computer is
_BEHIND = 16  # tokens of what nobody waits for, while others draw
_WINDOW = 3  # times as much as others is read for the window, if both have prompts
_NEWEST = 0.5  # the weight of a step among all that were measured


class Priority(IntEnum):
    """The order in which streams are served."""

    WINDOW = 0
    CLIENT = 1
    BACKGROUND = 2


class Joining(Protocol):
    """A stream that wants tokens to be decoded, ``wants`` of them in the next step at most."""

    @property
    def number(self) -> int: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def client(self) -> str: ...
    @property
    def wants(self) -> int: ...


Stream = TypeVar("Stream", bound=Joining)


class Shares(Generic[Stream]):
    """The rule, with the speeds and turns that it goes by.

    ``batch``: tokens in a step at most. ``first``: tokens of a piece before speeds are known.
    """

    def __init__(self, batch: int, first: int) -> None:
        self._batch = batch
        self._first = first
        self._draw_s = 0.0
        self._token_s = self._alone_s = 0.0
        self._debt = 0.0
        self._steps = 0
        self._turns: dict[str | int, int] = {}
        self._windows = self._others = 0

    def choose(
        self, drawing: Sequence[Stream], reading: Sequence[Stream]
    ) -> list[tuple[Stream, int]]:
        """Return the streams that are in the next step, and how many tokens of each."""
        chosen = []
        room = self._batch
        for stream in drawing:
            if (wants := stream.wants) <= room:
                chosen.append((stream, wants))
                room -= wants
        if not drawing:
            self._debt = 0.0
        if reading:
            self._steps += 1
            room = min(room, self._most(drawing))
            for stream in self._in_turn(self._may_read(drawing, reading)):
                behind = drawing and stream.priority is Priority.BACKGROUND
                if count := min(stream.wants, room, _BEHIND if behind else room):
                    chosen.append((stream, count))
                    room -= count
                    self._read(stream, count)
        return chosen

    def took(self, seconds: float, *, drew: bool, read: int) -> None:
        """Learn from a step in which somebody ``drew``, and ``read`` tokens were read."""
        if drew and read:
            self._debt = min(self._debt + seconds, max(seconds, _GAP_S))
        elif drew:
            self._debt = max(self._debt - seconds, 0.0)
            self._draw_s = _smoothed(self._draw_s, seconds)
        if read and drew:
            self._token_s = _smoothed(self._token_s, max(seconds - self._draw_s, 0.0) / read)
        elif read:
            self._alone_s = _smoothed(self._alone_s, seconds / read)

    def _may_read(self, drawing: Sequence[Stream], reading: Sequence[Stream]) -> list[Stream]:
        """Return the streams that may read in this step."""
        wanted = [each for each in reading if each.priority < Priority.BACKGROUND] or [*reading]
        if drawing and self._debt > 0:
            first = min(each.priority for each in drawing)
            wanted = [each for each in wanted if each.priority < first]
        return wanted

    def _most(self, drawing: Sequence[Stream]) -> int:
        """Return how many tokens of prompts a step may have."""
        if not drawing:
            return self._batch
        # A token of a short piece takes longer than one of a full batch.
        token_s = self._token_s or self._alone_s
        most = self._batch if self._token_s else self._first
        return max(_LEAST, min(most, int((_GAP_S - self._draw_s) / token_s))) if token_s else most

    def _in_turn(self, wanted: list[Stream]) -> list[Stream]:
        """Return the streams in the order in which they read."""
        if len(wanted) < 2:
            return wanted
        present: set[str | int] = {each.client for each in wanted} | {e.number for e in wanted}
        self._turns = {key: step for key, step in self._turns.items() if key in present}
        windows = [each.priority is Priority.WINDOW for each in wanted]
        if all(windows) or not any(windows):
            self._windows = self._others = 0
        late = self._windows > _WINDOW * self._others
        return sorted(
            wanted,
            key=lambda each: (
                (each.priority is Priority.WINDOW) is late,
                self._turns.get(each.client, 0),
                self._turns.get(each.number, 0),
                each.number,
            ),
        )

    def _read(self, stream: Stream, count: int) -> None:
        self._turns[stream.client] = self._turns[stream.number] = self._steps
        if stream.priority is Priority.WINDOW:
            self._windows += count
        else:
            self._others += count


def _smoothed(before: float, new: float) -> float:
    return before + _NEWEST * (new - before) if before else new
