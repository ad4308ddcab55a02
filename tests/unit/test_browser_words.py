"""Words about calls of the browser, and about what is sent to the web."""

from __future__ import annotations

import json

import pytest

from app.base.types import Outcome, Part, PartKind, ResultFacts
from app.tools.browser.policy import ChatFacts, judge_open, judge_search, web_proposal
from app.tools.tool import Call, ConsentReason, Effect, Proposal
from app.tools.tool_events import Consent, Decision
from app.wording.browser_words import sending_words, sites_of
from app.wording.server_words import decided_sentence
from app.wording.tool_words import CallPhase, call_label, calls_made, consent_question


def page(title: str, address: str) -> Part:
    return Part(address, PartKind.PAGE, title)


COPPER = page("Copper", "https://www.example.org/copper?x=1")
FOUND = page("Find results for text: `zinc` in `Copper`", "https://example.org/copper")
NOTES = page("My notes", "files:/a/no%20tes.md")


def label(
    function: str,
    arguments: dict[str, object],
    phase: CallPhase = CallPhase.ENDED,
    *,
    shown: Part | None = None,
    **facts: object,
) -> str:
    own = ResultFacts(seconds=2.0, **facts)  # type: ignore[arg-type]
    text = json.dumps(arguments)
    return call_label(f"browser.{function}", text, phase, facts=own, page=shown)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (label("search", {"query": "copper"}, source="files:N", count=5),
         "Searched your files for “copper” · 5 results"),
        (label("search", {"query": "copper"}, source="web", count=1),
         "Searched the web for “copper” · 1 result"),
        (label("search", {"query": "copper"}, source="zim:Wikipedia", count=0),
         "Searched Wikipedia for “copper” · 0 results"),
        (label("search", {"query": "copper"}, CallPhase.RUNNING, source="web"),
         "Searching the web for “copper”…"),
        (label("search", {"query": "copper"}, CallPhase.RUNNING, source="zim:web"),
         "Searching web for “copper”…"),
        (label("search", {}, CallPhase.WRITTEN), "Searching…"),
        (label("search", {"query": "copper"}, CallPhase.ASKED), "Search for “copper”"),
        (label("search", {"query": "a\u202eb”"}, CallPhase.LEFT),
         "Search for “a⟨U+202E⟩b\"” · not run"),
        (label("search", {"query": "x"}, outcome=Outcome.FAILED, source="web"),
         "Search the web for “x” · failed"),
        (label("open", {"id": 0}, shown=COPPER), "Read “Copper” · example.org"),
        (label("open", {"cursor": 2, "loc": 40}, shown=COPPER), "Read more of “Copper”"),
        (label("open", {"id": "0"}, shown=NOTES), "Read “My notes” · no tes.md"),
        (label("open", {"id": 1}, shown=page("Copper", "zim:/Wikipedia/Copper")),
         "Read “Copper” · Wikipedia"),
        (label("open", {"id": 1}, CallPhase.RUNNING), "Opening a page…"),
        (label("open", {"loc": 1}, CallPhase.RUNNING), "Reading on…"),
        (label("open", {"id": "https://evil.example/?d=1"}, CallPhase.RUNNING),
         "Opening evil.example…"),
        (label("open", {"id": "https://evil.example/"}, outcome=Outcome.INVALID),
         "Open evil.example · not available"),
        (label("open", {"id": "https://evil.example@x"}, CallPhase.ASKED), "Open a page"),
        (label("open", {"id": "https://аррӏе.com"}, CallPhase.ASKED), "Open xn--80ak6aa92e.com"),
        (label("find", {"pattern": "zinc"}, shown=FOUND, count=3),
         "Found “zinc” 3 times in “Copper”"),
        (label("find", {"pattern": "zinc"}, shown=FOUND, count=1),
         "Found “zinc” 1 time in “Copper”"),
        (label("find", {"pattern": "zinc"}, shown=FOUND, count=0),
         "Didn’t find “zinc” in “Copper”"),
        (label("find", {"pattern": "zinc"}, count=2), "Found “zinc” 2 times"),
        (label("find", {"pattern": "zinc"}, CallPhase.RUNNING), "Looking for “zinc” in the page…"),
        (call_label("browser.search", "not JSON", CallPhase.LEFT), "Search · not run"),
        (call_label("browser.open", '{"id": [1]}', CallPhase.LEFT), "Open a page · not run"),
    ],
)  # fmt: skip
def test_a_row_says_what_the_browser_does(said: str, expected: str) -> None:
    assert said == expected


