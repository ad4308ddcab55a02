"""Removal of everything that Fireside has stored: in the data folder, the keyring, and models.

Only files that Fireside itself has written are removed, by their names: a data folder may be one
that has others' files, too, or a link to another disk. Links are removed, never what they lead to.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from app.base import log
from app.base.errors import LibraryError, SecretError
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.models import disk_scan, file_operations
from app.models.download_events import DownloadEnded, DownloadEvent
from app.models.downloads import Downloads
from app.models.queue_store import QueueStore


class DataKind(StrEnum):
    """A kind of data that can be removed by itself."""

    CHATS = "chats"
    SETTINGS = "settings"
    CACHE = "cache"
    LOGS = "logs"
    SECRETS = "secrets"
    SOURCES = "sources"
    """The list of folders and encyclopaedias to search, and their indexes."""
    MODELS = "models"
    """Models that Fireside downloaded, complete or not; other programs may use them, too."""


_NAMES = {
    DataKind.CHATS: (
        "chats.db", "chats.db-*", "chats.db.part*", "chats.db.*.old*", "backups/chats-*.db",
        "backups/chats.part*",
    ),
    DataKind.SETTINGS: (
        "settings.json", "settings.json.*.old", "speeds.json", ".fireside-*",
        "mcp.json", "mcp.json.*.old", "mcp_approved.json",
        "endpoints.json", "endpoints.json.*.old",
    ),
    DataKind.CACHE: (f"kept/{'[0-9a-f]' * 24}",),
    DataKind.LOGS: (
        "engine.log", "engine.lock", "lists.lock", ".engine-*", "connections.log", f"{log.NAME}*",
        log.CRASH_NAME, "mcp/*.log",
    ),
    DataKind.SECRETS: (),
    DataKind.SOURCES: (
        "sources.json", "sources.json.*.old", f"indexes/{'[0-9a-f]' * 16}.*",
    ),
    DataKind.MODELS: ("downloads.json",),
}  # fmt: skip
_FOLDERS = "backups", "kept", "mcp", "indexes"


@dataclass(frozen=True, slots=True)
class StoredData:
    """The stored data of a kind: its size in bytes, and the number of items."""

    kind: DataKind
    size: int
    count: int


def find(folders: Folders) -> tuple[StoredData, ...]:
    """Return what there is, by kind. Secrets have no size."""
    found = []
    for kind in DataKind:
        match kind:
            case DataKind.SECRETS:
                secrets = Secrets(folders.data)
                sizes = [0] * (len(secrets.names()) or secrets.path.is_file())
            case DataKind.MODELS:
                sizes = _model_sizes(folders)
            case _:
                sizes = [_size(path) for path in _paths(folders, kind)]
        if sizes:
            found.append(StoredData(kind, sum(sizes), len(sizes)))
    return tuple(found)


def remove(folders: Folders, kinds: Collection[DataKind]) -> tuple[str, ...]:
    """Remove these kinds of data, once everything is closed; return what could not be removed."""
    left: list[str] = []
    if DataKind.SECRETS in kinds:
        left += _remove_secrets(folders)
    if DataKind.MODELS in kinds:
        left += _remove_models(folders)
    elif DataKind.SETTINGS in kinds and not _model_sizes(folders):
        left += _remove(folders.downloads)  # an empty list
    for kind in kinds:
        for path in _paths(folders, kind):
            left += _remove(path)
    return tuple(left)


def remove_folder(folders: Folders) -> None:
    """Remove the data folder, unlocked, if nothing is left in it."""
    real = folders.data.resolve()
    for folder in (*(real / name for name in _FOLDERS), real):
        with contextlib.suppress(OSError):  # there is something else in it, or it is a link
            folder.rmdir()
    with contextlib.suppress(OSError):
        if folders.data.is_symlink() and not folders.data.exists():
            folders.data.unlink()


def _paths(folders: Folders, kind: DataKind) -> Iterator[Path]:
    """Yield the files and folders of a kind in the data folder."""
    for pattern in _NAMES[kind]:
        with contextlib.suppress(OSError):
            yield from list(folders.data.glob(pattern))


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    files = [path] if path.is_symlink() or not path.is_dir() else path.rglob("*")
    size = 0
    for file in files:
        with contextlib.suppress(OSError):
            status = file.lstat()
            size += 0 if file.is_dir() else status.st_size
    return size


def _remove(path: Path) -> list[str]:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return [str(path)]
    return []


def _remove_secrets(folders: Folders) -> Iterable[str]:
    secrets = Secrets(folders.data)
    for name in secrets.names():
        try:
            secrets.delete(name)
        except SecretError:
            yield name
    if not secrets.names():
        yield from _remove(secrets.path)  # it may be damaged, and still have one in it


def _model_sizes(folders: Folders) -> list[int]:
    with contextlib.closing(QueueStore(folders.downloads)) as queue:
        complete = [disk_scan.inspect(path).size for path in queue.downloaded if path.exists()]
        return complete + [entry.have for entry in queue.entries]


def _remove_models(folders: Folders) -> list[str]:
    left: list[str] = []

    def ended(event: DownloadEvent) -> None:
        if isinstance(event, DownloadEnded) and isinstance(event.error, LibraryError):
            left.append(str(event.error.path))

    def no_network() -> NoReturn:
        raise RuntimeError("nothing is downloaded any more")

    with contextlib.closing(Downloads(ended, no_network, folders.downloads)) as downloads:
        for path in downloads.downloaded():
            try:
                file_operations.remove(disk_scan.inspect(path))
            except LibraryError as error:
                left.append(str(error.path))
        for each in downloads.unfinished():
            downloads.cancel(each.model)
    return left
