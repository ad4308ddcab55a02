"""The real window through AT-SPI, as Orca reads it.

Needs Debian's at-spi2-core, python3-pyatspi, dbus, xvfb and xdotool.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.base import settings
from app.base.settings import Folders, Settings
from app.host import demo_model

BUS = Path("/usr/libexec/at-spi-bus-launcher")
PYTHON = "/usr/bin/python3"
READER = Path(__file__).with_name("screen_reader.py")


def there() -> bool:
    tools = all(map(shutil.which, ("Xvfb", "xvfb-run", "dbus-run-session", "xdotool", PYTHON)))
    return (
        tools
        and BUS.exists()
        and subprocess.run([PYTHON, "-c", "import pyatspi"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not there(), reason="no AT-SPI here")
def test_a_question_and_its_answer(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    settings.save(Settings(model=demo_model().key), Settings(), folders.settings)
    command = ["dbus-run-session", "--", "xvfb-run", "-a", "sh", "-c"]
    command += [f'{BUS} --launch-immediately & sleep 1; exec {PYTHON} "$@"', "reader"]
    run = subprocess.run(
        [*command, READER, sys.executable, tmp_path],
        env=os.environ | {"QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout[run.stdout.index("{") :])
    assert found["pane"] == ["Chat", "Messages 1 to 2 of 2"]
    assert found["list"] == ["Messages", "Messages 1 to 2 of 2"]
    question, answer = found["messages"]
    assert question["role"] == answer["role"] == "list item"
    assert question["name"].startswith("You, ")
    assert question["text"] == "What is the capital of France?"
    assert ", Medium effort, " in answer["name"]
    assert "Paris" in answer["text"]
    assert ["push button", "Copy answer"] in answer["in"]
    assert found["heard"][0] == "Thinking"
    assert "Paris" in " ".join(found["heard"])
    assert found["heard"][-1].endswith("Answer finished")
