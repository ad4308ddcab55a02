"""Reported rendering faults of other chat apps, by kind: the blocks that we read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from app.markdown import (
    Block,
    Code,
    Footnote,
    Heading,
    List,
    MarkdownStream,
    Math,
    Paragraph,
    Quote,
    Span,
    SpanKind,
    Spans,
    Table,
    VerticalAlign,
    blocks_text,
    inline,
    parse,
    table_csv,
    table_markdown,
    tables,
)
from app.markdown.inline_source import spans_markdown

CASES = Path(__file__).parents[1] / "cases/rendering"


def case(number: str) -> str:
    (path,) = CASES.glob(f"{number}_*.md")
    return path.read_text("utf-8")


def spans(text: str) -> Spans:
    return inline.spans(text, inline.Definitions())


def said(spans: Spans) -> str:
    """Return spans as a line.

    ⏎ is a line's end, {…} a formula, [[…]] a key.
    """
    return "".join(map(_said, spans))


def _said(span: Span) -> str:
    around = {
        SpanKind.TEXT: "{}",
        SpanKind.CODE: "`{}`",
        SpanKind.MATH: "{{{}}}",
        SpanKind.DISPLAY: "{{{{{}}}}}",
        SpanKind.NOTE: "^{}",
        SpanKind.KEY: "[[{}]]",
        SpanKind.BREAK: "↵",
        SpanKind.SOFT: "⏎",
    }
    text = around[span.kind].format(span.text)
    vertical_align = {
        VerticalAlign.ABOVE: f"↑{text}↓",
        VerticalAlign.BELOW: f"↓{text}↑",
        VerticalAlign.NONE: text,
    }[span.vertical_align]
    marks = "*" * span.italic + "**" * span.bold + "~~" * span.strike
    text = f"{marks}{vertical_align}{marks[::-1]}"
    return text if not span.link else f"<{text}>" + f"({span.link})" * (span.link != text)


def told(blocks: Iterable[Block], indent: str = "") -> Iterator[str]:
    """Yield a line for each block, indented inside another."""
    for block in blocks:
        match block:
            case Paragraph(spans):
                yield indent + said(spans)
            case Heading(level, spans):
                yield f"{indent}{'#' * level} {said(spans)}"
            case Code(text, language):
                yield f"{indent}code {language}: {text!r}"
            case Math(tex):
                yield f"{indent}math: {tex!r}"
            case Table(_, header, rows):
                yield from (f"{indent}| {' | '.join(map(said, row))}" for row in (header, *rows))
            case Quote(inner) | Footnote(_, inner):
                yield from told(inner, f"{indent}> ")
            case List(start, items):
                for number, item in enumerate(items, start or 0):
                    mark = "-" if start is None else f"{number}."
                    lines = list(told(item.blocks, indent + " " * len(mark) + " "))
                    yield f"{indent}{mark} {lines[0].lstrip()}"
                    yield from lines[1:]
            case _:
                yield f"{indent}---"


def read(text: str) -> str:
    return "\n".join(told(parse(text)))


TREES = {
    "03": """
| Formula term | Meaning
| `(1 | group)` | random intercept
| `a | b` | escaped or
| `cmd1 || cmd2` | shell or
""",
    "05": """
| Phase | Tasks | Risk
| 1 | • Gather data↵• Clean data↵• Plot | low
| 2 | Train↵Test↵Ship | **high**
""",
    "07": """
**重要：**请先备份。这是**「引用」**的内容。**注意（必读）**后面。
- **具体：**与其说"一棵树"，不如……
- 価格は**1,000円（税込）**です。
- **“如何更好地服务你”**是问题。
""",
    "10": """
