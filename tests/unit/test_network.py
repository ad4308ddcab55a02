"""The network client: every connection is logged, and all can be switched off."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.errors import OfflineModeIsEnabled

from app.base.errors import Offline
from app.network import connection_log, hub_client
from app.network.client import Network
from app.network.connection_log import SERVED, Connection, LogUnwritable, purpose
from app.network.guard import same_server
from tests.fakes.hub import Fault, File, Hub, serving

CONTENT = random.Random(1).randbytes(1 << 20)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(**{"m.gguf": CONTENT}) as hub:
        yield hub


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "connections.log"


@pytest.fixture
def network(log: Path) -> Network:
    return Network(log)


def facts(network: Network) -> list[tuple[str, str, int]]:
    return [(entry.host, entry.purpose, entry.received) for entry in network.log.read()]


def server(url: str) -> str:
    return urlsplit(url).netloc


def address(hub: Hub) -> str:
    """Return the signed address of the bytes."""
    return f"{hub.cdn}/0/org/name/m.gguf?Signature=secret"


def test_a_request_is_on_record(hub: Hub, network: Network, log: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    with network.client() as client, purpose("a\ttest\nof this"):
        assert client.get(address(hub).partition("?")[0]).content == CONTENT
        assert client.get(f"{hub.cdn}/7/x?Signature=secret").status_code == 403
    (entry, other) = network.log.read()
    assert entry == Connection(entry.time, server(hub.cdn), "a test of this", len(CONTENT))
    assert before < entry.time < datetime.now(UTC)
    assert 0 < other.received < 100
    assert "secret" not in log.read_text()
    assert "org" not in log.read_text()


def test_a_host_is_on_record_as_it_is_looked_up(network: Network) -> None:
    """A name in a script that looks like another is seen for what it is."""
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200))
    with network.client(transport=transport) as client:
        for host in ("gpu.ex\u0430mple.org", "[2001:db8::1]"):
            client.get(f"https://{host}/v1")
    assert [host for host, *_ in facts(network)] == ["gpu.xn--exmple-4nf.org", "[2001:db8::1]"]


def test_without_a_purpose(hub: Hub, network: Network) -> None:
    with network.client() as client:
        client.head(hub.endpoint)
    assert facts(network) == [(server(hub.endpoint), "unknown", 0)]


def test_each_hop_is_on_record(hub: Hub, network: Network) -> None:
    with network.client(follow_redirects=True) as client:
        found = client.head(f"{hub.endpoint}/org/name/resolve/main/m.gguf")
    assert len(found.history) == 1
    assert len(network.log.read()) == 2


def test_a_connection_that_fails_is_on_record(network: Network) -> None:
    with serving() as hub:
        pass
    with network.client() as client, purpose("nothing"), pytest.raises(httpx2.ConnectError):
        client.get(hub.cdn)
    assert facts(network) == [(server(hub.cdn), "nothing", 0)]


def test_an_answer_that_breaks_is_on_record(hub: Hub, network: Network) -> None:
    hub.plan = iter([Fault.DROP])
    with network.client() as client, pytest.raises(httpx2.RemoteProtocolError):
        client.get(address(hub).partition("?")[0])
    (entry,) = network.log.read()
    assert 0 < entry.received < len(CONTENT)


def test_what_was_left_is_counted(hub: Hub, network: Network) -> None:
    with (
        network.client() as client,
        client.stream("GET", address(hub).partition("?")[0]) as response,
    ):
        first = next(response.iter_raw())
    (entry,) = network.log.read()
    assert entry.received == len(first)
    assert response.elapsed


def test_many_at_once(hub: Hub, network: Network) -> None:
    for size in range(1, 9):
        hub.files[f"org/name/{size}"] = File(CONTENT[: size * 1000])

    def fetch(size: int) -> None:
        with network.client() as client, purpose(f"part {size}"):
            for _ in range(10):
                client.get(f"{hub.cdn}/0/org/name/{size}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch, range(1, 9)))
    told = facts(network)
    assert len(told) == 80
    assert set(told) == {(server(hub.cdn), f"part {n}", n * 1000) for n in range(1, 9)}


def test_killed(hub: Hub, network: Network, log: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from app.network.client import Network\n"
        "from app.network.connection_log import purpose\n"
        "with Network(Path(sys.argv[1])).client() as client, purpose('to die'):\n"
        "    client.get(sys.argv[2])\n"
    )
    hub.rate = 1e5
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(log), address(hub).partition("?")[0]], cwd=ROOT
    )
    while not hub.sent:
        time.sleep(0.01)
    child.kill()
    child.wait()
    assert facts(network) == [(server(hub.cdn), "to die", 0)]


def test_a_damaged_record(hub: Hub, network: Network, log: Path) -> None:
    assert network.log.read() == []
    log.write_bytes(b"\xff\xfe nonsense\n1\t2\t3\t4\n\n2026-01-01T00:00:00.000+00:00\t0000")
    with network.client() as client, purpose("another"):
        client.head(hub.endpoint)
        assert facts(network) == [(server(hub.endpoint), "another", 0)]
        with client.stream("GET", address(hub).partition("?")[0]) as response:
            log.write_bytes(b"")  # somebody cleared it
            response.read()
    assert log.read_bytes() == b""


def test_a_long_record_has_the_newer_half_of_what_the_local_server_was_asked(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_log, "_LARGEST", 4000)
    records = connection_log.ConnectionLog(log)
    entries = []
    for number in range(200):
        with purpose(f"{SERVED if number % 10 else ''}request {number}"):
            entries.append(records.add("127.0.0.1"))
        assert log.stat().st_size < 6000
    entries[1].end(5)  # nothing of it is left
    entries[-1].end(7)
    kept = records.read()
    own = [each.purpose for each in kept if not each.served]
    assert own == [f"request {number}" for number in range(0, 200, 10)]
    served = [each.purpose for each in kept if each.served]
    every = [f"{SERVED}request {number}" for number in range(200) if number % 10]
    assert 10 < len(served) < 100
    assert served == every[-len(served) :]
    assert [each.purpose for each in kept if each.received] == [f"{SERVED}request 199"]


def test_no_record_no_request(hub: Hub, tmp_path: Path) -> None:
    with Network(tmp_path).client() as client, pytest.raises(LogUnwritable) as told:
        client.get(address(hub))
    assert told.value.filename == str(tmp_path)
    assert hub.sent == 0


# --- Offline ----------------------------------------------------------------------------------


def test_offline(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.offline = True
    opened: list[Any] = []
    with network.client() as client, monkeypatch.context() as patch:
        patch.setattr("socket.socket.connect", lambda *a: opened.append(a))
        patch.setattr("socket.getaddrinfo", lambda *a, **k: opened.append(a))
        with pytest.raises(Offline):
            client.get("https://huggingface.co")
    assert opened == []
    assert network.log.read() == []


def test_offline_before_the_next_hop(hub: Hub, network: Network) -> None:
    def switch(response: httpx2.Response) -> None:
        network.offline = True

    with (
        network.client(follow_redirects=True, event_hooks={"response": [switch]}) as client,
        pytest.raises(Offline),
    ):
        client.head(f"{hub.endpoint}/org/name/resolve/main/m.gguf")
    assert len(network.log.read()) == 1


def test_offline_in_an_answer(hub: Hub, network: Network) -> None:
    with (
        network.client() as client,
        client.stream("GET", address(hub).partition("?")[0]) as response,
    ):
        chunks = response.iter_raw()
        next(chunks)
        network.offline = True
        with pytest.raises(Offline):
            next(chunks)


# --- Others ------------------------------------------------------------------------------------


def test_the_hubs_library_goes_through(hub: Hub, network: Network) -> None:
    hub_client.install(network)
    url = f"{hub.endpoint}/org/name/resolve/main/m.gguf"
    with purpose("of the library"):
        assert huggingface_hub.get_hf_file_metadata(url).size == len(CONTENT)
    assert facts(network) == [(server(hub.endpoint), "of the library", 0)]
    network.offline = True
    with pytest.raises(Offline):
        huggingface_hub.get_hf_file_metadata(url)
    hub_client.uninstall()
    huggingface_hub.get_hf_file_metadata(url)
    huggingface_hub.close_session()
    assert len(network.log.read()) == 1


def test_the_hubs_library_respects_its_own_offline_mode(
    hub: Hub, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    url = f"{hub.endpoint}/org/name/resolve/main/m.gguf"
    hub_client.install(network)
    with pytest.raises(OfflineModeIsEnabled):
        huggingface_hub.get_hf_file_metadata(url)
    hub_client.uninstall()
    with pytest.raises(OfflineModeIsEnabled):
        huggingface_hub.get_hf_file_metadata(url)
    huggingface_hub.close_session()
    assert network.log.read() == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://a.b/c", "https://a.b/d?e", True),
        ("https://a.b/c", "https://a.b:444/c", False),
        ("https://a.b/c", "https://x.a.b/c", False),
        ("https://a.b/c", "http://a.b/c", False),  # without TLS
        ("http://a.b/c", "https://a.b/c", True),
        ("http://a.b:1/c", "http://a.b:1/c", True),
    ],
)
def test_what_is_sent_to_one_server_is_sent_to_no_other(
    first: str, second: str, same: bool
) -> None:
    assert same_server(first, second) is same


def test_a_proxy_of_the_environment(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_address[1]}")
        with network.client() as client:
            client.get("http://somewhere.example/file")
        thread.join()
    assert asked == ["http://somewhere.example/file"]
    assert facts(network) == [("somewhere.example", "unknown", 0)]


def test_there_is_no_other_door() -> None:
    doors = ["httpx2.Client", "httpx2.get", "httpx2.stream", "urllib.request", "http.client"]
    doors += ["import requests", "QNetworkAccessManager", "hf_hub_download", "create_connection"]
    for path in (ROOT / "app").rglob("*.py"):
        if path != ROOT / "app" / "network" / "client.py":
            text = path.read_text(encoding="utf-8")
            assert not [door for door in doors if door + "(" in text or f"import {door}" in text], (
                os.fspath(path)
            )
