"""One request at a time to the hub, and to where the hub sends for the bytes.

What may pass by itself is a `RetryLater`; what will not is a HubError.
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
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils._headers import build_hf_headers

from app.base.errors import HubChanged, HubNotFound, HubRefused, HubUnreachable
from app.models.download_progress import Timeouts, WaitReason
from app.network.client import LogUnwritable, Network

_LEAST = 1000.0  # bytes a second: less is as good as silence
_REFUSALS = frozenset({400, 401, 403, 405, 451})


class RetryLater(Exception):
    """To be tried again, after ``after`` seconds where the server said so."""

    def __init__(self, reason: WaitReason, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.after = after


class FileChanged(Exception):
    """The hub has another version of the file than that which was begun."""


class NotWanted(Exception):
    """Nobody wants the bytes any more."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of a repository on the hub at ``endpoint`` (None: huggingface_hub's own).

    With a ``sha256`` it is that file, of ``size`` bytes, and no other that has its name; without,
    it is whatever the hub has there.
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
    """What the hub says of it."""

    commit: str
    etag: str
    size: int
    address: str


class HubSource:
    """The bytes of one file, from wherever the hub says. Thread-safe."""

    def __init__(self, wanted: WantedFile, patience: Timeouts) -> None:
        self.who = (wanted.repository, wanted.file)
        """What errors name."""
        self._wanted = wanted
        self._patience = patience
        self._lock = threading.Lock()
        self._found: HubAnswer | None = None
        self._fresh = False  # is the address good as far as is known?
        self._validator: str | None = None  # the ETag at that address, which is not the hub's
        self.whole_only = False  # the server seems to know no ranges
        self._refusals = 0  # of ranges, in a row
        self._url = hf_hub_url(
            wanted.repository, wanted.file, revision=wanted.revision, endpoint=wanted.endpoint
        )

    def find(self) -> HubAnswer:
        """Asks the hub where it has not been asked, or where the address is good no longer.
        Raises Retry, Changed, HubError, Offline and LogUnwritable; HubChanged, before any byte,
        where it is not the file that is wanted."""
        with self._lock:
            if self._found is None or not self._fresh:
                found = self._ask()
                if self._found and (found.etag, found.size) != (self._found.etag, self._found.size):
                    raise FileChanged
                self._found, self._fresh, self._validator = found, True, None
            return self._found

    def _ask(self) -> HubAnswer:
        who = self.who
        try:
            told = get_hf_file_metadata(
                self._url,
                token=self._wanted.token,
                timeout=self._patience.connect,
                endpoint=self._wanted.endpoint,
            )
        except LogUnwritable:
            raise
        except OfflineModeIsEnabled as error:
            raise HubUnreachable(*who, "HF_HUB_OFFLINE is set") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise HubUnreachable(*who, str(error)) from error
        except (httpx2.HTTPError, OSError) as error:
            response = getattr(error, "response", None)
            status = getattr(response, "status_code", 0)
            if status in (404, 410):
                raise HubNotFound(*who) from error
            if status in _REFUSALS:
                raise HubRefused(*who, status) from error
            raise _retry(error, response) from error
        if self._wanted.sha256:
            return self._same(told.commit_hash, told.etag, told.size, told.location)
        if told.etag is None or told.size is None or told.commit_hash is None:
            raise RetryLater(WaitReason.SERVER, "no ETag, size or commit: is this a hub?")
        if not told.etag.replace("-", "").isalnum():
            raise RetryLater(WaitReason.SERVER, f"an ETag that cannot name a file: {told.etag!r}")
        return HubAnswer(told.commit_hash, told.etag, told.size, told.location)

    def _same(
        self, commit: str | None, etag: str | None, size: int | None, address: str
    ) -> HubAnswer:
        """What is told of a file whose hash is known. An ETag that is no sha256 (none, a mirror's
        own, git's) says nothing about it; its bytes do, at the end."""
        wanted = self._wanted
        assert wanted.sha256
        says_another = etag != wanted.sha256 and re.fullmatch("[0-9a-fA-F]{64}", etag or "")
        if says_another or size not in (None, wanted.size):
            raise HubChanged(wanted.repository, wanted.file)
        revision = commit or wanted.revision
        return HubAnswer(revision, wanted.sha256, wanted.size, address)

    def read(
        self, line: HubConnection, start: int, end: int, sink: Callable[[int, memoryview], None]
    ) -> None:
        """Gives the bytes from ``start`` to ``end`` to ``sink``, with their offsets, as they
        come. Raises Retry, Changed, HubError, Offline, Ended, LogUnwritable, and what ``sink``
        raises."""
        found = self.find()
        headers = {"Accept-Encoding": "identity"}
        if urlsplit(found.address).netloc == urlsplit(self._url).netloc:
            headers |= build_hf_headers(token=self._wanted.token)
        headers["Range"] = f"bytes={start}-{end - 1}"
        if self._validator:
            headers["If-Range"] = self._validator
        try:
            with line.get(found.address, headers) as response:
                at = self._begin(response, found, start, end)
                for chunk in _lively(response.iter_raw(), self._patience.silence):
                    data = memoryview(chunk)[max(0, start - at) : max(0, end - at)]
                    if data:
                        sink(max(at, start), data)
                    at += len(chunk)
                    if at >= end:
                        break
        except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError) as error:
            if line.closed:
                raise NotWanted from error
            if isinstance(error, RuntimeError):
                raise
            raise _retry(error, None) from error
        if at < end:
            raise RetryLater(WaitReason.CONNECTION, "the answer was shorter than it should be")

    def _begin(self, response: httpx2.Response, found: HubAnswer, start: int, end: int) -> int:
        """The offset at which the answer begins."""
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
            self._refusals, self.whole_only = 0, False
            etag = response.headers.get("ETag", "")
            self._validator = etag if etag.startswith('"') else None  # a weak one is no use
            return start
        if status == 200:
            self._distrust(found)  # the file may be another one
            self._refusals += 1
            length = response.headers.get("Content-Length", str(found.size))
            wanted = self.whole_only or (start, end) == (0, found.size)
            if wanted and length == str(found.size):
                return 0
            self.whole_only = self._refusals >= 3
            raise RetryLater(WaitReason.SERVER, "the whole file where a range was asked for")
        raise _retry(None, response)

    def _distrust(self, found: HubAnswer) -> None:
        with self._lock:
            if self._found is found:  # else the hub has been asked since
                self._fresh = False


