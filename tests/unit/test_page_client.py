"""Fetching pages: hostile names and servers, bounds, redirects, and what is sent along.

The first three groups are the cases of the design (33 and 20 more): not one may connect to this
computer, or to an address that was not allowed, and each is refused by a sentence.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import random
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from app.base.errors import Cancelled, Offline
from app.network import page_client, watched_socket
from app.network.client import Network
from app.network.connection_log import LogUnwritable
from app.network.fetched import FetchedPage, ServiceRequest
from app.network.page_client import PageClient
from app.network.page_faults import (
    AddressInside,
    AddressUnusable,
    AnswerBroken,
    AnswerUnreadable,
    CertificateRefused,
    HostSilent,
    HostUnreachable,
    NameUnknown,
    NoNetwork,
    PageFault,
    ProxyRefuses,
    ProxyUndecided,
    RedirectRefused,
    StatusRefused,
    TooManyRedirects,
)
from app.network.public_address import is_public, may_be_public
from app.tools.browser.address import AddressInvalid, web_address
from app.tools.browser.web.web_faults import page_sentence
from tests.fakes.web import LocalWeb, Reply, WebHandler, serving_web

PATIENCE_S = 60.0
SITE = "harbour.example"


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalWeb]:
    with serving_web() as web:
        yield web


@pytest.fixture
def web(shared: LocalWeb, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalWeb]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for each in (shared.replies, shared.names):
        each.clear()
    for seen in (shared.requests, shared.looked_up, shared.dialled):
        seen.clear()
    shared.released.clear()
    yield shared
    shared.released.set()


@pytest.fixture
def network(tmp_path: Path, shared: LocalWeb) -> Network:
    return Network(tmp_path / "connections.log")


@pytest.fixture
def client(network: Network) -> PageClient:
    return PageClient(lambda: network, lambda: False)


def get(
    client: PageClient,
    address: str,
    allowed: Callable[[str], bool] = lambda address: True,
    cancel: threading.Event | None = None,
) -> FetchedPage:
    return client.get(address, cancel or threading.Event(), allowed)


def fault_of(client: PageClient, address: str) -> PageFault:
    """Return why a page is not fetched; the sentence about it is whole."""
    with pytest.raises(PageFault) as caught:
        get(client, address)
    sentence = page_sentence(caught.value, "site.example")
    assert sentence.endswith(".")
    assert len(sentence) < 400
    assert sentence != "site.example could not be read."
    return caught.value


# --- Addresses that lead inside -----------------------------------------------------------------

INSIDE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.255.255.254/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://127。0。0。1/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://192.0.0.8/",
    "http://192.0.0.170/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[2001:db8::1]/",
    "http://[5f00::1]/",
]
NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "sub.localhost": ["::1"],
    "inside.example": ["192.168.0.10"],
    "mixed.example": ["151.101.0.9", "10.0.0.1"],
    "mixed6.example": ["2606:4700::1", "::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "scoped.example": ["fe80::1%eth0"],
    "nothing.example": ["0.0.0.0"],
}


def test_addresses_inside_are_refused(web: LocalWeb, client: PageClient) -> None:
    for address in INSIDE:
        assert isinstance(fault_of(client, address), AddressInside), address
    assert web.dialled == []


def test_names_that_lead_inside_are_refused(web: LocalWeb, client: PageClient) -> None:
    for name, addresses in NAMES.items():
        web.names[name.rstrip(".")] = [addresses]
        assert isinstance(fault_of(client, f"https://{name}/"), AddressInside), name
    assert web.dialled == []


def test_a_name_that_changes_leads_nowhere_else(web: LocalWeb, client: PageClient) -> None:
    """It is looked up once for each connection, and that answer is what is connected to."""
    web.put("rebind.example", "/", "<p>outside")
    web.names["rebind.example"] = [["151.101.0.7"], ["127.0.0.1"]]
    assert get(client, "http://rebind.example/").data == b"<p>outside"
    assert isinstance(fault_of(client, "http://rebind.example/"), AddressInside)
    assert web.looked_up == ["rebind.example"] * 2
    assert web.dialled == [("151.101.0.7", 80)]


def test_a_name_that_changes_during_a_redirect(web: LocalWeb, client: PageClient) -> None:
    web.redirect("rebind.example", "/", "/again")
    web.names["rebind.example"] = [["151.101.0.7"], ["169.254.169.254"]]
    assert isinstance(fault_of(client, "http://rebind.example/"), AddressInside)
    assert [each.path for each in web.requests] == ["/"]


def test_public_addresses() -> None:
    for address in ("8.8.8.8", "151.101.1.1", "2606:4700::1111", "2a00:1450:4001:80b::200e"):
        assert is_public(address), address
    for text in ("", "example.com", "999.1.1.1", "127.1"):
        assert not is_public(text), text


# --- Addresses that are not fetched at all ------------------------------------------------------

UNUSABLE = {
    "ftp://site.example/": "scheme",
    "file:///etc/passwd": "scheme",
    "javascript:alert(1)": "scheme",
    "data:text/html,hi": "scheme",
    "gopher://site.example/": "scheme",
    "site.example/path": "scheme",
    "//site.example/": "scheme",
    "": "scheme",
    "http://": "host",
    "http:///path": "host",
    "http:site.example": "host",
    "http://user@site.example/": "user",
    "http://user:password@site.example/": "user",
    "http://example.com\\@127.0.0.1/": "user",
    "http:\\\\site.example/": "user",
    "http://site.example\\path": "user",
    "http://site.example:8080/": "port",
    "http://site.example:22/": "port",
    "http://site.example:0/": "port",
    "http://site.example:99999/": "port",
    "https://site.example:8443/": "port",
    "http://site.example:x/": "host",
    "http://[::1/": "host",
    "http://[fe80::1%25eth0]/": "host",
    "http://exa mple.com/": "host",
    "http://exa\tmple.com/": "host",
    "http://site.example/\r\nHost: other": "host",
    "http://0177.0.0.1/": "host",
    "http://①②⑦.⓪.⓪.①/": "host",
    "http://١٢٧.0.0.1/": "host",
    "http://a%00b.example/": "host",
    "http://" + "a" * 300 + ".example/": "host",
    "http://site.example/" + "a" * 2000: "long",
}


def test_addresses_that_are_not_fetched(web: LocalWeb, client: PageClient) -> None:
    for address, why in UNUSABLE.items():
        fault = fault_of(client, address)
        assert isinstance(fault, AddressUnusable), address
        assert fault.why == why, address
    assert web.looked_up == []


PIECES = (
    "http://", "https://", "HTTP://", "//", "/", "\\", "@", ":", "80", ":443", "?", "#", "%", "%2f",
    "%40", "%00", "..", "./", "a.example", "evil.example", "127.0.0.1", "bücher.example", "。",
    "．", "①", "\u00ad", "\u200b", "ß", "İ", "[::1]", "[", "]", "é", "港", "😀", " ", "\t", "+",
    "&", "=", "0x7f", "www.", ";", "|", "^", "{", '"', "<", "'", "%zz", "%C3", "~", "(", "-", "...",
    "http:",
)  # fmt: skip


def test_what_is_judged_is_what_is_sent() -> None:
    """Two parsers see the same host in every address, also in that of a redirect."""
    chance, seen = random.Random(7), 0
    for _ in range(800):
        begin = chance.choice(("", "http://a.example", "https://bücher.example", "http://"))
        text = begin + "".join(chance.choices(PIECES, k=chance.randint(1, 8)))
        for judged, sent in (of_an_address(text), of_a_redirect(text)):
            assert judged == sent, text
            seen += bool(judged)
    assert seen > 150


def of_an_address(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the rules see in an address, and what is sent when they allow it."""
    try:
        found = web_address(text)
        url = page_client._usable(found.text)
    except (AddressInvalid, AddressUnusable):
        return (), ()
    query = "" if found.query is None else f"?{found.query}"
    sent = (url.scheme, url.raw_host.decode(), url.raw_path.decode())
    return (found.scheme, found.host.strip("[]"), f"{found.path}{query}"), sent


