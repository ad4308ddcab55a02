"""Colours, fonts and icons."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Protocol

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.base.resources import resource
from app.base.settings import ThemeChoice
from app.ui.zoom import USUAL_TEXT, WidgetZoom, scaled

_WEIGHT = QFont.Tag("wght")
_ALTERNATES = QFont.Tag("calt")
_DISABLED = 0.4  # opacity of the icon of a disabled button
_PIXELS = re.compile(r"\b([2-9]|\d\d+)px")  # lines of one pixel stay
_FONTS = "Inter.ttf", "Inter-Italic.ttf", "JetBrainsMono.ttf", "JetBrainsMono-Italic.ttf"


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a theme in ``resources/themes``, one for each use, as Qt reads them."""

    dark: bool
    background: str
    sidebar: str
    raised: str
    text: str
    muted: str
    border: str
    hover: str
    pressed: str
    selected: str
    track: str
    chosen: str
    bubble: str
    code: str
    header: str
    inline_code: str
    link: str
    selection: str
    found: str
    found_current: str
    accent: str
    accent_hover: str
    citation: str
    on_accent: str
    danger: str
    warning: str
    notice: str
    scroll: str
    code_keyword: str
    code_type: str
    code_function: str
    code_string: str
    code_number: str
    code_operator: str
    code_comment: str
    code_added: str


@cache
def _colours(name: str) -> Colours:
    return Colours(**json.loads(resource("themes", f"{name}.json").read_text(encoding="utf-8")))


@cache
def _load() -> None:
    """Register the bundled fonts with Qt, once.

    They are registered together and before any text is laid out: each font changes the order of
    Qt's fallback fonts, and a layout refers to its glyphs by their places in that order.
    """
    for file in _FONTS:
        QFontDatabase.addApplicationFont(str(resource("fonts", file)))


def font(pixels: int, weight: int = 400, *, italic: bool = False) -> QFont:
    """Return Inter in a size and weight.

    The weight is an axis of the one variable font file; Qt's own weights would be synthesized. The
    alternates that draw ``->`` as an arrow and ``10x10`` with a multiplication sign are off, since
    text copied from a PDF would differ from the original.
    """
    _load()
    result = QFont("Inter")
    result.setPixelSize(pixels)
    result.setItalic(italic)
    result.setFeature(_ALTERNATES, 0)
    if weight != 400:
        result.setVariableAxis(_WEIGHT, weight)
    return result


def mono(pixels: int) -> QFont:
    """Return JetBrains Mono, without the ligatures that draw ``->`` as an arrow."""
    _load()
    result = QFont("JetBrains Mono")
    result.setPixelSize(pixels)
    result.setStyleHint(QFont.StyleHint.Monospace)
    result.setFeature(_ALTERNATES, 0)
    return result


class Palette(Protocol):
    """The colours that something is painted with."""

    colours: Colours
    zoom: float

    def colour(self, name: str) -> QColor:
        """Return the colour for a use, by its name in `Colours`."""


class PaperTheme:
    """The palette of paper: light colours, whatever the theme of the window is."""

    def __init__(self) -> None:
        self.colours = _colours("light")
        self.zoom = 1.0

    def colour(self, name: str) -> QColor:
        return QColor(getattr(self.colours, name))


