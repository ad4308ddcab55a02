"""The user's browser, in which they sign in to servers, and where the tokens are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemBrowser:
    """The browser: ``open`` shows it an address, ``page`` is the text that it shows in the end.

    ``open`` is called on the connections' thread, and must not wait.
    """

    open: Callable[[str], None]
    page: str


def secret_name(server: str) -> str:
    """Return the name of the secret with a server's tokens."""
    return f"mcp tokens {server}"
