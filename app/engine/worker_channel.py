"""The channel to the worker process: commands go out, their payloads or errors come back.

The calling threads supervise: they wait on the pipe and on the process together, so a process that
died, hangs or was killed becomes an error of each, and the channel is without one.
"""

from __future__ import annotations

import copy
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
from app.engine.engine_process import LOAD_LOG, LOG_TAIL, EngineProcess


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
        self._judging = threading.Lock()
        self._streams = itertools.count(1)

    def command(self, name: str, *arguments: Any) -> None:
        """Send a command that has no result, and wait for its end."""
        if child := self.child:  # which may be gone in a moment, on another thread
            deque(self.exchange(threading.Event(), name, *arguments, child=child), maxlen=0)

    def exchange(
        self,
        cancel: threading.Event,
        name: str,
        *arguments: Any,
        hurry: threading.Event | None = None,
        child: EngineProcess | None = None,
    ) -> Generator[Any, None, None]:
        """Send a command, and yield its payloads; any number of threads may do so at a time.

        ``hurry`` is passed on once it is set, as ``cancel`` is. ``child``: the process, if it is
        not whichever is the channel's own now.

        Raises the error that the worker returns, or EngineDied, EngineHung, Cancelled.
        """
        child = child or self.child
        if child is None or self.closed or cancel.is_set():
            raise Cancelled
        pipe, stream = child.pipe, next(self._streams)
        pipe.open(stream, (name, stream, *arguments))
        asked_to_stop: float | None = None
        try:
            while True:
                if cancel.is_set() and asked_to_stop is None:
                    asked_to_stop = time.monotonic()
                    pipe.send("cancel", stream)
                if hurry and hurry.is_set():
                    pipe.send("hurry", stream)
                    hurry = None
                try:
                    message = pipe.receive(stream)
                except ChildEnded:
                    raise self._ended(child) from None
                if message is not None:
                    (payload,) = message
                    if payload is None:
                        return
                    if isinstance(payload, FiresideError):
                        raise payload
                    try:
                        yield payload
                    except GeneratorExit:  # the caller has stopped iterating
                        pipe.send("cancel", stream)
                        raise
                elif asked_to_stop and self._disobeys(child, asked_to_stop):
                    raise Cancelled
                elif child.silence > self.silence:
                    raise self._ended(child, EngineHung(self.silence))
        finally:
            pipe.close(stream)

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

    def _disobeys(self, child: EngineProcess, since: float) -> bool:
        """Return whether a stop has not been obeyed in time; end a process that has got stuck.

        One that goes on with other streams is left to them.
        """
        waited = time.monotonic() - since
        if waited <= self._grace:
            return False
        if child.silence > self._grace or not child.pipe.is_shared:
            child.stuck = True
            self.kill(child)
            return True
        return waited > 2 * self._grace

    def _ended(self, child: EngineProcess, error: FiresideError | None = None) -> FiresideError:
        """Return the error, for one more caller, for a process that is gone; else end it.

        Why it has ended is found out once: ``error``, or what its exit code and log say.
        """
        if self.closed:
            return Cancelled()
        with self._judging:
            if child.fault is None:
                child.fault = error or self._death(child)
                self.kill(child)
        return copy.copy(child.fault)

    def _death(self, child: EngineProcess) -> FiresideError:
        """Return the error for a process that has ended by itself, and report it."""
        child.join(1.0)
        lost = self._gpu_lost(child, child.exit_code)
        error = lost or EngineDied(child.exit_code, child.log_tail(LOG_TAIL))
        # A fault of the file or of the disk is reported as a ModelError instead.
        foreseen = lost or load_failure.could_not_read(child.exit_code)
        unforeseen = child.runs is not None and not foreseen
        fault_log.report_child("engine", child.log_tail(LOAD_LOG), tell=unforeseen)
        return error
