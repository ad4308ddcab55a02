"""How to run a model on a machine: pure arithmetic in bytes."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.errors import ModelTooLarge
from app.base.gguf import Header
from app.engine.probe import Machine

GIB = 1 << 30
_UBATCH = 512
_CONTEXTS = (32768, 16384, 8192, 4096)
_F16 = 2
# Of a 20b model at _UBATCH with one output (see the memory table of reference/gpt-oss.md);
# it grows with the width of the model.
_COMPUTE = 400 << 20
_COMPUTE_WIDTH = 2880
_RUNTIME = 150 << 20
# The system and the window need some memory too, and what is mapped may be paged.
_RESERVED = 1 * GIB


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings for llama.cpp, and the ``needed`` bytes of memory that they come to.

    Weights are never repacked (llama.cpp's use_extra_bufts): that takes the memory of the
    experts once more, and its AMX path crashed on the demo model (llama.cpp 0c1e57098, SIGSEGV
    in ggml_backend_amx_mul_mat).
    """

    context: int
    ubatch: int
    threads: int
    needed: int


def cache_bytes(header: Header, context: int, ubatch: int = _UBATCH) -> int:
    """The key-value cache: every second layer sees the whole context, the others a window
    (llama.cpp's llama_kv_cache_iswa: the window and a batch, padded to 256 cells)."""
    layers = header.number("block_count")
    heads = header.number("attention.head_count_kv")
    width = header.number("attention.key_length", 64) + header.number("attention.value_length", 64)
    window = header.number("attention.sliding_window", 128) + ubatch
    cells = (layers - layers // 2) * context + layers // 2 * min(context, window + -window % 256)
    return cells * heads * width * _F16


def make(header: Header, machine: Machine) -> Plan:
    """The longest context that fits into what is free now, the shortest where nothing does but
    the machine is large enough. Raises ModelTooLarge where it is not."""
    compute = _COMPUTE * header.number("embedding_length", _COMPUTE_WIDTH) // _COMPUTE_WIDTH
    fixed = header.weights + compute + _RUNTIME
    trained = header.number("context_length", _CONTEXTS[0])
    contexts = [c for c in _CONTEXTS if c <= trained] or [trained]
    needed = {c: fixed + cache_bytes(header, c) for c in contexts}
    most = machine.memory - _RESERVED
    free = min(machine.available, most)
    context = next((c for c in contexts if needed[c] <= free), contexts[-1])
    if needed[context] > most:
        raise ModelTooLarge(header.path, needed[context], most)
    return Plan(context, _UBATCH, machine.cores, needed[context])
