"""The context menu of the conversation."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.controls import keyed, menu_of
from app.ui.conversation.selection_controller import SelectionController
from app.wording.language import tr


def open_menu(
    parent: QWidget,
    place: QPoint,
    selection: SelectionController,
    fill: Callable[[QMenu], object] | None,
) -> None:
    """Open the menu at a point of the screen. ``fill`` adds entries for the message there."""
    menu = menu_of(parent, "transcriptMenu")
    usual = menu.addAction(keyed(tr("Copy"), QKeySequence.StandardKey.Copy), selection.copy)
    markdown = menu.addAction(tr("Copy as Markdown"), lambda: selection.copy(markdown=True))
    plain = menu.addAction(tr("Copy as plain text"), lambda: selection.copy(markdown=False))
    for action in (usual, markdown, plain):
        action.setEnabled(bool(selection.range))
    menu.addSeparator()
    everything = keyed(tr("Select all"), QKeySequence.StandardKey.SelectAll)
    menu.addAction(everything, selection.select_all)
    if fill:
        menu.addSeparator()
        fill(menu)
    menu.popup(place)
