"""The window and `fireside ask` share one engine; either may end at any moment."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.shared import engine_listener
from tests.e2e.sharing import COUNT, WindowProcess, ask, engines, is_counted, owner, round_of_kills
from tests.fakes.shared_engines import FakeProcess

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


@pytest.fixture
def window(tmp_path: Path) -> Iterator[WindowProcess]:
    started = WindowProcess(tmp_path)
    yield started
    started.process.kill()
    started.end()


def test_ask_uses_the_windows_engine_and_loads_no_other_model(
    window: WindowProcess, tmp_path: Path
) -> None:
    assert is_counted(window.answer(COUNT)["text"])
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
    # Where it ends is nearly a tie, in which rounding decides: other batches, another end.
    assert is_counted(window.told()["text"])

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
    while owner(tmp_path) != asking.pid and asking.poll() is None:
        time.sleep(0.01)
    told = window.answer(COUNT)
    assert is_counted(told["text"])
    out, err = asking.communicate(timeout=60)
    assert is_counted(out), err
    again = window.answer("What is the capital of France?")
    assert told["loaded"] or again["loaded"]  # the first, if `ask` ended while it was answered
    assert owner(tmp_path) == window.process.pid


def test_a_window_of_another_version_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = FakeProcess(tmp_path, "window")
    monkeypatch.setattr(engine_listener, "__version__", "0.0.1")
    old.ask()
    asking = ask(tmp_path, "Hello")
    out, err = asking.communicate(timeout=60)
    assert (asking.returncode, out) == (1, "")
    assert err.strip() == "Fireside was updated. Restart its window."
    old.backend.close()


def test_when_one_is_killed_the_other_answers(tmp_path: Path) -> None:
    round_of_kills(random.Random(1), tmp_path)
