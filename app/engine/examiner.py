"""Examination of this machine and of model files, in the background."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.base.graphics import UNKNOWN, Graphics
from app.base.jobs import Jobs
from app.base.types import FileLocation, ModelRef
from app.engine.backend import Backend

if TYPE_CHECKING:
    from app.base.gguf import GgufHeader
    from app.engine.lighter import Lighter
    from app.engine.overrides import Overrides
    from app.engine.plan import Plan
    from app.engine.plan_choices import PlanChoices
    from app.engine.probe import Examined, Machine


class Examiner:
    """A service that examines this machine and models on threads of its own."""

    def __init__(self, backend: Backend, jobs: Jobs) -> None:
        self._backend = backend
        self._jobs = jobs
        self._asking = threading.Lock()
        self._found: Graphics | None = None

    def examine(self, models: Sequence[ModelRef], *, drivers: bool = False) -> Future[Examined]:
        """Examine this machine and models. The future fails with EngineError.

        ``drivers``: whether to ask the graphics drivers first, unless that has been done.
        """

        def work() -> Examined:
            from app.engine import probe

            return probe.examine(self._backend.devices(), models, self._graphics(drivers))

        return self._jobs.submit(work)

    def _graphics(self, ask: bool) -> Graphics:
        """Return the cards and drivers, as far as they are known."""
        from app.base import graphics_probe

        if ask:
            with self._asking:
                self._found = self._found or graphics_probe.look()
        return self._found or UNKNOWN

    def choices(
        self, header: GgufHeader, machine: Machine, overrides: Overrides
    ) -> Future[PlanChoices]:
        """Find the plans for each context that fits."""

        def work() -> PlanChoices:
            from app.engine import plan_choices

            return plan_choices.choices(header, machine, overrides)

        return self._jobs.submit(work)

    def lighter(
        self, model: ModelRef, overrides: Overrides, failed: Plan | None
    ) -> Future[Lighter | None]:
        """Find settings with which a model takes less memory than by the plan that ``failed``.

        The future fails with ModelError or EngineError; its result is None if there are none.
        """

        def work() -> Lighter | None:
            from app.engine import lighter, probe

            assert isinstance(model.location, FileLocation)
            header = probe.model(model.location.path)
            machine = probe.machine(self._backend.devices())
            return lighter.lighter(header, machine, overrides, failed)

        return self._jobs.submit(work)
