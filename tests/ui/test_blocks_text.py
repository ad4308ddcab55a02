"""Text, columns and the canvas: what is shown is what the blocks say, wherever they came from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QGuiApplication,
    QImage,
    QPainter,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.base.settings import ThemeChoice
from app.markdown import (
    Align,
    Block,
    Footnote,
    Heading,
    List,
    MarkdownStream,
    Paragraph,
    Quote,
    Span,
    SpanKind,
    blocks_text,
    parse,
)
from app.ui.blocks import formula_image
from app.ui.blocks.box import Box, BoxButton, Highlights, Style
from app.ui.blocks.canvas import Canvas
from app.ui.blocks.column import Column
from app.ui.blocks.tex_svg import SvgDrawing
from app.ui.blocks.text_box import TextBox
from app.ui.theme import Theme
from tests.ui.qt import child, focused

WIDTH = 300
PIECES = [
    *("a", "b c ", "word ", "- ", "\n", "\n\n", "> ", "1. ", "# ", "---", "===", "*", "**", "_"),
    *(
        "`",
        "[x]",
        "[x]: http://u\n",
        "\\",
        "<b>",
        "&amp;",
        "- a\n",
        "  - b\n",
        "- [ ] t\n",
        "> q\n",
    ),
    *(
        "~~",
        "![",
        "](",
        "\\\n",
        "[^x]",
        "[^x]: n\n",
        "é",
        "w" * 90 + " ",
        "&#32;",
        "&#10;",
        "(",
        "]",
    ),
    *("<br>", "<sub>2</sub>", "<sup>*a*", "</sup>", "<kbd>", "</kbd>", "https://a.b/c", "www.a.b"),
    *("c@d.ef", "https:", "//", "@", "。", "（", "是", "$5", "\\[", "\\]", "\\(x\\)", "&lt;br>"),
    *("**b *i* b**", "*x*", "_i_", "~~s~~", "`c d`", "[l](http://u/_a_)", "!", "#", "1", ")", "$"),
    *(
        "שלום ",
        "مرحبا ",
        "👩‍👩‍👧",
        "🇩🇪",
        "日本語、",
        "e\u0301",
        "<",
        "+ ",
        "1) ",
        "snake_case",
    ),
]
DOCUMENTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
# The theme is created once; no example changes it.
SHARED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
)


def fake_picture(tex: str, pixels: int, colour: str, ratio: float, display: bool = False) -> Any:
    if "bad" in tex:
        return None
    width, height, descent = (80, 60, 25) if display else (30, 20, 6)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("#ff0000"))
    drawing = SvgDrawing("", QRectF(0, 0, width, height), tex)
    return formula_image.FormulaImage(image, width, height, descent, drawing, colour)


@pytest.fixture(autouse=True)
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace typeset formulas by pictures of one size."""
    monkeypatch.setattr(formula_image, "picture", fake_picture)


def column(theme: Theme, blocks: Any, width: float = WIDTH) -> Column:
    result = Column(theme, Style())
    result.set_blocks(parse(blocks) if isinstance(blocks, str) else blocks)
    result.lay_out(width)
    return result


def text_box(theme: Theme, text: str, width: float = WIDTH) -> TextBox:
    box = TextBox(theme, Style())
    (block, *_) = parse(text)
    assert isinstance(block, Paragraph | Heading)
    box.set_block(block)
    box.lay_out(width)
    return box


def inner(blocks: Any) -> Iterator[Block]:
    """Yield all blocks, including nested ones."""
    for block in blocks:
        yield block
        if isinstance(block, Quote | Footnote):
            yield from inner(block.blocks)
        if isinstance(block, List):
            for item in block.items:
                yield from inner(item.blocks)


def painted(box: Box, clips: list[QRectF], ink: Highlights | None = None) -> QImage:
    image = QImage(WIDTH, round(box.height) + 1, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("white"))
    painter = QPainter(image)
    for clip in clips:
        painter.setClipRect(clip)
        box.paint(painter, clip, ink or Highlights())
    painter.end()
    return image


