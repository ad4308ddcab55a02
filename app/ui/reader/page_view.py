"""The text of a page, with quiet line numbers, and the cited lines marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from app.base.pages.cited import LineRange
from app.base.pages.readable import PageParagraph, lines_text, paragraphs
from app.base.pages.stored_page import Page
from app.ui.form_fields import named
from app.ui.theme import Theme, font
from app.wording.language import tr

_PIXELS, _NUMBER_PIXELS = 14, 10
_LINE = 135.0  # percent of the font's line height
_SPACED = 60_000  # characters; in longer text, setting the height of lines would take too long
_HEAD_LINES = 2  # an empty one, and the address, which stands above the text
_BAR = 3  # pixels of the bar beside cited lines
_ABOVE = 0.3  # of the view, above the cited lines

# What would end a paragraph, or reorder text so that it reads as something else. A chat may come
# from a stranger, and its pages with it.
_UNSAFE = re.compile(
    "[\0-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffc\ud800-\udfff]"
)


class PageView(QTextEdit):
    """A page, one paragraph a block; its text is never read as markup, and nothing is fetched."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "readerText", tr("Page"), "")
        self._theme = theme
        self._read: list[PageParagraph] = []
        self._cited: Sequence[LineRange] = ()
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(font(_PIXELS))
        self._numbers = _LineNumbers(self)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._numbers.update())
        self.document().documentLayout().update.connect(lambda _: self._numbers.update())
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_page(self, page: Page, cited: Sequence[LineRange]) -> None:
        """Show a page at the lines that are cited."""
        read = paragraphs(page)
        if page.lines[:1] == ("",) and page.lines[1:2] and page.lines[1].startswith("URL:"):
            read = [each for each in read if each.last >= _HEAD_LINES]
        while read and not read[0].text.strip():
            del read[0]
        if read != self._read:
            self._read = read
            self._fill()
        self._cited = cited
        self._mark()
        self._numbers.fit()
        self._go_to_cited()

    def _fill(self) -> None:
        text = "\n".join(_UNSAFE.sub("\ufffd", paragraph.text) for paragraph in self._read)
        if len(text) > _SPACED:
            self.setPlainText(text)
            return
        self.clear()
        form = QTextBlockFormat()
        form.setLineHeight(_LINE, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self.document())
        cursor.setBlockFormat(form)
        cursor.insertText(text)

    @property
    def cited_text(self) -> str:
        """The cited lines, as they are read."""
        return "\n".join(text for lines in self._cited for text in lines_text(self._read, *lines))

    def find_words(self, words: str, *, back: bool = False) -> bool:
        """Select the next place with some words, around the end. Return whether there is one."""
        flags = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        if self.find(words, flags):
            return True
        here, ends = self.textCursor(), QTextCursor.MoveOperation
        self.moveCursor(ends.End if back else ends.Start)
        if self.find(words, flags):
            return True
        self.setTextCursor(here)
        return False

    # --- The cited lines ------------------------------------------------------------------------

    def _mark(self) -> None:
        """Mark the cited lines."""
        ground = QColor(self._theme.colour("accent"))
        ground.setAlphaF(0.16)
        marked = []
        for number, paragraph in enumerate(self._read):
            for start, end in self._cited_in(number):
                part = QTextEdit.ExtraSelection()
                part.format.setBackground(ground)
                block = self.document().findBlockByNumber(number)
                part.cursor = _cursor(block, paragraph.text, start, end)
                marked.append(part)
        self.setExtraSelections(marked)

    def _cited_in(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield the cited parts of a paragraph."""
        if number < len(self._read):
            for lines in self._cited:
                start, end = self._read[number].range_of(*lines)
                if start < end:
                    yield start, end

    def _go_to_cited(self) -> None:
        """Scroll to the cited lines; the cursor stands there, too."""
        marked = self.extraSelections()
        cursor = QTextCursor(self.document())
        if marked:
            cursor.setPosition(marked[0].cursor.selectionStart())
        self.setTextCursor(cursor)
        bar = self.verticalScrollBar()
        above = self.cursorRect(cursor).top() - round(self.viewport().height() * _ABOVE)
        bar.setValue(bar.value() + above if marked else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._numbers.fit()

    def _restyle(self) -> None:
        self._mark()
        self._numbers.fit()

    # --- Line numbers ---------------------------------------------------------------------------

    def number_width(self, metrics: QFontMetricsF) -> int:
        """Return the width of the column of line numbers."""
        digits = max(len(str(self._read[-1].last if self._read else 0)), 2)
        return round(metrics.horizontalAdvance("0" * digits)) + 18

    def set_margin(self, width: int) -> None:
        """Keep room for the line numbers."""
        self.setViewportMargins(width, 0, 0, 0)

    def paint_numbers(self, painter: QPainter, width: int, area: QRectF) -> None:
        """Paint the number of each paragraph's first line, and bars beside the cited ones."""
        own, ink = QFontMetricsF(self.font()), self._theme.colour("muted")
        ink.setAlphaF(0.75)
        layout, scrolled = self.document().documentLayout(), self.verticalScrollBar().value()
        first = self.cursorForPosition(area.topLeft().toPoint()).block()
        while first.isValid():
            place = layout.blockBoundingRect(first).translated(0, -scrolled)
            if place.top() > area.bottom():
                return
            number = first.blockNumber()
            if any(self._cited_in(number)):
                bar = QRectF(width - _BAR - 3, place.top(), _BAR, place.height())
                painter.fillRect(bar, self._theme.colour("accent"))
            if number < len(self._read) and self._read[number].text.strip():
                lines = first.layout()
                line = lines.lineAt(0) if lines.lineCount() else None
                base = line.y() + line.ascent() if line else own.ascent()
                text = str(self._read[number].first)
                left = width - 10 - painter.fontMetrics().horizontalAdvance(text)
                painter.setPen(ink)
                painter.drawText(left, round(place.top() + base), text)
            first = first.next()


class _LineNumbers(QWidget):
    """The column of line numbers beside the text."""

    def __init__(self, view: PageView) -> None:
        super().__init__(view)
        self._view = view
        self.setFont(font(_NUMBER_PIXELS))

    def sizeHint(self) -> QSize:
        return QSize(self._view.number_width(QFontMetricsF(self.font())), 0)

    def fit(self) -> None:
        """Take the room at the left of the text."""
        wide = self.sizeHint().width()
        self._view.set_margin(wide)
        area = self._view.contentsRect()
        self.setGeometry(area.left(), area.top(), wide, area.height())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._view.paint_numbers(painter, self.width(), QRectF(event.rect()))
        painter.end()


def _cursor(block: QTextBlock, text: str, start: int, end: int) -> QTextCursor:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + _units(text[:start]))
    place = block.position() + _units(text[:end].rstrip())
    cursor.setPosition(place, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def _units(text: str) -> int:
    """Return the length of a text as Qt counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
