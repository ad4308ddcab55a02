"""Words for the search: how text is folded, split into words, searched and marked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

from app.base.pages.display_reading import readable
from app.base.types import Message, PartKind

# Scripts without spaces between words: each of their characters is indexed as a word, so that a
# word of one or two of them is found inside a sentence. Thai to Lao, Burmese, Khmer, kana, Han.
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_GAP = r"[\W_]*"
_LETTER = rf"[^\W_{_ALONE}]"  # of a word that has several
_STEP = 500  # characters folded at a time to find the first hit
_MOST_WORDS = 16  # of a query; more are only in pasted texts
_LONGEST = 1000
_BEFORE = 40
_AROUND = 400  # characters on each side of a match that are parsed as Markdown


@cache  # not at import: the window need not wait for it
def _word() -> re.Pattern[str]:
    return re.compile(rf"[{_ALONE}]|{_LETTER}+")


@cache
def _is_alone() -> re.Pattern[str]:
    return re.compile(rf"[{_ALONE}]")


class _Folds(dict[int, str]):
    """Folded characters, computed on first use."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code)).casefold()
        plain = (c for c in unicodedata.normalize("NFKD", apart) if not "\u0300" <= c <= "\u036f")
        self[code] = folded = "".join(plain)
        if len(folded) != 1:
            _UNEVEN.add(chr(code))
        return folded


_UNEVEN: set[str] = set()
"""The characters seen so far whose folding is not one character, such as ß."""
_FOLDS = _Folds()


def fold(text: str) -> str:
    """Fold a text for comparison: remove case and accents.

    Accents are removed from Latin, Greek and Cyrillic letters. Each character is folded by itself.
    """
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def words(text: str) -> str:
    """Return the words of a text, separated by spaces, as they are indexed."""
    return " ".join(_word().findall(fold(text)))


def said_in(message: Message) -> str:
    """Return the searchable text of a message without its reasoning.

    This is its text, then the attached files and their names.
    """
    attached = (text for part in message.attached for text in (part.name, part.text))
    return "\n\n".join((message.text, *attached))


def called_in(message: Message) -> str:
    """Return the searchable text of a message's calls of tools, and of what they returned.

    Pages that were displayed are read without the numbers of their lines.
    """
    texts = []
    for part, after in zip_longest(message.parts, message.parts[1:]):
        if part.kind is PartKind.RESULT and after and after.kind is PartKind.PAGE:
            texts += [after.name, readable(part.text)]
        elif part.kind in (PartKind.CALL, PartKind.RESULT):
            texts.append(part.text)
    return "\n\n".join(texts)


@dataclass(frozen=True, slots=True)
class Query:
    """A query: ``match`` is its form for FTS5, empty if there are no words.

    Each of ``patterns`` must match a folded text. ``needles`` are cheaper to look for: if one of
    them is not in the text, the patterns cannot all match.
    """

    match: str
    patterns: tuple[re.Pattern[str], ...]
    needles: tuple[str, ...]

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return the ranges of a text that match, in order and without overlap."""
        folded = fold(text)
        found = sorted(hit.span() for p in self.patterns for hit in p.finditer(folded))
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start <= joined[-1][1]:
                start, end = joined[-1][0], max(end, joined.pop()[1])
            joined.append((start, end))
        if joined and (uneven := _uneven(text)):
            joined = [(_origin(uneven, a), _origin(uneven, b - 1) + 1) for a, b in joined]
        return tuple(joined)

    def all_in(self, folded: str) -> bool:
        """Return whether all patterns match a folded text."""
        if any(needle not in folded for needle in self.needles):
            return False
        return all(p.search(folded) for p in self.patterns)

    def snippet(self, text: str, width: int = 160) -> str:
        """Return about ``width`` characters around the first match, in one line.

        Without a match, return the beginning of the text.
        """
        hit = self._first(text)
        begin = max(hit - _BEFORE, 0)
        while 0 < begin < hit and not text[begin - 1].isspace():
            begin += 1
        if begin == hit > 0 and not text[hit - 1].isspace():
            begin = hit - _BEFORE // 4  # text without spaces, or a very long word
        cut = " ".join(text[begin : begin + width].split())
        more = begin + width < len(text)
        return ("… " if begin else "") + cut + (" …" if more else "")

    def around(self, text: str) -> str:
        """Return the lines around the first match, as Markdown."""
        hit = self._first(text)
        begin = text.rfind("\n", 0, max(0, hit - _AROUND)) + 1 if hit > _AROUND else 0
        begin = max(begin, hit - 2 * _AROUND)
        end = text.find("\n", hit + _AROUND, hit + 2 * _AROUND)
        fence = "```\n" if text.count("```", 0, begin) % 2 else ""
        return fence + text[begin : end if end > 0 else hit + 2 * _AROUND]

    def _first(self, text: str) -> int:
        """Return the position of the first match; 0 without one."""
        for start in range(0, len(text), _STEP):
            piece = text[start : start + _STEP + 100]
            folded = fold(piece)
            if hits := [hit.start() for p in self.patterns if (hit := p.search(folded))]:
                return start + _origin(_uneven(piece), min(hits))
        return 0


def query(text: str) -> Query:
    """Return the query for a typed text.

    All words must be found, in any order; the last one may be the beginning of a word. If there are
    only symbols, they are searched for literally.
    """
    typed = fold(text[:_LONGEST]).split()[:_MOST_WORDS]
    phrases = [phrase for word in typed if (phrase := _word().findall(word))]
    if not phrases:
        whole = " ".join(typed)
        return Query("", (re.compile(re.escape(whole)),) if whole else (), ())
    # Words have neither quotes nor NUL, so nothing in them is FTS5 syntax.
    match = " ".join(f'"{" ".join(phrase)}"' for phrase in phrases) + " *"
    last = len(phrases) - 1
    patterns = tuple(_pattern(phrase, n == last) for n, phrase in enumerate(phrases))
    return Query(match, patterns, tuple(phrase[0] for phrase in phrases))


def _uneven(text: str) -> list[tuple[int, int]]:
    """Return the positions at which folding changes a text's length, and by how many characters."""
    kinds = "".join(map(re.escape, sorted(_UNEVEN.intersection(text))))
    if not kinds:
        return []
    return [(m.start(), len(_FOLDS[ord(m[0])]) - 1) for m in re.finditer(f"[{kinds}]", text)]


def _origin(uneven: list[tuple[int, int]], at: int) -> int:
    """Return the position in a text of the character folded to position ``at``."""
    shift = 0
    for place, more in uneven:
        if at < place + shift:
            break
        if at < place + shift + 1 + more:
            return place
        shift += more
    return at - shift


def _pattern(phrase: list[str], beginning: bool) -> re.Pattern[str]:
    before = "" if _is_alone().match(phrase[0]) else f"(?<!{_LETTER})"
    after = "" if beginning or _is_alone().match(phrase[-1]) else f"(?!{_LETTER})"
    return re.compile(before + _GAP.join(map(re.escape, phrase)) + after)
