"""The worker's loop: commands from a pipe, and steps for those that take several.

Commands come as tuples of a name, the number of a stream, and arguments: ("devices", n), ("load",
n, path, plan, folder), ("ask", n, request, may_grow), ("prepare", n, request), ("count", n,
request), ("budget", n, bytes), ("forget", n, chat), and, overtaking these, ("cancel", n) and
("hurry", n) for the stream n, and ("close", 0), which cancels all. Each queued command is answered
by payloads (n, payload), where a payload is an event, a FiresideError, or None at the end. Any
number of asks and prepares may run at a time; the other commands are executed between two of their
steps, except that a model is loaded when none runs, and a chat is forgotten once nothing of it
runs. A question that does not fit is answered by NeedsContext alone, if a longer context is
possible. An unknown command is answered by EngineFailed; a cancel or hurry for a stream that has
not begun or has ended is ignored. The process ends with the pipe, so no orphan holds 12 GB.

llama.cpp itself is behind `Engine`, which `app.engine.llama` provides.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base.answer_events import Loading
from app.base.errors import (
    Cancelled,
    ContextFull,
    EngineFailed,
    FiresideError,
    ModelLoadFailed,
)
from app.base.processes import give_way
from app.base.types import Request
from app.engine.answer_stream import AnswerStream
from app.engine.engine_protocol import Engine, EngineModel, NeedsContext
from app.engine.grammar_job import GrammarJob
from app.engine.kv_disk_cache import DiskCache, identity
from app.engine.kv_pool import KvPool
from app.engine.load_progress import LoadProgress
from app.engine.plan import Plan
from app.engine.rendered_prompt import Prompts
from app.engine.step_loop import StepLoop
from app.engine.stream_signals import StreamSignals
from app.engine.worker_stream import ReadingStream
from app.formats import TurnGrammar

if TYPE_CHECKING:  # most requests have no grammar
    from app.engine.grammar import Grammars

_IDLE_S = 3.0  # without a command, after which the cache is written to disk
_AHEAD = 64  # tokens per batch when reading ahead: a question waits for one at most
_WAKE = "wake"  # the loop looks at its streams


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A loaded model. ``ahead``: how many tokens a batch has when reading ahead."""

    model: EngineModel
    pool: KvPool
    prompts: Prompts
    steps: StepLoop
    ahead: int


