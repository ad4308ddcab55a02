"""A second process that reads files for the one that writes an index: to read takes longer."""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from app.base.folder import Folder
from app.base.processes import end_first_without_memory, end_with_parent, give_way
from app.tools.browser.files.file_reads import FileRead, read_one
from app.tools.browser.index_process import READING, Told

_MOST_AHEAD = 300  # files that it is given before it has read the first
_AHEAD = 40_000_000  # bytes of such files
_SIGN_S = 0.5
_READY = "ready"


def serve_texts(owner: Connection, writer: Connection) -> None:
    """Read what the writing process wants; ``owner`` is told of each file before it is read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
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
    """That process, as the writing one sees it. Until it has started, it takes nothing.

    A thread takes what it has read, so that neither waits while the other writes.
    """

    def __init__(self, pipe: Connection, root: Path, tell: Told) -> None:
        self._pipe, self._root, self._tell = pipe, root, tell
        self._is_ready = False
        self._given: dict[str, int] = {}
        self._read: queue.SimpleQueue[tuple[str, FileRead] | None] = queue.SimpleQueue()
        threading.Thread(target=self._receive, name="texts", daemon=True).start()

    @property
    def has_room(self) -> bool:
        """Whether it takes another file."""
        few = len(self._given) < _MOST_AHEAD and sum(self._given.values()) < _AHEAD
        return self._is_ready and few

    def give(self, relative: str, size: int) -> None:
        """Have it read a file of so many bytes."""
        self._given[relative] = size
        with suppress(OSError):  # it has ended, which `taken` notices
            self._pipe.send((self._root, relative))

    def taken(self, *, all_: bool = False) -> Iterator[tuple[str, FileRead]]:
        """Yield what it has read; with ``all_``, wait for all that it was given."""
        while self._given:
            try:
                read = self._read.get(timeout=_SIGN_S) if all_ else self._read.get_nowait()
            except queue.Empty:
                if not all_:
                    return
                self._tell("waiting")
                continue
            while read is None:  # it has ended; the owner knows at which file, and ends this, too
                self._tell("waiting")
                time.sleep(_SIGN_S)
            del self._given[read[0]]
            yield read

    def _receive(self) -> None:
        with suppress(EOFError, OSError):
            self._is_ready = self._pipe.recv() == _READY
            while True:
                self._read.put(self._pipe.recv())
        self._read.put(None)
