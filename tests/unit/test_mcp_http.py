"""MCP servers over HTTP: what goes through the guarded client, and signing in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpcore2
import httpx2
import pytest

from app.base.errors import (
    FiresideError,
    McpServerAddressRefused,
    McpServerFlooding,
    McpServerSignInFailed,
    McpServerUnreachable,
    Offline,
)
from app.base.secrets import Secrets
from app.base.types import Outcome
from app.network import guarded_transport, watched_socket
from app.network.connection_log import ConnectionLog
from app.tools.mcp import streamable_http
from app.tools.mcp.server_status import McpServerState
from app.tools.mcp.servers import Server
from app.tools.mcp.service import McpServers
from app.tools.mcp.system_browser import SystemBrowser, secret_name
from app.tools.mcp.wire import Wire
from tests.fakes.mcp_http import serving
from tests.unit.test_mcp import PATIENCE_S, run, servers, tool_of


def follow(address: str) -> None:
    """Agree to all, as a browser in which the user is signed in."""

    def fetch() -> None:
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as page:
            assert b"Signed in." in page.read()

    threading.Thread(target=fetch).start()


def start(found: McpServers) -> None:
    found.start("files").result(PATIENCE_S)


def refused(found: McpServers) -> FiresideError:
    with pytest.raises(FiresideError) as caught:
        start(found)
    return caught.value


def test_a_server_is_called_and_logged(tmp_path: Path) -> None:
    with serving() as http:
        server = Server("files", url=http.url, headers=(("X-Key", "${env:HOME}"),))
        with servers(tmp_path, server) as found:
            start(found)
            result = run(tool_of(found), "echo", text="привет")
            assert result.text == f"{{'text': 'привет'}} {Path.home()}"
    entries = ConnectionLog(tmp_path / "connections.log").read()
    assert len(entries) == len(http.requests)  # every one of them
    assert {each.host for each in entries} == {urllib.parse.urlsplit(http.url).netloc}
    assert {each.purpose for each in entries} == {"MCP files", "MCP files: call echo"}
    assert all(each.received for each in entries if each.purpose.endswith("echo"))


def test_what_a_server_does_costs_a_sentence(tmp_path: Path) -> None:
    with serving() as http:
        server = Server("files", url=http.url)
        with servers(tmp_path, server, call_s=0.3) as found:
            start(found)
            assert run(tool_of(found), "slow").text == "The server did not answer within 0.3 s."
    with serving() as http, servers(tmp_path, replace(server, url=http.url)) as found:
        start(found)
        tool = tool_of(found)
        cancel = threading.Event()
        threading.Timer(0.1, cancel.set).start()
        assert run(tool, "slow", cancel).facts.outcome is Outcome.STOPPED
        assert run(tool, "echo").text == "{}"
        http.session = "session2"  # as after a restart
        assert run(tool, "echo").text == "The server has ended."
        assert run(tool, "echo").text == "{}"


def test_an_answer_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamable_http, "_LONGEST_ANSWER", 1 << 20)
    with serving() as http, servers(tmp_path, Server("files", url=http.url)) as found:
        start(found)
        assert run(tool_of(found), "huge").text == "The server sent far too much, and was ended."
        status = found.all()[0]
        assert isinstance(status.error, McpServerFlooding)


def test_offline_nothing_is_sent(tmp_path: Path) -> None:
    with serving() as http, servers(tmp_path, Server("files", url=http.url)) as found:
        start(found)
        found.set_offline(True)
        deadline = time.monotonic() + PATIENCE_S
        while http.requests[-1][0] != "DELETE" and time.monotonic() < deadline:
            time.sleep(0.01)  # the session's end is the last of what was begun before
        assert found.all()[0].state is McpServerState.READY
        before = list(http.requests)
        assert isinstance(refused(found), Offline)
        assert run(tool_of(found), "echo").facts.outcome is Outcome.REFUSED
        assert http.requests == before


def test_addresses_that_are_refused(tmp_path: Path) -> None:
    plain = Server("files", url="http://example.org/mcp")
    with servers(tmp_path, plain) as found:
        error = refused(found)
        assert isinstance(error, McpServerAddressRefused)
        assert error.host == "example.org"
        found.put(Server("files", url="http://127.0.0.1:1/mcp")).result(PATIENCE_S)
        pin = found.review("files").result(PATIENCE_S).start.pin
        found.approve("files", pin).result(PATIENCE_S)
        assert isinstance(refused(found), McpServerUnreachable)


def test_a_redirect_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    with serving() as other, serving() as http:
        http.redirect = other.url
        with servers(tmp_path, Server("files", url=http.url)) as found:
            assert "not followed" in str(refused(found))
        assert other.requests == []


# --- Signing in ---------------------------------------------------------------------------------


def test_the_user_signs_in_once(tmp_path: Path) -> None:
    opened: list[str] = []

    def browse(address: str) -> None:
        opened.append(address)
        follow(address)

    with serving(tokens=True) as http:
        server = Server("files", url=http.url)
        with servers(tmp_path) as found:
            found.set_browser(SystemBrowser(browse, "Signed in."))
            found.put(server).result(PATIENCE_S)
            pin = found.review("files").result(PATIENCE_S).start.pin
            found.approve("files", pin).result(PATIENCE_S)
            start(found)
            assert run(tool_of(found), "echo").text == "{}"
        assert len(opened) == 1
        logged = {each.purpose for each in ConnectionLog(tmp_path / "connections.log").read()}
        assert logged == {"MCP files", "MCP files: call echo"}
        kept = json.loads(Secrets(tmp_path).get(secret_name("files")) or "")
        assert (kept["url"], kept["tokens"]["access_token"]) == (http.url, "token1")
        for file in tmp_path.iterdir():
            if file.is_file() and file.name != "secrets.json":
                assert "token1" not in file.read_text(encoding="utf-8"), file

        kept["expires"] = 1.0  # long ago
        Secrets(tmp_path).set(secret_name("files"), json.dumps(kept))
        http.requests.clear()
        with servers(tmp_path) as found:  # it is renewed, without a browser
            start(found)
            assert run(tool_of(found), "echo").text == "{}"
        assert "/token" in http.paths()
        assert "/register" not in http.paths()
        assert http.valid == {"token2"}

        with serving(tokens=True) as other, servers(tmp_path) as found:
            # Another server of the same name.
            found.put(Server("files", url=other.url)).result(PATIENCE_S)
            pin = found.review("files").result(PATIENCE_S).start.pin
            found.approve("files", pin).result(PATIENCE_S)
            assert isinstance(refused(found), McpServerSignInFailed)
            assert not any(path == "/token" for path in other.paths())
            found.remove("files").result(PATIENCE_S)
        assert Secrets(tmp_path).get(secret_name("files")) is None


def test_only_the_right_answer_of_the_browser_counts(tmp_path: Path) -> None:
    answers: list[int] = []

    def browse(address: str) -> None:
        def fetch() -> None:
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
            back = query["redirect_uri"]
            for wrong in (f"{back}?code=evil&state=guessed", back.replace("callback", "other")):
                try:
                    urllib.request.urlopen(wrong, timeout=PATIENCE_S).close()
                except urllib.error.HTTPError as error:
                    answers.append(error.code)
                    error.close()
            follow(address)

        threading.Thread(target=fetch).start()

    with serving(tokens=True) as http, servers(tmp_path, Server("files", url=http.url)) as found:
        found.set_browser(SystemBrowser(browse, "Signed in."))
        start(found)
        assert answers == [404, 404]
        assert run(tool_of(found), "echo").text == "{}"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"issuer": "http://127.0.0.1:1"}, McpServerSignInFailed),
        ({"authorization_endpoint": "http://evil.example/"}, McpServerAddressRefused),
        ({"authorization_servers": ["http://evil.example/"]}, McpServerAddressRefused),
        ({"resource": "https://other.example/"}, McpServerSignInFailed),
    ],
)
def test_metadata_that_mislead(
    tmp_path: Path, metadata: dict[str, object], error: type[FiresideError]
) -> None:
    opened: list[str] = []
    with serving(tokens=True) as http, servers(tmp_path, Server("files", url=http.url)) as found:
        http.metadata = metadata
        found.set_browser(SystemBrowser(opened.append, ""))
        assert isinstance(refused(found), error)
        assert opened == []


def test_a_public_server_leads_to_no_private_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if 127.0.0.1 were on the internet, and localhost at home."""
    monkeypatch.setattr(streamable_http, "is_public", lambda address: address == "127.0.0.1")
    real = watched_socket.resolve

    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.2"] if host == "localhost" else real(host, port)

    monkeypatch.setattr(watched_socket, "resolve", resolve)
    with serving(tokens=True) as public, serving(tokens=True) as private:
        public.metadata = {"authorization_servers": [f"http://localhost:{private.server_port}"]}
        with servers(tmp_path, Server("files", url=public.url)) as found:
            error = refused(found)
            assert isinstance(error, McpServerAddressRefused)
            assert error.host == "localhost"
        assert private.requests == []


