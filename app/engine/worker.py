"""The worker's loop: commands from a pipe, executed one after the other.

Commands come as tuples of a name, the number of a stream, and arguments: ("devices", n), ("load",
n, path, plan, folder), ("ask", n, request, may_grow), ("prepare", n, request), ("count", n,
request), ("budget", n, bytes), ("forget", n, chat), and, overtaking these, ("cancel", n) and
("hurry", n) for the stream n, and ("close", 0), which cancels all. Each queued command is answered
by payloads (n, payload), where a payload is an event, a FiresideError, or None at the end. A
question that does not fit is answered by NeedsContext alone, if a longer context is possible. An
unknown command is answered by EngineFailed; a cancel or hurry for a stream that has not begun or
has ended is ignored. The process ends with the pipe, so no orphan holds 12 GB.

llama.cpp itself is behind `Engine`, which `app.engine.llama` provides.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from app.base.errors import (
    AnswerEndless,
    Cancelled,
    ContextFull,
    EngineFailed,
    FiresideError,
    ModelLoadFailed,
    RequestUnsupported,
)
from app.base.processes import give_way
from app.base.types import (
    Done,
    Loading,
    Prefill,
    Prompt,
    Request,
    Role,
    Stats,
    StopReason,
)
from app.engine.attached_sizes import AttachedSizes
from app.engine.delta_wire import pack
from app.engine.engine_protocol import Engine, EngineModel, NeedsContext, Piece
from app.engine.generation import Generation
from app.engine.history import context_needed, messages_to_drop, reserved
from app.engine.kv_cache import KvCache
from app.engine.kv_disk_cache import DiskCache, identity
from app.engine.load_progress import LoadProgress
from app.engine.plan import Plan
from app.engine.reply_header import reply_header
from app.engine.stream_signals import StreamSignals
from app.formats import RenderedRequest

_IDLE_S = 3.0  # without a command, after which the cache is written to disk
_AHEAD = 64  # tokens per batch when reading ahead: a question waits for one at most

Render = Callable[[Request], RenderedRequest]


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A prompt's tokens, and the other facts for a `Prompt`.

    The next turn's prompt is sure to begin with the first ``stable`` tokens, and this turn has
    those from ``turn`` on, if that is known.
    """

    tokens: tuple[int, ...]
    stable: int
    turn: int | None
    context: int
    reserved: int
    dropped: int
    opening: int
    attached: int

    @property
    def size(self) -> Prompt:
        """The event that reports its size."""
        return Prompt(
            len(self.tokens),
            self.context,
            self.reserved,
            self.dropped,
            self.opening,
            self.attached,
        )


