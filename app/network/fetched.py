"""Pages that were fetched, and what is asked of search engines, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page as it came. ``cut``: it was longer; ``charset`` is empty if the server says none."""

    address: str
    media_type: str
    charset: str
    data: bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A request to a service that the user has chosen.

    With a ``body``, which is JSON, it is a POST. ``inside``: the service may be on this computer or
    its network.
    """

    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What a service answered, whatever the ``status``. ``moved`` is where it points to."""

    status: int
    media_type: str
    data: bytes
    moved: str = ""
