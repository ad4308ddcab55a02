"""Workers that lose a GPU, need a longer context, or have a driver that crashes.

Each is a `Target` as in `tests.fakes.engine_processes`. Beside its log, ``history`` has a line for
each process: "lists", "loads", or what it was asked.
"""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.base.answer_events import Delta, Done, Loading, Prompt, Stats, StopReason
from app.base.types import PartKind, Role
from app.engine.engine_process import OFFLOAD
from app.engine.engine_protocol import NeedsContext
from app.engine.plan import Plan
from app.engine.probe import Devices, Gpu

CARDS = tuple(
    Gpu(f"CUDA{n}", f"RTX 40{60 + 10 * n}", 8 << 30, 7 << 30, pci=f"0000:0{n + 1}:00.0")
    for n in range(2)
)
LOST = {
    "CUDA": "CUDA error: unspecified launch failure\n  current device: 0, in function f at a:9\n",
    "Vulkan": "terminate called after throwing an instance of 'vk::DeviceLostError'\n",
    "memory": "CUDA error: out of memory\n  current device: 0, in function alloc at a.cu:9\n",
}
WORDS = ("one ", "two ", "three ", "four ")
STATS = Stats(1, 1, 4, 0, 0.1, 0.1, 0, 0, 4096)


def noted(log: Path, line: str) -> int:
    """Write a line of the history; return how many like it there are now."""
    file = log.with_name("history")
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")
    return file.read_text("utf-8").splitlines().count(line)


def _begun(connection: Connection, gpus: tuple[Gpu, ...]) -> tuple[Any, ...]:
    """List the devices, and return the next command but those that only ask for them."""
    while True:
        command = connection.recv()
        if command[0] != "devices":
            assert isinstance(command, tuple)
            return command
        connection.send((command[1], Devices(gpus)))
        connection.send((command[1], None))


def _loaded(connection: Connection, gpus: tuple[Gpu, ...], log: Path) -> tuple[Any, ...]:
    """Load whatever it is, and return the first question."""
    _, number, _, plan, _ = _begun(connection, gpus)
    return _asked(connection, log, number, plan)


def _asked(connection: Connection, log: Path, number: int, plan: Plan) -> tuple[Any, ...]:
    """Have loaded by ``plan``, and return the first question."""
    noted(log, f"loads {plan.context} on {[share.gpu.name for share in plan.shares]}")
    noted(log, f"copies batches from {os.environ.get(OFFLOAD)}")
    connection.send((number, Loading(1.0)))
    connection.send((number, None))
    question = connection.recv()
    assert isinstance(question, tuple)
    return question


def _answer(connection: Connection, asked: tuple[Any, ...], most: int = len(WORDS)) -> None:
    """Answer with up to ``most`` of those words that are still missing."""
    _, number, request, *_ = asked
    last = request.messages[-1]
    answers = last.role is Role.ASSISTANT
    said = last.text.split() if answers else []
    at = sum(part.kind is not PartKind.TEXT for part in last.parts) if answers else 0
    connection.send((number, Prompt(3, 4096)))
    for word in WORDS[len(said) :][:most]:
        connection.send((number, Delta(at, word)))


def _finish(connection: Connection, number: int) -> None:
    connection.send((number, Done(StopReason.END, STATS)))
    connection.send((number, None))
    while connection.recv()[0] != "close":
        pass


def loses_a_gpu(connection: Connection, log: Path) -> None:
    """Lose the first GPU in mid answer, as often as an environment variable says."""
    asked = _loaded(connection, CARDS, log)
    kind, times = os.environ["FIRESIDE_TEST_LOST"].split()
    if noted(log, "asked") <= int(times):
        _answer(connection, asked, 1)
        with log.open("a", encoding="utf-8") as file:
            file.write(LOST[kind])
        os.abort()
    _answer(connection, asked)
    _finish(connection, asked[1])


def needs_context(connection: Connection, log: Path) -> None:
    """Ask for twice the context until it is not allowed any more."""
    _, number, _, plan, _ = _begun(connection, ())
    asked = _asked(connection, log, number, plan)
    if asked[3]:
        connection.send((asked[1], NeedsContext(2 * plan.context)))
        connection.send((asked[1], None))
        asked = connection.recv()
        if asked[0] == "close":
            return
    _answer(connection, asked)
    _finish(connection, asked[1])


def killed_at_first(connection: Connection, log: Path) -> None:
    """Be killed before the devices are listed, but only the first time."""
    if noted(log, "begins") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    asked = _loaded(connection, CARDS, log)
    _answer(connection, asked)
    _finish(connection, asked[1])


def driver_crashes(connection: Connection, log: Path) -> None:
    """Die when the devices are listed, unless no driver is to be asked."""
    if "FIRESIDE_NO_GPU" not in os.environ:
        noted(log, "crashed")
        os.abort()
    asked = _loaded(connection, (), log)
    _answer(connection, asked)
    _finish(connection, asked[1])
