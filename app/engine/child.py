"""Runs in the child process: llama.cpp, its cache, its sampler. The only room that knows it.

Commands come over the pipe as tuples: ("load", n, path, plan), ("ask", n, request),
("prepare", n, request), ("cancel", n). Every command but the last is answered by payloads
(n, payload), where a payload is an event, a FiresideError, or None at the end. The end of the
pipe is the end of the process, so no orphan holds 12 GB.

The low-level API only: llama_cpp.Llama rolls a windowed cache back silently wrong, parses
control tokens in text, and keeps every logit (reference/gpt-oss.md).
"""

from __future__ import annotations

import ctypes
import os
import queue
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import psutil

from app.base import gguf
from app.base.errors import Cancelled, ContextFull, EngineFailed, FiresideError, ModelLoadFailed
from app.base.types import (
    Channel,
    Done,
    Loading,
    Prefill,
    Prompt,
    Request,
    Role,
    Sampling,
    Stats,
    StopReason,
)
from app.engine.plan import Plan
from app.harmony import Parser, Vocabulary, render, render_past

_SEQUENCE = 0
_ABORTED = 2  # llama_decode's return code
_WINDOW = llama.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY
_CHECKPOINTS = 32  # 3 MiB each for gpt-oss-20b
_LOAD_STEP = 0.01
_NO_TOKEN = -1


def main(connection: Connection) -> None:
    """Serves the pipe until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the parent's to handle
    Child(connection).serve()


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _log(level: int, text: bytes, _: object) -> None:
    """llama.cpp's messages, without the thousands that are for its own developers."""
    global _logging
    if level != _CONTINUED:
        _logging = level > _DEBUG
    if _logging:
        sys.stderr.write(text.decode("utf-8", errors="replace"))


_DEBUG, _CONTINUED = 1, 5  # of enum ggml_log_level
_logging = True


def _peak_memory() -> int:
    """The most bytes that this process ever held."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "linux":  # ru_maxrss would count the parent's, from before exec
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _Stop:
    """Which commands are no longer wanted. Set by the reader's thread; llama.cpp looks too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._cancelled = 0
        # llama.cpp asks between the nodes of its graph, a thousand times a token, so the answer
        # is given in C, without Python's lock: strlen(text) is true when the text is not empty.
        self._text = ctypes.create_string_buffer(2)
        libc = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        self.callback = ctypes.cast(libc.strlen, llama.ggml_abort_callback)
        self.data = ctypes.cast(self._text, ctypes.c_void_p)

    def begin(self, number: int) -> None:
        with self._lock:
            self._wanted = number
            self._write()

    def cancel(self, number: int) -> None:
        with self._lock:
            self._cancelled = max(self._cancelled, number)
            self._write()

    def _write(self) -> None:
        self._text[0] = b"x" if self._cancelled >= self._wanted else b"\0"

    def __bool__(self) -> bool:
        return self._text[0] != b"\0"


