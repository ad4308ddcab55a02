"""gpt-oss-20b and 120b without weights: headers of their exact shape.

They exist in memory, and as files that are sparse except for the header and the norms.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.base.gguf import GgufHeader
from app.models import catalog

VOCABULARY = 201088


def header(size: str, path: Path = Path("model.gguf")) -> GgufHeader:
    """Return the header of ``size``, 20b or 120b."""
    (offer,) = (offer for offer in catalog.offers() if offer.name.endswith(f"-{size}"))
    return replace(catalog.header(offer), path=path)


def write(size: str, path: Path, *, experts: int = 0, words: int = VOCABULARY) -> GgufHeader:
    """Write a sparse file that llama.cpp loads without its weights (no_alloc).

    ``experts``: how many it has, instead of as many as the model; likewise ``words``.
    """
    told = header(size, path)
    if experts:
        told = _reduced(told, experts, words)
    spelled = [f"w{i:x}".encode() for i in range(words)]
    metadata = told.metadata | {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-4o",
        "tokenizer.ggml.tokens": spelled,
        "tokenizer.ggml.token_type": [1] * words,
        "tokenizer.ggml.merges": [b"w1 w2"],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    data = struct.pack("<4sIQQ", b"GGUF", 3, len(told.tensors), len(metadata))
    data += b"".join(_string(name.encode()) + _value(value) for name, value in metadata.items())
    for t in told.tensors:
        shape = struct.pack(f"<I{len(t.shape)}Q", len(t.shape), *t.shape)
        data += _string(t.name.encode()) + shape + struct.pack("<IQ", t.type, t.offset)
    data += bytes(-len(data) % 32)
    with path.open("wb") as file:
        file.write(data)
        for t in told.tensors:
            if t.name.endswith("norm.weight"):  # no model has zeros there
                file.seek(len(data) + t.offset)
                file.write(struct.pack("<f", 1.0) * (t.size // 4))
        file.truncate(len(data) + told.file_size)
    return told


def _reduced(told: GgufHeader, experts: int, words: int) -> GgufHeader:
    had = told.number("expert_count")
    metadata = {
        name: experts if name.endswith(".expert_count") else value
        for name, value in told.metadata.items()
    }
    tensors, offset = [], 0
    for tensor in told.tensors:
        *others, last = tensor.shape
        if last == VOCABULARY:
            last = words
        elif last == had and "ffn_" in tensor.name:
            last = experts
        size = tensor.size * last // tensor.shape[-1]
        tensors.append(replace(tensor, shape=(*others, last), offset=offset, size=size))
        offset += size + -size % 32
    return replace(told, metadata=metadata, tensors=tuple(tensors), file_size=offset)


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _value(value: Any) -> bytes:
    match value:
        case str():
            return struct.pack("<I", 8) + _string(value.encode())
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case [int(), *_]:
            return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
        case _:
            texts = b"".join(map(_string, value))
            return struct.pack("<IIQ", 9, 8, len(value)) + texts
