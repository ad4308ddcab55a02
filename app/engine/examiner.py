"""Examination of this machine and of model files, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.base.jobs import Jobs
from app.base.types import ModelRef
from app.engine.backend import Backend

if TYPE_CHECKING:
    from app.engine.probe import Examined


class Examiner:
    """A service that examines this machine and models on threads of its own."""

    def __init__(self, backend: Backend, jobs: Jobs) -> None:
        self._backend = backend
        self._jobs = jobs

    def examine(self, models: Sequence[ModelRef]) -> Future[Examined]:
        """Examine this machine and models. The future fails with EngineError."""

        def work() -> Examined:
            from app.engine import probe

            return probe.examine(self._backend.devices(), models)

        return self._jobs.submit(work)
