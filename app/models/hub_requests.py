"""Single requests for a file: to the hub, and to the URL at which the hub says its bytes are.

A transient failure raises `RetryLater`; any other raises a HubError.
"""

from __future__ import annotations

import contextlib
import email.utils
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
from huggingface_hub import HfFileMetadata, constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import OfflineModeIsEnabled

from app.base.errors import HubChanged, HubFailed, HubNotFound, HubRefused, HubUnreachable
from app.models.download_progress import WaitReason
from app.models.timeouts import Timeouts
from app.network import hub_client
from app.network.client import Network
from app.network.connection_log import LogUnwritable
from app.network.guard import same_server
from app.network.hub_client import build_hf_headers

_SLOWEST = 1000.0  # bytes per second; anything slower counts as silence
_REFUSALS = frozenset({400, 401, 403, 405, 451})


class RetryLater(Exception):
    """The request should be tried again, after ``after`` seconds if the server said so."""

    def __init__(self, reason: WaitReason, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.after = after


class FileChanged(Exception):
    """The hub now has another version of the file than the one being downloaded."""


class NotWanted(Exception):
    """The connection was cut on purpose, or the download is ending."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of a repository on the hub at ``endpoint`` (None: that of `hub_client`).

    With a ``sha256``, only a file of that hash and of ``size`` bytes will do; without one,
    whatever the hub has under that name.
    """

    repository: str
    file: str
    revision: str = constants.DEFAULT_REVISION
    sha256: str | None = None
    size: int = 0
    endpoint: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class HubAnswer:
    """The hub's answer about a file; ``url`` is where its bytes are."""

    commit: str
    etag: str
    size: int
    url: str


class HubSource:
    """A source of one file's bytes, from the URL that the hub gives. Thread-safe."""

    def __init__(self, wanted: WantedFile, timeouts: Timeouts) -> None:
        self.names = (wanted.repository, wanted.file)
        """The facts with which a HubError begins."""
        self._wanted = wanted
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._found: HubAnswer | None = None
        self._fresh = False  # whether the URL is believed to be valid
        self._validator: str | None = None  # the ETag at that URL, which differs from the hub's
        self.ignores_ranges = False
        """Whether the server seems to send the whole file whatever range is asked for."""
        self._refusals = 0  # ranges in a row that were ignored
        self._endpoint = hub_client.endpoint(wanted.endpoint)
        self._token = hub_client.token(wanted.token)
        self._url = hf_hub_url(
            wanted.repository, wanted.file, revision=wanted.revision, endpoint=self._endpoint
        )

    def find(self) -> HubAnswer:
        """Ask the hub, unless its last answer still holds.

        Raises RetryLater, FileChanged, HubError, Offline and LogUnwritable; HubChanged, before any
        byte is fetched, if the hub has another file than the wanted one.
        """
        with self._lock:
            if self._found is None or not self._fresh:
                found = self._ask()
                if self._found and (found.etag, found.size) != (self._found.etag, self._found.size):
                    raise FileChanged
                self._found, self._fresh, self._validator = found, True, None
            return self._found

    def _ask(self) -> HubAnswer:
        wanted = self._wanted
        try:
            metadata = get_hf_file_metadata(
                self._url,
                token=self._token,
                timeout=self._timeouts.connect,
                endpoint=self._endpoint,
            )
        except LogUnwritable:
            raise
        except OfflineModeIsEnabled as error:
            raise HubUnreachable(*self.names, "HF_HUB_OFFLINE is set") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise HubFailed(*self.names, str(error)) from error
        except (httpx2.HTTPError, OSError) as error:
            response = getattr(error, "response", None)
            status = getattr(response, "status_code", 0)
            if status in (404, 410):
                raise HubNotFound(*self.names) from error
            if status in _REFUSALS:
                raise HubRefused(*self.names, status) from error
            raise _retry_later(error, response) from error
        if wanted.sha256:
            return self._check_same(metadata)
        if metadata.etag is None or metadata.size is None or metadata.commit_hash is None:
            raise RetryLater(WaitReason.SERVER, "no ETag, size or commit: is this a hub?")
        etag = metadata.etag
        if not etag.replace("-", "").isalnum():
            raise RetryLater(WaitReason.SERVER, f"an ETag that cannot name a file: {etag!r}")
        return HubAnswer(metadata.commit_hash, etag, metadata.size, metadata.location)

    def _check_same(self, metadata: HfFileMetadata) -> HubAnswer:
        """Compare an answer with the hash and size that are wanted. Raises HubChanged.

        An ETag that is not a sha256 (a mirror's own, git's, or none) proves nothing; the hash of
        the bytes does, at the end.
        """
        wanted = self._wanted
        assert wanted.sha256
        etag = metadata.etag or ""
        other_hash = etag != wanted.sha256 and re.fullmatch("[0-9a-fA-F]{64}", etag)
        if other_hash or metadata.size not in (None, wanted.size):
            raise HubChanged(wanted.repository, wanted.file)
        commit = metadata.commit_hash or wanted.revision
        return HubAnswer(commit, wanted.sha256, wanted.size, metadata.location)

    def read(
        self,
        connection: HubConnection,
        start: int,
        end: int,
        sink: Callable[[int, memoryview], None],
    ) -> None:
        """Pass the bytes from ``start`` to ``end`` to ``sink``, with their offsets, as they come.

        Raises RetryLater, FileChanged, HubError, Offline, NotWanted, LogUnwritable, and what
        ``sink`` raises.
        """
        found = self.find()
        headers = {"Accept-Encoding": "identity"}
        if same_server(self._url, found.url):
            headers |= build_hf_headers(token=self._token)
        headers["Range"] = f"bytes={start}-{end - 1}"
        if self._validator:
            headers["If-Range"] = self._validator
        try:
            with connection.get(found.url, headers) as response:
                at = self._first_offset(response, found, start, end)
                for chunk in _watched(response.iter_raw(), self._timeouts.silence):
                    data = memoryview(chunk)[max(0, start - at) : max(0, end - at)]
                    if data:
                        sink(max(at, start), data)
                    at += len(chunk)
                    if at >= end:
                        break
        except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError) as error:
            if connection.closed:
                raise NotWanted from error
            if isinstance(error, RuntimeError):
                raise
            raise _retry_later(error, None) from error
        if at < end:
            raise RetryLater(WaitReason.CONNECTION, "the answer was shorter than it should be")

    def _first_offset(
        self, response: httpx2.Response, found: HubAnswer, start: int, end: int
    ) -> int:
        """Return the offset in the file at which the response's body begins."""
        status = response.status_code
        if status in (401, 403, 404, 410, 416):
            self._distrust(found)
            raise RetryLater(WaitReason.ADDRESS, f"status {status}")
        if status == 206:
            span, _, total = response.headers.get("Content-Range", "").partition("/")
            if span.partition("-")[0] != f"bytes {start}" or total not in ("*", str(found.size)):
                self._distrust(found)
                raise RetryLater(
                    WaitReason.SERVER, f"another range than was asked for: {span}/{total}"
                )
            self._refusals, self.ignores_ranges = 0, False
            etag = response.headers.get("ETag", "")
            self._validator = (
                etag if etag.startswith('"') else None
            )  # a weak one may not be used in If-Range
            return start
        if status == 200:
            self._distrust(found)  # the file may have changed
            self._refusals += 1
            length = response.headers.get("Content-Length", str(found.size))
            expected = self.ignores_ranges or (start, end) == (0, found.size)
            if expected and length == str(found.size):
                return 0
            self.ignores_ranges = self._refusals >= 3
            raise RetryLater(WaitReason.SERVER, "the whole file where a range was asked for")
        raise _retry_later(None, response)

    def _distrust(self, found: HubAnswer) -> None:
        """Mark an answer as outdated, so that the hub is asked again before the next request."""
        with self._lock:
            if self._found is found:  # otherwise the hub has been asked since
                self._fresh = False


