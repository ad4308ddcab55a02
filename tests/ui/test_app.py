"""The whole program, in processes of its own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import pytest
from PySide6.QtCore import QLockFile
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.base import running
from app.base.errors import NotResponding, StoreLocked, StoreReadOnly
from app.host import Host
from app.ui import app
from app.ui.app import SystemEvents
from app.ui.bridge import Bridge
from app.ui.startup import single_instance
from app.ui.startup.data_folder import DataFolder
from app.ui.startup.recovery_dialogs import RecoveryDialogs
from app.ui.startup.single_instance import SingleInstance
from app.ui.startup.smoke_test import SmokeTest
from app.ui.theme import Theme
from app.wording.errors import explain
from tests.ui.driver import Fireside
from tests.ui.qt import child

FIRESIDE = [sys.executable, "-m", "app"]


def test_smoke() -> None:
    done = subprocess.run(
        [*FIRESIDE, "--smoke"], capture_output=True, text=True, timeout=200, check=False
    )
    of_offscreen = "This plugin does not support "
    said = [line for line in done.stderr.splitlines() if not line.startswith(of_offscreen)]
    assert (done.returncode, said) == (0, [])


def test_smoke_without_an_answer_fails(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed_at_once = SimpleNamespace(exec=lambda: 0)
    assert SmokeTest(fireside.window).run(cast(QApplication, closed_at_once)) == 1
    monkeypatch.setattr(SingleInstance, "acquire", lambda self, model, patience: False)
    assert app.run(tmp_path, None, smoke=True) == 1


FIRST = """
import sys
from pathlib import Path
from app.ui import app

def raise_to_front(window, real=app.Window.raise_to_front):
    window.showMinimized()
    real(window)
    print("hidden" if window.isMinimized() else "raised", flush=True)

def on_second(folder, called, real=app.DataFolder.on_second):
    real(folder, called)
    print("listens", flush=True)

if __name__ == "__main__":
    app.Window.raise_to_front = raise_to_front
    app.DataFolder.on_second = on_second
    sys.exit(app.run(Path(sys.argv[1]), None, smoke=False))
"""


def test_a_second_start_raises_the_first(tmp_path: Path) -> None:
    script, said = tmp_path / "first.py", tmp_path / "said.txt"
    script.write_text(FIRST)
    with said.open("w") as output:
        first = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            stdout=output,
            env=os.environ | {"PYTHONPATH": "."},
        )

    def until(text: str) -> None:
        deadline = time.monotonic() + 120
        while said.read_text() != text and time.monotonic() < deadline:
            time.sleep(0.05)
        assert said.read_text() == text

    try:
        until("listens\n")
        second = subprocess.run([*FIRESIDE, "--data-dir", str(tmp_path)], timeout=120, check=False)
        assert second.returncode == 0
        until("listens\nraised\n")  # the second may have ended before
        assert first.poll() is None
    finally:
        children = psutil.Process(first.pid).children(recursive=True)
        first.terminate()
        first.wait(30)
        psutil.wait_procs(children, timeout=30)


@pytest.mark.parametrize("model", [None, Path("/models/größe 1.gguf")])
def test_the_first_is_told(tmp_path: Path, qtbot: QtBot, model: Path | None) -> None:
    first = SingleInstance(tmp_path)
    assert first.acquire()
    shown: list[Path | None] = []
    first.on_second(shown.append)
    name = f"Path({str(model)!r})" if model else None
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "from app.ui.startup.single_instance import SingleInstance; QCoreApplication([])\n"
        f"sys.exit(SingleInstance(Path({str(tmp_path)!r})).acquire({name}))"
    )
    second = subprocess.Popen([sys.executable, "-c", code])
    qtbot.waitUntil(lambda: second.poll() is not None)
    assert second.returncode == 0
    assert shown == [model]
    first.close()
    third = SingleInstance(tmp_path)
    assert third.acquire()
    third.close()


HANGS = """
import os, signal, subprocess, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.startup.single_instance import SingleInstance

