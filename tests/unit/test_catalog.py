"""What Fireside offers, and that it is described as it is."""

from __future__ import annotations

import pytest

from app.base import gguf
from app.engine import plan
from app.engine.probe import Machine
from app.models import catalog
from app.models.catalog import Offer

GIB = 1 << 30
OFFERS = catalog.offers()


def test_both_models_are_offered() -> None:
    assert [offer.name for offer in OFFERS] == ["gpt-oss-20b", "gpt-oss-120b"]
    assert {offer.model.repository.split("/")[0] for offer in OFFERS} == {"ggml-org"}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_the_shape_has_the_size_of_the_file(offer: Offer) -> None:
    """The rest of it is the vocabulary."""
    header = catalog.header(offer)
    assert header.architecture == gguf.ARCHITECTURE
    assert header.number("block_count") == offer.layers
    assert 0 < offer.model.size - header.weights < 20_000_000


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_what_it_needs_can_be_told_before_it_is_there(offer: Offer) -> None:
    needed = plan.propose(catalog.header(offer), Machine(16 * GIB, 13 * GIB, 8))
    assert needed.fits == (offer.name == "gpt-oss-20b")


def test_sizes_of_tensors() -> None:
    assert gguf.tensor_size(8, 64) == 2 * 34
    assert gguf.tensor_size(39, 64) == 2 * 17
    assert gguf.tensor_size(0, 3) == 12
    assert gguf.tensor_size(999, 3) == 0
