"""A chat over a folder under strace: which sockets are opened, and which names looked up."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_OWN_PIPE = re.compile(r"socketpair\(AF_UNIX|getsockname\(\d+, \{sa_family=AF_UNIX\}")
_NAMES = re.compile(r"/etc/(?:resolv\.conf|hosts|nsswitch\.conf)")


@dataclass(frozen=True)
class TracedChat:
    """What a chat has printed, and the calls of the system with which it could reach anybody."""

    lines: list[dict[str, Any]]
    sockets: list[str]
    lookups: list[str]
    calls: int


def can_trace() -> bool:
    """Return whether strace is there, and allowed."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False).returncode == 0


def chat(data: Path, folder: Path, words: str, *, trace: bool = True) -> TracedChat:
    """Have a chat over a folder, all of whose processes are under strace if they can be.

    The first of them asks nobody for anything in any case (`offline_chat`).
    """
    with tempfile.NamedTemporaryFile("r", suffix=".trace") as file:
        strace = ["strace", "-f", "-qq", "-e", "trace=%network,open,openat", "-o", file.name]
        driver = [sys.executable, "-m", "tests.folders.offline_chat"]
        done = subprocess.run(
            [*(strace if trace else ()), *driver, str(data), str(folder), words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        calls = file.read().splitlines()
    names = [call for call in calls if _NAMES.search(call)]
    others = [call for call in calls if not re.search(r"open(?:at)?\(|\+\+\+|---|resumed", call)]
    return TracedChat(
        [json.loads(line) for line in done.stdout.splitlines()],
        [call for call in others if not _OWN_PIPE.search(call)],
        names,
        len(calls),
    )


def main(folder: Path, words: str) -> int:
    """Print what a chat over a folder has opened; return 1 if that was a socket to anybody."""
    if not can_trace():
        print("strace is missing, or not allowed")
        return 2
    with tempfile.TemporaryDirectory() as data:
        traced = chat(Path(data), folder, words)
    for line in traced.lines:
        print(json.dumps(line, ensure_ascii=False)[:300])
    print(f"{traced.calls} calls of the system; sockets: {len(traced.sockets)}; "
          f"names looked up: {len(traced.lookups)}")  # fmt: skip
    for call in (*traced.sockets, *traced.lookups):
        print(f"  {call}")
    return int(bool(traced.sockets or traced.lookups))
