"""Parts of pages and dialogs: headings, notes, buttons, and fields for values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QRegularExpression,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QFocusEvent,
    QRegularExpressionValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDialog,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QWidget,
)

from app.ui.controls import Button, column, muted, plain_tip
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.policy_words import set_by_organization

FIELD_WIDTH = 150
KNOB_WIDTH = 210
_PAUSE_MS = 700


def heading(text: str, pixels: int = 14, weight: int = 600) -> QLabel:
    """Return a heading."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(font(pixels, weight))
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label


def note(text: str, name: str = "") -> QLabel:
    """Return a label with a muted sentence, wrapped as needed."""
    label = muted(text, name, pixels=13)
    label.setWordWrap(True)
    return label


def organization_mark() -> QLabel:
    """Return a label that says that only an administrator can change what is above it."""
    label = note(set_by_organization(), "setByOrganization")
    label.setFont(font(13, 550))
    return label


def set_read_only(field: QPlainTextEdit) -> None:
    """Make a field's text one that is read and copied, also by the keyboard."""
    field.setProperty("kind", "field")
    field.setFrameShape(QFrame.Shape.NoFrame)
    field.setReadOnly(True)
    field.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    field.setTabChangesFocus(True)


def named(widget: QWidget, name: str, label: str, tip: str) -> None:
    """Set the objectName, the accessible name and the tooltip of a field."""
    widget.setObjectName(name)
    widget.setAccessibleName(label)
    widget.setToolTip(plain_tip(tip))


class DialogButtons(QHBoxLayout):
    """The last row of a dialog: Cancel, and the button that confirms."""

    def __init__(
        self,
        theme: Theme,
        dialog: QDialog,
        text: str,
        clicked: Callable[[], object],
        *,
        name: str,
        cancel_name: str,
    ) -> None:
        """Create the row; ``clicked`` is called by the button ``text``.

        ``name`` and ``cancel_name`` are the objectNames.
        """
        super().__init__()
        self.cancel = Button(
            theme, cancel_name, tr("Cancel"), text=tr("Cancel"), shortcut="Esc",
            clicked=dialog.reject,
        )  # fmt: skip
        self.primary = Button(
            theme, name, text, text=text, kind="primary", shortcut="Return", clicked=clicked
        )
        self.primary.setDefault(True)
        self.setSpacing(8)
        self.addStretch(1)
        self.addWidget(self.cancel)
        self.addWidget(self.primary)


class DecimalField(QDoubleSpinBox):
    """A number with a fraction."""

    def __init__(
        self, name: str, label: str, tip: str, *, most: float, step: float, decimals: int
    ) -> None:
        super().__init__()
        named(self, name, label, tip)
        _typed(self)
        self.setDecimals(decimals)
        self.setRange(0, most)
        self.setSingleStep(step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolls the page, and must not change the value


class CountField(QSpinBox):
    """A whole number; 0 is shown as ``none``."""

    def __init__(self, name: str, label: str, tip: str, *, most: int, step: int, none: str) -> None:
        super().__init__()
        named(self, name, label, tip)
        _typed(self)
        self.setRange(0, most)
        self.setSingleStep(step)
        self.setGroupSeparatorShown(True)
        self.setSpecialValueText(none)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolls the page, and must not change the value


class DigitsField(QLineEdit):
    """A number of up to ``most`` digits; an empty field means ``none``."""

    def __init__(self, name: str, label: str, tip: str, *, most: int, none: str) -> None:
        super().__init__()
        named(self, name, label, tip)
        self.setProperty("kind", "field")
        pattern = QRegularExpression(rf"\d{{0,{most}}}")
        self.setValidator(QRegularExpressionValidator(pattern, self))
        self.setPlaceholderText(none)
        self.setFixedWidth(FIELD_WIDTH)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    @property
    def value(self) -> int | None:
        """The number; None if the field is empty."""
        return int(self.text()) if self.text() else None


class TextField(QPlainTextEdit):
    """A text of several lines. It is committed when the user leaves it or pauses."""

    written = Signal(str)
    """The committed text has changed."""

    def __init__(self, name: str, label: str, tip: str, hint: str, height: int = 120) -> None:
        super().__init__()
        named(self, name, label, tip)
        self.setProperty("kind", "field")
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(height)
        self._emitted = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.finish)
        self.textChanged.connect(self._pause.start)

    def show_text(self, text: str) -> None:
        """Show a text, without emitting `written`."""
        self._emitted = text
        if (
            text.strip() != self.toPlainText().strip()
        ):  # the user may go on typing after trailing blanks
            self.setPlainText(text)
        self._pause.stop()

    def finish(self) -> None:
        """Commit half-written text."""
        self._pause.stop()
        text = self.toPlainText()
        if text != self._emitted:
            self._emitted = text
            self.written.emit(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.finish()


class ChoiceField(QWidget):
    """A slider over a few values, with the chosen one in words above it."""

    turned = Signal()
    """The user has chosen another value."""

    def __init__(self, name: str, label: str, tip: str) -> None:
        super().__init__()
        self._values: list[tuple[Any, str]] = []
        self.slider = QSlider(Qt.Orientation.Horizontal)
        named(self.slider, name, label, tip)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._moved)
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setFont(font(13))
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(KNOB_WIDTH)
        layout = column(self, gap=1)
        layout.addWidget(self.words)
        layout.addWidget(self.slider)

    def set_stops(self, stops: Sequence[tuple[Any, str]], value: Any) -> None:
        """Set the values with their labels, and choose one, or the nearest below it."""
        with QSignalBlocker(self.slider):
            self._values = list(stops)
            self.slider.setRange(0, len(stops) - 1)
            self.slider.setValue(self._index(value))
        self._say()

    def set_words(self, value: Any, text: str) -> None:
        """Change the words for a value."""
        index = self._index(value)
        self._values[index] = value, text
        self._say()

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self._values[self.slider.value()][0]

    def choose(self, value: Any) -> None:
        """Choose a value, as if the user had."""
        self.slider.setValue(self._index(value))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def _index(self, value: Any) -> int:
        values = [each for each, _ in self._values]
        if value in values:
            return values.index(value)
        below = [i for i, each in enumerate(values) if each is not None and each < value]
        return below[-1] if below else 0

    def _moved(self) -> None:
        self._say()
        self.turned.emit()

    def _say(self) -> None:
        text = self._values[self.slider.value()][1]
        self.words.setText(text)
        self.slider.setAccessibleDescription(text)


def _typed(box: QAbstractSpinBox) -> None:
    """Set up a spin box without buttons, for typing and the arrow keys."""
    box.setKeyboardTracking(False)
    box.setFixedWidth(FIELD_WIDTH)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    box.lineEdit().setTextMargins(8, 0, 9, 0)
