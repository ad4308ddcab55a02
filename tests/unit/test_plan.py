"""The plan's arithmetic, on the exact shapes of gpt-oss (reference/gpt-oss.md, Memory)."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from app.base.errors import ModelMissing, ModelTooLarge, UnsupportedArchitecture
from app.base.gguf import Header, Tensor
from app.base.resources import resource
from app.engine import plan, probe
from app.engine.probe import Machine
from tests.fakes import vocabulary

GIB = 1 << 30
MIB = 1 << 20


def gpt_oss(layers: int, weights: int) -> Header:
    metadata = {
        "general.architecture": "gpt-oss",
        "gpt-oss.block_count": layers,
        "gpt-oss.context_length": 131072,
        "gpt-oss.embedding_length": 2880,
        "gpt-oss.attention.head_count_kv": 8,
        "gpt-oss.attention.key_length": 64,
        "gpt-oss.attention.value_length": 64,
        "gpt-oss.attention.sliding_window": 128,
    }
    return Header(Path("x"), metadata, (Tensor("all", (1,), 0, 0, weights),), 0, weights)


SMALL = gpt_oss(24, 12_100_000_000)
LARGE = gpt_oss(36, 63_380_000_000)


@pytest.mark.parametrize(
    ("header", "context", "mib"),
    [
        (SMALL, 8192, 192 + 18),
        (SMALL, 32768, 768 + 18),
        (SMALL, 131072, 3072 + 18),
        (LARGE, 8192, 288 + 27),
        (LARGE, 32768, 1152 + 27),
    ],
)
def test_the_cache_is_as_llama_cpp_reports_it(header: Header, context: int, mib: int) -> None:
    assert plan.cache_bytes(header, context) == mib * MIB


@pytest.mark.parametrize(
    ("available", "context"), [(28, 32768), (13, 32768), (12.3, 16384), (12.1, 8192), (6, 4096)]
)
def test_20b_within_16_gb(available: float, context: int) -> None:
    chosen = plan.make(SMALL, Machine(16 * GIB, int(available * GIB), 8))
    assert chosen.context == context
    assert chosen.needed < 15 * GIB


def test_more_free_memory_never_makes_it_worse() -> None:
    contexts = [
        plan.make(SMALL, Machine(int(13.2 * GIB), int(free * GIB), 8)).context
        for free in (6, 11.5, 12, 12.5, 12.9, 13.2)
    ]
    assert contexts == sorted(contexts)


def test_a_model_in_parts_counts_whole(tmp_path: Path) -> None:
    demo = resource("models", "demo-gpt-oss.gguf")
    data = demo.read_bytes()

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    said = probe.model(demo).metadata["general.description"]
    old = string("general.description") + struct.pack("<I", 8) + string(said)
    assert old in data
    # As many bytes: a count of three, and a string that fills the rest.
    new = string("split.count") + struct.pack("<IH", 2, 3) + string("x") + struct.pack("<I", 8)
    new += string("y" * (len(old) - len(new) - 8))
    keys = struct.unpack_from("<Q", data, 16)[0]
    part = data.replace(old, new)
    part = part[:16] + struct.pack("<Q", keys + 1) + part[24:]
    paths = [tmp_path / f"big-{n:05}-of-00003.gguf" for n in (1, 2, 3)]
    for path in paths:
        path.write_bytes(part)
    whole = probe.model(paths[1])
    assert whole.path == paths[0]
    assert whole.weights == 3 * probe.model(demo).weights
    paths[2].unlink()
    with pytest.raises(ModelMissing):
        probe.model(paths[0])


def test_what_does_not_fit_says_how_much_is_missing() -> None:
    with pytest.raises(ModelTooLarge) as caught:
        plan.make(LARGE, Machine(16 * GIB, 12 * GIB, 8))
    assert caught.value.needed > 59 * GIB
    assert caught.value.available == 15 * GIB


def test_a_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gpt-oss-20b.gguf"  # its name says nothing
    vocabulary.write_gguf(path, {}, {"x": 0})
    path.write_bytes(path.read_bytes().replace(b"gpt-oss", b"llama-x", 1))
    with pytest.raises(UnsupportedArchitecture) as caught:
        probe.model(path)
    assert caught.value.architecture == "llama-x"


def test_this_machine_runs_the_demo_model() -> None:
    machine = probe.machine()
    assert 0 < machine.available <= machine.memory
    assert machine.cores >= 1
    chosen = plan.make(probe.model(resource("models", "demo-gpt-oss.gguf")), machine)
    assert chosen.context == 32768
    assert chosen.needed < GIB


def test_a_system_that_says_nothing_of_batteries(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise FileNotFoundError("/sys/class/power_supply")

    monkeypatch.setattr(probe.psutil, "sensors_battery", fails, raising=False)
    assert not probe.on_battery()
