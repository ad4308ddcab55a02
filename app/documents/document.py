"""What a file says, as text that can be sent in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.types import Part

if TYPE_CHECKING:  # a window need not wait for it
    from app.documents.plain_text import Decoded, DecodingSample

LONGEST = 20_000_000  # characters: forty times the largest context
_STRETCH = 400  # characters of a stretch of lines, about 100 tokens
_STRETCHES = 2000  # so many at the most; a long text has longer ones

Seen = Callable[[int, int], None]
"""Is told how many of a file's pages are read, and how many there are."""


class DocumentKind(StrEnum):
    """How the text of a file is found."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


@dataclass(frozen=True, slots=True)
class Document:
    """``sections`` are the text of its pages where its kind has any, else stretches of whole
    lines, where lines are short enough, that make up the text as they are. ``encoding``,
    ``readings`` and ``bad`` are those of its bytes (see `Decoded`). ``pictures`` are the pages
    that show something and have no text."""

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
        """The section of a number, from 0, as it stands in the text."""
        section = self.sections[number]
        if not self.paged:
            return section
        seen = ": a picture, without text" if number in self.pictures else ""
        return f"[Page {number + 1}{seen}]\n{section}\n\n"

    def text(self, numbers: Iterable[int]) -> str:
        """Some of the sections as one text; pages with their numbers, for the model to name."""
        return "".join(map(self.piece, numbers)).rstrip("\n")

    @classmethod
    def of(cls, name: str, kind: DocumentKind, text: str) -> Document:
        """One without pages."""
        return cls(name, kind, tuple(_stretches(text)))

    @classmethod
    def decoded(cls, name: str, kind: DocumentKind, text: str, found: Decoded) -> Document:
        """One whose ``text`` was made of bytes that were read so."""
        sections = tuple(_stretches(text))
        return cls(name, kind, sections, found.encoding, found.readings, found.bad)

    @classmethod
    def of_part(cls, part: Part) -> Document:
        """What was attached once, and may be cut further."""
        return cls.of(part.name, DocumentKind.TEXT, part.text)


def called(encoding: str) -> str:
    """An encoding as people know it."""
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


def _stretches(text: str) -> Iterator[str]:
    size = max(_STRETCH, len(text) // _STRETCHES)
    start = 0
    while start < len(text):
        end = start + size
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield text[start:end]
        start = end
