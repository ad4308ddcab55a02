"""Which articles a question may mean by their titles; that needs no index.

Titles are in the order of their letters, so those that begin with some words are found at once. The
words are those of the question, in any row of them: "What is the capital of France?" means “France”
and perhaps “Capital of France”.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.tools.browser.encyclopaedia.zim_file import ZimEntry, ZimFile
from app.tools.browser.files.index_words import plain
from app.tools.browser.files.stop_words import ASKING_WORDS, STOP_WORDS

_WORD = re.compile(r"[^\s?!;:,。？！；：，、\"“”„«»()\[\]{}]+")
_MOST_WORDS = 12
_LONGEST_ROW = 6  # words of a title
_BEGIN = 4  # characters of one word by which titles are looked for


def titles_like(file: ZimFile, query: str, count: int) -> list[ZimEntry]:
    """Return articles, the likeliest first: those that are named, then those that begin so."""
    found: dict[int, ZimEntry] = {}
    for entry in _meant(file, _WORD.findall(query)[:_MOST_WORDS], count):
        entry = file.resolved(entry)
        if entry.mime.startswith("text/html"):
            found.setdefault(entry.number, entry)
            if len(found) == count:
                break
    return list(found.values())


def _meant(file: ZimFile, words: list[str], count: int) -> Iterator[ZimEntry]:
    rows = list(_rows(words))
    for row in rows:
        yield from _titled(file, row)
    for begin in dict.fromkeys((" ".join(words), *rows)):
        if len(begin) >= _BEGIN or begin in rows[:1]:
            yield from _beginning(file, begin, count)


def _rows(words: list[str]) -> Iterator[str]:
    """Yield rows of words, the longest first; of single ones, those that are not just grammar."""
    for length in range(min(_LONGEST_ROW, len(words)), 0, -1):
        for begin in range(len(words) - length + 1):
            row = words[begin : begin + length]
            if any(plain(word) not in STOP_WORDS | ASKING_WORDS for word in (row[0], row[-1])):
                yield " ".join(row)


def _spellings(words: str) -> Iterator[str]:
    """Yield how words may be spelled in a title."""
    first = words[:1].upper() + words[1:]
    lower = words.lower()
    seen = (first, words, lower[:1].upper() + lower[1:], words.title(), lower, words.upper())
    yield from dict.fromkeys(seen)


def _titled(file: ZimFile, words: str) -> Iterator[ZimEntry]:
    """Yield the articles that have this title, and those to which a name leads."""
    for spelled in _spellings(words):
        place = file.first_title(spelled)
        if place < file.titles:
            found = file.by_title(place)
            if found.title == spelled:
                yield found
        for path in dict.fromkeys((spelled.replace(" ", "_"), spelled)):
            if entry := file.find(file.articles, path) or file.find(file.articles, f"{path}.html"):
                yield entry


def _beginning(file: ZimFile, words: str, count: int) -> Iterator[ZimEntry]:
    for spelled in _spellings(words):
        place = file.first_title(spelled)
        for at in range(place, min(place + count, file.titles)):
            entry = file.by_title(at)
            if not entry.title.startswith(spelled):
                break
            yield entry
