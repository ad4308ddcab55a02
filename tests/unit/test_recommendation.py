"""Which model is recommended, on simulated computers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.engine.probe import Devices, Gpu, Machine
from app.models.catalog import offers
from app.wording.diagnosis import fit, speed
from app.wording.recommendation import best_offer, plan_of

GIB = 1 << 30


def computer(memory: int, card: int = 0, *, unified: bool = False) -> Machine:
    gpus = (Gpu("G0", "A card", card * GIB, card * GIB, unified),) if card else ()
    return Machine(memory * GIB, memory * GIB * 9 // 10, 8, Devices(gpus, ("AVX2",), ("CPU",)))


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (computer(8), "gpt-oss-20b"),
        (computer(32), "gpt-oss-20b"),
        (computer(128), "gpt-oss-20b"),  # the large one would fit, but crawl
        (computer(128, 24), "gpt-oss-20b"),
        (computer(128, 80), "gpt-oss-120b"),
        (computer(128, 96, unified=True), "gpt-oss-120b"),
    ],
)
def test_the_largest_that_runs_at_full_speed(machine: Machine, name: str) -> None:
    assert best_offer(offers(), machine).name == name


def test_a_card_that_is_being_set_up_is_waited_for() -> None:
    small, there = offers()[0], replace(computer(24), gpu_coming=True)
    told = speed(plan_of(small, there), there)
    assert told == "Runs on the CPU until your graphics card is ready."


def test_what_it_says_of_each_computer() -> None:
    small, large = offers()
    told = {
        (offer.name, each.memory // GIB, bool(each.devices.gpus)): (
            fit(plan_of(offer, each), each), speed(plan_of(offer, each), each)
        )
        for offer in (small, large)
        for each in (computer(24), computer(32, 8), computer(32, 24))
    }  # fmt: skip
    assert told["gpt-oss-20b", 24, False] == (
        "Fits your computer (uses 13.3 of 25.8 GB, 32K context)",
        "Runs on the CPU, so answers will be slow.",
    )
    assert told["gpt-oss-20b", 32, True] == (
        "Fits your computer (uses 15 of 25.8 GB of GPU memory, 128K context)", "",
    )  # fmt: skip
    assert told["gpt-oss-120b", 24, False] == (
        "Too large: needs 63.9 GB of memory; you have 25.8 GB.", "",
    )  # fmt: skip
