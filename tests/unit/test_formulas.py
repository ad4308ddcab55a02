"""Telling formulas from prices, and what may stand between a formula's delimiters."""

from __future__ import annotations

import pytest

from app.markdown import Math, Paragraph, SpanKind, Table, inline, parse
from app.markdown.formulas import open_formula_end

PRICES = [
    "$ 5 = $ 6, so $ 7 $",
    "in $ HOME_DIR and $ there",
    "R$ 50 = US$ 10 = A$ 15",
    "$ 5_000 or 6_000 dollars $",
    "It costs $5 and $6.",
    "or $5-$10k.",
    "**$4** vs **$1.50**",
    "From $20 to $30 per month; US$100.",
    '"$990/mo" ... "$1,500 freebie"',
    "$HOME and $PATH are set.",
    "Pay $5, get 2$ back.",
    "Price in $/kWh and $/MWh.",
    "Das kostet 5$ und 6$, oder $7 bzw. 8$.",
    "Ça coûte $5, soit 4 $ de moins qu'ici ($9).",
    "价格是$5，第二件$3，共8$。",
    "これは$5で、あれは10$です。",
    "가격은 $5이고 배송비는 $3입니다.",
    "Цена $5, а не 6$.",
    "R$ 50 e R$ 100; R$50–R$60.",
    "A$5, NZ$6, C$7 and HK$8/US$1",
    "$5/$10/$20 tiers",
    "$5–$10, $10—$20, $20~$30",
    "($5)($6)",
    "[$5](https://a.b) or [6$](https://c.d)",
    'the "$" sign and the "$" key',
    "'$' or '$$'",
    "use $ or $$ there",
    "I need $$ and more $$ now",
    "$1 = €0.92 and 1€ = 1.09$",
    "between $5 and 10$.",
    "$5k/yr or 10k$/yr",
    "$3.50/gal (was 4$)",
    "$5 (US$) vs. $6 (CA$)",
    "$1M ARR, $20M valuation, 3x$",
    "Earn $100+/day or even $200+/day",
    "$5*12 = $60 a year",
    "$20/mo × 12 = $240/yr",
    "$100 million, $1.2bn and 3bn$",
    "echo $HOME/$USER, $PATH:$HOME",
    "export A=$B:$C",
    "${HOME} and ${PATH}",
    "$(pwd) and $(ls)",
    "awk '{print $1, $2}' file",
    '$1 and $2 are arguments; "$@" is all, $# the count, $? the status',
    "jQuery: $('#a') and $(document)",
    "$scope.$apply and $http",
    "regex ^a$ or ^b$ here",
    "Cost: ~$5 (≈ £4), Rs. 400, 5 $",
    "save $$$ on flights, $$ on hotels",
    "**Price:** $5 **Old price:** $10",
    "*$5* and *$6*",
    "$5; $6; $7.",
    "$5...$6",
    "$0.01 per 1K tokens, $0.03 per 1K tokens out",
    "| $5 | $6 |",
    "£5, $6, €7, ¥8, $9",
    "$15,000–$20,000/year",
    "$ 5 and $ 6",
    "a 10-$20 range; 5-$6",
    "MX$100 equals about US$5, i.e. 5 US$",
    "win $1,000,000!!! or $5!?",
    "the cost ($5) + tax ($1) = $6",
    "In $AAPL and $TSLA we trust; $GME, too.",
    '"costs $5" and "costs $6"',
    "$5'000 und $6'000",
    "I paid $20 in cash and $30 by card, so 50$ in all",
]

