"""A chat as one page of HTML that needs nothing else: no script, no font, no picture, no address
that is loaded. All text is escaped, and the page forbids by itself what would be loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from itertools import pairwise

from app.base.types import Role
from app.exchange.html_formula import mathml
from app.exchange.markdown_page import ALONE, ExportWords, Versions, day, ending, speaker, thought
from app.markdown import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    Item,
    List,
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
    parse,
)
from app.markdown.direction import is_leftwards
from app.store import ChatRow, MessageRow

_SIDES = {True: ' dir="rtl"', False: ' dir="ltr"'}
_BREAKS = (SpanKind.BREAK, SpanKind.SOFT)
_LONGEST = 60_000  # characters of code; what is longer stays in one colour
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --text: #1d1d1b; --muted: #696760; --page: #ffffff;
  --line: #e7e5df; --bubble: #f2f1ec; --code: #faf9f7; --link: #2a62d9; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e6e1; --muted: #a19d94; --page: #1b1b19;
  --line: #35342f; --bubble: #2a2925; --code: #232320; --link: #8ab0ff; } }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 46rem; color: var(--text);
  background: var(--page); font: 1rem/1.6 Inter, system-ui, sans-serif; overflow-wrap: break-word; }
h1 { line-height: 1.25; margin: 0; } h2, h3, h4, h5, h6 { line-height: 1.3; }
a { color: var(--link); } time, .end, summary, .who { color: var(--muted); font-size: .875rem; }
article { margin-top: 2rem; } .who { margin: 0 0 .5rem; font-weight: 600; }
.user .text { white-space: pre-wrap; padding: .75rem 1rem; border-radius: .75rem;
  background: var(--bubble); }
code, math { direction: ltr; unicode-bidi: isolate; }
pre, code { font-family: "JetBrains Mono", ui-monospace, Consolas, monospace; font-size: .875em; }
code { padding: .1em .3em; border-radius: .25rem; background: var(--bubble); }
kbd { padding: .1em .4em; border: 1px solid var(--line); border-bottom-width: 2px;
  border-radius: .3rem; background: var(--code); font: inherit; font-size: .85em; }
sub, sup { line-height: 0; }
pre { padding: .75rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--code); line-height: 1.5; } pre code { padding: 0; background: none; }
blockquote, details > div { margin: 1rem 0; padding-inline-start: 1rem;
  border-inline-start: 3px solid var(--line); color: var(--muted); }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .35rem .75rem; border: 1px solid var(--line); text-align: start; }
p, li, td, th, h1, h2, h3, h4, h5, h6, .user .text { unicode-bidi: plaintext; }
li { text-align: match-parent; } :where(table[dir=rtl]) :is(th, td) { text-align: right; }
.center { text-align: center; } .right { text-align: right; }
math[display="block"] { margin: 1rem 0; overflow-x: auto; overflow-y: hidden; }
hr { border: 0; border-top: 1px solid var(--line); } li.task { list-style: none; }
details.file { margin: .5rem 0; } .file pre { white-space: pre-wrap; }
aside { display: flex; gap: .5rem; margin: .75rem 0; font-size: .875rem; } aside p { margin: 0; }
@media print { pre { white-space: pre-wrap; } }
"""


def chat_html(
    chat: ChatRow,
    messages: Sequence[MessageRow],
    *,
    reasoning: bool,
    words: ExportWords,
    versions: Versions = ALONE,
) -> str:
    """The messages as a whole page."""
    title = escape(chat.title or words.untitled)
    date = f"<time>{day(chat.created)}</time>" if day(chat.created) else ""
    articles = "\n".join(_article(message, reasoning, words, versions) for message in messages)
    return f"""<!DOCTYPE html>
<html lang="{escape(words.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}{_code_style()}</style>
</head>
<body>
<header><h1>{title}</h1>{date}</header>
<main>
{articles}
</main>
</body>
</html>
"""


def _article(message: MessageRow, reasoning: bool, words: ExportWords, versions: Versions) -> str:
    own = message.message
    whose = "user" if own.role is Role.USER else "assistant"
    pieces = [f'<p class="who">{escape(speaker(message, words, versions))}</p>']
    if reasoning and own.reasoning.strip():
        summary = f"<summary>{escape(thought(message, words))}</summary>"
        pieces.append(f"<details>{summary}<div>{blocks_html(parse(own.reasoning))}</div></details>")
    for part in own.attached:
        summary = f"<summary>{escape(part.name)}</summary>"
        pieces.append(f'<details class="file">{summary}<pre>{escape(part.text)}</pre></details>')
    if own.text.strip():
        # What a person typed is no Markdown, as in the window.
        inner = escape(own.text) if whose == "user" else blocks_html(parse(own.text))
        pieces.append(f'<div class="text">{inner}</div>')
    if end := ending(message, words):
        pieces.append(f'<p class="end">{escape(end)}</p>')
    return f'<article class="{whose}">{"".join(pieces)}</article>'


# --- Blocks -------------------------------------------------------------------------------


def blocks_html(blocks: Iterable[Block], around: bool = False) -> str:
    """Blocks below each other. ``around`` is whether what they are in runs from right to left."""
    return "\n".join(_block(block, around) for block in _whole(blocks))


