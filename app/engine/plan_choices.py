"""Plans that differ in their context only, from which a person chooses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.base.gguf import GgufHeader
from app.engine.choice import CONTEXTS
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
