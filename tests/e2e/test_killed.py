"""`kill -9` of the whole app at random moments: nothing that was said is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from app.base import settings
from app.base.types import Role
from app.store import State, Store

KILLS = int(os.environ.get("FIRESIDE_KILLS", "8"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; one that waits to be reaped does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run_and_kill(folder: Path, after: float) -> tuple[list[str], list[str]]:
    """Lets the app work for ``after`` seconds from its first answer on and kills it. Returns
    the questions that stood in the window, and the parts of the answer that had been shown a
    second before its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.app_driver", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(30 + after, process.kill)
    watchdog.start()
    lines = []
    deadline = None
    for line in process.stdout:
        lines.append(json.loads(line))
        if deadline is None and "shown" in lines[-1] and lines[-1]["shown"]:
            deadline = time.monotonic() + after
        if deadline is not None and time.monotonic() > deadline:
            break
    watchdog.cancel()
    watchdog.join()
    assert deadline is not None, "no answer within 30 seconds"
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    killed = time.time()
    process.wait()
    lines += [json.loads(line) for line in process.stdout]
    process.stdout.close()
    while (alive := [c for c in children if lives(c)]) and time.time() < killed + 1:
        time.sleep(0.01)
    assert not alive, "the engine outlived its window by a second"
    asked = [line["asked"] for line in lines if "asked" in line]
    # The answer that was under way when the end came, as it was a second earlier.
    last_question = max((i for i, line in enumerate(lines) if "asked" in line), default=0)
    shown = [
        line["shown"]
        for line in lines[last_question:]
        if "shown" in line and line["at"] < killed - 1
    ]
    return asked, shown[-1] if shown else []


def test_kills_of_the_app(tmp_path: Path) -> None:
    chance = random.Random(5)
    asked: list[str] = []
    cut_off = 0
    for _ in range(KILLS):
        new, shown = run_and_kill(tmp_path, chance.uniform(0.1, 3.5))
        asked += new
        with closing(sqlite3.connect(tmp_path / "chats.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store = Store(tmp_path / "chats.db")
        rows = [row for chat in store.chats() for row in store.conversation(chat.id)]
        store.close()
        assert not any(row.state is State.STREAMING for row in rows)
        questions = [row.message.text for row in rows if row.message.role is Role.USER]
        assert set(asked) <= set(questions)
        last = max((row for row in rows if row.message.role is Role.ASSISTANT), key=lambda r: r.id)
        cut_off += last.state is State.CUT_OFF
        assert settings.load(tmp_path / "settings.json").chat == last.chat  # shown at next start
        said = "".join(part.text for part in last.message.parts)
        assert said.startswith("".join(shown)), (said, shown)
    assert cut_off > KILLS // 2
