"""Owner of the process that reads files.

A file that hangs or crashes the process does no other harm: the process can be stopped at any time,
its memory is limited, and the next file gets a new one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base.errors import (
    Cancelled,
    DocumentBroken,
    DocumentError,
    EngineFailed,
    ModelError,
    NoRemoteEngine,
)
from app.base.processes import ChildEnded, ChildProcess
from app.base.types import FileLocation, ModelRef, Part
from app.documents.document import Document, PageProgress

if TYPE_CHECKING:  # a window need not wait for it
    from multiprocessing.connection import Connection

MEMORY = 2_000_000_000  # bytes of memory that the process may use
_POLL_S = 0.05
_IDLE_S = 30.0  # after which the process ends


def _run_child(connection: Connection) -> None:
    from app.documents import worker

    worker.main(connection)


@dataclass(frozen=True, slots=True)
class DocumentProgress:
    """Progress of reading a file to be attached, in pages. Setting ``stop`` ends it."""

    stop: threading.Event
    done: int
    total: int


class _Job:
    """A command for the process; ``died`` is the error if the process dies of it."""

    def __init__(
        self, command: tuple[Any, ...], died: Exception, stop: threading.Event, seen: PageProgress
    ) -> None:
        self.command, self.died, self.stop, self.seen = command, died, stop, seen
        self.future: Future[Any] = Future()


class DocumentReader:
    """A service that reads files and counts tokens, one job after the other.

    The process runs while it is needed, and for a while longer.
    """

    def __init__(
        self,
        target: Callable[[Connection], None] = _run_child,
        *,
        publish: Callable[[DocumentProgress], None] = lambda event: None,
        memory: int = MEMORY,
        idle: float = _IDLE_S,
    ) -> None:
        self._publish = publish
        self._target, self._memory, self._idle = target, memory, idle
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._child: ChildProcess | None = None

    def read(
        self,
        path: Path,
        stop: threading.Event,
        seen: PageProgress | None = None,
        encoding: str = "",
    ) -> Future[Document]:
        """Extract the text of a file.

        It is decoded with ``encoding`` if the user chose one, else with the one that it seems to
        have. ``seen`` is called, on another thread, with the pages done and their total; without
        it, DocumentProgress is published. Fails with DocumentError, or with Cancelled once ``stop``
        is set.
        """
        if seen is None:

            def seen(done: int, total: int) -> None:
                self._publish(DocumentProgress(stop, done, total))

        died = DocumentBroken(path, "reading it took too much time or memory")
        return self._add(_Job(("read", path, encoding), died, stop, seen))

    def count(self, model: ModelRef, part: Part, pieces: Sequence[str] = ()) -> Future[list[int]]:
        """Count the tokens of a part in a model's prompt, and of each piece of text by itself.

        The result is their list, the part's first. Fails with ModelError, EngineError or Cancelled.
        """
        if not isinstance(model.location, FileLocation):
            unknown: Future[list[int]] = Future()  # only its server knows the vocabulary
            unknown.set_exception(NoRemoteEngine(model.location.url))
            return unknown
        died = EngineFailed("counting tokens took too long")
        command = ("count", model.location.path, part, list(pieces))
        return self._add(_Job(command, died, threading.Event(), lambda *_: None))

    def close(self) -> None:
        """Kill the process and cancel all jobs at once."""
        self._closing.set()
        self._jobs.put(None)
        if self._thread:
            self._thread.join()

    def _add(self, job: _Job) -> Future[Any]:
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="documents")
            self._thread.start()
        return job.future

    def _run(self) -> None:
        while job := self._next():
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(self._do(job))
            except (DocumentError, ModelError, EngineFailed, Cancelled) as error:
                job.future.set_exception(error)
        self._end()

    def _next(self) -> _Job | None:
        try:
            return self._jobs.get(timeout=self._idle if self._child else None)
        except queue.Empty:
            self._end()
            return self._jobs.get()

    def _do(self, job: _Job) -> object:
        if job.stop.is_set() or self._closing.is_set():
            raise Cancelled
        try:
            child = self._living_child()
            child.send(job.command)
            while isinstance(answer := self._answer(child, job), tuple):
                job.seen(*answer)
        except (ChildEnded, OSError):
            self._end()
            raise job.died from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _living_child(self) -> ChildProcess:
        """Return the process, starting it if there is none. Raises OSError."""
        if self._child and self._child.alive:
            return self._child
        self._end()
        self._child = ChildProcess(self._target, name="documents")
        return self._child

    def _answer(self, child: ChildProcess, job: _Job) -> Any:
        """Return the next message.

        Raises Cancelled, and ChildEnded if the process died or uses too much memory.
        """
        while True:
            if job.stop.is_set() or self._closing.is_set():
                self._end()
                raise Cancelled
            if child.memory() > self._memory:
                raise ChildEnded
            if (answer := child.receive(_POLL_S)) is not None:
                return answer

    def _end(self) -> None:
        """Kill the process; it holds no state worth keeping."""
        child, self._child = self._child, None
        if child:
            child.kill()
