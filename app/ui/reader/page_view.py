"""The text of a page, with quiet line numbers, and the cited lines marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app.base.pages.cited import LineRange
from app.base.pages.page_paragraphs import lines_text
from app.ui.form_fields import named
from app.ui.reader.airy_layout import AiryLayout
from app.ui.reader.page_on_screen import PageOnScreen
from app.ui.theme import Theme, font
from app.wording.language import tr

_PIXELS, _NUMBER_PIXELS = 14, 10
_BAR = 3  # pixels of the bar beside cited lines
_ABOVE = 0.3  # of the view, above the cited lines


class PageView(QPlainTextEdit):
    """A page, one paragraph a block; its text is never read as markup, and nothing is fetched.

    However long it is, only what is seen of it is laid out.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "readerText", tr("Page"), "")
        self._theme = theme
        self._layout = AiryLayout(self.document())
        self._shown = PageOnScreen()
        self._cited: Sequence[LineRange] = ()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(font(_PIXELS))
        self._numbers = _LineNumbers(self)
        self.updateRequest.connect(lambda *_: self._numbers.update())
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_page(self, page: PageOnScreen, cited: Sequence[LineRange]) -> None:
        """Show a page at the lines that are cited."""
        if page is not self._shown:
            self._shown = page
            self.setPlainText(page.text)
        self._cited = cited
        self._mark()
        self._numbers.fit()
        self._go_to_cited()

    @property
    def cited_text(self) -> str:
        """The cited lines, as they are read."""
        return "\n".join(
            text for lines in self._cited for text in lines_text(self._shown.paragraphs, *lines)
        )

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
        for number, paragraph in enumerate(self._shown.paragraphs):
            for start, end in self._cited_in(number):
                part = QTextEdit.ExtraSelection()
                part.format.setBackground(ground)
                block = self.document().findBlockByNumber(number)
                part.cursor = _cursor(block, paragraph.text, start, end)
                marked.append(part)
        self.setExtraSelections(marked)

    def _cited_in(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield the cited parts of a paragraph."""
        if number < len(self._shown.paragraphs):
            for lines in self._cited:
                start, end = self._shown.paragraphs[number].range_of(*lines)
                if start < end:
                    yield start, end

    def _go_to_cited(self) -> None:
        """Scroll to the cited lines; the cursor stands there, too."""
        marked = self.extraSelections()
        cursor = QTextCursor(self.document())
        if marked:
            cursor.setPosition(marked[0].cursor.selectionStart())
        self.setTextCursor(cursor)
        if marked:
            self._scroll_to(cursor)
        else:
            self.verticalScrollBar().setValue(0)

    def _scroll_to(self, cursor: QTextCursor) -> None:
        """Scroll to a place, with some text above it. The scroll bar counts lines."""
        room = self.viewport().height() * _ABOVE
        block = cursor.block()
        self.blockBoundingRect(block)  # lays it out, as below
        line = block.layout().lineForTextPosition(cursor.positionInBlock())
        above = line.y() if line.isValid() else 0.0
        while above < room and block.previous().isValid():
            block = block.previous()
            above += self.blockBoundingRect(block).height()
        lines = block.layout()
        ys = (lines.lineAt(number).y() for number in range(lines.lineCount()))
        hidden = sum(above - y > room for y in ys)
        self.verticalScrollBar().setValue(block.firstLineNumber() + hidden)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._numbers.fit()

    def _restyle(self) -> None:
        self._mark()
        self._numbers.fit()

    # --- Line numbers ---------------------------------------------------------------------------

    def number_width(self, metrics: QFontMetricsF) -> int:
        """Return the width of the column of line numbers."""
        digits = max(len(str(self._shown.paragraphs[-1].last if self._shown.paragraphs else 0)), 2)
        return round(metrics.horizontalAdvance("0" * digits)) + 18

    def set_margin(self, width: int) -> None:
        """Keep room for the line numbers."""
        self.setViewportMargins(width, 0, 0, 0)

    def paint_numbers(self, painter: QPainter, width: int, area: QRectF) -> None:
        """Paint the number of each paragraph's first line, and bars beside the cited ones."""
        own, ink = QFontMetricsF(self.font()), self._theme.colour("muted")
        ink.setAlphaF(0.75)
        block = self.firstVisibleBlock()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > area.bottom():
                return
            number = block.blockNumber()
            if any(self._cited_in(number)):
                bar = QRectF(width - _BAR - 3, place.top(), _BAR, place.height())
                painter.fillRect(bar, self._theme.colour("accent"))
            if number < len(self._shown.paragraphs) and self._shown.paragraphs[number].text.strip():
                lines = block.layout()
                line = lines.lineAt(0) if lines.lineCount() else None
                base = line.y() + line.ascent() if line else own.ascent()
                text = str(self._shown.paragraphs[number].first)
                left = width - 10 - painter.fontMetrics().horizontalAdvance(text)
                painter.setPen(ink)
                painter.drawText(left, round(place.top() + base), text)
            block = block.next()


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
