"""Check that the benchmarks run; their times do not matter here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.program import command

ROOT = Path(__file__).parents[2]
SMALL = {
    "agents": "--agents 1 --tasks 1 --rounds 1 --long 20 --context 2048 --paces 1",
    "citations": "--paragraphs 4",
    "download": "--size 1 --rounds 1",
    "engine": "--tokens 24 --rounds 1 --long 320",
    "extraction": "",
    "machines": "",
    "many_chats": "--chats 3 --messages 30",
    "markdown": "--updates 3 --longest 1000",
    "pdf": "--messages 8",
    "sampling": "--rounds 2 --tokens 3000",
    "search": "",
    "serve": "--clients 2 --tokens 8 --rounds 1 --turns 2",
    "shape": "--tokens 24 --rounds 1",
    "sidebar": "--chats 30",
    "store": "--chats 3 --messages 30",
    "together": "--at-once 2 --tokens 24 --long 40 --rounds 1",
    "tokens": "--tokens 200 --pace 1",
    "tools": "--calls 1 --long 100",
    "transcript": "--messages 6 --steps 5 --updates 4 --longest 3000 --hostile 1 --starts 1",
}
SAYS = {
    "agents": "beyond the new ones",
    "citations": "8 citations: an update",
    "download": "ratio",
    "engine": "tokens came from disk",
    "extraction": "1200 of 1200 sentences, 0 of the menu",
    "machines": "H100, 24 on CPU",
    "many_chats": "export all as HTML",
    "markdown": "quotations, 1,000",
    "pdf": "messages as PDF, rich",
    "sampling": "logits checked",
    "search": "cited lines that have the answer: 2",
    "serve": "| fireside serve |",
    "shape": "speed by a schema",
    "sidebar": "all are selected",
    "store": "delete for good",
    "together": "tokens is read by another",
    "tokens": "a bare pipe",
    "tools": "beyond a result",
    "transcript": "Fireside's window to first paint",
}


def run(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a benchmark, with a time limit."""
    return subprocess.run(
        command(f"tests.bench.{name}", *options),
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=110,
    )


def test_every_benchmark_is_here() -> None:
    assert {path.stem for path in (ROOT / "tests" / "bench").glob("*.py")} == set(SMALL)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_benchmark_runs(name: str) -> None:
    ran = run(name, *SMALL[name].split())
    assert ran.returncode == 0, ran.stderr
    (line,) = [line for line in ran.stdout.splitlines() if SAYS[name] in line][-1:]
    assert any(letter.isdigit() for letter in line.partition(SAYS[name])[2] + line)


def test_a_benchmark_that_fails_ends(tmp_path: Path) -> None:
    """It reports the error and leaves no process running."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF, or so it says")
    ran = run("engine", "--model", str(broken))
    assert ran.returncode != 0
    assert "Failed" in ran.stderr
