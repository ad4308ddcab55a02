"""Code in a frame, laid out and coloured when it is painted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)

from app.base.code_fence import code_fence
from app.markdown import Code
from app.ui.blocks.box import Box, BoxButton, Highlights, Range, Style
from app.ui.blocks.code_layout import TAB, CodeLayout, CodePiece
from app.ui.blocks.font_fallback import is_foreign
from app.ui.blocks.highlighting import ColouredRange, Highlighter, find_lexer
from app.ui.blocks.horizontal_scroll import BAR, HorizontalScroll
from app.ui.blocks.text_lines import cursor_x
from app.ui.blocks.utf16 import units
from app.ui.theme import Palette, font, mono
from app.wording.language import tr

_HEAD = 34.0  # pixels above the first line
_FEWEST = 2  # the fewest rows of a block at the top or end of a page
_SIDE = 13.0
_RADIUS = 10.0
_PITCH = 1.6  # line spacing, as a multiple of the font's size
_MAX_LAYOUTS = 400  # pieces that are kept
_PLAIN = ("", "text", "plaintext", "txt")
# Characters that Qt would treat as the end of a line, or as a picture; and those that reorder text,
# so that code reads as something else (https://trojansource.codes).
_SHOWN = str.maketrans(
    {"\r": " ", "\u2028": " ", "\u2029": " "}
    | dict.fromkeys("\0\ufffc\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "\ufffd")
)


@dataclass(frozen=True, slots=True)
class _Face:
    """The font of code, and its measures in pixels."""

    font: QFont
    step: float
    wide: float
    base: int
    """The distance from a row's top to its baseline."""
    pitch: int


@dataclass(frozen=True, slots=True)
class _LaidOut:
    """A laid-out piece, and the inputs of its layout."""

    piece: CodePiece
    colours: Sequence[ColouredRange]
    count: int
    """The number of colour ranges, which only grows."""
    layout: QTextLayout


