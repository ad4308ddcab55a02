"""What is shown of a page. For a long one it takes a moment, so any thread may make it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.base.pages.page_paragraphs import PageParagraph, paragraphs
from app.base.pages.stored_page import Page

_HEAD_LINES = 2  # an empty one, and the address, which stands above the text

# What would end a paragraph, or reorder text so that it reads as something else. A chat may come
# from a stranger, and its pages with it.
_UNSAFE = re.compile(
    "[\0-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffc\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class PageOnScreen:
    """What is shown of a page: its paragraphs, and their text in lines of its own."""

    paragraphs: Sequence[PageParagraph] = ()
    text: str = ""


def page_on_screen(page: Page) -> PageOnScreen:
    """Return what is shown of a page."""
    read = paragraphs(page)
    if page.lines[:1] == ("",) and page.lines[1:2] and page.lines[1].startswith("URL:"):
        read = [each for each in read if each.last >= _HEAD_LINES]
    begin = next((at for at, each in enumerate(read) if each.text.strip()), len(read))
    read = read[begin:]
    return PageOnScreen(read, "\n".join(_UNSAFE.sub("\ufffd", each.text) for each in read))
