"""Tokens are the same, whether llama.cpp's samplers or the model's own device draws them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.base.types import Effort, Request, Sampling
from app.engine.sampler_chain import WHERE
from app.engine.supervisor import LocalBackend
from tests.e2e.engine import Talk, answer, ask
from tests.fakes import engine_processes

HOT = Sampling(temperature=4, min_p=0.0001)  # the demo model is sure of what it says
KINDS = (
    replace(HOT, seed=1),
    replace(HOT, seed=2),
    replace(HOT, seed=2, min_p=0),
    Sampling(seed=1),
    Sampling(temperature=0),
    replace(HOT, seed=(1 << 32) - 1),  # to llama.cpp, any seed
    replace(HOT, seed=3, top_p=0.9),  # not on the device: the chain there has to go
    replace(HOT, seed=1),
)


def requests() -> list[Request]:
    """Return questions after prompts of one batch and of several."""
    short = ask("Tell me a short story.", Effort.HIGH)
    long = Talk.long(1, turns=4).asked("Tell me a short story.")
    asked = [(short, kind) for kind in KINDS] + [(long, kind) for kind in KINDS[:2]]
    return [replace(one, sampling=replace(kind, max_tokens=24)) for one, kind in asked]


def test_the_device_draws_what_the_processor_draws(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same seed, and whatever the batches of the prompt."""
    said = {}
    for where in ("cpu", "device"):
        monkeypatch.setenv(WHERE, where)
        backend = make(target=engine_processes.drawing)
        answers = [answer(backend, request) for request in requests()]
        said[where] = [message for message, _ in answers]
        assert answers[-1][1].stats.evaluated > 64 + 256  # more than two batches
        drawn = backend._loader.log.with_name("drawn").read_text().split()
        kinds = (*KINDS, *KINDS[:2])
        on_device = [kind.top_p == 1 and where == "device" for kind in kinds]
        assert drawn == [str(expected) for expected in on_device]
    assert said["device"] == said["cpu"]
    assert said["cpu"][0] not in said["cpu"][1:3]
    assert said["cpu"][0] == said["cpu"][7]


def test_a_seed_that_the_device_chose_repeats_the_answer(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WHERE, "device")
    backend = make()
    request = ask("Tell me a short story.", Effort.HIGH, max_tokens=24)
    request = replace(request, sampling=replace(HOT, max_tokens=24))
    said, done = answer(backend, request)
    again = replace(request, sampling=replace(request.sampling, seed=done.stats.seed))
    assert answer(backend, again)[0] == said
    assert answer(backend, request)[1].stats.seed != done.stats.seed
    monkeypatch.setenv(WHERE, "cpu")
    assert answer(make(), again)[0] == said


def test_top_p_counts_what_min_p_has_left() -> None:
    """So it keeps a token less where it ended just behind one; and without min_p, the same ones."""
    code = (
        "import math\n"
        "from app.base.types import Sampling\n"
        "from tests.bench.sampling import Candidates, chain_before, chain_now, chain_of\n"
        "candidates = Candidates([math.log(p) for p in (.5, .3, .1, .06, .03, .009, .001)])\n"
        "for min_p in (.2, 0):\n"
        "    sampling = Sampling(top_p=.85, min_p=min_p)\n"
        "    for chain in (chain_before, chain_now):\n"
        "        print(candidates.left(chain_of(chain(sampling))))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout.split() == ["3", "2", "3", "3"], ran.stderr