if __name__ == "__main__":
    application = QCoreApplication([])
    first = SingleInstance(Path(sys.argv[1]))
    assert first.acquire()
    first.on_second(print)
    engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(engine.pid, flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process is stopped there")
def test_a_first_that_hangs_is_ended(
    tmp_path: Path, fixed_theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second start says so, and ends it with its engine, instead of ending silently."""
    monkeypatch.setattr(single_instance, "_SILENCE_MS", 300)
    monkeypatch.setattr(running, "_GRACE_S", 0.3)
    script = tmp_path / "hangs.py"
    script.write_text(HANGS)
    first = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    reaper = threading.Thread(target=first.wait)  # as the desktop does
    reaper.start()
    assert first.stdout
    engine = psutil.Process(int(first.stdout.readline()))
    bridge, folder = Bridge(), DataFolder(tmp_path)
    with pytest.raises(NotResponding) as raised:
        folder.take()
    dialog = RecoveryDialogs(fixed_theme, bridge, folder)
    qtbot.addWidget(dialog)
    dialog.begin(raised.value)
    dialog.open()
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert "Fireside is already running but isn’t responding" in texts
    assert child(dialog, QAbstractButton, "quit").text() == "Cancel"
    child(dialog, QAbstractButton, "endOther").click()
    qtbot.waitUntil(lambda: isinstance(dialog.outcome, Host))
    reaper.join()
    assert first.returncode is not None, "0 if psutil was the first to ask how it ended"
    assert not running._runs(engine)
    assert isinstance(dialog.outcome, Host)
    dialog.outcome.close()
    dialog._pool.shutdown()
    folder.close()
    bridge.close()
    first.stdout.close()


def test_only_the_process_that_wrote_the_lock_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / running.LOCK
    me = psutil.Process()
    name = Path(me.exe()).name
    lock.write_text(f"{me.pid}\n{name}\n{platform.node()}\n")
    assert running.holder(tmp_path) == me
    for other in (f"{me.pid}\nfirefox\n", f"{me.pid}\n{name}\nelsewhere\n", "x\n\n\n", ""):
        lock.write_text(other)
        assert running.holder(tmp_path) is None
    lock.write_text(f"{me.pid}\n{name}\n{platform.node()}\n")
    os.utime(lock, (me.create_time() - 60,) * 2)  # its number is another's by now
    assert running.holder(tmp_path) is None


def test_folders_do_not_know_each_other(tmp_path: Path, qtbot: object) -> None:
    (tmp_path / "b").mkdir()
    first, other = SingleInstance(tmp_path), SingleInstance(tmp_path / "b")
    assert first.acquire()
    assert other.acquire()
    first.close()
    other.close()


def test_a_folder_that_takes_no_lock(tmp_path: Path, qtbot: object) -> None:
    with pytest.raises(StoreReadOnly):
        SingleInstance(tmp_path / "nowhere").acquire()


def test_a_first_that_does_not_listen(tmp_path: Path, qtbot: object) -> None:
    lock = QLockFile(str(tmp_path / "fireside.lock"))
    assert lock.tryLock(0)
    with pytest.raises(StoreLocked):
        SingleInstance(tmp_path).acquire(patience=0.3)
    lock.unlock()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
@pytest.mark.parametrize("screen", [{}, {"DISPLAY": ""}, {"WAYLAND_DISPLAY": "", "DISPLAY": ""}])
def test_no_screen(screen: dict[str, str]) -> None:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        FIRESIDE, env=environment | screen, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("No display found.")


def test_a_smoke_that_cannot_open_says_why(
    tmp_path: Path, qtbot: object, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    assert app.run(folder, None, smoke=True) == 1  # without a window
    why = explain(StoreReadOnly(folder)).sentence  # in the app's language
    assert capsys.readouterr().err == f"{why}\n"


def test_a_file_that_was_double_clicked_on_a_mac(qapp: QApplication, tmp_path: Path) -> None:
    opened: list[Path] = []
    opener = SystemEvents(qapp, opened.append, lambda: None)
    QApplication.sendEvent(qapp, QFileOpenEvent(str(tmp_path / "m.gguf")))
    assert opened == [tmp_path / "m.gguf"]
    opener.deleteLater()
