"""Which model is asked, which one is being loaded, and which there are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.base.errors import FiresideError, ModelMissing
from app.base.types import ModelRef
from app.chat import ModelFailed, ModelLoading, ModelPlanned, ModelReady, Turn
from app.engine.plan import Plan
from app.host import Host, demo_model
from app.models.library import Model

_DEMO = "demo"  # in the settings: its path is another after an update
_KEPT = 12  # files that the menu remembers


class ModelChoice(QObject):
    """The chosen model. A new one is chosen once it is loaded; until then, and where it
    cannot be, the one before stays."""

    changed = Signal()
    """Another model is chosen, or another is being loaded, or none any more."""
    progressed = Signal(float)
    ready = Signal()
    planned = Signal(object)
    """A ModelPlanned."""
    failed = Signal(object)
    """A FiresideError: why it cannot be used."""

    def __init__(self, host: Host, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._turn: Turn | None = None
        self._plans: dict[Path, Plan] = {}
        self._names: dict[str, str] = {}  # of what was found, by path
        self.found: tuple[Model, ...] = ()
        """What other programs left on this disk, and can be run."""
        self.demo = demo_model()
        self.loading: ModelRef | None = None
        self.current: ModelRef | None = None
        if host.settings.model:
            self.current = self._named(host.settings.model)

    @property
    def asked(self) -> ModelRef | None:
        """What the next question goes to."""
        return self.loading or self.current

    @property
    def plan(self) -> Plan | None:
        """How that one is run, once it is known."""
        return self._plans.get(self.asked.path) if self.asked else None

    def known(self) -> list[ModelRef]:
        """The demo model, and the files that were opened."""
        return [self.demo, *(self._named(path) for path in self._host.settings.models)]

    def adopt(self, found: tuple[Model, ...]) -> None:
        """Other programs' models, to be used where they are."""
        self.found = tuple(model for model in found if model.problem is None)
        self._names = {str(model.path): model.name for model in self.found}
        if self.current and not self.loading:
            self.current = self._named(str(self.current.path))
        self.changed.emit()

    def open(self, path: Path) -> None:
        """Chooses a file."""
        self.choose(self._named(str(path.absolute())))

    def choose(self, model: ModelRef) -> None:
        """Loads a model, to be the chosen one."""
        if self._turn:
            self._turn.cancel()
        self.loading = model
        self._turn = self._host.chats.load(model)
        self.changed.emit()

    def receive(self, event: ModelPlanned | ModelLoading | ModelReady | ModelFailed) -> None:
        """Takes in how the loading goes. What is said of another model is out of date."""
        if isinstance(event, ModelPlanned):  # also where an engine that ended is started anew
            self._plans[event.model.path] = event.plan
            self.planned.emit(event)
            return
        if event.model != self.loading:
            return
        match event:
            case ModelLoading(_, fraction):
                self.progressed.emit(fraction)
            case ModelReady(model):
                self._remember(model)
                self.current, self.loading = self._named(str(model.path)), None
                self.changed.emit()
                self.ready.emit()
            case ModelFailed(model, error):
                self._fail(model, error)

    def _fail(self, model: ModelRef, error: FiresideError) -> None:
        self.loading = None
        if self.current == model:
            self.current = None
        if isinstance(error, ModelMissing):
            kept = tuple(p for p in self._host.settings.models if p != str(model.path))
            self._host.change(models=kept)
        self.changed.emit()
        self.failed.emit(error)

    def _remember(self, model: ModelRef) -> None:
        if model == self.demo:
            self._host.change(model=_DEMO)
            return
        path = str(model.path)
        others = tuple(p for p in self._host.settings.models if p != path)
        self._host.change(model=path, models=(path, *others)[:_KEPT])

    def _named(self, path: str) -> ModelRef:
        if path in (_DEMO, str(self.demo.path)):
            return self.demo
        return ModelRef(Path(path), self._names.get(path, Path(path).stem))
