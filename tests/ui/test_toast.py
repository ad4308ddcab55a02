"""The message over the lower edge of a window."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.toast import Toast, ToastAction


def test_a_second_message_has_room_for_its_buttons(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1024, 600)
    window.show()
    toast = Toast(theme, window)
    actions = [ToastAction("open", "Open", print), ToastAction("show", "Show in folder", print)]
    toast.tell("Exported to Norway.md", "check", actions)
    first = toast.width()
    toast.tell("Exported to Norway.md", "check", actions)
    assert toast.width() == first
