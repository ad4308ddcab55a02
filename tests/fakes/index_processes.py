"""Processes that read folders: one that is none, and some that go wrong."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.base.errors import Cancelled
from app.base.folder import Folder
from app.tools.browser import index_process
from app.tools.browser.files import text_helper, text_reading
from app.tools.browser.index_process import (
    End,
    IndexEnd,
    IndexProcess,
    IndexTask,
    IndexTrouble,
    Told,
)


class NoProcess(IndexProcess):
    """Runs tasks on the library's own thread, so that a test need not wait for a process."""

    def run(self, task: IndexTask[End], tell: Told, stop: threading.Event) -> End:
        def told(message: object) -> None:
            tell(message)
            if stop.is_set():
                raise Cancelled

        ours, theirs = multiprocessing.Pipe()
        with ours, theirs:
            end = task.run(told, (), theirs)
        if isinstance(end, IndexTrouble):
            raise index_process.raised(task.path, end)
        return end


def serve_badly(connection: Connection, helper: Connection) -> None:
    """Read files, but hang or crash at those with such names, as a reader in C might."""
    _read_badly()
    index_process.serve(connection, helper)


def help_badly(owner: Connection, writer: Connection) -> None:
    """Do so as the second process."""
    _read_badly()
    text_helper.serve_texts(owner, writer)


def _read_badly() -> None:
    real: Callable[..., Any] = text_reading.read_text

    def read_text(folder: Folder, relative: str, *others: Any) -> Any:
        if "hangs" in relative:
            time.sleep(1000)
        if "crashes" in relative:
            os._exit(3)
        return real(folder, relative, *others)

    setattr(text_reading, "read_text", read_text)  # noqa: B010 - mypy takes it for a constant


class Endless:
    """A task that never ends, as a file may be to a reader in C."""

    path = Path()
    helper = None

    def run(self, tell: Told, stuck: Sequence[str], helper: Connection) -> IndexEnd:
        tell("endless")
        time.sleep(1000)
        raise AssertionError
