r"""Regular expressions of JSON schemas: ECMAScript's, rewritten into Rust's.

The two read many expressions differently (``.``, ``\s``, ``[a&&b]``), and validators take Python's
or others for ECMAScript's. So each construct is parsed here, and written for Rust such that a text
which matches it does so by all of them: ``\w`` stands for ASCII's letters only, and ``\W`` for what
is a letter to none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class PatternUnsupported(ValueError):
    """The expression cannot be guaranteed; the message says which part of it."""


_MOST = 1000  # repetitions
_DEEPEST = 40  # groups

_SPACES = (
    r"\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
_ALL_SPACES = _SPACES + r"\x{1c}-\x{1f}\x{85}\x{feff}"
_WORD = "0-9A-Za-z_"
_ALL_WORD = r"\p{L}\p{N}\p{M}\p{Pc}\x{200c}\x{200d}"
# What a class escape means to all readers, and what it means to any of them.
_NARROW = {
    "d": "[0-9]", "D": r"[^\p{Nd}]",
    "w": f"[{_WORD}]", "W": f"[^{_ALL_WORD}]",
    "s": f"[{_SPACES}]", "S": f"[^{_ALL_SPACES}]",
}  # fmt: skip
_WIDE = {
    "d": r"[\p{Nd}]", "D": "[^0-9]",
    "w": f"[{_ALL_WORD}]", "W": f"[^{_WORD}]",
    "s": f"[{_ALL_SPACES}]", "S": f"[^{_SPACES}]",
}  # fmt: skip
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_CATEGORIES = frozenset({
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc",
    "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
})  # fmt: skip
_ANY, _NOTHING = r"(?s:.)", r"[a&&b]"
_LINE = r"[^\x{a}\x{d}\x{2028}\x{2029}]"


@dataclass(frozen=True, slots=True)
class _Group:
    """Alternatives, each a list of expressions in Rust's words, anchors and groups."""

    alternatives: list[list[str | _Group]]


def exact_pattern(source: str) -> str:
    """Return a Rust expression that the whole of each text matches in which ``source`` is found.

    Raises PatternUnsupported.
    """
    return f"^(?:{'|'.join(_searched(_Parser(source).parsed()))})$"


def _searched(group: _Group) -> Iterator[str]:
    """Yield the alternatives of an expression that may be found anywhere in a text."""
    for sequence in group.alternatives:
        if len(sequence) == 1 and isinstance(inner := sequence[0], _Group):
            yield from _searched(inner)
            continue
        begins = ends = False
        while sequence and sequence[0] == "^":
            begins, sequence = True, sequence[1:]
        while sequence and sequence[-1] == "$":
            ends, sequence = True, sequence[:-1]
        if begins and ends and len(sequence) == 1 and isinstance(inner := sequence[0], _Group):
            yield from (_written([one]) for one in inner.alternatives)
            continue
        body = "".join(map(_inner, sequence))
        yield f"{'' if begins else '(?s:.*)'}{body}{'' if ends else '(?s:.*)'}"


def _inner(item: str | _Group) -> str:
    if item in ("^", "$"):
        raise PatternUnsupported(f"{item} within the expression")
    return _written(item.alternatives) if isinstance(item, _Group) else item


def _written(alternatives: list[list[str | _Group]]) -> str:
    return f"(?:{'|'.join(''.join(map(_inner, sequence)) for sequence in alternatives)})"


