"""One source of the library: its status, its index, and what of it is on the disk."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.base import codec
from app.base.errors import FiresideError
from app.base.files import replace_text
from app.tools.browser.files.file_index import FileIndex, IndexFault
from app.tools.browser.files.file_reads import FileReads
from app.tools.browser.files.folder_source import FolderSource
from app.tools.browser.files.folder_task import FolderTask
from app.tools.browser.index_process import IndexEnd, IndexPlan, IndexStep, IndexTask
from app.tools.browser.source import Source
from app.tools.browser.source_status import IndexState, SourceEntry, SourceKind, SourceStatus

_LEAST_S = 2.0  # of work, before the rest is estimated


class LibrarySource:
    """A source, with what the library knows of it. The library's lock guards it."""

    def __init__(
        self,
        entry: SourceEntry,
        indexes: Path,
        reads: FileReads,
        look: Callable[[str], None],
        without: tuple[str, ...],
    ) -> None:
        self.entry = entry
        self._without = without
        self._path = indexes / f"{entry.id}.db"
        self._end_path = indexes / f"{entry.id}.end.json"
        self.index = FileIndex(self._path, stored=entry.kind is SourceKind.FOLDER)
        self.source = self._source(reads, lambda: look(entry.key))
        end = self._last_end()
        self.state = IndexState.READY if end else IndexState.WAITING
        self.before = self.state
        """The state before the look that is under way."""
        if entry.paused and not end:
            self.state = IndexState.PAUSED
        self.problem: FiresideError | None = None
        self.wanted = end is None and not entry.paused
        """Whether it is to be looked at; a first reading that was interrupted goes on."""
        self.watched = False
        self.looked = float("-inf")
        """When it was looked at, by `time.monotonic`."""
        self.not_before = 0.0
        self.stop = threading.Event()
        """Ends the look that is under way."""
        self._end = end or IndexEnd(self._documents())
        self._plan: IndexPlan | None = None
        self._now = IndexStep("", 0, 0, self._end.documents)
        self._begun = 0.0

    def _source(self, reads: FileReads, look: Callable[[], None]) -> Source:
        if self.entry.kind is SourceKind.FOLDER:
            return FolderSource(
                self.entry, self.index, reads, lambda: self.state, look, self._without
            )
        from app.tools.browser.encyclopaedia.encyclopaedia import Encyclopaedia

        return Encyclopaedia(self.entry, self.index, reads, lambda: self.state, look)

    def status(self) -> SourceStatus:
        """Return its status."""
        plan = self._plan
        working = self.state is IndexState.INDEXING and plan is not None
        return SourceStatus(
            self.entry,
            self.state,
            self._now.done if working else 0,
            plan.total if plan and working else 0,
            self._now.documents,
            self._end.skipped,
            self.index.size,
            self._seconds_left() if working else None,
            self.problem,
        )

    def task(self) -> IndexTask[IndexEnd]:
        """Return what there is to do."""
        if self.entry.kind is SourceKind.ENCYCLOPAEDIA:
            from app.tools.browser.encyclopaedia.encyclopaedia_task import EncyclopaediaTask

            return EncyclopaediaTask(self.entry.path, self._path)
        return FolderTask(self.entry.path, self._path, self.entry.mount, self._without)

    def begin(self) -> None:
        """Begin to look at it. What is ready or away stays so until there turns out to be work."""
        self.wanted, self._plan = False, None
        self.before, self.problem = self.state, None
        self.stop.clear()
        if self.state not in (IndexState.READY, IndexState.MISSING):
            self.state = IndexState.INDEXING

    def step(self, told: object) -> None:
        """Note what the process tells."""
        match told:
            case IndexPlan():
                self._plan, self._begun = told, time.monotonic()
                self._now = IndexStep("", 0, 0, told.documents)
                if told.total:
                    self.state = IndexState.INDEXING
                    self._forget_end()  # if this is interrupted, it goes on at the next start
            case IndexStep():
                self._now = told

    def ended(self, end: IndexEnd) -> None:
        """Note that all of it has been read."""
        self._end = end
        self._now = IndexStep("", 0, 0, end.documents)
        with suppress(OSError):
            replace_text(self._end_path, json.dumps(codec.encode(end)))

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()

    def delete(self) -> None:
        """Remove the index from the disk; nothing of it is left."""
        self.close()
        with suppress(OSError):
            for path in self._path.parent.glob(f"{self.entry.id}.*"):
                with suppress(OSError):
                    path.unlink()
        with suppress(OSError):
            self._path.parent.rmdir()  # if it was the last one

    def _seconds_left(self) -> float | None:
        plan, now = self._plan, self._now
        passed = time.monotonic() - self._begun
        if plan is None or now.weight <= 0 or passed < _LEAST_S:
            return None
        return passed * max(0, plan.weight - now.weight) / now.weight

    def _last_end(self) -> IndexEnd | None:
        """Return what the last reading came to, if that was whole and its index can be used."""
        try:
            raw: Any = json.loads(self._end_path.read_text("utf-8"))
            end = codec.decode(IndexEnd, raw)
        except (OSError, ValueError):
            return None
        # An index of another version, or a damaged one, is empty.
        return end if self._documents() or not end.documents else None

    def _documents(self) -> int:
        """Return how many are in the index."""
        try:
            return self.index.count()
        except IndexFault:
            return 0

    def _forget_end(self) -> None:
        with suppress(OSError):
            self._end_path.unlink(missing_ok=True)
