"""The local server in the window: its page, its sign, and the end of the window."""

from __future__ import annotations

import json
import threading

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSystemTrayIcon,
    QWidget,
)

from app.base import settings
from app.base.errors import SecretUnreadable
from app.base.secrets import SERVER_TOKEN
from app.serving import ServedRequest, ServedState
from app.ui.app import SystemEvents
from app.ui.preferences.local_server_page import LocalServerPage
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.preferences.served_requests import RequestsPart, ServedRow
from app.ui.preferences.snippets_part import SnippetsPart
from app.ui.state.local_serving import Look
from tests.fakes.local_server import ScriptedServer
from tests.ui.driver import Fireside, Start
from tests.ui.qt import child

# Dialogs and the tray, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", "systemTrayWindowChanged")


def opened(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open("localServerPage")
    return child(fireside.window, PreferencesDialog, "preferences")


def scripted(fireside: Fireside) -> ScriptedServer:
    server = fireside.host.server
    assert isinstance(server, ScriptedServer)
    return server


def switched_on(fireside: Fireside) -> ScriptedServer:
    """Switch it on with a token that is there, for which no keyring is asked."""
    kept = fireside.host.secrets.path
    if not kept.exists():
        kept.write_text(json.dumps({SERVER_TOKEN: {"value": "t" * 43}}), "utf-8")
    fireside.window.state.local_server.switch(on=True)
    fireside.until(lambda: fireside.window.state.local_server.status.on)
    return scripted(fireside)


def click(parent: QWidget, name: str) -> None:
    child(parent, QAbstractButton, name).click()


def sign(fireside: Fireside) -> str:
    found = fireside.window.findChildren(QAbstractButton, "serverSign")
    return found[0].text().strip() if found and found[0].isVisible() else ""


def test_it_is_switched_on_and_off(fireside: Fireside) -> None:
    dialog = opened(fireside)
    address, token = (
        child(dialog, QLineEdit, "serverAddress"),
        child(dialog, QLineEdit, "serverToken"),
    )
    assert not address.isVisibleTo(dialog)
    assert sign(fireside) == ""
    click(dialog, "serverSwitch")
    fireside.until(lambda: address.isVisibleTo(dialog))
    assert address.text() == "http://127.0.0.1:8347/v1"
    assert sign(fireside) == "Local server on"
    assert child(dialog, QLabel, "serverTokenSaid").text() == "Saved in a file only you can read."
    assert token.echoMode() is QLineEdit.EchoMode.Password
    assert token.text() == scripted(fireside).token == fireside.host.secrets.get(SERVER_TOKEN)
    assert len(token.text()) >= 43  # 256 bits
    fireside.stored(lambda store: None)
    kept = fireside.host.folders.settings
    assert settings.load(kept).serve
    assert token.text() not in kept.read_text("utf-8")
    click(dialog, "serverSwitch")
    fireside.until(lambda: not address.isVisibleTo(dialog))
    assert token.text() == ""
    assert sign(fireside) == ""
    assert not fireside.host.settings.serve


def test_it_is_on_again_after_a_restart_with_the_same_token(start: Start) -> None:
    fireside = start()
    token = switched_on(fireside).token
    fireside = start()
    fireside.until(lambda: sign(fireside) == "Local server on")
    assert scripted(fireside).token == token


def test_only_a_start_that_takes_long_is_told(fireside: Fireside) -> None:
    dialog = opened(fireside)
    said = child(dialog, QLabel, "serverSaid")
    server = scripted(fireside)
    server.may_go_on.clear()
    click(dialog, "serverSwitch")
    assert not said.isVisibleTo(dialog)
    fireside.until(lambda: said.isVisibleTo(dialog))
    assert said.text() == "Starting…"
    server.may_go_on.set()
    fireside.until(lambda: not said.isVisibleTo(dialog))


def test_the_keyboard_is_at_the_port_when_what_it_was_at_goes(fireside: Fireside) -> None:
    dialog = opened(fireside)
    server = switched_on(fireside)
    address = child(dialog, QLineEdit, "serverAddress")
    fireside.until(lambda: address.isVisibleTo(dialog))
    server.taken[9000] = ""
    port = child(dialog, QLineEdit, "serverPort")
    port.setText("9000")
    address.setFocus()
    port.editingFinished.emit()
    fireside.until(lambda: not address.isVisibleTo(dialog))
    assert dialog.focusWidget() is port


def test_a_port_that_is_taken_is_told_and_another_is_used(fireside: Fireside) -> None:
    dialog = opened(fireside)
    server = scripted(fireside)
    server.taken[8347] = "ollama"
    click(dialog, "serverSwitch")
    said = child(dialog, QLabel, "serverSaid")
    fireside.until(
        lambda: said.text() == "Port 8347 is already in use by ollama. Choose another one."
    )
    assert sign(fireside) == "Local server failed"
    port = child(dialog, QLineEdit, "serverPort")
    for text, sentence in (("80", "Enter a port from 1024 to 65535."), ("9000", "")):
        port.setText(text)
        QTest.keyClick(port, Qt.Key.Key_Return)
        assert child(dialog, QLabel, "serverPortSaid").text() == sentence
    fireside.until(lambda: server.status().port == 9000)
    fireside.until(lambda: sign(fireside) == "Local server on")
    assert not said.isVisibleTo(dialog)
    assert child(dialog, QLineEdit, "serverAddress").text() == "http://127.0.0.1:9000/v1"
    server.taken[9001] = ""
    port.setText("9001")
    QTest.keyClick(port, Qt.Key.Key_Return)
    fireside.until(lambda: said.text() == "Port 9001 is already in use. Choose another one.")
    del server.taken[9001]
    click(dialog, "retryServer")
    fireside.until(lambda: server.status().port == 9001)


def test_only_the_last_of_several_switches_counts(fireside: Fireside) -> None:
    server = scripted(fireside)
    server.may_go_on.clear()
    serving = fireside.window.state.local_server
    serving.switch(on=True)
    serving.switch(on=False)
    assert serving.switching
    server.may_go_on.set()
    fireside.until(lambda: not serving.switching)
    assert not server.status().on
    assert sign(fireside) == ""


def test_a_new_token_takes_the_place_of_the_old_one(fireside: Fireside) -> None:
    server = switched_on(fireside)
    dialog, old = opened(fireside), server.token
    token = child(dialog, QLineEdit, "serverToken")
    assert token.text() == old
    click(dialog, "showServerToken")
    assert token.echoMode() is QLineEdit.EchoMode.Normal
    click(dialog, "newServerToken")
    click(child(fireside.window, QDialog, "confirm"), "confirmYes")
    fireside.until(lambda: token.text() != old)
    assert token.text() == server.token == fireside.host.secrets.get(SERVER_TOKEN)
    click(dialog, "copyServerToken")
    assert QApplication.clipboard().text() == server.token


def test_a_token_that_the_keyring_does_not_give_can_be_replaced(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(name: str) -> str:
        raise SecretUnreadable(name)

    with monkeypatch.context() as context:
        context.setattr(fireside.host.secrets, "get", lost)
        dialog = opened(fireside)
        click(dialog, "serverSwitch")
        said = child(dialog, QLabel, "serverSaid")
        fireside.until(lambda: said.text().startswith("The system keyring didn’t respond."))
    assert not child(dialog, QLineEdit, "serverAddress").isVisibleTo(dialog)
    click(dialog, "newServerToken")
    click(child(fireside.window, QDialog, "confirm"), "confirmYes")
    fireside.until(lambda: scripted(fireside).status().on)
    assert scripted(fireside).token == fireside.host.secrets.get(SERVER_TOKEN)


def test_what_apps_are_given_has_the_token_only_where_it_is_copied(fireside: Fireside) -> None:
    server = switched_on(fireside)
    dialog = opened(fireside)
    text = child(dialog, QPlainTextEdit, "snippetText")
    assert "http://127.0.0.1:8347/v1/chat/completions" in text.toPlainText()
    assert '"model": "demo"' in text.toPlainText()
    assert server.token not in text.toPlainText()
    click(dialog, "copySnippet")
    assert f"Bearer {server.token}" in QApplication.clipboard().text()
    click(dialog, "showServerToken")
    assert f"Bearer {server.token}" in text.toPlainText()
    child(dialog, SnippetsPart, "snippetsPart").choose("codex")
    assert text.toPlainText().startswith('model = "demo"\nmodel_provider = "fireside"')
    assert "config.toml" in child(dialog, QLabel, "snippetNote").text()


def test_what_is_below_the_requests_stays_where_it_is_while_they_come_and_go(
    fireside: Fireside,
) -> None:
    server = switched_on(fireside)
    dialog = opened(fireside)
    part = child(dialog, RequestsPart)
    timer = child(part, QTimer)
    timer.setInterval(600_000)  # until the test says so
    asks = [
        ServedRequest(number, "aider", "/v1/messages", ServedState.LOADING) for number in (1, 2)
    ]
    server.show(*asks)
    fireside.until(lambda: sign(fireside) == "Serving 2 requests")
    QApplication.processEvents()
    height = part.height()
    for requests in ([], asks[:1], asks, []):
        server.show(*requests)
        count = len(requests)
        fireside.until(lambda: len(shown_requests(dialog)) == count)  # noqa: B023
        QApplication.processEvents()
        assert part.height() == height
    assert timer.isActive()
    timer.timeout.emit()
    fireside.until(lambda: part.height() < height)


def test_a_page_that_was_searched_and_scrolled_stays_there_when_somebody_asks(
    fireside: Fireside,
) -> None:
    server = switched_on(fireside)
    dialog = opened(fireside)
    dialog.resize(820, 400)
    dialog.search.setText("Local server")
    page = child(dialog, LocalServerPage)
    (area,) = (each for each in dialog.findChildren(QScrollArea) if each.widget() is page)
    bar = area.verticalScrollBar()
    fireside.until(lambda: bar.maximum() > 150)
    assert bar.value() == 0
    bar.setValue(120)
    most = bar.maximum()
    server.show(*(ServedRequest(n, "aider", "/v1/messages", ServedState.LOADING) for n in (1, 2)))
    fireside.until(lambda: bar.maximum() > most)
    assert bar.value() == 120


def shown_requests(dialog: QWidget) -> list[QWidget]:
    return [row for row in dialog.findChildren(ServedRow) if row.isVisibleTo(dialog)]


def test_who_asks_is_shown_and_can_be_stopped(fireside: Fireside) -> None:
    server = switched_on(fireside)
    dialog = opened(fireside)
    nobody = child(dialog, QLabel, "noRequests")
    assert nobody.text() == "No requests yet."
    asks = ServedRequest(1, "codex_cli_rs/0.171.0", "/v1/responses", ServedState.ANSWERING, 0, 8.4,
                         1200, 40, 12.34)  # fmt: skip
    waits = ServedRequest(2, "", "/v1/messages", ServedState.WAITING, 2, 1.0)
    server.show(asks, waits)
    fireside.until(lambda: sign(fireside) == "Serving 2 requests")
    log = child(dialog, QWidget, "serverLog")
    rows = [row.accessibleName() for row in log.findChildren(QLabel) if row.isVisible()]
    assert rows == [
        "codex_cli_rs/0.171.0",
        "/v1/responses · Answering · 12 tokens/s · 40 tokens · 8 s",
        "Unknown app",
        "/v1/messages · Waiting, number 2 in line · 1 s",
    ]
    assert not nobody.isVisibleTo(dialog)
    click(log, "stopRequest:1")
    fireside.until(lambda: sign(fireside) == "Serving 1 request")
    assert server.stopped == [1]
    server.show()
    fireside.until(lambda: nobody.text() == "No requests right now. 2 answered so far.")
    assert not log.isVisibleTo(dialog)


def test_a_model_that_a_request_has_loaded_can_be_unloaded(fireside: Fireside) -> None:
    models, server = fireside.window.state.models, switched_on(fireside)
    fireside.until(models.can_unload)
    models.unload()
    fireside.until(lambda: models.unloaded)
    assert not models.can_unload()
    fireside.backend.model = models.demo  # by a program's request
    server.show(ServedRequest(1, "curl", "/v1/responses", ServedState.ANSWERING))
    fireside.until(models.can_unload)
    assert not models.unloaded
    models.unload()
    fireside.until(lambda: models.unloaded)
    assert fireside.backend.model is None


def test_a_look_from_before_the_model_was_unloaded_does_not_say_that_it_is_there(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, serving = fireside.window.state.models, fireside.window.state.local_server
    switched_on(fireside)
    fireside.until(lambda: models.can_unload() and not serving._asking)
    looked, go, look = threading.Event(), fireside.hold(), serving._look

    def slow() -> Look:
        found = look()
        looked.set()
        go.wait()
        return found

    monkeypatch.setattr(serving, "_look", slow)
    serving.refresh()
    fireside.until(looked.is_set)
    models.unload()
    fireside.until(lambda: models.unloaded)
    go.set()
    fireside.until(lambda: not serving._asking)
    assert models.unloaded
    assert not models.can_unload()


# --- The end of the window ----------------------------------------------------------------------


def test_the_window_stays_in_the_tray_until_it_is_opened(fireside: Fireside) -> None:
    server = switched_on(fireside)
    server.show(ServedRequest(1, "curl/8", "/v1/responses", ServedState.READING))
    fireside.until(lambda: sign(fireside) == "Serving 1 request")
    window, serving = fireside.window, fireside.window.serving
    serving.has_tray = lambda: True
    window.close()
    assert window.isVisible()
    question = child(window, QDialog, "closeServing")
    told = child(question, QLabel, "closeServingText").text()
    assert told.endswith("Quitting stops 1 request.")
    click(question, "cancel")
    window.close()
    click(child(window, QDialog, "closeServing"), "keepServing")
    fireside.until(lambda: not window.isVisible())
    assert not QApplication.quitOnLastWindowClosed()
    assert server.status().on
    tray = child(serving, QSystemTrayIcon)
    state, opens, ends = (each for each in tray.contextMenu().actions() if not each.isSeparator())
    assert tray.toolTip() == "Fireside: Serving 1 request"
    assert (state.text(), state.isEnabled()) == ("Serving 1 request", False)
    opens.trigger()
    assert window.isVisible()
    assert not tray.isVisible()
    assert QApplication.quitOnLastWindowClosed()
    window.close()
    click(child(window, QDialog, "closeServing"), "keepServing")
    fireside.until(lambda: not window.isVisible())
    window.called(None)  # Fireside is started again
    assert window.isVisible()
    ends.trigger()
    assert not window.isVisible()


def test_without_a_tray_the_window_is_minimized(fireside: Fireside) -> None:
    server = switched_on(fireside)
    fireside.window.serving.has_tray = lambda: False
    fireside.window.close()
    click(child(fireside.window, QDialog, "closeServing"), "keepServing")
    fireside.until(fireside.window.isMinimized)
    assert server.status().on


def test_quitting_asks_nothing(fireside: Fireside) -> None:
    switched_on(fireside)
    QTest.keyClick(fireside.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    fireside.until(lambda: not fireside.window.isVisible())
    assert fireside.window.findChild(QDialog, "closeServing") is None


def test_the_end_of_the_session_asks_nothing_even_in_the_tray(
    fireside: Fireside, qapp: QApplication
) -> None:
    window = fireside.window
    switched_on(fireside)
    window.serving.has_tray = lambda: True
    window.close()
    click(child(window, QDialog, "closeServing"), "keepServing")
    fireside.until(lambda: not window.isVisible())
    events = SystemEvents(qapp, lambda path: None, window.serving.end)
    qapp.removeEventFilter(events)  # sent, it would end all event loops that follow
    assert not events.eventFilter(qapp, QEvent(QEvent.Type.Quit))
    assert fireside.host.settings.window  # what is done at the end was done
    assert not [each for each in threading.enumerate() if each.name.startswith("local server")]


def test_the_question_can_end_fireside(fireside: Fireside) -> None:
    switched_on(fireside)
    fireside.window.close()
    click(child(fireside.window, QDialog, "closeServing"), "quitServing")
    fireside.until(lambda: not fireside.window.isVisible())


def test_with_the_server_off_nothing_of_it_is_made(fireside: Fireside) -> None:
    fireside.window.close()
    assert not fireside.window.isVisible()
    assert fireside.host._server is None
