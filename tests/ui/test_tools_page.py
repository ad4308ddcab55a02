"""The page about tools: Python, real MCP servers, and what the user has allowed."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.base import file_lock
from app.base.file_lock import changing
from app.base.types import Effort
from app.tools.mcp import other_programs
from app.tools.mcp.other_programs import FoundServers
from app.tools.mcp.server_status import McpServerState, McpServerStatus
from app.tools.mcp.servers import Server
from app.ui.choices import Segments, Switch
from app.ui.conversation.consent_card import ProposalText
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import PATIENCE_MS, Fireside, Start, make
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

FAKE = Path(__file__).parents[1] / "fakes" / "mcp_server.py"
LOOK = {
    "name": "look",
    "description": "Look <b>around</b>.\u202e",
    "inputSchema": {"type": "object"},
    "annotations": {"readOnlyHint": True},
}
W = TypeVar("W", bound=QWidget)


def opened(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open("toolsPage")
    return child(fireside.window, PreferencesDialog, "preferences")


def there(fireside: Fireside, parent: QWidget, kind: type[W], name: str) -> W:
    """Wait for a control."""
    fireside.until(lambda: parent.findChildren(kind, name))
    return parent.findChildren(kind, name)[-1]


def state_of(fireside: Fireside, name: str = "files") -> McpServerStatus | None:
    return fireside.host.tool_parts.mcp.status(name)


def is_in(fireside: Fireside, state: McpServerState) -> bool:
    status = state_of(fireside)
    return status is not None and status.state is state


def texts(parent: QWidget, name: str) -> list[str]:
    return [label.text() for label in parent.findChildren(QLabel, name)]


def test_python_in_new_chats(fireside: Fireside) -> None:
    dialog = opened(fireside)
    switch = child(dialog, Switch, "newPython")
    assert switch.isChecked()
    for on in (False, True):
        switch.turn(on)
        assert fireside.host.settings.python is on
        assert fireside.window.state.chat_settings.own.tools == (("python",) if on else ())
    dialog.close()


def test_a_server_is_added_seen_switched_on_and_removed(fireside: Fireside, tmp_path: Path) -> None:
    declared = tmp_path / "declared.json"
    declared.write_text(json.dumps([LOOK]))
    dialog = opened(fireside)
    child(dialog, QPushButton, "addServer").click()
    add = there(fireside, dialog, QDialog, "addServerDialog")
    save = child(add, QPushButton, "saveServer")
    save.click()
    assert texts(add, "serverFault") == ["Enter a name."]
    child(add, QLineEdit, "serverName").setText("files")
    facts = json.dumps({"file": str(declared)})
    words = [sys.executable, str(FAKE), facts]
    child(add, QLineEdit, "serverCommand").setText(shlex.join(words))
    child(add, QPlainTextEdit, "serverVariables").setPlainText("API_KEY=s3cret")
    save.click()
    switch = there(fireside, dialog, Switch, "serverOn:files")
    assert not switch.isChecked()
    stored = (tmp_path / "mcp.json").read_text("utf-8")
    assert "s3cret" not in stored
    # It is off until the user has seen all of it, and says so.
    switch.turn(True)
    assert not switch.isChecked()
    review = there(fireside, dialog, QDialog, "serverReview")
    shown = child(review, ProposalText, "proposalText").toPlainText()
    assert shown.startswith(f"Command:\n{sys.executable}\nArgument 1:\n{FAKE}\n")
    assert f"Argument 2:\n{facts}\nEnvironment variables:\nAPI_KEY\n" in shown
    assert "without Fireside seeing it" in texts(review, "startWarning")[0]
    child(review, QPushButton, "approveStart").click()
    fireside.until(lambda: is_in(fireside, McpServerState.RUNNING))  # it loads the SDK
    fireside.until(lambda: texts(dialog, "serverState")[0] == "Running · 1 function")
    fireside.until(lambda: [o.key for o in fireside.window.state.tools.offers][-1] == "mcp:files")
    its_functions_are_decided_about(fireside, dialog, declared)
    # And away with it.
    details = child(dialog, QDialog, "serverDialog")
    child(details, QPushButton, "removeServer").click()
    there(fireside, dialog, QPushButton, "confirmYes").click()
    fireside.until(lambda: state_of(fireside) is None)
    fireside.until(lambda: child(dialog, QLabel, "noServers").isVisible())
    assert fireside.stored(lambda store: store.consents.all()) == []
    dialog.close()


def its_functions_are_decided_about(
    fireside: Fireside, dialog: PreferencesDialog, declared: Path
) -> None:
    child(dialog, QPushButton, "serverDetails:files").click()
    details = there(fireside, dialog, QDialog, "serverDialog")
    assert texts(details, "functionDescription") == ["Look <b>around</b>.⟨U+202E⟩"]
    choice = child(details, Segments, "decision:look")
    assert choice.value == "ask"
    choice.choose("always")
    (row,) = fireside.stored(lambda store: store.consents.all())
    assert (row.chat, row.tool, row.function, row.decision) == (
        None, "mcp:files", "look", "always"
    )  # fmt: skip
    fireside.until(lambda: choice.value == "always")
    # A change switches the function off until it is seen, and the decision with it.
    declared.write_text(json.dumps([LOOK | {"description": "Send all of it."}]))
    child(details, QPushButton, "stopServer").click()
    fireside.until(lambda: is_in(fireside, McpServerState.READY))
    child(details, QPushButton, "startServer").click()
    fireside.until(lambda: details.findChildren(QPlainTextEdit, "change:look"))
    change = child(details, QPlainTextEdit, "change:look").toPlainText()
    assert "+  Send all of it." in change
    there(fireside, details, QPushButton, "approve:look").click()
    fireside.until(lambda: (s := state_of(fireside)) and s.functions[0].is_approved)
    fireside.until(lambda: child(details, Segments, "decision:look").value == "ask")


def test_a_changed_command_is_shown_before_it_runs_again(fireside: Fireside) -> None:
    mcp = fireside.host.tool_parts.mcp
    mcp.put(Server("files", sys.executable, ("-c", "pass"))).result(60)
    mcp.approve("files", mcp.review("files").result(60).start.pin).result(60)
    mcp.put(Server("files", sys.executable, ("-c", "evil()"))).result(60)
    dialog = opened(fireside)
    switch = there(fireside, dialog, Switch, "serverOn:files")
    fireside.until(lambda: texts(dialog, "serverState") == ["Changed since you approved it"])
    assert not switch.isChecked()
    child(dialog, QPushButton, "serverDetails:files").click()
    details = there(fireside, dialog, QDialog, "serverDialog")
    there(fireside, details, QPushButton, "reviewServer").click()
    review = there(fireside, dialog, QDialog, "serverReview")
    assert "+argument 2: evil()" in child(review, QPlainTextEdit, "startChange").toPlainText()
    assert child(review, QPushButton, "keepOff").text() == "Keep off"
    child(review, QPushButton, "keepOff").click()
    assert is_in(fireside, McpServerState.CHANGED)
    dialog.close()


def test_a_process_that_hangs_with_the_lists_holds_up_no_click(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "_LONGEST_S", PATIENCE_MS / 1000)
    mcp = fireside.host.tool_parts.mcp
    mcp.put(Server("files", sys.executable, ("-c", "pass"))).result(60)
    mcp.approve("files", mcp.review("files").result(60).start.pin).result(60)
    dialog = opened(fireside)
    switch = there(fireside, dialog, Switch, "serverOn:files")
    fireside.until(switch.isChecked)
    with changing(fireside.host.folders.mcp):
        switch.turn(False)  # would wait for this very thread
        assert switch.isChecked()
    fireside.until(lambda: not switch.isChecked())
    assert is_in(fireside, McpServerState.OFF)
    dialog.close()


def test_what_was_found_before_a_change_does_not_hide_it(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server was added by another thread while the servers were read for the page."""
    mcp = fireside.host.tool_parts.mcp
    found, adding = mcp.all, threading.Event()
    adder = threading.Thread(target=lambda: mcp.add((Server("files", "npx"),)).result(60))

    def slow() -> tuple[McpServerStatus, ...]:
        before = found()
        if not adding.is_set():
            adding.set()
            adder.start()
            adder.join(0.2)  # in which it is added and told, unless that waits for this
        return before

    monkeypatch.setattr(mcp, "all", slow)
    dialog = opened(fireside)
    fireside.until(adding.is_set)
    adder.join()
    there(fireside, dialog, Switch, "serverOn:files")
    fireside.stored(lambda store: None)
    assert dialog.findChildren(Switch, "serverOn:files")
    dialog.close()


