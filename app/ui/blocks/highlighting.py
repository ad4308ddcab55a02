"""Syntax highlighting by Pygments, for the visible lines."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from app.ui.blocks.utf16 import units

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

    _Lexed = Generator[tuple[int, _TokenType, str]]

_LONGEST = 60_000  # characters; longer code stays in one colour
_BUDGET = 4_000  # characters for one paint, at about 2.3 µs
_BEFORE = 25  # lines above the visible ones at which a guess begins
# A token's colour is that of the most specific of its types that is listed here.
_COLOURS = {
    "Comment.Preproc": "code_keyword",
    "Comment": "code_comment",
    "Keyword.Constant": "code_number",
    "Keyword.Type": "code_type",
    "Keyword": "code_keyword",
    "Operator.Word": "code_keyword",
    "Operator": "code_operator",
    "Name.Attribute": "code_function",
    "Name.Builtin": "code_type",
    "Name.Builtin.Pseudo": "code_number",
    "Name.Class": "code_type",
    "Name.Constant": "code_number",
    "Name.Decorator": "code_function",
    "Name.Exception": "code_type",
    "Name.Function": "code_function",
    "Name.Tag": "code_keyword",
    "Literal.Number": "code_number",
    "Literal.String.Escape": "code_number",
    "Literal.String.Interpol": "code_number",
    "Literal": "code_string",
    "Generic.Deleted": "danger",
    "Generic.Heading": "code_keyword",
    "Generic.Inserted": "code_added",
    "Generic.Prompt": "code_comment",
    "Generic.Subheading": "code_function",
}


class ColouredRange(NamedTuple):
    """A part of a line, and the theme's name for its colour. Positions are Qt's."""

    start: int
    end: int
    colour: str


class _Mark(NamedTuple):
    """A place where lexing can begin again: a line, its offset, and the lexer's stack of states."""

    line: int
    offset: int
    states: Sequence[str]


_TOP = _Mark(0, 0, ("root",))


class Highlighter:
    """The colours of code.

    Code is lexed from the top down to the visible lines, a limited amount at a time; until then,
    lines far below are guessed from a few lines above them. While code grows, the lexer continues
    from its last states.
    """

    def __init__(self) -> None:
        self._text, self._language = "", ""
        self._offsets: Sequence[int] = (0,)
        self._lines: list[list[ColouredRange]] = []
        self._guessed: dict[int, Sequence[ColouredRange]] = {}
        self._tokens: _Lexed | None = None
        self._knows_states = True
        self._done = self._rested = False
        self._column = self._base = self._reached = 0
        self._restart(_TOP)

    def set(self, text: str, language: str, offsets: Sequence[int]) -> None:
        """Set the code, which may have grown. ``offsets`` are where its lines begin."""
        grown = language == self._language and text.startswith(self._text)
        self._text, self._language, self._offsets = text, language, offsets
        self._knows_states = self._knows_states or not grown
        self._restart(self._mark if grown else _TOP)

    def prepare(self, first: int, last: int) -> None:
        """Lex or guess the lines from ``first`` to ``last``, inclusive."""
        if self._done or len(self._text) > _LONGEST or not (lexer := find_lexer(self._language)):
            return
        # If the states are unknown, growing code would be lexed from the top each time.
        if self._knows_states or self._rested:
            self._lex_to(lexer, last)
        self._rested = True
        if not self._done and len(self._lines) - 1 <= last:
            self._guess(lexer, max(first, len(self._lines) - 1), last)

    def line(self, number: int) -> Sequence[ColouredRange]:
        """Return the known ranges of a line: the same object while only its length has changed."""
        if number < len(self._lines) - (not self._done):
            return self._lines[number]
        return self._guessed.get(number, ())

    def _restart(self, mark: _Mark) -> None:
        """Forget everything below a mark."""
        self._lines = [*self._lines[: mark.line], []]
        self._mark = mark
        self._tokens = None
        self._column = 0
        self._done = self._rested = False
        self._guessed = {}

    def _lex_to(self, lexer: Lexer, last: int) -> None:
        """Lex to the end of a line, within the budget."""
        if self._tokens is None:
            self._base = self._reached = self._mark.offset
            self._tokens = _lexed(lexer, self._text[self._base :], self._mark.states)
        until = self._reached + _BUDGET
        while len(self._lines) - 1 <= last and self._reached < until:
            try:
                offset, token, value = next(self._tokens)
            except StopIteration:
                self._done = True
                return
            offset += self._base
            if self._knows_states and self._begins_line(offset):
                self._set_mark(self._tokens, offset)
            self._column = _add(self._lines, self._column, token, value)
            self._reached = offset + len(value)

    def _begins_line(self, offset: int) -> bool:
        return offset < len(self._text) and offset == self._offsets[len(self._lines) - 1]

    def _set_mark(self, tokens: _Lexed, offset: int) -> None:
        """Set the mark at the token that has just been found.

        Pygments does not expose the states, but they are a local variable of most lexers.
        """
        states = inspect.getgeneratorlocals(tokens).get("statestack")
        if states is None:
            self._knows_states = False
        else:
            self._mark = _Mark(len(self._lines) - 1, offset, tuple(states))

    def _guess(self, lexer: Lexer, first: int, last: int) -> None:
        """Lex lines on the assumption that no construct from far above is open."""
        if all(number in self._guessed for number in range(first, last + 1)):
            return
        begin = max(first - _BEFORE, 0)
        text = "\n".join(self._text[self._offsets[begin] :].split("\n", last - begin + 1)[:-1])
        lines: list[list[ColouredRange]] = [[]]
        column = 0
        for _, token, value in _lexed(lexer, text[:_BUDGET]):
            column = _add(lines, column, token, value)
        self._guessed = {begin + number: line for number, line in enumerate(lines)}


def _lexed(lexer: Lexer, text: str, states: Sequence[str] = _TOP.states) -> _Lexed:
    from pygments.lexer import ExtendedRegexLexer, RegexLexer

    text += "\n"  # many lexers want a line to end
    if isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer):
        # Not a subclass's method, which only adds names and hides the states.
        lexed: _Lexed = RegexLexer.get_tokens_unprocessed(lexer, text, states)
    else:
        lexed = lexer.get_tokens_unprocessed(text)
    return lexed


def _add(lines: list[list[ColouredRange]], column: int, token: _TokenType, value: str) -> int:
    """Append a token to lines, the last of which is ``column`` long. Return its new length."""
    colour = token_colour(token)
    for number, piece in enumerate(value.split("\n")):
        if number:
            lines.append([])
            column = 0
        end = column + units(piece)
        if colour and end > column:
            lines[-1].append(ColouredRange(column, end, colour))
        column = end
    return column


@cache
def token_colour(token: _TokenType) -> str:
    """Return the theme's name for the colour of a token; empty for the text's own."""
    name = ".".join(token)
    while name and name not in _COLOURS:
        name = name.rpartition(".")[0]
    return _COLOURS.get(name, "")


@lru_cache(maxsize=64)
def find_lexer(language: str) -> Lexer | None:
    """Return the lexer of a language, or None if Pygments does not know it."""
    # Imported late: a window without code need not wait for it.
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return None if lexer.name == "Text only" else lexer
