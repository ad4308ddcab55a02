"""The chip of a citation: the number of its source, small and round, within the text."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.markdown import Span, SpanKind, Spans
from app.ui.blocks.box import CitationLabels
from app.ui.theme import Palette, font

_SMALLER = 0.73  # of the text
_WEIGHT = 600
_BEFORE, _PAD = 0.15, 0.3  # before the chip, and beside its number, of the text's size
_ABOVE, _BELOW = 0.86, 0.18  # from the baseline, of the text's size


def chip_label(number: int) -> str:
    """Return what stands in a chip: the number of a source, a question mark if there is none."""
    return str(number) if number else "?"


def bracketed(number: int) -> str:
    """Return a chip as text."""
    return f"[{chip_label(number)}]"


def with_labels(spans: Spans, labels: CitationLabels | None) -> Spans:
    """Return spans with the labels of chips, in brackets, in the place of citations."""
    return tuple(
        Span(bracketed(labels.number(span.text) if labels else 0))
        if span.kind is SpanKind.CITATION
        else span
        for span in spans
    )


def chip_width(number: int, pixels: int) -> float:
    """Return the width of a chip in text of a size, with the room beside it."""
    size = max(_label_width(chip_label(number), pixels) + 2 * _PAD * pixels, _height(pixels))
    return math.ceil(size) + _before(pixels)


def chip_frame(left: float, right: float, base: float, pixels: int, *, leftwards: bool) -> QRectF:
    """Return the rectangle of a chip, given the edges of its room and the baseline.

    ``leftwards``: the line runs from right to left.
    """
    before = _before(pixels)
    start = round(left) + (0 if leftwards else before)
    top = round(base - _ABOVE * pixels)
    return QRectF(start, top, round(right - left) - before, _height(pixels))


def paint_chip(painter: QPainter, theme: Palette, frame: QRectF, number: int, pixels: int) -> None:
    """Paint a chip; one that leads nowhere is grey, and struck through."""
    painter.save()
    ink = theme.colour("citation" if number else "muted")
    ground = QColor(ink)
    ground.setAlphaF(0.14)
    painter.setBrush(ground)
    painter.setPen(Qt.PenStyle.NoPen)
    radius = frame.height() * 0.4
    painter.drawRoundedRect(frame, radius, radius)
    face = font(_size(pixels), _WEIGHT)
    painter.setFont(face)
    painter.setPen(ink)
    label, metrics = chip_label(number), QFontMetricsF(face)
    left = frame.center().x() - metrics.horizontalAdvance(label) / 2
    base = frame.center().y() + metrics.capHeight() / 2
    painter.drawText(QPointF(left, base), label)
    if not number:
        painter.setPen(QPen(ink, max(1.0, pixels / 14)))
        y = frame.center().y()
        painter.drawLine(QPointF(frame.left() - 1, y), QPointF(frame.right() + 1, y))
    painter.restore()


def _before(pixels: int) -> int:
    return round(_BEFORE * pixels)


def _size(pixels: int) -> int:
    return max(round(_SMALLER * pixels), 8)


def _height(pixels: int) -> int:
    return round((_ABOVE + _BELOW) * pixels)


@lru_cache(maxsize=256)
def _label_width(label: str, pixels: int) -> float:
    return QFontMetricsF(font(_size(pixels), _WEIGHT)).horizontalAdvance(label)
