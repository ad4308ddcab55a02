"""Formulas as pictures, in the text and on lines of their own."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPaintEngine, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.markdown import Code, Math
from app.ui.blocks.box import Box, BoxButton, Highlights, Range, Style
from app.ui.blocks.code_box import CodeBox
from app.ui.blocks.horizontal_scroll import BAR, HorizontalScroll
from app.ui.blocks.tex_svg import INK, SvgDrawing, draw
from app.ui.theme import Theme, mono

_KEPT = 8_000_000  # pixels of all pictures that are kept
_MARGIN = 4.0  # pixels above and below
# Where an SVG has none, Qt draws one of a pixel in a PDF.
_UNSEEN = {"stroke": "#ffffff", "stroke-opacity": "0"}
_HIGHEST = 600.0  # pixels on paper, where a page has to take it


@dataclass(frozen=True, slots=True)
class FormulaImage:
    """A formula: logical pixels, whole ones, so that they are the same on every screen. Its
    baseline is ``descent`` above the lower edge."""

    image: QImage
    width: int
    height: int
    descent: int
    drawing: SvgDrawing
    colour: str

    def paint(self, painter: QPainter, frame: QRectF) -> None:
        """Draws it; in a PDF as lines that stay sharp, with its TeX as the text that is found and
        copied there."""
        if painter.paintEngine().type() != QPaintEngine.Type.Pdf:
            painter.drawImage(frame, self.image)
            return
        face = mono(12)
        text, metrics = " ".join(self.drawing.tex.split()), QFontMetricsF(face)
        painter.save()
        _renderer(self.drawing, self.colour, _UNSEEN).render(painter, frame)
        painter.setFont(face)
        painter.setPen(Qt.GlobalColor.transparent)
        painter.translate(frame.topLeft())
        painter.scale(
            frame.width() / metrics.horizontalAdvance(text), frame.height() / metrics.height()
        )
        painter.drawText(QPointF(0, metrics.ascent()), text)
        painter.restore()


def picture(
    tex: str, pixels: int, colour: str, ratio: float, display: bool = False
) -> FormulaImage | None:
    """A formula in text of a size and colour, at a screen's pixel ratio. ``display`` sets it as on
    a line of its own. None where it is too long, too large, or no TeX that ziamath understands."""
    drawing = draw(tex, pixels, display=display)
    return drawing and _pictures.get(drawing, colour, ratio)


class FormulaBox(Box):
    """A formula on lines of its own: in the middle, or scrolled where it is too wide. One that
    cannot be set is shown as code."""

    def __init__(self, theme: Theme, style: Style) -> None:
        super().__init__(theme, style)
        self._tex = ""
        self._view = QRectF()
        self._source: CodeBox | None = None
        self._across = HorizontalScroll()

    def set_block(self, block: Math) -> None:
        self._tex = block.tex
        drawing = draw(block.tex, self.style.pixels, display=True)
        if drawing:
            self._source, self._view, self.length = None, drawing.view, 1
        else:
            self._source = CodeBox(self.theme, self.style)
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
            wide, high = self._size()
            self._across.fit(wide, self.width)
            self.height = high + 2 * _MARGIN + BAR * self._across.needed

    def _size(self) -> tuple[float, float]:
        """How large it is: on paper, no larger than its place."""
        wide, high = self._view.width(), self._view.height()
        shrunk = min(1.0, self.width / wide, _HIGHEST / high) if self.style.paper else 1.0
        return wide * shrunk, high * shrunk

    @property
    def baseline(self) -> float:
        return self._source.baseline if self._source else _MARGIN - self._view.top()

    def restyle(self) -> None:
        if self._source:
            self._source.restyle()

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        if self._source:
            self._source.paint(painter, clip, highlights)
            return
        colour = getattr(self.theme.colours, self.style.colour)
        ratio = painter.device().devicePixelRatio()
        shown = picture(self._tex, self.style.pixels, colour, ratio, display=True)
        painter.save()
        painter.setClipRect(QRectF(0, 0, self.width, self.height), Qt.ClipOperation.IntersectClip)
        frame = self._frame()
        for found in highlights.found:
            name = "found_current" if found == highlights.current else "found"
            painter.fillRect(frame, self.theme.colour(name))
        if highlights.selected[0] < highlights.selected[1]:
            painter.fillRect(frame, self.theme.colour("selection"))
        if shown:
            shown.paint(painter, frame)
        painter.restore()
        track = QRectF(0, 0, self.width, self.height)
        self._across.paint(painter, track, self.theme.colour("scroll"))

    def _frame(self) -> QRectF:
        """Where the picture is."""
        wide, high = self._size()
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

    def controls(self) -> Sequence[BoxButton]:
        return self._source.controls() if self._source else ()

    def scroll(self, point: QPointF, pixels: float) -> bool:
        if self._source:
            return self._source.scroll(point, pixels)
        return self._across.by(pixels)


class _Pictures:
    """The pictures that were used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, float], FormulaImage] = OrderedDict()
        self._pixels = 0

    def get(self, drawing: SvgDrawing, colour: str, ratio: float) -> FormulaImage:
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


def _area(found: FormulaImage) -> int:
    return found.image.width() * found.image.height()


def _rasterised(drawing: SvgDrawing, colour: str, ratio: float) -> FormulaImage:
    width, height = drawing.view.width(), drawing.view.height()
    image = QImage(
        math.ceil(width * ratio),
        math.ceil(height * ratio),
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(drawing, colour).render(painter, QRectF(0, 0, width, height))
    painter.end()
    bottom = int(drawing.view.bottom())
    return FormulaImage(image, int(width), int(height), bottom, drawing, colour)


def _renderer(
    drawing: SvgDrawing, colour: str, outline: Mapping[str, str] | None = None
) -> QSvgRenderer:
    said = "".join(f' {name}="{value}"' for name, value in (outline or {}).items())
    svg = drawing.svg.replace(INK, colour).replace("<svg", f"<svg{said}", 1)
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    renderer.setViewBox(drawing.view)
    return renderer
