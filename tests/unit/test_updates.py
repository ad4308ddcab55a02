"""The check for updates: one logged request, and an answer that is not trusted."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.errors import Offline, UpdatesUnknown
from app.network import updates
from app.network.client import Network
from app.network.updates import latest_release
from tests.fakes.releases import Releases, serving


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    with serving() as served:
        monkeypatch.setattr(updates, "API", served.address)
        monkeypatch.setattr(updates, "REPOSITORY", "some/fireside")
        monkeypatch.setattr(updates, "__version__", "1.1.0")
        yield served


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path / "connections.log")


def reason(network: Network, timeout: float = 10.0) -> str:
    with pytest.raises(UpdatesUnknown) as caught:
        latest_release(network, timeout=timeout)
    assert caught.value.host == "127.0.0.1"
    return caught.value.reason


def test_a_newer_one_is_there(releases: Releases, network: Network) -> None:
    found = latest_release(network)
    assert (found.version, found.newer) == ("1.2.0", True)
    assert found.page == "https://github.com/some/fireside/releases/tag/v1.2.0"
    assert releases.asked == ["/repos/some/fireside/releases/latest"]
    assert releases.headers["User-Agent"] == "Fireside/1.1.0"
    assert not {"Cookie", "Authorization", "Referer"} & set(releases.headers)
    (entry,) = network.log.read()
    assert (entry.host.partition(":")[0], entry.purpose) == ("127.0.0.1", "check for updates")
    assert entry.received == len(releases.answer())


@pytest.mark.parametrize(
    ("tag", "newer"),
    [("v1.1.0", False), ("1.1", False), ("v1.0.9", False), ("v1.10.0", True), ("v1.1.1rc1", True)],
)
def test_versions_are_compared_by_number(
    releases: Releases, network: Network, tag: str, newer: bool
) -> None:
    releases.tag = tag
    assert latest_release(network).newer is newer


def test_offline_asks_nobody(releases: Releases, network: Network) -> None:
    network.offline = True
    with pytest.raises(Offline):
        latest_release(network)
    assert releases.asked == []
    assert network.log.read() == []


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"tag_name": 7}',
        b'{"tag_name": "v1.2/../../../evil"}',
        b'{"tag_name": "latest"}',
        b"[" * 100_000,
        json.dumps({"tag_name": "9" * 5000}).encode(),
        b'{"tag_name": "v1.2", "body": "' + b"x" * (5 << 20) + b'"}',
        b"\xff\xfe\x00",
    ],
)
def test_an_answer_without_sense(releases: Releases, network: Network, said: bytes) -> None:
    releases.said = said
    assert reason(network) == "unexpected response"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "it knows no release of Fireside"),
        (403, "too many requests"),
        (429, "too many requests"),
        (502, "status 502"),
    ],
)
def test_no_answer(releases: Releases, network: Network, status: int, words: str) -> None:
    releases.status = status
    assert reason(network) == words


def test_silence_ends(releases: Releases, network: Network) -> None:
    releases.silent = True
    assert reason(network, timeout=0.2) == "no answer for 0.2 s"


def test_nobody_there(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound, so that no other program listens there
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr(updates, "API", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert "refused" in reason(network)
    assert len(network.log.read()) == 1


def test_what_cannot_be_put_on_record_is_not_asked(releases: Releases, tmp_path: Path) -> None:
    folder = tmp_path / "connections.log"
    folder.mkdir()
    assert reason(Network(folder)).startswith("connections.log cannot be written")
    assert releases.asked == []
