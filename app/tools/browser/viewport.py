"""A display as the model reads it: a header, a scroll bar, and as many numbered lines as fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from app.base.pages.stored_page import Page
from app.tools.browser.page import neutral

VIEW_TOKENS = 1024
"""The most tokens of a display, its header included."""

_LEAST = 256  # tokens: a line of 80 columns has fewer, in whatever script
_LONGEST_ADDRESS = 1024  # characters of it in a header
_PIECE = re.compile(
    r"(?P<word>[A-Za-z]+)|(?P<digits>\d+)|(?P<space>\s+)|(?P<letters>[^\W\d_]+)|(?P<other>.)",
    re.DOTALL,
)


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text in o200k, too many rather than too few, for any script."""
    total = 0.0
    for match in _PIECE.finditer(text):
        piece = match[0]
        match match.lastgroup:
            case "word":
                total += 1 if len(piece) <= 6 else len(piece) / 4.5
            case "digits":
                total += -(-len(piece) // 3)
            case "space":
                total += 0 if len(piece) == 1 else 1
            case "letters":
                total += sum(map(_weight, piece))
            case _:
                total += _weight(piece)
    return int(total) + 1


def _weight(char: str) -> float:
    """Return about the most tokens that a character takes, among others of its script."""
    code = ord(char)
    if code < 0x250:  # Latin; also of words with plain letters
        return 1.0
    if code < 0x900:  # Greek, Cyrillic, Armenian, Hebrew, Arabic
        return 0.75
    if 0x3000 <= code < 0xE000 or code < 0x2000:  # of the Far East; of India
        return 1.25
    return 3.0 if code < 0x10000 else 4.0


def last_line(
    page: Page,
    first: int,
    num_lines: int = -1,
    count: Callable[[str], int] = estimate_tokens,
) -> int:
    """Return the last line that is shown from ``first`` on: all that fit, or ``num_lines``.

    At least one line is shown.
    """
    left = VIEW_TOKENS - count(header(page, 0)) - 24  # the scroll bar's
    end = len(page.lines) if num_lines <= 0 else min(first + num_lines, len(page.lines))
    for at in range(first, end):
        left -= count(f"L{at}: {page.lines[at]}\n")
        if left < 0 and at > first:
            return at - 1
    return end - 1


def header(page: Page, cursor: int) -> str:
    """Return a display's first line."""
    address = neutral(unquote(page.address)).replace("\n", " ")
    address = _cut(address, _LONGEST_ADDRESS)
    while estimate_tokens(address) > _LEAST:
        address = _cut(address, len(address) * 3 // 4)
    title = page.title
    while estimate_tokens(title) > _LEAST:
        title = _cut(title, len(title) * 3 // 4)
    return f"[{cursor}] {title} ({address})" if address else f"[{cursor}] {title}"


def display_text(page: Page, cursor: int, first: int, last: int) -> str:
    """Return a display of some of a page's lines."""
    numbered = (f"L{at}: {page.lines[at]}" for at in range(first, last + 1))
    return "\n".join([header(page, cursor), scroll_bar(page, first, last), "", *numbered])


def scroll_bar(page: Page, first: int, last: int) -> str:
    """Return a display's second line: which lines it shows."""
    return f"**viewing lines [{first} - {last}] of {len(page.lines) - 1}**"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
