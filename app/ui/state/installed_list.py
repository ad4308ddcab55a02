"""The list of models on this disk, and actions on them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.models.model_library import InstalledModels, MoveProgress, find_same
from app.ui.bridge import Bridge, Newest
from app.wording.language import tr

if TYPE_CHECKING:
    from app.models.catalog import HubModel
    from app.models.disk_scan import InstalledModel


def place_name(model: InstalledModel) -> str:
    """Return the name of the program whose folder a model is in."""
    kind = model.place.kind
    named = {"CHOSEN": tr("Folder"), "SHARED": tr("Shared folder")}
    return named.get(kind.name) or str(kind)


class InstalledList(QObject):
    """The models found at the last scan."""

    changed = Signal()
    """Other models were found, or the progress of a move has changed."""
    moved = Signal(object, object)
    """An InstalledModel, and its new Path; None if it was removed."""
    failed = Signal(object)
    """A FiresideError: why a model could not be moved or removed."""

    def __init__(self, host: Host, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._bridge = host, bridge
        self._looks, self._opening = Newest(bridge), Newest(bridge)
        self.found = InstalledModels()
        self.looking = False
        self.looked = False
        """Whether a scan has ended, so that what is not in ``found`` is not here."""
        self.moving: dict[InstalledModel, float] = {}
        """The models being moved, and the fraction moved of each, 0 to 1."""
        self._stops: dict[InstalledModel, threading.Event] = {}

    def look(self) -> None:
        """Scan the disk."""
        self.looking = True
        self.changed.emit()
        self._looks.when_done(self._host.library.find(), self._found, self._not_found)

    @property
    def usable(self) -> tuple[InstalledModel, ...]:
        """The models that can be run."""
        return tuple(model for model in self.found.models if model.problem is None)

    def look_at(self, path: Path, done: Callable[[InstalledModel], None]) -> None:
        """Identify a file that the user opens, and call ``done`` with the model.

        If he opens another one meanwhile, only that counts.
        """
        self._opening.when_done(self._host.library.inspect(path), done, self.failed.emit)

    def has(self, wanted: HubModel) -> InstalledModel | None:
        """Return the installed model that equals one on the hub; see `find_same`."""
        return find_same(self.usable, wanted)

    def ours(self, model: InstalledModel) -> bool:
        """Return whether Fireside itself downloaded a model."""
        return model.path in self.found.ours

    def remove(self, model: InstalledModel) -> None:
        """Delete a model's files."""
        future = self._host.library.remove(model)
        self._bridge.when_done(future, lambda _: self._gone(model, None), self._refused)

    def move(self, model: InstalledModel, folder: Path) -> None:
        """Move a model to another folder."""
        stop = self._stops[model] = threading.Event()
        self.moving[model] = 0.0
        self.changed.emit()
        future = self._host.library.move(model, folder, stop)
        self._bridge.when_done(
            future,
            lambda path: self._gone(model, path),
            lambda error: self._stayed(model, error),
        )

    def stop(self, model: InstalledModel) -> None:
        """Stop the move of a model, which then stays where it is."""
        if stop := self._stops.get(model):
            stop.set()

    def receive(self, event: MoveProgress) -> None:
        """Handle the progress of a move."""
        if event.model in self.moving:
            self.moving[event.model] = event.done / event.total if event.total else 0.0
            self.changed.emit()

    def _found(self, found: InstalledModels) -> None:
        self.looking, self.looked = False, True
        self.found = found
        self.changed.emit()

    def _not_found(self, error: BaseException) -> None:
        self.looking = False
        self.failed.emit(error)

    def _gone(self, model: InstalledModel, path: Path | None) -> None:
        self._over(model)
        self.moved.emit(model, path)
        self.look()

    def _stayed(self, model: InstalledModel, error: BaseException) -> None:
        self._over(model)
        self._refused(error)

    def _over(self, model: InstalledModel) -> None:
        self.moving.pop(model, None)
        self._stops.pop(model, None)
        self.changed.emit()

    def _refused(self, error: BaseException) -> None:
        self.failed.emit(error)
        self.look()
