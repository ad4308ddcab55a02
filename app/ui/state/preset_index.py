"""The index of presets, and every change to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.store import Preset, Store
from app.ui.state.store_access import StoreAccess

if TYPE_CHECKING:
    from app.exchange import PresetReport

T = TypeVar("T")


class PresetIndex(QObject):
    """The presets as the store has them."""

    changed = Signal()
    """``rows`` has changed."""
    added = Signal(object)
    """A Preset as stored: the new one, or the last of several."""
    brought = Signal(object)
    """A file was imported: a PresetReport."""
    exported = Signal(Path)
    refused = Signal(object)
    """An error of a file or of what is in it."""

    def __init__(self, store: StoreAccess, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._writing = 0
        self.rows: tuple[Preset, ...] = ()

    @property
    def default(self) -> Preset | None:
        """The preset that new chats begin with."""
        return next((preset for preset in self.rows if preset.default), None)

    def refresh(self) -> None:
        """Read the presets."""
        self._do(lambda store: None)

    def add(self, *presets: Preset) -> None:
        self._do(lambda store: store.presets.add(presets), lambda rows: self.added.emit(rows[-1]))

    def save(self, preset: Preset) -> None:
        """Store a preset that was changed."""
        self._do(lambda store: store.presets.set(preset))

    def delete(self, preset: Preset) -> None:
        self._do(lambda store: store.presets.delete(preset.id))

    def export(self, path: Path, presets: Sequence[int] | None) -> None:
        """Write presets to a file; None means all."""

        def work(store: Store) -> None:
            from app import exchange

            exchange.export_presets(store, path, presets)

        self._do(work, lambda _: self.exported.emit(path), self.refused.emit)

    def bring(self, path: Path) -> None:
        """Import the presets of a file."""

        def work(store: Store) -> PresetReport:
            from app import exchange

            return exchange.import_presets(store, path)

        self._do(work, self.brought.emit, self.refused.emit)

    def _do(
        self,
        work: Callable[[Store], T],
        done: Callable[[T], object] = lambda _: None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Run ``work`` on the store's thread, then read the presets.

        ``rows`` is not updated while another change is pending.
        """
        self._writing += 1

        def both(store: Store) -> tuple[T, tuple[Preset, ...]]:
            return work(store), tuple(store.presets.all())

        def show(result: tuple[T, tuple[Preset, ...]]) -> None:
            self._writing -= 1
            value, rows = result
            if self._writing == 0 and rows != self.rows:
                self.rows = rows
                self.changed.emit()
            done(value)

        def fail(error: BaseException) -> None:
            self._writing -= 1
            (failed or self._store.report)(error)

        self._store.ask(both, show, fail)
