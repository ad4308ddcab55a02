"""An MCP server over stdin and stdout, by hand from the protocol's text, that misbehaves on demand.

Started as ``python mcp_server.py FACTS``, FACTS being JSON with any of ``tools`` (the list that it
declares), ``file`` (one that is read for that list each time), ``modern`` (it speaks 2026-07-28, by
``server/discover``), and ``startup``: ``silent``, ``garbage``, ``dies``, ``slow``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ECHO = {
    "name": "echo",
    "description": "Return the text.",
    "inputSchema": {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    },
    "annotations": {"readOnlyHint": True},
}
FACTS: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
LEGACY, MODERN = "2025-11-25", "2026-07-28"


def plain(name: str, **more: object) -> dict[str, Any]:
    return {"name": name, "description": name, "inputSchema": {"type": "object"}} | more


BEHAVIOURS = (
    "hang", "die", "flood", "long", "garbage", "error", "refuse", "picture", "binary", "children",
    "environment", "structured", "announce", "wrong", "deaf", "write", "mixed",
)  # fmt: skip


def send(message: dict[str, Any]) -> None:
    line = json.dumps({"jsonrpc": "2.0"} | message) + "\n"
    sys.stdout.buffer.write(line.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()


def tools() -> list[dict[str, Any]]:
    if "file" in FACTS:
        return list(json.loads(Path(FACTS["file"]).read_text(encoding="utf-8")))
    return list(FACTS.get("tools", [ECHO, *(plain(name) for name in BEHAVIOURS)]))


def text(words: str, **more: object) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}]} | more


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    match name:
        case "echo":
            return text(arguments["text"])
        case "hang":
            sys.stderr.write("It hangs.\n")
            sys.stderr.flush()
            time.sleep(600)
        case "deaf":  # ends neither when its input is closed nor when it is asked to
            import signal

            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.set_inheritable(1, True)
            time.sleep(600)
        case "die":
            sys.stderr.write("I cannot go on.\n")
            sys.stderr.flush()
            os._exit(3)
        case "flood":
            while True:
                sys.stdout.buffer.write(b"x" * 65536)
        case "garbage":
            sys.stdout.buffer.write(b"y\n" * 100_000)
        case "long":
            return text("word " * 2_000_000)
        case "error":
            return text("It is not there.", isError=True)
        case "wrong":
            return {"content": [{"type": "hologram"}]}
        case "structured":
            return {"content": [], "structuredContent": {"found": [1, 2, 3]}}
        case "binary":
            return text("a\x00b\x1b[31m\ud800c")
        case "environment":
            return text(json.dumps(dict(os.environ)))
        case "children":
            child = subprocess.Popen(["sleep", "600"])
            away = subprocess.Popen(["sleep", "600"], start_new_session=True)
            return text(f"{child.pid} {away.pid}")
        case "picture" | "mixed":
            picture = {"type": "image", "data": PNG, "mimeType": "text/html"}
            blocks: list[dict[str, Any]] = [picture]
            if name == "mixed":
                blob = {"uri": "x://b", "blob": "AAAA", "mimeType": "application/zip"}
                blocks += [
                    {"type": "image", "data": "PHN2Zz4=", "mimeType": "image/svg+xml"},
                    {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
                    {"type": "resource", "resource": {"uri": "x://a", "text": "inside"}},
                    {"type": "resource", "resource": blob},
                    {"type": "resource_link", "uri": "x://c", "name": "see"},
                ]
            return {"content": blocks}
        case "announce":
            send({"method": "notifications/tools/list_changed"})
            return text("said")
    return text(f"did {name} {json.dumps(arguments)}")


def answer(message: dict[str, Any]) -> dict[str, Any] | None:
    params = message.get("params") or {}
    modern = FACTS.get("modern")
    capabilities = {"tools": {"listChanged": True}}
    match message["method"]:
        case "initialize" if not modern:
            version = params["protocolVersion"]
            info = {"name": "fake", "version": "1"}
            return {
                "protocolVersion": version if version <= LEGACY else LEGACY,
                "capabilities": capabilities,
                "serverInfo": info,
            }
        case "server/discover" if modern:
            return {
                "supportedVersions": [MODERN],
                "capabilities": capabilities,
                "resultType": "complete",
                "ttlMs": 0,
                "cacheScope": "private",
            }
        case "tools/list":
            found = {"tools": tools()}
            return found | ({"ttlMs": 0, "cacheScope": "private"} if modern else {})
        case "tools/call" if params["name"] != "refuse":
            return call(params["name"], params.get("arguments") or {})
    return None


def main() -> None:
    sys.stderr.write("ready\n")
    sys.stderr.flush()
    match FACTS.get("startup"):
        case "silent":
            time.sleep(600)
        case "dies":
            sys.exit("no such thing")
        case "garbage":
            sys.stdout.buffer.write(b'hello, I am a server\n\xff\xfe\n{}\n[1]\n{"a":\n')
            sys.stdout.buffer.flush()
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message or "method" not in message:
            continue
        result = answer(message)
        if result is None:
            error = {"code": -32601, "message": f"no {message['method']}"}
            send({"id": message["id"], "error": error})
        else:
            kind = {"resultType": "complete"} if FACTS.get("modern") else {}
            send({"id": message["id"], "result": kind | result})


if __name__ == "__main__":
    main()
