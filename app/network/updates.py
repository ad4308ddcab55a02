"""The newest release of Fireside, looked up only at the user's request.

One request to GitHub's API, "Get the latest release", which leaves out drafts and pre-releases
(https://docs.github.com/en/rest/releases/releases). Only the tag is taken from the response, and
the page's URL is built here, so that nothing in a response can lead elsewhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import httpx2
from packaging.version import InvalidVersion, Version

from app import REPOSITORY, __version__
from app.base import outside
from app.base.errors import UpdatesUnknown
from app.network.client import Network
from app.network.connection_log import LogUnwritable, Purpose, purpose
from app.network.response import ResponseTooLong, ResponseTooSlow, read_body, reason

API: str = outside.value("releases")["api"]

_LONGEST_BODY = 4 << 20  # bytes; a release with many files takes some hundred thousand
_TAG = re.compile(r"v?[0-9][0-9A-Za-z.+-]{0,39}")
_NO_SENSE = "unexpected response"


@dataclass(frozen=True, slots=True)
class LatestRelease:
    """The newest release: its version, whether it is newer than this Fireside, and its page."""

    version: str
    newer: bool
    page: str


def latest_release(network: Network, *, timeout: float = 10.0) -> LatestRelease:
    """Ask GitHub for it; ``timeout`` is in seconds of silence. Raises Offline, UpdatesUnknown."""
    url = f"{API}/repos/{REPOSITORY}/releases/latest"
    host = httpx2.URL(url).host
    headers = {
        "Accept": "application/vnd.github+json",
        "User-Agent": f"Fireside/{__version__}",  # GitHub refuses requests without one
        "X-GitHub-Api-Version": outside.value("releases")["version"],
    }
    try:
        with (
            network.client(headers=headers, timeout=timeout, follow_redirects=True) as client,
            purpose(Purpose.UPDATES),
            client.stream("GET", url) as response,
        ):
            if response.status_code != 200:
                raise UpdatesUnknown(host, _refusal(response.status_code))
            body = read_body(response, limit=_LONGEST_BODY, seconds=3 * timeout)
    except LogUnwritable as error:
        log = f"connections.log cannot be written: {error.strerror}"
        raise UpdatesUnknown(host, log) from error
    except ResponseTooLong as error:
        raise UpdatesUnknown(host, _NO_SENSE) from error
    except (ResponseTooSlow, httpx2.HTTPError, OSError) as error:
        raise UpdatesUnknown(host, reason(error, timeout)) from error
    release = _parse(body)
    if release is None:
        raise UpdatesUnknown(host, _NO_SENSE)
    tag, version = release
    page = f"https://github.com/{REPOSITORY}/releases/tag/{tag}"
    return LatestRelease(str(version), version > Version(__version__), page)


def _parse(body: bytes) -> tuple[str, Version] | None:
    """Return the release's tag and the version that it names; None if they are invalid."""
    try:
        release = json.loads(body)
        tag = release.get("tag_name") if isinstance(release, dict) else None
        if isinstance(tag, str) and _TAG.fullmatch(tag):
            return tag, Version(tag)
    except (ValueError, RecursionError, InvalidVersion):
        pass
    return None


def _refusal(status: int) -> str:
    if status in (403, 429):
        return "too many requests"
    return "it knows no release of Fireside" if status == 404 else f"status {status}"
