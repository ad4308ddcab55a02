"""The models that Fireside offers, and their headers, known before they are downloaded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.base import companion_files, gguf, gpt_oss, outside
from app.base.gguf import ARCHITECTURE, GgufHeader, Tensor, tensor_size

# Dimensions that both models share, from their config.json at huggingface.co/openai.
_WIDTH, _HEADS, _KV_HEADS, _HEAD, _VOCABULARY = 2880, 64, 8, 64, 201088
_F32, _Q8_0, _MXFP4 = 0, 8, 39
_ALIGNMENT = 32
# For a model that is not an offer: how much its number of parameters may differ from the offer's,
# and the range of bits per weight of its experts (about MXFP4's if that number is unknown).
_TOLERANCE = 0.01
_BITS, _USUAL_BITS = (1.5, 16.1), (3.8, 4.7)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: ``name`` includes its folders, ``size`` is in bytes.

    ``sha256`` identifies it wherever it is moved; None if the hub does not give it.
    """

    name: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model in one or several parts, as in a repository at ``commit`` (None: at present)."""

    repository: str
    files: tuple[HubFile, ...]
    commit: str | None = None

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def title(self) -> str:
        """The name of its files without folders, suffixes and part numbers."""
        return gguf.unnumbered(gguf.stem(self.files[0].name.rpartition("/")[2]))

    def is_same(self, other: HubModel) -> bool:
        """Return whether both have the same bytes, wherever their files are."""
        mine, theirs = self.hashes, other.hashes
        return None not in mine and mine == theirs

    @property
    def hashes(self) -> tuple[str | None, ...]:
        """The hashes of its files."""
        return tuple(file.sha256 for file in self.files)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that Fireside offers for download."""

    name: str
    model: HubModel
    licence: str
    layers: int
    experts: int


@dataclass(frozen=True, slots=True)
class Repository:
    """A search result.

    ``architecture`` and ``parameters`` are those of one of its models, None if unknown;
    ``gated`` ones require that access was requested.
    """

    name: str
    downloads: int
    likes: int
    architecture: str | None
    parameters: int | None
    gated: bool
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the models in a repository, named by its quantization.

    ``licence`` is that of the repository, None if unknown; ``complete`` says that all parts
    are there.
    """

    name: str
    model: HubModel
    licence: str | None
    complete: bool


def runs(architecture: str | None) -> bool | None:
    """Return whether Fireside runs a repository's architecture, as the hub names it.

    None if that is unknown: the hub may have taken the name from a companion file.
    """
    if architecture is None or architecture in companion_files.architectures():
        return None
    return architecture == ARCHITECTURE


def offers() -> tuple[Offer, ...]:
    """Return the offers in resources/outside.toml, the usual one first."""
    return tuple(_offer(**entry) for entry in outside.value("offers"))


def _offer(*, repository: str, commit: str, files: list[dict[str, Any]], **facts: Any) -> Offer:
    model = HubModel(repository, tuple(HubFile(**file) for file in files), commit)
    return Offer(model=model, **facts)


def offer_for(model: HubModel, name: str = "") -> Offer | None:
    """Return the offer that a queued model is: the one of that ``name``, or of the same bytes.

    A model without hashes is matched by its repository: older queues have names only, and except
    for drafts nothing else was offered from there.
    """
    if name:
        return next((offer for offer in offers() if offer.name == name), None)
    found = [offer for offer in offers() if offer.model.repository == model.repository]
    same = (offer for offer in found if offer.model == model or offer.model.is_same(model))
    companion = any(companion_files.is_companion_name(file.name) for file in model.files)
    others = [] if companion or any(model.hashes) else found
    return next(same, None) or next(iter(others), None)


def conversion(found: GgufHeader) -> Offer | None:
    """Return the offer that a model with this header, from `gpt_oss.check`, is a conversion of.

    It has the same number of layers and experts, and no tensor with fewer bits than the offer's: a
    smaller quantization is no substitute for it.
    """
    shape = gpt_oss.shape(found)
    tensors = {tensor.name: tensor for tensor in found.tensors}
    for offer in offers():
        if (shape.layers, shape.experts) == (offer.layers, offer.experts) and _has_tensors(
            tensors, offer
        ):
            return offer
    return None


def _has_tensors(tensors: dict[str, Tensor], offer: Offer) -> bool:
    for wanted in _tensors(offer.layers, offer.experts):
        found = tensors.get(wanted.name)
        if found is None or _bits(found) < _bits(wanted) * (1 - _TOLERANCE):
            return False
    return True


def _bits(tensor: Tensor) -> float:
    return 8 * tensor.size / max(1, math.prod(tensor.shape))


def header(offer: Offer) -> GgufHeader:
    """Return the header of an offer's file without the vocabulary, which is enough to plan by."""
    tensors = _tensors(offer.layers, offer.experts)
    last = tensors[-1]
    size = last.offset + last.size
    return GgufHeader(
        Path(offer.model.files[0].name), _metadata(offer.layers, offer.experts), tensors, 0, size
    )


