"""What is left of a computer's GPUs after one was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.base.gguf import GgufHeader
from app.engine.gpu_library import GpuLibrary
from app.engine.load_failure import GpuFailure
from app.engine.plan import Plan
from app.engine.probe import Devices, Gpu

_PATIENCE = 2  # losses in a row, after which a GPU is left alone until the program ends
_ON_CPU = "token_embd"  # the one matrix that never lies on a GPU


class GpuLosses:
    """How often each GPU was lost in a row.

    The first time, it is used again if it is still there: a computer that was asleep, or a driver
    that was replaced, may have ended the process only.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, plan: Plan, failure: GpuFailure) -> str:
        """Count a failure of a GPU of ``plan``, and return the description of that.

        If the log does not name it, it may have been any, and the description is empty.
        """
        gpus = [share.gpu for share in plan.shares]
        lost = [gpu for gpu in gpus if gpu.name == failure.device] or gpus
        if not failure.full:
            self._counts.update(gpu.key for gpu in lost)
        return lost[0].description if len(lost) == 1 else ""

    def worked(self, plan: Plan) -> None:
        """Forget the losses of the GPUs with which an answer was completed."""
        for share in plan.shares:
            del self._counts[share.gpu.key]

    def left(self, devices: Devices) -> Devices:
        """Return ``devices`` without those that were lost too often."""
        gpus = tuple(gpu for gpu in devices.gpus if self._counts[gpu.key] < _PATIENCE)
        return replace(devices, gpus=gpus)


def able(
    header: GgufHeader, devices: Devices, libraries: Sequence[GpuLibrary]
) -> tuple[Devices, Gpu | None]:
    """Return ``devices`` without GPUs whose library cannot multiply the model's weights, and one.

    llama.cpp would leave these weights to the CPU, and copy everything there and back.
    """
    kinds = {
        tensor.type
        for tensor in header.tensors
        if len(tensor.shape) > 1 and not tensor.name.startswith(_ON_CPU)
    }
    unable = {library.backend for library in libraries if library.lacks(kinds)}
    gpus = {gpu: gpu.api.lower() in unable for gpu in devices.gpus}
    left_out = next((gpu for gpu, lacks in gpus.items() if lacks), None)
    return replace(devices, gpus=tuple(gpu for gpu, lacks in gpus.items() if not lacks)), left_out
