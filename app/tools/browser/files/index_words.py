"""The words of a text as they are indexed and searched for, in all scripts.

Case and accents are removed. Scripts without spaces, and Korean, whose words have endings, become
pairs of characters: they find a word of two characters inside a sentence, where SQLite's trigrams
need three. English endings are removed by SQLite's ``porter``, German and Russian ones here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

# Thai to Lao, Burmese, Hangul, Khmer, kana, Han.
_PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3007\u3041-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "\u0900-\u0963\u0966-\u0dff"  # Indic vowels, which are no letters for `re`
_LETTER = rf"(?:[^\W_{_PAIRED}]|[{_MARKS}])"
_LONGEST = 60  # letters of a word; longer ones are data
# Arabic: vowel signs, and letters that are written in several ways. Hebrew: points.
_SIGNS = re.compile("[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+")
_ARABIC = str.maketrans("ىةآأإٱیک", "يهاااايك")  # also as Persian has them
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ASCII_WORD = re.compile("[a-z0-9]+")
_CAMEL = re.compile(r"\b[A-Z]*+[a-z]++[A-Z][A-Za-z]*+")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_GERMAN_WORDS = """
    der die das und ist nicht sie ein eine den dem wird werden mit wie ich man kann konnen fur von
    zu auf wo warum welche welcher eines einer einem einen im zum zur oder dass wenn bei auch des
    aus durch nach uber durfen mussen wurde diese dieser
"""
_ENGLISH_WORDS = """
    the of and to is that for with this are be not you how do does what can my which from why a i
    where it or by on if when at as used will has have should your there these
"""
_GERMAN, _ENGLISH = frozenset(_GERMAN_WORDS.split()), frozenset(_ENGLISH_WORDS.split())
_SCRIPTS = (  # the first that is found; Japanese has Han, too
    ("ja", re.compile("[\u3041-\u30fa]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_OTHER_SCRIPT = re.compile("|".join(letter.pattern for _, letter in _SCRIPTS))
_ENDING = re.compile("(?:ern|ers|ens|em|en|er|es|e|n|s)$")
_RUSSIAN = re.compile(
    "(?:иями|ями|ами|иях|ого|его|ому|ему|ыми|ими|ов|ев|еи|ии|ыи|ои|ая|яя|ое|ее|ые|ие|ах|ях|ам|ям"
    "|ом|ем|ую|юю|ых|их|ть|ет|ют|ит|ат|ят|ы|и|а|я|о|е|у|ю|ь)$"
)


@cache  # not at import: most starts of the program need none of it
def pattern() -> re.Pattern[str]:
    """Return what matches a word, or a run of characters without spaces."""
    return re.compile(rf"[a-z0-9]++(?!{_LETTER})|[{_PAIRED}]+|{_LETTER}+")


@cache
def is_paired(character: str) -> bool:
    """Return whether a character is one that is indexed in pairs."""
    return bool(re.match(rf"[{_PAIRED}]", character))


def plain(text: str) -> str:
    """Return a text in the form in which it is compared: without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold()).casefold()
    # Kana and Hangul are whole again after NFC.
    folded = unicodedata.normalize("NFC", _ACCENTS.sub("", apart))
    return folded if folded.isascii() else _SIGNS.sub("", folded)


def runs(folded: str) -> list[str]:
    """Return the words and runs of a plain text."""
    return (_ASCII_WORD if folded.isascii() else pattern()).findall(folded)


def pairs(run: str) -> list[str]:
    """Return a run as it is indexed: each pair of characters, and the last one alone."""
    return [run[at : at + 2] for at in range(len(run))]


def language_of(text: str, words: Sequence[str], share: float = 0.08) -> str:
    """Return the language that a text with these words seems to have; empty if none can be told.

    Scripts are named by one of their languages, if at least a ``share`` of the letters belongs to
    them. What has Latin letters, but is neither German nor English, cannot be told.
    """
    if not text.isascii() and _OTHER_SCRIPT.search(text):
        for language, letter in _SCRIPTS:
            if len(letter.findall(text)) > share * len(text):
                return language
    german, english = (sum(map(some.__contains__, words)) for some in (_GERMAN, _ENGLISH))
    if german == english:
        return "de" if re.search("[äöüß]", text) else ""
    return "de" if german > english else "en"


def _root(word: str) -> str:
    """Return a word without its Russian ending, and without the article in Arabic."""
    first = word[0]
    if "\u0400" <= first <= "\u04ff":
        root = _RUSSIAN.sub("", word)
        return root if len(root) > 2 else word
    if "\u0600" <= first <= "\u06ff":
        word = word.translate(_ARABIC)
        root = re.sub("^(?:وال|بال|كال|فال|لل|ال)", "", word)
        return root if len(root) > 2 else word
    return word[:_LONGEST]


def german_root(word: str) -> str:
    """Return a word without its German ending."""
    if len(word) < 5:
        return word
    root = _ENDING.sub("", word)
    return root if len(root) > 3 else word


def root_of(word: str) -> str:
    """Return a word as it is indexed in texts that are not German."""
    return word[:_LONGEST] if word.isascii() else _root(word)


def parts_of_names(text: str) -> Iterator[str]:
    """Yield the words within names like ``getElementById``."""
    for name in _CAMEL.findall(text):
        yield from _HUMPS.findall(name)


class Indexer:
    """Words of texts, with a memory of those that were met; not for several threads."""

    _MOST = 200_000  # words, about 40 MB

    def __init__(self) -> None:
        self._known: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def __call__(self, text: str, words: list[str], german: bool) -> str:
        """Return the words of a text, of which these are the plain ones, as they are indexed."""
        known = self._known[german]
        if len(known) > self._MOST:
            known.clear()
        make = _german if german else _other
        for word in set(words).difference(known):
            known[word] = make(word)
        out = list(map(known.__getitem__, words))
        out += [part.lower() for part in parts_of_names(text)]
        return " ".join(out)


def _other(word: str) -> str:
    return " ".join(pairs(word)) if is_paired(word[0]) else root_of(word)


def _german(word: str) -> str:
    if is_paired(word[0]):
        return " ".join(pairs(word))
    return german_root(word)[:_LONGEST] if word.isascii() else _root(word)
