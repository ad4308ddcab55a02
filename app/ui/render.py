"""Blocks of Markdown as widgets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.markdown import Block, Code, Footnote, List, Quote, Rule, parse
from app.ui.controls import Button, column, muted
from app.ui.highlight import Highlighter
from app.ui.prose import Prose, html, is_prose
from app.ui.text import BODY, TextView
from app.ui.theme import Look, mono


class CodeBlock(QFrame):
    """Code with its language and a button to copy it."""

    def __init__(self, look: Look, block: Code) -> None:
        super().__init__()
        self.setObjectName("codeBlock")
        self._block = Code("", "")
        layout = column(self, (1, 0, 1, 1))
        head = QHBoxLayout()
        head.setContentsMargins(13, 4, 5, 0)
        self._language = muted(pixels=12)
        self._language.setFont(mono(12))
        self._copy = Button(
            look, "copyCode", "Copy this code", text="Copy", kind="ghost", pixels=12, weight=400,
            clicked=self._copy_code,
        )  # fmt: skip
        head.addWidget(self._language, 1)
        head.addWidget(self._copy)
        layout.addLayout(head)
        self._text = TextView(look, "codeText")
        self._text.set_code()
        self._text.setLineWrapMode(TextView.LineWrapMode.NoWrap)
        self._text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._text.setAccessibleName("Code")
        self._highlighter = Highlighter(self._text.document(), look)
        body = QHBoxLayout()
        body.setContentsMargins(13, 5, 4, 5)
        body.addWidget(self._text)
        layout.addLayout(body)
        self.set_block(block)

    def set_block(self, block: Code) -> None:
        """Shows this code; where it only grew, what was there stays."""
        self._language.setText(block.language or "text")
        self._block = block
        self._highlighter.prepare(block.text, block.language)
        self._text.set_plain(block.text)
        self._highlighter.refresh()

    def plain_text(self) -> str:
        return self._text.toPlainText()

    def _copy_code(self) -> None:
        QGuiApplication.clipboard().setText(self._block.text)
        self._copy.setText("Copied")
        QTimer.singleShot(1500, self._copy, lambda: self._copy.setText("Copy"))


class ProseView(TextView):
    """A paragraph, heading, list or table."""

    def __init__(self, look: Look, block: Prose) -> None:
        super().__init__(look)
        self._html = html(block)
        self.set_html(self._html)
        look.changed.connect(self._recolour)

    def set_block(self, block: Prose) -> None:
        self._html = html(block)
        self.set_html(self._html)

    def _recolour(self) -> None:
        self.set_html(self._html)

    def plain_text(self) -> str:
        return self.toPlainText()


class RuleView(QFrame):
    """A line across."""

    def __init__(self, look: Look, block: Rule) -> None:
        super().__init__()
        self.setObjectName("rule")
        self.setFixedHeight(1)

    def set_block(self, block: Rule) -> None:
        pass

    def plain_text(self) -> str:
        return ""


class BlockColumn(QWidget):
    """Blocks below each other. Setting others touches only those that differ."""

    def __init__(self, look: Look, blocks: Sequence[Block] = (), gap: int = 12) -> None:
        super().__init__()
        self._look = look
        self._blocks: list[Block] = []
        self._views: list[Any] = []
        self._layout = column(self, gap=gap)
        self.set_blocks(blocks)

    def set_text(self, text: str) -> None:
        """Shows Markdown."""
        self.set_blocks(parse(text))

    def set_blocks(self, blocks: Sequence[Block]) -> None:
        """Shows blocks."""
        for index, (old, new) in enumerate(zip_longest(list(self._blocks), blocks)):
            if old == new:
                continue
            if new is None:
                self._remove(len(self._views) - 1)
            elif old is not None and _view(old) is _view(new):
                self._views[index].set_block(new)
            else:
                if old is not None:
                    self._remove(index)
                self._insert(index, new)
        self._blocks = list(blocks)

    def plain_text(self) -> str:
        return "\n\n".join(text for view in self._views if (text := view.plain_text()))

    def _insert(self, index: int, block: Block) -> None:
        view = _view(block)(self._look, block)
        self._views.insert(index, view)
        self._layout.insertWidget(index, view)

    def _remove(self, index: int) -> None:
        view = self._views.pop(index)
        self._layout.removeWidget(view)
        view.hide()
        view.deleteLater()


class QuoteView(QFrame):
    """A quotation, with a line at its left."""

    def __init__(self, look: Look, block: Quote) -> None:
        super().__init__()
        self.setObjectName("quote")
        self._column = BlockColumn(look, block.blocks)
        column(self, (14, 2, 0, 2)).addWidget(self._column)

    def set_block(self, block: Quote) -> None:
        self._column.set_blocks(block.blocks)

    def plain_text(self) -> str:
        return self._column.plain_text()


class ItemsView(QWidget):
    """A list with more than text in it: each item is a column beside its mark. A footnote is one
    such item."""

    def __init__(self, look: Look, block: List | Footnote) -> None:
        super().__init__()
        self._look = look
        self._layout = column(self, gap=10)
        self._columns: list[BlockColumn] = []
        self._marks: list[str] = []
        self.set_block(block)

    def set_block(self, block: List | Footnote) -> None:
        marks, items = _items(block)
        if marks[: len(self._marks)] != self._marks:
            while self._columns:
                row = self._columns.pop().parentWidget()
                self._layout.removeWidget(row)
                row.hide()
                row.deleteLater()
        self._marks = marks
        for shown, blocks in zip(self._columns, items, strict=False):
            shown.set_blocks(blocks)
        for number in range(len(self._columns), len(items)):
            self._add(marks[number], items[number])

    def plain_text(self) -> str:
        return "\n".join(
            f"{mark} {shown.plain_text()}"
            for mark, shown in zip(self._marks, self._columns, strict=True)
        )

    def _add(self, name: str, blocks: Sequence[Block]) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        mark = muted(name, pixels=BODY)
        mark.setFixedWidth(22)
        mark.setMinimumHeight(round(BODY * 1.6))
        mark.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        self._columns.append(BlockColumn(self._look, blocks, gap=8))
        layout.addWidget(self._columns[-1], 1)
        self._layout.addWidget(row)


def _items(block: List | Footnote) -> tuple[list[str], list[tuple[Block, ...]]]:
    """The marks of a list's items, and what is behind them."""
    if isinstance(block, Footnote):
        return [block.label], [block.blocks]
    boxes = {None: "•", False: "☐", True: "☑"}
    marks = [
        boxes[item.task] if block.start is None else f"{block.start + number}."
        for number, item in enumerate(block.items)
    ]
    return marks, [item.blocks for item in block.items]


def _view(block: Block) -> type:
    match block:
        case Code():
            return CodeBlock
        case Quote():
            return QuoteView
        case Rule():
            return RuleView
    return ProseView if is_prose(block) else ItemsView
