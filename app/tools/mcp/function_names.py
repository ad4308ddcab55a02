"""Names of servers' functions, as the model calls them: ``server__function``.

MCP allows ``.``, ``/``, ``-`` and 128 characters in names; a model calls an identifier of at most
64 characters. The part before the first ``__`` names the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 64
_LONGEST_SERVER = 24
_SEPARATOR = "__"


def server_names(servers: Iterable[str]) -> dict[str, str]:
    """Return the part of the name for each server.

    Of those that would be equal, later ones get a number.
    """
    taken: dict[str, str] = {}
    for server in servers:
        # Without "__" in it, the first one in a whole name is the separator.
        plain = re.sub("_+", "_", _identifier(server)).strip("_") or "server"
        plain = f"s{plain}" if plain[0].isdigit() else plain
        taken[_free(plain, _LONGEST_SERVER, taken)] = server
    return {server: name for name, server in taken.items()}


def function_names(server_name: str, functions: Iterable[str]) -> dict[str, str]:
    """Return the whole name of each function of a server, whose part is ``server_name``.

    It depends on the set of functions, not on their order.
    """
    taken: dict[str, str] = {}
    # Those whose names stay as they are come first, so that no other takes such a name.
    for function in sorted(set(functions), key=lambda each: (_identifier(each) != each, each)):
        plain = f"{server_name}{_SEPARATOR}{_identifier(function).strip('_') or 'function'}"
        taken[_free(plain, LONGEST, taken)] = function
    return {function: name for name, function in taken.items()}


def _identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _free(name: str, longest: int, taken: Iterable[str]) -> str:
    """Return the name, cut to ``longest`` characters, or with a number if that is taken."""
    candidate, number = name[:longest].rstrip("_"), 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: longest - len(str(number)) - 1].rstrip('_')}_{number}"
    return candidate
