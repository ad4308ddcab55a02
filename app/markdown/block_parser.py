"""Parse text into blocks, reading each line once, in whatever pieces it arrives.

Blocks are CommonMark's, by the algorithm in its appendix: some blocks are open, one inside another;
a line continues some, opens others, and closes the rest. markdown-it parses whole documents only,
which costs more the longer an answer gets; it parses inline text here, and is the tests' oracle for
blocks. Tables, tasks, footnotes and formulas are supported, HTML is not. The depth of blocks, the
width of tables and the length of paragraphs are limited, against hostile input.
"""

from __future__ import annotations

import re
from typing import TypeVar

from app.markdown.blocks import Block, Heading, Rule, Spans
from app.markdown.citations import unfinished_mark
from app.markdown.formulas import DISPLAYED, closing_mark, formula_tex, is_prose
from app.markdown.inline import Definitions, define, spans, unescape
from app.markdown.line_scanner import LineScanner
from app.markdown.open_blocks import (
    OpenBlock,
    OpenContainer,
    OpenDocument,
    OpenFootnote,
    OpenItem,
    OpenList,
    OpenParagraph,
    OpenQuote,
    OpenTable,
)
from app.markdown.open_verbatim import OpenFence, OpenFormula, OpenIndented, OpenVerbatim
from app.markdown.tables import COLUMNS, alignment, split_row

LINE = 3_000
"""Characters at a line's beginning that decide what it is; the rest is plain text."""
_CHUNK = 500
"""Characters per chunk in which the rest of a long line is read."""
_MAX_DEPTH = 30
"""Depth of nested blocks; deeper ones are text."""
_MAX_UNBALANCED = 8
"""The number of unbalanced fences after which nested fences are no longer recognised."""

_END = re.compile(r"\r\n|\n|\r(?!\Z)")  # the \n after a final \r may still come
# NUL, lone surrogates, and characters that reorder text so that it reads as something else:
# https://trojansource.codes
_INVISIBLE = re.compile("[\0\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"(?:[*+-]|(\d{1,9})[.)])(?=[ \t]|$)")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]:")

_F = TypeVar("_F", bound=OpenBlock)


