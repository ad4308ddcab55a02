"""The speeds of a gpt-oss model, predicted from the bytes that each device reads for a token.

A token reads the dense weights and the chosen experts of each layer, and the cache of all tokens
before it, each where it lies. The constants were fitted to public figures for gpt-oss-20b and to
those in tests/bench/README.md; tests/bench/machines.py prints them beside the prediction, which is
within 20 %. Speeds are in GB/s, and times in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.engine.memory_model import CacheType, ModelSizes
from app.engine.probe import DeviceSpeed, Gpu, Machine, Speeds

DEPTH = 4096  # tokens in the cache for which speeds are told
_DRAW, _DRAW_ON_GPU = 0.4e-3, 0.1e-3  # of a token's time, to draw it; a GPU sends what it drew from
# Of a token's time for each layer, whatever the GPU: kernels start, and wait for each other. It was
# fitted for the 20b's 24 layers.
_LAYER = {"CUDA": 1.0e-3 / 24}
_LAYER_OTHER = 2.3e-3 / 24  # Vulkan and Metal
_REACHED = 0.85  # of a GPU's bandwidth
_HANDOVER = 0.05e-3  # from one GPU to the next
_VISIT = 0.1e-3  # of a GPU for experts of a layer of another one, there and back (a guess)
_TO_CPU = 1.5e-3  # if there are experts on the CPU at all
_LAYER_ON_CPU = 0.15e-3  # for each such layer
_WHOLE_LAYER_ON_CPU = 0.8e-3  # if its attention is there, too (H100 with 12 of 24 layers: 23/s)

# In a batch, a GPU multiplies as if it read a token's weights at so many times its bandwidth: CUDA
# 5.5 tokens/s for each GB/s (RTX 3090: 5,100/s), Vulkan 4.9 (RTX 3090: 4,617/s; an Intel Arc B580
# 3.6), Metal 2.7; times the 2.57 GB of a token of the 20b.
_BATCHED = {"CUDA": 14.0, "Metal": 7.0}
_BATCHED_OTHER = 11.0
_BATCHED_CORE = 23.0  # GB/s for each core of the CPU (9 tokens/s of the 20b: tests/bench/README.md)

# Where nothing was measured. A discrete card is taken to be better than any CPU and as good as
# another one, so that it is used, and more of them only for their memory. An integrated GPU reads
# the same memory as the CPU, and is used only for a whole model, as its prompts are faster.
_DISCRETE = DeviceSpeed(250.0, 6.0, 12.0)
_INTEGRATED = DeviceSpeed(50.0, 6.0, 12.0)
_APPLE = DeviceSpeed(100.0, 12.0, 12.0)
_PROCESSOR = 40.0
_SAME = 0.97  # of the best speed: fewer threads that reach this are as good

OFFLOAD_LEAST, OFFLOAD_USUAL, OFFLOAD_MOST = 32, 128, 4096  # tokens


@dataclass(frozen=True, slots=True)
class Processor:
    """The CPU's ``threads`` for a token, its ``speed`` with them, and its ``cores`` for a batch."""

    threads: int
    speed: float
    cores: int


def processor(machine: Machine) -> Processor:
    """Return how the CPU is used best, as measured or assumed.

    Slow cores make fast ones wait, so only the fast ones work at a token.
    """
    fast = min(machine.performance_cores or machine.cores, machine.cores)
    measured = [(n, s) for n, s in (machine.speeds or Speeds()).processor if n <= machine.cores]
    if not measured:
        return Processor(fast, _PROCESSOR, machine.cores)
    best = max(speed for _, speed in measured)
    threads, speed = min(pair for pair in measured if pair[1] >= _SAME * best)
    return Processor(threads, speed, machine.cores)


def measured(gpu: Gpu, speeds: Speeds | None) -> DeviceSpeed | None:
    """Return the measured speed of a GPU, if it was."""
    found = dict(speeds.gpus).get(gpu.name) if speeds else None
    return found if found and found.weights > 0 else None


def assumed(gpu: Gpu) -> DeviceSpeed:
    """Return a speed for a GPU that was not measured."""
    if gpu.api == "Metal":
        return _APPLE
    return _INTEGRATED if gpu.unified else _DISCRETE


