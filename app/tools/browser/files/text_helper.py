"""A second process that reads files for the one that writes an index: to read takes longer."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.base.folder import Folder
from app.base.processes import end_first_without_memory, give_way
from app.tools.browser.files.file_reads import FileRead, read_one
from app.tools.browser.index_process import READING, Told

_AHEAD = 4  # files that it is given before it has read the first
_READY = "ready"


def serve_texts(owner: Connection, writer: Connection) -> None:
    """Read what the writing process wants; ``owner`` is told of each file before it is read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    end_first_without_memory()
    writer.send(_READY)
    folder: Folder | None = None
    try:
        while True:
            root, relative = writer.recv()
            if folder is None or folder.path != root:
                folder = Folder(root)
            owner.send((READING, relative))
            read = read_one(folder, relative, lambda *_: owner.send("page"))
            owner.send((READING, ""))
            writer.send((relative, read))
    except (EOFError, OSError):
        return  # one of the two has ended


class TextHelper:
    """That process, as the writing one sees it. Until it has started, it takes nothing."""

    def __init__(self, pipe: Connection, root: Path, tell: Told) -> None:
        self._pipe, self._root, self._tell = pipe, root, tell
        self._is_ready = False
        self._given = 0

    @property
    def has_room(self) -> bool:
        """Whether it takes another file."""
        if not self._is_ready and self._arrived(0.0):
            self._is_ready = self._receive() == _READY
        return self._is_ready and self._given < _AHEAD

    def give(self, relative: str) -> None:
        """Have it read a file."""
        self._given += 1
        self._pipe.send((self._root, relative))

    def taken(self, *, all_: bool = False) -> Iterator[tuple[str, FileRead]]:
        """Yield what it has read; with ``all_``, wait for all that it was given."""
        while self._given:
            if self._arrived(0.5 if all_ else 0.0):
                self._given -= 1
                relative, read = self._receive()
                yield relative, read
            elif not all_:
                return
            else:
                self._tell("waiting")

    def _arrived(self, seconds: float) -> bool:
        try:
            return self._pipe.poll(seconds)
        except OSError:
            return self._wait_for_the_end()

    def _receive(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            return self._wait_for_the_end()

    def _wait_for_the_end(self) -> bool:
        """Wait to be ended: the helper is, and the owner knows at which file."""
        while True:
            self._tell("waiting")
            time.sleep(0.5)
