"""How fast this computer was measured to be, and a button to measure it again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from app.engine.probe import Machine
from app.ui.controls import Button, set_tone, tip
from app.ui.form_fields import note
from app.ui.form_page import FormPart
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.measured_speeds import measured_speeds, speeds_in_one_line


class SpeedLine(FormPart):
    """A quiet line with the speed of each device."""

    wanted = Signal()
    """The speeds are to be measured again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._machine: Machine | None = None
        self._measuring = False
        self._text = note("", "measuredSpeeds")
        words = tr("Measure speed")
        self._again = Button(theme, "measureAgain", words, text=words, clicked=self._begin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self._text, 1)
        row.addWidget(self._again, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_machine(self, machine: Machine) -> None:
        """Show the speeds of a machine."""
        self._machine = machine
        self._show()
        self.show()

    def end(self, failure: str = "") -> None:
        """Show that measuring has ended, or why it failed."""
        self._measuring = False
        self._show()
        if failure:
            self._text.setText(failure)
            set_tone(self._text, "danger")

    def _begin(self) -> None:
        self._measuring = True
        self._show()
        self.wanted.emit()

    def _show(self) -> None:
        self._again.setEnabled(not self._measuring)
        set_tone(self._text, "muted")
        if self._measuring:
            self._text.setText(tr("Measuring the speed of this computer…"))
        elif self._machine:
            self._text.setText(speeds_in_one_line(self._machine))
            self._text.setToolTip(tip("\n".join(measured_speeds(self._machine))))
