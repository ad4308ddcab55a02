"""Faulty workers for the supervisor (app/engine/supervisor.py).

Each is a `Target`: it runs in the worker process in place of `app.engine.engine_process.run_child`.
"""

from __future__ import annotations

import ctypes
import faulthandler
import itertools
import os
import re
import signal
import time
from array import array
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from app.base import processes
from app.base.answer_events import Delta, Loading, Prompt
from app.base.types import PartKind, Sampling
from app.engine import engine_process, rendered_prompt
from app.engine.engine_protocol import Piece, Sampler, TokenMask
from app.engine.plan import Plan
from app.engine.probe import Devices
from app.engine.supervisor import LocalBackend
from app.formats import ChatFormat
from app.formats.harmony.harmony_format import HarmonyFormat

SAME = (65, 66, 67)  # tokens of the demo model
SCRIPT = "FIRESIDE_TEST_SCRIPT"
HOLD = "hold"
"""The file beside the engine's log with which `held` is slow."""
DEFAULTS: dict[str, Any] = LocalBackend.__init__.__kwdefaults__ or {}
"""The defaults of LocalBackend: a program that changes ``target`` runs one of these."""
WORDS = tuple(f"word{n} " for n in range(20))


def _asked_to_load(connection: Connection) -> int:
    """Report no devices, as the real worker may, and return the number of the load command."""
    _, number, *_ = connection.recv()
    connection.send((number, Devices()))
    connection.send((number, None))
    return int(connection.recv()[1])


def _loaded(connection: Connection) -> tuple[Any, ...]:
    """Load as the real worker does, and return the first question."""
    number = _asked_to_load(connection)
    connection.send((number, Loading(1.0)))
    connection.send((number, None))
    question = connection.recv()
    assert isinstance(question, tuple)
    return question


def _speak(connection: Connection, number: int) -> None:
    connection.send((number, Prompt(3, 100)))
    for word in WORDS:
        connection.send((number, Delta(0, word, PartKind.TEXT)))


def aborts(connection: Connection, log: Path) -> None:
    """Die as ggml does on a failed assertion, in the middle of an answer."""
    number = _loaded(connection)[1]
    _speak(connection, number)
    log.write_text("ggml.c:1: GGML_ASSERT(n > 0) failed\n")
    os.abort()


def raises(connection: Connection, log: Path) -> None:
    """Raise an exception in Python, in the middle of an answer."""
    processes.write_output_to(log)
    asked = _loaded(connection)
    _speak(connection, asked[1])
    raise ValueError(f"about {asked}")


def aborts_in_c(connection: Connection, log: Path) -> None:
    """Die in C with the stack in the log, as the real worker does."""
    processes.write_output_to(log)
    faulthandler.enable()
    asked = _loaded(connection)
    _speak(connection, asked[1])
    print(f"llama.cpp says: {asked}", flush=True)
    os.abort()


def hangs(connection: Connection, log: Path) -> None:
    """Hang in the middle of an answer and ignore every command."""
    number = _loaded(connection)[1]
    _speak(connection, number)
    while True:
        time.sleep(60)


def stops_reading(connection: Connection, log: Path) -> None:
    """Be stopped by the system before reading the first question."""
    number = _asked_to_load(connection)
    connection.send((number, Loading(1.0)))
    connection.send((number, None))
    os.kill(os.getpid(), signal.SIGSTOP)


def dies_while_loading(connection: Connection, log: Path) -> None:
    """Die while loading, as the out-of-memory killer does it."""
    _asked_to_load(connection)
    os.kill(os.getpid(), signal.SIGKILL)


def asserts_while_loading(connection: Connection, log: Path) -> None:
    """Die while loading, as ggml does on a number that is out of range."""
    _asked_to_load(connection)
    told = "GGML_ASSERT(hparams.n_layer_all > 0 && hparams.n_layer_all <= 512) failed"
    log.write_text(f"print_info: arch = gpt-oss\n/tmp/x/src/llama-model.cpp:1328: {told}\nFatal\n")
    os.abort()


def aborts_while_loading(connection: Connection, log: Path) -> None:
    """Die while loading, as C++ does on an uncaught exception."""
    _asked_to_load(connection)
    log.write_text("a line\nsomething went wrong\nanother line\n")
    os.abort()


def crashes_while_loading(connection: Connection, log: Path) -> None:
    """Die while loading, of a segmentation fault."""
    _asked_to_load(connection)
    os.kill(os.getpid(), signal.SIGSEGV)


