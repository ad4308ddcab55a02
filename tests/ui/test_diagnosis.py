"""Diagnosis: a summary, a change for the worse, and the full report."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QWidget

from app.base import errors as e
from app.base import graphics_probe, log
from app.base.graphics import Graphics
from app.engine.backend import Planned
from app.engine.plan import Plan, propose
from app.engine.probe import Devices, Machine
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.wording.diagnosis import summary
from tests.fakes import drivers
from tests.fakes.gpt_oss import header
from tests.ui.driver import Fireside
from tests.ui.qt import child
from tests.ui.test_preferences import open_preferences

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

GIB = 1 << 30


def plan(free: int) -> Plan:
    return propose(header("20b", Path("x")), Machine(16 * GIB, free * GIB, 8))


def load(fireside: Fireside, planned: Planned) -> None:
    fireside.backend.planned = planned
    fireside.window.state.models.choose(fireside.window.state.models.demo)
    fireside.until(lambda: fireside.window.state.models.loading is None)


def test_the_model_tells_how_it_is_run(fireside: Fireside) -> None:
    picker = fireside.find(QWidget, "modelPicker")
    assert picker.toolTip() == "Choose a model"
    load(fireside, Planned(plan(14)))
    said = summary(plan(14))
    assert picker.toolTip() == f"Choose a model\n{said}"
    assert not fireside.window.banner.isVisible()  # that is no news


def test_a_smaller_plan_is_told(fireside: Fireside) -> None:
    load(fireside, Planned(plan(13), reduced=True))
    banner = fireside.find(QLabel, "bannerText")
    assert banner.text() == (
        "Less memory was free than expected, so Demo model was loaded with reduced settings: "
        f"{summary(plan(13))}."
    )
    assert not fireside.window.banner.action_button.isVisible()
    fireside.find(QAbstractButton, "dismissBanner").click()
    assert not banner.isVisible()


def open_page(fireside: Fireside) -> PreferencesDialog:
    dialog = open_preferences(fireside)
    dialog.show_page("diagnosisPage")
    return dialog


def test_the_report_is_shown_and_copied(fireside: Fireside) -> None:
    fireside.backend.found = Devices(features=("AVX2",), backends=("CPU", "BLAS"))
    dialog = open_page(fireside)
    report = child(dialog, QPlainTextEdit, "doctorReport")
    fireside.until(lambda: "Demo model" in report.toPlainText())
    QTest.keyClicks(report, "x")
    assert report.isReadOnly()
    QGuiApplication.clipboard().clear()
    copy = child(dialog, QAbstractButton, "copyDoctor")
    QTest.keyClick(copy, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == report.toPlainText()


def test_a_driver_that_is_too_old_is_told(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Graphics(drivers.cuda(drivers.RTX_3060, version=12040))
    monkeypatch.setattr(graphics_probe, "look", lambda: found)
    report = child(open_page(fireside), QPlainTextEdit, "doctorReport")
    fireside.until(lambda: "NVIDIA’s driver is too old for CUDA" in report.toPlainText())


def test_the_end_of_the_log_is_in_the_report(fireside: Fireside) -> None:
    (fireside.host.folders.data / log.NAME).write_text("a\n" * 50 + "the last line\n")
    report = open_page(fireside).findChild(QPlainTextEdit, "doctorReport")
    assert report is not None
    fireside.until(lambda: "Demo model" in report.toPlainText())
    assert "\n\nLast lines of fireside.log\na\n" in report.toPlainText()
    assert report.toPlainText().endswith("a\nthe last line")


def test_where_the_engine_says_nothing_the_page_says_so(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies() -> Devices:
        raise e.EngineDied(1, "")

    monkeypatch.setattr(fireside.backend, "devices", dies)
    report = child(open_page(fireside), QPlainTextEdit, "doctorReport")
    fireside.until(lambda: "exit code 1" in report.toPlainText())


PAGES = (
    "generalPage",
    "chatsPage",
    "chatPage",
    "presetsPage",
    "toolsPage",
    "localServerPage",
    "dataPage",
    "hubPage",
    "memoryPage",
    "diagnosisPage",
)


def test_the_pages_by_keyboard(fireside: Fireside) -> None:
    dialog = open_preferences(fireside)
    pages = child(dialog, QWidget, "preferencePages")
    pages.setFocus()
    shown = []
    for _ in PAGES:
        shown += [name for name in PAGES if child(dialog, QWidget, name).isVisible()]
        QTest.keyClick(pages, Qt.Key.Key_Down)
    assert shown == list(PAGES)
