"""What is chosen by predicted speed, and where everything then lies."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import devices, plan
from app.engine.choice import Choice
from app.engine.memory_model import PARTS, CacheType, ModelSizes
from app.engine.overrides import Overrides
from app.engine.placement import MovedExperts, Wanted, place
from app.engine.plan import Plan, propose
from app.engine.probe import Devices, DeviceSpeed, Gpu, Machine, Speeds
from tests.bench import machines
from tests.bench.machines import CASES, Case, chosen
from tests.fakes import gpt_oss

GIB, MIB = 1 << 30, 1 << 20
HEADERS = {size: gpt_oss.header(size) for size in ("20b", "120b")}
SIZES = {size: ModelSizes(header) for size, header in HEADERS.items()}
SMALL = HEADERS["20b"]

CardTold = tuple[float, float, float]
"""GiB that are free, GB/s, and GB/s of the link."""


def machine(*cards: CardTold, ram: float = 32, cpu: float = 60, name: str = "CUDA") -> Machine:
    gpus = tuple(
        Gpu(f"{name}{n}", f"Card {n}", int(gib * GIB) + 300 * MIB, int(gib * GIB))
        for n, (gib, _, _) in enumerate(cards)
    )
    told = tuple(
        (gpu.name, DeviceSpeed(speed, link / 2, link))
        for gpu, (_, speed, link) in zip(gpus, cards, strict=True)
    )
    speeds = Speeds(told, ((8, cpu),))
    return Machine(int(ram * GIB), int((ram - 2) * GIB), 8, Devices(gpus, ("AVX2",)), speeds=speeds)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_chosen(case: Case) -> None:
    made = case.plan()
    assert chosen(made) == case.chosen
    assert made.fits
    assert made.tokens_s > 0.85 / case.old().token, "none is much slower than it was"


cards_of_people = st.tuples(st.floats(1, 32), st.floats(280, 1800), st.floats(2, 50))


def turn(size: str, there: Machine) -> float:
    """Return the seconds that a turn takes with 16k of context; endless if nothing fits."""
    wishes = Overrides(context=16384)
    best = Choice(SIZES[size], there, wishes).best()
    return best.turn if best else float("inf")


@settings(max_examples=12)
@given(
    st.sampled_from(["20b", "120b"]),
    st.lists(cards_of_people, max_size=3),
    cards_of_people,
    st.floats(12, 128),
    st.floats(15, 90),
    st.floats(1, 2),
)
def test_more_never_makes_it_slower(
    size: str, cards: list[CardTold], other: CardTold, ram: float, cpu: float, times: float
) -> None:
    before = turn(size, machine(*cards, ram=ram, cpu=cpu))
    assert turn(size, machine(*cards, ram=ram, cpu=cpu * times)) <= before
    assert turn(size, machine(*cards, ram=ram * times, cpu=cpu)) <= before
    if len(cards) < 3:
        assert turn(size, machine(*cards, other, ram=ram, cpu=cpu)) <= before
    if cards:
        (gib, speed, link), *rest = cards
        for more in ((gib * times, speed, link), (gib, speed * times, link)):
            # Layers are whole: a card's share of them may be a little worse where it has more room.
            assert turn(size, machine(more, *rest, ram=ram, cpu=cpu)) <= 1.02 * before


def on_cards(*cards: CardTold, ram: float = 32) -> Plan:
    return propose(SMALL, machine(*cards, ram=ram))


def test_a_third_of_a_layer_is_the_least_that_is_left_out() -> None:
    """Down, or gate and up, of the last layer whose experts are partly on the CPU."""
    seen = set()
    for step in range(12):
        made = on_cards((8 + step / 10, 272, 13))
        *before, border = made.moved
        assert all(each == MovedExperts(layer, PARTS) for layer, each in enumerate(before))
        seen.add(border.parts)
        (share,) = made.shares
        part = SIZES["20b"].parts[border.layer]["down"]
        assert 0 <= share.room - share.use.total < 4 * part
    assert seen == {PARTS, ("down",), ("gate", "up")}


def test_the_layers_of_two_cards_that_are_alike_leave_equal_room() -> None:
    made = on_cards((7.7, 272, 13), (7.7, 272, 13))
    assert [share.layers for share in made.shares] == [13, 11]  # and the output
    left = [share.room - share.use.total for share in made.shares]
    assert abs(left[0] - left[1]) < 450 * MIB
    assert not made.moved
    assert made.context == 65536


def test_the_faster_card_has_as_much_as_it_holds_and_the_output() -> None:
    made = on_cards((8, 272, 13), (10, 936, 25))
    assert [share.gpu.name for share in made.shares] == ["CUDA0", "CUDA1"]
    assert made.shares[1].room - made.shares[1].use.total < 450 * MIB
    assert made.shares[0].layers < 12


def test_the_first_card_is_that_with_the_fastest_link_if_weights_are_copied() -> None:
    made = propose(HEADERS["120b"], machine((20, 900, 3), (20, 900, 25), ram=64))
    assert made.cpu_experts
    assert made.shares[0].gpu.name == "CUDA1"


def test_what_is_left_of_a_card_takes_experts_of_another() -> None:
    """Between two layers there is room for neither, but for parts of one on each card."""
    found = []
    for step in range(8):
        made = on_cards((6.44 + step / 50, 900, 25), (6, 900, 25))
        moved = [each for each in made.moved if each.to]
        if moved:
            found.append(made)
            owner = {share.gpu.name for share in made.shares}
            assert {each.to for each in moved} <= owner
            assert all(share.use.total <= share.room for share in made.shares)
    assert found
    assert any(not made.cpu_experts for made in found), "the CPU is spared"


def test_an_unequal_trio() -> None:
    made = propose(HEADERS["120b"], machine((24, 936, 25), (11, 360, 25), (7, 272, 13), ram=64))
    assert len(made.shares) == 3
    assert sum(share.layers for share in made.shares) == 36
    total = sum(share.use.weights for share in made.shares) + made.host.weights
    assert total == HEADERS["120b"].weights


@pytest.mark.parametrize(("link", "ubatch"), [(25.0, 1024), (0.5, 128)])
def test_batches_are_long_where_they_gain_and_nobody_waits(link: float, ubatch: int) -> None:
    made = on_cards((7, 600, link))
    assert made.cpu_experts
    assert made.ubatch == ubatch
    assert made.ubatch / made.prompt_tokens_s < 1.5


def test_a_fast_card_takes_the_longest_batches() -> None:
    assert propose(HEADERS["120b"], machine((40, 1800, 50), ram=64)).ubatch == 2048
    assert on_cards((24, 1800, 50)).ubatch == 512, "nothing is copied"


def test_experts_on_the_cpu_are_locked_where_memory_holds_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = (7.0, 272.0, 13.0)
    made = on_cards(card)
    assert not made.mmap
    assert made.held == made.host.total
    assert propose(SMALL, machine(card), Overrides(mapped=True)).mmap
    little = replace(machine(card), available=made.needed + GIB)
    assert propose(SMALL, little).mmap, "2 GiB have to be left"
    assert on_cards((24, 272, 13)).mmap, "nothing is there to lock"
    monkeypatch.setattr(sys, "platform", "win32")
    assert not on_cards(card).mmap
    assert on_cards((2, 272, 13), ram=16).mmap, "more than 40 % of the memory"


def test_context_grows_when_a_chat_needs_it() -> None:
    there = machine((8, 272, 13))
    first = propose(SMALL, there)
    assert first.context == 16384
    assert first.longest == 131072
    longer = propose(SMALL, there, least=20_000)
    assert longer.context == 32768
    assert longer.cpu_experts > first.cpu_experts
    assert longer.cache is CacheType.F16, "compact ones are slow on CUDA"
    assert propose(SMALL, there, least=10**6).context == 131072, "as much as there is"
    fixed = propose(SMALL, there, Overrides(context=8192), least=20_000)
    assert fixed.context == fixed.longest == 8192


def test_a_compact_cache_is_for_16k_on_cuda_and_for_more_on_vulkan() -> None:
    tight = (11.6, 360.0, 25.0)  # a little more would do for everything with 16k
    made = on_cards(tight)
    assert (made.context, made.cache, made.moved) == (16384, CacheType.Q8_0, ())
    longer = propose(SMALL, machine(tight), least=30_000)
    assert (longer.context, longer.cache) == (32768, CacheType.F16)
    vulkan = propose(SMALL, machine((11.75, 360, 25), name="Vulkan"), least=30_000)
    assert (vulkan.context, vulkan.cache, vulkan.moved) == (32768, CacheType.Q8_0, ())
    last = propose(SMALL, machine((2.2, 360, 25)), Overrides(context=131072, gpu_layers=25))
    assert last.cache is CacheType.Q8_0, "nothing else fits"


def test_slow_cards_are_used_where_nothing_else_has_the_memory() -> None:
    there = machine((12, 80, 13), ram=12, cpu=60)
    assert propose(SMALL, there).gpu
    assert propose(SMALL, machine((12, 80, 13), ram=32, cpu=60)).gpu is None


def test_an_integrated_gpu_is_used_as_it_was_measured() -> None:
    apu = Gpu("Vulkan0", "APU", 8 * GIB, int(7.5 * GIB), unified=True)
    there = Machine(16 * GIB, 14 * GIB, 8, Devices((apu,)))
    assert propose(SMALL, there).gpu is None, "not whole, and not known to be faster"
    fast = Speeds((("Vulkan0", DeviceSpeed(70)),), ((8, 60.0),))
    assert propose(SMALL, replace(there, speeds=fast)).gpu
    slow = Speeds((("Vulkan0", DeviceSpeed(20)),), ((8, 60.0),))
    assert propose(SMALL, replace(there, speeds=slow)).gpu is None
    roomy = replace(apu, memory=16 * GIB, available=15 * GIB)
    large = Machine(32 * GIB, 28 * GIB, 8, Devices((roomy,)))
    assert propose(SMALL, large).gpu
    metal = replace(roomy, name="MTL0", memory=11 * GIB, available=11 * GIB)
    known = Speeds((("MTL0", DeviceSpeed(120)),), ((8, 60.0),))
    assert propose(SMALL, replace(large, devices=Devices((metal,)), speeds=known)).gpu is None


def test_the_card_that_failed_is_the_one_that_gets_less() -> None:
    there = machine((12, 272, 13), (12, 272, 13), ram=64)
    tried = propose(HEADERS["120b"], there)
    less = plan.smaller(tried, HEADERS["120b"], there, failed="CUDA1")
    assert less
    before = {share.gpu.name: share.use.total for share in tried.shares}
    after = {share.gpu.name: share.use.total for share in less.shares}
    assert before["CUDA1"] * 0.8 < after["CUDA1"] <= before["CUDA1"] * 7 / 8
    assert after["CUDA0"] > before["CUDA0"] * 7 / 8
    both = plan.smaller(tried, HEADERS["120b"], there)
    assert both
    assert all(share.use.total <= before[share.gpu.name] * 7 / 8 for share in both.shares)


def test_weights_that_could_not_be_locked_are_mapped() -> None:
    there = machine((8, 272, 13))
    tried = propose(SMALL, there)
    assert plan.smaller(tried, SMALL, there, failed="CPU") == replace(tried, mmap=True)
    mapped = replace(tried, mmap=True)
    assert plan.smaller(mapped, SMALL, there, failed="CPU") != mapped


def test_cards_that_are_switched_off_stay_off_in_a_smaller_plan() -> None:
    there, wishes = machine((8, 272, 13), (24, 936, 25)), Overrides(unused_gpus=("CUDA1",))
    tried = propose(SMALL, there, wishes)
    less = plan.smaller(tried, SMALL, there, wishes)
    assert less
    assert [share.gpu.name for share in less.shares] == ["CUDA0"]


def test_fixed_layers_are_spread_over_all_cards() -> None:
    there = machine((24, 936, 25), (24, 936, 25))
    made = propose(SMALL, there, Overrides(gpu_layers=13, cpu_experts=14))
    assert made.gpu_layers == 13
    assert sum(share.layers for share in made.shares) == 12
    assert [each.layer for each in made.moved] == list(range(14))


def test_a_model_with_fewer_layers_than_cards_is_placed() -> None:
    cards = machine((24, 936, 25), (24, 936, 25), (24, 936, 25))
    *_, three = devices.sets(cards, Overrides())
    for count in (2, 1, 0):
        placed = place(SIZES["20b"], three, Wanted(4096, CacheType.F16, 512, first=24 - count))
        assert sum(placed.layers) == count
        assert min(placed.layers) >= 0


def test_the_table_of_machines_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    machines.main()
    told = capsys.readouterr().out
    assert "20b: RTX 4060 8 + Radeon 780M 16, 32 GB DDR5\n  before  Radeon 780M" in told
    assert "RTX 2080, 12 on CPU (llmfit#775, i9-10900X)" in told


@given(st.integers(3 * GIB, 12 * GIB))
def test_no_more_is_left_out_of_a_card_than_must_be(room: int) -> None:
    (card,) = next(devices.sets(machine((24, 360, 25)), Overrides()))
    wanted = Wanted(16384, CacheType.F16, 512)
    placed = place(SIZES["20b"], (replace(card, room=room),), wanted)
    assert placed.fits_cards
    if placed.moved:
        # Without the last one, nothing is copied, and no room for that is needed.
        last = placed.moved == (MovedExperts(0, ("down",)),)
        least = SIZES["20b"].parts[0]["down"] + last * SIZES["20b"].largest
        assert room - placed.uses[0].total < least


places = st.sampled_from(["", "0000:01:00.0", "0000:02:00.0"])
speeds_told = st.sampled_from([0.0, 0.001, 20.0, 300.0, 1e6])
odd_gpus = st.builds(
    Gpu,
    st.sampled_from(["CUDA0", "CUDA1", "Vulkan0", "Vulkan1", "MTL0", "SYCL0"]),
    st.sampled_from(["A card", "Another", "llvmpipe"]),
    st.sampled_from([0, 512 * MIB, 6 * GIB, 24 * GIB]),
    st.sampled_from([0, 300 * MIB, 6 * GIB, 20 * GIB]),
    st.booleans(),
    places,
)
odd_wishes = st.builds(
    Overrides,
    st.sampled_from([None, 1, 4096, 10**9]),
    st.sampled_from([None, 0, 1, 999]),
    st.sampled_from([None, 0, 1, 999]),
    st.sampled_from([None, *CacheType]),
    st.booleans(),
    st.lists(st.sampled_from(["CUDA0", "0000:01:00.0"]), max_size=2).map(tuple),
)


@given(
    st.sampled_from(["20b", "120b"]),
    st.lists(odd_gpus, max_size=6, unique_by=lambda gpu: gpu.name).map(tuple),
    st.lists(speeds_told, min_size=7, max_size=7),
    st.sampled_from([GIB // 2, 16 * GIB, 2048 * GIB]),
    odd_wishes,
    st.sampled_from([0, 20000, 10**7]),
)
def test_a_plan_is_sound_on_any_machine(
    size: str,
    gpus: tuple[Gpu, ...],
    told: list[float],
    ram: int,
    wishes: Overrides,
    least: int,
) -> None:
    known = tuple((gpu.name, DeviceSpeed(s, s, s)) for gpu, s in zip(gpus, told, strict=False))
    there = Machine(ram, ram // 2, 1, Devices(gpus), speeds=Speeds(known, ((1, told[-1] or 9.0),)))
    found = propose(HEADERS[size], there, wishes, least)
    assert propose(HEADERS[size], there, wishes, least) == found
    on_gpus = sum(share.layers for share in found.shares)
    assert found.gpu_layers == (on_gpus + 1 if found.shares else 0)
    assert found.host.weights + found.device.weights == SIZES[size].weights
    names = [share.gpu.name for share in found.shares]
    used = {share.gpu.pci for share in found.shares}
    assert not {*names, *used} & set(wishes.unused_gpus)
    assert {moved.to for moved in found.moved} <= {"", *names}
    parts = [(moved.layer, part) for moved in found.moved for part in moved.parts]
    assert len(set(parts)) == len(parts)
    assert all(layer < found.layers for layer, _ in parts)
    assert 1 <= found.ubatch <= found.context <= found.longest
    assert 0 <= found.tokens_s < float("inf")
    if found.fits:
        assert all(share.use.total <= share.gpu.available for share in found.shares)
        assert found.needed <= there.available
    less = plan.smaller(found, HEADERS[size], there, wishes)
    assert less is None or less.fits or less.mmap > found.mmap
