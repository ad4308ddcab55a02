"""Commands of the window, each with a name, keys and a condition."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

QUESTION_KEY = "F6"
"""The key that leads to a question about a call."""


class Command(QAction):
    """A command. ``group`` is the heading it is listed under."""

    def __init__(
        self,
        owner: QWidget,
        name: str,
        text: str,
        work: Callable[[], object],
        keys: tuple[str, ...],
        group: str,
        when: Callable[[], bool] | None,
    ) -> None:
        super().__init__(text, owner)
        self.setObjectName(f"{name}Command")
        self.setShortcuts([QKeySequence(key) for key in keys])
        self.group = group
        self._when = when
        self._enabled = True
        self.triggered.connect(lambda: work())
        self.refresh()  # first: the window is told of each change of what it has
        owner.addAction(self)

    def refresh(self) -> None:
        """Disable the action, releasing its shortcut, while unavailable."""
        if self._when and (enabled := bool(self._when())) != self._enabled:
            self._enabled = enabled
            self.setEnabled(enabled)


class Commands:
    """The commands of a window, in the order in which they are listed."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._group = ""
        self.all: list[Command] = []

    def group(self, heading: str) -> None:
        """Put the commands added from now on under this heading."""
        self._group = heading

    def add(
        self,
        name: str,
        text: str,
        work: Callable[[], object],
        *keys: str,
        when: Callable[[], bool] | None = None,
    ) -> None:
        """Add a command that calls ``work``.

        The first of its ``keys`` is the one shown. ``when`` returns whether it is available.
        """
        self.all.append(Command(self._owner, name, text, work, keys, self._group, when))

    def run(self, name: str) -> None:
        """Carry out the command of that name, if it is available."""
        next(each for each in self.all if each.objectName() == f"{name}Command").trigger()

    def refresh(self) -> None:
        """Update which commands are enabled."""
        for command in self.all:
            command.refresh()
