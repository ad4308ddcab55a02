"""What is searched for: words into a query for SQLite, and the lines of a text that answer it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.tools.browser.files.index_words import (
    german_root,
    is_paired,
    pairs,
    parts_of_names,
    plain,
    root_of,
    runs,
)
from app.tools.browser.files.stop_words import STOP_RUNS, STOP_WORDS

_LONGEST = 1000  # characters of a query; longer ones are pasted texts
_MOST_TERMS = 24
_WIDTH = 240  # bytes of a summary


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query: ``forms`` are how it may be indexed, each one or more words in a row."""

    forms: tuple[str, ...]

    @property
    def match(self) -> str:
        """Its form for FTS5. Forms have neither quotes nor NUL, so nothing in them is syntax."""
        if len(self.forms) == 1 and len(self.forms[0]) == 1 and is_paired(self.forms[0]):
            return f'"{self.forms[0]}" *'
        either = " OR ".join(f'"{form}"' for form in self.forms)
        return f"({either})" if len(self.forms) > 1 else either


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of a text around a place where much of a query stands.

    ``summary`` is one line, with an ellipsis where something is left out. ``passage`` stands in the
    text as it is.
    """

    summary: str
    passage: str


class Wanted:
    """A query. ``terms`` is empty if it has no words."""

    def __init__(self, query: str) -> None:
        query = query[:_LONGEST]
        found = _terms(query, stopped=True) or _terms(query, stopped=False)
        self.terms: tuple[Term, ...] = tuple(dict.fromkeys(found))[:_MOST_TERMS]
        self._single: dict[str, int] = {}
        for number, term in enumerate(self.terms):
            for form in term.forms:
                self._single.setdefault(form, number)

    def best_excerpt(self, text: str) -> Excerpt:
        """Return the lines of a passage in which the most of the query stands."""
        hits = self._hits(text)
        at = _densest(hits)
        begin = _sentence_before(text, at)
        cut = _cut(text, begin, _WIDTH)
        line_end = text.find("\n", begin)
        passage = text[begin : line_end if line_end >= 0 else None].strip()[:120]
        return Excerpt(cut, passage)

    def _hits(self, text: str) -> list[tuple[int, int]]:
        """Return where terms stand in a text, and their numbers."""
        from app.tools.browser.files.index_words import pattern

        hits = []
        for match in pattern().finditer(text):
            word = plain(match[0])
            if not word:
                continue
            if is_paired(word[0]):
                for offset, pair in enumerate(pairs(word)):
                    if (number := self._single.get(pair)) is not None:
                        hits.append((match.start() + min(offset, len(match[0]) - 1), number))
                continue
            for form in (word, root_of(word), german_root(word)):
                if (number := self._single.get(form)) is not None:
                    hits.append((match.start(), number))
                    break
        return hits


def _terms(query: str, stopped: bool) -> list[Term]:
    terms: list[Term] = []
    for piece in query.split():
        words = runs(plain(piece))
        # A name in several parts, as os.path, --no-install or shared_buffers, is wanted as a whole.
        latin = [word for word in words if not is_paired(word[0])]
        if len(latin) > 1 and len(latin) == len(words):
            terms.append(Term(_forms(" ".join(latin))))
        for word in words:
            if is_paired(word[0]):
                for run in STOP_RUNS.split(word) if stopped else [word]:
                    terms += [Term((pair,)) for pair in (pairs(run)[:-1] or [run] if run else [])]
            elif not (stopped and (word in STOP_WORDS or (len(latin) > 1 and len(word) < 2))):
                terms.append(Term(_forms(word)))
        if not stopped:
            continue
        for part in parts_of_names(piece):
            if part.lower() not in STOP_WORDS and len(part) > 2:
                terms.append(Term(_forms(part.lower())))
    return terms


def _forms(words: str) -> tuple[str, ...]:
    apart = words.split()
    other = " ".join(map(root_of, apart))
    german = " ".join(map(german_root, apart))
    return (other, german) if german != other else (other,)


def _densest(hits: Sequence[tuple[int, int]], width: int = 300) -> int:
    """Return the place from which on the most different terms follow."""
    best, place = 0, 0
    for n, (at, _) in enumerate(hits):
        numbers = {number for where, number in hits[n : n + 40] if where - at < width}
        if len(numbers) > best:
            best, place = len(numbers), at
    return place


_SENTENCE = re.compile(r"[.!?:;]\s+|[。！？；]|\n")


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


def _cut(text: str, begin: int, width: int) -> str:
    """Return about ``width`` bytes of a text in one line; a Chinese character counts three."""
    words, size = [], 0
    piece = text[begin : begin + 3 * width]
    for word in re.findall(r"\S{1,12}\s*", piece):
        weight = len(word.encode("utf-8", "replace"))
        if size + weight > width:
            break
        words.append(word)
        size += weight
    shown = "".join(words)
    more = begin + len(shown) + 1 < len(text.rstrip())
    return ("… " if begin else "") + " ".join(shown.split()) + (" …" if more else "")


Cost = Callable[[str], int]
"""In how many passages a form stands."""


def match_of(terms: Sequence[Term], weight: Callable[[Term], int], budget: int) -> str:
    """Return the query for FTS5 that finds passages with any of the terms.

    If terms are so frequent that more than ``budget`` passages have them, passages must have one of
    the rarer ones: the frequent ones only add to the rank.
    """
    counted = sorted((weight(term), n, term) for n, term in enumerate(terms))
    counted = [found for found in counted if found[0]]
    needed: list[Term] = []
    total = 0
    for count, _, term in counted:
        if needed and total + count > budget:
            break
        needed.append(term)
        total += count
    every = " OR ".join(term.match for _, _, term in counted)
    if len(needed) == len(counted):
        return every
    return f"({' OR '.join(term.match for term in needed)}) AND ({every})"
