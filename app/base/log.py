"""``fireside.log`` in the data folder: unforeseen faults, and when processes start and end.

It holds no words of chats. Of an exception it has the type, and the place of each frame. Messages
are left out, since they quote values: for Fireside's own errors, only the facts that are numbers
are written, and for the system's errors, the name of the error. `FaultLog` belongs to the window's
process; without one, nothing is written, and `report` does nothing.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import logging
import os
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from app import __version__
from app.base.errors import FiresideError

if TYPE_CHECKING:
    from logging.handlers import RotatingFileHandler

NAME, CRASH_NAME = "fireside.log", "fireside-crash.log"
_SIZE, _OLD = 512_000, 2  # bytes of a file, and how many older ones are kept
_FRAMES = 40  # of a stack; the middle of a longer one is left out
_PACKAGES = ("llama-cpp-python", "PySide6-Essentials")
_ROOT = f"{Path(__file__).resolve().parents[2]}{os.sep}"
# The lines of a faulthandler or Python stack that contain no values or messages.
_NATIVE = re.compile(
    r"Fatal Python error: [\w ]+|Windows fatal exception: [\w ]+"
    r"|(?:Current thread|Thread) 0x[0-9a-f]+.*|Stack \(most recent call first\):"
    r"|Traceback \(most recent call last\):|  File \"[^\"]*\", line \d+,? in [\w<>.]+"
)
_FATAL = re.compile(r"Fatal Python error: |Windows fatal exception: (?:access|stack|code 0xc)")
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?=:|$)")
_FILE = re.compile(r"  File \"([^\"]*)\", line (\d+),? in ([\w<>.]+)")

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
_KINDS = 1000  # that are counted; more of them are of no kind

_logger = logging.getLogger("fireside")
_logger.addHandler(logging.NullHandler())
_logger.propagate = False


@dataclass(frozen=True, slots=True)
class Fault:
    """An unforeseen fault.

    ``kind`` is equal for repetitions of a fault; ``trace`` is its traceback, for developers.
    ``ended``: whether it ended the window's process.
    """

    kind: str
    trace: str
    ended: bool = False


_open: FaultLog | None = None


def note(text: str, level: int = logging.INFO) -> None:
    """Write a line if this process has a log. ``text`` must not contain words of chats."""
    _logger.log(level, "%s", text)


def note_kind(text: str, level: int = logging.INFO) -> None:
    """Do the same as `note` for what may come 60 times a second.

    Of lines that differ in numbers only, the 1st, 10th, 100th and so on are written.
    """
    if _open and (times := _open.times(f"note {_NUMBER.sub('', text)}")):
        note(f"{text} ({times} times)" if times > 1 else text, level)


def report(error: BaseException, where: str = "") -> None:
    """Write a fault's trace if this process has a log, and notify the listener once per kind."""
    if _open:
        _open.add(of_exception(error, where))


def record(error: BaseException) -> None:
    """Write an error's trace without notifying the listener: the caller shows the error itself."""
    if _open and not isinstance(error, FiresideError):
        _open.add(of_exception(error), tell=False)


def report_child(name: str, output: str, *, tell: bool = True) -> None:
    """Do what `report` does for a child process that crashed, using its last output."""
    if _open and (trace := written_stack(output)):
        places = [line for line in trace.splitlines() if "app/" in line]
        _open.add(Fault(f"{name}{''.join(places[:1])}", f"{name}\n{trace}"), tell=tell)


def of_exception(error: BaseException, where: str = "") -> Fault:
    """Return an exception and its causes as a fault, without anything that may quote chats."""
    stacks: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        stacks.append("\n".join([*_frames(each.__traceback__), _type_and_facts(each)]))
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    places = [line for line in _frames(error.__traceback__) if line.startswith("  app/")]
    kind = f"{type(error).__name__}{places[-1] if places else ''}"
    head = [f"in {where}"] if where else []
    return Fault(kind, "\n".join([*head, "\nled to\n".join(reversed(stacks))]))


