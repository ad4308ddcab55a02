"""A hub on loopback, with faults by a plan.

A real HTTP server that implements what huggingface_hub uses to fetch a file and to search, and a
second one to which the first redirects for the bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.fakes.repository import told

COMMIT = "0123456789abcdef0123456789abcdef01234567"

SILENT = 0  # in place of a status


class Fault(StrEnum):
    """A fault in one answer."""

    NONE = "none"
    DROP = "drop"  # the connection breaks in the middle
    STALL = "stall"  # silence in the middle
    TRICKLE = "trickle"  # hardly anything: 50 bytes a second
    BUSY = "busy"  # 429 with Retry-After
    BROKEN = "broken"  # 502
    WRONG = "wrong"  # one byte is wrong
    WHOLE = "whole"  # 200 and the whole file for a range
    SHORT = "short"  # a complete answer, shorter than the range
    EXPIRED = "expired"  # 403, until a new address is asked for
    SLOW = "slow"


FAULTS = tuple(fault for fault in Fault if fault is not Fault.NONE)


@dataclass
class File:
    """A file of the hub, at ``commit`` and, unless that is an older one, at ``main``.

    The hub tells ``etag`` and the commit; ``says`` is an ETag to tell instead, as it stands in the
    header, or empty for none.
    """

    content: bytes
    commit: str = COMMIT
    small: bool = False  # stored in git itself: git's own hash, no redirect
    main: bool = True
    says: str | None = None

    @cached_property
    def etag(self) -> str:
        if self.small:
            return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def cdn_etag(self) -> str:
        """The CDN's own ETag, which is not the hub's, as on the real one."""
        return f'"cdn-{hashlib.md5(self.content).hexdigest()}"'


@dataclass
class Hub:
    """The state of the hub and the requests it got.

    ``plan`` has the faults of the next answers with bytes, ``hub_plan`` the status of the next
    answers of the hub itself. ``asked`` has the ranges requested, ``sent`` the number of bytes
    sent. ``about`` has, by the name of a repository, what the hub tells of it, as `repository.told`
    takes it, and the ``sizes`` of files that are not in ``files``.
    """

    files: dict[str, File] = field(default_factory=dict)
    about: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 100  # maximum of repositories in one answer
    said: bytes | None = None  # replaces every answer about repositories
    questions: list[str] = field(default_factory=list)  # requests about repositories
    plan: Iterator[Fault] = field(default_factory=lambda: iter(()))
    hub_plan: Iterator[int] = field(default_factory=lambda: iter(()))
    token: str | None = None  # required, if any
    retry_after: str = "0"
    stall: float = 30.0  # seconds at most
    rate: float | None = None  # bytes a second of each connection
    most: float = math.inf  # bytes that are sent in all, about, before it falls silent
    ranges: bool = True  # whether ranges are supported
    endpoint: str = ""
    cdn: str = ""
    sent: int = 0
    heads: int = 0
    asked: list[tuple[int, int]] = field(default_factory=list)
    tokens_at_cdn: list[str] = field(default_factory=list)
    lie_at: set[int] = field(default_factory=set)  # offsets that are always sent wrong
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)
    generation: int = 0  # of the addresses that are valid
    answering: int = 0  # how many answers with bytes are being sent

    def next_fault(self) -> Fault:
        with self.lock:
            return next(self.plan, Fault.NONE)

    def rest(self) -> None:
        """Wait until all that was requested has been sent, or has nobody to be sent to."""
        time.sleep(0.2)
        while self.answering:
            time.sleep(0.01)

    def repositories(self) -> list[str]:
        """Return the names of repositories, the most downloaded first."""
        names = {*self.about, *("/".join(name.split("/")[:2]) for name in self.files)}
        return sorted(names, key=lambda name: -self.about.get(name, {}).get("downloads", 0))

    def tell(self, repository: str, blobs: bool = False) -> dict[str, Any]:
        """Return a repository as the API describes it."""
        about = self.about.get(repository, {})
        sizes = {
            name.removeprefix(f"{repository}/"): len(file.content)
            for name, file in self.files.items()
            if name.startswith(f"{repository}/") and file.main
        }
        hashes = {name: self.files[f"{repository}/{name}"].etag for name in sizes}
        commit = about.get("commit", COMMIT)
        answer = told(repository, commit, sizes | about.get("sizes", {}), about, blobs, hashes)
        if not about.get("hashes", True):  # like a mirror that tells none
            for sibling in answer["siblings"]:
                sibling.pop("lfs", None)
        return answer


def seeded(seed: int, count: int = 30, share: float = 0.4) -> Iterator[Fault]:
    """Yield a plan of ``count`` answers, of which a share has faults."""
    dice = random.Random(seed)
    kinds = dice.sample(FAULTS, k=dice.randint(1, len(FAULTS)))
    return iter([dice.choice(kinds) if dice.random() < share else Fault.NONE for _ in range(count)])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _plain(
        self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _HubHandler(_Handler):
    def do_HEAD(self) -> None:
        hub = self.hub
        with hub.lock:
            hub.heads += 1
        if self._faulty():
            return None
        found = self._file()
        if found is None:
            return self._plain(404, [("X-Error-Code", "EntryNotFound")])
        name, file = found
        headers = [("X-Repo-Commit", file.commit), ("Accept-Ranges", "bytes")]
        if file.small:
            self.send_response(200)
            for header in [*headers, ("ETag", f'"{file.etag}"')]:
                self.send_header(*header)
            self.send_header("Content-Length", str(len(file.content)))
            self.end_headers()
            return None
        with hub.lock:
            generation = hub.generation
        says = f'"{file.etag}"' if file.says is None else file.says
        headers += [
            *([("X-Linked-Etag", says)] if says else []),
            ("X-Linked-Size", str(len(file.content))),
            *([("ETag", '"of-the-pointer"')] if says else []),
            ("Location", f"{hub.cdn}/{generation}/{name}"),
        ]
        return self._plain(302, headers)

    def _faulty(self) -> bool:
        """Answer by the plan, or for lack of a token; return whether it did."""
        hub = self.hub
        with hub.lock:
            status = next(hub.hub_plan, 200)
        if status == SILENT:
            hub.closing.wait(hub.stall)
            self.close_connection = True
        elif status == 429:
            limit = f'"api";r=0;t={hub.retry_after}'
            self._plain(status, [("Retry-After", hub.retry_after), ("RateLimit", limit)])
        elif status != 200:
            self._plain(status)
        elif hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._plain(401, [("X-Error-Code", "GatedRepo")])
        else:
            return False
        return True

    def _api(self) -> None:
        hub, asked = self.hub, urlsplit(self.path)
        hub.questions.append(self.path)
        if self._faulty():
            return None
        repository = unquote(asked.path).removeprefix("/api/models").strip("/")
        if hub.said is not None:
            return self._plain(200, body=hub.said)
        if not repository:
            return self._search(parse_qs(asked.query))
        if repository not in hub.repositories():
            return self._plain(404, [("X-Error-Code", "RepoNotFound")])
        answer = hub.tell(repository, blobs="blobs" in parse_qs(asked.query))
        return self._plain(200, body=json.dumps(answer).encode())

    def _search(self, asked: dict[str, list[str]]) -> None:
        """Answer with the GGUF repositories whose names have all words of the query."""
        words = " ".join(asked.get("search", [])).lower().split()
        found = [
            one
            for one in map(self.hub.tell, self.hub.repositories())
            if all(word in one["id"].lower() for word in words)
            and any(file["rfilename"].endswith(".gguf") for file in one["siblings"])
        ]
        start = int(asked.get("cursor", ["0"])[0])
        end = start + min(int(asked["limit"][0]), self.hub.page)
        keys = {"_id", "id", *asked["expand"]}
        page = [{key: one[key] for key in one if key in keys} for one in found[start:end]]
        following = urlencode(asked | {"cursor": end}, doseq=True)
        link = f'<{self.hub.endpoint}/api/models?{following}>; rel="next"'
        return self._plain(
            200, [("Link", link)] if end < len(found) else [], json.dumps(page).encode()
        )

    def do_GET(self) -> None:
        if self.path.startswith("/api/models"):
            return self._api()
        found = self._file()
        if found is None or not found[1].small:
            return self._plain(404)
        return self._plain(200, [("ETag", f'"{found[1].etag}"')], found[1].content)

    def _file(self) -> tuple[str, File] | None:
        repository, _, rest = self.path.strip("/").partition("/resolve/")
        revision, _, path = rest.partition("/")
        name = f"{repository}/{unquote(path)}"
        file = self.hub.files.get(name)
        if file is None or (revision != file.commit and not (file.main and revision == "main")):
            return None
        return name, file


class _CdnHandler(_Handler):
    def do_GET(self) -> None:
        with self.hub.lock:
            self.hub.answering += 1
        try:
            self._answer()
        finally:
            with self.hub.lock:
                self.hub.answering -= 1

    def _answer(self) -> None:
        hub = self.hub
        if "Authorization" in self.headers:
            hub.tokens_at_cdn.append(self.headers["Authorization"])
        generation, _, name = unquote(self.path).strip("/").partition("/")
        fault = hub.next_fault()
        with hub.lock:
            if fault is Fault.EXPIRED:
                hub.generation += 1
            good = int(generation) == hub.generation
        if not good:
            return self._plain(403, body=b"<Error>Request has expired</Error>")
        if fault is Fault.BUSY:
            return self._plain(429, [("Retry-After", hub.retry_after)])
        if fault is Fault.BROKEN:
            return self._plain(502, body=b"<h1>Bad gateway</h1>")
        content, etag = hub.files[name].content, hub.files[name].cdn_etag
        start, end, status = 0, len(content), 200
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range", etag) == etag
        if wanted and hub.ranges and same and fault is not Fault.WHOLE:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end, status = int(first), min(int(last) + 1, len(content)), 206
        if wanted:
            with hub.lock:
                hub.asked.append((start, end))
        promised = end
        if fault is Fault.SHORT and status == 206:
            promised = end = start + max(1, (end - start) // 2)
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(promised - start))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        self.end_headers()
        self._body(content, start, end, fault)
        return None

    def _body(self, content: bytes, start: int, end: int, fault: Fault) -> None:
        hub = self.hub
        breaks = start + (end - start) * 2 // 3
        step = 64 << 10
        for at in range(start, end, step):
            data = bytearray(content[at : min(at + step, end)])
            if at >= breaks and fault is Fault.DROP:
                self.close_connection = True
                return
            if at >= breaks and fault is Fault.STALL:
                hub.closing.wait(hub.stall)
                self.close_connection = True
                return
            if at >= breaks and fault is Fault.TRICKLE:
                return self._trickle(content[at:end])
            if fault is Fault.WRONG and at == start:
                data[len(data) // 2] ^= 1
            for lie in hub.lie_at:
                if at <= lie < at + len(data):
                    data[lie - at] ^= 1
            while hub.sent >= hub.most and not hub.closing.wait(0.005):
                pass
            if hub.closing.is_set():
                return
            try:
                self.wfile.write(data)
            except OSError:
                self.close_connection = True
                return
            with hub.lock:
                hub.sent += len(data)
            if rate := hub.rate or (5e6 if fault is Fault.SLOW else None):
                hub.closing.wait(len(data) / rate)

    def _trickle(self, content: bytes) -> None:
        for byte in content:
            if self.hub.closing.wait(0.02):
                return
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                self.close_connection = True
                return
            with self.hub.lock:
                self.hub.sent += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined when closed, so that none keeps running

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client has gone

    def __init__(self, handler: type[_Handler], hub: Hub) -> None:
        self.open: set[Any] = set()
        super().__init__(("127.0.0.1", 0), type("Bound", (handler,), {"hub": hub}))
        # A small buffer: bytes in flight when a connection ends were sent for nothing, and are
        # counted.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(**files: bytes) -> Iterator[Hub]:
    """Yield a hub with some files, by their names in "org/name"."""
    hub = Hub({f"org/name/{name}": File(content) for name, content in files.items()})
    servers = [_Server(_HubHandler, hub), _Server(_CdnHandler, hub)]
    hub.endpoint, hub.cdn = (server.url for server in servers)
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.005,), name=f"hub-{n}")
        for n, server in enumerate(servers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        for server in servers:
            server.shutdown()
            for request in list(server.open):
                try:
                    request.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
            server.server_close()
        for thread in threads:
            thread.join()
