"""The channel to the worker process: a command goes out, its payloads or an error come back.

The calling thread supervises: it waits on the pipe and on the process together, so a process that
died, hangs or was killed becomes an error here, and the channel is without one.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from app.base import log as fault_log
from app.base.errors import Cancelled, EngineDied, EngineHung, FiresideError, GpuLost
from app.base.processes import ChildEnded
from app.engine import load_failure
from app.engine.delta_wire import unpack
from app.engine.engine_process import LOAD_LOG, LOG_TAIL, EngineProcess

_POLL_S = 0.02  # how often cancellation is checked


class WorkerChannel:
    """What carries commands to one worker process at most, and ends it.

    ``gpu_lost`` is told a process that is gone, and its exit code; it returns the error for a GPU
    that ended it, None if none did. ``silence`` and ``grace``: seconds, as in
    `app.engine.supervisor.LocalBackend`.
    """

    def __init__(
        self,
        gpu_lost: Callable[[EngineProcess, int | None], GpuLost | None],
        *,
        silence: float,
        grace: float,
    ) -> None:
        self.child: EngineProcess | None = None
        """The process that commands go to; None before the first, and once it has ended."""
        self.silence = silence
        self.closed = False
        self._gpu_lost = gpu_lost
        self._grace = grace
        self._ending = threading.Lock()
        self._streams = itertools.count(1)

    def command(self, name: str, *arguments: Any) -> None:
        """Send a command that has no result, and wait for its end."""
        if self.child:
            deque(self.exchange(threading.Event(), name, *arguments), maxlen=0)

    def exchange(
        self,
        cancel: threading.Event,
        name: str,
        *arguments: Any,
        hurry: threading.Event | None = None,
        child: EngineProcess | None = None,
    ) -> Generator[Any, None, None]:
        """Send a command, and yield its payloads.

        ``hurry`` is passed on once it is set, as ``cancel`` is. ``child``: another process than the
        channel's own.

        Raises the error that the worker returns, or EngineDied, EngineHung, Cancelled.
        """
        child = child or self.child
        if child is None or self.closed:
            raise Cancelled
        stream = next(self._streams)
        child.send((name, stream, *arguments))
        asked_to_stop: float | None = None
        while True:
            if cancel.is_set() and asked_to_stop is None:
                asked_to_stop = time.monotonic()
                child.send(("cancel", stream))
            if hurry and hurry.is_set():
                child.send(("hurry", stream))
                hurry = None
            try:
                message = child.receive(_POLL_S)
            except ChildEnded:
                raise self._died(child) from None
            if message is not None:
                answered, payload = message
                if answered != stream:
                    continue  # the rest of an answer that was abandoned
                if payload is None:
                    return
                if isinstance(payload, FiresideError):
                    raise payload
                try:
                    yield unpack(payload)
                except GeneratorExit:  # the caller has stopped iterating
                    child.send(("cancel", stream))
                    raise
            elif asked_to_stop is not None and time.monotonic() - asked_to_stop > self._grace:
                self.kill(child)
                raise Cancelled
            elif child.silence > self.silence:
                self.kill(child)
                raise EngineHung(self.silence)

    def shut_down(self) -> None:
        """End a healthy process after it has saved its KV cache."""
        with self._ending:
            child, self.child = self.child, None
        if child:
            child.send(("close", 0))
            child.close(self._grace)

    def kill(self, child: EngineProcess | None = None) -> None:
        """Kill the process, or ``child``, which may be one that was only asked for the devices."""
        with self._ending:
            child = child or self.child
            if child is self.child:
                self.child = None
        if child:
            child.kill()

    def close(self) -> None:
        """End the process, from any thread. Nothing may be called afterwards."""
        self.closed = True
        self.shut_down()

    def _died(self, child: EngineProcess) -> FiresideError:
        """Return the error for a process that is gone."""
        if self.closed:
            return Cancelled()
        child.join(1.0)
        lost = self._gpu_lost(child, child.exit_code)
        error = lost or EngineDied(child.exit_code, child.log_tail(LOG_TAIL))
        # A fault of the file or of the disk is reported as a ModelError instead.
        foreseen = lost or load_failure.could_not_read(child.exit_code)
        unforeseen = child.runs is not None and not foreseen
        fault_log.report_child("engine", child.log_tail(LOAD_LOG), tell=unforeseen)
        self.kill(child)
        return error
