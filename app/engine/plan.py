"""Planning how to run a model on a machine: a choice of settings by the memory that they take."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.base.errors import ModelTooLarge
from app.base.gguf import GgufHeader
from app.base.settings import Settings
from app.engine.memory_model import CacheType, MemorySettings, MemoryUse, ModelSizes, uses
from app.engine.probe import Gpu, Machine

CONTEXTS = (131072, 65536, 32768, 16384, 8192, 4096)
_USUAL, _ENOUGH = 32768, 16384  # context in tokens: the usual; the least, worth more than speed
_GIB = 1 << 30
_MIB = 1 << 20
# Memory left to the system, the window, and whatever else draws on the screen.
_HOST_RESERVE = 1 * _GIB
_GPU_RESERVE = 512 * _MIB
_LAVISH = 1 / 2  # of the memory may be filled for comfort: a longer context, repacked weights
_PATIENCE = 16 * _GIB  # the most weights to repack, at some 300 MB/s
_SHARE = 64 * _MIB  # of weights per thread; below that, another thread costs more than it saves


@dataclass(frozen=True, slots=True)
class Overrides:
    """The user's fixed values; None leaves a value to the plan.

    ``cpu_experts``: of how many layers the experts stay on the CPU. ``mapped``: whether the weights
    stay in the file, from which the system reads them as needed, even if memory is plenty.
    ``unused_gpus``: the cards that are switched off, by their place on the bus or their name.
    """

    context: int | None = None
    gpu_layers: int | None = None
    cpu_experts: int | None = None
    cache: CacheType | None = None
    mapped: bool = False
    unused_gpus: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Overrides:
        """Return the values fixed in the settings."""
        s = settings
        cache = CacheType(s.cache_type) if s.cache_type in list(CacheType) else None
        return cls(s.context, s.gpu_layers, s.cpu_experts, cache, s.map_weights)


@dataclass(frozen=True, slots=True)
class PlanRefused:
    """A better plan that did not fit.

    It needs ``needed`` bytes of memory, and only ``room`` can be used, of the GPU (``on_gpu``) or
    of the computer.
    """

    context: int
    cache: CacheType
    gpu_layers: int
    on_gpu: bool
    needed: int
    room: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one GPU holds: ``layers`` in a row, with their cache; the last GPU the output, too.

    ``use`` is the memory that it takes, ``room`` what can be used of it now, in bytes.
    """

    gpu: Gpu
    layers: int
    use: MemoryUse
    room: int


@dataclass(frozen=True, slots=True)
class MovedExperts:
    """Experts that do not lie with their layer.

    ``parts`` of "gate", "up", "down"; ``to``: ggml's name of a GPU, empty for the CPU.
    """

    layer: int
    parts: tuple[str, ...]
    to: str = ""


PARTS = ("gate", "up", "down")
"""The three matrices of each expert."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings for llama.cpp, the memory they need, and better plans that were refused.

    ``host_room``: bytes of the computer's memory that can be used now. ``threads`` for a token, and
    ``batch_threads`` for more than one. ``repack``: whether weights are rearranged for the
    processor (llama.cpp's use_extra_bufts), which makes prompts a third faster and answers a tenth
    (measured), but adds half a minute to loading and, with ``mmap``, the experts' memory once more.
    """

    context: int
    ubatch: int
    threads: int
    batch_threads: int
    layers: int
    host: MemoryUse
    host_room: int
    cache: CacheType
    shares: tuple[Share, ...]
    """What each GPU holds, in the order of the layers."""
    gpu_layers: int
    """Layers on GPUs, counted from the last; the output counts as one more."""
    moved: tuple[MovedExperts, ...]
    repack: bool
    mmap: bool
    pipeline: bool = False
    """Whether several GPUs work on the batches of a prompt at a time, which takes more memory."""
    tokens_s: float = 0.0
    """Predicted speed of an answer, in tokens per second; 0 if unknown. The next is a prompt's."""
    prompt_tokens_s: float = 0.0
    longest: int = 0
    """The longest context that this machine can hold, to which this one may grow."""
    refused: tuple[PlanRefused, ...] = ()

    @property
    def gpu(self) -> Gpu | None:
        """The first GPU; None if it runs on the CPU alone."""
        return self.shares[0].gpu if self.shares else None

    @property
    def device(self) -> MemoryUse:
        """The memory that it takes of all GPUs."""
        return MemoryUse(
            sum(s.use.weights for s in self.shares),
            sum(s.use.cache for s in self.shares),
            sum(s.use.compute for s in self.shares),
            sum(s.use.runtime for s in self.shares),
        )

    @property
    def device_room(self) -> int:
        """Bytes of all its GPUs that can be used now."""
        return sum(share.room for share in self.shares)

    @property
    def cpu_experts(self) -> int:
        """The number of layers with experts on the CPU, all of them or some of their parts."""
        return len({moved.layer for moved in self.moved if not moved.to})

    @property
    def copies(self) -> bool:
        """Whether long batches copy weights that are on the CPU to a GPU."""
        return bool(self.shares) and (self.cpu_experts > 0 or self.gpu_layers <= self.layers)

    @property
    def needed(self) -> int:
        """Bytes of the computer's memory that it needs."""
        unified = self.gpu is not None and self.gpu.unified
        return self.host.total + (self.device.total if unified else 0)

    @property
    def held(self) -> int:
        """Bytes of the computer's memory that the system cannot take back.

        Weights that are mapped from the file do not count: it can read them again.
        """
        return self.host.total - self.mmap * self.host.weights

    @property
    def fits(self) -> bool:
        """Whether it fits into the memory that is free now."""
        on_gpus = all(share.use.total <= share.room for share in self.shares)
        return self.needed <= self.host_room and on_gpus