def test_pasted_json_and_what_is_none(fireside: Fireside) -> None:
    dialog = opened(fireside)
    child(dialog, QPushButton, "addServer").click()
    add = there(fireside, dialog, QDialog, "addServerDialog")
    child(add, Segments, "serverKind").choose("json")
    field = child(add, QPlainTextEdit, "serverJson")
    field.setPlainText("no json")
    child(add, QPushButton, "saveServer").click()
    assert "Paste JSON with “mcpServers”" in texts(add, "serverFault")[0]
    two = {"<b>a": {"command": "x"}, "b": {"url": "https://example.com/mcp"}}
    field.setPlainText(json.dumps({"mcpServers": two}))
    child(add, QPushButton, "saveServer").click()
    there(fireside, dialog, Switch, "serverOn:b")
    first = child(dialog, Switch, "serverOn:<b>a")
    assert not first.isChecked()
    assert first.toolTip() == "<p>&lt;b&gt;a: Off</p>"  # never markup
    dialog.close()


def test_permissions_are_revoked_in_one_place(start: Start) -> None:
    fireside = start()
    make(fireside, "pears")
    chat = fireside.chat
    fireside.stored(lambda store: store.consents.set(chat, "mcp:files", "look", "p", "chat"))
    fireside.stored(lambda store: store.consents.set(None, "mcp:files", "write", "p", "never"))
    fireside.stored(lambda store: store.chats.create(Effort.LOW))
    dialog = opened(fireside)

    def shown() -> list[str]:
        return [label.accessibleName() for label in dialog.findChildren(QLabel, "permission")]

    fireside.until(lambda: len(shown()) == 2)
    assert shown() == ["files · look: Always in “pears”", "files · write: Never"]
    there(fireside, dialog, QPushButton, "revokePermission").click()
    fireside.until(lambda: len(fireside.stored(lambda store: store.consents.all())) == 1)
    dialog.close()


def test_servers_of_other_programs_are_offered(
    fireside: Fireside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there_already = Server("old", "npx", ("-y", "old"))
    found = FoundServers(
        "Cursor", tmp_path / "mcp.json", (there_already, Server("new", "npx", ("-y", "new")))
    )
    monkeypatch.setattr(other_programs, "find", lambda: (found,))
    fireside.host.tool_parts.mcp.put(there_already).result(10)
    dialog = opened(fireside)
    there(fireside, dialog, Switch, "serverOn:old")
    child(dialog, QPushButton, "importServers").click()
    offer = there(fireside, dialog, QDialog, "importServersDialog")
    assert offer.findChild(Switch, "import:old") is None
    button = child(offer, QPushButton, "importChosen")
    assert not button.isEnabled()
    child(offer, Switch, "import:new").turn(True)
    button.click()
    assert not there(fireside, dialog, Switch, "serverOn:new").isChecked()
    dialog.close()
