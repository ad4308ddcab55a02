"""What the worker needs of llama.cpp, so that it is tested without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.base.types import Sampling
from app.engine.kv_cache import KvMemory
from app.engine.plan import Plan
from app.engine.probe import Devices
from app.formats import ChatFormat


class Sampler(Protocol):
    """What draws tokens."""

    def sample(self) -> int:
        """Return the next token, by the logits of the last that was decoded."""

    def close(self) -> None:
        """Free it."""


class EngineModel(Protocol):
    """A loaded model and its context of ``size`` tokens, ``batch`` of them at a time."""

    @property
    def format(self) -> ChatFormat: ...
    @property
    def memory(self) -> KvMemory: ...
    @property
    def size(self) -> int: ...
    @property
    def batch(self) -> int: ...

    def decode(self, tokens: Sequence[int]) -> bool:
        """Add a batch to the memory; return False where it was stopped. Raises EngineFailed."""

    def sampler(self, sampling: Sampling, seed: int) -> Sampler:
        """Return a sampler. Raises NotFinite where there is nothing to draw from."""


class Engine(Protocol):
    """llama.cpp. ``version`` tells its builds apart."""

    version: str

    def devices(self) -> Devices:
        """Return what it finds on this computer."""

    def load(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> EngineModel:
        """Load a model in place of the one before.

        ``progress`` is told the fraction that is read, and returns False to stop the load. Raises
        ModelError.
        """

    def stop(self, stopped: bool) -> None:
        """Have a running decode end, or none."""
