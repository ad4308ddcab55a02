"""Plain text with room between its lines, of which only what is seen is laid out."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTextBlock, QTextDocument
from PySide6.QtWidgets import QPlainTextDocumentLayout

_GAP = 0.35  # of a line's height, between two


class AiryLayout(QPlainTextDocumentLayout):
    """The layout of a plain text, whose paragraphs are laid out when they are looked at.

    Qt's own has no room between lines. A document must have it before it has text.
    """

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        document.setDocumentLayout(self)

    def blockBoundingRect(self, block: QTextBlock) -> QRectF:
        found = super().blockBoundingRect(block)
        lines = block.layout()
        if not lines.lineCount() or lines.lineAt(0).y():  # the latter: it has room already
            return found
        for number in range(lines.lineCount()):
            line = lines.lineAt(number)
            above = line.height() * _GAP * (number + 0.5)
            line.setPosition(QPointF(line.x(), line.y() + above))
        return super().blockBoundingRect(block)
