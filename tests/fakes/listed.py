"""The hub as listed in 2026 (tests/cases/hub/listings.json).

Its repository names, commits and folders, with small files under them that have true headers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from app.base.gguf import I32, STRING, U32
from app.base.resources import resource
from app.models import catalog, partial_file
from app.models.cache_path import CachePath
from app.models.catalog import HubFile, HubModel, Offer
from tests.fakes.headers import gguf_bytes, model_metadata, packed, part_of, split_metadata
from tests.fakes.hub import File, Hub

LISTINGS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "cases" / "hub" / "listings.json").read_text(encoding="utf-8")
)
SMALL, LARGE = "ggml-org/gpt-oss-20b-GGUF", "ggml-org/gpt-oss-120b-GGUF"
BEFORE = "b" * 40
"""The commit before the new conversions."""

Make = Callable[[str, str], bytes]
"""The bytes of the model that a repository has under a name."""


@cache
def whole(
    layers: int,
    experts: int,
    *,
    without: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
    part: tuple[int, int] = (1, 1),
    type: int = 8,
    **general: str,
) -> bytes:
    """Return a gpt-oss of that shape, with small matrices of zeros.

    Tensors have the names of llama.cpp's converter (gguf-py, constants.py: MODEL_ARCH.GPT_OSS).
    ``type`` is that of the output. ``part`` has the number of the file and the number of files,
    ``only`` the tensors to include.
    """
    tensors: list[tuple[str, int, tuple[int, ...]]] = [
        ("token_embd.weight", 8, (32, 64)),
        ("output_norm.weight", 0, (32,)),
        ("output.weight", type, (32, 64)),
    ]
    for layer in range(layers):
        block = f"blk.{layer}."
        tensors += [(f"{block}{n}.weight", 0, (32,)) for n in ("attn_norm", "post_attention_norm")]
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors += [(f"{block}{name}.weight", 8, (32, 32)), (f"{block}{name}.bias", 0, (32,))]
        tensors += [
            (f"{block}attn_sinks.weight", 0, (2,)),
            (f"{block}ffn_gate_inp.weight", 0, (32, experts)),
            (f"{block}ffn_gate_inp.bias", 0, (experts,)),
        ]
        for name in ("gate", "up", "down"):
            full = f"{block}ffn_{name}_exps"
            tensors.append((f"{full}.weight", 39, (32, 32, experts)))
            tensors.append((f"{full}.bias", 0, (32, experts)))
    numbers = {
        "block_count": layers,
        "context_length": 131072,
        "embedding_length": 32,
        "attention.head_count": 2,
        "attention.key_length": 16,
        "attention.value_length": 16,
        "attention.sliding_window": 128,
        "expert_count": experts,
        "expert_used_count": 4,
        "expert_feed_forward_length": 32,
    }
    metadata: dict[str, tuple[int, Any]] = {"general.architecture": (STRING, "gpt-oss")}
    metadata |= {f"general.{key}": (STRING, value) for key, value in general.items()}
    metadata |= model_metadata() | {
        **{f"gpt-oss.{key}": (U32, value) for key, value in numbers.items()},
        "tokenizer.ggml.tokens": (STRING, [f"w{n}" for n in range(64)]),
        "tokenizer.ggml.token_type": (I32, [1] * 64),
        "tokenizer.ggml.merges": (STRING, ["w 1"]),
    }
    if part[1] > 1:
        metadata |= split_metadata(*part, len(tensors))
    mine = [t for t in tensors if t[0] not in without and (not only or t[0] in only)]
    shapes = {name: shape for name, _, shape in mine}
    return packed(metadata, shapes, {name: kind for name, kind, _ in mine})


def true_shape(repository: str, name: str) -> bytes:
    """Return content with the layers and experts of the real file."""
    shape = (36, 128) if "120b" in name else (24, 32)
    number, count = part_of(name.removesuffix(".gguf"))
    only = ("output_norm.weight", "token_embd.weight", "output.weight")[number - 1 : number]
    return whole(
        *shape, only=only if count > 1 else (), part=(number, count), name=f"{repository}/{name}"
    )


def runnable(repository: str, name: str) -> bytes:
    """Return the demo model as another conversion, which can be loaded and asked."""
    demo = resource("models", "demo-gpt-oss.gguf").read_bytes()
    mark = hashlib.sha256(f"{repository}/{name}".encode()).digest()
    return demo + mark + bytes(mark[0] * 32)


def stock(hub: Hub, make: Make = true_shape) -> None:
    """Put all listed files on the hub, at their commits; those that are gone at an earlier one."""
    for one in LISTINGS["repositories"]:
        name, commit = one["name"], one["commit"] or "c" * 40
        # The hub's summary may be that of the first file, whatever kind of file it is.
        hub.about[name] = {"commit": commit, "downloads": 10_000, "architecture": "eagle3"}
        for file in one["files"]:
            model = file["is"] == "model"
            content = make(name, file["name"]) if model else gguf_bytes("eagle3")
            hub.files[f"{name}/{file['name']}"] = File(content, commit)
        for file in one.get("gone", ()):
            content = make(name, file["name"])
            hub.files[f"{name}/{file['name']}"] = File(content, BEFORE, main=False)


def catalogue(hub: Hub, shape: tuple[int, int] | None = None) -> tuple[Offer, ...]:
    """Return the catalogue that ships, adapted to the hub's small files.

    Sizes and hashes are those of the small files. ``shape``: their layers and experts, if these
    differ from the real ones.
    """
    found = []
    for offer in catalog.offers():
        files = tuple(
            of(file.name, hub.files[f"{offer.model.repository}/{file.name}"].content)
            for file in offer.model.files
        )
        layers, experts = shape or (offer.layers, offer.experts)
        model = replace(offer.model, files=files)
        found.append(replace(offer, model=model, layers=layers, experts=experts))
    return tuple(found)


def of(name: str, content: bytes) -> HubFile:
    """Return a file with this content."""
    return HubFile(name, len(content), hashlib.sha256(content).hexdigest())


def rename(hub: Hub, old: str, new: str, commit: str) -> None:
    """Rename a file in its repository.

    The other files stay, and the previous commit is gone, as after a forced push.
    """
    hub.files[new] = hub.files.pop(old)
    move_on(hub, "/".join(old.split("/")[:2]), commit)


def move_on(hub: Hub, repository: str, commit: str) -> None:
    """Move everything at the main branch of a repository to another commit."""
    for name, file in hub.files.items():
        if name.startswith(f"{repository}/") and file.main:
            hub.files[name] = replace(file, commit=commit)
    hub.about[repository]["commit"] = commit


def model_of(repository: str, commit: str | None = None, **files: bytes) -> HubModel:
    """Return a model made of these files."""
    return HubModel(repository, tuple(of(*each) for each in files.items()), commit)


def put_whole(cache: Path, repository: str, name: str, content: bytes) -> Path:
    """Put a complete file into the cache, as downloaded before the new conversions."""
    file = of(name, content)
    assert file.sha256
    place = CachePath(cache, repository, name, "main", BEFORE, file.sha256)
    place.blob.parent.mkdir(parents=True, exist_ok=True)
    place.blob.write_bytes(content)
    return place.publish()


def put_half(cache: Path, repository: str, name: str, content: bytes) -> str:
    """Put the first half of a file into the cache, as after a killed download."""
    file = of(name, content)
    assert file.sha256
    place = CachePath(cache, repository, name, "main", BEFORE, file.sha256)
    half = partial_file.PartialFile(place, len(content))
    run = half.take(0)
    assert run
    half.write(0, memoryview(content)[: len(content) // 2])
    half.close()
    return file.sha256
