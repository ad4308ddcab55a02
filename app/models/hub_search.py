"""Search the hub for GGUF models, and list those of a repository.

The API is the one that huggingface_hub 2 uses (hf_api.py: list_models, model_info; ``gguf`` as in
huggingface_hub#2545), and so is the client. Its methods are not used: they have no timeout for the
whole body, retry for minutes, and raise undocumented errors for a response of another shape. No
field of a response is trusted: invalid values are left out.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urljoin

import httpx2
from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled

from app.base import companion_files, gguf, outside
from app.base.errors import (
    CacheUnwritable,
    HubError,
    HubFailed,
    HubNotFound,
    HubRefused,
    HubUnreachable,
)
from app.models.catalog import HubFile, HubModel, Repository, Variant
from app.network import hub_client
from app.network.connection_log import LogUnwritable, Purpose, purpose
from app.network.guard import same_server
from app.network.hub_client import (
    build_hf_headers,
    get_session,
    parse_ratelimit_headers,
    validate_repo_id,
)
from app.network.response import ResponseTooLong, ResponseTooSlow, read_body, reason

_EXPAND = tuple(outside.value("hub_search"))
_MOST_PAGES = 5
_LONGEST_BODY = 32 << 20  # bytes; thirty repositories with chat templates take a million
_LARGEST_NUMBER = 10**15  # of bytes, parameters, downloads
_LONGEST_NAME = 200
_MOST_FILES = 10_000
_REFUSALS = frozenset({401, 403, 451})
_NO_HUB = "unexpected response; is this a Hugging Face server?"


@dataclass(frozen=True, slots=True)
class Listing:
    """The GGUF files of a repository at ``commit``, including companion files.

    Their names are valid on every system. ``licence`` is None if it is unknown.
    """

    commit: str | None
    files: tuple[HubFile, ...]
    licence: str | None = None


def search(
    text: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    limit: int = 30,
    timeout: float = 10.0,
) -> tuple[Repository, ...]:
    """Return the repositories with GGUF files that match ``text``, the most downloaded first.

    ``endpoint`` and ``token`` are those of `hub_client` by default; the hub may be silent for
    ``timeout`` seconds. Raises Offline, and with ``text`` as the repository: HubUnreachable,
    HubRefused and, if the request cannot be logged, CacheUnwritable.
    """
    url: str | None = f"{hub_client.endpoint(endpoint)}/api/models"
    query: dict[str, Any] = {"filter": "gguf", "sort": "downloads", "limit": limit}
    query |= {"expand": _EXPAND} | ({"search": text} if text else {})
    found: dict[str, Repository] = {}
    for page in range(_MOST_PAGES):
        if url is None or len(found) >= limit:
            break
        try:
            with purpose(Purpose.SEARCH_HUB):
                # The URL of a further page contains the query.
                answer, url = _ask(url, None if page else query, text, token, timeout)
        except HubNotFound as error:
            raise HubFailed(text, "", _NO_HUB) from error
        if not isinstance(answer, list):
            raise HubFailed(text, "", _NO_HUB)
        parsed = (_repository(value) for value in answer)
        found = {repository.name: repository for repository in parsed if repository} | found
    return tuple(sorted(found.values(), key=lambda found: (-found.downloads, found.name))[:limit])


def variants(
    repository: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    timeout: float = 10.0,
) -> tuple[Variant, ...]:
    """Return the GGUF models in a repository, the smallest first.

    Companion files are left out. Parameters and errors as those of `search`, and HubNotFound.
    """
    listed = listing(repository, endpoint=endpoint, token=token, timeout=timeout)
    found = models(repository, listed)
    labels = Counter(_label(model) for model, _ in found)
    variants = []
    for model, complete in found:
        label = _label(model)
        name = label if labels[label] == 1 else _stem(model)
        variants.append(Variant(name, model, listed.licence, complete))
    return tuple(sorted(variants, key=lambda variant: (variant.model.size, variant.name)))


def listing(
    repository: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    timeout: float = 10.0,
) -> Listing:
    """Return the files of a repository now. Parameters and errors as those of `variants`."""
    if not _valid(repository):
        raise HubNotFound(repository, "")
    url = f"{hub_client.endpoint(endpoint)}/api/models/{repository}"
    with purpose(f"{Purpose.LIST_FILES}{repository}"):
        answer, _ = _ask(url, {"blobs": "true"}, repository, token, timeout)
    if not isinstance(answer, dict):
        raise HubFailed(repository, "", _NO_HUB)
    card = _fields(answer.get("cardData"))
    licence = _word(card.get("license"))
    if licence == "other":  # one that the hub has no identifier for
        licence = _word(card.get("license_name")) or licence
    files = itertools.islice(_files(answer.get("siblings")), _MOST_FILES)
    return Listing(_hex(answer.get("sha"), 40), tuple(files), licence)


def models(repository: str, listed: Listing) -> list[tuple[HubModel, bool]]:
    """Group a repository's files into models; return each with whether it is complete."""
    parts: dict[tuple[str, int], list[HubFile]] = {}
    for file in sorted(listed.files, key=lambda file: file.name):
        if companion_files.is_companion_name(file.name):
            continue
        stem = gguf.stem(file.name)
        if count := gguf.part_count(stem):
            parts.setdefault((gguf.unnumbered(stem), count), []).append(file)
        else:
            parts[file.name, 1] = [file]
    return [
        (HubModel(repository, tuple(files), listed.commit), len(files) == count)
        for (_, count), files in parts.items()
    ]


