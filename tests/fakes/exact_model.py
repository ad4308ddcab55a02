"""The demo model with its weights unpacked to 32-bit floats.

llama.cpp rounds what is multiplied with packed weights to 8 bits. Where a prompt is read in other
batches, or the cells of a window lie in another order, sums differ in their last digits, the
rounding turns that into 0.1 to 5 of a logit, and another token may become the most probable one.
With these weights the difference is 0.04 at most, on tokens drawn at random, so that any larger one
is a fault.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from app.base import gguf
from app.base.gguf import GgufHeader
from app.base.types import ModelRef
from app.host import demo_model

_F32, _Q8_0, _MXFP4 = 0, 8, 39
_ALIGNMENT = 32
_FOURS = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)


@functools.cache
def exact_model() -> ModelRef:
    """Return the model, written once and removed at exit."""
    folder = Path(tempfile.mkdtemp(prefix="fireside-exact-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    demo = demo_model()
    path = folder / "exact-demo.gguf"
    path.write_bytes(_unpacked(gguf.read(Path(demo.place)), Path(demo.place).read_bytes()))
    return ModelRef.of_file(path, "Exact demo", demo.sampling)


def _unpacked(header: GgufHeader, data: bytes) -> bytes:
    """Return the file with each tensor as F32 and the same metadata."""
    first = header.tensors[0].name.encode()
    start = data.index(struct.pack("<Q", len(first)) + first, 0, header.data_offset)
    infos, values, at = b"", b"", 0
    for tensor in header.tensors:
        name = tensor.name.encode()
        shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        infos += struct.pack("<Q", len(name)) + name + shape + struct.pack("<IQ", _F32, at)
        begin = header.data_offset + tensor.offset
        plain = _UNPACK[tensor.type](data[begin : begin + tensor.size])
        plain += bytes(-len(plain) % _ALIGNMENT)
        values += plain
        at += len(plain)
    whole = data[:start] + infos
    return whole + bytes(-len(whole) % _ALIGNMENT) + values


def _q8_0(data: bytes) -> bytes:
    """Unpack Q8_0 blocks: a half-precision scale and 32 bytes."""
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("values", "i1", 32)]))
    plain: Any = blocks["scale"].astype(np.float32)[:, None] * blocks["values"]
    return bytes(plain.astype("<f4").tobytes())


def _mxfp4(data: bytes) -> bytes:
    """Unpack MXFP4 blocks: an exponent and 32 values of four bits, the low halves first."""
    blocks = np.frombuffer(data, np.dtype([("exponent", "u1"), ("values", "u1", 16)]))
    values = blocks["values"]
    fours = _FOURS[np.concatenate([values & 15, values >> 4], axis=1)]
    scale = np.exp2(blocks["exponent"].astype(np.float32) - 128)
    return bytes((fours * scale[:, None]).astype("<f4").tobytes())


_UNPACK: dict[int, Callable[[bytes], bytes]] = {
    _F32: lambda data: data,
    _Q8_0: _q8_0,
    _MXFP4: _mxfp4,
}
