"""Formulas, set by ziamath and drawn by Qt."""

from __future__ import annotations

import math
import re
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.markdown import Code, Math
from app.ui.blocks.box import Box, Control, Ink, Range, Style
from app.ui.blocks.code import CodeBox
from app.ui.blocks.sideways import BAR, Sideways
from app.ui.theme import Look

_LONGEST = 1000  # characters; ziamath takes seconds over a few thousand
_DEAREST = 3500  # of `_cost`: about 100 ms
_SCALE = 1.1  # its letters are smaller than Inter's
_WIDEST, _HIGHEST = 16_000, 2_000  # pixels; \hspace and \rule ask for any size
_KEPT = 8_000_000  # pixels of all pictures that are kept
# What it does not understand, or understands as for a page with numbered formulas.
_WRITTEN = (
    (re.compile(r"\\tag\*?\{([^{}]*)\}"), r"\\qquad\\text{(\1)}"),
    (re.compile(r"\\(begin|end)\{(align|gather|equation)\}"), r"\\\1{\2*}"),
    (re.compile(r"\\operatorname(\*?)\{([^{}]*)\\,([^{}]*)\}"), r"\\operatorname\1{\2\3}"),
    (re.compile(r"\\label\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])"), ""),
    (re.compile(r"\\mathop(?![a-zA-Z])"), ""),
)
_DRAWN = {"svg", "g", "path", "rect", "line", "polyline", "polygon", "symbol", "use", "title"}
_INK = "currentColor"
_MARGIN = 4.0  # pixels above and below


@dataclass(frozen=True, slots=True)
class Picture:
    """A formula: logical pixels, whole ones, so that they are the same on every screen. Its
    baseline is ``descent`` above the lower edge."""

    image: QImage
    width: int
    height: int
    descent: int


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A formula as SVG in `_INK`; what is to be seen of it, with y growing downwards from the
    baseline."""

    svg: str
    view: QRectF


def picture(
    tex: str, pixels: int, colour: str, ratio: float, display: bool = False
) -> Picture | None:
    """A formula in text of a size and colour, at a screen's pixel ratio. ``display`` sets it as on
    a line of its own. None where it is too long, too large, or no TeX that ziamath understands."""
    drawing = _drawing(tex, pixels, display=display)
    return drawing and _pictures.get(drawing, colour, ratio)


class FormulaBox(Box):
    """A formula on lines of its own: in the middle, or scrolled where it is too wide. One that
    cannot be set is shown as code."""

    def __init__(self, look: Look, style: Style) -> None:
        super().__init__(look, style)
        self._tex = ""
        self._view = QRectF()
        self._source: CodeBox | None = None
        self._across = Sideways()

    def set_block(self, block: Math) -> None:
        self._tex = block.tex
        drawing = _drawing(block.tex, self.style.pixels, display=True)
        if drawing:
            self._source, self._view, self.length = None, drawing.view, 1
        else:
            self._source = CodeBox(self.look, self.style)
            self._source.set_block(Code(block.tex, "latex"))
            self.length = self._source.length
        if self.width:
            self._measure()

    def lay_out(self, width: float) -> None:
        if width != self.width:
            self.width = width
            self._measure()

    def _measure(self) -> None:
        if self._source:
            self._source.lay_out(self.width)
            self.height = self._source.height
        else:
            self._across.fit(self._view.width(), self.width)
            self.height = self._view.height() + 2 * _MARGIN + BAR * self._across.needed

    @property
    def baseline(self) -> float:
        return self._source.baseline if self._source else _MARGIN - self._view.top()

    def restyle(self) -> None:
        if self._source:
            self._source.restyle()

    def paint(self, painter: QPainter, clip: QRectF, ink: Ink) -> None:
        if self._source:
            self._source.paint(painter, clip, ink)
            return
        colour = getattr(self.look.colours, self.style.colour)
        ratio = painter.device().devicePixelRatio()
        shown = picture(self._tex, self.style.pixels, colour, ratio, display=True)
        painter.save()
        painter.setClipRect(QRectF(0, 0, self.width, self.height), Qt.ClipOperation.IntersectClip)
        frame = self._frame()
        for found in ink.found:
            name = "found_current" if found == ink.current else "found"
            painter.fillRect(frame, self.look.colour(name))
        if ink.selected[0] < ink.selected[1]:
            painter.fillRect(frame, self.look.colour("selection"))
        if shown:
            painter.drawImage(frame.topLeft(), shown.image)
        painter.restore()
        track = QRectF(0, 0, self.width, self.height)
        self._across.paint(painter, track, self.look.colour("scroll"))

    def _frame(self) -> QRectF:
        """Where the picture is."""
        wide, high = self._view.width(), self._view.height()
        left = max(math.floor((self.width - wide) / 2), 0) - self._across.offset
        return QRectF(left, _MARGIN, wide, high)

    def position_at(self, point: QPointF) -> int:
        if self._source:
            return self._source.position_at(point)
        if 0 <= point.y() < self.height:
            return int(point.x() > self._frame().center().x())
        return int(point.y() > 0)

    def rects(self, start: int, end: int) -> list[QRectF]:
        if self._source:
            return self._source.rects(start, end)
        return [self._frame()] if start < 1 <= end else []

    def text(self, start: int, end: int) -> str:
        return self.markdown(start, end).rstrip("\n")

    def markdown(self, start: int, end: int) -> str:
        if start <= 0 and end >= self.length:
            return f"$$\n{self._tex}\n$$\n"
        return self._source.text(start, end) if self._source else ""

    def leaf_at(self, position: int) -> Range:
        return self._source.leaf_at(position) if self._source else (0, 1)

    def controls(self) -> Sequence[Control]:
        return self._source.controls() if self._source else ()

    def scroll(self, point: QPointF, pixels: float) -> bool:
        if self._source:
            return self._source.scroll(point, pixels)
        return self._across.by(pixels)


class _Pictures:
    """The pictures that were used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, float], Picture] = OrderedDict()
        self._pixels = 0

    def get(self, drawing: _Drawing, colour: str, ratio: float) -> Picture:
        key = (drawing.svg, colour, ratio)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = self._kept[key] = _rasterised(drawing, colour, ratio)
        self._pixels += _area(found)
        while self._pixels > _KEPT and len(self._kept) > 1:
            self._pixels -= _area(self._kept.popitem(last=False)[1])
        return found


