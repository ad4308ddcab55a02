"""Recognise formulas, as opposed to lookalikes: prices, shell variables, words."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.markdown.blocks import SpanKind
from app.markdown.scripts import UNSPACED

# Environments that models write without dollars around them.
_ENVIRONMENTS = (
    "align|alignat|aligned|alignedat|array|[bBpvV]?matrix|smallmatrix|cases|dcases|eqnarray|"
    "equation|flalign|gather|gathered|multline|split"
)
OPENING = re.compile(
    r"\$\$|\\{1,2}\[|\\{1,2}\(|\\begin\{(?P<environment>(?:" + _ENVIRONMENTS + r")\*?)\}"
)
"""The opening mark of a formula, except a single dollar."""
DISPLAYED = re.compile(r"\$\$|\\{1,2}\[|\\begin\{(?P<environment>(?:" + _ENVIRONMENTS + r")\*?)\}")
"""The opening mark of a displayed formula."""
DISPLAY_MARKS = ("$$", "\\[")
"""Marks of a displayed formula that may end a line."""
_ENDINGS = {
    "$$": "$$",
    "\\[": "\\]",
    "\\(": "\\)",
    "\\\\[": "\\\\]",
    "\\\\(": "\\\\)",
}
# Environments that are part of a formula; alone on a line, they are inline formulas.
_INLINE_ENVIRONMENT = re.compile(
    "array|cases|dcases|smallmatrix|[a-zA-Z]?matrix|aligned|gathered|split"
)
# Code, opening marks, and escapes; marks inside these are ignored.
_SKIPPED = re.compile(rf"(`+).+?(?<!`)\1(?!`)|{OPENING.pattern}|\\.", re.DOTALL)

_BETWEEN = re.compile(r"(?<![0-9A-Za-z$])\$(?!\s)((?:[^$\\]|\\.)+)(?<!\s)\$(?![0-9$])", re.DOTALL)
_SPACED = re.compile(r"(?<![0-9A-Za-z$])\$ ((?:[^$\\\n]|\\.)*\S) \$(?![0-9A-Za-z$])")
_DISPLAY_DOLLARS = re.compile(r"(?<!\$)\$\$((?:[^$\\]|\\.)+)\$\$(?!\$)", re.DOTALL)

# Commands, and arguments that are words by declaration.
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
_CURRENCY = re.compile("[€£¥₩₹₽¢]")
_BAD_START = frozenset("\"“”„«»‹›'‘’)")
_BAD_END = frozenset('"“„«‹‘(')
# Formulas that may be followed by a letter, as in "the $n$th".
_BEFORE_LETTER = re.compile(r"[^\W\d_]'*|\S*[\\^_={]\S*")


class Formula(NamedTuple):
    """A formula's kind, its TeX, and the position after it."""

    kind: SpanKind
    tex: str
    end: int


def closing_mark(mark: re.Match[str]) -> str:
    """Return the closing mark for a match of `OPENING`."""
    environment = mark["environment"]
    return f"\\end{{{environment}}}" if environment else _ENDINGS[mark[0]]


def formula_tex(source: str, mark: str, end: str) -> str:
    """Return what is between a formula's marks; those of an environment belong to it."""
    if not mark.startswith("\\begin"):
        source = source[len(mark) : len(source) - len(end)]
    return source.strip()


def without_blank_lines(tex: str) -> str:
    """Remove blank lines, which TeX does not allow; complete parts are stacked."""
    parts = re.split(r"\n(?:[ \t]*\n)+", tex)
    if len(parts) > 1 and all(map(_is_complete, parts)):
        return f"\\begin{{gathered}}\n{_LINE_END.join(parts)}\n\\end{{gathered}}"
    return "\n".join(parts)


def _is_complete(tex: str) -> bool:
    """Return whether TeX is complete on a line of its own."""
    pairs = (("{", "}"), (r"\left", r"\right"))
    rows = "\\\\" in tex or "\\begin" in tex or "\\end" in tex
    return not rows and all(tex.count(left) == tex.count(right) for left, right in pairs)


