"""Cards and drivers: found, also by drivers that crash; what is wrong, and what to build for."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from app.base import driver_libraries, graphics_probe, processes
from app.base.graphics import (
    AMD,
    INTEL,
    NVIDIA,
    UNKNOWN,
    Asked,
    Cuda,
    Graphics,
    Kind,
    PciCard,
    Vulkan,
)
from app.base.graphics_advice import Advice, Problem, Reason, advice, backend
from app.base.jobs import Jobs
from app.engine.backend import Backend
from app.engine.examiner import Examiner
from app.engine.probe import Devices
from app.wording.graphics import drivers, reason, told
from tests.fakes import document_processes
from tests.fakes import drivers as fake
from tests.fakes.drivers import cuda, pci, vulkan

ROOT = Path(__file__).resolve().parents[2]
ABSENT = Cuda(Asked.ABSENT)
P = Problem
compiled = pytest.mark.skipif(
    sys.platform != "linux" or not fake.COMPILER, reason="needs Linux and a C compiler"
)


# --- The drivers, in processes of their own ---------------------------------------------------


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drivers")
    fake.build(folder)
    return folder


@pytest.fixture
def installed(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(libraries))
    return monkeypatch


@compiled
def test_what_the_drivers_say(installed: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed.setenv("FAKE_CUDA_SAYS", '{"not": "json')  # drivers print
    installed.setenv("FAKE_CUDA_CARDS", "RTX \udcff|8.9|8188|0000:0A:00.0;GTX|6.1|8192|i0:1:0.0")
    found = graphics_probe.look(tmp_path)
    assert found.cuda.version == 13000
    first, second = found.cuda.cards
    assert (first.name, first.capability, first.architecture) == ("RTX �", (8, 9), "89")
    assert (first.memory, first.pci, first.integrated) == (8188 << 20, "0000:0a:00.0", False)
    assert second.integrated
    (card,) = found.vulkan.cards
    assert card.name == "AMD Radeon RX 7900 XT (RADV NAVI31)"
    assert (card.kind, card.vendor, card.api) == (Kind.DISCRETE, AMD, (1, 4))
    assert (card.driver, card.memory) == ("radv Mesa 25.0.7", 20464 << 20)
    assert (card.largest_buffer, card.memory_budget) == (1 << 30, True)
    assert card.storage_16_bit
    assert card.pci == "0000:03:00.0"


@compiled
def test_a_driver_that_crashes_takes_nothing_with_it(installed: pytest.MonkeyPatch) -> None:
    installed.setenv("FAKE_CUDA_DIES", "abort")
    found = graphics_probe.look()
    assert found.cuda == Cuda(Asked.CRASHED)
    assert len(found.vulkan.cards) == 1
    assert advice(found)[0] == Advice(P.CRASHED, library="NVIDIA")


@compiled
def test_a_driver_that_hangs_is_given_up(installed: pytest.MonkeyPatch) -> None:
    installed.setenv("FAKE_CUDA_DIES", "hang")
    installed.setenv("FAKE_VULKAN_DIES", "hang")
    found = graphics_probe.look(patience=0.5)
    assert (found.cuda.asked, found.vulkan.asked) == (Asked.HUNG, Asked.HUNG)
    assert [each.problem for each in advice(found)] == [P.HUNG, P.HUNG]


def test_a_process_that_the_kernel_keeps_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    child = processes.ChildProcess(document_processes.hangs, name="driver")
    process = child._process
    with monkeypatch.context() as patch:
        patch.setattr(processes, "_DYING_S", 0.1)
        patch.setattr(process, "kill", lambda: None)  # as where it waits for a device
        child.kill()
    process.kill()
    process.join()


@pytest.fixture
def here(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let this process ask the libraries, which neither crash nor hang."""
    monkeypatch.setattr(driver_libraries, "_CUDA", [libraries / "libcuda.so.1"])
    monkeypatch.setattr(driver_libraries, "_VULKAN", [libraries / "libvulkan.so.1"])
    return monkeypatch


@compiled
def test_a_driver_that_refuses(here: pytest.MonkeyPatch) -> None:
    here.setenv("FAKE_CUDA_INIT", "803")
    here.setenv("FAKE_VULKAN_INIT", "-9")
    assert driver_libraries.cuda() == Cuda(Asked.REFUSED, 803, 13000)
    assert driver_libraries.vulkan() == Vulkan(Asked.REFUSED, -9, (1, 3))


