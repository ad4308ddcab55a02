"""Sentences about this computer's GPUs and drivers: what is wrong, and what to do.

The set-up script prints them before anything is installed, so this imports nothing that has to be.
"""

from __future__ import annotations

import sys

from app.base.graphics import Graphics
from app.base.graphics_advice import (
    OLDEST_DRIVER,
    OLDEST_VULKAN,
    Advice,
    BuildChoice,
    Problem,
    Reason,
)
from app.wording.language import tr

SET_UP = "python3 installers/from_source.py --gpu {backend}"
"""The command that builds llama.cpp for a GPU; ``backend`` is "cuda", "vulkan" or "none"."""
BACKENDS = {"cuda": "CUDA", "vulkan": "Vulkan"}
"""The names of what llama.cpp can be built for."""
_DRIVERS = "nvidia.com/drivers"


def told(advice: Advice) -> list[str]:
    """Return the sentence, and if there is one, the command to run as a line of its own."""
    sentence = _problem(advice)
    if advice.problem is Problem.OTHER_IDLE and not _frozen():
        return [sentence, SET_UP.format(backend="vulkan")]
    if not advice.command:
        return [" ".join(filter(None, (sentence, _elsewhere(advice.problem))))]
    if advice.repository:
        how = tr("Enable the {repository} repository, then run:").format(
            repository=advice.repository
        )
    else:
        how = tr("Run:")
    return [f"{sentence} {how}", advice.command]


def to_build(choice: BuildChoice) -> list[str]:
    """Return how to get what llama.cpp lacks for a GPU, and if there is one, the command to run.

    Empty if there is no way.
    """
    if not _frozen():
        sentence = tr("To use {gpu} with {backend}, run:").format(
            gpu=choice.gpu, backend=BACKENDS[choice.backend]
        )
        return [sentence, SET_UP.format(backend=choice.backend)]
    if choice.backend == "cuda" and sys.platform == "linux":
        return [
            tr("For faster answers with {gpu}, install the add-on {name}.").format(
                gpu=choice.gpu, name="fireside-cuda"
            )
        ]
    return []


def _elsewhere(problem: Problem) -> str:
    """Return where to get what is missing, where no command is known."""
    if problem in (Problem.NVIDIA_OLD, Problem.NVIDIA_MISSING):
        return tr("Download it from {address}.").format(address=_DRIVERS)
    if problem in (Problem.NO_VULKAN, Problem.CUDA_MISSING):
        return tr("Install it with your system’s package manager.")
    return ""


def reason(choice: BuildChoice) -> str:
    """Return why llama.cpp is built for what it is."""
    match choice.reason:
        case Reason.METAL:
            return tr("Metal is part of macOS.")
        case Reason.CUDA:
            return tr("{gpu} is fastest with CUDA.").format(gpu=choice.gpu)
        case Reason.LARGER:
            return tr(
                "{gpu} has the most memory. Vulkan can use it together with your NVIDIA GPU."
            ).format(gpu=choice.gpu)
        case Reason.VULKAN:
            return tr("{gpu} can be used with Vulkan.").format(gpu=choice.gpu)
        case Reason.NO_DRIVER:
            return tr("Your GPU can’t be used yet, so Fireside uses the CPU.")
    if sys.platform == "win32":  # where a GPU without a driver cannot be seen
        return tr(
            "No GPU driver found, so Fireside uses the CPU. If this computer has a GPU, install "
            "its driver."
        )
    return tr("No GPU found, so Fireside uses the CPU.")