class CodeBox(Box):
    """Code with its language, and buttons to copy it and to wrap its lines.

    Lines that are wider than the box scroll. The cost of growing does not depend on the length.
    """

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(theme, style)
        self._face = _face(style.pixels - 2)
        self.block = Code("")
        self._pieces = CodeLayout(self._face.step, self._face.wide)
        self._tokens = Highlighter()
        self._layouts: dict[int, _LaidOut] = {}
        self._scroller = HorizontalScroll()
        self._wraps = style.paper

    def set_block(self, block: Code) -> None:
        self.block = block
        self._pieces.set(block.text)
        self._tokens.set(block.text, block.language, self._pieces.offsets)
        self._measure()

    # Layout

    def lay_out(self, width: float) -> None:
        if width != self.width:
            self.width = width
            self._measure()

    def _measure(self) -> None:
        self.length = self._pieces.length
        if not self.width:
            return
        room = max(self.width - 2 * self.px(_SIDE), self._face.step)
        self._pieces.wrap(room if self._wraps else 0.0)
        self._scroller.fit(self._pieces.width, room)
        self.height = self.px(_HEAD) + len(self._pieces.rows) * self._face.pitch + BAR

    @property
    def baseline(self) -> float:
        return self.px(21)

    @property
    def title(self) -> str:
        """The heading: the language's usual name."""
        return _name(self.block.language)

    def copy_label(self) -> tuple[str, str]:
        """Return the name of the button that copies it, and its description."""
        return "copyCode", tr("Copy code")

    def restyle(self) -> None:
        self._layouts.clear()

    # Painting

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.colour("border"), 1))
        painter.setBrush(self.theme.colour("code"))
        frame = QRectF(0.5, 0.5, self.width - 1, self.height - 1)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        if clip.top() < self.px(_HEAD):
            self._paint_head(painter)
        body = QRectF(self.px(_SIDE) / 2, 0, self.width - self.px(_SIDE), self.height).intersected(
            clip
        )
        painter.setClipRect(body, Qt.ClipOperation.IntersectClip)
        rows = self._rows(clip)
        if rows:
            self._paint_rows(painter, rows, body, highlights)
        painter.restore()
        track = QRectF(self.px(_SIDE), 0, self.width - 2 * self.px(_SIDE), self.height)
        self._scroller.paint(painter, track, self.theme.colour("scroll"))

    def _paint_head(self, painter: QPainter) -> None:
        left = min((c.rect.left() for c in self.controls()), default=self.width)
        face = mono(self.style.pixels - 3)
        metrics = QFontMetricsF(face)
        room = max(left - 2 * self.px(_SIDE), 0)
        name = self.title
        painter.setFont(face)
        painter.setPen(self.theme.colour("muted"))
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(self.px(_SIDE), self.baseline), name)

    def _rows(self, clip: QRectF) -> range:
        """Return the rows that are in a clip."""
        pitch = self._face.pitch
        first = max(int((clip.top() - self.px(_HEAD)) // pitch), 0)
        last = int((clip.bottom() - self.px(_HEAD)) // pitch)
        return range(first, min(last + 1, len(self._pieces.rows)))

    def _paint_rows(
        self, painter: QPainter, rows: range, body: QRectF, highlights: Highlights
    ) -> None:
        shift = self.px(_SIDE) - self._scroller.offset
        left, right = body.left() - shift, body.right() - shift
        seen = [n for row in rows for n in self._pieces.between(row, left, right)]
        pieces = self._pieces.pieces
        self._tokens.prepare(pieces[seen[0]].line, pieces[seen[-1]].line)
        span = pieces[seen[0]].start, pieces[seen[-1]].start + units(pieces[seen[-1]].text) + 1
        for found in highlights.found:
            name = "found_current" if found == highlights.current else "found"
            self._fill(painter, found, span, name)
        self._fill(painter, highlights.selected, span, "selection")
        painter.setPen(self.theme.colour(self.style.colour))
        for row in rows:
            base = self.px(_HEAD) + row * self._face.pitch + self._face.base
            for number in self._pieces.between(row, left, right):
                piece = pieces[number]
                if piece.text:
                    layout = self._layout(number)
                    top = base - layout.lineAt(0).ascent()
                    marked = self._marked(piece, highlights)
                    layout.draw(painter, QPointF(shift + piece.left, top), marked)

    def _marked(self, piece: CodePiece, highlights: Highlights) -> list[QTextLayout.FormatRange]:
        """Return formats of what is found or selected, where colours of code are not legible."""
        at, end = piece.start, piece.start + units(piece.text)
        marked: list[QTextLayout.FormatRange] = []
        for start, stop in sorted((*highlights.found, highlights.selected)):
            start, stop = max(start, at), min(stop, end)
            if start < stop:
                part = QTextLayout.FormatRange()
                part.start, part.length = start - piece.start, stop - start
                part.format.setForeground(self.theme.colour("text"))
                marked.append(part)
                at = stop
        return marked

    def _fill(self, painter: QPainter, marked: Range, seen: Range, colour: str) -> None:
        start, end = max(marked[0], seen[0]), min(marked[1], seen[1])
        if start < end:
            for rect in self.rects(start, end):
                painter.fillRect(rect, self.theme.colour(colour))

    def _layout(self, number: int) -> QTextLayout:
        """Return a piece's layout, from a cache."""
        piece = self._pieces.pieces[number]
        colours = self._tokens.line(piece.line)
        known = self._layouts.get(number)
        same = known is not None and known.piece is piece and known.colours is colours
        if known is not None and same and known.count == len(colours):
            return known.layout
        layout = self._make_layout(piece, colours)
        if len(self._layouts) >= _MAX_LAYOUTS and number not in self._layouts:
            del self._layouts[next(iter(self._layouts))]
        self._layouts[number] = _LaidOut(piece, colours, len(colours), layout)
        return layout

    def _make_layout(self, piece: CodePiece, colours: Sequence[ColouredRange]) -> QTextLayout:
        layout = QTextLayout(piece.text.translate(_SHOWN), self._face.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setTabStopDistance(TAB * self._face.step)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        layout.setFormats(list(self._formats(piece, colours)))
        layout.beginLayout()
        layout.createLine().setLineWidth(1e6)
        layout.endLayout()
        return layout

    def _formats(
        self, piece: CodePiece, colours: Sequence[ColouredRange]
    ) -> Iterator[QTextLayout.FormatRange]:
        size = units(piece.text)
        upright = is_foreign(piece.text)  # an italic face may lack these characters
        for start, end, colour in colours:
            first, last = max(start - piece.inside, 0), min(end - piece.inside, size)
            if first < last:
                stretch = QTextLayout.FormatRange()
                stretch.start, stretch.length = first, last - first
                stretch.format = _format(
                    getattr(self.theme.colours, colour),
                    colour == "code_comment" and not upright,
                )
                yield stretch

    def page_end(self, y: float) -> float:
        above = int((y - self.px(_HEAD)) // self._face.pitch)
        above = min(above, len(self._pieces.rows) - _FEWEST)
        return self.px(_HEAD) + above * self._face.pitch if above >= _FEWEST else 0.0

    # Positions

    def position_at(self, point: QPointF) -> int:
        row = int((point.y() - self.px(_HEAD)) // self._face.pitch)
        if row < 0 or not self._pieces.rows:
            return 0
        if row >= len(self._pieces.rows):
            return self.length
        x = point.x() - self.px(_SIDE) + self._scroller.offset
        number = next(self._pieces.between(row, x, x))
        piece = self._pieces.pieces[number]
        return piece.start + self._position_in(number, x - piece.left)

    def _position_in(self, number: int, x: float) -> int:
        piece = self._pieces.pieces[number]
        if piece.plain:
            return min(max(int(x / self._face.step + 0.5), 0), len(piece.text))
        return int(self._layout(number).lineAt(0).xToCursor(x))

    def _x(self, number: int, inside: int) -> float:
        """Return the x of a position in a piece."""
        piece = self._pieces.pieces[number]
        if piece.plain:
            return piece.left + inside * self._face.step
        return piece.left + cursor_x(self._layout(number).lineAt(0), inside)

    def rects(self, start: int, end: int) -> list[QRectF]:
        if start >= end:
            return []
        pitch, shift = self._face.pitch, self.px(_SIDE) - self._scroller.offset
        found = []
        for row in range(self._pieces.row_of(start), self._pieces.row_of(end - 1) + 1):
            numbers = self._pieces.in_row(row)
            edges = []
            for number in numbers:
                first = self._pieces.pieces[number].start
                size = units(self._pieces.pieces[number].text)
                begin, finish = max(start - first, 0), min(end - first, size)
                if begin < finish:
                    edges += [self._x(number, begin), self._x(number, finish)]
            last = self._pieces.pieces[numbers[-1]]
            finish = last.start + units(last.text)
            ends = row + 1 == len(self._pieces.rows) or not self._continued(row)
            if ends and start <= finish < end:  # the line's end counts as a character
                edges += [x := self._x(numbers[-1], units(last.text)), x + self._face.step]
            if edges:
                top = self.px(_HEAD) + row * pitch
                found.append(QRectF(shift + min(edges), top, max(edges) - min(edges), pitch))
        return found

    def _continued(self, row: int) -> bool:
        """Return whether the next row is of the same line."""
        below = self._pieces.pieces[self._pieces.rows[row + 1]]
        return below.inside > 0

    def leaf_at(self, position: int) -> Range:
        return self._pieces.line_at(position)

    def text(self, start: int, end: int) -> str:
        return self._pieces.cut(start, end)

    def markdown(self, start: int, end: int) -> str:
        text = self._pieces.cut(start, end)
        whole = start <= 0 and end >= self.length
        if not whole and "\n" not in text:
            return text
        language = self.block.language
        language = language.replace("\\", "\\\\").replace("&", "&amp;")
        return f"{code_fence(text, language)}\n"

    # Buttons

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        """Return buttons to copy the code and, if a line is too long, to wrap lines."""
        if self.style.paper:
            return ()
        name, label = self.copy_label()
        wanted = [(name, tr("Copy"), label)]
        if self._wraps:
            wanted.append(("wrapCode", tr("Unwrap"), tr("Don’t wrap lines")))
        elif self._scroller.needed:
            wanted.append(("wrapCode", tr("Wrap"), tr("Wrap lines")))
        px, end = self.px, self.width - self.px(4)
        buttons = []
        for name, word, label in wanted:
            wide = button_width(self.theme.zoom, name)
            end -= wide
            buttons.append(BoxButton(name, word, label, QRectF(end, px(4), wide, px(24)), self))
        return buttons[::-1]

    def act(self, name: str) -> str:
        if name == "copyCode":
            return self.block.text
        self._wraps = not self._wraps
        self._measure()
        return ""

    def scroll(self, point: QPointF, pixels: float) -> bool:
        return point.y() > self.px(_HEAD) and self._scroller.by(pixels)


def _name(language: str) -> str:
    """Return a language's usual name."""
    lexer = find_lexer(language)
    if language.lower() in _PLAIN:
        return tr("Text")
    return lexer.name if lexer else language


@lru_cache(maxsize=8)
def _face(pixels: int) -> _Face:
    face = mono(pixels)
    metrics = QFontMetricsF(face)
    pitch = round(pixels * _PITCH)
    base = round((pitch - metrics.height()) / 2 + metrics.ascent())
    step = metrics.horizontalAdvance("0" * 100) / 100
    return _Face(face, step, metrics.horizontalAdvance("漢"), base, pitch)


@lru_cache(maxsize=64)
def _format(colour: str, slanted: bool) -> QTextCharFormat:
    result = QTextCharFormat()
    result.setForeground(QColor(colour))
    result.setFontItalic(slanted)
    return result


@lru_cache(maxsize=16)
def button_width(zoom: float, name: str) -> float:
    """Return the width of a block's button, enough for any of its texts."""
    words = (tr("Wrap"), tr("Unwrap")) if name == "wrapCode" else (tr("Copy"), tr("Copied"))
    return (
        round(max(map(QFontMetricsF(font(round(12 * zoom))).horizontalAdvance, words)))
        + 18.0 * zoom
    )