FORMULAS = {
    r"so $ \frac{1}{2} $ is": r"\frac{1}{2}",
    "so $ x^2 + y^2 $ is": "x^2 + y^2",
    "so $ x = 5 $ is": "x = 5",
    "$x$": "x",
    "so $5!$ is 120": "5!",
    "$2^{10}$ bytes": "2^{10}",
    "has $100$ rows": "100",
    "$a$, $b$": "a",
    "($a$ is math)": "a",
    "the $n$th term": "n",
    "the $k$-th": "k",
    "$x=5$, $y$": "x=5",
    r"$\$5$ each": r"\$5",
    r"$O(n \log n)$": r"O(n \log n)",
    "$f(x) = 2x$": "f(x) = 2x",
    "函数$f(x)$是": "f(x)",
    "$5x+3$.": "5x+3",
    "$0 < x < 1$": "0 < x < 1",
    r"$1, 2, \dots, n$": r"1, 2, \dots, n",
    "**$x$** and *$y$*": "x",
    '"$x$" is': "x",
    "$f'$ is": "f'",
    "$]0,1[$": "]0,1[",
    "$[0,1)$": "[0,1)",
    r"$10\%$ of": r"10\%",
    "$-5$ degrees": "-5",
    r"$\text{cost} = 5$": r"\text{cost} = 5",
    r"$P(\text{rain} \mid \text{cloud})$": r"P(\text{rain} \mid \text{cloud})",
    "$E=mc^2$": "E=mc^2",
    r"$a \ne b$": r"a \ne b",
    "$speed = distance / time$": "speed = distance / time",
    "$a_1, a_2$": "a_1, a_2",
    r"$3 \times 4$": r"3 \times 4",
    "$x$-axis": "x",
    "$x$；": "x",
    "（$x$）": "x",
    "设$x$为": "x",
    "costs $5 ($x$ each)": "x",
    "$5 and $x$": "x",
    "$n=2$次": "n=2",
    r"$\alpha$-helix": r"\alpha",
    "$sin(x)$": "sin(x)",
    r"$\$10 + \$5$": r"\$10 + \$5",
    "$y = mx + b$": "y = mx + b",
    "$2n$": "2n",
    "$12 + 5 = 17$": "12 + 5 = 17",
    r"$A \cup B$": r"A \cup B",
    r"$x \in \mathbb{R}$": r"x \in \mathbb{R}",
    "$|x|$": "|x|",
    r"$\{1,2\}$": r"\{1,2\}",
    "$1/2$": "1/2",
    "$3.14$": "3.14",
    "$x,y$": "x,y",
    "$10^6$": "10^6",
    "$a | b$": "a | b",
    r"$4\,\mathrm{kg}$": r"4\,\mathrm{kg}",
    "$50$ dollars": "50",
    "$x$ costs $5": "x",
    r"$2 \cdot 3$": r"2 \cdot 3",
    "$x_i$s": "x_i",
    "$n$ 人": "n",
    "$3x + 2y = 12$ and $x$": "3x + 2y = 12",
    r"$N(\mu, \sigma^2)$": r"N(\mu, \sigma^2)",
    r"$90^\circ$": r"90^\circ",
}


def kinds(text: str) -> list[tuple[SpanKind, str]]:
    read = inline.spans(text, inline.Definitions())
    return [(s.kind, s.text) for s in read if s.kind in (SpanKind.MATH, SpanKind.DISPLAY)]


@pytest.mark.parametrize("text", PRICES)
def test_prices_and_variables_are_text(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_formulas(text: str) -> None:
    assert kinds(text)[0] == (SpanKind.MATH, FORMULAS[text])


@pytest.mark.parametrize(
    "text",
    [
        "$$\na\n\nb\n$$",
        "\\[\na\n\n\nb\n\\]",
        "\\\\[\na\nb\n\\\\]",
        "$$ a\n\nb $$",
    ],
)
@pytest.mark.parametrize("around", ["{}", "- {}", "> {}", "1. x\n\n   {}", "x\n\n{}\n\ny"])
def test_a_formula_may_have_empty_lines(text: str, around: str) -> None:
    if "y" not in around:
        lead = {"- {}": "  ", "> {}": "> ", "1. x\n\n   {}": "   "}.get(around, "")
        text = text.replace("\n", f"\n{lead}")
    blocks = parse(around.format(text))
    found = [block for block in blocks if isinstance(block, Math)]
    for block in blocks:
        for inner in getattr(block, "items", ()) or [block]:
            found += [b for b in getattr(inner, "blocks", ()) if isinstance(b, Math)]
    rows = "\\begin{gathered}\na \\\\\nb\n\\end{gathered}"
    lines = [line.strip("> ") for line in text.split("\n")]
    assert found == [Math(rows if "" in lines else "a\nb")]


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("Let \\[ a\n+ b \\] be.", "a\n+ b"),
        ("Let \\[\n- a\n- b\n\\] be.", "- a\n- b"),
        ("Let $$\n> a\n$$ be.", "> a"),
        ("Let\\[\n\na\n\n\\]be.", "a"),
        (
            "so \\begin{align*}\n1. &= 2\n\\end{align*} is",
            "\\begin{align*}\n1. &= 2\n\\end{align*}",
        ),
    ],
)
def test_a_formula_in_a_sentence_may_have_lines_like_lists(text: str, tex: str) -> None:
    (block,) = parse(text)
    assert isinstance(block, Paragraph)
    assert [s.text for s in block.spans if s.kind is SpanKind.DISPLAY] == [tex]


