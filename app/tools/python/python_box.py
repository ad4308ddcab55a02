"""A box in which Python runs, as the program sees it, and the process that is one.

Nothing that a process sends is trusted: it is text and bytes of limited size, never unpickled.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from app.base import log as fault_log
from app.tools.python import box_frames
from app.tools.python.runtime import LIBRARY, Runtime

ARGUMENT = "--python-box"
"""The argument by which the frozen program becomes a box."""
_Answer = tuple[dict[str, Any], list[bytes]]

_PREFIX = "fireside-python-"
_SHOWN = 256 << 10  # characters of output that are passed on while a cell runs
_POLL_S = 0.02
_GRACE_S = 20.0  # beside a cell's time: for its figures, and a busy computer
_START_S = 60.0
_DYING_S = 5.0
_LONGEST_NOTE = 300  # characters of what a box tells of itself, in the log
_LOOKED_AT = 16 << 10  # bytes of its own errors
_MOST_WAITING = 2  # answers that were read and not taken yet
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from app.tools.python.child import main; main()"
)


class BoxEnded(Exception):
    """The box has ended by itself, or never began."""


class BoxStopped(Exception):
    """The box was ended because the call was to stop."""


@dataclass(frozen=True, slots=True)
class BoxResult:
    """What a cell has printed and made.

    ``left_out`` bytes in the middle of each of the two texts were not kept. ``ended``: why the
    session is gone, such as "deadline" or "stack overflow"; empty if its variables are there.
    ``more_figures`` and ``more_files`` were made, and are not here.
    """

    stdout: str = ""
    stderr: str = ""
    left_out: tuple[int, int] = (0, 0)
    failed: bool = False
    ended: str = ""
    figures: tuple[bytes, ...] = ()
    more_figures: int = 0
    files: tuple[tuple[str, bytes], ...] = ()
    more_files: int = 0
    seconds: float = 0.0


class PythonBox(Protocol):
    """Python with its variables and files. One thread at a time uses it; any may call `kill`."""

    @property
    def alive(self) -> bool:
        """Whether it can be used."""

    def memory(self) -> int:
        """Return how many bytes of memory it takes now."""

    def put(self, files: Mapping[str, bytes]) -> None:
        """Put files into /mnt/data, by their names, to be read only. Raises BoxEnded."""

    def run(self, code: str, seconds: float, cancel: threading.Event) -> Iterator[str | BoxResult]:
        """Run a cell: yield its output so far, and at last the result.

        Raises BoxEnded, and BoxStopped once ``cancel`` is set: the box is gone then.
        """

    def kill(self) -> None:
        """End it at once, and remove what it has on the disk."""


class ProcessBox:
    """A box in a process of its own.

    ``memory`` is the most that Python may take, in bytes. It is to be started on a thread that
    lives as long: Linux ends a process with the thread that started it. Raises OSError.
    """

    def __init__(self, runtime: Runtime, memory: int) -> None:
        _sweep()
        self._scratch, self._lock = _make_scratch()
        self._killing, self._gone = threading.Lock(), threading.Event()
        try:
            configuration = {
                "scratch": str(self._scratch),
                "module": str(runtime.module),
                "library": str(_library(runtime.stdlib, self._scratch)),
                "memory": memory,
            }
            self._log = (self._scratch / "box.log").open("wb")
            self._process = subprocess.Popen(
                [*_command(), json.dumps(configuration)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                cwd=self._scratch,
                env=_environment(self._scratch),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except BaseException:
            self._remove()
            raise
        fault_log.note(f"python: process {self._process.pid} has started")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests: IO[bytes] = self._process.stdin
        self._answers: queue.Queue[_Answer | None] = queue.Queue(_MOST_WAITING)
        self._ready = False
        threading.Thread(
            target=self._read, args=(self._process.stdout,), name="python box", daemon=True
        ).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def memory(self) -> int:
        import psutil

        with suppress(psutil.Error):
            return int(psutil.Process(self._process.pid).memory_info().rss)
        return 0

    def put(self, files: Mapping[str, bytes]) -> None:
        paths = [f"/{name}" for name in files]
        self._send({"do": "put", "paths": paths}, list(files.values()))

    def run(self, code: str, seconds: float, cancel: threading.Event) -> Iterator[str | BoxResult]:
        if not self._ready:
            header, _ = self._next(_START_S, cancel)
            self._ready = True
            layers = _text(header.get("layers"))[:_LONGEST_NOTE]
            fault_log.note(f"python: process {self._process.pid} is behind {layers}")
        self._send({"do": "run", "code": code, "seconds": seconds})
        until = time.monotonic() + seconds + _GRACE_S
        room = _SHOWN
        while True:
            header, blobs = self._next(until - time.monotonic(), cancel)
            if "text" not in header:
                break
            text = _text(header["text"])[: max(0, room)]
            room -= len(text)
            if text:
                yield text
        try:
            yield _result(header, blobs)
        except (LookupError, TypeError, ValueError, OverflowError):
            raise self._end("it sent no result") from None

    def kill(self) -> None:
        with self._killing:
            ran = self.alive
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DYING_S)
            with suppress(OSError):
                self._requests.close()
            if not self._gone.is_set():
                end = "was ended" if ran else f"has ended with {self._process.returncode}"
                fault_log.note(f"python: process {self._process.pid} {end}")
            self._remove()

    def _send(self, header: dict[str, Any], blobs: list[bytes] | None = None) -> None:
        try:
            box_frames.write(self._requests, header, blobs or ())  # type: ignore[arg-type]
        except (OSError, ValueError):
            raise self._end("it is gone") from None

    def _read(self, answers: IO[bytes]) -> None:
        with answers, suppress(OSError, box_frames.FrameInvalid):
            while (answer := box_frames.read(answers)) is not None:  # type: ignore[arg-type]
                if not self._pass_on(answer):
                    return
        self._pass_on(None)

    def _pass_on(self, answer: _Answer | None) -> bool:
        """Pass an answer on once there is room; return whether anybody is there to take it."""
        while not self._gone.is_set():
            with suppress(queue.Full):
                self._answers.put(answer, timeout=_POLL_S)
                return True
        return False

    def _next(self, timeout: float, cancel: threading.Event) -> _Answer:
        """Return the next answer. Raises BoxEnded, BoxStopped."""
        until = time.monotonic() + timeout
        while True:
            if cancel.is_set():
                self.kill()
                raise BoxStopped
            try:
                answer = self._answers.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > until:
                    raise self._end("it does not answer") from None
                if self._gone.is_set():  # it was ended by another thread
                    raise BoxEnded("it is gone") from None
                continue
            if answer is None:
                raise self._end("its pipe has ended")
            return answer

    def _end(self, why: str) -> BoxEnded:
        said = ""
        with suppress(OSError):
            said = (self._scratch / "box.log").read_bytes()[-_LOOKED_AT:].decode("utf-8", "replace")
        stack = fault_log.written_stack(said)  # and no messages, which may have words of chats
        fault_log.note(f"python: {why}\n{stack}".rstrip())
        self.kill()
        return BoxEnded(why)

    def _remove(self) -> None:
        self._gone.set()
        with suppress(AttributeError, OSError):
            self._log.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._lock.release()
        with suppress(OSError):
            os.unlink(self._lock.lock_file)


def _result(header: dict[str, Any], blobs: list[bytes]) -> BoxResult:
    """Return the result in an answer.

    Raises LookupError, TypeError, ValueError or OverflowError if it has none.
    """
    figures, names = int(header["figures"]), [_text(path) for path in header["files"]]
    stdout, stderr, *blobs = blobs
    if figures + len(names) != len(blobs):
        raise ValueError
    left_out = header["left_out"]
    return BoxResult(
        stdout=stdout.decode("utf-8", "replace"),
        stderr=stderr.decode("utf-8", "replace"),
        left_out=(int(left_out[0]), int(left_out[1])),
        failed=bool(header["failed"]),
        ended=_text(header["ended"])[:100],
        figures=tuple(blobs[:figures]),
        more_figures=int(header["more_figures"]),
        files=tuple(zip(names, blobs[figures:], strict=True)),
        more_files=int(header["more_files"]),
        seconds=float(header["seconds"]),
    )


def _text(sent: object) -> str:
    """Return a text that can be stored: JSON also has halves of characters."""
    return str(sent).encode("utf-8", "replace").decode("utf-8")


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, ARGUMENT]
    root = str(Path(__file__).parents[3])
    return [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, root]


def _environment(scratch: Path) -> dict[str, str]:
    """Return the variables of the process: nothing of the user's."""
    system = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {**system, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}


# --- the folder of a process -----------------------------------------------------------------


def _make_scratch() -> tuple[Path, Any]:
    """Return a folder for a process, and the lock beside it that says that it is in use."""
    from filelock import FileLock

    scratch = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(f"{scratch}.lock")
    lock.acquire(blocking=False)
    return scratch, lock


def _sweep() -> None:
    """Remove the folders of processes whose program is gone, without its having removed them."""
    from filelock import FileLock, Timeout

    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*.lock"):
        with suppress(OSError, Timeout):
            if hasattr(os, "getuid") and path.lstat().st_uid != os.getuid():
                continue
            with FileLock(path, blocking=False):
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink()


def _library(stdlib: Path, scratch: Path) -> Path:
    """Return Python's library in a folder of its own, by the name that the guest knows."""
    if stdlib.as_posix().endswith(f"/{LIBRARY}"):
        return stdlib
    library = scratch / LIBRARY
    library.parent.mkdir()
    shutil.copyfile(stdlib, library)  # no link: the process may write to its folder
    return library
