"""Rules for which addresses may be reached."""

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


def same_server(first: str, second: str) -> bool:
    """Return whether secrets for ``first``, such as a token, may be sent to ``second``.

    They may if host and port are the same and TLS is not given up. Raises ValueError if one is not
    a URL.
    """
    one, other = urlsplit(first), urlsplit(second)
    return one.netloc == other.netloc and other.scheme in (one.scheme, "https")
