"""The process that reads folders and encyclopaedias into indexes, and its owner.

It runs at low priority. What it reads are strangers' files, so it may hang, crash or take too much
memory with one of them: then it is killed, and the next one is told to leave that file out.
"""

from __future__ import annotations

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
from app.base.processes import ChildEnded, ChildProcess, end_first_without_memory, give_way
from app.tools.browser.faults import IndexDiskFull, IndexingFailed, IndexUnwritable
from app.tools.browser.source_status import SkippedFiles

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MEMORY = 2_000_000_000
"""The bytes of memory that the process may use."""
_POLL_S = 0.1
_SILENT_S = 25.0  # without a sign of life, in which the process itself ran
_FILE_S = 180.0  # for one file
_STARTS = 30  # of the process, for one look at a source; each but the last ended at a file
_NO_FILE_STARTS = 2  # ended at no file


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

    def run(self, tell: Told, stuck: Sequence[str]) -> EndOut | IndexTrouble:
        """Do it, in the process. ``stuck`` are files at which an earlier process ended.

        Tells an IndexPlan, then an IndexStep before each file and after the last one; anything else
        that is told is a sign of life.
        """


def serve(connection: Connection) -> None:
    """Run tasks until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    give_way()
    _use_disk_last()
    end_first_without_memory()
    while True:
        try:
            task, stuck = connection.recv()
        except EOFError:
            return
        connection.send(task.run(connection.send, stuck))


def _use_disk_last() -> None:
    """Let other processes use the disk first, where the system can tell them apart."""
    import psutil

    with suppress(psutil.Error, OSError, AttributeError):
        if sys.platform == "linux":
            psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
        elif sys.platform == "win32":
            psutil.Process().ionice(psutil.IOPRIO_LOW)


class IndexProcess:
    """The owner of the process, which runs one task at a time. It ends with `close`.

    ``target`` is what runs in it, ``silent_s`` and ``file_s`` are its patience, ``memory`` is what
    the process may use.
    """

    def __init__(
        self,
        target: Callable[[Connection], None] = serve,
        *,
        silent_s: float = _SILENT_S,
        file_s: float = _FILE_S,
        memory: int = MEMORY,
    ) -> None:
        self._target, self._memory = target, memory
        self._silent_s, self._file_s = silent_s, file_s
        self._child: ChildProcess | None = None

    def run(self, task: IndexTask[End], tell: Told, stop: threading.Event) -> End:
        """Run a task, in as many processes as it takes; ``tell`` gets its plan and steps.

        Raises Cancelled once ``stop`` is set, SourceGone, IndexBusy, and SourceError.
        """
        stuck: list[str] = []
        lost = 0
        for _ in range(_STARTS):
            seen: list[str] = [""]
            try:
                return self._attempt(task, tell, stop, stuck, seen)
            except (ChildEnded, OSError) as error:
                how = self._end() or str(error)
                if seen[0]:
                    stuck.append(seen[0])
                    continue
                lost += 1
                if lost == _NO_FILE_STARTS:
                    raise IndexingFailed(task.path, how) from error
        raise IndexingFailed(task.path, "too many files cannot be read")

    def close(self) -> None:
        """Kill the process at once; what it has written so far is whole."""
        self._end()

    def _attempt(
        self,
        task: IndexTask[End],
        tell: Told,
        stop: threading.Event,
        stuck: Sequence[str],
        seen: list[str],
    ) -> End:
        """Run a task in one process; ``seen`` gets the file at which it is.

        Raises ChildEnded if the process is gone, or has to go, beside what `run` raises.
        """
        if self._child is None or not self._child.alive:
            self._end()
            self._child = ChildProcess(self._target, name="index")
        child = self._child
        child.send((task, tuple(stuck)))
        begun = time.monotonic()
        while True:
            if stop.is_set():
                self._end()
                raise Cancelled
            answer: Any = child.receive(_POLL_S)
            match answer:
                case TaskEnd():
                    return cast(End, answer)
                case IndexTrouble():
                    raise _raised(task.path, answer)
                case IndexPlan():
                    tell(answer)
                case IndexStep(file=file):
                    seen[0], begun = file, time.monotonic()
                    tell(answer)
                case None:
                    late = child.silence > self._silent_s
                    slow = bool(seen[0]) and time.monotonic() - begun > self._file_s
                    if late or slow or child.memory() > self._memory:
                        raise ChildEnded

    def _end(self) -> str:
        """Kill the process; return how it had ended by itself, if it had."""
        child, self._child = self._child, None
        if child is None:
            return ""
        code = child.exit_code
        child.kill()
        return f"it ended with {code}" if code is not None else "it took too much time or memory"


def _raised(path: Path, trouble: IndexTrouble) -> Exception:
    match trouble.word:
        case "missing":
            return SourceGone(trouble.reason)
        case "busy":
            return IndexBusy()
        case "full":
            return IndexDiskFull(path)
    return IndexUnwritable(path, trouble.reason)
