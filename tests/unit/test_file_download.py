"""Downloads from a fake hub: whatever goes wrong, the right file arrives."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

import huggingface_hub
import pytest

from app.base import errors as e
from app.models import file_download, transfer
from app.models import partial_file as blobs
from app.models.download_progress import DownloadPhase, DownloadProgress, WaitReason
from app.models.file_download import FileDownload
from app.models.hub_requests import WantedFile
from app.models.timeouts import Timeouts
from app.network import hub_client
from app.network.client import Network
from tests.fakes.hub import FAULTS, SILENT, Fault, File, Hub, seeded, serving

MIB = 1 << 20
CONTENT = random.Random(1).randbytes(12 * MIB + 12345)
NAME = "m.gguf"
QUICK = Timeouts(first=0.01, longest=0.1, silence=20.0, connect=20.0)
"""For a hub that is never silent: on a busy machine, a slow connection is not a stalled one."""
IMPATIENT = replace(QUICK, silence=0.5)
# By hand: FIRESIDE_FAULT_SEEDS=200 FIRESIDE_FAULT_SIZE=67108864 pytest -k many_faults ...
SEEDS = int(os.environ.get("FIRESIDE_FAULT_SEEDS", "4"))
KILLS = int(os.environ.get("FIRESIDE_KILLS", "2"))
SEEDED_SIZE = int(os.environ.get("FIRESIDE_FAULT_SIZE", str(len(CONTENT))))


@pytest.fixture(autouse=True)
def network(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Network]:
    """Yield the network client for each `Run`, and ignore the real disk's free space."""
    monkeypatch.setattr(transfer, "_SPARE", 0)
    network = Network(tmp_path_factory.mktemp("log") / "connections.log")
    hub_client.install(network)
    monkeypatch.setattr(Run, "network", network, raising=False)
    yield network
    hub_client.uninstall()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(**{NAME: CONTENT}) as hub:
        yield hub


class Run:
    """A download and the events it reported."""

    network: ClassVar[Network]

    def __init__(self, hub: Hub, cache: Path, *, file: str = NAME, **options: Any) -> None:
        self.told: list[DownloadProgress] = []
        self.stop = threading.Event()
        wanted = WantedFile(
            "org/name", file, endpoint=hub.endpoint, token=options.pop("token", None)
        )
        self.download = FileDownload(
            wanted,
            network=self.network,
            cache=cache,
            timeouts=options.pop("timeouts", QUICK),
            **options,
        )

    def __call__(self) -> Path:
        return self.download.run(self.stop, self.report)

    def report(self, progress: DownloadProgress) -> None:
        self.told.append(progress)

    def reasons(self) -> set[WaitReason]:
        return {told.waiting.reason for told in self.told if told.waiting}


def blobs_in(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("models--org--name/blobs/*"))


def is_right(path: Path, content: bytes = CONTENT) -> bool:
    return path.read_bytes() == content


def test_the_library_finds_it(hub: Hub, tmp_path: Path) -> None:
    run = Run(hub, tmp_path)
    path = run()
    assert is_right(path)
    assert hub.sent == len(CONTENT)
    assert huggingface_hub.try_to_load_from_cache("org/name", NAME, tmp_path) == str(path)
    scanned = huggingface_hub.scan_cache_dir(tmp_path)
    assert not scanned.warnings
    (repo,) = scanned.repos
    (revision,) = repo.revisions
    assert (repo.repo_id, repo.size_on_disk, revision.refs) == (
        "org/name",
        len(CONTENT),
        frozenset({"main"}),
    )
    assert blobs_in(tmp_path) == [hashlib.sha256(CONTENT).hexdigest()]
    assert run.told[-1] == DownloadProgress(
        DownloadPhase.DONE, len(CONTENT), len(CONTENT), len(CONTENT)
    )


def test_a_second_time_costs_nothing(hub: Hub, tmp_path: Path) -> None:
    first, second = Run(hub, tmp_path), Run(hub, tmp_path)
    assert first() == second()
    assert hub.sent == len(CONTENT)
    assert (first.download.fetched, second.download.fetched) == (True, False)
    assert (first.download.restarted, second.download.restarted) == (False, False)


def test_the_default_place_is_the_librarys(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "there"))
    wanted = WantedFile("org/name", NAME, endpoint=hub.endpoint)
    download = FileDownload(wanted, network=network, timeouts=QUICK)
    assert download.run(threading.Event(), lambda _: None).is_relative_to(tmp_path / "there")