@pytest.mark.parametrize(
    "text",
    [
        "Let \\[ a\n- b\n- c",
        "Let $$ a\n\n# b",
        "$$\n# a\n\n- b",
        "\\begin{align}\n# a",
        "a \\( b\n\n- c",
        "`\\[` a\n- b\n\\]",
        "$$ the price of it is\n- a\n\nor more $$",
    ],
)
def test_what_never_ends_is_what_it_is_without(text: str) -> None:
    blocks = parse(text)
    assert len(blocks) > 1
    assert not any(isinstance(block, Math) for block in blocks)


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        (
            "$$\n\\begin{aligned}\na \\\\\n\nb\n\\end{aligned}\n$$",
            "\\begin{aligned}\na \\\\\nb\n\\end{aligned}",
        ),
        ("\\[\n\\frac{a\n\n}{b}\n\\]", "\\frac{a\n}{b}"),
        ("$$\n\\left( a\n\nb \\right)\n$$", "\\left( a\nb \\right)"),
    ],
)
def test_an_empty_line_within_something_is_none(text: str, tex: str) -> None:
    assert parse(text) == (Math(tex),)


def test_environments_alone_are_formulas() -> None:
    assert parse("\\begin{align}\na\n\\end{align}") == (Math("\\begin{align}\na\n\\end{align}"),)
    assert kinds("x \\begin{pmatrix}1\\end{pmatrix}") == [
        (SpanKind.MATH, "\\begin{pmatrix}1\\end{pmatrix}")
    ]
    assert kinds("\\begin{verse}a\\end{verse}") == []


def test_marks_may_have_two_backslashes() -> None:
    assert kinds("\\\\( a \\\\) and \\\\[ b \\\\]") == [
        (SpanKind.MATH, "a"),
        (SpanKind.DISPLAY, "b"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "| $$ | tier |\n|--|--|\n| $$$ | x |",
        "**Price:** $$\n**Rating:** 4\n\n## Next\n\n**Price:** $$\nok",
        "Price: $$\n\nRating 4 stars here\n\nPrice: $$\n\nend",
        "Rated $$ by\n1. Alice\n2. Bob\n\nand $$$ by Eve",
        "a \\( b\n```py\nx\n```\nc \\)",
    ],
)
def test_two_dollars_that_mean_dear_hide_no_block(text: str) -> None:
    blocks = parse(text)
    assert not any(isinstance(block, Math) for block in blocks)
    assert not any(kind is SpanKind.DISPLAY for kind, _ in kinds(text))
    assert len(blocks) > 1 or isinstance(blocks[0], Table)


@pytest.mark.parametrize(
    ("line", "closing"),
    [
        ("a \\[ b", "\\]"),
        ("a \\[ b \\] c", ""),
        ("`\\[` a", ""),
        ("a $$ b $$ c $$", "$$"),
        ("a \\\\( b", "\\\\)"),
        ("a $ b", ""),
    ],
)
def test_what_is_open_at_the_end_of_a_line(line: str, closing: str) -> None:
    assert open_formula_end(line) == closing
