"""Broken headers of every kind: each gives a model or a typed error, at bounded cost.

The list, the command line and the diagnosis agree on it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import tracemalloc
from pathlib import Path

import pytest

from app.base import gguf
from app.base.errors import ModelError
from app.base.resources import resource
from app.base.types import ModelRef
from app.engine import memory_model, placement, plan, probe
from app.engine.overrides import Overrides
from app.engine.probe import Devices, Gpu, Machine
from app.models import disk_scan
from app.tokenizer import TiktokenTokenizer
from app.wording import diagnosis
from app.wording.errors import explain
from tests.fakes import mutants

GIB = 1 << 30
DATA = resource("models", "demo-gpt-oss.gguf").read_bytes()
WEIGHTS = mutants.parse(DATA)[2]
# FIRESIDE_EXPLORE=1 tries all of them, and as many by another seed.
EXPLORE = "FIRESIDE_EXPLORE" in os.environ
SOME = 200


def machine(gpu: float, unified: bool = False) -> Machine:
    found = Gpu("CUDA0", "A card", int(gpu * GIB), int(gpu * GIB), unified)
    return Machine(32 * GIB, 28 * GIB, 8, Devices(gpus=(found,) if gpu else ()))


MACHINES = [machine(0), machine(1), machine(80), machine(24, unified=True)]
WISHES = [Overrides(), Overrides(gpu_layers=3), Overrides(cpu_experts=2), Overrides(context=131072)]


@functools.cache
def chosen() -> list[tuple[str, bytes]]:
    cases = [*mutants.mutants(DATA).items()]
    if not EXPLORE:
        return random.Random(1).sample(cases, SOME)
    seed = random.randrange(1 << 32)
    return [*cases, *((f"{seed}: {n}", h) for n, h in mutants.mutants(DATA, seed).items())]


def verdict(path: Path, turn: int) -> str:
    """Return the list's verdict, with which all others must agree.

    Each machine has one of the wishes, another one each ``turn``.
    """
    said = explain(problem).sentence if (problem := disk_scan.inspect(path).problem) else ""
    model = ModelRef.of_file(path, path.stem)
    header = probe._header_or_error(path)
    if isinstance(header, ModelError):
        assert explain(header).sentence == said
        assert type(header) is type(problem)
    else:
        assert problem is None
        for number, there in enumerate(MACHINES, turn):
            proposed = plan.propose(header, there, WISHES[number % len(WISHES)])
            plan.smaller(proposed, header, there)
            assert 0 < proposed.needed < 1 << 60
    examined = probe.Examined(MACHINES[1], ((model, header),))
    report = diagnosis.report(examined, Overrides())
    assert said.split("“")[0] in " ".join(report.split())  # its lines are wrapped
    return type(problem).__name__


def vocabulary(path: Path) -> None:
    """Read the vocabulary as the worker does."""
    with contextlib.suppress(ModelError):
        TiktokenTokenizer.from_gguf(gguf.read(path, arrays=True))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list with the number of plans computed."""
    looked = [0]
    real = memory_model.uses

    def uses(*given: object) -> object:
        looked[0] += 1
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(placement, "uses", uses)
    return looked


def test_each_is_a_model_or_an_error_with_a_name(tmp_path: Path, counted: list[int]) -> None:
    path, found = tmp_path / "some.gguf", set()
    for turn, (name, header) in enumerate(chosen()):
        mutants.write(path, header, WEIGHTS, len(DATA))
        counted[0] = 0
        try:
            found.add(verdict(path, turn))
            vocabulary(path)
        except Exception as error:
            raise AssertionError(name) from error
        assert counted[0] < 10_000, name
    wanted = {"NoneType", "ModelDamaged", "ModelForeign", "ModelTruncated", "ModelNewer", "NotGguf"}
    assert found >= wanted


def test_none_takes_much_memory(tmp_path: Path) -> None:
    path, some = tmp_path / "some.gguf", chosen()[:: 1 if EXPLORE else 12]
    tracemalloc.start()
    try:
        for turn, (name, header) in enumerate(some):
            # As long as any header claims, so that everything claimed could be read.
            mutants.write(path, header, WEIGHTS, 1 << 34)
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            verdict(path, turn)
            assert tracemalloc.get_traced_memory()[1] - before < 40_000_000, name
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["layers-4100", "layers-200000000", "context-negative",
                                  "embedding-without-dimensions", "without-sinks",
                                  "names-of-ollama", "tokens-are-numbers"])  # fmt: skip
def test_the_cases_that_were_found(tmp_path: Path, counted: list[int], name: str) -> None:
    path = tmp_path / f"{name}.gguf"
    path.write_bytes(mutants.cases(DATA)[name])
    for turn in range(len(WISHES)):
        assert verdict(path, turn) == {
            "without-sinks": "ModelForeign",
            "names-of-ollama": "ModelForOllama",
        }.get(name, "ModelDamaged")
    assert counted[0] < 10_000
