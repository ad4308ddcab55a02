"""An attachment of the next message: a file, or a long text that was pasted."""

from __future__ import annotations

import re
import threading
from itertools import accumulate, count, groupby
from pathlib import Path

from app.base.types import Part, PartKind
from app.documents import Document, DocumentKind
from app.documents.document import encoding_label
from app.wording.language import number, tr


class Attachment:
    """A file to be sent.

    It is read first; then the ``chosen`` sections of its ``document`` make up the ``part``.
    """

    def __init__(self, name: str, path: Path | None = None) -> None:
        self.name = name
        self.path = path
        """The file's path, if it may be read again."""
        self.stop = threading.Event()
        """Set to stop reading."""
        self.pages = (0, 0)
        """Pages read, and pages in all; 0 while unknown."""
        self.document: Document | None = None
        self.chosen: tuple[int, ...] = ()
        self.part: Part | None = None
        self.pasted = False
        self.counts: list[int] = []
        """Tokens of each section, once counted."""
        self.tokens: int | None = None
        """Tokens of the part in a prompt."""
        self.estimated = False
        """Whether the tokens are estimates, since only a server knows the model's vocabulary."""
        self.counted_for: tuple[object, ...] = ()
        """The model and part that were counted last, or are being counted."""

    @classmethod
    def of(cls, part: Part) -> Attachment:
        """Return the attachment that a part of a message came from."""
        item = cls(part.name)
        item.document = Document.of_part(part)
        item.chosen = tuple(range(len(item.document.sections)))
        item.part = part
        return item

    @classmethod
    def text(cls, name: str, text: str) -> Attachment:
        """Return an attachment for a pasted text."""
        item = cls(name)
        item.pasted = True
        item.read(Document.of(name, DocumentKind.TEXT, text))
        return item

    @property
    def paged(self) -> bool:
        """Whether its sections are pages, which can be chosen."""
        return self.document is not None and self.document.paged

    @property
    def complete(self) -> bool:
        """Whether the whole file is to be sent."""
        return self.document is None or len(self.chosen) == len(self.document.sections)

    def read(self, document: Document) -> None:
        """Set the document that was read, with all sections chosen."""
        self.document = document
        self.choose(tuple(range(len(document.sections))))

    @property
    def readable_as(self) -> bool:
        """Whether the file can be read in another encoding."""
        return bool(self.path and self.document and len(self.document.readings) > 1)

    def choose(self, chosen: tuple[int, ...]) -> None:
        """Choose the sections to be sent."""
        assert self.document
        self.chosen, self.tokens = chosen, None
        self.part = Part(self.document.text(chosen), PartKind.FILE, self._part_name())

    def first(self, tokens: int) -> tuple[int, ...]:
        """Return as many of the first sections as fit into ``tokens``."""
        sums = accumulate(self.counts)
        return tuple(number for number, total in enumerate(sums) if total <= tokens)

    def tokens_of(self, chosen: tuple[int, ...]) -> int:
        """Return the tokens of these sections.

        Of those that are chosen it is what was counted, and of others the sum: joined, they take
        slightly fewer.
        """
        if chosen == self.chosen and self.tokens is not None:
            return self.tokens
        return sum(self.counts[number] for number in chosen)

    @property
    def detail(self) -> str:
        """The line below its name."""
        if self.document is None:
            done, total = self.pages
            if not total:
                return tr("Reading…", "a file")
            return tr("Reading page {page} of {pages}").format(
                page=number(done + 1), pages=number(total)
            )
        notes = [self._extent()]
        if self.tokens is not None and self.estimated:
            notes.append(tr("about %Ln token(s)", "", self.tokens))
        elif self.tokens is not None:
            notes.append(tr("%Ln token(s)", "", self.tokens))
        elif not notes[0]:
            notes.append(tr("%Ln character(s)", "", len(self.part.text) if self.part else 0))
        return " · ".join(filter(None, (*notes, *self._doubts(self.document))))

    def _doubts(self, document: Document) -> list[str]:
        """Return warnings about text that may have been read wrongly."""
        notes = []
        if document.encoding:
            notes.append(
                tr("read as {encoding}").format(encoding=encoding_label(document.encoding))
            )
        if document.bad:
            notes.append(tr("%Ln unreadable character(s)", "", document.bad))
        pictures = tuple(page for page in document.pictures if page in self.chosen)
        if pictures:
            several = len(pictures) > 1
            are = tr("pages {some} are images") if several else tr("page {some} is an image")
            notes.append(are.format(some=ranges(pictures)))
        return notes

    def _extent(self) -> str:
        assert self.document
        pages = len(self.document.sections)
        if not self.document.paged:
            return "" if self.complete else tr("first part only")
        if self.complete:
            return tr("%Ln page(s)", "", pages)
        return tr("pages {some} of {all}").format(some=ranges(self.chosen), all=number(pages))

    def _part_name(self) -> str:
        """Return the part's name, which tells the model if it is not the whole file."""
        return self.name if self.complete else f"{self.name} ({self._extent()})"


def ranges(numbers: tuple[int, ...]) -> str:
    """Return sections, counted from 0, as pages are written: ``1–3, 8``."""
    runs = []
    steps = count()
    for _, group in groupby(numbers, lambda page: page - next(steps)):
        run = list(group)
        runs.append(f"{run[0] + 1}–{run[-1] + 1}" if len(run) > 1 else f"{run[0] + 1}")
    return ", ".join(runs)


def pages_of(text: str, most: int) -> tuple[int, ...]:
    """Return the sections, counted from 0, that ``1-3, 8`` means.

    Empty if the text means nothing, or if a page does not exist.
    """
    pages: set[int] = set()
    for piece in re.split(r"[,;]", text):
        found = re.fullmatch(r"\s*(\d{1,9})\s*(?:[-–—]\s*(\d{1,9})\s*)?", piece)
        if not found:
            return ()
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= most:
            return ()
        pages.update(range(first - 1, last))
    return tuple(sorted(pages))
