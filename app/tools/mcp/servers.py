"""Servers as values, and the file that holds their configuration.

The file has the form that other programs use, ``{"mcpServers": {name: {"command": …} | {"url":
…}}}``, so that it can be copied from and to them. It is read leniently, and what is not known in it
is kept.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.base.errors import McpServersUnreadable
from app.base.file_lock import changing
from app.base.files import Stamp, put_aside, replace_text, stamp_of

_KEY = "mcpServers"
_ADDRESS_KEYS = "url", "serverUrl", "httpUrl"  # of most, of Windsurf, of Gemini CLI
_OLD_TRANSPORT = "sse"
_LONGEST_TEXT = 4 << 20

_COMMENT = r"//[^\n]*|/\*(?:(?!\*/).)*(?:\*/|\Z)"
_TOKEN = re.compile(
    rf'"(?:\\.?|[^"\\])*(?:"|\Z)|{_COMMENT}|,(?=\s*(?:(?:{_COMMENT})\s*)*[}}\]])', re.DOTALL
)
"""In JSON as editors write it: a string, a comment, or a comma before a closing bracket.

What is never closed goes to the end, so that a text takes no longer than its length demands."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server: a program on this computer (``command``), or one that is reached at ``url``.

    ``env`` are variables beside those that every program gets. Values may have placeholders
    (`app.tools.mcp.placeholders`). ``raw`` is the entry of the file, with what is not known here.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    cwd: str = ""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is a program on this computer."""
        return not self.url

    def entry(self) -> dict[str, Any]:
        """Return its entry in the file."""
        known = {
            "command": self.command,
            "args": list(self.args),
            "env": dict(self.env),
            "cwd": self.cwd,
            "url": self.url,
            "headers": dict(self.headers),
        }
        kept = {key: value for key, value in self.raw.items() if key not in known}
        if self.url:
            kept = {key: value for key, value in kept.items() if key not in _ADDRESS_KEYS}
        return {key: value for key, value in known.items() if value} | kept


@dataclass(frozen=True, slots=True)
class ParsedServers:
    """What a text held: servers, and the names of entries that are none."""

    servers: tuple[Server, ...]
    unusable: tuple[str, ...] = ()


def server_of(name: str, raw: object) -> Server | None:
    """Return the server that an entry describes, None if it describes none that can be used."""
    if not isinstance(raw, dict) or not name.strip():
        return None
    url = next((raw[key] for key in _ADDRESS_KEYS if isinstance(raw.get(key), str)), "")
    command, args, cwd = raw.get("command") or "", raw.get("args") or [], raw.get("cwd")
    if not isinstance(command, str) or not isinstance(args, list):
        return None
    if not (url or command.strip()) or raw.get("type") == _OLD_TRANSPORT:
        return None
    return Server(
        name.strip(),
        "" if url else command.strip(),
        () if url else tuple(_text(arg) for arg in args),
        () if url else _pairs(raw.get("env")),
        cwd if isinstance(cwd, str) and not url else "",
        url.strip(),
        _pairs(raw.get("headers")) if url else (),
        raw,
    )


def parse(text: str) -> ParsedServers:
    """Return the servers in a text that the user pasted, or in another program's file.

    Known are ``mcpServers`` of most programs, ``servers`` of VS Code, also below ``mcp`` or without
    the outer braces, a bare object of servers, and a single server. Raises McpServersUnreadable.
    """
    document = document_of(text)
    if isinstance(inner := document.get("mcp"), dict):  # VS Code's settings
        document = inner
    entries = document
    for key in (_KEY, "servers"):
        if isinstance(document.get(key), dict):
            entries = document[key]
            break
    else:
        if server := server_of("server", document):
            return ParsedServers((_named(server),))
    found = {name: server_of(name, raw) for name, raw in entries.items()}
    servers = tuple(server for server in found.values() if server)
    if not servers and entries is document:
        raise McpServersUnreadable(None, "no servers")
    return ParsedServers(servers, tuple(name for name, server in found.items() if not server))


class ServerFile:
    """The file at ``path``. Thread-safe. Another program may write it at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._read: tuple[Stamp, tuple[Server, ...]] | None = None

    def servers(self) -> tuple[Server, ...]:
        """Return the servers, in the order of the file; none if it is missing or damaged."""
        with self._lock:
            return self._servers()

    def put(self, server: Server, *, instead: str = "") -> None:
        """Add a server, or write it in the place of the one of the same name, or of ``instead``.

        Raises OSError.
        """

        def change(entries: dict[str, Any]) -> dict[str, Any]:
            old = instead or server.name
            if old not in entries:
                return entries | {server.name: server.entry()}
            return {
                server.name if name == old else name: server.entry() if name == old else entry
                for name, entry in entries.items()
                if name == old or name != server.name
            }

        self._change(change)

    def remove(self, name: str) -> None:
        """Remove a server, if it is there. Raises OSError."""
        self._change(lambda entries: {key: raw for key, raw in entries.items() if key != name})

    def _servers(self) -> tuple[Server, ...]:
        if (stamp := stamp_of(self.path)) is None:
            return ()
        if self._read is None or self._read[0] != stamp:
            try:
                entries = _entries(document_of(self.path.read_text(encoding="utf-8-sig")))
            except (OSError, ValueError, McpServersUnreadable):
                entries = {}
            found = (server_of(name, raw) for name, raw in entries.items())
            self._read = stamp, tuple(server for server in found if server)
        return self._read[1]

    def _change(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        with changing(self.path), self._lock:
            document: dict[str, Any] = {}
            try:
                document = document_of(self.path.read_text(encoding="utf-8-sig"))
            except FileNotFoundError:
                pass
            except (ValueError, McpServersUnreadable):  # damaged: put aside, never lost
                put_aside(self.path)
            document[_KEY] = change(_entries(document))
            replace_text(self.path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _entries(document: Mapping[str, Any]) -> dict[str, Any]:
    entries = document.get(_KEY)
    return entries if isinstance(entries, dict) else {}


def document_of(text: str) -> dict[str, Any]:
    """Return a JSON object, with comments, trailing commas or without its outer braces.

    Raises McpServersUnreadable.
    """
    if len(text) > _LONGEST_TEXT:
        raise McpServersUnreadable(None, "too long")
    plain = _TOKEN.sub(lambda found: found[0] if found[0][0] == '"' else "", text).strip()
    reason = "empty"
    for attempt in (plain, "{" + plain.rstrip(",") + "}"):
        try:
            value = json.loads(attempt)
        except (ValueError, RecursionError) as error:
            reason = reason if reason != "empty" else str(error)
            continue
        if isinstance(value, dict):
            return value
        reason = "not an object"
    raise McpServersUnreadable(None, reason)


def _named(server: Server) -> Server:
    """Return a server whose name was not given, named after its package, program or host."""
    words: Iterable[str] = reversed(server.args)
    parts = [word for word in words if not word.startswith(("-", "/", ".", "~")) and word]
    source = server.url.split("://")[-1].split("/")[0] or (parts or [""])[-1] or server.command
    name = re.split(r"[/\\]", source.split("@latest")[0])[-1].removesuffix(".exe")
    fields = {key: getattr(server, key) for key in Server.__slots__}
    return Server(**fields | {"name": name.split(":")[0] or "server"})


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _pairs(raw: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, dict):
        return ()
    return tuple((name, _text(value)) for name, value in raw.items() if value is not None)
