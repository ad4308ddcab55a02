"""Preferences of writing, effort, text size, exports and notifications."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QProcess, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QSlider

from app.base import settings
from app.base.types import Effort
from app.ui.controls import spoken
from app.ui.palette.shortcut_list import ShortcutList
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.window.answer_notice import DesktopNotifier
from tests.ui.driver import Fireside, Start, answer, done, said, thought
from tests.ui.qt import child

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def opened(fireside: Fireside, page: str) -> PreferencesDialog:
    fireside.window.preferences.open(page)
    return child(fireside.window, PreferencesDialog, "preferences")


def press(fireside: Fireside, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Return, modifier)


def test_ctrl_enter_sends_where_that_was_chosen(fireside: Fireside) -> None:
    none, ctrl = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    dialog = opened(fireside, "chatsPage")
    child(dialog, QAbstractButton, "sendWithCtrl").click()
    dialog.close()
    editor = fireside.window.composer.editor
    assert fireside.find(QAbstractButton, "send").toolTip() == f"Send ({spoken('Ctrl+Return')})"
    fireside.window.library.palette_controller.show_keys()
    keys = child(fireside.window, ShortcutList, "keys")
    lines = [label.accessibleName() for label in keys.findChildren(QLabel)]
    assert f"Send: {spoken('Ctrl+Return')}" in lines
    keys.close()
    fireside.window.activateWindow()
    editor.setFocus()
    fireside.type("one")
    press(fireside, none)
    fireside.type("two")
    assert editor.toPlainText() == "one\ntwo"
    held = fireside.hold()
    fireside.script(thought("Hm."), held, said("It is.", 1), done())
    press(fireside, ctrl)
    fireside.until(lambda: fireside.window.state.current.busy())
    assert fireside.backend.requests == [] or editor.toPlainText() == ""
    fireside.until(lambda: fireside.backend.requests)
    fireside.type("next")
    fireside.script(*answer("And that."))
    press(fireside, ctrl)  # it waits for the answer, and does not hurry it
    assert editor.toPlainText() == ""
    held.set()
    fireside.shows("And that.")
    assert fireside.backend.hurried == [False]
    fireside.idle()
    assert settings.load(fireside.host.folders.settings).send_with_ctrl


def test_enter_that_confirms_what_is_composed_does_not_send(fireside: Fireside) -> None:
    editor = fireside.window.composer.editor
    sent: list[object] = []
    editor.submitted.connect(lambda: sent.append(1))
    fireside.type("kanji ")
    QApplication.sendEvent(editor, QInputMethodEvent("にほん", []))
    press(fireside, Qt.KeyboardModifier.NoModifier)
    assert sent == []


def test_new_chats_begin_with_the_chosen_effort(start: Start) -> None:
    fireside = start()
    dialog = opened(fireside, "chatsPage")
    child(dialog, QAbstractButton, "newEffortHigh").click()
    assert fireside.window.composer.effort is Effort.HIGH
    fireside.window.composer.choose_effort(Effort.LOW)
    fireside.window.new_chat()
    assert fireside.window.composer.effort is Effort.HIGH
    fireside.stored(lambda store: None)
    assert start().window.composer.effort is Effort.HIGH


def test_the_text_size_is_chosen(fireside: Fireside) -> None:
    dialog = opened(fireside, "generalPage")
    slider = child(dialog, QSlider, "textSize")
    assert "15 px (default)" in slider.accessibleDescription()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert fireside.host.settings.text_size == 16
    assert fireside.window.transcript.list.pixels == 16


def test_exports_begin_in_the_chosen_folder(
    fireside: Fireside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(fireside, "generalPage")
    fireside.host.change(export_folder=str(tmp_path / "last"))
    monkeypatch.setattr(
        "app.ui.preferences.general_page.ask_folder",
        lambda parent, title, done, at="": done(tmp_path / "mine"),
    )
    for button, folder in (("chooseExports", "mine"), ("usualExports", "last")):
        child(dialog, QAbstractButton, button).click()
        fireside.window.library.exchange.export_all()
        field = fireside.find(QLineEdit, "exportFolder", last=True)
        assert field.text() == str(tmp_path / folder)
        field.window().close()


def test_a_long_answer_is_told_where_nobody_looks(fireside: Fireside) -> None:
    notice = fireside.window.answer_notice
    told: list[tuple[str, str]] = []
    now = [0.0]
    notice.show = lambda title, text: told.append((title, text))
    notice.clock = lambda: now[0]

    def ask(seconds: float, *, in_front: bool = False) -> None:
        notice.in_front = lambda: in_front
        held = fireside.hold()
        fireside.ask("apples", said("They are"), held, done())
        fireside.until(lambda: fireside.backend.scripts == [] and notice._begun)
        now[0] += seconds
        held.set()
        fireside.idle()

    ask(9)
    ask(11, in_front=True)
    assert told == []
    ask(11)
    assert told == [("apples", "Your answer is ready.")]
    child(opened(fireside, "generalPage"), QAbstractButton, "notify").click()
    ask(11)
    assert len(told) == 1


def test_what_the_system_has_tells_it(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> None:
    notifier = DesktopNotifier(fireside.window)
    run: list[tuple[str, list[str]]] = []
    beeps: list[int] = []
    where = "app.ui.window.answer_notice"
    monkeypatch.setattr(QProcess, "startDetached", lambda *args: run.append(args))
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(1))
    monkeypatch.setattr(f"{where}.sys.platform", "linux")
    monkeypatch.setattr(f"{where}.shutil.which", lambda name: f"/usr/bin/{name}")
    notifier.show("--help", "Your answer is ready.")
    assert run[0][0] == "/usr/bin/notify-send"
    assert run[0][1][-3:] == ["--", "--help", "Your answer is ready."]
    monkeypatch.setattr(f"{where}.shutil.which", lambda name: None)
    notifier.show("a", "Your answer is ready.")  # there is no tray here
    assert (len(run), beeps) == (1, [1])
