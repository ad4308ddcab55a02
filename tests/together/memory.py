"""Measure the memory of two programs that use a model, on one engine and on one each.

usage: python -m tests.together.memory [--model FILE] [--context N]

One asks as the window, the other as `fireside ask`, each behind what it has in the program; then
both stay. "mapped once" counts pages that several processes share, such as a file's, in part to
each (Linux's PSS); "private" are those of one process alone. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.base.answer_events import Done
from app.base.types import Effort, Message, ModelRef, Part, Request, Role, Sampling
from app.engine.overrides import Overrides
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.shared.shared_engine import SharedEngine
from app.engine.supervisor import EngineOptions, LocalBackend
from app.host import demo_model

_QUESTION = "What is the capital of Spain, and what that of Peru? " * 16
_MB = 1_000_000


@dataclass(frozen=True)
class _Memory:
    processes: int
    resident: int
    once: int
    private: int

    @classmethod
    def of(cls, roots: list[int]) -> _Memory:
        """Return the memory of these processes and of all that they have started."""
        found = [psutil.Process(root) for root in roots]
        all_ = [each for root in found for each in (root, *root.children(recursive=True))]
        all_ = [each for each in all_ if "resource_tracker" not in " ".join(each.cmdline())]
        full = [each.memory_full_info() for each in all_]
        return cls(
            len(all_),
            sum(each.rss for each in full),
            sum(each.pss for each in full),
            sum(each.uss for each in full),
        )


def hold(folder: Path, kind: str, model: Path, context: int) -> None:
    """Ask one question, say so, and stay until the input ends."""
    overrides = Overrides(context=context)
    local = LocalBackend(
        folder / f"{kind}.log", None, lambda: EngineOptions(overrides), silence=3600
    )
    backend = SharedEngine(ScheduledBackend(local), folder, kind)
    asked = Request(
        ModelRef.of_file(model, model.stem),
        (Message(Role.USER, (Part(f"{kind}: {_QUESTION}"),)),),
        Effort.LOW,
        sampling=Sampling(temperature=0, max_tokens=4),
    )
    events = [*backend.stream(asked, threading.Event())]
    assert any(isinstance(event, Done) for event in events)
    print("asked", flush=True)
    sys.stdin.read(1)
    backend.close()


def measured(folders: list[Path], model: Path, context: int) -> _Memory:
    """Return the memory once the window and then ask have asked, in these data folders."""
    held = []
    try:
        for folder, kind in zip(folders, ("window", "ask"), strict=False):
            command = [sys.executable, "-m", __spec__.name, "--hold", kind, str(folder)]
            command += ["--model", str(model), "--context", str(context)]
            held.append(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            out = held[-1].stdout
            assert out
            assert out.readline() == "asked\n"
        return _Memory.of([each.pid for each in held])
    finally:
        for each in reversed(held):
            each.communicate("x")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(demo_model().place))
    parser.add_argument("--context", type=int, default=8192)
    parser.add_argument("--hold", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hold:
        kind, folder = options.hold
        hold(Path(folder), kind, options.model, options.context)
        return 0
    print("| | processes | resident | mapped once | private |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        for name, folders in (
            ("the window alone", [one]),
            ("the window and ask, one engine", [one, one]),
            ("the window and ask, an engine each", [one, other]),
        ):
            found = measured([Path(folder) for folder in folders], options.model, options.context)
            sizes = (found.resident, found.once, found.private)
            told = " | ".join(f"{size / _MB:,.0f} MB" for size in sizes)
            print(f"| {name} | {found.processes} | {told} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