def header_of(model: HubModel, parameters: int | None) -> GgufHeader | None:
    """Return the probable header of a gpt-oss in another quantization than the offer's.

    Its tensors have ``model.size`` bytes in all; ``parameters`` is None where their number is
    unknown. Returns None if it cannot have the shape of an offer.
    """
    for shape in map(header, offers()):
        count = sum(math.prod(tensor.shape) for tensor in shape.tensors)
        if parameters is None:
            scaled = _scaled(shape, model, _USUAL_BITS)
        elif abs(parameters - count) < _TOLERANCE * count:
            scaled = _scaled(shape, model, _BITS)
        else:
            continue
        if scaled:
            return scaled
    return None


def _scaled(shape: GgufHeader, model: HubModel, bits: tuple[float, float]) -> GgufHeader | None:
    """Return ``shape`` with tensors scaled to the model's size.

    Almost all quantizations leave the experts as OpenAI made them, so the other matrices are
    scaled first, as far as plausible, and the experts take the rest. Returns None if that is
    not within ``bits`` per weight.
    """
    sizes = dict.fromkeys((_F32, _Q8_0, _MXFP4), 0)
    for tensor in shape.tensors:
        sizes[tensor.type] += tensor.size
    matrices = model.size - sizes[_F32]
    dense = max(matrices - sizes[_MXFP4], sizes[_Q8_0] / 2)
    dense = min(dense, sizes[_Q8_0] * 16 / 8.5)
    factors = {
        _F32: 1.0,
        _Q8_0: dense / sizes[_Q8_0],
        _MXFP4: (matrices - dense) / sizes[_MXFP4],
    }
    if not bits[0] <= 4.25 * factors[_MXFP4] <= bits[1]:
        return None
    tensors, end = [], 0.0
    for tensor in shape.tensors:
        start, end = end, end + tensor.size * factors[tensor.type]
        size = round(end) - round(start)
        tensors.append(replace(tensor, offset=round(start), size=size))
    path = Path(model.files[0].name)
    return replace(shape, path=path, tensors=tuple(tensors), file_size=model.size)


def variant_header(repository: Repository, variant: Variant) -> GgufHeader | None:
    """Return the probable header of a search result's variant, None if it is unknown.

    The hub's number of parameters is used only if it is known to be that of a gpt-oss.
    """
    is_known = runs(repository.architecture)
    if is_known is False or not variant.complete:
        return None
    return header_of(variant.model, repository.parameters if is_known else None)


def _metadata(layers: int, experts: int) -> dict[str, Any]:
    numbers = {
        "block_count": layers,
        "context_length": 131072,
        "embedding_length": _WIDTH,
        "feed_forward_length": _WIDTH,
        "expert_feed_forward_length": _WIDTH,
        "attention.head_count": _HEADS,
        "attention.head_count_kv": _KV_HEADS,
        "attention.key_length": _HEAD,
        "attention.value_length": _HEAD,
        "attention.sliding_window": 128,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 150000.0,
        "expert_count": experts,
        "expert_used_count": 4,
    }
    named = {f"{ARCHITECTURE}.{name}": value for name, value in numbers.items()}
    return {"general.architecture": ARCHITECTURE, "general.quantization_version": 2} | named


def _tensors(layers: int, experts: int) -> tuple[Tensor, ...]:
    found: list[Tensor] = []
    offset = 0

    def add(name: str, kind: int, *shape: int) -> None:
        nonlocal offset
        found.append(Tensor(name, shape, kind, offset, tensor_size(kind, math.prod(shape))))
        offset += found[-1].size + -found[-1].size % _ALIGNMENT

    add("token_embd.weight", _Q8_0, _WIDTH, _VOCABULARY)
    add("output_norm.weight", _F32, _WIDTH)
    add("output.weight", _Q8_0, _WIDTH, _VOCABULARY)
    heads, kv_heads = _HEADS * _HEAD, _KV_HEADS * _HEAD
    for layer in range(layers):
        block = f"blk.{layer}."
        for name in ("attn_norm", "post_attention_norm"):
            add(f"{block}{name}.weight", _F32, _WIDTH)
        for name, wide, out in (
            ("attn_q", _WIDTH, heads),
            ("attn_k", _WIDTH, kv_heads),
            ("attn_v", _WIDTH, kv_heads),
            ("attn_output", heads, _WIDTH),
        ):
            add(f"{block}{name}.weight", _Q8_0, wide, out)
            add(f"{block}{name}.bias", _F32, out)
        add(f"{block}attn_sinks.weight", _F32, _HEADS)
        add(f"{block}ffn_gate_inp.weight", _F32, _WIDTH, experts)
        add(f"{block}ffn_gate_inp.bias", _F32, experts)
        for name in ("gate", "up", "down"):
            add(f"{block}ffn_{name}_exps.weight", _MXFP4, _WIDTH, _WIDTH, experts)
            add(f"{block}ffn_{name}_exps.bias", _F32, _WIDTH, experts)
    return tuple(found)
