"""Sections of a message, each parsed into blocks that are painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto

from PySide6.QtCore import QTextBoundaryFinder

from app.base.code_fence import code_fence
from app.base.types import Part
from app.markdown import Code, MarkdownStream, blocks_text, parse
from app.markdown.blocks import Block, Paragraph, Span
from app.markdown.citations import may_cite
from app.ui.blocks.box import Style
from app.ui.blocks.column import Column
from app.ui.blocks.output_block import Output
from app.ui.blocks.utf16 import part
from app.ui.conversation.answer_citations import AnswerCitations
from app.ui.theme import Palette

_SLICE, _LINES = 2_500, 40  # characters and lines per slice
_LONGEST = 2_000  # characters of one paragraph
_EXCERPT, _EXCERPT_LINES = 3_000, 16  # of long output, until all of it is wanted


class SectionKind(Enum):
    """The kind of a section."""

    QUESTION = auto()
    """The user's text, exactly as typed."""
    FILE = auto()
    """The text of an attached file, under its name."""
    REASONING = auto()
    ANSWER = auto()
    DECLINED = auto()
    """A sentence in the place of an answer that the demo model could not give."""
    CALL = auto()
    """The model's input for a tool: code, or arguments."""
    OUTPUT = auto()
    """A tool's output."""
    NOTE = auto()
    """A sentence of the program about what happened here."""
    OTHER = auto()
    """Media, or a part stored by a newer version: as text, under its name."""


class CodeStream:
    """A parser like `MarkdownStream`, for text that is a single block of code."""

    def __init__(self, block: Callable[[str], Block]) -> None:
        self.blocks: list[Block] = []
        self._block, self._text = block, ""

    def feed(self, text: str) -> int:
        """Append text. Return the index of the first block that has changed."""
        self._text += text
        self.blocks[:] = [self._block(self._text.removesuffix("\n"))]
        return 0

    def finish(self) -> int:
        """End the text. Return the number of blocks, none of which change."""
        return len(self.blocks)


class PlainStream:
    """A parser like `MarkdownStream`, for text that is not Markdown.

    Long text is cut, so that no part of it gets slow to lay out and to paint.
    """

    def __init__(self) -> None:
        self.blocks: list[Paragraph] = []
        self._tail = ""
        self._closed = 0
        self._gap: str | None = None  # the blank or line break before the open paragraph

    def feed(self, text: str) -> int:
        """Append text. Return the index of the first block that has changed."""
        first = self._closed
        text = self._tail + text
        half = "\r" * text.endswith("\r")  # its \n may still come
        text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
        del self.blocks[first:]
        while len(text) > _LONGEST:
            end, gap = _cut(text)
            self._append(text[:end])
            self._closed, self._gap = self._closed + 1, gap
            text = text[end + len(gap) :]
        if text:
            self._append(text)
        self._tail = text + half
        return first

    def finish(self) -> int:
        """End the text. Return the number of blocks, none of which change."""
        return len(self.blocks)

    def _append(self, text: str) -> None:
        self.blocks.append(Paragraph((Span(text),) if text else (), self._gap))


