"""The text of a display as people read it, rather than as a model does."""

from __future__ import annotations

import re

from app.base.pages.page_paragraphs import paragraphs
from app.base.pages.stored_page import LINK_MARK, Page

_HEADER = re.compile(r"\[\d+\] .*")
_NUMBER = re.compile(r"^L\d+: ?", re.MULTILINE)
_RESULTS = re.compile(r"\A\s*URL: *\n# Search Results\n\s*")
_BEGIN = re.compile(r"\A\s*URL:\s*(\S+)\n")
_RESULT = re.compile(r"^ *\* 【\d+†([^【】†]*)(?:†([^【】†]*))?】( (?=\S))?", re.MULTILINE)
_WRAPPED = re.compile(r"(?<!\n)\n(?!\n| *\* 【)")


def readable(text: str) -> str:
    """Return a display's text without its header, and without the numbers of lines and links.

    The form is that of `app.tools.browser.viewport`; any other text stays as it is.
    """
    header, _, rest = text.partition("\n")
    bar, _, rest = rest.partition("\n")
    if not _HEADER.fullmatch(header) or not bar.startswith("**viewing lines"):
        return text
    shown = _NUMBER.sub("", rest.lstrip("\n"))
    if found := _RESULTS.match(shown):
        shown = _WRAPPED.sub("", shown[found.end() :])
        shown = _RESULT.sub(_result_line, shown)
    else:
        page = Page("", "", tuple(shown.split("\n")))
        shown = "\n".join(paragraph.text for paragraph in paragraphs(page))
        shown = _BEGIN.sub(r"\1\n\n", shown)
    return LINK_MARK.sub(r"\2", shown).strip("\n")


def _result_line(found: re.Match[str]) -> str:
    title, site = (" ".join((words or "").split()) for words in found.groups()[:2])
    named = f"• {title} · {site}" if site else f"• {title}"
    return f"{named}\n  " if found[3] else named
