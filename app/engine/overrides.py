"""What a person has fixed of the settings that are else chosen."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.settings import Settings
from app.engine.memory_model import CacheType


@dataclass(frozen=True, slots=True)
class Overrides:
    """The user's fixed values; None leaves a value to the plan.

    ``cpu_experts``: of how many layers the experts stay on the CPU. ``mapped``: whether the weights
    stay in the file, from which the system reads them as needed, even if memory is plenty.
    ``unused_gpus``: the cards that are switched off, by their place on the bus or their name.
    ``places``: how many answers can be generated at a time.
    """

    context: int | None = None
    gpu_layers: int | None = None
    cpu_experts: int | None = None
    cache: CacheType | None = None
    mapped: bool = False
    unused_gpus: tuple[str, ...] = ()
    places: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Overrides:
        """Return the values fixed in the settings."""
        s = settings
        cache = CacheType(s.cache_type) if s.cache_type in list(CacheType) else None
        return cls(
            s.context,
            s.gpu_layers,
            s.cpu_experts,
            cache,
            s.map_weights,
            s.unused_gpus,
            s.answers_at_once,
        )

    def as_settings(self) -> dict[str, object]:
        """Return the settings that fix these values, by name."""
        return {
            "context": self.context,
            "gpu_layers": self.gpu_layers,
            "cpu_experts": self.cpu_experts,
            "cache_type": self.cache or "",
            "map_weights": self.mapped,
            "unused_gpus": self.unused_gpus,
            "answers_at_once": self.places,
        }

    @property
    def automatic(self) -> Overrides:
        """Nothing but the cards that are switched off."""
        return Overrides(unused_gpus=self.unused_gpus)


AUTOMATIC = Overrides()
"""Nothing is fixed."""
