"""Blocks of text as HTML for a text document. Every character of the message is escaped; the
addresses in it are those of links."""

from __future__ import annotations

from html import escape

from app.markdown import (
    Align,
    Block,
    Heading,
    Item,
    Kind,
    List,
    Math,
    Paragraph,
    Row,
    Span,
    Spans,
    Table,
    spans_text,
)

Prose = Paragraph | Heading | Table | List | Math

_TASKS = {None: "", False: ' class="unchecked"', True: ' class="checked"'}


def is_prose(block: Block) -> bool:
    """Whether HTML can show it. In a list, code and quotations would spoil a text document."""
    if isinstance(block, List):
        return all(
            isinstance(inner, Paragraph | Heading | List) and is_prose(inner)
            for item in block.items
            for inner in item.blocks
        )
    return isinstance(block, Prose)


def html(block: Prose) -> str:
    """The block, which `is_prose`."""
    match block:
        case Paragraph(spans):
            return f"<p>{_spans(spans)}</p>"
        case Heading(level, spans):
            return f"<h{level}>{_spans(spans)}</h{level}>"
        case Math():
            return f"<p>{escape(block.tex)}</p>"
        case Table(align, header, rows):
            body = "".join(_row("td", align, row) for row in rows)
            return f"<table>{_row('th', align, header)}{body}</table>"
        case List(start, items):
            tag, attribute = ("ul", "") if start is None else ("ol", f' start="{start}"')
            return f"<{tag}{attribute}>{''.join(map(_item, items))}</{tag}>"


def _item(item: Item) -> str:
    first, *others = item.blocks or (Paragraph(()),)
    alone = isinstance(first, Paragraph) and not any(isinstance(b, Paragraph) for b in others)
    if alone and not item.apart:
        text = _spans(first.spans) + "".join(map(html, others))
    else:
        text = "".join(map(html, item.blocks))
    return f"<li{_TASKS[item.task]}>{text}</li>"


def _row(tag: str, align: tuple[Align, ...], row: Row) -> str:
    cells = [*row, *[()] * (len(align) - len(row))]
    return "<tr>{}</tr>".format(
        "".join(
            f"<{tag}{_style(side)}>{_spans(cell)}</{tag}>"
            for side, cell in zip(align, cells, strict=True)
        )
    )


def _style(align: Align) -> str:
    return f' style="text-align:{align.value}"' if align.value else ""


def _spans(spans: Spans) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    text = escape(spans_text([span]))
    match span.kind:
        case Kind.BREAK:
            return "<br>"
        case Kind.CODE:
            text = f"<code>{text}</code>"
    for on, tag in ((span.bold, "strong"), (span.italic, "em"), (span.strike, "s")):
        text = f"<{tag}>{text}</{tag}>" if on else text
    return f'<a href="{escape(span.link)}">{text}</a>' if span.link else text
