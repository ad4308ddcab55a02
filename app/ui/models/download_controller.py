"""Controller of downloads, which keeps everything that shows them up to date."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.models import catalog
from app.models.catalog import HubModel
from app.models.download_events import (
    Downloaded,
    DownloadEnded,
    DownloadEvent,
    DownloadHeld,
    Downloading,
)
from app.models.downloads import Downloads
from app.ui.models.download_bar import DownloadBar
from app.ui.models.download_row import DownloadRow
from app.ui.state.installed_list import InstalledList, place_name
from app.ui.theme import Theme
from app.wording import download_status
from app.wording.download_status import DownloadStatus, ReadyModel


class DownloadController(QObject):
    """A controller that shows each download in its rows and in the bar.

    The bar has the downloads of this run, and the finished ones that have not been used yet.
    """

    arrived = Signal(Path)
    """A model has been downloaded and verified."""
    wanted = Signal(Path)
    """A model that is on this disk is to be used."""
    changed = Signal()
    """A download has begun, paused, or is over; not its progress."""

    def __init__(
        self, downloads: Downloads, installed: InstalledList, bar: DownloadBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._downloads, self._installed, self._bar = downloads, installed, bar
        self._rows: dict[HubModel, list[DownloadRow]] = {}
        self._statuses: dict[HubModel, DownloadStatus] = {}
        self._shown: dict[HubModel, None] = {}  # those in the bar, in the order of their beginning
        self._cancelled: set[HubModel] = set()  # whose last events may still be on their way
        self._names: dict[Path, str] = {}  # of the models that have arrived in this run
        for left in downloads.unfinished():
            share = min(1.0, left.have / max(1, left.model.size))
            self._statuses[left.model] = download_status.paused(left.model, share)
        self._notes = {left.model: left.notes for left in downloads.unfinished()}
        self._told = self.unfinished, self.running
        self._offline = False
        installed.changed.connect(self._show_installed)
        bar.resumed.connect(self.start)
        bar.paused.connect(downloads.pause)
        bar.cancelled.connect(self._cancel)
        bar.used.connect(self.wanted)
        bar.dismissed.connect(self.dismiss)
        self._show_bar()

    @property
    def unfinished(self) -> tuple[HubModel, ...]:
        """The models whose download has begun but is not complete."""
        return tuple(self._statuses)

    @property
    def running(self) -> bool:
        """Whether anything is being downloaded."""
        return any(status.moving for status in self._statuses.values())

    def row(
        self, theme: Theme, model: HubModel, name: str, title: str = "", *, main: bool = False
    ) -> DownloadRow:
        """Return a row that shows a model until it is destroyed."""
        row = DownloadRow(theme, model, name, title, main=main)
        rows = self._rows.setdefault(model, [])
        rows.append(row)
        row.destroyed.connect(lambda: rows.remove(row))
        row.started.connect(lambda: self.start(model))
        row.paused.connect(lambda: self._downloads.pause(model))
        row.cancelled.connect(lambda keep: self._cancel(model, keep))
        row.used.connect(lambda: self._use_installed(model))
        row.set_offline(self._offline)
        row.set_notes(self._notes.get(model, ()))
        row.set_status(self._statuses.get(model))
        row.set_here(self._place(model))
        return row

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline = offline
        for row in self._all():
            row.set_offline(offline)

    def receive(self, event: DownloadEvent) -> None:
        """Show the progress of a download."""
        model = event.model
        if model in self._cancelled and isinstance(event, Downloading | DownloadHeld):
            return
        known = self._statuses.get(model)
        share = known.share if known else 0.0
        match event:
            case Downloading(_, _, notes):
                self._notes[model] = notes
                self._shown[model] = None
                self._statuses[model] = download_status.running(event)
            case DownloadHeld():
                self._shown[model] = None
                self._statuses[model] = download_status.held(event, share)
            case DownloadEnded(_, error):
                if known or error:  # a download that was deleted has no state any more
                    self._statuses[model] = download_status.stopped(event, share)
            case Downloaded(_, path, notes):
                self._notes[model] = notes
                self._names[path] = name_of(model)
                self._forget(model)
        self._show(model)
        if isinstance(event, Downloaded):
            self._installed.look()
            self.arrived.emit(event.path)

    def start(self, model: HubModel) -> None:
        """Begin a download, or continue it."""
        self._cancelled.discard(model)
        self._downloads.start(model)

    def dismiss(self, path: Path) -> None:
        """Stop offering a ready model, since the user has dismissed it or uses it."""
        self._downloads.seen(path)
        self._names.pop(path, None)
        self._show_bar()

    def _cancel(self, model: HubModel, keep: bool) -> None:
        self._cancelled.add(model)
        self._shown.pop(model, None)
        if keep:
            share = self._statuses[model].share if model in self._statuses else 0.0
            self._statuses[model] = download_status.paused(model, share)
            self._downloads.pause(model)
        else:
            self._downloads.cancel(model)
            self._forget(model)
            self._notes.pop(model, None)
        self._show(model)

    def _forget(self, model: HubModel) -> None:
        self._statuses.pop(model, None)
        self._shown.pop(model, None)

    def _place(self, model: HubModel) -> str:
        here = self._installed.has(model)
        return place_name(here) if here else ""

    def _use_installed(self, model: HubModel) -> None:
        if here := self._installed.has(model):
            self.wanted.emit(here.path)

    def _show(self, model: HubModel) -> None:
        for row in self._rows.get(model, ()):
            row.set_status(self._statuses.get(model))
            row.set_notes(self._notes.get(model, ()))
        self._show_bar()
        state = self.unfinished, self.running
        if state != self._told:
            self._told = state
            self.changed.emit()

    def _show_bar(self) -> None:
        shown = [self._statuses[model] for model in self._shown if model in self._statuses]
        self._bar.show_downloads([(name_of(status.model), status) for status in shown])
        found = {
            model.path: model.offer or model.title for model in self._installed.usable
        } | self._names
        ready = [ReadyModel(path, found[path]) for path in self._downloads.ready() if path in found]
        self._bar.show_ready(ready[-1] if ready else None)

    def _show_installed(self) -> None:
        for row in self._all():
            row.set_here(self._place(row.model))
        self._show_bar()

    def _all(self) -> list[DownloadRow]:
        return [row for rows in self._rows.values() for row in rows]


def name_of(model: HubModel) -> str:
    """Return a model's name as it is known to people: that of the offer, if it is one."""
    offer = catalog.offer_for(model)
    return offer.name if offer else model.title
