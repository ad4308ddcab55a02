"""Which graphics cards are used, in which order, and how much of their memory."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.engine import devices, probe
from app.engine.devices import candidates, reserve, sets
from app.engine.overrides import Overrides
from app.engine.probe import Devices, DeviceSpeed, Gpu, Machine, Speeds

GIB, MIB = 1 << 30, 1 << 20
ANY = Overrides()


def gpu(name: str, gib: int = 8, pci: str = "", what: str = "", unified: bool = False) -> Gpu:
    return Gpu(name, what or name, gib * GIB, gib * GIB - 300 * MIB, unified, pci)


def machine(*gpus: Gpu, cpu: float = 0, **measured: float) -> Machine:
    """Return a machine whose GPUs were measured at so many GB/s, by ggml's names."""
    speeds = Speeds(
        tuple((name, DeviceSpeed(speed)) for name, speed in measured.items()),
        ((8, cpu),) if cpu else (),
    )
    return Machine(32 * GIB, 29 * GIB, 8, Devices(gpus), speeds=speeds)


def names(there: Machine, wishes: Overrides = ANY) -> list[str]:
    return [found.name for found in candidates(there, wishes)]


@pytest.mark.parametrize(
    ("gpus", "wanted"),
    [
        # The integrated one shares more memory than the card has.
        ([gpu("Vulkan0", 8), gpu("Vulkan1", 16, unified=True)], ["Vulkan0"]),
        ([gpu("Vulkan0", 16, unified=True), gpu("CUDA0", 8)], ["CUDA0"]),
        ([gpu("Vulkan0", 16, unified=True)], ["Vulkan0"]),
        # One card that two backends know.
        ([gpu("Vulkan0", 12, "0000:01:00.0"), gpu("CUDA0", 11, "0000:01:00.0")], ["CUDA0"]),
        ([gpu("Vulkan0", 12, "", "RTX"), gpu("CUDA0", 12, "0000:01:00.0", "RTX")], ["CUDA0"]),
        # Two cards of one name, with and without their places.
        (
            [gpu("CUDA0", 8, "1", "RTX"), gpu("CUDA1", 8, "2", "RTX"),
             gpu("Vulkan0", 8, "2", "RTX"), gpu("Vulkan1", 8, "1", "RTX")],
            ["CUDA0", "CUDA1"],
        ),
        ([gpu("Vulkan0", 8, "", "RX"), gpu("Vulkan1", 8, "", "RX")], ["Vulkan0", "Vulkan1"]),
        # A card that only Vulkan knows.
        ([gpu("CUDA0", 12, "1"), gpu("Vulkan0", 12, "1"), gpu("Vulkan1", 8, "2")],
         ["CUDA0", "Vulkan1"]),
        # Drivers that calculate on the CPU.
        ([gpu("Vulkan0", 30, "", "llvmpipe (LLVM 19.1.7, 256 bits)")], []),
        ([gpu("Vulkan0", 30, "", "SwiftShader Device"), gpu("Vulkan1", 4)], ["Vulkan1"]),
    ],
)  # fmt: skip
def test_each_card_once_and_the_best_first(gpus: list[Gpu], wanted: list[str]) -> None:
    assert names(machine(*gpus)) == wanted


def test_what_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pipes = [gpu(f"Vulkan{n}", 30, "0000:00:02.0", "llvmpipe") for n in range(2)]
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0,0")
    assert names(machine(*pipes)) == ["Vulkan0", "Vulkan1"]
    card = gpu("CUDA0", 8, "0000:00:02.0")
    assert names(machine(card, *pipes)) == ["CUDA0"], "it is still the same card"


def test_a_card_that_is_hardly_faster_than_the_processor() -> None:
    both = [gpu("CUDA0"), gpu("CUDA1")]
    there = machine(*both, cpu=60, CUDA0=85, CUDA1=95)
    assert names(there) == ["CUDA1"]
    assert names(there, Overrides(gpu_layers=25)) == ["CUDA1", "CUDA0"], "as the person wishes"
    assert names(machine(*both, cpu=400, CUDA0=500)) == ["CUDA1"], "not known to be slow"
    shared = gpu("Vulkan0", unified=True)
    assert names(machine(both[0], shared, cpu=60, CUDA0=48)) == ["Vulkan0"]


def test_cards_that_are_switched_off() -> None:
    there = machine(gpu("CUDA0", pci="0000:01:00.0"), gpu("CUDA1"), gpu("CUDA2"))
    assert names(there, Overrides(unused_gpus=("0000:01:00.0", "CUDA2"))) == ["CUDA1"]
    assert names(there, Overrides(unused_gpus=("",))) == ["CUDA0", "CUDA1", "CUDA2"]


def test_sets_have_up_to_three_cards_in_each_order_that_differs() -> None:
    def told(there: Machine) -> list[str]:
        return [" ".join(card.gpu.name[-1] for card in cards) for cards in sets(there, ANY)]

    two = machine(gpu("CUDA0"), gpu("CUDA1"), CUDA0=300, CUDA1=200)
    assert told(two) == ["0", "1", "0 1", "1 0"]
    alike = machine(gpu("CUDA0"), gpu("CUDA1"), CUDA0=300, CUDA1=300)
    assert told(alike) == ["0", "0 1"]
    assert max(map(len, sets(machine(*map(gpu, ("CUDA0", "CUDA1", "CUDA2", "CUDA3"))), ANY))) == 3
    shared = machine(gpu("Vulkan0", unified=True), gpu("Vulkan1", unified=True))
    assert all(len(cards) == 1 for cards in sets(shared, ANY))
    assert told(machine()) == []


def test_what_is_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    card = gpu("CUDA0", 24, "0000:01:00.0")
    there = machine(card)
    assert reserve(card, there) == 512 * MIB
    assert reserve(card, replace(there, headless=(card.pci,))) == 320 * MIB
    assert devices.room(card, there) == 24 * GIB - 812 * MIB
    assert devices.most(card, there) == 24 * GIB - 512 * MIB
    silent = replace(card, name="Vulkan0", available=card.memory)
    assert reserve(silent, there) == GIB, "the driver calls all of it free"
    full = replace(card, available=100 * MIB)
    assert devices.room(full, there) == 0
    monkeypatch.setattr(sys, "platform", "win32")
    assert reserve(card, there) == 24 * GIB // 16
    assert reserve(replace(card, memory=4 * GIB), there) == 512 * MIB
    assert reserve(replace(card, unified=True), there) == 512 * MIB


@pytest.mark.parametrize(
    ("states", "headless"),
    [([], False), (["disconnected", "connected"], False), (["disconnected", "unknown"], True)],
)
def test_a_card_without_a_display(tmp_path: Path, states: list[str], headless: bool) -> None:
    card = tmp_path / "0000:01:00.0" / "drm" / "card1"
    for number, state in enumerate(states):
        connector = card / f"card1-DP-{number}"
        connector.mkdir(parents=True)
        (connector / "status").write_text(f"{state}\n", "ascii")
    assert probe.is_headless("0000:01:00.0", tmp_path) == headless
    assert not probe.is_headless("", tmp_path)
