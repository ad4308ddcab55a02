"""The model to recommend: one that is on this computer, or else the offer that fits best."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.plan import Plan, propose, usable
from app.engine.probe import Machine
from app.models import catalog
from app.models.catalog import Offer
from app.models.disk_scan import InstalledModel
from app.wording.diagnosis import fit, speed, too_large


def recommended(
    offers: Sequence[Offer], found: Sequence[InstalledModel], machine: Machine | None
) -> Offer | InstalledModel:
    """Return the model to recommend; ``machine`` is None until it has been examined.

    What is here need not be downloaded. Of several models here the largest offer comes first, then
    the others as they were found; one that is too large for this computer does not count.
    """
    names = [offer.name for offer in offers]
    here = [model for model in found if not _is_too_large(model, offers, machine)]
    here.sort(key=lambda model: -names.index(model.offer) if model.offer in names else 1)
    return here[0] if here else best_offer(offers, machine)


def best_offer(offers: Sequence[Offer], machine: Machine | None) -> Offer:
    """Return the largest offer that this computer runs at full speed, else the first one."""
    if machine:
        for offer in sorted(offers, key=lambda offer: -offer.model.size):
            plan = plan_of(offer, machine)
            if plan.fits and not speed(plan, machine):
                return offer
    return offers[0]


def plan_of(offer: Offer, machine: Machine) -> Plan:
    """Return how an offer would be run."""
    return propose(catalog.header(offer), machine)


def verdict(plan: Plan, machine: Machine) -> tuple[str, str, bool]:
    """Return whether a model fits in words, a warning if it will be slow, and whether it runs."""
    return fit(plan, machine), speed(plan, machine), not too_large(plan, machine)


def _is_too_large(model: InstalledModel, offers: Sequence[Offer], machine: Machine | None) -> bool:
    if machine is None:
        return False
    for offer in offers:
        if offer.name == model.offer:
            return too_large(plan_of(offer, machine), machine)
    return model.size > usable(machine)
