"""Everything in one file, by the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.base.types import Effort
from app.store import Preset, Store
from app.ui.restart import Restart
from tests.ui.driver import Fireside, Start, make
from tests.ui.qt import child

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CONTROLLER = "app.ui.exchange.everything_controller"


def head(fireside: Fireside, text: str) -> str:
    """Wait for a headline of the dialog; return what stands below."""
    label = fireside.find(QLabel, "everythingHead", last=True)
    fireside.until(lambda: label.text() == text)
    return fireside.window.findChildren(QLabel, "everythingAbout")[-1].text()


def press(fireside: Fireside, name: str) -> None:
    fireside.find(QAbstractButton, name, last=True).click()


def test_everything_goes_to_another_computer(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out" / "all.zip"
    file.parent.mkdir()
    monkeypatch.setattr(f"{CONTROLLER}.ask_target", lambda w, n, t, done, k, at, e: done(file))
    monkeypatch.setattr(f"{CONTROLLER}.ask_file", lambda w, n, t, done, k, at: done(file))
    shown: list[Path] = []
    monkeypatch.setattr(f"{CONTROLLER}.reveal", shown.append)
    fireside = start()
    make(fireside, "apples")
    fireside.stored(lambda s: s.presets.add([Preset(0, "Brief", Effort.LOW, "", "Brief!", None)]))
    fireside.host.change(send_with_ctrl=True)
    fireside.window.preferences.open("dataPage")
    press(fireside, "exportEverything")
    head(fireside, "Exported to all.zip")
    press(fireside, "everythingStart")
    assert shown == [file]
    press(fireside, "everythingCancel")

    def gone(store: Store) -> None:
        store.bin.erase(store.chats.live())
        for preset in store.presets.all():
            store.presets.delete(preset.id)

    fireside.stored(gone)
    fireside.host.change(send_with_ctrl=False)
    child(fireside.window, QAction, "importEverythingCommand").trigger()
    assert head(fireside, "Import everything?") == "1 new chat\n1 new preset"
    press(fireside, "everythingStart")
    said = head(fireside, "Import complete")
    assert said == "1 chat\n1 preset\nRestart Fireside to apply the new settings."
    assert fireside.host.settings.send_with_ctrl
    fireside.until(
        lambda: [row.title for row in fireside.window.state.index.rows.values()] == ["apples"]
    )
    fireside.until(lambda: [row.name for row in fireside.window.state.presets.rows] == ["Brief"])
    asked: list[object] = []
    fireside.window.again.connect(asked.append)
    press(fireside, "everythingStart")
    assert [type(why) for why in asked] == [Restart]
    press(fireside, "everythingCancel")
    fireside.window.library.everything.import_all()
    head(fireside, "Nothing new to import")
    press(fireside, "everythingCancel")
    file.write_bytes(b"PK\x03\x04")
    fireside.window.library.everything.import_all()
    assert "damaged" in head(fireside, "Import failed")