@compiled
def test_a_user_may_hide_the_cards(here: pytest.MonkeyPatch) -> None:
    here.setenv("FAKE_CUDA_INIT", "100")
    here.setenv("CUDA_VISIBLE_DEVICES", "")
    assert driver_libraries.cuda() == Cuda(Asked.ANSWERED, 0, 13000)


@compiled
@pytest.mark.parametrize(
    ("api", "told"), [("1.0", "25.0.7"), ("1.1", "25.0.7"), ("1.2", "radv Mesa 25.0.7")]
)
def test_an_old_vulkan_is_asked_for_less(api: str, told: str, here: pytest.MonkeyPatch) -> None:
    here.setenv("FAKE_VULKAN_CARDS", f"A card|1|1002|1234|{api}|4096|radv|Mesa 25.0.7")
    (card,) = driver_libraries.vulkan().cards
    assert (card.kind, card.driver, card.pci) == (Kind.INTEGRATED, told, "")
    assert f"{card.api[0]}.{card.api[1]}" == api


@pytest.mark.parametrize(
    ("vendor", "packed", "version"),
    [
        (NVIDIA, 580 << 22 | 95 << 14 | 5 << 6, "580.95.5"),
        (AMD, 25 << 22 | 2 << 12 | 99, "25.2.99"),
    ],
)
def test_each_maker_packs_versions_in_its_own_way(vendor: int, packed: int, version: str) -> None:
    assert driver_libraries._driver_version(vendor, packed) == version


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere libraries are found otherwise")
def test_without_drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("libcuda.so.1", "libvulkan.so.1"):
        (tmp_path / name).write_text("no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    found = graphics_probe.look(tmp_path)
    assert found == Graphics(ABSENT, Vulkan(Asked.ABSENT))
    assert backend(found).reason is Reason.NO_CARD
    assert advice(found) == ()


def test_a_mac_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    found = graphics_probe.look()
    assert found == Graphics(metal=True)
    assert backend(found).reason is Reason.METAL
    assert advice(found) == ()


def test_the_window_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([Graphics(cuda(fake.RTX_3060))])
    monkeypatch.setattr(graphics_probe, "look", lambda: next(answers))
    with closing(Jobs("examine")) as jobs:
        examiner = Examiner(cast(Backend, SimpleNamespace(devices=Devices)), jobs)
        assert examiner.examine([]).result(60).graphics is UNKNOWN
        asked = [examiner.examine([], drivers=True).result(60) for _ in range(2)]
        asked.append(examiner.examine([]).result(60))
        assert all(examined.graphics.cuda.cards for examined in asked)


def test_the_set_up_can_ask_before_anything_is_installed() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from app.base import graphics_probe\n"
        "from app.wording import graphics\n"
        "found = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(*sorted(found - {'__main__'}))\n"
    )
    command = [sys.executable, "-I", "-S", "-c", script, str(ROOT)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == ["app"]


# --- What Linux knows -------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="its files cannot have Linux's names")
def test_the_cards_that_linux_knows(tmp_path: Path) -> None:
    root = fake.linux(
        tmp_path,
        {
            "0000:00:02.0": (0x030000, INTEL, 0xA7A0, "i915"),
            "0000:01:00.0": (0x030200, NVIDIA, 0x2520, ""),
            "0000:01:00.1": (0x040300, NVIDIA, 0x228E, "snd_hda_intel"),
            "0000:05:00.0": (0x030000, 0x1A03, 0x2000, "ast"),  # of a server's own board
        },
        {
            "etc/os-release": 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
            "sys/module/nvidia/version": "550.163.01\n",
            "proc/version": "Linux version 6.12.0",
        },
    )
    (root / "sys/bus/pci/devices/0000:09:00.0").mkdir()  # one that was just removed
    found = graphics_probe.with_linux(UNKNOWN, root)
    assert found.pci == (
        PciCard("0000:00:02.0", INTEL, 0xA7A0, "i915"),
        PciCard("0000:01:00.0", NVIDIA, 0x2520, ""),
    )
    assert found.distributions == ("linuxmint", "ubuntu", "debian")
    assert found.nvidia_driver == "550.163.01"
    assert not found.wsl


@pytest.mark.parametrize("open_", [True, False])
def test_windows_around_linux(open_: bool, tmp_path: Path) -> None:
    version = "Linux version 5.15.167.4-microsoft-standard-WSL2"
    fake.linux(tmp_path, {}, {"proc/version": version, **({"dev/dxg": ""} if open_ else {})})
    found = graphics_probe.with_linux(Graphics(ABSENT, Vulkan(Asked.ABSENT)), tmp_path)
    (each,) = advice(found)
    assert each.problem is (P.WSL_DRIVER if open_ else P.WSL_CLOSED)


# --- What is wrong, and what to build for -----------------------------------------------------

NO_VULKAN = Vulkan(Asked.ABSENT)
KEPLER = fake.card("NVIDIA GTX 780", NVIDIA, 3, api=(1, 2), storage=False)
MACHINES: dict[str, tuple[Graphics, list[Problem], str, Reason]] = {
    "an RTX": (Graphics(cuda(fake.RTX_3060), vulkan(fake.VULKAN_3060)), [], "cuda", Reason.CUDA),
    "an RTX without Vulkan": (Graphics(cuda(fake.RTX_3060), NO_VULKAN), [], "cuda", Reason.CUDA),
    "an old driver": (
        Graphics(cuda(fake.RTX_3060, version=12040), vulkan(fake.VULKAN_3060)),
        [P.NVIDIA_OLD],
        "vulkan",
        Reason.VULKAN,
    ),
    "an old driver in Windows": (
        Graphics(cuda(fake.RTX_3060, version=12040), vulkan(), wsl=True, passthrough=True),
        [P.WSL_OLD],
        "",
        Reason.NO_DRIVER,
    ),
    "a Pascal": (
        Graphics(cuda(fake.GTX_1070), vulkan(fake.VULKAN_1070)),
        [P.CARD_OLD],
        "vulkan",
        Reason.VULKAN,
    ),
    "a Pascal with an old driver": (
        Graphics(cuda(fake.GTX_1070, version=12020), vulkan(fake.VULKAN_1070)),
        [P.CARD_OLD],
        "vulkan",
        Reason.VULKAN,
    ),
    "a Turing and a Pascal": (
        Graphics(cuda(fake.RTX_3060, fake.GTX_1070), vulkan(fake.VULKAN_3060, fake.VULKAN_1070)),
        [P.CARD_OLD],
        "cuda",
        Reason.CUDA,
    ),
    "a Kepler": (
        Graphics(cuda(("NVIDIA GTX 780", (3, 5), 3), version=11040), vulkan(KEPLER)),
        [P.CARD_NEVER],
        "",
        Reason.NO_DRIVER,
    ),
    "a Radeon without what llama.cpp needs": (
        Graphics(ABSENT, vulkan(fake.card("AMD Radeon HD 7970", AMD, 3, storage=False))),
        [P.CARD_NEVER],
        "",
        Reason.NO_DRIVER,
    ),
    "nouveau": (
        Graphics(ABSENT, NO_VULKAN, (pci(NVIDIA, "nouveau"),)),
        [P.NVIDIA_MISSING],
        "",
        Reason.NO_DRIVER,
    ),
    "nouveau with Vulkan": (
        Graphics(ABSENT, vulkan(fake.NVK), (pci(NVIDIA, "nouveau"),)),
        [P.NVIDIA_MISSING],
        "vulkan",
        Reason.VULKAN,
    ),
    "an NVIDIA without driver": (
        Graphics(ABSENT, vulkan(fake.LAVAPIPE), (pci(NVIDIA, ""),)),
        [P.NVIDIA_MISSING],
        "",
        Reason.NO_DRIVER,
    ),
    "a driver that is not loaded": (
        Graphics(Cuda(Asked.REFUSED, 999), NO_VULKAN, (pci(NVIDIA, "nouveau"),)),
        [P.NVIDIA_NOT_LOADED],
        "",
        Reason.NO_DRIVER,
    ),
    "a driver that was updated": (
        Graphics(Cuda(Asked.REFUSED, 803), NO_VULKAN, (pci(NVIDIA, "nvidia"),)),
        [P.NVIDIA_UPDATED],
        "",
        Reason.NO_DRIVER,
    ),
    "a driver that fails": (
        Graphics(Cuda(Asked.REFUSED, 999), NO_VULKAN, (pci(NVIDIA, "nvidia"),)),
        [P.NVIDIA_FAILED],
        "",
        Reason.NO_DRIVER,
    ),
    "a library of NVIDIA's without a card": (
        Graphics(Cuda(Asked.REFUSED, 100), vulkan(fake.RX_6600)),
        [],
        "vulkan",
        Reason.VULKAN,
    ),
    "a driver without CUDA": (
        Graphics(ABSENT, vulkan(fake.VULKAN_3060), (pci(NVIDIA, "nvidia"),)),
        [P.CUDA_MISSING],
        "vulkan",
        Reason.VULKAN,
    ),
    "a card that is given to a virtual machine": (
        Graphics(ABSENT, NO_VULKAN, (pci(NVIDIA, "vfio-pci"),)),
        [],
        "",
        Reason.NO_DRIVER,
    ),
    "a Radeon": (
        Graphics(ABSENT, vulkan(fake.RX_6600), (pci(AMD, "amdgpu"),)),
        [],
        "vulkan",
        Reason.VULKAN,
    ),
    "a Radeon without Vulkan": (
        Graphics(ABSENT, NO_VULKAN, (pci(AMD, "amdgpu"),)),
        [P.NO_VULKAN],
        "",
        Reason.NO_DRIVER,
    ),
    "a Radeon with software only": (
        Graphics(ABSENT, vulkan(fake.LAVAPIPE), (pci(AMD, "amdgpu"),)),
        [P.NO_VULKAN],
        "",
        Reason.NO_DRIVER,
    ),
    "an old Radeon": (
        Graphics(ABSENT, vulkan(), (pci(AMD, "radeon"),)),
        [P.VULKAN_NEVER],
        "",
        Reason.NO_DRIVER,
    ),
    "an Arc that is newer than Linux": (
        Graphics(ABSENT, vulkan(), (pci(INTEL, ""),)),
        [P.NO_DRIVER],
        "",
        Reason.NO_DRIVER,
    ),
    "an old loader": (
        Graphics(ABSENT, vulkan(fake.RX_6600, version=(1, 1))),
        [P.VULKAN_OLD],
        "",
        Reason.NO_DRIVER,
    ),
    "an old card": (
        Graphics(ABSENT, vulkan(fake.card("Intel HD 4000", INTEL, 1, api=(1, 1)))),
        [P.VULKAN_OLD],
        "",
        Reason.NO_DRIVER,
    ),
    "a laptop of two makers": (
        Graphics(
            cuda(fake.RTX_3060),
            vulkan(fake.RADEON_780M, fake.VULKAN_3060),
            (pci(NVIDIA, "nvidia"), pci(AMD, "amdgpu")),
        ),
        [P.INTEGRATED_IDLE],
        "cuda",
        Reason.CUDA,
    ),
    "a laptop without Intel's Vulkan": (
        Graphics(
            cuda(fake.RTX_3060), vulkan(fake.VULKAN_3060), (pci(NVIDIA, "nvidia"), pci(INTEL, "xe"))
        ),
        [],
        "cuda",
        Reason.CUDA,
    ),
    "a laptop on Vulkan": (
        Graphics(cuda(fake.GTX_1070), vulkan(fake.IRIS, fake.VULKAN_1070)),
        [P.CARD_OLD, P.INTEGRATED_IDLE],
        "vulkan",
        Reason.VULKAN,
    ),
    "an RTX and a smaller Radeon": (
        Graphics(cuda(fake.RTX_3060), vulkan(fake.VULKAN_3060, fake.RX_6600)),
        [P.OTHER_IDLE],
        "cuda",
        Reason.CUDA,
    ),
    "an RTX and a slightly larger Arc": (
        Graphics(
            cuda(fake.RTX_3060),
            vulkan(fake.VULKAN_3060, fake.card("Intel(R) Arc(TM) A770 Graphics", INTEL, 16)),
        ),
        [P.OTHER_IDLE],
        "cuda",
        Reason.CUDA,
    ),
    "an RTX and a larger Radeon": (
        Graphics(cuda(fake.RTX_3060), vulkan(fake.VULKAN_3060, fake.RX_7900)),
        [P.BOTH_USED],
        "vulkan",
        Reason.LARGER,
    ),
    "an RTX that Vulkan does not know, and a Radeon": (
        Graphics(cuda(fake.RTX_3060), vulkan(fake.RX_7900)),
        [],
        "cuda",
        Reason.CUDA,
    ),
    "a Radeon and an Iris": (
        Graphics(ABSENT, vulkan(fake.IRIS, fake.RX_6600)),
        [P.INTEGRATED_IDLE],
        "vulkan",
        Reason.VULKAN,
    ),
    "software only": (Graphics(ABSENT, vulkan(fake.LAVAPIPE)), [P.SOFTWARE], "", Reason.NO_CARD),
    "Direct3D in Windows' Linux": (
        Graphics(ABSENT, vulkan(fake.DOZEN), wsl=True, passthrough=True),
        [P.WSL_DRIVER],
        "",
        Reason.NO_CARD,
    ),
    "a Vulkan that crashes": (
        Graphics(cuda(fake.RTX_3060), Vulkan(Asked.CRASHED)),
        [P.CRASHED],
        "cuda",
        Reason.CUDA,
    ),
    "a Vulkan that fails": (
        Graphics(ABSENT, Vulkan(Asked.REFUSED, -3, (1, 3)), (pci(AMD, "amdgpu"),)),
        [P.VULKAN_FAILED],
        "",
        Reason.NO_DRIVER,
    ),
    "nothing": (Graphics(ABSENT, NO_VULKAN), [], "", Reason.NO_CARD),
}


@pytest.mark.parametrize(("found", "problems", "name", "why"), MACHINES.values(), ids=MACHINES)
def test_what_a_computer_is_told(
    found: Graphics, problems: list[Problem], name: str, why: Reason
) -> None:
    assert [each.problem for each in advice(found)] == problems
    choice = backend(found)
    assert (choice.backend, choice.reason) == (name, why)
    assert bool(choice.gpu) == bool(name)
    assert reason(choice)
    assert "{" not in "".join(line for each in advice(found) for line in told(each))


def test_cuda_is_built_for_the_cards_that_it_runs() -> None:
    cards = (fake.RTX_3060, fake.GTX_1070, ("NVIDIA GeForce RTX 5090", (12, 0), 32))
    choice = backend(Graphics(cuda(*cards)))
    assert choice.architectures == ("86", "120")
    assert choice.gpu == "NVIDIA GeForce RTX 5090"


# --- The sentences ----------------------------------------------------------------------------


def test_every_problem_has_a_sentence() -> None:
    for problem in Problem:
        text, *commands = told(Advice(problem, "a GPU", "another", "NVIDIA", "5", "run this"))
        assert text
        assert len(commands) <= 1, problem


@pytest.mark.parametrize(
    ("distributions", "card", "lines"),
    [
        (
            ("debian",),
            pci(NVIDIA, "nouveau"),
            ["Enable the non-free repository, then run:", "sudo apt install nvidia-driver"],
        ),
        (("linuxmint", "ubuntu"), pci(NVIDIA, ""), ["Run:", "sudo ubuntu-drivers install"]),
        (
            ("fedora",),
            pci(NVIDIA, "nouveau"),
            [
                "Enable the RPM Fusion repository, then run:",
                "sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda",
            ],
        ),
        (("arch",), pci(NVIDIA, "nouveau"), ["Run:", "sudo pacman -S nvidia-open"]),
        (("gentoo",), pci(NVIDIA, "nouveau"), ["Download it from nvidia.com/drivers."]),
        (("debian",), pci(AMD, "amdgpu"), ["Run:", "sudo apt install mesa-vulkan-drivers"]),
        (("fedora",), pci(INTEL, "xe"), ["Run:", "sudo dnf install mesa-vulkan-drivers"]),
        (("manjaro", "arch"), pci(AMD, "amdgpu"), ["Run:", "sudo pacman -S vulkan-radeon"]),
        (("arch",), pci(INTEL, "i915"), ["Run:", "sudo pacman -S vulkan-intel"]),
        ((), pci(INTEL, "i915"), ["Install it with your system’s package manager."]),
        (("arch",), pci(NVIDIA, "nvidia"), ["Run:", "sudo pacman -S nvidia-utils"]),
    ],
)
def test_what_to_run(distributions: tuple[str, ...], card: PciCard, lines: list[str]) -> None:
    (each,) = advice(Graphics(ABSENT, NO_VULKAN, (card,), distributions=distributions))
    text, *commands = told(each)
    assert text.endswith(lines[0])
    assert commands == lines[1:]


def test_an_old_driver_is_named() -> None:
    old = Graphics(cuda(fake.RTX_3060, version=12040), nvidia_driver="550.163.01")
    (each,) = advice(old)
    assert told(each) == [
        "NVIDIA’s driver 550.163.01 is too old for CUDA with NVIDIA GeForce RTX 3060. Update it "
        "to 580 or newer. Download it from nvidia.com/drivers."
    ]
    assert drivers(old) == "nvidia 550.163.01 (CUDA 12.4)"


def test_a_package_has_vulkan_already(monkeypatch: pytest.MonkeyPatch) -> None:
    found, *_ = MACHINES["an RTX and a smaller Radeon"]
    (each,) = advice(found)
    assert told(each)[1] == "python3 installers/from_source.py --gpu vulkan"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert told(each) == [
        "Fireside can use NVIDIA GeForce RTX 3060 and AMD Radeon RX 6600 (RADV NAVI23) together."
    ]
