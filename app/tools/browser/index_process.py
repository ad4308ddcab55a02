"""The process that reads folders and encyclopaedias into indexes, and its owner.

It runs at low priority. What it reads are strangers' files, so it may hang, crash or take too much
memory with one of them: then it is killed, and the next one is told to leave that file out.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from app.base.errors import Cancelled
from app.base.processes import (
    ChildEnded,
    ChildProcess,
    end_first_without_memory,
    end_with_parent,
    give_way,
)
from app.tools.browser.faults import IndexDiskFull, IndexingFailed, IndexUnwritable
from app.tools.browser.source_status import SkippedFiles

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MEMORY = 2_000_000_000
"""The bytes of memory that the process may use."""
_POLL_S = 0.1
_SILENT_S = 25.0  # without a sign of life, in which this process ran
_START_S = 60.0  # for the first one
_FILE_S = 180.0  # for one file
_WEIGH_S = 0.5  # between two looks at the memory
_MUCH = 5_000_000  # bytes to read, for which a second process is worth its start
_STARTS = 30  # of the process, for one look at a source; each but the last ended at a file
_NO_FILE_STARTS = 2  # ended at no file


READING = "reading"
"""The word before a file that the second process is about to read."""


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """What there is to do: ``total`` files of ``weight`` bytes; ``documents`` are there already."""

    total: int
    weight: int
    documents: int


@dataclass(frozen=True, slots=True)
class IndexStep:
    """Of the plan, so much is done, and ``file`` is begun; that is empty for none."""

    file: str
    done: int
    weight: int
    documents: int


class TaskEnd:
    """What a task has come to."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class IndexEnd(TaskEnd):
    """All is done. ``changed``: something was."""

    documents: int
    skipped: tuple[SkippedFiles, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class IndexTrouble:
    """It could not be done: ``word`` is "missing", "busy", "full" or "unwritable"."""

    word: str
    reason: str = ""


class SourceGone(Exception):
    """What was to be read is not there now."""


class IndexBusy(Exception):
    """Another Fireside writes the index."""


Told = Callable[[object], None]
End = TypeVar("End", bound=TaskEnd)
EndOut = TypeVar("EndOut", bound=TaskEnd, covariant=True)


class IndexTask(Protocol[EndOut]):
    """What is to be read, sent to the process."""

    @property
    def path(self) -> Path:
        """The folder or the file that is read."""

    @property
    def helper(self) -> Callable[[Connection, Connection], None] | None:
        """What a second process runs if there is much to read; None for no such process.

        It gets a pipe to the owner, to which it sends a file as (`READING`, its path) before it is
        read and an empty path after that, and a pipe to the first process.
        """

    def run(self, tell: Told, stuck: Sequence[str], helper: Connection) -> EndOut | IndexTrouble:
        """Do it, in the process. ``stuck`` are files at which an earlier process ended.

        Tells an IndexPlan, then an IndexStep before each file and after the last one; anything else
        that is told is a sign of life. ``helper`` is the pipe to the second process, if that comes.
        """


def serve(connection: Connection, helper: Connection) -> None:
    """Run tasks until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    end_with_parent()
    give_way()
    _use_disk_last()
    end_first_without_memory()
    with suppress(EOFError, OSError):  # the parent has ended
        while True:
            task, stuck = connection.recv()
            connection.send("begun")
            connection.send(task.run(connection.send, stuck, helper))


def _use_disk_last() -> None:
    """Let other processes use the disk first, where the system can tell them apart."""
    import psutil

    with suppress(psutil.Error, OSError, AttributeError):
        if sys.platform == "linux":
            psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
        elif sys.platform == "win32":
            psutil.Process().ionice(psutil.IOPRIO_LOW)


class _Watched:
    """A process, and the file at which it is, for how long."""

    def __init__(self, child: ChildProcess, silent_s: float, file_s: float, memory: int) -> None:
        self.child = child
        self.file = ""
        self.has_ended = False
        """Whether the last `receive` has raised."""
        self._silent_s, self._file_s, self._memory = silent_s, file_s, memory
        self._patience = max(_START_S, silent_s)  # until it has started
        self._spent = 0.0  # seconds at the file, in which this process ran, too
        self._looked = self._weighed = time.monotonic()

    def receive(self, timeout: float) -> Any:
        """Return the next message, None for none. Raises ChildEnded if it is gone, or has to go."""
        self.has_ended = True
        answer = self._next(timeout)
        self.has_ended = False
        return answer

    def _next(self, timeout: float) -> Any:
        answer = self.child.receive(timeout)
        now = time.monotonic()
        self._spent += min(now - self._looked, 1.0)
        self._looked = now
        if now - self._weighed > _WEIGH_S:
            self._weighed = now
            if self.child.memory() > self._memory:
                raise ChildEnded
        if answer is not None:
            self._patience = self._silent_s
        elif self.child.silence > self._patience or (self.file and self._spent > self._file_s):
            raise ChildEnded
        return answer

    def at(self, file: str) -> None:
        """Note the file at which it is."""
        self.file, self._spent = file, 0.0


class IndexProcess:
    """The owner of the process, which runs one task at a time. It ends with `close`.

    ``target`` is what runs in it, ``silent_s`` and ``file_s`` are its patience, ``memory`` is what
    the process may use. A plan of more than ``much`` bytes gets a second process.
    """

    def __init__(
        self,
        target: Callable[[Connection, Connection], None] = serve,
        *,
        silent_s: float = _SILENT_S,
        file_s: float = _FILE_S,
        memory: int = MEMORY,
        much: int = _MUCH,
    ) -> None:
        self._target, self._much = target, much
        self._limits = (silent_s, file_s, memory)
        self._writer: _Watched | None = None
        self._helper: _Watched | None = None
        self._helper_end: Connection | None = None

    def run(self, task: IndexTask[End], tell: Told, stop: threading.Event) -> End:
        """Run a task, in as many processes as it takes; ``tell`` gets its plan and steps.

        Raises Cancelled once ``stop`` is set, SourceGone, IndexBusy, and SourceError.
        """
        stuck: list[str] = []
        lost = 0
        for _ in range(_STARTS):
            try:
                return self._attempt(task, tell, stop, stuck)
            except (ChildEnded, OSError) as error:
                file, how = self._blamed()
                self.close()
                if file:
                    stuck.append(file)
                    continue
                lost += 1
                if lost == _NO_FILE_STARTS:
                    raise IndexingFailed(task.path, how or str(error)) from error
            except BaseException:
                self.close()  # it may be in the middle of something
                raise
        raise IndexingFailed(task.path, "too many files cannot be read")

    def close(self) -> None:
        """Kill the process at once; what it has written so far is whole."""
        for each in (self._helper, self._writer):
            if each:
                each.child.kill()
        if self._helper_end:
            self._helper_end.close()
        self._writer = self._helper = self._helper_end = None

    def _attempt(
        self, task: IndexTask[End], tell: Told, stop: threading.Event, stuck: Sequence[str]
    ) -> End:
        """Run a task in one process, or two.

        Raises ChildEnded if one is gone, or has to go, beside what `run` raises.
        """
        writer = self._started()
        writer.at("")
        writer.child.send((task, tuple(stuck)))
        while True:
            if stop.is_set():
                raise Cancelled
            while self._helper and (told := self._helper.receive(0.0)) is not None:
                if isinstance(told, tuple):
                    self._helper.at(told[1])
            match answer := writer.receive(_POLL_S):
                case TaskEnd():
                    if self._helper:
                        self.close()
                    return cast(End, answer)
                case IndexTrouble():
                    raise raised(task.path, answer)
                case IndexPlan():
                    if task.helper and answer.weight > self._much and (os.cpu_count() or 1) > 1:
                        self._start_helper(task.helper)
                    tell(answer)
                case IndexStep(file=file):
                    writer.at(file)
                    tell(answer)

    def _started(self) -> _Watched:
        """Return the first process, starting it if there is none. Raises OSError."""
        if self._writer and self._writer.child.alive:
            return self._writer
        self.close()
        import multiprocessing

        ends: tuple[Any, Any] = multiprocessing.get_context("spawn").Pipe()
        self._helper_end, theirs = ends
        try:
            child = ChildProcess(self._target, (theirs,), name="index")
        finally:
            theirs.close()
        self._writer = _Watched(child, *self._limits)
        return self._writer

    def _start_helper(self, target: Callable[[Connection, Connection], None]) -> None:
        """Start the second process; without it, the first one does all."""
        end, self._helper_end = self._helper_end, None
        if end:
            with suppress(OSError):
                child = ChildProcess(target, (end,), name="index helper")
                self._helper = _Watched(child, *self._limits)
            end.close()

    def _blamed(self) -> tuple[str, str]:
        """Return the file at which a process ended, or has to, and how it ended by itself.

        If the second one is gone, the first waits for its end.
        """
        for each in (self._helper, self._writer):
            if each and each.has_ended:
                code = each.child.exit_code
                how = "it took too much time or memory" if code is None else f"it ended with {code}"
                return each.file, how
        return "", ""


def raised(path: Path, trouble: IndexTrouble) -> Exception:
    """Return what `IndexProcess.run` raises for trouble."""
    match trouble.word:
        case "missing":
            return SourceGone(trouble.reason)
        case "busy":
            return IndexBusy()
        case "full":
            return IndexDiskFull(path)
    return IndexUnwritable(path, trouble.reason)
