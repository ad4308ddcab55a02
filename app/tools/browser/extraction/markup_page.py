"""HTML into the text of a page, with its links."""

from __future__ import annotations

from collections.abc import Iterable

from app.tools.browser.extraction.main_text import MainText
from app.tools.browser.extraction.markup import Markup
from app.tools.browser.extraction.markup_text import MarkupText
from app.tools.browser.page import LinkTable, joined
from app.tools.browser.source import PageText


def html_page(html: str, address: str, *, whole: bool = False) -> PageText:
    """Return the main text of a page, or the ``whole`` of it, as for a document.

    A page without a main text has the whole, and one that shows nothing what it hides.
    """
    markup = Markup(html)
    spans = [(0, len(markup.marks))] if whole else MainText(markup).spans
    page = _page(markup, html, address, spans)
    if page.text:
        return page
    page = _page(markup, html, address, [(0, len(markup.marks))])
    if page.text:
        return page
    markup = Markup(html, hidden=True)
    return _page(markup, html, address, [(0, len(markup.marks))])


def _page(markup: Markup, html: str, address: str, spans: Iterable[tuple[int, int]]) -> PageText:
    base = joined(address, markup.base) if markup.base else ""
    table = LinkTable(base or address)
    writer = MarkupText(table)
    writer.write(markup, spans)
    title = markup.title or markup.heading
    return PageText(address, title, writer.text.strip("\n"), table.addresses, html)
