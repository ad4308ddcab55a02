"""The queue of downloads and the list of completed ones, in a small JSON file."""

from __future__ import annotations

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.base import codec
from app.base.files import replace_text
from app.base.threads import report_errors
from app.models import catalog
from app.models.catalog import HubFile, HubModel
from app.models.download_progress import DownloadNote


@dataclass(frozen=True, slots=True)
class QueuedModel:
    """A model that is wanted, of which ``have`` bytes are in ``cache``."""

    model: HubModel
    cache: Path
    running: bool = True
    have: int = 0
    brought: tuple[str, ...] = ()
    """The files that Fireside itself fetched, complete or not; the others were there already."""
    mount: str = ""
    """The mount point of the drive with ``cache``; empty if unknown."""
    source: HubModel | None = None
    """What is fetched instead: the same files in another place, or another conversion."""
    earlier: tuple[str, ...] = ()
    """Files that were fetched for it earlier, but are not being fetched now."""
    looked_at: bool = False
    """Whether its header was checked, so that Fireside can run it."""

    @property
    def fetched(self) -> HubModel:
        """The model that is really fetched: ``source`` if there is one."""
        return self.source or self.model

    @property
    def notes(self) -> tuple[DownloadNote, ...]:
        """Remarks on the download for the user."""
        newer = self.source and not self.source.is_same(self.model)
        return (DownloadNote.NEWER,) if newer else ()


class QueueStore:
    """The file at ``path``, which survives a kill. Thread-safe; to be closed.

    It is written on a thread of its own, so that no click waits for a busy disk. Damaged entries
    are left out. If it cannot be written, the queue stays in memory until Fireside ends, and is
    written with the next change: no byte of a model depends on it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")
        stored = _read(path)
        entries = [_entry(value) for value in _list(stored.get("orders"))]
        self._entries = {entry.model: entry for entry in entries if entry}
        self._downloaded = set(_paths(stored.get("downloaded")))
        self._unused = dict.fromkeys(_paths(stored.get("unused")))

    @property
    def entries(self) -> tuple[QueuedModel, ...]:
        """All entries, oldest first."""
        with self._lock:
            return tuple(self._entries.values())

    @property
    def downloaded(self) -> frozenset[Path]:
        """The first files of the models that Fireside downloaded."""
        with self._lock:
            return frozenset(self._downloaded)

    @property
    def unused(self) -> tuple[Path, ...]:
        """Those of them that the user has neither used nor dismissed, oldest first."""
        with self._lock:
            return tuple(self._unused)

    def entry(self, model: HubModel) -> QueuedModel | None:
        """Return a model's entry, if there is one."""
        with self._lock:
            return self._entries.get(model)

    def put(self, entry: QueuedModel) -> None:
        with self._lock:
            self._entries[entry.model] = entry
            self._write()

    def update(self, model: HubModel, **changes: Any) -> None:
        """Change fields of an entry, if it is still there."""
        with self._lock:
            if old := self._entries.get(model):
                self._entries[model] = replace(old, **changes)
                self._write()

    def drop(self, model: HubModel) -> None:
        with self._lock:
            if self._entries.pop(model, None):
                self._write()

    def change_downloaded(self, *, without: Path | None = None, new: Path | None = None) -> None:
        """Remove a model from the list of downloaded ones, and add one; both if it has moved."""
        with self._lock:
            downloaded = self._downloaded - {without} | ({new} if new else set())
            places = (new if path == without else path for path in self._unused)
            unused = dict.fromkeys(path for path in places if path)
            if (downloaded, unused) != (self._downloaded, self._unused):
                self._downloaded, self._unused = downloaded, unused
                self._write()

    def note_unused(self, path: Path) -> None:
        """Record that a model has been downloaded, and not been used yet."""
        with self._lock:
            self._unused[path] = None
            self._write()

    def note_used(self, path: Path) -> None:
        """Record that the user has used a model, or dismissed it."""
        with self._lock:
            if path in self._unused:
                del self._unused[path]
                self._write()

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown()

    def _write(self) -> None:
        entries = [
            codec.encode(entry)
            | _json(entry.model)
            | {
                "offer": offer.name if (offer := catalog.offer_for(entry.model)) else "",
                "source": _json(entry.source) if entry.source else None,
            }
            for entry in self._entries.values()
        ]
        for entry in entries:
            del entry["model"]
        content = {
            "orders": entries,
            "downloaded": sorted(map(str, self._downloaded)),
            "unused": list(map(str, self._unused)),
        }
        # In ASCII, since a path on Linux may contain bytes that are not valid text.
        text = json.dumps(content, indent=2) + "\n"
        try:
            self._writer.submit(report_errors, self._save, text)
        except RuntimeError:  # it is closed, or the interpreter is ending
            self._save(text)

    def _save(self, text: str) -> None:
        with contextlib.suppress(OSError):
            replace_text(self._path, text)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _paths(value: object) -> list[Path]:
    return [Path(path) for path in _list(value) if isinstance(path, str)]


def _json(model: HubModel) -> dict[str, Any]:
    return {
        "repository": model.repository,
        "commit": model.commit,
        "files": [file.name for file in model.files],
        "size": model.size,
        "sizes": [file.size for file in model.files],
        "sha256": model.hashes,
    }


def _model(entry: Any) -> HubModel:
    """Return the model of an entry. Raises KeyError, TypeError and ValueError.

    Older files have only the total size, which then counts as that of the first part.
    """
    names, size = tuple(entry["files"]), entry["size"]
    sizes = entry.get("sizes") or [size, *[0] * (len(names) - 1)]
    hashes = entry.get("sha256") or [None] * len(names)
    files = tuple(HubFile(*file) for file in zip(names, sizes, hashes, strict=True))
    texts = (entry["repository"], *names, entry.get("commit"), *hashes)
    if not files or not all(text is None or isinstance(text, str) for text in texts):
        raise TypeError
    if not all(isinstance(number, int) and number >= 0 for number in (size, *sizes)):
        raise TypeError
    return HubModel(entry["repository"], files, entry.get("commit"))


def _entry(entry: Any) -> QueuedModel | None:
    """Return an entry, updated to the present offers; None if it is damaged."""
    try:
        model = _model(entry)
        source = _model(entry["source"]) if entry.get("source") else None
        required = {name: entry[name] for name in ("have", "brought", "running")}
        exact = {name: entry.get(name) is True for name in ("running", "looked_at")}
        read = {**entry, **required, **exact, "model": model, "source": source}
        queued = codec.decode(QueuedModel, read)
        offer = catalog.offer_for(model, entry.get("offer", ""))
        if offer and offer.model != model:
            names = [file.name for one in (model, source) if one for file in one.files]
            earlier = (*queued.earlier, *names)
            queued = replace(queued, model=offer.model, source=None, earlier=earlier, have=0)
        return replace(queued, have=max(0, queued.have))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
