"""Markdown into blocks, and nothing that was not meant."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markdown import (
    Align,
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
    Span,
    SpanKind,
    Spans,
    Table,
    blocks_text,
    inline,
    link_allowed,
    parse,
    spans_text,
    table_csv,
    table_markdown,
)
from app.markdown.scripts import is_unspaced


def t(text: str) -> Spans:
    return (Span(text),)


def p(text: str) -> Paragraph:
    return Paragraph(inline.lines(text))


def spans(text: str) -> Spans:
    """Return the spans of a text that is one paragraph."""
    (block,) = parse(text)
    assert isinstance(block, Paragraph)
    return block.spans


def test_top_level_blocks_in_order() -> None:
    text = (
        "# One #\n\ntext\nmore\n\n```python x\nf()\n```\n\n    indented\n\n---\n\n> q\n\nTwo\n==="
    )
    assert parse(text) == (
        Heading(1, t("One")),
        p("text\nmore"),
        Code("f()", "python"),
        Code("indented"),
        Rule(),
        Quote((p("q"),)),
        Heading(1, t("Two")),
    )


def test_what_is_in_a_line() -> None:
    assert spans("a *b **c*** ~~d~~ `e|`  \n[f *g*](https://h.i 'j') <k@l.m> \\* &amp;") == (
        Span("a "),
        Span("b ", italic=True),
        Span("c", italic=True, bold=True),
        Span(" "),
        Span("d", strike=True),
        Span(" "),
        Span("e|", SpanKind.CODE),
        Span("\n", SpanKind.BREAK),
        Span("f ", link="https://h.i"),
        Span("g", italic=True, link="https://h.i"),
        Span(" "),
        Span("k@l.m", link="mailto:k@l.m"),
        Span(" * &"),
    )


def test_an_open_fence_is_code_already() -> None:
    assert parse("```rust\nfn main() {") == (Code("fn main() {", "rust"),)
    assert parse("```") == (Code(""),)
    assert parse("~~~ c++ x\n\n  a\n\n~~~~") == (Code("\n  a\n", "c++"),)


def test_lists_in_lists_with_code() -> None:
    text = "3. one\n   ```sh\n   ls\n\n   ps\n   ```\n4. two\n   - in\n\n     more\n   - [x] done"
    inner = List(None, (ListItem((p("in"), p("more"))), ListItem((p("done"),), True)))
    assert parse(text) == (
        List(3, (ListItem((p("one"), Code("ls\n\nps", "sh"))), ListItem((p("two"), inner)))),
    )


@pytest.mark.parametrize(("mark", "start"), [("0.", 0), ("1.", 1), ("7)", 7), ("-", None)])
def test_a_list_starts_where_it_was_written_to(mark: str, start: int | None) -> None:
    assert parse(f"{mark} first") == (List(start, (ListItem((p("first"),)),)),)


def test_items_know_what_was_before_them() -> None:
    (block,) = parse("- a\n- b\n\n- c\n")
    assert isinstance(block, List)
    assert [item.after_blank for item in block.items] == [False, False, True]


def test_tasks_have_boxes() -> None:
    (block,) = parse("- [ ] open\n- [x] done\n- plain [x]\n- [X]  also\n- [x]no\n- [ ]")
    assert isinstance(block, List)
    assert [(item.task, item.blocks) for item in block.items] == [
        (False, (p("open"),)),
        (True, (p("done"),)),
        (None, (p("plain [x]"),)),
        (True, (p("also"),)),
        (None, (p("[x]no"),)),
        (None, (p("[ ]"),)),
    ]


def test_a_box_below_an_empty_item_is_text() -> None:
    assert parse("-\n[x] a") == (List(None, (ListItem(()),)), p("[x] a"))


def test_tables() -> None:
    text = "before\n| a | *b* |c\n|:-:|--:|-\n| 1 \\| 2 | `x` | y | z\n3\n\nafter"
    assert parse(text) == (
        p("before"),
        Table(
            (Align.CENTER, Align.RIGHT, Align.NONE),
            (t("a"), (Span("b", italic=True),), t("c")),
            ((t("1 | 2"), (Span("x", SpanKind.CODE),), t("y | z")), (t("3"),)),
        ),
        p("after"),
    )


@pytest.mark.parametrize("text", ["a | b\n- | -", "| a | b |\n|---|", "a\n---|---", "| a |\n| b |"])
def test_no_tables(text: str) -> None:
    assert not any(isinstance(block, Table) for block in parse(text))


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("$n$ is 5", "n"),
        ("is $5x + 3$.", "5x + 3"),
        ("($a_1*b*c$)", "a_1*b*c"),
        (r"函数$f(x)$是", "f(x)"),
        (r"$\$5$ each", r"\$5"),
        (r"so \( x^2 \) is", "x^2"),
    ],
)
def test_formulas_in_a_line(text: str, tex: str) -> None:
    assert [span.text for span in spans(text) if span.kind is SpanKind.MATH] == [tex]


@pytest.mark.parametrize("text", ["so $$a$$ is", "so \\[ a \\] is", "so $$\na\n$$ is"])
def test_formulas_that_stand_out(text: str) -> None:
    assert spans(text) == (Span("so "), Span("a", SpanKind.DISPLAY), Span(" is"))


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6",
        "US$5 to US$6",
        "between $5-$6 or $ 7 $",
        "5$ and 6$",
        "$HOME/$USER and $PATH",
        "costs $5",
        "an open $x",
        "nothing in $$$$",
        r"an escaped \$x$",
        "a \\\\( b",
    ],
)
def test_prices_and_open_dollars_are_text(text: str) -> None:
    assert {span.kind for span in spans(text)} == {SpanKind.TEXT}


def test_formulas_in_code_are_code() -> None:
    assert spans("`$x$`") == (Span("$x$", SpanKind.CODE),)


@pytest.mark.parametrize(
    "text",
    ["$$x - 1$$", "$$\nx - 1\n$$", "  $$\n x - 1  \n  $$  ", "\\[\nx - 1\n\\]", "\\[x - 1\\]"],
)
def test_formulas_on_lines_of_their_own(text: str) -> None:
    assert parse(text) == (Math("x - 1"),)
    assert parse(f"so\n{text}\nis") == (p("so"), Math("x - 1"), p("is"))
    item = "- so\n  " + text.replace("\n", "\n  ")
    assert parse(item) == (List(None, (ListItem((p("so"), Math("x - 1"))),)),)


def test_what_only_begins_like_a_formula_is_what_it_is_without() -> None:
    dots = List(None, (ListItem((p("a"),)), ListItem((p("b"),))))
    assert parse("$$ each:\n- a\n- b\n\nx") == (p("$$ each:"), dots, p("x"))
    assert parse("> $$ each:\n> - a\n> - b\nx $$") == (
        Quote((p("$$ each:"), List(None, (ListItem((p("a"),)), ListItem((p("b\nx $$"),)))))),
    )
    assert parse("\\[no link](/b)") == (p("[no link](/b)"),)


def test_footnotes() -> None:
    text = "One[^1], two[^b], none[^c].\n\n[^1]: The note.\n\n    More.\n[^b]: - x\n\nEnd."
    one, two = Span("1", SpanKind.NOTE), Span("b", SpanKind.NOTE)
    assert parse(text) == (
        Paragraph((Span("One"), one, Span(", two"), two, Span(", none[^c]."))),
        Footnote("1", (p("The note."), p("More."))),
        Footnote("b", (List(None, (ListItem((p("x"),)),)),)),
        p("End."),
    )


def test_links_may_be_defined_anywhere() -> None:
    linked = (Span("a", link="https://b.c"),)
    assert parse("[a]\n\n> [A]: https://b.c 'title'\n> more") == (
        Paragraph(linked),
        Quote((p("more"),)),
    )
    assert parse("[a]: javascript:x\n\n[a]") == (p("[a]: javascript:x"), p("[a]"))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick='x'>bold</b> <!-- c -->",
        "<iframe src='http://x'></iframe>",
    ],
)
def test_html_is_text(text: str) -> None:
    (block,) = parse(text)
    assert isinstance(block, Paragraph)
    assert "".join(span.text for span in block.spans) == text
    assert {span.kind for span in block.spans} == {SpanKind.TEXT}


def test_pictures_are_their_words_and_address() -> None:
    text = "![a *cat*](https://example.org/cat.png) ![](https://example.org/b.png)"
    assert spans_text(spans(text)) == (
        "a cat (https://example.org/cat.png) https://example.org/b.png"
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "vbscript:x",
        "ftp://example.org",
        "//example.org",
        "relative/path",
        "#anchor",
    ],
)
def test_other_schemes_are_no_links(address: str) -> None:
    assert not link_allowed(address)
    assert not any(span.link for span in spans(f"[x]({address}) <{address}> ![p]({address})"))


def test_half_an_address_is_no_link() -> None:
    assert not link_allowed("http://[")


@pytest.mark.parametrize("address", ["https://e.org/?a=1&b=2", "http://e.org", "mailto:a@e.org"])
def test_links(address: str) -> None:
    assert spans(f'[x]({address} "title")') == (Span("x", link=address),)


def test_what_turns_text_around_is_shown() -> None:
    assert parse("a\0\u202eb\u2066c\ud800d") == (p("a��b�c�d"),)


def test_an_endless_paragraph_is_cut_where_a_sentence_ends() -> None:
    sentence = "One *more* sentence, that is. "
    blocks = parse(sentence * 200)
    assert [block.joined for block in blocks if isinstance(block, Paragraph)] == [
        None,
        *[" "] * (len(blocks) - 1),
    ]
    assert all(2_000 <= len(blocks_text([block])) + 300 <= 2_600 for block in blocks[:-1])
    assert blocks_text(blocks) == (sentence * 200).replace("*", "").strip()
    assert all(blocks_text([block]).endswith("that is.") for block in blocks)


def test_long_code_is_as_it_was_written() -> None:
    line = "x = 'abc' " * 2_000
    assert parse(f"```\n{line}\n{line}\n```") == (Code(f"{line}\n{line}"),)
    assert parse(f"    {line}y") == (Code(f"{line}y"),)


def letters(blocks: tuple[Block, ...]) -> str:
    return "".join(character for character in blocks_text(blocks) if character.isalpha())


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "word " * 200_000,
        "> " * 10_000 + "a",
        ">" * 10_000 + "a",
        "- " * 10_000 + "a",
        "1. " * 10_000 + "a",
        "\n".join("  " * n + "- a" for n in range(300)),
        "|" + " a |" * 5_000 + "\n|" + "-|" * 5_000 + "\n|" + " b |" * 5_000,
        "|" + " a |" * 500 + "\n|" + "-|" * 500 + "\n|" + " b |" * 500,
        "`" * 100_000 + "a",
        "[" * 100_000 + "a",
        "*a **b " * 10_000,
        "\\[\n" * 5_000 + "a",
        "$$a\n" * 5_000,
        "a\u200b\u200d" * 10_000,
        "<b <i <a href=" * 5_000,
        "[^a]" * 10_000,
        "!" * 5_000 + "[a](" * 5_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_hostile_text_is_read_and_stays_readable(text: str) -> None:
    assert letters(parse(text)) == "".join(filter(str.isalpha, text))


@given(st.text(max_size=300))
def test_anything_can_be_parsed(text: str) -> None:
    blocks_text(parse(text))


TABLE = parse('| a | b *c* |\n|:--|--:|\n| `x\\|y` | \\*1, "2" |\n| [l](https://m.n) $z$ |')[0]


def test_a_table_as_values() -> None:
    assert isinstance(TABLE, Table)
    rows = [["a", "b c"], ["x|y", '*1, "2"'], ["l $z$", ""]]
    assert list(csv.reader(table_csv(TABLE).splitlines())) == rows


def test_a_table_as_markdown_is_that_table() -> None:
    assert isinstance(TABLE, Table)
    (again,) = parse(table_markdown(TABLE))
    assert isinstance(again, Table)
    assert again == Table(TABLE.align, TABLE.header, (TABLE.rows[0], (*TABLE.rows[1], ())))


@given(st.lists(st.text("ab|*_`~$[](<>)&\\!# ", max_size=8), min_size=1, max_size=4))
def test_plain_cells_survive_markdown(texts: list[str]) -> None:
    cells = tuple(t(text.strip()) if text.strip() else () for text in texts)
    table = Table((Align.NONE,) * len(cells), (t("h"),) * len(cells), (cells,))
    assert parse(table_markdown(table)) == (table,)


def test_text_of_blocks() -> None:
    text = (
        "# T\n\na *b* $c$\n\n3. x\n   - [ ] y\n     z\n4. w\n\n> q\n>\n> r\n\n```py\nf()\n```\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n$$\nm\n$$\n\n[^1]: n"
    )
    assert blocks_text(parse(text)) == (
        "T\n\na b $c$\n\n3. x\n   - [ ] y\n         z\n4. w\n\n> q\n> \n> r\n\nf()\n\n"
        "a\tb\n1\t2\n\n$$\nm\n$$\n\n[^1]: n"
    )


@pytest.mark.parametrize(
    ("text", "unspaced"),
    [
        ("漢字かなカナ한글ไทยក。！（、\u3000\U0002a6d6", True),
        ("\U0001f200\U0001f202\U0001f219\U0001f237\U0001f23b\U0001f260", True),
        # Emoji that contain Chinese characters.
        ("\U0001f201\U0001f21a\U0001f22f\U0001f232\U0001f236\U0001f238\U0001f23a\U0001f250", False),
        ("aÄяא!", False),
    ],
)
def test_letters_of_scripts_that_set_no_blanks(text: str, unspaced: bool) -> None:
    assert [is_unspaced(character) for character in text] == [unspaced] * len(text)
