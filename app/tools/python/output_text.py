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
_CERTAIN = 0.93  # the share that is used, since tokens are only about known
_HEAD = 0.5  # the share of the beginning, and of a long line
_REACH = 10  # characters of a token, at most
_PIECES = re.compile(
    r"[A-Z]*[a-z]+|[A-Z]+| ?[0-9]{1,3}| (?! )| +(?= )|([ \t\n\r])\1*|([!-/:-@\[-`{-~])\2*|.",
    re.DOTALL,
)
# Pairs of letters that are frequent in words, by their first: what has few of them is no word.
_SECONDS = """
    abcdgiklmnprstuwy baeloruy caehkloprstu daeiors eabcdefgilmnpqrstvwxy faefiort gabeghioprs
    haeiort iabcdefglmnorstvz kaes ladefiklosty madeimops nacdegilostuvy oacdefgklmnoprstuvw
    paehiloprstuy qu racdeiklmnorstuvy sacehikopstuw tacehiorstuy udegilmnprst vei waehinos xpt
    yost ze
"""
_PAIRS = {word[0] + second for word in _SECONDS.split() for second in word[1:]}


def tokens(text: str) -> int:
    """Return how many tokens a text has at most, about.

    The vocabulary is the engine's; here words, numbers and signs are told apart as o200k does, and
    each is taken for as many tokens as its kind has there if it is not a usual one.
    """
    return math.ceil(sum(_weight(found[0]) for found in _PIECES.finditer(text)))


def _weight(piece: str) -> float:
    first = piece[0]
    if "a" <= piece[-1] <= "z" or "A" <= first <= "Z":
        word = piece.lower()
        rare = sum(word[at : at + 2] not in _PAIRS for at in range(len(word) - 1))
        return max(1.0, 0.4 + len(piece) / 12 + 0.75 * rare)
    if "0" <= piece[-1] <= "9":
        return 2.0 if first == " " else 1.0  # before a number a space is one of its own
    if first.isascii():
        return 0.0 if piece == " " else 1.0 + len(piece) / 16
    if "\u0080" <= first < "\u3000":
        return 1.0 if first.isalpha() else 2.0
    return 2.5 if first < "\U00010000" else 4.0


def shortened(text: str, most: int, left_out: int = 0) -> str:
    """Return a text of ``most`` tokens: its beginning and its end.

    ``left_out`` characters are missing in its middle already.
    """
    reach = most * _REACH
    if left_out or len(text) > 2 * reach:
        reach = min(reach, len(text) // 2)
        left_out += len(text) - 2 * reach
        first, last = _lines(text[:reach]), _lines(text[len(text) - reach :])
        left_out += len(first) + len(last)
    else:
        first = last = _lines(text)
        if tokens(first) <= most:
            return first
        left_out = len(first)
    head = _fitting(first, int(most * _HEAD))
    tail = _fitting(last[::-1], most - int(most * _HEAD))[::-1]
    missing = left_out - len(head) - len(tail)
    if missing <= 0:
        return first
    return f"{head.rstrip()}\n{_LEFT_OUT.format(missing)}\n{tail.lstrip()}"


def both(
    output: str, errors: str, left_out: tuple[int, int] = (0, 0), most: int = MOST_TOKENS
) -> str:
    """Return output and errors as one text, within their tokens."""
    most = int(most * _CERTAIN)
    output, errors = output.rstrip("\n"), errors.rstrip("\n")
    if not errors:
        return shortened(output, most, left_out[0])
    if not output:
        return shortened(errors, most, left_out[1])
    needed = [tokens(text[: most * _REACH]) for text in (output, errors)]
    share = min(max(int(most * _ERRORS), most - needed[0]), max(needed[1], 1))
    errors = shortened(errors, share, left_out[1])
    output = shortened(output, most - min(tokens(errors), most), left_out[0])
    return f"{output}\n{errors}"


def _lines(text: str) -> str:
    """Return a text without the middles of very long lines."""
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    half = LONGEST_LINE // 2
    return f"{line[:half]}{_LEFT_OUT.format(len(line) - 2 * half)}{line[-half:]}"


def _fitting(text: str, most: int) -> str:
    """Return the longest beginning of a text that has so many tokens."""
    low, high = 0, min(len(text), most * _REACH)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low]
