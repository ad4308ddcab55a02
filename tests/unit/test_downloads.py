"""Models of several files, downloaded in turn, over pauses, kills and full disks."""

from __future__ import annotations

import json
import math
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
from app.base.settings import Settings
from app.models import file_download, transfer
from app.models.catalog import HubFile, HubModel
from app.models.download_access import DownloadAccess
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
from app.models.hub_locator import Locator
from app.models.hub_requests import WantedFile
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
QUICK = Timeouts(first=0.01, longest=0.1, silence=20.0, connect=20.0)


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


class Harness:
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
            found = self._more.wait_for(find, 60)
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
def open_harness(tmp_path: Path, network: Network) -> Iterator[Callable[[], Harness]]:
    """Yield a function that opens `Downloads` as after a start of Fireside."""
    desks: list[Harness] = []

    def open_one() -> Harness:
        desks.append(Harness(tmp_path, network))
        return desks[-1]

    yield open_one
    for harness in desks:
        harness.downloads.close()


@pytest.fixture
def harness(open_harness: Callable[[], Harness]) -> Harness:
    return open_harness()


def is_right(path: Path) -> bool:
    return all((path.parent / name).read_bytes() == CONTENTS[name] for name in PARTS)


def test_what_is_paused_before_its_first_report_is_known_to_be_ours(
    harness: Harness, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pull` leaves the window only downloads of which something is on the disk."""
    monkeypatch.setattr(file_download, "_POLL_S", 1.0)  # no report within the first second
    hub.rate = 1e5
    harness.downloads.start(OTHER)
    while not hub.sent:
        time.sleep(0.01)
    harness.downloads.pause(OTHER)
    ended = harness.until(DownloadEnded, OTHER)
    assert ended.error is None
    harness.downloads.close()
    (entry,) = json.loads(harness.queue.read_text())["orders"]
    assert (entry["brought"], entry["running"]) == (["other.gguf"], False)


def test_a_model_in_parts(hub: Hub, harness: Harness) -> None:
    hub.rate = 3e6
    harness.downloads.start(BIG)
    harness.downloads.start(BIG)  # already running, so no event
    progress = harness.come(SIZES[0] + MIB)
    assert (progress.phase, progress.size) == (DownloadPhase.FETCHING, BIG.size)
    assert harness.downloads.unfinished() == (
        Unfinished(BIG, harness.downloads.unfinished()[0].have, running=True),
    )
    done = harness.until(Downloaded)
    assert done.path.name == PARTS[0]
    assert is_right(done.path)
    # Once; on a busy computer a slow connection is replaced, and what was under way comes again.
    assert BIG.size <= hub.sent < BIG.size + MIB
    assert harness.downloads.unfinished() == ()
    assert harness.downloads.downloaded() == {done.path}
    assert not [event for event in harness.events if isinstance(event, Downloading)]


def test_progress_never_goes_back(hub: Hub, harness: Harness) -> None:
    hub.rate = 3e6
    harness.downloads.start(BIG)
    told: list[DownloadProgress] = []
    while not told or told[-1].phase is not DownloadPhase.DONE:
        told.append(harness.until(Downloading).progress)
    assert [now.done for now in told] == sorted(now.done for now in told)
    assert {now.size for now in told} == {BIG.size}
    assert told[-1].checked == told[-1].done == BIG.size
    assert all(now.left is None or 0 <= now.left < 3600 for now in told)


def test_a_size_that_was_told_wrong(hub: Hub, harness: Harness) -> None:
    model = HubModel("org/name", tuple(HubFile(name, 1) for name in PARTS))
    harness.downloads.start(model)
    while (now := harness.until(Downloading, model).progress).phase is not DownloadPhase.DONE:
        assert now.done <= now.size or not now.done
    assert now.size == sum(SIZES)


def test_paused_and_gone_on_with(hub: Hub, open_harness: Callable[[], Harness]) -> None:
    harness = open_harness()
    hub.most = SIZES[0] + 3 * MIB
    harness.downloads.start(BIG)
    harness.come(SIZES[0] + 2 * MIB)
    harness.downloads.pause(BIG)
    assert harness.until(DownloadEnded).error is None
    (left,) = harness.downloads.unfinished()
    assert left.have >= SIZES[0] + 2 * MIB
    assert not left.running
    harness.downloads.close()
    hub.most = math.inf
    hub.rest()
    before = hub.sent
    harness = open_harness()
    assert harness.downloads.unfinished() == (left,)
    harness.downloads.resume()  # not this one
    harness.downloads.start(BIG)
    assert SIZES[0] <= harness.until(Downloading).progress.done < BIG.size
    assert is_right(harness.until(Downloaded).path)
    assert hub.sent - before <= BIG.size - SIZES[0]


def test_closed_and_resumed(hub: Hub, open_harness: Callable[[], Harness]) -> None:
    harness = open_harness()
    hub.most = 3 * MIB
    harness.downloads.start(BIG)
    harness.come(2 * MIB)
    harness.downloads.close()
    hub.most = math.inf
    harness = open_harness()
    assert harness.downloads.unfinished()[0].running
    harness.downloads.resume()
    assert is_right(harness.until(Downloaded).path)
    assert len(harness.downloads.downloaded()) == 1


def test_killed_and_resumed(hub: Hub, open_harness: Callable[[], Harness], tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from app.models import transfer; transfer._SPARE = 0\n"
        "from app.models.catalog import HubFile, HubModel\n"
        "from app.models.hub_locator import Locator; Locator.problem = lambda *_: None\n"
        "from app.models.downloads import Downloads\n"
        "from app.network import hub_client\n"
        "from app.network.client import Network\n"
        "folder = Path(sys.argv[1])\n"
        "network = Network(folder / 'connections.log'); hub_client.install(network)\n"
        "downloads = Downloads(lambda event: None, lambda: network, folder / 'downloads.json',\n"
        "                      cache=folder / 'cache')\n"
        f"downloads.start({BIG!r})\n"
    )
    hub.most = SIZES[0] + 2 * MIB
    (tmp_path / "cache").mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"HF_ENDPOINT": hub.endpoint},
    )
    queue = tmp_path / "downloads.json"  # written on a thread of its own

    def brought() -> object:
        try:
            return json.loads(queue.read_text())["orders"][0]["brought"]
        except OSError:  # it is not there yet, or just being replaced
            return []

    while hub.sent < hub.most or not brought():
        time.sleep(0.02)
    child.kill()
    child.wait()
    hub.most = math.inf
    hub.rest()
    before = hub.sent
    harness = open_harness()
    assert harness.downloads.unfinished()[0].running
    harness.downloads.resume()
    path = harness.until(Downloaded).path
    assert is_right(path)
    assert hub.sent - before <= BIG.size - SIZES[0]
    assert harness.downloads.downloaded() == {path}


def test_that_it_has_begun_is_told_before_the_hub_has_answered(hub: Hub, harness: Harness) -> None:
    hub.hub_plan = iter([SILENT] * 100)
    harness.downloads.start(BIG)
    first = harness.events[0]
    assert isinstance(first, Downloading)
    assert (first.progress.phase, first.progress.waiting) == (DownloadPhase.ASKING, None)
    harness.downloads.pause(BIG)
    hub.closing.set()
    assert harness.until(DownloadEnded).error is None


def test_one_at_a_time(hub: Hub, harness: Harness) -> None:
    hub.most = 2 * MIB
    harness.downloads.start(BIG)
    harness.come(MIB)
    harness.downloads.start(OTHER)
    waiting = harness.until(Downloading, OTHER).progress.waiting
    assert waiting
    assert waiting.reason is WaitReason.QUEUED
    harness.downloads.pause(OTHER)
    assert harness.until(DownloadEnded, OTHER).error is None
    harness.downloads.start(OTHER)
    hub.most = math.inf
    with harness._more:
        harness._more.wait_for(
            lambda: any(isinstance(event, Downloaded) for event in harness.events), 60
        )
    harness.until(Downloaded, BIG)
    assert harness.until(Downloaded, OTHER).path.name == "other.gguf"


def test_a_refusal(hub: Hub, harness: Harness) -> None:
    del hub.files[f"org/name/{PARTS[1]}"]
    harness.downloads.start(BIG)
    error = harness.until(DownloadEnded).error
    assert isinstance(error, e.HubNotFound)
    assert error.file == PARTS[1]
    assert not harness.downloads.unfinished()[0].running


# --- Cancelled --------------------------------------------------------------------------------


def test_cancelled(hub: Hub, harness: Harness) -> None:
    hub.most = SIZES[0] + 2 * MIB
    harness.downloads.start(BIG)
    harness.come(SIZES[0] + MIB)
    assert harness.parts() == [PARTS[0]]
    harness.downloads.cancel(BIG)
    assert harness.until(DownloadEnded).error is None
    assert (harness.parts(), harness.blobs()) == ([], 0)
    assert harness.downloads.unfinished() == ()
    assert harness.downloads.downloaded() == frozenset()


def test_cancelled_while_paused(hub: Hub, harness: Harness) -> None:
    hub.most = SIZES[0] + 2 * MIB
    harness.downloads.start(BIG)
    harness.come(SIZES[0] + MIB)
    harness.downloads.pause(BIG)
    harness.until(DownloadEnded)
    harness.downloads.cancel(BIG)
    harness.until(DownloadEnded)
    assert (harness.parts(), harness.blobs()) == ([], 0)


def test_cancelled_and_kept(hub: Hub, harness: Harness) -> None:
    hub.most = SIZES[0] + 2 * MIB
    harness.downloads.start(BIG)
    harness.come(SIZES[0] + MIB)
    harness.downloads.cancel(BIG, keep=True)
    harness.until(DownloadEnded)
    assert harness.parts() == [PARTS[0]]
    assert harness.blobs() == 3
    assert harness.downloads.unfinished() == ()


def test_what_was_there_before_stays(hub: Hub, harness: Harness, network: Network) -> None:
    first = FileDownload(WantedFile("org/name", PARTS[0]), network=network, cache=harness.cache)
    first.run(threading.Event(), lambda told: None)
    hub.most = SIZES[0] + SIZES[1] + 2 * MIB
    harness.downloads.start(BIG)
    harness.come(SIZES[0] + SIZES[1] + MIB)
    harness.downloads.cancel(BIG)
    harness.until(DownloadEnded)
    assert (harness.parts(), harness.blobs()) == ([PARTS[0]], 1)
    hub.most = math.inf
    harness.downloads.start(BIG)
    assert is_right(harness.until(Downloaded).path)
    assert harness.downloads.downloaded() == frozenset()  # the first is another program's


def test_cancelled_and_wanted_again(hub: Hub, harness: Harness) -> None:
    hub.most = 2 * MIB
    harness.downloads.start(BIG)
    harness.come(MIB)
    harness.downloads.cancel(BIG)
    hub.most = math.inf
    harness.downloads.start(BIG)
    assert is_right(harness.until(Downloaded).path)


# --- The disk and the network -----------------------------------------------------------------


def test_no_room_is_waited_for(hub: Hub, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 1000
    monkeypatch.setattr(transfer, "free_space", lambda path: free)
    harness.downloads.start(BIG)
    error = harness.until(DownloadHeld).error
    assert isinstance(error, e.NoRoom)
    assert (error.needed, error.free) == (BIG.size, 1000)  # for all files
    asked = hub.heads
    time.sleep(0.2)
    assert (hub.heads, hub.sent) == (asked, 0)  # the disk is checked, not the hub
    free = BIG.size
    assert is_right(harness.until(Downloaded).path)


def test_full_in_the_middle(hub: Hub, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    free = BIG.size

    def put(real: Any, self: Any, offset: int, data: memoryview) -> None:
        if free < 1000:
            raise OSError(28, "No space left on device")
        real(self, offset, data)

    real = PartialFile._put
    monkeypatch.setattr(PartialFile, "_put", lambda *given: put(real, *given))
    monkeypatch.setattr(transfer, "free_space", lambda path: free)
    hub.most = SIZES[0] + 2 * MIB
    harness.downloads.start(BIG)
    harness.come(SIZES[0] + MIB)
    free, hub.most = 0, math.inf
    error = harness.until(DownloadHeld).error
    assert isinstance(error, e.NoRoom)
    assert 0 < error.needed <= SIZES[1]
    free = BIG.size
    assert is_right(harness.until(Downloaded).path)


@pytest.mark.parametrize("cancel", [True, False])
def test_given_up_while_held(
    hub: Hub, harness: Harness, monkeypatch: pytest.MonkeyPatch, cancel: bool
) -> None:
    monkeypatch.setattr(transfer, "free_space", lambda path: 1000)
    harness.downloads.start(BIG)
    harness.until(DownloadHeld)
    (harness.downloads.cancel if cancel else harness.downloads.pause)(BIG)
    assert harness.until(DownloadEnded).error is None
    assert len(harness.downloads.unfinished()) == (0 if cancel else 1)


def test_offline_in_the_middle(hub: Hub, harness: Harness, network: Network) -> None:
    hub.most = 3 * MIB
    harness.downloads.start(BIG)
    harness.come(2 * MIB)
    network.offline = True
    assert isinstance(harness.until(DownloadEnded).error, e.Offline)
    assert harness.downloads.unfinished()[0].running  # it is still wanted
    network.offline, hub.most = False, math.inf
    harness.downloads.resume()
    assert is_right(harness.until(Downloaded).path)


def test_a_limit_counts_at_once(hub: Hub, harness: Harness) -> None:
    harness.downloads.limit = 2e5
    harness.downloads.start(BIG)
    begun = time.monotonic()
    harness.come(MIB // 8)
    assert time.monotonic() - begun > 0.5
    harness.downloads.limit = None
    harness.until(Downloaded)
    assert time.monotonic() - begun < BIG.size / 2e5 - 1
    assert harness.downloads.limit is None


def test_another_cache(hub: Hub, open_harness: Callable[[], Harness], tmp_path: Path) -> None:
    harness = open_harness()
    hub.most = 2 * MIB
    harness.downloads.start(BIG)
    harness.come(MIB)
    harness.downloads.cache = tmp_path / "elsewhere"
    harness.downloads.cache.mkdir()
    harness.downloads.pause(BIG)
    harness.until(DownloadEnded)
    hub.most = math.inf
    harness.downloads.start(BIG)  # in the folder where it was begun
    harness.downloads.start(OTHER)
    assert harness.until(Downloaded).path.is_relative_to(harness.cache)
    other = harness.until(Downloaded, OTHER).path
    assert other.is_relative_to(tmp_path / "elsewhere")
    assert huggingface_hub.scan_cache_dir(tmp_path / "elsewhere").size_on_disk == OTHER.size


# --- The queue --------------------------------------------------------------------------------


def test_moved_and_removed(hub: Hub, open_harness: Callable[[], Harness], tmp_path: Path) -> None:
    harness = open_harness()
    harness.downloads.start(OTHER)
    path = harness.until(Downloaded, OTHER).path
    harness.downloads.moved(path, tmp_path / "there")
    harness.downloads.moved(tmp_path / "not ours", tmp_path / "anywhere")
    harness.downloads.close()
    harness = open_harness()
    assert harness.downloads.downloaded() == {tmp_path / "there"}
    harness.downloads.forget(tmp_path / "there")
    harness.downloads.close()
    assert open_harness().downloads.downloaded() == frozenset()


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
def test_a_damaged_queue(open_harness: Callable[[], Harness], tmp_path: Path, text: str) -> None:
    (tmp_path / "downloads.json").write_text(text)
    harness = open_harness()
    assert harness.downloads.unfinished() == ()
    assert harness.downloads.downloaded() == frozenset()


def test_a_sound_entry_beside_a_damaged_one(
    hub: Hub, open_harness: Callable[[], Harness], tmp_path: Path
) -> None:
    sound = {
        "repository": "org/name", "files": ["other.gguf"], "size": OTHER.size,
        "cache": str(tmp_path / "cache"), "have": 0, "running": True, "brought": [],
    }  # fmt: skip
    queue = {"orders": [{"repository": 3}, sound], "downloaded": ["/x", None]}
    (tmp_path / "downloads.json").write_text(json.dumps(queue))
    harness = open_harness()
    assert harness.downloads.unfinished() == (Unfinished(OTHER, 0, running=True),)
    assert harness.downloads.downloaded() == {Path("/x")}
    harness.downloads.resume()
    harness.until(Downloaded, OTHER)


@pytest.mark.skipif(os.name == "nt", reason="a folder where the file should be")
def test_a_queue_that_cannot_be_written(hub: Hub, open_harness: Callable[[], Harness]) -> None:
    harness = open_harness()
    harness.queue.mkdir()
    harness.downloads.start(BIG)
    assert is_right(harness.until(Downloaded).path)
    assert len(harness.downloads.downloaded()) == 1


def test_the_settings_of_downloads_are_those_that_were_chosen_last(tmp_path: Path) -> None:
    """They are changed while a thread opens the queue, which has already read them."""
    now = [Settings(download_limit=1)]
    reading, changed = threading.Event(), threading.Event()

    def settings() -> Settings:
        there = now[0]
        if not reading.is_set():
            reading.set()
            changed.wait(0.2)  # in which the user's change would have been faster
        return there

    access = DownloadAccess(
        lambda _: None, lambda: pytest.fail("it is opened"), tmp_path / "queue.json", settings
    )
    opener = threading.Thread(target=access.open)
    opener.start()
    assert reading.wait(60)
    now[0] = Settings(download_limit=2)
    access.settings_changed()
    changed.set()
    opener.join()
    limit = access.open().limit
    access.close()
    assert limit == 2e6