@pytest.mark.parametrize("disabled", [False, True])
def test_what_the_library_fetched_is_not_fetched_again(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disabled: bool
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_SYMLINKS", disabled)
    path = Run(hub, tmp_path)()
    assert path.is_symlink() is not disabled
    got = huggingface_hub.hf_hub_download(
        "org/name", NAME, cache_dir=tmp_path, endpoint=hub.endpoint
    )
    assert (got, hub.sent) == (str(path), len(CONTENT))
    assert Run(hub, tmp_path)() == path
    assert hub.sent == len(CONTENT)


@pytest.mark.parametrize("content", [b"", b"{}", CONTENT[: 3 * MIB]])
def test_small_files(hub: Hub, tmp_path: Path, content: bytes) -> None:
    hub.files["org/name/a/b.json"] = File(content, small=True)
    hub.files["org/name/c/d.bin"] = File(content)
    for name in ("a/b.json", "c/d.bin"):
        path = Run(hub, tmp_path, file=name)()
        assert is_right(path, content)
        assert huggingface_hub.try_to_load_from_cache("org/name", name, tmp_path) == str(path)


# --- Faults ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault(hub: Hub, tmp_path: Path, fault: Fault) -> None:
    hub.plan = iter([Fault.NONE, fault, fault])
    silent = fault in (Fault.STALL, Fault.TRICKLE)
    run = Run(hub, tmp_path, timeouts=IMPATIENT if silent else QUICK)
    assert is_right(run())
    if fault not in (Fault.WRONG, Fault.WHOLE):
        assert hub.sent <= len(CONTENT) + MIB
    assert len(blobs_in(tmp_path)) == 1


@pytest.mark.parametrize("seed", range(SEEDS))
def test_many_faults(tmp_path: Path, seed: int) -> None:
    content = random.Random(seed).randbytes(SEEDED_SIZE)
    with serving(**{NAME: content}) as hub:
        hub.plan = seeded(seed)
        silence = 1.0 if len(CONTENT) < SEEDED_SIZE else 0.5
        timeouts = Timeouts(first=0.01, longest=0.1, silence=silence, connect=2.0)
        assert is_right(Run(hub, tmp_path, timeouts=timeouts)(), content)
        told = list(seeded(seed))
        if Fault.WRONG not in told and Fault.WHOLE not in told:
            assert hub.sent <= len(content) * 1.05


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Fault.DROP, WaitReason.CONNECTION),
        (Fault.STALL, WaitReason.STALLED),
        (Fault.TRICKLE, WaitReason.STALLED),
        (Fault.BUSY, WaitReason.BUSY),
        (Fault.BROKEN, WaitReason.SERVER),
        (Fault.WHOLE, WaitReason.SERVER),
        (Fault.EXPIRED, WaitReason.ADDRESS),
    ],
)
def test_it_tells_what_it_waits_for(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: Fault, reason: WaitReason
) -> None:
    monkeypatch.setattr(file_download, "_REPORT_S", 0.0)
    silence = 0.3 if reason is WaitReason.STALLED else 20.0
    hub.retry_after = "1"
    run = Run(hub, tmp_path, timeouts=Timeouts(0.3, 0.4, silence, 20.0), connections=1)

    def plan() -> Iterator[Fault]:
        yield faults
        while reason not in run.reasons():  # the report comes too late on a busy machine
            yield faults

    hub.plan = plan()
    assert is_right(run())
    assert reason in run.reasons()
    assert all(told.speed == 0 for told in run.told if told.waiting)


def test_a_limit_is_no_stall(hub: Hub, tmp_path: Path) -> None:
    content = CONTENT[: 65 << 10]  # the second piece comes a second after the first
    hub.files[f"org/name/{NAME}"] = File(content)
    run = Run(hub, tmp_path, limit=65536, timeouts=replace(QUICK, silence=0.9))
    assert is_right(run(), content)
    assert WaitReason.STALLED not in run.reasons()


def test_a_server_that_knows_no_ranges(hub: Hub, tmp_path: Path) -> None:
    hub.ranges = False
    assert is_right(Run(hub, tmp_path)())
    assert len(hub.asked) <= 10  # most of them were aborted at once


