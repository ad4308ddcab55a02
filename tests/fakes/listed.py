"""The hub as public files of 2026 say it is (tests/cases/hub/listings.json): its names, commits and
folders, with small files under them that have true headers."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.base.resources import resource
from app.models import blob, catalog
from app.models.catalog import HubFile, HubModel, Offer
from tests.fakes.headers import gguf_bytes
from tests.fakes.hub import File, Hub

LISTINGS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "cases" / "hub" / "listings.json").read_text(encoding="utf-8")
)
SMALL, LARGE = "ggml-org/gpt-oss-20b-GGUF", "ggml-org/gpt-oss-120b-GGUF"
BEFORE = "b" * 40
"""The commit before the new conversions."""

Make = Callable[[str, str], bytes]
"""The bytes of the model that a repository has under a name."""


def whole(
    layers: int, experts: int, *, without: Sequence[str] = (), type: int = 39, **general: str
) -> bytes:
    """A gpt-oss of that shape with small matrices of zeros, by the names that llama.cpp's converter
    gives its tensors (gguf-py, constants.py: MODEL_ARCH.GPT_OSS). ``type``: of the experts."""
    tensors: list[tuple[str, int, tuple[int, ...]]] = [
        ("token_embd.weight", 8, (32, 64)),
        ("output_norm.weight", 0, (32,)),
        ("output.weight", 8, (32, 64)),
    ]
    for layer in range(layers):
        block = f"blk.{layer}."
        tensors += [(f"{block}{n}.weight", 0, (32,)) for n in ("attn_norm", "post_attention_norm")]
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors += [(f"{block}{part}.weight", 8, (32, 32)), (f"{block}{part}.bias", 0, (32,))]
        tensors += [
            (f"{block}attn_sinks.weight", 0, (2,)),
            (f"{block}ffn_gate_inp.weight", 0, (32, experts)),
            (f"{block}ffn_gate_inp.bias", 0, (experts,)),
        ]
        for part in ("gate", "up", "down"):
            name = f"{block}ffn_{part}_exps"
            tensors += [
                (f"{name}.weight", type, (256, 1, experts)),
                (f"{name}.bias", 0, (experts,)),
            ]
    return _gguf(
        {"general.architecture": "gpt-oss"}
        | {f"general.{key}": value for key, value in general.items()}
        | {"gpt-oss.block_count": layers, "gpt-oss.expert_count": experts},
        [tensor for tensor in tensors if tensor[0] not in without],
    )


_SIZES = {0: (1, 4), 8: (32, 34), 10: (256, 84), 39: (32, 17)}


def _gguf(metadata: dict[str, Any], tensors: Sequence[tuple[str, int, tuple[int, ...]]]) -> bytes:
    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text.encode())) + text.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        text = isinstance(value, str)
        head += string(key) + struct.pack("<I", 8 if text else 4)
        head += string(value) if text else struct.pack("<I", value)
    at = 0
    for name, kind, shape in tensors:
        count = 1
        for side in shape:
            count *= side
        weights, size = _SIZES[kind]
        head += string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", kind, at)
        at += count // weights * size
        at += -at % 32
    return head + bytes(-len(head) % 32) + bytes(at)


def true_shape(repository: str, name: str) -> bytes:
    """With the layers and experts that the real ones have."""
    return whole(*((36, 128) if "120b" in name else (24, 32)), name=f"{repository}/{name}")


def runnable(repository: str, name: str) -> bytes:
    """The demo model in another conversion: one that can be loaded and asked."""
    demo = resource("models", "demo-gpt-oss.gguf").read_bytes()
    mark = hashlib.sha256(f"{repository}/{name}".encode()).digest()
    return demo + mark + bytes(mark[0] * 32)


def stock(hub: Hub, make: Make = true_shape) -> None:
    """Puts all that is listed on the hub, at its commits; what is gone, at one before."""
    for one in LISTINGS["repositories"]:
        name, commit = one["name"], one["commit"] or "c" * 40
        # The hub's summary can be that of the first file, whatever it is.
        hub.about[name] = {"commit": commit, "downloads": 10_000, "architecture": "eagle3"}
        for file in one["files"]:
            model = file["is"] == "model"
            content = make(name, file["name"]) if model else gguf_bytes("eagle3")
            hub.files[f"{name}/{file['name']}"] = File(content, commit)
        for file in one.get("gone", ()):
            content = make(name, file["name"])
            hub.files[f"{name}/{file['name']}"] = File(content, BEFORE, main=False)


def catalogue(hub: Hub, shape: tuple[int, int] | None = None) -> tuple[Offer, ...]:
    """What ships, but for the sizes and hashes, which are those of the hub's small files, and for
    the ``shape``, layers and experts, where the small files have another."""
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
    """A file with this content."""
    return HubFile(name, len(content), hashlib.sha256(content).hexdigest())


def rename(hub: Hub, old: str, new: str, commit: str) -> None:
    """A file gets another name in its repository, whose other files stay, and the commit before
    is gone, as after a forced push."""
    hub.files[new] = hub.files.pop(old)
    move_on(hub, "/".join(old.split("/")[:2]), commit)


def move_on(hub: Hub, repository: str, commit: str) -> None:
    """What is at the main branch of a repository is in another commit, and in no other."""
    for name, file in hub.files.items():
        if name.startswith(f"{repository}/") and file.main:
            hub.files[name] = replace(file, commit=commit)
    hub.about[repository]["commit"] = commit


def model_of(repository: str, commit: str | None = None, **files: bytes) -> HubModel:
    """A model that is made of these files."""
    return HubModel(repository, tuple(of(*each) for each in files.items()), commit)


def put_whole(cache: Path, repository: str, name: str, content: bytes) -> Path:
    """A file that has been fetched before the new conversions."""
    file = of(name, content)
    assert file.sha256
    place = blob.Place(cache, repository, name, "main", BEFORE, file.sha256)
    place.blob.parent.mkdir(parents=True, exist_ok=True)
    place.blob.write_bytes(content)
    return place.publish()


def put_half(cache: Path, repository: str, name: str, content: bytes) -> str:
    """The first half of one, as a killed Fireside leaves it."""
    file = of(name, content)
    assert file.sha256
    place = blob.Place(cache, repository, name, "main", BEFORE, file.sha256)
    half = blob.Blob(place, len(content))
    run = half.take(0)
    assert run
    half.write(0, memoryview(content)[: len(content) // 2])
    half.close()
    return file.sha256
