"""What `tests.bench.together` compares with: a bare loop, and llama.cpp's own programs."""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.engine.plan import Plan

PATIENCE_S = 600
_REPACK: dict[bool, tuple[str, ...]] = {True: (), False: ("--no-repack",)}


class Loop:
    """A process with nothing but a loop of llama.cpp's calls, with the plan of the app."""

    def __init__(self, path: Path, plan: Plan, prompts: Sequence[Sequence[int]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_loop, args=(there, path, plan, prompts))
        self._process.start()
        there.close()

    def run(self, count: int, tokens: int) -> float:
        """Return the tokens per second of so many sequences in a batch."""
        self._here.send((count, tokens))
        assert self._here.poll(PATIENCE_S)
        return float(self._here.recv())

    def close(self) -> None:
        self._process.kill()  # it has no state to save
        self._process.join()


def _loop(pipe: Connection, path: Path, plan: Plan, prompts: Sequence[Sequence[int]]) -> None:
    os.environ["OMP_WAIT_POLICY"] = "passive"
    from app.engine import llama as adapter
    from app.engine.sampler_chain import Samplers

    llama: Any = adapter.llama  # type: ignore[attr-defined]
    llama.llama_log_set(adapter._log, None)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    adapter._ggml().load_backends()
    llama.llama_backend_init()
    parameters = adapter._model_parameters(plan, adapter._ggml())
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    context = llama.llama_init_from_model(model, adapter._context_parameters(plan))
    memory = llama.llama_get_memory(context)
    batch = llama.llama_batch_init(plan.ubatch, 0, 1)
    made = Samplers(llama, path, plan.sequences, on_device=False)
    order = (("min_p", 0.01, 1), ("temp", 1.0))
    chains = [made._new_chain(order, seed) for seed in range(plan.sequences)]
    with contextlib.suppress(EOFError):
        while True:
            count, tokens = pipe.recv()
            llama.llama_memory_clear(memory, False)
            for sequence in range(count):
                prompt = prompts[sequence]
                batch.n_tokens = len(prompt)
                for at, token in enumerate(prompt):
                    batch.token[at], batch.pos[at], batch.logits[at] = token, at, 0
                    batch.n_seq_id[at], batch.seq_id[at][0] = 1, sequence
                assert llama.llama_decode(context, batch) == 0
            batch.n_tokens = count
            for sequence in range(count):
                batch.token[sequence], batch.pos[sequence] = 100, len(prompts[sequence])
                batch.seq_id[sequence][0], batch.logits[sequence] = sequence, 1
            began = time.perf_counter()
            for _ in range(tokens):
                llama.llama_decode(context, batch)
                for nth in range(count):
                    token = llama.llama_sampler_sample(chains[nth], context, nth)
                    batch.token[nth] = token
                    batch.pos[nth] += 1
            pipe.send(count * tokens / (time.perf_counter() - began))


class LlamaServer:
    """llama-server with ``slots``, and the app's threads, batches and context."""

    def __init__(self, program: Path, path: Path, plan: Plan, slots: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        options = {
            "--model": path,
            "--host": "127.0.0.1",
            "--port": self._port,
            "--parallel": slots,
            "--ctx-size": plan.context,
            "--threads": plan.threads,
            "--threads-batch": plan.batch_threads,
            "--batch-size": plan.ubatch,
            "--ubatch-size": plan.ubatch,
            "--cache-ram": 0,
            "--fit": "off",
        }
        self._process = subprocess.Popen(
            [program, *_spelled(options), "--kv-unified", *_REPACK[plan.repack]],
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE_S
        while not self._is_ready():
            assert self._process.poll() is None, "llama-server has ended"
            assert time.monotonic() < until
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stream(self, prompt: Sequence[int], tokens: int, cancel: threading.Event) -> Iterator[None]:
        """Yield at each token of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        asked = {
            "prompt": [*prompt],
            "n_predict": tokens,
            "stream": True,
            "ignore_eos": True,
            "cache_prompt": False,
            "samplers": ["min_p", "temperature"],
            "min_p": 0.01,
            "temperature": 1.0,
        }
        kind = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/completion", json.dumps(asked), kind)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            for line in answer:
                if cancel.is_set():
                    return
                if line.startswith(b"data: "):
                    said = json.loads(line[6:])
                    assert "stop" in said, said
                    if not said["stop"]:
                        yield
        finally:
            connection.close()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def _spelled(options: dict[str, Any]) -> list[str]:
    return [str(part) for pair in options.items() for part in pair]


def batched_bench(
    program: Path, path: Path, plan: Plan, counts: Sequence[int], prompt: int, tokens: int
) -> dict[int, float]:
    """Return the tokens per second of llama.cpp's own benchmark, by the size of the batch."""
    options = {
        "-m": path,
        "-c": plan.context,
        "-b": plan.ubatch,
        "-ub": plan.ubatch,
        "-t": plan.threads,
        "-tb": plan.batch_threads,
        "-npp": prompt,
        "-ntg": tokens,
        "-npl": ",".join(map(str, counts)),
        "--output-format": "jsonl",
    }
    ran = subprocess.run(
        [program, *_spelled(options), "-kvu", *_REPACK[plan.repack]],
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    found = [json.loads(line) for line in ran.stdout.splitlines() if re.match(r"\s*{", line)]
    return {int(each["pl"]): float(each["speed_tg"]) for each in found}
