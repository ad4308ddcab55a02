"""The diagnosis: what was found on this computer, what was chosen and why, in words.

``fireside doctor`` prints it, and the preferences show it.
"""

from __future__ import annotations

import platform
import sys
import textwrap
from collections.abc import Iterator

from app import __version__
from app.base import log
from app.base.gguf import GgufHeader
from app.base.graphics import UNKNOWN
from app.base.graphics_advice import advice, backend
from app.engine.memory_model import CacheType, MemoryUse
from app.engine.overrides import Overrides
from app.engine.plan import Plan, PlanRefused, propose, usable
from app.engine.probe import Examined, Gpu, Machine
from app.wording.answers_at_once import answers_at_once, places_cost
from app.wording.errors import explain
from app.wording.gpu_build import build_state, build_title
from app.wording.gpu_trouble import unused_sentence
from app.wording.graphics import drivers, reason, to_build, told
from app.wording.language import number, tr
from app.wording.measured_speeds import measured_speeds
from app.wording.quantities import context_length, gigabytes

_WIDTH, _INDENT = 76, 14
_NOTED = ("AVX2", "AVX512", "AVX512_VNNI", "AVX512_BF16", "AMX_INT8", "NEON", "DOTPROD", "SVE")


def summary(plan: Plan) -> str:
    """Return a plan in one line: "12.4 of 15.6 GB, 32,768-token context, 4 answers at once"."""
    if plan.gpu is None:
        text = tr("{share}, {context}-token context").format(
            share=_of(plan.needed, plan.host_room), context=number(plan.context)
        )
    else:
        text = tr("{share} on {gpu}, {context}-token context, {layers}").format(
            share=_of(plan.device.total, plan.device_room),
            gpu=_cards(plan),
            context=number(plan.context),
            layers=_shared(plan),
        )
    return f"{text}, {answers_at_once(plan.places)}"


def predicted(plan: Plan) -> str:
    """Return the predicted speeds; empty if they are not known."""
    if not plan.tokens_s:
        return ""
    return tr("about {answer} tokens/s, reading about {prompt} tokens/s").format(
        answer=number(_rounded(plan.tokens_s)), prompt=number(_rounded(plan.prompt_tokens_s))
    )


def _rounded(speed: float) -> int:
    """Return a speed to two digits: it is not known better."""
    return int(round(speed, 2 - len(str(int(speed))))) if speed >= 10 else max(1, round(speed))


def fit(plan: Plan, machine: Machine) -> str:
    """Return whether a model fits this computer, and why not."""
    if plan.fits:
        return tr("Fits your computer ({uses}, {context} context)").format(
            uses=_uses(plan, machine), context=context_length(plan.context)
        )
    if too_large(plan, machine):
        return tr("Too large: needs {needed} of memory; you have {memory}.").format(
            needed=gigabytes(plan.needed), memory=gigabytes(machine.memory)
        )
    return tr("Needs {needed} of memory; only {free} is free now.").format(
        needed=gigabytes(plan.needed), free=gigabytes(plan.host_room)
    )


def too_large(plan: Plan, machine: Machine) -> bool:
    """Return whether a plan would not fit even if no other program ran."""
    return not plan.fits and plan.needed > usable(machine)


def speed(plan: Plan, machine: Machine) -> str:
    """Return a warning of slow answers, by where the weights will be; empty if none is due."""
    if too_large(plan, machine):
        return ""
    if not plan.fits:
        return tr("Doesn’t fit in memory, so answers will be slow.")
    if plan.gpu is None and machine.gpu_coming:
        return tr("Runs on the CPU until your graphics card is ready.")
    if plan.gpu is None:
        return tr("Runs on the CPU, so answers will be slow.")
    if plan.cpu_experts or plan.gpu_layers <= plan.layers:
        return tr("Runs partly on the CPU, so answers will be slower.")
    return ""


def _uses(plan: Plan, machine: Machine) -> str:
    """Return how much a plan uses of the whole memory that has the weights."""
    if plan.gpu is None or plan.gpu.unified:
        return tr("uses {share}").format(share=_of(plan.needed, machine.memory))
    memory = sum(share.gpu.memory for share in plan.shares)
    return tr("uses {share} of GPU memory").format(share=_of(plan.device.total, memory))


