"""Presets: chosen for a chat, edited in the preferences, the default, as files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from app.base.types import Effort, Sampling
from app.host import demo_model
from app.store import PLAIN, ChatSettings, Preset
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import Fireside, Start, answer, make
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
BRIEF = Preset(0, "Brief", Effort.LOW, "demo", "Be brief.", Sampling(0.5))
LONG = Preset(0, "Long & wide", Effort.HIGH, "", "Be long.")


def keep(fireside: Fireside, *presets: Preset) -> None:
    fireside.stored(lambda store: store.presets.add(presets))
    fireside.window.state.presets.refresh()
    fireside.stored(lambda store: None)


def presets(fireside: Fireside) -> list[Preset]:
    return fireside.stored(lambda store: store.presets.all())


def offered(fireside: Fireside, *, checked: bool) -> list[str]:
    shown = menu(fireside)
    texts = [a.text() for a in shown.actions() if a.isChecked() or not checked]
    shown.close()
    return texts


def menu(fireside: Fireside) -> QMenu:
    """Open the menu by the keyboard."""
    fireside.window.activateWindow()
    fireside.until(fireside.window.isActiveWindow)  # without a screen, a menu takes focus with it
    QTest.keyClick(fireside.window, Qt.Key.Key_P, KEYS)
    return fireside.find(QMenu, "presetMenu")


def choose(fireside: Fireside, text: str) -> None:
    shown = menu(fireside)
    next(action for action in shown.actions() if action.text() == text).trigger()
    shown.close()
    fireside.stored(lambda store: None)


def page(fireside: Fireside) -> PreferencesDialog:
    choose(fireside, "Manage presets…")
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    fireside.until(dialog.isVisible)
    return dialog


def names(dialog: PreferencesDialog) -> list[str]:
    rows = child(dialog, QListWidget, "presetList")
    return [rows.item(n).text() for n in range(rows.count())]


def press(fireside: Fireside, dialog: PreferencesDialog, name: str) -> None:
    child(dialog, QAbstractButton, name).click()
    fireside.stored(lambda store: None)


def chat(fireside: Fireside) -> int:
    shown = fireside.window.state.chat_settings.chat
    assert shown is not None
    return shown


def test_one_is_chosen_for_the_chat_that_is_shown(fireside: Fireside) -> None:
    keep(fireside, BRIEF, LONG)
    make(fireside, "pears", "apples")
    picker = fireside.find(QPushButton, "presetPicker")
    assert (picker.text(), picker.accessibleName()) == ("", "Choose a preset")
    assert offered(fireside, checked=False)[:3] == ["Brief", "Long && wide", "None"]
    assert offered(fireside, checked=True) == ["None"]
    choose(fireside, "Long && wide")
    assert picker.text().strip() == "Long && wide"
    assert picker.accessibleName() == "Preset: Long & wide"
    assert fireside.window.composer.effort is Effort.HIGH
    fireside.ask("more", *answer("More."))
    fireside.shows("More.")
    fireside.idle()
    request = fireside.backend.requests[-1]
    assert (request.instructions, request.effort) == ("Be long.", Effort.HIGH)
    assert request.sampling == demo_model().sampling
    stored = fireside.stored(lambda store: store.chats.get(chat(fireside)))
    assert (stored.setup, stored.effort) == (LONG.setup, Effort.HIGH)
    pears = fireside.stored(lambda store: store.chats.listed())[-1]
    assert pears.setup == PLAIN
    fireside.window.open_chat(pears.id)
    assert picker.text() == ""
    choose(fireside, "Brief")
    assert offered(fireside, checked=True) == ["Brief"]
    choose(fireside, "None")
    assert fireside.stored(lambda store: store.chats.get(pears.id)).setup == PLAIN
    assert picker.text() == ""


def test_a_new_chat_takes_it_along(fireside: Fireside) -> None:
    keep(fireside, BRIEF)
    choose(fireside, "Brief")
    fireside.ask("pears", *answer("About pears."))
    fireside.shows("About pears.")
    fireside.idle()
    request = fireside.backend.requests[-1]
    assert (request.instructions, request.effort) == ("Be brief.", Effort.LOW)
    assert request.sampling == Sampling(0.5)
    assert fireside.find(QPushButton, "presetPicker").text().strip() == "Brief"
    assert fireside.stored(lambda store: store.chats.get(chat(fireside))).setup == BRIEF.setup
    fireside.window.new_chat()
    assert fireside.find(QPushButton, "presetPicker").text() == ""


def test_new_chats_begin_with_the_default(start: Start) -> None:
    fireside = start()
    keep(fireside, replace(BRIEF, default=True), LONG)
    picker = fireside.find(QPushButton, "presetPicker")
    assert picker.accessibleName() == "Preset: Brief"  # also the one that exists already
    make(fireside, "pears")
    assert fireside.backend.requests[-1].instructions == "Be brief."
    fireside.window.composer.choose_effort(Effort.HIGH)
    fireside.window.new_chat()
    assert fireside.window.composer.effort is Effort.LOW
    choose(fireside, "None")
    _, long = presets(fireside)
    fireside.window.state.presets.save(replace(long, default=True))
    fireside.stored(lambda store: None)
    assert picker.accessibleName() == "Choose a preset"  # the selection is not undone
    fireside.window.new_chat()
    assert picker.accessibleName() == "Preset: Long & wide"
    fireside = start()
    fireside.until(lambda: fireside.window.composer.effort is Effort.HIGH)
    picker = fireside.find(QPushButton, "presetPicker")
    assert picker.accessibleName() == "Preset: Long & wide"


def test_its_model_is_chosen_where_it_is_here(fireside: Fireside, tmp_path: Path) -> None:
    other = tmp_path / "here" / "other.gguf"
    fireside.window.state.models.open(other)
    fireside.until(lambda: fireside.window.state.models.loading is None)
    make(fireside, "pears")
    keep(fireside, BRIEF, replace(LONG, model="/elsewhere/other.gguf"),
         replace(LONG, name="Gone", model="/elsewhere/gone.gguf"))  # fmt: skip
    choose(fireside, "Brief")
    assert fireside.window.state.models.asked == demo_model()
    assert fireside.stored(lambda store: store.chats.get(chat(fireside))).model == "demo"
    choose(fireside, "Long && wide")  # the file lies somewhere else here
    assert Path(fireside.window.state.models.asked.place) == other
    assert not fireside.window.banner.isVisible()
    choose(fireside, "Gone")
    assert Path(fireside.window.state.models.asked.place) == other
    said = fireside.find(QLabel, "bannerText").text()
    assert said.startswith("“Gone” uses gone, which isn’t installed.")
    row = fireside.stored(lambda store: store.chats.get(chat(fireside)))
    assert (row.setup.preset, row.model) == ("Gone", str(other))


def test_instructions_for_one_chat(fireside: Fireside) -> None:
    fireside.host.change(instructions="In general.")
    keep(fireside, BRIEF)
    make(fireside, "pears")
    assert fireside.backend.requests[-1].instructions == "In general."
    choose(fireside, "Brief")
    choose(fireside, "Instructions for this chat…")
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    field = child(dialog, QPlainTextEdit, "chatInstructions")
    fireside.until(field.hasFocus)
    assert field.toPlainText() == "Be brief."
    QTest.keyClicks(field, "And ")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    setup = fireside.stored(lambda store: store.chats.get(chat(fireside))).setup
    assert setup == ChatSettings("And Be brief.", Sampling(0.5), tools=PLAIN.tools)
    assert fireside.find(QPushButton, "presetPicker").text().strip() == "Custom instructions"
    fireside.ask("more", *answer("More."))
    fireside.shows("More.")
    fireside.idle()
    assert fireside.backend.requests[-1].instructions == "And Be brief."
    # What was read ahead before had the instructions of then.
    prepared = fireside.backend.prepared
    fireside.until(lambda: prepared and prepared[-1].instructions == "And Be brief.")


def test_one_is_made(fireside: Fireside) -> None:
    dialog = page(fireside)
    assert child(dialog, QLabel, "noPresets").isVisible()
    assert not child(dialog, QPushButton, "exportPreset").isEnabled()
    press(fireside, dialog, "newPreset")
    name = child(dialog, QLineEdit, "presetName")
    assert name.hasFocus()
    QTest.keyClicks(name, "Terse")  # replaces the selected text
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert dialog.isVisible()
    words = child(dialog, QPlainTextEdit, "presetInstructions")
    words.setFocus()
    QTest.keyClicks(words, "Be terse.")
    for button in ("presetEffortHigh", "presetDefaultOn", "presetSamplingOn"):
        press(fireside, dialog, button)
    form = child(dialog, QDoubleSpinBox, "presetTemperature")
    form.setFocus()
    form.selectAll()
    QTest.keyClicks(form, "0.25")
    QTest.keyClick(form, Qt.Key.Key_Return)
    press(fireside, dialog, "presetModel")
    models = child(dialog, QMenu, "presetModelMenu")
    next(a for a in models.actions() if a.text() == "Demo model").trigger()
    models.close()
    (made,) = presets(fireside)
    expected = Preset(made.id, "Terse", Effort.HIGH, "demo", "Be terse.", Sampling(0.25), True)
    assert made == expected
    assert names(dialog) == ["Terse (default)"]
    press(fireside, dialog, "presetSamplingOff")
    press(fireside, dialog, "presetDefaultOff")
    assert presets(fireside) == [replace(expected, sampling=None, default=False)]


def test_what_is_half_written_counts(fireside: Fireside) -> None:
    keep(fireside, BRIEF, LONG)
    dialog = page(fireside)
    words = child(dialog, QPlainTextEdit, "presetInstructions")
    rows = child(dialog, QListWidget, "presetList")
    words.setPlainText("Be brief, please.")
    rows.setCurrentRow(1)
    assert words.toPlainText() == "Be long."
    assert presets(fireside)[0].instructions == "Be brief, please."
    rows.setCurrentRow(0)
    assert words.toPlainText() == "Be brief, please."
    name = child(dialog, QLineEdit, "presetName")
    name.setText("long & Wide")
    name.setFocus()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert [p.name for p in presets(fireside)] == ["Long & wide", "long & Wide 2"]


def test_one_is_duplicated_deleted_and_brought_back(fireside: Fireside) -> None:
    keep(fireside, replace(BRIEF, default=True), LONG)
    make(fireside, "pears")
    dialog = page(fireside)
    press(fireside, dialog, "duplicatePreset")
    assert names(dialog) == ["Brief (default)", "Brief 2", "Long & wide"]
    rows = child(dialog, QListWidget, "presetList")
    assert rows.currentRow() == 1
    rows.setCurrentRow(0)
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    fireside.stored(lambda store: None)
    assert names(dialog) == ["Brief 2", "Long & wide"]
    assert child(dialog, QLabel, "presetUndoText").text() == "Deleted “Brief”"
    assert fireside.stored(lambda store: store.chats.get(chat(fireside))).setup == BRIEF.setup
    press(fireside, dialog, "undoPreset")
    assert names(dialog) == ["Brief (default)", "Brief 2", "Long & wide"]
    assert not child(dialog, QWidget, "presetUndo").isVisible()
    for _ in range(3):
        press(fireside, dialog, "deletePreset")
    assert names(dialog) == []
    assert not child(dialog, QPushButton, "deletePreset").isEnabled()
    assert not child(dialog, QLineEdit, "presetName").isVisible()
    assert child(dialog, QLabel, "presetUndoText").text() == "Deleted 3 presets"
    press(fireside, dialog, "undoPreset")
    assert names(dialog) == ["Brief (default)", "Brief 2", "Long & wide"]


def test_out_as_a_file_and_in_again(fireside: Fireside, tmp_path: Path) -> None:
    keep(fireside, BRIEF, LONG)
    dialog = page(fireside)
    told = child(dialog, QLabel, "presetsTold")
    press(fireside, dialog, "exportPreset")
    files = child(dialog, QFileDialog, "presetExportDialog")
    assert files.selectedFiles()[0].endswith("/Brief.fireside-presets.json")
    child(files, QLineEdit, "fileNameEdit").setText(str(tmp_path / "brief"))
    files.accept()
    fireside.until(told.isVisible)
    file = tmp_path / "brief.fireside-presets.json"
    assert str(file) in told.text()
    assert [p["name"] for p in json.loads(file.read_text("utf-8"))["presets"]] == ["Brief"]
    press(fireside, dialog, "exportPresets")
    child(dialog, QFileDialog, "presetExportDialog").fileSelected.emit(str(tmp_path / "a.json"))
    fireside.stored(
        lambda store: store.presets.set(replace(store.presets.all()[0], instructions="x"))
    )
    fireside.window.state.presets.refresh()
    for path in ("a.json", "none.json"):
        press(fireside, dialog, "importPresets")
        files = child(dialog, QFileDialog, "presetImportDialog")
        files.fileSelected.emit(str(tmp_path / path))
        files.close()
        fireside.stored(lambda store: None)
        if path == "a.json":
            assert told.text() == (
                "Imported 1 preset. Renamed 1 preset whose name was already in use. "
                "Skipped 1 existing preset."
            )
    assert names(dialog) == ["Brief", "Brief 2", "Long & wide"]
    assert child(dialog, QLineEdit, "presetName").text() == "Brief 2"
    assert told.text().startswith("Can’t read none.json")
    assert told.property("tone") == "danger"
