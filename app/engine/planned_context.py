"""How large a model's context would be if the model were loaded now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import EngineError, ModelError
from app.base.types import FileLocation, ModelRef

if TYPE_CHECKING:
    from app.engine.backend import Backend
    from app.engine.overrides import Overrides


def planned_context(engine: Backend, model: ModelRef, overrides: Overrides) -> int:
    """Return the context in tokens; 0 for a model that cannot be loaded here.

    It takes a second if ``engine`` does not know this computer's devices yet.
    """
    from app.engine import plan, probe

    if not isinstance(model.location, FileLocation):
        return 0
    try:
        header = probe.model(model.location.path)
        return plan.make(header, probe.machine(engine.devices()), overrides).context
    except (ModelError, EngineError):
        return 0
