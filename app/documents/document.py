"""The text of a file, in sections that can be selected and sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.types import Part

if TYPE_CHECKING:  # not loaded at the start
    from app.documents.plain_text import Decoded, DecodingSample

LONGEST = 20_000_000  # characters: forty times the largest context
_SECTION_SIZE = 400  # characters, about 100 tokens
_MAX_SECTIONS = 2000  # a long text has longer sections

PageProgress = Callable[[int, int], None]
"""Called with the number of pages read, and their total."""


class DocumentKind(StrEnum):
    """The kind of a file, by which its text is extracted."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a file.

    ``sections`` are its pages, if its kind has any, else runs of lines (whole ones, unless they are
    too long) that join to the unchanged text. ``encoding``, ``readings`` and ``bad`` are those of
    its bytes (see `Decoded`). ``pictures`` are the pages that show something and have no text.
    """

    name: str
    kind: DocumentKind
    sections: tuple[str, ...]
    encoding: str = ""
    readings: tuple[DecodingSample, ...] = ()
    bad: int = 0
    pictures: tuple[int, ...] = ()

    @property
    def paged(self) -> bool:
        """Whether its sections are pages."""
        return self.kind is DocumentKind.PDF

    def piece(self, number: int) -> str:
        """Return a section's text, unchanged; ``number`` counts from 0."""
        section = self.sections[number]
        if not self.paged:
            return section
        on_page = ": a picture, without text" if number in self.pictures else ""
        return f"[Page {number + 1}{on_page}]\n{section}\n\n"

    def text(self, numbers: Iterable[int]) -> str:
        """Join some of the sections; pages are headed by their numbers, for the model to cite."""
        return "".join(map(self.piece, numbers)).rstrip("\n")

    @classmethod
    def of(cls, name: str, kind: DocumentKind, text: str) -> Document:
        """Return a document without pages."""
        return cls(name, kind, tuple(_sections_of(text)))

    @classmethod
    def decoded(cls, name: str, kind: DocumentKind, text: str, found: Decoded) -> Document:
        """Return a document whose ``text`` was made from decoded bytes."""
        sections = tuple(_sections_of(text))
        return cls(name, kind, sections, found.encoding, found.readings, found.bad)

    @classmethod
    def of_part(cls, part: Part) -> Document:
        """Return a document made from an attachment, from which sections can be selected again."""
        return cls.of(part.name, DocumentKind.TEXT, part.text)


def encoding_label(encoding: str) -> str:
    """Return an encoding's display name."""
    known = {
        "cp932": "Shift-JIS", "cp949": "EUC-KR", "big5hkscs": "Big5", "gb18030": "GBK (GB 18030)",
        "mac_roman": "Mac Roman", "mac_cyrillic": "Mac Cyrillic",
    }  # fmt: skip
    if encoding in known:
        return known[encoding]
    if page := re.fullmatch(r"cp(\d+)", encoding):
        windows = page[1].startswith("12") or page[1] == "874"
        return f"{'Windows-' if windows else 'IBM '}{page[1]}"
    if part := re.fullmatch(r"iso8859_(\d+)", encoding):
        return f"ISO 8859-{part[1]}"
    return encoding.upper().replace("_", "-")


def _sections_of(text: str) -> Iterator[str]:
    size = max(_SECTION_SIZE, len(text) // _MAX_SECTIONS)
    start = 0
    while start < len(text):
        end = start + size
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield text[start:end]
        start = end
