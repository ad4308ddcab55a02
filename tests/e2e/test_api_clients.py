"""The frame for real clients, with the one that needs no package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.api.environments import Unavailable, environment
from tests.clients.api.peer import Peer

ROOT = Path(__file__).resolve().parents[2]


def test_a_program_without_a_library_asks_a_server_in_its_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.clients.api", "urllib"],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    rows = [line for line in done.stdout.splitlines() if line.startswith("| urllib")]
    assert rows[0].startswith("| urllib | 3 of 3 |"), done.stdout + done.stderr
    assert done.returncode == 0


def test_what_cannot_be_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESIDE_CLIENTS", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="npm is not installed"):
        environment(Peer("nothing", "urllib_chat.py", npm=("nothing",)))
