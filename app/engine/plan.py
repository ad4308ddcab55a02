"""Planning how to run a model on a machine: a choice of settings by the memory that they take."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.base.errors import ModelTooLarge
from app.base.gguf import GgufHeader
from app.engine import devices
from app.engine.choice import LAVISH, Choice, Option
from app.engine.memory_model import CacheType, MemoryUse, ModelSizes, sequences
from app.engine.overrides import AUTOMATIC, Overrides
from app.engine.placement import MovedExperts, Placement
from app.engine.probe import Gpu, Machine
from app.engine.speed_model import is_measured, processor

_GIB = 1 << 30
_MIB = 1 << 20
_PATIENCE = 16 * _GIB  # the most weights to repack, at some 300 MB/s
_PLACES = (4, 2)  # answers at a time, of which the first is taken that costs nothing else
_SHARE = 64 * _MIB  # of weights per thread; below that, another thread costs more than it saves
_PER_CELL = 12  # a byte of the cache takes the time of so many of the weights: several heads use it


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
    """Whether several GPUs work on the batches of a prompt at a time, which takes more memory.

    No plan has it: what that gains could not be measured.
    """
    tokens_s: float = 0.0
    """Predicted speed of an answer, in tokens per second; 0 if unknown. The next is a prompt's."""
    prompt_tokens_s: float = 0.0
    deeper_s: float = 0.0
    """Predicted time that each token in the cache adds to that of the next one, in seconds."""
    longest: int = 0
    """The longest context that this machine can hold, to which this one may grow."""
    places: int = 1
    """How many answers of clients are generated at a time; one more place is the window's."""
    refused: tuple[PlanRefused, ...] = ()

    @property
    def sequences(self) -> int:
        """How many sequences the cache holds: those that grow, and as many that wait for more."""
        return sequences(self.places)

    def threads_of(self, tokens: int, cells: int) -> int:
        """Return how many threads are worth it for a batch of so many tokens, more than one.

        ``cells``: those of the cache that each of them attends to.
        """
        cache = _PER_CELL * cells * self.host.cache // self.context
        return min(self.batch_threads, 1 + tokens * (self.host.weights + cache) // _SHARE)

    @property
    def gpu(self) -> Gpu | None:
        """The first GPU; None if it runs on the CPU alone."""
        return self.shares[0].gpu if self.shares else None

    @property
    def device(self) -> MemoryUse:
        """The memory that it takes of all GPUs."""
        return sum((share.use for share in self.shares), MemoryUse())

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

        Those of a GPU that shares it count. Weights on the CPU that are mapped from the file do
        not: the system can read them again.
        """
        return self.needed - self.mmap * self.host.weights

    @property
    def fits(self) -> bool:
        """Whether it fits into the memory that is free now."""
        on_gpus = all(share.use.total <= share.room for share in self.shares)
        return self.needed <= self.host_room and on_gpus


def make(
    header: GgufHeader, machine: Machine, overrides: Overrides = AUTOMATIC, least: int = 0
) -> Plan:
    """Return the best plan for the memory that is free now; see `propose`.

    If none fits, it is the smallest, provided that fits once other programs are closed. Raises
    ModelTooLarge if not even that would do.
    """
    plan = propose(header, machine, overrides, least)
    if is_possible(plan, machine):
        return plan
    free = overrides.automatic
    otherwise = overrides != free and is_possible(propose(header, machine, free), machine)
    on_gpus = sum(devices.most(share.gpu, machine) for share in plan.shares)
    if plan.gpu and plan.device.total > on_gpus:
        told = plan.device.total, on_gpus, plan.gpu.description
        raise ModelTooLarge(header.path, *told, otherwise)
    raise ModelTooLarge(header.path, plan.needed, usable(machine), fits_otherwise=otherwise)


def is_possible(plan: Plan, machine: Machine) -> bool:
    """Return whether a plan would fit if no other program ran."""
    on_gpus = all(s.use.total <= devices.most(s.gpu, machine) for s in plan.shares)
    return plan.needed <= usable(machine) and on_gpus


def propose(
    header: GgufHeader, machine: Machine, overrides: Overrides = AUTOMATIC, least: int = 0
) -> Plan:
    """Do what `make` does, but return the smallest plan if none fits at all.

    ``least``: tokens of context that a chat needs. `app.engine.choice` has the rule. If none fits
    beside a tool's process, the model has that memory, too.
    """
    plan = _proposed(ModelSizes(header), machine, overrides, least)
    if machine.reserved and not plan.fits:
        return _proposed(ModelSizes(header), replace(machine, reserved=0), overrides, least)
    return plan


def _proposed(model: ModelSizes, machine: Machine, overrides: Overrides, least: int) -> Plan:
    choice = Choice(model, machine, overrides)
    found = choice.best(least)
    option = found or choice.smallest()
    plan = _plan(model, machine, choice, option)
    if found and overrides.places is None:
        plan = _with_places(plan, model, machine, choice, option)
    longest = choice.longest(option.placement) if found else plan.context
    refused = tuple(_refused(placement, choice) for placement in choice.refused(option.placement))
    if not found:
        refused += (_refused(option.placement, choice),)
    return replace(plan, longest=longest, refused=refused)


def _with_places(
    plan: Plan, model: ModelSizes, machine: Machine, choice: Choice, option: Option
) -> Plan:
    """Return ``plan`` with as many places as change nothing else of it."""
    for places in _PLACES:
        more = choice.with_places(option, places)
        found = more and _plan(model, machine, choice, more)
        if found and replace(found, places=1, host=plan.host, shares=plan.shares) == plan:
            return found
    return plan


def smaller(
    plan: Plan,
    header: GgufHeader,
    machine: Machine,
    overrides: Overrides = AUTOMATIC,
    failed: str = "",
    least: int = 0,
) -> Plan | None:
    """Return the best plan that needs clearly less than ``plan``, whose allocation failed.

    Of the ``overrides``, only the cards that are switched off are kept. ``failed``: ggml's name of
    the device whose memory was short ("CUDA0", "CPU"), if the log tells; else it may have been any
    of the GPUs. None if there is no such plan.
    """
    locked = plan.gpu and failed == "CPU" and not plan.mmap
    if (plan.repack or locked) and plan.host.weights >= plan.host.total // 8:
        return replace(plan, repack=False, mmap=True)
    host = plan.host.total - (plan.host.total - plan.host.weights) // 8
    there = machine
    if failed == "CPU" or not plan.gpu:  # what was left to tools was left to them before
        there = replace(machine, available=min(machine.available, host), reserved=0)
    known = {share.gpu.name: share.use.total for share in plan.shares}
    short = {failed} if failed in {*known, "CPU"} else set(known)
    gpus = []
    for gpu in machine.devices.gpus:
        if gpu.name in short:
            reserve = devices.reserve(replace(gpu, available=0), machine)
            left = known[gpu.name] * 7 // 8 + reserve
            gpu = replace(gpu, available=min(gpu.available, left))
        gpus.append(gpu)
    left_gpus = replace(machine.devices, gpus=tuple(gpus) if plan.gpu else ())
    found = propose(header, replace(there, devices=left_gpus), overrides.automatic, least)
    return found if found.fits else None


def usable(machine: Machine) -> int:
    """Return how much of the computer's memory, in bytes, could be used if no other program ran."""
    return devices.usable(machine)


def _plan(model: ModelSizes, machine: Machine, choice: Choice, option: Option) -> Plan:
    """Return the plan for an option."""
    placement = option.placement
    wanted, cards = placement.wanted, placement.cards
    cpu = processor(machine)
    features = machine.devices.features
    # Other processors were not tested, and AMX's repacking crashes on the demo model (SIGSEGV in
    # ggml_backend_amx_mul_mat).
    can_repack = "AVX2" in features and not any(f.startswith("AMX") for f in features)
    host = placement.host
    worth = not cards and host.weights <= _PATIENCE and host.total <= LAVISH * machine.memory
    repack = can_repack and worth and not choice.overrides.mapped
    known = is_measured(cards, not placement.whole, machine.speeds)
    correction = machine.speeds.correction if machine.speeds else 1.0
    parts = zip(cards, placement.layers, placement.uses, strict=True)
    return Plan(
        context=wanted.context,
        ubatch=wanted.ubatch,
        threads=min(cpu.threads, 1 + model.weights // _SHARE),
        batch_threads=machine.cores,
        layers=model.layers,
        host=host,
        host_room=choice.host_room,
        cache=wanted.cache,
        shares=tuple(Share(card.gpu, layers, use, card.room) for card, layers, use in parts),
        gpu_layers=model.layers + 1 - wanted.first if cards else 0,
        moved=placement.moved,
        repack=repack,
        mmap=not (option.pinned or repack),
        tokens_s=correction / option.token if known else 0.0,
        prompt_tokens_s=wanted.ubatch / option.batch if known else 0.0,
        deeper_s=option.deeper,
        places=wanted.places,
    )


def _refused(placement: Placement, choice: Choice) -> PlanRefused:
    """Return why a placement was refused."""
    wanted, cards = placement.wanted, placement.cards
    gpu_layers = len(placement.layers) and sum(placement.layers) + 1
    if not placement.fits_cards:
        needed, room = sum(u.total for u in placement.uses), sum(c.room for c in cards)
        return PlanRefused(wanted.context, wanted.cache, gpu_layers, True, needed, room)
    room = choice.comfort(wanted.context)
    return PlanRefused(wanted.context, wanted.cache, gpu_layers, False, placement.needed, room)
