"""The tools of ``fireside ask --tools``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import NoReturn

from app.base import system_policy
from app.base.errors import ToolsForbidden
from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.cli.printed_citations import WhereIs
from app.network.access import NetworkAccess
from app.tools.browser.source import FOLDER, WEB
from app.tools.registry import Registry
from app.tools.tool import Tool
from app.wording.tool_settings import PYTHON, SERVER, is_source

_BEGINNINGS = ("python", "web", "mcp", "files", "zim", "")
"""What a key in a list begins with, up to its colon."""


@dataclass(frozen=True, slots=True)
class AskedTools:
    """The tools of one answer: ``keys`` are those of ``registry`` that were asked for.

    ``where`` tells where a page is for the user, by the key of its tool and its address.
    """

    keys: tuple[str, ...]
    registry: Registry
    where: WhereIs


def named(text: str) -> tuple[str, ...]:
    """Return the keys in a list such as "python, mcp:files, files:/a/b", each once.

    A path may have commas: what begins like no key belongs to the path before it.
    """
    found: list[str] = []
    for piece in text.split(","):
        is_key = piece.strip().partition(":")[0] in _BEGINNINGS
        if found and is_source(found[-1]) and not is_key:
            found[-1] += f",{piece}"
        else:
            found.append(piece)
    return tuple(dict.fromkeys(key for each in found if (key := each.strip())))


def open_tools(
    asked: tuple[str, ...], folders: Folders, stack: ExitStack, give_up: Callable[[str], NoReturn]
) -> AskedTools:
    """Return the tools with these keys, which ``stack`` closes.

    ``give_up`` is called with what is wrong with a key. Raises ToolsForbidden, other errors of
    Fireside, and Cancelled.
    """
    if asked and not system_policy.read(folders.system)[0].tools:
        raise ToolsForbidden()
    found: dict[str, Tool] = {}
    keys: list[str] = list(asked)
    where: WhereIs = _address
    if PYTHON in keys:
        from app.tools.python.python_tool import PythonTool

        found[PYTHON] = PythonTool()
    if any(key.startswith(SERVER) for key in keys):
        found |= _server_tools(folders, stack)
    if any(key == WEB or is_source(key) for key in keys):
        from app.cli.ask_sources import AskedSources

        sources = AskedSources(folders, stack, give_up)
        keys = [sources.open(key) if key == WEB or is_source(key) else key for key in keys]
        found |= {tool.key: tool for tool in sources.tools()}
        where = sources.where
    if unknown := [key for key in keys if key not in found]:
        known = ", ".join(dict.fromkeys((PYTHON, WEB, f"{FOLDER}FOLDER", *found)))
        give_up(f"no tool called {unknown[0]} is switched on (choose from: {known})")
    # In the order of what was found: sources have theirs, and the first is the default.
    offered = [tool for key, tool in found.items() if key in keys]
    return AskedTools(tuple(keys), Registry(lambda: offered), where)


def _address(tool: str, address: str) -> str:
    return address


def _server_tools(folders: Folders, stack: ExitStack) -> dict[str, Tool]:
    """Return the MCP servers that are switched on, by key."""
    from app.tools.mcp.service import McpServers

    offline = system_policy.settings(folders).offline
    jobs = stack.enter_context(closing(Jobs("network")))
    network = NetworkAccess(folders.connections, jobs, offline=offline)
    stack.callback(network.close)
    secrets = stack.enter_context(closing(Secrets(folders.data)))
    servers = McpServers(folders, network.bare, secrets, lambda changed: None, offline=offline)
    stack.callback(servers.close)
    return {tool.key: tool for tool in servers.tools()}
