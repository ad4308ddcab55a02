"""`fireside ask` in a terminal: the real command with the real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.__main__ import main
from app.host import demo_model
from tests.fakes import engine_processes

FIRESIDE = [sys.executable, "-m", "app"]


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FIRESIDE, "ask", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def copy_in(folder: Path) -> str:
    """Return the path of a copy of the demo model, which counts as any model."""
    copy = folder / "copy.gguf"
    copy.write_bytes(Path(demo_model().place).read_bytes())
    return str(copy)


def test_the_answer_is_on_stdout_and_the_reasoning_on_stderr() -> None:
    done = ask("Hello")
    assert done.returncode == 0
    assert done.stdout.strip()
    assert done.stderr.strip()
    assert "<|" not in done.stdout + done.stderr


def test_a_folder_is_searched_and_cited(tmp_path: Path) -> None:
    notes = tmp_path / "Notes"
    notes.mkdir()
    (notes / "Copper.md").write_text("Copper is a kind of stone.\n", "utf-8")
    (notes / "More.md").write_text("More about copper.\n", "utf-8")
    done = ask("What do my files say about copper?", "--tools", f"files:{notes}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"Copper is a kind of stone. [1]\n\n[1] Copper.md, {notes / 'Copper.md'}\n"
    )
    assert "Notes: 2 files" in done.stderr


def test_json_and_effort() -> None:
    lengths = {}
    for effort in ("low", "high"):
        done = ask("What is the capital of France?", "--effort", effort, "--json")
        assert done.returncode == 0
        assert done.stderr == ""
        said = json.loads(done.stdout)
        assert set(said) == {"reasoning", "answer", "stats", "model", "host"}
        assert said["answer"]
        assert said["stats"]["tokens_per_second"] > 0
        assert said["stats"]["prompt_tokens_per_second"] > 0
        lengths[effort] = len(said["reasoning"])
    assert lengths["low"] < lengths["high"]


@pytest.mark.parametrize(
    "arguments", [[], [""], ["Hello", "--effort", "extreme"], ["Hello", "--nonsense"]]
)
def test_wrong_use_is_2(arguments: list[str]) -> None:
    done = ask(*arguments)
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_a_model_that_cannot_be_loaded_is_3(tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("not a model")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(Path(demo_model().place).read_bytes()[:1_000_000])
    for path in (text, cut, tmp_path / "missing.gguf"):
        done = ask("Hello", "--model", str(path))
        assert done.returncode == 3
        assert done.stdout == ""
        assert path.name in done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = ask("Hello", "--data-dir", str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Can’t write to" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system names the folder")
@pytest.mark.parametrize("command", [["ask", "Hello"], ["doctor"]])
@pytest.mark.parametrize("temporary", ["", "file"])
def test_a_home_in_which_no_folder_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], temporary: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file" / "home"))
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    if temporary:
        monkeypatch.setenv("TMPDIR", str(tmp_path / temporary))
    done = subprocess.run(
        [*FIRESIDE, *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_doctor_for_programs() -> None:
    done = subprocess.run(
        [*FIRESIDE, "doctor", "--json"], capture_output=True, text=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)
    assert "CPU" in told["backends"]
    asked = told["graphics"]["vulkan"]["asked"]
    assert (asked == "not asked") == (sys.platform == "darwin")
    assert told["models"][0]["plan"]["context"]
    assert told["server"] == {"on": False, "port": 8347, "token": None}


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent otherwise there")
def test_ctrl_c_is_130_and_leaves_no_engine(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import signal, sys\n"
        "from tests.fakes import engine_processes\n"
        "if __name__ == '__main__':\n"
        # Whoever runs the tests in the background has SIGINT ignored, and hands that on.
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    engine_processes.DEFAULTS['target'] = engine_processes.slow\n"
        "    from app.__main__ import main\n"
        "    sys.exit(main(['ask', 'Count to 100.', '--effort', 'high']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(slow)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stderr is not None
    assert process.stderr.read(8)  # the reasoning has begun
    engine = [c for c in psutil.Process(process.pid).children() if "spawn_main" in str(c.cmdline())]
    assert engine
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in errors
    deadline = time.monotonic() + 120
    while any(c.is_running() for c in engine) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(c.is_running() for c in engine)


def test_a_reader_that_has_enough() -> None:
    shell = f'"{sys.executable}" -m app ask "Count to 100." | head -c 1'
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is one")
def test_there_is_no_screen_and_nobody_to_tell() -> None:
    shell = f'env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM "{sys.executable}" -m app 2>&-'
    assert subprocess.run(["bash", "-c", shell], timeout=60, check=False).returncode == 2


def test_options_before_ask_count_too(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.gguf")
    for arguments in (["--model", missing, "ask", "Hello"], ["ask", "Hello", "--model", missing]):
        done = subprocess.run([*FIRESIDE, *arguments], capture_output=True, timeout=60, check=False)
        assert done.returncode == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
@pytest.mark.parametrize(
    ("where", "code", "said"), [(">/dev/full", 1, "Couldn’t write the "), (">&-", 0, "")]
)
@pytest.mark.parametrize("command", ["ask Hello", "doctor"])
def test_an_answer_that_nobody_can_take(command: str, where: str, code: int, said: str) -> None:
    shell = f'"{sys.executable}" -m app {command} {where}'
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("<|channel|>analysis<|message|>Hm.<|return|>", "finished reasoning but didn’t answer"),
        ("<|return|>", "The model didn’t answer."),
        (
            '<|channel|>commentary to=functions.f json<|message|>{"a": 1}<|call|>',
            "The model called a tool (f) and then didn’t answer.",
        ),
    ],
)
def test_no_answer_is_4(
    script: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(engine_processes.SCRIPT, script)
    monkeypatch.setitem(engine_processes.DEFAULTS, "target", engine_processes.writes)
    assert main(["ask", "Hello", "--model", copy_in(tmp_path)]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_demo_model_that_cannot_answer_is_4(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = (
        "<|channel|>analysis<|message|>The user asks about the weather.<|end|><|start|>assistant"
        '<|channel|>commentary to=functions.get_weather json<|message|>{"a": 1}<|call|>'
    )
    monkeypatch.setenv(engine_processes.SCRIPT, script)
    monkeypatch.setitem(engine_processes.DEFAULTS, "target", engine_processes.writes)
    assert main(["ask", "Why do objects fall?", *options]) == 4
    out, err = capsys.readouterr()
    assert err.strip() == "The demo model cannot answer this."
    assert (json.loads(out)["answer"] if options else out) == ""


def test_text_on_no_channel_is_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(engine_processes.SCRIPT, "It is Paris.<|return|>")
    monkeypatch.setitem(engine_processes.DEFAULTS, "target", engine_processes.writes)
    assert main(["ask", "Hello", "--model", copy_in(tmp_path)]) == 0
    assert capsys.readouterr().out == "It is Paris.\n"


def test_it_speaks_the_language_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    done = ask("Hello", "--model", str(tmp_path / "missing.gguf"))
    assert done.returncode == 3
    assert "Datei nicht gefunden" in done.stderr
    (tmp_path / "settings.json").write_text('{"language": "en"}')
    done = ask("Hello", "--model", str(tmp_path / "x.gguf"), "--data-dir", str(tmp_path))
    assert "file not found" in done.stderr
