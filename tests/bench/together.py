"""Measure several answers at once: this engine, a bare loop of llama.cpp's, and llama-server.

usage: python -m tests.bench.together [--model FILE] [--at-once 1,2,4,8] [--tokens N] [--long N]
           [--rounds N] [--server FILE] [--batched-bench FILE] [--libraries FOLDER]
           [--before FOLDER]

``--tokens``: of each answer, which does not end before. ``--long``: words of a prompt that another
one has read meanwhile, 0 for none. ``--libraries``: llama.cpp's, if not those of the package; for a
fair comparison they are those of the programs. ``--before``: another tree of the source, whose
answers are compared with those here. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from app.base import gguf
from app.base.answer_events import Delta
from app.base.types import Effort, Message, ModelRef, Part, Request, Role, Sampling
from app.engine import engine_process
from app.engine.backend import Planned
from app.engine.engine_process import EngineOptions
from app.engine.overrides import Overrides
from app.engine.plan import Plan
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.supervisor import LocalBackend
from app.formats import choose
from app.host import demo_model
from tests.bench.contenders.another_tree import Tree
from tests.bench.contenders.llama_cpp_programs import LlamaServer, Loop, batched_bench

CONTEXT = 32768
OTHER = 262  # drawn in place of what would end an answer
WORDS = "The lamp on the desk was still warm when the letter came, and nobody could say why. "
ENDLESS = 3000  # tokens of an answer that is cancelled
_SHORT = 8  # tokens of one that is only to begin: the first have no text


def endless(connection: Connection, log: Path) -> None:
    """Run the real worker: no answer ends by itself, and what each step was is written down."""
    os.environ["OMP_WAIT_POLICY"] = "passive"  # before anything loads llama.cpp
    from app.engine import llama as adapter
    from app.engine.sampler_chain import ChainSampler

    steps: list[tuple[float, int, int]] = []
    stops: set[int] = set()
    drawing: set[int] = set()
    decode, sample, close = adapter._Model.decode, ChainSampler.sample, ChainSampler.close

    def decoded(model: Any, pieces: Sequence[Any]) -> bool:
        began = time.perf_counter()
        done = decode(model, pieces)
        stops.update(model.format.stops)
        draws = sum(piece.draws for piece in pieces)
        steps.append((began, draws, sum(len(piece.tokens) for piece in pieces) - draws))
        return done

    def sampled(sampler: ChainSampler) -> int:
        drawing.add(id(sampler))
        token = sample(sampler)
        return OTHER if token in stops else token

    def closed(sampler: ChainSampler) -> None:
        close(sampler)
        drawing.discard(id(sampler))
        if not drawing:
            log.with_name("steps").write_text(json.dumps(steps))
            steps.clear()

    adapter._Model.decode = decoded  # type: ignore[method-assign, assignment]
    ChainSampler.sample = sampled  # type: ignore[method-assign, assignment]
    ChainSampler.close = closed  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


@dataclass
class Seen:
    """An answer as its client sees it; times in seconds, of time.perf_counter()."""

    began: float = field(default_factory=time.perf_counter)
    arrivals: list[float] = field(default_factory=list)

    @property
    def first(self) -> float:
        """How long the first token took."""
        return self.arrivals[0] - self.began

    def gap(self, since: float = 0.0, until: float = float("inf")) -> float:
        """Return the longest time between two messages."""
        pairs = [(a, b) for a, b in pairwise(self.arrivals) if b >= since and a <= until]
        return max((b - a for a, b in pairs), default=0.0)


@dataclass(frozen=True)
class Found:
    """What was measured: tokens per second of all, the last first token, and the longest gap."""

    speed: float
    first: float
    gap: float


class Contender(Protocol):
    """Something that answers several at once."""

    def stream(self, nth: int, tokens: int, cancel: threading.Event) -> Iterator[object]:
        """Answer the ``nth`` prompt, or the long one if it is -1."""

    def speed(self, seen: Sequence[Seen], since: float, until: float) -> float:
        """Return the tokens per second of all within a time."""


def together(contender: Contender, count: int, tokens: int, *, beside: bool = False) -> Found:
    """Have ``count`` prompts answered at once; ``beside`` them, a long prompt is read."""
    cancel, all_draw = threading.Event(), threading.Event()
    seen = [Seen() for _ in range(count)]

    def run(one: Seen, nth: int, most: int, end: threading.Event) -> None:
        try:
            one.began = time.perf_counter()
            for _ in contender.stream(nth, most, end):
                one.arrivals.append(time.perf_counter())
                if all(len(each.arrivals) > 2 for each in seen):
                    all_draw.set()
        finally:
            all_draw.set()

    another = Seen()
    with ThreadPoolExecutor(count) as pool:
        runs = [pool.submit(run, one, nth, tokens, cancel) for nth, one in enumerate(seen)]
        if beside:
            all_draw.wait()
            run(another, -1, _SHORT, threading.Event())
            cancel.set()
        for each in runs:
            each.result()
    if beside:
        since, until = another.began, another.arrivals[0]
        return Found(
            contender.speed(seen, since, until),
            another.first,
            max(one.gap(since, until) for one in seen),
        )
    since = max(one.arrivals[0] for one in seen)
    until = min(one.arrivals[-1] for one in seen)
    return Found(
        contender.speed(seen, since, until),
        max(one.first for one in seen),
        max(one.gap() for one in seen),
    )


class Fireside:
    """The app's engine, below its window."""

    def __init__(self, folder: Path, model: ModelRef, places: int, long: int) -> None:
        self._log = folder / "engine.log"
        options = EngineOptions(Overrides(context=CONTEXT, places=places))
        local = LocalBackend(self._log, options=lambda: options, target=endless)
        self.backend = ScheduledBackend(local)
        self.model = model
        texts = [f"Question {n}. {WORDS * 2}" for n in range(places)]
        self._requests = [self._request(text, n) for n, text in enumerate(texts)]
        self._long = self._request(WORDS * (long // len(WORDS.split())), -1)
        loaded = [*self.backend.load(model, threading.Event())]
        self.plan: Plan = next(each.plan for each in loaded if isinstance(each, Planned))

    def _request(self, text: str, nth: int) -> Request:
        message = Message(Role.USER, (Part(text),))
        return Request(self.model, (message,), Effort.HIGH, client=f"client {nth}")

    def prompts(self) -> tuple[list[list[int]], list[int]]:
        """Return the tokens of the prompts, and of the long one."""
        known = choose(gguf.read(Path(self.model.place), arrays=True))
        short = [[*known.render(request).tokens] for request in self._requests]
        return short, [*known.render(self._long).tokens]

    def stream(self, nth: int, tokens: int, cancel: threading.Event) -> Iterator[object]:
        asked = self._long if nth < 0 else self._requests[nth]
        sampling = Sampling(max_tokens=tokens)
        asked = replace(asked, sampling=sampling, ephemeral=True)
        with closing(self.backend.stream(asked, cancel)) as steps:
            yield from (step for step in steps if isinstance(step, Delta))

    def speed(self, seen: Sequence[Seen], since: float, until: float) -> float:
        """Count the steps of the worker: a message may have several tokens."""
        steps = json.loads(self._log.with_name("steps").read_text())
        within = [step for step in steps if since <= step[0] <= until]
        took = within[-1][0] - within[0][0] if within else 0
        return sum(draws for _, draws, _ in within[:-1]) / took if took else 0.0

    def close(self) -> None:
        self.backend.close()


class Server:
    """llama-server as a contender."""

    def __init__(self, server: LlamaServer, prompts: list[list[int]], long: list[int]) -> None:
        self._server = server
        self._prompts = [*prompts, long]

    def stream(self, nth: int, tokens: int, cancel: threading.Event) -> Iterator[object]:
        return self._server.stream(self._prompts[nth], tokens, cancel)

    def speed(self, seen: Sequence[Seen], since: float, until: float) -> float:
        arrived = sum(since < at <= until for one in seen for at in one.arrivals)
        return arrived / (until - since)


def median(found: Sequence[Found]) -> Found:
    names = ("speed", "first", "gap")
    return Found(*(statistics.median(getattr(one, name) for one in found) for name in names))


def told(found: Found | None) -> str:
    if found is None:
        return f"{'':26}"
    return f"{found.speed:9.1f} {found.first:7.2f}s {found.gap * 1000:6.0f}ms"


def measure(options: argparse.Namespace, model: ModelRef, stack: ExitStack) -> None:
    """Print the table."""
    counts = [int(each) for each in options.at_once.split(",")]
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    places = max(counts) + 1  # one for the long prompt
    ours = stack.enter_context(closing(Fireside(folder, model, places, options.long)))
    prompts, long = ours.prompts()
    path = Path(model.place)
    loop = stack.enter_context(closing(Loop(path, ours.plan, prompts)))
    server = None
    if options.server:
        started = LlamaServer(options.server, path, ours.plan, places)
        stack.enter_context(closing(started))
        server = Server(started, prompts, long)
    size = len(prompts[0])
    print(f"{path.name}: prompts of {size} tokens, answers of {options.tokens}")
    print(f"{'':8}{'ours':>10} {'first':>8} {'gap':>7}", end="")
    print(f"{'loop':>9} {'ratio':>6} {'server':>10} {'first':>8} {'gap':>7} {'ratio':>6}")
    for count in counts:
        mine, bare, its, ratios = [], [], [], []
        for _ in range(options.rounds):
            mine.append(together(ours, count, options.tokens))
            bare.append(loop.run(count, options.tokens))
            ratios.append(mine[-1].speed / bare[-1])
            if server:
                its.append(together(server, count, options.tokens))
        row = f"{count:8}{told(median(mine))}{statistics.median(bare):10.1f}"
        row += f" {statistics.median(ratios):6.3f}{told(median(its) if its else None)}"
        if its:
            beaten = [m.speed / i.speed for m, i in zip(mine, its, strict=True)]
            row += f" {statistics.median(beaten):6.3f}"
        print(row, flush=True)
    if options.long:
        beside(ours, server, counts, len(long))
    if options.batched_bench:
        found = batched_bench(options.batched_bench, path, ours.plan, counts, size, options.tokens)
        print("llama-batched-bench:", ", ".join(f"{n}: {s:.1f}" for n, s in found.items()))


def beside(ours: Fireside, server: Server | None, counts: list[int], size: int) -> None:
    """Print what the others notice while a long prompt is read."""
    print(f"while a prompt of {size} tokens is read by another (first: its first token)")
    for count in counts:
        mine = together(ours, count, ENDLESS, beside=True)
        its = together(server, count, ENDLESS, beside=True) if server else None
        print(f"{count:8}{told(mine)}{'':17}{told(its)}", flush=True)


def alone(before: Path, model: ModelRef, rounds: int, tokens: int, words: int) -> None:
    """Print what one answer alone takes, against another tree of the source."""
    path, found = Path(model.place), []
    with closing(Tree(before)) as then, closing(Tree(Path(__file__).parents[2])) as now:
        for _ in range(rounds + 1):
            found.append((then.answer(path, words, tokens), now.answer(path, words, tokens)))
    pairs = found[1:]  # the first ones load the model
    same = sum(a["text"] == b["text"] for a, b in pairs)
    print(f"alone, against {before}: the same text in {same} of {len(pairs)}")
    for name in ("speed", "prompt", "first", "memory", "stop reading", "stop writing"):
        was, is_now = (statistics.median(pair[n][name] for pair in pairs) for n in (0, 1))
        ratio = statistics.median(b[name] / a[name] for a, b in pairs)
        print(f"{name:14}{was:16,.3f}{is_now:16,.3f}{ratio:8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path)
    parser.add_argument("--at-once", default="1,2,4,8")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--long", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", type=Path)
    parser.add_argument("--batched-bench", type=Path)
    parser.add_argument("--libraries", type=Path)
    parser.add_argument("--before", type=Path)
    options = parser.parse_args()
    if options.libraries:
        os.environ["LLAMA_CPP_LIB_PATH"] = str(options.libraries)
    model = demo_model()
    if options.model:
        model = ModelRef.of_file(options.model, options.model.stem)
    with ExitStack() as stack:
        measure(options, model, stack)
    if options.before:
        alone(options.before, model, options.rounds, options.tokens, options.long)


if __name__ == "__main__":
    main()