@dataclass(frozen=True, slots=True)
class _Family:
    """Settings that differ in `cpu_experts` only: each of ``counts``, which rise."""

    context: int
    cache: CacheType
    gpu_layers: int
    counts: Sequence[int]

    def settings(self, cpu_experts: int) -> MemorySettings:
        """Return the settings with this number of ``cpu_experts``."""
        return MemorySettings(self.context, self.cache, self.gpu_layers, cpu_experts)


def make(
    header: GgufHeader, machine: Machine, overrides: Overrides = Overrides(), least: int = 0
) -> Plan:
    """Return the best plan for the memory that is free now, with ``least`` tokens of context.

    If none fits now, it is the smallest, provided that fits once other programs are closed. Raises
    ModelTooLarge if not even that would do.
    """
    if least and not overrides.context:
        overrides = replace(overrides, context=least)
    plan = propose(header, machine, overrides)
    if is_possible(plan, machine):
        return plan
    otherwise = overrides != Overrides() and is_possible(propose(header, machine), machine)
    most, on_gpu = _most(plan, machine)
    if plan.gpu and plan.device.total > on_gpu:
        raise ModelTooLarge(header.path, plan.device.total, on_gpu, plan.gpu.description, otherwise)
    raise ModelTooLarge(header.path, plan.needed, most, fits_otherwise=otherwise)


def is_possible(plan: Plan, machine: Machine) -> bool:
    """Return whether a plan would fit if no other program ran."""
    most, on_gpu = _most(plan, machine)
    return plan.needed <= most and (plan.gpu is None or plan.device.total <= on_gpu)


def propose(header: GgufHeader, machine: Machine, overrides: Overrides = Overrides()) -> Plan:
    """Do what `make` does, but return the smallest plan if none fits at all."""
    model = ModelSizes(header)
    refused: dict[tuple[int, CacheType, bool], PlanRefused] = {}
    least: Plan | None = None
    tried = (
        settings
        for family in _families(model, machine, overrides)
        for settings in _worth_trying(model, machine, family)
    )
    for settings in tried:
        plan = _plan(model, machine, settings)
        if overrides.mapped:
            plan = replace(plan, repack=False, mmap=True)
        why = _refusal(plan, machine, overrides)
        if why is None:
            return replace(plan, refused=tuple(refused.values()))
        refused.setdefault((plan.context, plan.cache, why.on_gpu), why)
        if least is None or _size(plan, machine) < _size(least, machine):
            least = plan
    assert least is not None, "there is always something to try"
    return replace(least, refused=tuple(refused.values()))


