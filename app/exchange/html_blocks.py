"""HTML of a message's blocks, for exported pages and for the clipboard.

All text is escaped: nothing in a message becomes markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

from app.exchange.html_formula import mathml
from app.markdown import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    List,
    ListItem,
    Math,
    Paragraph,
    Quote,
    Row,
    Rule,
    Span,
    SpanKind,
    Spans,
    Table,
    VerticalAlign,
    spans_text,
)
from app.markdown.direction import is_leftwards

_DIRECTIONS = {True: ' dir="rtl"', False: ' dir="ltr"'}
_BREAKS = (SpanKind.BREAK, SpanKind.SOFT)
_LONGEST = 60_000  # characters of code; longer code is not highlighted


class BlockRenderer:
    """A renderer of blocks as HTML.

    ``formulas`` draws them as MathML; else they are their source, as code. ``inline_styles`` writes
    the styles of tables into them, for a page without a style sheet.
    """

    def __init__(self, *, formulas: bool = True, inline_styles: bool = False) -> None:
        self._formulas = formulas
        self._inline_styles = inline_styles

    def render(self, blocks: Iterable[Block], parent_rtl: bool = False) -> str:
        """Render blocks below each other; their parent may run from right to left."""
        return "\n".join(self._block(block, parent_rtl) for block in _join_paragraphs(blocks))

    # --- Blocks ---------------------------------------------------------------------------

    def _block(self, block: Block, parent_rtl: bool) -> str:
        rtl = is_leftwards(block, parent_rtl)
        direction = _DIRECTIONS[rtl] if rtl != parent_rtl else ""
        match block:
            case Paragraph(spans):
                return f"<p{direction}>{self._spans(spans)}</p>"
            case Heading(level, spans):
                # The page's title is the only heading of level 1.
                name = f"h{min(level + 1, 6)}"
                return f"<{name}{direction}>{self._spans(spans)}</{name}>"
            case Code(text, language):
                return _pre(_highlighted(text, language), parent_rtl)
            case Math(tex):
                if not self._formulas:
                    return _pre(_highlighted(tex, "latex"), parent_rtl)
                return mathml(tex, display=True) or _pre(escape(tex), parent_rtl)
            case Rule():
                return "<hr>"
            case Quote(blocks):
                return f"<blockquote{direction}>{self.render(blocks, rtl)}</blockquote>"
            case Footnote(label, blocks):
                inner = self.render(blocks, rtl)
                return f"<aside{direction}><sup>{escape(label)}</sup><div>{inner}</div></aside>"
            case List(start, items):
                name = "ul" if start is None else "ol"
                first = "" if start in (None, 1) else f' start="{start}"'
                inner = "".join(self._item(item, rtl) for item in items)
                return f"<{name}{first}{direction}>{inner}</{name}>"
            case Table():
                return self._table(block, direction)

    def _item(self, item: ListItem, parent_rtl: bool) -> str:
        blocks = list(_join_paragraphs(item.blocks))
        loose = item.after_blank and len(blocks) > 1
        tight = not loose and not any(
            isinstance(one, Paragraph) and isinstance(next_, Paragraph)
            for one, next_ in pairwise(blocks)
        )
        inner = "\n".join(
            self._spans(block.spans)
            if tight and isinstance(block, Paragraph)
            else self._block(block, parent_rtl)
            for block in blocks
        )
        if item.task is None:
            return f"<li>{inner}</li>"
        return f'<li class="task">{"☑" if item.task else "☐"} {inner}</li>'

    def _table(self, table: Table, direction: str) -> str:
        head = self._row(table.header, table.align, "th")
        width = len(table.header)
        rows = (row + ((),) * (width - len(row)) for row in table.rows)
        body = "\n".join(self._row(row, table.align, "td") for row in rows)
        inner = f"<thead>{head}</thead>\n<tbody>{body}</tbody>"
        scrolled, style = ' class="wide"', ""
        if self._inline_styles:
            scrolled = ""
            style = ' border="1" cellspacing="0" cellpadding="4" style="border-collapse: collapse"'
        return f"<div{scrolled}{direction}><table{style}{direction}>{inner}</table></div>"

    def _row(self, row: Row, align: Sequence[Align], name: str) -> str:
        cells = []
        for spans, side in zip(row, align, strict=True):
            placed = ""
            if side in (Align.CENTER, Align.RIGHT):
                styled = f' style="text-align: {side.value}"'
                placed = styled if self._inline_styles else f' class="{side.value}"'
            cells.append(f"<{name}{placed}>{self._spans(spans)}</{name}>")
        return f"<tr>{''.join(cells)}</tr>"

    # --- Spans ----------------------------------------------------------------------------

    def _spans(self, spans: Spans) -> str:
        return "".join(
            self._span(span)
            for number, span in enumerate(spans)
            # A displayed formula ends the line before it, and its own.
            if span.kind not in _BREAKS
            or not any(map(self._is_display, spans[max(number - 1, 0) :][:3]))
        )

    def _is_display(self, span: Span) -> bool:
        return self._formulas and span.kind is SpanKind.DISPLAY

    def _span(self, span: Span) -> str:
        text = escape(span.text)
        match span.kind:
            case SpanKind.CODE:
                text = f"<code>{text}</code>"
            case SpanKind.MATH | SpanKind.DISPLAY:
                text = self._formula(span)
            case SpanKind.NOTE:
                text = f"<sup>{text}</sup>"
            case SpanKind.KEY:
                text = f"<kbd>{text}</kbd>"
            case SpanKind.BREAK | SpanKind.SOFT:
                text = "<br>"
            case SpanKind.TEXT:
                pass
        if span.vertical_align is not VerticalAlign.NONE:
            text = f"<{span.vertical_align.value}>{text}</{span.vertical_align.value}>"
        for on, name in ((span.bold, "strong"), (span.italic, "em"), (span.strike, "s")):
            if on:
                text = f"<{name}>{text}</{name}>"
        if span.link:
            return f'<a href="{escape(span.link)}" rel="noopener noreferrer">{text}</a>'
        return text

    def _formula(self, span: Span) -> str:
        if not self._formulas:
            return f"<code>{escape(spans_text((span,)))}</code>"
        drawn = mathml(span.text, display=span.kind is SpanKind.DISPLAY)
        return drawn or f"<code>{escape(span.text)}</code>"


def _join_paragraphs(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks, rejoining very long paragraphs, which the parser cuts."""
    before: Block | None = None
    for block in blocks:
        joined = block.joined if isinstance(block, Paragraph) else None
        if isinstance(block, Paragraph) and joined is not None and isinstance(before, Paragraph):
            gap = Span(joined, SpanKind.SOFT if joined == "\n" else SpanKind.TEXT)
            before = Paragraph((*before.spans, gap, *block.spans), before.joined)
            continue
        if before is not None:
            yield before
        before = block
    if before is not None:
        yield before


def _pre(html: str, parent_rtl: bool) -> str:
    return f"<pre{_DIRECTIONS[False] * parent_rtl}><code>{html}</code></pre>"


def _highlighted(text: str, language: str) -> str:
    """Return code with Pygments' classes for its tokens."""
    # Imported late: most starts never export.
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if not language or len(text) > _LONGEST:
        return escape(text)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(text)
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True)))
