"""Measure what a token costs beside the model: Python, the pipe, and the window's process.

usage: python -m tests.bench.tokens [--tokens N] [--pace MS]

The model is a fake that needs the given time for a token and no processor. "Between" is the median
time from a drawn token to the next decode, for which a GPU would wait; "meanwhile" that from there
to the next draw, while a GPU works. The rest is time of the processor, which is compared with that
of a bare pipe with one message a token.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.base.answer_events import Delta
from app.base.types import Message, ModelRef, Part, Request, Role, Sampling
from app.engine.engine_protocol import Piece, TokenMask
from app.engine.worker import Worker
from app.host import demo_model
from tests.bench.engine import App
from tests.fakes.engine import FORMAT, FakeEngine, FakeModel, FakeSampler, answers, thinks
from tests.fakes.engine_processes import DEFAULTS
from tests.fakes.memory import FakeMemory

WORDS = "The lamp on the desk was still warm when the letter came, and nobody knew. "
PACE = "FIRESIDE_TEST_PACE"


def script(count: int) -> list[int]:
    """Return the tokens of an answer with its reasoning, more than that many."""
    words = WORDS * (count // len(WORDS) + 1)
    return [*thinks("Hm. " * (count // 16)), *answers(words, after=True)]


class PacedSampler(FakeSampler):
    """Draws the script, and tells at the end how long everything else took."""

    def __init__(self, model: PacedModel, sampling: Sampling, sequence: int, report: Path) -> None:
        super().__init__(model, sampling, sequence, None)
        self._paced = model
        self._report = report
        self._spent = time.process_time()

    def sample(self) -> int:
        self._paced.wait()
        token = super().sample()
        self._paced.drawn = time.perf_counter()
        return token

    def close(self) -> None:
        spent = time.process_time() - self._spent
        model = self._paced
        found = {
            "between": statistics.median(model.between),
            "meanwhile": statistics.median(model.meanwhile),
            "spent": (spent - model.slept) / len(model.between),
        }
        self._report.write_text(json.dumps(found))
        super().close()


class NoMemory(FakeMemory):
    """Holds nothing, and takes no time."""

    def share(self, source: int, target: int, length: int) -> None:
        pass

    def save(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        return False


class PacedModel(FakeModel):
    """Takes a while for each token, as a GPU does: `decode` returns at once."""

    asynchronous = True

    def __init__(self, pace: float, report: Path) -> None:
        super().__init__(1 << 20)
        self.memory = NoMemory()
        self.drawn = self._decoded = self._ready = 0.0
        self.between: list[float] = []
        self.meanwhile: list[float] = []
        self.slept = 0.0
        self._pace = pace
        self._report = report
        self._tokens: list[int] = []

    def decode(self, pieces: Sequence[Piece]) -> bool:
        now = time.perf_counter()
        if self.drawn:
            self.between.append(now - self.drawn)
        self.rows = {piece.sequence for piece in pieces}
        self._ready = now + self._pace
        self._decoded = time.perf_counter()
        return True

    def wait(self) -> None:
        """Wait for the logits."""
        now, spent = time.perf_counter(), time.process_time()
        if self.drawn:
            self.meanwhile.append(now - self._decoded)
        time.sleep(max(self._ready - now, 0))
        self.slept += time.process_time() - spent

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> FakeSampler:
        count = sampling.max_tokens or 100
        self.drawn = 0.0
        self.script = script(count)
        return PacedSampler(self, sampling, sequence, self._report)


def paced(connection: Connection, log: Path) -> None:
    """Serve as the engine's process."""
    pace = float(os.environ[PACE])
    Worker(connection, FakeEngine(PacedModel(pace, log.with_name("spent.json")))).serve()


def _send_all(there: Connection, count: int) -> None:
    began = time.process_time()
    for _ in range(count):
        there.send((1, Delta(0, "word ")))
    there.send(time.process_time() - began)


def bare(count: int) -> float:
    """Return both processes' time for a message of one token through a pipe."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_send_all, args=(there, count))
    process.start()
    there.close()
    began = time.process_time()
    for _ in range(count):
        here.recv()
    spent = time.process_time() - began + here.recv()
    process.join()
    here.close()
    return float(spent) / count


def parsing(tokens: Sequence[int]) -> float:
    """Return the parser's time for a token."""
    parser = FORMAT.parser(Request(demo_model(), (Message(Role.USER, (Part("Go on."),)),)))
    began = time.process_time()
    for token in tokens:
        parser.feed(token)
    return (time.process_time() - began) / len(tokens)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=1000)
    parser.add_argument("--pace", type=float, default=3.0, help="milliseconds a token")
    options = parser.parse_args()
    os.environ[PACE] = str(options.pace / 1000)
    DEFAULTS["target"] = paced
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(demo_model().place, folder))
        with closing(App(Path(folder), ModelRef.of_file(path, "bench"))) as app:
            app.load()
            began = time.process_time()
            stats = app.ask(None, "Go on.", options.tokens).stats
            window = (time.process_time() - began) / stats.generated
        (report,) = Path(folder).rglob("spent.json")
        found = json.loads(report.read_text())
    base = bare(stats.generated)
    parsed = parsing(script(options.tokens))
    print(f"{stats.generated:,} tokens, one in {options.pace} ms")
    for what, spent in (
        ("between", found["between"]),
        ("meanwhile", found["meanwhile"]),
        ("the engine's process", found["spent"]),
        ("  of which the parser", parsed),
        ("the window's process", window),
    ):
        print(f"{what:24}{1e6 * spent:6,.0f} µs a token, ratio {spent / base:5.2f}", flush=True)
    print(f"a bare pipe: {1e6 * base:.0f} µs a message")
    del application


if __name__ == "__main__":
    main()
