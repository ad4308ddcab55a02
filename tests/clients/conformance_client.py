"""The program that the official conformance tests start: Fireside's host, without its window.

It is called with the address of a server, does what the scenario wants of a client, and has the
user, who always agrees, sign in in a browser that only follows redirects.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import Any

from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.network.access import NetworkAccess
from app.tools.mcp.mcp_tool import McpTool
from app.tools.mcp.servers import Server
from app.tools.mcp.service import McpServers
from app.tools.mcp.system_browser import SystemBrowser
from app.tools.tool import Call, CallContext, Result

_PATIENCE_S = 60
_ARGUMENTS: dict[str, dict[str, Any]] = {"add_numbers": {"a": 5, "b": 3}}


def main() -> int:
    """Connect, list, and call each function."""
    address = sys.argv[-1]
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    raw: dict[str, Any] = {}
    if "client_id" in context:
        known = {"clientId": context["client_id"], "clientSecret": context.get("client_secret")}
        raw = {"oauth": known}
    folders = Folders(Path(tempfile.mkdtemp()))
    jobs = Jobs("client")
    network = NetworkAccess(folders.connections, jobs, offline=False)
    servers = McpServers(folders, network.bare, Secrets(folders.data), lambda _: None)
    servers.set_browser(SystemBrowser(_follow, "Signed in."))
    try:
        servers.put(Server("peer", url=address, raw=raw)).result(_PATIENCE_S)
        pin = servers.review("peer").result(_PATIENCE_S).start.pin
        servers.approve("peer", pin).result(_PATIENCE_S)
        servers.start("peer").result(_PATIENCE_S)
        (tool,) = servers.tools()
        results = [_call(tool, name.name) for name in getattr(tool.declaration(), "functions", ())]
    finally:
        servers.close()
        jobs.close()
    for result in results:
        print(result.facts.outcome, result.text)
    print(folders.connections.read_text(encoding="utf-8"))
    return 0


def _call(tool: McpTool, name: str) -> Result:
    own = name.partition("__")[2]
    call = Call("1", f"functions.{name}", json.dumps(_ARGUMENTS.get(own, {})))
    context = CallContext(None, ())
    (result,) = tool.run(tool.propose(call, context), context, threading.Event())
    assert isinstance(result, Result)
    return result


def _follow(address: str) -> None:
    threading.Thread(target=lambda: urllib.request.urlopen(address, timeout=20).read()).start()


if __name__ == "__main__":
    sys.exit(main())
