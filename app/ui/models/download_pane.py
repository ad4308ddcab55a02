"""The question which model to use: the recommended one, and the other ways to get one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.engine.probe import Examined, Machine
from app.models import catalog
from app.models.catalog import HubModel, Offer
from app.models.disk_scan import InstalledModel
from app.ui.controls import Button, column
from app.ui.form_fields import heading
from app.ui.models.card import HeroCard, OptionList, OptionRow
from app.ui.models.details import Details, details_of, licence_of
from app.ui.models.download_controller import DownloadController, name_of
from app.ui.models.download_row import DownloadRow
from app.ui.models.hub_search_pane import HubSearchPane
from app.ui.notice import Notice
from app.ui.state.installed_list import InstalledList, place_name
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.policy_words import set_by_organization
from app.wording.quantities import gigabytes
from app.wording.recommendation import plan_of, recommended, verdict

_MOST_FOUND = 3  # models of other programs that are listed; the others are one tab away


class DownloadPane(QWidget):
    """The pane that a new user sees first.

    At the first start it asks for nothing but a model; later it also searches Hugging Face.
    """

    demo = Signal()
    used = Signal(Path)
    """A model on this disk is to be used."""
    open_file = Signal()
    online = Signal()
    """The user wants to go online again."""
    search_wanted = Signal()
    """The user wants to search, which the first page does not offer."""
    elsewhere_wanted = Signal()
    """The user wants a model that runs on another computer."""

    def __init__(
        self,
        theme: Theme,
        downloads: DownloadController,
        installed: InstalledList,
        demo_size: int,
    ) -> None:
        """Create the pane; ``demo_size`` is that of the built-in model, in bytes."""
        super().__init__()
        self.setObjectName("getPane")
        self._theme, self._downloads, self._installed = theme, downloads, installed
        self._demo_size = demo_size
        self._machine: Machine | None = None
        self._first = self._unanswered = False
        self._advice: Offer | InstalledModel | None = None
        self._listed: tuple[object, ...] = ()
        self._meanwhile: Button | None = None
        self._hero: HeroCard | None = None
        self._rows: list[tuple[Offer, DownloadRow]] = []
        layout = column(self, gap=14)
        self._offline = Notice(theme, "offlineNotice", "alert", "muted")
        self._offline.set_text(tr("Fireside is offline. Go online to download a model."))
        self._go_online = Button(
            theme, "goOnline", tr("Go online"), text=tr("Go online"), clicked=self.online.emit
        )
        self._offline.add_button(self._go_online)
        self.search = HubSearchPane(theme, downloads)
        self.search.shown.connect(self._show_search)
        self._choices = QWidget()
        place = QWidget()  # made before the others, so that Tab reaches the recommended one first
        self._hero_place = column(place)
        choices = column(self._choices, gap=14)
        choices.addWidget(place)
        self._others_title = heading(tr("Other options"), 13, 600)
        self._others_title.setProperty("tone", "muted")
        self._others = OptionList("otherChoices")
        choices.addWidget(self._others_title)
        choices.addWidget(self._others)
        for widget in (self._offline, self.search, self._choices):
            layout.addWidget(widget)
        self._arrange()
        installed.changed.connect(self._arrange)
        downloads.changed.connect(self._arrange)

    def set_first(self, first: bool, *, unanswered: bool) -> None:
        """Set whether this is the page of the first start.

        ``unanswered``: no model is in use yet, so that nothing can be asked.
        """
        self._first, self._unanswered = first, unanswered
        self.search.setHidden(first)
        if first:
            self.search.clear()
        self._arrange()

    def focus_first(self) -> None:
        """Give the keyboard focus to the button of the recommended model."""
        if self._hero and (button := self._hero.findChild(Button)):
            button.setFocus()

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline.setVisible(offline)
        self.search.set_offline(offline)

    def lock_offline(self) -> None:
        """Say that an administrator keeps Fireside offline."""
        self._offline.set_text(" ".join((tr("Fireside is offline."), set_by_organization())))
        self._go_online.hide()

    def examined(self, examined: Examined) -> None:
        """Show which models fit this computer."""
        self._machine = examined.machine
        self.search.set_machine(self._machine)
        self._arrange()

    def _show_search(self, shown: bool) -> None:
        self._choices.setHidden(shown)

    # --- What is recommended ------------------------------------------------------------------

    def _arrange(self) -> None:
        """Show the recommended model and the others, anew only where they have changed."""
        offers = catalog.offers()
        found = self._found() if self._first else ()
        advice = recommended(offers, found, self._machine)
        if advice != self._advice:
            self._advice = advice
            self._set_hero(advice)
        others = [offer for offer in offers if offer != advice]
        models = {offer.model for offer in offers}
        unfinished = [model for model in self._downloads.unfinished if model not in models]
        here = [model for model in found if model != advice][:_MOST_FOUND]
        listed = (self._first, *others, *here, *unfinished)
        if listed != self._listed:
            self._listed = listed
            self._rows = [each for each in self._rows if each[0] == advice]
            self._others.empty()
            self._list(others, here, unfinished)
        self._show_fit()
        self._offer_demo()

    def _offer_demo(self) -> None:
        """Offer the demo model while the first model is being downloaded."""
        if button := self._meanwhile:
            offered = self._unanswered and self._downloads.running
            if offered and button.isHidden() and self._hero_has_focus():
                button.show()
                button.setFocus()  # a second Enter must not pause what the first has begun
            button.setVisible(offered)

    def _hero_has_focus(self) -> bool:
        focused = self.window().focusWidget()  # also while another program's window is active
        return self._hero is not None and focused is not None and self._hero.isAncestorOf(focused)

    def _found(self) -> tuple[InstalledModel, ...]:
        """Return the models on this disk, without those that an offer's own row shows."""
        offers = [self._installed.has(offer.model) for offer in catalog.offers()]
        return tuple(model for model in self._installed.usable if model not in offers)

    def _set_hero(self, advice: Offer | InstalledModel) -> None:
        focused = self._hero_has_focus()
        if self._hero:
            self._hero.setParent(None)
            self._hero.deleteLater()
        self._meanwhile, self._rows = None, []
        if isinstance(advice, Offer):
            self._hero = self._offer_hero(advice)
        else:
            self._hero = self._installed_hero(advice)
        self._hero_place.addWidget(self._hero)
        if focused:
            self.focus_first()

    def _offer_hero(self, offer: Offer) -> HeroCard:
        hero = HeroCard(
            self._theme, tr("Recommended for this computer"), offer.name, _description(offer)
        )
        row = self._downloads.row(self._theme, offer.model, offer.name, main=True)
        details = details_of(self._theme, offer.model, offer.name, offer.licence)
        self._meanwhile = Button(
            self._theme, "demoMeanwhile", tr("Try the interface with the demo model"),
            text=tr("Try the interface while you wait"), kind="primary", clicked=self.demo.emit,
        )  # fmt: skip
        self._meanwhile.hide()
        row.buttons.insertWidget(0, self._meanwhile)
        row.buttons.insertWidget(row.buttons.count() - 1, details.button)
        hero.below.addWidget(row)
        hero.below.addWidget(details)
        self._rows.append((offer, row))
        return hero

    def _installed_hero(self, model: InstalledModel) -> HeroCard:
        name = model.title
        hero = HeroCard(self._theme, tr("Already on this computer"), name, _whereabouts(model))
        details = Details(self._theme, name, [str(model.path)])
        use = self._use_button(model, "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(use)
        buttons.addWidget(details.button)
        buttons.addStretch(1)
        hero.below.addLayout(buttons)
        hero.below.addWidget(details)
        return hero

    def _use_button(self, model: InstalledModel, kind: str) -> Button:
        return Button(
            self._theme, "useFound", tr("Use {called}").format(called=model.title),
            text=tr("Use"), kind=kind, clicked=lambda: self.used.emit(model.path),
        )  # fmt: skip

    # --- The other ways -----------------------------------------------------------------------

    def _list(
        self, offers: list[Offer], found: list[InstalledModel], unfinished: list[HubModel]
    ) -> None:
        for model in found:
            button = self._use_button(model, "outlined")
            text = _whereabouts(model)
            self._others.add(OptionRow(self._theme, "check", model.title, text, button=button))
        for offer in offers:
            row = self._download_option(offer.model, offer.name)
            self._rows.append((offer, row))
        for left in unfinished:
            self._download_option(left, name_of(left))
        self._others.add(self._file_option())
        if self._first:
            self._others.add(self._elsewhere_option())
        self._others.add(self._demo_option())
        if self._first:
            self._others.add(self._search_option())

    def _download_option(self, model: HubModel, name: str) -> DownloadRow:
        option = OptionRow(self._theme, "download")
        row = self._downloads.row(self._theme, model, name, f"{name} · {gigabytes(model.size)}")
        details = details_of(self._theme, model, name, licence_of(model))
        row.buttons.insertWidget(0, details.button)
        QWidget.setTabOrder(details.button, row.button)
        option.below.addWidget(row)
        option.below.addWidget(details)
        self._others.add(option)
        return row

    def _file_option(self) -> OptionRow:
        button = Button(
            self._theme, "openFile", tr("Open model file"), text=tr("Open…"), shortcut="Ctrl+O",
            clicked=self.open_file.emit,
        )  # fmt: skip
        text = tr("Already have a gpt-oss GGUF file? Open it, or drop it onto this window.")
        return OptionRow(self._theme, "file", tr("Use a model file"), text, button=button)

    def _demo_option(self) -> OptionRow:
        button = Button(
            self._theme, "tryDemo", tr("Try the demo model"), text=tr("Try"),
            clicked=self.demo.emit,
        )  # fmt: skip
        size = gigabytes(self._demo_size)
        name = tr("Try the interface first") if self._first else tr("Demo model")
        text = tr("A tiny built-in model for trying out the app. It can’t answer real questions.")
        return OptionRow(self._theme, "spark", f"{name} · {size}", text, button=button)

    def _elsewhere_option(self) -> OptionRow:
        button = Button(
            self._theme, "useElsewhere", tr("Use a model on another computer"), text=tr("Connect…"),
            clicked=self.elsewhere_wanted.emit,
        )  # fmt: skip
        text = tr("A server with vLLM, Ollama, LM Studio or llama.cpp. Chats are sent to it.")
        title = tr("Use a model on another computer")
        return OptionRow(self._theme, "server", title, text, button=button)

    def _search_option(self) -> OptionRow:
        button = Button(
            self._theme, "moreModels", tr("Search Hugging Face"), text=tr("Search…"),
            clicked=self.search_wanted.emit,
        )  # fmt: skip
        text = tr("Community versions of gpt-oss. Your search is sent to Hugging Face.")
        return OptionRow(self._theme, "search", tr("More models"), text, button=button)

    def _show_fit(self) -> None:
        for offer, row in self._rows:
            if self._machine is None:  # lines of the same height, so that no button moves later
                row.set_fit(tr("Checking your computer…"), " " if offer == self._advice else "")
                continue
            fits, slow, runs = verdict(plan_of(offer, self._machine), self._machine)
            row.set_fit(fits, slow, fits=runs)
            if offer == self._advice and self._hero and not runs:
                self._hero.set_caption(tr("Too large for this computer"))


def _description(offer: Offer) -> str:
    """Return what a user should know about a model before downloading it."""
    match offer.name:
        case "gpt-oss-20b":
            return tr("OpenAI’s open model for everyday questions, writing and code.")
        case "gpt-oss-120b":
            return tr("OpenAI’s largest open model, for the hardest questions.")
    return ""


def _whereabouts(model: InstalledModel) -> str:
    """Return the size of a model on this disk, and whose folder it is in."""
    return f"{gigabytes(model.size)} · {place_name(model)}"
