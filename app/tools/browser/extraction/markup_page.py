"""HTML into the text of a page, with its links."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from app.tools.browser.extraction.main_text import MainText
from app.tools.browser.extraction.markup import Markup
from app.tools.browser.extraction.markup_text import MarkupText
from app.tools.browser.page import LinkTable, joined, neutral
from app.tools.browser.source import PageText

_MORE = 2.0  # times as much as the page itself shows, and
_SHORT = 250  # characters at least
_LONGEST_SCRIPT = 1_000_000


def html_page(html: str, address: str, *, whole: bool = False) -> PageText:
    """Return the main text of a page, or the ``whole`` of it, as for a document.

    A page without a main text has the whole, and one that shows nothing what it hides.
    """
    markup = Markup(html)
    spans = [(0, len(markup.marks))] if whole else MainText(markup).spans
    page = _page(markup, html, address, spans)
    told = "" if whole else _told(markup.scripts)
    if len(told) > _MORE * max(len(page.text), _SHORT):  # a script shows the rest
        return replace(page, text=told, links=())
    if page.text:
        return page
    page = _page(markup, html, address, [(0, len(markup.marks))])
    if page.text or not markup.hides:
        return page
    markup = Markup(html, hidden=True)
    return _page(markup, html, address, [(0, len(markup.marks))])


def _told(scripts: Sequence[str]) -> str:
    """Return the article that a page tells search engines; empty if it tells none."""
    bodies: list[str] = []
    for script in scripts:
        with suppress(ValueError, RecursionError):
            todo = [json.loads(script[:_LONGEST_SCRIPT])]
            while todo:
                found = todo.pop()
                if isinstance(found, list):
                    todo += found
                elif isinstance(found, dict):
                    todo += [value for value in found.values() if isinstance(value, list | dict)]
                    bodies.append(str(found.get("articleBody") or ""))
    longest = max(bodies, key=len, default="")
    if "<" in longest or "&" in longest:
        longest = html_page(longest, "", whole=True).text
    return neutral(longest).strip()


def _page(markup: Markup, html: str, address: str, spans: Iterable[tuple[int, int]]) -> PageText:
    base = joined(address, markup.base) if markup.base else ""
    table = LinkTable(base or address)
    writer = MarkupText(table)
    writer.write(markup, spans)
    title = markup.title or markup.heading
    return PageText(address, title, writer.text.strip("\n"), table.addresses, html)
