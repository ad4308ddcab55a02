"""MCP servers of other programs on this computer, to be taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from app.base.errors import McpServersUnreadable
from app.models.disk_scan import jan_data_folders, lm_studio_homes
from app.tools.mcp.servers import Server, document_of, parse, server_of

_LONGEST = 8 << 20  # bytes; Claude Code's file has much else in it


@dataclass(frozen=True, slots=True)
class FoundServers:
    """The servers of the program with this name, from the file at ``path``."""

    program: str
    path: Path
    servers: tuple[Server, ...]


def find() -> tuple[FoundServers, ...]:
    """Return the servers of all programs that have some. Files are only read."""
    return tuple(_found())


def _found() -> Iterator[FoundServers]:
    for program, paths, read in _places():
        for path in paths:
            try:
                if path.stat().st_size > _LONGEST:
                    continue
                servers = read(path.read_text(encoding="utf-8-sig"))
            except (OSError, ValueError, McpServersUnreadable):
                continue
            if servers:
                yield FoundServers(program, path, servers)
                break


def _places() -> Iterator[tuple[str, list[Path], Callable[[str], tuple[Server, ...]]]]:
    """Yield each program's name, the places of its file, and how that is read."""
    home = Path.home()

    def config(name: str) -> Path:
        return platformdirs.user_config_path(name, appauthor=False, roaming=True)

    yield "Claude Desktop", [config("Claude") / "claude_desktop_config.json"], _usual
    yield "Claude Code", [home / ".claude.json"], _claude_code
    yield "Cursor", [home / ".cursor" / "mcp.json"], _usual
    yield "Jan", [folder / "mcp_config.json" for folder in jan_data_folders()], _usual
    yield "LM Studio", [folder / "mcp.json" for folder in lm_studio_homes()], _usual
    yield "VS Code", [config("Code") / "User" / "mcp.json"], _usual


def _usual(text: str) -> tuple[Server, ...]:
    return parse(text).servers


def _claude_code(text: str) -> tuple[Server, ...]:
    """Return the servers for all projects, and then those of each."""
    document = document_of(text)
    projects = document.get("projects")
    groups: list[Any] = [document, *(projects.values() if isinstance(projects, dict) else ())]
    found: dict[str, Server] = {}
    for group in groups:
        entries = group.get("mcpServers") if isinstance(group, dict) else None
        for name, raw in entries.items() if isinstance(entries, dict) else ():
            if server := server_of(name, raw):
                found.setdefault(name, server)
    return tuple(found.values())
