"""The text of a web page: what a reader sees of it, without what is run or drawn. Nothing is
fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = {"script", "style", "template", "noscript", "svg", "iframe", "object", "select"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "legend", "li", "main", "nav", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
}  # fmt: skip
_APART = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "table", "ul", "ol", "title",
}  # fmt: skip
_CELLS = {"td", "th"}


def text_of(page: str) -> str:
    """The text of a page of HTML: a line for each block, an empty one between paragraphs, cells
    of a table with a bar between them, titles and items with Markdown's marks."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.pieces)).strip()


class _Reader(HTMLParser):
    """Collects ``pieces`` of text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen: list[str] = []  # the elements that we are in, the outermost first
        self._kept = 0  # how deep we are in text whose spaces count
        self._gap = ""  # what stands before the next word: a space or ends of lines

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
            return
        self._edge(tag)
        self._kept += tag in ("pre", "textarea")
        if tag == "br":
            self._end_line("\n")
        elif tag in _CELLS and not self._gap.endswith("\n"):
            self._gap = " | "
        elif tag == "li":
            self._put("- ")
        elif re.fullmatch("h[1-6]", tag):
            self._put("#" * int(tag[1]) + " ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN:  # it has no inside
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            if tag in self._unseen:
                del self._unseen[self._unseen.index(tag) :]
            return
        self._edge(tag)
        self._kept -= tag in ("pre", "textarea") and self._kept > 0

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._kept:
            self._put(data)
            return
        words = data.split()
        if data[:1].isspace() or not words:
            self._gap = self._gap or " "
        if words:
            self._put(" ".join(words))
            if data[-1:].isspace():
                self._gap = " "

    def _edge(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line("\n\n" if tag in _APART else "\n")

    def _end_line(self, end: str) -> None:
        self._gap = max(self._gap.replace(" | ", "").strip(" "), end, key=len)

    def _put(self, text: str) -> None:
        if not self._unseen:
            self.pieces += [self._gap, text]
            self._gap = ""
