"""Articles as texts, in a process of their own: they are strangers' pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.tools.browser.encyclopaedia.zim_address import base_of, entry_at, place_of
from app.tools.browser.encyclopaedia.zim_bytes import ZimFault
from app.tools.browser.encyclopaedia.zim_file import ZimEntry, ZimFile
from app.tools.browser.index_process import IndexStep, IndexTrouble, TaskEnd, Told
from app.tools.browser.source import PageText

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

LARGEST = 4_000_000
"""Bytes of an article that are read."""


@dataclass(frozen=True, slots=True)
class ArticleRead(TaskEnd):
    """Articles that were found, as pages whose links have no name yet."""

    pages: tuple[PageText, ...] = ()
    trouble: str = ""
    """Why one could not be read."""


@dataclass(frozen=True, slots=True)
class ArticleTask:
    """Articles of the file at ``path``, by their places."""

    path: Path
    places: tuple[str, ...]

    helper = None

    def run(
        self, tell: Told, stuck: Sequence[str], helper: Connection | None = None
    ) -> ArticleRead | IndexTrouble:
        """Read them; see `IndexTask`."""
        try:
            file = ZimFile(self.path)
        except ZimFault as error:
            return IndexTrouble("missing", str(error))
        pages: list[PageText] = []
        trouble = ""
        try:
            for place in self.places:
                if place in stuck:
                    trouble = "reading it takes too long"
                    continue
                tell(IndexStep(place, 0, 0, 0))
                try:
                    if entry := entry_at(file, place):
                        pages.append(page_of(file, entry))
                except ZimFault as error:
                    trouble = str(error)
        finally:
            file.close()
        return ArticleRead(tuple(pages), trouble)


def page_of(file: ZimFile, entry: ZimEntry, longest: int = LARGEST) -> PageText:
    """Return an article's text: the same for the index and for the model.

    Of its HTML, only so many characters are read. Raises ZimFault.
    """
    from app.tools.browser.extraction.markup_page import html_page

    entry = file.resolved(entry)
    if not entry.mime.startswith(("text/html", "text/plain")):
        raise ZimFault(f"it is no page but {entry.mime or 'empty'}")
    data = file.content(entry, LARGEST).decode("utf-8", "replace")
    page = html_page(data[:longest], base_of(place_of(file, entry)), whole=True)
    return PageText(page.address, entry.title, page.text, page.links, page.source)
