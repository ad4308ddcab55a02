"""Saving answers while they grow, and again after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from app.base.answer_events import Delta, Event, PartAdded, Stats
from app.base.draft import Draft
from app.base.errors import Cancelled, FiresideError, StoreError
from app.base.threads import report_errors
from app.base.types import Message, Part, ResultFacts, Role
from app.store import MessageRow, State, Store
from app.tools.tool import Effect
from app.tools.tool_events import WAITING, CallStarted, ConsentAsked

_SAVE_S = 0.5  # a crash loses at most so many seconds of an answer
_AGAIN_S = 3.0  # seconds until saving a finished answer is retried


class Writer:
    """A writer that saves an answer while it grows.

    If saving fails, the answer stays in memory, and each later save tries again. ``told`` is called
    with the first StoreError, and with None once all is on disk again. ``draft``: the answer, if
    another thread reads it, too.
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
        self._saving = threading.Lock()  # so that nothing older is saved after something newer
        self._timer: threading.Timer | None = None
        self._newer = False  # than what is being saved just now
        self._ended = False
        self._fault: StoreError | None = None
        self._draft = draft or Draft(row.message.parts, row.thought_s)
        self.stats: Stats | None = None

    def take(self, event: Event) -> None:
        """Append what an event adds. What reaches outside the chat is saved before this returns.

        A call that cannot be saved must not run: raises StoreError, or Cancelled if the chat was
        erased.
        """
        match event:
            case Delta():
                self.add(event)
            case PartAdded(part):
                self.add_part(part)
                if part.facts and part.facts.source:
                    with suppress(StoreError):  # it is told, and tried again
                        self.save_now()
            case ConsentAsked(index, consent) if consent.proposal:
                self._set_facts(index, WAITING)
            case CallStarted(index, proposal):
                if self._draft.parts[index].facts == WAITING:
                    self._set_facts(index, None)
                if proposal.effect is not Effect.NONE:
                    self.save_now()

    def add(self, delta: Delta) -> None:
        """Append a delta, which is saved within half a second."""
        with self._lock:
            self._draft.add(delta)
            self._newer = True
            self._save_soon()

    def add_part(self, part: Part) -> None:
        """Append a whole part, which is saved within half a second."""
        with self._lock:
            self._draft.add_part(part)
            self._newer = True
            self._save_soon()

    def _set_facts(self, index: int, facts: ResultFacts | None) -> None:
        """Set the facts of a call, which are saved within half a second."""
        with self._lock:
            self._draft.set_facts(index, facts)
            self._newer = True
            self._save_soon()

    def save_now(self) -> None:
        """Save what there is. Raises StoreError, and Cancelled if the chat was erased meanwhile."""
        with self._saving:
            if not self._write(parts=self._draft.parts, thought_s=self._draft.thought_s):
                raise self._fault or Cancelled

    def finish(self, state: State) -> tuple[MessageRow, StoreError | None]:
        """Save the whole answer; return (row, error).

        On an error the answer is in memory only: call again to retry. If the chat was erased
        meanwhile, nothing is saved, and that is not an error.
        """
        with self._lock:
            self._ended = True
            timer = self._timer
        if timer:
            timer.cancel()
            timer.join()
        parts, thought_s = self._draft.parts, self._draft.thought_s
        saved = self._write(parts=parts, state=state, stats=self.stats, thought_s=thought_s)
        unsaved = replace(
            self._row,
            message=Message(Role.ASSISTANT, parts),
            state=state,
            stats=self.stats,
            thought_s=thought_s,
        )
        return saved or unsaved, self._fault

    def _save_soon(self) -> None:
        if self._timer is None and not self._ended:
            self._timer = threading.Timer(_SAVE_S, self._save)
            self._timer.name = "save"
            self._timer.start()

    def _save(self) -> None:
        with self._saving:
            with self._lock:
                self._newer = False
                parts, thought_s = self._draft.parts, self._draft.thought_s
            saved = self._write(parts=parts, thought_s=thought_s)
        with self._lock:
            self._timer = None
            if self._newer or not saved:
                self._save_soon()

    def _write(self, **values: Any) -> MessageRow | None:
        """Save; return None if that fails or the chat was erased meanwhile."""
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


class UnsavedAnswers:
    """The finished answers that could not be saved.

    They are tried again every few seconds, and before something else is written. ``saved`` is
    called with each one that was saved, and with the error that it had ended with. ``disk`` is an
    executor with one thread.
    """

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
        """Add an answer."""
        with self._lock:
            self._waiting.append((writer, state, error))
            self._try_later()

    def save(self) -> None:
        """Save all now; call this on the disk's thread.

        Raises the StoreError of the first that fails again.
        """
        while self._waiting:
            writer, state, error = self._waiting[0]
            row, fault = writer.finish(state)
            if fault:
                raise fault
            del self._waiting[0]
            self._saved(row, error)

    def close(self) -> None:
        """Try to save once more, and stop."""
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
            pass  # the writer has reported it
        finally:
            with self._lock:
                self._timer = None
                self._try_later()
