"""The hub that the user chose: its address and the token."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import huggingface_hub
import pytest

from app.base.errors import HubRefused
from app.base.jobs import Jobs
from app.base.secrets import SecretPlace
from app.base.settings import Folders
from app.engine.backend import ScriptedBackend
from app.host import Host
from app.models.hub_requests import HubSource, WantedFile
from app.models.timeouts import Timeouts
from app.network import hub_address, hub_client
from app.network.access import NetworkAccess
from tests.fakes.hub import serving
from tests.unit.test_secrets import files_with

_MOMENT_S = 0.2  # in which another thread would have been faster


def test_the_token_and_the_mirror_are_used_and_logged(tmp_path: Path) -> None:
    def host() -> Host:
        return Host(Folders(tmp_path), lambda event: None, backend=ScriptedBackend())

    with serving() as hub:
        hub.about = {"a/b-GGUF": {"sizes": {"b-Q4.gguf": 4}}}
        hub.token = "hf_secret"
        with closing(host()) as first:
            first.change(hub_address=hub.endpoint)
            with pytest.raises(HubRefused):
                first.hub.search("b").result(60)
            assert first.keep_hub_token("hf_secret").result(60) is SecretPlace.FILE
            assert [found.name for found in first.hub.search("b").result(60)] == ["a/b-GGUF"]
        with closing(host()) as again:  # it is still known after a restart
            assert again.hub.search("b").result(60)
            asked = again.network.connections().result(60)
            assert {each.host for each in asked} == {hub.endpoint.removeprefix("http://")}
            source = HubSource(WantedFile("a/b-GGUF", "b-Q4.gguf"), Timeouts())
            assert source._url.startswith(hub.endpoint)
            again.backups.listed(make=True).result(60)
            assert files_with(tmp_path, "hf_secret") == ["secrets.json"]
            assert again.keep_hub_token("").result(60) is None
            with pytest.raises(HubRefused):
                again.hub.search("b").result(60)
    huggingface_hub.close_session()
    assert files_with(tmp_path, "hf_secret") == []
    assert (tmp_path / "backups").is_dir()


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_client.configure("https://mirror.example", "hf_mine")
    assert (hub_client.endpoint(), hub_client.token()) == ("https://mirror.example", "hf_mine")
    monkeypatch.setenv("HF_ENDPOINT", "https://other.example")
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    assert hub_client.endpoint() == huggingface_hub.constants.ENDPOINT  # as read at the start
    assert hub_client.token() is None  # the library reads it
    hub_client.configure("", "")


def test_a_token_is_not_sent_in_the_open() -> None:
    for address, sent in (
        ("http://mirror.example", None),
        ("http://192.168.0.2:8090", None),
        ("http://localhost:8090", "hf_mine"),
        ("http://[::1]:8090", "hf_mine"),
        ("https://mirror.example", "hf_mine"),
    ):
        hub_client.configure(address, "hf_mine")
        assert hub_client.token() == sent, address
    hub_client.configure("", "")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", ""),
        (" hf-mirror.com/ ", "https://hf-mirror.com"),
        ("https://hub.example:8443/hf", "https://hub.example:8443/hf"),
        ("http://10.0.0.2:8090", "http://10.0.0.2:8090"),
        ("ftp://hub.example", None),
        ("https://", None),
        ("https://me:word@hub.example", None),
        ("https://hub.example?a=1", None),
        ("https://hub example", None),
        ("https://hub.example:99999", None),
        ("https://[::1", None),
        ("https://hub.example/ä", None),
    ],
)
def test_what_is_an_address_of_a_hub(typed: str, address: str | None) -> None:
    assert hub_address.checked(typed) == address


def test_a_token_that_is_removed_while_it_is_read_is_not_used(tmp_path: Path) -> None:
    reading, removed = threading.Event(), threading.Event()

    def token() -> str:
        reading.set()
        assert removed.wait(60)
        return "hf_removed"

    with (
        closing(Jobs("network")) as jobs,
        closing(NetworkAccess(tmp_path / "log", jobs, offline=False, hub_token=token)) as access,
    ):
        opened = jobs.submit(access.open)
        assert reading.wait(60)
        access.set_hub(token="")
        removed.set()
        opened.result(60)
        assert hub_client.token() is None
    huggingface_hub.close_session()


def test_a_token_that_is_removed_while_it_is_kept_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Host(Folders(tmp_path), lambda event: None, backend=ScriptedBackend())) as host:
        secrets, removed = host.secrets, threading.Event()
        keep, delete = secrets.set, secrets.delete

        def slow(name: str, value: str) -> SecretPlace:
            removed.wait(_MOMENT_S)
            return keep(name, value)

        def remove(name: str) -> None:
            delete(name)
            removed.set()

        monkeypatch.setattr(secrets, "set", slow)
        monkeypatch.setattr(secrets, "delete", remove)
        kept, gone = host.keep_hub_token("hf_secret"), host.keep_hub_token("")
        assert kept.result(60) is SecretPlace.FILE
        assert gone.result(60) is None
        assert secrets.names() == ()
