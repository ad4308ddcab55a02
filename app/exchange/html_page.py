"""A chat as one HTML page that needs nothing else: no script, font, picture or address to load.

All text is escaped, and the page's own policy forbids loading anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from app.base.types import Role
from app.exchange.html_blocks import BlockRenderer
from app.exchange.markdown_page import (
    NO_VERSIONS,
    ExportWords,
    Versions,
    day,
    ending,
    speaker,
    thought,
)
from app.markdown import parse
from app.store import ChatRow, MessageRow

_BLOCKS = BlockRenderer()
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
    versions: Versions = NO_VERSIONS,
) -> str:
    """Return the messages as a page."""
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
        pieces.append(
            f"<details>{summary}<div>{_BLOCKS.render(parse(own.reasoning))}</div></details>"
        )
    for part in own.attached:
        summary = f"<summary>{escape(part.name)}</summary>"
        pieces.append(f'<details class="file">{summary}<pre>{escape(part.text)}</pre></details>')
    if own.text.strip():
        # Typed text is not treated as Markdown, as in the window.
        inner = escape(own.text) if whose == "user" else _BLOCKS.render(parse(own.text))
        pieces.append(f'<div class="text">{inner}</div>')
    if end := ending(message, words):
        pieces.append(f'<p class="end">{escape(end)}</p>')
    return f'<article class="{whose}">{"".join(pieces)}</article>'


@cache
def _code_style() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (
        "\n".join(
            line
            for line in HtmlFormatter(style=style).get_style_defs("pre").splitlines()
            if line.startswith("pre .")  # without the rules for the page and line numbers
        )
        for style in ("default", "github-dark")
    )
    # Errors are not marked: code in an answer is often a fragment.
    quiet = "pre .err { border: 0; background: none; color: inherit }"
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{quiet}\n"
