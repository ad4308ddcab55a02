"""The greeting in an empty chat."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui.controls import Button, IconView, column
from app.ui.theme import Theme, font
from app.wording.language import tr


def _suggestions() -> tuple[str, ...]:
    """Return suggested questions, which the demo model can answer, too."""
    #: The demo model knows English only: leave these questions in English.
    return (
        tr("What is the capital of France?"),
        tr("Show the times table of 7."),
        tr("Write a Python function that adds two numbers."),
        tr("Tell me a story."),
    )


class Greeting(QWidget):
    """A welcome, and as many suggested questions as there is room for."""

    asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("greeting")
        layout = self._column = column(self, (24, 0, 24, 0), gap=10)
        layout.addStretch(3)
        flame = self._flame = IconView(theme, "flame", "accent", 40)
        flame.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(tr("What would you like to know?"))
        title.setFont(font(24, 600))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(flame)
        layout.addWidget(title)
        layout.addSpacing(14)
        self._chips: list[Button] = []
        grid = self._grid = QGridLayout()
        grid.setSpacing(8)
        for number, text in enumerate(_suggestions()):
            chip = Button(
                theme,
                f"suggestion{number + 1}",
                tr("Ask: {text}").format(text=text),
                text=text,
                weight=400,
                clicked=partial(self.asked.emit, text),
            )
            self._chips.append(chip)
        # Before the grid has items: PySide would keep wrappers of them, and return these for
        # whatever is at the same addresses after the grid has been rearranged.
        layout.addLayout(grid)
        self._arrange(2)
        layout.setAlignment(grid, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        widths = [chip.sizeHint().width() for chip in self._chips]
        two = max(widths[::2]) + self._grid.spacing() + max(widths[1::2])
        self._arrange(2 if two <= self.contentsRect().width() - 48 else 1)
        for flame, chips in ((True, True), (False, True), (False, False)):
            self._flame.setVisible(flame)
            for chip in self._chips:
                chip.setVisible(chips)
            self._column.invalidate()
            if self._column.minimumSize().height() <= self.height():
                return

    def _arrange(self, columns: int) -> None:
        for number, chip in enumerate(self._chips):
            self._grid.addWidget(chip, number // columns, number % columns)