def cannot_read_while_loading(connection: Connection, log: Path) -> None:
    """Die while loading, of a mapped file that was truncated."""
    number = _asked_to_load(connection)
    connection.send((number, Loading(0.5)))
    os.kill(os.getpid(), signal.SIGBUS)


def cannot_read(connection: Connection, log: Path) -> None:
    """Die of a truncated mapped file in the middle of an answer."""
    _speak(connection, _loaded(connection)[1])
    os.kill(os.getpid(), signal.SIGBUS)


def short_of_memory(connection: Connection, log: Path) -> None:
    """Run the real worker, limited to 210 MB more than it has now (POSIX only)."""
    import resource

    from app.engine import llama as adapter

    assert adapter
    if hasattr(here := ctypes.CDLL(None), "mallopt"):
        here.mallopt(-8, 1)  # no arenas (M_ARENA_MAX), of which each thread would reserve 64 MiB
    limit = psutil.Process().memory_info().vms + 210_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    engine_process.run_child(connection, log)


def watched(connection: Connection, log: Path) -> None:
    """Run the real worker, and write down its prompts and logits.

    Beside its log it leaves the tokens of its last prompt (32-bit integers), and the logits of the
    first token of its last answer (32-bit floats).
    """
    from app.engine import sampler_chain

    check = sampler_chain.Samplers.check

    def checked(samplers: sampler_chain.Samplers, row: int) -> None:
        found = samplers.llama.llama_get_logits_ith(samplers.context, row)
        log.with_name("logits").write_bytes(ctypes.string_at(found, 4 * samplers._size))
        check(samplers, row)

    prompt_of = rendered_prompt.Prompts.render

    def render(self: rendered_prompt.Prompts, *arguments: Any) -> rendered_prompt.RenderedPrompt:
        found = prompt_of(self, *arguments)
        log.with_name("prompt").write_bytes(array("i", found.tokens).tobytes())
        return found

    rendered_prompt.Prompts.render = render  # type: ignore[method-assign, assignment]
    sampler_chain.Samplers.check = checked  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


class _Calling:
    """Draws a thought and a call, of Python or the browser; or without ``calls`` a short answer."""

    def __init__(
        self, real: Sampler, chat_format: ChatFormat, *, calls: bool, browses: bool
    ) -> None:
        assert isinstance(chat_format, HarmonyFormat)
        v, encode = chat_format.vocabulary, chat_format.tokenizer.encode
        begin, go_on = [v.channel, *encode("analysis")], [v.start, *encode("assistant")]
        tool, said = (
            ("browser.search", '{"query": "copper"}') if browses else ("python", "print(6 * 7)")
        )
        code = [*begin, *encode(f" to={tool} code"), v.message, *encode(said), v.call]
        call = [*begin, v.message, *encode("I compute it."), v.end, *go_on, *code]
        stop = v.tokenizer.control["<|return|>"]
        answer = [v.channel, *encode("final"), v.message, *encode("Yes."), stop]
        self._tokens = iter(call if calls else answer)
        self._real = real
        self.seed = real.seed

    def sample(self) -> int:
        self._real.sample()
        return next(self._tokens)

    def move(self, sequence: int) -> None:
        self._real.move(sequence)

    def close(self) -> None:
        self._real.close()


