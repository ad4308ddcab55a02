"""Jobs for a child process that may hang, crash or take too much memory with any of them.

The process can be stopped at any time, and the next job gets a new one. It runs while it is needed,
and for a while longer.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from app.base.errors import Cancelled
from app.base.processes import ChildEnded, ChildProcess

if TYPE_CHECKING:  # a window need not wait for it
    from multiprocessing.connection import Connection

_POLL_S = 0.05
_START_S = 30.0  # for the process to begin with a job that has a limit


class ChildJob:
    """A ``command`` for the process, whose ``future`` gets the answer.

    ``died`` is its error if the process dies of it, needs too much memory, or more than ``seconds``
    after the first tuple. It is cancelled once ``stop`` is set. ``seen`` is called with each tuple
    that comes before the answer.
    """

    def __init__(
        self,
        command: tuple[Any, ...],
        died: Exception,
        stop: threading.Event,
        seen: Callable[..., None] = lambda *_: None,
        seconds: float = float("inf"),
    ) -> None:
        self.command, self.died, self.stop, self.seen = command, died, stop, seen
        self.seconds = seconds
        self.future: Future[Any] = Future()


class ChildJobs:
    """A thread that has a process do one job after the other.

    ``target`` is what runs in it: it receives commands, and answers each with any number of tuples
    for its progress, and then with the result, or an error if it is one of ``errors``. The process
    may use so many bytes of ``memory``, and ends after so many seconds ``idle``.
    """

    def __init__(
        self,
        target: Callable[[Connection], None],
        *,
        name: str,
        memory: int,
        idle: float,
        errors: tuple[type[Exception], ...],
    ) -> None:
        self._target, self._name, self._memory, self._idle = target, name, memory, idle
        self._errors: tuple[type[Exception], ...] = (*errors, Cancelled)
        self._jobs: queue.SimpleQueue[ChildJob | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._child: ChildProcess | None = None

    def add(self, job: ChildJob) -> Future[Any]:
        """Have a job done; its future fails with what it may, or with Cancelled."""
        with self._lock:
            if self._closing.is_set():
                job.future.set_exception(Cancelled())
                return job.future
            self._jobs.put(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name)
                self._thread.start()
        return job.future

    def close(self) -> None:
        """Kill the process and cancel all jobs at once."""
        with self._lock:
            self._closing.set()
            self._jobs.put(None)
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while job := self._next():
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(self._do(job))
            except self._errors as error:
                job.future.set_exception(error)
        self._end()

    def _next(self) -> ChildJob | None:
        try:
            return self._jobs.get(timeout=self._idle if self._child else None)
        except queue.Empty:
            self._end()
            return self._jobs.get()

    def _do(self, job: ChildJob) -> object:
        if job.stop.is_set() or self._closing.is_set():
            raise Cancelled
        try:
            child = self._living_child()
            child.send(job.command)
            deadline = begun = time.monotonic() + _START_S + job.seconds
            while isinstance(answer := self._answer(child, job, deadline), tuple):
                if deadline == begun:
                    deadline = time.monotonic() + job.seconds
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
        self._child = ChildProcess(self._target, name=self._name)
        return self._child

    def _answer(self, child: ChildProcess, job: ChildJob, deadline: float) -> Any:
        """Return the next message.

        Raises Cancelled, and ChildEnded if the process died or takes too much memory or time.
        """
        while True:
            if job.stop.is_set() or self._closing.is_set():
                self._end()
                raise Cancelled
            if child.memory() > self._memory or time.monotonic() > deadline:
                raise ChildEnded
            if (answer := child.receive(_POLL_S)) is not None:
                return answer

    def _end(self) -> None:
        """Kill the process; it holds no state worth keeping."""
        child, self._child = self._child, None
        if child:
            child.kill()
