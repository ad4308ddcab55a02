"""The list of shortcuts (F1)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QWidget

from app.ui.commands import Command
from app.ui.controls import column, muted, send_keys, spoken
from app.ui.screen import FittingDialog
from app.ui.theme import font
from app.wording.language import tr


class ShortcutList(FittingDialog):
    """The commands with shortcuts, under their headings, and the keys that controls handle."""

    def __init__(self, commands: Sequence[Command], parent: QWidget, *, ctrl: bool) -> None:
        """Create the list; ``ctrl``: whether Ctrl+Enter sends a message, rather than Enter."""
        super().__init__(parent)
        self._ctrl = ctrl
        self.setObjectName("keys")
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(420, 320)
        self.resize(560, 640)
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(28, 16, 28, 24)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for heading, lines in self._groups(commands).items():
            self._add_group(grid, heading, lines)
        area = QScrollArea()
        area.setObjectName("keysArea")
        area.setAccessibleName(tr("Keyboard shortcuts"))
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        bar = area.verticalScrollBar().sizeHint().width()
        area.setMinimumWidth(page.minimumSizeHint().width() + bar)
        column(self).addWidget(area)

    def _groups(self, commands: Sequence[Command]) -> dict[str, list[tuple[str, list[str]]]]:
        groups: dict[str, list[tuple[str, list[str]]]] = {
            tr("Writing a message"): [
                (tr("Send"), [send_keys(self._ctrl)]),
                (tr("New line"), ["Return" if self._ctrl else "Shift+Return"]),
            ],
        }
        for command in commands:
            if keys := [key.toString() for key in command.shortcuts()]:
                groups.setdefault(command.group, []).append((command.text(), keys[:1]))
        groups[tr("In the chat list")] = [
            (tr("Open"), ["Return"]),
            (tr("Rename"), ["F2"]),
            (tr("Delete"), ["Del"]),
        ]
        groups[tr("In the chat")] = [
            (tr("Select"), ["Shift+Left", "Shift+Right", "Shift+Up", "Shift+Down"]),
            (tr("Select all"), ["Ctrl+A"]),
            (tr("Copy selection"), ["Ctrl+C"]),
            (tr("Go to start or end"), ["Home", "End"]),
        ]
        return groups

    def _add_group(
        self, grid: QGridLayout, heading: str, lines: list[tuple[str, list[str]]]
    ) -> None:
        title = QLabel(heading)
        title.setFont(font(13, 600))
        title.setContentsMargins(0, 14, 0, 2)
        grid.addWidget(title, grid.rowCount(), 0, 1, 2)
        for text, keys in lines:
            row = grid.rowCount()
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            names = list(map(spoken, keys))
            pairs = ["   ".join(names[at : at + 2]) for at in range(0, len(names), 2)]
            shown = "\n".join(pairs)  # four on a line would be too wide
            key_label = muted(shown, pixels=13)
            key_label.setAlignment(Qt.AlignmentFlag.AlignRight)
            label.setAccessibleName(f"{text}: {'   '.join(names)}")
            grid.addWidget(label, row, 0)
            grid.addWidget(key_label, row, 1, Qt.AlignmentFlag.AlignRight)
