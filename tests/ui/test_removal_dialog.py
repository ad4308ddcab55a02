"""Removing all data, by the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox

from app import removal
from app.base.secrets import HUB_TOKEN
from app.removal import DataKind
from app.ui.app import Program
from app.ui.choices import Switch
from app.ui.preferences.removal_dialog import RemovalDialog
from app.ui.restart import Removal
from app.ui.startup.data_folder import DataFolder
from tests.ui.driver import Fireside, make
from tests.ui.qt import child

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def test_the_user_chooses_and_confirms(fireside: Fireside) -> None:
    make(fireside, "apples")
    fireside.host.secrets.set(HUB_TOKEN, "hf_secret")
    asked: list[object] = []
    fireside.window.again.connect(asked.append)
    child(fireside.window, QAction, "removeDataCommand").trigger()
    dialog = child(fireside.window, RemovalDialog, "removalDialog")
    fireside.until(lambda: dialog.findChildren(Switch))
    assert dialog.chosen >= {DataKind.CHATS, DataKind.SETTINGS, DataKind.SECRETS}
    assert not dialog.findChildren(Switch, "removeModels")  # there are none
    for switch in dialog.findChildren(Switch):
        if switch.objectName() != "removeChats":
            switch.click()
    start = child(dialog, QAbstractButton, "startRemoval")
    start.click()
    text = child(dialog, QLabel, "confirmText").text()
    assert text == "Chats, presets and backups\n\nThis can’t be undone. Fireside will quit."
    QTest.keyClick(child(dialog, QAbstractButton, "cancel"), Qt.Key.Key_Return)
    assert asked == []
    child(dialog, Switch, "removeChats").click()
    assert not start.isEnabled()
    child(dialog, Switch, "removeSecrets").click()
    start.click()
    fireside.find(QAbstractButton, "confirmYes", last=True).click()
    assert asked == [Removal(frozenset({DataKind.SECRETS}))]


def test_the_program_removes_at_its_end(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: said.append(box.text()))
    for left in ((), ("/x/chats.db",)):
        data = tmp_path / "data"
        folder = DataFolder(data)
        assert folder.take()
        (data / "chats.db").write_bytes(b"1")
        program = Program(qapp, folder, None, smoke=False)
        program._removal = Removal(frozenset(DataKind))
        if left:
            monkeypatch.setattr(removal, "remove", lambda *_: ("/x/chats.db",))
        program.close()
        assert data.exists() is bool(left)
    assert [text.splitlines()[-1] for text in said] == ["/x/chats.db"]
