"""Measure the app's overhead over llama.cpp and what it saves, as ratios within one run.

usage: python -m tests.bench.engine [--model FILE] [--tokens N] [--rounds N] [--long N]

The default model is the demo model. With a file of the 20b's size this takes about as
long as reading twice ``--long`` tokens does; see README.md in this folder.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

from app.base.answer_events import Delta, Prefill, Stats
from app.base.settings import Folders
from app.base.types import Effort, ModelRef, Part, Sampling
from app.engine.plan import Plan
from app.host import Host, demo_model
from app.store import ChatSettings
from app.turn import (
    ModelFailed,
    ModelPlanned,
    ModelReady,
    Question,
    SendFailed,
    TurnEnded,
    TurnProgress,
)
from app.ui.bridge import Bridge

WORDS = (
    "The lamp on the desk was still warm when the letter came, and nobody in the house could say "
    "who had written it, or why the third page was missing. "
)


PATIENCE_S = 600  # without an event: longer than the longest batch of a large model


@dataclass(frozen=True)
class Answered:
    """A turn as seen by the window's thread; times in seconds from the question."""

    chat: int
    stats: Stats
    first: float
    last: float

    @property
    def speed(self) -> float:
        """Tokens per second, from the engine's first one until the end was seen here."""
        return self.stats.generated / (self.last - self.stats.first_token_s)


class Failed(Exception):
    """The benchmark has nothing to measure."""


class App:
    """All of Fireside except the widgets."""

    def __init__(self, folder: Path, model: ModelRef) -> None:
        self.model = model
        self.plan: Plan | None = None
        self._open = True
        self._events: list[Any] = []
        self._bridge = Bridge()
        self._bridge.delivered.connect(self._events.extend)
        self.host = Host(Folders(folder), self._bridge.publish)

    def load(self) -> float:
        """Load the model and return the seconds it took."""
        began = time.perf_counter()
        self.host.model_loads.load(self.model)
        while not isinstance(found := self._next(ModelPlanned, ModelReady), ModelReady):
            self.plan = found.plan
        return time.perf_counter() - began

    def ask(self, chat: int | None, text: str, tokens: int) -> Answered:
        """Ask a question and return the answer, limited to so many tokens."""
        setup = ChatSettings(
            sampling=Sampling(max_tokens=tokens)
        )  # a chat keeps the limit of its first question
        began, first = time.perf_counter(), 0.0
        self.host.chats.send(Question(chat, (Part(text),), Effort.LOW, self.model, setup))
        while not isinstance(found := self._next(TurnProgress, TurnEnded), TurnEnded):
            if isinstance(found.event, Delta) and not first:
                first = time.perf_counter() - began
        if not found.answer.stats:
            raise Failed(repr(found.error))
        ended = time.perf_counter() - began
        return Answered(found.answer.chat, found.answer.stats, first or ended, ended)

    def stop(self, text: str, after: type) -> float:
        """Stop after an event of that kind; return the seconds until the answer ended."""
        turn = self.host.chats.send(Question(None, (Part(text),), Effort.HIGH, self.model))
        stopped = 0.0
        while not isinstance(found := self._next(TurnProgress, TurnEnded), TurnEnded):
            if isinstance(found.event, after) and not stopped:
                turn.cancel()
                stopped = time.perf_counter()
        return time.perf_counter() - stopped

    def read_ahead(self, chat: int) -> None:
        """Prefill the chat, as the engine does while a person reads."""
        self.host.chats.prepare(Question(chat, (), Effort.LOW, self.model))
        self.rest()

    def rest(self) -> None:
        """Wait until the engine is idle."""
        while self.host.chats.running.all():
            self._wait(20)

    def wait_for_disk(self, tokens: int) -> None:
        """Wait until so many tokens of a chat are on disk, some seconds after an answer."""
        folder = self.host.folders.kept
        began = time.monotonic()
        while not any(path.stat().st_size > 3.9 * tokens for path in folder.glob("*/*/tokens")):
            if time.monotonic() - began > PATIENCE_S:
                raise Failed(f"{tokens} tokens were not kept within {PATIENCE_S} s")
            self._wait(200)

    def close(self) -> None:
        """Close the app; may be called twice."""
        if self._open:
            self._open = False
            self.host.close()
            self._bridge.close()

    def _next(self, *kinds: type) -> Any:
        """Return the next event of these kinds.

        Raises Failed when none can come any more.
        """
        silent = time.monotonic()
        while time.monotonic() - silent < PATIENCE_S:
            while self._events:
                silent = time.monotonic()
                event = self._events.pop(0)
                if isinstance(event, ModelFailed | SendFailed):
                    raise Failed(repr(event.error))
                if isinstance(event, kinds):
                    return event
            self._wait(1000)
        raise Failed(f"nothing was heard of {kinds} for {PATIENCE_S} s")

    def _wait(self, milliseconds: int) -> None:
        """Wait until an event is delivered, or for that long."""
        loop = QEventLoop()
        self._bridge.delivered.connect(loop.quit)
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()


