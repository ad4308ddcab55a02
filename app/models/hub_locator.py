"""Find out where the bytes of a model are on the hub now.

Files are renamed and moved, and a conversion is replaced by a newer one. A model is found again by
the hashes of its files, or else by the files' headers, which are read in ranges; always within its
own repository.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from app.base import gguf, gpt_oss
from app.base.errors import (
    CacheUnwritable,
    Cancelled,
    HubNotFound,
    HubUnreachable,
    ModelError,
    NotOnHub,
    Offline,
)
from app.base.gguf import GgufHeader
from app.models import catalog, hub_search
from app.models.catalog import HubFile, HubModel, Offer
from app.models.download_progress import DownloadWait, WaitReason
from app.models.hub_requests import HubConnection, HubSource, RetryLater, WantedFile
from app.models.hub_search import Listing
from app.models.timeouts import Timeouts
from app.network.client import Network
from app.network.connection_log import LogUnwritable, Purpose, purpose

T = TypeVar("T")

_POLL_S = 0.05  # how often ``stop`` is checked
_CHUNK = 1 << 20  # bytes of a header to request at once


def _nothing() -> None:
    pass


class Locator:
    """Queries to the hub about one model, repeated until it answers or ``stop`` is set.

    ``waits`` is called before each pause. All methods raise HubError, Offline and Cancelled.
    """

    def __init__(
        self,
        network: Network,
        timeouts: Timeouts,
        stop: threading.Event,
        waits: Callable[[DownloadWait], None],
    ) -> None:
        self._network, self._timeouts = network, timeouts
        self._stop, self._waits = stop, waits

    def find(self, model: HubModel, offer: Offer | None) -> HubModel:
        """Return the same files in the repository as it is now, or another conversion of ``offer``.

        Raises NotOnHub if there is neither.
        """
        if None in model.hashes and offer is None:
            raise HubNotFound(model.repository, model.files[0].name)
        listed = self._retry(
            lambda: hub_search.listing(model.repository, timeout=self._timeouts.connect)
        )
        files = tuple(self._hashed(model.repository, file, listed) for file in listed.files)
        listed = replace(listed, files=files)
        by_hash = {file.sha256: file for file in files}
        if None not in model.hashes and set(model.hashes) <= by_hash.keys():
            files = tuple(by_hash[hashed] for hashed in model.hashes)
            return HubModel(model.repository, files, listed.commit)
        if offer is None:
            raise NotOnHub(model.repository, "", model.title)
        found = [found for found, whole in hub_search.models(model.repository, listed) if whole]
        for candidate in sorted(found, key=lambda found: abs(found.size - offer.model.size)):
            try:
                header = gpt_oss.check(self.headers(candidate))
            except ModelError:
                continue  # not a model that can be run
            if catalog.conversion(header) == offer:
                return candidate
        raise NotOnHub(model.repository, "", offer.name)

    def _hashed(self, repository: str, file: HubFile, listed: Listing) -> HubFile:
        """Return a file with its hash, which a listing need not contain."""
        if file.sha256:
            return file
        model = HubModel(repository, (file,), listed.commit)
        try:
            source = HubSource(wanted_file(model, file), self._timeouts)
            with _log_errors(source.names):
                etag = self._retry(source.find).etag
        except HubNotFound:  # it was removed meanwhile
            return file
        return replace(file, sha256=etag) if re.fullmatch("[0-9a-f]{64}", etag) else file

    def problem(self, model: HubModel) -> ModelError | None:
        """Return why Fireside cannot run the model, by the headers of its parts."""
        try:
            gpt_oss.check(self.headers(model))
        except ModelError as error:
            return error
        return None

    def headers(self, model: HubModel) -> list[GgufHeader]:
        """Return the headers of the model's files. Raises ModelError."""
        return [self._header(model, file) for file in model.files]

    def _header(self, model: HubModel, file: HubFile) -> GgufHeader:
        source = HubSource(wanted_file(model, file), self._timeouts)
        connections: list[HubConnection] = []

        def read() -> GgufHeader:
            connections.append(connection := HubConnection(self._network, self._timeouts))
            with contextlib.closing(connection), purpose(f"{Purpose.INSPECT}{file.name}"):
                raw = RemoteFile(source, connection)
                return gguf.read_from(io.BufferedReader(raw, _CHUNK), Path(file.name), raw.size)

        def cut() -> None:
            if connections:
                connections[-1].cut()

        return self._retry(read, cut)

    def _retry(self, ask: Callable[[], T], cut: Callable[[], None] = _nothing) -> T:
        """Return what ``ask`` returns, retrying as often as necessary."""
        for pause in self._timeouts.pauses():
            try:
                return self._in_thread(ask, cut)
            except RetryLater as error:
                wait = DownloadWait(error.reason, max(pause, error.after or 0.0), str(error))
            except HubUnreachable as error:
                wait = DownloadWait(WaitReason.CONNECTION, pause, error.reason)
            self._waits(wait)
            if self._stop.wait(wait.seconds):
                break
        raise Cancelled

    def _in_thread(self, ask: Callable[[], T], cut: Callable[[], None]) -> T:
        """Call ``ask`` on a thread of its own, so that stopping need not wait for the hub."""
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001
                answer.set_exception(error)

        thread = threading.Thread(target=work, name="fireside-locate", daemon=True)
        thread.start()
        while not futures.wait([answer], _POLL_S).done:
            if self._stop.is_set() or self._network.offline:
                cut()
                raise Cancelled if self._stop.is_set() else Offline
        return answer.result()


def wanted_file(model: HubModel, file: HubFile) -> WantedFile:
    """Return what to fetch for one file of a model."""
    revision = {"revision": model.commit} if model.commit else {}
    return WantedFile(model.repository, file.name, sha256=file.sha256, size=file.size, **revision)


@contextlib.contextmanager
def _log_errors(names: tuple[str, str]) -> Iterator[None]:
    """Raise CacheUnwritable for LogUnwritable, which `gguf` would mistake for a file error."""
    try:
        yield
    except LogUnwritable as error:
        reason = error.strerror or str(error)
        raise CacheUnwritable(*names, Path(error.filename), reason) from error


class RemoteFile(io.RawIOBase):
    """A file of the hub, read in ranges on the thread that opened it.

    Raises what `HubSource` raises.
    """

    def __init__(self, source: HubSource, connection: HubConnection) -> None:
        self._source, self._connection = source, connection
        with _log_errors(source.names):
            self.size = source.find().size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self.size)
        if end <= self._position:
            return 0
        start, target = self._position, memoryview(buffer)

        def keep(offset: int, data: memoryview) -> None:
            target[offset - start : offset - start + len(data)] = data

        with _log_errors(self._source.names):
            self._source.read(self._connection, start, end, keep)
        self._position = end
        return end - start
