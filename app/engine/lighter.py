"""Settings with which a model that could not be loaded takes less memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.base.gguf import GgufHeader
from app.engine.choice import CONTEXTS
from app.engine.memory_model import CacheType
from app.engine.overrides import Overrides
from app.engine.plan import Plan, is_possible, propose
from app.engine.probe import Machine


@dataclass(frozen=True, slots=True)
class Lighter:
    """Settings for less memory, and the plan that follows from them."""

    overrides: Overrides
    plan: Plan


def lighter(
    header: GgufHeader, machine: Machine, overrides: Overrides, failed: Plan | None
) -> Lighter | None:
    """Return the best settings that hold half of what ``failed`` does, or else the least possible.

    ``failed`` is the plan that ran out of memory; None if not even a plan was found with these
    ``overrides``. Returns None if nothing takes less.
    """
    if failed is None:
        automatic = overrides.automatic
        plan = propose(header, machine, automatic)
        fits = overrides != automatic and is_possible(plan, machine)
        return Lighter(automatic, plan) if fits else None
    least: Lighter | None = None
    for tried in _tries(header, overrides, failed):
        plan = propose(header, machine, tried)
        if not is_possible(plan, machine) or plan.held >= (least.plan if least else failed).held:
            continue
        least = Lighter(tried, plan)
        if plan.held <= failed.held // 2:
            break
    return least


def _tries(header: GgufHeader, overrides: Overrides, failed: Plan) -> Iterator[Overrides]:
    """Yield settings to try, the best first: shorter contexts, and each with a compact cache."""
    for context in (failed.context, *CONTEXTS):
        if context > failed.context or context > header.number("context_length"):
            continue
        for cache in CacheType:
            yield replace(overrides, context=context, cache=cache, mapped=True, places=None)
