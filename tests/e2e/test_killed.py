"""`kill -9` of the whole app at random moments: no text that was shown is lost."""

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
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.base import settings
from app.base.types import Role
from app.store import State, Store
from tests.program import command

KILLS = int(os.environ.get("FIRESIDE_KILLS", "2"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


def lives(process: psutil.Process) -> bool:
    """Return whether the process runs; a zombie does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run_and_kill(folder: Path, after: float) -> tuple[list[str], list[str]]:
    """Kill the app when an answer has been growing for ``after`` seconds.

    Returns the questions shown in the window, and the parts of the answer that had been shown a
    second before the end.
    """
    process = subprocess.Popen(
        command("tests.e2e.app_driver", str(folder)),
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(240 + after, process.kill)
    watchdog.start()
    asked: list[str] = []
    growing: list[dict[str, Any]] = []  # parts of the last answer, as shown
    seen = False
    for line in process.stdout:
        told = json.loads(line)
        if "asked" in told:
            asked.append(told["asked"])
            growing = []
        elif told["shown"]:
            growing.append(told)
        if growing and growing[-1]["at"] - growing[0]["at"] >= after:
            seen = True
            break
    watchdog.cancel()
    watchdog.join()
    assert seen, "no answer that grew for so long within four minutes"
    window = psutil.Process(process.pid)
    children = window.children(recursive=True)
    found = []
    for one in (window, *children):
        with suppress(psutil.NoSuchProcess):  # a helper that has done its work
            found += one.net_connections("inet")
    assert found == [], "the local server is off, and nothing needs the network"
    killed = time.time()
    process.send_signal(signal.SIGKILL)
    process.wait()
    late = [json.loads(line) for line in process.stdout]  # lines printed before the kill
    process.stdout.close()
    while (alive := [c for c in children if lives(c)]) and time.time() < killed + 60:
        time.sleep(0.01)
    assert not alive, "the engine outlived its window"
    if new := [told["asked"] for told in late if "asked" in told]:
        return asked + new, []
    old = [told["shown"] for told in growing if told["at"] < killed - 1]
    return asked, old[-1] if old else []


def test_kills_of_the_app(tmp_path: Path) -> None:
    """Kill alternately within the first second of an answer, and later.

    In the later case, the part older than a second must be there at the next start.
    """
    chance = random.Random(5)
    asked: list[str] = []
    cut_off = compared = 0
    for number in range(KILLS):
        wait = chance.uniform(1.3, 2.5) if number % 2 else chance.uniform(0.0, 0.6)
        new, shown = run_and_kill(tmp_path, wait)
        asked += new
        with closing(sqlite3.connect(tmp_path / "chats.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store = Store(tmp_path / "chats.db")
        rows = [
            row for chat in store.chats.listed() for row in store.messages.conversation(chat.id)
        ]
        store.close()
        assert not any(row.state is State.STREAMING for row in rows)
        questions = [row.message.text for row in rows if row.message.role is Role.USER]
        assert set(asked) <= set(questions)
        last = max((row for row in rows if row.message.role is Role.ASSISTANT), key=lambda r: r.id)
        cut_off += last.state is State.CUT_OFF
        if shown:  # for more than a second, so it is what is shown next
            assert settings.load(tmp_path / "settings.json").chat == last.chat
        said = "".join(part.text for part in last.message.parts)
        assert said.startswith("".join(shown)), (said, shown)
        compared += bool("".join(shown))
    assert cut_off >= KILLS // 2
    assert compared > KILLS // 4, "nothing was compared"
