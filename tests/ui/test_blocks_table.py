"""Tables: what is painted is their content, however it arrived, and only what is visible."""

from __future__ import annotations

from operator import ne
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from app.base.settings import ThemeChoice
from app.markdown import Align, Row, Span, SpanKind, Table, blocks_text, parse, table_csv
from app.ui.blocks.box import Highlights, Link, Style
from app.ui.blocks.table_box import TableBox
from app.ui.blocks.table_cells import MeasuredRow, TableCells, fit
from app.ui.theme import Theme
from tests.ui.painting import painted

WIDTH = 400
TABLE = """
| Method | Time | Says |
|:--|:-:|--:|
| *Softmax* | $n^2$ | a [link](https://example.org/) |
| `flash` | 1 | words that go on and on so that they have to wrap, as nothing else would |
| short |
"""
SPANS = st.sampled_from(
    [
        (),
        (Span("a"),),
        (Span("words " * 20),),
        (Span("w" * 90),),
        (Span("bold", bold=True), Span(" and "), Span("code", SpanKind.CODE)),
        (Span("x^2", SpanKind.MATH),),
        (Span("\\frac{1}{2}", SpanKind.DISPLAY),),
        (Span("\\no{thing", SpanKind.MATH),),
        (Span("漢字 😀"),),
        (Span("one"), Span("\n", SpanKind.BREAK), Span("two")),
        (Span("there", link="https://example.org"),),
        (Span("שלום עולם"),),
    ]
)


@st.composite
def tables(draw: Any) -> Table:
    columns = draw(st.integers(1, 4))
    aligns = st.lists(st.sampled_from(list(Align)), min_size=columns, max_size=columns)
    header = st.lists(SPANS, min_size=columns, max_size=columns)
    rows = st.lists(st.lists(SPANS, max_size=columns).map(tuple), max_size=6)
    return Table(tuple(draw(aligns)), tuple(draw(header)), tuple(draw(rows)))


def made(theme: Theme, table: Table, width: float = WIDTH) -> TableBox:
    box = TableBox(theme, Style())
    box.set_block(table)
    box.lay_out(width)
    return box


def parsed(text: str) -> Table:
    (table,) = parse(text)
    assert isinstance(table, Table)
    return table


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_a_table_that_grew_is_the_same_as_fresh(fixed_theme: Theme, table: Table) -> None:
    box = made(fixed_theme, Table(table.align, table.header))
    rows: tuple[Row, ...] = ()
    for row in table.rows:
        for cells in range(len(row) + 1):
            box.set_block(Table(table.align, table.header, (*rows, row[:cells])))
        rows = (*rows, row)
    painted(box)
    box.set_block(table)
    fresh = made(fixed_theme, table)
    assert (box.height, box.length) == (fresh.height, fresh.length)
    assert painted(box) == painted(fresh)
    assert box.text(0, box.length) == fresh.text(0, fresh.length) == blocks_text([table])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from([90, 250, 900]))
def test_strips_are_the_whole(fixed_theme: Theme, table: Table, width: int) -> None:
    box = made(fixed_theme, table, width)
    ink = Highlights((1, box.length), ((0, 3), (4, 6)), (4, 6))
    strips, whole = painted(box, ink, strip=11), painted(box, ink)
    # Clipping makes Qt blend an edge of a bold letter once or twice.
    differ = sum(map(ne, strips.constBits(), whole.constBits())) if strips != whole else 0
    assert differ < 200


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), tables())
def test_another_table_is_as_fresh(fixed_theme: Theme, first: Table, second: Table) -> None:
    box = made(fixed_theme, first)
    painted(box)
    box.set_block(second)
    assert painted(box) == painted(made(fixed_theme, second))


def test_a_click_finds_the_character(fixed_theme: Theme) -> None:
    box = made(fixed_theme, parsed(TABLE))
    for at in range(box.length):
        for rect in box.rects(at, at + 1):
            assert box.position_at(QPointF(rect.left() + 0.1, rect.center().y())) == at
    assert box.position_at(QPointF(0, -1)) == 0
    assert box.position_at(QPointF(0, box.height)) == box.length


def test_positions_are_in_reading_order(fixed_theme: Theme) -> None:
    box = made(fixed_theme, parsed("| ab | c |\n|---|---|\n| d | e |\n| f |\n"))
    assert box.text(0, box.length) == "ab\tc\nd\te\nf\t"
    assert box.length == len("ab\tc\nd\te\nf\t")
    assert box.text(1, 6) == "b\tc\nd"
    assert box.leaf_at(3) == (3, 4)
    assert box.leaf_at(0) == (0, 2)


