"""The GGUF models on the hub: which there are, what a repository has, and what one would need.

The API is that which huggingface_hub 2 uses (hf_api.py: list_models, model_info; ``gguf`` as in
huggingface_hub#2545), and so is the client. Its methods are not used: they wait without an end,
try again for minutes, and fail at an answer of another shape in ways that they do not tell.
Nothing that the hub says is taken as it is: what makes no sense is left out.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urljoin, urlsplit

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, parse_ratelimit_headers
from huggingface_hub.utils._validators import validate_repo_id

from app.base import companion_files, gguf, outside
from app.base.errors import CacheUnwritable, HubError, HubNotFound, HubRefused, HubUnreachable
from app.models.catalog import HubFile, HubModel, Repository, Variant
from app.network.client import LogUnwritable, purpose

_EXPAND = tuple(outside.value("hub_search"))
_MOST_PAGES = 5
_LONGEST_ANSWER = 32 << 20  # bytes; thirty repositories with their chat templates have a million
_MOST = 10**15  # of anything that is counted: bytes, parameters, downloads
_LONGEST_NAME = 200
_MOST_FILES = 10_000
_REFUSALS = frozenset({401, 403, 451})
_NO_HUB = "its answer makes no sense: is this a hub?"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository has now, at ``commit``: its GGUF files, by names that every system can
    have, also those that only belong to a model. ``licence`` is None where it is not told."""

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
    """The repositories with GGUF files that match ``text``, the most downloaded first.

    ``endpoint`` and ``token``: None for those of huggingface_hub. ``timeout``: the seconds that
    the hub may be silent. Raises Offline; HubUnreachable, HubRefused and, where the request cannot
    be put on record, CacheUnwritable with ``text`` as the repository.
    """
    address: str | None = f"{_hub(endpoint)}/api/models"
    asked: dict[str, Any] = {"filter": "gguf", "sort": "downloads", "limit": limit}
    asked |= {"expand": _EXPAND} | ({"search": text} if text else {})
    found: dict[str, Repository] = {}
    for page in range(_MOST_PAGES):
        if address is None or len(found) >= limit:
            break
        # The address of a further page has the question in it.
        parameters = None if page else asked
        try:
            with purpose("search for models"):
                answer, address = _ask(address, parameters, text, token, timeout)
        except HubNotFound as error:
            raise HubUnreachable(text, "", _NO_HUB) from error
        if not isinstance(answer, list):
            raise HubUnreachable(text, "", _NO_HUB)
        told = (_repository(one) for one in answer)
        found = {one.name: one for one in told if one} | found
    return tuple(sorted(found.values(), key=lambda one: (-one.downloads, one.name))[:limit])


def variants(
    repository: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    timeout: float = 10.0,
) -> tuple[Variant, ...]:
    """The GGUF models in a repository, the smallest first; not what only belongs to a model.

    Takes what `search` takes. Raises what `search` raises, and HubNotFound.
    """
    listed = listing(repository, endpoint=endpoint, token=token, timeout=timeout)
    found = models(repository, listed)
    labels = Counter(_label(model) for model, _ in found)
    told = []
    for model, complete in found:
        label = _label(model)
        name = label if labels[label] == 1 else _stem(model)
        told.append(Variant(name, model, listed.licence, complete))
    return tuple(sorted(told, key=lambda one: (one.model.size, one.name)))


def listing(
    repository: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    timeout: float = 10.0,
) -> Listing:
    """What a repository has now. Takes and raises what `variants` does."""
    if not _valid(repository):
        raise HubNotFound(repository, "")
    address = f"{_hub(endpoint)}/api/models/{repository}"
    with purpose(f"list the models of {repository}"):
        answer, _ = _ask(address, {"blobs": "true"}, repository, token, timeout)
    if not isinstance(answer, dict):
        raise HubUnreachable(repository, "", _NO_HUB)
    card = _fields(answer.get("cardData"))
    licence = _word(card.get("license"))
    if licence == "other":  # than those that the hub has a name for
        licence = _word(card.get("license_name")) or licence
    files = itertools.islice(_files(answer.get("siblings")), _MOST_FILES)
    return Listing(_hex(answer.get("sha"), 40), tuple(files), licence)


def models(repository: str, listed: Listing) -> list[tuple[HubModel, bool]]:
    """The models that the files of a repository make up, and whether all of each is there."""
    parts: dict[tuple[str, int], list[HubFile]] = {}
    for file in sorted(listed.files, key=lambda file: file.name):
        if companion_files.named(file.name):
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


def _hub(endpoint: str | None) -> str:
    return (endpoint or constants.ENDPOINT).rstrip("/")


