"""What is told when a GPU cannot be used any more, or its library cannot be loaded."""

from __future__ import annotations

from app.engine.backend import GpuFault, GpuTrouble
from app.engine.plan import Plan
from app.engine.probe import BackendFault, UnusedBackend
from app.wording.graphics import BACKENDS
from app.wording.language import tr


def trouble_sentence(trouble: GpuTrouble, plan: Plan, model: str) -> str:
    """Return what happened to a GPU, and how ``model`` runs now."""
    gpu = trouble.gpu or tr("The graphics card")
    match trouble.fault:
        case GpuFault.LOST if plan.gpu and plan.gpu.description == trouble.gpu:
            return tr("{gpu} stopped responding, so {name} was loaded again.").format(
                gpu=gpu, name=model
            )
        case GpuFault.LOST:
            now = plan.gpu.description if plan.gpu else tr("the CPU")
            return tr("{gpu} stopped responding. {name} now runs on {device}.").format(
                gpu=gpu, name=model, device=now
            )
        case GpuFault.FULL:
            return tr("Other apps took GPU memory, so {name} was loaded again.").format(name=model)
        case GpuFault.DRIVER:
            return tr(
                "A graphics driver crashed, so {name} runs on the CPU. Update the driver, then "
                "restart Fireside."
            ).format(name=model)
        case GpuFault.WEIGHTS:
            return tr("{gpu} isn’t used: it can’t run the format of {name}.").format(
                gpu=gpu, name=model
            )


def unused_sentence(unused: UnusedBackend) -> str:
    """Return why a GPU's backend that is installed is not used."""
    name = BACKENDS.get(unused.name, unused.name)
    match unused.fault:
        case BackendFault.OTHER_VERSION:
            return tr(
                "{backend} isn’t used: it was built for another version of Fireside. Run the "
                "setup again."
            ).format(backend=name)
        case BackendFault.NOT_LOADED:
            return tr("{backend} couldn’t be loaded ({reason}).").format(
                backend=name, reason=unused.detail or tr("no reason given")
            )
        case BackendFault.OTHER_CARD:
            return tr(
                "{backend} isn’t used for {gpu}: it was built for other GPUs. Run the setup again."
            ).format(backend=name, gpu=unused.card)
        case BackendFault.CRASHED:
            return tr(
                "A graphics driver crashed, so no GPU is used. Update the driver, then restart "
                "Fireside."
            )
