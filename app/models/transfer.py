"""One run of a download: its threads, their retries, and its progress."""

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
from app.models.cache_path import CachePath
from app.models.download_progress import DownloadPhase, DownloadProgress, WaitReason
from app.models.hub_requests import (
    HubAnswer,
    HubConnection,
    HubSource,
    NotWanted,
    RetryLater,
    WantedFile,
)
from app.models.partial_file import Checker, PartialFile, allocated, forget, free_space
from app.models.retries import Retries
from app.models.timeouts import Timeouts
from app.network.client import Network
from app.network.connection_log import LogUnwritable, Purpose, purpose

T = TypeVar("T")

_SPARE = 256 << 20  # bytes to leave free on the disk
_LOG_SPACE = 1 << 20  # bytes that the log of connections may need
_SPEED_WINDOW_S = 5.0
_REPAIR_PASSES = 2  # over the whole file
_GRACE_S = 0.1  # for threads to end; one that is resolving a host name cannot be interrupted


def has_room(error: NoRoom) -> bool:
    """Return whether the space that was missing is free now."""
    try:
        return free_space(error.path) >= error.needed + _SPARE
    except OSError:
        return False


class Transfer:
    """One run of a `FileDownload`, for one version of the file.

    ``limit`` returns the limit in bytes per second; ``reserve`` as in `FileDownload`.
    """

    def __init__(
        self,
        wanted: WantedFile,
        network: Network,
        cache: Path,
        *,
        timeouts: Timeouts,
        connections: int,
        limit: Callable[[], float | None],
        reserve: int,
    ) -> None:
        self._wanted = wanted
        self._network = network
        self._cache = cache
        self._timeouts = timeouts
        self._connections = connections
        self._limit = limit
        self._reserve = reserve
        self.over = threading.Event()
        """Set when there is a ``result`` or an ``error``."""
        self.error: BaseException | None = None
        self.result: Path | None = None
        self.fetched = False
        """Whether anything had to be fetched; set before the first byte is stored."""
        self.restarted = False
        """Whether earlier data was of another version, and was removed."""
        self._ended = threading.Event()  # set to end all threads
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[HubConnection] = []
        self._retries = Retries(timeouts, self._ended)
        self._next_free = 0.0  # when ``limit`` allows the next bytes
        self._source = HubSource(wanted, timeouts)
        self._phase = DownloadPhase.ASKING
        self._verified = threading.Event()
        self._partial: PartialFile | None = None
        self._checker: Checker | None = None
        self._size = 0
        self._have = 0
        self._received = 0
        self._samples: deque[tuple[float, int]] = deque()

    # --- For the caller's thread --------------------------------------------------------------

    def start(self) -> None:
        """Start the leader, which starts the others."""
        self._start_thread("leader", self._lead)

    def end(self) -> None:
        """Stop all threads, and wait a moment for them."""
        self._stop_threads()
        deadline = time.monotonic() + _GRACE_S
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def progress(self) -> DownloadProgress:
        """Return the progress; call this at regular intervals, for the speed."""
        file, checker = self._partial, self._checker
        if file:
            self._have = file.have
        if self._phase is DownloadPhase.DONE:
            return DownloadProgress(DownloadPhase.DONE, self._size, self._size, self._size)
        speed, wait = self._speed(), self._retries.wait
        if wait:
            speed = 0.0
        return DownloadProgress(
            self._phase,
            self._have,
            self._size,
            checker.checked if checker else 0,
            speed,
            (self._size - self._have) / speed if speed else None,
            wait,
        )

    def _speed(self) -> float:
        now = time.monotonic()
        self._samples.append((now, self._received))
        while now - self._samples[0][0] > _SPEED_WINDOW_S:
            self._samples.popleft()
        then, before = self._samples[0]
        return (self._received - before) / (now - then) if now > then else 0.0

    # --- Threads ------------------------------------------------------------------------------

    def _start_thread(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                with purpose(f"{Purpose.DOWNLOAD}{self._wanted.file}"):
                    work()
            except NotWanted:
                pass
            except BaseException as error:  # noqa: BLE001
                self._fail(error)

        thread = threading.Thread(target=run, name=f"fireside-download-{name}", daemon=True)
        with self._lock:  # `end` can only wait for a thread that has been started
            thread.start()
            self._threads.append(thread)

    def _stop_threads(self) -> None:
        self._ended.set()
        with self._lock:
            for connection in self._open:
                connection.cut()

    def _fail(self, error: BaseException) -> None:
        if self._ended.is_set():
            return  # it has failed already, or has been stopped
        self.error = self._disk_error(error) if isinstance(error, OSError) else error
        self._stop_threads()
        self.over.set()

    def _disk_error(self, error: OSError) -> NoRoom | CacheUnwritable:
        names = self._wanted.repository, self._wanted.file
        of_log = isinstance(error, LogUnwritable)
        path = Path(error.filename) if of_log else self._cache
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            try:
                free = free_space(path)
            except OSError:
                free = 0
            have = file.have if (file := self._partial) else self._have
            needed = _LOG_SPACE if of_log else self._size - have
            return NoRoom(*names, path, max(0, needed), free)
        return CacheUnwritable(*names, path, error.strerror or str(error))

    # --- The leader ---------------------------------------------------------------------------

    def _lead(self) -> None:
        found = self._retry(self._source.find)
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
            if not place.is_complete(found.size):
                self._fetch(place, found)
            self.result = place.publish()
        self._phase = DownloadPhase.DONE
        self.over.set()

    @contextlib.contextmanager
    def _locked(self, place: CachePath) -> Iterator[None]:
        """Hold the lock that huggingface_hub takes for the same blob."""
        place.lock.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(place.lock)

        def acquire() -> None:
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout as error:
                raise RetryLater(WaitReason.OTHER, "another program holds the lock", 0.5) from error

        self._retry(acquire)
        try:
            yield
        finally:
            lock.release()

    def _fetch(self, place: CachePath, found: HubAnswer) -> None:
        """Fetch and verify the blob, with a few connections. Raises DownloadDamaged."""
        self.restarted = forget(place.folder, {place.file}, keep={place.etag})
        self._check_room(place, found.size)
        self.fetched = True
        file = PartialFile(place, found.size)
        try:
            checker = Checker(file, found.etag)
            self._checker, self._partial = checker, file
            self._phase = DownloadPhase.FETCHING
            for number in range(self._connections):
                self._start_thread(f"connection-{number}", partial(self._serve, file, number))
            right = checker.follow(self._ended)
            if right is False:
                right = self._repair(file, checker)
            self._verified.set()
            with file.changed:
                file.changed.notify_all()
            if right is None or self._ended.is_set():
                raise NotWanted
            if right:
                file.finish()
        finally:
            self._partial = None
            file.close()
        if not right:
            forget(place.folder, {place.file})
            raise DownloadDamaged(place.repository, place.file)

    def _check_room(self, place: CachePath, size: int) -> None:
        needed = max(0, max(size, self._reserve) - allocated(place))
        free = free_space(place.cache)
        if needed and free < needed + _SPARE:
            raise NoRoom(place.repository, place.file, place.cache, needed, max(0, free - _SPARE))

    def _repair(self, file: PartialFile, checker: Checker) -> bool | None:
        """Fetch every block again until the hash is right; None if the download is stopped.

        If the two versions of a block differ, a third one decides.
        """
        self._phase = DownloadPhase.REPAIRING
        with self._connection() as connection:
            for _ in range(_REPAIR_PASSES):
                for index in range(file.count):
                    old = file.read(index, bytearray(file.block))
                    if self._fetch_block(connection, file, index) == old:
                        continue
                    third = self._fetch_block(connection, file, index)
                    if third == old:
                        continue
                    file.replace(index, third)
                    checker.back_to(index)
                    if (right := checker.follow(self._ended)) is not False:
                        return right
        return False

    def _fetch_block(self, connection: HubConnection, file: PartialFile, index: int) -> bytes:
        span = file.span(index)

        def fetch() -> bytes:
            data = bytearray()

            def sink(offset: int, part: memoryview) -> None:
                self._count(len(part))
                data.extend(part)

            self._source.read(connection, span.start, span.end, sink)
            return bytes(data)

        return self._retry(fetch)

    # --- The connections ----------------------------------------------------------------------

    def _serve(self, file: PartialFile, number: int) -> None:
        """Fetch blocks over one connection until all blocks are verified."""

        def fetch_some() -> bool:
            # Without ranges, each connection would fetch everything before its own blocks.
            whole = self._source.ignores_ranges
            run = None if whole and number else file.take(0 if whole else self._connections)
            if run is None:
                return False
            try:
                with self._retries.fetching():
                    self._source.read(connection, run.start, run.end, sink)
            finally:
                file.release(run)
            return True

        def sink(offset: int, data: memoryview) -> None:
            self._count(len(data))
            file.write(offset, data)

        with self._connection() as connection:
            while not self._ended.is_set() and not self._verified.is_set():
                if self._retry(fetch_some):
                    continue
                with file.changed:
                    if self._phase is DownloadPhase.FETCHING and file.complete:
                        self._phase = DownloadPhase.CHECKING
                    file.changed.wait(0.1)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[HubConnection]:
        connection = HubConnection(self._network, self._timeouts)
        with self._lock:
            self._open.append(connection)
        try:
            if self._ended.is_set():
                raise NotWanted
            yield connection
        finally:
            with self._lock:
                self._open.remove(connection)
            connection.close()

    def _count(self, size: int) -> None:
        """Count received bytes, and wait as long as the limit demands."""
        if self._ended.is_set():
            raise NotWanted
        with self._lock:
            self._received += size
            limit = self._limit()
            if not limit:
                return
            now = time.monotonic()
            self._next_free = max(self._next_free, now) + size / limit
            pause = self._next_free - now
        if self._ended.wait(pause):
            raise NotWanted

    def _retry(self, action: Callable[[], T]) -> T:
        return self._retries.run(action, lambda: self._received)
