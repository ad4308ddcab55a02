"""The user's folders and encyclopaedias: which there are, and their indexes, kept up to date.

One thread has one source after the other read, in a process at low priority (`index_process`).
Nothing watches a disk: a source is looked at when it is added, when a chat with it is opened or
asks it, and every few minutes while that chat is open.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.base import log
from app.base.errors import Cancelled
from app.base.settings import Folders
from app.base.threads import AnyEvent, tell_fault
from app.models.mount_point import mount_of
from app.tools.browser import folder_choice
from app.tools.browser.faults import IndexingFailed, SourceError, SourceKnown
from app.tools.browser.files.file_reads import FileReads
from app.tools.browser.index_process import IndexBusy, IndexProcess, SourceGone
from app.tools.browser.library_source import LibrarySource
from app.tools.browser.source import ENCYCLOPAEDIA, FOLDER, Source
from app.tools.browser.source_file import SourceFile
from app.tools.browser.source_status import (
    IndexState,
    SourceEntry,
    SourceKind,
    SourcesChanged,
    SourceStatus,
)

EVERY_S = 300.0
"""Seconds between looks at a source that is on in the open chat."""
_SOON_S = 10.0  # in which a source is not looked at again, unless it has to
_TELL_S = 0.3  # between two events of one run
_IDLE_S = 30.0  # after which the process ends
_ORPHAN_S = 600.0  # after which an index without a source is removed
_BUSY_S = 20.0  # until an index is tried again that another Fireside writes


class SourceLibrary:
    """The sources in the data folder. Thread-safe, and no method waits for a source's disk.

    That is except `add_folder` and `add_encyclopaedia`. ``publish`` is called with SourcesChanged,
    on any thread.
    """

    def __init__(
        self,
        folders: Folders,
        publish: Callable[[SourcesChanged], None],
        *,
        process: Callable[[], IndexProcess] = IndexProcess,
        every_s: float = EVERY_S,
        reads: bool = True,
    ) -> None:
        """Open it; unless it ``reads``, it is only searched as it is, and nothing is changed."""
        self._folders, self._publish = folders, publish
        self._new_process, self._every_s, self._reads_on = process, every_s, reads
        self._wake = threading.Condition(threading.RLock())
        self._closing = threading.Event()
        self._reads = FileReads(process())
        self._thread: threading.Thread | None = None
        self._running: LibrarySource | None = None
        self._telling = threading.Lock()
        self._told = 0.0
        self._file = SourceFile(folders.sources)
        self._sources = {entry.key: self._new(entry) for entry in self._file.entries}
        if reads and not self._file.fault:
            self._remove_orphans()
        if any(each.wanted for each in self._sources.values()):
            self._start()

    # --- Which there are ---

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Return the status of all of them, in the order in which they were added."""
        with self._wake:
            return tuple(each.status() for each in self._sources.values())

    def tell(self) -> None:
        """Publish that, so that what is told last is newest, whichever threads tell."""
        with self._telling:
            self._told = time.monotonic()
            self._publish(SourcesChanged(self.statuses()))

    def sources(self) -> tuple[Source, ...]:
        """Return them as what the browser searches."""
        with self._wake:
            return tuple(each.source for each in self._sources.values())

    def add_folder(self, path: Path) -> SourceEntry:
        """Add a folder, which is then read in the background. Raises SourceError."""
        known = self._file.entries
        real = folder_choice.checked(path, known, self._folders.data)
        return self._add(SourceKind.FOLDER, real)

    def add_encyclopaedia(self, path: Path) -> SourceEntry:
        """Add a ZIM file, whose texts are then read in the background. Raises SourceError."""
        from app.tools.browser.encyclopaedia.zim_choice import checked_file

        real, title = checked_file(path, self._file.entries)
        return self._add(SourceKind.ENCYCLOPAEDIA, real, title)

    def remove(self, key: str) -> None:
        """Remove a source and its index; its own files stay. Raises SourceListUnwritable."""
        with self._wake:
            if key not in self._sources:
                return
            self._file.change(lambda all_: [each for each in all_ if each.key != key])
            removed = self._sources.pop(key)
            removed.stop.set()
            self._wake.notify_all()
            while self._running is removed:
                self._wake.wait()
        removed.delete()
        self.tell()

    def pause(self, key: str) -> None:
        """Stop reading a source until `resume`. Raises SourceListUnwritable."""
        self._set_paused(key, paused=True)

    def resume(self, key: str) -> None:
        """Go on reading a source. Raises SourceListUnwritable."""
        self._set_paused(key, paused=False)

    # --- When they are looked at ---

    def look(self, key: str) -> None:
        """Look soon for what has changed in a source."""
        with self._wake:
            if each := self._sources.get(key):
                each.not_before = 0.0
                self._want(each)

    def watch(self, keys: Collection[str]) -> None:
        """Look now for what has changed in these sources, and every few minutes from now on.

        Those of the last call, which are not among them, are not looked at any more.
        """
        with self._wake:
            for key, each in self._sources.items():
                each.watched = key in keys
                if each.watched and time.monotonic() - each.looked > _SOON_S:
                    self._want(each)
            self._wake.notify_all()

    def wait(self, key: str, cancel: threading.Event) -> SourceStatus:
        """Wait until a source has been looked at, if it was to be; return its status then.

        Raises Cancelled, and KeyError if there is no such source.
        """
        with self._wake:
            while True:
                each = self._sources[key]
                wanted = each.wanted and each.not_before <= time.monotonic()
                if not wanted and self._running is not each:
                    return each.status()
                if cancel.is_set() or self._closing.is_set():
                    raise Cancelled
                self._wake.wait(0.1)

    def close(self) -> None:
        """Stop everything at once; what has been read so far is kept."""
        with self._wake:
            self._closing.set()
            self._wake.notify_all()
            thread = self._thread
        self._reads.close()
        if thread:
            thread.join()
        for each in list(self._sources.values()):
            each.close()

    # --- Within ---

    def _new(self, entry: SourceEntry) -> LibrarySource:
        left_out = folder_choice.left_out(entry.path, self._folders.data)
        return LibrarySource(entry, self._folders.indexes, self._reads, self._asked, left_out)

    def _add(self, kind: SourceKind, path: Path, title: str = "") -> SourceEntry:
        with self._wake:
            entry = self._listed(kind, path, title)
            self._sources[entry.key] = added = self._new(entry)
            self._want(added)
        self.tell()
        return entry

    def _listed(self, kind: SourceKind, path: Path, title: str) -> SourceEntry:
        """Return a new entry of the list, unless another thread or process has added it."""
        made: list[SourceEntry] = []
        # Before the list is locked: a drive on the network may take its time.
        id, mount = folder_choice.new_id(), mount_of(path)

        def more(known: tuple[SourceEntry, ...]) -> list[SourceEntry]:
            if same := next((each for each in known if each.path == path), None):
                raise SourceKnown(path, same.name)
            begin = FOLDER if kind is SourceKind.FOLDER else ENCYCLOPAEDIA
            taken = [each.name for each in known if each.kind is kind]
            name = folder_choice.free_name(title or path.name, taken)
            made.append(SourceEntry(f"{begin}{name}", kind, path, name, id, mount))
            return [*known, made[0]]

        self._file.change(more)
        return made[0]

    def _asked(self, key: str) -> None:
        """Look for what has changed in a source that is used, but not all the time."""
        with self._wake:
            each = self._sources.get(key)
            if each and not each.wanted:
                each.not_before = max(each.not_before, each.looked + _SOON_S)
                self._want(each)

    def _set_paused(self, key: str, *, paused: bool) -> None:
        with self._wake:
            each = self._sources.get(key)
            if each is None or each.entry.paused == paused:
                return
            entry = replace(each.entry, paused=paused)
            self._file.change(lambda all_: [entry if e.key == key else e for e in all_])
            each.entry = entry
            if paused:
                each.wanted = False
                each.stop.set()
                if each.state is IndexState.WAITING:
                    each.state = IndexState.PAUSED
            else:
                self._want(each)
        self.tell()

    def _want(self, each: LibrarySource) -> None:
        if each.entry.paused:
            return
        each.wanted = True
        if each.state in (IndexState.PAUSED, IndexState.FAILED):
            each.state = IndexState.WAITING
        self._start()
        self._wake.notify_all()

    def _start(self) -> None:
        if self._thread is None and self._reads_on and not self._closing.is_set():
            self._thread = threading.Thread(target=self._run, name="sources")
            self._thread.start()

    def _run(self) -> None:
        process = self._new_process()
        try:
            while each := self._next(process):
                self._look_at(each, process)
        finally:
            process.close()

    def _next(self, process: IndexProcess) -> LibrarySource | None:
        """Wait for a source that is to be looked at; None at the end."""
        idle_since = time.monotonic()
        with self._wake:
            while not self._closing.is_set():
                now = time.monotonic()
                for each in self._sources.values():
                    due = each.watched and now - each.looked > self._every_s
                    if (each.wanted or due) and not each.entry.paused and now >= each.not_before:
                        each.begin()
                        self._running = each
                        return each
                if now - idle_since > _IDLE_S:
                    process.close()
                    self._reads.end_idle()
                self._wake.wait(self._pause_s(now))
        return None

    def _pause_s(self, now: float) -> float:
        """Return for how long there is nothing to do, as far as is known."""
        all_ = [each for each in self._sources.values() if not each.entry.paused]
        waiting = [each.not_before - now for each in all_ if each.wanted]
        waiting += [each.looked + self._every_s - now for each in all_ if each.watched]
        return max(0.05, min([_IDLE_S, *waiting]))

    def _look_at(self, each: LibrarySource, process: IndexProcess) -> None:
        self.tell()
        with suppress(OSError):  # the process says it better
            # Texts of folders that others may not read are in it.
            self._folders.indexes.mkdir(mode=0o700, exist_ok=True)
        state: IndexState = IndexState.READY
        problem: SourceError | None = None
        try:
            end = process.run(
                each.task(), lambda told: self._step(each, told), AnyEvent(each.stop, self._closing)
            )
            each.ended(end)
        except Cancelled:
            state = IndexState.PAUSED if each.entry.paused else IndexState.WAITING
        except SourceGone:
            state = IndexState.MISSING
        except IndexBusy:
            state = each.before
            with self._wake:
                each.wanted, each.not_before = True, time.monotonic() + _BUSY_S
        except SourceError as error:
            state, problem = IndexState.FAILED, error
            if isinstance(error, IndexingFailed):
                log.note(f"index: {error.reason}", logging.WARNING)
        except Exception as error:  # noqa: BLE001 - told as a fault; the other sources go on
            state, problem = IndexState.FAILED, IndexingFailed(each.entry.path, repr(error))
            tell_fault(error)
        with self._wake:
            each.state, each.problem = state, problem
            each.looked = time.monotonic()
            self._running = None
            self._wake.notify_all()
        self.tell()

    def _step(self, each: LibrarySource, told: object) -> None:
        with self._wake:
            each.step(told)
        if time.monotonic() - self._told > _TELL_S:
            self.tell()

    def _remove_orphans(self) -> None:
        """Remove indexes of sources that there are no more: their removal was interrupted.

        New ones stay: another process may just have added their sources to the list.
        """
        ids = {entry.id for entry in self._file.entries}
        old = time.time() - _ORPHAN_S
        with suppress(OSError):
            for path in self._folders.indexes.iterdir():
                with suppress(OSError):
                    if path.name.partition(".")[0] not in ids and path.stat().st_mtime < old:
                        path.unlink()
