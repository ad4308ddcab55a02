"""The local server at a real socket: what comes over it, and what it does not wait for."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import logging
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app.base import log
from app.base.errors import LocalServerPortTaken, LocalServerUnstartable
from app.engine.backend import ScriptedBackend
from app.server import http_server, listener
from app.server.gate import Gate
from app.server.http_server import HttpServer
from app.server.listener import GatedRequest, HttpConnection, Listener
from app.serving import ADDRESS, ServerParts, ServerStatus
from tests.fakes.api import MODEL, NAME, TOKEN, Api, served_at_socket
from tests.fakes.http_noise import HttpNoise
from tests.fakes.served_engine import ServedEngine

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_LOOK_S", 0.02)
    # In which a client, here in the same process, has to send 33 MiB.
    monkeypatch.setattr(listener, "_LINGER_S", 60)


@pytest.fixture
def parts(tmp_path: Path) -> ServerParts:
    return ServerParts(ScriptedBackend(), lambda: MODEL, tmp_path / "connections.log")


@pytest.fixture
def api(parts: ServerParts) -> Iterator[Api]:
    with served_at_socket(parts) as (api, _):
        yield api


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection((ADDRESS, port), timeout=60) as sock:
        yield sock


def head(port: int, first: str = "GET /v1/models", *lines: str, version: str = "1.1") -> bytes:
    """Return the head of a request that may ask, with more lines."""
    own = f"Host: {ADDRESS}:{port}", f"Authorization: Bearer {TOKEN}"
    return "\r\n".join([f"{first} HTTP/{version}", *own, *lines, "", ""]).encode()


def post(port: int, *lines: str, version: str = "1.1") -> bytes:
    return head(port, "POST /v1/nothing", "Content-Type: application/json", *lines, version=version)


def received(sock: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            found += piece
    return found


def told(port: int, *sent: bytes) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON of the only answer to what is sent."""
    with connected(port) as sock:
        for piece in sent:
            sock.sendall(piece)
        answer = received(sock)
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nConnection: close" in top
    assert b"\r\nServer:" not in top
    assert b"\r\nContent-Type: application/json\r\n" in top
    assert b"\r\nX-Content-Type-Options: nosniff" in top
    return int(top.split(b" ")[1]), json.loads(body)


def until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def listened() -> set[int]:
    """Return the ports at which this process listens."""
    found = psutil.Process().net_connections("all")
    return {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}


@contextmanager
def at_socket(app: WSGIApplication, most: int = 256) -> Iterator[tuple[int, Listener]]:
    """Yield the port of an application behind our waitress."""
    sock = socket.create_server((ADDRESS, 0))
    port = sock.getsockname()[1]
    served = Listener(app, Gate(port, TOKEN), sock, most)
    thread = threading.Thread(target=served.run, name="local server")
    thread.start()
    try:
        yield port, served
    finally:
        served.stop()
        thread.join()
        served.join()


# --- On and off ----------------------------------------------------------------------------------


def test_it_listens_at_this_computers_own_address_only_while_it_is_on(parts: ServerParts) -> None:
    before = listened()
    server = HttpServer(parts)
    assert (listened(), server.status().on) == (before, False)
    server.start(0, TOKEN)
    port = server.status().port
    (at,) = [each for each in psutil.Process().net_connections("all") if each.laddr.port == port]
    assert at.laddr.ip == "127.0.0.1"
    with connected(port) as idle, connected(port) as begun:
        begun.sendall(b"GET /v1/mod")
        server.stop()
        assert received(idle) == received(begun) == b""
    assert (listened(), server.status().on) == (before, False)
    server.stop()
    server.start(port, TOKEN)
    assert server.status().port == port, "it can be switched on again at once"
    server.start(0, TOKEN)
    server.stop()
    assert listened() == before


def test_a_port_that_is_taken_names_who_has_it(parts: ServerParts) -> None:
    with socket.create_server((ADDRESS, 0)) as other:
        port = other.getsockname()[1]
        server = HttpServer(parts)
        with pytest.raises(LocalServerPortTaken) as caught:
            server.start(port, TOKEN)
        assert (caught.value.port, server.status().on) == (port, False)
        assert caught.value.holder == http_server._name(psutil.Process())


