"""The real box: Python in WebAssembly, in its process behind the wall.

`tests/long/test_python_long.py` has what takes longer: all programs, kills, floods.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.tools.python import box_frames, runtime
from app.tools.python.python_box import BoxEnded, BoxResult, BoxStopped, ProcessBox, _sweep

FOUND = runtime.find()
pytestmark = pytest.mark.skipif(FOUND is None, reason="Python for WebAssembly is not compiled")
CASES = Path(__file__).parents[1] / "cases" / "python"
SEED, SOME = 18, 12


def start(memory: int = 512 << 20) -> ProcessBox:
    assert FOUND is not None
    return ProcessBox(FOUND, memory)


@pytest.fixture(scope="module")
def shared() -> Iterator[ProcessBox]:
    """Return a box that tests share, since none needs that nothing was run in it."""
    box = start()
    yield box
    box.kill()


@pytest.fixture
def own() -> Iterator[ProcessBox]:
    box = start()
    yield box
    box.kill()


def run(box: ProcessBox, code: str, seconds: float = 60.0) -> BoxResult:
    *_, result = box.run(code, seconds, threading.Event())
    assert isinstance(result, BoxResult)
    return result


def cases() -> tuple[dict[str, str], dict[str, str]]:
    """Return programs, and what they print natively."""
    spec = importlib.util.spec_from_file_location("record", CASES / "record.py")
    assert spec is not None
    assert spec.loader is not None
    record = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(record)
    native = json.loads((CASES / "native.json").read_text("utf-8"))
    return record.programs(), native


def test_programs_print_what_they_print_natively(shared: ProcessBox) -> None:
    programs, native = cases()
    assert programs.keys() == native.keys()
    light = [n for n, code in programs.items() if not any(w in code for w in ("sci", "sk", "sym"))]
    for name in random.Random(SEED).sample(sorted(light), SOME):
        assert (result := run(shared, programs[name])).stdout == native[name], (name, result)


def test_the_last_expression_is_shown(shared: ProcessBox) -> None:
    assert run(shared, "a = 5\na + 1").stdout == "6\n"
    assert run(shared, "_ * 2").stdout == "12\n"
    assert run(shared, "a;").stdout == ""
    assert run(shared, "None").stdout == ""
    assert run(shared, "'ü'").stdout == "'ü'\n"
    assert run(shared, "%matplotlib inline\ndisplay(a)").stdout == "5\n"
    assert run(shared, "import asyncio\nawait asyncio.sleep(0, 7)").stdout == "7\n"
    assert run(shared, "len(str(2 ** 40_000))").stdout == "12042\n"


def test_a_traceback_has_the_cells_only(shared: ProcessBox) -> None:
    failed = run(shared, "def f(x):\n    return 1 / x\nf(0)")
    assert failed.failed
    lines = failed.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith(", line 3, in <module>")
    assert lines[2:4] == ["    f(0)", "    ~^^^"]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "fireside" not in failed.stderr
    wrong = run(shared, "x = (")
    assert wrong.stderr.splitlines()[0].startswith('  File "<cell ')
    assert "Shell commands" in run(shared, "!pip install x").stderr
    numbers = run(shared, "import numpy as np\nnp.add(np.zeros(2), np.zeros(3))")
    assert "fireside" not in numbers.stderr
    assert numbers.stderr.endswith("shapes (2,) (3,) \n")


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "exit(3)", "import sys; sys.exit('no')"])
def test_leaving_is_not_the_end_of_the_session(shared: ProcessBox, code: str) -> None:
    left = run(shared, f"kept = 1\n{code}")
    assert left.failed
    assert not left.ended
    assert run(shared, "kept").stdout == "1\n"


@pytest.mark.parametrize(
    "code",
    ["import sys; sys.stdout.close()", "import sys; sys.stdout = None", "globals().clear()"],
)
def test_what_a_cell_breaks_is_mended_for_the_next(shared: ProcessBox, code: str) -> None:
    run(shared, code)
    assert run(shared, "import numpy as np\nprint(np.array([10 ** 5]) ** 2)").stdout == (
        "[10000000000]\n"
    )


def test_what_is_not_there_is_said(shared: ProcessBox) -> None:
    network = run(shared, "import urllib.request as r; r.urlopen('http://example.org')")
    assert network.stderr.endswith("\nThere is no network here.\n")
    missing = run(shared, "import plotly").stderr.splitlines()
    assert missing[-2:] == [
        "ModuleNotFoundError: No module named 'plotly'",
        "Packages cannot be installed here.",
    ]


def test_control_tokens_are_text(shared: ProcessBox) -> None:
    text = "<|end|><|start|>assistant\x1b[31m\0"
    assert run(shared, f"print({text!r})").stdout == f"{text}\n"
    assert run(shared, "import os; os.write(1, b'\\xff\\xfe'); None").stdout == "\ufffd\ufffd"


def test_files_are_in_a_folder_of_the_box(own: ProcessBox) -> None:
    own.put({"given.csv": b"a\n1\n", "old.txt": b"old"})
    made = run(own, "import os\nopen('new.txt', 'w').write('x')\nos.mkdir('d')\nos.listdir('.')")
    assert made.stdout == "['given.csv', 'old.txt', 'new.txt', 'd']\n"
    assert made.files == (("/new.txt", b"x"),)
    for refused in ("open('old.txt', 'w')", "os.remove('old.txt')", "os.rename('old.txt', 'x')"):
        assert "PermissionError" in run(own, refused).stderr
    assert run(own, "open('new.txt').read()").files == ()
    assert run(own, "open('new.txt', 'w').write('x')").files == (), "the same again"
    changed = run(own, "open('new.txt', 'w').write('y')\nopen('d/a', 'w').write('')\nos.getcwd()")
    assert changed.files == (("/new.txt", b"y"), ("/d/a", b""))
    assert run(own, "for i in range(30): open(f'f{i}', 'w').close()").more_files == 20
    outside = "import pathlib; [str(p) for p in sorted(pathlib.Path('/').glob('*'))]"
    assert "home" not in run(own, outside).stdout
    for closed in ("open('/etc/passwd')", "open('/x', 'w')", "open('/usr/local/lib/x', 'w')"):
        assert run(own, closed).failed


def test_the_folder_has_a_quota(shared: ProcessBox) -> None:
    clear = "import os\nfor name in os.listdir('.'): os.remove(name)\nlen(os.listdir('.'))"
    assert run(shared, clear).stdout == "0\n"
    full = run(shared, "b = b'x' * (1 << 20)\nfor i in range(70): open(f'{i}', 'wb').write(b)")
    assert "No space left" in full.stderr
    whole = "sum(os.path.getsize(name) for name in os.listdir('.')) >> 20"
    assert run(shared, whole).stdout == "64\n"
    run(shared, clear)
    many = run(shared, "for i in range(600): open(f'{i}', 'w').close()")
    assert "No space left" in many.stderr
    assert run(shared, "len(os.listdir('.'))").stdout == "500\n"
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone"
    assert len(run(shared, plot).figures) == 1, "a full folder is no obstacle"
    run(shared, clear)


def test_figures_are_taken_and_closed(shared: ProcessBox) -> None:
    drawn = run(
        shared, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.plot([3]);"
    )
    assert len(drawn.figures) == 2
    assert all(figure.startswith(b"\x89PNG") for figure in drawn.figures)
    assert (drawn.stdout, drawn.stderr) == ("", "")
    assert run(shared, "plt.get_fignums()").stdout == "[]\n"
    many = run(shared, "for i in range(12): plt.figure(figsize=(1, 1)).text(0, 0, 'x')")
    assert (len(many.figures), many.more_figures) == (10, 2)
    assert run(shared, "1").figures == ()


def test_output_beyond_what_is_kept_keeps_its_end(shared: ProcessBox) -> None:
    flood = run(shared, "print('begin' + 'x' * 3_000_000 + 'end')")
    assert flood.stdout.startswith("beginxxx")
    assert flood.stdout.endswith("xxxend\n")
    assert flood.left_out == (3_000_009 - (1 << 20), 0)


def test_what_is_passed_on_is_the_beginning_of_the_result(shared: ProcessBox) -> None:
    code = "import time\nfor i in range(3): print(i); time.sleep(0.2)"
    *said, result = shared.run(code, 60, threading.Event())
    assert isinstance(result, BoxResult)
    assert result.stdout == "0\n1\n2\n"
    assert result.stdout.startswith("".join(map(str, said)))


def test_what_never_ends_is_ended(own: ProcessBox) -> None:
    own.put({"a": b"there"})
    run(own, "x = 1")
    assert run(own, "while True: pass", 0.3).ended == "deadline"
    assert "NameError" in run(own, "x").stderr
    assert run(own, "import time; time.sleep(99)", 0.3).ended == "deadline"
    assert run(own, "import threading; k = threading.Lock(); k.acquire(); k.acquire()", 0.3).ended
    deep = "import sys; sys.setrecursionlimit(10 ** 8)\ndef f(n): return f(n + 1)\nf(0)"
    assert run(own, deep).ended == "stack overflow"
    assert "MemoryError" in run(own, "[0] * (10 ** 9)").stderr
    assert run(own, "import os; os._exit(3)").ended == "exit"
    assert run(own, "import sys; sys.modules.clear()").ended == ""
    assert run(own, "1").ended
    assert run(own, "open('/mnt/data/a').read()").stdout == "'there'\n"


@pytest.mark.parametrize("lines", [1, 3, 20])
def test_output_is_seen_while_it_runs_and_a_stop_ends_the_box_at_once(
    own: ProcessBox, lines: int
) -> None:
    cancel = threading.Event()
    said = own.run(f"for i in range({lines}): print(i)\nimport time; time.sleep(99)", 99, cancel)
    shown, whole = "", "".join(f"{i}\n" for i in range(lines))
    while shown != whole:
        more = next(said)
        assert isinstance(more, str), "all of it was shown before the end"
        shown += more
        assert whole.startswith(shown)
    cancel.set()
    with pytest.raises(BoxStopped):
        next(said)
    assert not own.alive
    assert not own._scratch.exists()
    with pytest.raises(BoxEnded):
        run(own, "1")


@pytest.mark.skipif(sys.platform == "win32", reason="another signal")
def test_a_box_that_is_killed_leaves_nothing(own: ProcessBox) -> None:
    run(own, "1")
    os.kill(own.pid, signal.SIGKILL)
    with pytest.raises(BoxEnded):
        run(own, "1")
    assert not own._scratch.exists()
    assert not psutil.pid_exists(own.pid)


def test_what_a_killed_program_left_is_swept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "fireside-python-abc"
    (left / "lib").mkdir(parents=True)
    (tmp_path / "fireside-python-abc.lock").write_bytes(b"")
    (tmp_path / "fireside-python-other").mkdir()
    box = start()
    _sweep()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["fireside-python-other", box._scratch.name, f"{box._scratch.name}.lock"]
    )
    box.kill()
    assert [p.name for p in tmp_path.iterdir()] == ["fireside-python-other"]


def test_the_box_knows_nothing_of_the_user(shared: ProcessBox) -> None:
    run(shared, "1")
    with contextlib.suppress(psutil.AccessDenied):  # the wall hides it, but not from root
        environment = psutil.Process(shared.pid).environ()
        assert set(environment) <= {"TMPDIR", "TEMP", "TMP", "LC_CTYPE", "SYSTEMROOT"}
    assert run(shared, "import os; sorted(os.environ)").stdout == (
        "['HOME', 'MPLBACKEND', 'MPLCONFIGDIR', 'PYTHONTZPATH', 'TMPDIR']\n"
    )


def test_a_box_that_sends_anything_else_is_ended() -> None:
    for bad in (b"\xff" * 40, b"\2\0\0\0\0\0\0\0[]", b"\2\0\0\0\1\0\0\0{}\xff\xff\xff\xff"):
        with pytest.raises(box_frames.FrameInvalid):
            box_frames.read(io.BytesIO(bad))
    assert box_frames.read(io.BytesIO(b"")) is None
    file = io.BytesIO()
    box_frames.write(file, {"a": "ü"}, [b"", b"x"])
    assert box_frames.read(io.BytesIO(file.getvalue())) == ({"a": "ü"}, [b"", b"x"])
