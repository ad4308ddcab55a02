"""The question whether something may be sent to another computer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton

from app.base.answer_events import Prompt
from app.base.errors import DepartureRefused
from app.base.types import Endpoint, ModelRef, Part, PartKind
from app.engine.backend import ScriptedBackend
from app.engine.router import Router
from app.store import DepartureRow, Store
from app.tools.departure import Departure, DepartureKind
from app.tools.departure_gate import DepartureGate
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import ConsentReason, Effect
from app.tools.tool_events import Consent, Decision, DepartureAsked, Outgoing
from app.ui.choices import Switch
from app.ui.composer.tools_panel import ToolsPanel
from app.ui.conversation.calm_buttons import CalmButtons
from app.ui.conversation.consent_card import ProposalText
from app.ui.conversation.departure_card import DepartureCard
from app.wording.departure_words import (
    always_allowed,
    departure_list,
    departure_question,
    place_name,
)
from tests.fakes.tools import says, server
from tests.ui.driver import Fireside, Step, answer, done, said
from tests.ui.qt import child
from tests.ui.test_consent_card import let_it_be_answered

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

HOST = "gpu.example.org"
THERE = ModelRef(Endpoint("https://gpu.example.org/v1", "gpt-oss-120b"), "gpt-oss-120b")
OUTGOING = Outgoing(
    THERE.origin,
    (
        Departure(DepartureKind.ATTACHMENT, "1", "report\u202e.pdf"),
        Departure(DepartureKind.ATTACHMENT, "2", "notes.md"),
        Departure(DepartureKind.RESULT, "files:Contracts"),
        Departure(DepartureKind.RESULT, "web"),
        Departure(DepartureKind.RESULT, "python"),
        Departure(DepartureKind.RESULT, "mcp:mail"),
        Departure(DepartureKind.TURN, "3", messages=2),
        Departure(DepartureKind.TURN, "4", messages=2),
        Departure(DepartureKind.TURN, "5", host="a.example", messages=1),
    ),
)


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CalmButtons, "CALM_MS", 80)


def ask(fireside: Fireside, *then: Step) -> Consent:
    """Ask something in the chat that is shown, about which the user is asked."""
    consent = Consent("q", None, ConsentReason.DEPARTURE, lasting=True, outgoing=OUTGOING)
    fireside.ask("pears", DepartureAsked(consent), consent, *then)
    fireside.shows(f"Send this to {HOST}?")
    return consent


def test_it_names_what_and_where() -> None:
    assert departure_list(OUTGOING) == (
        ("Attached files", "report⟨U+202E⟩.pdf\nnotes.md"),
        ("Pages", "From “Contracts”\nFrom the web"),
        ("Results of tools", "Python\nmail (MCP)"),
        ("Earlier messages", "4 messages, answered on this computer\n"
         "1 message, answered on a.example"),
    )  # fmt: skip
    assert departure_question(OUTGOING) == f"Send this to {HOST}?"
    unsafe = replace(OUTGOING, origin=f"http://{HOST}:8000")
    assert departure_question(unsafe) == f"Send this to {HOST}:8000 (unencrypted)?"
    for kind, what in (("attachment", "attached files"), ("turn", "earlier messages")):
        row = DepartureRow(None, f"http://{HOST}", kind, "", 0.0)
        assert always_allowed(row) == f"Send {what} to {HOST} (unencrypted)"
    assert place_name("a.example, localhost") == "a.example and this computer"
    many = tuple(Departure(DepartureKind.ATTACHMENT, str(n), f"{n}.txt") for n in range(60))
    ((_, text),) = departure_list(Outgoing(THERE.origin, many))
    assert text.splitlines()[-2:] == ["49.txt", "and 10 more"]


def test_it_takes_no_focus_and_is_answered_by_the_keyboard(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CalmButtons, "CALM_MS", 60_000)
    editor = fireside.window.composer.editor
    consent = ask(fireside, Prompt(80, 4096), said("Done."), done())
    send = fireside.find(QAbstractButton, "departureSend")
    assert not send.isEnabled()
    assert QApplication.focusWidget() is editor
    send.click()
    assert consent.decision is None
    assert fireside.find(QLabel, "statusLine").text() == "Waiting for your permission"
    shown = fireside.find(ProposalText, "proposalText").document().toPlainText()
    assert shown.startswith("Attached files\nreport⟨U+202E⟩.pdf")
    card = fireside.find(DepartureCard, "departureCard")
    assert card.accessibleName() == f"Send this to {HOST}?"
    assert "Earlier messages: 4 messages, answered on this computer" in card.accessibleDescription()
    said_of_it = QAccessible.queryAccessibleInterface(card)
    assert said_of_it.role() is QAccessible.Role.Grouping
    QTest.keyClick(fireside.window, Qt.Key.Key_F6)
    let_it_be_answered(fireside)
    fireside.until(send.hasFocus)
    assert "(F6)" in send.toolTip()
    QTest.keyClick(send, Qt.Key.Key_Space)
    assert consent.decision is Decision.CHAT
    assert QApplication.focusWidget() is editor
    fireside.shows("Done.")
    fireside.idle()
    assert "Send this" not in fireside.text()
    assert not card.isVisible()


@pytest.mark.parametrize(
    ("name", "decision"),
    [("departureAlways", Decision.ALWAYS), ("departureRefuse", Decision.REFUSE)],
)
def test_each_button_gives_its_answer(fireside: Fireside, name: str, decision: Decision) -> None:
    end = DepartureRefused(HOST) if decision is Decision.REFUSE else done()
    consent = ask(fireside, end)
    button = fireside.find(QAbstractButton, name)
    fireside.until(button.isEnabled)
    button.click()
    assert consent.decision is decision
    fireside.idle()
    assert "Send this" not in fireside.text()


def test_a_refusal_says_so_and_offers_what_can_be_done(fireside: Fireside) -> None:
    consent = ask(fireside, DepartureRefused(HOST))
    consent.decide(Decision.REFUSE)
    fireside.shows(f"This wasn’t sent to {HOST}.")
    assert fireside.find(QPushButton, "chooseAnotherModel").isVisible()
    fireside.script(*answer("Pears."))
    fireside.find(QPushButton, "tryAgain").click()
    fireside.shows("Pears.")
    fireside.idle()
    assert [message.role for message in fireside.backend.requests[-1].messages] == ["user"]


def test_the_question_can_be_taken_back_and_stopped(fireside: Fireside) -> None:
    consent = ask(fireside)
    fireside.window.chat_area.composer_controller.stop()
    fireside.idle()
    assert consent.decision is None
    assert "Send this" not in fireside.text()
    assert not [c for c in fireside.window.findChildren(DepartureCard) if c.isVisible()]


def test_the_question_is_taken_back_into_the_composer(fireside: Fireside) -> None:
    ask(fireside)
    press = fireside.find(QPushButton, "withdrawQuestion")
    press.click()
    fireside.until(lambda: fireside.window.composer.editor.toPlainText() == "pears")
    fireside.idle()
    assert not [c for c in fireside.window.findChildren(DepartureCard) if c.isVisible()]


def test_a_question_in_another_chat_is_told_and_found_again(fireside: Fireside) -> None:
    consent = ask(fireside, Prompt(80, 4096), said("Done."), done())
    window, chat = fireside.window, fireside.chat
    window.new_chat()
    window.open_chat(chat)
    fireside.shows(f"Send this to {HOST}?")
    send = fireside.find(QAbstractButton, "departureSend")
    fireside.until(send.isEnabled)
    send.click()
    assert consent.decision is Decision.CHAT
    fireside.shows("Done.")


def elsewhere(fireside: Fireside) -> ScriptedBackend:
    """Have the window ask a model on another computer; return its server."""
    there = ScriptedBackend()
    gate = DepartureGate(there, fireside.stored(lambda store: store.departures))
    host = fireside.host
    host.backend = ToolLoop(Router(fireside.backend, gate), host.tools)
    for part in (host.chats, host.chats._prefiller, host.chats._titles):
        part._backend = host.backend
    fireside.window.state.models.current = THERE
    fireside.window.state.models.changed.emit()
    return there


def test_an_earlier_chat_departs_with_the_first_question(fireside: Fireside) -> None:
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    there = elsewhere(fireside)
    there.scripts = [says("Apples."), says("Plums.")]
    fireside.ask("apples")
    fireside.shows(f"Send this to {HOST}?")
    assert "2 messages, answered on this computer" in fireside.text()
    assert there.requests == []
    always = fireside.find(QAbstractButton, "departureAlways")
    fireside.until(always.isEnabled)
    always.click()
    fireside.shows("Apples.")
    fireside.idle()
    fireside.ask("plums")
    fireside.shows("Plums.")
    fireside.idle()
    hosts = [message.host for message in there.requests[-1].messages]
    assert hosts == ["", "", "", HOST, ""]
    fireside.until(lambda: len(there.prepared) == 2)  # and so for the title
    hosts = [message.host for message in there.prepared[-1].messages]
    assert hosts == ["", "", "", HOST, "", HOST]

    def kept(store: Store) -> list[str]:
        return [always_allowed(row) for row in store.departures.everywhere()]

    assert fireside.stored(kept) == [f"Send earlier messages to {HOST}"]
    window = fireside.window
    window.preferences.open("toolsPage")
    said = fireside.find(QLabel, "permission")
    assert said.text() == f"Send earlier messages to {HOST}"
    fireside.find(QPushButton, "revokePermission").click()
    fireside.until(lambda: fireside.stored(kept) == [])


def test_folders_and_servers_are_off_with_a_model_elsewhere(
    fireside: Fireside,
) -> None:
    python, mail = server("python", Effect.NONE, "run"), server("mail", Effect.READS, "search")
    python.key = "python"
    fireside.host.tools = Registry(lambda: [python, mail])
    tools = fireside.window.state.tools
    tools.refresh()
    fireside.until(lambda: [offer.key for offer in tools.offers] == ["python", "mcp:mail"])
    tools.switch("mcp:mail", on=True)
    assert list(tools.on) == ["python", "mcp:mail"]
    elsewhere(fireside)
    assert list(tools.on) == ["python"]
    fireside.window.chat_area.tools_controller.open()
    panel = child(fireside.window, ToolsPanel, "toolsPanel")
    why = child(panel, QLabel, "toolsElsewhere")
    assert why.isVisible()
    assert why.text().startswith(f"The model runs on {HOST}.")
    switch = child(panel, Switch, "toolOn:mcp:mail")
    assert not switch.isChecked()
    switch.turn(True)
    assert list(tools.on) == ["python", "mcp:mail"]
    own = fireside.window.state.chat_settings.own
    assert (own.tools, own.remote_tools) == (("python", "mcp:mail"), ("mcp:mail",))
    switch.turn(False)
    assert fireside.window.state.chat_settings.own == replace(own, remote_tools=())
    panel.close()
    fireside.window.state.models.current = fireside.window.state.models.demo
    fireside.window.state.models.changed.emit()
    assert list(tools.on) == ["python", "mcp:mail"]


def test_a_file_departs_with_the_question_it_is_attached_to(fireside: Fireside) -> None:
    there = elsewhere(fireside)
    there.scripts = [says("Read.")]
    fireside.window.composer.set_parts((Part("words", PartKind.FILE, "a.txt"),))
    fireside.ask("read")
    fireside.shows("Attached files: a.txt")
    refuse = fireside.find(QAbstractButton, "departureRefuse")
    fireside.until(refuse.isEnabled)
    refuse.click()
    fireside.shows(f"This wasn’t sent to {HOST}.")
    fireside.idle()
    assert there.requests == []
    fireside.find(QPushButton, "tryAgain").click()
    send = fireside.find(QAbstractButton, "departureSend")
    fireside.until(send.isEnabled)
    send.click()
    fireside.shows("Read.")
