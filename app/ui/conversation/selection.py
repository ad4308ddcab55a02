"""The selection in a conversation, across messages, and copying it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTextBoundaryFinder

from app.markdown import blocks_text, parse
from app.markdown.citations import may_cite
from app.ui.blocks.box import Range, Style
from app.ui.blocks.column import Column
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.sections import Section
from app.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class TextPosition:
    """A position in a conversation.

    ``message`` and ``section`` are indices into the list and into `MessageState.sections`,
    ``position`` is one of the section's.
    """

    message: int
    section: int
    position: int

    @property
    def key(self) -> tuple[int, int, int]:
        return self.message, self.section, self.position


class Selection:
    """A range of text between a fixed end and one that moves."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.fixed: TextPosition | None = None
        self.moving: TextPosition | None = None

    def __bool__(self) -> bool:
        return self.fixed is not None and self.fixed != self.moving

    def clear(self) -> None:
        """Clear the selection."""
        self.fixed = self.moving = None

    def set(self, fixed: TextPosition, moving: TextPosition) -> None:
        """Select the text between two positions."""
        self.fixed, self.moving = fixed, moving

    @property
    def ends(self) -> tuple[TextPosition, TextPosition] | None:
        """The first and the last position of the selection; None if nothing is selected."""
        if not self or self.fixed is None or self.moving is None:
            return None
        first, last = sorted((self.fixed, self.moving), key=lambda point: point.key)
        return first, last

    def within(self, message: int, section: int, length: int) -> Range:
        """Return the selected range of a section with ``length`` positions."""
        if (ends := self.ends) is None:
            return 0, 0
        place, (first, last) = (message, section), ends
        if not first.key[:2] <= place <= last.key[:2]:
            return 0, 0
        start = first.position if place == first.key[:2] else 0
        return start, last.position if place == last.key[:2] else length

    def copy(self, records: Sequence[MessageState], style: Style, *, markdown: bool) -> str:
        """Return the selected text, without control tokens or labels.

        Messages and sections are separated by blank lines. In Markdown, sections that are wholly
        selected are copied as their source.
        """
        texts = [
            _with_sources(section, text, read=read, kept=markdown)
            for section, read, text in self._pieces(records, style, lambda section: markdown)
        ]
        return "\n\n".join(text for text in texts if text)

    def rich(self, records: Sequence[MessageState], style: Style) -> Callable[[], str]:
        """Return a function that makes HTML of the present selection."""
        pieces = [
            (read, _with_sources(section, text, read=read, kept=False))
            for section, read, text in self._pieces(
                records, style, lambda s: s.is_markdown or s.is_code
            )
        ]

        def html() -> str:
            # Imported late: most sessions never need it.
            from app.exchange.clipboard_html import fragment, markdown_html, typed_html

            return fragment(
                [markdown_html(text) if read else typed_html(text) for read, text in pieces if text]
            )

        return html

    def _pieces(
        self, records: Sequence[MessageState], style: Style, markdown: Callable[[Section], bool]
    ) -> Iterator[tuple[Section, bool, str]]:
        """Yield the selected text of each section, with whether it is Markdown."""
        if (ends := self.ends) is None:
            return
        first, last = ends
        for message in range(first.message, min(last.message, len(records) - 1) + 1):
            record = records[message]
            for number, section in enumerate(record.sections):
                place = message, number
                if section not in record.visible:
                    continue
                if not first.key[:2] <= place <= last.key[:2]:
                    continue
                wanted = markdown(section)
                source = section.markdown
                if wanted and first.key[:2] < place < last.key[:2]:
                    yield section, wanted, source
                    continue
                column = section.column(self._theme, style)
                start, end = self.within(message, number, column.length)
                if wanted and (start, end) == (0, column.length):
                    yield section, wanted, source
                else:
                    write = column.markdown if wanted else column.text
                    text = write(start, end).strip("\n")
                    if not wanted and section.citations:  # their marks tell which sources
                        marked = column.markdown(start, end)
                        text = marked if may_cite(marked) else text
                    yield section, wanted, text


def _with_sources(section: Section, text: str, *, read: bool, kept: bool) -> str:
    """Return a selected text with the sources of its citations."""
    if not section.citations or not may_cite(text):
        return text
    cited = section.citations.to_copy(text, kept=kept)
    return cited if read else blocks_text(parse(cited))


def word_at(column: Column, position: int) -> Range:
    """Return the word around a position, as a double click does."""
    start, end = column.leaf_at(position)
    text = column.text(start, end)
    if len(text.encode("utf-16-le")) // 2 != end - start:  # it contains a formula
        return start, end
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Word, text)
    finder.setPosition(min(position - start + 1, end - start))
    left = finder.toPreviousBoundary()
    right = finder.toNextBoundary()
    return start + max(left, 0), start + (right if right >= 0 else end - start)