class Bare:
    """llama.cpp alone, in a separate process."""

    def __init__(self, path: Path, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_decode, args=(there, path, plan), daemon=True)
        self._process.start()
        there.close()  # so that the child notices our end closing

    def speed(self, prompt: int, tokens: int) -> float:
        """Return tokens per second after a prompt of that length."""
        self._here.send((prompt, tokens))
        return float(self._here.recv())

    def close(self) -> None:
        self._process.kill()  # it has no state to save
        self._process.join()


def _decode(pipe: Connection, path: Path, plan: Plan) -> None:
    """Run a loop of llama.cpp's own calls with the app's settings and sampler."""
    os.environ["OMP_WAIT_POLICY"] = "passive"
    import llama_cpp.llama_cpp as llama

    from app.engine import llama as adapter

    llama.llama_log_set(adapter._log, None)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    llama.llama_backend_init()
    parameters = adapter._model_parameters(plan, adapter._ggml())
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    context = llama.llama_init_from_model(model, adapter._context_parameters(plan))
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    for sampler in (
        llama.llama_sampler_init_min_p(0.01, 1),
        llama.llama_sampler_init_temp(1.0),
        llama.llama_sampler_init_dist(1),
    ):
        llama.llama_sampler_chain_add(chain, sampler)
    one = (llama.llama_token * 1)()
    while (work := pipe.recv()) is not None:
        prompt, tokens = work
        llama.llama_memory_clear(llama.llama_get_memory(context), False)
        for at in range(0, prompt, plan.ubatch):
            count = min(plan.ubatch, prompt - at)
            array = (llama.llama_token * count)(*(100 + i for i in range(at, at + count)))
            llama.llama_decode(context, llama.llama_batch_get_one(array, count))
        began = time.perf_counter()
        for _ in range(tokens):
            one[0] = llama.llama_sampler_sample(chain, context, -1)
            llama.llama_decode(context, llama.llama_batch_get_one(one, 1))
        pipe.send(tokens / (time.perf_counter() - began))


def read(path: Path) -> float:
    """Return the seconds it takes to read a file."""
    began = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(1 << 24)
        while file.readinto(buffer):
            pass
    return time.perf_counter() - began


