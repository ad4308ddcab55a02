"""What is searched for: words into a query for SQLite."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.tools.browser.files.index_words import (
    german_root,
    is_paired,
    language_of,
    pairs,
    parts_of_names,
    plain,
    root_of,
    runs,
)
from app.tools.browser.files.stop_words import ASKING_WORDS, BEGINNINGS, STOP_RUNS, STOP_WORDS

_LONGEST = 1000  # characters of a query; longer ones are pasted texts
_MOST_TERMS = 24
_QUESTION = 5  # words; a query of more is a question in words of its own
_JOINS = re.compile(r"\w(?:[_./:=]+|--)\w|^--?\w")  # what makes a name of words
_VERB = re.compile("(?:en|est|et|e|t)$")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query: ``forms`` are how it may be indexed, each one or more words in a row.

    If it stands nowhere, there are other terms ``instead``.
    """

    forms: tuple[str, ...]
    instead: tuple[Term, ...] = ()

    @property
    def match(self) -> str:
        """Its form for FTS5. Forms have neither quotes nor NUL, so nothing in them is syntax."""
        if len(self.forms) == 1 and len(self.forms[0]) == 1 and is_paired(self.forms[0]):
            return f'"{self.forms[0]}" *'
        either = " OR ".join(f'"{form}"' for form in self.forms)
        return f"({either})" if len(self.forms) > 1 else either


class Wanted:
    """A query. ``terms`` is empty if it has no words."""

    def __init__(self, query: str) -> None:
        query = query[:_LONGEST]
        words = runs(plain(query))
        self.language = language_of(query, words, share=0)
        self._words = words
        long = len(words) > _QUESTION
        found = (
            self._terms(query, STOP_WORDS | ASKING_WORDS if long else STOP_WORDS)
            or self._terms(query, STOP_WORDS)
            or self._terms(query, frozenset())
        )
        self.terms: tuple[Term, ...] = tuple(dict.fromkeys(found))[:_MOST_TERMS]

    def match(self, passages_with: Callable[[Term], int], budget: int) -> str:
        """Return the query for FTS5 that finds passages with any of the terms; empty for none.

        If terms are so frequent that more than ``budget`` passages have them, a passage must have
        one of the rarer ones: the frequent ones only add to the rank.
        """
        counted: dict[Term, int] = {}
        for term in self.terms:
            for one in (term,) if (count := passages_with(term)) else term.instead:
                counted[one] = count or passages_with(one)
        terms = sorted((term for term in counted if counted[term]), key=lambda one: counted[one])
        needed, total = 0, 0
        for term in terms:
            total += counted[term]
            if needed and total > budget:
                break
            needed += 1
        every = " OR ".join(term.match for term in terms)
        if needed == len(terms):
            return every
        return f"({' OR '.join(term.match for term in terms[:needed])}) AND ({every})"

    def _terms(self, query: str, stopped: frozenset[str]) -> list[Term]:
        terms: list[Term] = []
        for piece in query.split():
            words = runs(plain(piece))
            latin = [word for word in words if not is_paired(word[0]) and word not in stopped]
            whole = len(words) > 1 and not any(is_paired(word[0]) for word in words)
            if whole and _JOINS.search(piece):
                # A name like os.path, --no-install or shared_buffers is wanted as a whole.
                terms.append(Term(self._forms(words), self._each(latin)))
                continue
            parts = [part.lower() for part in parts_of_names(piece)]
            for word in words:
                if is_paired(word[0]):
                    for run in STOP_RUNS.split(word) if stopped else [word]:
                        terms += [Term((pair,)) for pair in pairs(run)[:-1] or [run] if pair]
                elif word in latin:
                    terms.append(Term(self._forms([word]), self._each(parts)))
        return terms

    def _each(self, words: Sequence[str]) -> tuple[Term, ...]:
        return tuple(Term(self._forms([word])) for word in words if len(word) > 1)

    def _forms(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return how words in a row may be indexed, in texts of all languages that may be meant."""
        forms = [" ".join(map(root_of, words))]
        if self.language != "en":
            forms.append(" ".join(map(german_root, words)))
        if self.language == "de" and len(words) == 1 and self._words[-1] in BEGINNINGS:
            # "Wie füge ich ein Bild ein?" is about "einfügen".
            forms.append(german_root(self._words[-1] + _VERB.sub("", words[0]) + "en"))
        return tuple(dict.fromkeys(forms))
