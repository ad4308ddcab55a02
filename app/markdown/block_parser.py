"""Text into blocks, each line read once, whatever pieces it comes in.

Blocks are CommonMark's, by the algorithm in its appendix: some blocks are open, one inside
the other; a line goes on in some, opens others, and closes the rest. markdown-it reads whole
documents only, which costs more the longer an answer gets; it reads what is inside the lines, and
is the tests' oracle for what is outside. There are tables, tasks, footnotes and formulas, and no
HTML. What is hostile is bounded: how deep blocks are, how wide tables, how long paragraphs.
"""

from __future__ import annotations

import re
from typing import TypeVar

from app.markdown.blocks import Block, Heading, Rule, Spans
from app.markdown.formulas import DISPLAYED, ending, inner, is_prose
from app.markdown.inline import Definitions, define, spans, unescape
from app.markdown.line_scanner import LineScanner
from app.markdown.open_blocks import (
    OpenBlock,
    OpenContainer,
    OpenDocument,
    OpenFence,
    OpenFootnote,
    OpenFormula,
    OpenIndented,
    OpenItem,
    OpenList,
    OpenParagraph,
    OpenQuote,
    OpenTable,
    OpenVerbatim,
)
from app.markdown.tables import COLUMNS, alignment, parted

LINE = 3_000
"""Characters of a line that decide what it is. What follows is more of its text."""
_MORE = 500
"""Characters in which that is read."""
_DEPTH = 30
"""Blocks inside each other. What would be deeper is text."""
_UNEVEN = 8
"""Fences with others inside that did not come out even. From then on, none is looked for."""

_END = re.compile(r"\r\n|\n|\r(?!\Z)")  # the other half of the last one may be on its way
# What would end a line of C, is half a character, or turns text around so that it reads as
# something else: https://trojansource.codes
_UNSEEN = re.compile("[\0\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"(?:[*+-]|(\d{1,9})[.)])(?=[ \t]|$)")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]:")

_F = TypeVar("_F", bound=OpenBlock)


