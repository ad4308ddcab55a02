"""The log: its content, what it must never contain, and where it cannot be written."""

from __future__ import annotations

import errno
import faulthandler
import logging
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import __version__
from app.base import log
from app.base.errors import EngineDied, ModelTooLarge
from app.base.log import Fault, FaultLog
from app.base.threads import report_errors

SECRET = "purple zebra of a chat"


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultLog]:
    monkeypatch.setattr(faulthandler, "is_enabled", lambda: True)  # pytest has its own
    monkeypatch.setattr(sys, "excepthook", lambda *raised: None)
    monkeypatch.setattr(threading, "excepthook", lambda raised: None)
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: None)
    started = FaultLog(tmp_path, "Qt 1.2").start()
    yield started
    started.close()


def written(folder: Path) -> str:
    path = folder / log.NAME
    return path.read_text("utf-8") if path.exists() else ""


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - any is wanted
        return caught


def test_a_trace_has_types_and_places_and_no_words(faults: FaultLog, tmp_path: Path) -> None:
    def fails() -> None:
        try:
            dict[str, str]()[SECRET]
        except KeyError as error:
            raise ValueError(SECRET) from error

    try:
        fails()
    except ValueError as error:
        log.report(error)
    text = written(tmp_path)
    assert f"Fireside {__version__}, Python 3" in text.splitlines()[0]
    assert ", Qt 1.2, " in text.splitlines()[0]
    assert "KeyError\nled to\n" in text
    assert "tests/unit/test_log.py:" in text
    assert text.endswith("ValueError\n")
    assert "zebra" not in text
    assert str(Path.cwd()) not in text


def test_of_our_own_errors_it_has_the_numbers(tmp_path: Path) -> None:
    assert log.of_exception(EngineDied(-6, SECRET)).trace.endswith("EngineDied(exit_code=-6)")
    large = log.of_exception(ModelTooLarge(Path(SECRET), 3, 2, SECRET)).trace
    assert large.endswith("ModelTooLarge(needed=3, available=2, fits_otherwise=False)")
    full = log.of_exception(OSError(errno.ENOSPC, SECRET, SECRET)).trace
    assert full == "OSError(ENOSPC)"


def test_a_long_stack_is_shortened() -> None:
    def deeper(depth: int) -> None:
        if depth:
            deeper(depth - 1)
        raise ValueError

    with pytest.raises(ValueError, match=r"^$") as caught:
        deeper(500)
    lines = log.of_exception(caught.value).trace.splitlines()
    assert len(lines) == 42
    assert "  … 462 more" in lines


def test_each_kind_is_told_once(faults: FaultLog, tmp_path: Path) -> None:
    told: list[Fault] = []
    error = raised(ValueError())
    log.report(error)  # before the log is open
    faults.listen(told.append)
    for _ in range(120):
        log.report(error)
    log.report(raised(TypeError()))
    assert [fault.kind.split()[0] for fault in told] == ["ValueError", "TypeError"]
    assert [line.split(": ")[1] for line in written(tmp_path).splitlines() if "times" in line] == [
        "10 times",
        "100 times",
    ]


def test_who_is_told_otherwise_is_not_told_again(faults: FaultLog, tmp_path: Path) -> None:
    told: list[Fault] = []
    faults.listen(told.append)
    log.record(raised(ValueError()))
    log.record(raised(EngineDied(1, "")))
    assert not told
    assert "ValueError" in written(tmp_path)
    assert "EngineDied" not in written(tmp_path)


def test_every_thread_and_what_cannot_be_raised(faults: FaultLog, tmp_path: Path) -> None:
    class Falls:
        def __del__(self) -> None:
            raise TypeError(SECRET)

    def fails() -> None:
        raise LookupError(SECRET)

    thread = threading.Thread(target=fails, name="a thread")
    thread.start()
    thread.join()
    with pytest.raises(LookupError):
        report_errors(fails)
    Falls()
    error = raised(ZeroDivisionError(SECRET))
    sys.excepthook(type(error), error, error.__traceback__)
    stop = raised(KeyboardInterrupt())
    sys.excepthook(type(stop), stop, None)
    text = written(tmp_path)
    assert "in thread a thread" in text
    assert "LookupError: 10" not in text
    assert "TypeError" in text
    assert "ZeroDivisionError" in text
    assert "KeyboardInterrupt" not in text
    assert "zebra" not in text


