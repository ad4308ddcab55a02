"""Loading and unloading of models, in the background."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from app.base.answer_events import Loading
from app.base.errors import Cancelled, FiresideError
from app.base.types import ModelRef
from app.engine.backend import Backend, Planned, Steps
from app.running_turns import RunningTurns
from app.turn import (
    ChatEvent,
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    ModelUnloaded,
    Turn,
    UnloadFailed,
)


class ModelLoads:
    """A service that does it on the threads of ``running``."""

    def __init__(
        self, backend: Backend, publish: Callable[[ChatEvent], None], running: RunningTurns
    ) -> None:
        self._backend, self._publish, self._running = backend, publish, running

    def load(self, model: ModelRef) -> Turn:
        """Load a model.

        Publishes ModelReady or ModelFailed at the end, or neither if it was cancelled.
        """
        turn = Turn()
        events = self._backend.load(model, turn.stopped)
        if not self._running.start(turn, self._load, turn, model, events):
            events.close()
        return turn

    def unload(self) -> Turn:
        """Unload the model, once no request uses it.

        Publishes ModelUnloaded or UnloadFailed at the end, or neither if it was cancelled.
        """
        turn = Turn()
        self._running.start(turn, self._unload, turn)
        return turn

    def _load(self, turn: Turn, model: ModelRef, steps: Steps[Loading | Planned]) -> None:
        outcome: ModelReady | ModelFailed | None = ModelFailed(model, FiresideError(), turn)
        try:
            with closing(steps) as events:
                for event in events:
                    if isinstance(event, Planned):
                        self._publish(ModelPlanned.of(model, event))
                    elif isinstance(event, Loading):
                        self._publish(ModelLoading(model, event.fraction, turn))
            outcome = ModelReady(model, turn)
        except Cancelled:
            outcome = None
        except FiresideError as error:
            outcome = ModelFailed(model, error, turn)
        finally:
            if outcome:
                self._publish(outcome)

    def _unload(self, turn: Turn) -> None:
        try:
            self._backend.unload(turn.stopped)
        except Cancelled:
            pass
        except FiresideError as error:
            self._publish(UnloadFailed(error))
        else:
            self._publish(ModelUnloaded())
