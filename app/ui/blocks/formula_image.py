"""Formulas as pictures."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPaintEngine, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.ui.blocks import formula_outline
from app.ui.blocks.tex_svg import INK, SvgDrawing, draw
from app.ui.theme import mono

_KEPT = 8_000_000  # pixels of all pictures that are kept


@dataclass(frozen=True, slots=True)
class FormulaImage:
    """A formula as a picture.

    Its size is in whole logical pixels, so that it is the same on every screen. Its baseline is
    ``descent`` above the lower edge.
    """

    image: QImage
    width: int
    height: int
    descent: int
    drawing: SvgDrawing
    colour: str

    def paint(self, painter: QPainter, frame: QRectF) -> None:
        """Draw the formula.

        In a PDF, it is drawn as outlines that stay sharp, with its TeX as text for search and
        copying.
        """
        if painter.paintEngine().type() != QPaintEngine.Type.Pdf:
            painter.drawImage(frame, self.image)
            return
        face = mono(12)
        text, metrics = " ".join(self.drawing.tex.split()), QFontMetricsF(face)
        painter.save()
        formula_outline.paint(painter, self.drawing, self.colour, frame)
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
    """Return a formula for text of a size and colour, at a screen's pixel ratio.

    ``display``: in display style, as on a line of its own. None if it is too long, too large, or
    not TeX that ziamath understands.
    """
    drawing = draw(tex, pixels, display=display)
    return _pictures.get(drawing, colour, ratio) if drawing else None


class _Pictures:
    """A cache of the most recently used pictures."""

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[str, str, float], FormulaImage] = OrderedDict()
        self._pixels = 0

    def get(self, drawing: SvgDrawing, colour: str, ratio: float) -> FormulaImage:
        key = (drawing.svg, colour, ratio)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        found = self._cache[key] = _rasterised(drawing, colour, ratio)
        self._pixels += _area(found)
        while self._pixels > _KEPT and len(self._cache) > 1:
            self._pixels -= _area(self._cache.popitem(last=False)[1])
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


def _renderer(drawing: SvgDrawing, colour: str) -> QSvgRenderer:
    renderer = QSvgRenderer(QByteArray(drawing.svg.replace(INK, colour).encode()))
    renderer.setViewBox(drawing.view)
    return renderer
