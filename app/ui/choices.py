"""Controls that choose one of a few values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QCheckBox,
    QFrame,
    QPushButton,
    QSizePolicy,
)

from app.ui.controls import set_across, tip
from app.ui.theme import font
from app.wording.language import tr

_SWITCH = 40, 24  # pixels


class Segments(QFrame):
    """A selector of one of a few choices side by side. The arrow keys move between them."""

    chosen = Signal(str)
    """The value that the user chose."""

    def __init__(self, name: str, label: str, choices: Sequence[tuple[str, str, str, str]]) -> None:
        """Create the choices: value, text, objectName, and shortcut (or "") of each."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setProperty("kind", "segments")
        layout = self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(2)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        self._tips: dict[str, str] = {}
        for value, text, button_name, shortcut in choices:
            button = QPushButton(text)
            button.setObjectName(button_name)
            button.setAccessibleName(f"{label}: {text}")
            self._tips[value] = tip(f"{label}: {text}", shortcut)
            button.setToolTip(self._tips[value])
            button.setCheckable(True)
            button.setFixedHeight(26)
            button.setFont(font(13, 450))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setAutoDefault(False)  # so Enter in a dialog's field does not press it
            self._group.addButton(button)
            self._buttons[value] = button
            layout.addWidget(button)
            button.toggled.connect(partial(self._toggled, value))
        self._quiet = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> str:
        """The present choice."""
        return next(v for v, button in self._buttons.items() if button.isChecked())

    def set_value(self, value: str) -> None:
        """Show a choice, without emitting `chosen`."""
        self._quiet = True
        self._buttons[value].setChecked(True)
        self._quiet = False

    def set_usable(self, value: str, reason: str) -> None:
        """Enable a choice, or disable it for a ``reason``, which its tooltip says."""
        button = self._buttons[value]
        button.setEnabled(not reason)
        button.setToolTip(tip(reason) if reason else self._tips[value])
        button.setAccessibleDescription(reason)

    def fit(self, width: int) -> None:
        """Put the choices below each other where they do not fit into a width in pixels."""
        gap = self._layout.spacing()
        wanted = sum(button.sizeHint().width() + gap for button in self._buttons.values())
        set_across(self._layout, wanted + 2 * gap <= width)

    def choose(self, value: str) -> None:
        """Choose a value as if the user had, for example by a shortcut."""
        self._buttons[value].setChecked(True)

    def _toggled(self, value: str, on: bool) -> None:
        if not on:
            return
        focused = any(button.hasFocus() for button in self._buttons.values())
        self.setFocusProxy(self._buttons[value])
        for each, button in self._buttons.items():  # Tab reaches the chosen one only
            policy = Qt.FocusPolicy.TabFocus if each == value else Qt.FocusPolicy.NoFocus
            button.setFocusPolicy(policy)
        if focused:  # else the ring would stay on another choice
            self._buttons[value].setFocus()
        if not self._quiet:
            self.chosen.emit(value)


class Switch(QCheckBox):
    """A switch for on and off, which is a check box to the keyboard and to screen readers."""

    turned = Signal(bool)
    """The user has switched it on or off."""

    def __init__(self, name: str, label: str, *, on: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setChecked(on)
        self.setFixedSize(*_SWITCH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.turned)
        self.toggled.connect(self._name_state)
        self._name_state()

    def turn(self, on: bool) -> None:
        """Turn it as if the user had."""
        if on != self.isChecked():
            self.click()

    def hitButton(self, pos: QPoint) -> bool:
        """Have a click anywhere on the switch turn it."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, role = self.palette(), QPalette.ColorRole
        rim = self.height() / 11
        track = QRectF(self.rect()).adjusted(0, rim, 0, -rim)
        if not self.isEnabled():
            painter.setOpacity(0.45)
        if self.hasFocus():
            ring = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
            painter.setPen(QPen(colours.color(role.Accent), 1.5))
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
            track.adjust(rim * 1.5, rim / 2, -rim * 1.5, -rim / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color(role.Accent if self.isChecked() else role.Mid))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = QRectF(0, 0, track.height(), track.height()).adjusted(rim, rim, -rim, -rim)
        left = track.right() - track.height() if self.isChecked() else track.left()
        painter.setBrush(colours.color(role.BrightText))
        painter.drawEllipse(knob.translated(left, track.top()))

    def _name_state(self) -> None:
        state = tr("On") if self.isChecked() else tr("Off")
        self.setToolTip(tip(f"{self.accessibleName()}: {state}"))
