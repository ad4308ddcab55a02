"""What is disabled looks so, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.base.settings import ThemeChoice
from app.ui.choices import Segments
from app.ui.controls import Button
from app.ui.form_fields import ChoiceField, CountField
from app.ui.theme import Theme


def segments() -> Segments:
    choice = Segments("effort", "Effort", [("a", "Low", "low", ""), ("b", "High", "high", "")])
    choice.set_value("a")
    return choice


def slider() -> ChoiceField:
    field = ChoiceField("context", "Context", "Context")
    field.set_stops([(1, "One"), (2, "Two"), (3, "Three")], 2)
    return field


def makers(theme: Theme) -> dict[str, Callable[[], QWidget]]:
    def button(kind: str) -> Callable[[], QWidget]:
        return lambda: Button(theme, "b", "Do it", text="Do it", kind=kind)

    kinds = ("outlined", "primary", "small", "quiet", "pill", "row", "toggle")
    return {kind: button(kind) for kind in kinds} | {
        "arrow": lambda: Button(theme, "arrow", "Previous version", icon="chevron-left"),
        "segments": segments,
        "slider": slider,
        "number": lambda: CountField("n", "Number", "Number", most=9, step=1, none="No limit"),
    }


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_what_is_disabled_looks_so(qtbot: QtBot, theme: Theme, choice: ThemeChoice) -> None:
    theme.choose(choice)
    same = []
    for name, make in makers(theme).items():
        images = []
        for enabled in (True, False):
            widget = make()
            qtbot.addWidget(widget)
            widget.setEnabled(enabled)
            widget.resize(200, 60)
            images.append(widget.grab().toImage())
        if images[0] == images[1]:
            same.append(name)
    assert same == []
