"""The functions that a connected server declares, within limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.tools.mcp.approvals import Declaration, canonical

if TYPE_CHECKING:
    from mcp import Client

MOST = 200
"""Functions of one server; more are left out."""
_MOST_PAGES = 50
_LONGEST = 32 << 10  # characters of a declaration
_MOST_TEXT = 512 << 10  # and of all together
_DEEPEST = 32


async def declarations(client: Client) -> tuple[Declaration, ...]:
    """Return the functions, in the server's order; those beyond all measure are left out."""
    if client.server_capabilities.tools is None:
        return ()
    found: dict[str, Declaration] = {}
    cursor: str | None = None
    left = _MOST_TEXT
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            raw = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
            size, declared = len(json.dumps(raw)), declaration_of(raw)
            if declared and size <= min(_LONGEST, left) and len(found) < MOST:
                left -= size
                found.setdefault(declared.name, declared)  # of two of one name, the first
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST:
            break
    return tuple(found.values())


def declaration_of(tool: dict[str, Any]) -> Declaration | None:
    """Return a function as the protocol's JSON has it; None if it has no name or is too deep."""
    if not tool.get("name") or _depth(tool) > _DEEPEST:
        return None
    return Declaration(
        tool["name"],
        tool.get("title", ""),
        tool.get("description", ""),
        canonical(tool.get("inputSchema")),
        canonical(tool.get("outputSchema")),
        canonical(tool.get("annotations")),
    )


def _depth(value: Any) -> int:
    """Return how deep a JSON value is nested, up to just beyond the limit."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        level = below
    return depth
