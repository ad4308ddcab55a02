"""The citations of an answer on the terminal: numbers in the text, and footnotes below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from app.base.pages.cited import CitationMark, Cited
from app.base.pages.displays import displays_of
from app.base.types import Message
from app.markdown.citations import marks_in, unfinished_mark, with_citations
from app.tools.visible import visible
from app.wording.citation_words import invalid_citations, lines_words, source_title

WhereIs = Callable[[str, str], str]
"""Returns where a page is for the user, by the key of its tool and its address."""


class PrintedCitations:
    """The citations of an answer while it grows. ``where`` tells where a cited page is."""

    def __init__(self, where: WhereIs) -> None:
        self._where = where
        self._marks: list[CitationMark] = []
        self._pending = ""  # what may become a mark

    def numbered(self, text: str, message: Message) -> str:
        """Return what can be printed once ``text`` was added to the answer ``message``.

        Its marks are numbers there. What may become one waits for what follows; see `rest`.
        """
        text = self._pending + text
        end = unfinished_mark(text)
        self._pending = text[end:]
        return self._written(text[:end], message)

    def rest(self) -> str:
        """Return what was held back and became no mark."""
        text, self._pending = self._pending, ""
        return text

    def whole(self, message: Message) -> str:
        """Return all of an answer with numbers."""
        self._marks = []
        return self._written(message.text, message)

    def footnotes(self, message: Message) -> Iterator[str]:
        """Yield a line for each page that is cited, and one for citations that lead nowhere."""
        cited = Cited(self._marks, displays_of([message]))
        for source in cited.sources:
            title = source_title(source)
            where = visible(self._where(source.tool, source.address)).replace("\n", " ")
            lines = lines_words(source.lines)
            told = ", ".join(dict.fromkeys(filter(None, (title, where, lines))))
            yield f"[{source.number}] {told}"
        if cited.faults:
            yield f"[?] {invalid_citations(cited.faults)}"

    def as_json(self, message: Message) -> list[dict[str, Any]]:
        """Return the pages that an answer cites."""
        cited = Cited(marks_in(message.text), displays_of([message]))
        return [
            {
                "number": source.number,
                "title": source_title(source),
                "tool": source.tool,
                "address": self._where(source.tool, source.address),
                "lines": source.lines,
            }
            for source in cited.sources
        ]

    def _written(self, text: str, message: Message) -> str:
        def write(mark: CitationMark) -> str:
            self._marks.append(mark)
            source = Cited(self._marks, displays_of([message])).place(mark).source
            return f"[{source.number}]" if source else "[?]"

        return with_citations(text, write)
