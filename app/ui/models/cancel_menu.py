"""The menu that asks whether to keep a partial download."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.ui.controls import menu_of, pop_up_below
from app.wording.language import tr


def ask_what_to_keep(button: QWidget, share: float, cancelled: Callable[[bool], object]) -> None:
    """Ask by a menu below the button, and call ``cancelled`` with whether to keep the data.

    If nothing has arrived there is nothing to ask.
    """
    if share <= 0:
        cancelled(False)
        return
    menu = menu_of(button, "cancelMenu")
    menu.addAction(tr("Keep partial download"), lambda: cancelled(True))
    menu.addAction(tr("Delete partial download"), lambda: cancelled(False))
    pop_up_below(menu, button)
