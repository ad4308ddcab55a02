"""What llama.cpp should be built for on this computer, and what is wrong with its drivers.

Only values: `app.wording.graphics` has the sentences. Only the standard library is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from app.base.graphics import (
    NVIDIA,
    Cuda,
    CudaCard,
    Graphics,
    Kind,
    VulkanCard,
)

OLDEST_CUDA = 13000
"""The CUDA that llama.cpp is built with here; a driver that runs a newer one runs this, too."""
OLDEST_DRIVER = "580"
"""The oldest driver of NVIDIA's that runs it."""
OLDEST_CAPABILITY = (7, 5)
"""Turing's; CUDA 13 compiles for no older one."""
OLDEST_VULKAN = (1, 2)


class Reason(StrEnum):
    """Why llama.cpp should be built for something."""

    METAL = "metal"
    """Metal needs no choice."""
    CUDA = "cuda"
    """A card that CUDA runs."""
    LARGER = "larger"
    """CUDA runs a card, but one of another maker has more memory, and Vulkan runs both."""
    VULKAN = "vulkan"
    """A card that CUDA does not run, but Vulkan does."""
    NO_DRIVER = "no driver"
    """There is a card, but none that can be used as it is; `advice` says why."""
    NO_CARD = "no card"


@dataclass(frozen=True, slots=True)
class Choice:
    """What llama.cpp should be built for, by name; ``gpu`` is the card that it is for.

    ``architectures``: those that CUDA has to be compiled for, ("86", "89").
    """

    backend: Literal["cuda", "vulkan", ""]
    reason: Reason
    gpu: str = ""
    architectures: tuple[str, ...] = ()


def backend(graphics: Graphics) -> Choice:
    """Return what llama.cpp should be built for on this computer."""
    if graphics.metal:
        return Choice("", Reason.METAL)
    cuda, vulkan = cuda_cards(graphics.cuda), vulkan_cards(graphics)
    if cuda:
        best = cuda[0]
        larger = [
            card
            for card in vulkan
            if card.vendor != NVIDIA and card.kind is Kind.DISCRETE and card.memory > best.memory
        ]
        if larger and any(card.vendor == NVIDIA for card in vulkan):
            return Choice("vulkan", Reason.LARGER, larger[0].name)
        found = sorted({card.architecture for card in cuda}, key=int)
        return Choice("cuda", Reason.CUDA, best.name, tuple(found))
    if vulkan:
        return Choice("vulkan", Reason.VULKAN, vulkan[0].name)
    seen = graphics.pci or graphics.cuda.cards or hardware(graphics)
    return Choice("", Reason.NO_DRIVER if seen else Reason.NO_CARD)


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
    able = [card for card in hardware(graphics) if card.api >= OLDEST_VULKAN]
    return sorted(able, key=lambda card: (card.kind is not Kind.DISCRETE, -card.memory))


def hardware(graphics: Graphics) -> list[VulkanCard]:
    """Return the devices of Vulkan that are no software."""
    return [card for card in graphics.vulkan.cards if card.kind is not Kind.SOFTWARE]
