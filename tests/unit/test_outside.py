"""The register of outside facts: complete, in use, and true as far as can be seen offline."""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import huggingface_hub
import pytest
from huggingface_hub import constants, file_download, hf_api

from app.base import companion_files, gguf, outside
from app.models import catalog, hub_search
from app.network import updates
from tests.fakes import listed
from tests.fakes.hub import Hub
from tests.fakes.hub import serving as hub_on_loopback
from tests.fakes.releases import serving as releases_on_loopback
from tests.fakes.sources import Sources
from tests.fakes.sources import serving as sources_on_loopback
from tests.fakes.web import LocalWeb, running
from tests.fakes.web_sites import CASES
from tests.online import checks
from tests.online.checks import CHECKS, ROOT, Services

FACTS = outside.facts()
WIKIPEDIA_EN = outside.value("wikipedia_search")["api"].format(language="en")


# --- The register -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FACTS)
def test_an_entry_is_whole_and_in_use(name: str) -> None:
    fact = FACTS[name]
    assert fact.what.endswith(".")
    assert fact.source
    assert datetime.date(2026, 1, 1) <= fact.looked
    assert fact.used
    for place in fact.used:
        file, _, text = place.partition(":")
        assert text in (ROOT / file).read_text(encoding="utf-8"), place
    for place, words in fact.stands.items():
        assert re.fullmatch(r"github:[\w.-]+/[\w.-]+/\S+|pypi:[\w.-]+/\S+", place), place
        assert words
        assert all(words)


@pytest.mark.parametrize("name", [name for name, fact in FACTS.items() if fact.pinned])
def test_an_entry_was_looked_at_with_what_is_installed(name: str) -> None:
    """A newer version has to be looked at before it is installed."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    for package, version in FACTS[name].pinned.items():
        assert f"{package}=={version}" in pins
        assert version in FACTS[name].source or package == "llama-cpp-python"


def test_every_check_is_there_and_named() -> None:
    assert checks.named("online") == CHECKS.keys()
    assert checks.named("here") == HERE.keys()


def test_entries_that_are_read_alone_are_those_of_the_file() -> None:
    whole = tomllib.loads((ROOT / "resources/outside.toml").read_text(encoding="utf-8"))
    assert list(FACTS) == list(whole)
    assert [fact.value for fact in FACTS.values()] == [e.get("value") for e in whole.values()]


@pytest.mark.parametrize("name", [name for name, fact in FACTS.items() if fact.value is not None])
def test_a_value_is_read_from_the_register(name: str) -> None:
    code = f'outside.value("{name}")'
    files = [path for room in ("app", "installers") for path in (ROOT / room).rglob("*.py")]
    assert any(code in path.read_text(encoding="utf-8") for path in files)


# --- What can be checked here -----------------------------------------------------------------


def _companion_files() -> None:
    """Check by the listing: what llama.cpp leaves out is left out."""
    told = listed.LISTINGS["beside_a_model"]
    assert all(
        companion_files.is_companion_name(f"{prefix.rstrip('-')}-model.gguf")
        for prefix in told["prefixes"]
    )
    assert all(companion_files.is_companion_name(path) for path in told["also"])
    assert not any(companion_files.is_companion_name(path) for path in told["never"])
    assert set(told["architectures"]) <= companion_files.architectures()


def _hub_cache() -> None:
    """Check against huggingface_hub's own code."""
    source = inspect.getsource(file_download) + inspect.getsource(constants)
    for word in ("blobs", "snapshots", "refs", ".incomplete", ".locks"):
        assert word in source, word
    assert constants.REPO_ID_SEPARATOR == "--"


