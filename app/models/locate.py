"""Where the bytes of a model are on the hub now.

Names and folders change, and a conversion is replaced by a newer one. What is wanted is found again
by its hashes, or else by what the headers of the files say, read by ranges; always within the
model's own repository.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
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
from app.models.download_progress import DownloadWait, Timeouts, WaitReason
from app.models.hub_requests import HubConnection, HubSource, RetryLater, WantedFile
from app.models.hub_search import Listing
from app.network.client import LogUnwritable, Network, purpose

T = TypeVar("T")

_TICK = 0.05  # seconds between two looks at whether it is to end
_CHUNK = 1 << 20  # bytes of a header that are asked for at once


def _nothing() -> None:
    pass


class Locator:
    """Asks the hub for one model, until it answers or ``stop`` is set; ``waits`` is told for what.
    All methods raise HubError, Offline and Cancelled."""

    def __init__(
        self,
        network: Network,
        patience: Timeouts,
        stop: threading.Event,
        waits: Callable[[DownloadWait], None],
    ) -> None:
        self._network, self._patience = network, patience
        self._stop, self._waits = stop, waits

    def find(self, model: HubModel, offer: Offer | None) -> HubModel:
        """The same bytes in the repository as it is now; else, of what is offered, another
        conversion. Raises NotOnHub where there is neither."""
        if None in model.hashes and offer is None:
            raise HubNotFound(model.repository, model.files[0].name)
        listed = self._patiently(
            lambda: hub_search.listing(model.repository, timeout=self._patience.connect)
        )
        files = tuple(self._hashed(model.repository, file, listed) for file in listed.files)
        listed = replace(listed, files=files)
        by_hash = {file.sha256: file for file in files}
        if None not in model.hashes and set(model.hashes) <= by_hash.keys():
            files = tuple(by_hash[hashed] for hashed in model.hashes)
            return HubModel(model.repository, files, listed.commit)
        if offer is None:
            raise NotOnHub(model.repository, "", model.title)
        found = [one for one, complete in hub_search.models(model.repository, listed) if complete]
        for one in sorted(found, key=lambda one: abs(one.size - offer.model.size)):
            try:
                whole = gpt_oss.check(self.headers(one))
            except ModelError:
                continue  # whatever it is, it is none that can be run
            if catalog.conversion(whole) == offer:
                return one
        raise NotOnHub(model.repository, "", offer.name)

    def _hashed(self, repository: str, file: HubFile, listed: Listing) -> HubFile:
        """A file with its hash, which a listing need not tell."""
        if file.sha256:
            return file
        one = HubModel(repository, (file,), listed.commit)
        try:
            source = HubSource(wish(one, file), self._patience)
            with _recorded(source.who):
                etag = self._patiently(source.find).etag
        except HubNotFound:  # it has gone meanwhile
            return file
        return replace(file, sha256=etag) if re.fullmatch("[0-9a-f]{64}", etag) else file

    def problem(self, model: HubModel) -> ModelError | None:
        """Why Fireside cannot run it, by the headers of its parts."""
        try:
            gpt_oss.check(self.headers(model))
        except ModelError as error:
            return error
        return None

    def headers(self, model: HubModel) -> list[GgufHeader]:
        """What its files begin with. Raises ModelError."""
        return [self._header(model, file) for file in model.files]

    def _header(self, model: HubModel, file: HubFile) -> GgufHeader:
        source = HubSource(wish(model, file), self._patience)
        lines: list[HubConnection] = []

        def read() -> GgufHeader:
            lines.append(line := HubConnection(self._network, self._patience))
            with contextlib.closing(line), purpose(f"look at {file.name}"):
                raw = RemoteFile(source, line)
                return gguf.read_from(io.BufferedReader(raw, _CHUNK), Path(file.name), raw.size)

        def cut() -> None:
            if lines:
                lines[-1].cut()

        return self._patiently(read, cut)

    def _patiently(self, ask: Callable[[], T], cut: Callable[[], None] = _nothing) -> T:
        """What it answers, after as many tries as it takes."""
        pause = self._patience.first
        while True:
            try:
                return self._aside(ask, cut)
            except RetryLater as error:
                why = DownloadWait(error.reason, max(pause, error.after or 0.0), str(error))
            except HubUnreachable as error:
                why = DownloadWait(WaitReason.CONNECTION, pause, error.reason)
            self._waits(why)
            if self._stop.wait(why.seconds):
                raise Cancelled
            pause = min(2 * pause, self._patience.longest)

    def _aside(self, ask: Callable[[], T], cut: Callable[[], None]) -> T:
        """On a thread of its own: whoever stops it need not wait for the hub."""
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001
                answer.set_exception(error)

        thread = threading.Thread(target=work, name="fireside-locate", daemon=True)
        thread.start()
        while not wait([answer], _TICK).done:
            if self._stop.is_set() or self._network.offline:
                cut()
                raise Cancelled if self._stop.is_set() else Offline
        return answer.result()


def wish(model: HubModel, file: HubFile) -> WantedFile:
    """One file of a model, for whoever fetches it."""
    revision = {"revision": model.commit} if model.commit else {}
    return WantedFile(model.repository, file.name, sha256=file.sha256, size=file.size, **revision)


@contextlib.contextmanager
def _recorded(who: tuple[str, str]) -> Iterator[None]:
    """A request that cannot be put on record is no fault of the file's, as an OSError would be."""
    try:
        yield
    except LogUnwritable as error:
        reason = error.strerror or str(error)
        raise CacheUnwritable(*who, Path(error.filename), reason) from error


class RemoteFile(io.RawIOBase):
    """A file of the hub that is read by ranges, on the thread that opened it. Raises what
    `HubSource` raises."""

    def __init__(self, source: HubSource, line: HubConnection) -> None:
        self._source, self._line, self._who = source, line, source.who
        with _recorded(self._who):
            self.size = source.find().size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self.size)
        if end <= self._at:
            return 0
        start, room = self._at, memoryview(buffer)

        def keep(offset: int, data: memoryview) -> None:
            room[offset - start : offset - start + len(data)] = data

        with _recorded(self._who):
            self._source.read(self._line, start, end, keep)
        self._at = end
        return end - start
