"""What the window does about models: the page and the menu to choose one, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.base.types import FileLocation
from app.turn import ModelPlanned
from app.ui.banner_controller import BannerController
from app.ui.controls import keyed, plain
from app.ui.dialogs import ask_file
from app.ui.models.installed_list import InstalledList, place_name, title
from app.ui.models.model_choice import ModelChoice
from app.ui.models.models_controller import ModelsController
from app.ui.window_layout import WindowLayout
from app.wording.errors import Action, explain
from app.wording.language import number, tr

if TYPE_CHECKING:
    from app.engine.plan import Plan
    from app.models.library import InstalledModel
    from app.ui.models.models_page import ModelsPage


class ModelPickerController(QObject):
    """Between the choice of a model and the parts of the window that show it."""

    turned = Signal()
    """The page with the models has come, or gone."""

    def __init__(
        self,
        frame: WindowLayout,
        banner: BannerController,
        models: ModelChoice,
        hub: ModelsController,
        shelf: InstalledList,
    ) -> None:
        super().__init__(frame)
        self._frame, self._banner = frame, banner
        self._models, self._hub, self._shelf = models, hub, shelf
        self._loading = ""  # how far a model is read, in words
        hub.built.connect(self._built)
        hub.wanted.connect(self.use)
        hub.arrived.connect(self._arrived)
        models.changed.connect(self._changed)
        models.progressed.connect(self._progressed)
        models.ready.connect(self._ready)
        models.planned.connect(self._planned)
        models.failed.connect(self._failed)
        shelf.changed.connect(lambda: models.adopt(shelf.usable))
        shelf.moved.connect(self._moved)
        shelf.failed.connect(self.tell)
        frame.dropped.connect(self.use)
        self._changed()

    @property
    def _page(self) -> ModelsPage:
        return self._hub.page

    def _built(self, page: ModelsPage) -> None:
        self._frame.pages.addWidget(page)
        page.get.demo.connect(self._use_demo)
        page.get.open_file.connect(self.open_file)
        page.here.used.connect(self.use)
        page.closed.connect(self._leave)
        self._show_asked()

    @property
    def shown(self) -> bool:
        """Whether the page with the models is in sight."""
        return self._hub.has_page and self._frame.pages.currentWidget() is self._page

    def show_page(self) -> None:
        """The page with the ways to get a model."""
        self._frame.banner.hide()
        self._page.set_first(self._models.current is None)
        self._show_asked()
        self._page.show_pane("get")
        self._frame.pages.setCurrentWidget(self._page)
        self._page.findChild(QWidget, "tryDemo").setFocus()
        self.turned.emit()

    def open_file(self) -> None:
        """Asks for a GGUF file."""
        kinds = tr("GGUF models (*.gguf);;All files (*)")
        ask_file(self._frame, "openDialog", tr("Open a GGUF file"), self.use, kinds)

    def use(self, path: Path) -> None:
        """Loads a GGUF file, to be the chosen model."""
        self._frame.banner.hide()
        self._say("")
        self._shelf.look_at(path, lambda model: self._models.open(model.path))

    def _arrived(self, path: Path) -> None:
        """A model has been downloaded: it is used at once, unless the person is at something
        else by now."""
        if self.shown or self._models.current in (None, self._models.demo):
            self.use(path)
        else:
            self._frame.show_banner(
                tr("{stem} has been downloaded. Choose it in the menu of models.").format(
                    stem=path.stem
                ),
                Action.NONE,
            )

    def fill(self, menu: QMenu) -> None:
        """The models there are, and how to get another."""
        for model in self._models.known():
            action = menu.addAction(plain(model.name))
            action.setCheckable(True)
            action.setChecked(model == self._models.asked)
            action.setToolTip(model.place)
            action.triggered.connect(lambda _=False, model=model: self._models.choose(model))
        known = {model.place for model in self._models.known()}
        for found in self._models.found:
            if str(found.path) not in known:
                action = menu.addAction(plain(f"{title(found)}\t{place_name(found)}"))
                action.setToolTip(str(found.path))
                action.triggered.connect(lambda _=False, path=found.path: self.use(path))
        menu.addSeparator()
        menu.addAction(keyed(tr("Open a GGUF file…"), "Ctrl+O"), self.open_file)
        menu.addAction(tr("Get a model…"), self.show_page)
        menu.addAction(tr("Manage models…"), self.show_here)

    def show_here(self) -> None:
        """The page with the models on this computer."""
        self.show_page()
        self._page.show_pane("here", focus=True)

    def tell(self, error: BaseException) -> None:
        """Something about models cannot be done."""
        if self.shown:
            explanation = explain(error)
            self._page.set_error(explanation.sentence, explanation.detail)
        else:
            self._banner.tell(error)

    def _moved(self, model: InstalledModel, path: Path | None) -> None:
        """A model is somewhere else, or gone."""
        self._say("")
        self._models.moved(model.path, path)

    def _use_demo(self) -> None:
        self._page.set_error("")
        self._models.choose(self._models.demo)

    def _changed(self) -> None:
        asked = self._models.asked
        self._frame.composer.set_model(
            asked.name if asked else tr("Choose a model"), asked is not None
        )
        self._frame.model_name.setText(asked.name if asked else tr("No model yet"))
        self._show_asked()
        self._show_plan()

    def _show_asked(self) -> None:
        if self._hub.has_page:
            asked = self._models.asked
            location = asked.location if asked else None
            self._page.here.set_asked(location.path if isinstance(location, FileLocation) else None)
            self._page.set_progress(self._loading if self._models.loading else "")

    def _say(self, sentence: str) -> None:
        """Above the page, where there is one."""
        if self._hub.has_page:
            self._page.set_error(sentence)

    def _planned(self, event: ModelPlanned) -> None:
        if event.reduced:
            self._frame.show_banner(
                tr(
                    "Less memory was free than expected, so {name} is run with less: {summary}."
                ).format(name=event.model.name, summary=_summary(event.plan)),
                Action.NONE,
            )
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self._models.plan
        said = _summary(plan) if plan else ""
        self._frame.composer.picker.setToolTip(
            "\n".join(filter(None, (tr("Choose a model"), said)))
        )
        self._frame.model_name.setToolTip(said)

    def _progressed(self, fraction: float) -> None:
        if self._models.loading:
            text = tr("Loading {name} {percent} %").format(
                name=self._models.loading.name, percent=number(100 * fraction)
            )
            self._loading = text
            if self.shown:
                self._page.set_progress(text)
            self._frame.composer.set_status(text)

    def _ready(self) -> None:
        if self.shown:
            self._leave()

    def _leave(self) -> None:
        self._page.set_error("")
        self._frame.pages.setCurrentWidget(self._frame.chat_page)
        self._frame.composer.editor.setFocus()
        self.turned.emit()

    def _failed(self, error: Exception) -> None:
        frame = self._frame
        if self._models.current is None and frame.pages.currentWidget() is frame.chat_page:
            self.show_page()
        self.tell(error)


def _summary(plan: Plan) -> str:
    from app.wording.diagnosis import summary  # a window need not wait for it

    return summary(plan)