def _watched(chunks: Iterator[bytes], silence: float) -> Iterator[bytes]:
    """Yield the chunks; raise RetryLater if fewer than `_SLOWEST` bytes a second come.

    Only the time spent waiting for the server counts, not the consumer's, which may be limiting
    the speed.
    """
    waited, received = 0.0, 0
    while True:
        begun = time.monotonic()
        chunk = next(chunks, None)
        if chunk is None:
            return
        waited += time.monotonic() - begun
        received += len(chunk)
        if waited >= silence:
            if received < _SLOWEST * waited:
                raise RetryLater(WaitReason.STALLED, f"{received} bytes in {waited:.0f} s")
            waited, received = 0.0, 0
        yield chunk


def _retry_later(error: Exception | None, response: httpx2.Response | None) -> RetryLater:
    if response is not None:
        busy = response.status_code in (429, 503) and "Retry-After" in response.headers
        reason = WaitReason.BUSY if busy or response.status_code == 429 else WaitReason.SERVER
        after = _seconds(response.headers.get("Retry-After"))
        return RetryLater(reason, f"status {response.status_code}", after)
    if isinstance(error, httpx2.ReadTimeout | httpx2.WriteTimeout):
        return RetryLater(WaitReason.STALLED, str(error))
    return RetryLater(WaitReason.CONNECTION, str(error) or type(error).__name__)


def _seconds(header: str | None) -> float | None:
    """Parse Retry-After, which has seconds or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    try:
        if header.strip().isdigit():
            return float(header)
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


class HubConnection:
    """A connection that is reused for further requests, and that any thread may cut."""

    def __init__(self, network: Network, timeouts: Timeouts) -> None:
        timeout = httpx2.Timeout(timeouts.silence, connect=timeouts.connect)
        self._client = network.client(timeout=timeout, follow_redirects=True)
        self._lock = threading.Lock()
        self._sockets: list[Any] = []
        self.closed = False

    def get(
        self, url: str, headers: dict[str, str]
    ) -> contextlib.AbstractContextManager[httpx2.Response]:
        """Return the response, to be entered. Raises httpx2's errors."""
        return self._client.stream("GET", url, headers=headers, extensions={"trace": self._trace})

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Record the sockets that httpcore2 opens; a trace callback."""
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        opened = info["return_value"].get_extra_info("socket")
        with self._lock:
            self._sockets = [*self._sockets[-3:], opened]
            if self.closed:
                _shut_down(opened)

    def cut(self) -> None:
        """Abort the current request, from any thread."""
        with self._lock:
            self.closed = True
            for opened in self._sockets:
                _shut_down(opened)

    def close(self) -> None:
        """Close the connection, on the thread that used it."""
        self.cut()
        self._client.close()


def _shut_down(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        # Not SSLSocket.shutdown, which drops the SSL object that the reading thread is using.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
