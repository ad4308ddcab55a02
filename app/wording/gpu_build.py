"""Sentences about a GPU library that is being compiled."""

from __future__ import annotations

from app.engine.gpu_library import BuildFault, GpuBuild
from app.wording.language import tr
from app.wording.quantities import duration


def build_title(build: GpuBuild) -> str:
    """Return what is going on, or that it has failed."""
    if build.running:
        return tr("Setting up your graphics card")
    if build.fault is None:
        return tr("Graphics card setup was interrupted")
    return tr("Couldn’t set up your graphics card")


def build_state(build: GpuBuild) -> str:
    """Return how long it will take, or what to do about a failure."""
    if build.running:
        if build.seconds_left is None:
            return tr("Fireside uses the CPU until then.")
        return tr("{time} left").format(time=duration(build.seconds_left))
    match build.fault:
        case None:
            return tr("Run the setup again to continue.")
        case BuildFault.NETWORK:
            return tr(
                "The download failed. Check your internet connection, then run the setup again."
            )
        case BuildFault.CHECKSUM:
            return tr("A download was damaged. Run the setup again.")
        case BuildFault.DISK:
            return tr("The disk is full. Free up some space, then run the setup again.")
        case BuildFault.COMPILER:
            return tr("No suitable C++ compiler was found.")
        case BuildFault.HEADERS:
            return tr("Vulkan’s development files are missing or too old.")
        case BuildFault.MEMORY:
            return tr("Memory ran out. Close other apps, then run the setup again.")
    return tr("The log has the details.")
