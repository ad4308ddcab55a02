"""Measure what drawing a token costs with llama.cpp's samplers, as ratios to the cheapest of them.

usage: python -m tests.bench.sampling [--rounds N] [--tokens N]

``--tokens``: the size of the vocabulary. The time includes copying the candidates, which llama.cpp
makes of the logits for each token.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import random
import statistics
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from app.base.types import Sampling
from app.engine import llama as adapter
from app.engine.sampler_chain import is_usable, steps

llama: Any = adapter.llama  # type: ignore[attr-defined]

SETTINGS = {
    "greedy (temperature 0)": Sampling(temperature=0),
    "the default": Sampling(),
    "no min_p": Sampling(min_p=0),
    "top_p .95": Sampling(top_p=0.95),
    "top_p .95, no min_p": Sampling(top_p=0.95, min_p=0),
    "top_k 40": Sampling(top_k=40),
}


def chain_before(sampling: Sampling) -> tuple[tuple[Any, ...], ...]:
    """Return the order of llama.cpp's own tools."""
    top_k = (("top_k", sampling.top_k),) if sampling.top_k else ()
    top_p = (("top_p", sampling.top_p, 1),) if sampling.top_p < 1 else ()
    min_p = (("min_p", sampling.min_p, 1),) if sampling.min_p else ()
    return (*top_k, *top_p, *min_p, ("temp", sampling.temperature), ("dist", 1))


def chain_now(sampling: Sampling) -> tuple[tuple[Any, ...], ...]:
    found = steps(sampling)
    return found if found[-1][0] == "greedy" else (*found, ("dist", 1))


def logits(size: int) -> list[float]:
    """Return logits with forty peaks, as a model's have."""
    chance = random.Random(1)
    found = [chance.gauss(0, 2.2) for _ in range(size)]
    for nth, at in enumerate(chance.sample(range(size), min(40, size))):
        found[at] = 20 - nth * 0.4
    return found


class Candidates:
    """Logits as candidates, as llama.cpp makes them of a context's."""

    def __init__(self, values: list[float]) -> None:
        packed = b"".join(struct.pack("<iff", n, value, 0) for n, value in enumerate(values))
        self._all = ctypes.create_string_buffer(packed, len(packed))
        self._work = (llama.llama_token_data * len(values))()

    def left(self, chain: Any) -> int:
        """Apply a chain, and return the number of candidates that are left."""
        ctypes.memmove(self._work, self._all, len(self._all))
        data = ctypes.cast(self._work, llama.llama_token_data_p)
        array = llama.llama_token_data_array(data=data, size=len(self._work), selected=-1)
        llama.llama_sampler_apply(chain, ctypes.byref(array))
        return int(array.size)


def chain_of(order: tuple[tuple[Any, ...], ...]) -> Any:
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    for name, *arguments in order:
        made = getattr(llama, f"llama_sampler_init_{name}")(*arguments)
        llama.llama_sampler_chain_add(chain, made)
    return chain


def median(work: Callable[[], object], rounds: int) -> float:
    """Return the median time of the processor in microseconds."""
    work()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return 1e6 * statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=201_088)
    options = parser.parse_args()
    values = logits(options.tokens)
    candidates = Candidates(values)
    chains = {
        name: (chain_of(chain_before(sampling)), chain_of(chain_now(sampling)))
        for name, sampling in SETTINGS.items()
    }
    greedy = chains["greedy (temperature 0)"][1]
    base = median(lambda: candidates.left(greedy), options.rounds)
    print(f"{options.tokens:,} logits; the most probable token takes {base:,.0f} µs")
    print(f"{'':24}{'top_p first':>20}{'min_p first':>20}")
    for name, pair in chains.items():
        spent = [median(partial(candidates.left, chain), options.rounds) for chain in pair]
        told = "".join(f"{each:10,.0f} µs {each / base:6.2f}" for each in spent)
        print(f"{name:24}{told}", flush=True)
    packed = struct.pack(f"<{options.tokens}f", *values)
    slow = median(lambda: math.isfinite(sum(memoryview(packed).cast("f"))), options.rounds)
    quick = median(lambda: is_usable(packed), options.rounds)
    print(f"logits checked: {quick:,.0f} µs, ratio {quick / slow:.2f} to adding them up")


if __name__ == "__main__":
    main()