def speeds(app: App, tokens: int, rounds: int) -> None:
    """Compare the app with llama.cpp alone, in turns, with both loaded throughout."""
    assert app.plan
    ours, theirs = [], []
    app.ask(None, "Good morning.", 16)
    with closing(Bare(Path(app.model.place), app.plan)) as bare:
        for turn in range(10 * rounds):
            answered = app.ask(None, f"Count to 100, please. ({turn})", tokens)
            app.rest()
            if answered.stats.generated > tokens // 8:
                ours.append(answered.speed)
                theirs.append(bare.speed(answered.stats.prompt_tokens, answered.stats.generated))
            if len(ours) == rounds:
                break
        else:
            raise Failed(f"only {len(ours)} of {10 * rounds} answers were long enough")
    ratios = [mine / alone for mine, alone in zip(ours, theirs, strict=True)]
    mine, alone = statistics.median(ours), statistics.median(theirs)
    print(f"generation: {mine:,.1f} tokens/s in the app, {alone:,.1f} by llama.cpp alone")
    told = " ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"  ratio {statistics.median(ratios):.3f} (the median of {told})")
    spent = 1e6 * (1 / mine - 1 / alone)
    share = 100 * (1 - mine / alone)
    print(f"  Python and the pipe: {spent:,.0f} µs a token, {share:.1f} % of it", flush=True)


def stops(app: App, long: str) -> None:
    """Measure how quickly a stop takes effect."""
    for what, text, after in (("reading", long, Prefill), ("answering", "Count to 100.", Delta)):
        times = [1000 * app.stop(text, after) for _ in range(3)]
        print(f"stop while {what}: {min(times):,.0f} to {max(times):,.0f} ms", flush=True)


def turns(folder: Path, app: App, text: str) -> None:
    """Measure what a follow-up question costs, and one after a restart."""
    first = app.ask(None, text, 32)
    _tell("a first turn, from nothing", first)
    app.read_ahead(first.chat)
    second = app.ask(first.chat, "And what came of it?", 32)
    _tell("its second turn", second)
    print(f"  ratio {second.first / first.first:.4f}", flush=True)
    third = app.ask(first.chat, text, 32)
    _tell("as much again", third)
    app.read_ahead(first.chat)
    app.wait_for_disk(third.stats.prompt_tokens)
    app.close()
    with closing(App(folder, app.model)) as app:
        app.load()
        again = app.ask(first.chat, "And what came of that?", 32)
    _tell("the same after a restart", again)
    whole = first.first + third.first
    print(f"  ratio {again.first / whole:.4f} of the {whole:,.1f} s that reading it took")
    size = sum(path.stat().st_size for path in folder.glob("kept/*/*/*"))
    print(f"  {again.stats.restored:,} tokens came from disk, where {size / 1e6:,.0f} MB are kept")


def _tell(what: str, answered: Answered) -> None:
    stats = answered.stats
    print(
        f"{what}: {stats.prompt_tokens:,} tokens, {stats.evaluated:,} evaluated, "
        f"first token after {answered.first:,.3f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path)
    parser.add_argument("--tokens", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long", type=int, default=8192)
    options = parser.parse_args()
    application = QCoreApplication([])
    path = options.model.absolute() if options.model else Path(demo_model().place)
    cores, memory = psutil.cpu_count(logical=False), psutil.virtual_memory().total
    print(f"{path.name}, {path.stat().st_size / 1e9:.2f} GB")
    print(f"machine: {cores} cores, {memory / 1e9:.1f} GB of memory")
    with tempfile.TemporaryDirectory() as folder:
        if not options.model:  # of the demo model itself, only some answers are let through
            path = Path(shutil.copy(path, folder))
        read(path)
        reading = read(path)
        with closing(App(Path(folder), ModelRef.of_file(path, "bench"))) as app:
            loading = app.load()
            assert app.plan
            plan = app.plan
            print(
                f"plan: {plan.context:,} tokens, {plan.cache} cache, batches of {plan.ubatch}, "
                f"{'repacked' if plan.repack else 'mapped'} weights, {plan.threads} threads"
            )
            print(f"load: {loading:.2f} s, with the start of the process")
            ratio = loading / reading
            print(f"  ratio {ratio:.2f} to the {reading:.2f} s of reading the file (cached)")
            speeds(app, options.tokens, options.rounds)
            text = WORDS * (options.long // 32)
            stops(app, text)
            turns(Path(folder), app, text)
    del application


if __name__ == "__main__":
    main()