def written_stack(text: str) -> str:
    """Return the stack of a crash from a process's output, without any messages.

    Empty if there is none.
    """
    lines: list[str] = []
    python = False  # in a Python stack, not one by faulthandler
    for line in text.splitlines():
        if found := _NATIVE.match(line):
            lines.append(_FILE.sub(_place_of, found[0]))
            python = found[0].startswith("Traceback") or (python and found[0].startswith("  "))
        # The line after a Python stack begins with the exception's type.
        elif python and (raised := _RAISED.match(line)):
            lines.append(raised[0])
            python = False
    fatal = any(line.startswith(("Fatal", "Windows", "Traceback")) for line in lines)
    return "\n".join(_shortened(lines)) if fatal else ""


def tail(folder: Path, lines: int = 40) -> str:
    """Return the end of the log in a data folder; empty if there is none."""
    try:
        with (folder / NAME).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 200 * lines))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def append(folder: Path, text: str) -> None:
    """Write a line into the log of a data folder, from a process that has no window."""
    handler = _Handler(folder / NAME, "")
    record = logging.LogRecord(_logger.name, logging.ERROR, "", 0, "%s", (text,), None)
    with contextlib.closing(handler):
        handler.emit(record)


class FaultLog:
    """The log of this process, from `start` to `close`; there is one at a time.

    ``folder`` is the data folder. The file is created with its first line, which has the versions;
    ``more`` are versions beside Fireside's and Python's. If the folder cannot be written to, or the
    disk is full, only the log is lost.
    """

    def __init__(self, folder: Path, more: str = "") -> None:
        self._folder, self._more = folder, more
        self._lock = threading.RLock()  # a destructor may fail within it
        self._counts: dict[str, int] = {}
        self._untold: list[Fault] = []
        self._listener: Callable[[Fault], None] | None = None
        self._handler: _Handler | None = None
        self._crash_file: TextIO | None = None
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    def start(self) -> Self:
        """Install the hooks for uncaught exceptions; the previous hooks are still called."""
        global _open
        self._handler = _Handler(self._folder / NAME, self._more)
        _logger.addHandler(self._handler)
        _logger.setLevel(logging.INFO)
        _open = self
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable
        self._watch_crashes()
        return self

    def close(self) -> None:
        """Restore the previous hooks, and record that this run did not crash."""
        global _open
        if _open is not self:
            return
        _open = None
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        if self._crash_file:
            faulthandler.disable()
            self._crash_file.close()
            with contextlib.suppress(OSError):
                (self._folder / CRASH_NAME).unlink()
        if self._handler:
            _logger.removeHandler(self._handler)
            self._handler.close()

    def listen(self, listener: Callable[[Fault], None]) -> None:
        """Call ``listener`` for each kind of fault once, on the thread where it happens.

        It is called at once for earlier faults, and replaces the previous listener.
        """
        with self._lock:
            self._listener = listener
            untold, self._untold = self._untold, []
        for fault in untold:
            listener(fault)

    def add(self, fault: Fault, *, tell: bool = True) -> None:
        """Write a fault with its trace, and notify the listener.

        Only the 1st, 10th, 100th occurrence and so on is written, since a fault in painting may
        repeat 60 times a second.
        """
        with self._lock:
            count = self._count(fault.kind)
            listener = self._listener
            if tell and count == 1 and listener is None:
                self._untold.append(fault)
        if count == 1:
            note(f"fault\n{fault.trace}", logging.ERROR)
        elif _is_written(count):
            note(f"{fault.kind}: {count} times", logging.ERROR)
        if tell and count == 1 and listener:
            listener(fault)

    def times(self, kind: str) -> int:
        """Count something of a kind; return how often it came, 0 where it is not to be written."""
        with self._lock:
            if len(self._counts) >= _KINDS:
                self._counts.clear()
            count = self._count(kind)
        return count if _is_written(count) else 0

    def _count(self, kind: str) -> int:
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return count

    # --- Hooks --------------------------------------------------------------------------------

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self._add_quietly(error.with_traceback(trace), "")
        self._before[0](kind, error, trace)

    def _uncaught_in_thread(self, raised: threading.ExceptHookArgs) -> None:
        if raised.exc_value is not None and not issubclass(raised.exc_type, SystemExit):
            name = raised.thread.name if raised.thread else ""
            self._add_quietly(raised.exc_value, f"thread {name}")
        self._before[1](raised)

    def _unraisable(self, raised: Any) -> None:
        if raised.exc_value is not None:
            self._add_quietly(raised.exc_value, "a destructor or callback")
        self._before[2](raised)

    def _add_quietly(self, error: BaseException, where: str) -> None:
        with contextlib.suppress(Exception):  # an exception in a hook would hide the one reported
            self.add(of_exception(error, where))

    # --- Crashes ------------------------------------------------------------------------------

    def _watch_crashes(self) -> None:
        """Move the stack of the last run's crash into the log, and enable faulthandler again."""
        path = self._folder / CRASH_NAME
        with contextlib.suppress(OSError):
            trace = path.read_text("utf-8", "replace")
            if _FATAL.search(trace) and (trace := written_stack(trace)):
                self.add(Fault("crash", f"the last run ended by a crash\n{trace}", ended=True))
        if faulthandler.is_enabled():  # already enabled with another output
            return
        try:
            self._crash_file = path.open("w", encoding="utf-8")
        except OSError:
            if sys.stderr:
                faulthandler.enable()
            return
        faulthandler.enable(self._crash_file)


