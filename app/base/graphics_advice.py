"""What llama.cpp should be built for on this computer, and what is wrong with its drivers.

Only values: `app.wording.graphics` has the sentences. Only the standard library is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from app.base import outside
from app.base.graphics import (
    AMD,
    INTEL,
    NVIDIA,
    Asked,
    Cuda,
    CudaCard,
    Graphics,
    Kind,
    PciCard,
    VulkanCard,
)

OLDEST_CUDA = 13000
"""The CUDA that llama.cpp is built with; drivers that run a newer one run this, too."""
OLDEST_DRIVER = "580"
"""NVIDIA's oldest driver that runs it."""
OLDEST_CAPABILITY = (7, 5)
"""Turing's; CUDA 13 compiles for no older one."""
OLDEST_VULKAN = (1, 2)
_LARGER = 1.5  # times the memory, from which on Vulkan on another card is worth more than CUDA
_DIRECT3D = "Dozen"  # Mesa's driver on top of Direct3D, which llama.cpp does not work with
_NAMES = {NVIDIA: "NVIDIA", AMD: "AMD", INTEL: "Intel"}
_NO_DEVICE, _MISMATCH = 100, 803  # CUresult
_NO_VULKAN_DRIVER = -9  # VK_ERROR_INCOMPATIBLE_DRIVER


class Reason(StrEnum):
    """Why llama.cpp should be built for something."""

    METAL = "metal"
    """Metal needs no choice."""
    CUDA = "cuda"
    """A card that CUDA runs."""
    LARGER = "larger"
    """CUDA runs a card, but one of another maker has far more memory, and Vulkan runs both."""
    VULKAN = "vulkan"
    """A card that CUDA does not run, but Vulkan does."""
    NO_DRIVER = "no driver"
    """There is a card, but none that can be used as it is; `advice` says why."""
    NO_CARD = "no card"


@dataclass(frozen=True, slots=True)
class BuildChoice:
    """What llama.cpp should be built for, by name; ``gpu`` is the card that it is for.

    ``architectures``: those that CUDA has to be compiled for, ("86", "89").
    """

    backend: Literal["cuda", "vulkan", ""]
    reason: Reason
    gpu: str = ""
    architectures: tuple[str, ...] = ()


def backend(graphics: Graphics) -> BuildChoice:
    """Return what llama.cpp should be built for on this computer."""
    if graphics.metal:
        return BuildChoice("", Reason.METAL)
    cuda, vulkan = cuda_cards(graphics.cuda), vulkan_cards(graphics)
    if cuda:
        best = cuda[0]
        others = [c for c in vulkan if c.vendor != NVIDIA and c.kind is Kind.DISCRETE]
        larger = [card for card in others if card.memory > _LARGER * best.memory]
        if larger and any(card.vendor == NVIDIA for card in vulkan):
            return BuildChoice("vulkan", Reason.LARGER, larger[0].name)
        found = sorted({card.architecture for card in cuda}, key=int)
        return BuildChoice("cuda", Reason.CUDA, best.name, tuple(found))
    if vulkan:
        return BuildChoice("vulkan", Reason.VULKAN, vulkan[0].name)
    seen = graphics.pci or graphics.cuda.cards or hardware(graphics)
    return BuildChoice("", Reason.NO_DRIVER if seen else Reason.NO_CARD)


def cuda_cards(cuda: Cuda) -> list[CudaCard]:
    """Return the cards that CUDA 13 runs, the best first; none if their driver is too old."""
    if cuda.version < OLDEST_CUDA:
        return []
    able = [card for card in cuda.cards if card.capability >= OLDEST_CAPABILITY]
    return sorted(able, key=lambda card: (card.integrated, -card.memory))


def vulkan_cards(graphics: Graphics) -> list[VulkanCard]:
    """Return the cards that llama.cpp can use through Vulkan, the best first."""
    if graphics.vulkan.version < OLDEST_VULKAN:
        return []
    able = [c for c in hardware(graphics) if c.api >= OLDEST_VULKAN and c.storage_16_bit]
    return sorted(able, key=lambda card: (card.kind is not Kind.DISCRETE, -card.memory))


def hardware(graphics: Graphics) -> list[VulkanCard]:
    """Return the devices of Vulkan that are no software, nor reached through Direct3D."""
    cards = graphics.vulkan.cards
    return [c for c in cards if c.kind is not Kind.SOFTWARE and not c.driver.startswith(_DIRECT3D)]


