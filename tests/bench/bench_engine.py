"""What the way from llama.cpp to the window's thread costs, and how fast a stop is.

usage: python -m tests.bench.bench_engine

The baseline is llama.cpp itself, decoding as many tokens in this process in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

from app.base.errors import Cancelled
from app.base.types import Delta, Done, Effort, Message, Part, Prefill, Request, Role
from app.engine import child, plan, probe
from app.engine.local import LocalBackend
from app.harmony import render
from app.host import demo_model

ROUNDS = 20
DEMO = demo_model()


def ask(text: str) -> Request:
    return Request(DEMO, (Message(Role.USER, (Part(text),)),), Effort.HIGH)


def baseline() -> float:
    """Seconds a token, by llama.cpp alone."""
    llama = child.llama
    settings = plan.make(probe.model(DEMO.path), probe.machine())
    llama.llama_log_set(child._log, None)
    model = child._Model(DEMO.path, settings, lambda _: True)
    model.decode(render(ask("Count to 100."), model.vocabulary))
    sampler = child._sampler(ask("").sampling, 1)
    tokens = 400
    started = time.perf_counter()
    for _ in range(tokens):
        model.decode([llama.llama_sampler_sample(sampler, model.context, -1)])
    return (time.perf_counter() - started) / tokens


def streamed(backend: LocalBackend) -> float:
    """Seconds a token, as they reach the thread that asked."""
    tokens = seconds = 0.0
    while tokens < 400:
        first = last = 0.0
        for event in backend.stream(ask("Count to 100."), threading.Event()):
            if isinstance(event, Delta):
                last = time.perf_counter()
                first = first or last
            elif isinstance(event, Done):
                tokens += event.stats.generated
                seconds += last - first
    return seconds / tokens


def stop_ms(backend: LocalBackend, text: str, after: type) -> float:
    """Milliseconds from asking for a stop to the end of the stream."""
    cancel = threading.Event()
    stopped = 0.0
    try:
        for event in backend.stream(ask(text), cancel):
            if isinstance(event, after) and not stopped:
                cancel.set()
                stopped = time.perf_counter()
    except Cancelled:
        pass
    return (time.perf_counter() - stopped) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        backend = LocalBackend(Path(folder, "engine.log"))
        started = time.perf_counter()
        list(backend.load(DEMO, threading.Event()))
        print(f"start and load   {time.perf_counter() - started:.2f} s")
        ours = streamed(backend)
        prefill = [stop_ms(backend, "lantern " * 9000, Prefill) for _ in range(ROUNDS)]
        answer = [stop_ms(backend, "Count to 100.", Delta) for _ in range(ROUNDS)]
        backend.close()
    raw = baseline()
    print(f"llama.cpp alone  {1 / raw:,.0f} tokens/s")
    print(f"streamed         {1 / ours:,.0f} tokens/s: {ours / raw:.2f} of its time a token")
    for name, times in (("prefill", prefill), ("answer", answer)):
        print(
            f"stop in {name:<8} median {statistics.median(times):.1f} ms, max {max(times):.1f} ms"
        )


if __name__ == "__main__":
    main()
