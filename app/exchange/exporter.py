"""Export of chats to files."""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TextIO
from urllib.parse import quote

from app.base import files
from app.base.errors import ExchangeUnwritable
from app.base.types import Part
from app.exchange import native_json
from app.exchange.file_names import file_name, same, unused_name
from app.exchange.html_page import chat_html
from app.exchange.importer import Progress
from app.exchange.markdown_page import NO_VERSIONS, ExportWords, Versions, chat_markdown
from app.store import ChatRow, ChatTree, MessageRow, Store


class ExportFormat(StrEnum):
    """The formats; the value is the file's suffix. JSON holds all chats, the others one each."""

    MARKDOWN = ".md"
    HTML = ".html"
    PDF = ".pdf"
    JSON = ".json"


class PdfWriter(Protocol):
    """A function that makes a PDF, which requires the window."""

    def __call__(
        self,
        chat: ChatRow,
        messages: Sequence[MessageRow],
        *,
        reasoning: bool,
        words: ExportWords,
        versions: Versions,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Options of an export: with or without reasoning, with all branches or the one that is shown.

    JSON always has all reasoning and branches. ``pdf_writer`` is needed for PDF only.
    """

    format: ExportFormat
    reasoning: bool = False
    branches: bool = False
    words: ExportWords = field(default_factory=ExportWords)
    pdf_writer: PdfWriter | None = None


def export(
    store: Store,
    folder: Path,
    name: str,
    options: ExportOptions,
    chats: Sequence[int] | None = None,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Path:
    """Write chats into a folder, which is made if needed, and return the file or folder written.

    ``chats`` is None for all that are not in the bin, in the order of their creation. One chat, or
    JSON, becomes a file of that name, others become files in a folder of that name, all or none.
    Nothing is overwritten. ``on_progress`` gets the share that is done, and may raise Cancelled.
    Raises ExchangeUnwritable and StoreError, and KeyError if the only chat has been deleted.
    """
    chosen = sorted(store.chats.live()) if chats is None else chats

    def count(done: int) -> None:
        on_progress(done / len(chosen))

    on_progress(0.0)
    if options.format is ExportFormat.JSON:
        path = _unused_path(folder, name, options.format)
        with replacing(path) as file:
            native_json.write(file, trees(store, chosen, count))
    elif chats is not None and len(chats) == 1:
        path = _unused_path(folder, name, options.format)
        _write(store, chats[0], path, options)
    else:
        path = folder / file_name(name, "", set())
        _write_each(store, path, options, chosen, count)
    return path


def _write(store: Store, chat: int, path: Path, options: ExportOptions) -> list[Path]:
    """Write a chat, and what belongs beside the file; return the paths in the folder."""
    media = _MediaFolder(path)
    content = _page(store, chat, options, media)
    try:
        media.write()
        with replacing(path) as file:
            file.buffer.write(content)
    except BaseException:
        _remove([media.path] if media.files else [])
        raise
    return [path, *([media.path] if media.files else [])]


def _remove(paths: Iterable[Path]) -> None:
    """Remove what was written, as far as possible."""
    for path in paths:
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


class _MediaFolder:
    """The folder of pictures and files beside a Markdown file, made if there are any."""

    def __init__(self, page: Path) -> None:
        self._page = page
        self._path: Path | None = None
        self.files: dict[str, bytes] = {}

    @property
    def path(self) -> Path:
        """The folder, which does not exist yet."""
        if self._path is None:
            taken = _names_in(self._page.parent)
            self._path = self._page.with_name(file_name(self._page.stem, "_files", taken))
        return self._path

    def link(self, part: Part) -> str:
        """Return the address of media from the page; it is written by `write`."""
        name = unused_name(part.name, self.files)
        self.files[name] = part.data
        return quote(f"{self.path.name}/{name}")

    def write(self) -> None:
        """Write the files. Raises ExchangeUnwritable."""
        if not self.files:
            return
        try:
            self.path.mkdir()
        except OSError as error:
            raise ExchangeUnwritable(self.path, error.strerror or str(error)) from error
        for name, data in self.files.items():
            with replacing(self.path / name) as file:
                file.buffer.write(data)


def _write_each(
    store: Store, folder: Path, options: ExportOptions, chats: Iterable[int], on_progress: Progress
) -> None:
    """Write each chat to a file named by its title; all or none."""
    created = not folder.exists()
    taken = _names_in(folder)
    written: list[Path] = []
    try:
        for number, chat in enumerate(chats, start=1):
            with contextlib.suppress(KeyError):  # purged a moment ago
                path = folder / file_name(store.chats.get(chat).title, options.format.value, taken)
                written += _write(store, chat, path, options)
            on_progress(number)
    except BaseException:
        _remove(written)
        with contextlib.suppress(OSError):
            if created:
                folder.rmdir()
        raise


def _page(store: Store, chat: int, options: ExportOptions, media: _MediaFolder) -> bytes:
    tree = store.trees.get(chat) if options.branches else None
    messages = _in_order(tree) if tree else store.messages.conversation(chat)
    writer: Any = options.pdf_writer
    if options.format is ExportFormat.HTML:
        writer = chat_html
    elif options.format is ExportFormat.MARKDOWN:
        writer = functools.partial(chat_markdown, link=media.link)
    created: str | bytes = writer(
        store.chats.get(chat),
        messages,
        reasoning=options.reasoning,
        words=options.words,
        versions=store.messages.branches(chat) if tree else NO_VERSIONS,
    )
    return created.encode(errors="replace") if isinstance(created, str) else created


def _in_order(tree: ChatTree) -> list[MessageRow]:
    """Return all messages depth first: each branch to its end, then the next one."""
    children: dict[int | None, list[MessageRow]] = {}
    for message in tree.messages:
        children.setdefault(message.parent, []).append(message)
    ordered: list[MessageRow] = []
    stack = children.get(None, [])[::-1]
    while stack:
        ordered.append(stack.pop())
        stack += children.get(ordered[-1].id, [])[::-1]
    return ordered


def _unused_path(folder: Path, name: str, format: ExportFormat) -> Path:
    """Return a path of that name that does not exist yet."""
    return folder / file_name(name, format.value, _names_in(folder))


def _names_in(folder: Path) -> set[str]:
    """Return the names in a folder, which is made if needed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return {same(path.name) for path in folder.iterdir()}
    except (OSError, ValueError) as error:  # ValueError: a character that no path may contain
        raise ExchangeUnwritable(folder, getattr(error, "strerror", "") or str(error)) from error


def trees(store: Store, chats: Iterable[int], on_progress: Progress) -> Iterator[ChatTree]:
    """Yield chats with all their branches, one at a time."""
    for number, chat in enumerate(chats, start=1):
        with contextlib.suppress(KeyError):  # purged a moment ago
            yield store.trees.get(chat)
        on_progress(number)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a file to write, as `app.base.files.replacing` does. Raises ExchangeUnwritable."""
    try:
        with files.replacing(path, errors="replace") as file:
            yield file
    except OSError as error:
        raise ExchangeUnwritable(path, error.strerror or str(error)) from error
