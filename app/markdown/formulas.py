"""What is a formula, and what only looks like one: prices, variables of a shell, words."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.markdown.blocks import SpanKind
from app.markdown.scripts import UNSPACED

# Those of amsmath and LaTeX that models write without dollars around them.
_ENVIRONMENTS = (
    "align|alignat|aligned|alignedat|array|[bBpvV]?matrix|smallmatrix|cases|dcases|eqnarray|"
    "equation|flalign|gather|gathered|multline|split"
)
OPENING = re.compile(
    r"\$\$|\\{1,2}\[|\\{1,2}\(|\\begin\{(?P<environment>(?:" + _ENVIRONMENTS + r")\*?)\}"
)
"""The mark that a formula begins with, but for a single dollar."""
DISPLAYED = re.compile(r"\$\$|\\{1,2}\[|\\begin\{(?P<environment>(?:" + _ENVIRONMENTS + r")\*?)\}")
"""That of one on lines of its own."""
DISPLAY_MARKS = ("$$", "\\[")
"""What ends the line that such a one begins in."""
_ENDINGS = {
    "$$": "$$",
    "\\[": "\\]",
    "\\(": "\\)",
    "\\\\[": "\\\\]",
    "\\\\(": "\\\\)",
}
# Environments that are a part of a formula, and alone in a line are one in that line.
_PART = re.compile("array|cases|dcases|smallmatrix|[a-zA-Z]?matrix|aligned|gathered|split")
# What is no formula's mark though it has its characters.
_PASSED = re.compile(rf"(`+).+?(?<!`)\1(?!`)|{OPENING.pattern}|\\.", re.DOTALL)

_BETWEEN = re.compile(r"(?<![0-9A-Za-z$])\$(?!\s)((?:[^$\\]|\\.)+)(?<!\s)\$(?![0-9$])", re.DOTALL)
_APART = re.compile(r"(?<![0-9A-Za-z$])\$ ((?:[^$\\\n]|\\.)*\S) \$(?![0-9A-Za-z$])")
_SET = re.compile(r"(?<!\$)\$\$((?:[^$\\]|\\.)+)\$\$(?!\$)", re.DOTALL)

# Commands, and what is words by the writer's own word.
_COMMAND = re.compile(
    r"\\(?:text\w*|math\w+|operatorname\*?|mbox|begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+"
)
_SIGN = re.compile(r"[\^_]")
_OPERATOR = re.compile(r"=|[ \t][-+*/×·÷−<>≤≥≠≈∈→]\s")
_WORD = re.compile(rf"(?<![^\W_])[^\W\d_]{{2,}}|[{UNSPACED}]")
_FUNCTION = re.compile(
    "(?:arc)?(?:sin|cos|tan)|(?:sin|cos|tan)h|cot|sec|csc|log|exp|lim|max|min|sup|inf|det|dim|ker|"
    "deg|gcd|lcm|mod|arg|sgn|Var|Cov"
)
_LINE_END = " \\\\\n"
_MONEY = re.compile("[€£¥₩₹₽¢]")
_BAD_START = frozenset("\"“”„«»‹›'‘’)")
_BAD_END = frozenset('"“„«‹‘(')
# Behind it a letter may follow, as in "the $n$th".
_PLAINLY = re.compile(r"[^\W\d_]'*|\S*[\\^_={]\S*")


class Formula(NamedTuple):
    """Its kind, its TeX, and where the source goes on."""

    kind: SpanKind
    tex: str
    end: int


def ending(mark: re.Match[str]) -> str:
    """What ends the formula that begins with a match of `OPENING`."""
    environment = mark["environment"]
    return f"\\end{{{environment}}}" if environment else _ENDINGS[mark[0]]


def inner(source: str, mark: str, end: str) -> str:
    """What is between a formula's marks; those of an environment belong to it."""
    if not mark.startswith("\\begin"):
        source = source[len(mark) : len(source) - len(end)]
    return source.strip()


def lined(tex: str) -> str:
    """A formula without empty lines, which TeX has not: what they part is below each other, where
    nothing else says so."""
    parts = re.split(r"\n(?:[ \t]*\n)+", tex)
    if len(parts) > 1 and all(map(_is_whole, parts)):
        return f"\\begin{{gathered}}\n{_LINE_END.join(parts)}\n\\end{{gathered}}"
    return "\n".join(parts)