def test_a_refused_call_says_so_once() -> None:
    facts = ResultFacts(Outcome.REFUSED)
    said = call_label(
        "browser.open", '{"id": "a.example"}', CallPhase.ENDED, facts=facts,
        decision=Decision.REFUSE,
    )  # fmt: skip
    assert said == "Open a.example · You didn’t allow this"


def test_an_answer_says_how_much_it_has_read() -> None:
    search, read = ("browser.search", None), ("browser.open", COPPER)
    assert calls_made([search]) == "searched once"
    assert calls_made([search, search, read, read]) == "searched twice, read a page"
    many = [search] * 3 + [("browser.open", page(str(n), f"https://a.example/{n}")) for n in "12"]
    assert calls_made([*many, ("browser.open", None)]) == "searched 3 times, read 2 pages"
    assert calls_made([("browser.find", FOUND)]) == "searched a page"
    assert calls_made([search, ("python", None)]) == "searched once, ran Python"
    kinds = [(name, None) for name in ("python", "functions.a__b", "functions.c")]
    assert calls_made([search, *kinds]) == "searched once, 3 tool calls"
    sites = [f"https://{name}.example/" for name in "abbcde"]
    pages = [NOTES, *(page("", site) for site in sites), page("", "zim:/W/a")]
    assert sites_of(pages) == "a.example, b.example, c.example and 3 more"
    assert sites_of(pages[:3]) == "a.example, b.example"


CALL = Call("1", "browser.open", "{}")


def test_a_question_shows_all_that_is_sent_as_it_reads() -> None:
    address = (
        "https://xn--80ak6aa92e.com/note/aHVudGVyMiBpcyBteQ"
        "?d=my%20secret%E2%80%AEx&key=68756e7465723220&flag"
    )
    words = sending_words(web_proposal(CALL, judge_open(address, ChatFacts())))
    assert words
    assert words.site == "xn--80ak6aa92e.com"
    assert "“аррӏе.com”" in words.note
    assert words.shown == (
        ("Address", address),
        ("Sends “d”", "my secret\u202ex"),
        ("Sends “key”", "68756e7465723220"),
        ("“68756e7465723220” decoded", "hunter2 "),
        ("Sends “flag”", "flag"),
        ("“aHVudGVyMiBpcyBteQ” decoded", "hunter2 is my"),
    )
    assert (words.once, words.refuse) == ("Open once", "Don’t open")


def test_a_question_about_a_search_shows_its_words() -> None:
    proposal = web_proposal(CALL, judge_search("notes aHVudGVyMiBpcyBteQ", ChatFacts(private=True)))
    words = sending_words(proposal)
    assert words
    assert words.shown == (
        ("Search words", "notes aHVudGVyMiBpcyBteQ"),
        ("“aHVudGVyMiBpcyBteQ” decoded", "hunter2 is my"),
    )
    assert (words.site, words.once, words.refuse) == ("", "Search", "Don’t search")
    consent = Consent("1", proposal, ConsentReason.QUERY, lasting=False)
    assert consent_question(consent, 0) == "Search the web for this?"


def test_what_was_decided_about_a_site_names_it() -> None:
    function = web_proposal(CALL, judge_open("https://www.a.example/", ChatFacts())).function
    assert decided_sentence("chat", "web", function, "Metals") == (
        "Open a.example: Always in “Metals”"
    )
    assert decided_sentence("never", "files", "open a", "") == "files · open a: Never"


def test_other_proposals_are_asked_about_as_ever() -> None:
    for proposal in (
        None,
        Proposal("mcp:web", CALL, Effect.READS, "open", "web", shown=(("address", "https://a.b"),)),
        Proposal("web", CALL, Effect.READS, "open", shown=(("address", "https://a@b"),)),
        Proposal("web", CALL, Effect.READS, "find"),
    ):
        assert sending_words(proposal) is None
