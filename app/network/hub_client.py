"""huggingface_hub's HTTP client, replaced by one that obeys the guard and writes the log.

All that Fireside uses of the library's HTTP is named here, so that the settings below apply before
the first request.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import httpx2
from huggingface_hub import constants, get_session, is_offline_mode, set_client_factory
from huggingface_hub.errors import OfflineModeIsEnabled

# Documented as public, but this lazy package does not mark them as re-exported for type checkers.
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    parse_ratelimit_headers,
    validate_repo_id,
)

from app.network.client import Network
from app.network.hub_address import is_private

__all__ = [
    "build_hf_headers",
    "configure",
    "endpoint",
    "get_session",
    "install",
    "parse_ratelimit_headers",
    "token",
    "uninstall",
    "validate_repo_id",
]

# Otherwise the library asks huggingface.co, whatever the endpoint, which agents to detect.
constants.HF_HUB_DISABLE_TELEMETRY = True
# Otherwise it fetches files with a Rust library that bypasses this client.
constants.HF_HUB_DISABLE_XET = True

_address, _token = "", ""


def configure(address: str, token: str) -> None:
    """Set the hub's address and the token that the user chose; empty for the library's own.

    HF_ENDPOINT and HF_TOKEN win over them, as they do over the library's own settings.
    """
    global _address, _token
    _address, _token = address, token


def endpoint(chosen: str | None = None) -> str:
    """Return the hub's address: ``chosen``, or the one for every request."""
    own = "" if os.environ.get("HF_ENDPOINT") else _address
    return (chosen or own or constants.ENDPOINT).rstrip("/")


def token(chosen: str | None = None) -> str | None:
    """Return the token: ``chosen``, or the user's; None leaves it to the library.

    The user's is not sent where others could read it on the way.
    """
    own = "" if os.environ.get("HF_TOKEN") or not is_private(endpoint()) else _token
    return chosen or own or None


def install(network: Network) -> None:
    """Send the library's requests through ``network`` until `uninstall`."""
    _set_factory(network.client)


def uninstall() -> None:
    """Restore the library's own client."""
    _set_factory(httpx2.Client)


def _set_factory(make: Callable[..., httpx2.Client]) -> None:
    """Have the library create clients by ``make``, with the options that it uses itself."""
    set_client_factory(
        lambda: make(
            event_hooks={"request": [_respect_offline_mode]},
            follow_redirects=True,
            timeout=None,  # each call passes its own
        )
    )


def _respect_offline_mode(request: httpx2.Request) -> None:
    """Refuse every request while HF_HUB_OFFLINE is set, as the library's own client does."""
    if is_offline_mode():
        raise OfflineModeIsEnabled(f"{request.url.host} cannot be reached: HF_HUB_OFFLINE is set")
