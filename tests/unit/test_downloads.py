"""Models of several files, downloaded in turn, over pauses, kills and full disks."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import huggingface_hub
import pytest
from huggingface_hub import constants

from app.base import errors as e
from app.models import transfer
from app.models.catalog import HubFile, HubModel
from app.models.download_events import (
    Downloaded,
    DownloadEnded,
    DownloadEvent,
    DownloadHeld,
    Downloading,
)
from app.models.download_progress import DownloadPhase, DownloadProgress, WaitReason
from app.models.downloads import Downloads, Unfinished
from app.models.file_download import FileDownload
from app.models.hub_requests import WantedFile
from app.models.locate import Locator
from app.models.partial_file import PartialFile
from app.models.timeouts import Timeouts
from app.network import hub_client
from app.network.client import Network
from tests.fakes.hub import SILENT, Hub, serving

T = TypeVar("T")

MIB = 1 << 20
ROOT = Path(__file__).parents[2]
PARTS = ("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf")
SIZES = (5 * MIB + 7, 4 * MIB, 3 * MIB + 1)
CONTENTS = {
    name: random.Random(name).randbytes(size) for name, size in zip(PARTS, SIZES, strict=True)
}
BIG = HubModel("org/name", tuple(map(HubFile, PARTS, SIZES)))
OTHER = HubModel("org/name", (HubFile("other.gguf", 2 * MIB),))
QUICK = Timeouts(first=0.01, longest=0.1, silence=0.5, connect=2.0)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Yield a fake hub that huggingface_hub uses, and ignore the real disk's free space."""
    monkeypatch.setattr(transfer, "_SPARE", 0)
    # These tests are about bytes, whatever model they are of.
    monkeypatch.setattr(Locator, "problem", lambda *_: None)
    with serving(**CONTENTS, **{"other.gguf": bytes(2 * MIB)}) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        yield hub


