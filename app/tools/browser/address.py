"""Addresses of the web in one spelling, so that they can be compared, and are sent as compared.

Two spellings that servers and clients understand alike have one normal form: of the scheme, the
host, percent-encodings and dots in the path. What clients may understand differently is invalid,
such as a user's name, a backslash, or a number for a host. A fragment is dropped: it is never sent.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

LONGEST = 2000
"""The most characters of an address."""

_PORTS = {"http": "80", "https": "443"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?![0-9]+(?:[/?#]|\Z))")
_PARTS = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::([0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_STRANGE = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%|[^%]+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN = _UNRESERVED | frozenset("!$&'()*+,;=:@/")


class AddressInvalid(ValueError):
    """A text that is no address of the web; the message is a sentence for the model."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address in its normal form, in ASCII. ``port`` is empty if it is the scheme's own."""

    scheme: str
    host: str
    port: str
    path: str
    query: str | None

    @property
    def text(self) -> str:
        """All of it, as it is sent."""
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.scheme}://{self._place}{self.path}{query}"

    @property
    def site(self) -> str:
        """The site, to which decisions are bound: the host without a leading ``www.``."""
        return self._place.removeprefix("www.") if self.host.count(".") > 1 else self._place

    @property
    def _place(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def plain_site(self) -> str:
        """The site in its own script, if that differs; empty if it does not."""
        return _plain_host(self.site)

    @property
    def decoded_path(self) -> str:
        """The path as it is read."""
        return decoded(self.path)

    @property
    def decoded_query(self) -> tuple[tuple[str, str], ...]:
        """The names and values of the query as they are read; a name alone has no value."""
        fields = (self.query or "").split("&")
        pairs = (field.partition("=") for field in fields if field)
        return tuple((_decoded_form(name), _decoded_form(value)) for name, _, value in pairs)


@lru_cache(maxsize=8192)
def web_address(text: str) -> WebAddress:
    """Return an address in its normal form. Raises AddressInvalid."""
    text = text.strip()
    if len(text) > LONGEST:
        raise AddressInvalid(f"The address is longer than {LONGEST} characters.")
    if _STRANGE.search(text):
        raise AddressInvalid("The address has characters that no address may have.")
    if text.startswith("//"):
        text = f"https:{text}"
    elif not (scheme := _SCHEME.match(text)):
        text = f"https://{text}"
    elif scheme[1].lower() not in _PORTS:
        raise AddressInvalid("Only addresses that begin with http:// or https:// can be opened.")
    else:
        text = scheme[1].lower() + text[len(scheme[1]) :]
    parts = _PARTS.fullmatch(text)
    if not parts:
        raise AddressInvalid("That is not an address of the web.")
    scheme_name, authority, path, query = parts.groups()
    if "@" in authority:
        raise AddressInvalid("An address with a user name cannot be opened.")
    place = _AUTHORITY.fullmatch(authority)
    if not place:
        raise AddressInvalid("That is not an address of the web.")
    port = (place[2] or "").lstrip("0")
    if place[2] and (not port or int(port) > 65535):
        raise AddressInvalid("The address has a port that does not exist.")
    port = "" if port == _PORTS[scheme_name] else port
    path = _without_dots(_escaped(path, _PLAIN)) or "/"
    query = None if query is None else _escaped(query, _PLAIN | {"?"})
    found = WebAddress(scheme_name, _host(place[1]), port, path, query)
    if len(found.text) > LONGEST:
        raise AddressInvalid(f"The address is longer than {LONGEST} characters.")
    return found


def decoded(text: str) -> str:
    """Return text with its percent-encodings decoded, once; bytes that are no text stay encoded."""
    found = unquote_to_bytes(text)
    return found.decode("utf-8", "backslashreplace")


def _escaped(text: str, plain: frozenset[str]) -> str:
    """Return text with only those characters percent-encoded that have to be."""

    def in_form(found: re.Match[str]) -> str:
        if found[1]:
            char = chr(int(found[1], 16))
            return char if char in _UNRESERVED else f"%{found[1].upper()}"
        if found[0] == "%":
            return "%25"
        return "".join(
            char if char in plain else "".join(f"%{byte:02X}" for byte in char.encode())
            for char in found[0]
        )

    return _ESCAPE.sub(in_form, text)


def _without_dots(path: str) -> str:
    """Return a path without ``.`` and ``..``, as clients send it (RFC 3986, 5.2.4)."""
    found: list[str] = []
    names = path.split("/")
    for at, name in enumerate(names):
        if name in (".", ".."):
            if name == ".." and len(found) > 1:
                found.pop()
            if at == len(names) - 1:
                found.append("")
        else:
            found.append(name)
    return "/".join(found)


def _host(text: str) -> str:
    """Return a host's normal form. Raises AddressInvalid."""
    try:
        if text.startswith("["):
            return f"[{ipaddress.IPv6Address(text[1:-1]).compressed}]"
        host = text.lower() if text.isascii() else _in_ascii(text)
        host = host.removesuffix(".")
        labels = host.split(".")
        if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
            raise AddressInvalid("The address has no valid name of a site.")
        if _NUMBER.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(host))
    except (UnicodeError, ipaddress.AddressValueError):
        raise AddressInvalid("The address has no valid name of a site.") from None
    return host


def _in_ascii(host: str) -> str:
    import idna  # imported late: few names need it

    return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()


def _plain_host(host: str) -> str:
    if "xn--" not in host:
        return ""
    import idna  # imported late: few names need it

    labels = []
    for label in host.split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    plain = ".".join(labels)
    return "" if plain == host else plain


def _decoded_form(text: str) -> str:
    return decoded(text.replace("+", " "))
