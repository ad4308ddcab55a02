"""Signals to the worker's streams that overtake other commands."""

from __future__ import annotations

import threading

from app.engine.engine_protocol import Engine


class StreamSignals:
    """Cancel and answer-now flags of the streams, set by the reader's thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: set[int] = set()
        self._cancelled: set[int] = set()
        self._hurried: set[int] = set()
        self._current = 0

    def add(self, stream: int) -> bool:
        """Register a stream; return False if its number is taken."""
        with self._lock:
            is_new = stream not in self._known
            self._known.add(stream)
            return is_new

    def begin(self, stream: int) -> None:
        """Make a stream the current one."""
        with self._lock:
            self._current = stream
            self._engine.stop(self.stopped)

    def end(self, stream: int) -> None:
        """Forget a stream."""
        with self._lock:
            for streams in (self._known, self._cancelled, self._hurried):
                streams.discard(stream)

    def cancel(self, stream: int) -> None:
        """Set a stream's cancel flag, unless it has ended."""
        with self._lock:
            self._cancelled |= {stream} & self._known
            self._engine.stop(self.stopped)

    def cancel_all(self) -> None:
        """Stop every stream."""
        with self._lock:
            self._cancelled |= self._known
            self._engine.stop(self.stopped)

    def hurry(self, stream: int) -> None:
        """Set a stream's answer-now flag, unless it has ended."""
        with self._lock:
            self._hurried |= {stream} & self._known

    @property
    def stopped(self) -> bool:
        """Whether the current stream is no longer wanted."""
        return self._current in self._cancelled

    @property
    def hurried(self) -> bool:
        """Whether the current stream is to answer now."""
        return self._current in self._hurried
