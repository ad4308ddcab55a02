"""Answers in which control tokens come as text, as of a server that does not take them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.base.answer_events import Delta
from app.formats.harmony.parse import HarmonyParser
from app.formats.harmony.vocabulary import CONTROL_TOKENS, Vocabulary

_MARKS = {text: number for number, text in enumerate(CONTROL_TOKENS)}
_MARK = re.compile("|".join(map(re.escape, CONTROL_TOKENS)))
_LONGEST = max(map(len, CONTROL_TOKENS))


class MarkedTextParser:
    """A parser of such an answer, whose text comes in pieces. See `app.formats.TextParser`."""

    def __init__(self) -> None:
        self._spelled = _Spelled()
        self._parser = HarmonyParser(Vocabulary(self._spelled))
        self._held = ""
        self._marked: bool | None = None  # None until it is known

    def feed(self, text: str) -> list[Delta]:
        """Return the deltas that more text adds."""
        if self._marked is False:
            return [Delta(0, text)] if text else []
        text, self._held = self._held + text, ""
        if self._marked is None:
            begun = text.lstrip()
            if not begun or any(mark.startswith(begun) for mark in _MARKS):
                self._held = text  # perhaps the beginning of a mark
                self._marked = True if begun in _MARKS else None
                return [] if self._marked is None else self.feed("")
            self._marked = _MARK.match(begun) is not None
            return self.feed(begun if self._marked else text)
        return self._parsed(text)

    def finish(self) -> list[Delta]:
        """Return the deltas that were held back until the end."""
        held, self._held = self._held, ""
        if not self._marked:
            return [Delta(0, held)] if held else []
        return [*self._text(held), *self._parser.finish()]

    def _parsed(self, text: str) -> list[Delta]:
        deltas: list[Delta] = []
        at = 0
        for mark in _MARK.finditer(text):
            deltas += self._text(text[at : mark.start()])
            deltas += self._parser.feed(_MARKS[mark[0]])
            at = mark.end()
        rest = text[at:]
        opened = rest.rfind("<", -_LONGEST)
        if opened >= 0 and any(mark.startswith(rest[opened:]) for mark in _MARKS):
            rest, self._held = rest[:opened], rest[opened:]
        return deltas + self._text(rest)

    def _text(self, text: str) -> list[Delta]:
        if not text:
            return []
        self._spelled.piece = text.encode()
        return self._parser.feed(len(_MARKS))


class _Spelled:
    """A vocabulary of the control tokens, and of one token that is whatever ``piece`` is."""

    control: Mapping[str, int] = _MARKS
    size = len(_MARKS) + 1
    piece = b""

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError  # a parser reads only

    def bytes_of(self, token: int) -> bytes:
        return self.piece if token == len(_MARKS) else b""
