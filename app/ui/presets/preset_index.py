"""Which presets there are, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.store import Preset, Store
from app.ui.store_access import StoreAccess

if TYPE_CHECKING:
    from app.exchange import PresetReport

T = TypeVar("T")


class PresetIndex(QObject):
    """The presets as the disk has them."""

    changed = Signal()
    """They are others."""
    added = Signal(object)
    """A Preset: the person's new one, or the last of several, with the name that it got."""
    brought = Signal(object)
    """A PresetReport: a file was taken in."""
    exported = Signal(Path)
    refused = Signal(object)
    """An error: of a file, or what is in it."""

    def __init__(self, disk: StoreAccess, parent: QObject) -> None:
        super().__init__(parent)
        self._disk = disk
        self._writing = 0
        self.rows: tuple[Preset, ...] = ()

    @property
    def default(self) -> Preset | None:
        """What new chats begin with."""
        return next((preset for preset in self.rows if preset.default), None)

    def refresh(self) -> None:
        """Looks at the disk."""
        self._do(lambda store: None)

    def add(self, *presets: Preset) -> None:
        """New ones."""
        self._do(lambda store: store.presets.add(presets), lambda rows: self.added.emit(rows[-1]))

    def save(self, preset: Preset) -> None:
        """The person has changed it."""
        self._do(lambda store: store.presets.set(preset))

    def delete(self, preset: Preset) -> None:
        """Away with it."""
        self._do(lambda store: store.presets.delete(preset.id))

    def export(self, path: Path, presets: Sequence[int] | None) -> None:
        """Writes presets (None for all) to a file."""

        def work(store: Store) -> None:
            from app import exchange

            exchange.export_presets(store, path, presets)

        self._do(work, lambda _: self.exported.emit(path), self.refused.emit)

    def bring(self, path: Path) -> None:
        """Takes in those of a file."""

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
        """Runs ``work`` where the disk is; then ``rows`` are as they are there, unless the person
        has gone on meanwhile."""
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
            (failed or self._disk.tell)(error)

        self._disk.ask(both, show, fail)
