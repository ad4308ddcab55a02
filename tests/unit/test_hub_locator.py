"""Finding a model on the hub by its bytes, whatever happened to names and commits."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from app.base import errors as e
from app.models import catalog, disk_scan, hub_search, mount_point, partial_file, transfer
from app.models.cache_path import CachePath
from app.models.catalog import HubModel, Offer
from app.models.download_events import Downloaded, DownloadEnded, DownloadHeld, Downloading
from app.models.download_progress import DownloadNote, DownloadPhase
from app.models.file_download import FileDownload
from app.models.hub_locator import wanted_file
from app.network import hub_client
from app.network.client import Network
from tests.fakes import listed
from tests.fakes.headers import gguf_bytes
from tests.fakes.hub import Fault, File, Hub, serving
from tests.fakes.listed import LARGE, SMALL
from tests.unit.test_downloads import Harness

OLD_SMALL = "gpt-oss-20b-mxfp4.gguf"
OLD_LARGE = tuple(f"gpt-oss-120b-mxfp4-0000{n}-of-00003.gguf" for n in (1, 2, 3))
LATER = "d" * 40


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Yield the hub with all listed files, and a catalogue of it."""
    monkeypatch.setattr(transfer, "_SPARE", 0)
    with serving() as hub:
        listed.stock(hub)
        offers = listed.catalogue(hub)
        monkeypatch.setattr(catalog, "offers", lambda: offers)
        monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        yield hub


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    network = Network(tmp_path / "connections.log")
    hub_client.install(network)
    yield network
    hub_client.uninstall()


@pytest.fixture
def open_harness(tmp_path: Path, network: Network) -> Iterator[Callable[[], Harness]]:
    desks: list[Harness] = []

    def open_one() -> Harness:
        desks.append(Harness(tmp_path, network))
        return desks[-1]

    yield open_one
    for harness in desks:
        harness.downloads.close()


@pytest.fixture
def small(hub: Hub) -> Offer:
    return catalog.offers()[0]


@pytest.fixture
def large(hub: Hub) -> Offer:
    return catalog.offers()[1]


def notes(harness: Harness) -> set[DownloadNote]:
    return {note for e in harness.events if isinstance(e, Downloading) for note in e.notes}


def fetched(harness: Harness, offer: Offer) -> tuple[Path, set[DownloadNote]]:
    """Return the downloaded file and the notes shown."""
    with harness._more:
        assert harness._more.wait_for(
            lambda: any(isinstance(event, Downloaded | DownloadEnded) for event in harness.events),
            60,
        ), harness.events
    said = notes(harness)
    done = harness.until(Downloaded, offer.model)
    assert said <= set(done.notes)
    return done.path, set(done.notes)


def content(hub: Hub, name: str) -> bytes:
    return hub.files[name].content


def leave(harness: Harness, **order: Any) -> None:
    """Write a queue entry as an earlier version left it."""
    entry = {"cache": str(harness.cache), "running": True, "have": 0, "brought": []} | order
    harness.queue.write_text(json.dumps({"orders": [entry], "downloaded": []}))


# --- From the pinned commit, and where that is gone -------------------------------------------