def _whole(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks with each very long paragraph, which was cut, in one piece."""
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


def _block(block: Block, around: bool) -> str:
    turned = is_leftwards(block, around)
    side = _SIDES[turned] if turned != around else ""
    match block:
        case Paragraph(spans):
            return f"<p{side}>{_spans(spans)}</p>"
        case Heading(level, spans):
            # The page's title is the only one of the first rank.
            return f"<h{min(level + 1, 6)}{side}>{_spans(spans)}</h{min(level + 1, 6)}>"
        case Code(text, language):
            return f"<pre{_SIDES[False] * around}><code>{_coloured(text, language)}</code></pre>"
        case Math(tex):
            source = f"<pre{_SIDES[False] * around}><code>{escape(tex)}</code></pre>"
            return mathml(tex, display=True) or source
        case Rule():
            return "<hr>"
        case Quote(blocks):
            return f"<blockquote{side}>{blocks_html(blocks, turned)}</blockquote>"
        case Footnote(label, blocks):
            inner = blocks_html(blocks, turned)
            return f"<aside{side}><sup>{escape(label)}</sup><div>{inner}</div></aside>"
        case List(start, items):
            name = "ul" if start is None else "ol"
            first = "" if start in (None, 1) else f' start="{start}"'
            inner = "".join(_item(item, turned) for item in items)
            return f"<{name}{first}{side}>{inner}</{name}>"
        case Table():
            return _table(block, side)


def _item(item: Item, around: bool) -> str:
    blocks = list(_whole(item.blocks))
    apart = item.apart and len(blocks) > 1
    tight = not apart and not any(
        isinstance(one, Paragraph) and isinstance(next_, Paragraph)
        for one, next_ in pairwise(blocks)
    )
    inner = "\n".join(
        _spans(block.spans) if tight and isinstance(block, Paragraph) else _block(block, around)
        for block in blocks
    )
    if item.task is None:
        return f"<li>{inner}</li>"
    return f'<li class="task">{"☑" if item.task else "☐"} {inner}</li>'


def _table(table: Table, side: str) -> str:
    head = _row(table.header, table.align, "th")
    width = len(table.header)
    rows = (row + ((),) * (width - len(row)) for row in table.rows)
    body = "\n".join(_row(row, table.align, "td") for row in rows)
    inner = f"<thead>{head}</thead>\n<tbody>{body}</tbody>"
    return f'<div class="wide"{side}><table{side}>{inner}</table></div>'


def _row(row: Row, align: Sequence[Align], name: str) -> str:
    cells = []
    for spans, align_ in zip(row, align, strict=True):
        placed = f' class="{align_.value}"' if align_ in (Align.CENTER, Align.RIGHT) else ""
        cells.append(f"<{name}{placed}>{_spans(spans)}</{name}>")
    return f"<tr>{''.join(cells)}</tr>"


# --- What is in a line --------------------------------------------------------------------


def _spans(spans: Spans) -> str:
    return "".join(
        _span(span)
        for number, span in enumerate(spans)
        # A formula on a line of its own ends the line before it, and its own.
        if span.kind not in _BREAKS or not any(map(_stands_out, spans[max(number - 1, 0) :][:3]))
    )


def _stands_out(span: Span) -> bool:
    return span.kind is SpanKind.DISPLAY


def _span(span: Span) -> str:
    text = escape(span.text)
    match span.kind:
        case SpanKind.CODE:
            text = f"<code>{text}</code>"
        case SpanKind.MATH:
            text = mathml(span.text, display=False) or f"<code>{text}</code>"
        case SpanKind.DISPLAY:
            text = mathml(span.text, display=True) or f"<code>{text}</code>"
        case SpanKind.NOTE:
            text = f"<sup>{text}</sup>"
        case SpanKind.KEY:
            text = f"<kbd>{text}</kbd>"
        case SpanKind.BREAK | SpanKind.SOFT:
            text = "<br>"
        case SpanKind.TEXT:
            pass
    if span.rise is not VerticalAlign.NONE:
        text = f"<{span.rise.value}>{text}</{span.rise.value}>"
    for on, name in ((span.bold, "strong"), (span.italic, "em"), (span.strike, "s")):
        if on:
            text = f"<{name}>{text}</{name}>"
    if span.link:
        return f'<a href="{escape(span.link)}" rel="noopener noreferrer">{text}</a>'
    return text


# --- Code ---------------------------------------------------------------------------------


def _coloured(text: str, language: str) -> str:
    """Code with a class for each kind of word, as Pygments names them."""
    # Imported here: a program that never exports need not wait for it.
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


@cache
def _code_style() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (
        "\n".join(
            line
            for line in HtmlFormatter(style=style).get_style_defs("pre").splitlines()
            if line.startswith("pre .")  # not the colours of the whole page and of line numbers
        )
        for style in ("default", "github-dark")
    )
    # An error in code is of no interest here: half of a program is no mistake.
    quiet = "pre .err { border: 0; background: none; color: inherit }"
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{quiet}\n"
