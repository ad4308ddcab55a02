"""Which address may be reached."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.base.errors import Offline


class Guard:
    """The offline switch; ``offline`` may be changed at any time, from any thread."""

    def __init__(self, *, offline: bool = False) -> None:
        self.offline = offline

    def check(self) -> None:
        """Raise Offline while the network is switched off."""
        if self.offline:
            raise Offline


def same_server(one: str, other: str) -> bool:
    """Return whether what is sent to ``one``, a token say, may be sent to ``other``.

    It may where host and port are the same and TLS is not given up. Raises ValueError where one
    is not a URL.
    """
    first, second = urlsplit(one), urlsplit(other)
    return first.netloc == second.netloc and second.scheme in (first.scheme, "https")