def test_the_hooks_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    started = FaultLog(tmp_path).start()
    assert sys.excepthook != before[0]
    started.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    log.note("nobody has a log")
    log.report(raised(ValueError()))
    log.report_child("engine", "Fatal Python error: Aborted")
    assert not written(tmp_path)


OUTPUT = """\
llama.cpp says a purple zebra
Fatal Python error: Aborted

Current thread 0x00007f (most recent call first):
  File "/home/someone/x/site-packages/llama_cpp/llama.py", line 7 in decode
  File "/usr/lib/python3.11/threading.py", line 975 in run

words words
Traceback (most recent call last):
  File "/somewhere/app/engine/worker.py", line 12, in serve
    work[name]("a purple zebra")
KeyError: 'a purple zebra'
words: of a chat
"""


def test_of_what_a_process_wrote_the_stacks_are_taken(faults: FaultLog, tmp_path: Path) -> None:
    told: list[Fault] = []
    faults.listen(told.append)
    log.report_child("engine", OUTPUT)
    log.report_child("engine", "nothing of the kind")
    (fault,) = told
    assert fault.trace.splitlines() == [
        "engine",
        "Fatal Python error: Aborted",
        "Current thread 0x00007f (most recent call first):",
        "  llama_cpp/llama.py:7 in decode",
        "  threading.py:975 in run",
        "Traceback (most recent call last):",
        "  worker.py:12 in serve",
        "KeyError",
    ]
    log.report_child("engine", OUTPUT, tell=False)
    assert len(told) == 1


def test_it_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_SIZE", 2000)
    started = FaultLog(tmp_path).start()
    for number in range(200):
        log.note(f"line {number} {'x' * 50}")
    started.close()
    names = sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(log.NAME))
    assert names == ["fireside.log", "fireside.log.1", "fireside.log.2"]
    assert all((tmp_path / name).stat().st_size <= 2000 for name in names)
    assert "line 199" in log.tail(tmp_path)
    assert log.tail(tmp_path, 3).count("\n") == 2


def test_where_it_cannot_be_written_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[Fault] = []
    started = FaultLog(tmp_path / "missing").start()
    started.listen(told.append)
    log.report(raised(ValueError()))
    started.close()
    assert len(told) == 1
    assert log.tail(tmp_path / "missing") == ""
    if os.path.exists("/dev/full"):
        (tmp_path / log.NAME).symlink_to("/dev/full")
        started = FaultLog(tmp_path).start()
        log.note("a line")
        log.report(raised(ValueError()))
        started.close()
    assert "Error" not in capfd.readouterr().err


def crash(folder: Path, end: str) -> int:
    """Return the exit code of a process that has a log and ends in this way."""
    script = f"""
        import os, sys
        from pathlib import Path
        from app.base.log import FaultLog
        faults = FaultLog(Path(sys.argv[1])).start()
        told = []
        faults.listen(told.append)
        print([fault.ended for fault in told], flush=True)
        {end}
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(folder)],
        capture_output=True,
        timeout=60,
    )
    assert done.stdout.decode() or done.returncode
    return done.returncode


def test_a_crash_is_told_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert crash(tmp_path, "os.abort()") != 0
    assert "Fatal Python error: Aborted" in (tmp_path / log.CRASH_NAME).read_text()
    told: list[Fault] = []
    monkeypatch.setattr(faulthandler, "is_enabled", lambda: True)
    started = FaultLog(tmp_path).start()
    started.listen(told.append)
    started.close()
    assert [fault.ended for fault in told] == [True]
    assert "fault\nthe last run ended by a crash\nFatal Python error: Aborted" in written(tmp_path)


def test_a_good_end_leaves_no_crash(tmp_path: Path) -> None:
    assert crash(tmp_path, "faults.close()") == 0
    assert not (tmp_path / log.CRASH_NAME).exists()
    assert crash(tmp_path, "os._exit(0)") == 0  # like a process that was killed
    told: list[Fault] = []
    started = FaultLog(tmp_path).start()
    started.listen(told.append)
    started.close()
    assert not told


def test_other_loggers_do_not_write_to_it(faults: FaultLog, tmp_path: Path) -> None:
    logging.getLogger("another").error(SECRET)
    assert not written(tmp_path)
