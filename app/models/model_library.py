"""The models on this disk, in the background: finding, inspecting, removing and moving them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.base.jobs import Jobs

if TYPE_CHECKING:
    from app.models.catalog import HubModel
    from app.models.disk_scan import InstalledModel
    from app.models.downloads import Downloads


@dataclass(frozen=True, slots=True)
class InstalledModels:
    """The models on this disk.

    ``ours`` are the paths of those that Fireside downloaded; ``uses`` has the time of each one's
    last use, by its key, in POSIX seconds.
    """

    models: tuple[InstalledModel, ...] = ()
    ours: frozenset[Path] = frozenset()
    uses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MoveProgress:
    """The progress of moving a model to another folder, in bytes."""

    model: InstalledModel
    done: int
    total: int


def find_same(usable: Iterable[InstalledModel], wanted: HubModel) -> InstalledModel | None:
    """Return the installed model that equals one on the hub, or None.

    That is one with the same files or, of an offered model, any conversion.
    """
    from app.models import catalog

    usable = tuple(usable)
    offer = catalog.offer_for(wanted)
    same = (model for model in usable if _is_same(model, wanted))
    alike = (model for model in usable if offer and model.offer == offer.name)
    return next(same, None) or next(alike, None)


def _is_same(model: InstalledModel, wanted: HubModel) -> bool:
    """Return whether both have the same files, as far as can be told without reading them."""
    if None not in (*model.hashes, *wanted.hashes):
        return model.hashes == wanted.hashes
    names = [file.name.rpartition("/")[2] for file in wanted.files]
    return model.size == wanted.size and [file.name for file in model.files] == names


class ModelUses(Protocol):
    """The part of the chat store that knows models, by their keys."""

    def model_uses(self) -> Mapping[str, float]:
        """Return when each model was last used, by key, in POSIX seconds."""

    def rename_model(self, old: str, new: str) -> None:
        """Replace a model's key in chats and presets."""


class ModelLibrary:
    """A service that finds, moves and removes the models on this disk.

    ``folders`` returns the folders to search besides the usual places; ``add_folder`` adds one to
    them. ``jobs`` is the pool for long work, ``quick`` the one for work that the user waits for.
    ``shared`` are folders of an administrator, whose models are neither moved nor removed.
    """

    def __init__(
        self,
        uses: ModelUses,
        downloads: Callable[[], Downloads],
        folders: Callable[[], list[Path]],
        add_folder: Callable[[Path], None],
        publish: Callable[[MoveProgress], None],
        jobs: Jobs,
        quick: Jobs,
        shared: Sequence[Path] = (),
    ) -> None:
        self._uses = uses
        self._downloads = downloads
        self._folders = folders
        self._add_folder = add_folder
        self._publish = publish
        self._jobs = jobs
        self._quick = quick
        self._shared = tuple(shared)

    def find(self) -> Future[InstalledModels]:
        """Find the models on this disk."""
        chosen = self._folders()

        def work() -> InstalledModels:
            from app.models import disk_scan

            models = tuple(
                disk_scan.scan(disk_scan.places(chosen, self._shared), self._jobs.ending)
            )
            return InstalledModels(models, self._downloads().downloaded(), self._uses.model_uses())

        return self._jobs.submit(work)

    def usable_files(self) -> Iterator[Path]:
        """Yield the files of models on this disk that can be run. This may take long."""
        from app.models import disk_scan

        places = disk_scan.places(self._folders(), self._shared)
        for model in disk_scan.scan(places, self._jobs.ending):
            if model.problem is None:
                yield model.path

    def inspect(self, path: Path) -> Future[InstalledModel]:
        """Return the model that a file chosen by the user is, or is a part of."""

        def work() -> InstalledModel:
            from app.models import disk_scan

            return disk_scan.inspect(path)

        return self._quick.submit(work)

    def remove(self, model: InstalledModel) -> Future[None]:
        """Delete a model from the disk. Fails with LibraryError."""

        def work() -> None:
            from app.models import file_operations

            file_operations.remove(model)
            self._downloads().forget(model.path)

        return self._jobs.submit(work)

    def move(self, model: InstalledModel, folder: Path, stop: threading.Event) -> Future[Path]:
        """Move a model to another folder, and add that to the folders to search.

        Publishes MoveProgress. Fails with LibraryError, or with Cancelled once ``stop`` is set.
        """
        self._add_folder(folder)

        def work() -> Path:
            from app.models import file_operations

            path = file_operations.move(
                model, folder, stop, lambda *now: self._publish(MoveProgress(model, *now))
            )
            self._downloads().moved(model.path, path)
            self._uses.rename_model(str(model.path), str(path))
            return path

        return self._jobs.submit_until(stop, work)

    def mount_of(self, folder: Path) -> Future[str]:
        """Return where the drive of a folder is mounted; a busy disk may take a while to answer."""

        def work() -> str:
            from app.models import mount_point

            return mount_point.mount_of(folder)

        return self._quick.submit(work)
