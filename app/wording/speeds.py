"""Sentences about the measured speeds of this computer."""

from __future__ import annotations

from app.engine.probe import Machine, Speeds
from app.wording.language import number, tr
from app.wording.quantities import ago


def measured_speeds(machine: Machine) -> str:
    """Return when the speeds were measured, and how fast each device reads weights."""
    speeds = machine.speeds
    if speeds is None:
        return tr("The speed of this computer hasn’t been measured yet.")
    devices = _devices(machine, speeds)
    if not speeds.measured:
        return tr("Measured speed: {devices}").format(devices=devices)
    return tr("Speed, measured {when}: {devices}").format(
        when=ago(speeds.measured), devices=devices
    )


def measured_links(machine: Machine) -> str:
    """Return how fast data gets from the computer's memory to each GPU; empty if not measured."""
    if machine.speeds is None:
        return ""
    lines = (
        tr("{gpu}: {speed} from this computer’s memory").format(
            gpu=name, speed=_rate(max(found.pinned, found.pageable))
        )
        for ggml_name, found in machine.speeds.gpus
        if (name := _names(machine).get(ggml_name)) and max(found.pinned, found.pageable)
    )
    return "\n".join(lines)


def _devices(machine: Machine, speeds: Speeds) -> str:
    names = _names(machine)
    told = [f"{names[name]} {_rate(found.weights)}" for name, found in speeds.gpus if name in names]
    if speeds.processor:
        told.append(f"{tr('CPU')} {_rate(max(speed for _, speed in speeds.processor))}")
    return ", ".join(told)


def _names(machine: Machine) -> dict[str, str]:
    return {gpu.name: gpu.description for gpu in machine.devices.gpus}


def _rate(gigabytes_s: float) -> str:
    return f"{number(gigabytes_s, 0 if gigabytes_s >= 10 else 1)} GB/s"
