"""What the window does about models: the page and the menu to choose one, and what is said."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.chat import ModelPlanned
from app.engine.plan import propose
from app.host import Examined
from app.models import catalog
from app.models.download import Wanted
from app.models.downloads import (
    Downloaded,
    DownloadEnded,
    DownloadEvent,
    Downloading,
    Downloads,
)
from app.ui.doctor import summary
from app.ui.errors import Action, explain
from app.ui.frame import Frame
from app.ui.model_choice import ModelChoice


class ModelDesk(QObject):
    """Between the choice of a model and the parts of the window that show it."""

    turned = Signal()
    """The page with the models has come, or gone."""

    def __init__(self, frame: Frame, models: ModelChoice, downloads: Downloads) -> None:
        super().__init__(frame)
        self._downloads = downloads
        self._frame, self._models, self._page = frame, models, frame.models_page
        models.changed.connect(self._changed)
        models.progressed.connect(self._progressed)
        models.ready.connect(self._ready)
        models.planned.connect(self._planned)
        models.failed.connect(self._failed)
        self._page.demo.connect(self._use_demo)
        self._page.open_file.connect(self.open_file)
        self._page.closed.connect(self._leave)
        self._page.offer.wanted.connect(self._fetch)
        frame.banner_step.clicked.connect(self.show_page)
        frame.dropped.connect(self.use)
        self._changed()

    @property
    def shown(self) -> bool:
        """Whether the page with the models is in sight."""
        return self._frame.pages.currentWidget() is self._page

    def show_page(self) -> None:
        """The page with the ways to get a model."""
        self._frame.banner.hide()
        self._page.set_first(self._models.current is None)
        self._frame.pages.setCurrentWidget(self._page)
        self._page.findChild(QWidget, "tryDemo").setFocus()
        self.turned.emit()

    def open_file(self) -> None:
        """Asks for a GGUF file."""
        dialog = QFileDialog(
            self._frame, "Open a GGUF file", "", "GGUF models (*.gguf);;All files (*)"
        )
        dialog.setObjectName("openDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.use(Path(path)))
        dialog.open()

    def use(self, path: Path) -> None:
        """Loads a GGUF file, to be the chosen model."""
        self._frame.banner.hide()
        self._page.set_error("")
        self._models.open(path)

    def fill(self, menu: QMenu) -> None:
        """The models there are, and how to get another."""
        for model in self._models.known():
            action = menu.addAction(model.name)
            action.setCheckable(True)
            action.setChecked(model == self._models.asked)
            action.setToolTip(str(model.path))
            action.triggered.connect(lambda _=False, model=model: self._models.choose(model))
        known = {model.path for model in self._models.known()}
        for found in self._models.found:
            if found.path not in known:
                action = menu.addAction(f"{found.name}\t{found.place.kind}")
                action.setToolTip(str(found.path))
                action.triggered.connect(lambda _=False, path=found.path: self.use(path))
        menu.addSeparator()
        menu.addAction("Open a GGUF file…\tCtrl+O", self.open_file)
        menu.addAction("Get gpt-oss-20b…", self.show_page)

    def examined(self, examined: Examined) -> None:
        """This computer is known: tells whether the model that is offered would fit."""
        plan = propose(catalog.header(catalog.offers()[0]), examined.machine)
        fits = "It fits this computer" if plan.fits else "It needs more than is free here now"
        self._page.offer.set_fit(f"{fits}: {summary(plan)}.")

    def receive(self, event: DownloadEvent) -> None:
        """Takes in how the download goes. What has arrived is chosen."""
        match event:
            case Downloading(_, progress):
                self._page.offer.set_progress(progress)
            case Downloaded(_, path):
                self._page.offer.set_ended()
                self.use(path)
            case DownloadEnded(_, error):
                sentence = explain(error).sentence if error else ""
                self._page.offer.set_ended(sentence, paused=True)

    def _fetch(self, now: bool) -> None:
        offer = catalog.offers()[0]
        wanted = Wanted(offer.model.repository, offer.model.files[0])
        if now:
            self._downloads.start(wanted)
        else:
            self._downloads.pause(wanted)

    def _use_demo(self) -> None:
        self._page.set_error("")
        self._models.choose(self._models.demo)

    def _changed(self) -> None:
        asked = self._models.asked
        self._frame.composer.set_model(asked.name if asked else "Choose a model", asked is not None)
        self._frame.model_name.setText(asked.name if asked else "No model yet")
        if not self._models.loading:
            self._page.set_progress("")
        self._show_plan()

    def _planned(self, event: ModelPlanned) -> None:
        if event.reduced:
            self._frame.show_banner(
                f"Less memory was free than expected, so {event.model.name} is run with less: "
                f"{summary(event.plan)}.",
                Action.NONE,
            )
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self._models.plan
        said = f"\n{summary(plan)}" if plan else ""
        self._frame.composer.picker.setToolTip(f"Choose a model{said}")
        self._frame.model_name.setToolTip(said.strip())

    def _progressed(self, fraction: float) -> None:
        if self._models.loading:
            text = f"Loading {self._models.loading.name} {100 * fraction:.0f} %"
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
        explanation = explain(error)
        if self.shown:
            self._page.set_error(explanation.sentence)
        else:
            frame.show_banner(explanation.sentence, explanation.action)
