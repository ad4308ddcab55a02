"""The blocks of a message in a column, and blocks that contain others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from operator import is_
from textwrap import indent

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from app.markdown import (
    Block,
    Code,
    Footnote,
    Heading,
    List,
    ListItem,
    Math,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from app.markdown.direction import is_leftwards
from app.ui.blocks.box import Box, Highlights, Style
from app.ui.blocks.list_mark import paint_dot, paint_number, paint_task
from app.ui.blocks.output_block import Output
from app.ui.blocks.rule_box import RuleBox
from app.ui.blocks.stack import Inset, Stack
from app.ui.blocks.text_box import TextBox
from app.ui.theme import Palette, font

_LINES = re.compile(r"-[ ]+-[- ]*(?:\n|$)")
_BELOW = 0.35  # how far a mark reaches below the baseline, as a multiple of the text size
_TASK_MARKS = {None: "", False: "[ ] ", True: "[x] "}


class Column(Stack[Box]):
    """The boxes of blocks, below each other.

    There are at most ``max_gap`` pixels between two boxes, and ``separator`` in plain text.
    ``beside_mark`` is `Box.beside_mark` of the boxes.
    """

    def __init__(
        self,
        theme: Palette,
        style: Style,
        *,
        max_gap: int = 100,
        separator: str = "\n\n",
        beside_mark: bool = False,
    ) -> None:
        super().__init__(theme, style)
        self._beside_mark = beside_mark
        self._max_gap, self._separator = max_gap, separator
        self._blocks: list[Block] = []
        self._leftwards = False

    def set_direction(self, leftwards: bool) -> None:
        """Set whether the box around it runs from right to left."""
        if leftwards != self._leftwards:
            self._leftwards = leftwards
            self.boxes.clear()
            self._blocks.clear()

    def set_block(self, block: Quote | ListItem | Footnote) -> None:
        self.set_blocks(block.blocks)

    def set_blocks(self, blocks: Sequence[Block], first: int = 0) -> int:
        """Show blocks. Return the index of the first box that has changed.

        Blocks before ``first`` are known to be unchanged, and are not compared.
        """
        changed = _same(self._blocks, blocks, first)
        for index in range(changed, len(blocks)):
            block = blocks[index]
            kind = _box_type(type(block))
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
        box = kind(self.theme, self.style)
        box.in_rtl, box.beside_mark = self._leftwards, self._beside_mark
        return box

    def text(self, start: int, end: int) -> str:
        result = ""
        for number, first, last in self.parts(start, end):
            joined = self._joined(number)
            result += (self._separator if joined is None else joined) if result else ""
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
        return self.px(min(box.gap, self._max_gap))

    def _number_lists(self, first: int) -> None:
        """Give consecutive lists different marks in Markdown, or they would become one."""
        for index in range(max(first, 1), len(self.boxes)):
            above, box = self.boxes[index - 1], self.boxes[index]
            if isinstance(box, ListBox):
                box.second = isinstance(above, ListBox) and above.like(box) and not above.second


class QuoteBox(Inset[Column]):
    """A quotation, with a bar at the side where its lines begin."""

    above = below = 2.0

    def __init__(self, theme: Palette, style: Style) -> None:
        style = replace(style, colour="muted")
        super().__init__(theme, style, Column(theme, style))
        self.left = self.px(17)

    def set_block(self, block: Quote) -> None:
        self.leftwards = is_leftwards(block, self.in_rtl)
        self.inner.set_direction(self.leftwards)
        self.inner.set_blocks(block.blocks)
        self.measure()

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        left = self.width - 3 if self.leftwards else 0
        painter.fillRect(QRectF(left, 0, 3, self.height), self.theme.colour("border"))
        super().paint(painter, clip, highlights)

    def text(self, start: int, end: int) -> str:
        return self._marked(self.inner.text(start, end), start, end)

    def markdown(self, start: int, end: int) -> str:
        return self._marked(self.inner.markdown(start, end), start, end) or ">"

    def _marked(self, text: str, start: int, end: int) -> str:
        """Mark lines as quoted, except a part of a single block."""
        whole = start <= 0 and end >= self.length
        if not whole and len(list(self.inner.parts(start, end))) < 2:
            return text
        return indent(text, "> ", lambda line: True)


class ItemBox(Inset[Column]):
    """A list item beside its mark: ``number``, or a dot or task box if that is None."""

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(
            theme, style, Column(theme, style, max_gap=8, separator="\n", beside_mark=True)
        )
        self.number: int | None = None
        self._task: bool | None = None
        self._loose = False

    def set_block(self, block: ListItem) -> None:
        self.gap = 10 if block.after_blank else 6
        self._task = block.task
        self._loose = block.after_blank
        self.inner.set_direction(self.leftwards)
        self.inner.set_blocks(block.blocks)
        self.measure()

    def measure(self) -> None:
        super().measure()
        self.height = max(
            self.height, 1.4 * self.style.pixels
        )  # room for the mark of an empty item

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        if clip.top() < self.baseline + _BELOW * self.style.pixels:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(self.start, self.baseline)
            self._paint_mark(painter)
            painter.restore()
        super().paint(painter, clip, highlights)

    def _paint_mark(self, painter: QPainter) -> None:
        colour, leftwards = self.theme.colour("muted"), self.leftwards
        if self._task is None and self.number is not None:
            paint_number(painter, colour, self.number, self.style.pixels, leftwards=leftwards)
            return
        painter.scale(self.theme.zoom, self.theme.zoom)
        if self._task is not None:
            paint_task(painter, colour, self._task, leftwards=leftwards)
        else:
            paint_dot(painter, colour, leftwards=leftwards)

    @property
    def task_mark(self) -> str:
        """The box of a task in Markdown; empty for other items."""
        return _TASK_MARKS[self._task]

    @property
    def loose(self) -> bool:
        """Whether an empty line separates it from the previous item."""
        return self._loose


class ListBox(Stack[ItemBox]):
    """A list. The cost of adding an item does not depend on their number."""

    leftwards = False
    """Whether it runs from right to left."""
    second = False
    """Whether another list of the same kind is right above."""

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(theme, style)
        self._block = List(None, ())

    def set_block(self, block: List) -> None:
        before, self._block = self._block, block
        leftwards = is_leftwards(block, self.in_rtl)
        if before.start != block.start or leftwards != self.leftwards:
            before = List(block.start, ())
            self.leftwards = leftwards
        left = self._left()
        changed = 0
        if self.boxes and left == self.boxes[0].left:
            changed = _same(before.items, block.items, 0)
        for index in range(changed, len(block.items)):
            if index >= len(self.boxes):
                self.boxes.append(ItemBox(self.theme, self.style))
            box, item = self.boxes[index], block.items[index]
            box.number = None if block.start is None else block.start + index
            if box.left != left or index >= len(before.items) or before.items[index] != item:
                box.left, box.leftwards = left, leftwards
                box.set_block(item)
        del self.boxes[len(block.items) :]
        self._place(changed)

    def like(self, other: ListBox) -> bool:
        """Return whether both lists are numbered, or neither is."""
        return (self._block.start is None) == (other._block.start is None)

    def _left(self) -> float:
        """Return the x at which the text begins, which leaves room for the longest number."""
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
            bullet = "*"  # `- - -` would be read as a rule
        result = ""
        for (number, first, _), text in zip(parts, texts, strict=True):
            if result:
                result += "\n\n" if markdown and self.boxes[number].loose else "\n"
            if alone or first:  # an item that begins before the selection has no mark
                result += text
            elif markdown:  # later lines are aligned with the box
                box = self.boxes[number].task_mark
                result += _hanging(f"{self._mark(number, bullet)} ", box + text, markdown=True)
            else:
                box = self.boxes[number].task_mark
                result += _hanging(f"{self._mark(number, bullet)} {box}", text, markdown=False)
        return result

    def _mark(self, number: int, bullet: str) -> str:
        if self._block.start is None:
            return bullet
        return f"{self._block.start + number}{')' if bullet == '+' else '.'}"


class FootnoteBox(Inset[Column]):
    """A footnote after its label."""

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(theme, style, Column(theme, style, max_gap=8, separator="\n"))
        self._label = ""

    def set_block(self, block: Footnote) -> None:
        self._label = block.label
        self.left = max(self.px(24), _width(self._label, self.style.pixels - 2) + self.px(9))
        self.leftwards = is_leftwards(block, self.in_rtl)
        self.inner.set_direction(self.leftwards)
        self.inner.set_blocks(block.blocks)
        self.measure()

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        if clip.top() < self.baseline + _BELOW * self.style.pixels:
            painter.save()
            painter.setFont(font(self.style.pixels - 2))
            painter.setPen(self.theme.colour("muted"))
            wide = _width(self._label, self.style.pixels - 2)
            left = self.width - wide if self.leftwards else 0
            painter.drawText(QPointF(left, self.baseline), self._label)
            painter.restore()
        super().paint(painter, clip, highlights)

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


def _hanging(mark: str, text: str, *, markdown: bool) -> str:
    """Return text after a mark, with its other lines indented.

    In Markdown, that includes blank lines, which may be code.
    """
    room = " " * len(mark)
    wanted = (lambda line: line != "\n") if markdown else None
    return mark + indent(text, room, wanted).removeprefix(room)


def _same(old: Sequence[object], new: Sequence[object], first: int) -> int:
    """Return the index of the first object that differs; those before ``first`` do not."""
    pairs = map(is_, old[first:], new[first:])
    known = min(len(old), len(new)) - first
    return first + next((at for at, same in enumerate(pairs) if not same), known)


@cache
def _width(text: str, pixels: int) -> float:
    return QFontMetricsF(font(pixels)).horizontalAdvance(text)


_BOXES: dict[type[Block], type[Box]] = {
    Paragraph: TextBox,
    Heading: TextBox,
    Quote: QuoteBox,
    List: ListBox,
    Footnote: FootnoteBox,
    Rule: RuleBox,
}


def _box_type(block: type[Block]) -> type[Box]:
    """Return the class of box for a class of blocks. Some are imported on first use."""
    if block not in _BOXES:
        if block is Code:
            from app.ui.blocks.code_box import CodeBox

            _BOXES[block] = CodeBox
        elif block is Output:
            from app.ui.blocks.output_box import OutputBox

            _BOXES[block] = OutputBox
        elif block is Table:
            from app.ui.blocks.table_box import TableBox

            _BOXES[block] = TableBox
        elif block is Math:
            from app.ui.blocks.formula_box import FormulaBox

            _BOXES[block] = FormulaBox
    return _BOXES[block]
