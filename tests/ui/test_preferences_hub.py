"""Preferences of Hugging Face: the token and the mirror."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit

from app.base import settings
from app.base.secrets import HUB_TOKEN
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import Fireside
from tests.ui.qt import child

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def opened(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open("hubPage")
    return child(fireside.window, PreferencesDialog, "preferences")


def test_a_token_is_saved_and_removed(fireside: Fireside) -> None:
    dialog = opened(fireside)
    field, said = child(dialog, QLineEdit, "hubToken"), child(dialog, QLabel, "hubTokenSaid")
    assert field.echoMode() is QLineEdit.EchoMode.Password
    child(dialog, QAbstractButton, "showToken").click()
    assert field.echoMode() is QLineEdit.EchoMode.Normal
    QTest.keyClicks(field, "hf two words")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert said.text() == "Invalid token. Tokens look like hf_abc123."
    field.setText("hf_secret")
    QTest.keyClick(field, Qt.Key.Key_Return)
    fireside.until(lambda: said.text() == "Saved in a file only you can read.")
    assert fireside.host.secrets.get(HUB_TOKEN) == "hf_secret"
    assert field.text() == ""
    dialog.close()
    fireside.until(lambda: fireside.window.findChild(PreferencesDialog) is None)
    dialog = opened(fireside)
    said = child(dialog, QLabel, "hubTokenSaid")
    fireside.until(lambda: said.text() == "Saved in a file only you can read.")
    assert "hf_secret" not in fireside.host.folders.settings.read_text("utf-8")
    child(dialog, QAbstractButton, "removeToken").click()
    fireside.until(lambda: not child(dialog, QAbstractButton, "removeToken").isVisibleTo(dialog))
    assert fireside.host.secrets.names() == ()


def test_a_mirror_is_checked_and_kept(fireside: Fireside) -> None:
    dialog = opened(fireside)
    field, said = child(dialog, QLineEdit, "hubAddress"), child(dialog, QLabel, "hubAddressSaid")
    QTest.keyClicks(field, "ftp://mirror.example")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert said.text() == "Enter an address like https://hub.example.com."
    assert fireside.host.settings.hub_address == ""
    field.setText("http://mirror.example/")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert said.text() == "This connection isn’t encrypted, so your token isn’t sent."
    field.setText("mirror.example")
    dialog.close()
    assert fireside.host.settings.hub_address == "https://mirror.example"
    fireside.stored(lambda store: None)
    loaded = settings.load(fireside.host.folders.settings)
    assert loaded.hub_address == "https://mirror.example"
