"""The bar above the conversation: the chat's title, its preset and its model."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.ui.controls import Button, Elided, muted
from app.ui.presets.preset_picker import PresetPicker
from app.ui.theme import Theme, font
from app.wording.language import tr


class TitleBar(QFrame):
    """Title, preset and model; and a button for the side bar while that is hidden."""

    sidebar_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(48)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 16, 0)
        row.setSpacing(8)
        self._reveal = Button(
            theme, "showSidebar", tr("Show sidebar"), icon="sidebar", shortcut="Ctrl+B",
            clicked=self.sidebar_wanted.emit,
        )  # fmt: skip
        self._reveal.hide()
        self.title = Elided("title")
        self.title.setFont(font(14, 600))
        self.preset_picker = PresetPicker(theme)
        self.model_name = muted(name="modelName", pixels=13)
        row.addWidget(self._reveal)
        row.addSpacing(4)
        row.addWidget(self.title, 1)
        row.addWidget(self.preset_picker)
        row.addWidget(self.model_name)

    def set_sidebar_shown(self, shown: bool) -> None:
        """Hide the button for the side bar while that is shown."""
        self._reveal.setVisible(not shown)
