"""The links of Markdown, as a page has them."""

from __future__ import annotations

import re

from app.tools.browser.page import LinkTable

ENDINGS = (".md", ".markdown", ".mdown", ".mkd", ".mdx")
"""Of the names of files."""

_LINK = re.compile(
    r"(?<![!\\])\[([^\[\]\n]{1,300})\]\(\s{0,8}(?:<([^<>\n]{1,2000})>|([^\s()<>]{1,2000}))"
    r"(?:\s{1,8}(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'))?\s{0,8}\)"
)
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*?)[ \t#]*$", re.MULTILINE)
_LOOKED_AT = 4000  # characters in which a title is looked for


def marked(text: str, table: LinkTable) -> str:
    """Return neutral text of Markdown with its links as marks."""
    return _LINK.sub(lambda found: table.mark(found[1], found[2] or found[3]), text)


def heading(text: str) -> str:
    """Return the first heading; empty if there is none near the begin."""
    found = _HEADING.search(text[:_LOOKED_AT])
    return found[1] if found else ""
