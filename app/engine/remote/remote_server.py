"""Servers of models, and their models that the user has added, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from app.base.plain_line import plain_line
from app.base.types import Endpoint, ModelRef, is_loopback

LONGEST_ID = 200
"""In characters: of a model's id."""

_ANY_HOST = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # which servers print as their own
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # which may be an address of IPv4
_ZONE = re.compile(r"[A-Za-z0-9._~-]+")  # the network card of an address that is only local
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
_PATHS_BELOW = "/chat/completions", "/responses", "/models", "/completions"
_LONGEST = 200  # characters of a model's name
_PORTS = {"http": 80, "https": 443}


class ServerKind(StrEnum):
    """The program that a server is."""

    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_SERVER = "llama-server"
    LLAMA_CPP_PYTHON = "llama-cpp-python"
    OLLAMA = "ollama"
    LM_STUDIO = "lm-studio"
    TRANSFORMERS = "transformers"
    FIRESIDE = "fireside"
    OPENROUTER = "openrouter"
    OPENAI = "openai"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> ServerKind:
        return cls.OTHER  # one that a later version knows


@dataclass(frozen=True, slots=True)
class ServedHere:
    """A model that a server offers: its id there, and its context in tokens, 0 if unknown.

    ``unlisted``: the server does not list it, but has answered for it.
    """

    id: str
    context: int = 0
    unlisted: bool = False


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A server as it was found: ``url`` is the base of its addresses (`Endpoint.url`).

    ``version`` is empty if it does not say. ``models`` are in its own order.
    """

    url: str
    kind: ServerKind = ServerKind.OTHER
    version: str = ""
    models: tuple[ServedHere, ...] = ()

    def context(self, model: str) -> int:
        """Return the context of a model in tokens; 0 if unknown."""
        return next((each.context for each in self.models if each.id == model), 0)


@dataclass(frozen=True, slots=True)
class SavedEndpoint:
    """A model behind an endpoint that was added, with what was found out about its server.

    ``context``, in tokens, is 0 if the server does not say. ``unencrypted``: the user has accepted
    that it is reached without TLS. ``shared``: an administrator has added it for everyone on this
    computer, so it cannot be changed here. ``name`` is the user's own name for it; empty for the
    model's. ``unlisted``: its server does not list it.
    """

    endpoint: Endpoint
    kind: ServerKind = ServerKind.OTHER
    version: str = ""
    context: int = 0
    unencrypted: bool = False
    shared: bool = False
    name: str = ""
    unlisted: bool = False

    @property
    def model(self) -> ModelRef:
        """The model, as chats refer to it."""
        return ModelRef(self.endpoint, plain_line(self.name or self.endpoint.model, _LONGEST))

    @property
    def exposed(self) -> bool:
        """Whether others could read what is sent, and nobody has accepted that."""
        return is_exposed(self.endpoint.url) and not self.unencrypted


def server_url(text: str) -> str | None:
    """Return an address that somebody has typed as `Endpoint.url`; None if it cannot be one.

    Without a scheme it is https, on this computer http; without a path it ends in "/v1". Paths
    below that, as they are copied from examples, are cut off. User names, passwords, queries and
    fragments are refused: they may be secrets, and keys are kept elsewhere.
    """
    text = text.strip()
    guessed = "://" not in text
    try:
        parts = urlsplit(f"https://{text}" if guessed else text)
        host, port = _host(parts.hostname or ""), parts.port
        host = _ANY_HOST.get(host, host)
    except (ValueError, UnicodeError):
        return None
    scheme = "http" if guessed and is_loopback(host.strip("[]")) else parts.scheme
    path = parts.path.rstrip("/")
    for below in _PATHS_BELOW:
        path = path.removesuffix(below).rstrip("/")
    odd = parts.query or parts.fragment or "@" in parts.netloc or not _PATH.fullmatch(path)
    odd = odd or text.endswith(("?", "#")) or not text.isprintable()
    if scheme not in _PORTS or not host or odd:
        return None
    place = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    return f"{scheme}://{place}{path or '/v1'}"


def is_exposed(url: str) -> bool:
    """Return whether what is sent to an `Endpoint.url` can be read on its way.

    That is so without TLS, unless it stays on this computer.
    """
    parts = urlsplit(url)
    return parts.scheme != "https" and not is_loopback(parts.hostname or "")


def _host(name: str) -> str:
    """Return a host in the one form in which it is looked up and shown. Raises ValueError.

    So scripts that look like others are seen, as "xn--". An address of IPv4 is refused unless it
    is written as usual: other spellings name different hosts to different programs.
    """
    if ":" in name:
        return _ipv6(name)
    if not name.isascii():
        import idna  # imported late: few names need it

        name = idna.encode(name, uts46=True, transitional=False).decode("ascii")
    name = name.lower().removesuffix(".")  # which only says that it is the whole name
    if not _HOST.fullmatch(name):
        raise ValueError(name)
    return str(IPv4Address(name)) if _NUMBER.fullmatch(name) else name


def _ipv6(name: str) -> str:
    """Return an address of IPv6 as URLs have it, or the one of IPv4 in it. Raises ValueError."""
    address = IPv6Address(name.replace("%25", "%", 1))
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    zone = address.scope_id
    if zone is not None and not (address.is_link_local and _ZONE.fullmatch(zone)):
        raise ValueError(name)
    return f"[{address}]"
