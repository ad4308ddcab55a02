"""The measured speeds of a computer, in words."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.probe import Machine
from app.wording.language import number, tr
from app.wording.quantities import day


def measured_speeds(machine: Machine) -> Iterator[str]:
    """Yield a line for the CPU, one for each GPU, and one that says when that was measured."""
    speeds = machine.speeds
    if speeds is None:
        yield tr("not measured yet")
        return
    if speeds.processor:
        rates = (
            tr("{rate} with %n thread(s)", "", threads).format(rate=_rate(rate))
            for threads, rate in speeds.processor
        )
        yield tr("CPU {rates}").format(rates=", ".join(rates))
    known = dict(speeds.gpus)
    for gpu in machine.devices.gpus:
        if found := known.get(gpu.name):
            text = f"{gpu.description} {_rate(found.weights)}"
            if found.pageable:
                text += ", " + tr("transfer {rate}").format(rate=_rate(found.pageable))
            if found.pinned:
                text += ", " + tr("from pinned memory {rate}").format(rate=_rate(found.pinned))
            yield text
    if speeds.measured:
        yield tr("measured {day}").format(day=day(speeds.measured))


def speeds_in_one_line(machine: Machine) -> str:
    """Return when the speeds were measured, and at which each device reads weights."""
    speeds = machine.speeds
    if speeds is None:
        return tr("The speed of this computer hasn’t been measured yet.")
    known = dict(speeds.gpus)
    told = [
        f"{gpu.description} {_rate(known[gpu.name].weights)}"
        for gpu in machine.devices.gpus
        if gpu.name in known
    ]
    if speeds.processor:
        fastest = _rate(max(rate for _, rate in speeds.processor))
        told.append(tr("CPU {rates}").format(rates=fastest))
    devices = ", ".join(told)
    if not speeds.measured:
        return tr("Measured speed: {devices}").format(devices=devices)
    return tr("Speed, measured {when}: {devices}").format(
        when=day(speeds.measured), devices=devices
    )


def _rate(gigabytes: float) -> str:
    return f"{number(gigabytes, 1 if gigabytes < 100 else 0)} GB/s"
