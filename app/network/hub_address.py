"""Addresses of hubs: huggingface.co or a mirror."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def checked(text: str) -> str | None:
    """Return the address of a hub as the user typed it, tidied; None if it is no such address.

    ``https://`` may be left out. An empty text stays empty.
    """
    text = text.strip()
    if not text:
        return ""
    address = (text if "://" in text else f"https://{text}").rstrip("/")
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    plain = address.isascii() and address.isprintable() and " " not in address
    beside = parts.query or parts.fragment or "@" in parts.netloc or "?" in text or "#" in text
    return address if sound and plain and parts.scheme in ("http", "https") and not beside else None


def is_private(address: str) -> bool:
    """Return whether nobody can read on the way what is sent there: by TLS, or on this computer."""
    parts = urlsplit(address)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
