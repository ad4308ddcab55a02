"""A page of settings: its parts, its rows, and the buttons below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QVBoxLayout, QWidget

from app.ui.controls import column, plain_tip, set_across
from app.ui.form_fields import heading, note, organization_mark
from app.ui.zoom import zoomed

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