# What is said


@SHARED
@given(DOCUMENTS)
def test_plain_text_is_that_of_the_blocks(fixed_theme: Theme, text: str) -> None:
    shown = column(fixed_theme, text)
    assert shown.text(0, shown.length) == blocks_text(parse(text))


@SHARED
@given(DOCUMENTS)
def test_markdown_reads_back_equal(fixed_theme: Theme, text: str) -> None:
    blocks = parse(text)
    for block in inner(blocks):
        # Text has no sign for where a paragraph was cut, nor for one without text.
        assume(not isinstance(block, Paragraph) or (block.spans and block.joined is None))
        if isinstance(block, List):  # a task has a heading only with a line under it
            assume(
                not any(
                    i.task is not None and isinstance(i.blocks[0], Heading) for i in block.items
                )
            )
    shown = column(fixed_theme, blocks)
    assert parse(shown.markdown(0, shown.length)) == blocks


@pytest.mark.parametrize(
    ("source", "part", "text", "markdown"),
    [
        ("The **bold** word", (5, 10), "old w", "**old** w"),
        ("a `code` b", (3, 5), "od", "`od`"),
        ("- one\n- two\n- three", (1, 6), "ne\n- tw", "ne\n- tw"),
        ("- one\n- two", (4, 7), "two", "two"),
        ("> a word\n>\n> and more", (2, 6), "word", "word"),
        ("> a word\n>\n> and more", (2, 10), "> word\n> \n> and", "> word\n> \n> and"),
        ("## Head", (0, 2), "He", "He"),
    ],
)
def test_a_part_says_only_what_is_selected(
    fixed_theme: Theme, source: str, part: tuple[int, int], text: str, markdown: str
) -> None:
    shown = column(fixed_theme, source)
    assert shown.text(*part) == text
    assert shown.markdown(*part) == markdown


def test_what_a_person_wrote_keeps_its_blanks(fixed_theme: Theme) -> None:
    text = "  two  blanks\r\n\n\t*no* `markdown` 👩‍👩‍👧\n"
    box = TextBox.plain(fixed_theme, Style(), text)
    box.lay_out(WIDTH)
    assert box.text(0, box.length) == text.replace("\r\n", "\n")
    assert box.rects(2, 3)[0].left() > 2 * 3
    assert box.height == 4 * box.rects(0, 1)[0].height()


# Where it is


@SHARED
@given(DOCUMENTS)
def test_the_middle_of_a_character_is_at_it(fixed_theme: Theme, text: str) -> None:
    shown = column(fixed_theme, text)
    for position in range(shown.length):
        # Combining marks and halves of an emoji share a position with the letter before, and a
        # blank at the end of a line may lie beyond the edge.
        if not shown.text(position, position + 1).strip("\u200d\u0301 \n"):
            continue
        for rect in shown.rects(position, position + 1)[:1]:
            found, middle = shown.position_at(rect.center()), rect.center()
            # Ligatures, and a mark with its base letter, share a position.
            assert 0 <= found - position <= 2 or any(
                place.contains(middle) for place in shown.rects(found - 1, found + 1)
            )


@SHARED
@given(DOCUMENTS)
def test_points_outside_have_a_position_too(fixed_theme: Theme, text: str) -> None:
    shown = column(fixed_theme, text)
    for x in (-50.0, 10.0, 5000.0):
        for y in (-50.0, 5.0, 5000.0):
            assert 0 <= shown.position_at(QPointF(x, y)) <= shown.length
    assert shown.position_at(QPointF(0, -50)) == 0
    assert shown.position_at(QPointF(5000, 5000)) == shown.length


