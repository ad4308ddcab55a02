"""Open blocks whose lines are taken verbatim: code, and formulas on lines of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self

from app.markdown.blocks import Block, Code, Math, Paragraph
from app.markdown.formulas import formula_tex, is_prose, without_blank_lines
from app.markdown.inline import lines
from app.markdown.line_scanner import LineScanner
from app.markdown.open_blocks import FORMULA, InlineParser, OpenBlock

_NESTED = re.compile(r"(`{3,}|~{3,})[ \t]*[A-Za-z0-9{.][^`]*")


@dataclass(slots=True)
class OpenVerbatim(OpenBlock):
    """An open block whose lines are taken verbatim."""

    def consume(self, line: LineScanner) -> bool:
        """Consume the line if it belongs to this block; return whether it does."""
        raise NotImplementedError

    def extend(self, text: str) -> None:
        """Append to the last line."""
        self.parts.append(self.parts.pop() + text if self.parts else text)

    @property
    def done(self) -> bool:
        """Whether no further line can belong to it."""
        return False

    def close(self, inline: InlineParser) -> Block | None:
        raise NotImplementedError


@dataclass(slots=True)
class OpenFence(OpenVerbatim):
    """A fence, which may contain others.

    A fence with an info string opens another one inside, though CommonMark does not nest them:
    models write Markdown about code in a fence. If they turn out unbalanced, none is taken as
    nested.
    """

    fence: str
    indent: int
    language: str
    nests: bool
    ended: bool = False
    """Whether its own end was read."""
    nested: list[str] = field(default_factory=list)
    """The marks of the nested fences that are open."""
    replay: list[str] = field(default_factory=list)
    """The lines from the first nested fence on, unchanged."""

    def copy(self) -> Self:
        clone = OpenVerbatim.copy(self)
        clone.nested, clone.replay = list(self.nested), list(self.replay)
        return clone

    @property
    def done(self) -> bool:
        return self.ended

    @property
    def unbalanced(self) -> bool:
        """Whether a nested fence began and this one has not ended."""
        return bool(self.replay) and not self.ended

    def consume(self, line: LineScanner) -> bool:
        mark = line.text.rstrip(" \t")
        near = line.indent < 4 and mark.startswith(self.fence)
        last = self.nested[-1] if self.nested else self.fence
        if near and mark == last[0] * len(mark) and len(mark) >= len(last):
            if not self.nested:
                self.ended = True
                return True
            self.nested.pop()
        elif near and self.nests and (opened := _NESTED.fullmatch(mark)):
            self.nested.append(opened[1])
        if self.replay or self.nested:
            self.replay.append(line.rest)
        line.skip(self.indent)
        self.parts.append(line.rest)
        return True

    def extend(self, text: str) -> None:
        OpenVerbatim.extend(self, text)
        if self.replay:
            self.replay[-1] += text

    def drop_nested(self) -> list[str]:
        """Turn it into a fence without nested ones; return the lines to read again."""
        replay, self.replay, self.nested, self.nests = self.replay, [], [], False
        del self.parts[len(self.parts) - len(replay) :]
        return replay

    def close(self, inline: InlineParser) -> Code:
        return Code("\n".join(self.parts), self.language)


@dataclass(slots=True)
class OpenIndented(OpenVerbatim):
    def consume(self, line: LineScanner) -> bool:
        if line.indent < 4 and not line.blank:
            return False
        line.skip(4)
        self.parts.append(line.rest)
        return True

    def close(self, inline: InlineParser) -> Code:
        end = len(self.parts)
        while not self.parts[end - 1].strip(" \t"):
            end -= 1
        return Code("\n".join(self.parts[:end]))


@dataclass(slots=True)
class OpenFormula(OpenVerbatim):
    """A possible formula, confirmed only by its end; ``mark`` is its opening mark."""

    mark: str
    closing: str
    ended: bool
    size: int = 0

    @property
    def done(self) -> bool:
        return self.ended

    def consume(self, line: LineScanner) -> bool:
        text = line.rest.rstrip()
        end = text.find(self.closing)
        if self.size > FORMULA or 0 <= end < len(text) - len(self.closing):
            return False
        parts = [*self.parts, line.rest]
        if end >= 0 and is_prose(self._tex(parts), 3):
            return False
        self.parts = parts
        self.size += len(line.rest) + 1
        self.ended = end >= 0
        return True

    def _tex(self, parts: list[str]) -> str:
        return formula_tex("\n".join(parts).strip(), self.mark, self.closing)

    def close(self, inline: InlineParser) -> Math | Paragraph:
        """Return the formula, or a paragraph of its source while it is not closed."""
        text = "\n".join(self.parts)
        return (
            Math(without_blank_lines(self._tex(self.parts)))
            if self.ended
            else Paragraph(lines(text))
        )
