"""The doctor's report on simulated machines."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import ModelMissing
from app.base.graphics import NVIDIA, UNKNOWN, Asked, Cuda, Graphics
from app.base.types import ModelRef
from app.cli import doctor
from app.engine import plan
from app.engine.gpu_library import GpuBuild
from app.engine.memory_model import CacheType
from app.engine.overrides import Overrides
from app.engine.probe import (
    BackendFault,
    Devices,
    DeviceSpeed,
    Examined,
    Gpu,
    Machine,
    Speeds,
    UnusedBackend,
)
from app.tools.python.wall import Wall
from app.wording.diagnosis import report, summary
from app.wording.sandbox import sandbox
from app.wording.serving_words import server_summary
from tests.fakes import drivers, gpt_oss

GIB = 1 << 30
MODEL = ModelRef.of_file(Path("/models/gpt-oss-20b-mxfp4.gguf"), "gpt-oss-20b-mxfp4")
HEADER = gpt_oss.header("20b")
RTX = Gpu("CUDA0", "NVIDIA RTX 4060", 8 * GIB, int(7.7 * GIB))


def machine(*gpus: Gpu, backends: tuple[str, ...] = ("CPU",)) -> Machine:
    devices = Devices(gpus, ("AVX2", "F16C"), backends, "llama-cpp-python 0.3.36")
    return Machine(16 * GIB, 13 * GIB, 8, devices)


RADEON = Graphics(Cuda(Asked.ABSENT), drivers.vulkan(drivers.RX_6600))


def told(there: Machine, graphics: Graphics = UNKNOWN, **fixed: Any) -> str:
    return report(Examined(there, ((MODEL, HEADER),), graphics), Overrides(**fixed))


@pytest.mark.parametrize(
    ("gpus", "wishes", "words"),
    [
        ((), Overrides(), "13.3 of 14 GB, 32,768-token context, 4 answers at once"),
        (
            (),
            Overrides(places=1),
            "13.3 of 14 GB, 32,768-token context, one answer at a time",
        ),
        (
            (RTX,),
            Overrides(),
            "7.7 of 7.7 GB on NVIDIA RTX 4060, 16,384-token context, 11 expert layers on the CPU,"
            " 4 answers at once",
        ),
        (
            (RTX,),
            Overrides(context=4096, gpu_layers=13),
            "6.5 of 7.7 GB on NVIDIA RTX 4060, 4,096-token context, 12 of 24 layers on the GPU,"
            " 4 answers at once",
        ),
    ],
)
def test_a_plan_in_one_line(gpus: tuple[Gpu, ...], wishes: Overrides, words: str) -> None:
    assert summary(plan.propose(HEADER, machine(*gpus), wishes)) == words


def test_all_layers_on_the_gpu() -> None:
    card = Gpu("Vulkan0", "A card", 24 * GIB, 23 * GIB)
    assert summary(plan.propose(HEADER, machine(card))).endswith(
        ", all layers on the GPU, 4 answers at once"
    )


def test_a_gpu_that_llama_cpp_was_not_built_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Graphics(drivers.cuda(drivers.RTX_3060), nvidia_driver="580.95.05")
    text = told(machine(), found)
    assert "GPU         NVIDIA GeForce RTX 3060 is fastest with CUDA." in text
    assert "Drivers     nvidia 580.95.05 (CUDA 13.0)" in text
    assert "To use NVIDIA GeForce RTX 3060 with CUDA, run:" in text
    assert f"\n{' ' * 14}python3 installers/from_source.py --gpu cuda\n" in text
    assert "16 GiB" not in text
    assert "17.2 GB, 14 GB available" in text
    assert "8 cores, AVX2" in text
    assert "none (automatic)" in text
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "from_source" not in told(machine(), found)
    assert "fireside-cuda." in told(machine(), found)


def test_a_backend_that_finds_no_gpu_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(machine(backends=("Vulkan", "CPU")), RADEON)
    assert "none found by Vulkan" in text
    assert "from_source" not in text
    assert "--gpu vulkan" in told(machine(), RADEON)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "none found by Vulkan" in told(machine(), RADEON)  # every package has it


def test_a_computer_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Graphics(Cuda(Asked.ABSENT))
    monkeypatch.setattr(sys, "platform", "win32")
    assert "install its driver." in told(machine(), found)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "GPU         No GPU found, so Fireside uses the CPU." in told(machine(), found)
    assert "GPU         none found\n" in told(machine())  # before the drivers are asked


def test_what_is_wrong_with_a_driver_is_told_beside_another_gpu() -> None:
    found = Graphics(
        Cuda(Asked.ABSENT),
        RADEON.vulkan,
        (drivers.pci(NVIDIA, "nouveau"),),
        distributions=("arch",),
    )
    card = Gpu("Vulkan0", "AMD Radeon RX 6600", 8 * GIB, 7 * GIB)
    text = told(machine(card, backends=("Vulkan", "CPU")), found)
    assert "GPU         AMD Radeon RX 6600 (Vulkan0), 7.5 GB of 8.6 GB free" in text
    assert f"{' ' * 14}sudo pacman -S nvidia-open\n" in text


def test_a_library_that_is_being_compiled_or_does_not_fit() -> None:
    found = Graphics(drivers.cuda(drivers.RTX_3060))
    unused = UnusedBackend("cuda", BackendFault.OTHER_CARD, card="NVIDIA GeForce RTX 3060")
    there = machine()
    there = replace(there, devices=replace(there.devices, unused=(unused,)))
    text = report(Examined(there, (), found), Overrides())
    assert "CUDA isn’t used for NVIDIA GeForce RTX 3060: it was built for" in text
    assert "from_source.py --gpu cuda" in text
    build = GpuBuild("cuda", 40, 300, running=True)
    text = report(Examined(machine(), (), found, build), Overrides())
    assert "Setting up your graphics card: 5 min left" in text
    assert "from_source.py" not in text


def test_the_report_for_programs() -> None:
    """The members that stay (see `app.cli.doctor`)."""
    there = machine(RTX, backends=("CUDA", "CPU"))
    found = Graphics(drivers.cuda(drivers.RTX_3060, version=12000), distributions=("arch",))
    missing = (MODEL, ModelMissing(Path(MODEL.place)))
    examined = Examined(there, ((MODEL, HEADER), missing), found)
    wall = Wall(("limits", "seccomp"), ("Landlock",))
    told = json.loads(json.dumps(doctor.facts(examined, Overrides(context=4096), wall)))
    assert list(told) == [
        *("version", "python", "system", "llama_cpp", "memory", "processor", "backends", "gpus"),
        *("speeds", "unused", "build", "graphics", "advice", "choice"),
        *("sandbox", "settings", "models"),
    ]
    assert told["gpus"][0]["name"] == "CUDA0"
    assert told["graphics"]["cuda"]["cards"][0]["capability"] == [8, 6]
    (advice,) = told["advice"]
    assert advice["text"].startswith("NVIDIA’s driver is too old")
    assert advice["command"] == "sudo pacman -Syu"
    assert told["choice"]["backend"] == ""
    assert told["sandbox"]["layers"] == ["limits", "seccomp"]
    assert told["sandbox"]["missing"] == ["Landlock"]
    assert told["settings"]["context"] == 4096
    planned, absent = told["models"]
    assert planned["plan"]["context"] == 4096
    assert absent["plan"] is None
    assert "file not found" in absent["about"]


def test_the_sandbox_is_told_with_what_it_lacks() -> None:
    whole = sandbox(Wall(("limits", "seccomp")), installed=True)
    assert whole == "WebAssembly, limits, seccomp"
    less = sandbox(Wall(("limits",), ("Landlock", "seccomp")), installed=True)
    assert less == "WebAssembly, limits; not available here: Landlock, seccomp"
    assert "WebAssembly" in sandbox(None, installed=True)
    assert "not set up" in sandbox(None, installed=False)
    examined = Examined(machine(), ((MODEL, HEADER),), UNKNOWN)
    assert "Sandbox     WebAssembly" in report(examined, Overrides(), whole)
    assert "Sandbox" not in report(examined, Overrides())
    searched = report(
        examined,
        Overrides(),
        folders="1 folder with 2 files",
        web="Wikipedia",
        server=server_summary(8347, on=True),
    )
    assert "  Folders     1 folder with 2 files\n  Web         Wikipedia\n" in searched
    assert "  Server      on, port 8347\n" in searched


def test_what_was_chosen_and_why() -> None:
    text = told(machine(RTX, backends=("CUDA", "CPU")), context=32768)
    assert "NVIDIA RTX 4060 (CUDA0), 8.3 GB of 8.6 GB free" in text
    assert "Selected    7.7 of 7.7 GB on NVIDIA RTX 4060" in text
    assert "Answers     4 at once fit; 16 take 164.3 MB more" in text
    assert "On the GPU  7.7 of 7.7 GB: weights" in text
    assert "weights locked in memory" in " ".join(text.split())
    assert "tokens/s" not in text, "nothing was measured"
    assert "Didn’t fit  32,768 tokens, everything on the GPU: 12.4 of 7.7 GB" in text


def test_several_cards_have_a_line_each() -> None:
    cards = (RTX, replace(RTX, name="CUDA1"))
    measured = tuple((card.name, DeviceSpeed(272, 6, 13)) for card in cards)
    there = replace(machine(*cards), speeds=Speeds(measured, ((8, 60.0),)))
    text = " ".join(told(there).split())
    assert "Selected 13.6 of 15.5 GB on 2 GPUs, 65,536-token context, all layers on the GPU" in text
    assert "Speed about 79 tokens/s, reading about 1,300 tokens/s" in text
    assert "On the GPUs NVIDIA RTX 4060 (CUDA0), 13 layers, 6.9 of 7.7 GB: weights" in text
    assert "NVIDIA RTX 4060 (CUDA1), 11 layers, 6.8 of 7.7 GB: weights" in text


def test_what_the_person_fixed() -> None:
    text = told(machine(), context=8192, cache=CacheType.Q8_0, unused_gpus=("Vulkan1",))
    assert "Overrides   context 8192, cache q8_0, switched off Vulkan1" in text
    assert "8,192-token context" in text


def test_a_model_that_cannot_be_run_is_explained() -> None:
    text = report(Examined(machine(), ((MODEL, ModelMissing(Path(MODEL.place))),)), Overrides())
    assert "/models/gpt-oss-20b-mxfp4.gguf: file not found" in text


def test_one_that_does_not_fit_is_called_too_large() -> None:
    small = Machine(8 * GIB, 5 * GIB, 4)
    assert "Too large   12.5 of 5.4 GB" in told(small)