def test_markdown_reads_back(fixed_theme: Theme) -> None:
    table = parsed(TABLE)
    box = made(fixed_theme, table)
    whole = Table(table.align, table.header, (*table.rows[:2], (*table.rows[2], (), ())))
    assert parsed(box.markdown(0, box.length)) == whole
    assert box.markdown(0, 4) == "Meth"
    part = parsed(box.markdown(2, box._starts[2] - 1))
    assert part.header == ((Span("thod"),), *table.header[1:])
    assert part.rows == table.rows[:1]


def test_links_are_found(fixed_theme: Theme) -> None:
    box = made(fixed_theme, parsed(TABLE))
    (link,) = box.links()
    assert box.text(link.start, link.end) == "link"
    assert link == Link(link.start, link.end, "https://example.org/")
    (rect,) = box.rects(link.start, link.end)
    assert box.link_at(rect.center()) == "https://example.org/"
    assert box.link_at(QPointF(WIDTH + 5, 5)) == ""


def test_buttons_stand_beside_or_below(fixed_theme: Theme) -> None:
    box = made(fixed_theme, parsed("| a | b |\n|---|---|\n| 1 | 2 |\n"))
    copy, csv = box.controls()
    assert (copy.name, csv.name) == ("copyTable", "copyCsv")
    assert copy.rect.left() > box._shown
    low = box.height
    box.lay_out(box._shown + 20)
    assert box.height > low
    assert box.controls()[0].rect.top() > box._frame_height
    assert box.controls()[1].rect.right() <= box.width
    assert box.act("copyTable") == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert box.act("copyCsv") == table_csv(box._block) == "a,b\r\n1,2\r\n"


def test_wide_tables_scroll(fixed_theme: Theme) -> None:
    cells = tuple((Span(f"cell {n}"),) for n in range(30))
    box = made(fixed_theme, Table((Align.NONE,) * 30, cells, (cells,)))
    before = painted(box)
    at = box.rects(0, 4)[0]
    assert box.scroll(QPointF(5, 5), 100)
    assert box.rects(0, 4)[0].left() == at.left() - 100
    assert painted(box) != before
    assert box.position_at(QPointF(at.left(), at.center().y())) > 4
    while box.scroll(QPointF(5, 5), 500):
        pass
    assert box.rects(box.length - 1, box.length)[0].right() < WIDTH
    assert not box.scroll(QPointF(5, box.height + 5), -100)


def test_a_row_more_measures_no_other(fixed_theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(((Span(f"name {n}"),), (Span("words " * 30),)) for n in range(400))
    table = Table((Align.NONE,) * 2, ((Span("a"),), (Span("b"),)), rows)
    box = made(fixed_theme, table)
    measured: list[int] = []
    real = TableCells.measure

    def measure(cells: TableCells, row: int, spans: Row) -> MeasuredRow:
        measured.append(row)
        return real(cells, row, spans)

    monkeypatch.setattr(TableCells, "measure", measure)
    flat: list[int] = []
    height = TableBox._height

    def counted(box: TableBox, row: int) -> float:
        flat.append(row)
        return height(box, row)

    monkeypatch.setattr(TableBox, "_height", counted)
    for length in range(1, 20):
        row = ((Span("x" * (length // 4)),), (Span("y" * length),))
        box.set_block(Table(table.align, table.header, (*rows, row)))
    assert set(measured) == set(flat) == {401}


def test_only_what_is_seen_has_boxes(fixed_theme: Theme) -> None:
    cells = tuple((Span(f"cell {n}"),) for n in range(5000))
    box = made(fixed_theme, Table((Align.NONE,) * 5000, cells, (cells,) * 3))
    painted(box, Highlights((0, box.length)))
    assert len(box._cells._boxes) < 60


def test_the_widest_columns_give_way_first() -> None:
    assert fit([50, 60], 200) == [50, 60]
    assert fit([50, 300, 900], 650) == [50, 300, 296]
    assert fit([50, 500, 900], 650) == [50, 296, 296]
    assert fit([50, 500, 900], 90) == [50, 160, 160]


def test_other_colours(fixed_theme: Theme) -> None:
    box = made(fixed_theme, parsed(TABLE))
    light = painted(box)
    fixed_theme.choose(ThemeChoice.DARK)
    box.restyle()
    dark = painted(box)
    fixed_theme.choose(ThemeChoice.LIGHT)
    box.restyle()
    assert dark != light
    assert painted(box) == light


@pytest.mark.parametrize("text", ["الاسم", "مرحبا بالعالم", "שלום עולם", "漢字", "naïve Wörter"])
def test_a_short_cell_does_not_wrap(fixed_theme: Theme, text: str) -> None:
    box = made(fixed_theme, Table((Align.NONE,), ((Span(text),),), (((Span(text),),),)))
    lines = [rect.top() for rect in box.rects(0, box.length)]
    assert len(set(lines)) == 2
