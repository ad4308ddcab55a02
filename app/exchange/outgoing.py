"""Chats into files."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from app.base.errors import ExchangeUnwritable
from app.exchange import ours
from app.exchange.html import chat_html
from app.exchange.incoming import Seen
from app.exchange.markdown import Words, chat_markdown
from app.exchange.names import file_name, same
from app.store import Store, Tree


class Form(StrEnum):
    """How a chat is written to be read; the value is the ending of its file."""

    MARKDOWN = ".md"
    HTML = ".html"


def export_json(
    store: Store,
    path: Path,
    chats: Sequence[int] | None = None,
    seen: Seen = lambda done: None,
) -> None:
    """Writes chats as `app.exchange.ours` describes: these, else all that are not in the bin. All
    or nothing: what was at ``path`` stays until the end. Raises ExchangeUnwritable, StoreError."""
    with replacing(path) as file:
        ours.write(file, _trees(store, _chosen(store, chats), seen))


def export_chat(
    store: Store,
    chat: int,
    path: Path,
    form: Form,
    *,
    reasoning: bool = False,
    words: Words | None = None,
) -> None:
    """Writes the branch of a chat that is shown. All or nothing. Raises ExchangeUnwritable,
    StoreError, and KeyError for no chat."""
    text = page(store, chat, form, reasoning=reasoning, words=words)
    with replacing(path) as file:
        file.write(text)


def export_folder(
    store: Store,
    folder: Path,
    form: Form,
    chats: Sequence[int] | None = None,
    *,
    reasoning: bool = False,
    words: Words | None = None,
    seen: Seen = lambda done: None,
) -> list[Path]:
    """Writes each chat into a file of its own, named by its title; no file that is there is
    touched. ``folder`` is made where there is none. Returns the files. Raises as `export_chat`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = {same(path.name) for path in folder.iterdir()}
    except OSError as error:
        raise ExchangeUnwritable(folder, error.strerror or str(error)) from error
    written = []
    for number, chat in enumerate(_chosen(store, chats), start=1):
        with contextlib.suppress(KeyError):  # deleted for good a moment ago
            path = folder / file_name(store.chat(chat).title, form.value, taken)
            export_chat(store, chat, path, form, reasoning=reasoning, words=words)
            written.append(path)
        seen(number)
    return written


def page(
    store: Store, chat: int, form: Form, *, reasoning: bool = False, words: Words | None = None
) -> str:
    """What `export_chat` writes."""
    make = chat_html if form is Form.HTML else chat_markdown
    return make(
        store.chat(chat), store.conversation(chat), reasoning=reasoning, words=words or Words()
    )


def _chosen(store: Store, chats: Sequence[int] | None) -> Sequence[int]:
    """These, else all that are not in the bin, in the order in which they came."""
    if chats is None:
        return sorted(row.id for row in (*store.chats(), *store.archived()))
    return chats


def _trees(store: Store, chats: Iterable[int], seen: Seen) -> Iterator[Tree]:
    for number, chat in enumerate(chats, start=1):
        with contextlib.suppress(KeyError):  # deleted for good a moment ago
            yield store.tree(chat)
        seen(number)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file to write to, which takes its place at the end. A crash leaves the old or the new."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".fireside-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ExchangeUnwritable(path, error.strerror or str(error)) from error
