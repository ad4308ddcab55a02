"""What a model's name on the command line means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import huggingface_hub.constants
import pytest

from app.base.errors import HubNotFound
from app.base.jobs import Jobs
from app.cli import model_names
from app.cli.model_names import UnknownName
from app.engine.probe import Machine
from app.network.access import NetworkAccess
from tests.fakes import listed
from tests.fakes.hub import Hub, serving

GB = 10**9
LAPTOP = Machine(24 * GB, 20 * GB, 4)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serving() as hub:
        listed.stock(hub)
        yield hub


@pytest.fixture
def network(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NetworkAccess]:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.endpoint)
    with (
        closing(Jobs("network")) as jobs,
        closing(NetworkAccess(tmp_path / "log", jobs, offline=False)) as network,
    ):
        yield network


def test_without_a_name_it_is_the_recommended_one(network: NetworkAccess) -> None:
    assert model_names.find(None, LAPTOP, network).name == "gpt-oss-20b"


def test_offers_by_their_names(network: NetworkAccess) -> None:
    for name in ("gpt-oss-120b", "GPT-OSS-120B ", "openai/gpt-oss-120b"):
        assert model_names.find(name, LAPTOP, network).name == "gpt-oss-120b"
    for name in ("gpt-4", "../../whoami-v2", "a/b/c", "a/b?c", "/a"):  # nothing to ask a hub for
        with pytest.raises(UnknownName, match="gpt-oss-20b, gpt-oss-120b"):
            model_names.find(name, LAPTOP, network)


def test_one_of_a_repository(network: NetworkAccess) -> None:
    for wanted in ("", ":nope"):
        with pytest.raises(UnknownName) as found:
            model_names.find(f"unsloth/gpt-oss-20b-GGUF{wanted}", LAPTOP, network)
        told = str(found.value).splitlines()
        assert wanted[1:] in told[0]
    name = told[-1].split()[0]
    repository, _, variant = name.partition(":")
    for form in (name, f"{repository}:{variant.swapcase()}", f"https://huggingface.co/{name}"):
        assert model_names.find(form, LAPTOP, network).model.repository == repository
    with pytest.raises(HubNotFound):
        model_names.find("nobody/nothing", LAPTOP, network)
