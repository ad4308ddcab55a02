"""One answer alone, here and in another tree of the source, for `tests.bench.together`.

As a program, it answers a line on stdin (the path of a model, words of a prompt, tokens of an
answer) with a line of JSON, by the engine of the folder that PYTHONPATH names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from app.base.answer_events import Delta, Done, Prefill
from app.base.types import Effort, Message, ModelRef, Part, Request, Role
from app.base.types import Sampling as Drawn
from app.engine.engine_process import EngineOptions
from app.engine.overrides import Overrides
from app.engine.supervisor import LocalBackend

_CONTEXT = 8192


class Tree:
    """The engine of a tree, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            env={**os.environ, "PYTHONPATH": str(folder)},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self, path: Path, words: int, tokens: int) -> dict[str, Any]:
        """Return what one answer took."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(path), words, tokens]) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        self._process.communicate()


def _ask(backend: LocalBackend, request: Request) -> dict[str, Any]:
    text, done = "", None
    with closing(backend.stream(request, threading.Event())) as steps:
        for step in steps:
            if isinstance(step, Delta):
                text += step.text
            elif isinstance(step, Done):
                done = step.stats
    assert done
    return {
        "text": text,
        "speed": done.generated / done.generation_s,
        "prompt": done.evaluated / done.prompt_s,
        "first": done.first_token_s,
        "memory": done.peak_memory,
    }


def _stop(backend: LocalBackend, request: Request, kind: type) -> float:
    """Return the seconds until an answer ends that is stopped at its second event of a kind."""
    cancel, stopped, count = threading.Event(), 0.0, 0
    with closing(backend.stream(request, cancel)) as steps:
        try:
            for step in steps:
                count += isinstance(step, kind)
                if count == 2 and not stopped:
                    stopped = time.perf_counter()
                    cancel.set()
        except Exception as error:  # Cancelled, from either tree
            if type(error).__name__ != "Cancelled":
                raise
    return time.perf_counter() - stopped


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = EngineOptions(Overrides(context=_CONTEXT))
        backend = LocalBackend(Path(folder) / "engine.log", options=lambda: options)
        for line in sys.stdin:
            path, words, tokens = json.loads(line)
            text = " ".join(f"Word {n} of many." for n in range(words // 4))
            message = Message(Role.USER, (Part(text + " Tell me a long story."),))
            model = ModelRef.of_file(Path(path), "model")
            sampling = Drawn(seed=1, max_tokens=tokens)
            request = Request(model, (message,), Effort.HIGH, sampling=sampling)
            found = _ask(backend, request)
            found["stop reading"] = _stop(backend, request, Prefill)
            found["stop writing"] = _stop(backend, request, Delta)
            print(json.dumps(found), flush=True)
        backend.close()


if __name__ == "__main__":
    main()
