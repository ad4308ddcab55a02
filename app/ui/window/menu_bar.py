"""The menu bar of macOS, made of the window's commands. Other systems have none."""

from __future__ import annotations

import sys
from itertools import groupby

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenuBar

from app.ui.commands import Commands
from app.wording.language import tr

_ROLES = {
    "aboutCommand": QAction.MenuRole.AboutRole,
    "preferencesCommand": QAction.MenuRole.PreferencesRole,
    "quitCommand": QAction.MenuRole.QuitRole,
}
"""The commands that macOS shows in the menu with the program's name."""


def add_menu_bar(window: QMainWindow, commands: Commands, platform: str = sys.platform) -> None:
    """Give a window the menu bar if this is macOS."""
    if platform != "darwin":
        return
    bar = QMenuBar(window)
    bar.setObjectName("menuBar")
    groups = {name: list(each) for name, each in groupby(commands.all, lambda c: c.group)}
    program = commands.all[-1].group  # what is not about a chat, a model or the view
    for name in (program, *(name for name in groups if name != program)):
        menu = bar.addMenu(tr("File") if name == program else name)
        for command in groups[name]:
            command.setMenuRole(_ROLES.get(command.objectName(), QAction.MenuRole.NoRole))
            menu.addAction(command)
    window.setMenuBar(bar)
