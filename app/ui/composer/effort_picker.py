"""The choice of the effort, in the composer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.base.types import Effort
from app.ui.choices import Segments
from app.ui.controls import Button, keyed, menu_of, pop_up_above, tip
from app.ui.theme import Theme
from app.wording.efforts import effort_command, effort_label
from app.wording.language import tr


class EffortPicker(QWidget):
    """The efforts side by side or, where there is no room, a button with a menu of them."""

    chosen = Signal(Effort)
    """The user has chosen this effort."""

    def __init__(self, theme: Theme, effort: Effort) -> None:
        super().__init__()
        self._refused: Mapping[Effort, str] = {}
        self._segments = Segments(
            "effort",
            tr("Effort"),
            [
                (each, effort_label(each), f"effort{each.capitalize()}", f"Ctrl+{number}")
                for number, each in enumerate(Effort, 1)
            ],
        )
        self._segments.chosen.connect(lambda value: self._name())
        self._segments.chosen.connect(lambda value: self.chosen.emit(Effort(value)))
        self._button = Button(
            theme, "effortShort", tr("Effort"), icon="chevron-down", text=" ", kind="pill",
            size=14, weight=400, clicked=self._open_menu,
        )  # fmt: skip
        self._button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._segments)
        row.addWidget(self._button)
        self.set_effort(effort)

    @property
    def effort(self) -> Effort:
        """The effort that is chosen."""
        return Effort(self._segments.value)

    @property
    def full_width(self) -> int:
        """The pixels that the efforts need side by side."""
        return self._segments.sizeHint().width()

    def set_effort(self, effort: Effort) -> None:
        """Show an effort."""
        self._segments.set_value(effort)
        self._name()

    def set_refused(self, refused: Mapping[Effort, str]) -> None:
        """Disable the efforts that the model is known not to take, each with the reason."""
        self._refused = refused
        for effort in Effort:
            self._segments.set_usable(effort, refused.get(effort, ""))
        self._name()

    def choose(self, effort: Effort) -> None:
        """Choose an effort as if the user had, unless the model does not take it."""
        if effort not in self._refused:
            self._segments.choose(effort)

    def set_short(self, short: bool) -> None:
        """Set whether only the chosen effort has room."""
        self._segments.setVisible(not short)
        self._button.setVisible(short)

    def _name(self) -> None:
        label = effort_label(self.effort)
        self._button.setText(f"{label}  ")  # room before the arrow
        name = effort_command(self.effort)
        self._button.setAccessibleName(name)
        self._button.setToolTip(tip(self._refused.get(self.effort, "") or name))

    def _open_menu(self) -> None:
        menu = menu_of(self, "effortMenu")
        for number, effort in enumerate(Effort, 1):
            text = keyed(effort_label(effort), f"Ctrl+{number}")
            action = menu.addAction(text, partial(self.choose, effort))
            action.setCheckable(True)
            action.setChecked(effort is self.effort)
            action.setEnabled(effort not in self._refused)
            action.setToolTip(tip(self._refused.get(effort, "")))
        pop_up_above(menu, self._button)