def smaller(plan: Plan, header: GgufHeader, machine: Machine, device: str = "") -> Plan | None:
    """Return the best plan that needs clearly less than ``plan``, whose allocation failed.

    None if there is none. ``device``: ggml's name of the device whose memory was full, if known.
    """
    if plan.repack and plan.host.weights >= plan.host.total // 8:
        return replace(plan, repack=False, mmap=True)
    least = plan.host.total - (plan.host.total - plan.host.weights) // 8
    gpus = tuple(
        replace(gpu, available=min(gpu.available, plan.device.total * 7 // 8 + _GPU_RESERVE))
        for gpu in machine.devices.gpus
        if plan.gpu and gpu.name == plan.gpu.name
    )
    available = machine.available if plan.gpu else min(machine.available, least)
    devices = replace(machine.devices, gpus=gpus)
    found = propose(header, replace(machine, available=available, devices=devices))
    return found if found.fits else None


def usable(machine: Machine) -> int:
    """Return how much of the computer's memory, in bytes, could be used if no other program ran."""
    return machine.memory - _HOST_RESERVE


def _most(plan: Plan, machine: Machine) -> tuple[int, int]:
    """Return how much of both memories, in bytes, could be used if no other program ran."""
    return usable(machine), plan.gpu.memory - _GPU_RESERVE if plan.gpu else 0


def _size(plan: Plan, machine: Machine) -> tuple[bool, int]:
    """Return a sort key: how much memory a plan demands of a machine; impossible ones sort last."""
    host, gpu = _most(plan, machine)
    impossible = plan.needed > host or plan.device.total > gpu
    return impossible, plan.host.total + plan.device.total


def _plan(model: ModelSizes, machine: Machine, s: MemorySettings) -> Plan:
    host, device = uses(model, s)
    gpu = _gpu(machine) if s.gpu_layers else None
    features = machine.devices.features
    # Other processors were not tested, and AMX's repacking crashes on the demo model (SIGSEGV in
    # ggml_backend_amx_mul_mat).
    can_repack = "AVX2" in features and not any(f.startswith("AMX") for f in features)
    worth = not gpu and host.weights <= _PATIENCE and host.total <= _LAVISH * machine.memory
    repack = can_repack and worth
    shares: tuple[Share, ...] = ()
    if gpu:
        layers = min(s.gpu_layers, model.layers)
        shares = (Share(gpu, layers, device, max(0, gpu.available - _GPU_RESERVE)),)
    return Plan(
        context=s.context,
        ubatch=s.ubatch,
        threads=min(machine.cores, 1 + model.weights // _SHARE),
        batch_threads=machine.cores,
        layers=model.layers,
        host=host,
        host_room=min(machine.available, machine.memory - _HOST_RESERVE),
        cache=s.cache,
        shares=shares,
        gpu_layers=s.gpu_layers,
        moved=tuple(MovedExperts(layer, PARTS) for layer in range(s.cpu_experts)),
        repack=repack,
        mmap=not repack,
    )


def _refusal(plan: Plan, machine: Machine, overrides: Overrides) -> PlanRefused | None:
    """Return why a plan is refused; None if it is not."""
    room = plan.host_room
    if plan.context > _USUAL and not overrides.context:
        room = min(room, int(machine.memory * _LAVISH))
    on_gpu = plan.device.total > plan.device_room
    if not on_gpu and plan.needed <= room:
        return None
    needed, room = (plan.device.total, plan.device_room) if on_gpu else (plan.needed, room)
    return PlanRefused(plan.context, plan.cache, plan.gpu_layers, on_gpu, needed, room)


def _gpu(machine: Machine) -> Gpu | None:
    """Return the GPU with the most free memory; only one is used."""
    return max(machine.devices.gpus, key=lambda gpu: gpu.available, default=None)


def _worth_trying(model: ModelSizes, machine: Machine, family: _Family) -> Iterator[MemorySettings]:
    """Yield the settings of a family that are worth a plan.

    In a family's order, settings use less and less of the GPU and more and more of the computer.
    Yielded are the first ones, and the first that fit into all of the GPU's memory and into what is
    free now. The best choice and the smallest settings are always among them.
    """
    places = {0}
    if gpu := _gpu(machine):
        for memory in (gpu.memory, gpu.available):
            room = max(0, memory - _GPU_RESERVE)
            place = bisect_left(
                family.counts, -room, key=lambda n: -uses(model, family.settings(n))[1].total
            )
            places.add(place)
    for place in sorted(places):
        if place < len(family.counts):
            yield family.settings(family.counts[place])


def _families(model: ModelSizes, machine: Machine, overrides: Overrides) -> Iterator[_Family]:
    """Yield the families of settings to choose from, the best first.

    They are: everything on the GPU, with a context of at least 16k; experts of as few layers as
    necessary on the CPU; only some layers on the GPU; the CPU alone.
    """
    every, gpu_layers = model.layers + 1, overrides.gpu_layers
    gpu = _gpu(machine)
    if gpu and gpu_layers != 0:
        experts = overrides.cpu_experts
        fixed = None if experts is None else (min(experts, model.layers),)
        whole = gpu_layers is None or gpu_layers >= every
        if whole and not experts:
            for context, cache in _contexts(model, overrides, CONTEXTS, _ENOUGH):
                yield _Family(context, cache, every, (0,))
        if whole and experts != 0 and (experts or not gpu.unified):
            for context, cache in _contexts(model, overrides, CONTEXTS[2:]):
                yield _Family(context, cache, every, fixed or range(1, every))
        if not whole or (gpu_layers is None and not gpu.unified):
            fewer = range(model.layers, 1, -1) if gpu_layers is None else [gpu_layers]
            for context, cache in _contexts(model, overrides, CONTEXTS[2:]):
                for layers in fewer:
                    some = (0, *range(every - layers + 1, every)) if gpu_layers else (model.layers,)
                    yield _Family(context, cache, layers, fixed or some)
    if not gpu or not gpu_layers:
        for context, cache in _contexts(model, overrides, CONTEXTS):
            yield _Family(context, cache, 0, (0,))


def _contexts(
    model: ModelSizes, overrides: Overrides, contexts: Sequence[int], least: int = 0
) -> Iterator[tuple[int, CacheType]]:
    """Yield contexts and types of cache, the best first.

    A quantized cache costs a little quality, so it is used only if it makes the usual context, or
    the one below, possible.
    """
    if overrides.context:
        contexts = [overrides.context + -overrides.context % 256]
    known = [c for c in contexts if c <= model.trained] or [model.trained]
    for context in known:
        if context < least and not overrides.context:
            return
        if overrides.cache:
            yield context, overrides.cache
            continue
        yield context, CacheType.F16
        if _ENOUGH <= context <= _USUAL or overrides.context:
            yield context, CacheType.Q8_0