class _Handler(logging.Handler):
    """A handler that opens the file, and imports `logging.handlers`, at the first line."""

    def __init__(self, path: Path, more: str) -> None:
        super().__init__()
        self._path, self._more = path, more
        self._file: RotatingFileHandler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):
            if self._file is None:
                self._file = self._opened(record)
            self._file.emit(record)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if self._file:
                self._file.close()
        super().close()

    def _opened(self, first: logging.LogRecord) -> RotatingFileHandler:
        from logging.handlers import RotatingFileHandler

        file = RotatingFileHandler(
            self._path, maxBytes=_SIZE, backupCount=_OLD, encoding="utf-8", errors="replace"
        )
        # A full disk is reported when chats are saved.
        file.handleError = lambda record: None  # type: ignore[method-assign]
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(process)d %(message)s"))
        # Not `versions` or platform.platform(): both are too slow for a start.
        system = " ".join(os.uname()[::2]) if hasattr(os, "uname") else sys.platform
        told = [f"Fireside {__version__}", f"Python {platform.python_version()}", self._more]
        line = ", ".join([*filter(None, told), system])
        head = logging.LogRecord(_logger.name, logging.INFO, "", 0, "%s", (line,), None)
        head.created, head.msecs = first.created, first.msecs
        file.emit(head)
        return file


def versions() -> str:
    """Return the versions of the relevant packages on one line. Takes about 60 ms."""
    import importlib.metadata as metadata

    found = [f"Fireside {__version__}", f"Python {platform.python_version()}"]
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return ", ".join([*found, platform.platform()])


def _is_written(count: int) -> bool:
    """Return whether a repetition is the 1st, 10th, 100th and so on."""
    return str(count).strip("0") == "1"


def _frames(trace: TracebackType | None) -> list[str]:
    lines = [
        f"  {_place(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    return list(_shortened(lines))


def _shortened(lines: list[str]) -> Iterator[str]:
    if len(lines) <= _FRAMES:
        yield from lines
        return
    half = _FRAMES // 2
    yield from lines[:half]
    yield f"  … {len(lines) - 2 * half} more"
    yield from lines[-half:]


def _place(file: str) -> str:
    """Return a source file's path without the folders that identify this computer or its user."""
    file = file.removeprefix(_ROOT).replace("\\", "/")
    if "site-packages/" in file:
        return file.rpartition("site-packages/")[2]
    return file.rpartition("/")[2] if file.startswith("/") or ":" in file[:2] else file


def _place_of(found: re.Match[str]) -> str:
    return f"  {_place(found[1])}:{found[2]} in {found[3]}"


def _type_and_facts(error: BaseException) -> str:
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    facts: list[str] = []
    if isinstance(error, FiresideError):
        facts = [
            f"{key}={value}"
            for key, value in vars(error).items()
            if isinstance(value, bool | int | float) or value is None
        ]
    elif isinstance(error, OSError) and error.errno is not None:
        facts = [errno.errorcode.get(error.errno, str(error.errno))]
    return f"{name}({', '.join(facts)})" if facts else name
