"""Two real processes on one engine: a window without Qt, and `fireside ask`."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from app.engine.shared.engine_lock import NAME, read_record
from tests import program

COUNT = "Count to 100."


class WindowProcess:
    """`tests.e2e.sharing_driver` in a process of its own."""

    def __init__(self, folder: Path, *model: str) -> None:
        self.process = subprocess.Popen(
            program.command("tests.e2e.sharing_driver", str(folder), *model),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.told() == {"ready": True}

    def say(self, command: str) -> None:
        """Give it a command."""
        assert self.process.stdin
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def told(self) -> dict[str, Any]:
        """Return what it tells next."""
        assert self.process.stdout
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def answer(self, text: str) -> dict[str, Any]:
        """Return its answer."""
        self.say(f"ask {text}")
        told = self.told()
        return self.told() if "begun" in told else told

    def kill(self) -> None:
        """Kill it as the system would."""
        self.process.kill()
        self.end()

    def end(self) -> None:
        """Wait for its end, which the end of its input is."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()


def ask(folder: Path, text: str, *more: str) -> subprocess.Popen[str]:
    """Begin `fireside ask`."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", "ask", text, "--data-dir", str(folder), *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def engines(*pids: int) -> int:
    """Return how many worker processes these processes have."""
    count = 0
    for pid in pids:
        try:
            children = psutil.Process(pid).children()
            count += sum("spawn_main" in " ".join(each.cmdline()) for each in children)
        except psutil.Error:
            continue
    return count


def owner(folder: Path) -> int | None:
    """Return the process that has the engine."""
    record = read_record(folder / NAME)
    return record.pid if record else None


def is_counted(text: str) -> bool:
    """Return whether a text counts from 1 on, and repeats and leaves out nothing.

    The demo model ends at 50, 60 or 80.
    """
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    count = len(numbers)
    return count >= 30 and count % 10 == 0 and numbers == list(range(1, count + 1))


def round_of_kills(rng: random.Random, folder: Path) -> None:
    """Kill the window while `ask` answers, or the other way round, at a random moment."""
    window = WindowProcess(folder)
    if rng.random() < 0.5:
        window.answer("Hello")
        asking = ask(folder, COUNT)
        time.sleep(rng.uniform(0.1, 1.0))
        window.kill()
        out, err = asking.communicate(timeout=300)
        assert is_counted(out), (out, err)
    else:
        asking = ask(folder, COUNT)
        while owner(folder) != asking.pid and asking.poll() is None:
            time.sleep(0.005)
        window.say(f"ask {COUNT}")
        time.sleep(rng.uniform(0.0, 1.0))
        asking.kill()
        asking.communicate()
        while "text" not in (told := window.told()):
            assert "error" not in told
        assert is_counted(told["text"]), told
        assert owner(folder) == window.process.pid
    window.end()