def calls(connection: Connection, log: Path, *, browses: bool = False) -> None:
    """Run the real worker as `watched`, with a model that calls Python in each round.

    Where tokens are not drawn at random, it answers instead.
    """
    from app.engine import llama as adapter

    real = adapter._Model.sampler

    def sampler(
        model: adapter._Model, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> _Calling:
        drawn = sampling.temperature > 0
        real_one = real(model, sampling, sequence, mask)
        return _Calling(real_one, model.format, calls=drawn, browses=browses)

    adapter._Model.sampler = sampler  # type: ignore[method-assign, assignment]
    watched(connection, log)


def browses(connection: Connection, log: Path) -> None:
    """Run the real worker as `calls`, with a model that calls the browser."""
    calls(connection, log, browses=True)


def drawing(connection: Connection, log: Path) -> None:
    """Run the real worker, and write down for each answer whether its device draws the tokens.

    That is the case if llama.cpp has a token ready before its samplers are asked.
    """
    from app.engine import sampler_chain

    check = sampler_chain.Samplers.check

    def checked(samplers: sampler_chain.Samplers, row: int) -> None:
        ready = samplers.llama.llama_get_sampled_token_ith(samplers.context, row) >= 0
        with log.with_name("drawn").open("a", encoding="ascii") as file:
            file.write(f"{ready}\n")
        check(samplers, row)

    sampler_chain.Samplers.check = checked  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


def careless(connection: Connection, log: Path) -> None:
    """Run the watched worker, cutting back the cache without checking the window."""
    from app.engine import llama as adapter

    adapter._Memory.oldest = lambda memory, sequence: 0  # type: ignore[method-assign, assignment]
    watched(connection, log)


def slow(connection: Connection, log: Path) -> None:
    """Run the real worker at the speed of a large model, about 60 tokens a second.

    Beside its log it leaves a file with a byte for each of its steps.
    """
    from app.engine import llama as adapter

    real = adapter._Model.decode

    def decode(model: adapter._Model, pieces: Sequence[Piece]) -> bool:
        time.sleep(0.016)
        with log.with_name("steps").open("ab") as file:
            file.write(b".")
        return real(model, pieces)

    adapter._Model.decode = decode  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


def held(connection: Connection, log: Path) -> None:
    """Run the real worker, as slow as a large model for as long as there is the file `HOLD`."""
    from app.engine import llama as adapter

    real, hold = adapter._Model.decode, log.with_name(HOLD)

    def decode(model: adapter._Model, pieces: Sequence[Piece]) -> bool:
        if hold.exists():
            time.sleep(0.016)
        return real(model, pieces)

    adapter._Model.decode = decode  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


class _Counting:
    """Draws a short reasoning and the numbers up to 200, whatever the question."""

    def __init__(self, chat_format: ChatFormat) -> None:
        assert isinstance(chat_format, HarmonyFormat)
        v, encode = chat_format.vocabulary, chat_format.tokenizer.encode
        thought = [v.channel, *encode("analysis"), v.message, *encode("I count."), v.end]
        opening = [v.start, *encode("assistant"), v.channel, *encode("final"), v.message]
        numbers = encode(" ".join(map(str, range(1, 201))))
        stop = v.tokenizer.control["<|return|>"]
        self._tokens = iter([*thought, *opening, *numbers, stop])
        self.seed = 0

    def sample(self) -> int:
        return next(self._tokens)

    def move(self, sequence: int) -> None:
        pass

    def close(self) -> None:
        pass


def counts(connection: Connection, log: Path) -> None:
    """Run the real worker at the speed of a large model, with answers of some seconds."""
    from app.engine import llama as adapter

    def sampler(
        model: adapter._Model, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> _Counting:
        return _Counting(model.format)

    adapter._Model.sampler = sampler  # type: ignore[assignment]
    slow(connection, log)


def repeats(connection: Connection, log: Path) -> None:
    """Run the real worker with a model that repeats the same few words for ever."""
    from app.engine import sampler_chain

    drawn = itertools.count()

    def sample(sampler: sampler_chain.ChainSampler) -> int:
        return SAME[next(drawn) % len(SAME)]

    sampler_chain.ChainSampler.sample = sample  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


def writes(connection: Connection, log: Path) -> None:
    """Run the real worker with scripted output.

    The model writes the text of an environment variable, in Harmony, again and again.
    """
    from app.base import gguf
    from app.engine import sampler_chain
    from app.formats import choose
    from app.host import demo_model

    tokenizer = choose(gguf.read(Path(demo_model().place), arrays=True)).tokenizer
    pieces = re.split(r"(<\|\w+\|>)", os.environ[SCRIPT])
    tokens = [
        token
        for piece in pieces
        for token in (
            [tokenizer.control[piece]] if piece in tokenizer.control else tokenizer.encode(piece)
        )
    ]
    script = itertools.cycle(tokens)
    sampler_chain.ChainSampler.sample = lambda _: next(script)  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


def loads_for_ever_twice(connection: Connection, log: Path) -> None:
    """Run the real worker, whose first two loads come half way, and wait there to be killed."""
    from app.engine import llama as adapter

    real = adapter.Llama.load

    def load(
        engine: adapter.Llama, path: Path, plan: Plan, progress: Callable[[float], bool]
    ) -> adapter._Model:
        loads = log.with_name("loads")
        with loads.open("a", encoding="ascii") as file:
            file.write("x")
        if loads.stat().st_size <= 2:
            progress(0.5)
            time.sleep(60)
        return real(engine, path, plan, progress)

    adapter.Llama.load = load  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)
