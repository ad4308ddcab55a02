"""The choice of model: which is asked, which is being loaded, and which are available."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.base.errors import FiresideError, ModelMissing
from app.base.types import Endpoint, FileLocation, ModelRef
from app.engine.remote.remote_server import SavedEndpoint
from app.host import Host, demo_model
from app.turn import (
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    ModelUnloaded,
    Turn,
    UnloadFailed,
)
from app.wording.answered_by import model_on_host
from app.wording.language import tr

if TYPE_CHECKING:
    from app.engine.plan import Plan
    from app.models.disk_scan import InstalledModel

_SOON_MS = 600  # so that browsing chats does not load models
_KEPT = 12  # files remembered in the menu


class ModelChoice(QObject):
    """The model that is asked: that of the chat that is shown, or else the one chosen last.

    A new choice takes effect once it is loaded; until then, or if that fails, the previous one
    stays. ``needed`` says whether a question waits for a model, so that its loading goes on.
    """

    changed = Signal()
    """Another model is asked, or one begins or ceases to be loaded or unloaded."""
    progressed = Signal(float)
    ready = Signal()
    chosen = Signal(object)
    """A ModelRef that the user has chosen and that is loaded."""
    planned = Signal(object)
    """A ModelPlanned."""
    failed = Signal(object)
    """A FiresideError: why the model cannot be used."""

    def __init__(
        self,
        host: Host,
        parent: QObject | None = None,
        needed: Callable[[ModelRef], bool] = lambda _: False,
    ) -> None:
        super().__init__(parent)
        self._host, self._needed = host, needed
        self._turn: Turn | None = None
        self._picked = False  # whether the user chose the model being loaded
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self.load)
        self._plans: dict[FileLocation | Endpoint, Plan] = {}
        self._names: dict[str, str] = {}  # of the found models, by path
        self.found: tuple[InstalledModel, ...] = ()
        """The usable models that were found on this disk."""
        self.demo = demo_model()
        self.loading: ModelRef | None = None
        self.fraction = 0.0
        """How much of the model has been loaded."""
        self._unloading: Turn | None = None
        self._in_memory = False  # whether a model has been loaded here
        self._unloaded = False
        self.refused: ModelRef | None = None
        """The model that could not be loaded last."""
        self.current: ModelRef | None = None
        if host.settings.model:
            self.current = self._named(host.settings.model)

    @property
    def asked(self) -> ModelRef | None:
        """The model that the next question goes to."""
        return self.loading or self.current

    @property
    def plan(self) -> Plan | None:
        """How that model is run, once it is known."""
        return self._plans.get(self.asked.location) if self.asked else None

    def plan_of(self, model: ModelRef) -> Plan | None:
        """Return how a model was run last, or was to be."""
        return self._plans.get(model.location)

    def known(self) -> list[ModelRef]:
        """Return the demo model and the files that were opened."""
        return [self.demo, *(self._named(path) for path in self._host.settings.models)]

    def elsewhere(self) -> list[ModelRef]:
        """Return the models of other computers, and of other programs on this one."""
        return [each.model for each in self._host.remote.endpoints.all()]

    def here(self) -> list[ModelRef]:
        """Return all available models, each once; those of other computers come last."""
        found = (self._named(str(model.path)) for model in self.found)
        return list(dict.fromkeys((*self.known(), *found, *self.elsewhere())))

    def is_gone(self, model: ModelRef) -> bool:
        """Return whether a model of another computer has been removed from the list."""
        endpoint = model.location
        return isinstance(endpoint, Endpoint) and self._host.remote.endpoints.of(endpoint) is None

    def name_of(self, key: str) -> str:
        """Return the name of the model with this key, with its host, whether it is there or not."""
        model = self.find(key) or self._named(key)
        return model_on_host(model.name, model.host)

    def others(self) -> list[ModelRef]:
        """Return the available models, without the one that is asked."""
        return [model for model in self.here() if model != self.asked]

    def find(self, key: str) -> ModelRef | None:
        """Return the model with this key, or else one whose file has the same name.

        The file may have been moved, or the key may come from another computer.
        """
        if Endpoint.of_key(key):
            return self._host.remote.endpoints.find(key)
        here = self.here() if key else []
        exact = (model for model in here if model.key == key)
        alike = (model for model in here if _file_name(model) == Path(key).name)
        return next(exact, None) or next(alike, None)

    def adopt(self, found: tuple[InstalledModel, ...]) -> None:
        """Set the usable models that were found on this disk."""
        if found == self.found:
            return
        self.found = found
        self._names = {str(model.path): model.title for model in found}
        if self.current and not self.loading:
            self.current = self._named(self.current.key)
        self.changed.emit()

    def endpoints_changed(self) -> None:
        """Note that the list of models on other computers has changed.

        One that was chosen and is removed is not the chosen one any more.
        """
        chosen = self._host.settings.model
        if Endpoint.of_key(chosen) and not self.find(chosen):
            self._host.change(model=next(iter(self._host.settings.models), ""))
        if self.current and not self.loading:
            self.current = self._named(self.current.key)
        self.changed.emit()

    def moved(self, old: Path, new: Path | None) -> None:
        """Update the path of a file that was moved; None if it was removed."""
        paths = (str(new) if new and p == str(old) else p for p in self._host.settings.models)
        self._host.change(models=tuple(p for p in paths if p != str(old)))
        if self._host.settings.model == str(old):
            self._host.change(model=str(new) if new else "")
        self.changed.emit()

    def open(self, path: Path) -> None:
        """Choose the model in a file."""
        self.choose(self._named(str(path.absolute())))

    def choose(self, model: ModelRef) -> None:
        """Load a model, and make it the chosen one."""
        self._load(model)
        self._picked = True

    def try_again(self, model: ModelRef) -> None:
        """Load a model that could not be loaded, and make it the chosen one."""
        if model == self.current:
            self._load(model)
        else:
            self.choose(model)

    def begin(self) -> None:
        """Load the model of the last session, one of another computer once the window is there."""
        if self.is_elsewhere:
            self._soon.start()
        else:
            self.load()

    def load(self) -> None:
        """Load the model that the next question goes to.

        While offline, a server is not asked, and nothing is said before the user asks it.
        """
        if self.asked and not (self.is_elsewhere and self._host.settings.offline):
            self._load(self.asked)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the next question goes to another computer, or another program on this one."""
        return bool(self.asked and self.asked.host)

    def can_unload(self) -> bool:
        """Return whether there is a model to unload on this computer."""
        here = self._in_memory if self.is_elsewhere else bool(self.current)
        return here and not (self.loading or self.unloading or self._unloaded)

    @property
    def unloaded(self) -> bool:
        """Whether it was unloaded, so that the next question loads it again."""
        return self._unloaded and not self.is_elsewhere

    @property
    def unloading(self) -> bool:
        """Whether the model is to be unloaded, once no answer uses it."""
        return self._unloading is not None

    def unload(self) -> None:
        """Unload the model, once no answer uses it."""
        self._soon.stop()
        self._unloading = self._host.model_loads.unload()
        self.changed.emit()

    def use(self) -> None:
        """Note that a question is asked, for which the model stays loaded, or is loaded again."""
        if self.is_elsewhere:
            return
        if self._unloading:
            self._unloading.cancel()
        self._loads_again()

    def _loads_again(self) -> None:
        if self.unloading or self._unloaded:
            self._unloading, self._unloaded = None, False
            self.changed.emit()

    def of(self, key: str) -> ModelRef | None:
        """Return the model that a chat with this ``key`` asks.

        That is the model itself if it still exists, else the one that was chosen last, even if it
        is still being loaded. One of another computer that was removed stays: the user decides
        which other one sees the chat.
        """
        if self._picked and self.loading and not self.find(key):
            return self.loading
        last = self._host.settings.model
        if not self.find(key) and Endpoint.of_key(key):
            return self._named(key)
        return self.find(key) or (self._named(last) if last else None)

    def show(self, key: str) -> None:
        """Switch to the model with this ``key``, since a chat that uses it is shown."""
        model = self.of(key)
        if model is None or model == self.asked:
            return
        self._cancel()
        self.current = model
        self._soon.start()
        self.changed.emit()

    def _cancel(self) -> None:
        self._soon.stop()
        if self._turn and self.loading and not self._needed(self.loading):
            self._turn.cancel()
        self._turn = self.loading = None
        self._picked = False

    def _load(self, model: ModelRef) -> None:
        self._cancel()
        self.loading, self.fraction = model, 0.0
        self._turn = self._host.model_loads.load(model)
        self.changed.emit()

    def receive_unloaded(self, event: ModelUnloaded | UnloadFailed) -> None:
        """Handle the end of unloading."""
        self._unloading, self._unloaded = None, isinstance(event, ModelUnloaded)
        self._in_memory = self._in_memory and not self._unloaded
        self.changed.emit()

    def find_loaded(self, model: ModelRef | None) -> None:
        """Take note of a model in memory, which another program may have had loaded."""
        if model is None or self.unloading:
            return
        self._in_memory = True
        if model == self.current:
            self._loads_again()

    def receive(self, event: ModelPlanned | ModelLoading | ModelReady | ModelFailed) -> None:
        """Handle the progress of loading. Events about other loads are outdated and ignored."""
        if not event.model.host:
            self._in_memory = not isinstance(event, ModelFailed)
            if self._unloaded:
                self._loads_again()
        if isinstance(event, ModelPlanned):  # also after a crashed engine restarts
            self._plans[event.model.location] = event.plan
            self.planned.emit(event)
            return
        if event.model != self.loading or event.turn is not self._turn:
            return  # also one of an earlier load of the same model, which was on its way
        match event:
            case ModelLoading(_, fraction, _):
                self.fraction = fraction
                self.progressed.emit(fraction)
            case ModelReady(model, _):
                if self._picked:
                    self._remember(model)
                self.current, self.loading = self._named(model.key), None
                self.changed.emit()
                self.ready.emit()
                if self._picked:
                    self.chosen.emit(self.current)
            case ModelFailed(model, error, _):
                self._fail(model, error)

    def _fail(self, model: ModelRef, error: FiresideError) -> None:
        self.loading, self.refused = None, model
        if isinstance(error, ModelMissing):
            kept = tuple(p for p in self._host.settings.models if p != model.place)
            self._host.change(models=kept)
        self.changed.emit()
        self.failed.emit(error)

    def _remember(self, model: ModelRef) -> None:
        if model == self.demo or model.host:
            self._host.change(model=model.key)
            return
        path = model.place
        others = tuple(p for p in self._host.settings.models if p != path)
        self._host.change(model=path, models=(path, *others)[:_KEPT])

    def _named(self, path: str) -> ModelRef:
        if path in (self.demo.key, self.demo.place):
            return self.demo
        if endpoint := Endpoint.of_key(path):
            return self._host.remote.endpoints.find(path) or SavedEndpoint(endpoint).model
        return ModelRef.of_file(Path(path), self._names.get(path, Path(path).stem))


def plan_summary(plan: Plan) -> str:
    """Return one line about how a model is run."""
    from app.wording.diagnosis import summary  # imported late: the window need not wait for it

    return summary(plan)


def memory_sentence(models: ModelChoice, *, idle: bool) -> str:
    """Return whether the model is unloaded; empty if not. ``idle``: nothing is answered."""
    if models.unloading:
        return tr("Unloading…") if idle else tr("Unloading when running answers are done…")
    return tr("The model is unloaded. Your next message loads it.") if models.unloaded else ""


def _file_name(model: ModelRef) -> str:
    return model.location.path.name if isinstance(model.location, FileLocation) else ""
