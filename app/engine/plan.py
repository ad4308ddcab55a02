"""How to run a model on a machine: pure arithmetic in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.base.errors import ModelTooLarge
from app.base.gguf import Header
from app.engine.probe import Gpu, Machine

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


class CacheType(StrEnum):
    """How the keys and values of the cache are stored."""

    F16 = "f16"
    Q8_0 = "q8_0"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has fixed; None leaves it to the plan. ``cpu_experts``: of how many layers
    the experts stay on the CPU."""

    context: int | None = None
    gpu_layers: int | None = None
    cpu_experts: int | None = None
    cache: CacheType | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Bytes of one memory, the computer's or a GPU's, by what they are for."""

    weights: int = 0
    cache: int = 0
    compute: int = 0
    runtime: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.cache + self.compute + self.runtime


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings for llama.cpp, and what they come to in memory.

    Weights are never repacked (llama.cpp's use_extra_bufts): that takes the memory of the
    experts once more, and its AMX path crashed on the demo model (llama.cpp 0c1e57098, SIGSEGV
    in ggml_backend_amx_mul_mat).
    """

    context: int
    ubatch: int
    threads: int
    host: Use
    cache: CacheType = CacheType.F16
    gpu: Gpu | None = None
    gpu_layers: int = 0
    """Layers on the GPU, counted from the last; the output counts as one more."""
    cpu_experts: int = 0
    """Of how many layers, counted from the first, the experts stay on the CPU."""
    device: Use = Use()
    repack: bool = False
    mmap: bool = True

    @property
    def needed(self) -> int:
        """Bytes of the computer's own memory."""
        return self.host.total


def cache_bytes(header: Header, context: int, ubatch: int = _UBATCH) -> int:
    """The key-value cache: every second layer sees the whole context, the others a window
    (llama.cpp's llama_kv_cache_iswa: the window and a batch, padded to 256 cells)."""
    layers = header.number("block_count")
    heads = header.number("attention.head_count_kv")
    width = header.number("attention.key_length", 64) + header.number("attention.value_length", 64)
    window = header.number("attention.sliding_window", 128) + ubatch
    cells = (layers - layers // 2) * context + layers // 2 * min(context, window + -window % 256)
    return cells * heads * width * _F16


def make(header: Header, machine: Machine, wishes: Wishes = Wishes()) -> Plan:
    """The longest context that fits into what is free now, the shortest where nothing does but
    the machine is large enough. Raises ModelTooLarge where it is not."""
    compute = _COMPUTE * header.number("embedding_length", _COMPUTE_WIDTH) // _COMPUTE_WIDTH
    trained = header.number("context_length", _CONTEXTS[0])
    contexts = [c for c in _CONTEXTS if c <= trained] or [trained]
    uses = {c: Use(header.weights, cache_bytes(header, c), compute, _RUNTIME) for c in contexts}
    most = machine.memory - _RESERVED
    free = min(machine.available, most)
    context = next((c for c in contexts if uses[c].total <= free), contexts[-1])
    if uses[context].total > most:
        raise ModelTooLarge(header.path, uses[context].total, most)
    return Plan(context, _UBATCH, machine.cores, uses[context])


def smaller(plan: Plan, header: Header, machine: Machine) -> Plan | None:
    """The next plan below ``plan``, for when that one did not find its memory; None where
    there is none."""
    wishes = Wishes(context=plan.context // 2)
    return make(header, machine, wishes) if plan.context > _CONTEXTS[-1] else None