def _cards(plan: Plan) -> str:
    """Return the GPU's name, or how many there are."""
    if len(plan.shares) > 1:
        return tr("%n GPU(s)", "", len(plan.shares))
    return plan.gpu.description if plan.gpu else ""


def report(
    examined: Examined,
    overrides: Overrides,
    sandbox: str = "",
    folders: str = "",
    web: str = "",
    server: str = "",
    policy: str = "",
    endpoints: str = "",
) -> str:
    """Return the full report, in lines of about 76 characters.

    ``sandbox`` is what a model's Python runs in, ``folders`` and ``web`` what it can search,
    ``server`` the local server, ``policy`` what an administrator has decided, and ``endpoints`` the
    models on other computers, if that was asked.
    """
    machine = examined.machine
    lines = [*_machine(machine), *_graphics(examined)]
    parts = {
        tr("Sandbox"): sandbox,
        tr("Folders"): folders,
        tr("Web"): web,
        tr("Server"): server,
        tr("Policy"): policy,
        tr("Elsewhere"): endpoints,
    }
    lines += [_line(name, text) for name, text in parts.items() if text]
    lines += ["", *_override_lines(overrides)]
    for model, header in examined.models:
        lines += ["", f"{model.name} ({model.place})"]
        if isinstance(header, GgufHeader):
            lines += _model(header, machine, overrides)
        else:
            explanation = explain(header)
            told = filter(None, (explanation.sentence, explanation.detail))
            lines += [_line("", text) for text in told]
    return "\n".join(lines)


def end_of_log(text: str) -> str:
    """Return a section with the last lines of fireside.log; empty if there are none."""
    title = tr("Last lines of {file}").format(file=log.NAME)
    return f"\n\n{title}\n{text}" if text else ""


def _machine(machine: Machine) -> Iterator[str]:
    devices = machine.devices
    yield f"Fireside {__version__}, Python {platform.python_version()}, {platform.platform()}"
    yield devices.version
    yield ""
    yield _line(
        tr("Memory"),
        tr("{memory}, {available} available").format(
            memory=gigabytes(machine.memory), available=gigabytes(machine.available)
        ),
    )
    known = [name for name in _NOTED if name in devices.features]
    cores = tr("%n core(s)", "", machine.cores)
    yield _line(tr("CPU"), ", ".join([cores, *known]))
    yield _line(tr("Backends"), ", ".join(devices.backends))
    for gpu in devices.gpus:
        yield _line("GPU", _gpu(gpu))
    for order, text in enumerate(measured_speeds(machine)):
        yield _line("" if order else tr("Bandwidth"), text)


def _graphics(examined: Examined) -> Iterator[str]:
    """Yield what keeps a GPU from being used, or from being used well, and what to do."""
    devices, found = examined.machine.devices, examined.graphics
    choice = backend(found)
    names = [name for name in devices.backends if name not in ("CPU", "BLAS")]
    if getattr(sys, "frozen", False) and not names:
        names = ["Vulkan"]  # included in every package, but not loaded
    built_in = choice.backend.upper() in map(str.upper, names)
    if not devices.gpus:
        if built_in or found.metal:
            told_names = " / ".join(names)
            text = tr("none found by {names}. Check your graphics driver.").format(names=told_names)
        else:
            text = reason(choice) if found != UNKNOWN else tr("none found")
        yield _line("GPU", text)
    if versions := drivers(found):
        yield _line(tr("Drivers"), versions)
    hints = [[unused_sentence(each)] for each in devices.unused]
    hints += [told(each) for each in advice(found)]
    if examined.build:
        hints.append([f"{build_title(examined.build)}: {build_state(examined.build)}"])
    elif choice.backend and not built_in:
        hints.append(to_build(choice))
    for sentence, *commands in filter(None, hints):
        yield _line("", sentence)
        yield from (f"{' ' * _INDENT}{command}" for command in commands)


def _gpu(gpu: Gpu) -> str:
    text = (
        tr("{gpu} ({name}), {free} of {memory} free, shared with the CPU")
        if gpu.unified
        else tr("{gpu} ({name}), {free} of {memory} free")
    )
    return text.format(
        gpu=gpu.description,
        name=gpu.name,
        free=gigabytes(gpu.available),
        memory=gigabytes(gpu.memory),
    )