def test_no_connection_is_waited_for(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, so that no other program listens there
        taken.bind(("127.0.0.1", 0))
        run = Run(Hub(endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}"), tmp_path)

        def report(told: DownloadProgress) -> None:
            run.report(told)
            if told.waiting:
                run.stop.set()

        with pytest.raises(e.Cancelled):
            run.download.run(run.stop, report)
    assert run.reasons() == {WaitReason.CONNECTION}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_hub_itself_is_out_of_order(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.hub_plan = iter([status] * 3)
    assert is_right(Run(hub, tmp_path)())
    assert hub.heads == 4


def test_refusals(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(e.HubNotFound):
        Run(hub, tmp_path, file="other.gguf")()
    hub.token = "secret"
    with pytest.raises(e.HubRefused) as refused:
        Run(hub, tmp_path, token="wrong")()
    assert refused.value.status == 401
    assert is_right(Run(hub, tmp_path, token="secret")())
    assert hub.tokens_at_cdn == []


@pytest.mark.parametrize("name", ["", "/etc/passwd", "a/../../b", "a\\b"])
def test_names_that_lead_elsewhere(name: str, network: Network) -> None:
    with pytest.raises(ValueError, match="not a file name"):
        FileDownload(WantedFile("org/name", name), network=network)


@pytest.mark.parametrize("name", ["", "a/b/c", "../x", "a b"])
def test_names_of_no_repository(name: str, network: Network) -> None:
    with pytest.raises(ValueError, match=r"[Rr]epo"):
        FileDownload(WantedFile(name, NAME), network=network)


def test_where_no_hub_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    def run(wanted: WantedFile) -> None:
        download = FileDownload(wanted, network=network, cache=tmp_path)
        download.run(threading.Event(), lambda _: None)

    with pytest.raises(e.HubUnreachable, match="gopher"):
        run(WantedFile("org/name", NAME, endpoint="gopher://there"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(e.HubUnreachable, match="HF_HUB_OFFLINE"):
        run(WantedFile("org/name", NAME))


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.STALL])
def test_offline_in_the_middle(hub: Hub, tmp_path: Path, network: Network, fault: Fault) -> None:
    hub.rate, hub.most = 4e6, 8 * MIB
    hub.plan = iter([Fault.NONE] * 4 + [fault] * 4)
    run = Run(hub, tmp_path, timeouts=Timeouts())

    def report(told: DownloadProgress) -> None:
        network.offline = told.done > 5 * MIB

    with pytest.raises(e.Offline):
        run.download.run(run.stop, report)
    asked = len(hub.asked), hub.heads
    with pytest.raises(e.Offline):
        Run(hub, tmp_path)()
    assert (len(hub.asked), hub.heads) == asked
    network.offline, hub.rate, before = False, None, hub.sent
    hub.most = math.inf
    assert is_right(Run(hub, tmp_path)())
    assert hub.sent - before < len(CONTENT)


def test_offline_while_nothing_comes(hub: Hub, tmp_path: Path, network: Network) -> None:
    """Going offline takes effect at once, without waiting for the read timeout."""
    hub.plan = iter([Fault.STALL] * 99)
    run = Run(hub, tmp_path, timeouts=Timeouts(1.0, 1.0, 30.0, 30.0))

    def report(told: DownloadProgress) -> None:
        run.report(told)
        network.offline = told.phase is DownloadPhase.FETCHING and len(hub.asked) == 4

    with pytest.raises(e.Offline):
        run.download.run(run.stop, report)
    assert run.reasons() == set()


def test_its_requests_are_on_record(hub: Hub, tmp_path: Path, network: Network) -> None:
    Run(hub, tmp_path)()
    entries = network.log.read()
    assert len(entries) == hub.heads + len(hub.asked)
    assert {entry.host for entry in entries} == {
        urlsplit(u).netloc for u in (hub.endpoint, hub.cdn)
    }
    assert {entry.purpose for entry in entries} == {f"download {NAME}"}
    assert sum(entry.received for entry in entries) == len(CONTENT)


def test_nothing_is_asked_without_a_record(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(tmp_path)  # the path is a folder, so there is no log file
    hub_client.install(network)
    monkeypatch.setattr(Run, "network", network)
    with pytest.raises(e.CacheUnwritable) as told:
        Run(hub, tmp_path / "cache")()
    assert (told.value.path, hub.heads, hub.asked) == (tmp_path, 0, [])


# --- Versions -------------------------------------------------------------------------------


def test_changed_in_the_middle(hub: Hub, tmp_path: Path) -> None:
    other = CONTENT[::-1]

    def plan() -> Iterator[Fault]:
        yield from [Fault.NONE] * 3
        hub.files[f"org/name/{NAME}"] = File(other, commit="f" * 40)
        while True:
            yield Fault.NONE

    hub.plan = plan()
    run = Run(hub, tmp_path, connections=2)
    path = run()
    assert is_right(path, other)
    assert run.download.restarted
    assert "f" * 40 in str(path)
    assert blobs_in(tmp_path) == [hashlib.sha256(other).hexdigest()]


def test_changed_between_two_days(hub: Hub, tmp_path: Path) -> None:
    stopped(hub, tmp_path, 3 * MIB)
    hub.files[f"org/name/{NAME}"] = File(CONTENT[::-1], commit="f" * 40)
    hub.rate, hub.most = 2e7, hub.sent + 2 * MIB
    run = Run(hub, tmp_path)
    seen: list[bool] = []

    def report(told: DownloadProgress) -> None:
        seen.append(run.download.restarted)
        if seen[-1]:
            hub.most = math.inf

    path = run.download.run(run.stop, report)
    assert is_right(path, CONTENT[::-1])
    assert run.download.restarted
    assert seen[-2:] == [True, True]  # notes are sent during the download, too
    assert len(blobs_in(tmp_path)) == 1


# --- Stopping and going on --------------------------------------------------------------------


def stopped(hub: Hub, cache: Path, size: int) -> Run:
    """Return a download that was stopped when the hub had sent so much."""
    hub.rate, hub.most = 4e6, size
    run = Run(hub, cache)

    def watch() -> None:
        while hub.sent < size:
            time.sleep(0.005)
        run.stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(e.Cancelled):
        run()
    watcher.join()
    for thread in threading.enumerate():  # of which one closes the journal
        if thread.name.startswith("fireside-download-"):
            thread.join()
    hub.rate, hub.most = None, math.inf
    return run


def test_paused_and_resumed(hub: Hub, tmp_path: Path) -> None:
    stopped(hub, tmp_path, 6 * MIB)
    assert len(blobs_in(tmp_path)) == 2
    assert huggingface_hub.try_to_load_from_cache("org/name", NAME, tmp_path) is None
    run = Run(hub, tmp_path)
    assert is_right(run())
    assert hub.sent <= len(CONTENT) + 2 * MIB  # bytes in flight on each connection
    assert not huggingface_hub.scan_cache_dir(tmp_path).warnings


def begun(cache: Path) -> list[list[int]]:
    """Return block, crc32 and length of those in progress at a pause."""
    (journal,) = cache.glob("models--org--name/blobs/*.blocks")
    lines = [line.split() for line in journal.read_text().splitlines()[1:]]
    return [[int(line[0]), int(line[1], 16), int(line[2])] for line in lines if len(line) == 3]


def test_what_has_begun_is_kept_and_distrusted(hub: Hub, tmp_path: Path) -> None:
    stopped(hub, tmp_path, 6 * MIB)
    block, _, _ = begun(tmp_path)[0]
    (part,) = tmp_path.glob("models--org--name/blobs/*.fireside")
    with part.open("r+b") as file:  # the computer failed before the disk had it
        file.seek(block * MIB)
        file.write(b"\0" * 100)
    run = Run(hub, tmp_path)
    assert is_right(run())
    assert DownloadPhase.REPAIRING not in {told.phase for told in run.told}
    assert hub.sent <= len(CONTENT) + 3 * MIB


def test_discarded(hub: Hub, tmp_path: Path) -> None:
    stopped(hub, tmp_path, 2 * MIB).download.discard()
    assert blobs_in(tmp_path) == []


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.NONE, Fault.BUSY])
def test_stops_at_once(hub: Hub, tmp_path: Path, fault: Fault) -> None:
    hub.plan = iter([fault] * 99)
    hub.retry_after = "30"
    hub.rate, hub.most = 1e6, 2 * MIB
    run = Run(hub, tmp_path, timeouts=Timeouts(60.0, 60.0, 60.0, 60.0))
    asked: list[float] = []

    def stop() -> None:
        asked.append(time.monotonic())
        run.stop.set()

    timer = threading.Timer(0.7, stop)
    timer.start()
    with pytest.raises(e.Cancelled):
        run()
    assert time.monotonic() - asked[0] < 25  # 0.2; by itself it ends after 30
    timer.join()


def test_stops_while_the_hub_is_silent(hub: Hub, tmp_path: Path) -> None:
    hub.hub_plan = iter([SILENT])
    run = Run(hub, tmp_path, timeouts=Timeouts(connect=30.0))
    timer = threading.Timer(0.3, run.stop.set)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(e.Cancelled):
        run()
    assert time.monotonic() - begun < 25  # 0.5; by itself it ends after 30
    assert is_right(Run(hub, tmp_path)())


def test_stopped_in_a_repair(hub: Hub, tmp_path: Path) -> None:
    hub.lie_at = {11 * MIB}
    hub.rate = 1e7
    run = Run(hub, tmp_path)

    def report(told: DownloadProgress) -> None:
        if told.phase is DownloadPhase.REPAIRING:
            run.stop.set()

    with pytest.raises(e.Cancelled):
        run.download.run(run.stop, report)
    assert len(blobs_in(tmp_path)) == 2
    hub.lie_at, hub.rate = set(), None
    before = hub.sent
    assert is_right(Run(hub, tmp_path)())
    assert hub.sent - before < len(CONTENT) + 2 * MIB


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed(hub: Hub, tmp_path: Path, network: Network, seed: int) -> None:
    """Only the current block of each connection is fetched again."""
    code = (
        "import sys, threading; from pathlib import Path\n"
        "from app.models import transfer; transfer._SPARE = 0\n"
        "from app.models.file_download import FileDownload\n"
        "from app.models.hub_requests import WantedFile\n"
        "from app.network import hub_client\n"
        "from app.network.client import Network\n"
        f"wanted = WantedFile('org/name', '{NAME}', endpoint=sys.argv[1])\n"
        "network = Network(Path(sys.argv[3])); hub_client.install(network)\n"
        "download = FileDownload(wanted, network=network, cache=Path(sys.argv[2]))\n"
        "download.run(threading.Event(), lambda told: None)\n"
    )
    root = Path(__file__).parents[2]
    log = tmp_path / "connections.log"
    arguments = [hub.endpoint, str(tmp_path), str(log)]
    point = random.Random(seed).randrange(1, len(CONTENT) * 9 // 10)
    hub.rate, hub.most = 4e6, point
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=root)
    while hub.sent < point:
        time.sleep(0.001)
    child.kill()
    child.wait()
    hub.rate, hub.most = None, math.inf
    requests = len(Network(log).log.read())
    assert requests >= len(hub.asked) + 1  # one of them to the hub itself
    (journal,) = tmp_path.glob("models--org--name/blobs/*.blocks")
    blocks = len(journal.read_text().splitlines()) - 1
    hub.rest()
    before = hub.sent
    assert is_right(Run(hub, tmp_path)())
    again = hub.sent - before
    print(f"killed at {point}: {blocks} blocks on disk, {again} bytes fetched then")
    assert again == len(CONTENT) - min(blocks * MIB, len(CONTENT))
    assert before - blocks * MIB <= 4 * 2 * MIB  # a block of each connection, and bytes in flight


def test_what_the_disk_lost_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    stopped(hub, tmp_path, 9 * MIB)
    (part,) = tmp_path.glob("models--org--name/blobs/*.fireside")
    (journal,) = tmp_path.glob("models--org--name/blobs/*.blocks")
    first = int(journal.read_text().splitlines()[1].split()[0])
    with part.open("r+b") as file:
        file.seek(first * MIB)
        file.write(bytes(MIB))
    with journal.open("a") as file:
        file.write("3 12")  # a line being written
    run = Run(hub, tmp_path)
    assert is_right(run())
    assert DownloadPhase.REPAIRING not in {told.phase for told in run.told}


def test_two_at_once(hub: Hub, tmp_path: Path) -> None:
    hub.most = MIB  # until one of them has seen that it has to wait
    runs = Run(hub, tmp_path), Run(hub, tmp_path)
    with ThreadPoolExecutor(2) as threads:
        paths = [threads.submit(run) for run in runs]
        while not any(WaitReason.OTHER in run.reasons() for run in runs):
            assert not any(path.done() for path in paths)
            time.sleep(0.005)
        hub.most = math.inf
    assert all(is_right(path.result()) for path in paths)
    assert hub.sent == len(CONTENT)


# --- The disk -------------------------------------------------------------------------------


def test_too_little_room(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "free_space", lambda path: 1000)
    with pytest.raises(e.NoRoom) as told:
        Run(hub, tmp_path)()
    assert (told.value.needed, told.value.free) == (len(CONTENT), 1000)
    assert hub.sent == 0


def test_full_in_the_middle(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = blobs.PartialFile._put
    room = [5 * MIB]

    def put(self: blobs.PartialFile, offset: int, data: memoryview) -> None:
        room[0] -= len(data)
        if room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, offset, data)

    with monkeypatch.context() as patch:
        patch.setattr(blobs.PartialFile, "_put", put)
        with pytest.raises(e.NoRoom) as told:
            Run(hub, tmp_path)()
    assert 0 < told.value.needed < len(CONTENT)
    hub.rest()
    before = hub.sent
    assert is_right(Run(hub, tmp_path)())
    assert hub.sent - before < len(CONTENT)


@pytest.mark.skipif(os.name == "nt", reason="a file where a folder should be")
def test_a_cache_that_takes_nothing(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(e.CacheUnwritable):
        Run(hub, tmp_path / "file")()


# --- Wrong bytes ----------------------------------------------------------------------------


def test_the_wrong_block_is_found(hub: Hub, tmp_path: Path) -> None:
    hub.plan = iter([Fault.NONE, Fault.WRONG])
    run = Run(hub, tmp_path)
    assert is_right(run())
    again = hub.asked[-1]
    assert again[1] - again[0] == MIB
    assert hub.asked[-1] == hub.asked[-2]  # the differing one, twice; none after it
    assert hub.sent < 2 * len(CONTENT)


def test_a_server_that_always_lies(hub: Hub, tmp_path: Path) -> None:
    hub.lie_at = {5 * MIB + 5}
    with pytest.raises(e.DownloadDamaged):
        Run(hub, tmp_path)()
    assert blobs_in(tmp_path) == []
    assert huggingface_hub.try_to_load_from_cache("org/name", NAME, tmp_path) is None
    hub.lie_at = set()
    assert is_right(Run(hub, tmp_path)())


def test_a_disk_that_does_not_keep_what_it_is_given(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The download ends in an error, rather than fetch the same block again and again."""
    read = blobs.PartialFile.read

    def forgets(self: blobs.PartialFile, index: int, buffer: bytearray) -> memoryview:
        data = read(self, index, buffer)
        if index == 3:
            data[:100] = bytes(100)
        return data

    monkeypatch.setattr(blobs.PartialFile, "read", forgets)
    with pytest.raises(e.DownloadDamaged):
        Run(hub, tmp_path)()
    assert hub.sent < 4 * len(CONTENT)
    assert blobs_in(tmp_path) == []


# --- Speed ----------------------------------------------------------------------------------


def test_a_limit(hub: Hub, tmp_path: Path) -> None:
    run = Run(hub, tmp_path, limit=8e6)
    begun = time.monotonic()
    run()
    took = time.monotonic() - begun
    assert took > len(CONTENT) / 8e6 * 0.9
    speeds = [told.speed for told in run.told if told.done > 4 * MIB and told.phase != "done"]
    reached = min(8e6, len(CONTENT) / took)  # a busy machine is slower
    assert reached / 2 < statistics.median(speeds) < 12e6
    assert all(told.left is not None for told in run.told if told.speed)


def test_a_run_that_ends_while_a_thread_starts_waits_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = transfer.Transfer(
        WantedFile("org/name", "a.gguf"),
        None,  # type: ignore[arg-type]
        tmp_path,
        timeouts=Timeouts(),
        connections=1,
        limit=lambda: None,
        reserve=0,
    )
    faults: list[BaseException] = []
    ends: list[threading.Thread] = []

    def end() -> None:
        try:
            run.end()
        except RuntimeError as error:
            faults.append(error)

    class Slow(threading.Thread):
        def start(self) -> None:
            ends.append(threading.Thread(target=end))
            ends[0].start()
            ends[0].join(0.2)  # in which it would have met a thread that is not there yet
            super().start()

    monkeypatch.setattr(transfer, "threading", SimpleNamespace(Thread=Slow))
    run._start_thread("leader", lambda: None)
    ends[0].join()
    assert faults == []
