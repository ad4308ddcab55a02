"""The pure parts of the one-command setup, and its messages when something is missing."""

import io
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.tools.python import runtime
from installers import (
    from_source,
    gpu_library,
    places,
    python_module,
    system_packages,
    terminal,
)
from installers.setup_state import State

FILE = Path(from_source.__file__)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the setup at a folder of its own, so that it cannot touch the real `.venv`."""
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(places, "VENV", venv)
    monkeypatch.setattr(places, "LOG", venv / "setup.log")
    monkeypatch.setattr(places, "STATE", venv / "setup.json")
    return venv


def test_help_needs_no_setup() -> None:
    shown = subprocess.run(
        [sys.executable, "-I", str(FILE), "--help"], capture_output=True, text=True, check=True
    )
    assert "from_source.py test" in shown.stdout


def test_an_old_python_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "hexversion", 0x030A0CF0)
    assert from_source.main([]) == 1
    assert "needs Python 3.11 or newer" in capsys.readouterr().out


# --- has it been set up already? -------------------------------------------------------------


def test_the_stamp_changes_with_each_file(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_text("1")
    before = from_source.make_stamp(files)
    assert from_source.make_stamp(files) == before
    files[1].write_text("2")
    assert from_source.make_stamp(files) != before


def test_the_stamp_changes_with_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = from_source.make_stamp([])
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert from_source.make_stamp([]) != before


@pytest.mark.parametrize(
    ("there", "wanted", "enough"),
    [
        (("s", False, ""), ("s", False, ""), True),
        (("s", True, ""), ("s", False, ""), True),
        (("s", False, ""), ("s", True, ""), False),
        (("old", True, ""), ("s", False, ""), False),
        (("s", False, "-DGGML_CUDA=on"), ("s", False, ""), True),
        (("s", False, ""), ("s", False, "-DGGML_CUDA=on"), False),
    ],
)
def test_what_is_there_is_enough(
    there: tuple[str, bool, str],
    wanted: tuple[str, bool, str],
    enough: bool,
) -> None:
    assert State(*there).covers(State(*wanted)) is enough


def test_the_state_is_kept_and_a_broken_one_is_none(in_folder: Path) -> None:
    assert State.load() is None
    state = State("stamp", True, "-DGGML_CUDA=on")
    state.save()
    assert State.load() == state
    for broken in ("", "{}", "[1]", '{"stamp": "s", "other": 1}'):
        (in_folder / "setup.json").write_text(broken)
        assert State.load() is None


def test_a_second_run_starts_nothing(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    monkeypatch.setattr(from_source, "missing_libraries", list)
    monkeypatch.setattr(from_source, "run_logged", lambda *_, **__: pytest.fail("ran something"))
    from_source.venv_python().parent.mkdir()
    from_source.venv_python().touch()
    State(from_source.make_stamp(from_source.SETUP_FILES), True, "").save()
    from_source.set_up(dev=False)
    from_source.set_up(dev=True)


def test_only_one_sets_up(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(from_source, "run_logged", lambda *_, **__: pytest.fail("ran something"))
    with gpu_library.lock(in_folder) as alone:
        assert alone
        assert from_source.main(["--version"]) == 1
    assert "already" in capsys.readouterr().err


# --- llama.cpp's build -----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["/home/a b/it's/x.cmake", "/plain/x.cmake"])
@pytest.mark.parametrize("own", ["", "-DGGML_CUDA=on -G 'Unix Makefiles'"])
def test_cmake_gets_the_path_and_the_persons_own_arguments(place: str, own: str) -> None:
    arguments = shlex.split(from_source.llama_cmake_args(own, Path(place)))
    assert f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={place}" in arguments
    assert arguments[2:] == shlex.split(own)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  [3/70] /usr/bin/g++ -O3 -c x.cpp\n", "4 %"),
        ("  [70/70] Linking\n", "100 %"),
        ("[ 12%] Building CXX object x.o\n", "12 %"),
        ("[100%] Built target llama\n", "100 %"),
        ("Collecting tiktoken\n", ""),
        ("", ""),
    ],
)
def test_progress_of_a_build(line: str, shown: str) -> None:
    assert terminal.progress(line) == shown


def test_the_person_is_told_when_compiling_begins() -> None:
    out = io.StringIO()
    status = terminal.StatusLine("Fetching", out)
    terminal.watch_pip(status, "Collecting llama-cpp-python==0.3.36 (from fireside-chat)\n")
    assert status.detail == "llama-cpp-python"
    assert out.getvalue() == ""
    terminal.watch_pip(status, "  Building wheel for llama-cpp-python (pyproject.toml): started\n")
    assert "minutes" in out.getvalue()
    terminal.watch_pip(status, "  [35/70] c++\n")
    assert (status.job, status.detail) == ("Compiling llama.cpp", "50 %")


# --- what is missing -------------------------------------------------------------------------


def test_a_library_that_is_not_there() -> None:
    assert not system_packages.loads("libno-such-thing.so.9")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves them to the system")
def test_missing_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "loads", lambda name: "xcb" not in name)
    missing = system_packages.missing_libraries()
    assert "libxcb-cursor.so.0" in missing
    assert "libEGL.so.1" not in missing


def test_how_to_install() -> None:
    libraries, packages = ["libEGL.so.1"], ["libegl1"]
    assert "sudo apt-get install libegl1" in system_packages.how_to_install(
        "apt-get", libraries, packages
    )
    assert "dnf install 'libEGL.so.1()(64bit)'" in system_packages.how_to_install(
        "dnf", libraries, packages
    )
    assert "that provide libEGL.so.1" in system_packages.how_to_install("", libraries, packages)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves them to the system")
def test_who_may_not_install_is_told_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    system_packages.install_libraries(["libEGL.so.1"], [])
    assert "sudo apt-get install libegl1" in capsys.readouterr().out
    with pytest.raises(terminal.SetupError):
        system_packages.install_libraries([], ["python3.11-venv"])


@pytest.mark.parametrize(
    ("platform", "environment", "screen"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_screen(platform: str, environment: dict[str, str], screen: bool) -> None:
    assert from_source.has_screen(platform, environment) is screen


# --- running things --------------------------------------------------------------------------


def test_a_failed_command_shows_its_last_lines_and_keeps_all(in_folder: Path) -> None:
    script = "print(*range(100), sep='\\n'); print('No space left on device'); raise SystemExit(3)"
    with pytest.raises(terminal.SetupError) as raised:
        terminal.run_logged("Job", [sys.executable, "-c", script])
    assert "  | 99\n" in str(raised.value)
    assert "| 50\n" not in str(raised.value)
    assert "disk is full" in str(raised.value)
    assert "\n50\n" in (in_folder / "setup.log").read_text()


def test_what_the_compiler_said_last_is_shown() -> None:
    compiler = [f"x.cpp:{i}: error\n" for i in range(20)]
    pips = ["  error: subprocess-exited-with-error\n", "  note: not a problem with pip\n"]
    assert terminal.last_lines(compiler + pips) == compiler[5:]
    assert terminal.last_lines(compiler[:3]) == compiler[:3]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("CMAKE_CXX_COMPILER could not be found", "No C++ compiler"),
        ("ERROR: Could not find a version that satisfies", "internet"),
        ("something else", "setup.log"),
    ],
)
def test_advice(log: str, words: str) -> None:
    assert words in terminal.advice(log)


@pytest.mark.parametrize(
    ("codes", "summary"),
    [([0, 0, 0], 0), ([0, 5, 5], 0), ([5, 5, 5], 1), ([0, 1, 0], 1), ([2, 0, 0], 1), ([], 1)],
)
def test_all_suites_together(codes: list[int], summary: int) -> None:
    assert from_source.summary(codes) == summary


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(from_source, "set_up", interrupted)
    assert from_source.main([]) == 130
    assert from_source.main(["test"]) == 130


# --- Python for the model --------------------------------------------------------------------


def _module(in_folder: Path) -> Path:
    pins = (places.ROOT / "constraints.txt").read_text("utf-8").split()
    (pinned,) = (pin for pin in pins if pin.startswith("wasmtime=="))
    return python_module.home() / runtime.module_name(pinned.partition("==")[2])


def test_python_is_compiled_once(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def compile_it(job: str, command: list[str]) -> None:
        ran.append(command)
        _module(in_folder).parent.mkdir(parents=True)
        _module(in_folder).touch()

    monkeypatch.setattr(python_module, "run_logged", compile_it)
    for _ in range(2):
        python_module.prepare(Path("python"), foreground=True)
    assert ran == [["python", "-P", "-m", "app.tools.python.preparing"]]
    _module(in_folder).rename(_module(in_folder).with_name("of another wasmtime"))
    assert not python_module.is_ready()


def test_python_is_compiled_in_the_background(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: ran.append(command))
    python_module.prepare(Path("python"))
    assert ran == [["python", "-P", "-m", "app.tools.python.preparing", "--gently"]]
    assert "about two minutes" in capsys.readouterr().out


def test_fireside_starts_without_python(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(job: str, command: list[str]) -> None:
        raise terminal.SetupError("too little memory")

    monkeypatch.setattr(python_module, "run_logged", fail)
    python_module.prepare(Path("python"), foreground=True)
    assert "too little memory" in capsys.readouterr().out