def _tensor_types() -> None:
    """Check the types of the installed llama.cpp, and their sizes.

    In a process of its own, since nothing else here loads llama.cpp.
    """
    code = (
        "import ctypes, json, llama_cpp.llama_cpp as c\n"
        "import ctypes.util, pathlib\n"
        "folder = pathlib.Path(c.__file__).parent / 'lib'\n"
        "base = next(p for p in sorted(folder.iterdir()) if 'ggml-base' in p.name)\n"
        "g = ctypes.CDLL(str(base))\n"
        "g.ggml_type_size.restype = ctypes.c_size_t; g.ggml_blck_size.restype = ctypes.c_int64\n"
        "print(json.dumps({t: [g.ggml_blck_size(t), g.ggml_type_size(t)] for t in %r}))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code % (list(gguf.BLOCKS),)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    theirs = {int(kind): tuple(size) for kind, size in json.loads(ran.stdout).items()}
    assert theirs == gguf.BLOCKS


HERE: dict[str, Callable[[], None]] = {
    "companion_files": _companion_files,
    "hub_cache": _hub_cache,
    "tensor_types": _tensor_types,
}


@pytest.mark.parametrize("name", HERE)
def test_it_holds_here(name: str) -> None:
    HERE[name]()


def test_the_hubs_fields_are_those_of_its_own_library() -> None:
    assert set(outside.value("hub_search")) <= set(get_args(hf_api.ExpandModelProperty_T))
    lfs = {field.name for field in dataclasses.fields(hf_api.BlobLfsInfo)}
    assert {"sha256", "size"} <= lfs
    sibling = {field.name for field in dataclasses.fields(hf_api.RepoSibling)}
    assert {"rfilename", "size", "lfs"} <= sibling
    assert constants.HUGGINGFACE_HEADER_X_LINKED_ETAG == "X-Linked-Etag"
    assert constants.HUGGINGFACE_HEADER_X_LINKED_SIZE == "X-Linked-Size"
    assert constants.HUGGINGFACE_HEADER_X_REPO_COMMIT == "X-Repo-Commit"
    assert huggingface_hub.constants.DEFAULT_REVISION == "main"


# --- What ships, against the listing ----------------------------------------------------------


@pytest.mark.parametrize("offer", catalog.offers(), ids=lambda offer: offer.name)
def test_what_ships_is_what_is_listed(offer: catalog.Offer) -> None:
    (repository,) = (
        one for one in listed.LISTINGS["repositories"] if one["name"] == offer.model.repository
    )
    models = [file for file in repository["files"] if file["is"] == "model"]
    assert offer.model.commit == repository["commit"]
    assert [(file.name, file.size, file.sha256) for file in offer.model.files] == [
        (file["name"], file["size"], file["sha256"]) for file in models
    ]


def test_no_sentence_and_no_document_names_a_file_of_the_hub() -> None:
    """Such names change; only the register and what reads it have them."""
    names = {
        re.sub(r"-\d{5}-of-\d{5}", "", file["name"]).lower().removesuffix(".gguf")
        for one in listed.LISTINGS["repositories"]
        for file in (*one["files"], *one.get("gone", ()))
    }
    places = [
        *(ROOT / "app").rglob("*.py"),
        *ROOT.glob("*.md"),
        *(ROOT / "installers").rglob("*.md"),
        *(ROOT / "installers").rglob("*.xml"),
        *(ROOT / "tests").glob("*/*.md"),
        *(ROOT / "tests").glob("*.md"),
    ]
    for path in places:
        text = path.read_text(encoding="utf-8").lower()
        assert [name for name in names if f"{name}.gguf" in text] == [], path


# --- The checks of the real services, against the fakes ---------------------------------------


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_on_loopback() as hub:
        listed.stock(hub)
        offers = listed.catalogue(hub)
        monkeypatch.setattr(catalog, "offers", lambda: offers)
        yield hub
    huggingface_hub.close_session()


@pytest.fixture
def others() -> Iterator[Sources]:
    """Yield files with the expected content."""
    with sources_on_loopback() as sources:
        for fact in FACTS.values():
            for place, words in fact.stands.items():
                kind, _, way = place.partition(":")
                project, _, path = way.partition("/")
                text = "\n".join(("…", *words))
                if kind == "pypi":
                    sources.wheels.setdefault(project, {})[path] = text
                else:
                    sources.files[way] = sources.files.get(way, "") + text
        for tool in outside.value("gpu_tools")["files"]:
            made = (one for one in tool.values() if isinstance(one, dict))
            sources.hashes[tool["name"]] = {one["sha256"]: one["size"] for one in made}
        sources.uploaded = {_wasmtime(): datetime.datetime.now(datetime.UTC).isoformat()}
        yield sources


def _wasmtime() -> str:
    return f"wasmtime/{FACTS['wasmtime'].pinned['wasmtime']}"


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[LocalWeb]:
    """Search engines at paths that are their addresses: they answer, or refuse a wrong key."""
    web = LocalWeb()
    with running(web, tmp_path):
        answer = (CASES / "wikipedia.json").read_bytes()
        web.put("127.0.0.1", f"/{WIKIPEDIA_EN}", answer, "application/json")
        for name, status in {"brave": 422, "tavily": 401, "exa": 401, "kagi": 401}.items():
            path = f"/{outside.value(f'{name}_search')['api']}"
            web.put("127.0.0.1", path, b"{}", "application/json", status)
        yield web


@pytest.fixture
def services(hub: Hub, others: Sources, engines: LocalWeb) -> Iterator[Services]:
    with releases_on_loopback() as github:
        address = f"http://127.0.0.1:{engines.ports[80]}"
        yield Services(hub.endpoint, github.address, others.address, others.address, address)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_is_content_with_what_is_listed(name: str, services: Services) -> None:
    CHECKS[name](services)


def _gone(hub: Hub) -> None:
    listed.rename(hub, f"{listed.SMALL}/gpt-oss-20b-MXFP4.gguf", f"{listed.SMALL}/x.gguf", "d" * 40)


def _other(hub: Hub) -> None:
    file = hub.files[f"{listed.SMALL}/gpt-oss-20b-MXFP4.gguf"]
    file.content += b"x"


def _named_like_a_draft(hub: Hub) -> None:
    listed.rename(
        hub, f"{listed.SMALL}/gpt-oss-20b-MXFP4.gguf", f"{listed.SMALL}/mtp-x.gguf", "d" * 40
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("offers", _gone),
        ("offers", _other),
        ("listing", _other),
        ("listing", _named_like_a_draft),
        ("listing", lambda hub: hub.about[listed.SMALL].update(hashes=False)),
        ("search", lambda hub: setattr(hub, "said", b"[]")),
        ("search", lambda hub: setattr(hub, "said", b'[{"id": "a/gpt-oss"}]')),
        ("search", lambda hub: setattr(hub, "said", b"{}")),
    ],
)
def test_a_check_fails_on_a_fact_that_no_longer_holds(
    name: str, change: Callable[[Hub], None], hub: Hub, services: Services
) -> None:
    change(hub)
    with pytest.raises((AssertionError, huggingface_hub.errors.HfHubHTTPError)):
        CHECKS[name](services)


