"""huggingface_hub's HTTP client, replaced by one that obeys the guard and writes the log.

All that Fireside uses of the library's HTTP is named here, so that the settings below apply before
the first request.
"""

from __future__ import annotations

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

__all__ = [
    "build_hf_headers",
    "get_session",
    "install",
    "parse_ratelimit_headers",
    "uninstall",
    "validate_repo_id",
]

# Otherwise the library asks huggingface.co, whatever the endpoint, which agents to detect.
constants.HF_HUB_DISABLE_TELEMETRY = True
# Otherwise it fetches files with a Rust library that bypasses this client.
constants.HF_HUB_DISABLE_XET = True


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
