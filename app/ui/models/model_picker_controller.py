"""Controller of the choice of a model: the models page, the menu, and messages."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.base.types import FileLocation, ModelRef
from app.ui.banner import Banner
from app.ui.controls import elided, keyed, plain, plain_tip
from app.ui.dialogs import ask_file
from app.ui.models.models_controller import ModelsController
from app.ui.pages import Pages
from app.ui.state.installed_list import InstalledList, place_name
from app.ui.state.live_answer import loading_sentence
from app.ui.state.model_choice import ModelChoice
from app.wording.answered_by import leaving_sentence, place_on_network, served_name
from app.wording.demo_words import model_name
from app.wording.errors import explain
from app.wording.language import tr

if TYPE_CHECKING:
    from app.models.disk_scan import InstalledModel
    from app.ui.models.models_page import ModelsPage

_WIDEST = 320  # pixels of a name that a server has given


class ModelPickerController(QObject):
    """A controller that connects the choice of a model with the models page and the menu."""

    turned = Signal()
    """The models page was shown or closed."""

    def __init__(
        self,
        window: QWidget,
        pages: Pages,
        banner: Banner,
        models: ModelChoice,
        models_controller: ModelsController,
        installed: InstalledList,
    ) -> None:
        super().__init__(window)
        self._window, self._pages, self._banner = window, pages, banner
        self._models, self._models_controller, self._installed = (
            models,
            models_controller,
            installed,
        )
        self._loading = ""  # the sentence for loading progress
        models_controller.built.connect(self._connect_page)
        models_controller.wanted.connect(self.use)
        models_controller.arrived.connect(self._arrived)
        models_controller.endpoint_wanted.connect(self.use_model)
        models_controller.endpoints_changed.connect(models.endpoints_changed)
        models.changed.connect(self._changed)
        models.progressed.connect(self._progressed)
        models.ready.connect(self._ready)
        models.chosen.connect(lambda _: self._chosen())
        models.failed.connect(self._failed)
        installed.changed.connect(lambda: models.adopt(installed.usable))
        installed.moved.connect(self._moved)
        installed.failed.connect(self.tell)
        self._changed()

    @property
    def _page(self) -> ModelsPage:
        return self._models_controller.page

    def _connect_page(self, page: ModelsPage) -> None:
        self._pages.addWidget(page)
        page.download_pane.demo.connect(self._use_demo)
        page.download_pane.open_file.connect(self.open_file)
        page.download_pane.used.connect(self.use)
        page.download_pane.search_wanted.connect(self._show_search)
        page.download_pane.elsewhere_wanted.connect(self.show_elsewhere)
        page.installed_pane.used.connect(self.use)
        page.closed.connect(self._close_page)
        self._show_asked()

    @property
    def shown(self) -> bool:
        """Whether the models page is shown."""
        return self._models_controller.has_page and self._pages.currentWidget() is self._page

    def show_page(self) -> None:
        """Show the models page at the ways to get a model."""
        self._show_page(first=self._models.current is None)

    def choose_first(self) -> None:
        """Ask which model to use, as at the first start: the recommended one comes first."""
        self._show_page(first=True)

    def _show_page(self, *, first: bool) -> None:
        self._banner.hide()
        self._page.set_first(first, unanswered=self._models.current is None)
        self._show_asked()
        self._pages.setCurrentWidget(self._page)
        self._page.download_pane.focus_first()
        self.turned.emit()

    def _show_search(self) -> None:
        self._show_page(first=False)
        self._page.download_pane.search.field.setFocus()

    def open_file(self) -> None:
        """Ask for a GGUF file."""
        kinds = tr("GGUF models (*.gguf);;All files (*)")
        ask_file(self._window, "openDialog", tr("Open model file"), self.use, kinds)

    def use(self, path: Path) -> None:
        """Load a GGUF file and make it the chosen model."""
        self._banner.hide()
        self._show_error("")
        self._installed.look_at(path, lambda model: self._models.open(model.path))

    def use_model(self, model: ModelRef) -> None:
        """Make a model the chosen one, once that could be done."""
        self._banner.hide()
        self._show_error("")
        self._models.choose(model)

    def _arrived(self, path: Path) -> None:
        """Use a downloaded model if there is none yet; else the sidebar offers it."""
        if self._models.asked is None:
            self.use(path)

    def fill(self, menu: QMenu) -> None:
        """Fill the menu with the models, and with ways to get another."""
        for model in self._models.known():
            action = menu.addAction(plain(model_name(model.name)))
            action.setCheckable(True)
            action.setChecked(model == self._models.asked)
            action.setToolTip(plain_tip(model.place))
            action.triggered.connect(lambda _=False, model=model: self._models.choose(model))
        known = {model.place for model in self._models.known()}
        for found in self._models.found:
            if str(found.path) not in known:
                action = menu.addAction(plain(f"{found.title}\t{place_name(found)}"))
                action.setToolTip(plain_tip(str(found.path)))
                action.triggered.connect(lambda _=False, path=found.path: self.use(path))
        self._fill_elsewhere(menu)
        menu.addSeparator()
        unload = menu.addAction(tr("Unload model"), self._models.unload)
        unload.setObjectName("unloadModel")
        unload.setToolTip(tr("Frees the model’s memory. Your next message loads it again."))
        unload.setEnabled(self._models.can_unload())
        menu.addAction(keyed(tr("Open model file…"), "Ctrl+O"), self.open_file)
        menu.addAction(tr("Get a model…"), self.show_page)
        menu.addAction(tr("Another computer…"), self.show_elsewhere).setObjectName("useRemote")
        menu.addAction(tr("Manage models…"), self.show_here)

    def _fill_elsewhere(self, menu: QMenu) -> None:
        """Add the models of other computers, each with its host."""
        asked, models = self._models.asked, self._models.elsewhere()
        if asked and self._models.is_gone(asked):
            models.append(asked)
        if models:
            menu.addSeparator()
        for model in models:
            names = served_name(model.name), place_on_network(model.origin)
            action = menu.addAction("\t".join(elided(menu, each, _WIDEST) for each in names))
            action.setCheckable(True)
            action.setChecked(model == asked)
            action.setEnabled(not self._models.is_gone(model))
            action.setToolTip(plain_tip(leaving_sentence(model)))
            action.triggered.connect(partial(self.use_model, model))

    def show_elsewhere(self) -> None:
        """Show the models page at the models of other computers."""
        self._show_page(first=False)
        self._page.show_pane("remote")
        self._page.remote_pane.focus_first()

    def change_key(self) -> None:
        """Ask for the key of the server whose model is asked."""
        asked = self._models.asked
        self.show_elsewhere()
        if asked and (endpoints := self._models_controller.endpoints):
            endpoints.ask_key(asked)

    def go_online(self) -> bool:
        """Go online; return whether Fireside is online then, which a policy may forbid."""
        return self._models_controller.go_online()

    def show_here(self) -> None:
        """Show the models page at the installed models."""
        self._show_page(first=False)
        self._page.show_pane("here", focus=True)

    def tell(self, error: BaseException) -> None:
        """Show why something about models failed."""
        if self.shown:
            explanation = explain(error)
            self._page.set_error(explanation.sentence, explanation.detail)
        else:
            self._banner.show_error(error)

    def _moved(self, model: InstalledModel, path: Path | None) -> None:
        """Update references to a model that was moved or removed."""
        self._show_error("")
        self._models.moved(model.path, path)

    def _use_demo(self) -> None:
        self._page.set_error("")
        self._models.choose(self._models.demo)

    def _changed(self) -> None:
        self._show_asked()

    def _show_asked(self) -> None:
        if self._models_controller.has_page:
            asked = self._models.asked
            location = asked.location if asked else None
            self._page.installed_pane.set_asked(
                location.path if isinstance(location, FileLocation) else None
            )
            if endpoints := self._models_controller.endpoints:
                endpoints.set_asked(asked)
            self._page.set_progress(self._loading if self._models.loading else "")

    def _show_error(self, sentence: str) -> None:
        """Show an error on the models page, if that has been created."""
        if self._models_controller.has_page:
            self._page.set_error(sentence)

    def _progressed(self, fraction: float) -> None:
        if self._models.loading:
            self._loading = loading_sentence(self._models.loading, fraction)
            if self.shown:
                self._page.set_progress(self._loading)

    def _ready(self) -> None:
        current = self._models.current
        if current and isinstance(current.location, FileLocation):
            self._models_controller.dismiss_ready(current.location.path)
        self._tell_endpoints(current, None)

    def _chosen(self) -> None:
        """Go back to the chat, since the model can be asked that was chosen."""
        if self.shown:
            self._close_page()

    def _close_page(self) -> None:
        self._page.set_error("")
        self._pages.close_page()
        self.turned.emit()

    def _tell_endpoints(self, model: ModelRef | None, error: Exception | None) -> None:
        if model and (endpoints := self._models_controller.endpoints):
            endpoints.loaded(model, error)

    def _failed(self, error: Exception) -> None:
        self._tell_endpoints(self._models.refused, error)
        if self.shown:
            self.tell(error)
