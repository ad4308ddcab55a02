"""The one thing that is told about a GPU that is not used."""

from __future__ import annotations

import pytest

from app.base.graphics import Graphics, Kind
from app.engine.gpu_library import GpuBuild
from app.engine.probe import BackendFault, Devices, Examined, Machine, UnusedBackend
from app.wording.gpu_hint import gpu_hint
from tests.fakes import drivers

RTX = Graphics(cuda=drivers.cuda(("RTX 3060", (8, 6), 12)))
NO_CARD = Graphics(vulkan=drivers.vulkan(drivers.card("llvmpipe", 0x10005, 8, Kind.SOFTWARE)))
OLD = UnusedBackend("cuda", BackendFault.OTHER_VERSION)


def hint(graphics: Graphics, devices: Devices, build: GpuBuild | None = None) -> str:
    machine = Machine(32 << 30, 24 << 30, 8, devices)
    return " ".join(gpu_hint(Examined(machine, (), graphics, build)))


@pytest.mark.parametrize(
    ("graphics", "devices", "build"),
    [
        (RTX, Devices(backends=("CUDA", "CPU")), None),
        (RTX, Devices(backends=("CPU",)), GpuBuild("cuda", 43, 360, running=True)),
        (NO_CARD, Devices(backends=("CPU",)), None),
    ],
)
def test_nothing_is_told_if_all_is_well(
    graphics: Graphics, devices: Devices, build: GpuBuild | None
) -> None:
    assert hint(graphics, devices, build) == ""


def test_the_first_thing_to_do_is_told() -> None:
    to_build = hint(RTX, Devices(backends=("CPU",)))
    assert to_build.startswith("To use RTX 3060 with CUDA, run: ")
    assert hint(RTX, Devices(unused=(OLD,))).startswith("CUDA isn’t used: it was built for another")
