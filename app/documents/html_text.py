"""The visible text of a web page; nothing is fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SKIPPED = {"script", "style", "template", "noscript", "svg", "iframe", "object", "select"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "legend", "li", "main", "nav", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
}  # fmt: skip
_SEPARATED = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "table", "ul", "ol", "title",
}  # fmt: skip
_CELLS = {"td", "th"}


def text_of(page: str) -> str:
    """Return the text of an HTML page.

    Each block is on a line of its own; paragraphs are separated by an empty line, cells by a bar;
    headings and items have Markdown's marks.
    """
    collector = _TextCollector()
    collector.feed(page)
    collector.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(collector.pieces)).strip()


class _TextCollector(HTMLParser):
    """A parser that collects ``pieces`` of text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipped: list[str] = []  # the enclosing skipped elements, the outermost first
        self._preformatted = 0  # depth in preformatted text
        self._gap = ""  # white space before the next word

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipped.append(tag)
            return
        self._boundary(tag)
        self._preformatted += tag in ("pre", "textarea")
        if tag == "br":
            self._end_line("\n")
        elif tag in _CELLS and not self._gap.endswith("\n"):
            self._gap = " | "
        elif tag == "li":
            self._emit("- ")
        elif re.fullmatch("h[1-6]", tag):
            self._emit("#" * int(tag[1]) + " ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SKIPPED:  # it has no content
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            if tag in self._skipped:
                del self._skipped[self._skipped.index(tag) :]
            return
        self._boundary(tag)
        self._preformatted -= tag in ("pre", "textarea") and self._preformatted > 0

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._preformatted:
            self._emit(data)
            return
        words = data.split()
        if data[:1].isspace() or not words:
            self._gap = self._gap or " "
        if words:
            self._emit(" ".join(words))
            if data[-1:].isspace():
                self._gap = " "

    def _boundary(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line("\n\n" if tag in _SEPARATED else "\n")

    def _end_line(self, end: str) -> None:
        self._gap = max(self._gap.replace(" | ", "").strip(" "), end, key=len)

    def _emit(self, text: str) -> None:
        if not self._skipped:
            self.pieces += [self._gap, text]
            self._gap = ""
