"""A growing message shows what the whole one does, and costs no more as it gets longer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markdown import (
    Block,
    Code,
    List,
    MarkdownStream,
    Math,
    Paragraph,
    Quote,
    Span,
    Table,
    blocks_text,
    inline,
    parse,
)

PIECES = [
    *(
        "a",
        "b c ",
        "- ",
        "  ",
        "    ",
        "\n",
        "\n\n",
        "> ",
        "1. ",
        "```",
        "~~~",
        "```py\n",
        "# ",
        "---",
    ),
    *(
        "===",
        "|",
        "| a | b |\n|---|:-:|\n",
        "\t",
        "*",
        "**",
        "_",
        "`",
        "[x]",
        "[x]: http://u\n",
        "$",
    ),
    *(
        "\\",
        "<b>",
        "&amp;",
        "- a\n",
        "  - b\n",
        "- [ ] t\n",
        "> q\n",
        "~~",
        "![",
        "](",
        "$$",
        "\\[",
    ),
    *("\\]", "\\(", "\\)", "\r", "\r\n", "[^x]", "[^x]: n\n", "é", "\0", "w" * 400 + " "),
    *("```md\n", "```\n", "\\begin{align}", "\\end{align}", "<br>", "<sub>", "</sub>", "<kbd>"),
    *("</kbd>", "https://", "www.a.b", "c@d.ef", "。", "（", "是", "1. a\n", "$5", "`|`"),
]
DOCUMENTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
SIZES = st.lists(st.integers(0, 9), max_size=200)

UPDATE = 25_000
"""Characters that an update may read beyond a few times what it was fed."""


def chunks(text: str, sizes: list[int]) -> list[str]:
    """Cut the text into pieces of these sizes and the rest."""
    pieces = []
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    return [*pieces, text]


def shown(text: str, size: int = 7) -> MarkdownStream:
    """Return a stream that was fed a text in small pieces."""
    stream = MarkdownStream()
    for at in range(0, len(text), size):
        stream.feed(text[at : at + size])
    return stream


@given(DOCUMENTS, SIZES)
def test_any_pieces_end_in_the_blocks_of_the_whole(text: str, sizes: list[int]) -> None:
    stream = MarkdownStream()
    for piece in chunks(text, sizes):
        before, work = list(stream.blocks), stream.parsed
        first = stream.feed(piece)
        assert first <= len(stream.blocks)
        for old, new in zip(before[:first], stream.blocks, strict=False):
            assert old is new
        assert stream.parsed - work <= 8 * len(piece) + UPDATE
    before = list(stream.blocks)
    first = stream.finish()
    assert all(old is new for old, new in zip(before[:first], stream.blocks, strict=False))
    assert tuple(stream.blocks) == parse(text)


@given(st.text(max_size=60), SIZES)
def test_any_text_does(text: str, sizes: list[int]) -> None:
    stream = MarkdownStream()
    for piece in chunks(text, sizes):
        stream.feed(piece)
    stream.finish()
    assert tuple(stream.blocks) == parse(text)


@given(DOCUMENTS, SIZES)
def test_what_is_shown_meanwhile_is_what_the_text_is_so_far(text: str, sizes: list[int]) -> None:
    # Exceptions: text being held back, an open formula, nested fences, and later link definitions.
    for held in ("\\[", "\\(", "$$", "]:", "py", "md", "\\begin{align}"):
        text = text.replace(held, "")
    stream, so_far = MarkdownStream(), ""
    for piece in chunks(text, sizes):
        stream.feed(piece)
        so_far += piece
        assert tuple(stream.blocks) == parse(so_far)


GROWING = {
    "paragraphs": "Some *words* and `code` in a [link](https://a.b), that is.\n\n",
    "one paragraph": "Some *words* and `code` in a [link](https://a.b), that is. ",
    "a paragraph of lines": "Some *words* and `code`, that is.\n",
    "one word": "word",
    "a list": "- Some *words*\n",
    "a list of lists": "- Some\n  - words\n    1. here\n",
    "a fence": "x = f(1)\n",
    "a fence in a list": "    x = f(1)\n",
    "indented code": "    x = f(1)\n\n",
    "a table": "| a | *b* | `c` |\n",
    "a quotation": "> Some *words*\n>\n",
    "a list in a quotation": "> - Some *words*\n",
    "a formula": "x_1 + y\n",
}
BEFORE = {
    "a fence": "```py\n",
    "a fence in a list": "- a\n  - ```py\n",
    "a table": "| a | b | c |\n|---|---|---|\n",
    "a formula": "$$\n",
}


def work(name: str, size: int) -> int:
    """Return the most characters that an update of 16 reads in a message of that size."""
    line = GROWING[name]
    text = line * (1_500 // len(line))
    stream = MarkdownStream()
    stream.feed(BEFORE.get(name, "") + line * (size // len(line)))
    most = 0
    for at in range(0, len(text), 16):
        before = stream.parsed
        stream.feed(text[at : at + 16])
        most = max(most, stream.parsed - before)
    return most


@pytest.mark.parametrize("name", GROWING)
def test_an_update_costs_the_same_in_a_long_message(name: str) -> None:
    early = work(name, 1_000)
    assert early <= 10_000
    assert work(name, 12_000) <= 1.1 * early


def test_what_has_not_changed_is_the_same_object() -> None:
    text = "one\n\n- a\n- b\n  - c\n\n    ```\n    x\n    y"
    stream = shown(text)
    one, old = stream.blocks
    assert stream.feed("\n    z") == 1
    assert stream.blocks[0] is one
    new = stream.blocks[1]
    assert isinstance(old, List)
    assert isinstance(new, List)
    assert new.items[0] is old.items[0]
    assert new.items[1] is not old.items[1]
    assert new.items[1].blocks[0] is old.items[1].blocks[0]
    inner = new.items[1].blocks[1]
    assert isinstance(inner, List)
    assert inner.items[0].blocks[1] == Code("x\ny\nz")


def test_rows_stay_while_others_come() -> None:
    stream = shown("| a |\n|---|\n| 1 |\n| 2 |\n|")
    (old,) = stream.blocks
    stream.feed(" 3 |\n")
    (new,) = stream.blocks
    assert isinstance(old, Table)
    assert isinstance(new, Table)
    assert [row is before for row, before in zip(new.rows, old.rows, strict=True)] == [
        True,
        True,
        False,
    ]


def test_code_only_gets_longer() -> None:
    stream, text = MarkdownStream(), ""
    for piece in ("```py\na", " = ", "1\n", "\n", "b`", "`"):
        stream.feed(piece)
        (code,) = stream.blocks
        assert isinstance(code, Code)
        assert code.text.startswith(text)
        text = code.text
    assert stream.feed("``\n") == 0  # the apparent code was the closing fence
    assert stream.feed("") == 1


def test_a_block_that_becomes_final_without_a_change_stays() -> None:
    stream = shown("- a\n- b")
    (block,) = stream.blocks
    assert stream.feed("\n\nnext") == 1
    assert stream.blocks[0] is block


def test_an_open_formula_is_held() -> None:
    stream = shown("$$\nx_1*a*\n- b\n")
    assert list(stream.blocks) == [Paragraph(inline.lines("$$\nx_1*a*\n- b"))]
    stream.feed("$$")
    assert list(stream.blocks) == [Math("x_1*a*\n- b")]


def test_what_is_no_formula_in_the_end_is_read_then() -> None:
    stream = shown("$$\n*a*\n- b")
    stream.finish()
    words, dots = stream.blocks
    assert words == Paragraph((*inline.lines("$$\n"), Span("a", italic=True)))
    assert isinstance(dots, List)


def test_the_end_changes_only_what_was_wrong() -> None:
    stream = shown("one\n\n> two\n\n[three]\n\nfour\n\n[three]: https://a.b\n")
    before = list(stream.blocks)
    assert stream.finish() == 2
    assert [old is new for old, new in zip(before, stream.blocks, strict=True)] == [
        True,
        True,
        False,
        True,
    ]
    assert stream.blocks[2] == Paragraph((Span("three", link="https://a.b"),))


def test_the_end_of_what_was_right_costs_nothing() -> None:
    stream = shown("# one\n\ntwo *three*\n\n- four\n" * 50)
    count, work = len(stream.blocks), stream.parsed
    assert stream.finish() == count
    assert stream.parsed - work < 100


def test_an_empty_message_has_no_blocks() -> None:
    stream = MarkdownStream()
    assert stream.feed("") == 0
    assert stream.finish() == 0
    assert list(stream.blocks) == []
    assert parse("") == ()


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_ends_of_lines_may_be_cut_in_two(end: str) -> None:
    text = f"a{end}{end}b{end}"
    stream = shown(text, 1)
    assert blocks_text(stream.blocks) == "a\n\nb"
    stream.finish()
    assert blocks_text(stream.blocks) == "a\n\nb"


@pytest.mark.parametrize(
    "character", ["a", "`", "[", ">", "- ", "|", "$", "\\[", "*", "\u202e", "<"]
)
def test_an_endless_line_is_read_piece_by_piece(character: str) -> None:
    stream = MarkdownStream()
    stream.feed(character * (1_000_000 // len(character)))
    for _ in range(100):
        work = stream.parsed
        stream.feed(character * 8)
        assert stream.parsed - work <= 10_000
    assert len(blocks_text(stream.blocks)) > 900_000


def test_deep_quotations_end_somewhere() -> None:
    def depth(blocks: tuple[Block, ...]) -> int:
        return 1 + max((depth(b.blocks) for b in blocks if isinstance(b, Quote)), default=0)

    assert 20 < depth(parse("> " * 10_000 + "x")) < 40
