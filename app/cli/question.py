"""The question of ``fireside ask``: its text, standard input, and attached files."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO

from app.base.errors import DocumentEmpty
from app.base.types import Part, PartKind
from app.cli import output
from app.documents import Document, DocumentReader
from app.documents.document import encoding_label
from app.wording.language import tr

_HINT_S = 3.0  # of silence on standard input, after which it is said that it is read
_CHUNK = 1 << 20  # bytes


def read(
    text: str | None, files: Sequence[Path], give_up: Callable[[str], NoReturn]
) -> tuple[Part, ...]:
    """Return the parts of the question, the attached ones first.

    Standard input is the question if there is no ``text``, or if it is "-"; else, what is piped or
    redirected into it is attached. ``give_up`` is called with what is missing. Raises
    DocumentError, and OSError if standard input cannot be read.
    """
    piped = _is_piped(sys.stdin)
    asked = text if text != "-" else None
    if text is None and not piped:
        give_up("no question: enter TEXT or pipe it in")
    with closing(DocumentReader()) as reader:
        given = _standard_input(reader) if piped or asked is None else None
        attached = [_read_file(reader, path) for path in files]
    if asked is None and given is None:
        give_up("the question is empty")
    if asked is None:
        assert given
        return *map(_part, attached), Part(_text(given))
    return *map(_part, [*attached, *([given] if given else [])]), Part(asked)


def _is_piped(stream: TextIO | None) -> bool:
    """Return whether a pipe or a file is connected, rather than a terminal or nothing."""
    try:
        mode = os.fstat(stream.fileno()).st_mode if stream else 0
    except (OSError, ValueError):  # closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _standard_input(reader: DocumentReader) -> Document | None:
    """Return what standard input has to say; None for nothing."""
    if sys.stdin is None:
        return None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / tr("standard input")
        with path.open("wb") as copy, _hint():
            _copy(sys.stdin.buffer, copy)
        if not path.stat().st_size:
            return None
        with suppress(DocumentEmpty):
            return _read_file(reader, path)
    return None


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    """Copy what comes, to one byte more than a document may have: some inputs never end."""
    from app.documents.worker import LARGEST

    left = LARGEST + 1
    while left and (data := source.read(min(left, _CHUNK))):
        target.write(data)
        left -= len(data)


@contextmanager
def _hint() -> Iterator[None]:
    """Print what the command waits for, if it takes long."""
    terminal = sys.stdin.isatty()
    sentence = (
        tr("Type your question, then press {keys}.").format(
            keys=tr("Ctrl+Z and Enter") if sys.platform == "win32" else "Ctrl+D"
        )
        if terminal
        else tr("Reading standard input…")
    )

    def say() -> None:
        with suppress(OSError, ValueError):
            output.say(sentence)

    if terminal:
        say()
        yield
        return
    timer = threading.Timer(_HINT_S, say)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _read_file(reader: DocumentReader, path: Path) -> Document:
    """Return a file's text; what is uncertain about it is said on stderr. Raises DocumentError."""
    document = reader.read(path.absolute(), threading.Event(), lambda done, total: None).result()
    if document.encoding:
        told = tr("{name} was read as {encoding}.").format(
            name=path.name, encoding=encoding_label(document.encoding)
        )
        output.say(told)
    return document


def _part(document: Document) -> Part:
    return Part(_text(document), PartKind.FILE, document.name)


def _text(document: Document) -> str:
    return document.text(range(len(document.sections)))
