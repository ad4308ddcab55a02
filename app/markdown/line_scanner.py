"""What is left of a line while its marks are read off it."""

from __future__ import annotations


class LineScanner:
    """A line, or what is left of it behind the marks of the blocks that it is in. Columns count
    from the line's beginning, where tabs are counted from."""

    __slots__ = ("column", "rest")

    def __init__(self, text: str) -> None:
        self.rest = text
        self.column = 0

    @property
    def text(self) -> str:
        """Without the blanks before it."""
        return self.rest.lstrip(" \t")

    @property
    def blank(self) -> bool:
        return not self.text

    @property
    def indent(self) -> int:
        """Columns of the blanks before the text."""
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
        """Takes up to so many columns of blanks away. What is left of a tab becomes spaces."""
        taken = at = 0
        while taken < width and self.rest[at : at + 1] in (" ", "\t"):
            taken += 1 if self.rest[at] == " " else 4 - (self.column + taken) % 4
            at += 1
        self.rest = " " * (taken - width) + self.rest[at:]
        self.column += min(taken, width)

    def drop(self, count: int) -> None:
        """Takes the blanks and so many characters of the text away."""
        self.column += self.indent + count
        self.rest = self.text[count:]