def test_a_script_is_named_and_not_its_python() -> None:
    class Process:
        def __init__(self, name: str, *words: str) -> None:
            self.name, self.cmdline = lambda: name, lambda: [*words]

    def name(*found: str) -> str:
        return http_server._name(Process(*found))  # type: ignore[arg-type]

    assert name("python3.11", "/usr/bin/python3", "/opt/bin/fireside", "serve") == "fireside"
    assert name("python3", "python3", "-m", "http.server") == "python3"
    assert name("ollama", "/usr/bin/ollama", "serve") == "ollama"
    assert name("python3", "python3") == "python3"


def test_a_port_that_nobody_has_names_nobody() -> None:
    with socket.create_server((ADDRESS, 0)) as other:
        port = other.getsockname()[1]
        assert http_server._holder(port)
        assert http_server._answers(port)
    assert http_server._holder(port) == ""
    assert not http_server._answers(port)
    assert not http_server._answers(0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(
    ("limits", "raised", "connections"),
    [
        ((256, 10_000), (1024, 10_000), 256),
        ((256, -1), (1024, -1), 256),
        ((256, 300), (300, 300), 150),
        ((100, 100), (100, 100), 50),
        ((2048, 4096), None, 256),
        ((-1, -1), None, 256),
    ],
)
def test_there_are_only_as_many_connections_as_descriptors_allow(
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[int, int],
    raised: tuple[int, int] | None,
    connections: int,
) -> None:
    import resource

    told: list[tuple[int, int]] = []
    assert resource.RLIM_INFINITY == -1
    monkeypatch.setattr(resource, "getrlimit", lambda what: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda what, now: told.append(now))
    assert http_server._connections() == connections
    assert told == ([raised] if raised else [])


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_used_is_refused(parts: ServerParts, port: int) -> None:
    with pytest.raises(LocalServerUnstartable):
        HttpServer(parts).start(port, TOKEN)


def test_without_descriptors_nothing_stays_open(
    parts: ServerParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(listener, "Listener", refused)
    server = HttpServer(parts)
    with pytest.raises(LocalServerUnstartable, match="Too many open files"):
        server.start(0, TOKEN)
    assert not server.status().on


def test_another_token_counts_at_once(parts: ServerParts) -> None:
    with served_at_socket(parts) as (api, server):
        assert api.get("/v1/models").status == 200
        server.set_token("another")
        assert api.get("/v1/models").status == 401
        assert api.get("/v1/models", {"Authorization": "Bearer another"}).status == 200


# --- What comes over the socket ------------------------------------------------------------------


def test_what_is_no_request_is_answered_in_json_and_closed(api: Api) -> None:
    port, long = api.port, "x" * 70_000
    unparsable: dict[bytes, int] = {
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n": 400,
        b"hello\r\n\r\n": 400,
        b"get / HTTP/1.1\r\n\r\n": 400,
        head(port, "GET /v1/models", "Odd header: 1"): 400,
        head(port, "GET /v1/models", "Odd: a\nb"): 400,
        head(port, "GET /v1/models", f"Long: {long}"): 431,
        head(port, f"GET /{long}"): 431,
        f"GET /{long}".encode(): 431,
        post(port, "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n": 400,
        post(port, "Transfer-Encoding: chunked", "Content-Length: 2") + b"0\r\n\r\n": 400,
        post(port, "Transfer-Encoding: chunked", version="1.0") + b"0\r\n\r\n": 400,
        post(port, "Content-Length: 2", "Content-Length: 3") + b"{}": 400,
        post(port, "Content-Length: 2, 2") + b"{}": 400,
        post(port, "Content-Length: -2") + b"{}": 400,
        post(port, "Content-Length: +2") + b"{}": 400,
        post(port, f"Content-Length: {'9' * 5000}") + b"{}": 400,
        post(port, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n": 501,
        post(port, "Transfer-Encoding: chunked") + b"x\r\n{}\r\n": 400,
        post(port, "Transfer-Encoding: chunked") + b"1\r\n{}\r\n": 400,
    }
    for sent, status in unparsable.items():
        answered, body = told(port, sent)
        assert (answered, body["error"]["param"]) == (status, None), sent[:200]


def test_requests_of_http_1_0_are_answered(api: Api) -> None:
    port = api.port
    assert told(port, head(port, version="1.0"))[0] == 200
    assert told(port, b"GET /v1/models HTTP/1.0\r\n\r\n")[0] == 403
    assert told(port, b"GET /v1/models\r\n\r\n")[0] == 403
    with connected(port) as sock:
        for _ in range(2):
            sock.sendall(head(port, "HEAD /v1/models", "Connection: keep-alive", version="1.0"))
            assert sock.recv(65536).startswith(b"HTTP/1.0 200 OK\r\n")


def test_a_connection_serves_many_requests(api: Api) -> None:
    with connected(api.port) as sock:
        for _ in range(50):
            sock.sendall(head(api.port, "HEAD /v1/models"))
            assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        sock.sendall(b"\r\n" + head(api.port, "TRACE /v1/models", "Connection: close"))
        answer = received(sock)
        assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
        assert TOKEN.encode() not in answer


@pytest.mark.parametrize("lines", [("Content-Length: {length}",), ("Transfer-Encoding: chunked",)])
def test_a_body_that_is_too_large_is_refused_and_the_client_learns_it(
    api: Api, lines: tuple[str, ...]
) -> None:
    chunk = b"100000\r\n" + b" " * MIB + b"\r\n" if "chunked" in lines[0] else b" " * MIB
    top = post(api.port, *(line.format(length=33 * MIB) for line in lines))
    status, body = told(api.port, top, *[chunk] * 33)
    assert (status, body["error"]["code"]) == (413, "request_too_large")


def test_the_largest_body_is_received(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LARGEST", 1000)

    def size(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        body = str(len(environ["wsgi.input"].read())).encode()
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with at_socket(size) as (port, _):
        for length, status in ((1000, b"200"), (1001, b"413")):
            with connected(port) as sock:
                sock.sendall(post(port, f"Content-Length: {length}", "Connection: close"))
                sock.sendall(b"x" * length)
                assert received(sock).split(b" ")[1] == status


def test_a_large_answer_comes_whole_though_it_is_read_slowly() -> None:
    def large(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", str(24 * MIB))])
        return [b"x" * (8 * MIB)] * 3

    with at_socket(large) as (port, _), connected(port) as sock:
        for _ in range(2):
            sock.sendall(head(port))
            time.sleep(0.05)
            left = 24 * MIB + len(sock.recv(MIB, socket.MSG_PEEK).partition(b"\r\n\r\n")[0]) + 4
            while left:
                left -= len(sock.recv(min(left, MIB)))


def test_a_body_is_received_only_from_who_may_ask(api: Api) -> None:
    large = f"Content-Length: {20 * MIB}"
    for sent, status in {
        post(api.port, large).replace(TOKEN.encode(), b"no"): 401,
        post(api.port, large, "Origin: https://evil.example"): 403,
        post(api.port, large, "Expect: 100-continue").replace(TOKEN.encode(), b"no"): 401,
        head(api.port, "POST /v1/nothing", large, "Content-Type: text/plain"): 415,
        head(api.port, "GET /v1/models", large).replace(TOKEN.encode(), b"no"): 401,
        post(api.port, f"Content-Length: {33 * MIB}", "Expect: 100-continue"): 413,
    }.items():
        assert told(api.port, sent)[0] == status, "it answers without the body"


def test_what_follows_a_refusal_is_no_request(api: Api) -> None:
    inner = head(api.port)
    sent = head(api.port, "POST /v1/nothing", f"Content-Length: {len(inner)}") + inner
    assert told(api.port, sent + inner)[0] == 415


def test_a_client_may_ask_whether_its_body_is_wanted(api: Api) -> None:
    with connected(api.port) as sock:
        sock.sendall(post(api.port, "Content-Length: 2", "Expect: 100-continue"))
        assert sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"{}")
        assert sock.recv(65536).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_nothing_is_written_into_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refused)

    def echo(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    body = b"x" * (3 * MIB)
    with at_socket(echo) as (port, _), connected(port) as sock:
        sock.sendall(post(port, f"Content-Length: {len(body)}", "Connection: close") + body)
        assert received(sock).partition(b"\r\n\r\n")[2] == body


# --- Time ----------------------------------------------------------------------------------------


def test_who_is_slow_or_idle_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        silent, header, body, idle, rest = (
            stack.enter_context(connected(api.port)) for _ in range(5)
        )
        header.sendall(b"GET /v1/mod")
        body.sendall(post(api.port, "Content-Length: 9") + b"{")
        idle.sendall(head(api.port, "HEAD /v1/models"))
        rest.sendall(post(api.port, "Content-Length: 9").replace(TOKEN.encode(), b"no"))
        for answered in (idle, rest):
            assert answered.recv(1, socket.MSG_PEEK)
        for limit in ("_HEADERS_S", "_BODY_S", "_IDLE_S", "_LINGER_S"):
            monkeypatch.setattr(listener, limit, 0.05)
        with contextlib.suppress(ConnectionError):
            for _ in range(4000):  # a byte again and again does not help
                header.sendall(b"x")
                time.sleep(0.005)
            pytest.fail("it still waits")
        ended = [received(sock) for sock in (silent, header, body, idle, rest)]
    assert ended[:3] == [b"", b"", b""]
    assert [answer.split(b" ")[1] for answer in ended[3:]] == [b"200", b"401"]


def test_who_takes_nothing_of_an_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_UNREAD_S", 0.05)
    ended = threading.Event()

    def endless(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"x" * MIB
        finally:
            ended.set()

    with at_socket(endless) as (port, _), connected(port) as sock:
        sock.sendall(head(port))
        assert ended.wait(60)


def test_an_answer_that_took_minutes_is_not_taken_for_one_that_nobody_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener, "_LOOK_S", 100)
    with at_socket(Waiting()) as (port, served), connected(port):
        until(lambda: served.active_channels)
        (connection,) = served.active_channels.values()
        connection.last_activity = time.time() + 1000
        now = time.monotonic() + 16
        assert connection.overdue(now), "it is idle, whatever the clock on the wall has been set to"
        connection.last_activity = time.time() - 1000
        now = time.monotonic()
        assert not connection.overdue(now)
        now += 16
        connection.total_outbufs_len = 1
        assert not connection.overdue(now), "the answer has just been written"
        assert not connection.overdue(now + 29)
        assert connection.overdue(now + 31)
        connection.total_outbufs_len = 0
        connection.requests = [GatedRequest(served.gate, served.adj)]
        assert not connection.overdue(now + 1000), "it is being answered"
        connection.total_outbufs_len = 1
        assert not connection.overdue(now + 1000)
        connection.total_outbufs_len, connection.requests = 0, []
        now = time.monotonic()
        assert not connection.overdue(now)
        connection.will_close = True
        assert connection.overdue(now)


def test_300_half_open_connections_leave_room_for_a_request(api: Api) -> None:
    with contextlib.ExitStack() as stack:
        half = [stack.enter_context(connected(api.port)) for _ in range(300)]
        for sock in half[::2]:
            with contextlib.suppress(OSError):  # its place was another's already
                sock.sendall(b"POST /v1/responses HTTP/1.1\r\n")
        assert api.get("/v1/models").status == 200


def test_the_connection_that_has_waited_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = threading.Event()

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        answering.wait(60)
        start("200 OK", [("Content-Length", "0")])
        return []

    with at_socket(app, most=3) as (port, served), contextlib.ExitStack() as stack:
        asking, first, second = (stack.enter_context(connected(port)) for _ in range(3))
        asking.sendall(head(port))
        until(lambda: [each for each in served.active_channels.values() if each.requests])
        time.sleep(0.02)
        second.sendall(b"GET")
        until(lambda: len(served.active_channels) == 3)
        time.sleep(0.05)
        third = stack.enter_context(connected(port))
        assert received(first) == b"", "what is answered, and who has sent something, stays"
        answering.set()
        for sock in (asking, second, third):
            sock.sendall(b"" if sock is asking else head(port)[3 * (sock is second) :])
            assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_without_descriptors_it_goes_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_PAUSE_S", 0.05)
    failures = [OSError(errno.EMFILE, "Too many open files")]
    accept = Listener.accept

    def scarce(self: Listener) -> Any:
        if failures:
            raise failures.pop()
        return accept(self)

    monkeypatch.setattr(Listener, "accept", scarce)

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "0")])
        return []

    with at_socket(app) as (port, served):
        assert told_status(port) == 200
        assert served._paused_until
    assert not failures


def told_status(port: int) -> int:
    with connected(port) as sock:
        sock.sendall(head(port))
        return int(sock.recv(65536).split(b" ")[1])


# --- Several requests, and clients that go -------------------------------------------------------


class Waiting:
    """An application that answers with the path, once it may, unless its client has gone."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked: list[str] = []
        self.gone: list[str] = []

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        while not self.may_answer.wait(0.01):
            if environ["waitress.client_disconnected"]():
                self.gone.append(path)
                break
        start("200 OK", [("Content-Length", str(len(path)))])
        return [path.encode()]


def test_requests_that_are_sent_ahead_are_answered_in_order() -> None:
    app = Waiting()
    with at_socket(app) as (port, _), connected(port) as sock:
        paths = [f"/{number}" for number in range(6)]
        for path in paths[:-1]:
            sock.sendall(head(port, f"GET {path}"))
        sock.sendall(head(port, f"GET {paths[-1]}", "Connection: close")[:30])
        until(lambda: app.asked)
        time.sleep(0.05)
        assert app.asked == ["/0"], "one at a time"
        app.may_answer.set()
        sock.sendall(head(port, f"GET {paths[-1]}", "Connection: close")[30:])
        answers = received(sock).split(b"HTTP/1.1 200 OK")[1:]
    assert [answer.partition(b"\r\n\r\n")[2].decode() for answer in answers] == paths


def test_nothing_is_answered_after_the_last_request_of_a_connection() -> None:
    for _ in range(8):
        app = Waiting()
        with at_socket(app) as (port, _), connected(port) as sock:
            sock.sendall(head(port, "GET /last", "Connection: close"))
            until(lambda app=app: app.asked)  # type: ignore[misc]
            sock.sendall(head(port, "GET /later"))
            app.may_answer.set()
            assert received(sock).count(b"HTTP/1.1") == 1
        assert app.asked == ["/last"]


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_a_client_that_goes_is_noticed_whatever_it_has_sent_ahead(ahead: int) -> None:
    app = Waiting()
    with at_socket(app) as (port, _):
        with connected(port) as sock:
            sock.sendall(head(port, "GET /first"))
            until(lambda: app.asked)
            for _ in range(ahead):
                sock.sendall(head(port, "GET /later"))
        until(lambda: app.gone)
    assert (app.asked, app.gone) == (["/first"], ["/first"])


def test_a_flood_ahead_of_an_answer_ends_the_connection() -> None:
    app = Waiting()
    with at_socket(app) as (port, _), connected(port) as sock:
        sock.sendall(head(port, "GET /first"))
        until(lambda: app.asked)
        with contextlib.suppress(OSError):
            sock.sendall(head(port, "GET /later") * 10_000)
        until(lambda: app.gone)
    assert app.asked == ["/first"]


def test_urgent_data_ends_the_connection(api: Api) -> None:
    with connected(api.port) as sock:
        sock.sendall(b"GET")
        sock.send(b"!", socket.MSG_OOB)
        assert received(sock) == b""
    assert api.get("/v1/models").status == 200


def test_requests_that_run_find_their_clients_gone_when_it_is_switched_off() -> None:
    app = Waiting()
    with contextlib.ExitStack() as stack, at_socket(app) as (port, _):
        for path in ("/first", "/second"):
            stack.enter_context(connected(port)).sendall(head(port, f"GET {path}"))
        until(lambda: len(app.asked) == 2)
    assert sorted(app.gone) == ["/first", "/second"]


def test_streams_end_when_it_is_switched_off(parts: ServerParts) -> None:
    engine = ServedEngine(model=MODEL)
    with served_at_socket(replace(parts, engine=engine)) as (api, server):
        asked = {
            "model": NAME,
            "stream": True,
            "messages": [{"role": "user", "content": "endless"}],
        }
        answers = [api.post("/v1/chat/completions", asked) for _ in range(3)]
        for answer in answers:
            assert next(answer.pieces)
        assert len(server.status().requests) == 3
        server.stop()
        assert server.status() == ServerStatus(on=False, port=api.port)
        for answer in answers:
            with contextlib.suppress(http.client.IncompleteRead):
                for _ in answer.pieces:
                    pass
            answer.close()
    assert engine.wait_until(0)


def test_it_can_be_switched_off_though_its_loop_has_failed(
    parts: ServerParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[BaseException] = []
    monkeypatch.setattr(log, "report", lambda error, where="": faults.append(error))
    monkeypatch.setattr(Listener, "maintenance", lambda *_: 1 / 0)
    before = listened()
    with served_at_socket(parts):
        until(lambda: faults)
        assert [type(fault) for fault in faults] == [ZeroDivisionError]
        until(lambda: listened() == before)


def test_a_request_can_be_stopped(parts: ServerParts) -> None:
    engine = ServedEngine(model=MODEL)
    with served_at_socket(replace(parts, engine=engine)) as (api, server):
        asked = {
            "model": NAME,
            "stream": True,
            "messages": [{"role": "user", "content": "endless"}],
        }
        answer = api.post("/v1/chat/completions", asked)
        assert next(answer.pieces)
        (request,) = server.status().requests
        server.stop_request(request.number)
        for _ in answer.pieces:
            pass
        answer.close()
        until(lambda: not server.status().requests)


def test_connections_that_send_anything_leave_nothing_behind(
    parts: ServerParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are in `tests/long/test_http_noise.py`."""
    faults: list[BaseException] = []
    monkeypatch.setattr(log, "report", lambda error, where="": faults.append(error))
    engine = ServedEngine(model=MODEL)
    with served_at_socket(replace(parts, engine=engine)) as (api, server):
        noise = HttpNoise(api.port, 21)
        for _ in range(60):
            noise.connect()
        assert api.get("/v1/models").status == 200
        until(lambda: not server.status().requests)
    assert {200, 400} <= noise.statuses <= {100, 200, 400, 401, 403, 404, 405, 415, 501}
    assert faults == []


# --- Faults --------------------------------------------------------------------------------------


def test_a_fault_is_answered_and_logged_without_words_of_the_request(
    parts: ServerParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[BaseException] = []
    monkeypatch.setattr(log, "report", lambda error, where="": reported.append(error))

    def fail() -> Any:
        raise RuntimeError("secret")

    broken = ServerParts(parts.engine, fail, parts.log)
    with served_at_socket(broken) as (api, _):
        answer = api.get("/v1/models")
        assert (answer.status, answer.error["type"]) == (500, "server_error")
        assert b"secret" not in answer.body
    assert [str(error) for error in reported] == ["secret"]


def test_what_waitress_logs_has_no_texts_of_clients(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reported: list[object] = []
    noted: list[str] = []
    monkeypatch.setattr(log, "report", lambda error, where="": reported.append(type(error)))
    monkeypatch.setattr(log, "note_kind", lambda text, level=0: noted.append(text))

    def fails(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", "9")])
        yield b"x"
        raise RuntimeError("secret")

    with at_socket(fails) as (port, _), connected(port) as sock:
        sock.sendall(head(port, "GET /private"))
        received(sock)
    assert reported == [RuntimeError]
    logging.getLogger("waitress").warning("%d thread(s) still running", 3)
    logging.getLogger("waitress").error("closing channel <x> (/private)")
    assert noted[-2:] == [
        "local server: %d thread(s) still running",
        "local server: closing channel <x>",
    ]
    assert capfd.readouterr() == ("", "")


def test_a_connection_is_never_read_or_written_once_it_is_closed() -> None:
    with at_socket(Waiting()) as (port, served), connected(port):
        until(lambda: served.active_channels)
        (connection,) = served.active_channels.values()
        connection.will_close = True
        assert not connection.readable()
    assert isinstance(connection, HttpConnection)
    assert not connection.readable()
    assert not connection.writable()
