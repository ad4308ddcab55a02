"""Colours in code, by Pygments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.blocks.tokens import find_lexer, token_colour
from app.ui.theme import Look

if TYPE_CHECKING:
    from pygments.token import _TokenType

_Span = tuple[int, int, "_TokenType"]
_LONGEST = 60_000  # characters; what is longer stays in one colour


class Highlighter(QSyntaxHighlighter):
    """Colours lines as they were lexed: `prepare` before the text is set, `refresh` after."""

    def __init__(self, document: QTextDocument, look: Look) -> None:
        super().__init__(document)
        self._look = look
        self._lines: list[list[_Span]] = []
        self._stale: list[int] = []
        look.changed.connect(self.rehighlight)

    def prepare(self, text: str, language: str) -> None:
        """Lexes the text that will be shown, and notes which lines look different now."""
        old, self._lines = self._lines, _lex(text, language)
        shared = min(len(old), len(self._lines))
        self._stale = [n for n in range(shared) if old[n] != self._lines[n]]

    def refresh(self) -> None:
        """Colours again the lines that changed without their text changing."""
        for number in self._stale:
            self.rehighlightBlock(self.document().findBlockByNumber(number))
        self._stale = []

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if number < len(self._lines):
            for start, length, token in self._lines[number]:
                self.setFormat(start, length, _format(self._look, token))


def _lex(text: str, language: str) -> list[list[_Span]]:
    """The tokens of each line: where, how long, what. Positions count as Qt's, in UTF-16."""
    lines: list[list[_Span]] = [[]]
    if len(text) > _LONGEST or not (lexer := find_lexer(language)):
        return lines
    at = 0
    for token, value in lexer.get_tokens(text):
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append([])
                at = 0
            length = len(piece.encode("utf-16-le")) // 2 if not piece.isascii() else len(piece)
            if length:
                lines[-1].append((at, length, token))
            at += length
    return lines


def _format(look: Look, token: _TokenType) -> QTextCharFormat:
    result = QTextCharFormat()
    if colour := token_colour(token):
        result.setForeground(look.colour(colour))
        result.setFontItalic(colour == "code_comment")
    return result
