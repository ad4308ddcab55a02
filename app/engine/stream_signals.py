"""Signals to the worker's streams that overtake other commands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from app.engine.engine_protocol import Engine


class StreamSignals:
    """Cancel and answer-now flags of the streams, set by the reader's thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: set[int] = set()
        self.unwanted: set[int] = set()
        """The streams that were cancelled, and have not ended."""
        self._hurried: set[int] = set()
        self.hurried: Callable[[object], bool] = self._hurried.__contains__
        """Return whether a stream is to answer now."""
        self._working: Collection[int] = ()
        self._stops = False

    def add(self, stream: int) -> None:
        """Register a stream."""
        with self._lock:
            self._known.add(stream)

    def begin(self, streams: Collection[int]) -> bool:
        """Note the streams that the engine works for from now on, until this is called again.

        Return False if one of them was cancelled already.
        """
        if streams == self._working and not self._stops:
            return True
        with self._lock:
            self._working = streams
            wanted = self.unwanted.isdisjoint(streams)
            if self._stops is wanted:
                self._stop(not wanted)
            return wanted

    def end(self, stream: int) -> None:
        """Forget a stream."""
        with self._lock:
            for streams in (self._known, self.unwanted, self._hurried):
                streams.discard(stream)

    def cancel(self, stream: int) -> None:
        """Set a stream's cancel flag, unless it has ended, and stop what is done for it."""
        with self._lock:
            self.unwanted |= {stream} & self._known
            if stream in self._working and stream in self.unwanted:
                self._stop(True)

    def cancel_all(self) -> None:
        """Stop every stream."""
        with self._lock:
            self.unwanted |= self._known
            self._stop(True)

    def hurry(self, stream: int) -> None:
        """Set a stream's answer-now flag, unless it has ended."""
        with self._lock:
            self._hurried |= {stream} & self._known

    def cancelled(self, stream: int) -> bool:
        """Return whether a stream is no longer wanted."""
        return stream in self.unwanted

    def _stop(self, stops: bool) -> None:
        self._stops = stops
        self._engine.stop(stops)
