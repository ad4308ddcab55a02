"""`fireside pull` and `fireside models`, with a hub on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile

from app.base.running import LOCK
from app.models.queue_store import QueueStore
from tests.e2e.test_getting import NAME, entries, runnable
from tests.fakes import listed
from tests.fakes.hub import Hub, serving
from tests.fakes.listed import SMALL

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent otherwise there")


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serving() as hub:
        listed.stock(hub, runnable)
        yield hub


class Command:
    """Commands of Fireside with folders of their own."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self._catalogue = folder / "catalogue.json"
        self._catalogue.write_text(json.dumps(entries(hub)))
        self._env = os.environ | {"HF_HOME": str(folder / "hf")}
        self.data.mkdir()
        settings = json.dumps({"hub_address": hub.endpoint})  # as set in the window
        (self.data / "settings.json").write_text(settings)
        self._hub = hub

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        driver = [sys.executable, "-m", "tests.e2e.pull_driver", str(self._catalogue)]
        return subprocess.Popen(
            [*driver, "--data-dir", str(self.data), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._env,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return process.returncode, out, err


@pytest.fixture
def fireside(hub: Hub, tmp_path: Path) -> Command:
    hub.rate = None
    return Command(hub, tmp_path)


def test_it_goes_on_after_ctrl_c_and_the_model_is_used(hub: Hub, fireside: Command) -> None:
    hub.rate = 2e5
    process = fireside.start("pull", "GPT-OSS-20b")
    blobs = fireside.folder / "hf/hub/models--ggml-org--gpt-oss-20b-GGUF/blobs"
    deadline = time.monotonic() + 120
    while not (list(blobs.glob("*.blocks")) and hub.sent) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert "Paused" in err
    assert "Traceback" not in err
    store = QueueStore(fireside.data / "downloads.json")
    (entry,) = store.entries  # the window offers to go on, too, and does not begin by itself
    store.close()
    assert not entry.running
    hub.rate = None
    hub.rest()  # what is sent to nobody is counted, too
    before = hub.sent
    code, out, err = fireside.run("pull", "gpt-oss-20b")
    assert code == 0
    path = Path(out.partition(": ")[2].strip())
    assert path.read_bytes() == hub.files[NAME].content
    assert hub.sent - before <= len(hub.files[NAME].content)
    assert "100%" in err
    assert json.loads((fireside.data / "downloads.json").read_text()) == {
        "orders": [],
        "downloaded": [str(path)],
        "unused": [],
    }
    code, out, _ = fireside.run("models", "--json")
    (model,) = json.loads(out)["installed"]
    assert (code, model["path"], model["in_use"]) == (0, str(path), True)


def test_it_does_not_fight_the_window(fireside: Command, hub: Hub) -> None:
    offer = listed.catalogue(hub, (4, 4))[0]
    entry = {
        "repository": SMALL,
        "commit": offer.model.commit,
        "files": [file.name for file in offer.model.files],
        "size": offer.model.size,
        "sizes": [file.size for file in offer.model.files],
        "sha256": offer.model.hashes,
        "cache": str(fireside.folder / "hf" / "hub"),
        "running": True,
        "have": offer.model.size // 2,
        "brought": [],
        "offer": "gpt-oss-20b",
    }
    queue = json.dumps({"orders": [entry]})
    (fireside.data / "downloads.json").write_text(queue)
    lock = QLockFile(str(fireside.data / LOCK))
    assert lock.tryLock(0)
    code, out, err = fireside.run("pull", "gpt-oss-20b")
    assert (code, out) == (1, "")
    assert "is already downloading in the Fireside window" in err
    assert (fireside.data / "downloads.json").read_text() == queue
    lock.unlock()
