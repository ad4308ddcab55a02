"""A fake of llama.cpp as `app.engine.worker` sees it.

Every token is one byte, the model's output is scripted, and tests get a callback for each batch and
each token.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.base.errors import FiresideError, ModelLoadFailed
from app.base.types import Sampling
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
    """Draws the scripted tokens."""

    def __init__(self, model: FakeModel, sampling: Sampling) -> None:
        self.sampling = sampling
        self.seed = random.getrandbits(32) if sampling.seed is None else sampling.seed
        self.closed = False
        self._model = model

    def sample(self) -> int:
        assert not self.closed
        self._model.on_sample()
        return self._model.script.pop(0)

    def move(self, sequence: int) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class FakeModel:
    """A model with scripted output.

    ``script``: the tokens to draw. ``batches``: what it was given to decode. ``on_decode`` is
    called before each batch and aborts it by returning False.
    """

    batch = BATCH
    asynchronous = False
    sequences = 1

    def __init__(self, size: int = 4000) -> None:
        self.size = size
        self.format: ChatFormat = FORMAT
        self.memory = FakeMemory(window=8, batch=BATCH)
        self.script: list[int] = []
        self.batches: list[list[int]] = []
        self.samplers: list[FakeSampler] = []
        self.on_decode: Callable[[], bool] = lambda: True
        self.on_sample: Callable[[], object] = lambda: None

    def decode(self, pieces: Sequence[Piece]) -> bool:
        (piece,) = pieces
        goes_on = self.on_decode()
        self.batches.append(list(piece.tokens))
        return self.memory.decode([piece], aborts=not goes_on)

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> FakeSampler:
        self.samplers.append(FakeSampler(self, sampling))
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
        number, payload = self._sent.get(timeout=10)
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
        self._worker = Worker(self.pipe, self.engine)  # type: ignore[arg-type]
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

    def do(self, name: str, *arguments: Any) -> list[Any]:
        """Send a command and return its complete reply."""
        return self.answered(self.send(name, *arguments))

    def cancel(self, number: int) -> None:
        """Cancel a command and wait until the worker has read that."""
        self.engine.stopped.clear()
        self.pipe.command("cancel", number)
        assert self.engine.stopped.wait(10)

    def close(self) -> None:
        """End the worker, even if its reader thread has ended already."""
        self._worker._commands.put(("close", 0))
        self._thread.join()
        self.pipe.end(SystemExit())
        if self.pipe.reader:
            self.pipe.reader.join()
