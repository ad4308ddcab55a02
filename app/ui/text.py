"""Text that is shown: Qt's own browser, taught to draw code, lists and tables well, and kept
from loading anything from anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QFont,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextListFormat,
    QTextTable,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from app.markdown import link_allowed
from app.ui.theme import Look, font, mono

BODY = 15
_LINE = 145  # per cent of the font's height
_CODE_LINE = 115
_CELL = (14, 9)  # a table cell's padding
_ROOM = 4  # pixels at either end of code in a line
_HEADINGS = {1: 21, 2: 19, 3: 17}  # pixels; others are as large as the text
_DOT, _BOXES = "•", ("☐", "☑")
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_SPECIFIED_ONLY = QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly


class Document(QTextDocument):
    """A document that opens nothing: Qt's own would read any local file that its text names."""

    def loadResource(self, kind: int, name: QUrl) -> Any:
        return None


class TextView(QTextBrowser):
    """Text that can be selected and copied, as high as it is."""

    def __init__(self, look: Look, name: str = "", pixels: int = BODY) -> None:
        super().__init__()
        self._look = look
        self._codes: list[tuple[int, int]] = []
        self._marks: list[tuple[int, str]] = []
        self._line = _LINE - 5  # of plain text
        self._plain = ""
        self._last_width = -1
        self._top = 0
        self.setObjectName(name)
        self.setDocument(Document(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.document().setDefaultFont(font(pixels))
        self.setFont(font(pixels))
        self.anchorClicked.connect(self._follow)
        self.highlighted.connect(self._hovered)

    def loadResource(self, kind: int, name: QUrl) -> Any:
        """Nothing either."""
        return None

    def set_code(self) -> None:
        """The plain text that follows is code, whose font has air of its own between lines."""
        self.document().setDefaultFont(mono(13))
        self.setFont(mono(13))
        self._line = _CODE_LINE

    def set_plain(self, text: str) -> None:
        """Shows text as it was written. Text that grew at its end is only added to."""
        text = text.replace("\r\n", "\n")  # which Qt would see as two ends if they came singly
        shown, self._plain = self._plain, text  # `toPlainText` changes a few characters
        if text == shown:
            return
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        if shown and text.startswith(shown):
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(shown) :])
        else:
            cursor.select(QTextCursor.SelectionType.Document)
            block = QTextBlockFormat()
            block.setLineHeight(self._line, _PROPORTIONAL)
            cursor.setBlockFormat(block)
            cursor.insertText(text)
        cursor.endEditBlock()
        if not shown:
            self.moveCursor(QTextCursor.MoveOperation.Start)
        self.fit()

    def set_html(self, html: str) -> None:
        """Shows the HTML of a `Prose`."""
        self.document().setDefaultStyleSheet(self._css())
        self.setHtml(html)
        self._polish()
        bar = Qt.ScrollBarPolicy
        wide = bar.ScrollBarAsNeeded if "<table" in html else bar.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(wide)
        self._top = 8 if html.startswith("<h") else 0  # Qt ignores a first block's margin
        self.setViewportMargins(0, self._top, 0, 0)
        keyboard = Qt.FocusPolicy.StrongFocus if "<a " in html else Qt.FocusPolicy.ClickFocus
        self.setFocusPolicy(keyboard)
        self.fit()

    def fit(self) -> None:
        """Becomes as high as the text is at this width."""
        height = self._top + math.ceil(self.document().size().height())
        bar = self.horizontalScrollBar()
        if self.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            wide = self.document().size().width() > self.viewport().width() + 1
            height += bar.sizeHint().height() if wide else 0
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)

    def ideal_width(self) -> int:
        """How wide the text wants to be, without any wrapping."""
        document = self.document()
        width = document.textWidth()
        document.setTextWidth(-1)
        ideal = math.ceil(document.idealWidth())
        document.setTextWidth(width)
        return ideal

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != self._last_width:
            self._last_width = event.size().width()
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways here, up and down in the conversation."""
        if abs(event.angleDelta().x()) > abs(event.angleDelta().y()):
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(-self.horizontalScrollBar().value(), 0)
            self._paint_codes(painter)
            self._paint_marks(painter)
            for frame in self.document().rootFrame().childFrames():
                if isinstance(frame, QTextTable):
                    self._paint_table(painter, frame)
        finally:
            painter.end()
        super().paintEvent(event)

    def _follow(self, url: QUrl) -> None:
        if link_allowed(url.toString()):
            QDesktopServices.openUrl(url)

    def _hovered(self, url: QUrl) -> None:
        self.setToolTip(url.toDisplayString())

    def _css(self) -> str:
        c = self._look.colours
        return (
            f"body, p, li, td, th, h1, h2, h3, h4, h5, h6 {{ line-height: {_LINE}%; margin: 0; }}"
            f"li p {{ margin-bottom: 6px; }} li {{ margin-bottom: 4px; }}"
            f"ul, ol {{ margin: 0 0 0 -12px; }} a {{ color: {c.link}; }}"
            f"th, td {{ padding: {_CELL[1]}px {_CELL[0]}px {_CELL[1] - 4}px; line-height: 135%; }}"
            "th { text-align: left; }"
        )

    def _polish(self) -> None:
        """What Qt's HTML cannot say: bold by the font's own axis, code in its own font, tables
        whose lines are drawn here."""
        self._codes = []
        self._marks = []
        edits: list[tuple[int, int, QTextCharFormat]] = []
        for block in _blocks_of(self):
            if mark := _list_mark(block):
                self._marks.append((block.position(), mark))
            for start, length, style in _fragments(block):
                if "monospace" in (style.fontFamilies() or ()):
                    self._codes.append((start, start + length))
                    edits.append((start, length, _styled(style, mono(BODY - 2))))
                    # Room inside the ground: wider steps before and behind, not more text.
                    edits.append((start + length - 1, 1, _STEP))
                    if start > block.position():
                        edits.append((start - 1, 1, _STEP))
                elif style.fontWeight() >= 600:
                    bold = font(_HEADINGS.get(block.blockFormat().headingLevel(), BODY), 640)
                    bold.setItalic(style.fontItalic())
                    edits.append((start, length, _styled(style, bold)))
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for start, length, style in edits:
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            if style is _STEP:
                cursor.mergeCharFormat(style)
            else:
                cursor.setCharFormat(style)
        for position, _ in self._marks:
            block = self.document().findBlock(position)
            lines = block.textList().format()
            lines.setStyle(QTextListFormat.Style.ListStyleUndefined)
            block.textList().setFormat(lines)
            cursor.setPosition(position)
            unmarked = block.blockFormat()
            unmarked.setMarker(QTextBlockFormat.MarkerType.NoMarker)
            cursor.setBlockFormat(unmarked)
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                style = frame.format().toTableFormat()
                style.setBorder(0)
                style.setCellSpacing(0)
                style.setTopMargin(0)
                style.setBottomMargin(0)
                frame.setFormat(style)
        cursor.endEditBlock()

    def _paint_codes(self, painter: QPainter) -> None:
        """A rounded ground behind each stretch of code in a line."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("inline_code"))
        for start, end in self._codes:
            for rect in self._line_rects(start, end):
                painter.drawRoundedRect(rect.adjusted(-_ROOM, 0, 0, 0), 4, 4)

    def _paint_marks(self, painter: QPainter) -> None:
        """Dots, numbers and boxes before the items of a list."""
        colour = self._look.colour("muted")
        painter.setFont(self.font())
        for position, mark in self._marks:
            block = self.document().findBlock(position)
            line = block.layout().lineAt(0)
            left = self.document().documentLayout().blockBoundingRect(block).x() + line.x()
            top = self.document().documentLayout().blockBoundingRect(block).y() + line.y()
            base = top + line.ascent()
            painter.setPen(QPen(colour, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark in _BOXES:
                painter.drawRoundedRect(QRectF(left - 21, base - 11.5, 12, 12), 3, 3)
                if mark == _BOXES[1]:
                    tick = [QPointF(-18, -5.5), QPointF(-15.5, -3), QPointF(-12, -8)]
                    painter.drawPolyline([QPointF(left, base) + point for point in tick])
            elif mark == _DOT:
                painter.setBrush(colour)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(QPointF(left - 14, base - 5), 2.2, 2.2)
            else:
                width = self.fontMetrics().horizontalAdvance(mark)
                painter.drawText(QPointF(left - 8 - width, base), mark)

    def _line_rects(self, start: int, end: int) -> Iterator[QRectF]:
        """Where the text between two positions is, line by line."""
        block = self.document().findBlock(start)
        layout = block.layout()
        origin = self.document().documentLayout().blockBoundingRect(block).topLeft()
        first, last = start - block.position(), end - block.position()
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            begin = max(first, line.textStart())
            finish = min(last, line.textStart() + line.textLength())
            if begin < finish:
                left, right = _x(line, begin), _x(line, finish)
                base = origin.y() + line.y() + line.ascent()
                yield QRectF(origin.x() + left, base - BODY + 0.5, right - left, BODY + 5)

    def _paint_table(self, painter: QPainter, table: QTextTable) -> None:
        layout = self.document().documentLayout()
        corners = [
            layout.blockBoundingRect(table.cellAt(row, 0).firstCursorPosition().block()).topLeft()
            for row in range(table.rows())
        ]
        size = layout.frameBoundingRect(table).size()  # its corner leaves out the padding
        outer = QRectF(corners[0] - QPointF(*_CELL), size).adjusted(0.5, 0.5, -0.5, -0.5)
        tops = [corner.y() - _CELL[1] for corner in corners[1:]]
        path = QPainterPath()
        path.addRoundedRect(outer, 10, 10)
        if tops:
            painter.save()
            painter.setClipPath(path)
            head = QRectF(outer.left(), outer.top(), outer.width(), tops[0] - outer.top())
            painter.fillRect(head, self._look.colour("header"))
            painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.colour("border"), 1))
        painter.drawPath(path)
        for top in tops:
            y = round(top) + 0.5
            painter.drawLine(outer.left(), y, outer.right(), y)


