"""HTML into the text of a page, with its links."""

from __future__ import annotations

from app.tools.browser.extraction.main_text import MainText
from app.tools.browser.extraction.markup import Markup
from app.tools.browser.extraction.markup_text import MarkupText
from app.tools.browser.page import LinkTable, joined
from app.tools.browser.source import PageText


def html_page(html: str, address: str, *, whole: bool = False) -> PageText:
    """Return the main text of a page, or the ``whole`` of it, as for a document.

    A page of which no main text can be told has the whole, too; it may have none.
    """
    markup = Markup(html)
    everything = [(0, len(markup.marks))]
    base = joined(address, markup.base) if markup.base else ""
    table = LinkTable(base or address)
    text = _text(markup, everything if whole else MainText(markup).spans, table)
    if not text and not whole:
        text = _text(markup, everything, table)
    return PageText(address, markup.title or markup.heading, text, table.addresses, html)


def _text(markup: Markup, spans: list[tuple[int, int]], table: LinkTable) -> str:
    writer = MarkupText(table)
    writer.write(markup, spans)
    return writer.text
