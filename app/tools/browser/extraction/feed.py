"""A feed (RSS, Atom) as a page: its items with their links.

It is read by patterns, so no entity of it is expanded but those of HTML.
"""

from __future__ import annotations

import re
from html import unescape

from app.tools.browser.extraction.markup_page import html_page
from app.tools.browser.page import LinkTable, neutral
from app.tools.browser.source import PageText

_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_ITEM = re.compile(r"<(item|entry)[\s>]((?:[^<]++|<(?!/\1>))*+)", re.IGNORECASE)
_FIELD = re.compile(
    r"<(title|description|summary|content:encoded|content|pubDate|updated|published|dc:date|link)"
    r"(?=[\s/>])([^>]*+)(?<!/)>((?:<!\[CDATA\[(?:[^]]++|\](?!\]>))*+\]\]>|[^<]++|<(?!/\1>))*+)",
    re.IGNORECASE,
)
_ATOM_LINK = re.compile(r"""<link\b([^>]*?)href\s*=\s*["']([^"'<>]+)["']([^>]*)>""", re.IGNORECASE)
_HEAD = 2000  # characters in which a feed says that it is one
_MOST = 500  # items
_LONGEST = 2000  # characters of an item's description


def is_feed(text: str) -> bool:
    """Return whether XML is a feed."""
    return bool(_FEED.search(text[:_HEAD]))


def feed_page(text: str, address: str) -> PageText:
    """Return a feed's items; those without a title have their text."""
    table = LinkTable(address)
    first = _ITEM.search(text)
    head = _fields(text[: first.start()] if first else text[:_HEAD])
    lines = [f"# {head.get('title', '')}".rstrip("# "), _short(head.get("description", ""))]
    for _, found in list(zip(range(_MOST), _ITEM.finditer(text), strict=False)):
        fields = _fields(found[2])
        summary = _short(fields.get("description", ""))
        title = fields.get("title") or summary[:100]
        if not title:
            continue
        link = table.mark(title, fields.get("link", ""))
        lines += ["", f"  * {link or title} {fields.get('date', '')}".rstrip()]
        if summary and summary != title:
            lines.append(f"    {summary}")
    return PageText(address, head.get("title", ""), "\n".join(lines).strip(), table.addresses, text)


def _fields(text: str) -> dict[str, str]:
    names = {
        "summary": "description", "content": "description", "content:encoded": "description",
        "pubdate": "date", "updated": "date", "published": "date", "dc:date": "date",
    }  # fmt: skip
    fields: dict[str, str] = {}
    for name, _, value in _FIELD.findall(text):
        name = name.lower()
        words = _plain(value)
        if words:
            fields.setdefault(names.get(name, name), words)
    for before, link, after in _ATOM_LINK.findall(text):
        if "rel" not in before + after or "alternate" in before + after:
            fields.setdefault("link", unescape(link))
    return fields


def _plain(value: str) -> str:
    value = value.strip()
    if value.startswith("<![CDATA["):
        value = value[len("<![CDATA[") :].removesuffix("]]>")
    elif "<" not in value:
        value = unescape(value)
    if "<" in value or "&" in value:
        value = html_page(value, "", whole=True).text
    return " ".join(neutral(value).split())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: text.rfind(" ", 0, _LONGEST)] + " …"
