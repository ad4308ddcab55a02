"""The graphics cards and drivers of a computer, as values.

`app.base.graphics_probe` finds them, and `app.base.graphics_advice` says what to do about them. The
three import the standard library only: the set-up script uses them before anything is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NVIDIA, AMD, INTEL = 0x10DE, 0x1002, 0x8086
"""The PCI vendors of the cards that llama.cpp can use."""


class Asked(StrEnum):
    """What came of asking a driver's library."""

    NOT = "not asked"
    ABSENT = "no library"
    ANSWERED = "answered"
    REFUSED = "refused"
    """It answered with an error."""
    CRASHED = "crashed"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class CudaCard:
    """A card as NVIDIA's driver describes it; memory in bytes, ``pci`` as "0000:01:00.0"."""

    name: str
    capability: tuple[int, int]
    """The compute capability: (8, 6)."""
    memory: int
    pci: str
    integrated: bool

    @property
    def architecture(self) -> str:
        """The capability as nvcc writes it: "86"."""
        return "{}{}".format(*self.capability)


@dataclass(frozen=True, slots=True)
class Cuda:
    """What NVIDIA's driver says. ``version``: the newest CUDA that it runs, 13000 for 13.0."""

    asked: Asked = Asked.NOT
    error: int = 0
    version: int = 0
    cards: tuple[CudaCard, ...] = ()


class Kind(StrEnum):
    """The kind of a Vulkan device."""

    OTHER = "other"
    INTEGRATED = "integrated"
    DISCRETE = "discrete"
    VIRTUAL = "virtual"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class VulkanCard:
    """A device as Vulkan describes it; sizes in bytes, ``api`` as (1, 3)."""

    name: str
    kind: Kind
    vendor: int
    device: int
    api: tuple[int, int]
    driver: str
    """The driver and its version: "radv Mesa 25.0.7", or only the version."""
    memory: int
    """Its own memory: that of the largest heap that is local to it."""
    largest_buffer: int
    """The largest buffer that a shader can use; llama.cpp keeps larger ones on the CPU."""
    memory_budget: bool
    """Whether the driver tells how much memory is free."""
    storage_16_bit: bool
    """Whether its buffers can hold 16-bit numbers, without which llama.cpp does not use it."""
    pci: str
    """The address, as "0000:01:00.0"; empty if the driver does not tell."""


@dataclass(frozen=True, slots=True)
class Vulkan:
    """What Vulkan's loader says. ``version`` is the loader's own, (1, 3)."""

    asked: Asked = Asked.NOT
    error: int = 0
    version: tuple[int, int] = (0, 0)
    cards: tuple[VulkanCard, ...] = ()


@dataclass(frozen=True, slots=True)
class PciCard:
    """A card of NVIDIA, AMD or Intel as Linux knows it.

    ``driver`` is the kernel's ("nvidia", "nouveau", "amdgpu", "i915", "xe"); empty for none.
    """

    pci: str
    vendor: int
    device: int
    driver: str


@dataclass(frozen=True, slots=True)
class Graphics:
    """The graphics cards and drivers of this computer."""

    cuda: Cuda = Cuda()
    vulkan: Vulkan = Vulkan()
    pci: tuple[PciCard, ...] = ()
    nvidia_driver: str = ""
    """The version of NVIDIA's kernel driver: "580.95.05"; empty for none."""
    wsl: bool = False
    """Whether this is Linux inside Windows."""
    passthrough: bool = False
    """Whether Windows lets that Linux use the GPU."""
    distributions: tuple[str, ...] = ()
    """The identifiers of the Linux distribution and of those that it is like, by os-release(5)."""
    metal: bool = False


UNKNOWN = Graphics()
"""What is known before anything is asked."""