class Desk:
    """A `Downloads` and the events it published."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.cache = folder / "cache"
        self.cache.mkdir(exist_ok=True)  # a person has chosen it
        self.queue = folder / "downloads.json"
        self.events: list[DownloadEvent] = []
        self._more = threading.Condition()
        self.downloads = Downloads(
            self.receive,
            lambda: network,
            self.queue,
            cache=self.cache,
            recheck=0.05,
            timeouts=QUICK,
        )

    def receive(self, event: DownloadEvent) -> None:
        with self._more:
            self.events.append(event)
            self._more.notify_all()

    def until(self, what: type[T], model: HubModel = BIG, **facts: Any) -> T:
        """Return the next event of a kind, and forget it with all before."""

        def find() -> T | None:
            for at, event in enumerate(self.events):
                if isinstance(event, what) and event.model == model:
                    del self.events[: at + 1]
                    return event
            return None

        with self._more:
            found = self._more.wait_for(find, 20)
        assert found, self.events
        return found

    def come(self, size: int, model: HubModel = BIG) -> DownloadProgress:
        """Wait until so many bytes have arrived."""
        while True:
            progress = self.until(Downloading, model).progress
            if progress.done >= size:
                return progress

    def parts(self) -> list[str]:
        return sorted(path.name for path in self.cache.glob("models--*/snapshots/*/*"))

    def blobs(self) -> int:
        return len(list(self.cache.glob("models--*/blobs/*")))


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    network = Network(tmp_path / "connections.log")
    hub_client.install(network)
    yield network
    hub_client.uninstall()


@pytest.fixture
def open_desk(tmp_path: Path, network: Network) -> Iterator[Callable[[], Desk]]:
    """Yield a function that opens `Downloads` as after a start of Fireside."""
    desks: list[Desk] = []

    def open_one() -> Desk:
        desks.append(Desk(tmp_path, network))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.downloads.close()


@pytest.fixture
def desk(open_desk: Callable[[], Desk]) -> Desk:
    return open_desk()


def is_right(path: Path) -> bool:
    return all((path.parent / name).read_bytes() == CONTENTS[name] for name in PARTS)


def test_a_model_in_parts(hub: Hub, desk: Desk) -> None:
    hub.rate = 3e6
    desk.downloads.start(BIG)
    desk.downloads.start(BIG)  # already running, so no event
    progress = desk.come(SIZES[0] + MIB)
    assert (progress.phase, progress.size) == (DownloadPhase.FETCHING, BIG.size)
    assert desk.downloads.unfinished() == (
        Unfinished(BIG, desk.downloads.unfinished()[0].have, running=True),
    )
    done = desk.until(Downloaded)
    assert done.path.name == PARTS[0]
    assert is_right(done.path)
    assert hub.sent == BIG.size
    assert desk.downloads.unfinished() == ()
    assert desk.downloads.downloaded() == {done.path}
    assert not [event for event in desk.events if isinstance(event, Downloading)]


def test_progress_never_goes_back(hub: Hub, desk: Desk) -> None:
    hub.rate = 3e6
    desk.downloads.start(BIG)
    told: list[DownloadProgress] = []
    while not told or told[-1].phase is not DownloadPhase.DONE:
        told.append(desk.until(Downloading).progress)
    assert [now.done for now in told] == sorted(now.done for now in told)
    assert {now.size for now in told} == {BIG.size}
    assert told[-1].checked == told[-1].done == BIG.size
    assert all(now.left is None or 0 <= now.left < 60 for now in told)


def test_a_size_that_was_told_wrong(hub: Hub, desk: Desk) -> None:
    model = HubModel("org/name", tuple(HubFile(name, 1) for name in PARTS))
    desk.downloads.start(model)
    while (now := desk.until(Downloading, model).progress).phase is not DownloadPhase.DONE:
        assert now.done <= now.size or not now.done
    assert now.size == sum(SIZES)


def test_paused_and_gone_on_with(hub: Hub, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(SIZES[0] + 2 * MIB)
    desk.downloads.pause(BIG)
    assert desk.until(DownloadEnded).error is None
    (left,) = desk.downloads.unfinished()
    assert left.have >= SIZES[0] + 2 * MIB
    assert not left.running
    desk.downloads.close()
    time.sleep(0.2)  # anything requested has been sent by then
    before = hub.sent
    desk = open_desk()
    assert desk.downloads.unfinished() == (left,)
    desk.downloads.resume()  # not this one
    desk.downloads.start(BIG)
    assert SIZES[0] <= desk.until(Downloading).progress.done < BIG.size
    hub.rate = None
    assert is_right(desk.until(Downloaded).path)
    assert hub.sent - before <= BIG.size - SIZES[0]


def test_closed_and_resumed(hub: Hub, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(2 * MIB)
    desk.downloads.close()
    hub.rate = None
    desk = open_desk()
    assert desk.downloads.unfinished()[0].running
    desk.downloads.resume()
    assert is_right(desk.until(Downloaded).path)
    assert len(desk.downloads.downloaded()) == 1


def test_killed_and_resumed(hub: Hub, open_desk: Callable[[], Desk], tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from app.models import transfer; transfer._SPARE = 0\n"
        "from app.models.catalog import HubFile, HubModel\n"
        "from app.models.locate import Locator; Locator.problem = lambda *_: None\n"
        "from app.models.downloads import Downloads\n"
        "from app.network import hub_client\n"
        "from app.network.client import Network\n"
        "folder = Path(sys.argv[1])\n"
        "network = Network(folder / 'connections.log'); hub_client.install(network)\n"
        "downloads = Downloads(lambda event: None, lambda: network, folder / 'downloads.json',\n"
        "                      cache=folder / 'cache')\n"
        f"downloads.start({BIG!r})\n"
    )
    hub.rate = 2e6
    (tmp_path / "cache").mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"HF_ENDPOINT": hub.endpoint},
    )
    while hub.sent < SIZES[0] + 2 * MIB:
        time.sleep(0.005)
    child.kill()
    child.wait()
    time.sleep(0.2)  # anything requested has been sent by then
    hub.rate, before = None, hub.sent
    desk = open_desk()
    assert desk.downloads.unfinished()[0].running
    desk.downloads.resume()
    path = desk.until(Downloaded).path
    assert is_right(path)
    assert hub.sent - before <= BIG.size - SIZES[0]
    assert desk.downloads.downloaded() == {path}


def test_that_it_has_begun_is_told_before_the_hub_has_answered(hub: Hub, desk: Desk) -> None:
    hub.hub_plan = iter([SILENT] * 100)
    desk.downloads.start(BIG)
    (first,) = desk.events
    assert isinstance(first, Downloading)
    assert (first.progress.phase, first.progress.waiting) == (DownloadPhase.ASKING, None)
    desk.downloads.pause(BIG)
    hub.closing.set()
    assert desk.until(DownloadEnded).error is None


def test_one_at_a_time(hub: Hub, desk: Desk) -> None:
    hub.rate = 3e6
    desk.downloads.start(BIG)
    desk.come(MIB)
    desk.downloads.start(OTHER)
    waiting = desk.until(Downloading, OTHER).progress.waiting
    assert waiting
    assert waiting.reason is WaitReason.QUEUED
    desk.downloads.pause(OTHER)
    assert desk.until(DownloadEnded, OTHER).error is None
    desk.downloads.start(OTHER)
    with desk._more:
        desk._more.wait_for(lambda: any(isinstance(event, Downloaded) for event in desk.events), 20)
    desk.until(Downloaded, BIG)
    assert desk.until(Downloaded, OTHER).path.name == "other.gguf"


def test_a_refusal(hub: Hub, desk: Desk) -> None:
    del hub.files[f"org/name/{PARTS[1]}"]
    desk.downloads.start(BIG)
    error = desk.until(DownloadEnded).error
    assert isinstance(error, e.HubNotFound)
    assert error.file == PARTS[1]
    assert not desk.downloads.unfinished()[0].running


# --- Cancelled --------------------------------------------------------------------------------


def test_cancelled(hub: Hub, desk: Desk) -> None:
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(SIZES[0] + MIB)
    assert desk.parts() == [PARTS[0]]
    desk.downloads.cancel(BIG)
    assert desk.until(DownloadEnded).error is None
    assert (desk.parts(), desk.blobs()) == ([], 0)
    assert desk.downloads.unfinished() == ()
    assert desk.downloads.downloaded() == frozenset()


def test_cancelled_while_paused(hub: Hub, desk: Desk) -> None:
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(SIZES[0] + MIB)
    desk.downloads.pause(BIG)
    desk.until(DownloadEnded)
    desk.downloads.cancel(BIG)
    desk.until(DownloadEnded)
    assert (desk.parts(), desk.blobs()) == ([], 0)


def test_cancelled_and_kept(hub: Hub, desk: Desk) -> None:
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(SIZES[0] + MIB)
    desk.downloads.cancel(BIG, keep=True)
    desk.until(DownloadEnded)
    assert desk.parts() == [PARTS[0]]
    assert desk.blobs() == 3
    assert desk.downloads.unfinished() == ()


def test_what_was_there_before_stays(hub: Hub, desk: Desk, network: Network) -> None:
    first = FileDownload(WantedFile("org/name", PARTS[0]), network=network, cache=desk.cache)
    first.run(threading.Event(), lambda told: None)
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(SIZES[0] + SIZES[1] + MIB)
    desk.downloads.cancel(BIG)
    desk.until(DownloadEnded)
    assert (desk.parts(), desk.blobs()) == ([PARTS[0]], 1)
    hub.rate = None
    desk.downloads.start(BIG)
    assert is_right(desk.until(Downloaded).path)
    assert desk.downloads.downloaded() == frozenset()  # the first is another program's


def test_cancelled_and_wanted_again(hub: Hub, desk: Desk) -> None:
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(MIB)
    desk.downloads.cancel(BIG)
    hub.rate = None
    desk.downloads.start(BIG)
    assert is_right(desk.until(Downloaded).path)


# --- The disk and the network -----------------------------------------------------------------


def test_no_room_is_waited_for(hub: Hub, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 1000
    monkeypatch.setattr(transfer, "free_space", lambda path: free)
    desk.downloads.start(BIG)
    error = desk.until(DownloadHeld).error
    assert isinstance(error, e.NoRoom)
    assert (error.needed, error.free) == (BIG.size, 1000)  # for all files
    asked = hub.heads
    time.sleep(0.2)
    assert (hub.heads, hub.sent) == (asked, 0)  # the disk is checked, not the hub
    free = BIG.size
    assert is_right(desk.until(Downloaded).path)


def test_full_in_the_middle(hub: Hub, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    free = BIG.size

    def put(real: Any, self: Any, offset: int, data: memoryview) -> None:
        if free < 1000:
            raise OSError(28, "No space left on device")
        real(self, offset, data)

    real = PartialFile._put
    monkeypatch.setattr(PartialFile, "_put", lambda *given: put(real, *given))
    monkeypatch.setattr(transfer, "free_space", lambda path: free)
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(SIZES[0] + MIB)
    free = 0
    error = desk.until(DownloadHeld).error
    assert isinstance(error, e.NoRoom)
    assert 0 < error.needed <= SIZES[1]
    hub.rate, free = None, BIG.size
    assert is_right(desk.until(Downloaded).path)


@pytest.mark.parametrize("cancel", [True, False])
def test_given_up_while_held(
    hub: Hub, desk: Desk, monkeypatch: pytest.MonkeyPatch, cancel: bool
) -> None:
    monkeypatch.setattr(transfer, "free_space", lambda path: 1000)
    desk.downloads.start(BIG)
    desk.until(DownloadHeld)
    (desk.downloads.cancel if cancel else desk.downloads.pause)(BIG)
    assert desk.until(DownloadEnded).error is None
    assert len(desk.downloads.unfinished()) == (0 if cancel else 1)


def test_offline_in_the_middle(hub: Hub, desk: Desk, network: Network) -> None:
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(2 * MIB)
    network.offline = True
    assert isinstance(desk.until(DownloadEnded).error, e.Offline)
    assert desk.downloads.unfinished()[0].running  # it is still wanted
    network.offline, hub.rate = False, None
    desk.downloads.resume()
    assert is_right(desk.until(Downloaded).path)


def test_a_limit_counts_at_once(hub: Hub, desk: Desk) -> None:
    desk.downloads.limit = 1e6
    desk.downloads.start(BIG)
    begun = time.monotonic()
    desk.come(MIB)
    assert time.monotonic() - begun > 0.5
    desk.downloads.limit = None
    desk.until(Downloaded)
    assert time.monotonic() - begun < 8
    assert desk.downloads.limit is None


def test_another_cache(hub: Hub, open_desk: Callable[[], Desk], tmp_path: Path) -> None:
    desk = open_desk()
    hub.rate = 2e6
    desk.downloads.start(BIG)
    desk.come(MIB)
    desk.downloads.cache = tmp_path / "elsewhere"
    desk.downloads.cache.mkdir()
    desk.downloads.pause(BIG)
    desk.until(DownloadEnded)
    hub.rate = None
    desk.downloads.start(BIG)  # in the folder where it was begun
    desk.downloads.start(OTHER)
    assert desk.until(Downloaded).path.is_relative_to(desk.cache)
    other = desk.until(Downloaded, OTHER).path
    assert other.is_relative_to(tmp_path / "elsewhere")
    assert huggingface_hub.scan_cache_dir(tmp_path / "elsewhere").size_on_disk == OTHER.size


# --- The queue --------------------------------------------------------------------------------


def test_moved_and_removed(hub: Hub, open_desk: Callable[[], Desk], tmp_path: Path) -> None:
    desk = open_desk()
    desk.downloads.start(OTHER)
    path = desk.until(Downloaded, OTHER).path
    desk.downloads.moved(path, tmp_path / "there")
    desk.downloads.moved(tmp_path / "not ours", tmp_path / "anywhere")
    desk.downloads.close()
    desk = open_desk()
    assert desk.downloads.downloaded() == {tmp_path / "there"}
    desk.downloads.forget(tmp_path / "there")
    desk.downloads.close()
    assert open_desk().downloads.downloaded() == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"orders": 3, "downloaded": {"a": 1}}',
        '{"orders": [1, {}, {"repository": "a/b", "files": "x"}, null], "downloaded": [1]}',
        '{"orders": [{"repository": "a/b", "files": [], "size": 1, "cache": "c", "have": 0,'
        ' "running": true, "brought": []}]}',
        '{"orders": [{"repository": "a/b", "files": ["f"], "size": "1", "cache": "c", "have": 0,'
        ' "running": true, "brought": []}]}',
    ],
)
def test_a_damaged_queue(open_desk: Callable[[], Desk], tmp_path: Path, text: str) -> None:
    (tmp_path / "downloads.json").write_text(text)
    desk = open_desk()
    assert desk.downloads.unfinished() == ()
    assert desk.downloads.downloaded() == frozenset()


def test_a_sound_entry_beside_a_damaged_one(
    hub: Hub, open_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    sound = {
        "repository": "org/name", "files": ["other.gguf"], "size": OTHER.size,
        "cache": str(tmp_path / "cache"), "have": 0, "running": True, "brought": [],
    }  # fmt: skip
    queue = {"orders": [{"repository": 3}, sound], "downloaded": ["/x", None]}
    (tmp_path / "downloads.json").write_text(json.dumps(queue))
    desk = open_desk()
    assert desk.downloads.unfinished() == (Unfinished(OTHER, 0, running=True),)
    assert desk.downloads.downloaded() == {Path("/x")}
    desk.downloads.resume()
    desk.until(Downloaded, OTHER)


@pytest.mark.skipif(os.name == "nt", reason="a folder where the file should be")
def test_a_queue_that_cannot_be_written(hub: Hub, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    desk.queue.mkdir()
    desk.downloads.start(BIG)
    assert is_right(desk.until(Downloaded).path)
    assert len(desk.downloads.downloaded()) == 1
