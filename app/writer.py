"""An answer while it grows: in memory, and a little later on disk; or later still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from app.base.errors import FiresideError, StoreError
from app.base.threads import report_errors
from app.base.types import Delta, Draft, Message, PartKind, Role, Stats
from app.store import MessageRow, State, Store

_SAVE_S = 0.5  # a crash loses at most so much of an answer
_AGAIN_S = 3.0  # until a whole one that the disk did not take is tried again


class Writer:
    """An answer while it grows, in memory and, a little later, on disk.

    Where the disk does not take it, it grows in memory, and the disk is asked again with each
    save. ``told`` is called with the first StoreError, and with None when all is on disk again.
    ``draft`` is what it grows in, else one is made here.
    """

    def __init__(
        self,
        store: Store,
        row: MessageRow,
        told: Callable[[StoreError | None], None],
        draft: Draft | None = None,
    ) -> None:
        self._store = store
        self._row = row
        self._told = told
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._newer = False  # than what is being saved just now
        self._ended = False
        self._fault: StoreError | None = None
        self._draft = draft or Draft(row.message.parts)
        self._thought_before = row.thought_s or 0.0
        self._thinking_since: float | None = None
        self._thought_s = row.thought_s
        self.stats: Stats | None = None

    def add(self, delta: Delta) -> None:
        """Takes a delta, which is on disk half a second later, whether others follow or not."""
        with self._lock:
            self._time_thought(delta.kind is PartKind.REASONING)
            self._draft.add(delta)
            self._newer = True
            self._save_soon()

    def finish(self, state: State) -> tuple[MessageRow, StoreError | None]:
        """Saves the whole; returns it, and what the disk said where it refused: then the answer
        is in memory only, until this is called again with better luck. That of a chat which was
        erased meanwhile is nowhere else, and no fault."""
        with self._lock:
            self._ended = True
            timer = self._timer
        if timer:
            timer.cancel()
            timer.join()
        parts = self._draft.parts
        saved = self._write(parts=parts, state=state, stats=self.stats, thought_s=self._thought_s)
        unsaved = replace(
            self._row,
            message=Message(Role.ASSISTANT, parts),
            state=state,
            stats=self.stats,
            thought_s=self._thought_s,
        )
        return saved or unsaved, self._fault

    def _save_soon(self) -> None:
        if self._timer is None and not self._ended:
            self._timer = threading.Timer(_SAVE_S, self._save)
            self._timer.name = "save"
            self._timer.start()

    def _save(self) -> None:
        with self._lock:
            self._newer = False
            parts, thought_s = self._draft.parts, self._thought_s
        saved = self._write(parts=parts, thought_s=thought_s)
        with self._lock:
            self._timer = None
            if self._newer or not saved:
                self._save_soon()

    def _write(self, **values: Any) -> MessageRow | None:
        """None where the disk refuses, and where the chat was erased meanwhile: then there is
        nothing to be saved."""
        row: MessageRow | None = None
        before, self._fault = self._fault, None
        try:
            row = self._store.messages.update(self._row.id, **values)
        except StoreError as fault:
            self._fault = fault
        except KeyError:
            pass
        if (before is None) != (self._fault is None):
            self._told(self._fault)
        return row

    def _time_thought(self, thinking: bool) -> None:
        now = time.monotonic()
        if thinking and self._thinking_since is None:
            self._thinking_since = now
        if self._thinking_since is not None:
            self._thought_s = self._thought_before + now - self._thinking_since
        if not thinking and self._thinking_since is not None:
            self._thought_before = self._thought_s or 0.0
            self._thinking_since = None


class Unsaved:
    """The answers that ended, and that the disk did not take. They are tried again every few
    seconds, and when something else is to be written. ``saved`` is called with each that is on
    disk, and with the error that it had ended with. ``disk`` is an executor with one thread."""

    def __init__(
        self, disk: Executor, saved: Callable[[MessageRow, FiresideError | None], None]
    ) -> None:
        self._disk = disk
        self._saved = saved
        self._lock = threading.Lock()
        self._waiting: list[tuple[Writer, State, FiresideError | None]] = []
        self._timer: threading.Timer | None = None
        self._closed = False

    def add(self, writer: Writer, state: State, error: FiresideError | None) -> None:
        """One more."""
        with self._lock:
            self._waiting.append((writer, state, error))
            self._try_later()

    def save(self) -> None:
        """Writes them now, on the disk's thread. Raises the StoreError of the first that is
        still refused."""
        while self._waiting:
            writer, state, error = self._waiting[0]
            row, fault = writer.finish(state)
            if fault:
                raise fault
            del self._waiting[0]
            self._saved(row, error)

    def close(self) -> None:
        """Tries them once more."""
        with self._lock:
            self._closed = True
            timer = self._timer
        if timer:
            timer.cancel()
            timer.join()
        self._disk.submit(report_errors, self._save_or_wait).result()

    def _try_later(self) -> None:
        if self._timer is None and self._waiting and not self._closed:
            self._timer = threading.Timer(
                _AGAIN_S, lambda: self._disk.submit(report_errors, self._save_or_wait)
            )
            self._timer.name = "save again"
            self._timer.start()

    def _save_or_wait(self) -> None:
        try:
            self.save()
        except StoreError:
            pass  # told already
        finally:
            with self._lock:
                self._timer = None
                self._try_later()
