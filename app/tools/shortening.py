"""Texts of tools made short: one result that is too long, and old ones when the context is full."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.base.types import Part, PartKind

_LEFT_OUT = "\n[… {count:,} characters left out …]\n"
_OLD = "[… {count:,} characters of this result were left out to make room …]"
_HEAD = 2 / 3  # of what is kept of a long text; the rest is its end
_SHORT = 160  # characters of an old result or call that stay
_WORTH = 40  # characters that shortening has to save
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
        elif not piece.isspace() or len(piece) > 1:
            total += 1
    return total


def cut(text: str, tokens: int, scale: float = 1.0) -> str:
    """Return a text of at most about ``tokens``: its beginning and end, and a line for the rest.

    ``scale`` is by how much the model's vocabulary needs more tokens than `estimate` thinks.
    """
    if len(text.encode("utf-8", "replace")) <= tokens:
        return text  # no token has less than a byte
    needed = estimate(text) * scale
    if needed <= tokens:
        return text
    keep = int(len(text) * tokens / needed)
    while True:
        head = int(keep * _HEAD)
        tail = keep - head
        left = _LEFT_OUT.format(count=len(text) - keep)
        short = f"{text[:head]}{left}{text[len(text) - tail :]}"
        if keep < 64 or estimate(short) * scale <= tokens:
            return short
        keep = keep * 3 // 4


def short_result(text: str) -> str:
    """Return what stays of an old result that names no short form of its own."""
    if len(text) <= _SHORT + _WORTH:
        return text
    return f"{text[:_SHORT]}{_OLD.format(count=len(text) - _SHORT)}"


def _short_call(text: str) -> str:
    """Return what stays of the arguments of an old call: JSON stays JSON."""
    if len(text) <= _SHORT + _WORTH:
        return text
    left = f"{len(text) - _SHORT:,} characters left out"
    if text.lstrip().startswith("{"):
        return f'{{"…": "{len(text):,} characters left out"}}'
    return f"{text[:_SHORT]}\n# {left}"


@dataclass(frozen=True, slots=True)
class ShortenedParts:
    """Parts of an answer in their short form, by their places; ``tokens`` is what that may save."""

    parts: dict[int, Part]
    tokens: int


def shorten(
    old: Sequence[Part], done: Collection[int], tokens: int, scale: float
) -> ShortenedParts:
    """Choose the oldest results and calls to become short, until about ``tokens`` are free.

    ``old`` is the beginning of an answer; those in ``done`` are short already. If results and calls
    do not suffice, the oldest reasoning goes, too.
    """
    found: dict[int, Part] = {}
    freed = 0
    for kinds in ((PartKind.RESULT, PartKind.CALL), (PartKind.REASONING,)):
        for at, part in enumerate(old):
            if freed >= tokens:
                break
            if part.kind not in kinds or at in done:
                continue
            text = _short_text(part)
            if len(part.text) - len(text) >= _WORTH:
                found[at] = replace(part, text=text)
                freed += int((estimate(part.text) - estimate(text)) * scale)
    return ShortenedParts(found, freed)


def halve(
    answer: Sequence[Part], done: Collection[int], start: int, scale: float
) -> ShortenedParts:
    """Halve the results from a place on, the last resort."""
    found: dict[int, Part] = {}
    freed = 0
    for at, part in enumerate(answer[start:], start):
        if part.kind is PartKind.RESULT and at not in done and len(part.text) > 2 * _SHORT:
            half = cut(part.text, int(estimate(part.text) * scale / 2), scale)
            found[at] = replace(part, text=half)
            freed += int((estimate(part.text) - estimate(half)) * scale)
    return ShortenedParts(found, freed)


def _short_text(part: Part) -> str:
    match part.kind:
        case PartKind.RESULT:
            return (part.facts and part.facts.short) or short_result(part.text)
        case PartKind.CALL:
            return _short_call(part.text)
    return ""
