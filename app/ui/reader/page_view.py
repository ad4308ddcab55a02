"""The text of a page, with quiet line numbers, and the cited lines marked."""

from __future__ import annotations

from collections.abc import Sequence

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
from app.base.pages.readable import PageParagraph, lines_text, paragraphs
from app.base.pages.stored_page import Page
from app.ui.form_fields import named
from app.ui.theme import Theme, font
from app.wording.language import tr

_PIXELS, _NUMBER_PIXELS = 14, 10
_HEAD_LINES = 2  # an empty one, and the address, which stands above the text
_BAR = 3  # pixels of the bar beside cited lines


class PageView(QPlainTextEdit):
    """A page, one paragraph a block; its text is never read as markup, and nothing is fetched."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "readerText", tr("Page"), "")
        self._theme = theme
        self._read: list[PageParagraph] = []
        self._cited: Sequence[LineRange] = ()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(font(_PIXELS))
        self._numbers = _LineNumbers(self)
        self.updateRequest.connect(lambda area, dy: self._numbers.follow(area, dy))
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
            self.setPlainText("\n".join(paragraph.text for paragraph in read))
        self._cited = cited
        self._mark()
        self._go_to_cited()
        self._numbers.fit()

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

    def _mark(self) -> None:
        """Mark the cited lines."""
        ground = QColor(self._theme.colour("accent"))
        ground.setAlphaF(0.16)
        marked = []
        for number, paragraph in enumerate(self._read):
            block = self.document().findBlockByNumber(number)
            for lines in self._cited:
                start, end = paragraph.range_of(*lines)
                if start >= end:
                    continue
                part = QTextEdit.ExtraSelection()
                part.format.setBackground(ground)
                part.cursor = self._cursor(block, paragraph.text, start, end)
                marked.append(part)
        self.setExtraSelections(marked)

    def _cursor(self, block: QTextBlock, text: str, start: int, end: int) -> QTextCursor:
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + _units(text[:start]))
        place = block.position() + _units(text[:end].rstrip())
        cursor.setPosition(place, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _go_to_cited(self) -> None:
        """Scroll to the cited lines, a third from the top; the cursor stands there, too."""
        marked = self.extraSelections()
        cursor = QTextCursor(self.document())
        if marked:
            cursor.setPosition(marked[0].cursor.selectionStart())
        self.setTextCursor(cursor)
        self.verticalScrollBar().setValue(0)
        if marked:
            self.centerCursor()

    def line_number(self, block: int) -> int | None:
        """Return the number of the line with which a block begins; None if it is empty."""
        paragraph = self._read[block] if block < len(self._read) else None
        return paragraph.first if paragraph and paragraph.text.strip() else None

    def is_cited(self, block: int) -> bool:
        """Return whether some of a block is cited."""
        if block >= len(self._read):
            return False
        ranges = (self._read[block].range_of(*lines) for lines in self._cited)
        return any(start < end for start, end in ranges)

    @property
    def last_line(self) -> int:
        """The number of the last line."""
        return self._read[-1].last if self._read else 0

    def number_ink(self) -> QColor:
        """Return the colour of line numbers."""
        ink = self._theme.colour("muted")
        ink.setAlphaF(0.75)
        return ink

    def mark_ink(self) -> QColor:
        """Return the colour of the bar beside cited lines."""
        return self._theme.colour("accent")

    def _restyle(self) -> None:
        self._mark()
        self._numbers.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._numbers.fit()

    def blocks_in(self, top: float, bottom: float) -> list[tuple[int, QRectF]]:
        """Return the blocks between two heights, and where they are."""
        found = []
        block = self.firstVisibleBlock()
        while block.isValid():
            area = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if area.top() > bottom:
                break
            if area.bottom() >= top and block.isVisible():
                found.append((block.blockNumber(), area))
            block = block.next()
        return found

    def set_margin(self, width: int) -> None:
        """Keep room for the line numbers."""
        self.setViewportMargins(width, 0, 0, 0)


class _LineNumbers(QWidget):
    """The column of line numbers beside the text."""

    def __init__(self, view: PageView) -> None:
        super().__init__(view)
        self._view = view
        self.setFont(font(_NUMBER_PIXELS))

    def sizeHint(self) -> QSize:
        digits = max(len(str(self._view.last_line)), 2)
        wide = QFontMetricsF(self.font()).horizontalAdvance("0" * digits)
        return QSize(round(wide) + 18, 0)

    def fit(self) -> None:
        """Take the room at the left of the text."""
        wide = self.sizeHint().width()
        self._view.set_margin(wide)
        area = self._view.contentsRect()
        self.setGeometry(area.left(), area.top(), wide, area.height())
        self.update()

    def follow(self, area: object, dy: int) -> None:
        """Scroll with the text."""
        if dy:
            self.scroll(0, dy)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        view = self._view
        base = QFontMetricsF(self._view.font()).ascent()
        painter.setFont(self.font())
        for block, area in view.blocks_in(event.rect().top(), event.rect().bottom()):
            if view.is_cited(block):
                bar = QRectF(self.width() - _BAR - 3, area.top(), _BAR, area.height())
                painter.fillRect(bar, view.mark_ink())
            number = view.line_number(block)
            if number is not None:
                painter.setPen(view.number_ink())
                text = str(number)
                wide = QFontMetricsF(self.font()).horizontalAdvance(text)
                painter.drawText(round(self.width() - 10 - wide), round(area.top() + base), text)
        painter.end()


def _units(text: str) -> int:
    """Return the length of a text as Qt counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