# --- What is wrong ----------------------------------------------------------------------------


class Problem(StrEnum):
    """What keeps a card from being used, or from being used well."""

    NVIDIA_OLD = "NVIDIA's driver is too old"
    NVIDIA_MISSING = "no NVIDIA driver"
    """None is installed, or nouveau runs the card, which has no CUDA."""
    NVIDIA_NOT_LOADED = "NVIDIA's driver is not loaded"
    NVIDIA_UPDATED = "NVIDIA's driver was updated"
    """Its two halves differ until the computer is started again."""
    NVIDIA_FAILED = "NVIDIA's driver failed"
    CUDA_MISSING = "no CUDA in NVIDIA's driver"
    """The card runs with it, but its library for CUDA is not installed."""
    CARD_OLD = "the card is too old for CUDA"
    CARD_NEVER = "the card is too old"
    NO_DRIVER = "no driver"
    """The kernel has none for the card."""
    NO_VULKAN = "no Vulkan driver"
    VULKAN_NEVER = "the card is too old for Vulkan"
    VULKAN_OLD = "Vulkan is too old"
    VULKAN_FAILED = "Vulkan failed"
    SOFTWARE = "only software"
    CRASHED = "crashed"
    HUNG = "hung"
    WSL_CLOSED = "WSL without GPU"
    WSL_DRIVER = "WSL without a driver of Windows"
    WSL_OLD = "NVIDIA's driver in Windows is too old"
    INTEGRATED_IDLE = "the integrated GPU stays idle"
    OTHER_IDLE = "the card of another maker stays idle"
    BOTH_USED = "cards of two makers"


@dataclass(frozen=True, slots=True)
class Advice:
    """A problem, and what is needed to say what helps.

    ``gpu`` is the card or its maker, ``other`` the other card of two. ``library`` is whose
    library was asked ("NVIDIA", "Vulkan"), ``found`` a version or an error. ``command`` is that
    of the distribution, which may need ``repository`` enabled first; empty if it is not known.
    """

    problem: Problem
    gpu: str = ""
    other: str = ""
    library: str = ""
    found: str = ""
    command: str = ""
    repository: str = ""


def advice(graphics: Graphics) -> tuple[Advice, ...]:
    """Return what is wrong with this computer's drivers, the most useful first."""
    if graphics.metal:
        return ()
    found = [
        *_wsl(graphics),
        *_died(graphics),
        *_nvidia(graphics),
        *_vulkan(graphics),
        *_two_makers(graphics),
    ]
    if not found and graphics.vulkan.cards and not hardware(graphics) and not graphics.cuda.cards:
        found.append(Advice(Problem.SOFTWARE, gpu=graphics.vulkan.cards[0].name))
    return tuple(found)


def _wsl(graphics: Graphics) -> Iterator[Advice]:
    if graphics.wsl and not graphics.passthrough:
        yield Advice(Problem.WSL_CLOSED)
    elif graphics.wsl and graphics.cuda.asked is Asked.ABSENT and not hardware(graphics):
        yield Advice(Problem.WSL_DRIVER)


def _died(graphics: Graphics) -> Iterator[Advice]:
    problems = {Asked.CRASHED: Problem.CRASHED, Asked.HUNG: Problem.HUNG}
    for asked, library in ((graphics.cuda.asked, "NVIDIA"), (graphics.vulkan.asked, "Vulkan")):
        if problem := problems.get(asked):
            yield Advice(problem, library=library)


def _nvidia(graphics: Graphics) -> Iterator[Advice]:
    cards = [card for card in graphics.pci if card.vendor == NVIDIA]
    cuda = graphics.cuda
    if cuda.asked is Asked.REFUSED:
        yield from _refused(graphics, cards)
    elif cuda.asked is Asked.ABSENT:
        drivers = {card.driver for card in cards}
        if "nvidia" in drivers:
            yield _to_install(Problem.CUDA_MISSING, graphics, "cuda")
        elif drivers & {"", "nouveau"}:
            yield _to_install(Problem.NVIDIA_MISSING, graphics, "nvidia")
    able = [card for card in cuda.cards if card.capability >= OLDEST_CAPABILITY]
    if able and cuda.version < OLDEST_CUDA and graphics.wsl:
        yield Advice(Problem.WSL_OLD, gpu=able[0].name)
    elif able and cuda.version < OLDEST_CUDA:
        found = graphics.nvidia_driver
        yield _to_install(Problem.NVIDIA_OLD, graphics, "update", able[0].name, found)
    by_vulkan = any(card.vendor == NVIDIA for card in vulkan_cards(graphics))
    for card in cuda.cards:
        if card.capability < OLDEST_CAPABILITY:
            yield Advice(Problem.CARD_OLD if by_vulkan else Problem.CARD_NEVER, gpu=card.name)


