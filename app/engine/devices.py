"""Which GPUs a plan may use, in which order, and how much memory of each."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence

from app.engine.overrides import Overrides
from app.engine.probe import Gpu, Machine
from app.engine.speed_model import Card, assumed, measured, processor

_MIB = 1 << 20
_HOST_RESERVE = 1024 * _MIB  # of the computer's memory, left to the system and the window
_RESERVE = 512 * _MIB  # for whatever else draws on the screen
_RESERVE_HEADLESS = 320 * _MIB  # a CUDA context takes 0.15 to 0.19 GB more than is planned
_RESERVE_UNKNOWN = 1024 * _MIB  # where the driver does not tell how much is free
_WINDOWS_SHARE = 16  # of the memory, which Windows wants for itself
_BACKENDS = ("CUDA", "ROCm", "Metal", "Vulkan")  # the best first, if several know a GPU
_SOFTWARE = ("llvmpipe", "lavapipe", "swiftshader")
_CHOSEN_BY = {"CUDA": "GGML_CUDA_DEVICES", "Vulkan": "GGML_VK_VISIBLE_DEVICES"}
_FASTER = 1.5  # than the CPU is a discrete card that is worth using
_MOST_CARDS, _MOST_TOGETHER = 4, 3


def candidates(machine: Machine, overrides: Overrides, slow: bool = False) -> tuple[Gpu, ...]:
    """Return the GPUs that may be used, the best first.

    A GPU that several backends know is there once, by the best of them. Integrated ones, which
    share the computer's memory, are left out where there is a discrete card: together they are
    slower than the card and the CPU. So are drivers that calculate on the CPU, unless the
    environment names them, and cards that are hardly faster than the CPU, unless ``slow`` ones are
    asked for, or layers for the GPU were fixed.
    """
    gpus = [
        gpu for gpu in each_once(machine.devices.gpus) if not gpu.is_among(overrides.unused_gpus)
    ]
    if not overrides.gpu_layers and not slow:
        gpus = [gpu for gpu in gpus if gpu.unified or _is_fast(gpu, machine)]
    gpus.sort(key=lambda gpu: (gpu.unified, -_speed(gpu, machine)))
    return tuple(gpu for gpu in gpus if gpu.unified == gpus[0].unified)


def sets(machine: Machine, overrides: Overrides, slow: bool = False) -> Iterator[tuple[Card, ...]]:
    """Yield the cards to try together, in the order of the layers they would hold.

    The first one gets the weights that are copied from the CPU, the last one has the output. Cards
    that are alike are not tried in each order.
    """
    gpus = candidates(machine, overrides, slow)[:_MOST_CARDS]
    cards = [
        Card(g, g.api, room(g, machine), measured(g, machine.speeds) or assumed(g)) for g in gpus
    ]
    together = 1 if gpus and gpus[0].unified else min(_MOST_TOGETHER, len(cards))
    known = set()
    for count in range(1, together + 1):
        for chosen in itertools.permutations(cards, count):
            alike = tuple((card.api, card.room, card.speed) for card in chosen)
            if alike not in known:
                known.add(alike)
                yield chosen


def room(gpu: Gpu, machine: Machine) -> int:
    """Return how many bytes of a GPU's memory can be used now."""
    return max(0, gpu.available - reserve(gpu, machine))


def most(gpu: Gpu, machine: Machine) -> int:
    """Return how many bytes of a GPU's memory could be used if no other program ran."""
    return max(0, gpu.memory - reserve(gpu, machine))


def usable(machine: Machine) -> int:
    """Return how much of the computer's memory, in bytes, could be used if no other program ran."""
    return machine.memory - _HOST_RESERVE


def reserve(gpu: Gpu, machine: Machine) -> int:
    """Return how many bytes of a GPU's memory are left to other programs.

    More where the system takes memory without saying so: Windows moves what is over its budget into
    the computer's memory, and a Vulkan driver without VK_EXT_memory_budget calls everything free.
    """
    least = _RESERVE_HEADLESS if gpu.pci and gpu.pci in machine.headless else _RESERVE
    if sys.platform == "win32" and not gpu.unified:
        least = max(_RESERVE, gpu.memory // _WINDOWS_SHARE)
    if gpu.api == "Vulkan" and gpu.available == gpu.memory:
        least = max(least, _RESERVE_UNKNOWN)
    return least


def each_once(gpus: tuple[Gpu, ...]) -> Sequence[Gpu]:
    """Return each GPU once, as the best backend that knows it."""
    found: list[Gpu] = []
    for gpu in sorted(gpus, key=_rank):
        named = _CHOSEN_BY.get(gpu.api, "") in os.environ
        software = any(word in gpu.description.lower() for word in _SOFTWARE)
        known = {other.api for other in found if _same(gpu, other)}
        if not (software or known) or (named and known <= {gpu.api}):
            found.append(gpu)
    return found


def _same(one: Gpu, other: Gpu) -> bool:
    """Return whether two entries are of the same card; not every driver tells its place."""
    if one.pci and other.pci:
        return one.pci == other.pci
    return one.description == other.description and one.api != other.api


def _rank(gpu: Gpu) -> int:
    """Return the place of a GPU's backend among the backends."""
    name = gpu.api
    return _BACKENDS.index(name) if name in _BACKENDS else len(_BACKENDS)


def _speed(gpu: Gpu, machine: Machine) -> float:
    return (measured(gpu, machine.speeds) or assumed(gpu)).weights


def _is_fast(gpu: Gpu, machine: Machine) -> bool:
    """Return whether a discrete card is clearly faster than the CPU, or not known to be slower."""
    found = measured(gpu, machine.speeds)
    return found is None or found.weights > _FASTER * processor(machine).speed
