"""An answer while it grows: in memory, and a little later on disk."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from app.base.errors import FiresideError, StoreError
from app.base.types import Channel, Delta, Draft, Message, Role, Stats
from app.store import MessageRow, State, Store

_SAVE_S = 0.5  # a crash loses at most so much of an answer


class Writer:
    """An answer while it grows, in memory and, a little later, on disk."""

    def __init__(self, store: Store, row: MessageRow) -> None:
        self._store = store
        self._row = row
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._fault: StoreError | None = None
        self._draft = Draft(row.message.parts)
        self._thought_before = row.thought_s or 0.0
        self._thinking_since: float | None = None
        self._thought_s = row.thought_s
        self.stats: Stats | None = None

    def add(self, delta: Delta) -> None:
        """Takes a delta, which is on disk half a second later, whether others follow or not.
        Raises the StoreError that an earlier one met."""
        with self._lock:
            if self._fault:
                raise self._fault
            self._time_thought(delta.channel is Channel.ANALYSIS)
            self._draft.add(delta)
            if self._timer is None:
                self._timer = threading.Timer(_SAVE_S, self._save)
                self._timer.name = "save"
                self._timer.start()

    def finish(
        self, state: State, error: FiresideError | None = None
    ) -> tuple[MessageRow, FiresideError | None]:
        """Saves the whole; returns it, and ``error`` or what the disk said. Where the disk
        refuses, the answer lives in the window only."""
        with self._lock:
            timer = self._timer
        if timer:
            timer.cancel()
            timer.join()
        parts = self._draft.parts
        try:
            row = self._store.update(
                self._row.id,
                parts=parts,
                state=state,
                stats=self.stats,
                thought_s=self._thought_s,
            )
        except StoreError as fault:
            message = Message(Role.ASSISTANT, parts)
            row = replace(self._row, message=message, state=State.CUT_OFF, stats=self.stats)
            return row, error or fault
        return row, error

    def _save(self) -> None:
        with self._lock:
            self._timer = None
            try:
                self._store.update(self._row.id, parts=self._draft.parts, thought_s=self._thought_s)
            except StoreError as fault:
                self._fault = fault

    def _time_thought(self, thinking: bool) -> None:
        now = time.monotonic()
        if thinking and self._thinking_since is None:
            self._thinking_since = now
        if self._thinking_since is not None:
            self._thought_s = self._thought_before + now - self._thinking_since
        if not thinking and self._thinking_since is not None:
            self._thought_before = self._thought_s or 0.0
            self._thinking_since = None