def _cut(text: str) -> tuple[int, str]:
    """Return where to cut a text that is too long, and the characters dropped there.

    It is cut at the end of a line, else of a sentence, else at a possible line break; and never
    within a character.
    """
    if (line := text.rfind("\n", 1, _LONGEST)) > 0:
        return line, "\n"
    head = text[:_LONGEST]
    kind = QTextBoundaryFinder.BoundaryType
    for unit, least in ((kind.Sentence, _LONGEST // 2), (kind.Line, 0), (kind.Grapheme, 0)):
        finder = QTextBoundaryFinder(unit, head)
        finder.toEnd()
        if (at := finder.toPreviousBoundary()) > least:
            first = part(head, 0, at)
            end = len(first.rstrip(" ")) or len(first)
            return end, first[end:]
    return len(head), ""


def _slice(source: str, start: int) -> str:
    """Return the part of a source to parse next."""
    end = at = start
    for _ in range(_LINES):
        at = source.find("\n", end, start + _SLICE)
        if at < 0:
            return source[start : start + _SLICE]
        end = at + 1
    return source[start:end]


def _excerpt(source: str, *, end: bool) -> str:
    """Return the first lines of a long output, or the last ones."""
    lines = source.splitlines(keepends=True)
    if len(source) <= _EXCERPT and len(lines) <= _EXCERPT_LINES:
        return source
    kept = lines[-_EXCERPT_LINES:] if end else lines[:_EXCERPT_LINES]
    return "".join(kept)[-_EXCERPT:] if end else "".join(kept)[:_EXCERPT]


class Section:
    """A section of a message: its source, and its blocks once it was visible.

    A long one is parsed in slices, so that nobody waits for parts that are not visible yet.
    """

    def __init__(self, kind: SectionKind, part: Part) -> None:
        self.kind = kind
        self.name = part.name
        self.language = ""
        """The language of a call's code."""
        self.opened = kind is not SectionKind.FILE
        """Whether it is open; it is visible only if its containers are open, too."""
        self.source = ""
        self.whole = kind is not SectionKind.OUTPUT
        """Whether all of it is shown, rather than its first lines, or its last while it grows."""
        self.growing = False
        self.repaint_from = 0.0
        """The height in pixels below its top from which `column` has changed."""
        self._text = ""  # what is shown of the source
        self._reader: MarkdownStream | PlainStream | CodeStream | None = None
        self._read_to = 0  # characters given to the parser
        self._finished = False
        self._changed = 0  # index of the first block that the column has not taken over
        self._column: Column | None = None
        self._style = Style()
        self._plain: str | None = None
        self.citations: AnswerCitations | None = None
        """What is known of the citations in it, if it may have some."""
        self.set_source(part.text)

    def set_source(self, source: str) -> bool:
        """Set the text; if it only grew, parse only the new part. Return whether it has changed."""
        before, self.source = self.source, source
        if source == before:
            return False
        self._plain = None
        self._cut()
        return True

    def _cut(self) -> None:
        """Decide what of the source is shown, and parse what is new of it."""
        old = self._text
        self._text = self.source if self.whole else _excerpt(self.source, end=self.growing)
        if self._text == old:
            return
        if self._reader and not self._finished and self._text.startswith(old):
            self._feed()
        else:
            self._start()

    def show_all(self) -> None:
        """Show all of it from now on."""
        if not self.whole:
            self.whole = True
            self._cut()

    @property
    def hidden_lines(self) -> int:
        """How many lines there are, if not all of it is shown; else 0."""
        return 0 if self._text == self.source else self.source.strip("\n").count("\n") + 1

    def finish(self) -> None:
        """Mark the text as complete."""
        if self.growing:
            self.growing = False
            self._cut()
        if self._reader and self._read_to == len(self._text):
            self._end()

    @property
    def is_markdown(self) -> bool:
        """Whether it is parsed as Markdown, rather than shown as typed."""
        return self.kind in (SectionKind.ANSWER, SectionKind.REASONING)

    @property
    def is_code(self) -> bool:
        """Whether it is shown as a block of code."""
        return self.kind in (SectionKind.CALL, SectionKind.OUTPUT)

    @property
    def markdown(self) -> str:
        """All of it as Markdown."""
        source = self.source.strip("\n")
        return code_fence(source, self.language) if self.is_code else source

    @property
    def unread(self) -> bool:
        """Whether there is more text than `column` shows."""
        return self._reader is not None and self._read_to < len(self._text)

    def read_on(self) -> None:
        """Parse another slice."""
        self._feed()

    def column(self, theme: Palette, style: Style) -> Column:
        """Return its blocks as a column, to be painted."""
        style = replace(style, citations=self.citations)
        if self._column is None or style != self._style:
            self._column, self._style, self._changed = Column(theme, style), style, 0
        blocks = self.blocks
        first = self._column.set_blocks(blocks, self._changed)
        self._changed = len(blocks)
        self.repaint_from = self._column.top_of(first)
        return self._column

    @property
    def blocks(self) -> Sequence[Block]:
        """Its blocks, as far as it was parsed."""
        if self._reader is None:
            self._reader = self._make_reader()
            self._feed()
        return self._reader.blocks

    def _make_reader(self) -> MarkdownStream | PlainStream | CodeStream:
        match self.kind:
            case SectionKind.CALL:
                return CodeStream(lambda text: Code(text, self.language))
            case SectionKind.OUTPUT:
                return CodeStream(lambda text: Output(text, whole=self.source))
        return MarkdownStream() if self.is_markdown else PlainStream()

    @property
    def plain(self) -> str:
        """All of it as plain text."""
        if self._plain is None:
            if not self.is_markdown:
                self._plain = self.source
            elif self.citations and may_cite(self.source):
                self._plain = blocks_text(parse(self.citations.plain(self.source)))
            else:
                whole = self._reader.blocks if self._reader and self._finished else None
                self._plain = blocks_text(parse(self.source) if whole is None else whole)
        return self._plain

    def number_again(self) -> None:
        """Show citations that have other numbers than before."""
        self._column = self._plain = None

    def restyle(self) -> None:
        """Adopt the theme's changed colours."""
        if self._column:
            self._column.restyle()

    def forget(self) -> None:
        """Drop whatever can be rebuilt, since it is far out of sight."""
        self._column = None
        self._start()

    def _start(self) -> None:
        self._reader, self._read_to, self._finished, self._changed = None, 0, False, 0

    def _feed(self) -> None:
        assert self._reader
        part = _slice(self._text, self._read_to)
        self._read_to += len(part)
        self._changed = min(self._changed, self._reader.feed(part))
        if self._read_to == len(self._text) and not self.growing:
            self._end()

    def _end(self) -> None:
        if self._reader and not self._finished:
            self._finished = True
            self._changed = min(self._changed, self._reader.finish())
