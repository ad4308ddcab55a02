"""What the window does about the network: the models page's switches, downloads and their rows."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import constants
from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.models.downloads import DownloadEvent
from app.ui.bridge import Bridge
from app.ui.errors import explain
from app.ui.fetcher import Fetcher
from app.ui.get_pane import GetPane
from app.ui.here_pane import HerePane
from app.ui.models_page import ModelsPage
from app.ui.network_pane import NetworkPane
from app.ui.shelf import Shelf
from app.ui.theme import Look


class HubDesk(QObject):
    """Makes the models page, and does what is wished on it of the host."""

    wanted = Signal(Path)
    """A model that is here is to be asked."""
    arrived = Signal(Path)
    """A model has been downloaded."""

    def __init__(
        self, look: Look, host: Host, bridge: Bridge, shelf: Shelf, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._host, self._bridge, self._shelf = host, bridge, shelf
        self._fetcher = Fetcher(host.downloads, shelf, self)
        self._get = GetPane(look, host, bridge, self._fetcher)
        self._here = HerePane(look, shelf)
        self._network = NetworkPane(look, host.settings, Path(constants.HF_HUB_CACHE))
        self.page = ModelsPage(look, self._get, self._here, self._network)
        self._here.set_folders(host.settings.folders)
        self._set_offline(host.settings.offline)
        self._connect()

    def _connect(self) -> None:
        self._fetcher.arrived.connect(self.arrived)
        self._fetcher.wanted.connect(self.wanted)
        self._get.online.connect(lambda: self._network.offline.choose("off"))
        self._here.folders_changed.connect(self._change_folders)
        self._network.offline_chosen.connect(self._choose_offline)
        self._network.limit_chosen.connect(lambda most: self._host.change(download_limit=most))
        self._network.folder_chosen.connect(self._change_folder)
        self._network.shown.connect(self._read_connections)
        self._shelf.changed.connect(self._found)

    def resume(self) -> None:
        """Goes on with the downloads that were on their way when Fireside ended."""
        if not self._host.settings.offline:
            self._host.downloads.resume()

    def receive(self, event: DownloadEvent) -> None:
        """Takes in how a download goes."""
        self._fetcher.receive(event)

    def _found(self) -> None:
        self._here.set_uses(self._shelf.found.uses)
        self._here.set_folders(self._host.settings.folders)

    def _choose_offline(self, offline: bool) -> None:
        self._host.change(offline=offline)
        self._set_offline(offline)

    def _set_offline(self, offline: bool) -> None:
        self._get.set_offline(offline)
        self._fetcher.set_offline(offline)

    def _change_folders(self, folders: tuple[str, ...]) -> None:
        self._host.change(folders=folders)
        self._here.set_folders(folders)
        self._shelf.look()

    def _change_folder(self, folder: str) -> None:
        self._host.change(download_folder=folder)
        self._network.set_folder(folder)
        self._shelf.look()

    def _read_connections(self) -> None:
        self._bridge.when_done(
            self._host.connections(),
            self._network.set_connections,
            lambda error: self.page.set_error(explain(error).sentence),
        )
