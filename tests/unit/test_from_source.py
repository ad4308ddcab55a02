"""The pure parts of the one-command setup, and its messages when something is missing."""

import importlib.util
import io
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "installers" / "from_source.py"


@pytest.fixture(scope="module")
def setup() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("from_source", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["from_source"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["from_source"]


@pytest.fixture
def in_folder(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the setup at a folder of its own, so that it cannot touch the real `.venv`."""
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "LOG", venv / "setup.log")
    monkeypatch.setattr(setup, "STATE", venv / "setup.json")
    return venv


def test_help_needs_no_setup() -> None:
    shown = subprocess.run(
        [sys.executable, "-I", str(FILE), "--help"], capture_output=True, text=True, check=True
    )
    assert "from_source.py test" in shown.stdout


def test_an_old_python_is_told_in_one_sentence(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "hexversion", 0x030A0CF0)
    assert setup.main([]) == 1
    assert "needs Python 3.11 or newer" in capsys.readouterr().out


# --- has it been set up already? -------------------------------------------------------------


def test_the_stamp_changes_with_each_file(setup: ModuleType, tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_text("1")
    before = setup.make_stamp(files)
    assert setup.make_stamp(files) == before
    files[1].write_text("2")
    assert setup.make_stamp(files) != before


def test_the_stamp_changes_with_python(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = setup.make_stamp([])
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert setup.make_stamp([]) != before


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
    setup: ModuleType,
    there: tuple[str, bool, str],
    wanted: tuple[str, bool, str],
    enough: bool,
) -> None:
    assert setup.State(*there).covers(setup.State(*wanted)) is enough


def test_the_state_is_kept_and_a_broken_one_is_none(setup: ModuleType, in_folder: Path) -> None:
    assert setup.State.load() is None
    state = setup.State("stamp", True, "-DGGML_CUDA=on")
    state.save()
    assert setup.State.load() == state
    for broken in ("", "{}", "[1]", '{"stamp": "s", "other": 1}'):
        (in_folder / "setup.json").write_text(broken)
        assert setup.State.load() is None


def test_a_second_run_starts_nothing(
    setup: ModuleType, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    monkeypatch.setattr(setup, "missing_libraries", list)
    monkeypatch.setattr(setup, "run_logged", lambda *_, **__: pytest.fail("ran something"))
    setup.venv_python().parent.mkdir()
    setup.venv_python().touch()
    setup.State(setup.make_stamp(setup.SETUP_FILES), True, "").save()
    setup.set_up(dev=False)
    setup.set_up(dev=True)


# --- llama.cpp's build -----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["/home/a b/it's/x.cmake", "/plain/x.cmake"])
@pytest.mark.parametrize("own", ["", "-DGGML_CUDA=on -G 'Unix Makefiles'"])
def test_cmake_gets_the_path_and_the_persons_own_arguments(
    setup: ModuleType, place: str, own: str
) -> None:
    arguments = shlex.split(setup.llama_cmake_args(own, Path(place)))
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
def test_progress_of_a_build(setup: ModuleType, line: str, shown: str) -> None:
    assert setup.progress(line) == shown


def test_the_person_is_told_when_compiling_begins(setup: ModuleType) -> None:
    out = io.StringIO()
    status = setup.StatusLine("Fetching", out)
    setup.watch_pip(status, "Collecting llama-cpp-python==0.3.36 (from fireside-chat)\n")
    assert status.detail == "llama-cpp-python"
    assert out.getvalue() == ""
    setup.watch_pip(status, "  Building wheel for llama-cpp-python (pyproject.toml): started\n")
    assert "minutes" in out.getvalue()
    setup.watch_pip(status, "  [35/70] c++\n")
    assert (status.job, status.detail) == ("Compiling llama.cpp", "50 %")


# --- what is missing -------------------------------------------------------------------------


def test_a_library_that_is_not_there(setup: ModuleType) -> None:
    assert not setup.loads("libno-such-thing.so.9")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves them to the system")
def test_missing_libraries(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "loads", lambda name: "xcb" not in name)
    missing = setup.missing_libraries()
    assert "libxcb-cursor.so.0" in missing
    assert "libEGL.so.1" not in missing


def test_how_to_install(setup: ModuleType) -> None:
    libraries, packages = ["libEGL.so.1"], ["libegl1"]
    assert "sudo apt-get install libegl1" in setup.how_to_install("apt-get", libraries, packages)
    assert "dnf install 'libEGL.so.1()(64bit)'" in setup.how_to_install("dnf", libraries, packages)
    assert "that provide libEGL.so.1" in setup.how_to_install("", libraries, packages)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves them to the system")
def test_who_may_not_install_is_told_how(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/usr/bin/{name}")
    setup.install_libraries(["libEGL.so.1"], [])
    assert "sudo apt-get install libegl1" in capsys.readouterr().out
    with pytest.raises(setup.SetupError):
        setup.install_libraries([], ["python3.11-venv"])


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
def test_screen(
    setup: ModuleType, platform: str, environment: dict[str, str], screen: bool
) -> None:
    assert setup.has_screen(platform, environment) is screen


# --- running things --------------------------------------------------------------------------


def test_a_failed_command_shows_its_last_lines_and_keeps_all(
    setup: ModuleType, in_folder: Path
) -> None:
    script = "print(*range(100), sep='\\n'); print('No space left on device'); raise SystemExit(3)"
    with pytest.raises(setup.SetupError) as raised:
        setup.run_logged("Job", [sys.executable, "-c", script])
    assert "  | 99\n" in str(raised.value)
    assert "| 50\n" not in str(raised.value)
    assert "disk is full" in str(raised.value)
    assert "\n50\n" in (in_folder / "setup.log").read_text()


def test_what_the_compiler_said_last_is_shown(setup: ModuleType) -> None:
    compiler = [f"x.cpp:{i}: error\n" for i in range(20)]
    pips = ["  error: subprocess-exited-with-error\n", "  note: not a problem with pip\n"]
    assert setup.last_lines(compiler + pips) == compiler[5:]
    assert setup.last_lines(compiler[:3]) == compiler[:3]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("CMAKE_CXX_COMPILER could not be found", "No C++ compiler"),
        ("ERROR: Could not find a version that satisfies", "internet"),
        ("something else", "setup.log"),
    ],
)
def test_advice(setup: ModuleType, log: str, words: str) -> None:
    assert words in setup.advice(log)


@pytest.mark.parametrize(
    ("codes", "summary"),
    [([0, 0, 0], 0), ([0, 5, 5], 0), ([5, 5, 5], 1), ([0, 1, 0], 1), ([2, 0, 0], 1), ([], 1)],
)
def test_all_suites_together(setup: ModuleType, codes: list[int], summary: int) -> None:
    assert setup.summary(codes) == summary


def test_an_interruption_ends_with_130(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "set_up", interrupted)
    assert setup.main([]) == 130
    assert setup.main(["test"]) == 130
