"""The interface of what the browser searches, and the values that it returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

FOLDER, ENCYCLOPAEDIA = "files:", "zim:"
"""The beginnings of the keys of such tools, and of the addresses of their pages."""
LOCAL = (FOLDER, ENCYCLOPAEDIA)
WEB = "web"
"""The key of the tool whose searches and pages leave the computer."""
GONE = "gone"
"""The word for one that is not where it was; see `Source.unavailable`."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A result of a search.

    ``summary`` is plain text that says why it was found. ``passage`` is text of the page near which
    it is opened; empty for its beginning.
    """

    address: str
    title: str
    summary: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a page, before it is wrapped into lines.

    ``text`` has its links as `app.tools.browser.page.LinkTable` marks them, and ``links`` are their
    addresses, in the order of their ids. ``source`` is what it was made from, such as HTML, if that
    can be shown. ``note`` is a sentence for the model, such as that the page was too long.
    """

    address: str
    title: str
    text: str
    links: tuple[str, ...] = ()
    source: str = ""
    note: str = ""


class SourceFault(Exception):
    """A search or a page that failed; the message is a sentence for the model."""


class Redirected(SourceFault):
    """A page has moved to an ``address`` that was not allowed to be opened unasked."""

    def __init__(self, address: str) -> None:
        super().__init__(f"The page has moved to {address}. Open that address if you need it.")
        self.address = address


class Source(Protocol):
    """What the browser searches: folders, an encyclopaedia, or the web. Thread-safe."""

    @property
    def key(self) -> str:
        """The key of its tool: `WEB`, or the name that the user sees after one of `LOCAL`."""

    @property
    def name(self) -> str:
        """The name by which the model knows it: ``web``, ``files``, or an encyclopaedia's."""

    @property
    def unavailable(self) -> str:
        """A word for why it cannot be used now, for `app.wording.tool_words`; empty if it can."""

    def has(self, address: str) -> bool:
        """Return whether an address is one of its pages, as it seems; nothing is looked up."""

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        """Return at most ``count`` results, the best first. Raises SourceFault and Cancelled."""

    def open(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> PageText:
        """Return a page. ``allowed`` is asked before it follows a redirect to an address.

        Raises SourceFault, Redirected and Cancelled.
        """
