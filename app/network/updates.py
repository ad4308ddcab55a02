"""Which Fireside is the newest. Asked only when a person asks, through the door to the network.

One request to GitHub's API, "Get the latest release", which leaves drafts and pre-releases out
(https://docs.github.com/en/rest/releases/releases). Of the answer only the tag is taken: addresses
are made here, so that nothing which is sent can lead elsewhere.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass

import httpx2
from packaging.version import InvalidVersion, Version

from app import REPOSITORY, __version__
from app.base import outside
from app.base.errors import UpdatesUnknown
from app.network.client import LogUnwritable, Network, purpose

API: str = outside.value("releases")["api"]

_LONGEST_ANSWER = 4 << 20  # bytes; of a release with many files, some hundred thousand
_TAG = re.compile(r"v?[0-9][0-9A-Za-z.+-]{0,39}")
_NO_SENSE = "its answer makes no sense"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest release: its version, whether this Fireside is older, and its page."""

    version: str
    newer: bool
    page: str


def newest(network: Network, *, timeout: float = 10.0) -> Newest:
    """Asks. ``timeout``: the seconds that GitHub may be silent. Raises Offline, UpdatesUnknown."""
    address = f"{API}/repos/{REPOSITORY}/releases/latest"
    host = httpx2.URL(address).host
    headers = {
        "Accept": "application/vnd.github+json",
        "User-Agent": f"Fireside/{__version__}",  # without one, GitHub refuses
        "X-GitHub-Api-Version": outside.value("releases")["version"],
    }
    try:
        with (
            network.client(headers=headers, timeout=timeout, follow_redirects=True) as client,
            purpose("look for a new version"),
            client.stream("GET", address) as response,
        ):
            if response.status_code != 200:
                raise UpdatesUnknown(host, _refusal(response))
            told = _tag(_body(response, host, time.monotonic() + 3 * timeout))
    except LogUnwritable as error:
        reason = f"connections.log cannot be written: {error.strerror}"
        raise UpdatesUnknown(host, reason) from error
    except httpx2.TimeoutException as error:
        raise UpdatesUnknown(host, f"no answer for {timeout:g} s") from error
    except (httpx2.HTTPError, OSError) as error:
        raise UpdatesUnknown(host, str(error) or type(error).__name__) from error
    if told is None:
        raise UpdatesUnknown(host, _NO_SENSE)
    tag, version = told
    page = f"https://github.com/{REPOSITORY}/releases/tag/{tag}"
    return Newest(str(version), version > Version(__version__), page)


def _body(response: httpx2.Response, host: str, deadline: float) -> bytes:
    """What is timed is each read: an answer that comes by drops has to be ended, too."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _LONGEST_ANSWER:
            raise UpdatesUnknown(host, _NO_SENSE)
        if time.monotonic() > deadline:
            raise UpdatesUnknown(host, "its answer takes too long")
    return bytes(body)


def _tag(body: bytes) -> tuple[str, Version] | None:
    """The release's tag, and the version that it names."""
    try:
        answer = json.loads(body)
        tag = answer.get("tag_name") if isinstance(answer, dict) else None
        if isinstance(tag, str) and _TAG.fullmatch(tag):
            return tag, Version(tag)
    except (ValueError, RecursionError, InvalidVersion):
        pass
    return None


def _refusal(response: httpx2.Response) -> str:
    status = response.status_code
    if status in (403, 429):
        return "it has been asked too often"
    return "it knows no release of Fireside" if status == 404 else f"status {status}"