def _refused(graphics: Graphics, cards: list[PciCard]) -> Iterator[Advice]:
    """Yield why NVIDIA's driver is there and does not answer."""
    error = graphics.cuda.error
    if error == _MISMATCH:
        yield Advice(Problem.NVIDIA_UPDATED)
    elif cards and all(card.driver in ("", "nouveau") for card in cards):
        yield Advice(Problem.NVIDIA_NOT_LOADED)
    elif error != _NO_DEVICE or any(card.driver == "nvidia" for card in cards):
        yield Advice(Problem.NVIDIA_FAILED, found=str(error))


def _vulkan(graphics: Graphics) -> Iterator[Advice]:
    """Yield what is wrong with Vulkan, where it is needed."""
    vulkan = graphics.vulkan
    if cuda_cards(graphics.cuda) or vulkan.asked in (Asked.CRASHED, Asked.HUNG, Asked.NOT):
        return
    if vulkan.asked is Asked.REFUSED and vulkan.error != _NO_VULKAN_DRIVER:
        yield Advice(Problem.VULKAN_FAILED, found=str(vulkan.error))
        return
    seen = hardware(graphics)
    for vendor in (AMD, INTEL):
        cards = [card for card in graphics.pci if card.vendor == vendor]
        if cards and all(card.vendor != vendor for card in seen):
            yield from _without_vulkan(graphics, vendor, {card.driver for card in cards})
    if seen and vulkan.version < OLDEST_VULKAN:
        yield Advice(Problem.VULKAN_OLD, found="{}.{}".format(*vulkan.version))
        return
    for card in seen:
        if card.api < OLDEST_VULKAN:
            yield Advice(Problem.VULKAN_OLD, gpu=card.name, found="{}.{}".format(*card.api))
        elif not card.storage_16_bit and card.vendor != NVIDIA:
            yield Advice(Problem.CARD_NEVER, gpu=card.name)


def _without_vulkan(graphics: Graphics, vendor: int, drivers: set[str]) -> Iterator[Advice]:
    name = _NAMES[vendor]
    if drivers & {"amdgpu", "i915", "xe"}:
        yield _to_install(Problem.NO_VULKAN, graphics, f"vulkan_{name.lower()}", name)
    elif "radeon" in drivers:
        yield Advice(Problem.VULKAN_NEVER, gpu=name)
    elif "" in drivers:
        yield Advice(Problem.NO_DRIVER, gpu=name)


def _two_makers(graphics: Graphics) -> Iterator[Advice]:
    """Yield which of two makers' cards is used."""
    chosen, cards = backend(graphics), vulkan_cards(graphics)
    if chosen.backend == "cuda":
        others = [card for card in cards if card.vendor != NVIDIA]
    else:
        others = [card for card in cards[1:] if card.vendor != cards[0].vendor]
    for other in others[:1]:
        if other.kind is not Kind.DISCRETE:
            problem = Problem.INTEGRATED_IDLE
        elif chosen.backend == "vulkan":
            problem = Problem.BOTH_USED
        elif len(others) < len(cards):
            problem = Problem.OTHER_IDLE
        else:  # Vulkan does not run NVIDIA's card here, so there is no choice
            return
        yield Advice(problem, gpu=chosen.gpu, other=other.name)


def _to_install(
    problem: Problem, graphics: Graphics, step: str, gpu: str = "", found: str = ""
) -> Advice:
    """Return advice with the command of the Linux distribution for a step."""
    known = outside.value("graphics_drivers")
    facts: dict[str, Any] = next(
        (known[name] for name in graphics.distributions if name in known), {}
    )
    command = facts.get(step, "")
    repository = facts.get("repository", "") if command and step in facts["from"] else ""
    return Advice(problem, gpu=gpu, found=found, command=command, repository=repository)