class _Model:
    """A loaded model, its context, and what the context's cache holds.

    Half of the layers keep only a window of the last tokens, so the cache cannot simply be cut
    back: what the window held there is gone. Checkpoints hold the window as it was at some
    lengths; the other layers' part of the cache still has all.
    """

    def __init__(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> None:
        self.vocabulary = Vocabulary.from_gguf(gguf.read(path, arrays=True))
        parameters = llama.llama_model_default_params()
        # Kept alive by `parameters`, which llama.cpp reads until the load is over.
        parameters.progress_callback = llama.llama_progress_callback(
            lambda fraction, _: progress(fraction)
        )
        parameters.use_extra_bufts = False  # see Plan
        handle = llama.llama_model_load_from_file(os.fsencode(path), parameters)
        if not handle:
            raise ModelLoadFailed(path, "")
        self.window = llama.llama_model_n_swa(handle)
        self.context = llama.llama_init_from_model(handle, self._context_parameters(plan))
        if not self.context:
            raise ModelLoadFailed(path, "")
        self.ubatch = plan.ubatch
        self.size = llama.llama_n_ctx(self.context)
        self.memory = llama.llama_get_memory(self.context)
        self.cached: list[int] = []
        self._checkpoints: dict[int, ctypes.Array[ctypes.c_uint8]] = {}  # by length

    @staticmethod
    def _context_parameters(plan: Plan) -> Any:
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = plan.context
        parameters.n_batch = parameters.n_ubatch = plan.ubatch
        parameters.n_threads = parameters.n_threads_batch = plan.threads
        parameters.n_seq_max = 1
        parameters.n_outputs_max = 1  # only the last token's logits are ever asked for
        parameters.swa_full = False
        parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_AUTO
        return parameters

    def watch(self, stop: _Stop) -> None:
        """Lets a running decode be stopped. On the CPU and Metal only: elsewhere a batch is
        waited for."""
        llama.llama_set_abort_callback(self.context, stop.callback, stop.data)

    def keep(self, tokens: list[int]) -> int:
        """Cuts the cache back to what it shares with the start of ``tokens``; returns how many
        tokens that are. One token at least is left to be decoded, for its logits."""
        shared = 0
        for old, new in zip(self.cached, tokens[:-1], strict=False):
            if old != new:
                break
            shared += 1
        if shared < len(self.cached):
            self._cut(shared)
        return len(self.cached)

    def checkpoint(self) -> None:
        """Lets the cache come back to what it holds now."""
        if len(self.cached) in self._checkpoints:
            return
        size = llama.llama_state_seq_get_size_ext(self.context, _SEQUENCE, _WINDOW)
        state = (ctypes.c_uint8 * size)()
        if llama.llama_state_seq_get_data_ext(self.context, state, size, _SEQUENCE, _WINDOW):
            self._checkpoints[len(self.cached)] = state
        while len(self._checkpoints) > _CHECKPOINTS:
            del self._checkpoints[next(iter(self._checkpoints))]

    def _cut(self, length: int) -> None:
        """Cuts the cache to its first ``length`` tokens, or to fewer where the window is gone
        that the next token would have to see (llama.cpp would not say so)."""
        oldest = llama.llama_memory_seq_pos_min(self.memory, _SEQUENCE)
        if oldest > max(0, length - self.window) or not llama.llama_memory_seq_rm(
            self.memory, _SEQUENCE, length, -1
        ):
            length = self._restore(length)
        self.cached = self.cached[:length]
        self._checkpoints = {at: s for at, s in self._checkpoints.items() if at <= length}

    def _restore(self, length: int) -> int:
        """Goes back to the last checkpoint up to ``length``, or to nothing; returns where."""
        for at in sorted((at for at in self._checkpoints if at <= length), reverse=True):
            state = self._checkpoints[at]
            if llama.llama_memory_seq_rm(
                self.memory, _SEQUENCE, at, -1
            ) and llama.llama_state_seq_set_data_ext(
                self.context, state, len(state), _SEQUENCE, _WINDOW
            ):
                return at
        llama.llama_memory_clear(self.memory, False)
        return 0

    def decode(self, tokens: list[int]) -> bool:
        """Adds at most a batch of tokens to the cache; False where it was aborted, with nothing
        of the batch in the cache. Raises EngineFailed."""
        array = (llama.llama_token * len(tokens))(*tokens)
        code = llama.llama_decode(self.context, llama.llama_batch_get_one(array, len(tokens)))
        if code == 0:
            self.cached += tokens
            return True
        self._cut(len(self.cached))
        if code == _ABORTED:
            return False
        raise EngineFailed(f"llama_decode: {code}")


def _sampler(sampling: Sampling, seed: int) -> Any:
    """A sampler chain in C, in llama.cpp's usual order."""
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    if sampling.top_k > 0:
        llama.llama_sampler_chain_add(chain, llama.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p < 1:
        llama.llama_sampler_chain_add(chain, llama.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        llama.llama_sampler_chain_add(chain, llama.llama_sampler_init_min_p(sampling.min_p, 1))
    llama.llama_sampler_chain_add(chain, llama.llama_sampler_init_temp(sampling.temperature))
    llama.llama_sampler_chain_add(chain, llama.llama_sampler_init_dist(seed))
    return chain


class _Tally:
    """What is counted while an answer is made. Times are time.monotonic()'s."""

    def __init__(self, arrived: float, seed: int | None) -> None:
        self.seed = random.getrandbits(32) if seed is None else seed % (1 << 32)
        self.first = arrived
        self.generated = 0
        self.reasoning = 0

    def count(self, *, reasoning: bool) -> None:
        if not self.generated:
            self.first = time.monotonic()
        self.generated += 1
        self.reasoning += reasoning


class Child:
    """Takes commands from the pipe, one after the other; only a cancel overtakes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._commands: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._stop = _Stop()
        self._model: _Model | None = None
        self._number = 0

    def serve(self) -> None:
        """Runs until the pipe ends, which ends the process."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        llama.llama_log_set(_log, None)
        llama.llama_backend_init()
        while True:
            name, self._number, *arguments = self._commands.get()
            self._stop.begin(self._number)
            try:
                match name:
                    case "load":
                        self._load(*arguments)
                    case "prepare":
                        self._prepare(*arguments)
                    case _:
                        self._ask(*arguments)
                self._send(None)
            except FiresideError as error:
                self._send(error)

    def _read(self) -> None:
        while True:
            try:
                command = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the parent is gone; a running decode is not waited for
            if command[0] == "cancel":
                self._stop.cancel(command[1])
            else:
                self._commands.put(command)

    def _send(self, payload: object) -> None:
        try:
            self._connection.send((self._number, payload))
        except OSError:
            os._exit(0)

    def _load(self, path: Path, plan: Plan) -> None:
        sent = 0.0

        def progress(fraction: float) -> bool:
            nonlocal sent
            if fraction - sent >= _LOAD_STEP or fraction >= 1:
                sent = fraction
                self._send(Loading(fraction))
            return not self._stop

        try:
            self._model = _Model(path, plan, progress)
            self._model.watch(self._stop)
        except ModelLoadFailed:
            if self._stop:
                raise Cancelled from None
            raise

    def _loaded(self) -> _Model:
        if self._model is None:
            raise EngineFailed("asked before a model was loaded")
        return self._model

    def _prepare(self, request: Request, read: bool = True) -> None:
        """Has the cache hold the conversation as its next question will find it."""
        model = self._loaded()
        tokens = render_past(request, model.vocabulary, request.messages)
        if len(tokens) < model.size:
            self._prefill(model, tokens, model.keep([*tokens, _NO_TOKEN]))

    def _ask(self, request: Request) -> None:
        """Answers one request, by events."""
        model = self._loaded()
        arrived = time.monotonic()
        tokens = render(request, model.vocabulary)
        self._send(Prompt(tuple(tokens), model.size))
        if len(tokens) >= model.size:
            raise ContextFull(len(tokens), model.size)
        # A prompt that is decoded in other batches has slightly other logits, so a seed that is
        # to repeat an answer starts from nothing.
        reused = model.keep(tokens if request.sampling.seed is None else [])
        if reused:
            model.checkpoint()  # two prompts parted here, and a third may
        # The checkpoint comes before the last token, which another try decodes again.
        if not self._prefill(model, tokens[:-1], reused) or not model.decode(tokens[-1:]):
            raise Cancelled
        tally = _Tally(arrived, request.sampling.seed)
        reason = self._generate(model, request, tally)
        stats = Stats(
            prompt_tokens=len(tokens),
            evaluated=len(tokens) - reused,
            generated=tally.generated,
            reasoning_tokens=tally.reasoning,
            first_token_s=tally.first - arrived,
            generation_s=time.monotonic() - tally.first,
            peak_memory=_peak_memory(),
            seed=tally.seed,
            context=model.size,
        )
        self._send(Done(reason, stats))

    def _prefill(self, model: _Model, tokens: list[int], done: int) -> bool:
        """Decodes the prompt from ``done`` on, in batches; False where it was stopped."""
        while done < len(tokens):
            self._send(Prefill(done, len(tokens)))
            batch = tokens[done : done + model.ubatch]
            if self._stop or not model.decode(batch):
                return False
            done += len(batch)
        self._send(Prefill(done, len(tokens)))
        model.checkpoint()
        return True

    def _generate(self, model: _Model, request: Request, tally: _Tally) -> StopReason:
        """Draws tokens behind the prompt until something ends it."""
        last = request.messages[-1]
        parser = Parser(model.vocabulary, last.parts if last.role is Role.ASSISTANT else ())
        room = min(model.size - len(model.cached), request.sampling.max_tokens or model.size)
        reason = StopReason.LENGTH
        sampler = _sampler(request.sampling, tally.seed)
        try:
            while tally.generated < room:
                token = llama.llama_sampler_sample(sampler, model.context, -1)
                tally.count(reasoning=parser.channel is Channel.ANALYSIS)
                if token in model.vocabulary.stops:
                    called = token == model.vocabulary.call
                    reason = StopReason.CALL if called else StopReason.END
                    break
                for delta in parser.feed(token):
                    self._send(delta)
                if self._stop or not model.decode([token]):
                    reason = StopReason.CANCELLED
                    break
        finally:
            llama.llama_sampler_free(sampler)
        for delta in parser.finish():
            self._send(delta)
        return reason