def _ask(
    url: str, query: Mapping[str, Any] | None, name: str, token: str | None, timeout: float
) -> tuple[Any, str | None]:
    """Return the decoded response, and the URL of the next page; errors have ``name``."""
    try:
        with get_session().stream(
            "GET",
            url,
            params=query,
            headers=build_hf_headers(token=hub_client.token(token)),
            timeout=timeout,
        ) as response:
            if response.status_code != 200:
                raise _error(response, name)
            body = read_body(response, limit=_LONGEST_BODY, seconds=3 * timeout)
            next_page = response.links.get("next", {}).get("url", "")
    except LogUnwritable as error:
        raise CacheUnwritable(name, "", Path(error.filename), str(error.strerror)) from error
    except OfflineModeIsEnabled as error:
        raise HubUnreachable(name, "", "HF_HUB_OFFLINE is set") from error
    except ResponseTooLong as error:
        raise HubFailed(name, "", _NO_HUB) from error
    except (ResponseTooSlow, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise HubUnreachable(name, "", reason(error, timeout)) from error
    except UnicodeEncodeError as error:  # in the text or the token
        raise HubFailed(name, "", f"invalid request: {error.reason}") from error
    except RuntimeError as error:
        # huggingface_hub closes its client, also for us, when another thread meets a ConnectError.
        raise HubUnreachable(name, "", str(error)) from error
    try:
        return json.loads(body), _checked_page(url, next_page)
    except (ValueError, RecursionError) as error:
        raise HubFailed(name, "", _NO_HUB) from error


def _checked_page(url: str, link: str) -> str | None:
    """Return the next page's URL, or None unless it is on the same server: it gets the token.

    Raises ValueError.
    """
    if not link:
        return None
    page = urljoin(url, link)
    return page if same_server(url, page) else None


def _error(response: httpx2.Response, name: str) -> HubError:
    status = response.status_code
    if status in _REFUSALS:
        return HubRefused(name, "", status)
    if status in (404, 410):
        return HubNotFound(name, "")
    if status == 429:
        limit = parse_ratelimit_headers(response.headers)
        when = f"in {limit.reset_in_seconds} s" if limit else "later"
        return HubFailed(name, "", f"too many requests; try again {when}")
    return HubFailed(name, "", f"status {status}")


def _repository(value: object) -> Repository | None:
    fields = _fields(value)
    gguf_fields = _fields(fields.get("gguf"))
    name = fields.get("id")
    if not _valid(name):
        return None
    return Repository(
        name=name,
        downloads=_number(fields.get("downloads")) or 0,
        likes=_number(fields.get("likes")) or 0,
        architecture=_word(gguf_fields.get("architecture")),
        parameters=_number(gguf_fields.get("total")) or None,
        gated=fields.get("gated") in ("auto", "manual", True),
        updated=_time(fields.get("lastModified")),
    )


def _files(siblings: object) -> Iterator[HubFile]:
    """Yield the GGUF files; those without a size cannot be downloaded."""
    for sibling in siblings if isinstance(siblings, list) else ():
        fields = _fields(sibling)
        path, size = fields.get("rfilename"), _number(fields.get("size"))
        if isinstance(path, str) and size and _is_gguf(path):
            yield HubFile(path, size, _hex(_fields(fields.get("lfs")).get("sha256"), 64))


def _is_gguf(path: str) -> bool:
    """Return whether it is a GGUF file with a name that is valid everywhere and not hidden."""
    if not path.lower().endswith(".gguf") or len(path) > _LONGEST_NAME or not path.isprintable():
        return False
    if any(not part or part[0] == "." or part[-1] in ". " for part in path.split("/")):
        return False
    return not set(path) & set('\\:*?"<>|')


def _stem(model: HubModel) -> str:
    return gguf.unnumbered(gguf.stem(model.files[0].name))


def _label(model: HubModel) -> str:
    """Return the quantization in the name of the file or its folder, or else the whole name."""
    stem = _stem(model)
    labels: list[str] = companion_files.LABEL.findall(stem)
    return labels[-1].upper() if labels else stem.rpartition("/")[2]


def _valid(name: object) -> TypeGuard[str]:
    try:
        validate_repo_id(name if isinstance(name, str) else "")
    except HFValidationError:
        return False
    return True


def _fields(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    """Return a plausible count, None for anything else, including a bool."""
    return value if type(value) is int and 0 <= value <= _LARGEST_NUMBER else None


def _hex(value: object, digits: int) -> str | None:
    """Return a hash with ``digits`` hexadecimal digits, None for anything else."""
    valid = isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{digits}}}", value)
    return str(value) if valid else None


def _word(value: object) -> str | None:
    """Return a short text, or the first of a list of them."""
    first = value[0] if isinstance(value, list) and value else value
    short = isinstance(first, str) and first.isprintable() and 0 < len(first.strip()) <= 100
    return str(first).strip() if short else None


def _time(value: object) -> datetime | None:
    """Parse ISO 8601, and convert it to UTC."""
    try:
        found = datetime.fromisoformat(str(value))
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if 2000 <= found.year < 3000 else None  # other years cannot be shown everywhere
