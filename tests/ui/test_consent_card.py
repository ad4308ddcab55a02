"""Questions whether a call may run."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit

from app.base.answer_events import Delta, PartAdded, Prompt
from app.base.types import PartKind
from app.formats import Abilities
from app.tools.tool import Call, ConsentReason, Effect, Proposal
from app.tools.tool_events import (
    CallStarted,
    Consent,
    ConsentAsked,
    Decision,
)
from app.ui.conversation.calm_buttons import CalmButtons
from app.ui.conversation.consent_card import ConsentCard, ProposalText
from app.ui.sidebar.chat_model import WAITING
from tests.fakes.tools import calls, says, server
from tests.ui.driver import Fireside, Step, done, said, thought
from tests.ui.test_tool_rows import returned

SHOWN = (("query", "invoice"), ("note\nfolder: /tmp", "a\u202eb\u200b" + "\n" * 40 + "the end"))


def ask(fireside: Fireside, *then: Step, reason: ConsentReason = ConsentReason.FIRST) -> Consent:
    """Ask something in the chat that is shown, about whose call the user is asked."""
    call = Call("1", "functions.files__search", '{"query": "invoice"}')
    proposal = Proposal("mcp:files", call, Effect.READS, "search", "files", "Finds files.", SHOWN)
    limit = reason is ConsentReason.LIMIT
    consent = Consent("q", None if limit else proposal, reason, lasting=not limit)
    delta = Delta(1, call.arguments, PartKind.CALL, call.name, "1")
    fireside.ask(
        "find", Prompt(80, 4096), thought("hm"), delta, ConsentAsked(1, consent), consent, *then,
        said("Done.", 3), done(),
    )  # fmt: skip
    fireside.shows("Go on?" if limit else "Allow “search” from “files”?")
    return consent


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CalmButtons, "CALM_MS", 80)


def let_it_be_answered(fireside: Fireside) -> None:
    """Have the card in sight be one that has been there for `CALM_MS`."""

    def calm() -> list[QTimer]:
        cards = fireside.window.findChildren(CalmButtons)
        return [card._calm for card in cards if card._calm.isActive()]

    fireside.until(calm)
    (timer,) = calm()
    timer.start(0)
    fireside.until(lambda: not timer.isActive())
    timer.setInterval(CalmButtons.CALM_MS)


def test_it_takes_no_focus_and_can_be_answered_after_a_while(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CalmButtons, "CALM_MS", 60_000)
    editor = fireside.window.composer.editor
    result = PartAdded(returned("3 files", count=3))
    consent = ask(fireside, CallStarted(1, Proposal("", Call("1", "", ""), Effect.READS)), result)
    allow = fireside.find(QAbstractButton, "approve")
    assert not allow.isEnabled()
    assert QApplication.focusWidget() is editor
    allow.click()
    QTest.mouseClick(allow, Qt.MouseButton.LeftButton)
    assert consent.decision is None
    assert fireside.find(QLabel, "statusLine").text() == "Waiting for your permission"
    QTest.keyClick(fireside.window, Qt.Key.Key_F6)
    let_it_be_answered(fireside)
    fireside.until(allow.hasFocus)  # as soon as it can be pressed
    assert "(F6)" in allow.toolTip()
    QTest.keyClick(allow, Qt.Key.Key_Space)
    assert consent.decision is Decision.ONCE
    assert QApplication.focusWidget() is editor
    fireside.shows("Done.")
    fireside.idle()
    fireside.find(QAbstractButton, "thought").click()
    assert "files.search “invoice” · 3 results · You allowed this once" in fireside.text()
    assert "Allow “search”" not in fireside.text()


def test_all_of_the_arguments_are_shown_and_cannot_pretend(fireside: Fireside) -> None:
    ask(fireside, reason=ConsentReason.TAINTED)
    text = fireside.find(ProposalText, "proposalText")
    plain = text.document().toPlainText()
    assert plain == "query\ninvoice\nnote folder: /tmp\na⟨U+202E⟩b⟨U+200B⟩⟨40 line breaks⟩\nthe end"
    assert text.verticalScrollBar().value() == 0
    about = fireside.window.findChild(QLabel, "consentAbout")
    assert about
    assert not about.isVisible()
    fireside.find(QAbstractButton, "consentDetails").click()
    fireside.until(about.isVisible)
    assert "Its own description: Finds files." in about.text()
    assert "may be following instructions" in fireside.text()
    fireside.window.chat_area.composer_controller.stop()
    fireside.shows("You stopped this answer.")
    assert "Allow “search”" not in fireside.text()
    assert not [c for c in fireside.window.findChildren(ConsentCard) if c.isVisible()]


def test_each_button_gives_its_answer(fireside: Fireside) -> None:
    for name, decision, words in (
        ("approveAlways", Decision.CHAT, ""),
        ("approveEverywhere", Decision.ALWAYS, ""),
        ("refuse", Decision.REFUSE, "Use the other folder."),
    ):
        consent = ask(fireside)
        field = fireside.find(QLineEdit, "refuseWords")
        field.setText("Use the other folder.")
        button = fireside.find(QAbstractButton, name)
        fireside.until(button.isEnabled)
        QTest.keyClick(field, Qt.Key.Key_Return)  # is no answer
        assert consent.decision is None
        button.click()
        answered: object = consent.decision
        assert (answered, consent.words) == (decision, words)
        fireside.idle()
    consent = ask(fireside, reason=ConsentReason.LIMIT)
    assert "The model has called tools 0 times. Go on?" in fireside.text()
    found = fireside.window.findChildren(QAbstractButton, "approveAlways")
    assert not [button for button in found if button.isVisible()]
    go_on = fireside.find(QAbstractButton, "approve")
    fireside.until(go_on.isEnabled)
    assert go_on.text() == "Go on"
    go_on.click()
    assert consent.decision is Decision.ONCE
    fireside.idle()
    assert "You allowed this once" not in fireside.text()


def test_a_question_in_another_chat_is_told(fireside: Fireside) -> None:
    hold = fireside.hold()
    call = Call("1", "functions.f", "{}")
    consent = Consent(
        "q", Proposal("x", call, Effect.READS, "f", "s"), ConsentReason.FIRST, lasting=True
    )
    delta = Delta(1, "{}", PartKind.CALL, "functions.f", "1")
    fireside.ask(
        "pears", Prompt(80, 4096), thought("hm"), hold, delta, ConsentAsked(1, consent), consent,
        said("Done.", 2), done(),
    )  # fmt: skip
    fireside.shows("hm")
    chat, window = fireside.chat, fireside.window
    told: list[tuple[str, str]] = []
    window.chat_area.consents._notify = lambda *said: told.append(said)
    window.chat_area.consents.in_front = lambda: False
    window.new_chat()
    hold.set()
    fireside.until(window.toast.isVisible)
    assert window.toast.label.text() == "“pears” is waiting for your permission."
    assert told == [("pears", "Waiting for your permission")]
    model = window.sidebar.list.chats
    index = model.index_of(chat)
    assert index.data(WAITING) is True
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "pears, Waiting for your permission"
    QTest.keyClick(window, Qt.Key.Key_F6)
    fireside.shows("Allow “f” from “s”?")
    allow = fireside.find(QAbstractButton, "approve")
    fireside.until(allow.isEnabled)
    allow.click()
    assert index.data(WAITING) is False
    assert not window.toast.isVisible()
    fireside.shows("Done.")


def test_a_decision_for_the_chat_holds(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = server("files", Effect.READS, "search")
    monkeypatch.setattr(fireside.host.tools, "_tools", lambda: [tool])
    monkeypatch.setattr(fireside.backend, "abilities", lambda model: Abilities(tools=True))
    fireside.window.state.tools.refresh()
    fireside.until(
        lambda: [offer.key for offer in fireside.window.state.tools.offers] == ["mcp:files"]
    )
    fireside.window.state.tools.switch("mcp:files", on=True)
    name = "functions.files__search"
    fireside.script(*calls(name, "{}", thinks="hm"))
    fireside.script(*calls(name, '{"a": 1}', at=3))
    fireside.ask("find", *says("Done.", at=5))
    fireside.shows("Allow “files__search” from “files”?")
    allow = fireside.find(QAbstractButton, "approveAlways")
    fireside.until(allow.isEnabled)
    allow.click()
    fireside.shows("Done.")
    fireside.idle()
    assert len(tool.ran) == 2
    chat = fireside.chat
    fireside.window.new_chat()
    fireside.window.open_chat(chat)
    fireside.shows("used files.search twice")
    fireside.find(QAbstractButton, "thought").click()
    rows = [b.text() for b in fireside.window.transcript.findChildren(QAbstractButton, "toolCall")]
    assert [text for text in rows if "You allowed this in this chat" in text] == rows[:1]
