"""One run of a download: its threads, what they wait for, and how far they are."""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import filelock

from app.base.errors import CacheUnwritable, DownloadDamaged, NoRoom
from app.models.download_progress import (
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    Timeouts,
    WaitReason,
)
from app.models.hub_requests import (
    HubAnswer,
    HubConnection,
    HubSource,
    NotWanted,
    RetryLater,
    WantedFile,
)
from app.models.partial_file import CachePath, Checker, PartialFile, allocated, forget, free_space
from app.network.client import LogUnwritable, Network, purpose

T = TypeVar("T")

_SPARE = 256 << 20  # bytes that are left free on the disk
_LOG_ROOM = 1 << 20  # bytes that the record of connections may want
_WINDOW = 5.0  # seconds over which the speed is taken
_PASSES = 2  # of a repair over the whole file
_GRACE = 0.1  # seconds that threads have to end; one that looks up a name cannot be interrupted


def has_room(error: NoRoom) -> bool:
    """Is there now what was missing then?"""
    try:
        return free_space(error.path) >= error.needed + _SPARE
    except OSError:
        return False


class Transfer:
    """One run of a `Download`, of one version of the file. ``limit`` is asked for the most bytes
    a second."""

    def __init__(
        self,
        wanted: WantedFile,
        network: Network,
        cache: Path,
        patience: Timeouts,
        lines: int,
        limit: Callable[[], float | None],
        room: int,
    ) -> None:
        self._wanted = wanted
        self._network = network
        self._cache = cache
        self._patience = patience
        self._lines = lines
        self._limit = limit
        self._room = room
        self.over = threading.Event()  # it is done, or has failed
        self.error: BaseException | None = None
        self.result: Path | None = None
        self.fetched = False  # or it was there
        self.anew = False  # what had arrived was of another file, and is gone
        self._ended = threading.Event()  # all threads are to end
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[HubConnection] = []
        self._waiting: dict[threading.Thread, tuple[DownloadWait, float]] = {}
        self._busy = 0  # threads that want bytes
        self._why = DownloadWait(WaitReason.CONNECTION, 0.0)
        self._pause_until = 0.0  # the server wants to hear from none of us
        self._next_free = 0.0  # when the limit allows the next bytes
        self._source = HubSource(wanted, patience)
        self._phase = DownloadPhase.ASKING
        self._verified = threading.Event()
        self._blob: PartialFile | None = None
        self._checker: Checker | None = None
        self._size = 0
        self._have = 0
        self._arrived = 0
        self._samples: deque[tuple[float, int]] = deque()

    # --- For the caller's thread --------------------------------------------------------------

    def start(self) -> None:
        self._begin("leader", self._lead)

    def end(self) -> None:
        """Ends what still runs."""
        self._ended.set()
        with self._lock:
            for line in self._open:
                line.cut()
        deadline = time.monotonic() + _GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def progress(self) -> DownloadProgress:
        now = time.monotonic()
        blob, checker = self._blob, self._checker
        if blob:
            self._have = blob.have
        if self._phase is DownloadPhase.DONE:
            return DownloadProgress(DownloadPhase.DONE, self._size, self._size, self._size)
        self._samples.append((now, self._arrived))
        while now - self._samples[0][0] > _WINDOW:
            self._samples.popleft()
        then, before = self._samples[0]
        speed = (self._arrived - before) / (now - then) if now > then else 0.0
        left = (self._size - self._have) / speed if speed else None
        with self._lock:
            waits = list(self._waiting.values())
            idle = len(waits) >= self._busy
        waiting = None
        if waits and idle:
            first, until = min(waits, key=lambda wait: wait[1])
            waiting = DownloadWait(first.reason, max(0.0, until - now), first.detail)
        checked = checker.checked if checker else 0
        if waiting:
            speed, left = 0.0, None
        return DownloadProgress(self._phase, self._have, self._size, checked, speed, left, waiting)

    # --- For the others -----------------------------------------------------------------------

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                with purpose(f"download of {self._wanted.file}"):
                    work()
            except NotWanted:
                pass
            except BaseException as error:  # noqa: BLE001
                self._fail(error)

        thread = threading.Thread(target=run, name=f"fireside-download-{name}", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _fail(self, error: BaseException) -> None:
        if self._ended.is_set():
            return  # it has failed already, or nobody wants to know
        if isinstance(error, OSError):
            error = self._of_disk(error)
        self.error = error
        self._ended.set()
        with self._lock:
            for line in self._open:
                line.cut()
        self.over.set()

    def _of_disk(self, error: OSError) -> BaseException:
        who = self._wanted.repository, self._wanted.file
        # Of the log, where it is that which cannot be written.
        where = Path(error.filename) if isinstance(error, LogUnwritable) else self._cache
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            try:
                free = free_space(where)
            except OSError:
                free = 0
            have = blob.have if (blob := self._blob) else self._have
            needed = _LOG_ROOM if isinstance(error, LogUnwritable) else self._size - have
            return NoRoom(*who, where, max(0, needed), free)
        return CacheUnwritable(*who, where, error.strerror or str(error))

    def _lead(self) -> None:
        found = self._again(self._source.find)
        place = CachePath(
            self._cache,
            self._wanted.repository,
            self._wanted.file,
            self._wanted.revision,
            found.commit,
            found.etag,
        )
        with self._locked(place):
            self._size = found.size
            if not place.there(found.size):
                self._fetch(place, found)
                self.fetched = True
            self.result = place.publish()
        self._phase = DownloadPhase.DONE
        self.over.set()

    @contextlib.contextmanager
    def _locked(self, place: CachePath) -> Iterator[None]:
        place.lock.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(place.lock)

        def acquire() -> None:
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout as error:
                raise RetryLater(WaitReason.OTHER, "another program holds the lock", 0.5) from error

        self._again(acquire)
        try:
            yield
        finally:
            lock.release()

    def _fetch(self, place: CachePath, found: HubAnswer) -> None:
        self.anew = forget(place.folder, {place.file}, keep={place.etag})
        self._check_room(place, found.size)
        blob = PartialFile(place, found.size)
        try:
            checker = Checker(blob, found.etag)
            self._checker, self._blob = checker, blob
            self._phase = DownloadPhase.FETCHING
            for number in range(self._lines):
                self._begin(f"line-{number}", partial(self._work, blob, number))
            right = checker.follow(self._ended)
            if right is False:
                right = self._repair(blob, checker)
            self._verified.set()
            with blob.changed:
                blob.changed.notify_all()
            if right is None or self._ended.is_set():
                raise NotWanted
            if right:
                blob.finish()
        finally:
            self._blob = None
            blob.close()
        if not right:
            forget(place.folder, {place.file})
            raise DownloadDamaged(place.repository, place.file)

    def _check_room(self, place: CachePath, size: int) -> None:
        needed = max(0, max(size, self._room) - allocated(place))
        free = free_space(place.cache)
        if needed and free < needed + _SPARE:
            raise NoRoom(place.repository, place.file, place.cache, needed, max(0, free - _SPARE))

    def _work(self, blob: PartialFile, number: int) -> None:
        """A line: fetches blocks until all are checked."""

        def some() -> bool:
            whole = self._source.whole_only  # then each would fetch all that is before its own
            run = None if whole and number else blob.take(0 if whole else self._lines)
            if run is None:
                return False
            with self._lock:
                self._busy += 1
            try:
                self._source.read(line, run.start, run.end, sink)
            finally:
                with self._lock:
                    self._busy -= 1
                blob.release(run)
            return True

        def sink(offset: int, data: memoryview) -> None:
            self._count(len(data))
            blob.write(offset, data)

        with self._line() as line:
            while not self._ended.is_set() and not self._verified.is_set():
                if self._again(some):
                    continue
                with blob.changed:
                    if self._phase is DownloadPhase.FETCHING and blob.complete:
                        self._phase = DownloadPhase.CHECKING
                    blob.changed.wait(0.1)

    @contextlib.contextmanager
    def _line(self) -> Iterator[HubConnection]:
        line = HubConnection(self._network, self._patience)
        with self._lock:
            self._open.append(line)
        try:
            if self._ended.is_set():
                raise NotWanted
            yield line
        finally:
            with self._lock:
                self._open.remove(line)
            line.close()

    def _repair(self, blob: PartialFile, checker: Checker) -> bool | None:
        """Fetches every block again until the hash is right. Where two answers differ, a third
        decides."""
        self._phase = DownloadPhase.REPAIRING
        with self._line() as line:
            for _ in range(_PASSES):
                for index in range(blob.count):
                    there = blob.read(index, bytearray(blob.block))
                    if self._block(line, blob, index) == there:
                        continue
                    third = self._block(line, blob, index)
                    if third == there:
                        continue
                    blob.replace(index, third)
                    checker.back_to(index)
                    if (right := checker.follow(self._ended)) is not False:
                        return right
        return False

    def _block(self, line: HubConnection, blob: PartialFile, index: int) -> bytes:
        span = blob.span(index)

        def fetch() -> bytes:
            data = bytearray()

            def sink(offset: int, part: memoryview) -> None:
                self._count(len(part))
                data.extend(part)

            self._source.read(line, span.start, span.end, sink)
            return bytes(data)

        return self._again(fetch)

    def _count(self, size: int) -> None:
        """Some bytes came; waits as long as the limit demands."""
        if self._ended.is_set():
            raise NotWanted
        with self._lock:
            self._arrived += size
            limit = self._limit()
            if not limit:
                return
            now = time.monotonic()
            self._next_free = max(self._next_free, now) + size / limit
            pause = self._next_free - now
        if self._ended.wait(pause):
            raise NotWanted

    def _again(self, action: Callable[[], T]) -> T:
        """Does it until it succeeds, with pauses that double while nothing comes at all."""
        pause = self._patience.first
        while True:
            self._sit_out(self._pause_until - time.monotonic(), None)
            arrived = self._arrived
            try:
                return action()
            except RetryLater as retry:
                if self._arrived > arrived:
                    pause = self._patience.first
                if retry.reason is WaitReason.BUSY and retry.after is not None:
                    self._pause_until = time.monotonic() + retry.after
                self._sit_out(max(retry.after or 0.0, pause), retry)
                pause = min(pause * 2, self._patience.longest)

    def _sit_out(self, seconds: float, why: RetryLater | None) -> None:
        if self._ended.is_set():
            raise NotWanted
        if seconds <= 0:
            return
        me = threading.current_thread()
        with self._lock:
            if why:
                self._why = DownloadWait(why.reason, seconds, str(why))
            self._waiting[me] = self._why, time.monotonic() + seconds
            self._busy += 1
        try:
            if self._ended.wait(seconds):
                raise NotWanted
        finally:
            with self._lock:
                del self._waiting[me]
                self._busy -= 1