def drivers(graphics: Graphics) -> str:
    """Return the drivers with their versions, in one line; empty for none.

    "nvidia 580.95.05 (CUDA 13.0), radv Mesa 25.0.7"
    """
    major, minor = divmod(graphics.cuda.version // 10, 100)
    runs = f"(CUDA {major}.{minor})" if graphics.cuda.version else ""
    named = [" ".join(filter(None, ("nvidia", graphics.nvidia_driver, runs)))]
    nvidia = named if graphics.nvidia_driver or runs else []
    kernel = [card.driver for card in graphics.pci if card.driver not in ("nvidia", "")]
    return ", ".join(dict.fromkeys([*nvidia, *kernel, *(c.driver for c in graphics.vulkan.cards)]))


def _frozen() -> bool:
    """Return whether this is a package, which has Vulkan in any case."""
    return bool(getattr(sys, "frozen", False))


def _problem(advice: Advice) -> str:
    match advice.problem:
        case Problem.CRASHED | Problem.HUNG | Problem.VULKAN_FAILED:
            return _no_answer(advice)
        case Problem.WSL_CLOSED:
            return tr(
                "Windows doesn’t share its GPU with this Linux. In Windows, update the GPU driver, "
                "run `wsl --update`, and make sure that this is WSL 2."
            )
        case Problem.WSL_DRIVER:
            return tr(
                "WSL can use NVIDIA GPUs only. If you have one, install NVIDIA’s driver in "
                "Windows, not here. For any other GPU, use Fireside for Windows."
            )
        case Problem.WSL_OLD:
            return tr(
                "NVIDIA’s driver in Windows is too old for CUDA with {gpu}. In Windows, update it "
                "to {needed} or newer."
            ).format(gpu=advice.gpu, needed=OLDEST_DRIVER)
        case Problem.SOFTWARE:
            return tr(
                "Vulkan found only a software driver ({gpu}), which Fireside doesn’t use. "
                "If this computer has a GPU, install its driver."
            ).format(gpu=advice.gpu)
        case Problem.INTEGRATED_IDLE:
            return tr(
                "Fireside uses {gpu}. {other} stays unused: it shares memory with the CPU and "
                "would be slower."
            ).format(gpu=advice.gpu, other=advice.other)
        case Problem.OTHER_IDLE if not _frozen():
            return tr(
                "Fireside uses {gpu} with CUDA. {other} doesn’t support CUDA and stays unused. "
                "To use both with Vulkan instead, run:"
            ).format(gpu=advice.gpu, other=advice.other)
        case Problem.OTHER_IDLE | Problem.BOTH_USED:
            return tr("Fireside can use {gpu} and {other} together.").format(
                gpu=advice.gpu, other=advice.other
            )
    return _nvidia(advice) or _vulkan(advice)


def _no_answer(advice: Advice) -> str:
    """Return the sentence for a driver that crashed, hung or failed."""
    if advice.problem is Problem.VULKAN_FAILED:
        return tr("Vulkan failed with error {error}. Update your GPU driver.").format(
            error=advice.found
        )
    if advice.problem is Problem.HUNG:
        return tr(
            "The {library} driver didn’t respond. Restart your computer. If that doesn’t help, "
            "update the driver."
        ).format(library=advice.library)
    return tr("The {library} driver crashed when it was asked for GPUs. Update it.").format(
        library=advice.library
    )


def _nvidia(advice: Advice) -> str:
    match advice.problem:
        case Problem.NVIDIA_OLD:
            version = f" {advice.found}" if advice.found else ""
            return tr(
                "NVIDIA’s driver{version} is too old for CUDA with {gpu}. Update it to {needed} "
                "or newer."
            ).format(version=version, gpu=advice.gpu, needed=OLDEST_DRIVER)
        case Problem.NVIDIA_MISSING:
            return tr(
                "Your NVIDIA GPU needs NVIDIA’s own driver. Install it, then restart your computer."
            )
        case Problem.NVIDIA_NOT_LOADED:
            return tr(
                "NVIDIA’s driver is installed but not running. Restart your computer. If Secure "
                "Boot is on, enrol the driver’s key or turn Secure Boot off."
            )
        case Problem.NVIDIA_UPDATED:
            return tr("NVIDIA’s driver was updated. Restart your computer to use the GPU.")
        case Problem.NVIDIA_FAILED:
            return tr(
                "NVIDIA’s driver failed with error {error}. Restart your computer. If that "
                "doesn’t help, reinstall the driver."
            ).format(error=advice.found)
        case Problem.CUDA_MISSING:
            return tr("NVIDIA’s driver is installed without its CUDA library (libcuda).")
        case Problem.CARD_OLD:
            return tr("{gpu} is too old for CUDA 13. Fireside can use it with Vulkan.").format(
                gpu=advice.gpu
            )
        case Problem.CARD_NEVER:
            return tr("{gpu} is too old for Fireside.").format(gpu=advice.gpu)
    return ""


def _vulkan(advice: Advice) -> str:
    needed = "{}.{}".format(*OLDEST_VULKAN)
    match advice.problem:
        case Problem.NO_VULKAN:
            return tr("Your {maker} GPU has no Vulkan driver.").format(maker=advice.gpu)
        case Problem.NO_DRIVER:
            return tr(
                "Your {maker} GPU has no driver. Update your system: the GPU may be newer than "
                "its Linux kernel."
            ).format(maker=advice.gpu)
        case Problem.VULKAN_NEVER:
            return tr("Your {maker} GPU is too old for Vulkan, so Fireside can’t use it.").format(
                maker=advice.gpu
            )
    if advice.gpu:
        return tr(
            "{gpu} only has Vulkan {version}; Fireside needs {needed}. Update its driver."
        ).format(gpu=advice.gpu, version=advice.found, needed=needed)
    return tr("Vulkan {version} is too old; Fireside needs {needed}. Update your system.").format(
        version=advice.found, needed=needed
    )
