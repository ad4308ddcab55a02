"""The cases of `test_rendering`, painted, copied and printed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.markdown import Paragraph, SpanKind, parse
from app.ui.blocks.box import Box, Highlights, Style
from app.ui.blocks.column import Column
from app.ui.blocks.text_box import TextBox
from app.ui.conversation.find_marks import places_in
from app.ui.theme import Theme
from tests.ui.test_pdf import answered, links, text
from tests.unit.test_rendering import TREES, case

pytestmark = pytest.mark.usefixtures("fonts")

COPIED = {
    "03": "Formula term\tMeaning\n(1 | group)\trandom intercept\na | b\tescaped or\n"
    "cmd1 || cmd2\tshell or",
    "05": "Phase\tTasks\tRisk\n1\t• Gather data • Clean data • Plot\tlow\n2\tTrain Test Ship\thigh",
    "16": "Pay $5, get 2$ back.\nBudget: $10 – $20 (i.e. $a$ is math). Price in $/kWh and $/MWh.",
    "21": "H₂O, x², Ctrl+C, <u>under</u>, line\nbreak, <mark>m</mark>",
    "30": "Roses are red\nViolets are blue\nTwo spaces\nbreak here\nbackslash",
    "50": "# Title\nInstall:\n```bash\npip install x\n```\nUsage text.\n\nAfter",
}


def column(theme: Theme, source: str, width: float = 600) -> Column:
    result = Column(theme, Style())
    result.set_blocks(parse(source))
    result.lay_out(width)
    return result


def ink(box: Box, rect: QRectF) -> tuple[float, float]:
    """Return the top and bottom of what is painted in a part of a box."""
    image = QImage(700, round(box.height) + 1, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    box.paint(painter, QRectF(0, 0, 700, box.height), Highlights())
    painter.end()
    rows = [
        y
        for y in range(image.height())
        for x in range(int(rect.left()), int(rect.right()) + 1)
        if image.pixelColor(x, y).lightness() < 120
    ]
    return min(rows), max(rows)


@pytest.mark.parametrize("number", TREES)
def test_a_copy_reads_as_what_was_copied(theme: Theme, number: str) -> None:
    source = case(number)
    shown = column(theme, source)
    assert parse(shown.markdown(0, shown.length)) == parse(source)


@pytest.mark.parametrize("number", COPIED)
def test_what_is_copied_as_plain_text(theme: Theme, number: str) -> None:
    shown = column(theme, case(number))
    assert COPIED[number] in shown.text(0, shown.length)


def test_lines_are_below_each_other(theme: Theme) -> None:
    box = TextBox(theme, Style())
    (block,) = parse("Roses are red\nViolets are blue<br>here")
    assert isinstance(block, Paragraph)
    box.set_block(block)
    box.lay_out(600)
    tops = [box.rects(at, at + 1)[0].top() for at in (0, 14, 31)]
    assert tops == sorted(set(tops))


def test_raised_and_lowered_text_is(theme: Theme) -> None:
    shown = column(theme, "xx<sup>xx</sup>xx<sub>xx</sub>xx")
    (plain, raised, _, lowered) = (
        ink(shown, shown.rects(at, at + 2)[0].adjusted(1, 0, -1, 0)) for at in (0, 2, 4, 6)
    )
    assert raised[1] < plain[1]
    assert lowered[1] > plain[1]
    assert raised[1] - raised[0] < plain[1] - plain[0]


def test_a_key_has_a_frame(theme: Theme) -> None:
    shown = column(theme, "press <kbd>Esc</kbd> now")
    box = shown.boxes[0]
    image = QImage(300, 40, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    box.paint(painter, QRectF(0, 0, 300, 40), Highlights())
    painter.end()
    rect = box.rects(6, 9)[0]
    frame = theme.colour("border").rgb()
    painted = {image.pixel(x, y) for x in range(int(rect.left()) - 6, 300) for y in range(40)}
    assert frame in painted
    assert theme.colour("inline_code").rgb() in painted


def test_raised_digits_are_found_by_plain_ones(theme: Theme) -> None:
    shown = column(theme, "H<sub>2</sub>O and 10<sup>6</sup>")
    assert places_in(shown, "h2o") == [(0, 3)]
    assert places_in(shown, "106") == [(8, 11)]


def test_a_click_leads_where_the_address_says(theme: Theme) -> None:
    shown = column(theme, case("10"))
    assert [link.address for link in shown.links()] == [
        "https://example.com/docs?a=1&b=2",
        "https://en.wikipedia.org/wiki/Foo_(bar)",
        "http://www.python.org",
        "mailto:me@example.com",
        "https://example.com/docs",
        "https://example.org/x",
        "https://example.com",
    ]


def test_they_are_printed() -> None:
    found = text(answered(case("30")))
    assert "Roses are red\r\nViolets are blue\r\nTwo spaces\r\nbreak here\r\nbackslash" in found
    found = text(answered(case("21")))
    assert "Ctrl" in found
    assert "<kbd>" not in found
    assert "<mark>m</mark>" in found
    found = text(answered(case("05")))
    assert "• Gather data\r\n" in found
    assert "<br" not in found
    assert "mailto:me@example.com" in links(answered(case("10")))


def test_every_kind_is_painted(theme: Theme) -> None:
    """Check what is specific to painting one kind of block."""
    every = "a **b** `c` $d$ <kbd>e</kbd> <sub>f</sub><br>g\nh https://i.j[^k]【1†L2】\n\n[^k]: l"
    shown = column(theme, every)
    kinds = {span.kind for block in parse(every)[:1] for span in block.spans}  # type: ignore[union-attr]
    assert kinds == set(SpanKind) - {SpanKind.DISPLAY}
    assert ink(shown, QRectF(0, 0, 600, shown.height))[1] > 0
