"""The downloads in the side bar, without a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.base.errors import HubUnreachable
from app.models.catalog import HubFile, HubModel
from app.models.download_events import DownloadEnded, Downloading
from app.models.download_progress import DownloadPhase, DownloadProgress
from app.ui.models.download_bar import DownloadBar
from app.ui.theme import Theme
from app.wording.download_status import DownloadStatus, ReadyModel, paused, running, stopped
from tests.ui.qt import child

# Menus, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

GB = 10**9
SMALL = HubModel("org/small", (HubFile("small.gguf", 10 * GB),))
LARGE = HubModel("org/large", (HubFile("large.gguf", 30 * GB),))


def on_its_way(model: HubModel, done: int) -> DownloadStatus:
    now = DownloadProgress(DownloadPhase.FETCHING, done * GB, model.size, 0, 45e6, 200.0)
    return running(Downloading(model, now))


def shown(bar: QWidget, name: str) -> str:
    return child(bar, QLabel, name).text()


def test_one_download(qtbot: QtBot, theme: Theme) -> None:
    bar = DownloadBar(theme)
    qtbot.addWidget(bar)
    bar.resize(240, 120)
    assert bar.isHidden()
    told: list[object] = []
    bar.opened.connect(lambda: told.append("opened"))
    bar.paused.connect(told.append)
    bar.resumed.connect(told.append)
    bar.cancelled.connect(lambda model, keep: told.append((model, keep)))
    bar.show_downloads([("gpt-oss-20b", on_its_way(SMALL, 4))])
    bar.show()
    assert child(bar, QLabel, "downloadName").accessibleName() == "gpt-oss-20b"
    assert shown(bar, "downloadPercent") == "40%"
    assert shown(bar, "downloadText") == "3 min left"
    child(bar, QAbstractButton, "pauseDownload").click()
    bar.show_downloads([("gpt-oss-20b", paused(SMALL, 0.4))])
    assert shown(bar, "downloadText") == "Paused at 40%"
    child(bar, QAbstractButton, "pauseDownload").click()
    child(bar, QAbstractButton, "cancelInBar").click()
    menu = child(bar, QMenu, "cancelMenu")
    assert [each.text() for each in menu.actions()] == [
        "Keep partial download", "Delete partial download",
    ]  # fmt: skip
    menu.actions()[0].trigger()
    menu.close()
    QTest.mouseClick(child(bar, QWidget, "downloadsCard"), Qt.MouseButton.LeftButton)
    assert told == [SMALL, SMALL, (SMALL, True), "opened"]
    bar.show_downloads([("gpt-oss-20b", paused(SMALL, 0.0))])
    child(bar, QAbstractButton, "cancelInBar").click()  # there is nothing to keep
    assert told[-1] == (SMALL, False)
    bar.show_downloads([])
    assert bar.isHidden()


def test_several_downloads_and_what_is_wrong_with_one(qtbot: QtBot, theme: Theme) -> None:
    bar = DownloadBar(theme)
    qtbot.addWidget(bar)
    two = [("small", on_its_way(SMALL, 8)), ("large", on_its_way(LARGE, 9))]
    bar.show_downloads(two)
    assert child(bar, QLabel, "downloadName").accessibleName() == "2 downloads"
    assert shown(bar, "downloadPercent") == "42%"  # 17 of 40 GB
    failed = stopped(DownloadEnded(SMALL, HubUnreachable("org/small", "", "no route")), 0.8)
    bar.show_downloads([("small", failed), two[1]])
    assert "Can’t reach Hugging Face." in shown(bar, "downloadText")
    assert child(bar, QLabel, "downloadText").property("tone") == "danger"


def test_a_model_that_is_ready(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    bar = DownloadBar(theme)
    qtbot.addWidget(bar)
    told: list[Path] = []
    bar.used.connect(told.append)
    bar.dismissed.connect(told.append)
    bar.show_ready(ReadyModel(tmp_path, "gpt-oss-20b"))
    assert not bar.isHidden()
    assert shown(bar, "readyText") == "gpt-oss-20b is ready"
    child(bar, QAbstractButton, "useReady").click()
    child(bar, QAbstractButton, "dismissReady").click()
    assert told == [tmp_path, tmp_path]
    bar.show_ready(None)
    assert bar.isHidden()
