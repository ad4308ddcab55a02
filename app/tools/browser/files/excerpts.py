"""The lines of a text that answer a query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.tools.browser.files.index_query import Term
from app.tools.browser.files.index_words import (
    german_root,
    is_paired,
    pairs,
    pattern,
    plain,
    root_of,
    runs,
)

_WIDTH = 110  # bytes of a summary: ten fit into a display
_BEGIN = 3  # letters that no ending is taken from
_PASSAGE = 200  # characters, by which a page is opened at it
_NEAR = 150  # characters within which terms belong together
_SIGNS = re.compile(r"(?:^|(?<=\n))[ \t]*(?:#{1,6}|[*>|-])(?=\s)")  # of headings and lists
_SENTENCE = re.compile(r"[.!?:;]\s+|[。！？；]|\n")
_ENGLISH_ENDING = re.compile(
    "(?:ations?|ating|ated|ates?|ings?|edly|ed|ers?|ions?|ly|ments?|es|s|e)$"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a text says about a query, in one line each.

    ``summary`` has the lines in which the most of the query stands, with an ellipsis where
    something is left out; ``passage`` is text by which the place to open is found.
    """

    summary: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where terms of a query stand in a text, with their numbers, and how many do."""

    hits: Sequence[tuple[int, int]] = ()
    count: int = 0


class Excerpts:
    """What texts say about the terms of a query."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.count = len(terms)
        self._forms: dict[str, int] = {}
        self._met: dict[str, tuple[tuple[int, int], ...]] = {}
        for number, term in enumerate(terms):
            for one in (term, *term.instead):
                for word in (word for form in one.forms for word in form.split()):
                    self._forms.setdefault(word, number)
                    self._forms.setdefault(_english_root(word), number)
        self._begins = {form[:_BEGIN] for form in self._forms}
        begins = "|".join(sorted(re.escape(begin) for begin in self._begins if begin.isascii()))
        # In a text of ASCII alone, words that begin otherwise are not even looked at.
        self._ascii = re.compile(rf"(?<![a-z0-9])(?:{begins or '(?!)'})[a-z0-9]*")

    def best(self, text: str, places: Places | None = None) -> Excerpt:
        """Return the lines of a text in which the most of the terms stand."""
        places = places or self.places(text)
        begin = _sentence_before(text, _densest(places.hits))
        return Excerpt(_cut(text, begin), beginning(text[begin:]))

    def places(self, text: str) -> Places:
        """Return where terms stand in a text."""
        hits = []
        begins, met = self._begins, self._met
        ascii_only = text.isascii()
        matches = self._ascii.finditer(text.lower()) if ascii_only else pattern().finditer(text)
        for match in matches:
            word = match[0]
            if not ascii_only and word.isascii() and word[:_BEGIN].lower() not in begins:
                continue
            if (found := met.get(word)) is None:
                found = met[word] = self._numbers(word)
            for offset, number in found:
                hits.append((match.start() + offset, number))
        return Places(hits, len({number for _, number in hits}))

    def _numbers(self, word: str) -> tuple[tuple[int, int], ...]:
        """Return which terms stand in a word or a run, and at which characters of it."""
        if not (folded := plain(word)):
            return ()
        if is_paired(folded[0]):
            return tuple(
                (min(offset, len(word) - 1), number)
                for offset, pair in enumerate(pairs(folded))
                if (number := self._forms.get(pair)) is not None
            )
        forms = (root_of(folded), german_root(folded), _english_root(folded))
        return tuple((0, self._forms[form]) for form in forms if form in self._forms)[:1]


def beginning(text: str) -> str:
    """Return text by which the place where a text begins is found."""
    return " ".join(text[:_PASSAGE].split())


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, to tell whether another one says the same."""
    words = set(runs(plain(text)))
    for run in [word for word in words if not word.isascii() and is_paired(word[0])]:
        words.remove(run)
        words.update(pairs(run))
    return frozenset(words)


def _english_root(word: str) -> str:
    """Return about what SQLite's ``porter`` makes of a word."""
    root = _ENGLISH_ENDING.sub("", word)
    return root if len(root) > 2 else word


def _densest(hits: Sequence[tuple[int, int]]) -> int:
    """Return the place from which on the most different terms follow."""
    best, place = 0, 0
    for n, (at, _) in enumerate(hits):
        numbers = {number for where, number in hits[n : n + 40] if where - at < _NEAR}
        if len(numbers) > best:
            best, place = len(numbers), at
    return place


def _sentence_before(text: str, at: int) -> int:
    """Return where the sentence of a place begins, if that is near."""
    begin = max(0, at - 120)
    last = begin
    for match in _SENTENCE.finditer(text, begin, at):
        last = match.end()
    if last == begin and begin:
        space = text.find(" ", begin, at)
        last = space + 1 if space >= 0 else at
    return last


def _cut(text: str, begin: int) -> str:
    """Return the text from a place on in one line, as much as fits."""
    words, size = [], 0
    piece = _SIGNS.sub(" ", text[begin : begin + 3 * _WIDTH])
    for word in re.findall(r"\S{1,12}\s*", piece):
        weight = len(word.encode("utf-8", "replace"))  # a Chinese character counts three
        if size + weight > _WIDTH:
            break
        words.append(word)
        size += weight
    shown = "".join(words)
    more = len(shown) < len(piece.rstrip()) or begin + 3 * _WIDTH < len(text)
    return ("… " if begin else "") + " ".join(shown.split()) + (" …" if more else "")
