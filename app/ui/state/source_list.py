"""The user's folders and encyclopaedias, their status, and changes to them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.base.jobs import Jobs
from app.tools.browser.faults import SourceKnown
from app.tools.browser.source_status import SourceEntry, SourceKind, SourcesChanged, SourceStatus
from app.ui.bridge import Bridge

if TYPE_CHECKING:
    from app.tools.browser.library import SourceLibrary

T = TypeVar("T")


class SourceList(QObject):
    """What there is to search on this computer. Nothing is loaded while there is nothing."""

    changed = Signal()
    """``statuses`` has changed."""
    failed = Signal(object)
    """Why something could not be added or removed."""

    def __init__(
        self,
        library: Callable[[], SourceLibrary],
        there: Callable[[], bool],
        in_order: Jobs,
        bridge: Bridge,
        parent: QObject,
    ) -> None:
        """Create it; ``there`` tells at once whether there is anything, ``library`` may wait.

        ``in_order`` has one thread, so that what was asked for last holds.
        """
        super().__init__(parent)
        self.library, self._there = library, there
        self._jobs, self._bridge = in_order, bridge
        self._watched: frozenset[str] = frozenset()
        self.statuses: tuple[SourceStatus, ...] = ()

    def refresh(self) -> None:
        """Have their status told, if there are any."""
        if self._there():
            self._do(lambda library: library.tell())

    def receive(self, event: SourcesChanged) -> None:
        """Show their status."""
        self._show(event.statuses)

    def status(self, key: str) -> SourceStatus | None:
        """Return the status of one of them, by the key of its tool."""
        return next((each for each in self.statuses if each.entry.key == key), None)

    def state(self, key: str) -> str:
        """Return that in words; empty for other tools."""
        status = self.status(key)
        if status is None:
            return ""
        from app.wording.source_words import source_state  # there is one, so it is loaded

        return source_state(status)

    def add(
        self,
        path: Path,
        done: Callable[[SourceEntry], object] = lambda _: None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Add a folder, or the file of an encyclopaedia; call ``done`` with its entry.

        One that was added before is taken as it is.
        """

        def work(library: SourceLibrary) -> SourceEntry:
            try:
                is_folder = path.is_dir()
                return library.add_folder(path) if is_folder else library.add_encyclopaedia(path)
            except SourceKnown as known:
                entries = (status.entry for status in library.statuses())
                for entry in entries:
                    if entry.name == known.name and (entry.kind is SourceKind.FOLDER) is is_folder:
                        return entry
                raise

        self._do(work, done, failed)

    def remove(self, key: str) -> None:
        """Forget one of them, with its index; its own files stay."""
        self._do(lambda library: library.remove(key))

    def pause(self, key: str, *, paused: bool) -> None:
        """Pause reading one of them, or go on."""
        self._do(lambda library: library.pause(key) if paused else library.resume(key))

    def look(self, key: str) -> None:
        """Look now for what has changed in one of them."""
        self._do(lambda library: library.look(key))

    def watch(self, keys: frozenset[str]) -> None:
        """Look for what changes in these, since the chat that is shown may search them."""
        if keys != self._watched and self._there():
            self._watched = keys
            self._do(lambda library: library.watch(keys))

    def _show(self, statuses: tuple[SourceStatus, ...]) -> None:
        if statuses != self.statuses:
            self.statuses = statuses
            self.changed.emit()

    def _do(
        self,
        work: Callable[[SourceLibrary], T],
        done: Callable[[T], object] = lambda _: None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Do what may take long on another thread."""
        future: Future[T] = self._jobs.submit(lambda: work(self.library()))
        self._bridge.when_done(future, done, failed or self.failed.emit)
