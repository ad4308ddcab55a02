"""Whatever the process of a box sends, as if WebAssembly and its program were broken."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.tools.python import python_box
from app.tools.python.python_box import BoxEnded, BoxResult, BoxStopped, ProcessBox
from app.tools.python.runtime import LIBRARY, Runtime

_SENDS = """
import json, struct, sys, time
def send(header, blobs=()):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    sys.stdout.buffer.write(struct.pack("<II", len(text), len(blobs)) + text)
    for blob in blobs:
        sys.stdout.buffer.write(struct.pack("<I", len(blob)) + blob)
    sys.stdout.buffer.flush()
good = {"done": True, "left_out": [0, 0], "failed": False, "ended": "", "figures": 0,
        "more_figures": 0, "files": [], "more_files": 0, "seconds": 0}
send({"ready": True})
"""
Start = Callable[[str], ProcessBox]


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a starter of a box whose process sends what a program says."""
    made = []
    library = tmp_path / LIBRARY
    library.parent.mkdir(exist_ok=True)
    library.write_bytes(b"")

    def start(code: str) -> ProcessBox:
        monkeypatch.setattr(python_box, "_command", lambda: [sys.executable, "-c", _SENDS + code])
        made.append(ProcessBox(Runtime(library, library), 1 << 20))
        return made[-1]

    yield start
    for each in made:
        each.kill()


@pytest.mark.parametrize(
    "code",
    [
        "sys.stdout.buffer.write(b'\\xff' * 4096)",
        "send({})",
        "send([1])",
        "send(b'[' * 100_000)",
        "send(good)",
        "send({**good, 'figures': -1}, [b''] * 2)",
        "send(json.dumps({**good, 'figures': float('inf')}).encode(), [b''] * 2)",
        "send({**good, 'figures': 3}, [b''] * 2)",
        "send({**good, 'files': 7}, [b''] * 2)",
        "send({**good, 'left_out': []}, [b''] * 2)",
        "sys.stdout.buffer.write(struct.pack('<II', 1 << 31, 0))",
        "sys.stdout.buffer.write(struct.pack('<II', 2, 1) + b'{}' + struct.pack('<I', 1 << 31))",
        "sys.exit()",
    ],
)
def test_what_is_no_result_ends_the_box(hostile: Start, code: str) -> None:
    with pytest.raises(BoxEnded):
        list(hostile(code).run("1", 60, threading.Event()))


def test_an_answer_is_data_and_never_unpickled(hostile: Start, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    bomb = f"b'cposix\\nsystem\\n(Vtouch {mine}\\ntR.'"
    with pytest.raises(BoxEnded):
        list(hostile(f"sys.stdout.buffer.write({bomb} * 9)").run("1", 60, threading.Event()))
    assert not mine.exists()


def test_texts_can_be_stored(hostile: Start) -> None:
    code = r"""send(b'{"text": "\\ud800"}')
send(json.dumps({**good, "files": ["/\udfff"]}).encode(), [b"\xff", b"", b"x"])
time.sleep(60)"""
    said, result = hostile(code).run("1", 60, threading.Event())
    assert said == "?"
    assert isinstance(result, BoxResult)
    assert (result.stdout, result.files) == ("\ufffd", (("/?", b"x"),))


def test_a_flood_takes_no_memory_and_can_be_stopped(hostile: Start) -> None:
    flooded = hostile("blob = bytes(1 << 24)\nwhile True: send({'text': 'x' * 1000}, [blob])")
    cancel = threading.Event()
    before = psutil.Process().memory_info().rss
    said = flooded.run("1", 60, cancel)
    next(said)
    time.sleep(1)  # in which it sends more than is taken
    assert psutil.Process().memory_info().rss - before < 100 << 20
    cancel.set()
    with pytest.raises(BoxStopped):
        list(said)
