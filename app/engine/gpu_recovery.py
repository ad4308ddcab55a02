"""What is left of a computer's GPUs after one was lost, and of the answer that it was at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.base.draft import Draft
from app.base.gguf import GgufHeader
from app.base.types import Delta, Message, PartKind, Request, Role
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


class Answer:
    """A request, and what of its answer has come, with which it can go on in another process."""

    def __init__(self, request: Request) -> None:
        self._request = request
        last = request.messages[-1:]
        self._continues = bool(last) and last[0].role is Role.ASSISTANT
        self._draft = Draft(last[0].parts if self._continues else ())
        self._begun = False

    def add(self, delta: Delta) -> None:
        """Record more of the answer."""
        self._begun = True
        self._draft.add(delta)

    @property
    def can_go_on(self) -> bool:
        """Whether it can: not within a call of a tool, which would be taken for a whole one."""
        return not (self._begun and self._draft.parts[-1].kind is PartKind.CALL)

    @property
    def request(self) -> Request:
        """The request for what is missing.

        The tokens drawn so far are rendered anew, once: the other process has none of them anyway.
        """
        if not self._begun:
            return self._request
        messages = self._request.messages[: -1 if self._continues else None]
        said = Message(Role.ASSISTANT, self._draft.parts)
        return replace(self._request, messages=(*messages, said), drawn=())
