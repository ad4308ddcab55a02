"""A cell's output as the model reads it: cut to so many tokens, its beginning and its end."""

from __future__ import annotations

import math
import re

MOST_TOKENS = 2000
"""Tokens of output of one call."""
LONGEST_LINE = 1000
"""Characters of a line."""

_LEFT_OUT = "… {:,} characters left out …"
_ERRORS = 0.4  # the share of errors, if there are both
_HEAD = 0.5  # the share of the beginning, and of a long line
_PIECES = re.compile(r"[a-zA-Z]+|[0-9]+|\n+|[ \t]+|[^\sa-zA-Z0-9]")
_WORD = re.compile(r"[A-Z]?[a-z]{1,12}|[A-Z]{1,4}")


def tokens(text: str) -> int:
    """Return how many tokens a text has at most, about.

    Without the vocabulary: by words, numbers and signs. Measured against o200k, it is rarely
    exceeded, and by prose and tables never.
    """
    return math.ceil(sum(map(_weight, _PIECES.findall(text))))


def _weight(piece: str) -> float:
    first = piece[0]
    if first.isascii():
        if first.isdigit():
            return math.ceil(len(piece) / 3)
        if first.isalpha():
            return 1.3 if len(piece) <= 8 and _WORD.fullmatch(piece) else len(piece) / 1.8
        return 1.0 if not first.isspace() else 0.0 if piece == " " else 1.0 + len(piece) / 80
    return 1.5 if first.isalpha() else 3.0


def shortened(text: str, most: int, left_out: int = 0) -> str:
    """Return a text of ``most`` tokens: its beginning and its end.

    ``left_out`` characters are missing in its middle already.
    """
    text = "\n".join(map(_line, text.split("\n")))
    if not left_out and tokens(text) <= most:
        return text
    head = _fitting(text, int(most * _HEAD))
    tail = _fitting(text[::-1], most - int(most * _HEAD))[::-1]
    if len(head) + len(tail) >= len(text) and not left_out:
        return text
    if len(head) + len(tail) > len(text):
        head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    missing = len(text) - len(head) - len(tail) + left_out
    return f"{head.rstrip()}\n{_LEFT_OUT.format(missing)}\n{tail.lstrip()}"


def both(
    output: str, errors: str, left_out: tuple[int, int] = (0, 0), most: int = MOST_TOKENS
) -> str:
    """Return output and errors as one text, within their tokens."""
    output, errors = output.rstrip("\n"), errors.rstrip("\n")
    if not errors:
        return shortened(output, most, left_out[0])
    if not output:
        return shortened(errors, most, left_out[1])
    needed = tokens(errors)
    share = max(int(most * _ERRORS), most - tokens(output))
    errors = shortened(errors, min(share, max(needed, 1)), left_out[1])
    output = shortened(output, most - min(tokens(errors), most), left_out[0])
    return f"{output}\n{errors}"


def _line(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    half = LONGEST_LINE // 2
    return f"{line[:half]}{_LEFT_OUT.format(len(line) - 2 * half)}{line[-half:]}"


def _fitting(text: str, most: int) -> str:
    """Return the longest beginning of a text that has so many tokens."""
    low, high = 0, min(len(text), most * 8)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low]