class BlockParser:
    """``names`` is what the text may refer to from its beginning on; what it defines is added.
    ``work`` is how many characters were read so far, those read twice counted twice."""

    def __init__(self, names: Definitions | None = None) -> None:
        self.names = Definitions() if names is None else names
        self.work = 0
        self._document = OpenDocument()
        self._stack: list[OpenBlock] = [self._document]  # from the outermost open block in
        self._rest = ""  # of the last line, which has not ended
        self._within = False  # that line's beginning has been read
        self._blank = False  # the line before was
        self._uneven = 0

    def feed(self, text: str) -> list[Block]:
        """Reads more; the blocks that are final now."""
        text = _UNSEEN.sub("\ufffd", text)
        *lines, rest = _END.split(self._rest + text)
        for line in lines:
            self._put(line)
            self._within = False
        self._rest = self._put(rest, ended=False)
        final, self._document.parts = self._document.parts, []
        return final

    def open(self) -> list[Block]:
        """The blocks that are not final, as they look so far."""
        twin = BlockParser(self.names.copy())
        twin._document = self._document.copy()
        twin._stack = [twin._document, *(frame.copy() for frame in self._stack[1:])]
        twin._rest, twin._within, twin._blank = self._rest, self._within, self._blank
        twin._uneven = self._uneven
        blocks = twin.close(hold=True)
        self.work += twin.work
        return blocks

    def close(self, *, hold: bool = False) -> list[Block]:
        """The end; the blocks that were not final. With ``hold`` what may still become a formula,
        or a fence with others inside, stays what it looks like."""
        if rest := self._rest.removesuffix("\r"):
            self._put(rest)
        self._close(1, hold=hold)
        return self._document.parts

    # What frames ask for

    def spans(self, text: str) -> Spans:
        self.work += len(text)
        return spans(text, self.names)

    def define(self, text: str) -> str:
        self.work += len(text)
        return define(text, self.names)

    # Lines

    def _put(self, text: str, *, ended: bool = True) -> str:
        """A line, or more of it. What is too short to be read if it has not ended."""
        at = 0
        while True:
            size = _MORE if self._within else LINE
            piece = text[at : at + size]
            if not ended and len(text) - at <= size:
                return piece
            self.work += len(piece)
            if self._within:
                self._more(piece)
            else:
                self._line(LineScanner(piece))
            self._within = True
            at += size
            if at >= len(text):
                return ""

    def _more(self, text: str) -> None:
        if not isinstance(self._stack[-1], OpenFence):
            self._read_again()  # too long for a formula
        tip = self._stack[-1]
        if isinstance(tip, OpenParagraph | OpenVerbatim):
            tip.extend(text)
        elif text:
            self._add(OpenParagraph(1, parts=[""]), self._boxes).extend(text)
        self._cut()

    def _line(self, line: LineScanner, depth: int = 1, *, formulas: bool = True) -> None:
        """``depth`` is how many of the open blocks the line is known to be inside."""
        depth = self._go_on(line, depth)
        tip = self._stack[-1]
        inside = depth == self._boxes
        blank, self._blank = self._blank, line.blank
        takes = inside and not (isinstance(tip, OpenFormula) and _is_other(line))
        if takes and isinstance(tip, OpenVerbatim) and tip.take(line):
            if tip.done:
                self._close(depth)
            return
        if isinstance(tip, OpenParagraph) and tip.ending:
            if inside and formulas and not _is_other(line) and tip.hold(line):
                return
            tip.ending = ""
        if not isinstance(tip, OpenFence) and self._read_again():
            self._line(line, depth, formulas=formulas)
            return
        while not line.blank:
            if self._leaf(line, depth, inside, formulas):
                return
            if not self._box(line, depth, inside, blank):
                break
            depth, inside = len(self._stack), True
        self._text(line, depth, inside, formulas)

    def _go_on(self, line: LineScanner, depth: int) -> int:
        while depth < len(self._stack):
            box = self._stack[depth]
            empty = depth == len(self._stack) - 1 and not box.parts
            if not isinstance(box, OpenContainer) or not box.goes_on(line, empty):
                break
            depth += 1
        return depth

    def _text(self, line: LineScanner, depth: int, inside: bool, formulas: bool) -> None:
        """A line that opens nothing."""
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
            self._add(OpenParagraph(), depth).add(text, formulas=formulas)
        self._cut()

    # What a line opens

    def _leaf(self, line: LineScanner, depth: int, inside: bool, formulas: bool) -> bool:
        """Whether the line is, or begins, a block that has no others in it; then it is there."""
        tip, text = self._stack[-1], line.text
        if line.indent > 3:
            if isinstance(tip, OpenParagraph):
                return False
            line.skip(4)
            self._add(OpenIndented(parts=[line.rest]), depth)
        elif inside and isinstance(tip, OpenParagraph) and self._under(tip, text):
            pass
        elif heading := _HEADING.match(text):
            self._clear(depth)
            content = _without_hashes(text[heading.end() :])
            self._stack[-1].parts.append(Heading(len(heading[1]), self.spans(content)))
        elif fence := _FENCE.match(text):
            info = unescape(fence[2] or fence[4] or "").split()
            language = info[0] if info else ""
            nests = self._uneven < _UNEVEN
            self._add(OpenFence(fence[1] or fence[3], line.indent, language, nests), depth)
        elif _RULE.match(text):
            self._clear(depth)
            self._stack[-1].parts.append(Rule())
        elif formulas and (formula := _formula(line.rest, isinstance(tip, OpenParagraph))):
            self._add(formula, depth)
            if formula.done:
                self._close(self._boxes)
        else:
            return False
        return True

    def _under(self, paragraph: OpenParagraph, text: str) -> bool:
        """Whether the line makes its paragraph's last line a table's header, or all of it a
        heading."""
        above = paragraph.parts[-1]
        if "|" in above and (align := alignment(text)):
            header = parted(above, len(align))
            if 0 < len(header) <= COLUMNS and len(header) == len(align):
                del paragraph.parts[-1]
                self._close(self._boxes)
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

    def _box(self, line: LineScanner, depth: int, inside: bool, blank: bool) -> bool:
        """Whether the line opens a block that has others in it; then its marks are taken off."""
        text = line.text
        if line.indent > 3 or len(self._stack) >= _DEPTH:
            return False
        if text.startswith(">"):
            self._add(OpenQuote(), depth)
            OpenQuote.open(line)
            return True
        if footnote := _FOOTNOTE.match(text):
            self._add(OpenFootnote(footnote[1]), depth)
            self.names.notes[footnote[1]] = True
            line.drop(footnote.end())
            return True
        if item := _ITEM.match(text):
            empty = not text[item.end() :].strip(" \t")
            in_paragraph = inside and isinstance(self._stack[-1], OpenParagraph)
            if not (in_paragraph and (empty or item[1] not in (None, "1"))):
                self._item(line, item, depth, blank)
                return True
        return False

    def _item(self, line: LineScanner, item: re.Match[str], depth: int, blank: bool) -> None:
        mark = item[0]
        indent = line.indent
        line.drop(len(mark))
        room = line.indent
        if line.blank or room > 4:
            room = 1  # what is further in is code
        line.skip(room)
        there = self._stack[depth - 1]
        again = isinstance(there, OpenList) and there.mark == mark[-1]
        if again:
            self._close(depth)
        else:
            start = int(item[1]) if item[1] else None
            self._add(OpenList(mark[-1], start), depth)
        width, numbered = indent + len(mark) + room, item[1] is not None
        self._stack.append(OpenItem(width, again and blank, numbered))

    # Frames

    @property
    def _boxes(self) -> int:
        """How many of the open blocks may have others in them: all, or all but the last."""
        return len(self._stack) - (not isinstance(self._stack[-1], OpenContainer))

    def _add(self, frame: _F, depth: int) -> _F:
        """Opens a block inside the first ``depth`` ones; the others are closed."""
        self._clear(depth)
        self._stack.append(frame)
        return frame

    def _clear(self, depth: int) -> None:
        """Closes what is inside the first ``depth`` blocks, and the list that is left without an
        item, since what follows is none."""
        self._close(depth)
        if isinstance(self._stack[-1], OpenList):
            self._close(len(self._stack) - 1)

    def _close(self, depth: int, *, hold: bool = False) -> None:
        """Closes what is inside the first ``depth`` blocks."""
        while len(self._stack) > depth:
            if not hold and self._read_again():
                continue
            block = self._stack.pop().close(self)
            if block is not None:
                self._stack[-1].parts.append(block)

    def _read_again(self) -> bool:
        """Whether the tip was held for what it is not after all; then its lines are read again."""
        tip = self._stack[-1]
        if isinstance(tip, OpenFormula) and not tip.done:
            texts = self._stack.pop().parts
        elif isinstance(tip, OpenParagraph) and tip.held:
            texts = tip.release()
        elif isinstance(tip, OpenFence) and tip.uneven:
            texts = tip.even()
            self._uneven += 1
        else:
            return False
        inside, formulas = self._boxes, isinstance(tip, OpenFence)
        for text in texts:
            self.work += len(text)
            self._line(LineScanner(text), inside, formulas=formulas)
        return True

    def _cut(self) -> None:
        """Keeps an endless paragraph short."""
        while isinstance(self._stack[-1], OpenParagraph) and (two := self._stack[-1].cut()):
            self._stack[-1] = two[0]
            self._close(self._boxes)
            self._stack.append(two[1])


def _is_other(line: LineScanner) -> bool:
    """Whether the line is never in a formula: a heading, a fence, what is under a table's head."""
    text = line.text
    return line.indent < 4 and (
        text[:1] in "#`~|:-"
        and bool(_HEADING.match(text) or _FENCE.match(text) or ("|" in text and alignment(text)))
    )


def _without_hashes(text: str) -> str:
    """A heading without the marks that may end it."""
    text = text.strip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text


def _formula(line: str, in_paragraph: bool) -> OpenFormula | None:
    """The formula that begins with this line. In a paragraph, its mark must be all of the line."""
    text = line.strip(" \t")
    mark = DISPLAYED.match(text)
    if not mark:
        return None
    closing = ending(mark)
    behind = text[mark.end() :]
    end = behind.find(closing)
    ended = 0 < end == len(behind) - len(closing)
    if not ended and (end >= 0 or (in_paragraph and behind and not mark["environment"])):
        return None
    if ended and is_prose(inner(text, mark[0], closing), 3):
        return None
    return OpenFormula(mark[0], closing, ended, parts=[line])