def of_a_redirect(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the host that the rules see in a redirect, and the one that is connected to."""
    try:
        url = page_client._usable(page_client._joined(httpx2.URL("http://a.example/x/y"), text))
        found = web_address(str(url))
    except (AddressInvalid, AddressUnusable):
        return (), ()
    sent = (url.scheme, url.raw_host.decode().rstrip("."))
    return (found.scheme, found.host.strip("[]")), sent


def test_names_of_other_scripts_are_fetched(web: LocalWeb, client: PageClient) -> None:
    web.put("xn--bcher-kva.example", "/%C3%BC?q=%E6%B8%AF", "<p>港")
    found = get(client, "http://bücher.example/ü?q=港#part")
    assert found.address == "http://xn--bcher-kva.example/%C3%BC?q=%E6%B8%AF"
    assert found.data.decode() == "<p>港"


# --- Redirects ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ("http://127.0.0.1/", AddressInside),
        ("http://[::ffff:127.0.0.1]/", AddressInside),
        ("//169.254.169.254/latest", AddressInside),
        ("file:///etc/passwd", AddressUnusable),
        ("javascript:alert(1)", AddressUnusable),
        ("http://user:pw@other.example/", AddressUnusable),
        ("http://other.example:8080/", AddressUnusable),
        ("http://other.example/" + "a" * 2000, AddressUnusable),
        ("http://[", AddressUnusable),
        ("http://127。0。0。1/", AddressInside),
        ("/", TooManyRedirects),
    ],
)
def test_redirects_that_are_not_followed(
    web: LocalWeb, client: PageClient, to: str, fault: type[PageFault]
) -> None:
    web.redirect(SITE, "/", to)
    assert isinstance(fault_of(client, f"http://{SITE}/"), fault)
    assert {each.host for each in web.requests} == {SITE}
    assert len(web.requests) == (6 if fault is TooManyRedirects else 1)


def test_each_redirect_is_asked_about_before_it_is_looked_up(
    web: LocalWeb, client: PageClient
) -> None:
    asked: list[tuple[str, int]] = []

    def allowed(address: str) -> bool:
        asked.append((address, len(web.looked_up)))
        return "evil" not in address

    web.redirect(SITE, "/", "https://second.example/x?y=1", status=301)
    web.redirect("second.example", "/x", "http://evil.example/?d=secret", status=308)
    web.put("evil.example", "/", "got it")
    with pytest.raises(RedirectRefused) as caught:
        get(client, f"http://{SITE}/", allowed)
    assert caught.value.address == "http://evil.example/?d=secret"
    assert asked == [("https://second.example/x?y=1", 1), ("http://evil.example/?d=secret", 2)]
    assert web.looked_up == [SITE, "second.example"]


def test_a_redirect_in_another_script_is_followed(web: LocalWeb, client: PageClient) -> None:
    web.redirect(SITE, "/", "/港?q=ü")
    web.put(SITE, "/%E6%B8%AF?q=%C3%BC", "<p>hi")
    assert get(client, f"http://{SITE}/").data == b"<p>hi"


def test_a_redirect_without_an_address_is_a_status(web: LocalWeb, client: PageClient) -> None:
    web.put(SITE, "/", status=302)
    fault = fault_of(client, f"http://{SITE}/")
    assert isinstance(fault, StatusRefused)


# --- Servers that want to hold us, or to fill the memory ----------------------------------------


def headers(*lines: str, then: bytes = b"") -> Callable[[WebHandler], None]:
    data = "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode() + then

    def act(handler: WebHandler) -> None:
        handler.wfile.write(data)

    return act


def drip(start: bytes, drop: bytes = b"a") -> Callable[[WebHandler], None]:
    def act(handler: WebHandler) -> None:
        handler.wfile.write(start)
        while not handler.server.web.released.wait(0.02):
            handler.wfile.write(drop)

    return act


def endless(handler: WebHandler) -> None:
    headers("Content-Type: text/plain")(handler)
    while not handler.server.web.released.is_set():
        handler.wfile.write(b"a" * 65536)


HELD = {
    "nothing": drip(b"", b""),
    "headers": drip(b"HTTP/1.1 200 OK\r\nX-A: "),
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
    "chunks": drip(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5;"
    ),
    "early hints": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


def test_who_drips_holds_nobody(
    web: LocalWeb, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_client, "_PAGE_S", 0.15)
    for kind, act in HELD.items():
        web.act(SITE, "/", act)
        assert isinstance(fault_of(client, f"http://{SITE}/"), HostSilent), kind


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_call_is_cancelled_while_it_waits(web: LocalWeb, client: PageClient, scheme: str) -> None:
    reached = threading.Event()

    def wait(handler: WebHandler) -> None:
        reached.set()
        handler.server.web.released.wait(PATIENCE_S)

    web.act(SITE, "/", wait)
    cancel = threading.Event()

    def stop() -> None:
        reached.wait(PATIENCE_S)
        cancel.set()

    threading.Thread(target=stop).start()
    with pytest.raises(Cancelled):
        get(client, f"{scheme}://{SITE}/", cancel=cancel)


def test_a_name_that_is_looked_up_for_ever_holds_nobody(
    web: LocalWeb, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, cancel = threading.Event(), threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        cancel.set()
        release.wait(PATIENCE_S)
        return []

    monkeypatch.setattr(watched_socket, "resolve", resolve)
    with pytest.raises(Cancelled):
        get(client, f"http://{SITE}/", cancel=cancel)
    monkeypatch.setattr("app.network.guarded_transport._CONNECT_S", 0.1)
    assert isinstance(fault_of(client, f"http://{SITE}/"), HostSilent)
    release.set()


def test_an_endless_body_is_cut(web: LocalWeb, client: PageClient) -> None:
    web.act(SITE, "/", endless)
    found = get(client, f"http://{SITE}/")
    assert (len(found.data), found.cut) == (3_000_000, True)


def bombs() -> Iterator[tuple[str, bytes]]:
    block = zlib.compressobj(9, wbits=31)
    yield "gzip", b"".join((block.compress(bytes(40 << 20)), block.flush()))
    raw = zlib.compressobj(9, wbits=-15)
    yield "deflate", b"".join((raw.compress(bytes(20 << 20)), raw.flush()))
    yield "gzip", gzip.compress(bytes(1 << 20)) * 20


def test_bombs_are_cut(web: LocalWeb, client: PageClient) -> None:
    for encoding, body in bombs():
        web.put(SITE, "/", body, headers=[("Content-Encoding", encoding)])
        found = get(client, f"http://{SITE}/")
        assert (len(found.data), found.cut) == (3_000_000, True)


def test_compressed_pages_are_read(web: LocalWeb, client: PageClient) -> None:
    text = random.Random(1).randbytes(200_000).hex().encode()
    raw = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": gzip.compress(text),
        "x-gzip": gzip.compress(text[:1000]) + gzip.compress(text[1000:]),
        "deflate": zlib.compress(text),
        "Deflate": raw.compress(text) + raw.flush(),
        "identity": text,
        "": text,
    }
    for encoding, body in bodies.items():
        web.put(SITE, "/", body, headers=[("Content-Encoding", encoding)] if encoding else [])
        found = get(client, f"http://{SITE}/")
        assert found.data == text, encoding
        assert not found.cut, encoding
    web.put(SITE, "/", gzip.compress(text)[:-9000], headers=[("Content-Encoding", "gzip")])
    found = get(client, f"http://{SITE}/")
    assert found.cut
    assert text.startswith(found.data)


PAGE = "Content-Type: text/html"
BROKEN: dict[str, tuple[Callable[[WebHandler], None], type[PageFault]]] = {
    "large header": (headers(PAGE, "X-A: " + "a" * 200_000), AnswerBroken),
    "many headers": (headers(*(f"X-{n}: {'a' * 900}" for n in range(200))), AnswerBroken),
    "no HTTP": (drip(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), AnswerBroken),
    "nothing": (lambda handler: None, AnswerBroken),
    "no type": (headers("Content-Length: 0"), AnswerUnreadable),
    "image": (headers("Content-Type: image/png"), AnswerUnreadable),
    "program": (headers("Content-Type: application/octet-stream"), AnswerUnreadable),
    "brotli": (headers(PAGE, "Content-Encoding: br"), AnswerUnreadable),
    "zstd": (headers(PAGE, "Content-Encoding: gzip, zstd"), AnswerUnreadable),
    "no gzip": (headers(PAGE, "Content-Encoding: gzip", then=b"<html>" * 100), AnswerBroken),
}


def test_answers_that_are_none(web: LocalWeb, client: PageClient) -> None:
    for kind, (act, fault) in BROKEN.items():
        web.act(SITE, "/", act)
        assert isinstance(fault_of(client, f"http://{SITE}/"), fault), kind


def test_a_body_that_breaks_off_is_kept(web: LocalWeb, client: PageClient) -> None:
    web.act(SITE, "/", headers(PAGE, "Content-Length: 100", then=b"<p>half"))
    found = get(client, f"http://{SITE}/")
    assert (found.data, found.cut) == (b"<p>half", True)


def test_a_status_is_a_sentence(web: LocalWeb, client: PageClient) -> None:
    for status in (204, 304, 400, 401, 403, 404, 410, 429, 451, 500, 503):
        web.put(SITE, "/", status=status)
        fault = fault_of(client, f"http://{SITE}/")
        assert isinstance(fault, StatusRefused)
        assert str(status) in page_sentence(fault, SITE)


def test_a_challenge_is_told(web: LocalWeb, client: PageClient) -> None:
    web.put(SITE, "/", "<p>Just a moment", status=403, headers=[("cf-mitigated", "challenge")])
    fault = fault_of(client, f"http://{SITE}/")
    assert "a person is there" in page_sentence(fault, SITE)


# --- Connections --------------------------------------------------------------------------------


def test_a_certificate_of_nobody_is_refused(web: LocalWeb, client: PageClient) -> None:
    web.put(SITE, "/", "<p>hi")
    assert get(client, f"https://{SITE}/").data == b"<p>hi"
    web.names[SITE] = [["151.101.0.77"]]
    web.ports[443], plain = web.ports[80], web.ports[443]
    try:
        assert isinstance(fault_of(client, f"https://{SITE}/"), CertificateRefused)
    finally:
        web.ports[443] = plain


def test_no_name_no_network_and_no_answer(
    web: LocalWeb, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(fault_of(client, "http://unknown.example/"), NameUnknown)
    web.site(SITE)
    errors = {
        OSError(errno.ECONNREFUSED, "Connection refused"): HostUnreachable,
        OSError(errno.ENETUNREACH, "Network is unreachable"): NoNetwork,
    }
    for error, fault in errors.items():

        def dial(address: str, port: int, error: OSError = error) -> socket.socket:
            raise error

        monkeypatch.setattr(watched_socket, "dial", dial)
        assert isinstance(fault_of(client, f"http://{SITE}/"), fault)

    def unanswered(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(watched_socket, "resolve", unanswered)
    assert isinstance(fault_of(client, f"http://{SITE}/"), NoNetwork)


def test_the_first_address_that_answers_is_taken(
    web: LocalWeb, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One leads nowhere, one is silent, one refuses, and the last answers."""
    web.put(SITE, "/", "<p>hi")
    web.names[SITE] = [["2606:4700::1", "151.101.0.1", "151.101.0.2", "151.101.0.3"]]
    real, silent = web.dial, socket.socket()
    silent.bind(("127.0.0.1", 0))

    def dial(address: str, port: int) -> socket.socket:
        match address:
            case "2606:4700::1":
                raise OSError(errno.ENETUNREACH, "Network is unreachable")
            case "151.101.0.1":
                return full
            case "151.101.0.2":
                made = socket.socket()
                made.setblocking(False)
                made.connect_ex(silent.getsockname())  # bound, and not listening
                return made
        return real(address, port)

    full, peer = socket.socketpair()
    full.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:  # until it cannot be written to, as if it were still being connected
            full.send(bytes(65536))
    monkeypatch.setattr(watched_socket, "dial", dial)
    monkeypatch.setattr(watched_socket, "NEXT_ADDRESS_S", 0.05)
    with silent, peer:
        assert get(client, f"http://{SITE}/").data == b"<p>hi"
        assert full.fileno() == -1  # closed
    assert web.dialled == [("151.101.0.3", 80)]


# --- What is sent, and what is logged -----------------------------------------------------------


def test_as_little_as_possible_is_sent(web: LocalWeb, client: PageClient, home: Path) -> None:
    (home / ".netrc").write_text(f"machine {SITE} login me password secret\n")
    web.put(SITE, "/", status=302, headers=[("Location", "/next"), ("Set-Cookie", "id=1; Path=/")])
    web.put(SITE, "/next", "<p>hi", headers=[("Set-Cookie", "id=2")])
    get(client, f"https://{SITE}/")
    get(client, f"https://{SITE}/next")
    assert len(web.requests) == 3
    for request in web.requests:
        assert request.headers.keys() == {
            "host",
            "accept",
            "accept-encoding",
            "connection",
            "user-agent",
        }
        assert request.headers["accept-encoding"] == "gzip, deflate"
        assert request.headers["user-agent"].startswith("Fireside/")


def test_every_request_is_on_record_and_none_goes_out_offline(
    web: LocalWeb, client: PageClient, network: Network
) -> None:
    web.redirect(SITE, "/", "http://second.example/")
    web.put("second.example", "/", "<p>hi")
    get(client, f"http://{SITE}/")
    found = [(each.host, each.purpose, each.received) for each in network.log.read()]
    assert found == [(SITE, "read a web page", 0), ("second.example", "read a web page", 5)]
    network.offline = True
    web.looked_up.clear()
    with pytest.raises(Offline):
        get(client, f"http://{SITE}/")
    assert web.looked_up == []


def test_going_offline_ends_what_waits(web: LocalWeb, client: PageClient, network: Network) -> None:
    def wait(handler: WebHandler) -> None:
        network.offline = True
        handler.server.web.released.wait(PATIENCE_S)

    web.act(SITE, "/", wait)
    with pytest.raises(Offline):
        get(client, f"http://{SITE}/")


def test_what_cannot_be_logged_is_not_fetched(web: LocalWeb, tmp_path: Path) -> None:
    network = Network(tmp_path)  # a folder
    with pytest.raises(LogUnwritable) as caught:
        get(PageClient(lambda: network, lambda: False), f"http://{SITE}/")
    assert "log" in page_sentence(caught.value, SITE)
    assert web.looked_up == []


def test_types_and_charsets(web: LocalWeb, client: PageClient) -> None:
    for number, (header, expected) in enumerate(
        {
            "text/html": ("text/html", ""),
            'Text/HTML; Charset="UTF-8"': ("text/html", "utf-8"),
            "application/pdf": ("application/pdf", ""),
            "application/xhtml+xml;charset=iso-8859-1": ("application/xhtml+xml", "iso-8859-1"),
            "application/feed+json": ("application/feed+json", ""),
            "text/plain; x=y; charset=gb18030": ("text/plain", "gb18030"),
        }.items()
    ):
        web.put(SITE, f"/{number}", b"x", header)
        found = get(client, f"http://{SITE}/{number}")
        assert (found.media_type, found.charset) == expected


def test_a_pdf_may_be_larger(web: LocalWeb, client: PageClient) -> None:
    web.put(SITE, "/", bytes(4_000_000), "application/pdf")
    assert len(get(client, f"http://{SITE}/").data) == 4_000_000


# --- Proxies ------------------------------------------------------------------------------------


def test_neither_a_proxy_nor_the_guard_is_gone_round(
    web: LocalWeb, client: PageClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the user decides, nothing is fetched; then names are judged, and the proxy is used."""
    web.put(SITE, "/", "<p>by the proxy")
    web.site("proxy.example")
    monkeypatch.setenv("http_proxy", "http://proxy.example:80")
    assert isinstance(fault_of(client, f"http://{SITE}/"), ProxyUndecided)
    assert web.looked_up == []

    by_proxy = PageClient(lambda: network, lambda: True)
    monkeypatch.setattr(web, "replies", {(SITE, f"http://{SITE}/"): web.replies[SITE, "/"]})
    assert get(by_proxy, f"http://{SITE}/").data == b"<p>by the proxy"
    assert web.looked_up == ["proxy.example"]
    for host in ("127.0.0.2", "10.0.0.1", "router", "nas.local", "2130706433", "[fd00::1]"):
        assert isinstance(fault_of(by_proxy, f"http://{host}/"), AddressInside)
    assert web.looked_up == ["proxy.example"]

    monkeypatch.setenv("no_proxy", "harbour.example")
    monkeypatch.setattr(web, "replies", {(SITE, "/"): next(iter(web.replies.values()))})
    assert get(client, f"http://{SITE}/").data == b"<p>by the proxy"
    assert web.looked_up == ["proxy.example", SITE]

    monkeypatch.setenv("https_proxy", "https://proxy.example:443")
    monkeypatch.setenv("no_proxy", "")
    assert isinstance(fault_of(by_proxy, f"https://{SITE}/"), ProxyRefuses)
    monkeypatch.setenv("https_proxy", "socks9://proxy.example")
    assert isinstance(fault_of(by_proxy, f"https://{SITE}/"), ProxyRefuses)


def test_a_proxy_passes_tls_on(
    web: LocalWeb, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put(SITE, "/", "<p>safe")
    web.site("proxy.example")
    monkeypatch.setenv("https_proxy", "http://proxy.example:80")
    by_proxy = PageClient(lambda: network, lambda: True)
    assert get(by_proxy, f"https://{SITE}/").data == b"<p>safe"
    assert [(each.method, each.host) for each in web.requests] == [("CONNECT", SITE), ("GET", SITE)]
    assert web.looked_up == ["proxy.example"]
    web.replies["CONNECT", SITE] = Reply(status=403)
    fault = fault_of(by_proxy, f"https://{SITE}/")
    assert isinstance(fault, ProxyRefuses)
    assert "403" in page_sentence(fault, SITE)
    answer = by_proxy.ask(ServiceRequest("https://second.example/x"), threading.Event())
    assert answer.status == 404


def test_names_that_may_be_public() -> None:
    for host in ("example.com", "a.b.c", "xn--bcher-kva.example", "8.8.8.8", "[2606:4700::1]"):
        assert may_be_public(host), host
    for host in ("localhost", "router", "a.localhost.", "x.home.arpa", "0x7f.1", "1.2.3", "::1"):
        assert not may_be_public(host), host


# --- Services -----------------------------------------------------------------------------------


def test_a_service_is_asked_and_may_be_inside(
    web: LocalWeb, client: PageClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put("api.example", "/search", "{}", "application/json", status=429)
    request = ServiceRequest(
        "https://api.example/search", (("q", "a b&ü"),), (("X-Key", "secret"),), b'{"a": 1}'
    )
    answer = client.ask(request, threading.Event())
    assert (answer.status, answer.media_type, answer.data) == (429, "application/json", b"{}")
    (seen,) = web.requests
    assert (seen.method, seen.path, seen.body) == ("POST", "/search?q=a+b%26%C3%BC", b'{"a": 1}')
    assert seen.headers["x-key"] == "secret"
    web.redirect("api.example", "/moved", "http://127.0.0.1/")
    assert client.ask(ServiceRequest("http://api.example/moved"), threading.Event()).status == 302
    assert {each.purpose for each in network.log.read()} == {"search the web"}

    web.names["api.example"] = [["127.0.0.1"]]
    with pytest.raises(AddressInside):
        client.ask(ServiceRequest("http://api.example/search"), threading.Event())
    monkeypatch.setattr(web, "dial", lambda address, port: web.dialled.append((address, port)))
    monkeypatch.setattr(watched_socket, "dial", real_dial)
    port = web.ports[80]
    web.replies["127.0.0.1", "/search"] = web.replies["api.example", "/search"]
    inside = ServiceRequest(f"http://127.0.0.1:{port}/search", inside=True)
    assert client.ask(inside, threading.Event()).status == 429


real_dial = watched_socket.dial


def test_pauses_are_watched() -> None:
    cancel = threading.Event()
    watch = watched_socket.Watch(PATIENCE_S, cancel, lambda: False)
    watch.pause(0.001)
    cancel.set()
    with pytest.raises(Cancelled):
        watch.pause(PATIENCE_S)
    over = watched_socket.Watch(-1, threading.Event(), lambda: False)
    with pytest.raises(HostSilent):
        over.pause(0)
