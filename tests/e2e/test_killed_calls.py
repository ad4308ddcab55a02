"""`kill -9` at random moments of turns with calls: nothing confirmed is lost, nothing done twice.

200 turns and more, with the real Python, whose process is killed, too:
``FIRESIDE_KILLS=40 python -m pytest tests/e2e/test_killed_calls.py -n0 -o faulthandler_timeout=0``
(3.5 minutes on 2 cores).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.base.types import Outcome, PartKind, Role
from app.store import MessageRow, State, Store
from app.tools.python import runtime

KILLS = int(os.environ.get("FIRESIDE_KILLS", "4"))
REAL = ["real"] if KILLS > 10 and runtime.find() else []

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


def run_and_kill(folder: Path, seed: int, turns: int, after: float) -> list[dict[str, Any]]:
    """Kill the driver so many seconds after some turns; return all lines that it has printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.calls_driver", str(folder), str(seed), *REAL],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    while sum('{"ended"' in line for line in lines) < turns:
        lines.append(process.stdout.readline())
        assert lines[-1], "it has ended by itself"
    children: list[psutil.Process] = []

    def kill() -> None:
        children.extend(psutil.Process(process.pid).children(recursive=True))
        process.send_signal(signal.SIGKILL)

    timer = threading.Timer(after, kill)
    timer.start()
    lines += process.stdout
    timer.join()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive, "a tool outlived its window"
    return [json.loads(line) for line in lines if line.endswith("\n")]


def answers(folder: Path) -> dict[int, MessageRow]:
    """Return all answers of the chats, as the next start finds them."""
    with closing(sqlite3.connect(folder / "chats.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(Store(folder / "chats.db")) as store:
        trees = [store.trees.get(chat.id) for chat in store.chats.listed()]
    rows = [row for tree in trees for row in tree.messages]
    assert not any(row.state is State.STREAMING for row in rows)
    return {row.id: row for row in rows}


def test_kills_while_tools_run(tmp_path: Path) -> None:
    chance = random.Random(7)
    told: list[dict[str, Any]] = []
    unknown = 0
    for number in range(KILLS):
        turns, after = chance.randrange(2, 12), chance.uniform(0.0, 0.3 if REAL else 0.07)
        told += run_and_kill(tmp_path, number, turns, after)
        rows = answers(tmp_path)
        parts = [part for row in rows.values() for part in row.message.parts]
        questions = {r.message.text for r in rows.values() if r.message.role is Role.USER}
        assert {line["asked"] for line in told if "asked" in line} <= questions
        # Nothing was done twice, and nothing that is not on disk.
        log = tmp_path / "effects.log"
        done = Counter(log.read_text().split() if log.exists() else ())
        assert set(done.values()) <= {1}
        written = "".join(part.text for part in parts if part.kind is PartKind.CALL)
        assert all(key in written for key in done)
        # What was confirmed is there.
        results = [part.text for part in parts if part.kind is PartKind.RESULT]
        assert {line["result"] for line in told if "result" in line} <= set(results)
        for id, texts in (line["ended"] for line in told if "ended" in line):
            stored = [part.text for part in rows[id].message.parts]
            # One that was continued has grown since.
            assert "\n".join(stored).startswith("\n".join(texts)), (stored, texts)
        facts = [part.facts for part in parts if part.facts]
        unknown = sum(fact.outcome is Outcome.UNKNOWN for fact in facts)
    turns = sum("ended" in line for line in told)
    print(f"{turns} turns, {KILLS} kills, {sum(done.values())} effects, {unknown} unknown")
    assert turns > KILLS
    assert done
