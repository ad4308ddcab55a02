"""The whole program, in processes of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from app.store import Store
from app.ui.app import SingleInstance

FIRESIDE = [sys.executable, "-m", "app"]


def test_smoke() -> None:
    done = subprocess.run(
        [*FIRESIDE, "--smoke"], capture_output=True, text=True, timeout=90, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_second_start_raises_the_first(tmp_path: Path) -> None:
    first = subprocess.Popen([*FIRESIDE, "--data-dir", str(tmp_path)])
    try:
        deadline = time.monotonic() + 20
        while not (tmp_path / "fireside.lock").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        began = time.monotonic()
        second = subprocess.run([*FIRESIDE, "--data-dir", str(tmp_path)], timeout=30, check=False)
        assert second.returncode == 0
        assert time.monotonic() - began < 15
        assert first.poll() is None
    finally:
        children = psutil.Process(first.pid).children(recursive=True)
        first.terminate()
        first.wait(10)
        psutil.wait_procs(children, timeout=5)


def test_the_first_is_told(tmp_path: Path, qtbot: object) -> None:
    first = SingleInstance(tmp_path)
    assert first.acquire()
    shown: list[bool] = []
    first.on_second(lambda: shown.append(True))
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "from app.ui.app import SingleInstance; QCoreApplication([])\n"
        f"sys.exit(SingleInstance(Path({str(tmp_path)!r})).acquire())"
    )
    second = subprocess.Popen([sys.executable, "-c", code])
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
    assert second.returncode == 0
    assert shown == [True]
    first.close()
    third = SingleInstance(tmp_path)
    assert third.acquire()
    third.close()


def test_folders_do_not_know_each_other(tmp_path: Path, qtbot: object) -> None:
    (tmp_path / "b").mkdir()
    first, other = SingleInstance(tmp_path), SingleInstance(tmp_path / "b")
    assert first.acquire()
    assert other.acquire()
    first.close()
    other.close()


@pytest.mark.skipif(os.name != "posix", reason="the folder's way to be unusable is of POSIX")
def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    Store(tmp_path / "chats.db").close()
    with closing(sqlite3.connect(tmp_path / "chats.db")) as db:
        db.execute("PRAGMA user_version = 999")
        db.commit()
    code = (
        "import sys\nfrom pathlib import Path\nfrom PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\nfrom app.base.settings import Folders\n"
        "from app.ui import app\n"
        "qt = app._application()\n"
        "def look():\n"
        "    box = qt.activeModalWidget()\n"
        "    print(box.objectName(), box.text())\n"
        "    box.close()\n"
        "QTimer.singleShot(500, look)\n"
        f"sys.exit(app.run(Folders(Path({str(tmp_path)!r})), None, False))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("startProblem The chats in")
    assert "newer Fireside" in done.stdout