_pictures = _Pictures()


def _area(found: Picture) -> int:
    return found.image.width() * found.image.height()


def _rasterised(drawing: _Drawing, colour: str, ratio: float) -> Picture:
    width, height = drawing.view.width(), drawing.view.height()
    image = QImage(
        math.ceil(width * ratio),
        math.ceil(height * ratio),
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(drawing.svg.replace(_INK, colour).encode()))
    renderer.setViewBox(drawing.view)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, width, height))
    painter.end()
    return Picture(image, int(width), int(height), int(drawing.view.bottom()))


@lru_cache(maxsize=512)
def _drawing(tex: str, pixels: int, *, display: bool) -> _Drawing | None:
    if len(tex) > _LONGEST or not tex.strip():
        return None
    # Imported here: a window without formulas need not wait for it.
    ziamath = _ziamath()
    from ziamath.escapes import unescape
    from ziamath.tex import tex2mml

    for old, new in _WRITTEN:
        tex = old.sub(new, tex)
    try:
        mathml = ElementTree.fromstring(unescape(tex2mml(tex, inline=not display)))
        unknown = any(re.match(r"\\[a-zA-Z]", e.text or "") for e in mathml.findall(".//{*}mi"))
        if unknown or _cost(mathml) > _DEAREST:
            return None
        mathml.set("mathcolor", _INK)
        formula = ziamath.Math(mathml, size=pixels * _SCALE, margin=0)
        svg, box = formula.svgxml(), formula.node.bbox
    except Exception:  # noqa: BLE001 - ziamath has no errors of its own: any type may come
        return None
    if not all(map(_is_harmless, svg.iter())):
        return None
    left, right = math.floor(box.xmin - 0.5), math.ceil(box.xmax + 0.5)
    top, bottom = math.floor(-box.ymax), math.ceil(-box.ymin)
    view = QRectF(left, top, right - left, bottom - top)
    if not (0 < view.width() <= _WIDEST and 0 < view.height() <= _HIGHEST):
        return None
    return _Drawing(ElementTree.tostring(svg, encoding="unicode"), view)


def _is_harmless(element: Element) -> bool:
    """Whether Qt only draws it. It would load what an image names."""
    return element.tag in _DRAWN and not any("url" in value for value in element.attrib.values())


@cache
def _ziamath() -> ModuleType:
    """ziamath, made faster. It measures a row before it sets it, and while it measures it would
    measure every row within once more, to stretch brackets that are not counted anyway: a formula
    nested n deep takes 2**n."""
    with warnings.catch_warnings():  # it finds its font in a way that Python has given up
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath
        from ziamath.nodes.mrow import Mrow

    measured = Mrow._get_height_nostretch

    def measured_once(row: Any, line: Any, **how: Any) -> tuple[float, float]:
        return (0.0, 0.0) if how.get("nostretch") else measured(row, line, **how)

    Mrow._get_height_nostretch = measured_once
    ziamath.config.svg2 = False  # of which Qt draws little
    return ziamath


def _cost(element: Element, depth: int = 1) -> int:
    """About how long a formula takes to set, in units of 30 µs."""
    own = (8 + depth) * max(1, len(element.text or ""))
    return own + sum(_cost(child, depth + 1) for child in element)
