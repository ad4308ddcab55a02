"""The tools of ``fireside ask --tools``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import NoReturn

from app.base import settings as settings_file
from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.network.access import NetworkAccess
from app.tools.registry import Registry
from app.tools.tool import Tool
from app.wording.tool_settings import PYTHON, SERVER


def named(text: str) -> tuple[str, ...]:
    """Return the keys in a list such as "python, mcp:files", each once."""
    return tuple(dict.fromkeys(key for each in text.split(",") if (key := each.strip())))


def open_tools(
    keys: tuple[str, ...], folders: Folders, stack: ExitStack, give_up: Callable[[str], NoReturn]
) -> Registry:
    """Return the tools with these keys, which ``stack`` closes.

    ``give_up`` is called with what is wrong with a key.
    """
    found: dict[str, Tool] = {}
    if PYTHON in keys:
        from app.tools.python.python_tool import PythonTool

        found[PYTHON] = PythonTool()
    if any(key.startswith(SERVER) for key in keys):
        found |= _server_tools(folders, stack)
    if unknown := [key for key in keys if key not in found]:
        known = ", ".join(dict.fromkeys((PYTHON, *found)))
        give_up(f"no tool called {unknown[0]} is switched on (choose from: {known})")
    return Registry(lambda: [found[key] for key in keys])


def _server_tools(folders: Folders, stack: ExitStack) -> dict[str, Tool]:
    """Return the MCP servers that are switched on, by key."""
    from app.tools.mcp.service import McpServers

    offline = settings_file.load(folders.settings).offline
    jobs = stack.enter_context(closing(Jobs("network")))
    network = NetworkAccess(folders.connections, jobs, offline=offline)
    stack.callback(network.close)
    secrets = stack.enter_context(closing(Secrets(folders.data)))
    servers = McpServers(folders, network.bare, secrets, lambda changed: None, offline=offline)
    stack.callback(servers.close)
    return {tool.key: tool for tool in servers.tools()}
