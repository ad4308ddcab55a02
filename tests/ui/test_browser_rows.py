"""Calls of the browser in the transcript, and questions about what is sent to the web."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.base.pages.stored_page import Page, PageKind, StoredDisplay, pack
from app.base.types import Delta, Part, PartAdded, PartKind, Prompt, ResultFacts
from app.tools.browser.policy import ChatFacts, WebVerdict, judge_open, judge_search, web_proposal
from app.tools.tool import Call
from app.tools.tool_events import CallStarted, Consent, ConsentAsked, Decision
from app.ui.conversation.consent_card import ConsentCard, ProposalText
from app.ui.conversation.transcript import Transcript
from app.ui.theme import Theme
from tests.ui.driver import Fireside, done, said, thought
from tests.ui.test_tool_rows import buttons, called, show

RESULTS = """[0] copper
**viewing lines [0 - 7] of 7**

L0:\x20
L1: URL:\x20
L2: # Search Results
L3:\x20
L4:   * 【0†Copper†en.example.org】 Copper is a metal.
L5:   * 【1†Cu†files】"""
READ = """[1] Copper (https://en.example.org/Copper)
**viewing lines [0 - 4] of 9**

L0:\x20
L1: URL: https://en.example.org/Copper
L2: # Copper
L3: It melts at 1,085 °C, see 【0†Melting
L4: point†other.example】."""
PAGE = Page("https://en.example.org/Copper", "Copper", ("", "URL: x"), (), PageKind.PAGE, "web")
SHOWN = pack(StoredDisplay(PAGE, 0, 1), PAGE.title, PAGE.address)
FOUND = pack(StoredDisplay(PAGE, 0, 1), "copper")


def returned(text: str, id: str, function: str, count: int | None = None) -> Part:
    facts = ResultFacts(count=count, source="web")
    return Part(text, PartKind.RESULT, f"browser.{function}", id, facts=facts)


PARTS = (
    Part("I will search.", PartKind.REASONING),
    called('{"query":"copper"}', "1", "browser.search"),
    returned(RESULTS, "1", "search", 2),
    FOUND,
    called('{"id":0}', "2", "browser.open"),
    returned(READ, "2", "open"),
    SHOWN,
    Part("It melts at 1,085 °C."),
)


def test_an_answer_says_what_it_has_read_and_its_rows_show_it_as_text(
    transcript: Transcript,
) -> None:
    show(transcript, *PARTS)
    header = "Thought for 12 s · searched once, read a page · en.example.org"
    assert transcript.plainText() == f"?\n\n{header}\n\nIt melts at 1,085 °C."
    buttons(transcript, "thought")[0].click()
    rows = ["Searched the web for “copper” · 2 results", "Read “Copper” · en.example.org"]
    assert [row.accessibleName() for row in buttons(transcript)] == rows
    for row in buttons(transcript):
        row.click()
    text = transcript.plainText()
    assert "• Copper · en.example.org\n  Copper is a metal.\n• Cu · files\nRead" in text
    read = "https://en.example.org/Copper\n\n# Copper\nIt melts at 1,085 °C, see Melting\npoint."
    assert read in text
    original = buttons(transcript, "rawOutput")[1]
    assert (original.text(), original.accessibleName()) == ("Show original", "Show original")
    original.click()
    assert READ in transcript.plainText()
    assert buttons(transcript, "rawOutput")[1].text() == "Show as text"
    buttons(transcript, "rawOutput")[1].click()
    assert read in transcript.plainText()


def test_a_row_without_a_page_shows_what_was_returned(transcript: Transcript) -> None:
    show(
        transcript,
        called('{"id":"a.example"}', "1", "browser.open"),
        returned("L0: x", "1", "open"),
    )
    buttons(transcript)[0].click()
    assert "Read a.example" in transcript.plainText()
    assert "L0: x" in transcript.plainText()
    assert not buttons(transcript, "rawOutput")


# --- Questions --------------------------------------------------------------------------------


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConsentCard, "CALM_MS", 80)


def ask(fireside: Fireside, verdict: WebVerdict) -> Consent:
    """Ask something in the chat that is shown, about whose call the user is asked."""
    call = Call("1", "browser.open", '{"id": "…"}')
    proposal = web_proposal(call, verdict)
    assert verdict.reason
    consent = Consent("q", proposal, verdict.reason, lasting=verdict.lasting)
    delta = Delta(1, call.arguments, PartKind.CALL, call.name, "1")
    fireside.ask(
        "find", Prompt(80, 4096), thought("hm"), delta, ConsentAsked(1, consent), consent,
        CallStarted(1, proposal), PartAdded(returned("ok", "1", "open")), said("Done.", 3), done(),
    )  # fmt: skip
    fireside.until(lambda: card(fireside))
    return consent


def card(fireside: Fireside) -> ConsentCard | None:
    cards = fireside.window.findChildren(ConsentCard)
    return next((each for each in cards if each.isVisible()), None)


def label(fireside: Fireside, name: str) -> str:
    """Return the text of a label in the card, empty if it is not shown."""
    shown = card(fireside)
    found = shown.findChild(QLabel, name) if shown else None
    return found.text().replace("\u200b", "") if found and found.isVisible() else ""


def offered(fireside: Fireside) -> dict[str, str]:
    shown = card(fireside)
    assert shown
    stops = [stop for stop in shown.stops() if isinstance(stop, QAbstractButton)]
    return {stop.objectName(): stop.text() for stop in stops if stop.isVisible()}


def decide(fireside: Fireside, consent: Consent, name: str) -> Decision | None:
    button = fireside.find(QAbstractButton, name)
    assert not button.isEnabled()
    button.click()
    assert consent.decision is None
    fireside.until(button.isEnabled)
    button.click()
    fireside.idle()
    return consent.decision


@pytest.mark.usefixtures("calm")
def test_a_question_about_an_address_shows_its_site_and_what_it_sends(fireside: Fireside) -> None:
    address = "https://xn--80ak6aa92e.com/?d=my%20secret%E2%80%AE" + "x" * 1000
    consent = ask(fireside, judge_open(address, ChatFacts()))
    shown = card(fireside)
    assert shown
    assert shown.accessibleName() == "Open a page of xn--80ak6aa92e.com?"
    assert "“аррӏе.com”" in shown.accessibleDescription()
    assert label(fireside, "consentQuestion") == "Open a page of this site?"
    assert label(fireside, "consentSite") == "xn--80ak6aa92e.com"
    assert "“аррӏе.com”" in label(fireside, "consentScript")
    assert label(fireside, "consentReason").startswith("You didn’t type this address")
    text = fireside.find(ProposalText, "proposalText").document().toPlainText()
    assert text == f"Address\n{address}\nSends “d”\nmy secret⟨U+202E⟩" + "x" * 1000
    assert f"Sends “d”: my secret\u202e{'x' * 1000}" in fireside.text()
    assert offered(fireside) == {
        "approve": "Open once",
        "approveAlways": "Always this site in this chat",
        "refuse": "Don’t open",
    }
    words = fireside.find(QLineEdit, "refuseWords")
    assert words.accessibleName() == "Words for the model, sent with “Don’t open”"
    assert decide(fireside, consent, "approveAlways") is Decision.CHAT
    consent = ask(fireside, judge_open("https://a.example/", ChatFacts()))
    assert label(fireside, "consentSite") == "a.example"
    assert not label(fireside, "consentScript")
    assert decide(fireside, consent, "refuse") is Decision.REFUSE


@pytest.mark.usefixtures("calm")
def test_a_question_about_a_search_shows_its_words(fireside: Fireside) -> None:
    verdict = judge_search("4111 1111 1111 1111", ChatFacts(private=True))
    consent = ask(fireside, verdict)
    assert label(fireside, "consentQuestion") == "Search the web for this?"
    assert not label(fireside, "consentSite")
    text = fireside.find(ProposalText, "proposalText").document().toPlainText()
    assert text == "Search words\n4111 1111 1111 1111"
    assert offered(fireside) == {"approve": "Search", "refuse": "Don’t search"}
    assert decide(fireside, consent, "approve") is Decision.ONCE


@pytest.mark.parametrize("width", [220, 900])
def test_a_long_name_of_a_site_is_shown_whole(
    transcript: Transcript, theme: Theme, width: int
) -> None:
    site = ".".join(["paypal-com"] * 20) + ".example"
    shown = ConsentCard(theme, transcript)
    verdict = judge_open(f"https://{site}/", ChatFacts())
    proposal = web_proposal(Call("1", "browser.open", ""), verdict)
    assert verdict.reason
    shown.set_consent(Consent("q", proposal, verdict.reason, lasting=True), 0)
    shown.show()
    shown.resize(width, shown.height_for(width))
    name = shown.findChild(QLabel, "consentSite")
    assert name
    assert name.heightForWidth(name.width()) <= name.height()
    within = [c for c in shown.findChildren(QWidget) if c.parent() is shown and c.isVisible()]
    assert all(child.geometry().right() <= width for child in within)
