"""A message with buttons, the base of the banner, the toast and the notices in pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.controls import Button, IconView, muted, set_across
from app.ui.theme import Theme
from app.wording.language import tr

_AROUND = 60  # pixels of a notice beside its text: the icon, gaps, and another button


class Notice(QFrame):
    """A message with buttons for what to do about it."""

    opened = Signal()
    """The details were opened or closed, so that its height has changed."""

    def __init__(
        self, theme: Theme, name: str, icon: str = "alert", colour: str = "danger"
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(14, 8, 8, 8)
        self._layout.setSpacing(10)
        self.picture = IconView(theme, icon, colour, 18)
        self._layout.addWidget(self.picture)
        self.label = QLabel()
        self.label.setObjectName(f"{name}Text")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setMinimumHeight(28)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.detail = muted(name=f"{name}Detail", pixels=12)
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setWordWrap(True)
        self.detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.detail.hide()
        self._texts = QVBoxLayout()
        self._texts.setSpacing(2)
        self._texts.addWidget(self.label)
        self._texts.addWidget(self.detail)
        self._layout.addLayout(self._texts, 1)
        self.buttons: list[QWidget] = []
        self._rows: list[tuple[QBoxLayout, Sequence[QWidget]]] = []
        self._opener: Button | None = None
        self._theme = theme

    def set_detail(self, text: str) -> None:
        """Set details, such as another program's message, shown by a button; empty for none."""
        self.detail.setText(text)
        self.detail.hide()
        if self._opener is None and text:
            name, words = f"{self.objectName()}Details", tr("Details")
            self._opener = Button(self._theme, name, words, text=words, clicked=self._toggle)
            self._layout.insertWidget(2, self._opener)
        if self._opener:
            self._opener.setVisible(bool(text))

    def _toggle(self) -> None:
        self.detail.setVisible(self.detail.isHidden())
        self.opened.emit()

    def set_text(self, text: str) -> None:
        """Set the message."""
        self.label.setText(text)
        self.setAccessibleName(text)

    def set_quiet(self, quiet: bool) -> None:
        """Set whether it is good news, which changes its icon and colours."""
        self.picture.set_icon("check" if quiet else "alert", "accent" if quiet else "danger")
        self.setProperty("quiet", quiet)
        self.style().unpolish(self)
        self.style().polish(self)

    def add_button(self, button: QWidget) -> None:
        """Add a button on the right."""
        self.buttons.append(button)
        self._layout.addWidget(button)

    def add_row(self, buttons: Sequence[QWidget]) -> QWidget:
        """Add a row of buttons below the text: beside it there is not enough room for several."""
        self.buttons += buttons
        row = QWidget()
        layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, row)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(8)
        for button in buttons:
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        self._texts.addWidget(row)
        self._rows.append((layout, buttons))
        self.picture.setFixedHeight(self.label.minimumHeight())  # beside the first line
        self._layout.setAlignment(self.picture, Qt.AlignmentFlag.AlignTop)
        return row

    def fit(self, width: int) -> None:
        """Put the buttons of a row below each other if they do not fit into a width in pixels."""
        for row, buttons in self._rows:
            shown = [button.sizeHint().width() for button in buttons if not button.isHidden()]
            room = width - self._layout.contentsMargins().left() - _AROUND
            fits = sum(shown) + row.spacing() * (len(shown) - 1) <= room
            set_across(row, fits)
            row.activate()  # or the height is that of before
            if parent := row.parentWidget():
                parent.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit(self.width())
