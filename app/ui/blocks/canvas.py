"""The widget that shows a column of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QDesktopServices,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.markdown import link_allowed
from app.ui.blocks.box import Box, BoxButton, Highlights, Link, Style
from app.ui.blocks.citation_button import CitationButton
from app.ui.blocks.column import Column
from app.ui.clipboard import copy_markdown, copy_text
from app.ui.controls import Button, tip
from app.ui.theme import Theme
from app.wording.language import tr

COPIED_MS = 1500

_Key = tuple[Box, str, int]
"""A control's box, its name, and of a citation its place."""


class Canvas(QWidget):
    """A widget that paints a column, with real buttons for its controls.

    It handles clicks on links and buttons, and the Tab key between them; all other presses go to
    its parent widget, which handles selection.
    """

    resized = Signal()
    """A click has changed the column's height."""
    reached = Signal(QRectF)
    """The Tab key has reached a control there, which should be scrolled into view."""
    cited = Signal(object, str)
    """A citation was pressed: the `CitationLabels` of its text, and its mark."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.column = Column(theme, Style())
        self._highlights = Highlights()
        self._buttons: dict[_Key, Button] = {}
        self._spare: list[Button] = []
        self._spare_chips: list[CitationButton] = []
        self._hovered: Link | None = None
        self._pressed = ""
        self._focused: Link | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self._restyle)

    @property
    def link(self) -> Link | None:
        """The link that has the keyboard focus."""
        return self._focused

    def set_column(self, column: Column) -> None:
        """Show another column.

        A canvas is reused for one message after another.
        """
        self.column = column
        self._highlights = Highlights()
        self._hovered = self._focused = None
        self._pressed = ""
        self.refresh()

    def set_highlights(self, highlights: Highlights) -> None:
        """Set the selection and the search hits."""
        if highlights != self._highlights:
            self._highlights = highlights
            self.update()

    def height_for(self, width: int) -> int:
        """Return the column's height at a width."""
        self.column.lay_out(width)
        return math.ceil(self.column.height)

    def refresh(self, first_y: float = 0.0) -> None:
        """Repaint the column from a height on, where it may have changed."""
        self.place_buttons()
        top = math.floor(first_y)
        self.update(0, top, self.width(), max(self.height(), math.ceil(self.column.height)) - top)

    def place_buttons(self) -> None:
        """Place buttons on the visible controls."""
        clip = QRectF(self.visibleRegion().boundingRect())
        wanted = (
            {}
            if clip.isEmpty()
            else {_key(control): control for control in self.column.controls(clip)}
        )
        for key in [key for key in self._buttons if key not in wanted]:
            self._put_away(self._buttons.pop(key))
        for key, control in wanted.items():
            if key not in self._buttons:
                self._buttons[key] = self._button(control)
            button = self._buttons[key]
            if isinstance(button, CitationButton):
                button.show_citation(control)
            elif button.accessibleName() != control.label:
                _assign(button, control)
            button.setGeometry(control.rect.toAlignedRect())
            button.show()

    def _put_away(self, button: Button) -> None:
        """Hide a button, to be used again."""
        button.hide()
        if isinstance(button, CitationButton):
            self._spare_chips.append(button)
        else:
            self._spare.append(button)

    def _button(self, control: BoxButton) -> Button:
        if control.citation:
            return self._chip()
        if not self._spare:
            button = Button(
                self._theme, control.name, control.label, text=control.word, kind="ghost",
                pixels=12,
                weight=400,
            )  # fmt: skip
            button.setParent(self)
            # The canvas handles the Tab key, so that buttons come between links.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda: self._clicked(button))
            return button
        button = self._spare.pop()
        _assign(button, control)
        return button

    def _chip(self) -> CitationButton:
        if self._spare_chips:
            return self._spare_chips.pop()
        button = CitationButton(self._theme, self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # as `_button` says
        button.opened.connect(self.cited)
        return button

    def _clicked(self, button: Button) -> None:
        key = next(key for key, each in self._buttons.items() if each is button)
        box, name, _ = key
        before = self.column.height
        copied = box.act(name)
        if copied:
            copy = copy_markdown if name == "copyTable" else copy_text
            copy(copied)
            text = button.text()
            button.setText(tr("Copied"))
            QTimer.singleShot(COPIED_MS, button, lambda: self._restore(key, text))
        self.column.settle()
        if self.column.height != before:
            self.resized.emit()
        self.refresh()

    def _restore(self, key: _Key, text: str) -> None:
        if (button := self._buttons.get(key)) and button.text() == tr("Copied"):
            button.setText(text)

    def _restyle(self) -> None:
        self.column.restyle()
        self.refresh()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self.column.paint(painter, QRectF(event.rect()), self._highlights)
            if self._hovered:
                painter.setPen(self._theme.colour("link"))
                for rect in self._rects(self._hovered):
                    y = round(rect.center().y()) + 7.5
                    painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
            if self._focused and self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(self._theme.colour("accent"), 1.5))
                for rect in self._rects(self._focused):
                    painter.drawRoundedRect(rect.adjusted(-2, 2, 2, -2), 4, 4)
        finally:
            painter.end()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.place_buttons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.column.lay_out(event.size().width())
        self.place_buttons()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.place_buttons()

    def _rects(self, link: Link) -> list[QRectF]:
        return self.column.rects(link.start, link.end)

    # The mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(event.position())
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = self.column.link_at(event.position()) if left else ""
        event.setAccepted(bool(self._pressed))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, ""
        if pressed and pressed == self.column.link_at(event.position()):
            _open_link(pressed)
        event.setAccepted(bool(pressed))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.ignore()  # the first click has already followed a link

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(QPointF(-1, -1))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll horizontally here, and vertically in the conversation."""
        pixels, degrees = event.pixelDelta(), event.angleDelta()
        across, down = (pixels.x(), pixels.y()) if not pixels.isNull() else (
            degrees.x() / 2, degrees.y() / 2
        )  # fmt: skip
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not across:
            across, down = down, 0
        if abs(across) > abs(down) and self.column.scroll(event.position(), -across):
            self.refresh()
            event.accept()
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(
                event.globalPos(), self._hovered.address if self._hovered else "", self
            )
            return True
        return super().event(event)

    def _hover(self, point: QPointF) -> None:
        address = self.column.link_at(point)
        if not address and not self._hovered:
            return
        found = next((link for link in self.column.links() if self._is_at(link, point)), None)
        if found != self._hovered:
            self._hovered = found
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.IBeamCursor
            )
            self.update()

    def _is_at(self, link: Link, point: QPointF) -> bool:
        return any(rect.contains(point) for rect in self._rects(link))

    # The keyboard

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reason = Qt.FocusReason
        if event.reason() in (reason.TabFocusReason, reason.BacktabFocusReason):
            onwards = event.reason() == reason.TabFocusReason
            if not self._focused and not self._step(None, onwards):
                super().focusNextPrevChild(onwards)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._focused = None
        self.update()

    def focusNextPrevChild(self, onwards: bool) -> bool:
        here: Link | _Key | None = self._focused
        for key, button in self._buttons.items():
            if button.hasFocus():
                here = key
        if here is not None and self._step(here, onwards):
            return True
        self._focused = None
        if not self.hasFocus():  # a button has it, which is last in the Tab order
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        return bool(super().focusNextPrevChild(onwards))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._focused and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            _open_link(self._focused.address)
        else:
            super().keyPressEvent(event)

    def _step(self, here: Link | _Key | None, onwards: bool) -> bool:
        """Focus the link or button after or before one; from None, the first or last."""
        stops = self._stops()
        names = [name for _, name in stops]
        at = names.index(here) if here in names else (-1 if onwards else len(stops))
        at += 1 if onwards else -1
        if not 0 <= at < len(stops):
            return False
        rect, stop = stops[at]
        self.reached.emit(rect)
        if isinstance(stop, Link):
            self._focused = stop
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            described = QAccessible.Event.DescriptionChanged
            QAccessible.updateAccessibility(QAccessibleEvent(self, described))
        else:
            self.place_buttons()
            if stop not in self._buttons:  # out of sight, since nothing scrolled
                return self._step(stop, onwards)
            self._focused = None
            self._buttons[stop].setFocus(Qt.FocusReason.TabFocusReason)
        self.update()
        return True

    def _stops(self) -> Sequence[tuple[QRectF, Link | _Key]]:
        """Return the places and keys of the Tab stops, in reading order."""
        stops: list[tuple[QRectF, Link | _Key]] = [
            (rects[0], link) for link in self.column.links() if (rects := self._rects(link))
        ]
        stops += [(c.rect, _key(c)) for c in self.column.controls()]
        return sorted(stops, key=lambda stop: (stop[0].top(), stop[0].left()))


def _key(control: BoxButton) -> _Key:
    return control.box, control.name, control.place


def _open_link(address: str) -> None:
    if link_allowed(address):
        QDesktopServices.openUrl(QUrl(address))


def _assign(button: Button, control: BoxButton) -> None:
    """Assign a button to another control, or to the same one with another action."""
    button.setObjectName(control.name)
    button.setAccessibleName(control.label)
    button.setToolTip(tip(control.label))
    button.setText(control.word)
