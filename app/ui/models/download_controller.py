"""Controller of downloads, which keeps their rows up to date."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.models.catalog import HubModel
from app.models.download_events import (
    Downloaded,
    DownloadEnded,
    DownloadEvent,
    DownloadHeld,
    Downloading,
)
from app.models.downloads import Downloads
from app.ui.models.download_row import DownloadRow
from app.ui.state.installed_list import InstalledList
from app.ui.theme import Theme
from app.wording.errors import explain


class DownloadController(QObject):
    """A controller that shows each download in all its rows, as long as the window lives."""

    arrived = Signal(Path)
    """A model has been downloaded and verified."""
    wanted = Signal(Path)
    """A model that was already on this disk is to be used."""

    def __init__(self, downloads: Downloads, installed: InstalledList, parent: QObject) -> None:
        super().__init__(parent)
        self._downloads, self._installed = downloads, installed
        self._rows: dict[HubModel, list[DownloadRow]] = {}
        self._last_events: dict[HubModel, DownloadEvent] = {}
        self._shares: dict[HubModel, float] = {
            left.model: min(1.0, left.have / max(1, left.model.size))
            for left in downloads.unfinished()
        }
        self._notes = {left.model: left.notes for left in downloads.unfinished()}
        self._offline = False
        installed.changed.connect(self._show_installed)

    @property
    def unfinished(self) -> tuple[HubModel, ...]:
        """The models whose download has begun but is not complete."""
        return tuple(self._shares)

    def row(self, theme: Theme, model: HubModel, name: str, title: str = "") -> DownloadRow:
        """Return a row that shows a model until it is destroyed."""
        row = DownloadRow(theme, model, name, title)
        rows = self._rows.setdefault(model, [])
        rows.append(row)
        row.destroyed.connect(lambda: rows.remove(row))
        row.started.connect(lambda: self._start(model))
        row.paused.connect(lambda: self._downloads.pause(model))
        row.cancelled.connect(lambda keep: self._cancel(model, keep))
        row.used.connect(lambda: self._use_installed(model))
        row.set_offline(self._offline)
        row.set_notes(self._notes.get(model, ()))
        if event := self._last_events.get(model):
            self._show_event(row, event)
        elif model in self._shares:
            row.set_ended(share=self._shares[model])
        self._show_if_installed(row)
        return row

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline = offline
        for row in self._all():
            row.set_offline(offline)

    def receive(self, event: DownloadEvent) -> None:
        """Show the progress of a download."""
        model = event.model
        self._last_events[model] = event
        match event:
            case Downloading(_, progress, notes):
                self._notes[model] = notes
                if progress.size:
                    self._shares[model] = progress.done / progress.size
            case Downloaded(_, _, notes):
                self._notes[model] = notes
                self._shares.pop(model, None)
        for row in self._rows.get(model, ()):
            self._show_event(row, event)
        if isinstance(event, Downloaded):
            self._installed.look()
            self.arrived.emit(event.path)

    def _start(self, model: HubModel) -> None:
        self._shares.setdefault(model, 0.0)
        self._downloads.start(model)

    def _cancel(self, model: HubModel, keep: bool) -> None:
        if keep:
            self._downloads.pause(model)
            return
        self._downloads.cancel(model)
        self._shares.pop(model, None)
        self._last_events.pop(model, None)
        self._notes.pop(model, None)
        for row in self._rows.get(model, ()):
            row.set_ended()
            row.set_notes(())

    def _use_installed(self, model: HubModel) -> None:
        if here := self._installed.has(model):
            self.wanted.emit(here.path)

    def _show_event(self, row: DownloadRow, event: DownloadEvent) -> None:
        match event:
            case Downloading(_, progress, notes):
                row.set_progress(progress)
                row.set_notes(notes)
            case DownloadHeld(_, error):
                row.set_held(explain(error).sentence)
            case DownloadEnded(model, error):
                sentence = explain(error).sentence if error else ""
                row.set_ended(sentence, share=self._shares.get(model))
            case Downloaded(_, _, notes):
                row.set_ended()
                row.set_notes(notes)

    def _show_installed(self) -> None:
        for row in self._all():
            self._show_if_installed(row)

    def _show_if_installed(self, row: DownloadRow) -> None:
        here = self._installed.has(row.model)
        if here:
            row.set_here(str(here.place.kind))
        else:
            row.set_missing()

    def _all(self) -> list[DownloadRow]:
        return [row for rows in self._rows.values() for row in rows]
