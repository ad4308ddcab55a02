"""What was found on this computer, what was chosen and why, in words. Without Qt: the command
``fireside doctor`` prints it, the preferences show it."""

from __future__ import annotations

import platform
import textwrap
from collections.abc import Iterator

from app import __version__
from app.base.gguf import Header
from app.base.types import ModelRef
from app.engine.plan import CacheType, Plan, Refused, Use, Wishes, propose
from app.engine.probe import Devices, Gpu, Machine
from app.host import Examined
from app.ui.errors import explain, gigabytes

_CACHES = {CacheType.F16: "full precision", CacheType.Q8_0: "compact (q8_0)"}
_BUILDS = {"CUDA": "NVIDIA, with the CUDA toolkit", "VULKAN": "any GPU, with the Vulkan SDK"}
_WIDTH, _INDENT = 76, 14
_NOTED = ("AVX2", "AVX512", "AVX512_VNNI", "AVX512_BF16", "AMX_INT8", "NEON", "DOTPROD", "SVE")


def summary(plan: Plan) -> str:
    """A plan in one line: "12.4 of 15.6 GB at 32,768 tokens of context; …"."""
    if plan.gpu is None:
        return f"{_of(plan.needed, plan.host_room)} at {plan.context:,} tokens of context"
    card = f"{_of(plan.device.total, plan.device_room)} on {plan.gpu.description}"
    return f"{card}, at {plan.context:,} tokens of context; {_shared(plan)}"


def fit(plan: Plan, machine: Machine) -> str:
    """Whether a model fits this computer, and why not."""
    if plan.fits:
        return f"It fits this computer: {summary(plan)}."
    if plan.needed > machine.memory:
        return (
            f"It does not fit this computer: it needs {gigabytes(plan.needed)} of memory, and "
            f"there are {gigabytes(machine.memory)}."
        )
    return f"It needs more than is free here now: {summary(plan)}. Close other programs for it."


def report(examined: Examined, wishes: Wishes) -> str:
    """Everything, in lines of some 76 characters."""
    machine = examined.machine
    lines = [*_machine(machine), "", *_wishes(wishes)]
    for model, header in examined.models:
        lines += ["", f"{model.name} ({model.path})"]
        if isinstance(header, Header):
            lines += _model(model, header, machine, wishes)
        else:
            lines.append(_line("", explain(header).sentence))
    return "\n".join(lines)


def _machine(machine: Machine) -> Iterator[str]:
    devices = machine.devices
    yield f"Fireside {__version__}, Python {platform.python_version()}, {platform.platform()}"
    yield devices.version
    yield ""
    yield _line(
        "Memory", f"{gigabytes(machine.memory)}, {gigabytes(machine.available)} can be taken"
    )
    known = [name for name in _NOTED if name in devices.features]
    cores = f"{machine.cores} core{'s' if machine.cores > 1 else ''}"
    yield _line("Processor", ", ".join([cores, *known]))
    yield _line("Backends", ", ".join(devices.backends))
    for gpu in devices.gpus:
        yield _line("GPU", _gpu(gpu))
    if not devices.gpus:
        yield from _no_gpu(devices)


def _no_gpu(devices: Devices) -> Iterator[str]:
    """What to do for one that llama.cpp does not see."""
    others = [name for name in devices.backends if name not in ("CPU", "BLAS")]
    if others:
        yield _line("GPU", f"none that {' or '.join(others)} can use. Check the graphics driver.")
        return
    yield _line("GPU", "llama.cpp was built for the processor only. Build it again for")
    for name, whom in _BUILDS.items():
        yield _line("", f"{whom}:")
        yield _line("", f"CMAKE_ARGS=-DGGML_{name}=on python3 installers/from_source.py")


def _gpu(gpu: Gpu) -> str:
    kind = ", which is the computer's own" if gpu.unified else ""
    free = f"{gigabytes(gpu.available)} of {gigabytes(gpu.memory)} free"
    return f"{gpu.description} ({gpu.name}), {free}{kind}"


def _wishes(wishes: Wishes) -> Iterator[str]:
    chosen = {
        "context": wishes.context,
        "layers on the GPU": wishes.gpu_layers,
        "expert layers on the CPU": wishes.cpu_experts,
        "cache": wishes.cache and wishes.cache.value,
    }
    fixed = [f"{name} {value}" for name, value in chosen.items() if value is not None]
    yield _line("You fixed", ", ".join(fixed) or "nothing: all is chosen for this computer")


def _model(model: ModelRef, header: Header, machine: Machine, wishes: Wishes) -> Iterator[str]:
    plan = propose(header, machine, wishes)
    yield _line("Model", f"{gigabytes(header.weights)} in {plan.layers} layers")
    yield _line("Chosen" if plan.fits else "Too large", summary(plan))
    threads = f"{plan.batch_threads} thread{'s' if plan.batch_threads > 1 else ''}"
    batch = f"{threads}, batches of {plan.ubatch}"
    weights = "laid out anew for this processor" if plan.repack else "mapped from the file"
    yield _line("", f"cache in {_CACHES[plan.cache]}; {batch}; weights {weights}")
    yield _line("In memory", _parts(plan.host, plan.host_room))
    if plan.gpu:
        yield _line("On the GPU", _parts(plan.device, plan.device_room))
    for refused in plan.refused:
        yield _line("Not", _refused(refused, plan))


def _refused(refused: Refused, plan: Plan) -> str:
    what = f"{refused.context:,} tokens"
    if refused.cache is not CacheType.F16:
        what += f", {_CACHES[refused.cache]}"
    if refused.gpu_layers > plan.layers:
        what += ", all on the GPU" if refused.on_gpu else ", as much as fits on the GPU"
    elif refused.gpu_layers:
        what += f", {refused.gpu_layers} layers on the GPU"
    return f"{what}: {_of(refused.needed, refused.room)}"


def _shared(plan: Plan) -> str:
    """Who does what, where a GPU helps."""
    if plan.gpu_layers <= plan.layers:
        return f"{plan.gpu_layers - 1} of {plan.layers} layers on the GPU"
    if plan.cpu_experts:
        return f"{plan.cpu_experts} expert layers on the CPU"
    return "all layers on the GPU"


def _parts(use: Use, room: int) -> str:
    parts = {
        "weights": use.weights,
        "cache": use.cache,
        "buffers": use.compute,
        "the program": use.runtime,
    }
    told = ", ".join(f"{name} {gigabytes(size)}" for name, size in parts.items() if size)
    return f"{_of(use.total, room)}: {told}"


def _of(size: int, room: int) -> str:
    """Two sizes, in one unit where they share it."""
    one, other = gigabytes(size), gigabytes(room)
    same = one.split()[1] == other.split()[1]
    return f"{one.split()[0] if same else one} of {other}"


def _line(name: str, text: str) -> str:
    indent = " " * _INDENT
    head = f"  {name:<{_INDENT - 3}} "
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
