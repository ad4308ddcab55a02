"""The greeting in an empty chat."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui.controls import Button, IconView, column, plain
from app.ui.theme import Theme, font
from app.wording.demo_words import demo_questions, first_questions
from app.wording.language import tr

_CHIPS = 4


class Greeting(QWidget):
    """A welcome, and as many suggested questions as there is room for.

    They fit the model that would be asked, and stay until `renew`.
    """

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
        self._demo = self._python = False
        self._questions: list[str] = []
        self._chips = [self._chip(theme, number) for number in range(_CHIPS)]
        grid = self._grid = QGridLayout()
        grid.setSpacing(8)
        # Before the grid has items: PySide would keep wrappers of them, and return these for
        # whatever is at the same addresses after the grid has been rearranged.
        layout.addLayout(grid)
        self._arrange(2)
        layout.setAlignment(grid, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(4)
        self.renew()

    def set_model(self, *, demo: bool, python: bool) -> None:
        """Set whether the demo model would be asked, and whether it may call Python."""
        if (demo, python) != (self._demo, self._python):
            self._demo, self._python = demo, python
            self._show_questions()

    def renew(self) -> None:
        """Draw other questions, for another chat."""
        self._questions = random.sample(first_questions(), _CHIPS)
        self._show_questions()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _chip(self, theme: Theme, number: int) -> Button:
        name = f"suggestion{number + 1}"
        return Button(
            theme, name, "", text=" ", weight=400, clicked=lambda: self._ask(number)
        )  # fmt: skip

    def _ask(self, number: int) -> None:
        self.asked.emit(self._shown()[number])

    def _shown(self) -> tuple[str, ...]:
        return demo_questions(python=self._python) if self._demo else tuple(self._questions)

    def _show_questions(self) -> None:
        for chip, text in zip(self._chips, self._shown(), strict=True):
            label = tr("Ask: {text}").format(text=text)
            chip.setText(plain(text))
            chip.setAccessibleName(label)
            chip.setToolTip(label)
        self._fit()

    def _fit(self) -> None:
        """Show what there is room for."""
        widest = max(chip.sizeHint().width() for chip in self._chips)
        two = 2 * widest + self._grid.spacing() <= self.contentsRect().width() - 48
        self._arrange(2 if two else 1)
        for side in range(2):  # as wide as each other
            self._grid.setColumnMinimumWidth(side, widest if two else 0)
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
