"""Parts of pages and dialogs: headings, rows, buttons, and fields for values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QPoint,
    QRect,
    QRegularExpression,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegularExpressionValidator,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QDialog,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui.controls import Button, column, muted, plain_tip, set_across
from app.ui.theme import Theme, font
from app.ui.zoom import zoomed
from app.wording.language import tr
from app.wording.policy_words import set_by_organization

FIELD_WIDTH = 150
KNOB_WIDTH = 210
_PAUSE_MS = 700
_WORDS = 190  # pixels that the words of a row need beside its field


class FormPage(QWidget):
    """A page of the preferences."""

    def __init__(self, name: str, title: str) -> None:
        """Create the page; ``title`` is also its name in the list of pages."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.title = title
        self.foot: QWidget | None = None
        """What stays in sight below the page while that is scrolled."""
        self._marked: Sequence[QWidget] = ()
        self.column = column(self, (30, 22, 30, 22), gap=8)
        self.column.addWidget(heading(title, 20, 640))
        self.column.addSpacing(6)

    def leave(self) -> None:
        """Commit half-written values, since the preferences are closing."""

    def mark(self, parts: Sequence[QWidget]) -> None:
        """Mark the parts that a search has found; none to end that."""
        self._marked = parts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colour = self.palette().color(QPalette.ColorRole.Accent)
        colour.setAlphaF(0.16)
        painter.setBrush(colour)
        for part in self._marked:
            place = QRect(part.mapTo(self, QPoint()), part.size())
            painter.drawRoundedRect(place.adjusted(-10, -2, 10, 2), 8, 8)

    def add_part(self) -> QVBoxLayout:
        """Add a part that a search finds as a whole, and return its layout."""
        part = FormPart()
        self.column.addWidget(part)
        return column(part, gap=8)

    def add_note(self, text: str, name: str = "") -> QLabel:
        """Add a muted sentence, wrapped as needed."""
        label = note(text, name)
        self.column.addWidget(label)
        return label


class FormFoot(QFrame):
    """The buttons below a page; below each other where there is no room for them beside."""

    def __init__(self, name: str, buttons: Sequence[QWidget]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "foot")
        self._buttons = buttons
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(30, 10, 30, 10)
        self._row.setSpacing(8)
        for button in buttons:
            self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._row.addStretch(1)

    def minimumSizeHint(self) -> QSize:
        """Return the size with the buttons below each other, so that a narrow page can be had."""
        widest = max(button.sizeHint().width() for button in self._buttons)
        return QSize(widest + zoomed(60), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = sum(button.sizeHint().width() + zoomed(8) for button in self._buttons)
        set_across(self._row, self.width() >= beside + zoomed(60))


class FormPart(QWidget):
    """A part of a page that a search finds as a whole."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if page := self.parentWidget():
            page.update()  # which marks what was found


class FormRow(FormPart):
    """A setting: its title, an explanation if needed, and its field beside or below them."""

    def __init__(self, title: str, explanation: str, field: QWidget) -> None:
        super().__init__()
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = heading(title, 14, 550)
        words.addWidget(self._title)
        self._explanation = note("")
        words.addWidget(self._explanation)
        self._mark = organization_mark()
        words.addWidget(self._mark)
        self._mark.hide()
        self._field = field
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 6, 0, 6)
        self._row.setSpacing(20)
        self._row.addLayout(words, 1)
        self._row.addWidget(field, 0, Qt.AlignmentFlag.AlignVCenter)
        self.explain(explanation)  # last: shown without a parent, it would be a window of its own

    def minimumSizeHint(self) -> QSize:
        """Return the size with the field below the words, so that a narrow page can be had."""
        beside = super().minimumSizeHint()
        return QSize(max(self._field.minimumSizeHint().width(), zoomed(_WORDS)), beside.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the field below the words where they would be squeezed beside it."""
        super().resizeEvent(event)
        beside = self.width() >= self._field.sizeHint().width() + zoomed(_WORDS)
        if beside != (self._row.direction() is QBoxLayout.Direction.LeftToRight):
            set_across(self._row, beside)
            self._row.setSpacing(zoomed(20 if beside else 8))

    def set_title(self, title: str) -> None:
        """Change the title; one that may be long is wrapped."""
        self._title.setWordWrap(True)
        self._title.setText(title)

    def explain(self, text: str) -> None:
        """Change the explanation; an empty one takes no room."""
        self._explanation.setText(text)
        self._explanation.setVisible(bool(text))

    def lock(self) -> None:
        """Disable the field, and say that only an administrator can change it."""
        said = self._mark.text()
        self._field.setEnabled(False)
        self._field.setAccessibleDescription(said)
        self._field.setToolTip(plain_tip(said))
        self._mark.show()


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
