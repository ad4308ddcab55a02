"""What Vulkan's library is compiled with: it comes from the system, not from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

NEEDED = (1, 3, 272)
"""The oldest headers that ggml compiles with."""
PACKAGES = {
    "apt-get": ("libvulkan-dev", "glslc", "spirv-headers"),
    "dnf": ("vulkan-headers", "vulkan-loader-devel", "glslc", "spirv-headers-devel"),
    "pacman": ("vulkan-headers", "vulkan-icd-loader", "shaderc", "spirv-headers"),
    "zypper": ("vulkan-headers", "vulkan-devel", "shaderc", "spirv-headers"),
}
"""By package manager. Those of Debian 13 and Ubuntu 24.04 and newer are new enough."""
_INSTALL = {
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install",
}


def is_there(root: Path = Path("/")) -> bool:
    """Return whether everything is installed, in versions that do.

    Of the shader compiler only ggml's configuration can tell that.
    """
    if os.environ.get("VULKAN_SDK"):
        return True
    if sys.platform == "win32" or not shutil.which("glslc"):
        return False
    return header_version(root) >= NEEDED and any(
        next(root.glob(f"usr/{place}/cmake/SPIRV-Headers"), None)
        for place in ("share", "lib", "lib64", "lib/*", "local/share", "local/lib")
    )


def header_version(root: Path = Path("/")) -> tuple[int, ...]:
    """Return the version of Vulkan's headers; () where there are none."""
    for place in ("usr/include", "usr/local/include"):
        try:
            text = (root / place / "vulkan" / "vulkan_core.h").read_text("utf-8", "replace")
        except OSError:
            continue
        whole = re.search(r"VK_HEADER_VERSION_COMPLETE \w+\(0, (\d+), (\d+),", text)
        patch = re.search(r"define VK_HEADER_VERSION (\d+)", text)
        if whole and patch:
            return int(whole[1]), int(whole[2]), int(patch[1])
    return ()


def version_offered(manager: str) -> tuple[int, ...]:
    """Return the version of the headers that the package manager has; () where it is not known."""
    if manager != "apt-get":
        return ()
    told = subprocess.run(
        ["apt-cache", "policy", "libvulkan-dev"],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},  # else it says "Installationskandidat"
    )
    found = re.search(r"Candidate: (?:\d+:)?([\d.]+)", told.stdout)
    return tuple(int(part) for part in found[1].split(".")[:3]) if found else ()


def how(manager: str, headers: Iterable[int]) -> str:
    """Return what to do where the system has not what is needed; ``headers``: its version."""
    version = tuple(headers)
    if version and version < NEEDED:
        return (
            f"The Vulkan headers of this system are too old ({_text(version)}; {_text(NEEDED)} is "
            "needed).\n  Install Fireside's package instead, which has Vulkan built in, or update "
            "the system (Debian 13,\n  Ubuntu 24.04 or newer)."
        )
    if manager in PACKAGES:
        return (
            f"To use the GPU, run: {_INSTALL[manager]} {' '.join(PACKAGES[manager])}\n"
            "  Then run this command again."
        )
    return (
        "To use the GPU, install the Vulkan SDK (vulkan.lunarg.com), then run this command again."
    )


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
