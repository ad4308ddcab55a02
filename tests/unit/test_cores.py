"""Fast and slow cores, by what each system tells."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from app.engine import cores


@pytest.fixture
def hybrid(tmp_path: Path) -> Path:
    """Return the folder of a processor with four fast cores of two threads, and four slow ones."""
    (tmp_path / "cpu_core").mkdir()
    (tmp_path / "cpu_core" / "cpus").write_text("0-7\n", "ascii")
    for number in range(12):
        topology = tmp_path / f"system/cpu/cpu{number}/topology"
        topology.mkdir(parents=True)
        pair = f"{number - number % 2}-{number - number % 2 + 1}" if number < 8 else str(number)
        (topology / "thread_siblings_list").write_text(pair, "ascii")
    return tmp_path


@pytest.mark.parametrize(
    ("allowed", "count"),
    [(range(12), 4), ((7,), 1), ((0, 1, 8), 1), ((0, 2, 4), 3), ((8, 9), 0)],
)
def test_fast_cores_of_linux(hybrid: Path, allowed: range, count: int) -> None:
    assert cores.of_linux(hybrid, set(allowed)) == count


def test_a_processor_whose_cores_are_alike(tmp_path: Path) -> None:
    assert cores.of_linux(tmp_path, {0, 1}) == 0
    assert cores.of_windows(record(0, 0b11) + record(0, 0b1100), -1) == 0
    assert cores.of_windows(b"", -1) == 0


def record(efficiency: int, mask: int, *, group: int = 0, relation: int = 0) -> bytes:
    """Return what Windows tells of a core, with what follows in its structure."""
    return struct.pack("<IIBB20xHQH6x", relation, 48, 1, efficiency, 1, mask, group)


def test_fast_cores_of_windows() -> None:
    told = record(1, 0b11) + record(1, 0b1100) + record(0, 0b10000) + record(2, 1, relation=3)
    assert cores.of_windows(told, -1) == 2
    assert cores.of_windows(told, 0b10011) == 1, "as many as this process may use"
    assert cores.of_windows(told + record(1, 1, group=1), 0b10001) == 2


def test_this_processor() -> None:
    assert cores.performance_cores() >= 0
