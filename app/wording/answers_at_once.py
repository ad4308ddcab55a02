"""How many answers are generated at a time, and what that costs."""

from __future__ import annotations

from app.base.gguf import GgufHeader
from app.engine.plan import Plan
from app.engine.plan_choices import more_memory
from app.wording.language import number, tr
from app.wording.quantities import gigabytes

PLACES = (1, 2, 4, 8, 16)
"""The numbers that can be chosen."""


def answers_at_once(places: int) -> str:
    """Return how many answers a plan generates at a time: "4 answers at once"."""
    if places == 1:
        return tr("one answer at a time")
    return tr("{count} answers at once").format(count=number(places))


def places_cost(header: GgufHeader, plan: Plan, *, fixed: bool) -> str:
    """Return what the answers at a time cost: what more would take, or, if ``fixed``, they do.

    Empty if there is nothing to say.
    """
    if not plan.fits:
        return ""
    if fixed:
        if plan.places == 1:
            return ""
        told = tr("{count} at once take {size} more than one.")
        size = gigabytes(-more_memory(header, plan, 1))
        return told.format(count=number(plan.places), size=size)
    more = 4 if plan.places < 4 else PLACES[-1]
    size = gigabytes(more_memory(header, plan, more))
    told = tr("{count} at once fit; {more} take {size} more.")
    if plan.places == 1:
        told = tr("One at a time fits; {more} take {size} more.")
    return told.format(count=number(plan.places), more=number(more), size=size)