def test_from_the_pinned_commit(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    harness = open_harness()
    hub.about[SMALL]["commit"] = LATER  # main has moved on, with another file of that name
    name = small.model.files[0].name
    right = content(hub, f"{SMALL}/{name}")
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert path.read_bytes() == right
    assert path.parent.name == small.model.commit
    assert (said, hub.questions) == (set(), [])
    assert harness.downloads.downloaded() == {path}


@pytest.mark.parametrize("name", ["gpt-oss-20b-MXFP4.gguf", "new/name of it.gguf", "x/y/z.gguf"])
def test_where_the_commit_is_gone_the_bytes_are_found(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer, name: str
) -> None:
    old = f"{SMALL}/{small.model.files[0].name}"
    right = content(hub, old)
    listed.rename(hub, old, f"{SMALL}/{name}", LATER)
    harness = open_harness()
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert path.read_bytes() == right
    assert said == set()  # the same file needs no note
    assert path.parts[-len(Path(name).parts) - 1] == LATER
    assert harness.downloads.downloaded() == {path}


def test_by_the_etag_where_the_listing_tells_no_hash(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    old = f"{SMALL}/{small.model.files[0].name}"
    right = content(hub, old)
    listed.rename(hub, old, f"{SMALL}/other.gguf", LATER)
    hub.about[SMALL]["hashes"] = False
    harness = open_harness()
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert (path.read_bytes(), said) == (right, set())


def replaced(hub: Hub, offer: Offer, *contents: tuple[str, bytes]) -> None:
    """Replace the files of an offer's repository by these."""
    repository = offer.model.repository
    for file in offer.model.files:
        del hub.files[f"{repository}/{file.name}"]
    for name, data in contents:
        hub.files[f"{repository}/{name}"] = File(data)
    listed.move_on(hub, repository, LATER)


def test_only_another_conversion_is_left(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    """Beside it are others: a smaller one, one part, another model, and drafts."""
    newer = listed.whole(24, 32, name="newer")
    replaced(
        hub,
        small,
        ("a/Q2_K.gguf", listed.whole(24, 32, type=2)),
        ("cut.gguf", newer[: len(newer) // 2]),
        ("piece.gguf", listed.whole(24, 32, without=("blk.7.attn_sinks.weight",))),
        ("layers.gguf", listed.whole(23, 32)),
        ("experts.gguf", listed.whole(24, 31)),
        ("llama.gguf", gguf_bytes("llama")),
        ("adapter of it.gguf", gguf_bytes(type="adapter")),
        ("page.gguf", b"<html>" * 100),
        ("whole thing.gguf", newer),
    )
    harness = open_harness()
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert path.read_bytes() == newer
    assert said == {DownloadNote.NEWER}
    assert disk_scan.inspect(path).offer == small.name


def test_another_conversion_in_parts(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    moved = ("output.weight", "blk.3.attn_q.weight")
    first = listed.whole(24, 32, without=moved, part=(1, 2))
    rest = listed.whole(24, 32, only=moved, part=(2, 2))
    names = [f"n/m-0000{n}-of-00002.gguf" for n in (1, 2)]
    replaced(hub, small, (names[0], first), (names[1], rest), ("x-00001-of-00002.gguf", first))
    harness = open_harness()
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert (path.read_bytes(), said) == (first, {DownloadNote.NEWER})
    assert (path.parent / "m-00002-of-00002.gguf").read_bytes() == rest


def test_nothing_is_left(hub: Hub, open_harness: Callable[[], Harness], small: Offer) -> None:
    """No other repository is asked."""
    replaced(hub, small, ("llama.gguf", gguf_bytes("llama")))
    harness = open_harness()
    harness.downloads.start(small.model)
    error = harness.until(DownloadEnded, small.model).error
    assert isinstance(error, e.NotOnHub)
    assert (error.name, error.repository) == ("gpt-oss-20b", SMALL)
    assert all(SMALL in question for question in hub.questions)
    assert not harness.downloads.unfinished()[0].running


def test_the_hub_lists_what_it_does_not_have(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    """The download ends in an error after a few requests."""
    name = f"{SMALL}/{small.model.files[0].name}"
    hub.about[SMALL]["sizes"] = {}
    listed.rename(hub, name, f"{SMALL}/there.gguf", LATER)
    hub.files[f"{SMALL}/there.gguf"].says = f'"{"0" * 64}"'
    harness = open_harness()
    harness.downloads.start(small.model)
    error = harness.until(DownloadEnded, small.model).error
    assert isinstance(error, e.HubChanged)
    assert (hub.sent, len(hub.questions)) == (0, 2)


def test_faults_on_the_way_are_waited_for(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    newer = listed.whole(24, 32, name="newer")
    replaced(hub, small, ("m.gguf", newer))
    hub.hub_plan = iter([503, 200, 500, 429, 200, 500])
    hub.plan = iter([Fault.DROP, Fault.BROKEN, Fault.SHORT, Fault.EXPIRED])
    harness = open_harness()
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert (path.read_bytes(), said) == (newer, {DownloadNote.NEWER})


def test_stopped_while_the_hub_is_asked(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    replaced(hub, small, ("m.gguf", listed.whole(24, 32, name="newer")))
    hub.plan = iter([Fault.STALL] * 100)
    harness = open_harness()
    harness.downloads.start(small.model)
    deadline = time.monotonic() + 60
    while not hub.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    harness.downloads.pause(small.model)
    assert harness.until(DownloadEnded, small.model).error is None
    hub.closing.set()


def test_what_cannot_be_put_on_record_is_not_asked(
    hub: Hub, open_harness: Callable[[], Harness], network: Network, tmp_path: Path
) -> None:
    """The error names the connection log, not the file."""
    model = variant(hub, listed.whole(24, 32))
    (tmp_path / "connections.log").unlink(missing_ok=True)
    (tmp_path / "connections.log").mkdir()
    harness = open_harness()
    harness.downloads.start(model)
    error = harness.until(DownloadEnded, model).error
    assert isinstance(error, e.CacheUnwritable)
    assert error.path == tmp_path / "connections.log"


# --- The ETag ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "says",
    ["", '"of-a-mirror"', 'W/"x-y"', f'"{"a" * 40}"'],
    ids=["none", "own", "weak", "git"],
)
def test_an_etag_that_says_nothing(
    hub: Hub, network: Network, tmp_path: Path, small: Offer, says: str
) -> None:
    """The bytes decide in the end, and the file goes where it belongs."""
    file = small.model.files[0]
    hub.files[f"{SMALL}/{file.name}"].says = says
    download = FileDownload(
        wanted_file(small.model, file), network=network, cache=tmp_path / "cache"
    )
    path = download.run(threading.Event(), lambda now: None)
    assert path.read_bytes() == content(hub, f"{SMALL}/{file.name}")
    assert path.resolve().name == file.sha256


@pytest.mark.parametrize("weak", [False, True])
def test_an_etag_that_says_that_it_is_another(
    hub: Hub, network: Network, tmp_path: Path, small: Offer, weak: bool
) -> None:
    """Not one byte of it is fetched."""
    file = small.model.files[0]
    hub.files[f"{SMALL}/{file.name}"].says = f'{"W/" * weak}"{"e" * 64}"'
    download = FileDownload(
        wanted_file(small.model, file), network=network, cache=tmp_path / "cache"
    )
    with pytest.raises(e.HubChanged):
        download.run(threading.Event(), lambda now: None)
    assert (hub.sent, hub.asked) == (0, [])


def test_another_size_is_another_file(
    hub: Hub, network: Network, tmp_path: Path, small: Offer
) -> None:
    file = replace(small.model.files[0], size=small.model.size + 1)
    hub.files[f"{SMALL}/{file.name}"].says = ""
    download = FileDownload(
        wanted_file(small.model, file), network=network, cache=tmp_path / "cache"
    )
    with pytest.raises(e.HubChanged):
        download.run(threading.Event(), lambda now: None)
    assert hub.sent == 0


def test_other_bytes_behind_the_right_etag(
    hub: Hub, network: Network, tmp_path: Path, small: Offer
) -> None:
    """The download is hashed, whatever the hub told."""
    file = small.model.files[0]
    there = hub.files[f"{SMALL}/{file.name}"]
    other = bytearray(there.content)
    other[-1] ^= 1
    hub.files[f"{SMALL}/{file.name}"] = File(bytes(other), there.commit, says=f'"{file.sha256}"')
    download = FileDownload(
        wanted_file(small.model, file), network=network, cache=tmp_path / "cache"
    )
    with pytest.raises(e.DownloadDamaged):
        download.run(threading.Event(), lambda now: None)
    assert not list((tmp_path / "cache").glob("models--*/snapshots/*/*"))


def test_another_conversion_of_a_mirror_that_knows_no_hashes(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    """Even under the old name, it is not joined with what had arrived before."""
    newer = listed.whole(24, 32, name="newer") + bytes(3_000_000)
    harness = open_harness()
    name = small.model.files[0].name
    listed.put_half(harness.cache, SMALL, name, content(hub, f"{SMALL}/{name}"))
    replaced(hub, small, (name, newer))
    hub.files[f"{SMALL}/{name}"].says = '"of-a-mirror"'
    hub.about[SMALL]["hashes"] = False
    hub.rate = 1e6
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert (path.read_bytes(), said) == (newer, {DownloadNote.NEWER, DownloadNote.RESTARTED})


# --- What was begun, or fetched, before -------------------------------------------------------


def test_an_order_on_the_old_name(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    harness = open_harness()
    half = listed.put_half(
        harness.cache, SMALL, OLD_SMALL, content(hub, f"{SMALL}/{OLD_SMALL}") * 2
    )
    leave(
        harness,
        repository=SMALL,
        files=[OLD_SMALL],
        size=12109566560,
        have=7,
        brought=[OLD_SMALL],
    )
    harness = open_harness()
    (left,) = harness.downloads.unfinished()
    assert left.model == small.model  # it belongs to the offer
    harness.downloads.resume()
    path, said = fetched(harness, small)
    assert path.read_bytes() == content(hub, f"{SMALL}/{small.model.files[0].name}")
    assert said == {DownloadNote.RESTARTED}
    assert not list(harness.cache.glob(f"models--*/blobs/{half}*"))
    assert harness.downloads.unfinished() == ()
    assert harness.downloads.downloaded() == {path}


def test_an_order_without_a_byte_is_not_begun_anew(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    harness = open_harness()
    leave(harness, repository=SMALL, files=[OLD_SMALL], size=12109566560)
    harness = open_harness()
    harness.downloads.resume()
    assert fetched(harness, small)[1] == set()


def test_an_order_of_three_parts(
    hub: Hub, open_harness: Callable[[], Harness], large: Offer
) -> None:
    """Two files are downloaded, and useless without the third, which is gone."""
    harness = open_harness()
    first, second = (
        listed.put_whole(harness.cache, LARGE, name, content(hub, f"{LARGE}/{name}"))
        for name in OLD_LARGE[:2]
    )
    theirs = listed.put_whole(harness.cache, LARGE, "theirs.gguf", b"of somebody else")
    listed.put_half(harness.cache, LARGE, OLD_LARGE[2], content(hub, f"{LARGE}/{OLD_LARGE[2]}"))
    leave(
        harness,
        repository=LARGE,
        files=OLD_LARGE,
        size=63387346464,
        have=1,
        brought=list(OLD_LARGE),
    )
    harness = open_harness()
    harness.downloads.resume()
    path, said = fetched(harness, large)
    assert path.read_bytes() == content(hub, f"{LARGE}/{large.model.files[0].name}")
    assert said == {DownloadNote.RESTARTED}
    assert not first.exists()
    assert not second.exists()
    assert theirs.exists()
    assert len(list(harness.cache.glob("models--*/blobs/*"))) == 2


def test_an_order_whose_old_file_is_whole(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    """Killed between the last byte and the update of the queue: nothing is fetched again."""
    harness = open_harness()
    old = listed.put_whole(harness.cache, SMALL, OLD_SMALL, content(hub, f"{SMALL}/{OLD_SMALL}"))
    leave(
        harness, repository=SMALL, files=[OLD_SMALL], size=12109566560, have=5, brought=[OLD_SMALL]
    )
    harness = open_harness()
    harness.downloads.resume()
    path, _ = fetched(harness, small)
    assert path == old
    assert (hub.sent, hub.heads) == (0, 0)
    assert harness.downloads.downloaded() == {old}


def test_an_order_of_a_draft_ends_with_a_reason(
    hub: Hub, open_harness: Callable[[], Harness]
) -> None:
    """Earlier versions offered drafts."""
    harness = open_harness()
    draft = "eagle3-gpt-oss-20b-Q8_0.gguf"
    leave(harness, repository=SMALL, files=[draft], size=921488000)
    harness = open_harness()
    (left,) = harness.downloads.unfinished()
    harness.downloads.resume()
    error = harness.until(DownloadEnded, left.model).error
    assert isinstance(error, e.NoModel)
    assert error.architecture == "eagle3"
    assert not list(harness.cache.glob("models--*/blobs/*"))
    harness.downloads.cancel(left.model)
    harness.until(DownloadEnded, left.model)
    assert harness.downloads.unfinished() == ()


def test_half_a_file_goes_on_under_another_name(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    """It has the same hash and size."""
    name = small.model.files[0].name
    data = content(hub, f"{SMALL}/{name}")
    harness = open_harness()
    listed.put_half(harness.cache, SMALL, name, data)
    listed.rename(hub, f"{SMALL}/{name}", f"{SMALL}/else.gguf", LATER)
    harness.downloads.start(small.model)
    path, said = fetched(harness, small)
    assert (path.read_bytes(), said) == (data, set())
    assert hub.sent == len(data) - len(data) // 2


def test_half_of_another_file_is_never_joined(
    hub: Hub, network: Network, tmp_path: Path, small: Offer
) -> None:
    """Even if its part has the right ETag, but a size that is not the file's."""
    file = small.model.files[0]
    data = content(hub, f"{SMALL}/{file.name}")
    place = CachePath(tmp_path, SMALL, file.name, "main", LATER, file.sha256 or "")
    half = partial_file.PartialFile(place, len(data) + 5)
    half.take(0)
    half.write(0, memoryview(b"x" * 100))
    half.close()
    download = FileDownload(wanted_file(small.model, file), network=network, cache=tmp_path)
    assert download.run(threading.Event(), lambda now: None).read_bytes() == data
    assert hub.sent == len(data)


def test_what_huggingface_hub_left_unfinished_is_left(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    file = small.model.files[0]
    harness = open_harness()
    theirs = (
        harness.cache / "models--ggml-org--gpt-oss-20b-GGUF" / "blobs" / f"{file.sha256}.incomplete"
    )
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"other bytes")
    harness.downloads.start(small.model)
    path, _ = fetched(harness, small)
    assert path.read_bytes() == content(hub, f"{SMALL}/{file.name}")
    assert theirs.read_bytes() == b"other bytes"


def test_a_file_that_changes_in_the_middle(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit vanishes meanwhile: the newer conversion is fetched from its beginning."""
    newer = listed.whole(24, 32, name="newer") + bytes(12_000_000)
    name = f"{SMALL}/{small.model.files[0].name}"
    large = listed.whole(24, 32, name="old") + bytes(12_000_000)
    commit = small.model.commit or ""
    hub.files[name] = File(large, commit)
    model = HubModel(SMALL, (listed.of(small.model.files[0].name, large),), commit)
    offer = replace(small, model=model)
    monkeypatch.setattr(catalog, "offers", lambda: (offer,))
    hub.most = 6_000_000
    harness = open_harness()
    harness.downloads.start(model)
    harness.come(1_000_000, model)
    replaced(hub, offer, ("newer.gguf", newer))
    hub.generation += 1  # the address has expired
    hub.most = math.inf
    path, said = fetched(harness, offer)
    assert path.read_bytes() == newer
    assert said == {DownloadNote.NEWER, DownloadNote.RESTARTED}
    assert len(list(harness.cache.glob("models--*/blobs/*"))) == 1


def test_what_was_found_is_remembered(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer
) -> None:
    """The next start continues with the same file and shows the same notes."""
    newer = listed.whole(24, 32, name="newer") + bytes(8_000_000)
    replaced(hub, small, ("newer.gguf", newer))
    hub.most = 5_000_000
    harness = open_harness()
    harness.downloads.start(small.model)
    harness.come(2_000_000, small.model)
    harness.downloads.close()
    hub.most = math.inf
    replaced(
        hub, replace(small, model=replace(small.model, files=())), ("other.gguf", newer + b"x")
    )
    hub.about[SMALL]["commit"] = "f" * 40
    harness = open_harness()
    (left,) = harness.downloads.unfinished()
    assert left.notes == (DownloadNote.NEWER,)
    harness.downloads.resume()
    path, said = fetched(harness, small)
    assert (path.read_bytes(), said) == (newer, {DownloadNote.NEWER})


# --- Other people's versions ------------------------------------------------------------------


def variant(hub: Hub, data: bytes, name: str = "gpt-oss-20b-Q8_0.gguf") -> HubModel:
    hub.files[f"org/name/{name}"] = File(data)
    (found,) = hub_search.variants("org/name")
    return found.model


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (gguf_bytes("llama"), "llama"),
        (gguf_bytes("eagle3"), "eagle3"),
        (gguf_bytes(type="mmproj"), "mmproj"),
    ],
)
def test_what_is_not_gpt_oss_is_not_fetched(
    hub: Hub, open_harness: Callable[[], Harness], data: bytes, kind: str
) -> None:
    """The name and the hub's description do not count."""
    model = variant(hub, data)
    harness = open_harness()
    harness.downloads.start(model)
    error = harness.until(DownloadEnded, model).error
    assert isinstance(error, e.UnsupportedArchitecture)
    assert error.architecture == kind
    assert not list(harness.cache.glob("models--*/blobs/*"))


def test_what_is_gpt_oss_is_fetched_whatever_the_hub_says(
    hub: Hub, open_harness: Callable[[], Harness]
) -> None:
    hub.about["org/name"] = {"architecture": "clip"}
    data = listed.whole(24, 32)
    model = variant(hub, data, "m.gguf")
    harness = open_harness()
    harness.downloads.start(model)
    assert harness.until(Downloaded, model).path.read_bytes() == data


def test_a_version_that_moved_is_found_by_its_bytes(
    hub: Hub, open_harness: Callable[[], Harness]
) -> None:
    data = listed.whole(24, 32)
    model = variant(hub, data)
    del hub.files["org/name/gpt-oss-20b-Q8_0.gguf"]
    hub.files["org/name/Q8_0/m.gguf"] = File(data, LATER)
    hub.about["org/name"] = {"commit": LATER}
    harness = open_harness()
    harness.downloads.start(model)
    assert harness.until(Downloaded, model).path.read_bytes() == data


def test_a_version_that_is_gone_is_replaced_by_no_other(
    hub: Hub, open_harness: Callable[[], Harness]
) -> None:
    model = variant(hub, listed.whole(24, 32))
    hub.files["org/name/gpt-oss-20b-Q8_0.gguf"] = File(listed.whole(24, 32, name="x"), LATER)
    hub.about["org/name"] = {"commit": LATER}
    harness = open_harness()
    harness.downloads.start(model)
    error = harness.until(DownloadEnded, model).error
    assert isinstance(error, e.NotOnHub)


# --- The listings -----------------------------------------------------------------------------


def test_drafts_are_in_no_list(hub: Hub) -> None:
    for one in listed.LISTINGS["repositories"]:
        names = {v.model.files[0].name for v in hub_search.variants(one["name"])}
        assert names == {file["name"] for file in one["files"] if file["is"] == "model"}


def test_a_whole_gpt_oss_is_known_by_its_header(tmp_path: Path) -> None:
    def kind(data: bytes) -> str:
        path = tmp_path / "any name.gguf"
        path.write_bytes(data)
        return disk_scan.inspect(path).offer

    assert kind(listed.whole(24, 32)) == "gpt-oss-20b"
    assert kind(listed.whole(36, 128)) == "gpt-oss-120b"
    assert kind(listed.whole(24, 32, type=0)) == "gpt-oss-20b"  # a larger type
    assert kind(listed.whole(24, 32, type=2)) == ""
    assert kind(listed.whole(24, 128)) == ""
    assert kind(listed.whole(24, 32, without=("output.weight",))) == ""
    assert kind(gguf_bytes("eagle3")) == ""


# --- The drive --------------------------------------------------------------------------------


def test_a_drive_that_is_not_mounted_is_not_written_to(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Its mount point exists, and is empty."""
    point = tmp_path / "drive"
    (point / "models").mkdir(parents=True)
    mounted = {str(point)}
    real = os.path.ismount
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted or real(path))
    assert mount_point.mount_of(point / "models") == str(point)
    harness = open_harness()
    harness.downloads.cache, harness.downloads.mount = point / "models", str(point)
    mounted.clear()
    harness.downloads.start(small.model)
    error = harness.until(DownloadHeld, small.model).error
    assert isinstance(error, e.DriveMissing)
    assert error.path == point / "models"
    assert list((point / "models").iterdir()) == []
    mounted.add(str(point))
    path, _ = fetched(harness, small)
    assert path.is_relative_to(point)


def test_a_chosen_folder_that_is_gone_is_not_made(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer, tmp_path: Path
) -> None:
    harness = open_harness()
    harness.downloads.cache = tmp_path / "media" / "stick" / "models"
    harness.downloads.start(small.model)
    assert isinstance(harness.until(DownloadHeld, small.model).error, e.DriveMissing)
    assert not (tmp_path / "media").exists()
    harness.downloads.cancel(small.model)
    assert harness.until(DownloadEnded, small.model).error is None


def test_an_order_knows_its_drive(
    hub: Hub, open_harness: Callable[[], Harness], small: Offer, tmp_path: Path
) -> None:
    hub.rate = 10_000
    harness = open_harness()
    harness.downloads.start(small.model)
    harness.until(Downloading, small.model)
    with harness._more:
        harness._more.wait_for(lambda: hub.asked, 60)
    harness.downloads.close()
    told = json.loads(harness.queue.read_text())
    assert told["orders"][0]["mount"] == mount_point.mount_of(tmp_path)


def test_the_table_of_mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "# a comment\nUUID=1 / ext4\nUUID=2 /mnt/big\\040disk ext4 noauto 0 0\nnonsense\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: table)
    assert mount_point._in_fstab(Path("/mnt/big disk/hub")) == ["/mnt/big disk"]
    assert mount_point._in_fstab(Path("/home/me")) == []


def test_phases_are_told(hub: Hub, open_harness: Callable[[], Harness], small: Offer) -> None:
    harness = open_harness()
    harness.downloads.start(small.model)
    told = harness.until(Downloading, small.model)
    while told.progress.phase is not DownloadPhase.DONE:
        told = harness.until(Downloading, small.model)
    assert told.progress.done == small.model.size
