"""Model files with wrong headers of every known kind, made from a good one by a seed.

Also files that are wrong elsewhere, or only look wrong (`cases`).
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FORMATS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY, _U64, _I64 = 4, 5, 6, 7, 8, 9, 10, 11

Pair = tuple[bytes, int, bytes]
"""A key, the number of its type, and its value as it stands in the file."""


@dataclass(frozen=True, slots=True)
class Info:
    """A tensor as it stands in the directory."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    offset: int


def _text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def parse(data: bytes) -> tuple[list[Pair], list[Info], bytes]:
    """Return the keys, the tensors, and the weights of a good file."""
    at = 24
    tensor_count, key_count = struct.unpack_from("<QQ", data, 8)

    def take(form: str) -> tuple[int, ...]:
        nonlocal at
        found = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return found

    def string() -> bytes:
        nonlocal at
        (size,) = take("Q")
        at += size
        return data[at - size : at]

    pairs, tensors = [], []
    for _ in range(key_count):
        key, (kind,) = string(), take("I")
        begin = at
        if kind == _STRING:
            string()
        elif kind == _ARRAY:
            item, count = take("IQ")
            for _ in range(count):
                string() if item == _STRING else take(_FORMATS[item])
        else:
            take(_FORMATS[kind])
        pairs.append((key, kind, data[begin:at]))
    for _ in range(tensor_count):
        name, (dims,) = string(), take("I")
        shape = take(f"{dims}Q")
        tensors.append(Info(name, shape, *take("IQ")))
    return pairs, tensors, data[at + -at % 32 :]


def head(
    pairs: list[Pair], tensors: list[Info], counts: tuple[int, int] | None = None, version: int = 3
) -> bytes:
    """Return a header; ``counts`` of tensors and keys may be wrong."""
    told = counts or (len(tensors), len(pairs))
    data = b"GGUF" + struct.pack("<IQQ", version, *told)
    data += b"".join(_text(key) + struct.pack("<I", kind) + value for key, kind, value in pairs)
    for t in tensors:
        data += _text(t.name) + struct.pack(f"<I{len(t.shape)}Q", len(t.shape), *t.shape)
        data += struct.pack("<IQ", t.kind, t.offset)
    return data + bytes(-len(data) % 32)


def build(pairs: list[Pair], tensors: list[Info], weights: bytes) -> bytes:
    """Return the whole file."""
    return head(pairs, tensors) + weights


def _strange_values() -> Iterator[tuple[str, int, bytes]]:
    for name, value in (
        ("zero", 0),
        ("one", 1),
        ("odd", 7),
        ("many", 5000),
        ("most", (1 << 32) - 1),
    ):
        yield name, _U32, struct.pack("<I", value)
    yield "negative", _I32, struct.pack("<i", -5)
    yield "wide", _U64, struct.pack("<Q", 1 << 63)
    yield "wide and negative", _I64, struct.pack("<q", -1)
    yield "a fraction", _F32, struct.pack("<f", 1e-5)
    yield "nan", _F32, struct.pack("<f", float("nan"))
    yield "true", _BOOL, b"\x01"
    yield "a word", _STRING, _text(b"x")
    yield "no word", _STRING, _text(b"")
    yield "bytes", _STRING, _text(b"\xff\xfe\x00\x80")
    yield "numbers", _ARRAY, struct.pack("<IQ4I", _U32, 4, 2, 2, 2, 2)
    yield "other numbers", _ARRAY, struct.pack("<IQ4i", _I32, 4, 1, -2, 3, 1 << 30)
    yield "no numbers", _ARRAY, struct.pack("<IQ", _I32, 0)
    yield "words", _ARRAY, struct.pack("<IQ", _STRING, 2) + _text(b"a") + _text(b"b")
    yield "arrays", _ARRAY, struct.pack("<IQIQ", _ARRAY, 1, _U32, 0)
    yield "an array without end", _ARRAY, struct.pack("<IQ", _U32, 1 << 40)
    yield "an unknown type", 77, b"\0" * 8


def of_keys(pairs: list[Pair], tensors: list[Info]) -> Iterator[tuple[str, bytes]]:
    """Yield each key with other values, duplicated and missing."""
    for index, (key, _, _) in enumerate(pairs):
        name = key.decode()
        before, after = pairs[:index], pairs[index + 1 :]
        yield f"{name} absent", head([*before, *after], tensors)
        yield f"{name} twice", head([*pairs, pairs[index]], tensors)
        for what, kind, value in _strange_values():
            yield f"{name} is {what}", head([*before, (key, kind, value), *after], tensors)