class Worker:
    """The loop: executes commands in order; only cancel and hurry overtake."""

    def __init__(self, connection: Connection, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine
        self._commands: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._signals = StreamSignals(engine)
        self._model: EngineModel | None = None
        self._ahead = _AHEAD
        self._longest = 0
        self._attached = AttachedSizes()
        self._cache: KvCache | None = None
        self._stream = 0
        self._may_keep = False

    def serve(self) -> None:
        """Run until a close command, or until the pipe ends, which ends the process."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        work: dict[str, Callable[..., None]] = {
            "devices": lambda: self._send(self._engine.devices()),
            "measure": self._measure,
            "load": self._load,
            "ask": self._ask,
            "prepare": self._prepare,
            "count": self._count,
            "forget": self._forget,
            "budget": self._budget,
        }
        while (command := self._next())[0] != "close":
            name, self._stream, *arguments = command
            self._signals.begin(self._stream)
            try:
                if name not in work:
                    raise EngineFailed(f"unknown command: {name}")
                work[name](*arguments)
                self._send(None)
            except FiresideError as error:
                self._send(error)
            self._signals.end(self._stream)
        if self._cache:
            self._cache.close()

    def _next(self) -> tuple[Any, ...]:
        """Return the next command. If none comes for a while, write the cache to disk."""
        if self._may_keep and self._cache:
            try:
                return self._commands.get(timeout=_IDLE_S)
            except queue.Empty:
                self._cache.keep()
        self._may_keep = False
        return self._commands.get()

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
                case "hurry":
                    self._signals.hurry(stream)
                case "close":
                    self._signals.cancel_all()
                    self._commands.put(command)
                case _ if self._signals.add(stream):
                    self._commands.put(command)
                case _:
                    self._commands.put((f"{name} with the number of another", stream))

    def _send(self, payload: object) -> None:
        """Send a payload of the current stream."""
        try:
            self._connection.send((self._stream, payload))
        except OSError:
            os._exit(0)

    def _measure(self) -> None:
        """Send the devices, and then the speeds that are known so far, as often as they grow."""
        give_way()
        self._send(self._engine.devices())
        for speeds in self._engine.measure():
            self._send(speeds)

    def _load(self, path: Path, plan: Plan, keep: Path | None) -> None:
        told = LoadProgress(lambda fraction: self._send(Loading(fraction)))

        def progress(fraction: float) -> bool:
            told.report(fraction)
            return not self._signals.stopped

        try:
            with told.watching(plan.host.weights + plan.device.weights if plan.mmap else 0):
                model = self._engine.load(path, plan, progress)
        except ModelLoadFailed:
            if self._signals.stopped:
                raise Cancelled from None
            raise
        # What lies on which device is no part of a cached state. It fits a longer context, too.
        facts = (self._engine.version, plan.cache.value, plan.ubatch)
        disk_cache = None
        if keep:
            with suppress(OSError):  # an answer matters more than the cache
                disk_cache = DiskCache(keep, identity(path, *facts))
        self._model, self._cache = model, KvCache(model.memory, disk_cache, model.size)
        self._longest = plan.longest
        # Each batch copies the weights that are on the CPU to the GPU, however short it is. The
        # plan has batches of about a second at most.
        self._ahead = plan.ubatch if plan.copies else _AHEAD

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

    def _prepare(self, request: Request) -> None:
        """Process the conversation ahead of its next question."""
        model, cache = self._loaded()
        prompt = self._prompt(request, model.format.ahead)
        self._send(prompt.size)
        if prompt.context > model.size or len(prompt.tokens) >= model.size:
            return
        reused = cache.reach([*prompt.tokens, _NO_TOKEN])
        cache.chat = request.chat
        if self._prefill(prompt.tokens, reused, self._ahead):
            cache.checkpoint()
            self._may_keep = True

    def _count(self, request: Request) -> None:
        """Send the size of what `_prepare` would process."""
        model, _ = self._loaded()
        self._send(self._prompt(request, model.format.ahead).size)

    def _prompt(self, request: Request, render: Render) -> RenderedPrompt:
        """Render as much of a conversation as fits, leaving out the oldest messages.

        It may fit into a longer context than this one; the prompt's ``context`` says so.
        """
        model, _ = self._loaded()
        rendered = render(request)
        size, needed = model.size, context_needed(request, rendered.sizes)
        while size < min(needed, self._longest):
            size = min(2 * size, self._longest)
        room = reserved(request, size)
        first = messages_to_drop(
            request.messages, rendered.sizes, size, room, grows=bool(request.drawn)
        )
        # A client's instructions stay. Everything is rendered again, since a message may have to
        # repeat something from a dropped one, such as the day, and some formats put tools into the
        # first.
        kept = [m for m in request.messages[:first] if m.role in (Role.SYSTEM, Role.DEVELOPER)]
        dropped = first - len(kept)
        shown = request
        if dropped:
            shown = replace(request, messages=(*kept, *request.messages[first:]))
            rendered = render(shown)
        attached = self._attached.total(shown.messages, model.format.tokenizer)
        return RenderedPrompt(
            tokens=rendered.tokens,
            stable=rendered.stable,
            turn=rendered.turn,
            context=size,
            reserved=room,
            dropped=dropped,
            opening=rendered.sizes[0],
            attached=attached,
        )

    def _ask(self, request: Request, may_grow: bool = True) -> None:
        """Answer a request by sending events.

        Unless the context ``may_grow``, it stays as it is from now on.
        """
        model, cache = self._loaded()
        if model.format.grammar(request) is not None:
            raise RequestUnsupported("response_schema")
        self._may_keep = False
        if not may_grow:
            self._longest = model.size
        answer = Generation(
            request,
            model,
            cache,
            self._signals,
            send=lambda delta: self._send(pack(delta)),
            decode=lambda tokens: self._decode(tokens, draws=True),
        )
        prompt = self._prompt(request, model.format.render)
        tokens = prompt.tokens
        if prompt.context > model.size:
            self._send(NeedsContext(prompt.context))
            return
        self._send(prompt.size)
        if len(tokens) >= model.size:
            raise ContextFull(len(tokens), model.size)
        # A prompt decoded in different batches has slightly different logits, so a turn with a
        # fixed seed starts from an empty cache.
        if not request.drawn and not request.ephemeral:
            cache.end_turn(request.chat)
        fresh = request.sampling.seed is not None and not request.drawn
        reused = cache.reach([] if fresh else tokens)
        reached = time.monotonic()
        restored, cache.restored, cache.chat = min(reused, cache.restored), 0, request.chat
        if reused and not request.drawn:
            cache.checkpoint()  # two prompts diverged here, and a third may
        # The last checkpoint is before the last token, which another try has to decode again.
        stable = len(tokens) if request.ephemeral else prompt.stable
        if not self._prefill(tokens[:-1], reused, model.batch, stable):
            raise Cancelled
        if not request.ephemeral and not request.drawn:
            cache.checkpoint()
        reason = answer.run(tokens[-1])
        # The next prompt will begin with this one, unless an answer is being continued.
        self._may_keep = reason in (StopReason.END, StopReason.STOP_TEXT)
        stats = Stats(
            prompt_tokens=len(tokens),
            evaluated=len(tokens) - reused,
            generated=answer.generated,
            reasoning_tokens=answer.reasoning,
            first_token_s=answer.first - answer.arrived,
            generation_s=time.monotonic() - answer.first,
            peak_memory=_peak_memory(),
            seed=answer.seed,
            context=model.size,
            restored=restored,
            dropped=prompt.dropped,
            prompt_s=answer.first - reached if answer.generated else 0.0,
        )
        waits = reason is StopReason.CALL and not request.ephemeral and prompt.turn is not None
        drawn = tuple(cache.tokens[prompt.turn :]) if waits else ()
        self._send(Done(reason, stats, drawn))
        if waits:
            header = reply_header(model.format, request, [*answer.calls.values()], drawn)
            room = min(model.batch, model.size - len(cache.tokens) - 1)
            if 0 < len(header) <= room:
                self._decode(header)  # it need not wait for the tool
            cache.wait()
        if answer.endless:
            raise AnswerEndless(answer.generated)

    def _decode(self, tokens: Sequence[int], *, draws: bool = False) -> bool:
        model, cache = self._loaded()
        try:
            done = model.decode([Piece(0, tokens, len(cache.tokens), draws)])
        except EngineFailed:
            cache.aborted()
            raise
        if done:
            cache.add(tokens)
        else:
            cache.aborted()
        return done

    def _prefill(self, tokens: Sequence[int], done: int, step: int, stable: int = 0) -> bool:
        """Decode the prompt from ``done`` on, in batches; return False if it was stopped.

        The first batch is short, so that a remaining time can soon be estimated, unless that would
        take as long as a full one. A checkpoint is made at ``stable`` if that is on the way.
        """
        _, cache = self._loaded()
        size = min(step, self._ahead)
        while done < len(tokens):
            self._send(Prefill(done, len(tokens)))
            end = min(done + size, stable if done < stable else len(tokens))
            batch = tokens[done:end]
            if self._signals.stopped or not self._decode(batch):
                return False
            done, size = done + len(batch), step
            if done == stable and done < len(tokens):
                cache.checkpoint()
        self._send(Prefill(done, len(tokens)))
        return True


_NO_TOKEN = -1


def _peak_memory() -> int:
    """Return this process's peak memory in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "linux":  # ru_maxrss would include the parent's, from before exec
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
