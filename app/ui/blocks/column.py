"""The blocks of a message below each other, and those that have others inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from operator import is_
from textwrap import indent

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from app.markdown import (
    Block,
    Code,
    Footnote,
    Heading,
    Item,
    List,
    Math,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from app.markdown.direction import is_leftwards
from app.ui.blocks.box import Box, Highlights, Style
from app.ui.blocks.stack import Inset, Stack
from app.ui.blocks.text_box import TextBox
from app.ui.theme import Theme, font

_LINES = re.compile(r"-[ ]+-[- ]*(?:\n|$)")
_BELOW = 0.35  # of a mark, below its baseline, in sizes of the text
_BOXES = {None: "", False: "[ ] ", True: "[x] "}


class Column(Stack):
    """Blocks below each other. ``most`` is how many pixels are between two at the most, and
    ``apart`` what is between two in plain text. ``held`` is `Box.held` of them."""

    def __init__(
        self,
        theme: Theme,
        style: Style,
        *,
        most: int = 100,
        apart: str = "\n\n",
        held: bool = False,
    ) -> None:
        super().__init__(theme, style)
        self._held = held
        self._most, self._apart = most, apart
        self._blocks: list[Block] = []
        self._leftwards = False

    def turn(self, leftwards: bool) -> None:
        """Whether it is in what runs from right to left."""
        if leftwards != self._leftwards:
            self._leftwards = leftwards
            self.boxes.clear()
            self._blocks.clear()

    def set_block(self, block: Quote | Item | Footnote) -> None:
        self.set_blocks(block.blocks)

    def set_blocks(self, blocks: Sequence[Block], first: int = 0) -> int:
        """Shows blocks. Those before ``first`` are those that are there, and are not looked at.
        Returns the index of the first box that has changed."""
        changed = _same(self._blocks, blocks, first)
        for index in range(changed, len(blocks)):
            block = blocks[index]
            kind = _class(type(block))
            if index >= len(self.boxes):
                self.boxes.append(self._made(kind))
            elif type(self.boxes[index]) is not kind:
                self.boxes[index] = self._made(kind)
            elif index < len(self._blocks) and self._blocks[index] == block:
                continue
            self.boxes[index].set_block(block)
        del self.boxes[len(blocks) :]
        self._blocks[changed:] = blocks[changed:]
        self._number_lists(changed)
        self._place(changed)
        return changed

    def _made(self, kind: type[Box]) -> Box:
        box = kind(self.look, self.style)
        box.around, box.held = self._leftwards, self._held
        return box

    def text(self, start: int, end: int) -> str:
        result = ""
        for number, first, last in self.parts(start, end):
            joined = self._joined(number)
            result += (self._apart if joined is None else joined) if result else ""
            result += self.boxes[number].text(first, last)
        return result

    def markdown(self, start: int, end: int) -> str:
        result = ""
        for number, first, last in self.parts(start, end):
            part = self.boxes[number].markdown(first, last).rstrip("\n")
            if part:
                joined = self._joined(number)
                result += ("\n\n" if joined is None else joined) if result else ""
                result += part
        return result

    def _joined(self, number: int) -> str | None:
        block = self._blocks[number]
        return block.joined if isinstance(block, Paragraph) else None

    def _gap(self, box: Box) -> float:
        return min(box.gap, self._most)

    def _number_lists(self, first: int) -> None:
        """Two lists in a row need different marks in Markdown, or they would be one."""
        for index in range(max(first, 1), len(self.boxes)):
            above, box = self.boxes[index - 1], self.boxes[index]
            if isinstance(box, ListBox):
                box.second = isinstance(above, ListBox) and above.like(box) and not above.second


class QuoteBox(Inset):
    """A quotation, with a bar where its lines begin."""

    above = below = 2.0

    def __init__(self, theme: Theme, style: Style) -> None:
        style = replace(style, colour="muted")
        super().__init__(theme, style, Column(theme, style))
        self.left = 17.0

    def set_block(self, block: Quote) -> None:
        self.leftwards = is_leftwards(block, self.around)
        self.inner.turn(self.leftwards)
        self.inner.set_blocks(block.blocks)
        self.measure()

    def paint(self, painter: QPainter, clip: QRectF, ink: Highlights) -> None:
        left = self.width - 3 if self.leftwards else 0
        painter.fillRect(QRectF(left, 0, 3, self.height), self.look.colour("border"))
        super().paint(painter, clip, ink)

    def text(self, start: int, end: int) -> str:
        return self._marked(self.inner.text(start, end), start, end)

    def markdown(self, start: int, end: int) -> str:
        return self._marked(self.inner.markdown(start, end), start, end) or ">"

    def _marked(self, text: str, start: int, end: int) -> str:
        """A part of one block has no marks."""
        whole = start <= 0 and end >= self.length
        if not whole and len(list(self.inner.parts(start, end))) < 2:
            return text
        return indent(text, "> ", lambda line: True)


class ItemBox(Inset):
    """An item of a list behind its mark: a number, or none for a dot or a box."""

    def __init__(self, theme: Theme, style: Style) -> None:
        super().__init__(theme, style, Column(theme, style, most=8, apart="\n", held=True))
        self.number: int | None = None
        self._task: bool | None = None

    def set_block(self, block: Item) -> None:
        self.gap = 10 if block.after_blank else 6
        self._task = block.task
        self._apart = block.after_blank
        self.inner.turn(self.leftwards)
        self.inner.set_blocks(block.blocks)
        self.measure()

    def measure(self) -> None:
        super().measure()
        self.height = max(self.height, 1.4 * self.style.pixels)  # its mark, where it is empty

    def paint(self, painter: QPainter, clip: QRectF, ink: Highlights) -> None:
        if clip.top() < self.baseline + _BELOW * self.style.pixels:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(self.start, self.baseline)
            self._paint_mark(painter)
            painter.restore()
        super().paint(painter, clip, ink)

    @property
    def box(self) -> str:
        """Its box, of a task."""
        return _BOXES[self._task]

    @property
    def loose(self) -> bool:
        """Whether an empty line is before it."""
        return self._apart

    def _paint_mark(self, painter: QPainter) -> None:
        """Its origin is where the first line of text begins."""
        colour = self.look.colour("muted")
        if self._task is not None:
            painter.setPen(QPen(colour, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            left = 9.0 if self.leftwards else -21.0
            painter.drawRoundedRect(QRectF(left, -11.5, 12, 12), 3, 3)
            if self._task:
                tick = [QPointF(3, -5.5), QPointF(5.5, -3), QPointF(9, -8)]
                painter.drawPolyline([QPointF(left, 0) + each for each in tick])
        elif self.number is None:
            painter.setBrush(colour)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(14 if self.leftwards else -14, -5), 2.2, 2.2)
        else:
            mark = f"{self.number}."
            face = font(self.style.pixels)
            painter.setFont(face)
            painter.setPen(colour)
            wide = QFontMetricsF(face).horizontalAdvance(mark)
            if self.leftwards:  # the point is behind the number, which is at its left then
                painter.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
            painter.drawText(QPointF(8 if self.leftwards else -8 - wide, 0), mark)


class ListBox(Stack):
    """A list. An item more costs the same however many there are."""

    leftwards = False
    """Whether it runs from right to left."""
    second = False
    """Another list of the same sort is right above."""

    def __init__(self, theme: Theme, style: Style) -> None:
        super().__init__(theme, style)
        self._block = List(None, ())

    def set_block(self, block: List) -> None:
        before, self._block = self._block, block
        leftwards = is_leftwards(block, self.around)
        if before.start != block.start or leftwards != self.leftwards:
            before = List(block.start, ())
            self.leftwards = leftwards
        left = self._left()
        changed = 0
        if self.boxes and left == self.boxes[0].left:
            changed = _same(before.items, block.items, 0)
        for index in range(changed, len(block.items)):
            if index >= len(self.boxes):
                self.boxes.append(ItemBox(self.look, self.style))
            box, item = self.boxes[index], block.items[index]
            box.number = None if block.start is None else block.start + index
            if box.left != left or index >= len(before.items) or before.items[index] != item:
                box.left, box.leftwards = left, leftwards
                box.set_block(item)
        del self.boxes[len(block.items) :]
        self._place(changed)

    def like(self, other: ListBox) -> bool:
        """Whether both are of numbers, or both of dots."""
        return (self._block.start is None) == (other._block.start is None)

    def _left(self) -> float:
        """Where the text begins: as far in as the longest number wants it."""
        if self._block.start is None:
            return 24.0
        digits = len(str(self._block.start + len(self._block.items) - 1))
        return max(24.0, _width("0" * digits + ".", self.style.pixels) + 9)

    def text(self, start: int, end: int) -> str:
        return self._items(start, end, markdown=False)

    def markdown(self, start: int, end: int) -> str:
        return self._items(start, end, markdown=True)

    def _items(self, start: int, end: int, *, markdown: bool) -> str:
        parts = list(self.parts(start, end))
        alone = len(parts) == 1 and (start > 0 or end < self.length)
        texts = [
            self.boxes[number].markdown(*part) if markdown else self.boxes[number].text(*part)
            for number, *part in parts
        ]
        bullet = "+" if markdown and self.second else "-"
        if markdown and self._block.start is None and any(map(_LINES.match, texts)):
            bullet = "*"  # lines alone, behind another, would be a rule
        result = ""
        for (number, first, _), text in zip(parts, texts, strict=True):
            if result:
                result += "\n\n" if markdown and self.boxes[number].loose else "\n"
            if alone or first:  # what begins before has no mark here
                result += text
            elif markdown:  # what is below stands under the box
                box = self.boxes[number].box
                result += _hanging(f"{self._mark(number, bullet)} ", box + text, markdown=True)
            else:
                box = self.boxes[number].box
                result += _hanging(f"{self._mark(number, bullet)} {box}", text, markdown=False)
        return result

    def _mark(self, number: int, bullet: str) -> str:
        if self._block.start is None:
            return bullet
        return f"{self._block.start + number}{')' if bullet == '+' else '.'}"


class FootnoteBox(Inset):
    """A footnote behind its label."""

    def __init__(self, theme: Theme, style: Style) -> None:
        super().__init__(theme, style, Column(theme, style, most=8, apart="\n"))
        self._label = ""

    def set_block(self, block: Footnote) -> None:
        self._label = block.label
        self.left = max(24.0, _width(self._label, self.style.pixels - 2) + 9)
        self.leftwards = is_leftwards(block, self.around)
        self.inner.turn(self.leftwards)
        self.inner.set_blocks(block.blocks)
        self.measure()

    def paint(self, painter: QPainter, clip: QRectF, ink: Highlights) -> None:
        if clip.top() < self.baseline + _BELOW * self.style.pixels:
            painter.save()
            painter.setFont(font(self.style.pixels - 2))
            painter.setPen(self.look.colour("muted"))
            wide = _width(self._label, self.style.pixels - 2)
            left = self.width - wide if self.leftwards else 0
            painter.drawText(QPointF(left, self.baseline), self._label)
            painter.restore()
        super().paint(painter, clip, ink)

    def text(self, start: int, end: int) -> str:
        text = self.inner.text(start, end)
        return f"[^{self._label}]: {text}" if self._whole(start, end) else text

    def markdown(self, start: int, end: int) -> str:
        text = self.inner.markdown(start, end)
        if not self._whole(start, end):
            return text
        return f"[^{self._label}]: " + _hanging("    ", text, markdown=True).removeprefix("    ")

    def _whole(self, start: int, end: int) -> bool:
        return start <= 0 and end >= self.length


class RuleBox(Box):
    """A line across, which can be selected."""

    def set_block(self, block: Rule) -> None:
        self.length = 1

    def lay_out(self, width: float) -> None:
        self.width, self.height = width, 9.0

    def paint(self, painter: QPainter, clip: QRectF, ink: Highlights) -> None:
        if ink.selected[0] < ink.selected[1]:
            painter.fillRect(self.rects(0, 1)[0], self.look.colour("selection"))
        painter.fillRect(QRectF(0, 4, self.width, 1), self.look.colour("border"))

    def position_at(self, point: QPointF) -> int:
        return int(point.y() > 4.5 or (point.y() >= 0 and point.x() > self.width / 2))

    def rects(self, start: int, end: int) -> list[QRectF]:
        return [QRectF(0, 0, self.width, self.height)] if start < 1 <= end else []

    def text(self, start: int, end: int) -> str:
        return "---" if start < 1 <= end else ""

    def markdown(self, start: int, end: int) -> str:
        return "***" if start < 1 <= end else ""  # lines would be an item of a list behind a mark


def _hanging(mark: str, text: str, *, markdown: bool) -> str:
    """The text behind its mark, and under itself. In Markdown, blanks alone may be code."""
    room = " " * len(mark)
    wanted = (lambda line: line != "\n") if markdown else None
    return mark + indent(text, room, wanted).removeprefix(room)


def _same(old: Sequence[object], new: Sequence[object], first: int) -> int:
    """The index of the first that is not the same object; those before ``first`` are."""
    pairs = map(is_, old[first:], new[first:])
    known = min(len(old), len(new)) - first
    return first + next((at for at, same in enumerate(pairs) if not same), known)


@cache
def _width(text: str, pixels: int) -> float:
    return QFontMetricsF(font(pixels)).horizontalAdvance(text)


@cache
def _class(block: type[Block]) -> type[Box]:
    """The box for a class of blocks. Some are loaded when they are first needed."""
    if block is Code:
        from app.ui.blocks.code_box import CodeBox

        return CodeBox
    if block is Table:
        from app.ui.blocks.table_box import TableBox

        return TableBox
    if block is Math:
        from app.ui.blocks.formula_box import FormulaBox

        return FormulaBox
    return {
        Paragraph: TextBox,
        Heading: TextBox,
        Quote: QuoteBox,
        List: ListBox,
        Footnote: FootnoteBox,
        Rule: RuleBox,
    }[block]
