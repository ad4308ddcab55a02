"""Single files of a folder, read when they are wanted, in a process of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.folder import Folder
from app.base.threads import AnyEvent, held
from app.tools.browser.files.file_index import IndexedText
from app.tools.browser.index_process import (
    End,
    IndexProcess,
    IndexStep,
    IndexTask,
    IndexTrouble,
    TaskEnd,
    Told,
)
from app.tools.browser.source_status import SkipReason

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_IDLE_S = 30.0  # after which the process ends


@dataclass(frozen=True, slots=True)
class FileRead(TaskEnd):
    """A file's text, or why it has none; neither if it is gone."""

    text: IndexedText | None = None
    reason: SkipReason | None = None


@dataclass(frozen=True, slots=True)
class FileTask:
    """The file ``relative`` of the folder at ``path``."""

    path: Path
    relative: str

    helper = None

    def run(
        self, tell: Told, stuck: Sequence[str], helper: Connection | None = None
    ) -> FileRead | IndexTrouble:
        """Read it; see `IndexTask`."""
        if stuck:
            return FileRead(reason=SkipReason.STUCK)
        tell(IndexStep(self.relative, 0, 0, 0))
        try:
            with Folder(self.path) as folder:
                return read_one(folder, self.relative, lambda *_: tell("page"))
        except OSError as error:
            return IndexTrouble("missing", error.strerror or str(error))


def read_one(folder: Folder, relative: str, on_page: Callable[[int, int], None]) -> FileRead:
    """Read a file, in a process for that."""
    from app.tools.browser.files.text_reading import Unread, read_text

    try:
        return FileRead(read_text(folder, relative, on_page))
    except Unread as error:
        return FileRead(reason=error.reason)
    except FileNotFoundError:
        return FileRead()


class FileReads:
    """Reads of files, one at a time, by any thread. ``process`` ends when it was idle for long."""

    def __init__(self, process: IndexProcess) -> None:
        self._lock = threading.Lock()
        self._process = process
        self._used = 0.0
        self._closing = threading.Event()

    def read(self, task: IndexTask[End], cancel: threading.Event) -> End:
        """Read what a task says. Raises Cancelled, SourceGone and SourceError."""
        ends = AnyEvent(cancel, self._closing)
        with held(self._lock, ends):
            try:
                return self._process.run(task, lambda _: None, ends)
            finally:
                self._used = time.monotonic()

    def end_idle(self) -> None:
        """End the process if it was idle for long."""
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._used > _IDLE_S:
                    self._process.close()
            finally:
                self._lock.release()

    def close(self) -> None:
        """End the process; what is being read is cancelled."""
        self._closing.set()
        with self._lock:
            self._process.close()
