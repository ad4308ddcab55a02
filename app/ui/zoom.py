"""Zoom of everything: widgets are built in pixels of the design, and scaled from there.

Qt's own scale factor cannot change while the program runs. So the sizes, fonts, icons, margins and
gaps that the code gave to widgets are multiplied: those of all widgets when the zoom changes, and
those of a new widget before it is first shown. What is painted asks the theme (`Theme.px`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QBoxLayout,
    QDialog,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLayout,
    QWidget,
)

LEVELS = (80, 90, 100, 110, 125, 150, 175, 200)
"""The levels of the zoom, in percent."""
UNLIMITED = 16_777_215
"""Qt's QWIDGETSIZE_MAX, which PySide does not have."""
USUAL_TEXT = 14
"""The size of most texts, in pixels of the design, from which the zoom is known everywhere."""
_DESIGN = "designSizes"  # the name of the property with an object's `_Scaled` values
_SHEET_WIDTH, _SHEET_HEIGHT = "_q_stylesheet_minw", "_q_stylesheet_minh"
# There while the style sheet, which is zoomed itself, sets a widget's least size.
_SHEET_FONT = "_q_styleSheetWidgetFont"
# Where Qt's style sheets remember a widget's own font, to which they set it back now and then.


def next_level(percent: int, step: int) -> int:
    """Return the next larger (1) or smaller (-1) level; for 0 the usual one."""
    if not step:
        return 100
    others = [each for each in LEVELS if (each > percent if step > 0 else each < percent)]
    return (min if step > 0 else max)(others, default=percent)


def scaled(pixels: float, zoom: float) -> int:
    """Return a length in pixels of the design, zoomed; halves are rounded up."""
    return int(pixels * zoom + 0.5)


def zoomed(pixels: float) -> int:
    """Return a length in pixels of the design as one in the zoomed window."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return scaled(pixels, application.font().pixelSize() / USUAL_TEXT)


@dataclass(slots=True)
class _Scaled:
    """A value in pixels of the design, and as it was last set."""

    design: float
    applied: int


class WidgetZoom(QObject):
    """The zoom of an application's widgets."""

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._application = application
        self._factor = 1.0

    def set_factor(self, factor: float) -> None:
        """Scale all widgets; new ones follow, which costs nothing at 1."""
        before, self._factor = self._factor, factor
        if before != 1.0:
            self._application.removeEventFilter(self)
        for widget in self._application.allWidgets():
            self._scale(widget, before)
        if factor != 1.0:
            self._application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Scale a widget that is about to be shown for the first time."""
        if event.type() == QEvent.Type.Polish and isinstance(watched, QWidget):
            self._scale(watched, self._factor)
        return False

    def _scale(self, widget: QWidget, before: float) -> None:
        values = _Values(widget, self._factor, before)
        if widget.objectName().startswith("qt_") or not values.needed:
            return
        low, high = widget.minimumSize(), widget.maximumSize()
        if widget.property(_SHEET_WIDTH) is None:
            widget.setMinimumWidth(values.of("minw", low.width()))
        if widget.property(_SHEET_HEIGHT) is None:
            widget.setMinimumHeight(values.of("minh", low.height()))
        widget.setMaximumSize(
            values.of("maxw", high.width(), most=UNLIMITED),
            values.of("maxh", high.height(), most=UNLIMITED),
        )
        if isinstance(widget, QDialog) and not widget.isVisible() and values.first:
            widget.resize(widget.size() * self._factor)
        if isinstance(widget, QAbstractButton):
            width = values.of("icon", widget.iconSize().width())
            widget.setIconSize(QSize(width, width))
        if isinstance(widget, QLabel):
            _scale_margins(widget, values)
        if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont):
            font = widget.font()
            if font.pixelSize() > 0:
                font.setPixelSize(values.of("font", font.pixelSize()))
                widget.setFont(font)
                if widget.property(_SHEET_FONT) is not None:
                    widget.setProperty(_SHEET_FONT, font)
                if isinstance(widget, QAbstractScrollArea):  # the sheet sets that font, too
                    widget.viewport().setFont(font)
        values.keep()
        if layout := widget.layout():
            self._scale_layout(layout, before)

    def _scale_layout(self, layout: QLayout, before: float) -> None:
        values = _Values(layout, self._factor, before)
        if values.needed:
            _scale_margins(layout, values)
            match layout:
                case QGridLayout() | QFormLayout():
                    across, down = layout.horizontalSpacing(), layout.verticalSpacing()
                    layout.setHorizontalSpacing(values.of("across", across))
                    layout.setVerticalSpacing(values.of("down", down))
                case QBoxLayout():
                    layout.setSpacing(values.of("spacing", layout.spacing()))
            values.keep()
        for inner in layout.children():
            if isinstance(inner, QLayout):
                self._scale_layout(inner, before)


class _Values:
    """The values of a widget or layout, which remember what the design says."""

    def __init__(self, owner: QObject, factor: float, before: float) -> None:
        known: dict[str, _Scaled] | None = owner.property(_DESIGN)
        self._owner, self._factor = owner, factor
        self._before = before if known is not None else 1.0
        self.first = known is None
        self._values = known or {}
        self.needed = factor != (self._before if known is not None else 1.0)

    def of(self, name: str, now: int, *, most: int = 0) -> int:
        """Return a value as it should be; ``most`` is one that stays, as does 0."""
        known = self._values.get(name)
        if known is None or now not in (known.applied, round(known.design)):  # set by code since
            known = self._values[name] = _Scaled(now / self._before, now)
        if now != most and now > 0:
            known.applied = max(1, scaled(known.design, self._factor))
        return known.applied

    def keep(self) -> None:
        """Remember the values at their owner."""
        self._owner.setProperty(_DESIGN, self._values)


def _scale_margins(owner: QLabel | QLayout, values: _Values) -> None:
    margins = owner.contentsMargins()
    sides: tuple[tuple[str, Callable[[], int]], ...] = (
        ("left", margins.left),
        ("top", margins.top),
        ("right", margins.right),
        ("bottom", margins.bottom),
    )
    owner.setContentsMargins(*(values.of(name, side()) for name, side in sides))
