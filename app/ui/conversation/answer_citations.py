"""The citations in the text of an answer, and the displays on its path that they point at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.base.pages.cited import CitationMark, Cited, CitedPlace
from app.base.pages.displays import Displays
from app.base.pages.page_paragraphs import lines_text, paragraphs
from app.markdown.citations import citation_mark, marks_in, may_cite, with_citations
from app.tools.visible import one_line
from app.ui.blocks.citation_chip import chip_label
from app.wording.citation_words import (
    citation_fault,
    citation_name,
    footnote_words,
    source_place,
)

_HINT_LINES = 8


class AnswerCitations:
    """What is known of the citations in the texts of an answer; they grow at their ends.

    ``texts`` returns the texts, ``displays`` the displays on the path up to their end. Both are
    asked only once something is shown: a chat may have many answers, and long pages.
    """

    def __init__(
        self, texts: Callable[[], Sequence[str]], displays: Callable[[], Displays]
    ) -> None:
        self._texts, self._displays = texts, displays
        self._cited: Cited | None = None
        self._names: dict[str, str] = {}
        self._read_in: Displays | None = None

    @property
    def cited(self) -> Cited:
        """Where the citations lead."""
        if self._cited is None:
            self._read_in = self._displays()
            self._cited = Cited(self._marks(), self._read_in)
        return self._cited

    @property
    def faults(self) -> int:
        """How many citations lead nowhere."""
        return self.cited.faults if self._marks() else 0

    def update(self) -> bool:
        """Read the texts again. Return whether a citation has another number than was shown."""
        before = self._cited
        if before is None:
            return False
        marks, known = self._marks(), len(before.marks)
        if self._read_in is self._displays() and marks[:known] == before.marks:
            before.extend(marks[known:])
            return False
        self.forget()
        return any(_number(old) != _number(self.cited.place(old.mark)) for old in before.places)

    def forget(self) -> None:
        """Drop what was read, until it is shown again."""
        self._cited = self._read_in = None
        self._names = {}

    def _marks(self) -> list[CitationMark]:
        return [mark for text in self._texts() for mark in marks_in(text)]

    def place(self, mark: str) -> CitedPlace:
        """Return where a mark leads, as the model wrote it."""
        return self.cited.place(citation_mark(mark))

    def number(self, mark: str) -> int:
        """Return the number of the cited source; 0 if the citation leads nowhere."""
        return _number(self.place(mark))

    def name(self, mark: str) -> str:
        """Return the accessible name: the source, or why there is none."""
        if mark not in self._names:
            self._names[mark] = citation_name(self.place(mark))
        return self._names[mark]

    def hint(self, mark: str) -> str:
        """Return the text of the tooltip, with the cited lines."""
        place = self.place(mark)
        if place.source is None or place.page is None:
            return citation_fault(place.fault)
        read = paragraphs(place.page)
        shown = [one_line(text) for lines in place.lines for text in lines_text(read, *lines)]
        if len(shown) > _HINT_LINES:
            shown[_HINT_LINES:] = ["…"]
        shown = ["", *shown] if shown else []
        where = one_line(source_place(place.source.address))
        return "\n".join([citation_name(place), *([where] if where else []), *shown])

    def plain(self, source: str) -> str:
        """Return Markdown with its citations as their chips show them."""
        return with_citations(
            source, lambda mark: f"&#91;{chip_label(_number(self.cited.place(mark)))}]"
        )

    def to_copy(self, text: str, *, kept: bool) -> str:
        """Return Markdown of the answer with its citations as footnotes.

        ``kept``: it stays Markdown; else it is only read, as plain text or in a word processor.
        """
        if not may_cite(text):
            return text
        # Imported late: most sessions never need it.
        from app.exchange.footnotes import footnotes, source_list, with_numbers

        words = footnote_words()
        if kept:
            (text,), sources = footnotes([text], self.cited, words)
        else:
            text, sources = with_numbers(text, self.cited), source_list(self.cited, words, [text])
        return "\n\n".join(filter(None, (text, sources)))


def _number(place: CitedPlace) -> int:
    return place.source.number if place.source else 0