See <https://example.com/docs?a=1&b=2>. Also (<https://en.wikipedia.org/wiki/Foo_(bar)>), │
<www.python.org>(http://www.python.org) and mail │
<me@example.com>(mailto:me@example.com).⏎访问 <https://example.com/docs>（中文说明）了解更多，或 │
<https://example.org/x>. <A link>(https://example.com).
""",
    "16": """
It costs $5 and $6, or $5-$10k. **$4** vs **$1.50**. From $20 to $30 per month; US$100. │
"$990/mo" ... "$1,500 freebie". $HOME and $PATH are set. Pay $5, get 2$ back.⏎Budget: $10 – │
$20 (i.e. {a} is math). Price in $/kWh and $/MWh.
""",
    "20": r"""
math: '\\begin{gathered}\na = b \\\\\nc = d\n\\end{gathered}'
- Item with display:
  math: 'x^2'
- Item two {{y = 2}} tail
1. **Step**
   math: '\\int_0^\\infty e^{-x}\\,dx = 1'
   so done.
> math: 'q = 1'
{{x = 1}} and then text.
Text before: {{x = 1
+ 2}} after.
Consider{{a=b}}⏎and so on.
math: '\\begin{align}\nu &= 1\\\\\nv &= 2\n\\end{align}'
{double} backslash and {{z}}
""",
    "21": """
Use `vector<int>` or std::vector<int> and List<String>. <div class="x">hi</div> <b>bold</b> │
H↓2↑O, x↑2↓, [[Ctrl]]+[[C]], <u>under</u>, line↵break, <mark>m</mark>
<details>⏎<summary>More</summary>
Hidden **text**
</details>
<!-- a comment -->⏎After.
winget search <keyword> and <think>hm</think>
""",
    "30": """
Roses are red⏎Violets are blue⏎Two spaces↵break here↵backslash
Line with trailing `code`⏎next line
---
Poem:⏎indented two⏎indented four?
code : 'real indented code'
""",
    "50": r"""
Here is a README:
code markdown: '# Title\nInstall:\n```bash\npip install x\n```\nUsage text.'
After the README, **normal text** goes on.
1. one
2. two
""",
}


def plain(tree: str) -> str:
    """Join the lines of a tree that end with a bar, which marks a continuation."""
    return tree.strip("\n").replace("│\n", "")


@pytest.mark.parametrize("number", TREES)
def test_cases_are_read_as_they_were_meant(number: str) -> None:
    assert read(case(number)) == plain(TREES[number])


@pytest.mark.parametrize("number", TREES)
def test_a_case_that_grows_ends_in_the_same_blocks(number: str) -> None:
    text = case(number)
    whole = parse(text)
    for at in range(len(text) + 1):
        stream = MarkdownStream()
        stream.feed(text[:at])
        stream.feed(text[at:])
        stream.finish()
        assert tuple(stream.blocks) == whole, at
    stream = MarkdownStream()
    for character in text:
        stream.feed(character)
    stream.finish()
    assert tuple(stream.blocks) == whole


# --- Tables -------------------------------------------------------------------------------

ROWS = [
    ("`a | b` | c", ["`a | b`", "c"]),
    (r"`a \| b` | c", ["`a | b`", "c"]),
    ("``a ` | b`` | c", ["``a ` | b``", "c"]),
    ("$|x|$ | norm", ["$|x|$", "norm"]),
    (r"\(P(A|B)\) | given", [r"\(P(A|B)\)", "given"]),
    (r"$$a|b$$ | \[c|d\]", ["$$a|b$$", r"\[c|d\]"]),
    ("$5 | $6", ["$5", "$6"]),
    ("` | tick", ["`", "tick"]),
    ("`a | b`", ["`a", "b`"]),  # as on GitHub, a row has as many cells as the table has columns
    (r"a \| b | c", ["a | b", "c"]),
    ("a | b | c", ["a", "b | c"]),
    ("a | b || c | d", ["a", "b || c | d"]),
    ("`x | y | z", ["`x", "y | z"]),
    ("a", ["a"]),
    ("a |  |", ["a", ""]),
]


@pytest.mark.parametrize(("row", "cells"), ROWS)
def test_cells_keep_their_text(row: str, cells: list[str]) -> None:
    assert tables.cells(row, 2) == cells
    assert tables.cells(f"| {row} |" if not row.endswith("|") else f"| {row}", 2) == cells


def test_a_header_may_have_a_pipe_in_code() -> None:
    assert read("| `a|b` | c |\n|---|---|\n| 1 | 2 |") == "| `a|b` | c\n| 1 | 2"
    assert read("`a|b` | c\n--|--") == "| `a|b` | c"


def test_a_table_that_is_copied_has_all_of_it() -> None:
    (table,) = parse(
        "| a | b |\n|-|-|\n| `x|y` | 1 | 2 |\n| H<sub>2</sub>O<br>ice | <kbd>F1</kbd> |"
    )
    assert isinstance(table, Table)
    assert parse(table_markdown(table)) == (table,)
    assert table_csv(table) == 'a,b\r\nx|y,1 | 2\r\n"H₂O\nice",F1\r\n'
    assert blocks_text([table]) == "a\tb\nx|y\t1 | 2\nH₂O ice\tF1"


# --- Tags ---------------------------------------------------------------------------------

TAGS = {
    "a<br>b<BR/>c<br />d": "a↵b↵c↵d",
    "a<br>\nb": "a↵b",
    "a</br>b": "a↵b",
    "a<br><br>b<br>": "a↵↵b",
    "x<sup>2</sup> H<SUB>2</SUB>O": "x↑2↓ H↓2↑O",
    "<sub>**a** `b` $c$</sub>": "**↓a↑**↓ ↑↓`b`↑↓ ↑↓{c}↑",
    "<kbd>Ctrl</kbd>+<kbd>**C**</kbd>": "[[Ctrl]]+**[[C]]**",
    "<kbd>*</kbd> or <kbd>*</kbd>, <kbd>\\</kbd> <kbd>`</kbd> <kbd>&lt;</kbd> <kbd>$</kbd>": (
        "[[*]] or [[*]], [[\\]] [[`]] [[<]] [[$]]"
    ),
    "<kbd><kbd>A</kbd>+<kbd>B</kbd></kbd>": "[[A]]+[[B]]",
    "a <sub>b": "a <sub>b",
    "a </sub> b": "a </sub> b",
    "a <sub>b</sup> c": "a <sub>b</sup> c",
    "<sub></sub>": "<sub></sub>",
    "<sub>a <sup>b</sub> c": "↓a <sup>b↑ c",
    r"\<br> `<br>` &lt;br&gt;": "<br> `<br>` <br>",
    "<u>y</u> <mark>z</mark> <br onclick=x>": "<u>y</u> <mark>z</mark> <br onclick=x>",
    "<script>a</script><!-- b -->": "<script>a</script><!-- b -->",
    "vector<int> <keyword> <think>hm</think>": "vector<int> <keyword> <think>hm</think>",
}


@pytest.mark.parametrize("text", TAGS)
def test_four_elements_are_honoured_and_no_other(text: str) -> None:
    assert said(spans(text)) == TAGS[text]


def test_marks_count_beside_a_tag() -> None:
    assert spans("**H<sub>2</sub>**O") == (
        Span("H", bold=True),
        Span("2", bold=True, vertical_align=VerticalAlign.BELOW),
        Span("O"),
    )


@pytest.mark.parametrize("text", [*TAGS, "a\nb  \nc\\\nd", "https://a.b/c, www.d.e f@g.hi"])
def test_what_was_honoured_is_written_again(text: str) -> None:
    read = spans(text)
    again = spans(spans_markdown(read))
    assert said(again) == said(read)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x<sup>2</sup>", "x²"),
        ("10<sup>-6</sup>", "10⁻⁶"),
        ("CO<sub>2</sub>", "CO₂"),
        ("the 1<sup>st</sup>", "the 1st"),
        ("<kbd>Esc</kbd>", "Esc"),
        ("a<br>b", "a\nb"),
        ("a\nb", "a\nb"),
    ],
)
def test_what_is_copied_as_plain_text(text: str, plain: str) -> None:
    assert blocks_text(parse(text)) == plain


# --- Lines --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("- a\n  b\n- c\nd", "- a⏎b\n- c⏎d"),
        ("> a\n> b", "> a⏎b"),
        ("a  \nb\\\nc", "a↵b↵c"),
        ("**a\nb**", "**a**⏎**b**"),
        ("# a\nb", "# a\nb"),
        ("[^1]\n\n[^1]: a\n    b", "^1\n> a⏎b"),
    ],
)
def test_an_end_of_a_line_is_one(text: str, tree: str) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    "sentence", ["One *more* sentence. ", "又一个句子。", "A line of a poem\n", "w"]
)
def test_a_cut_paragraph_has_all_of_its_text(sentence: str) -> None:
    text = (sentence * (6_000 // len(sentence))).strip()
    blocks = parse(text)
    assert len(blocks) > 1
    assert blocks_text(blocks) == text.replace("*", "")


# --- Fences -------------------------------------------------------------------------------

FENCES = {
    "```md\n```py\nx\n```\n```\nend": r"code md: '```py\nx\n```'" "\nend",
    "~~~md\n~~~py\nx\n~~~\n~~~\nend": r"code md: '~~~py\nx\n~~~'" "\nend",
    "````md\n```py\nx\n```\n````\nend": r"code md: '```py\nx\n```'" "\nend",
    "```md\n````py\n```\n````\n```\nend": r"code md: '````py\n```\n````'" "\nend",
    "```md\n```a\n```\n```b\n```\n```\nend": r"code md: '```a\n```\n```b\n```'" "\nend",
    "```md\n```md\n```a\n```\n```\n```\nend": r"code md: '```md\n```a\n```\n```'" "\nend",
    "1. a\n   ```md\n   ```sh\n   x\n   ```\n   ```\n2. b": "1. a\n"
    r"   code md: '```sh\nx\n```'"
    "\n2. b",
    "> ```md\n> ```sh\n> ```\n> ```\nend": r"> code md: '```sh\n```'" "\nend",
    "```sh\ncat <<E\n```py\nx\n```\nE\n```\nend": r"code sh: 'cat <<E\n```py\nx\n```\nE'" "\nend",
    # A fence left open: its content is not parsed.
    "```py\nx\n```sh\ny\n```\n*end*\n\n```js\nz\n```\nend": r"code py: 'x\n```sh\ny'"
    "\n*end*\ncode js: 'z'\nend",
    "- ```py\n  ```sh\n  y\n  ```\n- b": r"- code py: '```sh\ny'" "\n- b",
    "```py\nx\n```\n```sh\ny\n```": "code py: 'x'\ncode sh: 'y'",
    "```\n``` a `b`\n```\nend": "code : '``` a `b`'\nend",
}


@pytest.mark.parametrize("text", FENCES)
def test_a_fence_in_a_fence(text: str) -> None:
    assert read(text) == FENCES[text]
    for at in range(len(text)):
        stream = MarkdownStream()
        stream.feed(text[:at])
        stream.feed(text[at:])
        stream.finish()
        assert tuple(stream.blocks) == parse(text)


def test_a_fence_in_a_growing_fence_is_code() -> None:
    stream = MarkdownStream()
    stream.feed("```md\n# T\n```sh\nx\n```\nmore")
    assert list(stream.blocks) == [Code("# T\n```sh\nx\n```\nmore", "md")]
    stream.feed("\n```\nend")
    assert list(told(stream.blocks))[1:] == ["end"]


# --- Lists --------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["  ", "   ", "    "])
def test_bullets_below_a_number_are_below_it(room: str) -> None:
    text = f"1. a\n{room}- b\n{room * 2}- c\n{room}- d\n2. e"
    assert read(text) == "1. a\n   - b\n     - c\n   - d\n2. e"
    assert read(f"10. a\n{room}- b\n11. c") == "10. a\n    - b\n11. c"


def test_marks_that_mean_nothing_are_text() -> None:
    text = "~5 to ~10, snake_case_word, 2 * 3 * 4, #标题"
    assert read(text) == text
    assert read("#标题") == "#标题"
    assert read("* **a:** b") == "- **a:** b"


# --- Stars beside letters of scripts without blanks ---------------------------------------

STARS = [
    "**重要：**请",
    "是**「引用」**的",
    "**（注）**后",
    "**1,000円（税込）**です",
    "**“你好”**是",
    "他说**“你好”**，然后",
    "~~（旧）~~新",
    "*（注）*后",
    "***（注）***后",
    "**`npm publish`**를",
    "**한국어(Korean)**는",
    "**全角！**ＡＢＣ",
    "**テスト。**Test",
    "**𠮷（よし）**野家",
    "**สำคัญ:**ข้อความ",
    "**សំខាន់៖**អត្ថបទ",
]


@pytest.mark.parametrize("text", STARS)
def test_stars_count_beside_punctuation(text: str) -> None:
    found = spans(text)
    assert not any(mark in span.text for span in found for mark in "*~")
    assert any(span.bold or span.italic or span.strike for span in found)
    assert "".join(span.text for span in found) == text.translate(str.maketrans("", "", "*~`"))
