"""An answer, token by token: what is drawn after a prompt until something ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.base.errors import Cancelled
from app.base.types import Delta, Part, PartKind, Request, StopReason
from app.engine.engine_protocol import EngineModel, Sampler
from app.engine.kv_cache import KvCache
from app.engine.stop_texts import StopTexts
from app.engine.stream_signals import StreamSignals

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

    ``send`` sends a delta to the client. ``decode`` adds tokens to the KV cache; it returns False
    if it was stopped.
    """

    def __init__(
        self,
        request: Request,
        model: EngineModel,
        cache: KvCache,
        signals: StreamSignals,
        *,
        send: Callable[[Delta], None],
        decode: Callable[[Sequence[int]], bool],
    ) -> None:
        self.seed = 0
        self.arrived = self.first = time.monotonic()
        self.generated = 0
        self.reasoning = 0
        self.calls: dict[int, Part] = {}
        """The calls of tools, by their places in the answer, without their arguments."""
        self.endless = False
        """Whether the answer was ended because it only repeated itself."""
        self._request = request
        self._model = model
        self._cache = cache
        self._signals = signals
        self._decode = decode
        self._joiner = DeltaJoiner(send)
        self._stop_texts = StopTexts(request.stop)
        self._parser = model.format.parser(request)

    def run(self, last: int) -> StopReason:
        """Decode the last token of the prompt, draw tokens, and send their text.

        Returns why the answer has ended. Raises Cancelled if nothing was drawn.
        """
        sampler = self._model.sampler(self._request.sampling, 0)
        self.seed = sampler.seed
        try:
            if not self._decode([last]):
                raise Cancelled
            reason = self._draw(sampler)
        finally:
            sampler.close()
            self._joiner.flush()  # also if decoding fails
        self._tell(self._parser.finish())
        for delta in self._stop_texts.rest():
            self._joiner.add(delta)
        self._joiner.flush()
        self.endless = reason is StopReason.LENGTH and self._repeats()
        return StopReason.STOP_TEXT if self._stop_texts.found else reason

    def _draw(self, sampler: Sampler) -> StopReason:
        """Draw tokens until something ends the answer.

        A token is decoded before its text is sent if a GPU works meanwhile. The few that the parser
        or a stop text then turns out to end with are taken back.
        """
        model, cache, signals = self._model, self._cache, self._signals
        most = self._request.sampling.max_tokens or model.size
        while self.generated < most and len(cache.tokens) < model.size:
            if signals.hurried and not self._answer_now():
                return StopReason.CANCELLED
            token = sampler.sample()
            self._count()
            early = model.asynchronous and token not in model.format.stops and not signals.stopped
            decoded = early and self._decode([token])
            self._tell(self._parser.feed(token))
            if end := StopReason.STOP_TEXT if self._stop_texts.found else self._parser.stop:
                if decoded:
                    cache.take_back()
                return end
            if not early:
                decoded = not signals.stopped and self._decode([token])
            if signals.stopped or not decoded:
                return StopReason.CANCELLED
            if not self.generated % _LOOK and self._repeats():
                break
        return StopReason.LENGTH

    def _count(self) -> None:
        """Count a token that was drawn, and not yet parsed."""
        if not self.generated:
            self.first = time.monotonic()
        self.generated += 1
        self.reasoning += self._parser.in_reasoning

    def _tell(self, deltas: Sequence[Delta]) -> None:
        """Send what cannot be in a stop text."""
        for delta in deltas:
            if delta.kind is PartKind.CALL:
                call = Part("", delta.kind, delta.name, format_data=delta.format_data)
                self.calls[delta.index] = call
            for passed in self._stop_texts.feed(delta):
                self._joiner.add(passed)

    def _answer_now(self) -> bool:
        """Close the reasoning and begin the answer; return False if decoding was stopped."""
        tokens = self._parser.close_reasoning()
        if not tokens or len(self._cache.tokens) + len(tokens) >= self._model.size:
            return True
        for token in tokens:
            self._tell(self._parser.feed(token))
        return self._decode(tokens)

    def _repeats(self) -> bool:
        return repeats(self._cache.tokens[-min(self.generated, REPEATED) :])


# An answer whose last 2,048 tokens repeat the same 64 or fewer would never end: a table, a drawing
# or a list of numbers that somebody wants is shorter, or changes as it goes on.
REPEATED, CYCLE = 2048, 64
_LOOK = 256  # tokens between two checks


def repeats(tokens: Sequence[int]) -> bool:
    """Return whether a sequence ends in many repetitions of a few tokens."""
    end = tokens[-REPEATED:]
    return len(end) == REPEATED and any(end[n:] == end[:-n] for n in range(1, CYCLE + 1))