class Worker:
    """The loop: executes commands in order between the steps; only cancel and hurry overtake."""

    def __init__(
        self,
        connection: Connection,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._clock = clock
        self._commands: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._signals = StreamSignals(engine)
        self._model: _Loaded | None = None
        self._grammars: Grammars | None = None
        self._kept = True
        self._forgotten: list[tuple[int, int]] = []
        self._work: dict[str, Callable[..., bool | None]] = {
            "devices": lambda number: self._send(number, self._engine.devices()),
            "measure": self._measure,
            "load": self._load,
            "ask": self._ask,
            "prepare": self._prepare,
            "count": self._count,
            "forget": self._forget,
            "budget": self._budget,
        }

    def serve(self) -> None:
        """Run until a close command, or until the pipe ends, which ends the process."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        closes = False
        while self._runs() or not closes:
            while not (closes or (self._runs() and self._commands.empty())):
                name, *arguments = self._next()
                if name == "close":
                    closes = True
                    self._signals.cancel_all()
                elif name != _WAKE:
                    self._execute(name, *arguments)
                elif self._model:
                    self._model.steps.look()
            if self._model:
                step, empty = self._model.steps.step, self._commands.empty
                while step() and empty():
                    pass
        if self._model:
            self._model.pool.close()

    def _runs(self) -> bool:
        return self._model is not None and self._model.steps.runs

    def _next(self) -> tuple[Any, ...]:
        """Return the next command. If none comes for a while, write what is worth it to disk."""
        if self._model and not self._kept and not self._runs():
            try:
                return self._commands.get(timeout=_IDLE_S)
            except queue.Empty:
                self._kept = True
                self._model.pool.keep()
        return self._commands.get()

    def _execute(self, name: str, number: int, *arguments: Any) -> None:
        """Execute a command, or begin it."""
        try:
            if name not in self._work:
                raise EngineFailed(f"unknown command: {name}")
            if self._work[name](number, *arguments):
                return
        except FiresideError as error:
            self._end(number, error)
        else:
            self._end(number, None)

    def _ended(self, stream: ReadingStream) -> None:
        """Tell that a stream has ended."""
        self._kept = False
        self._end(stream.number, stream.error)
        for number, chat in self._forgotten[:]:
            if not self._forget(number, chat):
                self._forgotten.remove((number, chat))
                self._end(number, None)

    def _end(self, number: int, error: FiresideError | None) -> None:
        self._send(number, error)
        self._signals.end(number)

    def _read(self) -> None:
        """Read commands from the pipe, on a thread of its own, while others are executed."""
        while True:
            try:
                command = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the parent is gone, so do not wait for a running decode
            name, stream = command[:2]
            match name:
                case "cancel":
                    self._signals.cancel(stream)
                    self._commands.put((_WAKE,))
                case "hurry":
                    self._signals.hurry(stream)
                case "close":
                    self._signals.cancel_all()
                    self._commands.put(command)
                case _:
                    self._signals.add(stream)
                    self._commands.put(command)

    def _send(self, number: int, payload: object) -> None:
        """Send a payload of a stream."""
        try:
            self._connection.send((number, payload))
        except OSError:
            os._exit(0)

    def _measure(self, number: int) -> None:
        """Send the devices, and then the speeds that are known so far, as often as they grow."""
        give_way()
        self._send(number, self._engine.devices())
        for speeds in self._engine.measure():
            self._send(number, speeds)

    def _load(self, number: int, path: Path, plan: Plan, keep: Path | None) -> None:
        if self._model and self._model.steps.streams:
            raise EngineFailed("a model is in use")
        told = LoadProgress(lambda fraction: self._send(number, Loading(fraction)))
        self._signals.begin([number])

        def progress(fraction: float) -> bool:
            told.report(fraction)
            return not self._signals.cancelled(number)

        try:
            with told.watching(plan.host.weights + plan.device.weights if plan.mmap else 0):
                model = self._engine.load(path, plan, progress)
        except ModelLoadFailed:
            if self._signals.cancelled(number):
                raise Cancelled from None
            raise
        # What lies on which device is no part of a cached state. It fits a longer context, too.
        facts = (self._engine.version, plan.cache.value, plan.ubatch)
        disk_cache = None
        if keep:
            with suppress(OSError):  # an answer matters more than the cache
                disk_cache = DiskCache(keep, identity(path, *facts))
        pool = KvPool(model.memory, model.sequences, model.size, disk_cache)
        # Each batch copies the weights that are on the CPU to the GPU, however short it is. The
        # plan has batches of about a second at most.
        ahead = plan.ubatch if plan.copies else _AHEAD
        self._grammars = None
        self._model = _Loaded(
            model,
            pool,
            Prompts(model.format, model.size, plan.longest),
            StepLoop(model, pool, self._signals, self._ended, first=ahead, clock=self._clock),
            ahead,
        )

    def _shape(self, grammar: TurnGrammar) -> GrammarJob:
        """Begin to compile a grammar."""
        if self._grammars is None:
            from app.engine.grammar import Grammars

            self._grammars = Grammars(self._loaded().model.format.tokenizer)
        return GrammarJob(self._grammars, grammar, lambda: self._commands.put((_WAKE,)))

    def _loaded(self) -> _Loaded:
        if self._model is None:
            raise EngineFailed("asked before a model was loaded")
        return self._model

    def _budget(self, _: int, size: int) -> None:
        if self._model:
            self._model.pool.set_budget(size)

    def _forget(self, number: int, chat: int) -> bool:
        """Forget a chat; return True if that has to wait until nothing of it runs."""
        if self._model is None:
            return False
        if any(stream.chat == chat for stream in self._model.steps.streams):
            if (number, chat) not in self._forgotten:
                self._forgotten.append((number, chat))
            return True
        self._model.pool.forget(chat)
        return False

    def _prepare(self, number: int, request: Request) -> bool:
        """Process the conversation ahead of its next question; return whether that takes steps."""
        loaded = self._loaded()
        model = loaded.model
        prompt = loaded.prompts.render(request, model.format.ahead)
        if prompt.context > model.size or len(prompt.tokens) >= model.size:
            self._send(number, prompt.size)
            return False
        send, piece = partial(self._send, number), loaded.ahead
        loaded.steps.add(
            ReadingStream(number, request, prompt, model, send, first=piece, batch=piece)
        )
        return True

    def _count(self, number: int, request: Request) -> None:
        """Send the size of what `_prepare` would process, or `_ask` of a whole conversation."""
        loaded = self._loaded()
        spoken = loaded.model.format
        if request.whole:
            spoken.grammar(request)  # what `_ask` refuses is refused
        render = spoken.render if request.whole else spoken.ahead
        self._send(number, loaded.prompts.render(request, render).size)

    def _ask(self, number: int, request: Request, may_grow: bool = True) -> bool:
        """Begin to answer a request; return whether that takes steps.

        Unless the context ``may_grow``, it stays as it is from now on.
        """
        loaded = self._loaded()
        model = loaded.model
        grammar = model.format.grammar(request)
        if not may_grow:
            loaded.prompts.longest = model.size
        begun = time.monotonic()
        prompt = loaded.prompts.render(request, model.format.render)
        if prompt.context > model.size:
            self._send(number, NeedsContext(prompt.context))
            return False
        if len(prompt.tokens) >= model.size:
            self._send(number, prompt.size)
            raise ContextFull(len(prompt.tokens), model.size)
        if not request.drawn and not request.ephemeral:
            loaded.pool.end_turn(request.chat)
        stream = AnswerStream(
            number,
            request,
            prompt,
            model,
            partial(self._send, number),
            arrived=begun,
            first=min(model.batch, loaded.ahead),
            batch=model.batch,
            hurried=self._signals.hurried,
            shape=self._shape(grammar) if grammar else None,
        )
        loaded.steps.add(stream)
        return True
