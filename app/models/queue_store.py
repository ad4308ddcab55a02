"""What was ordered and is not here yet, and what Fireside has downloaded: a small JSON file."""

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
    """A model that is wanted, of which ``have`` bytes are in ``cache``, on the drive that is
    mounted at ``mount`` (empty: not known).

    ``source`` is what is fetched in its place, where the hub has that in another place or only
    another conversion. Of the files, Fireside itself brings those that are ``brought``, whole or
    not; the others were there. ``earlier`` are the names of files that were fetched for it before,
    which are not what is fetched now. It was ``looked_at`` where its header says that Fireside can
    run it.
    """

    model: HubModel
    cache: Path
    running: bool = True
    have: int = 0
    brought: tuple[str, ...] = ()
    mount: str = ""
    source: HubModel | None = None
    earlier: tuple[str, ...] = ()
    looked_at: bool = False

    @property
    def fetched(self) -> HubModel:
        """What is asked for on the hub."""
        return self.source or self.model

    @property
    def notes(self) -> tuple[DownloadNote, ...]:
        """What a person is to know of it."""
        newer = self.source and not self.source.is_same(self.model)
        return (DownloadNote.NEWER,) if newer else ()


class QueueStore:
    """The file at ``path``, which survives a kill. Thread-safe; to be closed.

    It is written on a thread of its own: nobody who clicks waits for a busy disk. What makes no
    sense in it is left out. Where it cannot be written, what it should say holds
    until Fireside ends, and is written with the next change: no byte of a model depends on it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        told = _read(path)
        orders = [_order(entry) for entry in _list(told.get("orders"))]
        self._orders = {order.model: order for order in orders if order}
        paths = _list(told.get("downloaded"))
        self._downloaded = {Path(entry) for entry in paths if isinstance(entry, str)}

    @property
    def orders(self) -> tuple[QueuedModel, ...]:
        """The oldest first."""
        with self._lock:
            return tuple(self._orders.values())

    @property
    def downloaded(self) -> frozenset[Path]:
        """The first files of models that Fireside brought."""
        with self._lock:
            return frozenset(self._downloaded)

    def order(self, model: HubModel) -> QueuedModel | None:
        with self._lock:
            return self._orders.get(model)

    def put(self, order: QueuedModel) -> None:
        """A new order."""
        with self._lock:
            self._orders[order.model] = order
            self._write()

    def update(self, model: HubModel, **changes: Any) -> None:
        """Other facts of an order, if there is one still."""
        with self._lock:
            if old := self._orders.get(model):
                self._orders[model] = replace(old, **changes)
                self._write()

    def drop(self, model: HubModel) -> None:
        """It is wanted no more, or is here."""
        with self._lock:
            if self._orders.pop(model, None):
                self._write()

    def change_downloaded(self, *, without: Path | None = None, new: Path | None = None) -> None:
        """A model is no longer where it was, or is somewhere now."""
        with self._lock:
            changed = self._downloaded - {without} | ({new} if new else set())
            if changed != self._downloaded:
                self._downloaded = changed
                self._write()

    def close(self) -> None:
        """Waits until all is written."""
        self._writer.shutdown()

    def _write(self) -> None:
        orders = [
            codec.encode(order)
            | _told(order.model)
            | {
                "offer": offer.name if (offer := catalog.ordered(order.model)) else "",
                "source": _told(order.source) if order.source else None,
            }
            for order in self._orders.values()
        ]
        for order in orders:
            del order["model"]
        told = {"orders": orders, "downloaded": sorted(map(str, self._downloaded))}
        # ASCII, since a path on Linux may hold bytes that are no text.
        text = json.dumps(told, indent=2) + "\n"
        try:
            self._writer.submit(report_errors, self._save, text)
        except RuntimeError:  # it is closed, or all of Fireside ends
            self._save(text)

    def _save(self, text: str) -> None:
        with contextlib.suppress(OSError):
            replace_text(self._path, text)


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _told(model: HubModel) -> dict[str, Any]:
    return {
        "repository": model.repository,
        "commit": model.commit,
        "files": [file.name for file in model.files],
        "size": model.size,
        "sizes": [file.size for file in model.files],
        "sha256": model.hashes,
    }


def _model(entry: Any) -> HubModel:
    """Raises KeyError, TypeError and ValueError. An earlier Fireside knew names, and one size for
    them all, which is that of the first then."""
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


def _order(entry: Any) -> QueuedModel | None:
    """The order, as it is to be carried out by this Fireside: for what is offered today."""
    try:
        model = _model(entry)
        source = _model(entry["source"]) if entry.get("source") else None
        required = {name: entry[name] for name in ("have", "brought", "running")}
        exact = {name: entry.get(name) is True for name in ("running", "looked_at")}
        read = {**entry, **required, **exact, "model": model, "source": source}
        order = codec.decode(QueuedModel, read)
        offer = catalog.ordered(model, entry.get("offer", ""))
        if offer and offer.model != model:
            names = [file.name for one in (model, source) if one for file in one.files]
            earlier = (*order.earlier, *names)
            order = replace(order, model=offer.model, source=None, earlier=earlier, have=0)
        return replace(order, have=max(0, order.have))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
