"""Computers with graphics cards: as values, as files of Linux, and as drivers that are compiled."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from app.base.graphics import (
    AMD,
    INTEL,
    NVIDIA,
    Asked,
    Cuda,
    CudaCard,
    Kind,
    PciCard,
    Vulkan,
    VulkanCard,
)

HERE = Path(__file__).parent
GIB = 1 << 30
COMPILER = shutil.which("cc")


def build(folder: Path) -> None:
    """Compile NVIDIA's driver and Vulkan's loader into a folder for LD_LIBRARY_PATH."""
    for source, library in (
        ("cuda_driver.c", "libcuda.so.1"),
        ("vulkan_loader.c", "libvulkan.so.1"),
    ):
        command = ["cc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]
        subprocess.run([*command, folder / library, HERE / source], check=True)


def cuda(*cards: tuple[str, tuple[int, int], int], version: int = 13000) -> Cuda:
    """Return NVIDIA's driver with cards by name, capability and GiB."""
    found = (
        CudaCard(name, capability, gib * GIB, f"0000:0{at}:00.0", False)
        for at, (name, capability, gib) in enumerate(cards, 1)
    )
    return Cuda(Asked.ANSWERED, 0, version, tuple(found))


def vulkan(*cards: VulkanCard, version: tuple[int, int] = (1, 4)) -> Vulkan:
    """Return a loader with cards; without any it has no driver."""
    if not cards:
        return Vulkan(Asked.REFUSED, -9, version)
    return Vulkan(Asked.ANSWERED, 0, version, cards)


def card(
    name: str,
    vendor: int,
    gib: int,
    kind: Kind = Kind.DISCRETE,
    *,
    api: tuple[int, int] = (1, 4),
    driver: str = "radv Mesa 25.0.7",
    storage: bool = True,
) -> VulkanCard:
    """Return a card as Vulkan tells it."""
    return VulkanCard(name, kind, vendor, 0, api, driver, gib * GIB, GIB, True, storage, "")


def pci(vendor: int, driver: str) -> PciCard:
    """Return a card as Linux tells it."""
    return PciCard("0000:01:00.0", vendor, 0x1234, driver)


def linux(root: Path, cards: dict[str, tuple[int, int, int, str]], files: dict[str, str]) -> Path:
    """Write the files of a Linux: PCI devices by address as (class, vendor, device, driver)."""
    for address, (kind, vendor, device, driver) in cards.items():
        folder = root / "sys/bus/pci/devices" / address
        folder.mkdir(parents=True)
        (folder / "class").write_text(f"0x{kind:06x}\n")
        (folder / "vendor").write_text(f"0x{vendor:04x}\n")
        (folder / "device").write_text(f"0x{device:04x}\n")
        line = f"DRIVER={driver}\n" if driver else ""
        (folder / "uevent").write_text(f"{line}PCI_CLASS={kind:X}\nPCI_SLOT_NAME={address}\n")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


RTX_3060 = ("NVIDIA GeForce RTX 3060", (8, 6), 12)
GTX_1070 = ("NVIDIA GeForce GTX 1070", (6, 1), 8)
VULKAN_3060 = card("NVIDIA GeForce RTX 3060", NVIDIA, 12, driver="NVIDIA 580.95.05")
VULKAN_1070 = card("NVIDIA GeForce GTX 1070", NVIDIA, 8, driver="NVIDIA 580.95.05")
NVK = card("NVIDIA GeForce RTX 3060 (NVK GA106)", NVIDIA, 12, driver="NVK Mesa 25.0.7")
RX_7900 = card("AMD Radeon RX 7900 XT (RADV NAVI31)", AMD, 20)
RX_6600 = card("AMD Radeon RX 6600 (RADV NAVI23)", AMD, 8)
RADEON_780M = card("AMD Radeon 780M (RADV PHOENIX)", AMD, 16, Kind.INTEGRATED)
IRIS = card("Intel(R) Iris(R) Xe Graphics", INTEL, 12, Kind.INTEGRATED)
LAVAPIPE = card("llvmpipe (LLVM 19.1.7, 256 bits)", 0x10005, 2, Kind.SOFTWARE)
DOZEN = card("Microsoft Direct3D12 (NVIDIA GeForce RTX 3060)", NVIDIA, 12, driver="Dozen Mesa")
