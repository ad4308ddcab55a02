"""The source ``web``: search engines by their published answers, and sentences for what fails."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from app.base.answer_events import PartAdded
from app.base.errors import Cancelled, Offline
from app.base.pages.displays import displays_of
from app.base.secrets import Secrets
from app.base.types import Message, Part, Request, Role
from app.network.client import Network
from app.network.connection_log import LogUnwritable
from app.network.fetched import FetchedPage, ServiceAnswer, ServiceRequest
from app.network.page_client import PageClient
from app.network.page_faults import (
    AddressUnusable,
    CertificateRefused,
    HostSilent,
    HostUnreachable,
    NameUnknown,
    NoNetwork,
    PageFault,
    RedirectRefused,
)
from app.tools.browser.browser import Browser
from app.tools.browser.source import Hit, PageText, Redirected, Source, SourceFault
from app.tools.browser.web import web_source
from app.tools.browser.web.kept_keys import KeptKeys
from app.tools.browser.web.provider import SearchRefusal, SearchRefused, plain
from app.tools.browser.web.providers import PROVIDERS, provider_of
from app.tools.browser.web.web_faults import search_sentence
from app.tools.browser.web.web_options import SECRETS, WebOptions, searxng_address
from app.tools.browser.web.web_source import WebSource
from app.tools.browser.web.wikipedia import language_of
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool_events import ConsentAsked, Decision
from tests.fakes.browsing import BrowsingModel, MemorySource, open_
from tests.fakes.tools import model
from tests.fakes.web import serving_web
from tests.fakes.web_sites import CASES, EVIL, HARBOUR, SECRET, fill

NEVER = threading.Event()
TIDES = "https://harbour.example/tides"
DEFAULT = WebOptions()


@dataclass
class Fetcher:
    """What answers by hand."""

    answers: list[ServiceAnswer | Exception] = field(default_factory=list)
    pages: list[FetchedPage | Exception] = field(default_factory=list)
    asked: list[ServiceRequest] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def ask(self, request: ServiceRequest, cancel: threading.Event) -> ServiceAnswer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> FetchedPage:
        self.opened.append(address)
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page


class Texts:
    """What takes a page as it is for text."""

    def page(
        self, data: bytes, media_type: str, charset: str, address: str, cancel: threading.Event
    ) -> PageText:
        return PageText(address, "", data.decode(charset or "utf-8"), note="made by hand")


def source(
    fetcher: Fetcher,
    options: WebOptions = DEFAULT,
    keys: Sequence[str] = (),
) -> WebSource:
    return WebSource(lambda: fetcher, Texts, lambda: options, keys.__contains__, "key of {}".format)


def answer(body: bytes, status: int = 200, media_type: str = "application/json") -> ServiceAnswer:
    return ServiceAnswer(status, media_type, body)


def recorded(name: str) -> ServiceAnswer:
    return answer((CASES / f"{name}.json").read_bytes())


def options_of(provider: str) -> WebOptions:
    return WebOptions(provider, searxng_address="http://localhost:8080")


# --- Search engines -----------------------------------------------------------------------------

HITS = {
    "wikipedia": [
        Hit(
            "https://en.wikipedia.org/wiki/Tide",
            "Tide",
            "Rise and fall of the sea level under the gravitational influences of the Moon and the "
            "Sun – Tides are the rise and fall of sea levels & more caused by the Moon",
        ),
        Hit(
            "https://en.wikipedia.org/wiki/Tide_table_(Hamburg)/2026%3F",
            "Tide table (Hamburg)/2026?",
        ),
    ],
    "brave": [Hit(TIDES, "Tides & currents", "The tides of the harbour, hour by hour.")],
    "tavily": [Hit(TIDES, "Tides", "The tides of the harbour, hour by hour.")],
    "exa": [
        Hit(TIDES, TIDES, "High water at noon. … Low water at six."),
        Hit("https://second.example/", "No highlights"),
    ],
    "kagi": [
        Hit(TIDES, "Tides", "The tides of the harbour ..."),
        Hit("https://second.example/", "Second"),
    ],
    "searxng": [Hit(TIDES, "Tides", "The tides of the harbour.")],
}
ASKED = {
    "wikipedia": ("https://en.wikipedia.org/w/rest.php/v1/search/page", "q limit", ""),
    "brave": (
        "https://api.search.brave.com/res/v1/web/search",
        "q count text_decorations",
        "X-Subscription-Token: key of brave_search_key",
    ),
    "tavily": ("https://api.tavily.com/search", "", "Authorization: Bearer key of tavily_key"),
    "exa": ("https://api.exa.ai/search", "", "x-api-key: key of exa_key"),
    "kagi": ("https://kagi.com/api/v1/search", "", "Authorization: Bearer key of kagi_key"),
    "searxng": ("http://localhost:8080/search", "q format", ""),
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_search_engine_is_asked_and_understood(provider: str) -> None:
    fetcher = Fetcher([recorded(provider)])
    found = source(fetcher, options_of(provider)).search(" tides \n today ", 10, NEVER)
    assert found == HITS[provider]
    (request,) = fetcher.asked
    url, params, header = ASKED[provider]
    assert request.url == url
    assert [name for name, _ in request.params] == params.split()
    assert [f"{name}: {value}" for name, value in request.headers] == ([header] if header else [])
    sent = dict(request.params) | json.loads(request.body or b"{}")
    assert sent.get("q", sent.get("query")) == "tides today"
    assert request.inside is (provider == "searxng")


def test_every_engine_is_named_and_has_its_secret() -> None:
    assert next(iter(PROVIDERS)) == "wikipedia"
    assert {each.key: each.secret for each in PROVIDERS.values() if each.secret} == SECRETS
    for each in PROVIDERS.values():
        assert bool(each.site) is bool(each.secret)
        assert each.site.startswith("https://") or not each.site
    assert provider_of("gone").key == "wikipedia"


def test_nothing_found_is_no_fault() -> None:
    empty = {
        "wikipedia": {"pages": []},
        "brave": {"type": "search", "query": {}},
        "tavily": {"results": []},
        "exa": {"results": []},
        "kagi": {"meta": {}, "data": {}},
        "searxng": {"results": [], "unresponsive_engines": []},
    }
    for provider, body in empty.items():
        fetcher = Fetcher([answer(json.dumps(body).encode())] * 2)
        assert source(fetcher, options_of(provider)).search("qqqq", 10, NEVER) == []
        assert len(fetcher.asked) == 1


def test_no_more_results_than_wanted_and_no_query_no_request() -> None:
    assert len(source(Fetcher([recorded("exa")]), options_of("exa")).search("t", 1, NEVER)) == 1
    assert source(Fetcher()).search(" \n ", 5, NEVER) == []


def test_a_long_query_is_cut_at_a_word() -> None:
    fetcher = Fetcher([recorded("wikipedia"), recorded("brave")])
    source(fetcher).search("höher " * 100, 5, NEVER)
    assert len(dict(fetcher.asked[0].params)["q"]) == 299
    source(fetcher, options_of("brave")).search("a b " * 90, 5, NEVER)
    assert len(dict(fetcher.asked[1].params)["q"].split()) == 50


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_page_with_status_200_is_not_nothing(provider: str) -> None:
    """As a CAPTCHA is, which others have read as "0 results"."""
    captcha = answer(b"<!doctype html><title>Are you human?</title>", media_type="text/html")
    with pytest.raises(SourceFault, match="That does not mean that there is nothing"):
        source(Fetcher([captcha]), options_of(provider)).search("tides", 5, NEVER)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_of_another_form_is_a_sentence(provider: str) -> None:
    for body in (
        b"[]",
        b"{}",
        b"null",
        b'{"results": 5, "data": [], "pages": {"a": 1}}',
        b'{"type": "other"}',
        b'{"type": "search", "web": {"results": [1]}, "results": [1], "pages": [1],'
        b'"data": {"search": 5}}',
        b"[" * 100_000,
    ):
        with pytest.raises(SourceFault) as caught:
            source(Fetcher([answer(body)]), options_of(provider)).search("tides", 5, NEVER)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("provider", "status", "words"),
    [
        ("brave", 401, "Brave Search does not accept the key. The user can change that"),
        ("brave", 422, "Brave Search does not accept the key"),
        ("kagi", 403, "Kagi does not accept the key"),
        ("exa", 402, "paid for at Exa is used up"),
        ("tavily", 432, "paid for at Tavily is used up"),
        ("tavily", 433, "paid for at Tavily is used up"),
        ("brave", 429, "gets too many requests"),
        ("wikipedia", 429, "gets too many requests"),
        ("wikipedia", 403, "answered with a web page instead of results"),
        ("searxng", 403, "“  formats: [html, json]”"),
        ("searxng", 429, "gets too many requests"),
        ("exa", 500, "trouble of its own"),
        ("kagi", 418, "does not understand (status 418)"),
    ],
)
def test_a_refusal_is_a_sentence(provider: str, status: int, words: str) -> None:
    with pytest.raises(SourceFault) as caught:
        source(Fetcher([answer(b"", status)]), options_of(provider)).search("tides", 5, NEVER)
    assert words in str(caught.value)


def test_engines_that_are_silent_and_addresses_that_moved() -> None:
    body = {"results": [], "unresponsive_engines": [["google", "CAPTCHA"], ["bing", "timeout"]]}
    moved = replace(answer(b"", 301), moved="https://search.example/")
    fetcher = Fetcher([answer(json.dumps(body).encode()), moved])
    web = source(fetcher, options_of("searxng"))
    with pytest.raises(SourceFault, match=r"google \(CAPTCHA\), bing \(timeout\)\. That does not"):
        web.search("tides", 5, NEVER)
    with pytest.raises(SourceFault, match=r"is now at https://search\.example/"):
        web.search("tides", 5, NEVER)


@pytest.mark.parametrize(
    "fault",
    [
        Offline(),
        LogUnwritable(28, "No space left on device"),
        NoNetwork(),
        NameUnknown("x"),
        HostSilent(),
        HostUnreachable("Connection refused"),
        CertificateRefused("self-signed certificate"),
        AddressUnusable("host"),
    ],
)
def test_what_cannot_be_reached_is_a_sentence(fault: Exception) -> None:
    assert isinstance(fault, PageFault | Offline | LogUnwritable)
    web = source(Fetcher([fault], [fault]))
    with pytest.raises(SourceFault) as searched:
        web.search("tides", 5, NEVER)
    with pytest.raises(SourceFault) as opened:
        web.open("https://harbour.example/", NEVER, lambda address: True)
    for caught in (searched, opened):
        assert caught.value.__cause__ is fault
        assert str(caught.value).endswith(".")


def test_every_refusal_has_its_own_sentence() -> None:
    said = {search_sentence(SearchRefused(why), PROVIDERS["exa"], "h") for why in SearchRefusal}
    assert len(said) == len(SearchRefusal)


def test_searches_wait_for_each_other_and_can_be_stopped() -> None:
    begun, release, stop = threading.Event(), threading.Event(), threading.Event()

    class Slow(Fetcher):
        def ask(self, request: ServiceRequest, cancel: threading.Event) -> ServiceAnswer:
            begun.set()
            release.wait(60)
            return recorded("wikipedia")

    web = source(Slow())
    thread = threading.Thread(target=web.search, args=("tides", 5, NEVER))
    thread.start()
    begun.wait(60)
    stop.set()
    with pytest.raises(Cancelled):
        web.search("tides", 5, stop)
    release.set()
    thread.join()


# --- Wikipedia's languages ----------------------------------------------------------------------


def test_the_language_follows_the_script_or_the_window() -> None:
    for query, language in {
        "tides": "de",
        "Höhenlinien": "de",
        "приливы": "ru",
        "припливи і відпливи": "uk",
        "潮汐": "zh",
        "𠀋 字": "zh",
        "潮の満ち引き": "ja",
        "조석": "ko",
        "المد والجزر": "ar",
        "چرخش پژواک": "fa",
        "παλίρροια": "el",
        "גאות": "he",
        "ज्वार": "hi",
        "น้ำขึ้นน้ำลง": "th",
        "🌊": "de",
    }.items():
        assert language_of(query, "de") == language, query
    assert language_of("tides", "pt_BR") == "pt"
    assert language_of("tides", "../evil") == "en"


def test_what_is_not_in_one_language_is_sought_in_english() -> None:
    fetcher = Fetcher([answer(b'{"pages": []}'), recorded("wikipedia")])
    found = source(fetcher, WebOptions(language="de")).search("tides", 5, NEVER)
    hosts = [each.url.split("/")[2] for each in fetcher.asked]
    assert hosts == ["de.wikipedia.org", "en.wikipedia.org"]
    assert found[0].address == "https://en.wikipedia.org/wiki/Tide"


def test_results_are_plain_text() -> None:
    assert plain("a <b>bold</b>\n  1 &lt; 2 <script>") == "a bold 1 < 2"
    assert plain("x < y and y > z") == "x < y and y > z"
    assert plain(None) == plain(5) == ""


# --- Options ------------------------------------------------------------------------------------


def test_why_it_cannot_be_used() -> None:
    fetcher = Fetcher()
    assert source(fetcher).unavailable == ""
    assert source(fetcher, WebOptions(offline=True)).unavailable == "offline"
    assert source(fetcher, WebOptions("brave")).unavailable == "no key"
    assert source(fetcher, WebOptions("brave"), ["brave_search_key"]).unavailable == ""
    assert source(fetcher, WebOptions("searxng")).unavailable == "no address"
    assert source(fetcher, options_of("searxng")).unavailable == ""
    assert source(fetcher, WebOptions("gone")).unavailable == ""


def test_addresses_of_searxng() -> None:
    for text, address in {
        "": "",
        " localhost:8080 ": "http://localhost:8080",
        "127.0.0.1:8888/search": "http://127.0.0.1:8888",
        "searx.example": "https://searx.example",
        "http://searx.example/searxng/": "http://searx.example/searxng",
        "https://searx.example/search?q=x#y": "https://searx.example",
        "[::1]:8080": "http://[::1]:8080",
    }.items():
        assert searxng_address(text) == address, text
    for text in (
        "ftp://x",
        "http://",
        "http://u:p@x",
        "http://x:0",
        "http://x:y",
        "a b",
        "http://[",
    ):
        assert searxng_address(text) is None, text


def test_keys_are_asked_for_once_and_again_when_they_change(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    keys = KeptKeys(secrets)
    assert not keys.has("exa_key")
    assert keys.get("exa_key") == ""
    secrets.path.write_text('{"exa_key": {"value": "one"}}')
    os.utime(secrets.path, ns=(1, 1))
    assert keys.has("exa_key")
    assert keys.get("exa_key") == "one"
    secrets.path.write_text('{"exa_key": {"value": "two"}}')
    os.utime(secrets.path, ns=(1, 1))
    assert keys.get("exa_key") == "one"  # not read again
    os.utime(secrets.path, ns=(2, 2))
    assert keys.get("exa_key") == "two"


def test_without_its_key_nothing_is_sent() -> None:
    fetcher = Fetcher()
    for key in ("", "schlüssel", "a\nX-Other: b"):
        kept = {"kagi_key": key}
        web = WebSource(lambda: fetcher, Texts, lambda: WebOptions("kagi"), bool, kept.__getitem__)
        with pytest.raises(SourceFault, match="The key of Kagi is not there"):
            web.search("tides", 5, NEVER)
    assert fetcher.asked == []


# --- Pages --------------------------------------------------------------------------------------


def test_which_addresses_it_has() -> None:
    web: Source = source(Fetcher())
    assert web.has("HTTPS://x.example")
    for address in ("files:/a.md", "zim:x/y", "ftp://x", "x.example", ""):
        assert not web.has(address)


def test_a_page_is_read_and_a_cut_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_source, "_APART_S", 0)
    page = FetchedPage("https://b.example/", "text/html", "latin-1", b"caf\xe9", False)
    fetcher = Fetcher(pages=[page, replace(page, cut=True), RedirectRefused("https://c.example/")])
    web = source(fetcher)
    text = web.open("https://a.example/", NEVER, lambda address: True)
    assert text == PageText("https://b.example/", "", "café", note="made by hand")
    text = web.open("https://a.example/", NEVER, lambda address: True)
    assert text.note == "made by hand The page is longer than what was fetched."
    with pytest.raises(Redirected) as caught:
        web.open("https://a.example/", NEVER, lambda address: True)
    assert caught.value.address == "https://c.example/"


def test_a_pdf_that_was_cut_is_not_read() -> None:
    page = FetchedPage("https://b.example/", "application/pdf", "", b"%PDF", True)
    with pytest.raises(SourceFault, match="too large"):
        source(Fetcher(pages=[page])).open("https://a.example/", NEVER, lambda address: True)


def test_four_pages_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    clock = [100.0]

    class Cancel(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout
            assert timeout <= 0.05
            waited.append(timeout)
            clock[0] += timeout
            return False

    class Clock:
        monotonic = staticmethod(lambda: clock[0])

    monkeypatch.setattr(web_source, "time", Clock)
    page = FetchedPage("https://b.example/", "text/html", "", b"", False)
    web = source(Fetcher(pages=[page] * 9))
    for _ in range(9):
        web.open("https://a.example/", Cancel(), lambda address: True)
    assert sum(waited) == pytest.approx(2)
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Cancelled):
        web.open("https://a.example/", stopped, lambda address: True)


def test_what_a_page_becomes_later_changes_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_source, "_APART_S", 0)
    address = "https://site.example/"
    first = FetchedPage(address, "text/plain", "", b"It is new.", False)
    later = replace(first, data=b"It is old.")
    web = source(Fetcher(pages=[first, later]))
    tools = Registry(Browser(lambda: (web,)).tools)
    request = Request(
        model(), (Message(Role.USER, (Part(address),)),), tools=tools.declared(["web"])
    )
    steps = (open_(address), open_(address), open_(cursor=0), "Done.")
    events = ToolLoop(BrowsingModel(*steps), tools).stream(request, NEVER)
    parts = tuple(event.part for event in events if isinstance(event, PartAdded))
    shown = displays_of([Message(Role.ASSISTANT, parts)])
    texts = ["\n".join(each.page.lines) for each in shown]
    assert ["new" in text for text in texts] == [True, False, True]


@pytest.mark.parametrize("fails", [True, False])
def test_twenty_pages_an_answer(*, fails: bool) -> None:
    """Those that failed count, scrolling and what was read before do not."""
    addresses = [f"https://site{number}.example/" for number in range(22)]
    pages = [] if fails else [PageText(each, "A page", f"The text of {each}") for each in addresses]
    web = MemorySource("web", "web", pages)
    tools = Registry(Browser(lambda: (web,)).tools)
    steps = [
        step
        for each in addresses
        for step in ([open_(each)] if fails else [open_(each), open_(loc=1)])
    ]
    request = Request(
        model(),
        (Message(Role.USER, (Part(" ".join(addresses)),)),),
        tools=tools.declared(["web"]),
    )
    for event in ToolLoop(BrowsingModel(*steps, "Done."), tools).stream(request, NEVER):
        if isinstance(event, ConsentAsked):
            event.consent.decide(Decision.ONCE)  # to go on
    assert [address for _, address in web.asked] == addresses[:20]


# --- The whole way ------------------------------------------------------------------------------


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path / "connections.log")


def test_every_engine_over_a_real_connection(network: Network) -> None:
    with serving_web() as web:
        fill(web)
        client = PageClient(lambda: network, lambda: False)
        for provider in PROVIDERS:
            options = WebOptions(provider, searxng_address="http://searx.example")
            found = WebSource(lambda: client, Texts, partial(replace, options), bool, str).search(
                "tides & 潮汐", 5, NEVER
            )
            assert found
        assert all(each.secure for each in web.requests if each.host != "searx.example")
        assert {each.purpose for each in network.log.read()} == {"search the web"}
        assert not any("tides" in line for line in network.log.path.read_text().splitlines())
        page = WebSource(lambda: client, Texts, WebOptions, bool, str).open(
            f"http://{HARBOUR}/old", NEVER, lambda address: True
        )
        assert page.address == f"http://{HARBOUR}/tides"
        assert "high water" in page.text
        assert not any(EVIL in each.host or SECRET in each.path for each in web.requests)