def _lively(chunks: Iterator[bytes], silence: float) -> Iterator[bytes]:
    """The same, unless they only trickle; raises Retry then. What counts is the time that the
    server is waited for, not that for which the bytes wait for us."""
    waited, came = 0.0, 0
    while True:
        begun = time.monotonic()
        chunk = next(chunks, None)
        if chunk is None:
            return
        waited += time.monotonic() - begun
        came += len(chunk)
        if waited >= silence:
            if came < _LEAST * waited:
                raise RetryLater(WaitReason.STALLED, f"{came} bytes in {waited:.0f} s")
            waited, came = 0.0, 0
        yield chunk


def _retry(error: Exception | None, response: httpx2.Response | None) -> RetryLater:
    if response is not None:
        busy = response.status_code in (429, 503) and "Retry-After" in response.headers
        reason = WaitReason.BUSY if busy or response.status_code == 429 else WaitReason.SERVER
        after = _seconds(response.headers.get("Retry-After"))
        return RetryLater(reason, f"status {response.status_code}", after)
    if isinstance(error, httpx2.ReadTimeout | httpx2.WriteTimeout):
        return RetryLater(WaitReason.STALLED, str(error))
    return RetryLater(WaitReason.CONNECTION, str(error) or type(error).__name__)


def _seconds(header: str | None) -> float | None:
    """Retry-After has seconds or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    try:
        if header.strip().isdigit():
            return float(header)
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


class HubConnection:
    """A connection, kept from one request to the next, which another thread may cut."""

    def __init__(self, network: Network, patience: Timeouts) -> None:
        timeout = httpx2.Timeout(patience.silence, connect=patience.connect)
        self._client = network.client(timeout=timeout, follow_redirects=True)
        self._lock = threading.Lock()
        self._sockets: list[Any] = []
        self.closed = False

    def get(self, address: str, headers: dict[str, str]) -> Any:
        """The answer, to be used in a ``with``. Raises httpx2's errors."""
        return self._client.stream(
            "GET", address, headers=headers, extensions={"trace": self._trace}
        )

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        found = info["return_value"].get_extra_info("socket")
        with self._lock:
            self._sockets = [*self._sockets[-3:], found]
            if self.closed:
                _shut(found)

    def cut(self) -> None:
        """Ends what is going on, from any thread."""
        with self._lock:
            self.closed = True
            for found in self._sockets:
                _shut(found)

    def close(self) -> None:
        """Lets go of the connection, in the thread that used it."""
        self.cut()
        self._client.close()


def _shut(found: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        # Not an SSLSocket's own, which takes away what the thread that reads is using.
        socket.socket.shutdown(found, socket.SHUT_RDWR)