class BlockParser:
    """A parser of a growing message into blocks.

    ``definitions`` are those known at the beginning; the text's own are added. ``work`` counts the
    characters read, each time they are read.
    """

    def __init__(self, definitions: Definitions | None = None) -> None:
        self.definitions = Definitions() if definitions is None else definitions
        self.work = 0
        self._document = OpenDocument()
        self._stack: list[OpenBlock] = [self._document]  # the outermost block first
        self._rest = ""  # of the last line, which has not ended
        self._mid_line = False  # whether its beginning has been read
        self._blank = False  # whether the previous line was
        self._unbalanced = 0

    def feed(self, text: str) -> list[Block]:
        """Read more text; return the blocks that have become final."""
        text = _INVISIBLE.sub("\ufffd", text)
        *lines, rest = _END.split(self._rest + text)
        for line in lines:
            self._feed_line(line)
            self._mid_line = False
        self._rest = self._feed_line(rest, ended=False)
        final, self._document.parts = self._document.parts, []
        return final

    def open_blocks(self) -> list[Block]:
        """Return the blocks that are not final, as they look so far."""
        clone = BlockParser(self.definitions.copy())
        clone._document = self._document.copy()
        clone._stack = [clone._document, *(block.copy() for block in self._stack[1:])]
        rest = self._rest[: unfinished_mark(self._rest)]  # the mark of a citation is shown whole
        clone._rest, clone._mid_line, clone._blank = rest, self._mid_line, self._blank
        clone._unbalanced = self._unbalanced
        blocks = clone.close(hold=True)
        self.work += clone.work
        return blocks

    def close(self, *, hold: bool = False) -> list[Block]:
        """End the text; return the blocks that were not final.

        With ``hold``, text that may still become a formula, or a fence with nested ones, keeps its
        present form.
        """
        if rest := self._rest.removesuffix("\r"):
            self._feed_line(rest)
        self._close(1, hold=hold)
        return self._document.parts

    # InlineParser, for the open blocks

    def spans(self, text: str) -> Spans:
        self.work += len(text)
        return spans(text, self.definitions)

    def define(self, text: str) -> str:
        self.work += len(text)
        return define(text, self.definitions)

    # Lines

    def _feed_line(self, text: str, *, ended: bool = True) -> str:
        """Read a line or a part of it; return what is left until it is long enough or has ended."""
        at = 0
        while True:
            size = _CHUNK if self._mid_line else LINE
            chunk = text[at : at + size]
            if not ended and len(text) - at <= size:
                return chunk
            self.work += len(chunk)
            if self._mid_line:
                self._extend_line(chunk)
            else:
                self._read_line(LineScanner(chunk))
            self._mid_line = True
            at += size
            if at >= len(text):
                return ""

    def _extend_line(self, text: str) -> None:
        if not isinstance(self._stack[-1], OpenFence):
            self._replay()  # too long for a formula
        tip = self._stack[-1]
        if isinstance(tip, OpenParagraph | OpenVerbatim):
            tip.extend(text)
        elif text:
            self._open(OpenParagraph(1, parts=[""]), self._container_depth).extend(text)
        self._split_paragraph()

    def _read_line(self, line: LineScanner, depth: int = 1, *, formulas: bool = True) -> None:
        """Read a line that is known to be inside the first ``depth`` open blocks."""
        depth = self._matching_depth(line, depth)
        tip = self._stack[-1]
        inside = depth == self._container_depth
        blank, self._blank = self._blank, line.blank
        takes = inside and not (isinstance(tip, OpenFormula) and _is_other(line))
        if takes and isinstance(tip, OpenVerbatim) and tip.consume(line):
            if tip.done:
                self._close(depth)
            return
        if isinstance(tip, OpenParagraph) and tip.closing:
            if inside and formulas and not _is_other(line) and tip.hold_line(line):
                return
            tip.closing = ""
        if not isinstance(tip, OpenFence) and self._replay():
            self._read_line(line, depth, formulas=formulas)
            return
        while not line.blank:
            if self._open_leaf(line, depth, inside, formulas):
                return
            if not self._open_container(line, depth, inside, blank):
                break
            depth, inside = len(self._stack), True
        self._add_text(line, depth, inside, formulas)

    def _matching_depth(self, line: LineScanner, depth: int) -> int:
        while depth < len(self._stack):
            container = self._stack[depth]
            empty = depth == len(self._stack) - 1 and not container.parts
            if not isinstance(container, OpenContainer) or not container.continues(line, empty):
                break
            depth += 1
        return depth

    def _add_text(self, line: LineScanner, depth: int, inside: bool, formulas: bool) -> None:
        """Add a line that opens nothing."""
        tip = self._stack[-1]
        if line.blank:
            self._close(depth)
        elif isinstance(tip, OpenParagraph):
            tip.add(line.text, formulas=formulas)
        elif isinstance(tip, OpenTable) and inside and line.indent < 4:
            tip.add(line.text, self.spans)
        else:
            self._close(depth)
            text, task = line.text, _TASK.match(line.text)
            if task and inside and isinstance(tip, OpenItem) and not tip.parts:
                tip.task = task[1] != " "
                text = text[task.end() :]
            self._open(OpenParagraph(), depth).add(text, formulas=formulas)
        self._split_paragraph()

    # Opening blocks

    def _open_leaf(self, line: LineScanner, depth: int, inside: bool, formulas: bool) -> bool:
        """Open, or complete, a block without children; return whether the line is one."""
        tip, text = self._stack[-1], line.text
        if line.indent > 3:
            if isinstance(tip, OpenParagraph):
                return False
            line.skip(4)
            self._open(OpenIndented(parts=[line.rest]), depth)
        elif inside and isinstance(tip, OpenParagraph) and self._apply_underline(tip, text):
            pass
        elif heading := _HEADING.match(text):
            self._close_for_sibling(depth)
            content = _without_hashes(text[heading.end() :])
            self._stack[-1].parts.append(Heading(len(heading[1]), self.spans(content)))
        elif fence := _FENCE.match(text):
            info = unescape(fence[2] or fence[4] or "").split()
            language = info[0] if info else ""
            nests = self._unbalanced < _MAX_UNBALANCED
            self._open(OpenFence(fence[1] or fence[3], line.indent, language, nests), depth)
        elif _RULE.match(text):
            self._close_for_sibling(depth)
            self._stack[-1].parts.append(Rule())
        elif formulas and (formula := _formula(line.rest, isinstance(tip, OpenParagraph))):
            self._open(formula, depth)
            if formula.done:
                self._close(self._container_depth)
        else:
            return False
        return True

    def _apply_underline(self, paragraph: OpenParagraph, text: str) -> bool:
        """Make the paragraph a heading, or its last line a table's header; return whether so."""
        above = paragraph.parts[-1]
        if "|" in above and (align := alignment(text)):
            header = split_row(above, len(align))
            if 0 < len(header) <= COLUMNS and len(header) == len(align):
                del paragraph.parts[-1]
                self._close(self._container_depth)
                row = tuple(map(self.spans, header))
                self._stack.append(OpenTable(align, row))
                return True
        if underline := _UNDERLINE.match(text):
            self._stack.pop()
            heading = paragraph.heading(1 if underline[1][0] == "=" else 2, self)
            if heading:
                self._stack[-1].parts.append(heading)
                return True
        return False

    def _open_container(self, line: LineScanner, depth: int, inside: bool, blank: bool) -> bool:
        """Open a block with children and consume its marker; return whether the line begins one."""
        text = line.text
        if line.indent > 3 or len(self._stack) >= _MAX_DEPTH:
            return False
        if text.startswith(">"):
            self._open(OpenQuote(), depth)
            OpenQuote.strip_marker(line)
            return True
        if footnote := _FOOTNOTE.match(text):
            self._open(OpenFootnote(footnote[1]), depth)
            self.definitions.notes[footnote[1]] = True
            line.drop(footnote.end())
            return True
        if item := _ITEM.match(text):
            empty = not text[item.end() :].strip(" \t")
            in_paragraph = inside and isinstance(self._stack[-1], OpenParagraph)
            if not (in_paragraph and (empty or item[1] not in (None, "1"))):
                self._open_item(line, item, depth, blank)
                return True
        return False

    def _open_item(self, line: LineScanner, item: re.Match[str], depth: int, blank: bool) -> None:
        mark = item[0]
        indent = line.indent
        line.drop(len(mark))
        padding = line.indent
        if line.blank or padding > 4:
            padding = 1  # deeper content is indented code
        line.skip(padding)
        sibling = self._stack[depth - 1]
        same_list = isinstance(sibling, OpenList) and sibling.mark == mark[-1]
        if same_list:
            self._close(depth)
        else:
            start = int(item[1]) if item[1] else None
            self._open(OpenList(mark[-1], start), depth)
        width, numbered = indent + len(mark) + padding, item[1] is not None
        self._stack.append(OpenItem(width, same_list and blank, numbered))

    # The stack of open blocks

    @property
    def _container_depth(self) -> int:
        """The number of open blocks that may have children: all, or all but the last."""
        return len(self._stack) - (not isinstance(self._stack[-1], OpenContainer))

    def _open(self, block: _F, depth: int) -> _F:
        """Open a block inside the first ``depth`` ones and close the others."""
        self._close_for_sibling(depth)
        self._stack.append(block)
        return block

    def _close_for_sibling(self, depth: int) -> None:
        """Close blocks deeper than ``depth``, and a list there, since no item follows."""
        self._close(depth)
        if isinstance(self._stack[-1], OpenList):
            self._close(len(self._stack) - 1)

    def _close(self, depth: int, *, hold: bool = False) -> None:
        """Close blocks deeper than ``depth``."""
        while len(self._stack) > depth:
            if not hold and self._replay():
                continue
            block = self._stack.pop().close(self)
            if block is not None:
                self._stack[-1].parts.append(block)

    def _replay(self) -> bool:
        """Reread the lines of the last block if it was misjudged; return whether it was."""
        tip = self._stack[-1]
        if isinstance(tip, OpenFormula) and not tip.done:
            texts = self._stack.pop().parts
        elif isinstance(tip, OpenParagraph) and tip.held:
            texts = tip.release()
        elif isinstance(tip, OpenFence) and tip.unbalanced:
            texts = tip.drop_nested()
            self._unbalanced += 1
        else:
            return False
        inside, formulas = self._container_depth, isinstance(tip, OpenFence)
        for text in texts:
            self.work += len(text)
            self._read_line(LineScanner(text), inside, formulas=formulas)
        return True

    def _split_paragraph(self) -> None:
        """Split an overlong paragraph."""
        while isinstance(self._stack[-1], OpenParagraph) and (two := self._stack[-1].split()):
            self._stack[-1] = two[0]
            self._close(self._container_depth)
            self._stack.append(two[1])


def _is_other(line: LineScanner) -> bool:
    """Return whether the line ends a formula: a heading, a fence, a table's delimiter row."""
    text = line.text
    return line.indent < 4 and (
        text[:1] in "#`~|:-"
        and bool(_HEADING.match(text) or _FENCE.match(text) or ("|" in text and alignment(text)))
    )


def _without_hashes(text: str) -> str:
    """Remove the optional closing marks of a heading."""
    text = text.strip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text


def _formula(line: str, in_paragraph: bool) -> OpenFormula | None:
    """Return the formula that begins with this line; in a paragraph, only if it is a mark alone."""
    text = line.strip(" \t")
    mark = DISPLAYED.match(text)
    if not mark:
        return None
    closing = closing_mark(mark)
    behind = text[mark.end() :]
    end = behind.find(closing)
    ended = 0 < end == len(behind) - len(closing)
    if not ended and (end >= 0 or (in_paragraph and behind and not mark["environment"])):
        return None
    if ended and is_prose(formula_tex(text, mark[0], closing), 3):
        return None
    return OpenFormula(mark[0], closing, ended, parts=[line])
