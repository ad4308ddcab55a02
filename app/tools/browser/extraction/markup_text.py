"""A run of marks as text, of which `app.tools.browser.page` makes lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from app.tools.browser.extraction import markup
from app.tools.browser.extraction.markup import Markup
from app.tools.browser.page import LinkTable

_NOTE = re.compile(r"\[\w{1,3}\]")  # the number of a footnote

_RAISED = 4  # superscripts in each other that are shown
_PICTURES = re.compile(r"(?:\[Image \d+: [^\n]*\]\s*)+")
_ANCHORS = frozenset({"¶", "#", "§", "🔗", "⚓"})  # of a link from a heading to itself


class MarkupText:
    """A writer of a page's text, with its links in ``table``."""

    def __init__(self, table: LinkTable) -> None:
        self._table = table
        self._pieces: list[str] = []  # what stands before some words, and they, by turns
        self._gap = ""  # white space before the next words
        self._lead = ""  # marks before the next words
        self._link = -1  # where the open link begins
        self._address = ""
        self._raised: list[tuple[str, int]] = []
        self._images = 0
        self._does: tuple[Callable[[str], None], ...] = (
            self._words, self._literal, self._line, self._paragraph, self._begin_link,
            self._end_link, self._image, self._cell, self._set_lead, self._begin_raised,
            self._end_raised,
        )  # fmt: skip

    @property
    def text(self) -> str:
        """What was written."""
        return "".join(self._pieces)

    def write(self, page: Markup, spans: Iterable[tuple[int, int]]) -> None:
        """Write some spans of a page's marks."""
        does, line, gap = self._does, markup.LINE, markup.GAP
        for begin, end in spans:
            for mark, value in zip(page.marks[begin:end], page.values[begin:end], strict=True):
                if mark == line:
                    if not self._gap.endswith("\n"):
                        self._line()
                elif mark != gap or self._gap != "\n\n":
                    does[mark](value)
            self._end_link()
            self._raised.clear()
            self._line()

    def _words(self, value: str) -> None:
        words = value.split()
        if not words:
            self._gap = self._gap or " "
            return
        if value[0].isspace():
            self._gap = self._gap or " "
        self._put(" ".join(words))
        if value[-1].isspace():
            self._gap = " "

    def _put(self, text: str) -> None:
        self._pieces += (self._gap + self._lead if self._pieces else self._lead, text)
        self._gap = self._lead = ""

    def _literal(self, value: str) -> None:
        if self._gap == "\n\n" and value[:1] == "\n":
            value = value[1:]  # after the element's begin, which is not shown
        if value:
            self._put(value)

    def _line(self, _: str = "") -> None:
        if self._link >= 0 and len(self._pieces) > self._link:
            self._gap = " "  # a link is on one line
        elif not self._gap.endswith("\n"):
            self._gap = "\n"

    def _paragraph(self, _: str = "") -> None:
        if self._pieces and self._pieces[-1][-1:] == "\n":  # of preformatted text
            self._pieces[-1] = self._pieces[-1].rstrip()
        if self._link >= 0 and len(self._pieces) > self._link:
            self._gap = " "
        else:
            self._gap = "\n\n"

    def _cell(self, _: str) -> None:
        if not self._gap.endswith("\n"):
            self._gap = " | "

    def _set_lead(self, value: str) -> None:
        self._lead = value

    def _image(self, value: str) -> None:
        self._put(f"[Image {self._images}: {value}]")
        self._images += 1

    def _begin_link(self, address: str) -> None:
        self._end_link()
        self._link, self._address = len(self._pieces), address

    def _end_link(self, _: str = "") -> None:
        begin, self._link = self._link, -1
        if begin >= 0 and (words := "".join(self._pieces[begin + 1 :]).strip()):
            if words in _ANCHORS and self._address.startswith("#"):
                del self._pieces[begin:]
            elif not _PICTURES.fullmatch(words):
                self._pieces[begin + 1 :] = [self._table.mark(words, self._address)]

    def _begin_raised(self, sign: str) -> None:
        shown = sign if len(self._raised) < _RAISED else ""
        self._raised.append((shown, len(self._pieces)))

    def _end_raised(self, _: str) -> None:
        if self._raised:
            sign, begin = self._raised.pop()
            if not sign:
                return
            text = "".join(self._pieces[begin + 1 :])
            if _NOTE.fullmatch(text):
                del self._pieces[begin:]
            elif text:
                self._pieces[begin + 1 :] = [f"{sign}{{{text}}}"]
