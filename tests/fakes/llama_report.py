"""llama.cpp's own figures for the memory of a plan's settings, from its log."""

from __future__ import annotations

import multiprocessing
import re
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from app.engine.plan import Plan

_BUFFER = re.compile(r"(\S+) +(model|KV|compute|output) buffer size = +([\d.]+) MiB")
_CACHE = re.compile(r"llama_kv_cache: size = +([\d.]+) MiB")
_ON_HOST = ("CPU", "Vulkan_Host", "CUDA_Host")


def reported(path: Path, plans: Sequence[Plan], *, whole: bool = True) -> list[Counter[str]]:
    """Return bytes by purpose for each plan: "host compute", "device model", "cache" of both, ….

    Unless ``whole``, weights are neither read nor counted (no_alloc).
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_load, args=(there, path, plans, whole))
    process.start()
    there.close()
    try:
        return [_bytes(here.recv()) for _ in plans]
    finally:
        process.join()
        here.close()


def _bytes(log: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, kind, size in _BUFFER.findall(log):
        where = "host" if name.startswith(_ON_HOST) else "device"
        found[f"{where} {kind}"] += round(float(size) * (1 << 20))
    found["cache"] = sum(round(float(size) * (1 << 20)) for size in _CACHE.findall(log))
    return found


def _load(connection: Connection, path: Path, plans: Sequence[Plan], whole: bool) -> None:
    import llama_cpp.llama_cpp as llama

    from app.engine import llama as adapter

    lines: list[str] = []
    log = llama.llama_log_callback(lambda _, text, __: lines.append(text.decode()))
    llama.llama_log_set(log, None)
    llama.llama_backend_init()
    for plan in plans:
        lines.clear()
        parameters = adapter._model_parameters(plan, adapter._ggml())
        if not whole:
            parameters.no_alloc = True
            parameters.load_mode = llama.LLAMA_LOAD_MODE_NONE
        model = llama.llama_model_load_from_file(str(path).encode(), parameters)
        state = llama.llama_init_from_model(model, adapter._context_parameters(plan))
        assert state, "".join(lines[-20:])
        connection.send("".join(lines))
        llama.llama_free(state)
        llama.llama_model_free(model)
