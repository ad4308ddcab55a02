"""gpt-oss-20b and 120b without their weights: headers of their exact shape, in memory, and as
files that are holes but for the header."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

from app.base.gguf import _BLOCKS, Header, Tensor

WIDTH, HEADS, KV_HEADS, HEAD, VOCABULARY = 2880, 64, 8, 64, 201088
_F32, _Q8_0, _MXFP4 = 0, 8, 39
_LAYERS = {"20b": (24, 32), "120b": (36, 128)}  # layers, experts


def header(size: str, path: Path = Path("model.gguf")) -> Header:
    """That of ``size``, 20b or 120b."""
    tensors = _tensors(*_LAYERS[size])
    total = tensors[-1].offset + tensors[-1].size
    return Header(path, _metadata(*_LAYERS[size]), tensors, 0, total)


def write(size: str, path: Path) -> Header:
    """A file that llama.cpp loads without its weights (no_alloc); it takes no room on disk."""
    told = header(size, path)
    words = [f"w{i:x}".encode() for i in range(VOCABULARY)]
    metadata = told.metadata | {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-4o",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": [1] * VOCABULARY,
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
        file.truncate(len(data) + told.file_size)
    return told


def _metadata(layers: int, experts: int) -> dict[str, Any]:
    numbers = {
        "block_count": layers,
        "context_length": 131072,
        "embedding_length": WIDTH,
        "feed_forward_length": WIDTH,
        "expert_feed_forward_length": WIDTH,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV_HEADS,
        "attention.key_length": HEAD,
        "attention.value_length": HEAD,
        "attention.sliding_window": 128,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 150000.0,
        "expert_count": experts,
        "expert_used_count": 4,
    }
    named = {f"gpt-oss.{name}": value for name, value in numbers.items()}
    return {"general.architecture": "gpt-oss", "general.quantization_version": 2} | named


def _tensors(layers: int, experts: int) -> tuple[Tensor, ...]:
    found: list[Tensor] = []
    at = 0

    def add(name: str, kind: int, *shape: int) -> None:
        nonlocal at
        weights, size = _BLOCKS[kind]
        found.append(Tensor(name, shape, kind, at, math.prod(shape) // weights * size))
        at += found[-1].size + -found[-1].size % 32

    add("token_embd.weight", _Q8_0, WIDTH, VOCABULARY)
    add("output_norm.weight", _F32, WIDTH)
    add("output.weight", _Q8_0, WIDTH, VOCABULARY)
    heads, kv_heads = HEADS * HEAD, KV_HEADS * HEAD
    for layer in range(layers):
        block = f"blk.{layer}."
        for name in ("attn_norm", "post_attention_norm"):
            add(f"{block}{name}.weight", _F32, WIDTH)
        for name, wide, out in (
            ("attn_q", WIDTH, heads),
            ("attn_k", WIDTH, kv_heads),
            ("attn_v", WIDTH, kv_heads),
            ("attn_output", heads, WIDTH),
        ):
            add(f"{block}{name}.weight", _Q8_0, wide, out)
            add(f"{block}{name}.bias", _F32, out)
        add(f"{block}attn_sinks.weight", _F32, HEADS)
        add(f"{block}ffn_gate_inp.weight", _F32, WIDTH, experts)
        add(f"{block}ffn_gate_inp.bias", _F32, experts)
        for name in ("gate", "up", "down"):
            add(f"{block}ffn_{name}_exps.weight", _MXFP4, WIDTH, WIDTH, experts)
            add(f"{block}ffn_{name}_exps.bias", _F32, WIDTH, experts)
    return tuple(found)


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
