"""The process that reads files and counts tokens."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

from app.base import gguf
from app.base.errors import (
    DocumentEmpty,
    DocumentError,
    DocumentTooLarge,
    DocumentTooLong,
    DocumentUnreadable,
    ModelError,
)
from app.base.types import Part
from app.documents import file_types
from app.documents.document import LONGEST, Document, DocumentKind, PageProgress
from app.documents.plain_text import decode
from app.formats import ChatFormat, EstimatingFormats, choose, question_text

LARGEST = 200_000_000  # bytes of a file


def main(connection: Connection) -> None:
    """Serve the pipe until it ends.

    Each command is answered by any number of tuples for its progress, then by its result or an
    error. Unexpected exceptions end the process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    counter = _Counter()
    while True:
        try:
            name, *arguments = connection.recv()
        except EOFError:
            return
        try:
            if name == "count":
                connection.send(counter.count(*arguments))
            else:
                path, encoding = arguments
                connection.send(read(path, lambda *now: connection.send(now), encoding))
        except (DocumentError, ModelError) as error:
            connection.send(error)


class _Counter:
    """A counter of tokens, which keeps the vocabulary of the last model."""

    def __init__(self) -> None:
        self._model: Path | None = None
        self._format: ChatFormat | None = None

    def count(self, model: Path | None, part: Part, pieces: Sequence[str]) -> list[int]:
        """Count the tokens of a part in a prompt, and of each piece of text; raises ModelError.

        Without a file, they are estimated.
        """
        if self._format is None or self._model != model:
            if model:
                self._format = choose(gguf.read(model, arrays=True))
            else:
                self._format = EstimatingFormats().corrected(1.0)
            self._model = model
        encode = self._format.tokenizer.encode
        return [len(encode(text)) for text in (question_text(part), *pieces)]


def read(path: Path, on_page: PageProgress, encoding: str = "") -> Document:
    """Read a file, in the ``encoding`` that the user chose, if any.

    ``on_page`` is called with the pages read and their total. Raises DocumentError.
    """
    try:
        if not path.is_file():  # a folder, or a pipe that would block
            raise DocumentUnreadable(path, "not a file" if path.exists() else "not there")
        with path.open("rb") as file:
            document = document_of(path, file, on_page, encoding)
    except OSError as error:
        raise DocumentUnreadable(path, error.strerror or str(error)) from error
    if not any(section.strip() for section in document.sections):
        raise DocumentEmpty(path, pages=len(document.sections) if document.paged else 0)
    if sum(map(len, document.sections)) > LONGEST:
        raise DocumentTooLong(path, LONGEST)
    return document


def document_of(path: Path, file: BinaryIO, on_page: PageProgress, encoding: str = "") -> Document:
    """Read an open file; ``path`` only names it. Raises DocumentError."""
    kind = file_types.detect_kind(path, file.read(file_types.HEAD))
    if file.seek(0, os.SEEK_END) > LARGEST:
        raise DocumentTooLarge(path, LARGEST)
    file.seek(0)
    match kind:  # readers are imported with the first file of their kind
        case DocumentKind.PDF:
            from app.documents.pdf_text import pages_of

            pages, pictures = pages_of(path, file, on_page)
            return Document(path.name, kind, pages, pictures=pictures)
        case DocumentKind.DOCX:
            from app.documents.docx import text_of

            return Document.of(path.name, kind, text_of(path, file))
    found = decode(path, file.read(), encoding)
    if kind is DocumentKind.HTML:
        from app.documents import html_text

        return Document.decoded(path.name, kind, html_text.text_of(found.text), found)
    return Document.decoded(path.name, kind, found.text, found)
