"""What a name on the command line means: an offered model, or one of a repository on the hub."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.plan import Plan, propose
from app.engine.probe import Machine
from app.models import catalog
from app.models.catalog import HubModel, Offer, Variant
from app.wording.language import tr
from app.wording.quantities import gigabytes
from app.wording.recommendation import best_offer, plan_of

if TYPE_CHECKING:
    from app.network.access import NetworkAccess

_ADDRESSES = ("https://huggingface.co/", "https://hf.co/", "hf.co/", "huggingface.co/")
_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


class UnknownName(Exception):
    """Nothing has this name, or several things have it; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model that can be downloaded, and how it would be run here, if that is known."""

    name: str
    model: HubModel
    plan: Plan | None


def find(name: str | None, machine: Machine, network: NetworkAccess) -> NamedModel:
    """Return the model of that name, by default the one that is recommended for this computer.

    Raises UnknownName, HubError and Offline.
    """
    if name is None:
        return _offer(best_offer(catalog.offers(), machine), machine)
    name = name.strip()
    for address in _ADDRESSES:
        name = name.removeprefix(address)
    plain = name.casefold().removeprefix("openai/")
    for each in offered(machine):
        if each.name == plain:
            return each
    if not _REPOSITORY.fullmatch(name.partition(":")[0]):
        known = ", ".join(offer.name for offer in catalog.offers())
        raise UnknownName(
            tr("Unknown model {name}. Use {known} or REPOSITORY[:VARIANT].").format(
                name=name, known=known
            )
        )
    return _of_repository(name, machine, network)


def offered(machine: Machine) -> list[NamedModel]:
    """Return the offered models, and how each would be run here."""
    return [_offer(offer, machine) for offer in catalog.offers()]


def _offer(offer: Offer, machine: Machine) -> NamedModel:
    return NamedModel(offer.name, offer.model, plan_of(offer, machine))


def _of_repository(name: str, machine: Machine, network: NetworkAccess) -> NamedModel:
    repository, _, wanted = name.partition(":")
    network.open()
    from app.models import hub_search

    found = [each for each in hub_search.variants(repository) if each.complete]
    chosen = [each for each in found if each.name.casefold() == wanted.casefold()]
    if not wanted and len(found) == 1:
        chosen = found
    if not chosen:
        raise UnknownName(_choices(repository, wanted, found))
    model = chosen[0].model
    header = catalog.header_of(model, None)
    return NamedModel(model.title, model, propose(header, machine) if header else None)


def _choices(repository: str, wanted: str, found: Sequence[Variant]) -> str:
    """Return a sentence, and the names that can be chosen."""
    if not found:
        return tr("{repository} has no GGUF models.").format(repository=repository)
    said = (
        tr("{repository} has no variant {name}. Choose one:")
        if wanted
        else tr("{repository} has several variants. Choose one:")
    ).format(repository=repository, name=wanted)
    width = max(len(each.name) for each in found)
    lines = (f"  {repository}:{each.name:<{width}}  {gigabytes(each.model.size)}" for each in found)
    return "\n".join((said, *lines))