def _override_lines(overrides: Overrides) -> Iterator[str]:
    chosen = {
        tr("context"): overrides.context,
        tr("GPU layers"): overrides.gpu_layers,
        tr("CPU expert layers"): overrides.cpu_experts,
        tr("cache"): overrides.cache and overrides.cache.value,
        tr("weights"): tr("on disk") if overrides.mapped else None,
        tr("answers at once"): overrides.places,
        tr("switched off"): ", ".join(overrides.unused_gpus) or None,
    }
    fixed = [f"{name} {value}" for name, value in chosen.items() if value is not None]
    yield _line(tr("Overrides"), ", ".join(fixed) or tr("none (automatic)"))


def _model(header: GgufHeader, machine: Machine, overrides: Overrides) -> Iterator[str]:
    plan = propose(header, machine, overrides)
    yield _line(
        tr("Model"),
        tr("{weights} in {layers} layers").format(
            weights=gigabytes(header.weights), layers=plan.layers
        ),
    )
    yield _line(tr("Selected") if plan.fits else tr("Too large"), summary(plan))
    threads = tr("%n thread(s)", "", plan.batch_threads)
    batch = tr("{threads}, batch size {size}").format(threads=threads, size=plan.ubatch)
    yield _line(
        "",
        tr("{cache} cache, {batch}, weights {weights}").format(
            cache=_cache(plan.cache), batch=batch, weights=_weights(plan)
        ),
    )
    if cost := places_cost(header, plan, fixed=overrides.places is not None):
        yield _line(tr("Answers"), cost.rstrip("."))
    if speeds := predicted(plan):
        yield _line(tr("Speed"), speeds)
    yield _line(tr("In memory"), _parts(plan.host, plan.host_room))
    if len(plan.shares) == 1:
        yield _line(tr("On the GPU"), _parts(plan.device, plan.device_room))
    for order, share in enumerate(plan.shares if len(plan.shares) > 1 else ()):
        text = tr("{gpu} ({name}), %n layer(s), {parts}", "", share.layers).format(
            gpu=share.gpu.description, name=share.gpu.name, parts=_parts(share.use, share.room)
        )
        yield _line("" if order else tr("On the GPUs"), text)
    for refused in plan.refused:
        yield _line(tr("Didn’t fit"), _refused(refused, plan))


def _weights(plan: Plan) -> str:
    if plan.repack:
        return tr("repacked for this CPU")
    return tr("memory-mapped") if plan.mmap else tr("locked in memory")


def _refused(refused: PlanRefused, plan: Plan) -> str:
    what = [tr("%Ln token(s)", "", refused.context)]
    if refused.cache is not CacheType.F16:
        what.append(_cache(refused.cache))
    if refused.gpu_layers > plan.layers:
        what.append(
            tr("everything on the GPU") if refused.on_gpu else tr("as much as possible on the GPU")
        )
    elif refused.gpu_layers:
        what.append(tr("%n layer(s) on the GPU", "", refused.gpu_layers))
    return f"{', '.join(what)}: {_of(refused.needed, refused.room)}"


def _cache(cache: CacheType) -> str:
    return tr("full-precision") if cache is CacheType.F16 else tr("compact (q8_0)")


def _shared(plan: Plan) -> str:
    """Return how the layers are divided between GPU and CPU."""
    if plan.gpu_layers <= plan.layers:
        return tr("{count} of {all} layers on the GPU").format(
            count=plan.gpu_layers - 1, all=plan.layers
        )
    if plan.cpu_experts:
        return tr("%n expert layer(s) on the CPU", "", plan.cpu_experts)
    return tr("all layers on the GPU")


def _parts(use: MemoryUse, room: int) -> str:
    parts = {
        tr("weights"): use.weights,
        tr("cache"): use.cache,
        tr("buffers"): use.compute,
        tr("runtime"): use.runtime,
    }
    told = ", ".join(f"{name} {gigabytes(size)}" for name, size in parts.items() if size)
    return f"{_of(use.total, room)}: {told}"


def _of(size: int, room: int) -> str:
    """Return "size of room", with the unit only once if it is the same."""
    one, other = gigabytes(size), gigabytes(room)
    same = one.split()[1] == other.split()[1]
    return tr("{size} of {room}").format(size=one.split()[0] if same else one, room=other)


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
