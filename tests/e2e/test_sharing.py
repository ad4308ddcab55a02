"""The window and `fireside ask` share one engine; either may end at any moment."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.sharing import COUNT, WindowProcess, ask, engines, is_counted, owner, round_of_kills

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


@pytest.fixture
def window(tmp_path: Path) -> Iterator[WindowProcess]:
    started = WindowProcess(tmp_path)
    yield started
    started.process.kill()
    started.end()


def test_ask_uses_the_windows_engine(window: WindowProcess, tmp_path: Path) -> None:
    alone = window.answer(COUNT)
    assert is_counted(alone["text"])
    asking = ask(tmp_path, COUNT)
    seen = set()
    window.say(f"ask {COUNT}")
    while asking.poll() is None:
        seen.add(engines(asking.pid))
        time.sleep(0.01)
    out, err = asking.communicate()
    assert is_counted(out), err
    assert seen == {0}
    assert engines(window.process.pid) == 1
    assert window.told() == {"begun": True}
    assert window.told()["text"] == alone["text"]


def test_another_model_is_not_loaded_under_the_windows_feet(
    window: WindowProcess, tmp_path: Path
) -> None:
    window.answer("Hello")
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    asking = ask(tmp_path, "Hello", "--model", str(other))
    out, err = asking.communicate(timeout=60)
    assert (asking.returncode, out) == (3, "")
    assert err == (
        "Fireside’s window is using Demo model. Leave out --model, or unload it there.\n"
    )
    window.say("unload")
    assert window.told() == {"unloaded": True}
    assert engines(window.process.pid) == 0
    assert owner(tmp_path) is None


def test_the_window_goes_on_when_ask_ends(tmp_path: Path, window: WindowProcess) -> None:
    asking = ask(tmp_path, COUNT)
    while owner(tmp_path) != asking.pid:
        time.sleep(0.01)
    told = window.answer("What is the capital of France?")
    assert "Paris" in told["text"]
    out, err = asking.communicate(timeout=60)
    assert is_counted(out), err
    told = window.answer(COUNT)
    assert is_counted(told["text"])
    assert owner(tmp_path) == window.process.pid


@pytest.mark.parametrize("seed", range(2))
def test_whoever_is_killed_the_other_answers(seed: int, tmp_path: Path) -> None:
    round_of_kills(random.Random(seed), tmp_path)
