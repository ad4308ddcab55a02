"""A fake of llama.cpp as `app.engine.worker` sees it.

Every token is one byte, the model's output is scripted, and tests get a callback for each batch and
each token.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from app.base.errors import FiresideError, ModelLoadFailed
from app.base.types import Sampling
from app.engine import kv_disk_cache
from app.engine.delta_wire import unpack
from app.engine.engine_protocol import Piece, TokenMask
from app.engine.plan import Plan
from app.engine.probe import Devices, Speeds
from app.engine.worker import Worker
from app.formats import ChatFormat
from app.formats.harmony.harmony_format import HarmonyFormat
from app.tokenizer import TiktokenTokenizer
from tests.fakes.memory import FakeMemory
from tests.fakes.vocabulary import CONTROL

FORMAT = HarmonyFormat(TiktokenTokenizer({bytes([n]): n for n in range(256)}, CONTROL))
VOCABULARY = FORMAT.vocabulary
BATCH = 100


def spell(*pieces: str | int) -> list[int]:
    """Return tokens: texts as their bytes, control tokens as their ids."""
    return [
        token
        for piece in pieces
        for token in ([piece] if isinstance(piece, int) else piece.encode())
    ]


def thinks(text: str) -> list[int]:
    """Return the tokens with which a model begins reasoning."""
    return spell(VOCABULARY.channel, "analysis", VOCABULARY.message, text, VOCABULARY.end)


def answers(text: str, *, after: bool = False) -> list[int]:
    """Return the tokens of an answer; ``after`` is the reasoning before it."""
    begin = spell(VOCABULARY.start, "assistant") if after else []
    ended = CONTROL["<|return|>"]
    return spell(*begin, VOCABULARY.channel, "final", VOCABULARY.message, text, ended)


class FakeSampler:
    """Draws the scripted tokens, from the row of its sequence in the last batch."""

    def __init__(
        self, model: FakeModel, sampling: Sampling, sequence: int, mask: TokenMask | None
    ) -> None:
        self.sampling = sampling
        self.seed = random.getrandbits(32) if sampling.seed is None else sampling.seed
        self.closed = False
        self.script: list[int] | None = None
        if model.script_of:
            self.script = model.script_of(model.memory.tokens(sequence))
        self._model = model
        self._sequence = sequence
        self._mask = mask

    def sample(self) -> int:
        assert not self.closed
        assert self._sequence in self._model.rows, "nothing was computed for it"
        self._model.on_sample()
        script = self._model.script if self.script is None else self.script
        token = script.pop(0)
        if self._mask:
            self._mask.take(token)
        return token

    def move(self, sequence: int) -> None:
        self._sequence = sequence

    def close(self) -> None:
        self.closed = True


class FakeModel:
    """A model with scripted output.

    ``script``: the tokens to draw; or, if several draw at a time, ``script_of`` returns those of
    one, given all tokens of its prompt but the last. ``batches``: what it was given to decode, and
    ``steps`` by their pieces; ``now`` is the clock of these. ``on_decode`` is called before each
    batch and aborts it by returning False.
    """

    batch = BATCH
    asynchronous = False

    def __init__(self, size: int = 4000, sequences: int = 9) -> None:
        self.size = size
        self.sequences = sequences
        self.format: ChatFormat = FORMAT
        self.memory = FakeMemory(window=8, batch=BATCH, sequences=sequences, size=size)
        self.script: list[int] = []
        self.script_of: Callable[[list[int]], list[int]] | None = None
        self.batches: list[list[int]] = []
        self.steps: list[list[Piece]] = []
        self.rows: set[int] = set()
        self.now = 0.0
        self.samplers: list[FakeSampler] = []
        self.on_decode: Callable[[], bool] = lambda: True
        self.on_sample: Callable[[], object] = lambda: None

    @property
    def held(self) -> list[int]:
        """The tokens of the sequence that was the last to be decoded."""
        return self.memory.tokens(self.steps[-1][-1].sequence)

    def decode(self, pieces: Sequence[Piece]) -> bool:
        goes_on = self.on_decode()
        self.now += 0.05 + 0.002 * sum(len(piece.tokens) for piece in pieces)
        self.steps.append([*pieces])
        self.batches.append([token for piece in pieces for token in piece.tokens])
        self.rows = {piece.sequence for piece in pieces if piece.draws and goes_on}
        return self.memory.decode(pieces, aborts=not goes_on)

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> FakeSampler:
        self.samplers.append(FakeSampler(self, sampling, sequence, mask))
        return self.samplers[-1]


class FakeEngine:
    """Loads ``model``, if there is one, whatever the file, with progress in hundredths."""

    version = "fake 1"

    def __init__(self, model: FakeModel | None) -> None:
        self.model = model
        self.stops: list[bool] = []
        self.measured = (1, 2)
        self.stopped = threading.Event()
        self.on_load: Callable[[], object] = lambda: None

    def devices(self) -> Devices:
        return Devices(version="fake")

    def measure(self) -> Iterator[Speeds]:
        for cores in self.measured:
            yield Speeds(processor=((cores, 10.0),))

    def load(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> FakeModel:
        self.on_load()
        for step in range(1001):
            if not progress(step / 1000):
                raise ModelLoadFailed(path, "")
        if self.model is None:
            raise ModelLoadFailed(path, "")
        return self.model

    def stop(self, stopped: bool) -> None:
        self.stops.append(stopped)
        if stopped:
            self.stopped.set()


class Pipe:
    """The worker's end of a pipe, and the test's actions at the other end."""

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[tuple[Any, ...] | BaseException] = queue.SimpleQueue()
        self._sent: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self.reader: threading.Thread | None = None

    def recv(self) -> tuple[Any, ...]:
        self.reader = threading.current_thread()
        command = self._commands.get()
        if isinstance(command, BaseException):
            raise command
        return command

    def send(self, payload: tuple[int, Any]) -> None:
        self._sent.put(payload)

    def command(self, *command: Any) -> None:
        self._commands.put(command)

    def end(self, error: BaseException) -> None:
        """Make the worker's next read raise this error."""
        self._commands.put(error)

    def answer(self) -> tuple[int, Any]:
        number, payload = self._sent.get(timeout=60)
        return number, unpack(payload)