def _is_whole(tex: str) -> bool:
    """Whether it can stand on a line of its own."""
    pairs = (("{", "}"), (r"\left", r"\right"))
    rows = "\\\\" in tex or "\\begin" in tex or "\\end" in tex
    return not rows and all(tex.count(left) == tex.count(right) for left, right in pairs)


def content(lines: list[str], closing: str) -> str:
    """What is in the formula that begins last in the first line, and has this end."""
    mark = closing.replace("]", "[").replace(")", "(").replace("\\end", "\\begin")
    text = "\n".join(lines)
    start = text.rfind(mark, 0, len(lines[0])) + len(mark)
    return text[start : text.find(closing, start) if closing in text[start:] else None]


def formula_at(text: str, at: int) -> Formula | None:
    """The formula that begins there, at a dollar or a backslash."""
    if text[at] == "$" and text[at : at + 2] != "$$":
        return _between_dollars(text, at)
    mark = OPENING.match(text, at)
    if not mark:
        return None
    if mark[0] == "$$":
        found = _SET.match(text, at)
        end = found.end() if found else -1
    else:
        closing = ending(mark)
        start = text.find(closing, mark.end())
        end = start + len(closing) if start >= 0 else -1
    if end < 0:
        return None
    shown = DISPLAYED.match(mark[0]) is not None and not _PART.match(mark["environment"] or "")
    tex = inner(text[at:end], mark[0], ending(mark))
    if not tex or (shown and is_prose(tex)):
        return None
    return Formula(SpanKind.DISPLAY if shown else SpanKind.MATH, lined(tex), end)


def unclosed(line: str, closing: str = "") -> str:
    """What would end the formula that is open at the end of a line, else nothing. ``closing`` is
    the same at its beginning."""
    at = 0
    if not (closing or "\\" in line or "$$" in line):
        return ""
    while True:
        if closing:
            start = line.find(closing, at)
            if start < 0:
                return closing
            at, closing = start + len(closing), ""
        found = _PASSED.search(line, at)
        if not found:
            return ""
        at = found.end()
        if mark := OPENING.fullmatch(found[0]):
            closing = ending(mark)


def is_prose(tex: str, words: int = 2) -> bool:
    """Whether what stands between two marks of a formula is a stretch of a sentence: at least so
    many words, and nothing that only formulas have."""
    bare = _COMMAND.sub(" ", tex)
    if bare != tex or _SIGN.search(bare) or _OPERATOR.search(bare):
        return False
    found = [
        word for word in _WORD.findall(bare) if len(word) > 2 and not _FUNCTION.fullmatch(word)
    ]
    return len(found) >= words


def _between_dollars(text: str, at: int) -> Formula | None:
    """The rule of pandoc: no blank inside the dollars, no digit behind the last one; and what is
    between a price and the next dollar is none."""
    found = _BETWEEN.match(text, at)
    if not found:
        return _apart(text, at)
    tex, after = found[1], text[found.end() : found.end() + 1]
    if after.isascii() and after.isalpha() and not _PLAINLY.fullmatch(tex):
        return None
    if "`" in tex or "**" in tex or tex[0] in _BAD_START or tex[-1] in _BAD_END:
        return None
    return None if _is_sold(tex) or is_prose(tex) else Formula(SpanKind.MATH, tex, found.end())


def _apart(text: str, at: int) -> Formula | None:
    """With a blank at either end it is one only if it can be nothing else."""
    found = _APART.match(text, at)
    if not found:
        return None
    bare = _COMMAND.sub(" ", found[1])
    surely = bare != found[1] or _SIGN.search(bare) or re.match(r"[^\W\d_] =", bare)
    if not surely or re.search(r"[^\W\d_]{3}|\*\*|`", bare) or _MONEY.search(bare):
        return None
    return Formula(SpanKind.MATH, found[1], found.end())


def _is_sold(tex: str) -> bool:
    """Whether it begins as a price does and goes on in words or with other money."""
    if not tex[0].isdigit():
        return False
    bare = _COMMAND.sub(" ", tex)
    if _MONEY.search(bare):
        return True
    return bare == tex and not _SIGN.search(bare) and _WORD.search(bare) is not None
