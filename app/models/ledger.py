"""What was ordered and is not here yet, and what Fireside has downloaded: a small JSON file."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base.files import replace_text
from app.base.threads import loud
from app.models.catalog import HubModel


@dataclass(frozen=True, slots=True)
class Order:
    """A model that is wanted. Of its files, Fireside itself brings those that are ``brought``,
    whole or not; the others were there. ``have`` bytes are in ``cache``."""

    model: HubModel
    cache: Path
    running: bool = True
    have: int = 0
    brought: tuple[str, ...] = ()


class Ledger:
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
    def orders(self) -> tuple[Order, ...]:
        """The oldest first."""
        with self._lock:
            return tuple(self._orders.values())

    @property
    def downloaded(self) -> frozenset[Path]:
        """The first files of models that Fireside brought."""
        with self._lock:
            return frozenset(self._downloaded)

    def order(self, model: HubModel) -> Order | None:
        with self._lock:
            return self._orders.get(model)

    def put(self, order: Order) -> None:
        """A new order."""
        with self._lock:
            self._orders[order.model] = order
            self._write()

    def update(self, model: HubModel, **changes: Any) -> None:
        """Other facts of an order, if there is one still."""
        with self._lock:
            if old := self._orders.get(model):
                self._orders[model] = dataclasses.replace(old, **changes)
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
            {
                "repository": order.model.repository,
                "files": order.model.files,
                "size": order.model.size,
                "cache": str(order.cache),
                "running": order.running,
                "have": order.have,
                "brought": order.brought,
            }
            for order in self._orders.values()
        ]
        told = {"orders": orders, "downloaded": sorted(map(str, self._downloaded))}
        # ASCII, since a path on Linux may hold bytes that are no text.
        text = json.dumps(told, indent=2) + "\n"
        try:
            self._writer.submit(loud, self._save, text)
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


def _order(entry: Any) -> Order | None:
    try:
        files, brought = tuple(entry["files"]), tuple(entry["brought"])
        texts = (entry["repository"], entry["cache"], *files, *brought)
        numbers = (entry["size"], entry["have"])
        if not files or not all(isinstance(text, str) for text in texts):
            return None
        if not all(isinstance(number, int) and number >= 0 for number in numbers):
            return None
        model = HubModel(entry["repository"], files, entry["size"])
        return Order(model, Path(entry["cache"]), entry["running"] is True, entry["have"], brought)
    except (KeyError, TypeError):
        return None
