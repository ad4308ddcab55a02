"""The models that could not be loaded, so that each load is tried once for all who wait for it."""

from __future__ import annotations

import copy
import itertools

from app.base.errors import FiresideError
from app.base.types import ModelRef


class FailedLoads:
    """The last failure of each model. Thread-safe."""

    def __init__(self) -> None:
        self._clock = itertools.count()
        self._last: dict[ModelRef, tuple[int, FiresideError]] = {}

    def now(self) -> int:
        """Return the moment, for `check`."""
        return next(self._clock)

    def add(self, model: ModelRef, error: FiresideError) -> None:
        """Record that a model could not be loaded."""
        self._last[model] = self.now(), error

    def check(self, model: ModelRef, since: int) -> None:
        """Raise the error again if a model could not be loaded ``since`` then.

        Another attempt would probably fail, too, after having filled the memory once more.
        """
        if (failed := self._last.get(model)) and failed[0] > since:
            raise copy.copy(failed[1])
