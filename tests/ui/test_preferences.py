"""Preferences: themes, instructions, the data folder."""

from __future__ import annotations

import errno
import gc
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
)

from app import __version__
from app.base import settings
from app.base.answer_events import Prompt
from app.base.settings import ThemeChoice
from app.ui.blocks.canvas import Canvas
from app.ui.choices import Switch
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.theme import Theme
from tests.ui.driver import Fireside, Start, answer
from tests.ui.qt import child

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def open_preferences(fireside: Fireside) -> PreferencesDialog:
    QTest.keyClick(fireside.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    fireside.until(dialog.isVisible)
    return dialog


def ground(qapp: QApplication) -> int:
    return qapp.palette().color(QPalette.ColorRole.Window).lightness()


def test_a_look_wears_its_theme_whatever_was_worn_before(qapp: QApplication) -> None:
    for choice, is_light in ((ThemeChoice.DARK, False), (ThemeChoice.LIGHT, True)):
        theme = Theme(qapp, choice)
        assert (ground(qapp) > 128) is is_light
        del theme


def test_theme_switches_at_once_and_is_kept(start: Start, qapp: QApplication) -> None:
    fireside = start()
    fireside.ask("code", *answer("```python\nx = 1\n```\n\n`y` [z](https://z.example)"))
    fireside.shows("x = 1")
    fireside.idle()
    assert ground(qapp) > 200
    light = fireside.window.grab().toImage().pixelColor(600, 300).lightness()
    dialog = open_preferences(fireside)
    child(dialog, QAbstractButton, "themeDark").click()
    assert ground(qapp) < 60
    dark = fireside.window.grab().toImage().pixelColor(600, 300).lightness()
    assert light > 200
    assert dark < 60
    fireside.stored(lambda store: None)
    assert settings.load(fireside.host.folders.settings).theme is ThemeChoice.DARK
    child(dialog, QAbstractButton, "themeLight").click()
    assert ground(qapp) > 200


def test_what_is_gone_does_not_mind_a_new_theme(fireside: Fireside, theme: Theme) -> None:
    fireside.ask("code", *answer("# a\n\n```python\nx = 1\n```\n\n> q\n\n- a"))
    fireside.shows("x = 1")
    fireside.idle()
    fireside.window.new_chat()
    fireside.qtbot.wait(50)
    gc.collect()
    theme.choose(ThemeChoice.DARK)
    theme.choose(ThemeChoice.LIGHT)


@pytest.mark.parametrize(
    ("scheme", "dark"), [(Qt.ColorScheme.Dark, True), (Qt.ColorScheme.Light, False)]
)
def test_system_follows_the_system(
    theme: Theme, monkeypatch: pytest.MonkeyPatch, scheme: Qt.ColorScheme, dark: bool
) -> None:
    theme.choose(ThemeChoice.LIGHT if dark else ThemeChoice.DARK)
    changes: list[bool] = []
    theme.changed.connect(lambda: changes.append(theme.colours.dark))
    hints = QGuiApplication.styleHints()
    monkeypatch.setattr(type(hints), "colorScheme", lambda self: scheme)
    theme.choose(ThemeChoice.SYSTEM)
    assert theme.colours.dark is dark
    other = Qt.ColorScheme.Light if dark else Qt.ColorScheme.Dark
    monkeypatch.setattr(type(hints), "colorScheme", lambda self: other)
    hints.colorSchemeChanged.emit(other)
    assert theme.colours.dark is not dark
    theme.choose(ThemeChoice.LIGHT)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not theme.colours.dark  # a person's choice takes precedence
    assert changes


def test_instructions_go_with_the_next_question(fireside: Fireside) -> None:
    dialog = open_preferences(fireside)
    field = child(dialog, QPlainTextEdit, "instructions")
    QTest.keyClicks(field, "Answer briefly.")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    fireside.until(lambda: not dialog.isVisible())
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    assert fireside.backend.requests[-1].instructions == "Answer briefly."
    fireside.stored(lambda store: None)
    assert settings.load(fireside.host.folders.settings).instructions == "Answer briefly."


def test_folder_and_version(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile()))
    )
    dialog = open_preferences(fireside)
    child(dialog, QAbstractButton, "openFolder").click()
    assert opened == [tmp_path]
    assert child(dialog, QLabel, "version").text() == f"Fireside {__version__}"


def test_every_control_has_a_name_and_a_tooltip(fireside: Fireside) -> None:
    fireside.ask("code", *answer("```python\nx\n```"))
    fireside.shows("x")
    fireside.idle()
    open_preferences(fireside)
    buttons = fireside.window.findChildren(QAbstractButton)
    ours = [b for b in buttons if not b.objectName().startswith("qt_") and b.objectName()]
    assert len(ours) > 25
    for button in ours:
        assert button.accessibleName(), button.objectName()
        title = button.objectName() == "title"  # has one only where it is cut
        assert button.toolTip() or title, button.objectName()
        if isinstance(button.parent(), Canvas):  # the canvas handles the Tab key itself
            continue
        reached = button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert reached or button.group(), button.objectName()  # arrow keys reach the rest
    kinds = (QAbstractSpinBox, QAbstractSlider, QLineEdit, QPlainTextEdit)
    fields = [field for kind in kinds for field in fireside.window.findChildren(kind)]
    shown = [f for f in fields if not f.objectName().startswith("qt_") and f.objectName()]
    assert len(shown) > 10
    for field in shown:
        assert field.accessibleName(), field.objectName()
        assert field.toolTip() or field.objectName() == "composer", field.objectName()


def test_reading_ahead_can_be_turned_off(fireside: Fireside) -> None:
    dialog = open_preferences(fireside)
    assert child(dialog, QAbstractButton, "prepare").isChecked()
    child(dialog, QAbstractButton, "prepare").click()
    fireside.stored(lambda store: None)
    assert settings.load(fireside.host.folders.settings).prepare is False
    assert not fireside.host._may_prepare()


def test_a_switch_is_a_check_box_for_the_keyboard(fireside: Fireside) -> None:
    switch = child(open_preferences(fireside), Switch, "prepare")
    assert switch.accessibleName()
    assert switch.isChecked()
    left = switch.grab().toImage()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert not switch.isChecked()
    assert not fireside.host.settings.prepare
    assert switch.grab().toImage() != left
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(switch.width() - 3, 12))
    assert fireside.host.settings.prepare


def test_naming_chats_can_be_turned_off(fireside: Fireside) -> None:
    fireside.backend.foreseen = Prompt(100, 4096)
    fireside.backend.titles = ["Apples"]
    dialog = open_preferences(fireside)
    assert child(dialog, QAbstractButton, "nameChats").isChecked()
    child(dialog, QAbstractButton, "nameChats").click()
    fireside.ask("about apples", *answer("About apples."))
    fireside.shows("About apples.")
    fireside.idle()
    assert settings.load(fireside.host.folders.settings).name_chats is False
    assert fireside.backend.titles == ["Apples"]


def test_a_setting_that_cannot_be_saved_says_so(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(settings, "save", full)
    fireside.host.change(instructions="Be brief.")
    banner = fireside.find(QLabel, "bannerText")
    fireside.until(banner.isVisible)
    assert banner.text().startswith("The disk is full")
