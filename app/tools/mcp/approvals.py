"""What the user has seen and approved: how each server starts, and the functions that it declares.

A pin is the hash of what was seen. Where it differs from what is there now, the server or the
function is off until the user has seen the difference. The declarations themselves are kept, too,
so that the model can be told of them before the server runs.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.base.codec import FieldError, decode, encode
from app.base.file_lock import changing
from app.base.files import Stamp, replace_text, stamp_of
from app.tools.mcp.server_environment import base_environment
from app.tools.mcp.servers import Server
from app.tools.visible import visible

FILE = "mcp_approved.json"
_WRAP = 100  # characters of a line in a difference
_COMPARED = 400  # lines


@dataclass(frozen=True, slots=True)
class Start:
    """How a server starts: all that the user is shown before, and that is pinned.

    ``program`` is the file that would run, empty if there is none, and ``program_hash`` its
    SHA-256. ``values_hash`` is one over the values of variables and headers, which may be secret.
    """

    command: str = ""
    args: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    cwd: str = ""
    url: str = ""
    headers: tuple[str, ...] = ()
    program: str = ""
    program_hash: str = ""
    values_hash: str = ""

    @property
    def pin(self) -> str:
        return _hash(encode(self))

    def lines(self) -> list[str]:
        """Return it in lines, for a difference."""
        facts = {
            "command": self.command,
            **{f"argument {number}": arg for number, arg in enumerate(self.args, 1)},
            "variables": ", ".join(self.variables),
            "folder": self.cwd,
            "address": self.url,
            "headers": ", ".join(self.headers),
            "program": self.program,
            "SHA-256": self.program_hash,
            "SHA-256 of the values": self.values_hash,
        }
        return [f"{name}: {_one_line(value)}" for name, value in facts.items() if value]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A function as a server declares it. The schemas and annotations are JSON, empty if none."""

    name: str
    title: str = ""
    description: str = ""
    schema: str = ""
    output_schema: str = ""
    annotations: str = ""

    @property
    def pin(self) -> str:
        return _hash(encode(self))

    @property
    def only_reads(self) -> bool:
        """Whether the server says that it changes nothing. That is no permission."""
        hints = json.loads(self.annotations or "{}")
        return hints.get("readOnlyHint") is True and hints.get("destructiveHint") is not True

    def lines(self) -> list[str]:
        """Return it in lines, for a difference."""
        found = [f"name: {visible(self.name)}"]
        for name in ("title", "description"):
            if text := getattr(self, name):
                found += [f"{name}:", *(f"  {line}" for line in _wrapped(visible(text)))]
        for name in ("schema", "output_schema", "annotations"):
            if text := getattr(self, name):
                pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
                lines = visible(pretty).splitlines()
                found += [f"{name.replace('_', ' ')}:", *(f"  {line}" for line in lines)]
        return found


@dataclass(frozen=True, slots=True)
class Approved:
    """What was approved of a server: its start, None for not at all, and its functions."""

    start: Start | None = None
    functions: tuple[Declaration, ...] = ()
    is_listed: bool = False
    """Whether its functions were listed once: those that came later are off until seen."""

    def function(self, name: str) -> Declaration | None:
        return next((each for each in self.functions if each.name == name), None)

    def with_function(self, declaration: Declaration) -> Approved:
        others = (each for each in self.functions if each.name != declaration.name)
        return replace(self, functions=(*others, declaration))


class Approvals:
    """The file at ``path``. Thread-safe. What cannot be read in it counts as not approved."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._contents: tuple[Stamp | None, dict[str, Approved]] | None = None

    def of(self, name: str) -> Approved:
        """Return what was approved of a server."""
        with self._lock:
            return self._read().get(name, Approved())

    def put(self, name: str, approved: Approved) -> None:
        """Keep what was approved of a server; `Approved()` removes it. Raises OSError."""
        self.change(name, lambda _: approved)

    def change(self, name: str, changed: Callable[[Approved], Approved]) -> None:
        """Keep what ``changed`` makes of what was approved. Raises OSError."""
        with changing(self.path), self._lock:
            before = dict(_entries(self.path))
            approved = changed(before.get(name, Approved()))
            servers = {key: value for key, value in before.items() if key != name}
            if approved != Approved():
                servers[name] = approved
            if servers != before:
                raw = {"servers": {key: encode(value) for key, value in servers.items()}}
                replace_text(self.path, json.dumps(raw, indent=1, ensure_ascii=False) + "\n")
            self._contents = stamp_of(self.path), servers

    def _read(self) -> dict[str, Approved]:
        """Return what the file has, read again if another process has changed it."""
        stamp = stamp_of(self.path)
        if self._contents is None or self._contents[0] != stamp:
            self._contents = stamp, dict(_entries(self.path))
        return self._contents[1]


def start_of(server: Server, program: Path | None) -> Start:
    """Return how a server would start with this program. It may take long: its file is hashed."""
    digest = _file_hash(program) if program else ""
    return replace(_configured(server), program=str(program or ""), program_hash=digest)


def _configured(server: Server) -> Start:
    names = tuple(name for name, _ in server.env)
    headers = tuple(name for name, _ in server.headers)
    values = _hash([server.env, server.headers]) if names or headers else ""
    return Start(
        server.command,
        server.args,
        names,
        server.cwd,
        server.url,
        headers,
        values_hash=values,
    )


def is_as_configured(start: Start, server: Server) -> bool:
    """Return whether a start is what the configuration says, as far as can be seen at once."""
    now = _configured(server)
    return replace(start, program="", program_hash="") == now


def program_of(server: Server) -> Path | None:
    """Return the file that a server's command runs, None if there is none."""
    if not server.is_local:
        return None
    path = dict(server.env).get("PATH") or base_environment().get("PATH")
    command = server.command
    if command.startswith("~"):
        command = str(Path(command).expanduser())
    if server.cwd and not Path(command).is_absolute() and len(Path(command).parts) > 1:
        command = str(Path(server.cwd).expanduser() / command)
    found = shutil.which(command, path=path)
    return Path(found).absolute() if found else None


@functools.lru_cache(maxsize=256)  # a server's state is looked at often
def difference(old: Start | Declaration | None, new: Start | Declaration | None) -> str:
    """Return what has changed, as the lines of a unified difference.

    Long texts are not compared line by line, which can take minutes: all of them has changed.
    """
    before, after = (old.lines() if old else []), (new.lines() if new else [])
    if old and new and max(len(before), len(after)) > _COMPARED:
        return "\n".join((*(f"-{line}" for line in before), *(f"+{line}" for line in after)))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal values; empty for none."""
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _entries(path: Path) -> Iterable[tuple[str, Approved]]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    servers = raw.get("servers") if isinstance(raw, dict) else None
    for name, entry in (servers if isinstance(servers, Mapping) else {}).items():
        try:
            yield name, decode(Approved, entry)
        except FieldError:
            continue


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _one_line(text: str) -> str:
    """Return a text in which a line break is seen, and begins no line of its own."""
    return visible(text).replace("\n", "⟨U+000A⟩")


def _wrapped(text: str) -> list[str]:
    return [
        line[start : start + _WRAP]
        for line in text.splitlines()
        for start in range(0, max(len(line), 1), _WRAP)
    ]
