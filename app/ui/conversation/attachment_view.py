"""A file attached to a question: a button with its name, which opens its text."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QWidget

from app.ui.blocks.box import Style
from app.ui.blocks.canvas import Canvas
from app.ui.controls import Button, plain_tip
from app.ui.conversation.sections import Section
from app.ui.theme import Theme
from app.wording.language import tr

HIGH = 32  # pixels of a button
_SIDE = 10
_ICON, _ARROW = 16, 14


class AttachmentHeader(Button):
    """The button with the file's name, which shows whether its text is open."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "file", "", pixels=13, weight=500, shortcut="Space")
        self.setCheckable(True)
        theme.changed.connect(self.update)

    def set_name(self, name: str) -> None:
        """Show this file name."""
        name = " ".join(name.split())
        self.setText(name)
        self.setShortcut("")  # an "&" in the name would create one
        self.setAccessibleName(tr("Attached: {name}").format(name=name))
        self.setToolTip(plain_tip(name))

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(words + 2 * _SIDE + _ICON + _ARROW + 16, HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = "accent" if self.hasFocus() else "border"
            painter.setPen(QPen(self._theme.colour(edge), 1))
            painter.setBrush(self._theme.colour("hover" if self.underMouse() else "raised"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
            middle, left = self.height() // 2, _SIDE
            icon = self._theme.icon("file", "muted", _ICON).pixmap(_ICON, _ICON)
            painter.drawPixmap(left, middle - _ICON // 2, icon)
            left += _ICON + 6
            right = self.width() - _SIDE - _ARROW
            painter.setPen(self._theme.colour("text"))
            shown = self.fontMetrics().elidedText(
                self.text(), Qt.TextElideMode.ElideMiddle, right - left - 6
            )
            painter.drawText(
                left, 0, right - left, self.height(), Qt.AlignmentFlag.AlignVCenter, shown
            )
            arrow = "chevron-down" if self.isChecked() else "chevron-right"
            icon = self._theme.icon(arrow, "muted", _ARROW).pixmap(_ARROW, _ARROW)
            painter.drawPixmap(right, middle - _ARROW // 2, icon)
        finally:
            painter.end()


class AttachmentView(QFrame):
    """A file and, if it is open, its text."""

    toggled = Signal(bool)

    def __init__(self, theme: Theme, canvas: Canvas, parent: QWidget) -> None:
        """Create the view; ``canvas`` is where its text is painted."""
        super().__init__(parent)
        self.head = AttachmentHeader(theme)
        self.head.setParent(self)
        self.head.clicked.connect(self.toggled)
        self.canvas = canvas
        canvas.setParent(self)

    def style_of(self, pixels: int) -> Style:
        """Return the style of its text, given the conversation's text size."""
        return Style(pixels - 3, "muted", mono=True)

    def show_section(self, section: Section) -> None:
        """Show another file, or the same one as it is now."""
        self.head.set_name(section.name)
        self.head.setChecked(section.opened)
        self.canvas.setVisible(section.opened)
        self.show()

    def wanted(self, most: int) -> int:
        """Return its preferred width, at most ``most`` pixels."""
        return self.head.sizeHint().width() if self.canvas.isHidden() else most

    def lay_out(self, width: int) -> int:
        """Place everything for a width. Return the height."""
        wide = min(self.head.sizeHint().width(), width)
        self.head.setGeometry(0, 0, wide, HIGH)
        if self.canvas.isHidden():
            return HIGH
        high = self.canvas.height_for(width - _SIDE)
        self.canvas.setGeometry(_SIDE, HIGH + 8, width - _SIDE, high)
        return HIGH + 8 + high
