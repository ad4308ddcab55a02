"""Small GGUF files: any header, with next to no weights."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.base import gguf
from app.base.gguf import BOOL, F32, I32, STRING, U16, U32

_WORDS = ("a", "b")  # the vocabulary
_WIDTH, _HEADS, _EXPERTS = 4, 1, 2


def gguf_bytes(
    architecture: str = "gpt-oss",
    tensors: Sequence[str] | None = None,
    part: tuple[int, int] = (1, 1),
    **general: str,
) -> bytes:
    """Return a whole file: a gpt-oss of one layer that llama.cpp accepts.

    ``tensors`` replace those of gpt-oss, with one number each; ``part`` is the number of the file
    and the number of files; ``general`` has keys such as ``type``.
    """
    shapes = model_tensors() if tensors is None else dict.fromkeys(tensors, (1,))
    number, count = part
    mine = dict([*shapes.items()][number - 1 :: count])
    split = split_metadata(number, count, len(shapes)) if count > 1 else {}
    named = {f"general.{key}": (STRING, value) for key, value in general.items()}
    metadata = {"general.architecture": (STRING, architecture)} | named
    return packed(metadata | model_metadata() | split, mine)


def write_header(
    path: Path,
    architecture: str = "gpt-oss",
    part: tuple[int, int] | None = None,
    **general: str,
) -> Path:
    """Write such a file at ``path``, creating folders; the name tells the part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf_bytes(architecture, part=part or part_of(path.stem), **general))
    return path


def part_of(stem: str) -> tuple[int, int]:
    """Return the number of a part and the number of parts, from a file's name."""
    numbered = re.search(r"-(\d{5})-of-(\d{5})\Z", stem)
    return (int(numbered[1]), int(numbered[2])) if numbered and gguf.part_count(stem) else (1, 1)


def split_metadata(number: int, count: int, tensors: int) -> dict[str, tuple[int, Any]]:
    """Return a part's metadata as gguf-split writes it."""
    return {
        "split.no": (U16, number - 1),
        "split.count": (U16, count),
        "split.tensors.count": (I32, tensors),
    }


def model_metadata() -> dict[str, tuple[int, Any]]:
    """Return type and value of the keys of a gpt-oss of one layer."""
    numbers = {
        "block_count": 1,
        "context_length": 4096,
        "embedding_length": _WIDTH,
        "attention.head_count": _HEADS,
        "attention.key_length": _WIDTH,
        "attention.value_length": _WIDTH,
        "attention.sliding_window": 128,
        "expert_count": _EXPERTS,
        "expert_used_count": 1,
        "expert_feed_forward_length": _WIDTH,
    }
    return {
        **{f"gpt-oss.{name}": (U32, value) for name, value in numbers.items()},
        "gpt-oss.attention.layer_norm_rms_epsilon": (F32, 1e-5),
        "tokenizer.ggml.model": (STRING, "gpt2"),
        "tokenizer.ggml.pre": (STRING, "gpt-4o"),
        "tokenizer.ggml.tokens": (STRING, [*_WORDS]),
        "tokenizer.ggml.token_type": (I32, [1] * len(_WORDS)),
        "tokenizer.ggml.merges": (STRING, ["a b"]),
        "tokenizer.ggml.add_bos_token": (BOOL, False),
    }


def model_tensors() -> dict[str, tuple[int, ...]]:
    """Return the shapes of its tensors, in 32-bit numbers."""
    row, square, vocabulary = (_WIDTH,), (_WIDTH, _WIDTH), (_WIDTH, len(_WORDS))
    layer = {
        **dict.fromkeys(("attn_norm.weight", "post_attention_norm.weight"), row),
        **dict.fromkeys(("attn_q.weight", "attn_k.weight", "attn_v.weight"), square),
        "attn_output.weight": square,
        "attn_output.bias": row,
        "attn_sinks.weight": (_HEADS,),
        "ffn_gate_inp.weight": (_WIDTH, _EXPERTS),
        "ffn_gate_inp.bias": (_EXPERTS,),
        **{f"ffn_{name}_exps.weight": (*square, _EXPERTS) for name in ("gate", "up", "down")},
        **{f"ffn_{name}_exps.bias": (_WIDTH, _EXPERTS) for name in ("gate", "up", "down")},
    }
    return {
        "token_embd.weight": vocabulary,
        "output_norm.weight": row,
        "output.weight": vocabulary,
        **{f"blk.0.{name}": shape for name, shape in layer.items()},
    }


_BLOCKS = {0: (1, 4), 2: (32, 18), 8: (32, 34), 39: (32, 17)}
"""Weights and bytes of a block: F32, Q4_0, Q8_0, MXFP4 (ggml.c: type_traits)."""


def packed(
    metadata: dict[str, tuple[int, Any]],
    shapes: dict[str, tuple[int, ...]],
    types: Mapping[str, int] | None = None,
) -> bytes:
    """Return a file with these keys and tensors.

    Tensors are F32 except for those in ``types``, and zero except for the norms, which no model has
    as zeros.
    """
    keys = b"".join(_string(key) + _value(*value) for key, value in metadata.items())
    directory, at = b"", 0
    norms: list[tuple[int, int]] = []
    for name, shape in shapes.items():
        directory += _string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        kind = (types or {}).get(name, 0)
        directory += struct.pack("<IQ", kind, at)
        weights, block = _BLOCKS[kind]
        size = math.prod(shape) // weights * block
        norms += [(at, size // 4)] * (name.endswith("norm.weight") and kind == 0)
        at += size + -size % gguf.ALIGNMENT
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(metadata)) + keys + directory
    data = bytearray(at)
    for start, count in norms:
        data[start : start + 4 * count] = struct.pack(f"<{count}f", *[1.0] * count)
    return head + bytes(-len(head) % gguf.ALIGNMENT) + bytes(data)


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(kind: int, value: Any) -> bytes:
    if isinstance(value, list):
        head = struct.pack("<IIQ", gguf.ARRAY, kind, len(value))
        return head + b"".join(_scalar(kind, item) for item in value)
    return struct.pack("<I", kind) + _scalar(kind, value)


def _scalar(kind: int, value: Any) -> bytes:
    return _string(value) if kind == STRING else struct.pack("<" + _FORMATS[kind], value)


_FORMATS = {U16: "H", U32: "I", I32: "i", F32: "f", BOOL: "?"}