class _Parser:
    """A parser of one expression, in ECMAScript's syntax with its flag u."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def parsed(self) -> _Group:
        group = self._group(0)
        if self._at < len(self._source):
            raise PatternUnsupported("a parenthesis too many")
        return group

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _take(self) -> str:
        if self._at >= len(self._source):
            raise PatternUnsupported("it ends too early")
        self._at += 1
        return self._source[self._at - 1]

    def _follows(self, text: str) -> bool:
        """Step over a text if it comes next."""
        found = self._source.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _group(self, depth: int) -> _Group:
        if depth > _DEEPEST:
            raise PatternUnsupported("groups nested too deep")
        alternatives: list[list[str | _Group]] = [[]]
        while (next_one := self._peek()) and next_one != ")":
            if self._follows("|"):
                alternatives.append([])
            else:
                alternatives[-1].append(self._term(depth))
        return _Group(alternatives)

    def _term(self, depth: int) -> str | _Group:
        first = self._take()
        atom: str | _Group
        if first in "^$":
            atom = first
        elif first == "(":
            atom = self._parenthesis(depth)
        elif first in "*+?":
            raise PatternUnsupported(f"{first} without anything to repeat")
        elif first == "[":
            atom = self._class()
        elif first == ".":
            atom = _LINE
        elif first == "\\":
            atom = self._escape()
        else:
            atom = _literal(ord(first))
        repeated = self._quantifier()
        if not repeated:
            return atom
        if atom in ("^", "$"):
            raise PatternUnsupported(f"{atom} repeated")
        return _inner(atom) + repeated

    def _parenthesis(self, depth: int) -> _Group:
        if self._follows("?"):
            if self._follows("<"):
                name = ""
                while (character := self._take()) != ">":
                    name += character
                if not name.isidentifier():
                    raise PatternUnsupported("looking behind")
            elif not self._follows(":"):
                raise PatternUnsupported("looking ahead, or flags")
        group = self._group(depth + 1)
        if not self._follows(")"):
            raise PatternUnsupported("a parenthesis too few")
        return group

    def _quantifier(self) -> str:
        found = next((sign for sign in "*+?" if self._follows(sign)), "") or self._counts()
        if found:
            self._follows("?")  # lazy: the same texts match
            if self._peek() and self._peek() in "*+?":
                raise PatternUnsupported("a repetition repeated")
        return found

    def _counts(self) -> str:
        """Read ``{2,3}``; return it, or an empty string if the brace stands for itself."""
        end = self._source.find("}", self._at)
        if self._peek() != "{" or end < 0:
            return ""
        least, comma, most = self._source[self._at + 1 : end].partition(",")
        if not (least.isdecimal() and least.isascii() and (not most or most.isdecimal())):
            return ""
        if len(least) > 4 or len(most) > 4 or max(int(least), int(most or 0)) > _MOST:
            raise PatternUnsupported(f"more than {_MOST} repetitions")
        if most and int(most) < int(least):
            raise PatternUnsupported("fewer repetitions at most than at least")
        self._at = end + 1
        return f"{{{int(least)}{comma}{int(most) if most else ''}}}"

    def _escape(self) -> str:
        if (kind := self._peek()) and kind in _NARROW:
            self._at += 1
            return _NARROW[kind]
        if kind and kind in "pP":
            return f"[{self._property()}]"
        return _literal(self._character())

    def _property(self) -> str:
        r"""Read a category, from the p of ``\p{Lu}`` on."""
        kind = self._take()
        end = self._source.find("}", self._at)
        name = self._source[self._at + 1 : end] if self._peek() == "{" and end > 0 else ""
        if name not in _CATEGORIES:
            raise PatternUnsupported(f"\\{kind}{{{name}}}")
        self._at = end + 1
        return f"\\{kind}{{{name}}}"

    def _character(self) -> int:
        """Read the rest of an escape that stands for one character."""
        kind = self._take()
        if kind == "0" and self._peek().isdigit():
            raise PatternUnsupported("\\0 with more digits")
        if kind in _CONTROLS:
            return _CONTROLS[kind]
        if kind == "c" and self._peek().isalpha() and self._peek().isascii():
            return ord(self._take()) % 32
        if kind == "x":
            return self._hexadecimal(2)
        if kind == "u":
            if self._follows("{"):
                end = self._source.find("}", self._at)
                code = self._hexadecimal(max(0, end - self._at))
                self._at += 1
            else:
                code = self._hexadecimal(4)
                if 0xD800 <= code < 0xDC00 and self._follows("\\u"):
                    code = 0x10000 + ((code - 0xD800) << 10) + self._hexadecimal(4) - 0xDC00
            if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
                raise PatternUnsupported("half a surrogate pair")
            return code
        if kind in "^$\\.*+?()[]{}|/-" or (not kind.isalnum() and kind.isascii() and kind != "_"):
            return ord(kind)
        raise PatternUnsupported(f"\\{kind}")

    def _hexadecimal(self, count: int) -> int:
        digits = self._source[self._at : self._at + count]
        if not 0 < count <= 8 or len(digits) < count or any(d not in _HEX for d in digits):
            raise PatternUnsupported("an escape without its digits")
        self._at += count
        return int(digits, 16)

    def _class(self) -> str:
        negative = self._follows("^")
        items: list[str] = []
        while not self._follows("]"):
            first = self._member(negative)
            if self._peek() == "-" and self._source[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                last = self._member(negative)
                if not (isinstance(first, int) and isinstance(last, int) and first <= last):
                    raise PatternUnsupported("a range without ends")
                items.append(f"{_literal(first)}-{_literal(last)}")
            else:
                items.append(_literal(first) if isinstance(first, int) else first)
        if not items:
            return _ANY if negative else _NOTHING
        return f"[{'^' if negative else ''}{''.join(items)}]"

    def _member(self, negative: bool) -> int | str:
        """Read a member of a class: a character, or the class of an escape."""
        character = self._take()
        if character != "\\":
            return ord(character)
        if (kind := self._peek()) and kind in _NARROW:
            self._at += 1
            return (_WIDE if negative else _NARROW)[kind]
        if kind and kind in "pP":
            return self._property()
        if kind == "b":
            self._at += 1
            return 8
        return self._character()


_HEX = frozenset("0123456789abcdefABCDEF")


def _literal(code: int) -> str:
    """Return a character so that it is one wherever it stands."""
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\x{{{code:x}}}"
