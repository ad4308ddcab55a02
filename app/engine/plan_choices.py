"""Plans that differ in their context only, from which a person chooses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.base.gguf import GgufHeader
from app.engine.choice import CONTEXTS
from app.engine.memory_model import Held, MemorySettings, ModelSizes, uses
from app.engine.overrides import Overrides
from app.engine.plan import Plan, propose
from app.engine.probe import Machine


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """The plan with an automatic context, and one for each context that can be chosen."""

    automatic: Plan
    fixed: tuple[tuple[int, Plan], ...]
    """Contexts with their plans, the shortest first, also those that do not fit now."""

    def plan(self, context: int | None) -> Plan:
        """Return the plan for a context, or for the nearest below it; None for automatic."""
        if context is None:
            return self.automatic
        below = [plan for tokens, plan in self.fixed if tokens <= context]
        return below[-1] if below else self.fixed[0][1]

    def stops(self, chosen: int | None) -> tuple[int, ...]:
        """Return the contexts that fit, and the chosen one in any case; never none."""
        fit = tuple(tokens for tokens, plan in self.fixed if plan.fits or tokens == chosen)
        return fit or (self.fixed[0][0],)


def choices(header: GgufHeader, machine: Machine, overrides: Overrides) -> PlanChoices:
    """Return the plans for all usual contexts, and for that of ``overrides``."""
    trained = header.number("context_length")
    known = {tokens for tokens in CONTEXTS if tokens <= trained} or {trained}
    if overrides.context:
        known.add(overrides.context)
    fixed = tuple(
        (tokens, propose(header, machine, replace(overrides, context=tokens)))
        for tokens in sorted(known)
    )
    return PlanChoices(propose(header, machine, replace(overrides, context=None)), fixed)


def more_memory(header: GgufHeader, plan: Plan, places: int) -> int:
    """Return how many bytes more of all memory a plan takes with another number of places."""
    held = tuple(Held(share.gpu.api, share.layers, 0) for share in plan.shares)
    told = plan.context, plan.cache, plan.ubatch, held, plan.copies, plan.pipeline
    model = ModelSizes(header)

    def total(places: int) -> int:
        host, used = uses(model, MemorySettings(*told, places=places))
        return host.total + sum(use.total for use in used)

    return total(places) - total(plan.places)
