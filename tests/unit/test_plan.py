"""The plan's arithmetic on the exact shapes of gpt-oss, against what llama.cpp allocates.

20b has 24 layers with 32 experts each, 120b 36 with 128. In every second layer the KV cache holds
the whole context, together 24 KiB (20b) or 36 KiB (120b) a token at f16; in the others only a
window of 128 tokens for each sequence and a batch, rounded up to 256 cells.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import ModelMissing, ModelTooLarge, UnsupportedArchitecture
from app.base.gguf import GgufHeader
from app.base.resources import resource
from app.engine import lighter, memory_model, placement, plan, probe
from app.engine.choice import CONTEXTS
from app.engine.memory_model import CacheType
from app.engine.overrides import Overrides
from app.engine.probe import Devices, Gpu, Machine
from tests.fakes import gpt_oss, vocabulary
from tests.fakes.headers import write_header

GIB = 1 << 30
MIB = 1 << 20


SMALL, LARGE = gpt_oss.header("20b"), gpt_oss.header("120b")


def machine(ram: float, gpu: float = 0, *, free: float | None = None) -> Machine:
    """Return a machine with ``ram`` and ``gpu`` GiB, some of them used by the system."""
    left = ram - 3 if free is None else free
    found = Gpu("CUDA0", "A card", int(gpu * GIB), int(gpu * GIB) - 300 * MIB)
    devices = Devices(gpus=(found,) if gpu else (), features=("AVX2", "FMA"))
    return Machine(int(ram * GIB), int(left * GIB), 8, devices)


@pytest.mark.parametrize(
    ("header", "context", "places", "mib"),
    [
        (SMALL, 8192, 1, 192 + 24),
        (SMALL, 32768, 4, 768 + 42),
        (SMALL, 131072, 16, 3072 + 114),
        (LARGE, 8192, 1, 288 + 36),
        (LARGE, 32768, 4, 1152 + 63),
    ],
)
def test_the_cache_is_as_llama_cpp_reports_it(
    header: GgufHeader, context: int, places: int, mib: int
) -> None:
    chosen = plan.propose(header, machine(200, 200), Overrides(context=context, places=places))
    assert chosen.ubatch == 512
    assert chosen.device.cache == mib * MIB
    assert chosen.sequences == 2 * places + 1


# With CUDA and one sequence, from llama.cpp's own log on an H100.
@pytest.mark.parametrize(
    ("header", "context", "cache", "mib"),
    [
        (SMALL, 4096, CacheType.F16, 91.5),
        (SMALL, 32768, CacheType.F16, 119.5),
        (SMALL, 32768, CacheType.Q8_0, 124.1),
        (SMALL, 131072, CacheType.F16, 215.5),
        (SMALL, 131072, CacheType.Q8_0, 412.1),
        (LARGE, 131072, CacheType.F16, 215.5),
        (LARGE, 131072, CacheType.Q8_0, 412.1),
    ],
)
def test_the_buffers_on_the_gpu(
    header: GgufHeader, context: int, cache: CacheType, mib: float
) -> None:
    model = memory_model.ModelSizes(header)
    held = (memory_model.Held("CUDA", model.layers, 0),)
    settings = memory_model.MemorySettings(context, cache, 512, held, places=0)
    _, (used,) = memory_model.uses(model, settings)
    assert used.compute / MIB == pytest.approx(mib, abs=0.1)


# By llama.cpp for two devices of Mesa's software driver, with batches of 512 (tests/gpus).
@pytest.mark.parametrize(
    ("context", "pipeline", "first", "later", "host"),
    [
        (32768, False, 119.5, 111.6, 44),
        (32768, True, 240.3, 262.8, 159),
        (131072, False, 215.5, 207.6, 140),
        (131072, True, 624.3, 646.8, 543),
    ],
)
def test_the_buffers_of_several_gpus(
    context: int, pipeline: bool, first: float, later: float, host: float
) -> None:
    model = memory_model.ModelSizes(SMALL)
    held = tuple(memory_model.Held("CUDA", layers, 0) for layers in (14, 6, 4))
    settings = memory_model.MemorySettings(
        context, CacheType.F16, 512, held, copied=False, pipeline=pipeline, places=0
    )
    on_host, used = memory_model.uses(model, settings)
    assert [use.compute / MIB for use in used] == pytest.approx([first, later, later], rel=0.002)
    assert (on_host.compute - model.logits(settings)) / MIB == pytest.approx(host, rel=0.01)
    assert [use.runtime / MIB for use in used] == [0, 180, 180], "a CUDA context each"
    assert sum(use.cache for use in used) == model.cache(range(24), settings)
    last = model.dense[24] - model.dense[20] + model.output
    assert used[2].weights == last, "with the output"
    copied = memory_model.uses(model, replace(settings, copied=True))[1]
    assert copied[0].compute - used[0].compute == model.largest
    assert copied[1:] == used[1:]


# Without a GPU, from llama.cpp's own log: its compute buffer, and that of the output, for one to 33
# sequences.
@pytest.mark.parametrize(
    ("context", "cache", "places", "mib"),
    [
        (4096, CacheType.F16, 0, 48.45 + 0.77),
        (32768, CacheType.Q8_0, 0, 62.51 + 0.77),
        (131072, CacheType.F16, 0, 110.45 + 0.77),
        (4096, CacheType.F16, 1, 48.95 + 2.30),
        (32768, CacheType.F16, 1, 63.06 + 2.30),
        (32768, CacheType.F16, 4, 64.18 + 6.90),
        (32768, CacheType.Q8_0, 4, 64.24 + 6.90),
        (131072, CacheType.F16, 4, 113.11 + 6.90),
        (131072, CacheType.F16, 8, 118.41 + 13.04),
        (32768, CacheType.F16, 16, 66.46 + 25.31),
    ],
)
def test_the_buffers_of_the_processor(
    context: int, cache: CacheType, places: int, mib: float
) -> None:
    model = memory_model.ModelSizes(SMALL)
    settings = memory_model.MemorySettings(context, cache, 256, places=places)
    used, _ = memory_model.uses(model, settings)
    assert used.compute / MIB == pytest.approx(mib, rel=0.001)


# From llama.cpp's own log with chains of samplers in the graph, as on a GPU that draws.
@pytest.mark.parametrize(("places", "mib"), [(0, 3.07), (4, 27.62), (16, 101.26)])
def test_a_gpu_that_draws_needs_each_logit_four_times(places: int, mib: float) -> None:
    model = memory_model.ModelSizes(SMALL)
    held = (memory_model.Held("CUDA", 24, 0),)
    settings = memory_model.MemorySettings(4096, CacheType.F16, 64, held, places=places)
    assert model.logits(settings) / MIB == pytest.approx(mib, rel=0.001)
    _, (used,) = memory_model.uses(model, settings)
    buffers = {0: 12.08, 4: 29.94, 16: 104.34}
    assert used.compute / MIB == pytest.approx(buffers[places], rel=0.1)


def test_answers_at_a_time_change_nothing_else_of_a_plan() -> None:
    one = plan.propose(SMALL, machine(16), Overrides(places=1))
    four = plan.propose(SMALL, machine(16))
    assert (one.places, four.places) == (1, 4)
    assert replace(four, host=one.host, places=1) == one
    assert 0 < four.needed - one.needed < 50 * MIB
    spare = machine(16, free=(one.needed + (four.needed - one.needed) // 2) / GIB)
    two = plan.propose(SMALL, spare)
    assert two.places in (1, 2)
    assert (two.context, two.cache, two.repack) == (one.context, one.cache, one.repack)
    assert plan.propose(SMALL, spare, Overrides(places=16)).places == 16
    fixed = Overrides(context=one.context, cache=one.cache, places=16)
    assert not plan.propose(SMALL, spare, fixed).fits


# With the experts of N layers on the CPU, the weights on the GPU take about 10,949 - 404.5 N MiB;
# token_embd (587 MiB) always stays on the CPU.
@pytest.mark.parametrize("layers", range(0, 25, 4))
def test_the_weights_on_the_gpu(layers: int) -> None:
    wishes = Overrides(gpu_layers=25, cpu_experts=layers)
    chosen = plan.propose(SMALL, machine(64, 80), wishes)
    assert chosen.device.weights / MIB == pytest.approx(10_949 - 404.5 * layers, rel=0.001)
    assert chosen.host.weights + chosen.device.weights == SMALL.weights
    experts = [t for n in range(layers) for t in SMALL.tensors if t.name.startswith(f"blk.{n}.")]
    on_host = sum(t.size for t in experts if "_exps" in t.name)
    on_host += sum(t.size for t in SMALL.tensors if t.name.startswith("token_embd"))
    assert chosen.host.weights == on_host


# GPU memory, RAM; then context, type of cache, layers on the GPU, layers of experts on the CPU.
# None: too large.
TABLE_20B = [
    (0, 16, 32768, "f16", 0, 0),
    (0, 28, 65536, "f16", 0, 0),
    (0, 32, 131072, "f16", 0, 0),
    (0, 64, 131072, "f16", 0, 0),
    *(
        row
        for ram in (16, 32, 64)
        for row in (
            (2, ram, 16384, "f16", 9, 8),
            (4, ram, 16384, "f16", 25, 21),
            (6, ram, 16384, "f16", 25, 16),
            (8, ram, 16384, "f16", 25, 11),
            (10, ram, 16384, "f16", 25, 6),
            (12, ram, 16384, "f16", 25, 0),
            (14, ram, 65536, "f16", 25, 0),
            (16, ram, 131072, "f16", 25, 0),
            (24, ram, 131072, "f16", 25, 0),
            (80, ram, 131072, "f16", 25, 0),
        )
    ),
]
TABLE_120B = [
    *((gpu, ram, None, "", 0, 0) for ram in (16, 32) for gpu in (0, 6, 8, 10, 12, 16, 24)),
    (0, 64, 32768, "f16", 0, 0),
    (6, 64, 32768, "f16", 37, 35),
    (8, 64, 32768, "f16", 37, 34),
    (10, 64, 32768, "f16", 37, 33),
    (12, 64, 32768, "f16", 37, 31),
    (16, 64, 32768, "f16", 37, 29),
    (24, 64, 32768, "f16", 37, 24),
    *((80, ram, 131072, "f16", 37, 0) for ram in (16, 32, 64)),
]


@pytest.mark.parametrize(
    ("header", "gpu", "ram", "context", "cache", "gpu_layers", "cpu_experts"),
    [(SMALL, *row) for row in TABLE_20B] + [(LARGE, *row) for row in TABLE_120B],
)
def test_what_is_chosen(
    header: GgufHeader,
    gpu: int,
    ram: int,
    context: int | None,
    cache: str,
    gpu_layers: int,
    cpu_experts: int,
) -> None:
    there = machine(ram, gpu)
    if context is None:
        with pytest.raises(ModelTooLarge):
            plan.make(header, there)
        return
    chosen = plan.make(header, there)
    found = (chosen.context, chosen.cache, chosen.gpu_layers, chosen.cpu_experts)
    assert found == (context, cache, gpu_layers, cpu_experts)
    assert chosen.fits
    assert chosen.needed <= there.memory - GIB
    assert chosen.device.total <= gpu * GIB - 512 * MIB if gpu else chosen.gpu is None


@pytest.mark.parametrize(
    ("available", "context", "cache"),
    [
        (28, 32768, "f16"),
        (13, 32768, "f16"),
        (12.2, 32768, "q8_0"),
        (11.8, 16384, "q8_0"),
        (11.69, 4096, "f16"),
        (6, 4096, "f16"),
    ],
)
def test_20b_within_16_gb(available: float, context: int, cache: str) -> None:
    chosen = plan.make(SMALL, machine(16, free=min(available, 16)))
    assert (chosen.context, chosen.cache) == (context, cache)
    assert chosen.needed < 15 * GIB
    assert chosen.fits == (available > 11.6)
    assert not chosen.repack
    assert chosen.mmap


def test_a_plan_for_as_many_layers_as_there_may_be_looks_at_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layers = 512
    header = replace(
        SMALL,
        metadata=SMALL.metadata | {"gpt-oss.block_count": layers},
        tensors=tuple(
            replace(t, name=t.name.replace("blk.0.", f"blk.{n}."))
            for n in range(layers)
            for t in SMALL.tensors
            if t.name.startswith("blk.0.") or not n
        ),
    )
    looked = 0
    real = memory_model.uses

    def counted(*given: object) -> object:
        nonlocal looked
        looked += 1
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(placement, "uses", counted)
    for gpu in (0, 8, 80):
        looked = 0
        plan.propose(header, machine(64, gpu))
        assert looked < 40_000
    for wishes in (Overrides(gpu_layers=500), Overrides(cpu_experts=300), Overrides(gpu_layers=1)):
        looked = 0
        plan.propose(header, machine(64, 8), wishes)
        assert looked < 40_000


@given(
    size=st.sampled_from(["20b", "120b"]),
    context=st.sampled_from(CONTEXTS),
    gpu_layers=st.none() | st.integers(0, 40),
    cpu_experts=st.none() | st.integers(0, 40),
    cache=st.none() | st.sampled_from(memory_model.CacheType),
    gpu=st.floats(0, 90),
    unified=st.booleans(),
)
def test_what_a_person_wishes_is_kept(
    size: str,
    context: int,
    gpu_layers: int | None,
    cpu_experts: int | None,
    cache: memory_model.CacheType | None,
    gpu: float,
    unified: bool,
) -> None:
    header, there = gpt_oss.header(size), machine(64, gpu)
    cards = tuple(replace(card, unified=unified) for card in there.devices.gpus)
    there = replace(there, devices=replace(there.devices, gpus=cards))
    wishes = Overrides(context, gpu_layers, cpu_experts, cache)
    chosen = plan.propose(header, there, wishes)
    layers = chosen.layers
    assert chosen.context == context
    assert cache in (None, chosen.cache)
    if gpu and gpu_layers is not None:
        assert chosen.gpu_layers == min(gpu_layers, layers + 1)
    if chosen.gpu and cpu_experts is not None:
        assert chosen.cpu_experts == min(cpu_experts, layers)
    weights = chosen.host.weights + chosen.device.weights
    assert weights == header.weights


def test_a_unified_memory_is_counted_once_for_both() -> None:
    gpu = Gpu("MTL0", "Apple M4", 24 * GIB, 24 * GIB, unified=True)
    there = Machine(32 * GIB, 28 * GIB, 8, Devices(gpus=(gpu,)))
    chosen = plan.make(SMALL, there)
    assert chosen.gpu_layers == 25
    assert chosen.needed == chosen.host.total + chosen.device.total <= 28 * GIB
    little = replace(gpu, memory=11 * GIB, available=11 * GIB)
    chosen = plan.make(SMALL, Machine(16 * GIB, 13 * GIB, 8, Devices(gpus=(little,))))
    assert chosen.gpu is None, "whole or not at all"


def test_a_tools_process_has_its_memory_unless_the_model_would_not_fit() -> None:
    assert [probe.tools_memory(ram * GIB) / GIB for ram in (4, 8, 16, 64)] == [0.25, 0.25, 0.5, 1]
    assert probe.machine().reserved == probe.tools_memory(probe.machine().memory)
    there = replace(machine(16), reserved=1 * GIB)
    beside = plan.make(SMALL, there)
    assert beside.host_room == there.available - 1 * GIB
    assert beside.needed <= beside.host_room
    tight = replace(there, available=beside.needed + 100 * MIB)
    chosen = plan.make(SMALL, tight)
    assert chosen.host_room == tight.available
    assert chosen.fits


def test_the_card_with_more_to_give_is_taken() -> None:
    cards = (Gpu("CUDA0", "A", 8 * GIB, 7 * GIB), Gpu("CUDA1", "B", 24 * GIB, 23 * GIB))
    chosen = plan.make(SMALL, Machine(32 * GIB, 28 * GIB, 8, Devices(gpus=cards)))
    assert chosen.gpu == cards[1]


def test_weights_are_repacked_where_memory_is_plenty() -> None:
    assert plan.make(SMALL, machine(64)).repack
    assert not plan.make(SMALL, machine(64)).mmap
    amx = Devices(features=("AVX2", "AMX_INT8"))
    assert not plan.make(SMALL, replace(machine(64), devices=amx)).repack
    assert not plan.make(LARGE, machine(256)).repack, "it would load for minutes"


def test_a_thread_has_at_least_64_mib_of_weights() -> None:
    many = replace(machine(64), cores=500)
    assert plan.make(SMALL, many).threads == 1 + SMALL.weights // (64 * MIB)
    assert plan.make(SMALL, many).batch_threads == 500


def test_a_batch_has_as_many_threads_as_its_work_is_worth() -> None:
    chosen = plan.make(SMALL, machine(16))
    tiny = replace(chosen, host=replace(chosen.host, weights=2 * MIB, cache=5 * MIB), context=4096)
    assert [tiny.threads_of(tokens, 100) for tokens in (2, 8, 500)] == [1, 1, tiny.batch_threads]
    assert [tiny.threads_of(4, cells) for cells in (500, 3000)] == [1, 3]
    assert chosen.threads_of(2, 0) == chosen.batch_threads


def test_what_was_refused_is_told_with_its_figures() -> None:
    chosen = plan.make(SMALL, machine(16, 8))
    first = chosen.refused[0]
    assert (first.context, first.on_gpu, first.gpu_layers) == (131072, True, 25)
    assert first.needed > first.room == chosen.device_room


@pytest.mark.parametrize("experts", [0, 1, 2, 24])
def test_the_experts_of_so_many_layers_are_on_the_processor(experts: int) -> None:
    chosen = plan.make(SMALL, machine(64, 24), Overrides(gpu_layers=25, cpu_experts=experts))
    assert (chosen.gpu_layers, chosen.cpu_experts) == (25, experts)


@pytest.mark.parametrize("there", [machine(16, free=13), machine(16, 12), machine(16, 8)])
def test_a_smaller_plan_takes_less_where_it_was_short(there: Machine) -> None:
    tried = plan.make(SMALL, there)
    less = plan.smaller(tried, SMALL, there)
    assert less
    if tried.gpu:
        assert tried.device.total / 2 < less.device.total <= tried.device.total * 7 / 8
    else:
        assert less.context < tried.context or less.cache is not tried.cache
        assert less.needed < tried.needed


def test_repacked_weights_are_given_up_first() -> None:
    tried = plan.make(SMALL, machine(64))
    less = plan.smaller(tried, SMALL, machine(64))
    assert less
    assert (less.repack, less.mmap, less.context) == (False, True, tried.context)


@pytest.mark.parametrize("there", [machine(64), machine(16, free=13), machine(32, 24)])
def test_lighter_settings_hold_half_until_there_is_nothing_less(there: Machine) -> None:
    overrides, tried = Overrides(places=16), plan.make(SMALL, there, Overrides(places=16))
    held = [tried.held]
    while less := lighter.lighter(SMALL, there, overrides, tried):
        overrides, tried = less.overrides, less.plan
        assert tried == plan.make(SMALL, there, overrides)
        held.append(tried.held)
    assert (tried.context, tried.cache, tried.mmap) == (4096, CacheType.Q8_0, True)
    assert overrides.places is None
    assert len(held) > 1
    assert all(after <= before / 2 for before, after in pairwise(held[:-1]))


def test_settings_that_make_a_model_too_large_are_given_up() -> None:
    there, overrides = machine(15), Overrides(context=131072, cache=CacheType.F16)
    with pytest.raises(ModelTooLarge) as refused:
        plan.make(SMALL, there, overrides)
    assert refused.value.fits_otherwise
    less = lighter.lighter(SMALL, there, overrides, None)
    assert less
    assert less.overrides == Overrides()
    assert lighter.lighter(LARGE, there, Overrides(), None) is None


def test_there_is_no_plan_below_the_smallest() -> None:
    there = machine(16, free=11.69)
    tried = plan.make(SMALL, there)
    assert tried.context == 4096
    assert plan.smaller(tried, SMALL, there) is None


@pytest.mark.parametrize("gpu", [0, 4, 8, 24])
def test_where_others_have_the_memory_it_is_a_plan_for_when_they_end(gpu: int) -> None:
    there = machine(16, gpu, free=0.5)
    cards = tuple(replace(card, available=GIB) for card in there.devices.gpus)
    chosen = plan.make(SMALL, replace(there, devices=replace(there.devices, gpus=cards)))
    assert not chosen.fits
    assert chosen.needed <= 15 * GIB
    assert chosen.device.total <= gpu * GIB


@pytest.mark.parametrize("gpu", [2.5, 4, 6, 6.2])
def test_no_more_experts_are_on_the_processor_than_must_be(gpu: float) -> None:
    wishes = Overrides(8192, 12, None, CacheType.F16)
    chosen = plan.propose(SMALL, machine(64, gpu), wishes)
    assert chosen.fits
    if chosen.cpu_experts:
        fewer = replace(wishes, cpu_experts=chosen.cpu_experts - 1)
        assert not plan.propose(SMALL, machine(64, gpu), fewer).fits


def test_a_card_that_is_too_small_for_a_wish_is_named() -> None:
    with pytest.raises(ModelTooLarge) as caught:
        plan.make(SMALL, machine(32, 8), Overrides(gpu_layers=25, cpu_experts=0))
    assert caught.value.gpu == "A card"
    assert caught.value.available == 8 * GIB - 512 * MIB


def test_a_model_in_parts_counts_whole(tmp_path: Path) -> None:
    paths = [write_header(tmp_path / f"big-{n:05}-of-00003.gguf") for n in (1, 2, 3)]
    one = probe.model(write_header(tmp_path / "one.gguf"))
    whole = probe.model(paths[1])
    assert whole.path == paths[0]
    assert whole.weights == one.weights
    assert {t.name for t in whole.tensors} == {t.name for t in one.tensors}
    paths[2].unlink()
    with pytest.raises(ModelMissing):
        probe.model(paths[0])


def test_what_does_not_fit_says_how_much_is_missing() -> None:
    with pytest.raises(ModelTooLarge) as caught:
        plan.make(LARGE, machine(16))
    assert caught.value.needed > 59 * GIB
    assert caught.value.available == 15 * GIB


def test_a_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gpt-oss-20b.gguf"  # a name that says nothing about it
    vocabulary.write_gguf(path, {}, {"x": 0})
    path.write_bytes(path.read_bytes().replace(b"gpt-oss", b"llama-x", 1))
    with pytest.raises(UnsupportedArchitecture) as caught:
        probe.model(path)
    assert caught.value.architecture == "llama-x"


def test_this_machine_runs_the_demo_model() -> None:
    there = probe.machine()
    assert 0 < there.available <= there.memory
    assert there.cores >= 1
    chosen = plan.make(probe.model(resource("models", "demo-gpt-oss.gguf")), there)
    assert chosen.context >= 32768
    assert chosen.needed < GIB


def test_a_system_that_says_nothing_of_batteries(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise FileNotFoundError("/sys/class/power_supply")

    monkeypatch.setattr(psutil, "sensors_battery", fails, raising=False)
    assert not probe.on_battery()


@pytest.mark.parametrize(("plugged", "on_battery"), [(True, False), (False, True), (None, False)])
def test_a_battery_that_is_full_need_not_be_in_use(
    monkeypatch: pytest.MonkeyPatch, plugged: bool | None, on_battery: bool
) -> None:
    battery = SimpleNamespace(power_plugged=plugged)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    assert probe.on_battery() == on_battery
