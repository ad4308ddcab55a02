"""What the set-up says about GPUs, what it asks, what it remembers, and what it then starts."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.base.graphics import Graphics
from app.engine import gpu_library as known
from app.engine.gpu_library import BuildFault
from installers import (
    gpu_choice,
    gpu_downloads,
    gpu_library,
    gpu_report,
    gpu_vulkan,
    places,
    vulkan_tools,
)
from installers.from_source import gpu_option
from installers.gpu_choice import Seen
from installers.gpu_library import Wanted
from installers.gpu_progress import Failed
from installers.setup_state import State
from installers.terminal import SetupError
from tests.fakes import drivers

_popen = subprocess.Popen  # the fixture replaces the name

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="Metal is built in")

NONE = Seen([], "", "", "No GPU found.", [], [])
CUDA = Seen(["RTX 3060 (12 GB)"], "nvidia 580", "cuda", "Fastest with CUDA.", ["86"], [])
VULKAN = Seen(["RX 7600 (8 GB)"], "radv", "vulkan", "Can use Vulkan.", [], [])
OLD = Seen([], "nvidia 550", "", "Can't be used yet.", [], ["The driver is too old.", "apt x"])


class Computer:
    """A computer that is being set up: its GPU, its person, and what was started."""

    def __init__(self, root: Path) -> None:
        self.root, self.seen, self.looked = root, CUDA, 0
        self.terminal, self.answer, self.print = False, "", "p1"
        self.started: list[list[str]] = []
        State("s", False, "").save()

    def run(self, option: str = "", *, foreground: bool = False) -> list[str]:
        """Run the set-up once; return the libraries that it has begun to compile."""
        self.started.clear()
        gpu_choice.prepare(Path(sys.executable), option, foreground=foreground)
        return [
            part
            for command in self.started
            for part in command[command.index(str(self.root)) + 1 :]
        ]

    def finish(self, wanted: Wanted) -> Path:
        folder = self.root / "gpu" / wanted.backend
        folder.mkdir(parents=True, exist_ok=True)
        (folder / known.file_name(wanted.backend)).touch()
        manifest = {"backend": wanted.backend, "ggml": "1", "architectures": [], "weights": []}
        text = json.dumps({**manifest, "preload": [], "stamp": wanted.stamp})
        (folder / known.MANIFEST).write_text(text)
        return folder

    def look(self, python: Path) -> Seen:
        self.looked += 1
        return self.seen


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    monkeypatch.setattr(places, "VENV", tmp_path)
    monkeypatch.setattr(places, "STATE", tmp_path / "setup.json")
    computer = Computer(tmp_path)

    def start(command: list[str], **_: Any) -> None:
        computer.started.append(command)

    monkeypatch.setattr(gpu_choice, "look", computer.look)
    monkeypatch.setattr(gpu_choice, "fingerprint", lambda: computer.print)
    monkeypatch.setattr(gpu_choice, "_agreed", lambda: not computer.answer.startswith("n"))
    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(gpu_choice, "_wait_for", lambda *_: None)
    monkeypatch.setattr(gpu_vulkan, "is_there", lambda: True)
    monkeypatch.setattr(gpu_downloads, "here", lambda: "linux_x86_64")
    return computer


def test_it_says_what_it_does_and_begins(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert computer.run() == ["cuda:86"]
    said = capsys.readouterr().out
    assert "RTX 3060 (12 GB)" in said
    assert "minutes here" in said
    assert "Download: 0.7 GB" in said
    assert "docs.nvidia.com/cuda/eula" in said
    assert "--gently" in computer.started[0]


def test_the_next_run_goes_on_without_looking_again(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.run()
    capsys.readouterr()
    assert computer.run() == ["cuda:86"]
    computer.finish(Wanted("cuda", ("86",)))
    assert computer.run() == []
    assert computer.looked == 1
    assert capsys.readouterr().out == ""


def test_no_is_remembered_until_auto(computer: Computer) -> None:
    computer.answer = "n"
    assert computer.run() == []
    computer.print = "p2"
    assert computer.run() == []
    computer.answer = ""
    assert computer.run("auto") == ["cuda:86"]
    assert computer.run("none") == []
    assert computer.run() == []
    state = State.load()
    assert state is not None
    assert state.gpu == "none"


def test_none_takes_the_library_away(computer: Computer) -> None:
    folder = computer.finish(Wanted("cuda", ("86",)))
    computer.run("none")
    assert not folder.exists()


def test_another_card_makes_it_stale(computer: Computer) -> None:
    computer.run()
    computer.finish(Wanted("cuda", ("86",)))
    computer.print, computer.seen = "p2", CUDA._replace(architectures=["89"])
    assert computer.run() == ["cuda:89"]
    assert known.found(computer.root) == ()


def test_a_library_outlives_a_driver_that_is_away(computer: Computer) -> None:
    computer.run()
    folder = computer.finish(Wanted("cuda", ("86",)))
    computer.print, computer.seen = "p2", NONE
    assert computer.run() == []
    assert (folder / known.MANIFEST).exists()
    computer.print, computer.seen = "p3", CUDA
    assert computer.run() == []
    assert computer.run("vulkan") == ["vulkan"]
    assert not folder.exists()


@pytest.mark.parametrize("seen", [NONE, OLD])
def test_without_a_gpu_that_can_be_used(
    computer: Computer, seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.seen = seen
    assert computer.run() == []
    said = capsys.readouterr().out
    assert all(line in said for line in (seen.reason, *seen.advice))
    assert computer.run("cuda") == []
    assert "CUDA can't use a GPU here" in capsys.readouterr().out
    assert computer.run("cuda:86,89") == ["cuda:86,89"]


def test_vulkan_and_both(computer: Computer) -> None:
    computer.seen = VULKAN
    assert computer.run() == ["vulkan"]
    assert computer.run("cuda:90,vulkan") == ["cuda:90", "vulkan"]
    computer.finish(Wanted("vulkan"))
    assert computer.run() == ["cuda:90"]


def test_vulkan_without_its_headers(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.seen = VULKAN
    monkeypatch.setattr(gpu_vulkan, "is_there", lambda: False)
    assert computer.run() == []
    assert "install the Vulkan SDK" in capsys.readouterr().out


def test_the_tests_wait_for_it(computer: Computer) -> None:
    assert computer.run("cuda", foreground=True) == ["cuda:86"]
    assert "--gently" not in computer.started[0]


@pytest.mark.parametrize("choice", ["metal", "vulkan:86", "cuda:35", ""])
def test_what_is_no_choice(choice: str) -> None:
    with pytest.raises(SetupError):
        gpu_choice.asked_for(choice)


def test_a_failure_is_said_and_not_repeated(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.run()
    told = {"backend": "cuda", "stamp": Wanted("cuda", ("86",)).stamp, "percent": 9, "pid": 1}
    build = computer.root / "gpu" / known.BUILD
    build.write_text(json.dumps({**told, "fault": "compiler"}))
    assert computer.run() == []
    assert "GCC 16" in capsys.readouterr().out
    assert computer.run("auto") == ["cuda:86"]
    build.write_text(json.dumps({**told, "fault": "network"}))
    assert computer.run() == ["cuda:86"]
    assert set(gpu_choice.FAULTS) == set(BuildFault)


def test_a_full_disk_is_told_before(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as full:
        full.setitem(gpu_choice.DISK, "cuda", (1e9, 1))
        assert computer.run() == []
    assert "Not enough disk space" in capsys.readouterr().out
    assert computer.run() == ["cuda:86"], "there is space now"


def test_a_folder_that_cannot_be_written_to_keeps_nothing_from_starting(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(state: State) -> None:
        raise PermissionError(13, "Permission denied", "setup.json")

    monkeypatch.setattr(State, "save", refuse)
    assert computer.run() == []
    assert "setup.json" in capsys.readouterr().out


def test_who_compiles_llama_cpp_for_the_gpu_is_let_alone(computer: Computer) -> None:
    State("s", False, "-DGGML_CUDA=on").save()
    assert computer.run() == []
    assert computer.looked == 0
    assert computer.run("auto") == ["cuda:86"]


def test_a_folder_in_which_the_compiler_does_not_work(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.root = computer.root / "new, old"
    computer.root.mkdir()
    monkeypatch.setattr(places, "VENV", computer.root)
    assert computer.run() == []
    assert "a folder with , in" in capsys.readouterr().out
    assert computer.run("vulkan") == ["vulkan"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")
def test_a_build_that_is_not_wanted_any_more_is_ended(computer: Computer) -> None:
    code = (
        "import sys, time, pathlib; sys.path.insert(0, sys.argv[2])\n"
        "from installers import gpu_library\n"
        "with gpu_library.lock(pathlib.Path(sys.argv[1]) / 'gpu'):\n"
        "    print('locked', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(computer.root), str(gpu_library.GPU.parents[1])]
    build = computer.root / "gpu" / known.BUILD
    builder = _popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert builder.stdout is not None
    builder.stdout.readline()
    build.write_text(json.dumps({"backend": "cuda", "wanted": "cuda:75", "pid": builder.pid}))
    assert computer.run() == ["cuda:86"]
    assert builder.wait(60) != 0
    builder.stdout.close()


def test_the_option_is_the_first_argument() -> None:
    assert gpu_option(["--gpu", "none", "ask", "x"]) == ("none", ["ask", "x"])
    assert gpu_option(["--gpu=cuda"]) == ("cuda", [])
    assert gpu_option(["ask", "--gpu", "x"]) == ("", ["ask", "--gpu", "x"])
    assert gpu_option([]) == ("", [])
    with pytest.raises(SetupError):
        gpu_option(["--gpu"])


def test_how_a_build_that_was_waited_for_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gpu"
    folder.mkdir()
    told = {"backend": "cuda", "percent": 50, "pid": 1, "fault": "disk"}
    (folder / known.BUILD).write_text(json.dumps(told))
    for code, said in ((1, "The disk is full."), (0, "ready for the GPU")):
        builder = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])
        gpu_choice._wait_for(builder, tmp_path)
        assert said in capsys.readouterr().out


# --- what is told and found ------------------------------------------------------------------


def test_the_report() -> None:
    cuda = drivers.cuda(
        ("NVIDIA GeForce RTX 3060", (8, 6), 12), ("NVIDIA GeForce RTX 4060", (8, 9), 8)
    )
    told = gpu_report.report(Graphics(cuda=cuda))
    seen = Seen(**json.loads(json.dumps(told)))
    assert seen.backend == "cuda"
    assert seen.architectures == ["86", "89"]
    assert "NVIDIA GeForce RTX 3060 (12 GB)" in seen.cards
    old = gpu_report.report(Graphics(cuda=drivers.cuda(("RTX 3060", (8, 6), 12), version=12040)))
    assert (old["backend"], old["architectures"]) == ("", [])
    assert "580" in " ".join(old["advice"])


def test_a_report_that_fails_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "report.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(gpu_choice, "REPORT", broken)
    assert gpu_choice.look(Path(sys.executable)).backend == ""


def test_what_vulkan_is_compiled_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VULKAN_SDK", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(vulkan_tools, "flags", lambda folder, machine: [str(folder), machine])
    assert gpu_vulkan.is_there()
    assert gpu_vulkan.flags(tmp_path) == [str(tmp_path), "x86_64"]
    monkeypatch.setenv("VULKAN_SDK", "/sdk")
    assert gpu_vulkan.flags(tmp_path) == []


def test_vulkans_tools_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> list[str]:
        raise vulkan_tools.ShaderError("gone")

    own = ["/usr/bin/glslc"]
    monkeypatch.delenv("VULKAN_SDK", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(vulkan_tools, "flags", refuse)
    monkeypatch.setattr(shutil, "which", lambda _: own[0] if own else None)
    assert gpu_vulkan.flags(tmp_path) == []
    own.clear()
    with pytest.raises(Failed, match="gone"):
        gpu_vulkan.flags(tmp_path)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not gpu_vulkan.is_there()
