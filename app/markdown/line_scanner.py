"""A line from which block markers are consumed one by one."""

from __future__ import annotations


class LineScanner:
    """The rest of a line; columns count from the line's beginning, as tab stops do."""

    __slots__ = ("column", "rest")

    def __init__(self, text: str) -> None:
        self.rest = text
        self.column = 0

    @property
    def text(self) -> str:
        """The rest without leading white space."""
        return self.rest.lstrip(" \t")

    @property
    def blank(self) -> bool:
        return not self.text

    @property
    def indent(self) -> int:
        """Columns of white space before the text."""
        width = 0
        for character in self.rest:
            if character == " ":
                width += 1
            elif character == "\t":
                width += 4 - (self.column + width) % 4
            else:
                break
        return width

    def skip(self, width: int) -> None:
        """Consume up to ``width`` columns of white space; a tab that is cut leaves spaces."""
        taken = at = 0
        while taken < width and self.rest[at : at + 1] in (" ", "\t"):
            taken += 1 if self.rest[at] == " " else 4 - (self.column + taken) % 4
            at += 1
        self.rest = " " * (taken - width) + self.rest[at:]
        self.column += min(taken, width)

    def drop(self, count: int) -> None:
        """Consume leading white space and ``count`` characters of text."""
        self.column += self.indent + count
        self.rest = self.text[count:]
