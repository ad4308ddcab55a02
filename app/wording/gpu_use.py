"""Sentences about what of this computer's graphics cards a plan uses."""

from __future__ import annotations

from app.engine.devices import candidates
from app.engine.overrides import Overrides
from app.engine.plan import Plan
from app.engine.probe import Gpu, Machine
from app.wording.language import tr


def why_unused(gpu: Gpu, plan: Plan, machine: Machine, overrides: Overrides) -> str:
    """Return why a card is not used; empty if it is."""
    if gpu.is_among(overrides.unused_gpus):
        return tr("Switched off")
    if any(share.gpu.name == gpu.name for share in plan.shares):
        return ""
    if overrides.gpu_layers == 0:
        return tr("Not used: no layers are on the GPU")
    if gpu in candidates(machine, overrides):
        return tr("Not used: the model runs faster without it")
    if gpu.unified and plan.gpu:
        return tr("Not used: slower than {gpu}").format(gpu=plan.gpu.description)
    return tr("Not used: no faster than the CPU")
