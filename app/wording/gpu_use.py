"""Sentences about what of this computer's graphics cards a plan uses."""

from __future__ import annotations

from app.engine.plan import Overrides, Plan
from app.engine.probe import Gpu, Machine
from app.wording.language import tr


def why_unused(gpu: Gpu, plan: Plan, machine: Machine, overrides: Overrides) -> str:
    """Return why a card is not used; empty if it is."""
    if is_off(gpu, overrides):
        return tr("Switched off")
    if any(_same(gpu, share.gpu) for share in plan.shares):
        return ""
    if overrides.gpu_layers == 0:
        return tr("Not used: no layers are on the GPU")
    if gpu.unified and plan.shares:
        return tr("Not used: slower than {gpu}").format(gpu=plan.shares[0].gpu.description)
    if _slower_than_processor(gpu, machine):
        return tr("Not used: slower than the CPU")
    return tr("Not used: the model runs faster without it") if plan.fits else tr("Not used")


def key(gpu: Gpu) -> str:
    """Return how the settings name a card: by its place on the bus, or else as ggml does."""
    return gpu.pci or gpu.name


def is_off(gpu: Gpu, overrides: Overrides) -> bool:
    """Return whether a person has switched a card off."""
    return bool({gpu.pci, gpu.name} & set(overrides.unused_gpus))


def _same(one: Gpu, other: Gpu) -> bool:
    return key(one) == key(other)


def _slower_than_processor(gpu: Gpu, machine: Machine) -> bool:
    """Return whether a card was measured to read weights no faster than the processor."""
    if machine.speeds is None or not machine.speeds.processor:
        return False
    measured = dict(machine.speeds.gpus).get(gpu.name)
    fastest = max(speed for _, speed in machine.speeds.processor)
    return measured is not None and measured.weights <= fastest
