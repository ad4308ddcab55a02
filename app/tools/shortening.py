"""Texts of tools made short: one result that is too long, and old ones when the context is full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.base.types import Part, PartKind

_LEFT_OUT = "\n[… {count:,} characters left out …]\n"
_OLD = " [… {count:,} characters left out …]"
_HEAD = 2 / 3  # of what is kept of a long text; the rest is its end
_SHORT = 80  # characters of an old result or call that stay
_WORTH = 10  # tokens that shortening has to save
_FRAME = 6  # tokens around a part
_REACH = 17  # characters of a token, at most
_MOST_CITED = 100  # lines of one citation
# The browser's displays, and the model's citations of their lines.
_DISPLAY, _LINE = re.compile(r"\[(\d{1,6})\] "), re.compile(r"L(\d{1,7}): ")
_CITATION = re.compile(r"【(\d{1,6})†L(\d{1,7})(?:-L?(\d{1,7}))?】")
_PIECE = re.compile(r"[^\W\d_]+|\d+|\s+|.", re.DOTALL)


def estimate(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few for a large vocabulary."""
    total = 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if not piece.isascii():
            total += len(piece)
        elif piece.isalpha():
            total += -(-len(piece) // 6)
        elif piece.isdigit():
            total += -(-len(piece) // 3)
        elif piece.isspace():
            total += -(-(len(piece) - 1) // 16)  # a space is part of the next word
        else:
            total += 1
    return total


def cut(text: str, tokens: int, scale: float = 1.0) -> str:
    """Return a text of at most about ``tokens``: its beginning and end, and a line for the rest.

    ``scale`` is by how much the model's vocabulary needs more tokens than `estimate` thinks.
    """
    if len(text.encode("utf-8", "replace")) <= tokens:
        return text  # no token has less than a byte
    reach = tokens * _REACH
    between = max(0, len(text) - 2 * reach)  # what need not even be looked at
    if between:
        text = text[:reach] + text[len(text) - reach :]
    needed = estimate(text) * scale
    if needed <= tokens:
        return text
    keep = int(len(text) * tokens / needed)
    while True:
        head = int(keep * _HEAD)
        tail = keep - head
        left = _LEFT_OUT.format(count=len(text) - keep + between)
        short = f"{text[:head]}{left}{text[len(text) - tail :]}"
        if keep < 64 or estimate(short) * scale <= tokens:
            return short
        keep = keep * 3 // 4


def short_result(text: str) -> str:
    """Return what stays of an old result that names no short form of its own."""
    if len(text) <= _SHORT + len(_OLD):
        return text
    return f"{text[:_SHORT]}{_OLD.format(count=len(text) - _SHORT)}"


def _short_call(text: str) -> str:
    """Return what stays of the arguments of an old call: JSON stays JSON."""
    if len(text) <= _SHORT + len(_OLD):
        return text
    left = f"{len(text) - _SHORT:,} characters left out"
    if text.lstrip().startswith("{"):
        return f'{{"…": "{len(text):,} characters left out"}}'
    return f"{text[:_SHORT]}\n# {left}"


Shortened = Mapping[int, Part | None]
"""Parts of an answer as they are sent, by their places; None for what is left out."""


@dataclass(frozen=True, slots=True)
class ShortenedParts:
    """What becomes shorter in a request, and about how many tokens that saves."""

    parts: Shortened
    tokens: int


def shorten(old: Sequence[Part], sent: Shortened, tokens: int, scale: float) -> ShortenedParts:
    """Choose what becomes short in the beginning of an answer, until about ``tokens`` are free.

    That is the oldest results and calls; if they do not suffice, the oldest reasoning goes, and if
    that is not half of it, the oldest calls go with their results. Of the browser's displays, the
    lines stay that the model has cited so far. ``sent``: what is short already.
    """
    found: dict[int, Part | None] = {}
    freed = 0
    cited = _cited(old)
    for kinds in ((PartKind.RESULT, PartKind.CALL), (PartKind.REASONING,)):
        for at, part in enumerate(old):
            if freed >= tokens:
                break
            if part.kind not in kinds or at in sent:
                continue
            short = _short(part, cited)
            saved = _size(part) - _size(short)
            if saved >= _WORTH:
                found[at] = short
                freed += int(saved * scale)
    if freed >= tokens // 2:
        return ShortenedParts(found, freed)
    more = _without_oldest(old, {**sent, **found}, tokens - freed, scale)
    return ShortenedParts({**found, **more.parts}, freed + more.tokens)


def _without_oldest(
    old: Sequence[Part], sent: Shortened, tokens: int, scale: float
) -> ShortenedParts:
    """Leave out the oldest calls, their results and the reasoning until then."""
    found: dict[int, Part | None] = {}
    freed = 0
    there = {at: part for at, part in enumerate(old) if sent.get(at, part) is not None}
    thoughts: list[int] = []
    for at, part in there.items():
        if part.kind is PartKind.REASONING:
            thoughts.append(at)
        results = [n for n, p in there.items() if p.kind is PartKind.RESULT and p.id == part.id]
        if part.kind is PartKind.CALL and results and freed < tokens:
            gone = [*thoughts, at, results[0]]
            found |= dict.fromkeys(gone)
            words = sum(_size(sent.get(n, there[n])) for n in gone)
            freed += int(words * scale) + _FRAME * len(gone)
            thoughts = []
    return ShortenedParts(found, freed)


def halve(answer: Sequence[Part], sent: Shortened, start: int, scale: float) -> ShortenedParts:
    """Halve the results from a place on, the last resort."""
    found: dict[int, Part | None] = {}
    freed = 0
    for at, part in enumerate(answer[start:], start):
        if part.kind is PartKind.RESULT and at not in sent and len(part.text) > 2 * _SHORT:
            half = cut(part.text, int(_size(part) * scale / 2), scale)
            found[at] = replace(part, text=half)
            freed += int((_size(part) - estimate(half)) * scale)
    return ShortenedParts(found, freed)


def _size(part: Part | None) -> int:
    return estimate(part.text) if part else 0


def _short(part: Part, cited: Mapping[str, set[int]]) -> Part | None:
    match part.kind:
        case PartKind.RESULT:
            own = part.facts.short if part.facts else ""
            kept = _cited_lines(part.text, cited) if own else ()
            return replace(part, text="\n".join([own or short_result(part.text), *kept]))
        case PartKind.CALL:
            return replace(part, text=_short_call(part.text))
    return None


def _cited(parts: Sequence[Part]) -> dict[str, set[int]]:
    """Return the lines of the browser's displays that the model has cited, by their cursors."""
    found: dict[str, set[int]] = {}
    for part in parts:
        if part.kind in (PartKind.TEXT, PartKind.REASONING):
            for mark in _CITATION.finditer(part.text):
                first, last = int(mark[2]), int(mark[3] or mark[2])
                lines = range(first, min(last, first + _MOST_CITED) + 1)
                found.setdefault(mark[1], set()).update(lines)
    return found


def _cited_lines(shown: str, cited: Mapping[str, set[int]]) -> Iterator[str]:
    """Yield the lines of a display that are cited."""
    cursor = _DISPLAY.match(shown)
    numbers = cited.get(cursor[1], set()) if cursor else set()
    for line in shown.split("\n") if numbers else ():
        numbered = _LINE.match(line)
        if numbered and int(numbered[1]) in numbers:
            yield line
