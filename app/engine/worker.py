"""What the child process does with the commands from its pipe.

Commands come as tuples: ("devices", n), ("load", n, path, plan, folder), ("ask", n, request),
("prepare", n, request, read), ("budget", n, bytes), ("forget", n, chat), ("close", n), and out
of turn ("cancel", n) and ("hurry", n). Each in turn is answered by payloads (n, payload), where
a payload is an event, a FiresideError, or None at the end. The end of the pipe is the end of the
process, so no orphan holds 12 GB.

llama.cpp itself is behind `Engine`, which `child.py` provides.
"""

from __future__ import annotations

import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import psutil

from app.base.errors import (
    AnswerEndless,
    Cancelled,
    ContextFull,
    EngineFailed,
    FiresideError,
    ModelLoadFailed,
)
from app.base.types import (
    Done,
    Loading,
    PartKind,
    Prefill,
    Prompt,
    Request,
    Role,
    Sampling,
    Stats,
    StopReason,
)
from app.engine.history import messages_to_drop, reserved
from app.engine.kv_cache import KvCache, KvMemory
from app.engine.kv_disk_cache import DiskCache, identity
from app.engine.plan import Plan
from app.engine.probe import Devices
from app.formats.harmony.parse import Parser
from app.formats.harmony.render import answer_now, rendered_messages, rendered_prefix
from app.formats.harmony.vocabulary import Vocabulary

_LOAD_STEP = 0.01
_IDLE_S = 3.0  # without a command, after which what was read is written to disk
_AHEAD = 64  # tokens of a batch that is read ahead: a question waits for no more

Render = Callable[[Request, Vocabulary], list[list[int]]]


class Sampler(Protocol):
    """Draws tokens."""

    def sample(self) -> int:
        """The next one, by the logits of the last that was decoded."""

    def close(self) -> None:
        """Frees it."""


class EngineModel(Protocol):
    """A loaded model and its context of ``size`` tokens, ``batch`` of them at a time."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def memory(self) -> KvMemory: ...
    @property
    def size(self) -> int: ...
    @property
    def batch(self) -> int: ...

    def decode(self, tokens: Sequence[int]) -> bool:
        """Adds a batch to the memory; False where it was stopped. Raises EngineFailed."""

    def sampler(self, sampling: Sampling, seed: int) -> Sampler:
        """Draws as ``sampling`` says. Raises NotFinite where there is nothing to draw from."""


class Engine(Protocol):
    """llama.cpp. ``version`` tells its builds apart."""

    version: str

    def devices(self) -> Devices:
        """What it finds on this computer."""

    def load(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> EngineModel:
        """Loads a model in place of the one before; ``progress`` returns False to stop it.
        Raises ModelError."""

    def stop(self, stopped: bool) -> None:
        """Has a running decode end, or none."""


class _Signals:
    """What is said of commands out of turn. Set by the reader's thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._wanted = self._cancelled = self._hurried = 0

    def begin(self, number: int) -> None:
        with self._lock:
            self._wanted = number
            self._engine.stop(self.stopped)

    def cancel(self, number: int) -> None:
        with self._lock:
            self._cancelled = max(self._cancelled, number)
            self._engine.stop(self.stopped)

    def hurry(self, number: int) -> None:
        self._hurried = max(self._hurried, number)

    @property
    def stopped(self) -> bool:
        """Whether the command of now is no longer wanted."""
        return self._cancelled >= self._wanted

    @property
    def hurried(self) -> bool:
        """Whether it is to answer now."""
        return self._hurried >= self._wanted


class _Counters:
    """What is counted while an answer is made. Times are time.monotonic()'s."""

    def __init__(self, seed: int | None) -> None:
        self.seed = random.getrandbits(32) if seed is None else seed % (1 << 32)
        self.arrived = self.first = time.monotonic()
        self.generated = 0
        self.reasoning = 0

    def count(self, *, reasoning: bool) -> None:
        if not self.generated:
            self.first = time.monotonic()
        self.generated += 1
        self.reasoning += reasoning


