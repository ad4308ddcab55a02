"""A library of folders and encyclopaedias that reads nothing, for the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.tools.browser.faults import FolderTooWide, SourceKnown
from app.tools.browser.source_status import (
    IndexState,
    SourceEntry,
    SourceKind,
    SourcesChanged,
    SourceStatus,
)


class StillLibrary:
    """A library whose sources stand as `set` says; ``asked`` records what it was asked."""

    def __init__(self, publish: Callable[[Any], None]) -> None:
        self._publish = publish
        self._statuses: dict[str, SourceStatus] = {}
        self.asked: list[tuple[str, str]] = []
        self.watched: frozenset[str] = frozenset()

    def statuses(self) -> tuple[SourceStatus, ...]:
        return tuple(self._statuses.values())

    def add_folder(self, path: Path) -> SourceEntry:
        if path == Path("/"):
            raise FolderTooWide(path)
        return self._add(SourceKind.FOLDER, "files:", path, path.name)

    def add_encyclopaedia(self, path: Path) -> SourceEntry:
        return self._add(SourceKind.ENCYCLOPAEDIA, "zim:", path, path.stem)

    def remove(self, key: str) -> None:
        self.asked.append(("remove", key))
        del self._statuses[key]
        self.tell()

    def pause(self, key: str) -> None:
        self.asked.append(("pause", key))
        self.set(key, state=IndexState.PAUSED)

    def resume(self, key: str) -> None:
        self.asked.append(("resume", key))
        self.set(key, state=IndexState.INDEXING)

    def look(self, key: str) -> None:
        self.asked.append(("look", key))

    def watch(self, keys: frozenset[str]) -> None:
        self.watched = keys

    def set(self, key: str, **changes: Any) -> None:
        """Have one of them stand otherwise."""
        self._statuses[key] = replace(self._statuses[key], **changes)
        self.tell()

    def _add(self, kind: SourceKind, prefix: str, path: Path, name: str) -> SourceEntry:
        key = f"{prefix}{name}"
        if key in self._statuses:
            raise SourceKnown(path, name)
        entry = SourceEntry(key, kind, path, name, name)
        self._statuses[key] = SourceStatus(entry, IndexState.INDEXING)
        self.tell()
        return entry

    def tell(self) -> None:
        self._publish(SourcesChanged(self.statuses()))
