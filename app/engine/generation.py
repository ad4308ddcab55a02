"""An answer, token by token: what is drawn after a prompt until something ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.base.answer_events import Delta, StopReason
from app.base.types import Part, PartKind, Request
from app.engine.engine_protocol import TokenMask
from app.engine.stop_texts import StopTexts
from app.formats import ChatFormat

_JOINED_S = 0.016  # a frame of most displays


class DeltaJoiner:
    """Joins deltas of the same part into fewer messages, each of which costs as much as ten tokens.

    A delta goes out at once if the message before is long enough ago, and else with a later one:
    nothing waits longer than 16 ms and a token. Call `flush` at the end.
    """

    def __init__(self, send: Callable[[Delta], None]) -> None:
        self._send = send
        self._sent = float("-inf")
        self._waiting: list[Delta] = []

    def add(self, delta: Delta) -> None:
        """Send a delta, now or later."""
        due = time.monotonic() - self._sent >= _JOINED_S
        if self._waiting and self._waiting[-1].index != delta.index:
            self.flush()
        self._waiting.append(delta)
        if due:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            text = "".join(delta.text for delta in self._waiting)
            self._send(replace(self._waiting[-1], text=text))
            self._waiting.clear()
            self._sent = time.monotonic()


class Generation:
    """The generation of one answer. Times are time.monotonic()'s.

    ``send`` sends a delta to the client.
    """

    def __init__(
        self,
        request: Request,
        chat_format: ChatFormat,
        arrived: float,
        *,
        send: Callable[[Delta], None],
    ) -> None:
        self.arrived = self.first = arrived
        self.generated = 0
        self.reasoning = 0
        self.calls: dict[int, Part] = {}
        """The calls of tools, by their places in the answer, without their arguments."""
        self._joiner = DeltaJoiner(send)
        self._stop_texts = StopTexts(request.stop)
        self._searches = bool(request.stop)
        self._parser = chat_format.parser(request)

    def count(self) -> None:
        """Count a token that was drawn, and not yet parsed."""
        if not self.generated:
            self.first = time.monotonic()
        self.generated += 1
        self.reasoning += self._parser.in_reasoning

    @property
    def stop_text(self) -> str:
        """The stop text before which the answer ended; empty if it did not."""
        return self._stop_texts.text

    def feed(self, token: int) -> StopReason | None:
        """Parse a token and send its text; return why the answer ends before it, if it does."""
        self._tell(self._parser.feed(token))
        return StopReason.STOP_TEXT if self._stop_texts.found else self._parser.stop

    def close_reasoning(self, room: int, mask: TokenMask | None) -> list[int]:
        """Close the reasoning and begin the answer, by tokens that are to be decoded.

        They are none if it has begun, or if they would need all the ``room``, or do not fit into
        the answer's shape.
        """
        tokens = self._parser.close_reasoning()
        if not tokens or len(tokens) >= room or (mask and not mask.accepts(tokens)):
            return []
        for token in tokens:
            self._tell(self._parser.feed(token))
            if mask:
                mask.take(token)
        return tokens

    def finish(self, reason: StopReason) -> StopReason:
        """Send what was held back until the end, and return why it has ended."""
        self.flush()
        self._tell(self._parser.finish())
        for delta in self._stop_texts.rest():
            self._joiner.add(delta)
        self.flush()
        return StopReason.STOP_TEXT if self._stop_texts.found else reason

    def flush(self) -> None:
        """Send what waits to be sent."""
        self._joiner.flush()

    def _tell(self, deltas: Sequence[Delta]) -> None:
        """Send what cannot be in a stop text."""
        for delta in deltas:
            if delta.kind is PartKind.CALL:
                call = Part("", delta.kind, delta.name, format_data=delta.format_data)
                self.calls[delta.index] = call
            if self._searches:
                for passed in self._stop_texts.feed(delta):
                    self._joiner.add(passed)
            else:
                self._joiner.add(delta)


# An answer whose last 2,048 tokens repeat the same 64 or fewer would never end: a table, a drawing
# or a list of numbers that somebody wants is shorter, or changes as it goes on.
REPEATED, CYCLE = 2048, 64
LOOK = 256  # tokens between two checks


def repeats(tokens: Sequence[int]) -> bool:
    """Return whether a sequence ends in many repetitions of a few tokens."""
    end = tokens[-REPEATED:]
    return len(end) == REPEATED and any(end[n:] == end[:-n] for n in range(1, CYCLE + 1))
