"""Chat formats: how families of models speak."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.types import Effort


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do, as far as its chat format offers it.

    ``efforts``: the levels that it knows, none where there is nothing to choose.
    ``closable_reasoning``: whether it can be told to answer now.
    """

    efforts: tuple[Effort, ...] = ()
    default_effort: Effort | None = None
    tools: bool = False
    closable_reasoning: bool = False