def test_a_name_that_changes_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what is connected to is what was checked, in the same step."""
    outside, inside = "151.101.0.1", "127.0.0.1"
    names = {
        "mcp.example": [[outside], [inside]],
        "sign-in.example": [[outside], [outside, inside]],
        "localhost": [[inside], [outside]],
    }
    dialled: list[str] = []

    async def connect(_: object, address: str, *rest: object) -> None:
        dialled.append(address)

    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: names[host].pop(0))
    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)

    async def work(url: str, *hosts: str) -> list[str]:
        rule = streamable_http._Addresses(Server("files", url=url))
        backend = guarded_transport._AsyncBackend(rule.judge)
        refused = []
        for host in hosts:
            try:
                await backend.connect_tcp(host, 443)
            except McpServerAddressRefused as error:
                refused.append(error.host)
        return refused

    hosts = ("mcp.example", "sign-in.example", "sign-in.example", "mcp.example")
    assert asyncio.run(work("https://mcp.example/", *hosts)) == ["sign-in.example", "mcp.example"]
    assert dialled == [outside, outside]
    assert asyncio.run(work("http://localhost/", "localhost", "localhost")) == ["localhost"]
    assert dialled == [outside, outside, inside]


def test_a_server_is_reached_though_an_address_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of IPv6 is on many networks. What comes late is closed."""
    monkeypatch.setattr(guarded_transport, "NEXT_ADDRESS_S", 0.02)
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: list("abcd"))
    closed: list[str] = []
    reached = asyncio.Event()

    class Stream(httpcore2.AsyncNetworkStream):
        def __init__(self, address: str) -> None:
            self.address = address

        async def aclose(self) -> None:
            closed.append(self.address)

    async def connect(_: object, address: str, *rest: object) -> Stream:
        match address:
            case "a":
                await asyncio.Event().wait()
            case "b":
                raise httpcore2.ConnectError("refused")
            case "c":
                await reached.wait()
                await asyncio.sleep(0.05)
            case "d":
                reached.set()
        return Stream(address)

    async def anywhere(host: str, addresses: Sequence[str]) -> None:
        pass

    async def work() -> str:
        stream = await guarded_transport._AsyncBackend(anywhere).connect_tcp("x.example", 443)
        async with asyncio.timeout(PATIENCE_S):
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.01)
        assert isinstance(stream, Stream)
        return stream.address

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)
    assert asyncio.run(work()) == "d"
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: ["b", "b"])
    with pytest.raises(httpcore2.ConnectError, match="refused"):
        asyncio.run(work())
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: [])
    with pytest.raises(httpcore2.ConnectError, match="no address"):
        asyncio.run(work())


