"""Predicted speeds against published ones, and what follows from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.engine import speed_model
from app.engine.memory_model import CacheType, ModelSizes
from app.engine.overrides import Overrides
from app.engine.placement import Wanted, place
from app.engine.plan import propose
from app.engine.probe import Devices, DeviceSpeed, Gpu, Machine, Speeds
from app.engine.speed_model import Card, batch_s, offload_batch, processor, token_s
from tests.bench.machines import FIGURES, Figure
from tests.fakes import gpt_oss

GIB = 1 << 30
HEADER = gpt_oss.header("20b")
SIZES = ModelSizes(HEADER)
CPU = speed_model.Processor(8, 40.0, 8)


def card(name: str, speed: float = 360, link: float = 25) -> Card:
    gpu = Gpu(name, name, 80 * GIB, 80 * GIB)
    return Card(gpu, gpu.api, 80 * GIB, DeviceSpeed(speed, link / 2, link))


def ms(name: str, cache: CacheType, depth: int, speed: float = 360) -> float:
    """Return the milliseconds of a token with all on one card."""
    placed = place(SIZES, (card(name, speed),), Wanted(131072, cache, 512))
    return 1000 * token_s(placed.cards, placed.works, placed.host_work(True), CPU, depth)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f.board.name}, {f.on_cpu}")
def test_published_figures(figure: Figure) -> None:
    assert figure.predicted() == pytest.approx(figure.tokens_s, rel=0.2)


@pytest.mark.parametrize(
    ("name", "api"),
    [("CUDA0", "CUDA"), ("Vulkan12", "Vulkan"), ("MTL0", "Metal"), ("Metal", "Metal")],
)
def test_the_backend_of_a_name(name: str, api: str) -> None:
    assert Gpu(name, "", 0, 0).api == api


def test_a_compact_cache_is_slow_behind_a_long_chat_on_cuda() -> None:
    # An H100 behind 103,193 tokens: 121 a second; behind 2,180 with f16, 246: 4.2 ms less.
    longer = ms("CUDA0", CacheType.Q8_0, 103193, 3350) - ms("CUDA0", CacheType.F16, 2180, 3350)
    assert longer == pytest.approx(4.2, rel=0.2)
    assert ms("CUDA0", CacheType.Q8_0, 65536) > 1.5 * ms("CUDA0", CacheType.F16, 65536)
    assert ms("Vulkan0", CacheType.Q8_0, 65536) < ms("Vulkan0", CacheType.F16, 65536)


@pytest.mark.parametrize(("layers", "seconds"), [(4, 0.355), (13, 0.858), (18, 1.234), (24, 1.695)])
def test_a_batch_whose_weights_are_copied(layers: int, seconds: float) -> None:
    h100 = card("CUDA0", 3350, 13)  # half of it from memory that is not locked, as was measured
    placed = place(SIZES, (h100,), Wanted(32768, CacheType.F16, 512, experts=layers))
    cores = replace(CPU, cores=1)
    found = batch_s(placed.cards, placed.works, placed.host_work(False), cores, 512)
    assert found == pytest.approx(seconds, rel=0.2)
    pinned = batch_s(placed.cards, placed.works, placed.host_work(True), cores, 512)
    assert pinned < found
    few = batch_s(placed.cards, placed.works, placed.host_work(False), replace(CPU, cores=64), 8)
    assert few < 0.1, "the CPU has a short one sooner"


def test_only_fast_cores_work_at_a_token() -> None:
    there = Machine(16 * GIB, 13 * GIB, 14, performance_cores=6)
    assert processor(there) == speed_model.Processor(6, 40.0, 14)
    assert processor(replace(there, performance_cores=0)).threads == 14
    plan = propose(HEADER, there)
    assert (plan.threads, plan.batch_threads) == (6, 14)


def test_the_number_of_threads_that_was_measured_as_best() -> None:
    there = Machine(16 * GIB, 13 * GIB, 8)
    measured = Speeds(processor=((1, 12.0), (4, 39.0), (8, 40.0), (16, 80.0)))
    found = processor(replace(there, speeds=measured))
    assert (found.threads, found.speed) == (4, 39.0), "8 gain little, and there are no 16"


def test_from_which_batch_on_weights_are_copied() -> None:
    def least(link: float, cores: int = 8) -> int:
        speed = DeviceSpeed(300, link / 2, link)
        return offload_batch(SIZES, Speeds((("CUDA0", speed),), ((cores, 40.0),)))

    assert 100 <= least(12) <= 250
    assert least(25) < least(12) < least(6)
    assert least(12, 16) > least(12)
    assert least(10000) == 32
    assert least(0.001) == 4096
    only = Speeds((("CUDA0", DeviceSpeed(300, 6.0)),), ((8, 40.0),))
    assert offload_batch(SIZES, only) == least(6)
    assert offload_batch(SIZES, None) == offload_batch(SIZES, Speeds()) == 128


def test_a_speed_is_told_only_where_it_was_measured() -> None:
    gpu = Gpu("CUDA0", "A card", 8 * GIB, 7 * GIB)
    there = Machine(32 * GIB, 28 * GIB, 8, Devices((gpu,)))
    assert propose(HEADER, there).tokens_s == 0
    card_only = Speeds((("CUDA0", DeviceSpeed(272)),))
    partly = propose(HEADER, replace(there, speeds=card_only))
    assert partly.cpu_experts
    assert partly.tokens_s == partly.prompt_tokens_s == 0
    both = replace(card_only, processor=((8, 60.0),))
    plan = propose(HEADER, replace(there, speeds=both))
    assert plan.tokens_s > 30
    cell = 24 * 1024  # bytes of the cache for each token of the 20b
    assert plan.deeper_s == pytest.approx(cell / (0.85 * 272e9), rel=0.01)
    assert plan.prompt_tokens_s > 300
    half = propose(HEADER, replace(there, speeds=replace(both, correction=0.5)))
    assert half.tokens_s == pytest.approx(plan.tokens_s / 2)
    small = Overrides(context=8192, gpu_layers=25, cpu_experts=0)
    roomy = replace(there, devices=Devices((replace(gpu, memory=24 * GIB, available=24 * GIB),)))
    assert propose(HEADER, replace(roomy, speeds=card_only), small).tokens_s > 60
