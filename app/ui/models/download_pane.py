"""Ways to get a model: the demo, a file, the offers, and a search."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.engine.plan import propose
from app.engine.probe import Examined
from app.models import catalog
from app.models.catalog import HubModel, Offer
from app.ui.controls import Button, Notice, column, muted
from app.ui.models.card import Card
from app.ui.models.download_controller import DownloadController
from app.ui.models.download_row import DownloadRow
from app.ui.models.hub_search_pane import HubSearchPane
from app.ui.theme import Theme
from app.wording.diagnosis import fit
from app.wording.language import tr
from app.wording.quantities import gigabytes

_HUB = "https://huggingface.co/"


class DownloadPane(QWidget):
    """The pane that a new user sees first."""

    demo = Signal()
    open_file = Signal()
    online = Signal()
    """The user wants to go online again."""

    def __init__(self, theme: Theme, downloads: DownloadController) -> None:
        super().__init__()
        self.setObjectName("getPane")
        self._theme, self._downloads = theme, downloads
        self._offers: list[tuple[Offer, DownloadRow]] = []
        layout = column(self, gap=14)
        self._offline = Notice(theme, "offlineNotice", "alert", "muted")
        self._offline.set_text(tr("Fireside is offline, as you chose. It opens no connection."))
        self._offline.add_button(
            Button(
                theme, "goOnline", tr("Let Fireside use the network"), text=tr("Go online"),
                clicked=self.online.emit,
            )
        )  # fmt: skip
        layout.addWidget(self._offline)
        layout.addWidget(self._demo())
        layout.addWidget(self._file())
        offered = catalog.offers()
        for offer in offered:
            layout.addWidget(self._offer(offer))
        offered_models = {offer.model for offer in offered}
        for model in downloads.unfinished:
            if model not in offered_models:
                layout.addWidget(self._unfinished(model))
        self.search = HubSearchPane(theme, downloads)
        card = Card(
            theme,
            "search",
            tr("More on Hugging Face"),
            tr(
                "Other people’s versions of gpt-oss, larger or smaller. Your words go to "
                "Hugging Face when you press Enter."
            ),
        )
        card.below.addSpacing(4)
        card.below.addWidget(self.search)
        layout.addWidget(card)

    def focus_demo(self) -> None:
        """Give the keyboard focus to the demo model's button."""
        self._try_demo.setFocus()

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline.setVisible(offline)
        self.search.set_offline(offline)

    def examined(self, examined: Examined) -> None:
        """Show which models fit this computer."""
        machine = examined.machine
        for offer, row in self._offers:
            plan = propose(catalog.header(offer), machine)
            row.set_fit(fit(plan, machine), plan.fits)
        self.search.set_machine(machine)

    def _demo(self) -> Card:
        self._try_demo = Button(
            self._theme,
            "tryDemo",
            tr("Try the demo model now"),
            text=tr("Try it now"),
            kind="primary",
            clicked=self.demo.emit,
        )
        return Card(
            self._theme,
            "spark",
            tr("The demo model"),
            tr(
                "A tiny gpt-oss that comes with Fireside. It knows capitals, times tables, "
                "short stories and a little Python: enough to look around."
            ),
            button=self._try_demo,
        )

    def _file(self) -> Card:
        button = Button(
            self._theme,
            "openFile",
            tr("Open model file"),
            text=tr("Open a file…"),
            shortcut="Ctrl+O",
            clicked=self.open_file.emit,
        )
        return Card(
            self._theme,
            "file",
            tr("A file of yours"),
            tr(
                "A gpt-oss model in GGUF that is already on this computer. It stays where "
                "it is; you can also drop it on this window."
            ),
            button=button,
        )

    def _offer(self, offer: Offer) -> Card:
        model = offer.model
        card = Card(self._theme, "download", offer.name, _description(offer))
        about = muted(
            tr(
                "{size}, {licence}, from {repository} on Hugging Face. Nothing is sent there but "
                "the request for the file."
            ).format(
                size=gigabytes(model.size),
                licence=offer.licence,
                repository=model.repository,
            ),
            pixels=13,
        )
        about.setWordWrap(True)
        row = self._downloads.row(self._theme, model, offer.name)
        page = _HUB + model.repository
        hub = Button(
            self._theme,
            "openHub",
            tr("Open {page} in the browser").format(page=page),
            text=tr("Show in browser"),
            clicked=lambda: QDesktopServices.openUrl(QUrl(page)),
        )
        row.buttons.insertWidget(row.buttons.count() - 1, hub)
        card.below.addWidget(about)
        card.below.addWidget(row)
        self._offers.append((offer, row))
        return card

    def _unfinished(self, model: HubModel) -> Card:
        """Return a card for a download of an earlier run."""
        name = model.title
        card = Card(
            self._theme,
            "download",
            name,
            tr("{size}, from {repository}.").format(
                size=gigabytes(model.size), repository=model.repository
            ),
        )
        card.below.addWidget(self._downloads.row(self._theme, model, name))
        return card


def _description(offer: Offer) -> str:
    """Return what a user should know about a model before downloading it."""
    match offer.name:
        case "gpt-oss-20b":
            return tr(
                "OpenAI’s open model, for real questions. It needs a computer with 16 GB of memory."
            )
        case "gpt-oss-120b":
            return tr("The large one, for a computer with 64 GB of memory and a graphics card.")
    return ""