def test_a_sign_in_that_comes_first_is_not_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "mcp.example": "151.101.0.1",
        "sign-in.example": "10.0.0.1",
        "home.example": "10.0.0.2",
    }
    monkeypatch.setattr(watched_socket, "resolve", lambda host, port: [names[host]])

    async def judged(url: str) -> bool:
        rule = streamable_http._Addresses(Server("files", url=url))
        try:
            await rule.judge("sign-in.example", ["10.0.0.1"])
        except McpServerAddressRefused:
            return False
        return True

    assert not asyncio.run(judged("https://mcp.example/"))
    assert asyncio.run(judged("https://home.example/"))


def test_where_a_proxy_looks_names_up_names_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")

    async def judged(server: str, host: str) -> bool:
        rule = streamable_http._Addresses(Server("files", url=server))
        try:
            await rule.allow_in_browser(httpx2.URL(f"https://{host}/"))
        except McpServerAddressRefused:
            return False
        return True

    for host in ("10.0.0.1", "router", "nas.local", "[fe80::1]"):
        assert not asyncio.run(judged("https://mcp.example/", host)), host
        assert asyncio.run(judged("https://mcp.internal/", host)), host
    assert asyncio.run(judged("https://mcp.example/", "sign-in.example"))


def test_the_clock_stands_still_while_the_user_signs_in() -> None:
    async def work(*, signs_in: bool) -> None:
        wire = Wire()
        user = wire.waiting_for_user() if signs_in else contextlib.AsyncExitStack()
        async with wire.clock(0.05), user:
            await asyncio.sleep(0.1)

    asyncio.run(work(signs_in=True))
    with pytest.raises(TimeoutError):
        asyncio.run(work(signs_in=False))
