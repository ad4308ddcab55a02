"""What Vulkan's library is compiled with, from source: Debian's tools, or else the system's own."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tarfile
from pathlib import Path

from app.engine.gpu_library import BuildFault
from installers import vulkan_tools
from installers.gpu_progress import Failed

DOWNLOAD = 60_000_000
"""Bytes of Debian's tools."""
ADVICE = "To use the GPU, install the Vulkan SDK (vulkan.lunarg.com), then run this command again."


def is_there() -> bool:
    """Return whether there is anything to compile with; ggml's configuration tells if it does."""
    return _has_debians() or _has_own()


def flags(folder: Path) -> list[str]:
    """Return CMake's flags for what it is compiled with, fetched into ``folder`` where needed.

    A Vulkan SDK that the person has set comes first. Debian's tools are the same on every Linux,
    and need no root. Raises Failed.
    """
    if os.environ.get("VULKAN_SDK") or not _has_debians():
        return []
    try:
        return vulkan_tools.flags(folder, platform.machine())
    except (OSError, vulkan_tools.ShaderError, tarfile.TarError) as error:
        if _has_own():
            return []
        raise Failed(BuildFault.NETWORK, str(error)) from error


def _has_debians() -> bool:
    return sys.platform == "linux" and bool(vulkan_tools.packages(platform.machine()))


def _has_own() -> bool:
    return bool(os.environ.get("VULKAN_SDK") or shutil.which("glslc"))
