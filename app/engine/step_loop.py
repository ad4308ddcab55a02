"""The steps by which the worker's streams go on together: one batch each."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.base.errors import EngineFailed, FiresideError
from app.engine.batch import Priority, Shares
from app.engine.engine_protocol import EngineModel
from app.engine.kv_pool import KvPool
from app.engine.kv_sequence import common_length
from app.engine.stream_signals import StreamSignals
from app.engine.worker_stream import ReadingStream

_SHARED = 64  # tokens more than are there that are worth waiting for another's prompt


class StepLoop:
    """The streams of a loaded model, and what the engine does for them.

    ``ended`` is told each stream that has ended.
    """

    def __init__(
        self,
        model: EngineModel,
        pool: KvPool,
        signals: StreamSignals,
        ended: Callable[[ReadingStream], None],
        *,
        first: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._pool = pool
        self._signals = signals
        self._told = ended
        self._clock = clock
        self._shares: Shares[ReadingStream] = Shares(model.batch, first)
        self._running: list[ReadingStream] = []
        self._waiting: list[ReadingStream] = []
        self._changed = False
        self._began: float | None = None
        self._drew, self._reads = False, 0

    @property
    def streams(self) -> list[ReadingStream]:
        """Those that have not ended."""
        return [*self._running, *self._waiting]

    @property
    def runs(self) -> bool:
        """Whether a step can be taken."""
        return bool(self._running or (self._changed and self._waiting))

    def add(self, stream: ReadingStream) -> None:
        """Have a stream wait for its turn, which it may get in the next step."""
        self._waiting.append(stream)
        self._waiting.sort(key=_order)
        self._changed = True

    def look(self) -> None:
        """Look in the next step whether what waits can begin."""
        self._changed = True

    def step(self) -> bool:
        """Draw for all that can, begin what waits, and decode what comes next.

        Return whether another step can be taken.
        """
        if self._signals.unwanted:
            self._end_cancelled()
        later = self._draw()
        if self._waiting:
            self._start()
        if chosen := self._choose():
            self._decode(chosen)
        for stream in later:
            self._parse(stream)
        return bool(self._running) or self.runs

    def _draw(self) -> list[ReadingStream]:
        """Draw for all that can; return those whose token is parsed once it is being decoded.

        A token is decoded before its text is sent if a GPU works meanwhile. The few that the parser
        or a stop text then turns out to end with are taken back.
        """
        later = []
        asynchronous = self._model.asynchronous
        for stream in tuple(self._running):
            if not stream.ready:
                continue
            try:
                stream.draw()
            except FiresideError as error:
                stream.end(error)
            if stream.ended:
                self._end(stream)
            elif asynchronous and stream.unparsed not in self._model.format.stops:
                later.append(stream)
            else:
                self._parse(stream)
        if asynchronous and self._began is not None:
            self._measure()
        return later

    def _parse(self, stream: ReadingStream) -> None:
        """Parse the token that a stream has drawn, if it has; that may end it."""
        if stream.unparsed is not None and not stream.ended:
            stream.parse()
            if stream.ended:
                self._end(stream)

    def _start(self) -> None:
        """Begin the streams for which there is room, in their order, and tell the others theirs."""
        tries, self._changed = self._changed, False
        queue = []
        for stream in tuple(self._waiting):
            was_behind = stream.behind is not None
            if self._is_behind(stream):
                continue
            try:
                if not stream.may_start():
                    continue
                tries = tries or was_behind
                tries = tries and (self._follows(stream) or self._begins(stream))
                if not tries:
                    queue.append(stream)
            except FiresideError as error:
                stream.end(error)
            if stream.ended:
                self._end(stream)
        for place, stream in enumerate(queue, 1):
            stream.wait(place)
        if queue and not self._running:
            queue[0].end(EngineFailed("no room in the cache"))
            self._end(queue[0])

    def _begins(self, stream: ReadingStream) -> bool:
        """Begin a stream, pausing others that come after it; return False if there is no room."""
        while not stream.start(self._pool):
            behind = [each for each in self._running if each.priority > stream.priority]
            if not behind:
                return False
            self._pause(max(behind, key=_order))
        self._waiting.remove(stream)
        self._running.append(stream)
        return True

    def _follows(self, stream: ReadingStream) -> bool:
        """Have a stream wait while a prompt is read that begins as its own, to share that."""
        if stream.fresh:
            return False
        least = self._pool.longest(stream.tokens) + _SHARED
        for other in self._running:
            if not other.draws and other.priority <= stream.priority:
                length = min(
                    common_length(other.tokens, stream.tokens),
                    len(stream.tokens) - 1,
                    other.goal,
                )
                if length >= least and length > other.read:
                    stream.follow(other, length)
                    least = length + 1
        if stream.behind is None:
            return False
        other, length = stream.behind
        other.cut_at(length)
        return True

    def _is_behind(self, stream: ReadingStream) -> bool:
        """Return whether a stream still waits for a prompt that begins as its own."""
        if stream.behind is None:
            return False
        other, length = stream.behind
        if other in self._running and other.read < length:
            return True
        stream.behind = None
        return False

    def _pause(self, stream: ReadingStream) -> None:
        """Have a stream wait until there is room again."""
        self._parse(stream)
        if stream.ended:
            return
        stream.pause(self._pool)
        if stream.ended:
            self._end(stream)
        else:
            self._running.remove(stream)
            self._waiting.append(stream)
            self._waiting.sort(key=_order)

    def _choose(self) -> list[tuple[ReadingStream, int]]:
        """Return who is in the next batch, with how many tokens; others are paused for that."""
        while running := self._running:
            if len(running) == 1 and (stream := running[0]).draws:
                count = stream.wants
                if self._pool.room(count):
                    return [(stream, count)]
            drawing = [stream for stream in running if stream.draws]
            reading = []
            if len(drawing) < len(running):
                reading = [stream for stream in running if not stream.draws]
            chosen = self._shares.choose(drawing, reading)
            if self._pool.room(sum([count for _, count in chosen])):
                self._drew, self._reads = bool(drawing), 0
                if reading:
                    self._reads = sum(count for stream, count in chosen if not stream.draws)
                return chosen
            if len(running) == 1:
                running[0].end(EngineFailed("no room in the cache"))
                self._end(running[0])
            else:
                self._pause(max(running, key=_order))
        return []

    def _decode(self, chosen: list[tuple[ReadingStream, int]]) -> None:
        """Decode a batch, of which nothing is left if it is stopped."""
        numbers, pieces = [], []
        for stream, count in chosen:
            numbers.append(stream.number)
            pieces.append(stream.piece(count))
        if not self._signals.begin(numbers):
            return  # the next step ends those that are no longer wanted
        self._began = self._clock() if len(self._running) > 1 else None
        try:
            done = self._model.decode(pieces)
        except EngineFailed as error:
            self._abort(chosen)
            for stream, _ in chosen:
                stream.end(error)
                self._end(stream)
            return
        if not done:
            self._abort(chosen)
            return
        if self._began is not None and not self._model.asynchronous:
            self._measure()
        for (stream, _), piece in zip(chosen, pieces, strict=True):
            stream.decoded(piece)
            if stream.ended:
                self._end(stream)

    def _abort(self, chosen: list[tuple[ReadingStream, int]]) -> None:
        self._began = None
        for stream, _ in chosen:
            if stream.sequence:
                stream.sequence.aborted()

    def _measure(self) -> None:
        """Note how long the last batch took, which is known once something is drawn from it.

        Without that, a GPU may still be working.
        """
        if self._began is not None and (self._drew or not self._model.asynchronous):
            seconds = self._clock() - self._began
            self._shares.took(seconds, drew=self._drew, read=self._reads)
        self._began = None

    def _end_cancelled(self) -> None:
        """End the streams that are no longer wanted."""
        for stream in self.streams:
            if self._signals.cancelled(stream.number):
                stream.cancel()
                if stream.ended:
                    self._end(stream)

    def _end(self, stream: ReadingStream) -> None:
        """Tell that a stream has ended; what it had is kept."""
        if stream in self._running:
            self._running.remove(stream)
        else:
            self._waiting.remove(stream)
        stream.leave(self._pool)
        self._changed = True
        self._told(stream)


def _order(stream: ReadingStream) -> tuple[Priority, int]:
    return stream.priority, stream.number
