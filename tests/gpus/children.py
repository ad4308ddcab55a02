"""llama.cpp with GPUs, in processes of its own that say all that it logs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.base.types import Sampling
from app.engine import gpu_library
from app.engine.engine_protocol import Piece
from app.engine.plan import Plan
from app.engine.probe import Devices

QUESTION = (
    "<|start|>system<|message|>You are ChatGPT.\n\nReasoning: low\n\n# Valid channels: analysis, "
    "commentary, final.<|end|><|start|>user<|message|>What is the capital of France?<|end|>"
    "<|start|>assistant"
)


def run(work: Callable[..., object], *arguments: object) -> tuple[Any, str]:
    """Return the result of ``work`` in a process of its own, and what llama.cpp logged."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, work, arguments))
    process.start()
    there.close()
    try:
        result, log = here.recv()
    finally:
        process.join()
        here.close()
    return result, log


def _work(
    connection: Connection, work: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    from app.engine import llama as adapter
    import llama_cpp.llama_cpp as llama  # isort: skip  # the adapter keeps numpy out

    lines: list[str] = []
    log = llama.llama_log_callback(lambda _, text, __: lines.append(text.decode()))
    llama.llama_log_set(log, None)
    adapter._ggml().load_backends(gpu_library.found(gpu_library.root()))
    llama.llama_backend_init()
    connection.send((work(*arguments), "".join(lines)))


def devices() -> Devices:
    """Return what llama.cpp finds."""
    from app.engine import llama as adapter

    return adapter.Llama().devices()


def answer(path: Path, plan: Plan, count: int) -> list[int]:
    """Return the ``count`` most probable tokens after a question."""
    from app.engine import llama as adapter
    import llama_cpp.llama_cpp as llama  # isort: skip  # the adapter keeps numpy out

    model = adapter.Llama().load(path, plan, lambda _: True)
    tokenizer: Any = model.format.tokenizer
    vocabulary = llama.llama_model_get_vocab(model._handle)
    text = QUESTION.encode()
    tokens = (llama.llama_token * 512)()
    found = llama.llama_tokenize(vocabulary, text, len(text), tokens, 512, False, True)
    assert tokenizer
    for at in range(0, found, plan.ubatch):
        end = min(at + plan.ubatch, found)
        assert model.decode([Piece(0, tokens[at:end], at, draws=end == found)])
    sampler = model.sampler(Sampling(temperature=0), 0)
    drawn = []
    for nth in range(count):
        drawn.append(sampler.sample())
        assert model.decode([Piece(0, drawn[-1:], found + nth, draws=True)])
    sampler.close()
    model.close()
    return drawn


def measure(path: Path, plan: Plan) -> None:
    """Have llama.cpp say what a plan takes, without its weights (no_alloc)."""
    from app.engine import llama as adapter
    import llama_cpp.llama_cpp as llama  # isort: skip  # the adapter keeps numpy out

    parameters = adapter._model_parameters(plan, adapter._ggml())
    parameters.no_alloc = True
    parameters.load_mode = llama.LLAMA_LOAD_MODE_NONE
    model = llama.llama_model_load_from_file(str(path).encode(), parameters)
    assert model
    state = llama.llama_init_from_model(model, adapter._context_parameters(plan))
    assert state
    llama.llama_free(state)
    llama.llama_model_free(model)