def formula_content(lines: list[str], closing: str) -> str:
    """Return the content of the last formula that begins in the first line."""
    mark = closing.replace("]", "[").replace(")", "(").replace("\\end", "\\begin")
    text = "\n".join(lines)
    start = text.rfind(mark, 0, len(lines[0])) + len(mark)
    return text[start : text.find(closing, start) if closing in text[start:] else None]


def formula_at(text: str, at: int) -> Formula | None:
    """Return the formula that begins at a dollar or a backslash."""
    if text[at] == "$" and text[at : at + 2] != "$$":
        return _between_dollars(text, at)
    mark = OPENING.match(text, at)
    if not mark:
        return None
    if mark[0] == "$$":
        found = _DISPLAY_DOLLARS.match(text, at)
        end = found.end() if found else -1
    else:
        closing = closing_mark(mark)
        start = text.find(closing, mark.end())
        end = start + len(closing) if start >= 0 else -1
    if end < 0:
        return None
    shown = DISPLAYED.match(mark[0]) is not None and not _INLINE_ENVIRONMENT.match(
        mark["environment"] or ""
    )
    tex = formula_tex(text[at:end], mark[0], closing_mark(mark))
    if not tex or (shown and is_prose(tex)):
        return None
    return Formula(SpanKind.DISPLAY if shown else SpanKind.MATH, without_blank_lines(tex), end)


def open_formula_end(line: str, closing: str = "") -> str:
    """Return the closing mark of the formula that is open at the line's end, or "".

    ``closing`` is that at the line's beginning.
    """
    at = 0
    if not (closing or "\\" in line or "$$" in line):
        return ""
    while True:
        if closing:
            start = line.find(closing, at)
            if start < 0:
                return closing
            at, closing = start + len(closing), ""
        found = _SKIPPED.search(line, at)
        if not found:
            return ""
        at = found.end()
        if mark := OPENING.fullmatch(found[0]):
            closing = closing_mark(mark)


def is_prose(tex: str, words: int = 2) -> bool:
    """Return whether the text between two marks is prose.

    Prose has at least that many words, and nothing that only formulas have.
    """
    bare = _COMMAND.sub(" ", tex)
    if bare != tex or _SIGN.search(bare) or _OPERATOR.search(bare):
        return False
    found = [
        word for word in _WORD.findall(bare) if len(word) > 2 and not _FUNCTION.fullmatch(word)
    ]
    return len(found) >= words


def _between_dollars(text: str, at: int) -> Formula | None:
    """Match single dollars by pandoc's rule: no space inside them, no digit after the last one.

    Text between a price and the next dollar is not a formula.
    """
    found = _BETWEEN.match(text, at)
    if not found:
        return _spaced_dollars(text, at)
    tex, after = found[1], text[found.end() : found.end() + 1]
    if after.isascii() and after.isalpha() and not _BEFORE_LETTER.fullmatch(tex):
        return None
    if "`" in tex or "**" in tex or tex[0] in _BAD_START or tex[-1] in _BAD_END:
        return None
    return None if _is_price(tex) or is_prose(tex) else Formula(SpanKind.MATH, tex, found.end())


def _spaced_dollars(text: str, at: int) -> Formula | None:
    """Match dollars with spaces inside, only if the text cannot be anything but a formula."""
    found = _SPACED.match(text, at)
    if not found:
        return None
    bare = _COMMAND.sub(" ", found[1])
    surely = bare != found[1] or _SIGN.search(bare) or re.match(r"[^\W\d_] =", bare)
    if not surely or re.search(r"[^\W\d_]{3}|\*\*|`", bare) or _CURRENCY.search(bare):
        return None
    return Formula(SpanKind.MATH, found[1], found.end())


def _is_price(tex: str) -> bool:
    """Return whether it begins like a price and continues with words or another currency."""
    if not tex[0].isdigit():
        return False
    bare = _COMMAND.sub(" ", tex)
    if _CURRENCY.search(bare):
        return True
    return bare == tex and not _SIGN.search(bare) and _WORD.search(bare) is not None
