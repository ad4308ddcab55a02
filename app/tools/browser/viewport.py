"""A display as the model reads it: a header, a scroll bar, and as many numbered lines as fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from app.base.pages.stored_page import Page
from app.tools.browser.page import neutral

VIEW_TOKENS = 1024
"""The most tokens of a display, its header included."""

_SURE = 985  # tokens, as they are estimated, that are at most so many

_HEADER, _TITLE = 600, 200  # tokens; in whatever script, a line fits beside a header
_LONGEST_ADDRESS = 1024  # characters of it in a header
_FEW, _MANY = 2.7, 4.5  # letters of a long word in a token, by languages
_SAMPLE = 100  # lines by which a text's language is judged
_PIECE = re.compile(
    r"(?P<word>[A-Z]?[a-z]+)|(?P<capitals>[A-Z]+)|(?P<digits> ?\d+)"
    r"|(?P<blank>[ \n]+(?! \d))|(?P<other>.)",
    re.DOTALL,
)
# Words in which a text of a language abounds that the vocabulary knows well; in others it needs
# more tokens.
_WORDS = (
    "the of and to in is that for with on as are was be by der die das und ist ein eine nicht mit "
    "den le la les des et est un une que en pour dans el los las del por con una o os da do de di "
    "il che per non het van een op te dat"
)
_COMMON = frozenset(_WORDS.split())


def estimate_tokens(text: str, letters: float = _FEW) -> int:
    """Estimate the tokens of a text in o200k, too many rather than too few, for any script.

    ``letters`` is how many letters of a long Latin word go into a token; see `letters_of`.
    """
    total = 0.0
    for match in _PIECE.finditer(text):
        length = match.end() - match.start()
        match match.lastgroup:
            case "word":
                total += max(1.0, min(length, 14) / letters) + max(0, length - 14) / 1.8
            case "capitals":
                total += max(1.0, length / 1.6)
            case "digits":  # a blank before them is a token of its own
                total += -(-length // 3) + (match[0][0] == " ")
            case "blank":
                total += length > 1
            case _:
                total += _weight(ord(match[0]))
    return int(total) + 1


def letters_of(lines: Sequence[str]) -> float:
    """Return how many letters of a long word go into a token, judged by the language of lines."""
    words = re.findall(r"[a-z]+", " ".join(lines).lower())
    common = sum(word in _COMMON for word in words)
    share = common / len(words) if words else 0.0
    return _FEW + (_MANY - _FEW) * min(1.0, max(0.0, share - 0.08) / 0.12)


def _weight(code: int) -> float:
    """Return about the most tokens that a character takes, among others of its script."""
    for end, weight in _WEIGHTS:
        if code < end:
            return weight
    return 4.2


_WEIGHTS = (
    (0x80, 1.0),
    (0x250, 1.0),  # Latin letters, in words with plain ones
    (0x370, 2.0),  # of phonetics; marks that combine
    (0x900, 0.75),  # Greek, Cyrillic, Armenian, Hebrew, Arabic
    (0xB00, 0.68),  # of India
    (0xB80, 1.1),
    (0xE00, 0.68),
    (0x1000, 1.9),  # Thai, Lao, Tibetan
    (0x1100, 0.8),  # Burmese, Georgian
    (0x1E00, 2.4),
    (0x2000, 1.0),
    (0x3000, 1.75),  # signs
    (0xA000, 1.25),  # Chinese, Japanese
    (0xAC00, 2.6),
    (0xD800, 1.25),  # Korean
    (0x10000, 2.8),
)


def last_line(page: Page, first: int, num_lines: int = -1) -> int:
    """Return the last line that is shown from ``first`` on: all that fit, or ``num_lines``.

    At least one line is shown.
    """
    letters = letters_of(page.lines[first : first + _SAMPLE])
    left = _SURE - estimate_tokens(header(page, 0)) - 24  # the scroll bar's
    end = len(page.lines) if num_lines <= 0 else min(first + num_lines, len(page.lines))
    for at in range(first, end):
        left -= estimate_tokens(f"L{at}: {page.lines[at]}\n", letters)
        if left < 0 and at > first:
            return at - 1
    return end - 1


def header(page: Page, cursor: int) -> str:
    """Return a display's first line."""
    title = page.title
    address = _cut(neutral(unquote(page.address)).replace("\n", " "), _LONGEST_ADDRESS)
    while estimate_tokens(title) > _TITLE:
        title = _cut(title, len(title) * 3 // 4)
    while estimate_tokens(title) + estimate_tokens(address) > _HEADER:
        address = _cut(address, len(address) * 3 // 4)
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
