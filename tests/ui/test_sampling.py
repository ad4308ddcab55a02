"""Sampling settings: of each chat, and in the preferences."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.base.types import Sampling
from app.host import demo_model
from app.store import ChatSettings
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import Fireside, answer, make
from tests.ui.qt import child
from tests.ui.test_preferences import open_preferences

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

DEFAULT = demo_model().sampling


def open_page(fireside: Fireside) -> PreferencesDialog:
    dialog = open_preferences(fireside)
    dialog.show_page("chatPage")
    return dialog


def write(fireside: Fireside, dialog: PreferencesDialog, name: str, text: str) -> None:
    """Replace a value by typing."""
    field = child(dialog, QWidget, name)
    assert isinstance(field, QAbstractSpinBox | QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def sampling(fireside: Fireside, title: str) -> Sampling | None:
    chats = fireside.stored(lambda store: store.chats.listed())
    return next(chat.setup.sampling for chat in chats if chat.title == title)


def test_the_model_s_own_until_the_person_says_otherwise(fireside: Fireside) -> None:
    dialog = open_page(fireside)
    assert child(dialog, QDoubleSpinBox, "temperature").value() == DEFAULT.temperature
    assert child(dialog, QDoubleSpinBox, "topP").value() == 1
    assert child(dialog, QDoubleSpinBox, "minP").value() == 0.01
    assert child(dialog, QLineEdit, "seed").text() == ""
    assert child(dialog, QSpinBox, "answerLength").text() == "No limit"
    assert not child(dialog, QPushButton, "resetSampling").isEnabled()
    fireside.ask("pears", *answer("About pears."))
    fireside.shows("About pears.")
    assert fireside.backend.requests[-1].sampling == DEFAULT
    assert sampling(fireside, "pears") is None


def test_a_chat_keeps_its_own(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    dialog = open_page(fireside)
    assert child(dialog, QLabel, "samplingChat").text().startswith("Applies to “pears” only")
    for name, text in {
        "temperature": "0.7", "topP": "0.9", "minP": "0.05", "seed": "42", "answerLength": "512"
    }.items():  # fmt: skip
        write(fireside, dialog, name, text)
    chosen = Sampling(0.7, 0.9, DEFAULT.top_k, 0.05, 42, 512)
    assert sampling(fireside, "pears") == chosen
    assert sampling(fireside, "apples") is None
    fireside.ask("more", *answer("More."))
    fireside.shows("More.")
    fireside.idle()
    assert fireside.backend.requests[-1].sampling == chosen
    apples = fireside.stored(lambda store: store.chats.listed())[-1].id
    fireside.window.open_chat(apples)  # with the page still open
    assert child(dialog, QLabel, "samplingChat").text().startswith("Applies to “apples” only")
    assert child(dialog, QLineEdit, "seed").text() == ""
    assert child(dialog, QDoubleSpinBox, "temperature").value() == DEFAULT.temperature
    fireside.ask("too", *answer("Too."))
    fireside.shows("Too.")
    assert fireside.backend.requests[-1].sampling == DEFAULT


def test_reset(fireside: Fireside) -> None:
    make(fireside, "pears")
    dialog = open_page(fireside)
    write(fireside, dialog, "temperature", "1.5")
    write(fireside, dialog, "seed", "7")
    assert sampling(fireside, "pears") == dataclasses.replace(DEFAULT, temperature=1.5, seed=7)
    child(dialog, QPushButton, "resetSampling").click()
    assert sampling(fireside, "pears") is None
    assert child(dialog, QDoubleSpinBox, "temperature").value() == DEFAULT.temperature
    assert child(dialog, QLineEdit, "seed").text() == ""
    assert not child(dialog, QPushButton, "resetSampling").isEnabled()


def test_one_value_leaves_the_others_as_they_are(fireside: Fireside) -> None:
    """This includes values without a field, or shown with fewer digits."""
    make(fireside, "pears")
    chat = fireside.chat
    odd = Sampling(0.123456, 0.98765, 40, 0.0123456)
    fireside.stored(lambda store: store.chats.set_up(chat, ChatSettings(sampling=odd)))
    fireside.window.state.index.refresh()
    fireside.stored(lambda store: None)
    write(fireside, open_page(fireside), "answerLength", "512")
    assert sampling(fireside, "pears") == dataclasses.replace(odd, max_tokens=512)


def test_a_new_chat_takes_its_own_along(fireside: Fireside) -> None:
    dialog = open_page(fireside)
    assert child(dialog, QLabel, "samplingChat").text() == "Applies to the new chat only."
    write(fireside, dialog, "temperature", "0.9")
    chosen = dataclasses.replace(DEFAULT, temperature=0.9)
    fireside.ask("pears", *answer("About pears."))
    fireside.shows("About pears.")
    fireside.idle()
    assert fireside.backend.requests[-1].sampling == chosen
    assert sampling(fireside, "pears") == chosen
    assert child(dialog, QDoubleSpinBox, "temperature").value() == 0.9  # now the chat's own
    fireside.window.new_chat()
    assert child(dialog, QDoubleSpinBox, "temperature").value() == DEFAULT.temperature
    fireside.ask("plums", *answer("About plums."))
    fireside.shows("About plums.")
    assert fireside.backend.requests[-1].sampling == DEFAULT


def test_what_is_half_typed_counts_when_the_dialog_closes(fireside: Fireside) -> None:
    make(fireside, "pears")
    dialog = open_page(fireside)
    field = child(dialog, QSpinBox, "answerLength")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "768")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert sampling(fireside, "pears") == dataclasses.replace(DEFAULT, max_tokens=768)


def test_only_digits_are_a_seed(fireside: Fireside) -> None:
    make(fireside, "pears")
    write(fireside, open_page(fireside), "seed", "-1a2.5")
    assert sampling(fireside, "pears") == dataclasses.replace(DEFAULT, seed=125)


def test_news_of_other_chats_leave_what_is_half_typed(fireside: Fireside) -> None:
    make(fireside, "pears")
    dialog = open_page(fireside)
    field = child(dialog, QDoubleSpinBox, "temperature")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1.")
    fireside.window.state.index.refresh()
    fireside.stored(lambda store: None)
    assert field.text() == "1."
