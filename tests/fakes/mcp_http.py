"""An MCP server over HTTP, and one that gives out tokens for it, by hand from the protocols' texts.

``serving()`` yields the server, on a port of this computer. With ``tokens=True`` it asks for a
token, which the same port gives out by OAuth 2.1: metadata, registration, authorization with PKCE,
and renewal. ``requests`` has each request's method and path.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

VERSION = "2025-11-25"
TOOLS = [
    {
        "name": name,
        "description": name,
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True},
    }
    for name in ("echo", "slow", "huge", "gone")
]


class McpHttp(ThreadingHTTPServer):
    """The server, and what it was told to do."""

    daemon_threads = True

    def __init__(self, *, tokens: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asks_for_tokens = tokens
        self.requests: list[tuple[str, str]] = []
        self.valid: set[str] = set()
        self.given = 0
        self.challenges: dict[str, str] = {}
        self.metadata: dict[str, Any] = {}
        """What replaces its own metadata, to mislead."""
        self.redirect = ""
        self.release = threading.Event()
        self.expires = 3600
        self.session = "session1"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/mcp"

    def paths(self) -> list[str]:
        return [path for _, path in self.requests]


@contextlib.contextmanager
def serving(*, tokens: bool = False) -> Iterator[McpHttp]:
    with McpHttp(tokens=tokens) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: McpHttp
    protocol_version = "HTTP/1.1"
    new_session = ""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._note()
        target = urlsplit(self.path)
        server = self.server
        if target.path.startswith("/.well-known/oauth-protected-resource"):
            found = {"resource": server.url, "authorization_servers": [server.origin]}
            self._json(found | server.metadata)
        elif target.path == "/.well-known/oauth-authorization-server":
            self._json(
                {
                    "issuer": server.origin,
                    "authorization_endpoint": f"{server.origin}/authorize",
                    "token_endpoint": f"{server.origin}/token",
                    "registration_endpoint": f"{server.origin}/register",
                    "response_types_supported": ["code"],
                    "code_challenge_methods_supported": ["S256"],
                    "authorization_response_iss_parameter_supported": True,
                }
                | server.metadata
            )
        elif target.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(target.query).items()}
            server.challenges["code1"] = asked["code_challenge"]
            back = {"code": "code1", "state": asked["state"], "iss": server.origin}
            self._empty(302, Location=f"{asked['redirect_uri']}?{urlencode(back)}")
        else:
            self._empty(405)

    def do_DELETE(self) -> None:
        self._note()
        self._empty(200)

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        match urlsplit(self.path).path:
            case "/register":
                self._json(json.loads(body) | {"client_id": "client1"}, 201)
            case "/token":
                self._token({name: each[0] for name, each in parse_qs(body.decode()).items()})
            case "/mcp" if self.server.redirect:
                self._empty(307, Location=self.server.redirect)
            case "/mcp":
                self._rpc(json.loads(body))
            case _:
                self._empty(404)

    def _token(self, asked: dict[str, str]) -> None:
        server = self.server
        if asked["grant_type"] == "authorization_code":
            digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if server.challenges.pop(asked["code"], "") != challenge:
                return self._json({"error": "invalid_grant"}, 400)
        elif asked.get("refresh_token") != f"renew{server.given}":
            return self._json({"error": "invalid_grant"}, 400)
        server.given += 1
        server.valid = {f"token{server.given}"}
        return self._json(
            {
                "access_token": f"token{server.given}",
                "token_type": "Bearer",
                "expires_in": server.expires,
                "refresh_token": f"renew{server.given}",
            }
        )

    def _rpc(self, message: dict[str, Any]) -> None:
        server = self.server
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if server.asks_for_tokens and token not in server.valid:
            where = f"{server.origin}/.well-known/oauth-protected-resource/mcp"
            return self._empty(401, **{"WWW-Authenticate": f'Bearer resource_metadata="{where}"'})
        if message["method"] == "initialize":
            self.new_session = server.session
        elif self.headers.get("Mcp-Session-Id", server.session) != server.session:
            return self._empty(404)
        if "id" not in message:
            return self._empty(202)
        result = self._result(message["method"], message.get("params") or {})
        if result is None:
            error = {"code": -32601, "message": "unknown"}
            return self._json({"jsonrpc": "2.0", "id": message["id"], "error": error})
        return self._json({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        match method:
            case "initialize":
                return {
                    "protocolVersion": VERSION,
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "fake", "version": "1"},
                }
            case "tools/list":
                return {"tools": TOOLS}
            case "tools/call":
                match params["name"]:
                    case "slow":
                        self.server.release.wait(60)
                    case "huge":
                        text = "x" * (1 << 20)
                        blocks = [{"type": "text", "text": text} for _ in range(70)]
                        return {"content": blocks}
                header = self.headers.get("X-Key", "")
                words = f"{params.get('arguments')} {header}".strip()
                return {"content": [{"type": "text", "text": words}]}
        return None

    def _note(self) -> None:
        self.server.requests.append((self.command, urlsplit(self.path).path))

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.new_session:
            self.send_header("Mcp-Session-Id", self.new_session)
            self.new_session = ""
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def _empty(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()