def _said_otherwise(others: Sources) -> str:
    others.files["ollama/ollama/manifest/paths.go"] = "manifests-v2"
    return "paths.go no longer says"


def _moved(others: Sources) -> str:
    del others.files["ollama/ollama/manifest/paths.go"]
    return "paths.go is answered with 404"


def _renamed_in_the_wheel(others: Sources) -> str:
    wheel = others.wheels["huggingface-hub"]
    wheel["huggingface_hub/api.py"] = wheel.pop("huggingface_hub/hf_api.py")
    return "hf_api.py is not in the newest wheel"


def _another_field(others: Sources) -> str:
    others.wheels["huggingface-hub"]["huggingface_hub/hf_api.py"] = "    rfilename: str\n"
    return "sha256"


@pytest.mark.parametrize(
    "changes", [(_said_otherwise, _renamed_in_the_wheel), (_moved, _another_field)]
)
def test_the_sources_are_asked_for_each_word(
    changes: Sequence[Callable[[Sources], str]], others: Sources
) -> None:
    said = [change(others) for change in changes]
    services = Services(sources=others.address, packages=others.address)
    with pytest.raises(AssertionError) as failed:
        CHECKS["sources"](services)
    for each in said:
        assert each in str(failed.value)
    assert str(failed.value).count(";") <= 2  # what still holds is not mentioned


def test_a_search_engine_that_has_changed_is_noticed(services: Services, engines: LocalWeb) -> None:
    path = f"/{outside.value('exa_search')['api']}"
    for status, said in {200: "Exa: any key will do", 404: "Exa: unknown status 404"}.items():
        engines.put("127.0.0.1", path, b'{"results": []}', status=status)
        with pytest.raises(AssertionError, match=said):
            CHECKS["search_keys"](services)
    engines.put("127.0.0.1", f"/{WIKIPEDIA_EN}", b'{"pages": []}')
    with pytest.raises(AssertionError, match="no tide"):
        CHECKS["wikipedia"](services)


def test_a_tool_that_is_another_one_is_noticed(others: Sources) -> None:
    ninja = others.hashes["ninja"]
    ninja["0" * 64] = ninja.pop(next(iter(ninja)))
    with pytest.raises(AssertionError, match=r"ninja .* for linux_x86_64"):
        CHECKS["gpu_tools"](Services(packages=others.address))


def test_a_sandbox_that_is_old_is_noticed(others: Sources) -> None:
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=121)
    others.uploaded[_wasmtime()] = then.isoformat()
    with pytest.raises(AssertionError, match="121 days old"):
        CHECKS["sandbox_age"](Services(packages=others.address))


def test_a_wheel_is_the_one_that_is_listed(others: Sources) -> None:
    others.listed_as = "0" * 64
    with pytest.raises(AssertionError, match="huggingface-hub"):
        Services(packages=others.address).wheel("huggingface-hub")


def test_the_releases_are_asked_as_fireside_asks(services: Services) -> None:
    with releases_on_loopback(tag=None) as github, pytest.raises(AssertionError):
        CHECKS["releases"](Services(services.hub, github.address))
    with releases_on_loopback() as github:
        CHECKS["releases"](Services(services.hub, github.address))
        assert github.headers["X-GitHub-Api-Version"] == outside.value("releases")["version"]
    assert updates.API == "https://api.github.com"
    assert tuple(outside.value("hub_search")) == hub_search._EXPAND
