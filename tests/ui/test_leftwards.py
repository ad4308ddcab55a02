"""Right-to-left text: Arabic and Hebrew blocks, painted and selected in place."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage

from app.markdown import parse
from app.ui.blocks.box import Box, Style
from app.ui.blocks.code_box import CodeBox
from app.ui.blocks.column import Column, ItemBox, ListBox, QuoteBox
from app.ui.blocks.table_box import TableBox
from app.ui.blocks.text_box import TextBox
from app.ui.theme import Theme
from tests.ui.painting import painted

WIDTH = 600
CASE = Path(__file__).parents[1] / "cases/rendering/23_rtl.md"


def made(theme: Theme, markdown: str, *, paper: bool = False) -> Column:
    column = Column(theme, Style(paper=paper))
    column.set_blocks(parse(markdown))
    column.lay_out(WIDTH)
    return column


def inked(image: QImage, left: int, right: int) -> bool:
    """Return whether anything is painted between two x coordinates."""
    paper = QColor("white").rgba()
    return any(
        image.pixel(x, y) != paper for x in range(left, right) for y in range(image.height())
    )


B = TypeVar("B", bound=Box)


def only(column: Column, kind: type[B]) -> B:
    return next(box for box in column.boxes if isinstance(box, kind))


@pytest.mark.parametrize("paper", [False, True])
def test_every_block_of_a_message_begins_at_the_right(fixed_theme: Theme, paper: bool) -> None:
    column = made(fixed_theme, CASE.read_text(encoding="utf-8"), paper=paper)
    for box in column.boxes:
        rects = [rect for rect in box.rects(0, box.length) if rect.width() > 1]
        inside = {ListBox: 24, QuoteBox: 17, TableBox: 14}.get(type(box), 0)
        assert abs(max(rect.right() for rect in rects) - (WIDTH - inside)) < 2
        assert not inked(painted(box), 0, 20)


def test_marks_and_bars_are_at_the_right(fixed_theme: Theme) -> None:
    column = made(fixed_theme, CASE.read_text(encoding="utf-8"))
    for box in column.boxes:
        if isinstance(box, ListBox | QuoteBox):
            assert inked(painted(box), WIDTH - (20 if isinstance(box, ListBox) else 3), WIDTH)
    tasks = only(made(fixed_theme, "- [x] שלום\n- [ ] שלום"), ListBox)
    assert inked(painted(tasks), WIDTH - 22, WIDTH - 8)


def test_the_first_column_is_at_the_right(fixed_theme: Theme) -> None:
    table = only(made(fixed_theme, CASE.read_text(encoding="utf-8")), TableBox)
    name, age = (table.rects(*table.leaf_at(position))[0] for position in (0, 7))
    assert name.left() > age.right()
    assert all(control.rect.right() <= age.left() for control in table.controls())


def test_a_wide_table_scrolls_to_the_left(fixed_theme: Theme) -> None:
    cells = " | ".join(["עמודה רחבה מאוד"] * 9)
    table = only(made(fixed_theme, f"| {cells} |\n|{'---|' * 9}\n| {cells} |"), TableBox)
    last = table.leaf_at(table.length)
    assert table.rects(*last)[0].right() < 0
    assert not table.scroll(QPointF(5, 5), 50)
    assert table.scroll(QPointF(5, 5), -5000)
    assert table.rects(*last)[0].left() > 0


def test_what_has_no_letters_runs_as_what_it_is_in(fixed_theme: Theme) -> None:
    items = only(made(fixed_theme, "- שלום\n- 2024\n- `code`\n- English\n  - אב\n  - 5"), ListBox)
    for box in items.boxes:
        assert isinstance(box, ItemBox)
        first = box.inner.boxes[0]
        assert abs(first.rects(0, first.length)[-1].right() - first.width) < 6
    text = "| שם | n |\n|---|---|\n| ארוך מאוד | 30 |\n| א | 1234567 |"
    table = only(made(fixed_theme, text), TableBox)
    thirty, million = (table.rects(*table.leaf_at(position))[0] for position in (15, 20))
    assert abs(thirty.right() - million.right()) < 1


def test_code_and_latin_stay_as_they_are(fixed_theme: Theme) -> None:
    column = made(fixed_theme, "> שלום\n>\n> Hello\n>\n> ```\n> code\n> ```\n\n- Latin\n- שלום")
    quote, items = column.boxes
    assert isinstance(quote, QuoteBox)
    assert isinstance(quote.inner.boxes[1], TextBox)
    assert quote.inner.boxes[1].rects(0, 5)[0].left() == 0
    assert isinstance(quote.inner.boxes[2], CodeBox)
    assert quote.inner.boxes[2].rects(0, 4)[0].left() < 20
    assert items.rects(6, 10)[0].left() < 30  # beside its bullet


def test_a_list_that_turns_while_it_grows(fixed_theme: Theme) -> None:
    column = Column(fixed_theme, Style())
    column.lay_out(WIDTH)
    for text in ("- 1\n- ", "- 1\n- ש", "- 1\n- שלום\n- x"):
        column.set_blocks(parse(text))
        fresh = made(fixed_theme, text)
        assert painted(column) == painted(fresh)


@pytest.mark.parametrize(
    "text", ["אב `code` גד", "- שלום (a) 12", "| שם | b |\n|---|---|\n| 1 | ג |"]
)
def test_a_press_hits_the_character_that_is_there(fixed_theme: Theme, text: str) -> None:
    column = made(fixed_theme, text)
    for position in range(column.length):
        rects = [r for r in column.rects(position, position + 1) if r.width() > 1]
        for rect in rects:
            assert column.position_at(rect.center()) in (position, position + 1)
            grown = QRectF(rect).adjusted(-0.5, 0, 0.5, 0)
            whole = column.rects(0, column.length)
            assert any(each.united(grown) == each or each.intersects(grown) for each in whole)
    seen = sum(r.width() for p in range(column.length) for r in column.rects(p, p + 1))
    assert abs(seen - sum(r.width() for r in column.rects(0, column.length))) < 2