def _x(line: Any, position: int) -> float:
    found = line.cursorToX(position)
    return float(found[0] if isinstance(found, tuple) else found)


def _blocks_of(view: TextView) -> Iterator[QTextBlock]:
    block = view.document().begin()
    while block.isValid():
        yield block
        block = block.next()


def _fragments(block: QTextBlock) -> Iterator[tuple[int, int, QTextCharFormat]]:
    for item in block.textFormats():
        yield block.position() + item.start, item.length, item.format


def _step() -> QTextCharFormat:
    style = QTextCharFormat()
    style.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
    style.setFontLetterSpacing(_ROOM)
    return style


def _styled(style: QTextCharFormat, face: QFont) -> QTextCharFormat:
    """The style in another font. What Qt has for headings and bold would prevail over it."""
    result = QTextCharFormat(style)
    result.clearProperty(QTextFormat.Property.FontSizeAdjustment)
    result.setFont(face, _SPECIFIED_ONLY)
    result.setProperty(QTextFormat.Property.FontWeight, QFont.Weight.Normal.value)
    return result


def _list_mark(block: QTextBlock) -> str:
    """What stands before an item of a list; empty for any other block."""
    if (lines := block.textList()) is None:
        return ""
    match block.blockFormat().marker():
        case QTextBlockFormat.MarkerType.Unchecked:
            return _BOXES[0]
        case QTextBlockFormat.MarkerType.Checked:
            return _BOXES[1]
    ordered = lines.format().style() == QTextListFormat.Style.ListDecimal
    return lines.itemText(block) if ordered else _DOT


_STEP = _step()
