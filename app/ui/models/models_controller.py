"""What the window does about the network: the models page's switches, downloads and their rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.models.installed_list import InstalledList
from app.ui.theme import Theme
from app.ui.window_layout import WindowLayout
from app.wording.errors import explain

if TYPE_CHECKING:
    from app.engine.probe import Examined
    from app.models.download_events import DownloadEvent
    from app.ui.models.download_controller import DownloadController
    from app.ui.models.models_page import ModelsPage


class ModelsController(QObject):
    """Makes the models page, when it is first wanted, and does what is wished on it of the host."""

    built = Signal(object)
    """A ModelsPage: there was none before."""
    wanted = Signal(Path)
    """A model that is here is to be asked."""
    arrived = Signal(Path)
    """A model has been downloaded."""

    def __init__(
        self, frame: WindowLayout, theme: Theme, host: Host, bridge: Bridge, shelf: InstalledList
    ) -> None:
        super().__init__(frame)
        self._theme, self._host, self._bridge, self._shelf = theme, host, bridge, shelf
        self._examined: Examined | None = None
        self._page: ModelsPage | None = None
        self._known: DownloadController | None = None
        shelf.changed.connect(self._found)

    @property
    def has_page(self) -> bool:
        """Whether it has been made."""
        return self._page is not None

    @property
    def page(self) -> ModelsPage:
        """The models page. Most starts of Fireside never see it, and need not wait for it."""
        if self._page is None:
            self._page = self._build()
            self._found()
            self._set_offline(self._host.settings.offline)
            if self._examined:
                self._page.get.examined(self._examined)
            self.built.emit(self._page)
        return self._page

    @property
    def _fetcher(self) -> DownloadController:
        if self._known is None:
            from app.ui.models.download_controller import DownloadController

            self._known = fetcher = DownloadController(self._host.downloads, self._shelf, self)
            fetcher.set_offline(self._host.settings.offline)
            fetcher.arrived.connect(self.arrived)
            fetcher.wanted.connect(self.wanted)
        return self._known

    def _build(self) -> ModelsPage:
        from app.models import library
        from app.ui.models.download_pane import DownloadPane
        from app.ui.models.installed_pane import InstalledPane
        from app.ui.models.models_page import ModelsPage
        from app.ui.models.network_pane import NetworkPane

        host = self._host
        get = DownloadPane(self._theme, host, self._bridge, self._fetcher)
        here = InstalledPane(self._theme, self._shelf)
        network = NetworkPane(self._theme, host.settings, library.hub_cache())
        here.set_folders(host.settings.folders)
        get.online.connect(lambda: network.offline.choose("off"))
        here.folders_changed.connect(self._change_folders)
        network.offline_chosen.connect(self._choose_offline)
        network.limit_chosen.connect(lambda most: host.change(download_limit=most))
        network.folder_chosen.connect(self._change_folder)
        network.shown.connect(self._read_connections)
        return ModelsPage(self._theme, get, here, network)

    def resume(self) -> None:
        """Goes on with the downloads that were on their way when Fireside ended."""
        if not self._host.settings.offline:
            self._host.downloads.resume()

    def receive(self, event: DownloadEvent) -> None:
        """Takes in how a download goes."""
        self._fetcher.receive(event)

    def examined(self, examined: Examined) -> None:
        """This computer is known: tells what fits."""
        self._examined = examined
        if self._page:
            self._page.get.examined(examined)

    def _found(self) -> None:
        if self._page:
            self._page.here.set_folders(self._host.settings.folders)

    def _choose_offline(self, offline: bool) -> None:
        self._host.change(offline=offline)
        self._set_offline(offline)

    def _set_offline(self, offline: bool) -> None:
        self.page.get.set_offline(offline)
        self._fetcher.set_offline(offline)

    def _change_folders(self, folders: tuple[str, ...]) -> None:
        self._host.change(folders=folders)
        self.page.here.set_folders(folders)
        self._shelf.look()

    def _change_folder(self, folder: str) -> None:
        self._host.change(download_folder=folder, download_mount="")
        if folder:
            self._bridge.when_done(
                self._host.library.mount_of(Path(folder)),
                lambda mount: self._host.change(download_mount=mount),
                self._shelf.failed.emit,
            )
        self.page.network.set_folder(folder)
        self._shelf.look()

    def _read_connections(self) -> None:
        self._bridge.when_done(
            self._host.network.connections(),
            self.page.network.set_connections,
            lambda error: self.page.set_error(explain(error).sentence),
        )
