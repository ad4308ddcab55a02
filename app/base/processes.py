"""Supervised child processes: spawned, spoken to over a pipe, watched, and ended.

A child holds nothing that its parent cannot do without, so it may die, hang or be killed at any
time; a caller that is waiting for it gets an error.
"""

from __future__ import annotations

import os
import queue
import selectors
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from app.base import log as fault_log

_MOST_COUNTED_S = 1.0  # counted between two looks at the clock
_LOW_PRIORITY = 10  # of -20 to 19, on Unix
_DYING_S = 5.0  # for a killed process to end; one that a driver keeps in the kernel never does
_LOG_LIMIT = 1 << 20  # bytes after which the log is emptied


class ChildEnded(Exception):
    """The process has ended, or its pipe has."""


class ChildProcess:
    """One process and the pipe to it.

    ``target`` is called in the child with its end of the pipe and ``arguments``; it must be
    importable, since the process is spawned. ``log``: the file that the child writes its output to
    (see `write_output_to`); it is emptied when it has grown long. ``environment``: variables for
    the child, beside this process's own.

    One thread at a time may call `receive`; the rest may be called from any thread. Raises OSError
    if the process cannot be started: no memory, or too many processes.
    """

    def __init__(
        self,
        target: Callable[..., None],
        arguments: tuple[Any, ...] = (),
        *,
        name: str,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        import multiprocessing

        self._name = name
        self._log = log
        self._log_start = _trimmed(log) if log else 0
        context = multiprocessing.get_context("spawn")
        ends: tuple[Any, Any] = context.Pipe()  # of another class on Windows
        self._connection, theirs = ends
        self._process = context.Process(
            target=_run,
            args=(dict(environment or {}), target, theirs, *arguments),
            name=f"fireside {name}",
            daemon=True,
        )
        try:
            self._process.start()
        except OSError:
            self._connection.close()
            raise
        finally:
            theirs.close()
        fault_log.note(f"{name}: process {self._process.pid} has started")
        self._ready = _waiting(self._connection, self._process.sentinel)
        self._noted_end = False
        self._ending = threading.Lock()
        self.silence = 0.0
        """Seconds spent in `receive` since the last message came, or was sent and not awaited."""
        self._looked = time.monotonic()
        # A child that hangs does not read, and a full pipe must not block the caller.
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sender = threading.Thread(target=self._send_all, name=f"{name} pipe", daemon=True)
        self._sender.start()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while the process runs."""
        return self._process.exitcode

    def send(self, message: Any, *, awaited: bool = False) -> None:
        """Send a message without waiting for the child to read it. None cannot be sent.

        ``awaited``: whether the child has something else to say, so that its silence goes on.
        """
        if not awaited:
            self._looked, self.silence = time.monotonic(), 0.0
        self._outbox.put(message)

    def send_now(self, message: Any) -> None:
        """Send a small message before this returns: the child has it whatever happens here next.

        It is lost if the child is gone. Not to be used beside `send`.
        """
        with suppress(OSError):
            self._connection.send(message)

    def _send_all(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._connection.send(message)
            except OSError:
                return  # the child is gone; `receive` will raise ChildEnded

    def receive(self, timeout: float) -> Any:
        """Return the next message, or None if none came within ``timeout`` seconds.

        Raises ChildEnded if the child is gone and has left no message.
        """
        try:
            arrived = self._connection in self._ready(timeout)
            # Looked at first: what a process has sent before it ended is in the pipe by then.
            gone = not arrived and not self._process.is_alive()
            arrived = arrived or (gone and self._connection.poll())
            message = self._connection.recv() if arrived else None
        except (EOFError, OSError):
            raise ChildEnded from None
        # Time in which this process did not run either (sleep, Ctrl+Z) does not count as silence.
        now = time.monotonic()
        self.silence += min(now - self._looked, _MOST_COUNTED_S)
        self._looked = now
        if arrived:
            self.silence = 0.0
        elif gone:
            raise ChildEnded
        return message

    def memory(self) -> int:
        """Return how many bytes of memory the process uses now; 0 if it is gone."""
        import psutil

        with suppress(psutil.Error):
            return int(psutil.Process(self.pid).memory_info().rss)
        return 0

    def join(self, timeout: float) -> None:
        """Wait for the process to end by itself, for ``timeout`` seconds at most."""
        self._process.join(timeout)

    def close(self, grace: float) -> None:
        """Let the process end by itself for ``grace`` seconds, then kill it."""
        self._process.join(grace)
        self.kill()

    def kill(self) -> None:
        """Kill the process at once, from any thread."""
        with self._ending:  # a descriptor that is closed twice may be another file's by then
            ran = self._process.is_alive()
            self._process.kill()
            self._process.join(_DYING_S)
            if not self._noted_end:
                self._noted_end = True
                end = "was ended" if ran else f"has ended with {self._process.exitcode}"
                fault_log.note(f"{self._name}: process {self.pid} {end}")
            self._outbox.put(None)
            self._sender.join(_DYING_S)
            self._connection.close()

    def log_tail(self, size: int) -> str:
        """Return the last ``size`` bytes that this child wrote to its log."""
        if self._log is None:
            return ""
        try:
            with self._log.open("rb") as file:
                file.seek(max(self._log_start, self._log.stat().st_size - size))
                return file.read().decode("utf-8", errors="replace").strip()
        except OSError:
            return ""


def _waiting(*ends: Any) -> Callable[[float], list[Any]]:
    """Return `multiprocessing.connection.wait` for some ends, which makes a selector each time."""
    if sys.platform == "win32":
        from multiprocessing.connection import wait

        return partial(wait, ends)
    selector = selectors.PollSelector()
    for end in ends:
        selector.register(end, selectors.EVENT_READ)
    return lambda timeout: [key.fileobj for key, _ in selector.select(timeout)]


def _run(environment: dict[str, str], target: Callable[..., None], *arguments: Any) -> None:
    os.environ.update(environment)
    target(*arguments)


def _trimmed(log: Path) -> int:
    """Delete the log if it has grown long; return its length in bytes."""
    try:
        if log.stat().st_size > _LOG_LIMIT:
            log.unlink()
        return log.stat().st_size
    except OSError:  # none yet, or another program holds it
        return 0


def write_output_to(log: Path) -> None:
    """In a child: append all output, including that of C code, to a file from now on."""
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # the work matters more than its log
        file = os.open(os.devnull, os.O_WRONLY)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.stdout = sys.stderr = os.fdopen(file, "w", encoding="utf-8", errors="replace", buffering=1)


def end_with_parent() -> None:
    """In a child: end when the parent was killed, also in the middle of work that never ends."""
    import multiprocessing

    if parent := multiprocessing.parent_process():

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, name="parent", daemon=True).start()


def give_way() -> None:
    """In a child: let other processes use the processor first."""
    import psutil

    with suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process().nice(_LOW_PRIORITY)


def end_first_without_memory() -> None:
    """In a child: have the system kill this process first, not the window's, if memory runs out.

    Linux only; elsewhere this does nothing.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
