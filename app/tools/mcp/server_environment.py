"""The environment of a server's program: what every program needs, and nothing else.

Fireside's own variables may hold tokens (``HF_TOKEN``), which are none of a server's business.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from app.base import outside

_NAMES: dict[str, list[str]] = outside.value("mcp_environment")


def base_environment() -> dict[str, str]:
    """Return the variables that every server gets."""
    names = _NAMES["windows" if sys.platform == "win32" else "unix"]
    found = {name: os.environ.get(name, "") for name in names}
    # Shell functions that were exported are code.
    return {name: value for name, value in found.items() if value and not value.startswith("()")}


def environment(own: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return these and the server's ``own`` variables."""
    return base_environment() | dict(own)
