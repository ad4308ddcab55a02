"""Requests to servers of models: every step can be stopped, and no server is believed.

Where a moment matters, a server says that it has come, and nothing waits for a time.
"""

from __future__ import annotations

import contextlib
import email.utils
import errno
import gzip
import json
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.base import errors as e
from app.network import endpoint_client, watched_socket
from app.network.client import Network
from app.network.endpoint_client import EndpointClient
from app.network.endpoint_response import EndpointResponse
from app.network.watched_socket import Watch
from tests.fakes.authority import Authority
from tests.fakes.web import LocalWeb, serving_web

CANARY = "sk-canary-3f9a1c7e"
SECRET_TEXT = "a secret question"
PATIENCE_S = 60.0
OK = b"HTTP/1.1 200 OK\r\n"

Handler = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path / "connections.log")


@pytest.fixture
def client(network: Network) -> EndpointClient:
    return EndpointClient(lambda: network)


@contextlib.contextmanager
def raw(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve connections one after the other; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    made, _ = listener.accept()
                    made.settimeout(PATIENCE_S)
                    with made if tls is None else tls.wrap_socket(made, server_side=True) as sock:
                        handler(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def request_of(sock: socket.socket) -> bytes:
    """Return a request, with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", head)
    length = int(found[1]) if found else 0
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def says(*pieces: bytes) -> Handler:
    """Return a handler that answers with these bytes, and closes."""

    def handler(sock: socket.socket) -> None:
        request_of(sock)
        for piece in pieces:
            sock.sendall(piece)

    return handler


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


@contextlib.contextmanager
def sent(
    client: EndpointClient, url: str, cancel: threading.Event | None = None, **more: Any
) -> Iterator[EndpointResponse]:
    with client.send(url, f"{url}/models", cancel or threading.Event(), **more) as response:
        yield response


def fault_of(client: EndpointClient, url: str, **more: Any) -> e.FiresideError:
    """Return what is raised, with the body read."""
    with pytest.raises(e.FiresideError) as caught, sent(client, url, **more) as response:
        response.read()
    assert CANARY not in repr(caught.value)
    return caught.value


# --- What is sent --------------------------------------------------------------------------------


def test_what_is_sent_and_logged(client: EndpointClient, network: Network, home: Path) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    seen = []

    def handler(sock: socket.socket) -> None:
        seen.append(request_of(sock))
        sock.sendall(whole(b"{}", b"Set-Cookie: id=1"))

    body = {"messages": [{"content": f"{SECRET_TEXT} ü\ud800"}]}
    with raw(handler) as port:
        url = url_of(port)
        for _ in range(2):
            with sent(
                client, url, key=f" {CANARY}\n", body=body, what="answer by \x1b[31mgpt-oss\n"
            ) as response:
                assert (response.status, response.read()) == (200, b"{}")
        with sent(client, url):
            pass
    head, _, text = seen[1].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/models HTTP/1.1"
    headers = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines[1:]}
    assert headers.keys() == {
        "host", "accept", "accept-encoding", "connection", "user-agent", "content-type",
        "content-length", "authorization",
    }  # fmt: skip
    assert headers["authorization"] == f"Bearer {CANARY}"
    assert headers["content-type"] == "application/json"
    assert json.loads(text) == {"messages": [{"content": f"{SECRET_TEXT} ü?"}]}
    assert b"Authorization" not in seen[2]
    assert b"authorization" not in seen[2]
    log = network.log.path.read_text()
    assert CANARY not in log
    assert SECRET_TEXT not in log
    purposes = [each.purpose for each in network.log.read()]
    assert purposes == ["answer by [31mgpt-oss"] * 2 + ["ask a model"]


def test_a_key_that_no_header_can_have_is_refused(client: EndpointClient) -> None:
    for key in ("schlüssel", "a\r\nX: b", "a\0"):
        assert isinstance(fault_of(client, "http://127.0.0.1:9/v1", key=key), e.KeyRefused)


def test_a_key_that_a_server_repeats_is_not_shown(client: EndpointClient) -> None:
    said = b'{"error": {"message": "Incorrect API key provided: %s, a key"}}'
    refused = whole(said % CANARY.encode(), status=b"401 Unauthorized")
    for key, shown in ((f" {CANARY} ", said % "…".encode()), ("key", said % CANARY.encode())):
        with raw(says(refused)) as port, sent(client, url_of(port), key=key) as response:
            assert response.read() == shown
    with raw(says(whole(CANARY.encode()))) as port, sent(client, url_of(port), key=CANARY) as ok:
        assert ok.read() == CANARY.encode()


@pytest.mark.parametrize("address", ["ftp://a.example", "https://", "https://u:p@a.example", "x"])
def test_no_addresses(client: EndpointClient, address: str) -> None:
    with pytest.raises(e.ServerAddressInvalid), client.send("u", address, threading.Event()):
        pass


def test_a_dead_connection_is_noticed_by_the_system(
    client: EndpointClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[socket.socket] = []
    real = watched_socket.keep_alive

    def keep_alive(sock: socket.socket) -> None:
        real(sock)
        made.append(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    monkeypatch.setattr("app.network.guarded_transport.keep_alive", keep_alive)
    with raw(says(whole(b""))) as port, sent(client, url_of(port)):
        pass
    assert made


class DeadSocket:
    """A connection of which the system has noticed that nobody is there any more."""

    def settimeout(self, seconds: float) -> None:
        pass

    def recv(self, size: int) -> bytes:
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")


def test_a_dead_connection_is_no_end(network: Network) -> None:
    watch = watched_socket.Watch(PATIENCE_S, threading.Event(), lambda: False)
    stream = watched_socket.WatchedStream(DeadSocket(), watch)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="Connection timed out"):
        stream.read(100, PATIENCE_S)


# --- Stopping, in every step ---------------------------------------------------------------------

Stop = Callable[[threading.Event, Network], type[Exception]]


def by_cancel(cancel: threading.Event, network: Network) -> type[Exception]:
    cancel.set()
    return e.Cancelled


def by_switch(cancel: threading.Event, network: Network) -> type[Exception]:
    network.offline = True
    return e.Offline


@pytest.fixture(params=[by_cancel, by_switch])
def stop(request: pytest.FixtureRequest) -> Stop:
    found: Stop = request.param
    return found


class Stopping:
    """A request that is stopped once ``reached`` is set."""

    def __init__(self, client: EndpointClient, network: Network, stop: Stop) -> None:
        self._client, self._network, self._stop = client, network, stop
        self.cancel, self.reached = threading.Event(), threading.Event()
        self.seconds = -1.0

    def check(self, url: str, **more: Any) -> None:
        """Send it, and read all of the answer; it must be stopped."""
        kind: list[type[Exception]] = []

        def stopped() -> None:
            assert self.reached.wait(PATIENCE_S)
            time.sleep(0.02)  # until it waits
            kind.append(self._stop(self.cancel, self._network))
            self.seconds = time.monotonic()

        thread = threading.Thread(target=stopped)
        thread.start()
        try:
            with pytest.raises(e.FiresideError) as caught:
                self._read(url, more)
            self.seconds = time.monotonic() - self.seconds
        finally:
            self.reached.set()
            thread.join()
        assert type(caught.value) is kind[0]

    def _read(self, url: str, more: dict[str, Any]) -> None:
        with self._client.send(url, f"{url}/chat/completions", self.cancel, **more) as response:
            for _ in response.events():
                self.reached.set()


@pytest.fixture
def stopping(client: EndpointClient, network: Network, stop: Stop) -> Stopping:
    assert network.certificates  # read once, which takes a while
    return Stopping(client, network, stop)


def test_stopped_before_anything(client: EndpointClient, network: Network, stop: Stop) -> None:
    cancel = threading.Event()
    kind = stop(cancel, network)
    with pytest.raises(kind), sent(client, "http://nowhere.example/v1", cancel, unencrypted=True):
        pass
    assert network.log.read() == []


def test_stopped_while_a_name_is_looked_up(
    stopping: Stopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        stopping.reached.set()
        go_on.wait(PATIENCE_S)
        return ["127.0.0.1"]

    monkeypatch.setattr(watched_socket, "resolve", resolve)
    try:
        stopping.check("https://gpu.example.org/v1")
    finally:
        go_on.set()
        for thread in threading.enumerate():
            if thread.name.startswith("look up"):
                thread.join()


def test_stopped_while_it_connects(stopping: Stopping, monkeypatch: pytest.MonkeyPatch) -> None:
    full, peer = socket.socketpair()
    full.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:  # until it cannot be written to, as if it were still being connected
            full.send(bytes(65536))

    def dial(address: str, port: int) -> socket.socket:
        stopping.reached.set()
        return full

    monkeypatch.setattr(watched_socket, "dial", dial)
    with peer:
        stopping.check("http://127.0.0.1:9/v1")


def test_stopped_in_the_handshake(stopping: Stopping) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(1000)
        stopping.reached.set()
        while sock.recv(1000):  # the rest of what it says first, until it has gone
            pass

    with raw(handler) as port:
        stopping.check(f"https://127.0.0.1:{port}/v1")


def test_stopped_while_a_long_question_is_sent(stopping: Stopping) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(1000)
        stopping.reached.set()
        stopping.cancel.wait(0.2)
        while sock.recv(1 << 20):
            stopping.cancel.wait(0.2)

    with raw(handler) as port:
        stopping.check(url_of(port), body="x" * (16 << 20))


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        OK,
        OK + b"Content-Type: text/event-stream\r\n\r\n",
        OK + b"\r\ndata: 1\n\ndata",
    ],
)
def test_stopped_while_nothing_comes(stopping: Stopping, begun: bytes) -> None:
    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(begun)
        stopping.reached.set()
        sock.recv(1)  # until the client has gone

    with raw(handler) as port:
        stopping.check(url_of(port), body={})


def test_stopped_while_comments_come(stopping: Stopping) -> None:
    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(OK + b"\r\n")
        stopping.reached.set()
        while True:
            sock.sendall(b": ping\n\n" * 100)

    with raw(handler) as port:
        stopping.check(url_of(port), body={})


class _SetLater(threading.Event):
    """An event that is set once it was looked at often enough."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        self._looks -= 1
        return self._looks < 0


@pytest.mark.parametrize(
    ("unpacked", "looks"), [(b"\n" * (8 << 20), 25), (b"data: {}\n\n" * 2000, 100)]
)
def test_stopped_while_a_piece_is_read(client: EndpointClient, unpacked: bytes, looks: int) -> None:
    """What has come at once may take long to read."""
    packed = whole(gzip.compress(unpacked), b"Content-Encoding: gzip")
    with (
        raw(says(packed)) as port,
        pytest.raises(e.Cancelled),
        sent(client, url_of(port), _SetLater(looks)) as response,
    ):
        list(response.events())


# --- Answers that are none -----------------------------------------------------------------------


def at(client: EndpointClient, *pieces: bytes, **more: Any) -> e.FiresideError:
    """Return what is raised about an answer of these bytes."""
    with raw(says(*pieces)) as port:
        return fault_of(client, url_of(port), **more)


def test_redirects_are_not_followed(client: EndpointClient) -> None:
    for status in (301, 302, 303, 307, 308):
        for location, address in {
            b"https://elsewhere.example/v1": "https://elsewhere.example/v1",
            b"/login": "http://127.0.0.1:{port}/login",
        }.items():
            handler = says(whole(b"", b"Location: " + location, status=b"%d Moved" % status))
            with raw(handler) as port:
                found = fault_of(client, url_of(port), key=CANARY, body={})
            assert isinstance(found, e.ServerMoved)
            assert found.address == address.format(port=port)


def test_broken_answers(client: EndpointClient) -> None:
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    assert type(at(client)) is e.AnswerCutOff
    assert type(at(client, OK + b"Content-Le")) is e.AnswerCutOff
    assert type(at(client, OK + b"Content-Length: 9\r\n\r\nabc")) is e.AnswerCutOff
    assert type(at(client, chunked + b"3\r\nabc\r\n")) is e.AnswerCutOff
    assert type(at(client, chunked + b"zz\r\nabc\r\n")) is e.AnswerCutOff
    packed = gzip.compress(b"x" * 1000)[:40]
    encoded = OK + b"Content-Encoding: gzip\r\n\r\n"
    assert type(at(client, encoded + b"no gzip at all")) is e.AnswerCutOff
    assert at(client, encoded + packed[:2] + b"\xff" * 60)


def test_programs_that_speak_something_else(client: EndpointClient) -> None:
    banner = at(client, b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    assert isinstance(banner, e.ServerForeign)
    assert isinstance(at(client, OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n"), e.ServerForeign)
    odd = at(client, OK + b"Content-Encoding: br\r\n\r\nxxx")
    assert isinstance(odd, e.ServerForeign)
    assert odd.received == "Content-Encoding: br"


def test_a_body_without_an_end(client: EndpointClient) -> None:
    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(OK + b"\r\n")
        while True:
            sock.sendall(b"x" * 100_000)

    with (
        raw(handler) as port,
        sent(client, url_of(port)) as response,
        pytest.raises(e.ServerForeign),
    ):
        response.read(limit=1_000_000)


def test_a_line_without_an_end(client: EndpointClient) -> None:
    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(OK + b"\r\ndata: ")
        while True:
            sock.sendall(b"x" * 1_000_000)

    with (
        raw(handler) as port,
        sent(client, url_of(port)) as response,
        pytest.raises(e.ServerForeign),
    ):
        list(response.events())


def test_a_bomb_is_not_unpacked(client: EndpointClient) -> None:
    packed = gzip.compress(bytes(64 << 20))
    with raw(says(whole(packed, b"Content-Encoding: gzip"))) as port:
        found = fault_of(client, url_of(port))
    assert isinstance(found, e.ServerForeign)


def test_a_packed_stream(client: EndpointClient) -> None:
    packed = gzip.compress(b"event: a\ndata: 1\n\ndata: 2")
    with (
        raw(
            says(whole(packed, b"Content-Encoding: gzip", b"Content-Type: Text/Event-Stream; x"))
        ) as port,
        sent(client, url_of(port)) as response,
    ):
        assert response.media_type == "text/event-stream"
        assert [(each.name, each.data) for each in response.events()] == [("a", "1"), ("", "2")]


def test_silence(client: EndpointClient) -> None:
    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.recv(1)

    with raw(handler) as port:
        found = fault_of(client, url_of(port), seconds=2.0)  # as it may also take to connect
    assert isinstance(found, e.ServerSilent)
    assert found.seconds == 2.0


def test_an_answer_may_take_no_longer_than_wanted(
    client: EndpointClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is over once the first word is there, however long it took to come to that."""
    wanted: list[float] = []

    class Waits(Watch):
        def __init__(self, seconds: float, *others: Any) -> None:
            super().__init__(600.0, *others)
            wanted.append(seconds)

    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(OK + b"\r\ndata: 1\n\n")
        while True:
            sock.sendall(b": ping\n\n")
            time.sleep(0.01)

    def read(port: int) -> None:
        with sent(client, url_of(port), whole=5.0) as response:
            for _ in response.events():
                response.end_within(0.0)

    monkeypatch.setattr(endpoint_client, "Watch", Waits)
    with raw(handler) as port, pytest.raises(e.ServerSilent):
        read(port)
    assert wanted == [5.0]


def test_after_its_end_an_answer_has_little_time(client: EndpointClient) -> None:
    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(OK + b"\r\ndata: 1\n\n")
        sock.recv(1)

    seen = []

    def read(port: int) -> None:
        with sent(client, url_of(port)) as response:
            for event in response.events():
                seen.append(event.data)
                response.end_within(0.1)

    with raw(handler) as port, pytest.raises(e.ServerSilent):
        read(port)
    assert seen == ["1"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the answer is lost with the reset")
def test_a_refusal_before_all_was_sent_is_read(client: EndpointClient) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(whole(b"too large", b"Connection: close", status=b"413 Too Large"))

    with raw(handler) as port, sent(client, url_of(port), body="x" * (16 << 20)) as response:
        assert (response.status, response.read()) == (413, b"too large")


def test_waiting_that_is_asked_for(client: EndpointClient) -> None:
    soon = email.utils.formatdate(time.time() + 1000, usegmt=True).encode()
    for said, low, high in (
        (b"7", 7, 7),
        (soon, 900, 1001),
        (b"Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        (b"9" * 400, 86400, 86400),
        (b"-5", 0, 0),
        (b"soon", 0, 0),
    ):
        handler = says(whole(b"", b"Retry-After: " + said, status=b"429 No"))
        with raw(handler) as port, sent(client, url_of(port)) as response:
            assert response.status == 429
            assert low <= response.retry_after <= high


def test_nobody_there(client: EndpointClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused = fault_of(client, url_of(port))
        assert isinstance(refused, e.ServerUnreachable)
        assert "refused" in refused.reason

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(watched_socket, "resolve", unknown)
    assert isinstance(fault_of(client, "https://gpu.example.org/v1"), e.ServerNameUnknown)


# --- Without TLS, and this computer --------------------------------------------------------------


def test_another_computer_needs_tls_or_acceptance(
    client: EndpointClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(watched_socket, "resolve", resolve)
    for host in ("gpu.example.org", "192.168.1.5", "[fd00::5]", "127.0.0.1.example.org"):
        found = fault_of(client, f"http://{host}/v1", key=CANARY)
        assert isinstance(found, e.ServerUnencrypted)
    assert asked == []
    assert network.log.read() == []
    with raw(says(whole(b"hi"))) as port:
        url = f"http://gpu.example.org:{port}/v1"
        with sent(client, url, unencrypted=True) as response:
            assert response.read() == b"hi"
        with sent(client, f"http://localhost:{port}/v1") as response:
            assert response.read() == b"hi"


def test_localhost_has_to_be_this_computer(
    client: EndpointClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[str] = []

    def dial(address: str, port: int) -> socket.socket:
        dialled.append(address)
        raise OSError(errno.ECONNREFUSED, "Connection refused")

    monkeypatch.setattr(watched_socket, "dial", dial)
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: ["127.0.0.1", "192.0.2.7"])
    assert isinstance(fault_of(client, "http://localhost:8000/v1"), e.ServerUnencrypted)
    assert dialled == []


# --- TLS -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(authority: Authority, network: Network, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: ["127.0.0.1"])
    return authority


def test_certificates(client: EndpointClient, trusting: Authority) -> None:
    name = "gpu.example.org"
    with (
        raw(says(whole(b"hi")), trusting.for_name(name)) as port,
        sent(client, f"https://{name}:{port}/v1") as response,
    ):
        assert response.read() == b"hi"
    for context, problem in (
        (trusting.for_name("other.example.org"), "host"),
        (trusting.for_name(name, (-9, -2)), "expired"),
        (trusting.for_name(name, (2, 9)), "early"),
        (trusting.for_name(name, vouched=False), "self-signed"),
    ):
        with raw(says(whole(b"hi")), context) as port:
            found = fault_of(client, f"https://{name}:{port}/v1", key=CANARY)
        assert isinstance(found, e.ServerUnsafe)
        assert found.problem == problem
        assert found.reason


def test_a_certificate_of_an_unknown_authority(
    client: EndpointClient, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: ["127.0.0.1"])
    with raw(says(whole(b"hi")), authority.for_name("gpu.example.org")) as port:
        found = fault_of(client, f"https://gpu.example.org:{port}/v1")
    assert isinstance(found, e.ServerUnsafe)
    assert found.problem == "authority"


def test_a_server_without_tls(client: EndpointClient) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(65536)  # all of it: what is unread when it closes would reset the connection
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw(handler) as port:
        found = fault_of(client, f"https://127.0.0.1:{port}/v1")
    assert isinstance(found, e.ServerWithoutTls)


def test_tls_that_breaks(client: EndpointClient, trusting: Authority) -> None:
    with raw(lambda sock: None) as port:
        found = fault_of(client, f"https://127.0.0.1:{port}/v1")
    assert isinstance(found, (e.ServerUnreachable, e.ServerWithoutTls))
    name = "gpu.example.org"
    cut = OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"

    def handler(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(cut)
        assert isinstance(sock, ssl.SSLSocket)
        socket.socket(fileno=sock.detach()).close()  # without a word

    with raw(handler, trusting.for_name(name)) as port:
        found = fault_of(client, f"https://{name}:{port}/v1")
    assert isinstance(found, e.AnswerCutOff)


# --- Proxies -------------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    with serving_web() as found:
        yield found


def test_through_a_proxy(
    web: LocalWeb, client: EndpointClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put("gpu.example.org", "/v1/models", "hi")
    web.names["proxy.example"] = [["151.101.0.200"]]
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy.example:80")
    url = "https://gpu.example.org/v1"
    with sent(client, url, key=CANARY) as response:
        assert response.read() == b"hi"
    connect, get = web.requests[-2:]
    assert (connect.method, connect.host) == ("CONNECT", "gpu.example.org")
    assert "gpu.example.org" not in web.looked_up
    assert CANARY not in str(connect)
    assert get.headers["authorization"] == f"Bearer {CANARY}"
    web.put("CONNECT", "gpu.example.org", status=407)
    found = fault_of(client, url)
    assert isinstance(found, e.ServerProxyFailed)
    assert found.proxy == "proxy.example"
    assert "secret" not in repr(found)
    monkeypatch.setenv("https_proxy", "http://unknown.example:3128")
    found = fault_of(client, url)
    assert isinstance(found, e.ServerProxyFailed)
    assert (found.proxy, found.reason) == ("unknown.example:3128", "its name is unknown")
    for odd in ("socks5://proxy.example:1080", "gopher://proxy.example"):
        monkeypatch.setenv("https_proxy", odd)
        assert isinstance(fault_of(client, url), e.ServerProxyFailed)


def test_this_computer_is_reached_without_a_proxy(
    client: EndpointClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    with raw(says(whole(b"hi"))) as port:
        for host in ("127.0.0.1", "localhost"):
            with sent(client, f"http://{host}:{port}/v1") as response:
                assert response.read() == b"hi"