class Served:
    """A running worker.

    ``ask`` and similar methods wait for the complete reply to a command.
    """

    def __init__(self, model: FakeModel | None = None, engine: FakeEngine | None = None) -> None:
        self.model = model or FakeModel()
        self.engine = engine or FakeEngine(self.model)
        self.pipe = Pipe()
        self.number = 0
        clock = lambda: self.model.now  # noqa: E731
        self._worker = Worker(self.pipe, self.engine, clock)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._worker.serve, name="worker")
        self._thread.start()

    def send(self, name: str, *arguments: Any) -> int:
        """Send a command without waiting, and return its number."""
        self.number += 1
        self.pipe.command(name, self.number, *arguments)
        return self.number

    def answered(self, number: int) -> list[Any]:
        """Return the complete reply to a command, without the final None."""
        found: list[Any] = []
        while True:
            told, payload = self.pipe.answer()
            assert told == number
            if payload is None:
                return found
            found.append(payload)
            if isinstance(payload, FiresideError):
                return found

    def together(self, *numbers: int) -> list[list[Any]]:
        """Return the complete replies to several commands, in any order."""
        found: dict[int, list[Any]] = {number: [] for number in numbers}
        left = {*numbers}
        while left:
            number, payload = self.pipe.answer()
            assert number in left
            if payload is not None:
                found[number].append(payload)
            if payload is None or isinstance(payload, FiresideError):
                left.remove(number)
        return [*found.values()]

    def do(self, name: str, *arguments: Any) -> list[Any]:
        """Send a command and return its complete reply."""
        return self.answered(self.send(name, *arguments))

    def cancel(self, number: int) -> None:
        """Cancel a command and wait until the worker has read that."""
        self.engine.stopped.clear()
        self.pipe.command("cancel", number)
        assert self.engine.stopped.wait(60)

    def close(self) -> None:
        """End the worker, even if its reader thread has ended already."""
        self._worker._commands.put(("close", 0))
        self._thread.join()
        self.pipe.end(SystemExit())
        if self.pipe.reader:
            self.pipe.reader.join()


class Starts(Protocol):
    """A function that starts a worker, whose ``model`` is loaded by a plan if there is one."""

    def __call__(self, model: FakeModel, plan: Plan | None, keep: Path | None = None) -> Served: ...


@contextmanager
def serving(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starts]:
    """Yield a function that starts workers, which are closed and checked at the end."""
    monkeypatch.setattr(kv_disk_cache, "_SPARE", 0)
    told = threading.excepthook
    monkeypatch.setattr(  # ends a thread in place of the process
        threading, "excepthook", lambda args: args.exc_type is SystemExit or told(args)
    )
    path = folder / "model.gguf"
    path.write_bytes(b"weights")
    started: list[Served] = []

    def start(model: FakeModel, plan: Plan | None, keep: Path | None = None) -> Served:
        served = Served(model)
        started.append(served)
        if plan:
            served.do("load", path, plan, keep)
        return served

    yield start
    for served in started:
        served.close()
        assert served.model.memory.wrong == []
