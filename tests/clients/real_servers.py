"""Run six servers of others through Fireside's host.

``python -m tests.clients.real_servers PYTHON NPM``: PYTHON is a Python that has mcp-server-time,
mcp-server-git and mcp-server-fetch from PyPI; NPM a folder in which npm has installed
@modelcontextprotocol/server-filesystem, server-everything and server-memory. Prints, for each, how
long it takes to start and to answer, and what it declares; ends with 0 if every call came back and
nothing was left running.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.base.types import Outcome
from app.network.access import NetworkAccess
from app.tools.mcp.mcp_tool import McpTool
from app.tools.mcp.servers import Server
from app.tools.mcp.service import McpServers
from app.tools.shortening import estimate
from app.tools.tool import Call, CallContext, Result

_PATIENCE_S = 60
_CALLS = 20


def main() -> int:
    parser = argparse.ArgumentParser(description="six MCP servers of others")
    parser.add_argument("python", help="a Python with the three servers from PyPI")
    parser.add_argument("npm", type=Path, help="where npm has installed the other three")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        repository, files = folder / "repository", folder / "files"
        files.mkdir()
        (files / "note.txt").write_text("hello from a file", encoding="utf-8")
        subprocess.run(["git", "init", "-q", str(repository)], check=True)
        modules = options.npm / "node_modules" / "@modelcontextprotocol"

        def node(package: str, *args: str) -> Server:
            script = modules / f"server-{package}" / "dist" / "index.js"
            return Server(package, "node", (str(script), *args))

        def python(package: str, *args: str) -> Server:
            return Server(package, options.python, ("-m", f"mcp_server_{package}", *args))

        ways: list[tuple[Server, str, dict[str, Any], str]] = [
            (python("time"), "get_current_time", {"timezone": "Europe/Berlin"}, "Berlin"),
            (python("git", "-r", str(repository)), "git_status", {"repo_path": str(repository)},
             "branch"),
            (python("fetch"), "fetch", {"url": "http://127.0.0.1:1/"}, ""),
            (node("filesystem", str(files)), "read_text_file", {"path": str(files / "note.txt")},
             "hello from a file"),
            (node("everything"), "echo", {"message": "tea"}, "tea"),
            (node("memory"), "read_graph", {}, "entities"),
        ]  # fmt: skip
        before = set(psutil.Process().children(recursive=True))
        with _servers(folder) as servers:
            good = [_tried(servers, *way) for way in ways]
            with _everything_by_http(modules) as url:
                web = Server("everything-http", url=url)
                good.append(_tried(servers, web, "echo", {"message": "tea"}, "tea"))
            start = time.monotonic()
        print(f"all six ended in {time.monotonic() - start:.2f} s")
        children = set(psutil.Process().children(recursive=True)) - before
        # Python's own helper for processes that are spawned ends with this one.
        left = [each for each in children if "resource_tracker" not in " ".join(each.cmdline())]
        print(f"left running: {left}")
        return 0 if all(good) and not left else 1


@contextmanager
def _everything_by_http(modules: Path) -> Iterator[str]:
    """Yield the address of server-everything, started as a server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = str(modules / "server-everything" / "dist" / "index.js")
    with subprocess.Popen(
        ["node", script, "streamableHttp"],
        env=os.environ | {"PORT": str(port)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()


def _tried(
    servers: McpServers, server: Server, function: str, arguments: dict[str, Any], wanted: str
) -> bool:
    name = server.name
    servers.put(server).result(_PATIENCE_S)
    pin = servers.review(name).result(_PATIENCE_S).start.pin
    servers.approve(name, pin).result(_PATIENCE_S)
    start = time.monotonic()
    servers.start(name).result(_PATIENCE_S)
    up = time.monotonic() - start
    (tool,) = (tool for tool in servers.tools() if tool.key == f"mcp:{name}")
    space = tool.declaration()
    assert space
    times = []
    for _ in range(_CALLS if wanted else 2):
        start = time.monotonic()
        result = _call(tool, f"{name.replace('-', '_')}__{function}", arguments)
        times.append(time.monotonic() - start)
    good = wanted in result.text and (result.facts.outcome is Outcome.DONE) == bool(wanted)
    tokens = sum(estimate(f.name + f.description + f.schema) for f in space.functions)
    print(
        f"| {name} | start {up:.2f} s | call {1000 * statistics.median(times):.1f} ms | "
        f"{len(space.functions)} functions, ~{tokens:,} tokens | "
        f"{'as expected' if good else 'WRONG'}: {' '.join(result.text.split())[:60]} |",
        flush=True,
    )
    return good


def _call(tool: McpTool, name: str, arguments: dict[str, Any]) -> Result:
    context = CallContext(None, ())
    call = Call("1", f"functions.{name}", json.dumps(arguments))
    (result,) = tool.run(tool.propose(call, context), context, threading.Event())
    assert isinstance(result, Result)
    return result


@contextmanager
def _servers(folder: Path) -> Iterator[McpServers]:
    folders = Folders(folder / "data")
    folders.data.mkdir()
    jobs = Jobs("real")
    network = NetworkAccess(folders.connections, jobs, offline=False)
    servers = McpServers(folders, network.bare, Secrets(folders.data), lambda _: None)
    try:
        yield servers
    finally:
        servers.close()
        jobs.close()


if __name__ == "__main__":
    sys.exit(main())
