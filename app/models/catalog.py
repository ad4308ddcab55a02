"""The models that Fireside offers, and what they are made of, known before they are fetched."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.base import companion_files, gguf, gpt_oss, outside
from app.base.gguf import ARCHITECTURE, GgufHeader, Tensor, tensor_size

# What both have in common (reference: their config.json at huggingface.co/openai).
_WIDTH, _HEADS, _KV_HEADS, _HEAD, _VOCABULARY = 2880, 64, 8, 64, 201088
_F32, _Q8_0, _MXFP4 = 0, 8, 39
_ALIGNMENT = 32
# Of a model that is not offered: how far its parameters may be from an offer's, and how many bits
# a weight of its experts may have; where the parameters are not known, those of MXFP4, about.
_TOLERANCE = 0.01
_BITS, _USUAL_BITS = (1.5, 16.1), (3.8, 4.7)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository. ``name`` has its folders, ``size`` is in bytes. ``sha256`` says
    which file it is, wherever it lies; None where it is not told."""

    name: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class HubModel:
    """What can be downloaded: a model in one or several parts, as a repository had them at
    ``commit``; None for those that it has now."""

    repository: str
    files: tuple[HubFile, ...]
    commit: str | None = None

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)

    @property
    def title(self) -> str:
        """What its files are called, without folders, endings and numbers of parts."""
        return gguf.unnumbered(gguf.stem(self.files[0].name.rpartition("/")[2]))

    def is_same(self, other: HubModel) -> bool:
        """Whether both are made of the same bytes, wherever those lie."""
        mine, theirs = self.hashes, other.hashes
        return None not in mine and mine == theirs

    @property
    def hashes(self) -> tuple[str | None, ...]:
        """What says which files they are."""
        return tuple(file.sha256 for file in self.files)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that Fireside knows before it is asked for."""

    name: str
    model: HubModel
    licence: str
    layers: int
    experts: int


@dataclass(frozen=True, slots=True)
class Repository:
    """What the hub tells of a repository. ``architecture`` and ``parameters`` are those of one of
    its models, None where they are not told; ``gated``: a person has to ask for it first."""

    name: str
    downloads: int
    likes: int
    architecture: str | None
    parameters: int | None
    gated: bool
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the models in a repository, by the name of its quantization. ``complete``: all parts
    are there. ``licence`` is that of the repository, None where it is not told."""

    name: str
    model: HubModel
    licence: str | None
    complete: bool


def runs(architecture: str | None) -> bool | None:
    """Whether Fireside runs what the hub says a repository is; None where that says nothing of
    its models: it can be the word for a file beside them."""
    if architecture is None or architecture in companion_files.architectures():
        return None
    return architecture == ARCHITECTURE


def offers() -> tuple[Offer, ...]:
    """Those of the register of outside facts, the usual one first."""
    return tuple(_offer(**entry) for entry in outside.value("offers"))


def _offer(*, repository: str, commit: str, files: list[dict[str, Any]], **about: Any) -> Offer:
    model = HubModel(repository, tuple(HubFile(**file) for file in files), commit)
    return Offer(model=model, **about)


def ordered(model: HubModel, name: str = "") -> Offer | None:
    """The offer that an order is for: the one of this ``name``, or that of the same bytes, or,
    for an order that knows no hashes, that of the repository. An earlier Fireside had only names,
    and offered nothing else there but drafts."""
    if name:
        return next((offer for offer in offers() if offer.name == name), None)
    there = [offer for offer in offers() if offer.model.repository == model.repository]
    same = (offer for offer in there if offer.model == model or offer.model.is_same(model))
    if any(model.hashes) or any(companion_files.named(file.name) for file in model.files):
        there = []
    return next(same, None) or next(iter(there), None)


def conversion(whole: GgufHeader) -> Offer | None:
    """The offer that a gpt-oss with this header, which `gpt_oss.check` has given, is a conversion
    of.

    It has the layers and the experts, and no tensor in fewer bits than the offer's: what was made
    smaller is another model to whoever wants this one.
    """
    shape = gpt_oss.shape(whole)
    tensors = {tensor.name: tensor for tensor in whole.tensors}
    for offer in offers():
        if (shape.layers, shape.experts) == (offer.layers, offer.experts) and _has_all(
            tensors, offer
        ):
            return offer
    return None


def _has_all(tensors: dict[str, Tensor], offer: Offer) -> bool:
    for wanted in _tensors(offer.layers, offer.experts):
        found = tensors.get(wanted.name)
        if found is None or _bits(found) < _bits(wanted) * (1 - _TOLERANCE):
            return False
    return True


def _bits(tensor: Tensor) -> float:
    return 8 * tensor.size / max(1, math.prod(tensor.shape))


def header(offer: Offer) -> GgufHeader:
    """What the header of its file will say, but for the vocabulary: enough to plan by."""
    tensors = _tensors(offer.layers, offer.experts)
    last = tensors[-1]
    size = last.offset + last.size
    return GgufHeader(
        Path(offer.model.files[0].name), _metadata(offer.layers, offer.experts), tensors, 0, size
    )


def header_of(model: HubModel, parameters: int | None) -> GgufHeader | None:
    """What the header of a gpt-oss model will say that has another quantization than the one
    that is offered, with tensors of ``model.size`` bytes in all.

    ``parameters``: how many it has, where that is known. None where it has not the shape of one
    of the offers.
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
    """``shape`` with other sizes. Almost everybody leaves the experts as OpenAI made them, so
    they take only what would make the other matrices larger or smaller than these can be.
    None where that is not between the ``bits`` a weight."""
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


def header_there(repository: Repository, variant: Variant) -> GgufHeader | None:
    """What the header of its file will say, as `header`; None where that is not known.

    What the hub says of another file in the repository says nothing here.
    """
    kind = runs(repository.architecture)
    if kind is False or not variant.complete:
        return None
    return header_of(variant.model, repository.parameters if kind else None)


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
    at = 0

    def add(name: str, kind: int, *shape: int) -> None:
        nonlocal at
        found.append(Tensor(name, shape, kind, at, tensor_size(kind, math.prod(shape))))
        at += found[-1].size + -found[-1].size % _ALIGNMENT

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
