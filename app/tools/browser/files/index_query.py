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
_RATED = 8  # terms that a passage is rated by, or as many as it must have one of
_MOST_PARTS = 12  # words of a name
_QUESTION = 5  # words; a query of more is a question in words of its own
_JOINS = re.compile(r"\w(?:[_./:=]+|--)\w|^--?\w")  # what makes a name of words
_LONG, _SHORT = 6, 4  # letters of a word that may be made of others, and of these
_JOINT = re.compile("(?<=...)(?:en|es|s|n)$")  # between the words of a German compound
_VERB = re.compile("(?:en|est|et|e|t)$")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query: ``forms`` are how it may be indexed, each one or more words in a row.

    With ``begins``, words may go on after them. If it stands nowhere, there are other terms
    ``instead``.
    """

    forms: tuple[str, ...]
    instead: tuple[Term, ...] = ()
    begins: bool = False

    @property
    def match(self) -> str:
        """Its form for FTS5. Forms have neither quotes nor NUL, so nothing in them is syntax."""
        star = " *" if self.begins else ""
        either = " OR ".join(f'"{form}"{star}' for form in self.forms)
        return f"({either})" if len(self.forms) > 1 else either


class IndexQuery:
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
        one of the rarer ones: the frequent ones only add to the rank, a few of them.
        """
        counted: dict[Term, int] = {}
        for term in self.terms:
            if count := passages_with(term):
                counted[term] = count
            else:
                others = term.instead or self._parts(term, passages_with)
                counted |= {one: passages_with(one) for one in others}
        terms = sorted((term for term in counted if counted[term]), key=lambda one: counted[one])
        needed, total = 0, 0
        for term in terms:
            total += counted[term]
            if needed and total > budget:
                break
            needed += 1
        terms = terms[: max(needed, _RATED)]
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
                terms.append(Term(self._forms(words[:_MOST_PARTS]), self._each(latin)))
                continue
            parts = [part.lower() for part in parts_of_names(piece)]
            for word in words:
                if is_paired(word[0]):
                    for run in STOP_RUNS.split(word) if stopped else [word]:
                        # Each character begins a pair, but for the last one of a run.
                        terms += [Term((pair,)) for pair in pairs(run)[:-1]]
                        terms += [Term((run,), begins=True)] if len(run) == 1 else []
                elif word in latin:
                    terms.append(Term(self._forms([word]), self._each(parts)))
        return terms

    def _parts(self, term: Term, passages_with: Callable[[Term], int]) -> tuple[Term, ...]:
        """Return the two words of which a long one that stands nowhere is made, if they do.

        Else words that begin with it: compounds of one word.
        """
        word = term.forms[0]
        if self.language == "en" or len(word) < _LONG or not word.isalpha() or not word.isascii():
            return ()
        begins = Term(term.forms, begins=True)
        if passages_with(begins):
            return (begins,)
        best: tuple[int, tuple[Term, ...]] = 0, ()
        for at in range(_SHORT, len(word) - _SHORT + 1):
            first = Term(self._forms([_JOINT.sub("", word[:at])]), begins=True)
            last = Term(self._forms([word[at:]]))
            if rarer := min(passages_with(last), passages_with(first)):
                best = max(best, (rarer, (first, last)), key=lambda found: found[0])
        return best[1]

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
