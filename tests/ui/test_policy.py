"""What an administrator has decided, as the window shows it: in place, disabled, and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QPushButton, QWidget

from app.base.resources import resource
from app.ui.choices import Switch
from app.ui.composer.tools_panel import ToolsPanel
from app.ui.models.models_page import ModelsPage
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.fakes.administrator import Administrator
from tests.ui.driver import Fireside, Start, answer
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

MARK = "Set by your organization."
KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def marks(parent: QWidget) -> list[str]:
    found = parent.findChildren(QLabel, "setByOrganization")
    return [label.text() for label in found if label.isVisible()]


def page(fireside: Fireside, tab: str) -> ModelsPage:
    """Return the models page, at one of its tabs."""
    fireside.window.model_area.model_picker.show_page()
    shown = fireside.window.model_area.models_controller.page
    shown.show_pane(tab)
    return shown


def preferences(fireside: Fireside, name: str) -> PreferencesDialog:
    fireside.window.preferences.open(name)
    return child(fireside.window, PreferencesDialog, "preferences")


def is_locked(switch: QAbstractButton) -> bool:
    """Return whether a switch is disabled, and says why to everybody."""
    return not switch.isEnabled() and MARK in switch.accessibleDescription()


def test_offline_stays_on(start: Start, administrator: Administrator) -> None:
    administrator.decide("offline = true\n")
    fireside = start(offline=False)
    shown = page(fireside, "network")
    switch = fireside.find(Switch, "offline")
    assert switch.isChecked()
    assert is_locked(switch)
    assert marks(shown) == [MARK]
    switch.click()
    assert fireside.host.settings.offline
    shown = page(fireside, "get")
    assert not child(shown, QPushButton, "goOnline").isVisible()
    assert child(shown, QLabel, "offlineNoticeText").text() == f"Fireside is offline. {MARK}"


def test_without_a_policy_nothing_is_locked(fireside: Fireside) -> None:
    shown = page(fireside, "network")
    assert fireside.find(Switch, "offline").isEnabled()
    assert marks(shown) == []


def test_tools_stay_off_in_every_chat(start: Start, administrator: Administrator) -> None:
    administrator.decide("tools = false\n")
    fireside = start()
    shown = fireside.window.state.tools
    fireside.until(lambda: shown.offers)
    assert shown.used == ()
    fireside.window.activateWindow()
    QTest.keyClick(fireside.window, Qt.Key.Key_T, KEYS)
    panel = child(fireside.window, ToolsPanel, "toolsPanel")
    for key in ("python", "web"):
        switch = child(panel, Switch, f"toolOn:{key}")
        assert is_locked(switch)
        assert not switch.isChecked()
    assert [label.text() for label in panel.findChildren(QLabel, "toolText")] == [MARK, MARK]
    assert not child(panel, QPushButton, "addFolder").isEnabled()
    panel.close()
    fireside.ask("Hello?", *answer("Hi."))
    fireside.shows("Hi.")
    assert fireside.backend.requests[-1].tools == ()


def test_tools_in_the_preferences(start: Start, administrator: Administrator) -> None:
    administrator.decide("tools = false\n")
    fireside = start()
    dialog = preferences(fireside, "toolsPage")
    switch = child(dialog, Switch, "newPython")
    assert is_locked(switch)
    assert not switch.isChecked()
    assert marks(child(dialog, QWidget, "toolsPage")) == [MARK]
    assert not child(dialog, QPushButton, "addServer").isEnabled()
    dialog.close()


def test_the_server_stays_off(start: Start, administrator: Administrator) -> None:
    administrator.decide("server = false\n")
    fireside = start(serve=True)
    dialog = preferences(fireside, "localServerPage")
    switch = child(dialog, Switch, "serverSwitch")
    assert is_locked(switch)
    assert not switch.isChecked()
    assert marks(child(dialog, QWidget, "localServerPage")) == [MARK]
    assert not fireside.window.state.local_server.wanted
    dialog.close()


def test_the_server_says_why_it_cannot_be_switched_on(
    start: Start, administrator: Administrator
) -> None:
    administrator.decide("server = false\n")
    fireside = start()
    fireside.window.state.local_server.switch(on=True)  # as some other way might
    serving = fireside.window.state.local_server
    fireside.until(lambda: serving.error is not None and not serving.switching)
    assert not serving.status.on


def test_a_shared_model_is_used_and_stays(
    start: Start, administrator: Administrator, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "team.gguf").write_bytes(resource("models", "demo-gpt-oss.gguf").read_bytes())
    administrator.decide(f'model_folders = ["{shared.as_posix()}"]\n')
    fireside = start()
    shown = page(fireside, "here")
    fireside.until(lambda: shown.installed_pane.findChildren(QPushButton, "useModel"))
    assert child(shown.installed_pane, QLabel, "sharedFolder").isVisible()
    assert marks(shown.installed_pane) == [MARK]
    assert "Shared folder" in child(shown.installed_pane, QLabel, "modelFacts").text()
    assert child(shown.installed_pane, QPushButton, "useModel").isEnabled()
    for name in ("moveModel", "removeModel"):
        button = child(shown.installed_pane, QPushButton, name)
        assert not button.isEnabled()
        assert MARK in button.toolTip()


def test_a_damaged_policy_is_said_in_the_window(start: Start, administrator: Administrator) -> None:
    path = administrator.decide("tools = false\nofline = true\n")
    fireside = start()
    fireside.until(fireside.window.banner.isVisible)
    assert fireside.window.banner.label.text() == (
        f"{path} has an unknown setting in line 2: ofline. Until your administrator fixes it, "
        "Fireside stays offline, and tools and the local server are off."
    )
    assert fireside.host.settings.offline
    page(fireside, "network")
    assert is_locked(fireside.find(Switch, "offline"))


def test_the_report_has_the_policy(start: Start, administrator: Administrator) -> None:
    path = administrator.decide("server = false\n")
    fireside = start()
    dialog = preferences(fireside, "diagnosisPage")
    report = child(dialog, QPlainTextEdit, "doctorReport")
    fireside.until(lambda: f"local server off ({path})" in " ".join(report.toPlainText().split()))
    dialog.close()