def test_what_begins_at_the_right_is_there(fixed_theme: Theme) -> None:
    box = text_box(fixed_theme, "שלום עולם word 12")
    assert box.rects(0, 1)[0].right() == pytest.approx(WIDTH, abs=2)
    assert box.rects(0, 4)[0].left() > WIDTH / 2
    assert text_box(fixed_theme, "word שלום").rects(0, 1)[0].left() < 2
    left = TextBox(fixed_theme, Style(), align=Align.LEFT)
    left.set_spans((Span("שלום"),))
    left.lay_out(WIDTH)
    assert left.rects(3, 4)[0].left() < 2


def test_an_emoji_is_one(fixed_theme: Theme) -> None:
    box = text_box(fixed_theme, "a👩‍👩‍👧b")
    assert box.text(0, 1) == "a"
    assert box.text(box.length - 1, box.length) == "b"
    middle = box.rects(0, box.length)[0].center()
    assert box.position_at(middle) in (1, box.length - 1)


def test_three_clicks_select_a_line_that_was_wanted(fixed_theme: Theme) -> None:
    box = TextBox.plain(fixed_theme, Style(), "first 👧 line\n" + "long " * 40 + "\n\nlast")
    box.lay_out(WIDTH)
    assert [box.text(*box.leaf_at(at)) for at in (0, 5, 100, box.length)] == [
        "first 👧 line", "first 👧 line", "long " * 40, "last",
    ]  # fmt: skip
    blank = box.length - len("last") - 1
    assert box.leaf_at(blank) == (blank, blank)


def test_cells_have_a_width_of_their_own(fixed_theme: Theme) -> None:
    cell = TextBox(fixed_theme, Style(), weight=640, align=Align.RIGHT)
    cell.set_spans((Span("a header"),))
    width = cell.ideal_width()
    assert 40 < width < 90
    cell.lay_out(width)
    assert cell.height == TextBox.plain(fixed_theme, Style(), "x").height or cell.height < 30
    cell.lay_out(200)
    assert cell.rects(0, cell.length)[0].right() == pytest.approx(200, abs=2)
    assert cell.ideal_width() == width


def test_quotations_in_quotations_leave_room_for_words(fixed_theme: Theme) -> None:
    blocks: tuple[Block, ...] = (Paragraph((Span("some words of text"),)),)
    for _ in range(60):
        blocks = (Quote(blocks),)
    shown = column(fixed_theme, blocks)
    assert all(rect.right() <= WIDTH for rect in shown.rects(0, shown.length))
    assert shown.height < 60 * 10


# What grows


@SHARED
@given(DOCUMENTS, st.lists(st.integers(1, 9), max_size=60))
def test_what_grew_is_what_is_made_at_once(fixed_theme: Theme, text: str, sizes: list[int]) -> None:
    stream, shown = MarkdownStream(), column(fixed_theme, ())
    for size in [*sizes, len(text)]:
        shown.set_blocks(stream.blocks, stream.feed(text[:size]))
        text = text[size:]
        fresh = column(fixed_theme, tuple(stream.blocks))
        assert shown.height == fresh.height
        assert shown.text(0, shown.length) == fresh.text(0, fresh.length)
    shown.set_blocks(stream.blocks, stream.finish())
    fresh = column(fixed_theme, tuple(stream.blocks))
    assert shown.length == fresh.length
    assert shown.rects(0, shown.length) == fresh.rects(0, fresh.length)
    assert painted(shown, [QRectF(0, 0, WIDTH, 2000)]) == painted(
        fresh, [QRectF(0, 0, WIDTH, 2000)]
    )


