"""The marks by which models cite what a tool has displayed: ``【6†L9-L11】``, ``【8†L3】``.

The number is the cursor of the display. Models also write ``【3†source】``, other dashes, several
ranges, and marks that never end. A bracket without a dagger after its number is ordinary: that is
how Chinese writers set off a heading, or number a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from app.base.pages.cited import CitationMark

_BLANK = "[ \u00a0\u202f\u3000]*"
_DASH = "[-\u2010-\u2015\u2212\uff0d~]"
_HEAD = rf"【{_BLANK}\d{{1,9}}(?::\d{{1,9}})?{_BLANK}†"
_RANGE = rf"L?(\d{{1,9}})(?:{_BLANK}{_DASH}{_BLANK}L?(\d{{1,9}}))?"
_LONGEST = 120  # characters after the dagger

CITATION = re.compile(
    rf"{_HEAD}(?:[^【】\n]{{0,{_LONGEST}}}】|{_BLANK}(?:source|{_RANGE}{_BLANK}{_DASH}?L?)?)"
)
"""A mark; without its closing bracket, as far as it is one."""

_PARTS = re.compile(rf"【{_BLANK}(\d+)(:\d+)?{_BLANK}†([^†】]*)")
_RANGES = re.compile(_RANGE)
_MARKED = re.compile(rf"(?<![^\W\d_])L(\d{{1,9}})(?:{_BLANK}{_DASH}{_BLANK}L?(\d{{1,9}}))?")
_ALL_RANGES = re.compile(rf"{_BLANK}{_RANGE}(?:{_BLANK}[,;，、]{_BLANK}{_RANGE})*{_BLANK}")
_UNFINISHED = re.compile(
    rf"【{_BLANK}(?:\d{{1,9}}(?::\d{{0,9}})?{_BLANK}(?:†[^【】\n]{{0,{_LONGEST}}})?)?\Z"
)
_FENCE = r"^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"
_TOKENS = re.compile(rf"{_FENCE}|(?P<ticks>`+)|(?P<mark>{CITATION.pattern})", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n[ \t>]*\n")


@lru_cache(maxsize=1024)
def citation_mark(text: str) -> CitationMark:
    """Return what a mark points at; one that is broken points at no display."""
    found = _PARTS.match(text)
    if not found or found[2] or not text.endswith("】"):
        return CitationMark(-1)
    lines = (_RANGES if _ALL_RANGES.fullmatch(found[3]) else _MARKED).findall(found[3])
    ranges = [sorted((int(first), int(last or first))) for first, last in lines]
    return CitationMark(int(found[1]), tuple((first, last) for first, last in ranges))


def may_cite(source: str) -> bool:
    """Return whether there may be a mark in Markdown; most answers have none."""
    return "†" in source and "【" in source


def unfinished_mark(text: str) -> int:
    """Return where a mark at the end of a text begins that is not complete yet, else its length."""
    at = text.rfind("【", max(len(text) - _LONGEST - 30, 0))
    return at if at >= 0 and _UNFINISHED.match(text, at) else len(text)


def citations_in(source: str) -> list[re.Match[str]]:
    """Return the marks in Markdown, in order, without those in code, which are literal."""
    if not may_cite(source):
        return []
    if "`" not in source and "~~~" not in source:
        return list(CITATION.finditer(source))
    return list(_outside_code(source))


def _outside_code(source: str) -> Iterator[re.Match[str]]:
    fence, skipped = "", 0
    for token in _TOKENS.finditer(source):
        if mark := token["fence"]:
            if not fence:
                fence = mark
            elif mark[0] == fence[0] and len(mark) >= len(fence):
                fence = ""
        elif fence or token.start() < skipped:
            continue
        elif ticks := token["ticks"]:
            skipped = _code_end(source, token.end(), ticks)
        else:
            yield token


def _code_end(source: str, start: int, ticks: str) -> int:
    """Return where inline code ends; if it does not, where it begins."""
    over = _PARAGRAPH.search(source, start)
    limit = over.start() if over else len(source)
    closing = re.compile(rf"(?<!`){ticks}(?!`)").search(source, start, limit)
    return closing.end() if closing else start


def with_citations(source: str, write: Callable[[CitationMark], str]) -> str:
    """Return Markdown in which each mark is replaced by what ``write`` returns for it."""
    pieces, at = [], 0
    for found in citations_in(source):
        pieces += [source[at : found.start()], write(citation_mark(found[0]))]
        at = found.end()
    return "".join([*pieces, source[at:]])


def marks_in(source: str) -> list[CitationMark]:
    """Return what the marks in Markdown point at, in order."""
    return [citation_mark(found[0]) for found in citations_in(source)]
