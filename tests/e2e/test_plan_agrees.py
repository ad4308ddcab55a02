"""The plan's arithmetic against llama.cpp's log and against a real process."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.base.answer_events import Done
from app.base.types import Message, ModelRef, Part, Request, Role, Sampling
from app.engine import plan, probe
from app.engine.backend import Planned
from app.engine.memory_model import CacheType
from app.engine.overrides import Overrides
from app.engine.plan import Plan
from app.engine.probe import Devices, Machine
from app.engine.supervisor import EngineOptions, LocalBackend
from app.host import demo_model
from tests.fakes import gpt_oss
from tests.fakes.llama_report import reported

PLENTY = 1 << 40
FULL_SIZE = os.environ.get("FIRESIDE_FULL_SIZE_MODEL", "")
SETTINGS = [
    (4096, CacheType.F16, 8),
    (32768, CacheType.F16, 1),
    (32768, CacheType.Q8_0, 4),
    (32768, CacheType.F16, 16),
    (131072, CacheType.F16, 2),
    (131072, CacheType.Q8_0, 1),
]
"""Contexts, caches, and how many answers are generated at a time."""


@pytest.fixture(scope="module")
def here() -> Machine:
    """Return this machine, whatever GPU it has."""
    return probe.machine(LocalBackend(Path(os.devnull)).devices())


Setting = tuple[int, CacheType, int]


def planned(path: Path, here: Machine, settings: Sequence[Setting]) -> list[Plan]:
    """Return plans for the CPU alone, with unlimited memory."""
    features = here.devices.features
    machine = Machine(PLENTY, PLENTY, 2, Devices(features=features))
    model = probe.model(path)
    return [
        plan.propose(model, machine, Overrides(context=context, cache=cache, places=places))
        for context, cache, places in settings
    ]


def test_the_demo_model(here: Machine) -> None:
    path = Path(demo_model().place)
    plans = planned(path, here, SETTINGS)
    for setting, chosen, told in zip(SETTINGS, plans, reported(path, plans), strict=True):
        assert chosen.host.weights == pytest.approx(told["host model"], rel=0.01), setting
        assert chosen.host.cache == pytest.approx(told["cache"], rel=0.01), setting
        compute = told["host compute"] + told["host output"]
        assert chosen.host.compute == pytest.approx(compute, rel=0.01), setting


@pytest.mark.parametrize(("size", "settings"), [("20b", SETTINGS), ("120b", SETTINGS[1::2])])
def test_gpt_oss(size: str, settings: Sequence[Setting], here: Machine, tmp_path: Path) -> None:
    path = tmp_path / f"{size}.gguf"  # sparse, with the full shape and vocabulary
    gpt_oss.write(size, path)
    plans = planned(path, here, settings)
    for setting, chosen, told in zip(
        settings, plans, reported(path, plans, whole=False), strict=True
    ):
        assert chosen.host.cache == pytest.approx(told["cache"], rel=0.01), setting
        compute = told["host compute"] + told["host output"]
        assert chosen.host.compute == pytest.approx(compute, rel=0.01), setting


def test_a_gpu_if_there_is_one(here: Machine) -> None:
    if not here.devices.gpus:
        pytest.skip("this build of llama.cpp finds no GPU")
    path = Path(demo_model().place)
    places = (5, 0), (5, 2), (5, 4), (3, 4), (0, 0)
    wishes = (Overrides(32768, layers, experts, CacheType.F16) for layers, experts in places)
    plans = [plan.propose(probe.model(path), here, wish) for wish in wishes]
    for (layers, experts), chosen, told in zip(places, plans, reported(path, plans), strict=True):
        parts = ("host compute", "host output", "device model", "device compute", "cache")
        theirs = sum(told[part] for part in parts)
        ours = chosen.host.cache + chosen.host.compute + chosen.device.total
        # With partial offload the estimate is an upper bound: it includes a copy of one layer's
        # cache.
        rel = 0.01 if layers in (0, 5) else 0.2
        assert ours == pytest.approx(theirs, rel=rel), (layers, experts)


def run(tmp_path: Path, wishes: Overrides) -> tuple[Plan, int, int]:
    """Have the full-size model read a prompt; return its plan and the memory it used.

    The memory is the peak of the process in bytes of RAM (anonymous and mapped), and in bytes on a
    GPU.
    """
    model = ModelRef.of_file(Path(FULL_SIZE), "full size")
    backend = LocalBackend(tmp_path / "engine.log", None, lambda: EngineOptions(wishes))
    request = Request(
        model, (Message(Role.USER, (Part("Why? " * 200),)),), sampling=Sampling(max_tokens=4)
    )
    try:
        events = list(backend.stream(request, threading.Event()))
        (chosen,) = (event.plan for event in events if isinstance(event, Planned))
        (peak,) = (event.stats.peak_memory for event in events if isinstance(event, Done))
        child = backend._channel.child
        assert child
        found = backend._loader.ask_devices(child)
        free = {gpu.name: gpu.available for gpu in found.gpus}
        taken = chosen.gpu.available - free[chosen.gpu.name] if chosen.gpu else 0
    finally:
        backend.close()
    return chosen, peak, taken


@pytest.mark.skipif(not FULL_SIZE, reason="FIRESIDE_FULL_SIZE_MODEL names no file")
def test_the_peak_of_a_real_process(tmp_path: Path) -> None:
    """Uses a file of the 20b's shape, on the CPU."""
    wishes = Overrides(context=32768, gpu_layers=0, cache=CacheType.F16)
    chosen, peak, _ = run(tmp_path, wishes)
    assert peak < 16e9
    assert peak == pytest.approx(chosen.host.total, rel=0.03)


@pytest.mark.skipif(not FULL_SIZE, reason="FIRESIDE_FULL_SIZE_MODEL names no file")
@pytest.mark.parametrize("experts", [0, 12, 24])
def test_what_a_real_process_takes_of_a_gpu(tmp_path: Path, here: Machine, experts: int) -> None:
    if not here.devices.gpus:
        pytest.skip("this build of llama.cpp finds no GPU")
    wishes = Overrides(context=32768, cpu_experts=experts, cache=CacheType.F16)
    chosen, _, taken = run(tmp_path, wishes)
    assert chosen.gpu
    assert taken == pytest.approx(chosen.device.total, abs=256 << 20)