@pytest.mark.parametrize("text", ["- item\n", "item\n\n", "1. item\n", "> - item\n"])
def test_another_block_costs_the_same_however_many_there_are(
    fixed_theme: Theme, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    stream, shown = MarkdownStream(), column(fixed_theme, ())
    shown.set_blocks(stream.blocks, stream.feed(text * 990))
    made: list[str] = []
    for name in ("__init__", "_break_lines", "set_block"):
        real = getattr(TextBox, name)

        def counted(self: TextBox, *args: Any, real: Any = real, **names: Any) -> Any:
            made.append(real.__name__)
            return real(self, *args, **names)

        monkeypatch.setattr(TextBox, name, counted)
    for _ in range(8):
        shown.set_blocks(stream.blocks, stream.feed(text))
    assert 0 < len(made) <= 8 * 10


def test_only_what_is_seen_is_painted(fixed_theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = column(fixed_theme, "- item\n" * 1000)
    seen: list[Box] = []
    monkeypatch.setattr(TextBox, "paint", lambda self, *_: seen.append(self))
    painted(shown, [QRectF(0, 5000, WIDTH, 100)])
    assert 0 < len(seen) < 8


@pytest.mark.parametrize("step", [7, 20, 50])
def test_strips_together_are_the_whole(fixed_theme: Theme, step: int) -> None:
    text = (
        "Some **bold** and `code` that wraps `in the middle of it` and [a link](http://u).\n\n"
        "> quoted\n>\n> - [x] done\n> - open\n\n12. number\n\n---\n\n# Head\n\n"
        "שלום word\n\n[^a]: note"
    )
    shown = column(fixed_theme, text)
    ink = Highlights((3, 60), ((5, 9), (20, 30)), (20, 30))
    whole = painted(shown, [QRectF(0, 0, WIDTH, shown.height + 1)], ink)
    strips = [QRectF(0, y, WIDTH, step) for y in range(0, round(shown.height) + 1, step)]
    assert painted(shown, strips, ink) == whole


# Formulas


def test_a_formula_stands_on_the_line(fixed_theme: Theme) -> None:
    box = text_box(fixed_theme, "in $x$ line `code`")
    assert box.length == len("in x line code")
    (rect,) = box.rects(3, 4)
    assert rect.width() == pytest.approx(30, abs=0.1)
    assert box.text(0, box.length) == "in $x$ line code"
    image = painted(box, [QRectF(0, 0, WIDTH, 100)])
    red = [
        y
        for y in range(image.height())
        if image.pixelColor(round(rect.center().x()), y).red() > 240
        and image.pixelColor(round(rect.center().x()), y).green() < 20
    ]
    assert red[-1] + 1 == box.baseline + 6
    assert len(red) == 20
    assert box.position_at(rect.center() - QPointF(9, 0)) == 3


def test_a_display_formula_has_a_line_of_its_own(fixed_theme: Theme) -> None:
    box = text_box(fixed_theme, "before $$x$$ after")
    before, display, after = (box.rects(at, at + 1)[0] for at in (0, 7, 9))
    assert before.bottom() <= display.top() < after.top()
    assert display.height() > 60
    assert box.text(0, box.length) == "before $$x$$ after"


def test_what_is_no_formula_is_its_source(fixed_theme: Theme) -> None:
    box = text_box(fixed_theme, "a $bad x$ b")
    assert box.length == len("a bad x b")
    assert box.text(0, box.length) == "a $bad x$ b"
    assert box.text(2, 5) == "bad"


# Colours


def luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
@pytest.mark.parametrize("ground", ["found", "found_current", "selection"])
def test_text_on_what_was_found_can_be_read(
    qapp: QApplication, choice: ThemeChoice, ground: str
) -> None:
    theme = Theme(qapp, choice)
    dark, light = sorted(luminance(theme.colour(name)) for name in ("text", ground))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_other_colours_are_worn_at_once(qapp: QApplication, fonts: None) -> None:
    theme = Theme(qapp, ThemeChoice.LIGHT)
    shown = column(theme, "text [link](http://u)")
    before = painted(shown, [QRectF(0, 0, WIDTH, 100)])
    theme.choose(ThemeChoice.DARK)
    shown.restyle()
    assert painted(shown, [QRectF(0, 0, WIDTH, 100)]) != before
    theme.choose(ThemeChoice.LIGHT)
    shown.restyle()
    assert painted(shown, [QRectF(0, 0, WIDTH, 100)]) == before


# The canvas


class Page(QWidget):
    """A canvas between two fields."""

    def __init__(self, theme: Theme, shown: Column) -> None:
        super().__init__()
        self.canvas = Canvas(theme)
        self.before, self.after = QLineEdit(), QLineEdit()
        self.resize(WIDTH, 300)
        for number, widget in enumerate((self.before, self.canvas, self.after)):
            widget.setParent(self)
            widget.setGeometry(0, (0, 40, 250)[number], WIDTH, (30, 200, 30)[number])
        self.canvas.set_column(shown)
        self.pressed: list[QPointF] = []

    def mousePressEvent(self, event: Any) -> None:
        self.pressed.append(event.position())


class Counter(Box):
    """A box with a button that makes it taller."""

    def set_block(self, block: Any) -> None:
        self.clicks = 0

    def lay_out(self, width: float) -> None:
        self.width, self.height = width, 40 + 10 * self.clicks

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        painter.save()
        painter.translate(50, 50)
        painter.restore()
        if self.clicks == 3:
            raise RuntimeError("a fault in a block")

    def position_at(self, point: QPointF) -> int:
        return 0

    def rects(self, start: int, end: int) -> list[QRectF]:
        return []

    def text(self, start: int, end: int) -> str:
        return ""

    markdown = text

    def controls(self, clip: QRectF | None = None) -> list[BoxButton]:
        return [BoxButton("copyIt", "Copy", "Copy it", QRectF(200, 2, 60, 24), self)]

    def act(self, name: str) -> str:
        self.clicks += 1
        self.lay_out(self.width)
        return "what is copied"

    def scroll(self, point: QPointF, pixels: float) -> bool:
        self.clicks += pixels > 0
        return pixels > 0


def with_counter(theme: Theme, text: str) -> tuple[Column, Counter]:
    """Return a column of text, then a counter, then more text."""
    shown = column(theme, text)
    box = Counter(theme, Style())
    box.set_block(None)
    shown.boxes[1] = box
    shown.lay_out(0.5)
    shown.lay_out(WIDTH)
    return shown, box


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    urls: list[str] = []

    def open_url(url: QUrl) -> bool:
        urls.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return urls


@pytest.fixture
def page(qtbot: QtBot, theme: Theme) -> Page:
    shown, _ = with_counter(theme, "one [a](http://a)\n\nx\n\nthree [b](mailto:b@c)")
    result = Page(theme, shown)
    qtbot.addWidget(result)
    with qtbot.waitExposed(result):
        result.show()
    result.activateWindow()
    return result


def test_a_click_follows_a_link_and_nothing_else(
    qtbot: QtBot, page: Page, opened: list[str]
) -> None:
    at = page.canvas.column.rects(4, 5)[0].center().toPoint()
    QTest.mouseMove(page.canvas, at)
    QTest.mouseClick(page.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert opened == ["http://a"]
    assert not page.pressed
    assert page.canvas.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QTest.mouseClick(page.canvas, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert opened == ["http://a"]
    assert page.pressed


def test_only_addresses_that_may_be_opened_are(qtbot: QtBot, page: Page, opened: list[str]) -> None:
    page.canvas.column.set_blocks((Paragraph((Span("x", link="file:///etc/passwd"),)),))
    at = page.canvas.column.rects(0, 1)[0].center().toPoint()
    QTest.mouseClick(page.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert opened == []


def test_a_button_copies_and_may_change_the_height(qtbot: QtBot, page: Page) -> None:
    button = child(page.canvas, QPushButton, "copyIt")
    top = page.canvas.column.boxes[2].rects(0, 1)[0].top() + page.canvas.column.top_of(2)
    assert button.isVisible()
    assert button.text() == "Copy"
    with qtbot.waitSignal(page.canvas.resized):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "what is copied"
    assert button.text() == "Copied"
    assert page.canvas.column.top_of(2) == top + 10
    qtbot.waitUntil(lambda: button.text() == "Copy")


def test_buttons_are_used_again(page: Page, theme: Theme) -> None:
    button = child(page.canvas, QPushButton, "copyIt")
    page.canvas.set_column(column(theme, "no buttons"))
    assert not button.isVisible()
    page.canvas.set_column(with_counter(theme, "a\n\nb\n\nc")[0])
    assert button.isVisible()
    assert len(page.canvas.findChildren(QWidget)) == 1


def test_the_tab_key_goes_through_links_and_buttons(
    qtbot: QtBot, page: Page, opened: list[str]
) -> None:
    canvas, button = page.canvas, child(page.canvas, QPushButton, "copyIt")
    page.before.setFocus()

    def press(key: Qt.Key) -> None:
        QTest.keyClick(focused(), key)

    press(Qt.Key.Key_Tab)
    assert canvas.hasFocus()
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Tab)
    assert button.hasFocus()
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Tab)
    assert canvas.hasFocus()
    ring = canvas.grab().toImage()
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Tab)
    assert page.after.hasFocus()
    assert canvas.grab().toImage() != ring
    assert opened == ["http://a", "mailto:b@c"]
    press(Qt.Key.Key_Backtab)
    press(Qt.Key.Key_Backtab)
    assert button.hasFocus()
    press(Qt.Key.Key_Backtab)
    press(Qt.Key.Key_Backtab)
    assert page.before.hasFocus()


def test_the_tab_key_passes_what_has_nothing_to_press(
    qtbot: QtBot, page: Page, theme: Theme
) -> None:
    page.canvas.set_column(column(theme, "text"))
    page.before.setFocus()
    QTest.keyClick(page.before, Qt.Key.Key_Tab)
    assert page.after.hasFocus()
    QTest.keyClick(page.after, Qt.Key.Key_Backtab)
    assert page.before.hasFocus()


def test_a_wheel_sideways_goes_to_the_block(qtbot: QtBot, page: Page) -> None:
    box = page.canvas.column.boxes[1]
    at = QPointF(20, page.canvas.column.top_of(1) + 5)

    def turn(delta: QPoint) -> bool:
        event = QWheelEvent(
            at, page.canvas.mapToGlobal(at), QPoint(), delta, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        page.canvas.wheelEvent(event)
        return event.isAccepted()

    assert turn(QPoint(-120, 0))
    assert isinstance(box, Counter)
    assert box.clicks == 1
    assert not turn(QPoint(120, 0))
    assert not turn(QPoint(0, -120))


def test_a_fault_in_a_block_is_told_once_and_spoils_no_other(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _, error, __: told.append(error))
    before = page.canvas.grab().toImage()
    box = page.canvas.column.boxes[1]
    assert isinstance(box, Counter)
    box.clicks = 3
    for _ in range(2):
        after = page.canvas.grab().toImage()
    assert [str(error) for error in told] == ["a fault in a block"]
    bottom = round(page.canvas.column.top_of(2))
    whole = (0, bottom, WIDTH, 200 - bottom)
    assert after.copy(*whole) == before.copy(*whole)
    assert after != before


def test_only_the_end_is_painted_again(
    qtbot: QtBot, page: Page, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips: list[QRectF] = []
    shown = page.canvas.column
    real = shown.paint

    def paint(painter: QPainter, clip: QRectF, ink: Highlights) -> None:
        clips.append(clip)
        real(painter, clip, ink)

    monkeypatch.setattr(shown, "paint", paint)
    page.canvas.refresh(90)
    qtbot.waitUntil(lambda: bool(clips))
    assert clips[0].top() == 90


def test_a_note_leads_to_its_label(fixed_theme: Theme) -> None:
    shown = column(fixed_theme, "see[^n]\n\n[^n]: the note")
    assert shown.text(0, 4) == "see[^n]"
    (block, *_) = parse("see[^n]\n\n[^n]: x")
    assert isinstance(block, Paragraph)
    assert any(span.kind is SpanKind.NOTE for span in block.spans)
