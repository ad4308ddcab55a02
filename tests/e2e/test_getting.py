"""The real window downloads gpt-oss-20b from a hub on loopback, in each state of the hub.

The hub has what the listing of the real one has; the downloaded model is then asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import listed
from tests.fakes.hub import File, Hub, serving
from tests.fakes.listed import SMALL
from tests.program import command

NAME = f"{SMALL}/gpt-oss-20b-MXFP4.gguf"
OLD = "gpt-oss-20b-mxfp4.gguf"
LATER = "d" * 40
QUESTION = "What is the capital of France?"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the driver reads a pipe by Qt")


def runnable(repository: str, name: str) -> bytes:
    """Return content that is large enough to observe its download."""
    return listed.runnable(repository, name) + bytes(2 << 20)


def gone(hub: Hub) -> None:
    """Remove the commit; the file stays where it was."""
    listed.move_on(hub, SMALL, LATER)


def renamed(hub: Hub) -> None:
    """Rename the file again, into a folder."""
    listed.rename(hub, NAME, f"{SMALL}/mxfp4/gpt-oss-20b.gguf", LATER)


def converted(hub: Hub) -> None:
    """Leave only another conversion of the model."""
    del hub.files[NAME]
    hub.files[f"{SMALL}/gpt-oss-20b-2027.gguf"] = File(runnable(SMALL, "2027"), LATER)
    listed.move_on(hub, SMALL, LATER)


def seen(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "it ended, or did nothing for minutes"
    found: dict[str, Any] = json.loads(line)
    return found


def entries(hub: Hub) -> list[dict[str, Any]]:
    """Return a catalogue of the hub's present files in the register's form."""
    return [
        {
            "name": offer.name,
            "repository": offer.model.repository,
            "commit": offer.model.commit,
            "licence": offer.licence,
            "layers": offer.layers,
            "experts": offer.experts,
            "files": [
                {"name": file.name, "size": file.size, "sha256": file.sha256}
                for file in offer.model.files
            ],
        }
        for offer in listed.catalogue(hub, (4, 4))
    ]


def follow(
    hub: Hub,
    offers: list[dict[str, Any]],
    folder: Path,
    screenshot: Callable[[str], object] = str,
) -> dict[str, Any]:
    """Return what is on screen at each station, by its name."""
    catalogue = folder / "catalogue.json"
    catalogue.write_text(json.dumps(offers))
    process = subprocess.Popen(
        command("tests.e2e.hub_driver", str(folder / "data"), str(catalogue), QUESTION),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(folder / "hf")},
    )
    assert process.stdin is not None
    watchdog = threading.Timer(300, process.kill)
    watchdog.start()
    found = {}
    try:
        for _ in range(4):
            at = seen(process)
            found[at["station"]] = at
            screenshot(at["station"])
            process.stdin.write("\n")
            process.stdin.flush()
        assert process.wait(240) == 0
    finally:
        watchdog.cancel()
        watchdog.join()
        process.kill()
        process.communicate()
    return found


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        listed.stock(hub, runnable)
        hub.rate = 4e6
        yield hub


STATES = {"gone": gone, "renamed": renamed, "converted": converted}


# Each beginning with and without a newer version; `unit/test_hub_locator.py` has each with all.
@pytest.mark.parametrize("state", ["gone", "converted"])
def test_the_model_is_got_whatever_the_hub_has(state: str, hub: Hub, tmp_path: Path) -> None:
    offers, content = entries(hub), hub.files[NAME].content
    STATES[state](hub)
    newer = state == "converted"
    wanted = runnable(SMALL, "2027") if newer else content
    found = follow(hub, offers, tmp_path)
    check(found, wanted, newer=newer, anew=False)


def check(found: dict[str, Any], wanted: bytes, *, newer: bool, anew: bool) -> None:
    """Check that the model is downloaded, answers, and the notes are shown; no draft is listed."""
    assert found["begun"]["button"] in ("Pause", "Use now")
    ended = found["ended"]
    assert Path(found["searched"]["model"]).read_bytes() == wanted
    assert found["searched"]["button"] == "Use now"
    # The words are random: at gpt-oss's own temperature the demo's weights know little.
    assert found["answered"]["shown"].partition(QUESTION)[2].strip()
    assert ("This is a newer version" in ended["notes"]) is newer
    assert ("started over" in ended["notes"]) is anew
    for at in found.values():
        assert not [text for text in (*at["page"], *at["choices"]) if "eagle3" in text.lower()]


@pytest.mark.parametrize("state", ["renamed", "converted"])
def test_an_order_on_the_old_name_ends_well(state: str, hub: Hub, tmp_path: Path) -> None:
    """The download was queued by an earlier version, half finished, and running when it ended."""
    offers, content = entries(hub), hub.files[NAME].content
    STATES[state](hub)
    cache = tmp_path / "hf" / "hub"
    listed.put_half(cache, SMALL, OLD, hub.files[f"{SMALL}/{OLD}"].content)
    order = {
        "repository": SMALL,
        "files": [OLD],
        "size": 12109566560,
        "cache": str(cache),
        "running": True,
        "have": 6_000_000_000,
        "brought": [OLD],
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "downloads.json").write_text(json.dumps({"orders": [order]}))
    found = follow(hub, offers, tmp_path)
    newer = state == "converted"
    wanted = runnable(SMALL, "2027") if newer else content
    check(found, wanted, newer=newer, anew=True)
    assert json.loads((tmp_path / "data" / "downloads.json").read_text())["orders"] == []
    assert len(list((cache / "models--ggml-org--gpt-oss-20b-GGUF" / "blobs").iterdir())) == 1
