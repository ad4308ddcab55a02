"""The environment of a server's program: what every program needs, and nothing else.

Fireside's own variables may hold tokens (``HF_TOKEN``), which are none of a server's business.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from app.base import outside

_NAMES: dict[str, list[str]] = outside.value("mcp_environment")
_PROGRAMS: list[str] = outside.value("mcp_programs")


def base_environment() -> dict[str, str]:
    """Return the variables that every server gets."""
    names = _NAMES["windows" if sys.platform == "win32" else "unix"]
    found = {name: os.environ.get(name, "") for name in names}
    # Shell functions that were exported are code.
    kept = {name: value for name, value in found.items() if value and not value.startswith("()")}
    if sys.platform != "win32":
        kept["PATH"] = _longer(kept.get("PATH", os.defpath))
    return kept


def _longer(path: str) -> str:
    """Return PATH with folders that a program started from a menu may not have in it."""
    folders = path.split(os.pathsep)
    for each in map(os.path.expanduser, _PROGRAMS):
        if each not in folders and os.path.isdir(each):
            folders.append(each)
    return os.pathsep.join(folders)


def environment(own: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return these and the server's ``own`` variables."""
    return base_environment() | dict(own)
