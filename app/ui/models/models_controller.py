"""Controller of the models page, which forwards its actions to the host."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host, demo_model
from app.ui.bridge import Bridge, Newest
from app.ui.models.download_bar import DownloadBar
from app.ui.state.installed_list import InstalledList
from app.ui.theme import Theme
from app.wording.errors import explain

if TYPE_CHECKING:
    from app.engine.probe import Examined
    from app.models.catalog import Variant
    from app.models.download_events import DownloadEvent
    from app.ui.models.download_controller import DownloadController
    from app.ui.models.endpoint_controller import EndpointController
    from app.ui.models.hub_search_pane import RepositoryRow
    from app.ui.models.models_page import ModelsPage


class ModelsController(QObject):
    """A controller that creates the models page on demand and connects its panes with the host."""

    built = Signal(object)
    """The ModelsPage, once it has been created."""
    wanted = Signal(Path)
    """A model on this disk that is to be used."""
    arrived = Signal(Path)
    """A model that has been downloaded."""
    offline_changed = Signal()
    """The network was blocked, or is not blocked any more."""
    endpoint_wanted = Signal(object)
    """The ModelRef of a model on another computer that is to be used."""
    endpoints_changed = Signal()
    """The list of models on other computers has changed."""

    def __init__(
        self, theme: Theme, host: Host, bridge: Bridge, installed: InstalledList, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._theme, self._host, self._bridge, self._installed = theme, host, bridge, installed
        self._searches, self._readings = Newest(bridge), Newest(bridge)
        self.bar = DownloadBar(theme)
        """The downloads, for the sidebar."""
        self._examined: Examined | None = None
        self._page: ModelsPage | None = None
        self.endpoints: EndpointController | None = None
        """The controller of models on other computers, once the page has been created."""
        self._download_controller: DownloadController | None = None
        installed.changed.connect(self._show_folders)

    @property
    def has_page(self) -> bool:
        """Whether the page has been created."""
        return self._page is not None

    @property
    def page(self) -> ModelsPage:
        """The models page, created on demand: most runs never show it."""
        if self._page is None:
            self._page = self._build()
            self._show_folders()
            self._set_offline(self._host.settings.offline)
            if self._host.policy.offline:
                self._page.download_pane.lock_offline()
                self._page.remote_pane.lock_offline()
            if self._examined:
                self._page.download_pane.examined(self._examined)
            self.built.emit(self._page)
        return self._page

    @property
    def _downloads(self) -> DownloadController:
        if self._download_controller is None:
            from app.ui.models.download_controller import DownloadController

            self._download_controller = downloads = DownloadController(
                self._host.downloads, self._installed, self.bar, self
            )
            downloads.set_offline(self._host.settings.offline)
            downloads.arrived.connect(self.arrived)
            downloads.wanted.connect(self.wanted)
        return self._download_controller

    def _build(self) -> ModelsPage:
        from app.models import disk_scan
        from app.ui.models.download_pane import DownloadPane
        from app.ui.models.endpoint_controller import EndpointController
        from app.ui.models.installed_pane import InstalledPane
        from app.ui.models.models_page import ModelsPage
        from app.ui.models.network_pane import NetworkPane
        from app.ui.models.remote_pane import RemotePane

        host = self._host
        download = DownloadPane(self._theme, self._downloads, self._installed, _demo_size())
        installed = InstalledPane(self._theme, self._installed, host.policy.model_folders)
        network = NetworkPane(
            self._theme, host.settings, disk_scan.hub_cache(), locked=host.policy.offline
        )
        remote = RemotePane(self._theme)
        remote.online.connect(lambda: network.offline.turn(False))
        self.endpoints = EndpointController(remote, self._theme, host, self._bridge)
        self.endpoints.used.connect(self.endpoint_wanted)
        self.endpoints.changed.connect(self.endpoints_changed)
        installed.set_folders(host.settings.folders)
        download.search.searched.connect(self._search)
        download.search.files_requested.connect(self._find_files)
        download.online.connect(lambda: network.offline.turn(False))
        installed.folders_changed.connect(self._change_folders)
        network.offline_chosen.connect(self._choose_offline)
        network.limit_chosen.connect(lambda most: host.change(download_limit=most))
        network.folder_chosen.connect(self._change_folder)
        network.shown.connect(self._read_connections)
        return ModelsPage(self._theme, download, installed, remote, network)

    def go_online(self) -> bool:
        """Go online; return whether Fireside is online then, which a policy may forbid."""
        self.page.network_pane.offline.turn(False)
        return not self._host.settings.offline

    def resume(self) -> None:
        """Continue the downloads that were running when Fireside ended, and show what is ready."""
        if self._host.downloads.ready():
            self._downloads.set_offline(self._host.settings.offline)  # creates it, which shows them
        if not self._host.settings.offline:
            self._host.downloads.resume()

    def dismiss_ready(self, path: Path) -> None:
        """Stop offering a downloaded model, since it is used."""
        if path in self._host.downloads.ready():
            self._downloads.dismiss(path)

    def receive(self, event: DownloadEvent) -> None:
        """Forward the progress of a download."""
        self._downloads.receive(event)

    def examined(self, examined: Examined) -> None:
        """Show which models fit this computer."""
        self._examined = examined
        if self._page:
            self._page.download_pane.examined(examined)

    def _show_folders(self) -> None:
        if self._page:
            self._page.installed_pane.set_folders(self._host.settings.folders)

    def _search(self, text: str) -> None:
        pane = self.page.download_pane.search
        self._searches.when_done(
            self._host.hub.search(text),
            lambda found: pane.show_results(text, found),
            lambda error: pane.show_error(text, error),
        )

    def _find_files(self, row: RepositoryRow) -> None:
        pane = self.page.download_pane.search

        def found(variants: tuple[Variant, ...]) -> None:
            if pane.shows(row):
                row.set_variants(variants)

        def failed(error: BaseException) -> None:
            if pane.shows(row):
                row.set_failed(explain(error).sentence)

        self._bridge.when_done(self._host.hub.variants(row.repository.name), found, failed)

    def _choose_offline(self, offline: bool) -> None:
        self._set_offline(self._host.change(offline=offline).offline)
        self.offline_changed.emit()

    def _set_offline(self, offline: bool) -> None:
        self.page.download_pane.set_offline(offline)
        self.page.remote_pane.set_offline(offline)
        self._downloads.set_offline(offline)

    def _change_folders(self, folders: tuple[str, ...]) -> None:
        self._host.change(folders=folders)
        self.page.installed_pane.set_folders(folders)
        self._installed.look()

    def _change_folder(self, folder: str) -> None:
        self._host.change(download_folder=folder, download_mount="")
        if folder:
            self._bridge.when_done(
                self._host.library.mount_of(Path(folder)),
                partial(self._mounted, folder),
                self._installed.failed.emit,
            )
        self.page.network_pane.set_folder(folder)
        self._installed.look()

    def _mounted(self, folder: str, mount: str) -> None:
        """Note where the drive of a folder is mounted, unless another was chosen meanwhile."""
        if folder == self._host.settings.download_folder:
            self._host.change(download_mount=mount)

    def _read_connections(self) -> None:
        self._readings.when_done(
            self._host.network.connections(),
            self.page.network_pane.set_connections,
            lambda error: self.page.set_error(explain(error).sentence),
        )


def _demo_size() -> int:
    return Path(demo_model().place).stat().st_size