def of_tensors(
    pairs: list[Pair], tensors: list[Info], dice: random.Random, count: int
) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` files with wrong names, shapes, types and offsets of tensors."""
    names = (
        b"", b"x" * 64, b"\xff\xfe", tensors[0].name, b"output_norm.Weight", b"blk.0.attn_sinks",
        b"blk.0.attn_out.weight", b"blk.-1.x", b"blk.999999999999999999999.attn_norm.weight",
    )  # fmt: skip
    shapes: tuple[tuple[int, ...], ...] = (
        (), (0,), (1,), (7,), (1 << 40,), (1 << 63,), ((1 << 64) - 1, 2), (1 << 32, 1 << 32),
        (32, 1, 1, 1), (32, 1, 1, 1, 1), (128, 128, 128, 128),
    )  # fmt: skip
    for t in dice.sample(tensors, min(count, len(tensors))):
        index, told = tensors.index(t), t.name.decode()
        others = (
            *((f"is called {name!r}", Info(name, t.shape, t.kind, t.offset)) for name in names),
            *((f"has shape {shape}", Info(t.name, shape, t.kind, t.offset)) for shape in shapes),
            *(
                (f"has type {kind}", Info(t.name, t.shape, kind, t.offset))
                for kind in (0, 1, 2, 4, 8, 15, 26, 30, 31, 39, 40, 41, 42, 43, 99, (1 << 32) - 1)
            ),
            *(
                (f"has offset {offset}", Info(t.name, t.shape, t.kind, offset))
                for offset in (0, t.offset + 1, t.offset + 32, 1 << 40, (1 << 64) - 1)
            ),
        )
        for what, other in others:
            yield f"{told} {what}", head(pairs, [*tensors[:index], other, *tensors[index + 1 :]])
        yield f"{told} absent", head(pairs, [*tensors[:index], *tensors[index + 1 :]])
        yield f"{told} last", head(pairs, [*tensors[:index], *tensors[index + 1 :], t])


def of_counts(pairs: list[Pair], tensors: list[Info]) -> Iterator[tuple[str, bytes]]:
    """Yield other versions and wrong counts."""
    for version in (0, 1, 2, 4, 9, 3 << 24, (1 << 32) - 1):
        yield f"version {version}", head(pairs, tensors, version=version)
    of_all = (len(tensors), len(pairs))
    for index, name in enumerate(("tensors", "keys")):
        for count in (0, of_all[index] - 1, of_all[index] + 1, 1 << 16, 1 << 40, (1 << 64) - 1):
            told = (count, of_all[1]) if index == 0 else (of_all[0], count)
            yield f"{count} {name}", head(pairs, tensors, told)


def of_bytes(data: bytes, dice: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` headers with bytes changed, removed, inserted or cut off."""
    for number in range(count):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 8))):
            # The beginning has the counts and the short keys.
            at = dice.randrange(dice.choice((64, 1200, len(changed))))
            match dice.randrange(4):
                case 0:
                    changed[at] = dice.randrange(256)
                case 1:
                    changed[at] ^= 1 << dice.randrange(8)
                case 2:
                    del changed[at : at + dice.randrange(1, 20)]
                case _:
                    changed[at:at] = dice.randbytes(dice.randrange(1, 20))
        if dice.randrange(4) == 0:
            del changed[dice.randrange(len(changed)) :]
        yield f"bytes {number}", bytes(changed)


def mutants(data: bytes, seed: int = 14) -> dict[str, bytes]:
    """Return about 1,400 broken headers of the good file ``data``, by what is wrong."""
    dice = random.Random(seed)
    pairs, tensors, _ = parse(data)
    return {
        **dict(of_keys(pairs, tensors)),
        **dict(of_tensors(pairs, tensors, dice, 8)),
        **dict(of_counts(pairs, tensors)),
        **dict(of_bytes(head(pairs, tensors), dice, 400)),
    }


def write(path: Path, header: bytes, weights: bytes, size: int) -> Path:
    """Write a file with this header and ``weights``, extended to ``size`` by a hole."""
    with path.open("wb") as file:
        file.write(header + weights)
        file.truncate(max(size, len(header + weights)))
    return path


def cases(data: bytes) -> dict[str, bytes]:
    """Return whole files by name, made from the demo model ``data``."""
    pairs, tensors, weights = parse(data)

    def number(key: bytes, kind: int, value: int) -> bytes:
        packed = struct.pack("<" + _FORMATS[kind], value)
        changed = [(k, kind, packed) if k == b"gpt-oss." + key else (k, t, v) for k, t, v in pairs]
        return build(changed, tensors, weights)

    def others(change: dict[bytes, bytes]) -> list[Info]:
        renamed = []
        for t in tensors:
            name = t.name
            for old, new in change.items():
                name = name.replace(old, new)
            renamed.append(Info(name, t.shape, t.kind, t.offset))
        return renamed

    tokens = struct.pack("<IQ", _U32, 2048) + struct.pack("<2048I", *range(2048))
    numbers = [(k, t, tokens if k == b"tokenizer.ggml.tokens" else v) for k, t, v in pairs]
    flat = [Info(t.name, () if t.name.startswith(b"token_embd") else t.shape, t.kind, t.offset)
            for t in tensors]  # fmt: skip
    nan = bytearray(weights)
    offset = next(t.offset for t in tensors if t.name == b"output_norm.weight")
    nan[offset : offset + 512] = struct.pack("<f", float("nan")) * 128
    half = len(data) // 2
    return {
        "layers-4100": number(b"block_count", _U32, 4100),
        "layers-200000000": number(b"block_count", _U32, 200_000_000),
        "context-negative": number(b"context_length", _I32, -5),
        "embedding-without-dimensions": build(pairs, flat, weights),
        "without-sinks": build(pairs, [t for t in tensors if b"sinks" not in t.name], weights),
        "names-of-ollama": build(pairs, others({b"attn_sinks.weight": b"attn_sinks"}), weights),
        "tokens-are-numbers": build(numbers, tensors, weights),
        "norm-is-nan": build(pairs, tensors, bytes(nan)),
        "second-half-zeros": data[:half] + bytes(len(data) - half),
        "whole-00001-of-00003": data,
    }
