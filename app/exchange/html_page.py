"""A chat as one HTML page that needs nothing else: no script, font, picture or address to load.

All text is escaped, and the page's own policy forbids loading anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape

from app.base.code_fence import code_fence
from app.base.types import Part, Role
from app.exchange.answer_steps import (
    PICTURES,
    AnswerStep,
    StepKind,
    answer_steps,
    data_link,
    used_tools,
)
from app.exchange.footnotes import Footnotes
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
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
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
img { max-width: 100%; border-radius: .5rem; } details.call .out { white-space: pre-wrap; }
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
    noted = map(Footnotes(messages, words.footnotes, kept=False).add_to, messages)
    articles = "\n".join(_article(message, reasoning, words, versions) for message in noted)
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
    steps = used_tools(own)
    if not steps and reasoning and own.reasoning.strip():
        pieces.append(_thought(own.reasoning, thought(message, words)))
    for part in own.attached:
        summary = f"<summary>{escape(part.name)}</summary>"
        pieces.append(f'<details class="file">{summary}<pre>{escape(part.text)}</pre></details>')
    if steps:
        pieces += _steps(message, reasoning, words)
    elif own.text.strip():
        # Typed text is not treated as Markdown, as in the window.
        inner = escape(own.text) if whose == "user" else _BLOCKS.render(parse(own.text))
        pieces.append(f'<div class="text">{inner}</div>')
    if end := ending(message, words):
        pieces.append(f'<p class="end">{escape(end)}</p>')
    return f'<article class="{whose}">{"".join(pieces)}</article>'


def _thought(text: str, heading: str) -> str:
    summary = f"<summary>{escape(heading)}</summary>"
    return f"<details>{summary}<div>{_BLOCKS.render(parse(text))}</div></details>"


def _steps(message: MessageRow, reasoning: bool, words: ExportWords) -> Iterator[str]:
    """Yield the pieces of an answer that used tools."""
    heading = thought(message, words)
    for step in answer_steps(message.message, reasoning=reasoning):
        match step.kind:
            case StepKind.THOUGHT:
                yield _thought(step.text, heading)
                heading = words.reasoning
            case StepKind.CALL:
                yield _call(step, words)
            case StepKind.MEDIA if step.part:
                yield _media(step.part)
            case _:
                yield f'<div class="text">{_BLOCKS.render(parse(step.text))}</div>'


def _call(step: AnswerStep, words: ExportWords) -> str:
    summary = f"<summary>{escape(words.call(step.part, step.result, step.page))}</summary>"
    code = _BLOCKS.render(parse(code_fence(step.text, step.language))) if step.text else ""
    out = ""
    if step.output:
        out = f'<p>{escape(words.output)}</p><pre class="out">{escape(step.output)}</pre>'
    return f'<details class="call">{summary}<div>{code}{out}</div></details>'


def _media(part: Part) -> str:
    """Return a picture, or a link that saves a file."""
    name, address = escape(part.name), escape(data_link(part))
    if part.media_type in PICTURES:
        return f'<p><img src="{address}" alt="{name}"></p>'
    return f'<p><a href="{address}" download="{name}">{name}</a></p>'


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