class Theme(QObject):
    """The present palette and icons of the window.

    ``changed`` is emitted when the colours change, and when the system's fonts change: all text
    must then be laid out again.
    """

    changed = Signal()

    def __init__(self, application: QApplication, theme: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__()
        self._application = application
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._widgets = WidgetZoom(application, self)
        self.zoom = 1.0
        """How much larger everything is than designed."""
        self.theme = theme
        self.colours = _colours("light")
        self._applied = False
        application.setFont(font(USUAL_TEXT))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply)
        self.choose(theme)
        application.fontDatabaseChanged.connect(self.changed)

    def choose(self, theme: ThemeChoice) -> None:
        """Apply a theme; SYSTEM follows the system from now on."""
        self.theme = theme
        hints = QGuiApplication.styleHints()
        match theme:  # the title bar follows, if the system draws one
            case ThemeChoice.SYSTEM:
                hints.unsetColorScheme()
            case ThemeChoice.LIGHT:
                hints.setColorScheme(Qt.ColorScheme.Light)
            case ThemeChoice.DARK:
                hints.setColorScheme(Qt.ColorScheme.Dark)
        self._apply()

    def colour(self, name: str) -> QColor:
        """Return the colour for a use, by its name in `Colours`."""
        return QColor(getattr(self.colours, name))

    def set_zoom(self, percent: int) -> None:
        """Show everything larger or smaller than designed, at once."""
        if percent == round(100 * self.zoom):
            return
        self.zoom = percent / 100
        self._icons.clear()
        windows = [w for w in self._application.topLevelWidgets() if w.isVisible()]
        for window in windows:
            window.setUpdatesEnabled(False)
        self._application.setFont(font(self.px(USUAL_TEXT)))
        self._application.setStyleSheet(_style_sheet(self.colours, self.zoom))
        self._widgets.set_factor(self.zoom)
        self.changed.emit()
        for window in windows:
            window.setUpdatesEnabled(True)

    def px(self, pixels: float) -> int:
        """Return a length in pixels of the design as one on the zoomed window."""
        return scaled(pixels, self.zoom)

    def font(self, pixels: int, weight: int = 400) -> QFont:
        """Return Inter in a size of the design, zoomed, for what is painted."""
        return font(self.px(pixels), weight)

    def icon(self, name: str, colour: str = "muted", size: int = 18) -> QIcon:
        """Return an icon of ``resources/icons`` in one of the theme's colours."""
        key = (name, getattr(self.colours, colour), size)
        if key not in self._icons:
            ratio, large = self._application.devicePixelRatio(), self.px(size)
            icon = self._icons[key] = QIcon(pixmap(name, key[1], large, ratio))
            grey = pixmap(name, self.colours.muted, large, ratio, _DISABLED)
            icon.addPixmap(grey, QIcon.Mode.Disabled)
        return self._icons[key]

    def _apply(self) -> None:
        scheme = QGuiApplication.styleHints().colorScheme()
        dark = self.theme is ThemeChoice.DARK or (
            self.theme is ThemeChoice.SYSTEM and scheme == Qt.ColorScheme.Dark
        )
        colours = _colours("dark" if dark else "light")
        if colours is self.colours and self._applied:
            return
        self.colours, self._applied = colours, True
        self._application.setPalette(self._palette())
        self._application.setStyleSheet(_style_sheet(self.colours, self.zoom))
        self.changed.emit()

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        uses = {
            role.Window: "background",
            role.WindowText: "text",
            role.Base: "raised",
            role.AlternateBase: "header",
            role.Text: "text",
            role.Button: "raised",
            role.ButtonText: "text",
            role.ToolTipBase: "raised",
            role.ToolTipText: "text",
            role.PlaceholderText: "muted",
            role.Highlight: "selection",
            role.HighlightedText: "text",
            role.Link: "link",
            role.LinkVisited: "link",
            role.Accent: "accent",
            role.Mid: "scroll",  # a switch that is off
            role.BrightText: "on_accent",
        }
        palette = QPalette()
        for each, use in uses.items():
            palette.setColor(each, self.colour(use))
        disabled = QPalette.ColorGroup.Disabled
        for each in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(disabled, each, self.colour("muted"))
        return palette


@cache
def _style_sheet(colours: Colours, zoom: float) -> str:
    values = {name: getattr(colours, name) for name in Colours.__dataclass_fields__}
    icons = resource("icons").as_posix()
    template = resource("themes", "fireside.qss").read_text(encoding="utf-8")
    if zoom != 1:
        template = _PIXELS.sub(lambda found: f"{int(zoom * int(found[1]))}px", template)
    return Template(template).substitute(values, icons=icons)


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0, opacity: float = 1.0) -> QPixmap:
    """Draw an icon, with ``currentColor`` in it replaced."""
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setOpacity(opacity)
    _renderer(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def application_icon() -> QIcon:
    """Return the icon of the application."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addPixmap(pixmap("fireside", "#000000", size))
    return icon


@cache
def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _renderer(name: str, colour: str) -> QSvgRenderer:
    source = _source(resource("icons", f"{name}.svg")).replace("currentColor", colour)
    return QSvgRenderer(QByteArray(source.encode()))