class Worker:
    """Takes commands, one after the other; only a cancel and a hurry overtake."""

    def __init__(self, connection: Connection, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine
        self._commands: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._signals = _Signals(engine)
        self._model: EngineModel | None = None
        self._cache: KvCache | None = None
        self._number = 0
        self._may_keep = False

    def serve(self) -> None:
        """Runs until it is told to close, or the pipe ends, which ends the process."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        work: dict[str, Callable[..., None]] = {
            "devices": lambda: self._send(self._engine.devices()),
            "load": self._load,
            "ask": self._ask,
            "prepare": self._prepare,
            "forget": self._forget,
            "budget": self._budget,
        }
        while (command := self._next())[0] != "close":
            name, self._number, *arguments = command
            self._signals.begin(self._number)
            try:
                work[name](*arguments)
                self._send(None)
            except FiresideError as error:
                self._send(error)
        if self._cache:
            self._cache.close()

    def _next(self) -> tuple[Any, ...]:
        """The next command. Where none comes for a while, what was read is kept."""
        if self._may_keep and self._cache:
            try:
                return self._commands.get(timeout=_IDLE_S)
            except queue.Empty:
                self._cache.keep()
        self._may_keep = False
        return self._commands.get()

    def _read(self) -> None:
        """Takes commands off the pipe while others are worked on."""
        while True:
            try:
                command = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the parent is gone; a running decode is not waited for
            match command[0]:
                case "cancel":
                    self._signals.cancel(command[1])
                case "hurry":
                    self._signals.hurry(command[1])
                case _:
                    self._commands.put(command)

    def _send(self, payload: object) -> None:
        try:
            self._connection.send((self._number, payload))
        except OSError:
            os._exit(0)

    def _load(self, path: Path, plan: Plan, keep: Path | None) -> None:
        sent = 0.0

        def progress(fraction: float) -> bool:
            nonlocal sent
            if fraction - sent >= _LOAD_STEP or fraction >= 1:
                sent = fraction
                self._send(Loading(fraction))
            return not self._signals.stopped

        try:
            model = self._engine.load(path, plan, progress)
        except ModelLoadFailed:
            if self._signals.stopped:
                raise Cancelled from None
            raise
        facts = (self._engine.version, plan.context, plan.cache.value, plan.ubatch)
        shelf = None
        if keep:
            with suppress(OSError):  # an answer is worth more than what is kept
                shelf = DiskCache(keep, identity(path, *facts))
        self._model, self._cache = model, KvCache(model.memory, shelf)

    def _loaded(self) -> tuple[EngineModel, KvCache]:
        if self._model is None or self._cache is None:
            raise EngineFailed("asked before a model was loaded")
        return self._model, self._cache

    def _budget(self, size: int) -> None:
        if self._cache:
            self._cache.set_budget(size)

    def _forget(self, chat: int) -> None:
        if self._cache:
            self._cache.forget_chat(chat)

    def _prepare(self, request: Request, read: bool) -> None:
        """Has the cache hold the conversation as its next question will find it."""
        model, cache = self._loaded()
        prompt = self._prompt(request, rendered_prefix)
        self._send(prompt)
        if not read or len(prompt.tokens) >= model.size:
            return
        reused = cache.reach([*prompt.tokens, _NO_TOKEN])
        cache.chat = request.chat
        if self._prefill(prompt.tokens, reused, _AHEAD):
            cache.checkpoint()
            self._may_keep = True

    def _prompt(self, request: Request, render: Render) -> Prompt:
        """What fits of a conversation."""
        model, _ = self._loaded()
        parts = render(request, model.vocabulary)
        room = reserved(request, model.size)
        dropped = messages_to_drop(
            request.messages, [len(part) for part in parts], model.size, room
        )
        if dropped:  # rendered anew: what is shown may tell what was told in what is not
            shown = replace(request, messages=request.messages[dropped:])
            parts = render(shown, model.vocabulary)
        return Prompt(tuple(token for part in parts for token in part), model.size, room, dropped)

    def _ask(self, request: Request) -> None:
        """Answers one request, by events."""
        model, cache = self._loaded()
        self._may_keep = False
        tally = _Counters(request.sampling.seed)
        prompt = self._prompt(request, rendered_messages)
        tokens = prompt.tokens
        self._send(prompt)
        if len(tokens) >= model.size:
            raise ContextFull(len(tokens), model.size)
        # A prompt that is decoded in other batches has slightly other logits, so a seed that is
        # to repeat an answer starts from nothing.
        reused = cache.reach(tokens if request.sampling.seed is None else [])
        restored, cache.restored, cache.chat = min(reused, cache.restored), 0, request.chat
        if reused:
            cache.checkpoint()  # two prompts parted here, and a third may
        # The checkpoint comes before the last token, which another try decodes again.
        if not self._prefill(tokens[:-1], reused, model.batch):
            raise Cancelled
        if not request.ephemeral:
            cache.checkpoint()
        if not self._decode(tokens[-1:]):
            raise Cancelled
        reason = self._generate(request, tally)
        # What follows will begin with the prompt, unless the answer is to be gone on with.
        self._may_keep = reason is StopReason.END
        endless = reason is StopReason.LENGTH and _repeats(cache.tokens[-tally.generated :])
        stats = Stats(
            prompt_tokens=len(tokens),
            evaluated=len(tokens) - reused,
            generated=tally.generated,
            reasoning_tokens=tally.reasoning,
            first_token_s=tally.first - tally.arrived,
            generation_s=time.monotonic() - tally.first,
            peak_memory=_peak_memory(),
            seed=tally.seed,
            context=model.size,
            restored=restored,
            dropped=prompt.dropped,
        )
        self._send(Done(reason, stats))
        if endless:
            raise AnswerEndless(tally.generated)

    def _decode(self, tokens: Sequence[int]) -> bool:
        model, cache = self._loaded()
        try:
            done = model.decode(tokens)
        except EngineFailed:
            cache.aborted()
            raise
        if done:
            cache.add(tokens)
        else:
            cache.aborted()
        return done

    def _prefill(self, tokens: Sequence[int], done: int, step: int) -> bool:
        """Decodes the prompt from ``done`` on, in batches; False where it was stopped. The first
        batch is short, so that who waits soon knows for how long."""
        size = min(step, _AHEAD)
        while done < len(tokens):
            self._send(Prefill(done, len(tokens)))
            batch = tokens[done : done + size]
            if self._signals.stopped or not self._decode(batch):
                return False
            done, size = done + len(batch), step
        self._send(Prefill(done, len(tokens)))
        return True

    def _generate(self, request: Request, tally: _Counters) -> StopReason:
        """Draws tokens behind the prompt until something ends it."""
        model, cache = self._loaded()
        v = model.vocabulary
        last = request.messages[-1]
        parser = Parser(v, last.parts if last.role is Role.ASSISTANT else ())
        most = request.sampling.max_tokens or model.size
        sampler = model.sampler(request.sampling, tally.seed)
        reason = StopReason.LENGTH
        try:
            while tally.generated < most and len(cache.tokens) < model.size:
                if self._signals.hurried and not self._answer_now(parser, tally):
                    reason = StopReason.CANCELLED
                    break
                token = sampler.sample()
                tally.count(reasoning=parser.kind is PartKind.REASONING)
                for delta in parser.feed(token):
                    self._send(delta)
                if token in v.stops:
                    reason = StopReason.CALL if token == v.call else StopReason.END
                    break
                if parser.ended:
                    reason = StopReason.CALL if parser.called else StopReason.END
                    break
                if self._signals.stopped or not self._decode([token]):
                    reason = StopReason.CANCELLED
                    break
                if not tally.generated % _LOOK and _repeats(cache.tokens[-tally.generated :]):
                    break
        finally:
            sampler.close()
        for delta in parser.finish():
            self._send(delta)
        return reason

    def _answer_now(self, parser: Parser, tally: _Counters) -> bool:
        """Leaves the reasoning for the answer, where it is in one; False where it was stopped."""
        model, cache = self._loaded()
        thinking = parser.kind is PartKind.REASONING
        untouched = not tally.generated and parser.kind is None
        if not thinking and not untouched:
            return True
        tokens = answer_now(model.vocabulary, thinking=thinking)
        if len(cache.tokens) + len(tokens) >= model.size:
            return True
        for token in tokens:
            for delta in parser.feed(token):
                self._send(delta)
        return self._decode(tokens)


_NO_TOKEN = -1
# An answer whose last 2,048 tokens are the same 64 or fewer again and again has no end: a table, a
# drawing or a count that somebody wants is shorter, or changes as it goes on.
_REPEATED, _CYCLE = 2048, 64
_LOOK = 256  # tokens, between two looks at that


def _repeats(tokens: Sequence[int]) -> bool:
    """Whether a sequence ends in nothing but repetitions of a few tokens."""
    end = tokens[-_REPEATED:]
    return len(end) == _REPEATED and any(end[n:] == end[:-n] for n in range(1, _CYCLE + 1))


def _peak_memory() -> int:
    """The most bytes that this process ever held."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "linux":  # ru_maxrss would count the parent's, from before exec
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
