"""Chats into files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TextIO

from app.base import files
from app.base.errors import ExchangeUnwritable
from app.exchange import native_json
from app.exchange.file_names import file_name, same
from app.exchange.html_page import chat_html
from app.exchange.importer import Seen
from app.exchange.markdown_page import ALONE, ExportWords, Versions, chat_markdown
from app.store import ChatRow, ChatTree, MessageRow, Store


class ExportFormat(StrEnum):
    """How chats are written; the value is the ending of their files. JSON has all of them, the
    others are one chat each, to be read."""

    MARKDOWN = ".md"
    HTML = ".html"
    PDF = ".pdf"
    JSON = ".json"


class PdfWriter(Protocol):
    """Makes a PDF, for which it takes a window."""

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
    """How a chat is to be written: with its reasoning or without, and with all of its branches or
    the one that is shown. JSON has all of both. ``draw`` is for PDF."""

    form: ExportFormat
    reasoning: bool = False
    branches: bool = False
    words: ExportWords = field(default_factory=ExportWords)
    draw: PdfWriter | None = None


def export(
    store: Store,
    folder: Path,
    name: str,
    manner: ExportOptions,
    chats: Sequence[int] | None = None,
    seen: Callable[[float], None] = lambda share: None,
) -> Path:
    """Writes chats (None for all that are not in the bin, in the order in which they came) into a
    folder, which is made where there is none: one chat, or JSON, into a file of that name, others
    into files in a folder of that name, all or none. Nothing that is there is written over.
    Returns the file or folder. ``seen`` is told the
    share that is done, and may raise Cancelled. Raises ExchangeUnwritable and StoreError, and
    KeyError where the only chat is no more."""
    chosen = sorted(store.chats.live()) if chats is None else chats

    def count(done: int) -> None:
        seen(done / len(chosen))

    seen(0.0)
    if manner.form is ExportFormat.JSON:
        path = _free(folder, name, manner.form)
        with replacing(path) as file:
            native_json.write(file, _trees(store, chosen, count))
    elif chats is not None and len(chats) == 1:
        path = _free(folder, name, manner.form)
        _write(store, chats[0], path, manner)
    else:
        path = folder / file_name(name, "", set())
        _write_each(store, path, manner, chosen, count)
    return path


def _write(store: Store, chat: int, path: Path, manner: ExportOptions) -> None:
    """One chat, to be read."""
    content = _page(store, chat, manner)
    with replacing(path) as file:
        file.buffer.write(content)


def _write_each(
    store: Store, folder: Path, manner: ExportOptions, chats: Iterable[int], seen: Seen
) -> None:
    """Each chat into a file of its own, named by its title; all or none."""
    made = not folder.exists()
    taken = _taken(folder)
    written: list[Path] = []
    try:
        for number, chat in enumerate(chats, start=1):
            with contextlib.suppress(KeyError):  # deleted for good a moment ago
                path = folder / file_name(store.chats.get(chat).title, manner.form.value, taken)
                _write(store, chat, path, manner)
                written.append(path)
            seen(number)
    except BaseException:
        with contextlib.suppress(OSError):
            for path in written:
                path.unlink()
            if made:
                folder.rmdir()
        raise


def _page(store: Store, chat: int, manner: ExportOptions) -> bytes:
    tree = store.trees.get(chat) if manner.branches else None
    messages = _in_order(tree) if tree else store.messages.conversation(chat)
    make: Any = manner.draw
    if manner.form is not ExportFormat.PDF:
        make = chat_html if manner.form is ExportFormat.HTML else chat_markdown
    made: str | bytes = make(
        store.chats.get(chat),
        messages,
        reasoning=manner.reasoning,
        words=manner.words,
        versions=store.messages.branches(chat) if tree else ALONE,
    )
    return made.encode(errors="replace") if isinstance(made, str) else made


def _in_order(tree: ChatTree) -> list[MessageRow]:
    """All messages, each above what follows from it: a branch to its end, then the next one."""
    below: dict[int | None, list[MessageRow]] = {}
    for message in tree.messages:
        below.setdefault(message.parent, []).append(message)
    found: list[MessageRow] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += below.get(found[-1].id, [])[::-1]
    return found


def _free(folder: Path, name: str, form: ExportFormat) -> Path:
    """A file of that name that is not there yet."""
    return folder / file_name(name, form.value, _taken(folder))


def _taken(folder: Path) -> set[str]:
    """The names in a folder, which is made where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return {same(path.name) for path in folder.iterdir()}
    except (OSError, ValueError) as error:  # the latter: a character that no path may have
        raise ExchangeUnwritable(folder, getattr(error, "strerror", "") or str(error)) from error


def _trees(store: Store, chats: Iterable[int], seen: Seen) -> Iterator[ChatTree]:
    for number, chat in enumerate(chats, start=1):
        with contextlib.suppress(KeyError):  # deleted for good a moment ago
            yield store.trees.get(chat)
        seen(number)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file to write to, as `app.base.files` has it. Raises ExchangeUnwritable."""
    try:
        with files.replacing(path, errors="replace") as file:
            yield file
    except OSError as error:
        raise ExchangeUnwritable(path, error.strerror or str(error)) from error
