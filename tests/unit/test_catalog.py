"""The catalogue of offered models, and that its descriptions are right."""

from __future__ import annotations

import pytest

from app.base import gguf
from app.engine import plan
from app.engine.probe import Machine
from app.models import catalog
from app.models.catalog import HubFile, HubModel, Offer

GIB = 1 << 30
OFFERS = catalog.offers()


def test_both_models_are_offered() -> None:
    assert [offer.name for offer in OFFERS] == ["gpt-oss-20b", "gpt-oss-120b"]
    assert {offer.model.repository.split("/")[0] for offer in OFFERS} == {"ggml-org"}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_the_shape_has_the_size_of_the_file(offer: Offer) -> None:
    """The remaining bytes are the vocabulary."""
    header = catalog.header(offer)
    assert header.architecture == gguf.ARCHITECTURE
    assert header.number("block_count") == offer.layers
    assert 0 < offer.model.size - header.weights < 20_000_000


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_what_it_needs_can_be_told_before_it_is_there(offer: Offer) -> None:
    needed = plan.propose(catalog.header(offer), Machine(16 * GIB, 13 * GIB, 8))
    assert needed.fits == (offer.name == "gpt-oss-20b")


EXPERTS, MATRICES = 39, 8  # ggml's numbers of MXFP4 and Q8_0


def _bytes(header: gguf.GgufHeader, kind: int) -> int:
    return sum(tensor.size for tensor in header.tensors if tensor.type == kind)


def _model(size: int) -> HubModel:
    return HubModel("org/name", (HubFile("model.gguf", size),))


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_another_quantization_has_other_matrices(offer: Offer) -> None:
    """An F16 has 16-bit matrices, and the experts as they were (as unsloth's: 13.79 GB)."""
    offered = catalog.header(offer)
    more = _bytes(offered, MATRICES) * 16 / 8.5 - _bytes(offered, MATRICES)
    for model in (_model(offered.weights + int(more)), _model(offered.weights - 500_000_000)):
        scaled = catalog.header_of(model, None)
        assert scaled is not None
        assert scaled.weights == scaled.file_size == model.size
        assert scaled.metadata == offered.metadata
        assert [t.shape for t in scaled.tensors] == [t.shape for t in offered.tensors]
        assert _bytes(scaled, EXPERTS) == pytest.approx(_bytes(offered, EXPERTS))


@pytest.mark.parametrize(
    ("parameters", "size", "layers"),
    [
        (20_914_757_184, 41_900_000_000, 24),  # BF16
        (116_829_156_672, 63_387_346_464, 36),
        (116_829_156_672, 233_000_000_000, 36),
        (20_900_000_000, 8_000_000_000, 24),
        (None, 12_109_566_560, 24),
        (None, 65_000_000_000, 36),
    ],
)
def test_the_shape_is_known_by_the_parameters(
    parameters: int | None, size: int, layers: int
) -> None:
    scaled = catalog.header_of(_model(size), parameters)
    assert scaled is not None
    assert scaled.number("block_count") == layers
    assert scaled.weights == size
    assert all(tensor.size > 0 for tensor in scaled.tensors)


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        (6_000_000_000, 4_000_000_000),  # with experts removed
        (20_914_757_184, 63_387_346_464),  # of another model in the repository
        (116_829_156_672, 12_109_566_560),
        (20_914_757_184, 1),
        (None, 41_900_000_000),
        (None, 1),
        (1, 12_109_566_560),
    ],
)
def test_the_shape_is_not_known(parameters: int | None, size: int) -> None:
    assert catalog.header_of(_model(size), parameters) is None


def test_sizes_of_tensors() -> None:
    assert gguf.tensor_size(8, 64) == 2 * 34
    assert gguf.tensor_size(39, 64) == 2 * 17
    assert gguf.tensor_size(0, 3) == 12
    assert gguf.tensor_size(999, 3) == 0
