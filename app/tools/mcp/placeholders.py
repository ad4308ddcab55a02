"""Placeholders in a server's configuration: ``${env:NAME}``, ``${NAME}``, ``${input:id}``, ….

Other programs fill them in when a server starts, and so does Fireside. What ``input`` stands for is
asked of the user and kept with the secrets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.base.errors import McpServerInputMissing
from app.tools.mcp.servers import Server

_PLACE = re.compile(r"\$\{(?:(input|env):)?([A-Za-z_][\w.-]*)(?::-((?:[^}$]|\$(?!\{))*))?\}")
_HOME = "userHome", "HOME"


def inputs(server: Server) -> tuple[str, ...]:
    """Return the ids of the values that the user has to give."""
    texts = " ".join(_texts(server))
    return tuple(dict.fromkeys(found[2] for found in _PLACE.finditer(texts) if found[1] == "input"))


def filled(server: Server, given: Callable[[str], str], *, strict: bool = True) -> Server:
    """Return the server with values in the place of placeholders.

    ``given`` returns what the user gave for an id, or an empty text. Raises McpServerInputMissing
    if it is ``strict``.
    """
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        kind, name, default = found.groups()
        if kind == "input":
            text = given(name)
        elif name in _HOME:
            text = str(Path.home())
        else:
            text = os.environ.get(name, "")
        if not text and default is None:
            missing.append(name)
        return text or default or ""

    def fill(text: str) -> str:
        return _PLACE.sub(value, text)

    done = replace(
        server,
        command=fill(server.command),
        args=tuple(map(fill, server.args)),
        env=tuple((name, fill(text)) for name, text in server.env),
        cwd=fill(server.cwd),
        url=fill(server.url),
        headers=tuple((name, fill(text)) for name, text in server.headers),
    )
    if missing and strict:
        raise McpServerInputMissing(server.name, tuple(dict.fromkeys(missing)))
    return done


def _texts(server: Server) -> list[str]:
    pairs = (*server.env, *server.headers)
    return [server.command, *server.args, server.cwd, server.url, *(text for _, text in pairs)]