def _ask(
    address: str, parameters: Mapping[str, Any] | None, who: str, token: str | None, timeout: float
) -> tuple[Any, str | None]:
    """What the hub answers, and the address of what follows it."""
    try:
        with get_session().stream(
            "GET",
            address,
            params=parameters,
            headers=build_hf_headers(token=token),
            timeout=timeout,
        ) as response:
            if response.status_code != 200:
                raise _error(response, who)
            body = _body(response, who, time.monotonic() + 3 * timeout)
            following = response.links.get("next", {}).get("url", "")
    except LogUnwritable as error:
        raise CacheUnwritable(who, "", Path(error.filename), str(error.strerror)) from error
    except OfflineModeIsEnabled as error:
        raise HubUnreachable(who, "", "HF_HUB_OFFLINE is set") from error
    except httpx2.TimeoutException as error:
        raise HubUnreachable(who, "", f"no answer for {timeout:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise HubUnreachable(who, "", str(error) or type(error).__name__) from error
    except UnicodeEncodeError as error:  # in the text or the token
        raise HubUnreachable(who, "", f"it cannot be asked: {error.reason}") from error
    except RuntimeError as error:  # a download that met a fault closes huggingface_hub's client
        raise HubUnreachable(who, "", str(error)) from error
    try:
        return json.loads(body), _following(address, following)
    except (ValueError, RecursionError) as error:
        raise HubUnreachable(who, "", _NO_HUB) from error


def _body(response: httpx2.Response, who: str, deadline: float) -> bytes:
    """What is timed is each read: an answer that comes by drops has to be ended, too."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _LONGEST_ANSWER:
            raise HubUnreachable(who, "", _NO_HUB)
        if time.monotonic() > deadline:
            raise HubUnreachable(who, "", "its answer takes too long")
    return bytes(body)


def _following(address: str, link: str) -> str | None:
    """The next page, where it is on the same server: another one would get the token, too.
    Raises ValueError."""
    if not link:
        return None
    following = urljoin(address, link)
    return following if urlsplit(following)[:2] == urlsplit(address)[:2] else None


def _error(response: httpx2.Response, who: str) -> HubError:
    status = response.status_code
    if status in _REFUSALS:
        return HubRefused(who, "", status)
    if status in (404, 410):
        return HubNotFound(who, "")
    if status == 429:
        told = parse_ratelimit_headers(response.headers)
        when = f"in {told.reset_in_seconds} s" if told else "later"
        return HubUnreachable(who, "", f"it has been asked too often: try again {when}")
    return HubUnreachable(who, "", f"status {status}")


def _repository(told: object) -> Repository | None:
    fields = _fields(told)
    about = _fields(fields.get("gguf"))
    name = fields.get("id")
    if not _valid(name):
        return None
    return Repository(
        name=name,
        downloads=_number(fields.get("downloads")) or 0,
        likes=_number(fields.get("likes")) or 0,
        architecture=_word(about.get("architecture")),
        parameters=_number(about.get("total")) or None,
        gated=fields.get("gated") in ("auto", "manual", True),
        updated=_time(fields.get("lastModified")),
    )


def _files(siblings: object) -> Iterator[HubFile]:
    """The GGUF files. What has no size cannot be downloaded."""
    for sibling in siblings if isinstance(siblings, list) else ():
        fields = _fields(sibling)
        path, size = fields.get("rfilename"), _number(fields.get("size"))
        if isinstance(path, str) and size and _is_gguf(path):
            yield HubFile(path, size, _hex(_fields(fields.get("lfs")).get("sha256"), 64))


def _is_gguf(path: str) -> bool:
    """Whether it is a GGUF file, by a name that every system can have, and that is not hidden."""
    if not path.lower().endswith(".gguf") or len(path) > _LONGEST_NAME or not path.isprintable():
        return False
    if any(not part or part[0] == "." or part[-1] in ". " for part in path.split("/")):
        return False
    return not set(path) & set('\\:*?"<>|')


def _stem(model: HubModel) -> str:
    return gguf.unnumbered(gguf.stem(model.files[0].name))


def _label(model: HubModel) -> str:
    """The quantization by the file's name, or its folder's; else the whole name."""
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
    """Not a bool, which is an int in Python."""
    return value if type(value) is int and 0 <= value <= _MOST else None


def _hex(value: object, digits: int) -> str | None:
    """A hash, as the hub writes it."""
    whole = isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{digits}}}", value)
    return str(value) if whole else None


def _word(value: object) -> str | None:
    """A short text, or the first of several."""
    first = value[0] if isinstance(value, list) and value else value
    short = isinstance(first, str) and first.isprintable() and 0 < len(first.strip()) <= 100
    return str(first).strip() if short else None


def _time(value: object) -> datetime | None:
    """ISO 8601, in UTC."""
    try:
        found = datetime.fromisoformat(str(value))
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if 2000 <= found.year < 3000 else None  # others cannot be shown everywhere
