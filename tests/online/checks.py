"""Check that the register of outside facts still holds.

Each check raises AssertionError with a sentence if not; the suite runs them against the fakes,
`test_services` against the real services.
"""

from __future__ import annotations

import functools
import hashlib
import io
import ssl
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import get_hf_file_metadata, hf_hub_url

from app.base import outside
from app.models import catalog, hub_search
from app.network.fetched import ServiceAnswer, ServiceRequest
from app.network.page_client import USER_AGENT
from app.tools.browser.web.provider import SearchRefusal, SearchRefused
from app.tools.browser.web.providers import PROVIDERS
from app.tools.browser.web.web_options import WebOptions
from app.tools.browser.web.wikipedia import WIKIPEDIA

_OLDEST_SANDBOX = timedelta(days=120)

HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Services:
    """The addresses of the services."""

    hub: str = HUB
    releases: str = outside.value("releases")["api"]
    sources: str = "https://raw.githubusercontent.com"
    packages: str = "https://pypi.org"
    search_engines: str = ""
    """What all addresses of search engines begin with instead; empty for their own."""

    def ask(self, address: str, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        """Return the JSON of an answer.

        Raises httpx2.HTTPError.
        """
        return _get(address, headers, parameters).json()

    def wheel(self, project: str) -> zipfile.ZipFile:
        """Return the newest wheel of a project.

        Raises AssertionError, httpx2.HTTPError.
        """
        address = f"{self.packages}/pypi/{project}/json"
        told = self.ask(address)
        wheels = [one for one in told["urls"] if one["packagetype"] == "bdist_wheel"]
        assert wheels, f"{project} has no wheel"
        # From there on, a mirror of PyPI may answer.
        content = _get(str(httpx2.URL(address).join(wheels[0]["url"]))).content
        assert hashlib.sha256(content).hexdigest() == wheels[0]["digests"]["sha256"], project
        return zipfile.ZipFile(io.BytesIO(content))


def _get(
    address: str, headers: dict[str, str] | None = None, parameters: dict[str, Any] | None = None
) -> httpx2.Response:
    answer = httpx2.get(
        address,
        params=parameters,
        headers={"User-Agent": "Fireside-checks"} | (headers or {}),
        timeout=30,
        follow_redirects=True,
        verify=_certificates(),
    )
    answer.raise_for_status()
    return answer


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Return the system's certificates, which are slow to read."""
    return httpx2.create_ssl_context()


def offers(services: Services) -> None:
    """Check that each file of an offer is at its commit, with its size and hash."""
    for offer in catalog.offers():
        for file in offer.model.files:
            url = hf_hub_url(
                offer.model.repository,
                file.name,
                revision=offer.model.commit,
                endpoint=services.hub,
            )
            told = get_hf_file_metadata(url, endpoint=services.hub, timeout=30)
            found = (told.commit_hash, told.size, told.etag)
            wanted = (offer.model.commit, file.size, file.sha256)
            assert found == wanted, f"{offer.name}: {url} has {found}, not {wanted}"


def listing(services: Services) -> None:
    """Check that main's listing has the fields that are read, and the bytes of each offer."""
    for offer in catalog.offers():
        name = offer.model.repository
        told = services.ask(f"{services.hub}/api/models/{name}", blobs="true")
        assert {"sha", "siblings", "cardData"} <= told.keys(), f"{name}: {sorted(told)}"
        ggufs = [one for one in told["siblings"] if one["rfilename"].endswith(".gguf")]
        for one in ggufs:
            assert {"rfilename", "size", "lfs"} <= one.keys(), f"{name}: {one}"
            assert {"sha256", "size"} <= one["lfs"].keys(), f"{name}: {one}"
        listed = hub_search.listing(name, endpoint=services.hub, timeout=30)
        assert listed.commit == told["sha"], f"{name}: {listed.commit}"
        hashes = {file.sha256 for file in listed.files}
        assert set(offer.model.hashes) <= hashes, (
            f"{offer.name}: main of {name} has other files now; people are told of a newer "
            f"conversion: {sorted(file.name for file in listed.files)}"
        )
        offered = [model for model, _ in hub_search.models(name, listed)]
        assert any(model.is_same(offer.model) for model in offered), (
            f"{offer.name} is taken for what lies beside a model in {name}"
        )


def search_fields(services: Services) -> None:
    """Check that a search returns the requested fields."""
    fields = outside.value("hub_search")
    address = f"{services.hub}/api/models"
    told = services.ask(
        address, filter="gguf", sort="downloads", limit=5, search="gpt-oss", expand=fields
    )
    assert isinstance(told, list), f"{address} answers {type(told).__name__}"
    assert told, f"{address} finds nothing for gpt-oss"
    for field in ("id", *fields):
        assert any(field in one for one in told), f"{address} tells no {field}"


def releases(services: Services) -> None:
    """Check that the newest release of a project has its tag.

    Asked in the version of the API that Fireside uses.
    """
    value = outside.value("releases")
    known = value["known"]
    headers = {"X-GitHub-Api-Version": value["version"]}
    told = services.ask(f"{services.releases}/repos/{known}/releases/latest", headers)
    assert isinstance(told.get("tag_name"), str), f"{known}: {sorted(told)}"


def gpu_tools(services: Services) -> None:
    """Check that PyPI has each file that a GPU's library is compiled with."""
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    for file in outside.value("gpu_tools")["files"]:
        told = services.ask(f"{services.packages}/simple/{file['name']}/", accept)
        listed = {(one["hashes"].get("sha256"), one["size"]) for one in told["files"]}
        for system, one in file.items():
            if isinstance(one, dict):
                wanted = (one["sha256"], one["size"])
                assert wanted in listed, f"{file['name']} {file['version']} for {system}"


def sandbox_age(services: Services) -> None:
    """Check that the WebAssembly runtime is not older than a few releases, whose fixes it lacks."""
    (version,) = outside.facts()["wasmtime"].pinned.values()
    told = services.ask(f"{services.packages}/pypi/wasmtime/{version}/json")
    uploaded = min(datetime.fromisoformat(one["upload_time_iso_8601"]) for one in told["urls"])
    age = datetime.now(UTC) - uploaded
    assert age < _OLDEST_SANDBOX, f"wasmtime {version} is {age.days} days old"


def wikipedia(services: Services) -> None:
    """Check that Wikipedia finds something without a key, told who asks."""
    request = WIKIPEDIA.requests("tide", 3, WebOptions(), "")[0]
    assert WIKIPEDIA.hits(_searched(services, request), request, 3), "it finds no tide"


def search_keys(services: Services) -> None:
    """Check that each search engine refuses a wrong key as it says, which costs nothing."""
    for provider in PROVIDERS.values():
        if not provider.secret:
            continue
        request = provider.requests("tide", 3, WebOptions(), "wrong")[0]
        answer, said = _searched(services, request), "any key will do"
        try:
            provider.hits(answer, request, 3)
        except SearchRefused as refused:
            said = "" if refused.why is SearchRefusal.KEY else f"{refused.why} {refused}"
        assert not said, f"{provider.name}: {said}"


def _searched(services: Services, request: ServiceRequest) -> ServiceAnswer:
    answer = httpx2.request(
        "GET" if request.body is None else "POST",
        f"{services.search_engines}/{request.url}" if services.search_engines else request.url,
        params=dict(request.params),
        headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        | dict(request.headers),
        content=request.body,
        timeout=30,
    )
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    return ServiceAnswer(answer.status_code, media_type, answer.content)


def sources(services: Services) -> None:
    """Check that other projects' newest files still say what was relied upon."""
    gone = [
        f"{fact.name}: {place} {fault}"
        for fact in outside.facts().values()
        for place, words in fact.stands.items()
        for fault in _gone(services, place, words)
    ]
    assert not gone, "; ".join(gone)


def _gone(services: Services, place: str, words: list[str]) -> Iterator[str]:
    kind, _, way = place.partition(":")
    first, _, path = way.partition("/")
    try:
        if kind == "pypi":
            text = services.wheel(first).read(path).decode()
        else:
            name, _, path = path.partition("/")
            text = _get(f"{services.sources}/{first}/{name}/HEAD/{path}").text
    except KeyError:
        yield "is not in the newest wheel"
    except httpx2.HTTPStatusError as error:
        yield f"is answered with {error.response.status_code}"
    else:
        yield from (f"no longer says {word!r}" for word in words if word not in text)


CHECKS: dict[str, Callable[[Services], None]] = {
    "offers": offers,
    "listing": listing,
    "search": search_fields,
    "releases": releases,
    "sources": sources,
    "sandbox_age": sandbox_age,
    "gpu_tools": gpu_tools,
    "wikipedia": wikipedia,
    "search_keys": search_keys,
}


def named(kind: str) -> set[str]:
    """Return the checks of a kind that the register names."""
    found = (fact.check.partition(": ") for fact in outside.facts().values())
    return {name for of, _, name in found if of == kind}


ROOT = Path(__file__).parents[2]