def is_measured(cards: Sequence[Card], with_cpu: bool, speeds: Speeds | None) -> bool:
    """Return whether all that is used was measured, so that a prediction is worth telling."""
    known = bool(speeds and speeds.processor) or not with_cpu
    return known and all(measured(card.gpu, speeds) for card in cards)


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU with its speed; ``room``: bytes of its memory that can be used now."""

    gpu: Gpu
    api: str
    room: int
    speed: DeviceSpeed

    @property
    def reached(self) -> float:
        """Bytes a second that it reads."""
        return self.speed.weights * _REACHED * 1e9

    def link(self, pinned: bool) -> float:
        """Return the bytes a second at which weights on the CPU are copied to it."""
        usual = assumed(self.gpu)
        pageable = self.speed.pageable or usual.pageable
        return (max(self.speed.pinned or usual.pinned, pageable) if pinned else pageable) * 1e9


@dataclass(frozen=True, slots=True)
class DeviceWork:
    """What a device does for ``layers``, in bytes.

    ``read`` of the weights for a token, ``held`` of them in its memory, and ``cache`` that it reads
    for each token in the cache.
    """

    layers: int
    read: float
    held: float
    cache: float


@dataclass(frozen=True, slots=True)
class HostWork:
    """What the CPU does beside GPUs, in bytes and in numbers of layers.

    ``split`` layers have experts there, ``whole`` ones are entirely there, and ``visits`` are of
    experts on another GPU than their layer. Long batches copy ``held`` to the first GPU, at a speed
    that depends on whether it is ``pinned``.
    """

    work: DeviceWork = DeviceWork(0, 0, 0, 0)
    split: int = 0
    whole: int = 0
    visits: int = 0
    pinned: bool = True


def cache_read(model: ModelSizes, kind: CacheType, api: str, size: float) -> float:
    """Return the bytes that attention reads of a cache of ``size``.

    For one token, CUDA reads a quantized cache anew for each of the queries that share it: behind
    103,193 tokens, an H100 drew 121 tokens/s; behind 2,180 with f16, 246.
    """
    return size * model.grouped if kind is CacheType.Q8_0 and api == "CUDA" else size


def token_s(
    cards: Sequence[Card],
    works: Sequence[DeviceWork],
    host: HostWork,
    cpu: Processor,
    depth: int = DEPTH,
) -> float:
    """Return the time for a token of an answer."""
    seconds = _DRAW_ON_GPU if cards else _DRAW
    seconds += (host.work.read + host.work.cache * depth) / (cpu.speed * 1e9)
    if not cards:
        return seconds
    for card, work in zip(cards, works, strict=True):
        seconds += work.layers * _LAYER.get(card.api, _LAYER_OTHER)
        seconds += (work.read + work.cache * depth) / card.reached
    seconds += (len(cards) - 1) * _HANDOVER + host.visits * _VISIT
    layers = host.split + host.whole
    return (
        seconds
        + bool(layers) * _TO_CPU
        + host.split * _LAYER_ON_CPU
        + (host.whole * _WHOLE_LAYER_ON_CPU)
    )


def batch_s(
    cards: Sequence[Card], works: Sequence[DeviceWork], host: HostWork, cpu: Processor, tokens: int
) -> float:
    """Return the time for a batch of a prompt.

    Copying weights and multiplying do not overlap: an H100 with the experts of 4, 13, 18 and all 24
    layers on the CPU took 0.35, 0.86, 1.23 and 1.70 s for 512 tokens, which is 66 ms a layer and 50
    to 90 for the rest. A short batch leaves the experts on the CPU.
    """
    on_cpu = tokens * host.work.read / (cpu.cores * _BATCHED_CORE * 1e9)
    if not cards:
        return on_cpu
    nothing = [DeviceWork(work.layers, 0, 0, 0) for work in works]
    seconds = token_s(cards, nothing, HostWork(visits=host.visits), cpu)
    for card, work in zip(cards, works, strict=True):
        seconds += work.held / card.reached + tokens * work.read / _batched(card)
    first = cards[0]
    copied = host.work.held / first.link(host.pinned) + tokens * host.work.read / _batched(first)
    return seconds + min(copied, on_cpu)


def _batched(card: Card) -> float:
    """Return the bytes a second that a GPU multiplies in a batch, for each of its tokens."""
    return card.speed.weights * _BATCHED.get(card.api, _BATCHED_OTHER) * 1e9


def offload_batch(sizes: ModelSizes, speeds: Speeds | None) -> int:
    """Return from how many tokens on a batch is worth copying experts to the GPU.

    Below, the CPU has multiplied before they are there. This is for GGML_OP_OFFLOAD_MIN_BATCH.
    """
    links = [s.pinned or s.pageable for _, s in speeds.gpus] if speeds else []
    cores = max((threads for threads, _ in speeds.processor), default=0) if speeds else 0
    if not cores or not (link := max(links, default=0.0)):
        return OFFLOAD_USUAL
    # A layer's experts are copied whole, and the CPU multiplies with the chosen ones of each token.
    break_even = cores * _BATCHED_CORE / (link * sizes.chosen)
    return round(min(max(break_even, OFFLOAD_LEAST), OFFLOAD_MOST))
