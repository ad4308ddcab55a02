"""The outlines of a formula, for a printer.

Qt's own SVG renderer would draw an invisible line around each shape in a PDF, which makes the file
three times as large.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.ui.blocks.tex_svg import INK, SvgDrawing

_COMMANDS = re.compile(r"([MLQZ])([^MLQZ]*)")
_DIGITS = 2  # of a pixel: a fortieth of a printer's dot


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape; its colours are SVG's, empty for none."""

    path: QPainterPath
    fill: str
    stroke: str
    width: float


def paint(painter: QPainter, drawing: SvgDrawing, colour: str, frame: QRectF) -> None:
    """Paint a formula into a rectangle of its proportions."""
    painter.save()
    painter.translate(frame.topLeft())
    painter.scale(frame.width() / drawing.view.width(), frame.height() / drawing.view.height())
    painter.translate(-drawing.view.topLeft())
    for shape in _shapes(drawing.svg):
        if shape.fill:
            painter.fillPath(shape.path, QColor(shape.fill.replace(INK, colour)))
        if shape.stroke:
            pen = QPen(QColor(shape.stroke.replace(INK, colour)), shape.width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.strokePath(shape.path, pen)
    painter.restore()


@lru_cache(maxsize=128)
def _shapes(svg: str) -> tuple[_Shape, ...]:
    """Return the shapes of an SVG by ziamath, which has paths and rectangles in groups only."""
    found: list[_Shape] = []

    def add(element: Element, fill: str, stroke: str) -> None:
        fill, stroke = element.get("fill", fill), element.get("stroke", stroke)
        tag = element.tag.rpartition("}")[2]
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        if tag == "path":
            _draw(path, element.get("d", ""))
        elif tag == "rect":
            path.addRect(*(float(element.get(name, 0)) for name in ("x", "y", "width", "height")))
        if not path.isEmpty():
            width = float(element.get("stroke-width", 1))
            filled = "" if path.elementCount() < 3 else _colour(fill)  # a line has no inside
            found.append(_Shape(path, filled, _colour(stroke), width))
        for child in element:
            add(child, fill, stroke)

    add(ElementTree.fromstring(svg), "black", "none")
    return tuple(found)


def _colour(value: str) -> str:
    return "" if value in ("none", "transparent") else value


def _draw(path: QPainterPath, source: str) -> None:
    for command, numbers in _COMMANDS.findall(source):
        values = [round(float(value), _DIGITS) for value in numbers.replace(",", " ").split()]
        points = [QPointF(*values[at : at + 2]) for at in range(0, len(values), 2)]
        match command:
            case "M":
                path.moveTo(points[0])
            case "L":
                for point in points:
                    if point != path.currentPosition():
                        path.lineTo(point)
            case "Q":
                for control, end in zip(points[::2], points[1::2], strict=True):
                    _curve(path, control, end)
            case "Z":
                path.closeSubpath()


def _curve(path: QPainterPath, control: QPointF, end: QPointF) -> None:
    """Add a quadratic curve as a cubic one, whose points have few digits."""
    start = path.currentPosition()
    first, second = (_rounded(point + (control - point) * (2 / 3)) for point in (start, end))
    path.cubicTo(first, second, end)


def _rounded(point: QPointF) -> QPointF:
    return QPointF(round(point.x(), _DIGITS), round(point.y(), _DIGITS))
