"""Signing in to a server: OAuth, in the user's browser.

The browser comes back to an address on this computer, at which one request is answered. Tokens, and
what Fireside was registered as, are kept with the secrets, bound to the server's address.
"""

from __future__ import annotations

import asyncio
import html
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)

from app.base.errors import SecretError
from app.base.secrets import Secrets
from app.tools.mcp.servers import Server
from app.tools.mcp.system_browser import SystemBrowser, secret_name
from app.tools.mcp.wire import Wire

M = TypeVar("M", OAuthToken, OAuthClientInformationFull, OAuthMetadata, ProtectedResourceMetadata)

_PATH = "/callback"
_LONGEST_REQUEST = 16 << 10
_READ_S = 10.0


class SignIn:
    """Signing in to one server. To be made on a worker thread, since secrets are read."""

    def __init__(self, server: Server, secrets: Secrets, browser: SystemBrowser | None) -> None:
        self._server, self._secrets, self._browser = server, secrets, browser
        self._kept = _kept(secrets.get_or_empty(secret_name(server.name)), server.url)
        own = server.raw.get("oauth")
        self._own: dict[str, Any] = own if isinstance(own, dict) else {}
        fixed = self._own.get("callbackPort")  # of a registration that the user has made
        self._host = "localhost" if fixed else "127.0.0.1"
        port = fixed or self._kept.get("port")
        self._socket, self._port = _reserved(port if isinstance(port, int) else 0)
        if self._port != self._kept.get("port"):
            self._kept.pop("client", None)  # it was registered with another address

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def provider(
        self, wire: Wire, allow: Callable[[httpx2.URL], Awaitable[None]]
    ) -> OAuthClientProvider:
        """Return what authenticates the requests.

        ``allow`` raises for an address that may not be shown to the browser.
        """
        listener = _Listener(self._socket, self._browser.page if self._browser else "")

        async def redirect(address: str) -> None:
            await allow(httpx2.URL(address))
            if self._browser is None:
                raise OAuthFlowError("it needs a browser")
            state = parse_qs(urlsplit(address).query).get("state", [""])[0]
            await listener.start(state)  # first: a browser may be fast
            self._browser.open(address)

        async def come_back() -> AuthorizationCodeResult:
            async with wire.waiting_for_user():
                return await listener.result()

        address = f"http://{self._host}:{self._port}{_PATH}"
        wanted = OAuthClientMetadata.model_validate(
            {"redirect_uris": [address], "client_name": "Fireside"}
        )
        return _Provider(self._server.url, wanted, self, redirect, come_back)

    # --- The SDK's TokenStorage ---

    async def get_tokens(self) -> OAuthToken | None:
        return _model(OAuthToken, self._kept.get("tokens"))

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._kept["tokens"] = tokens.model_dump(mode="json", exclude_none=True)
        self._kept["expires"] = time.time() + tokens.expires_in if tokens.expires_in else 0
        await self._keep()  # with what was registered before

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        if isinstance(own := self._own.get("clientId"), str):
            secret = self._own.get("clientSecret")
            method = "client_secret_basic" if secret else "none"
            fields = {"client_id": own, "token_endpoint_auth_method": method}
            return _model(OAuthClientInformationFull, fields | {"client_secret": secret})
        return _model(OAuthClientInformationFull, self._kept.get("client"))

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._kept["client"] = client_info.model_dump(mode="json", exclude_none=True)

    def restore(self, provider: OAuthClientProvider) -> None:
        """Give a provider what it would otherwise have to find out again, to renew a token."""
        context = provider.context
        context.token_expiry_time = self._kept.get("expires") or None
        context.oauth_metadata = _model(OAuthMetadata, self._kept.get("metadata"))
        resource = _model(ProtectedResourceMetadata, self._kept.get("resource"))
        context.protected_resource_metadata = resource
        self._context = context

    async def _keep(self) -> None:
        found = {
            "metadata": self._context.oauth_metadata,
            "resource": self._context.protected_resource_metadata,
        }
        for key, model in found.items():
            if model:
                self._kept[key] = model.model_dump(mode="json", exclude_none=True)
        text = json.dumps(self._kept | {"url": self._server.url, "port": self._port})
        with suppress(SecretError):  # then the user signs in again next time
            await asyncio.to_thread(self._secrets.set, secret_name(self._server.name), text)


class _Provider(OAuthClientProvider):
    """The SDK's provider, with two differences.

    It renews a token that has expired since it was kept, and only requests by which the user is
    signed in wait for each other, not each request for the answer to the one before.
    """

    def __init__(
        self,
        url: str,
        wanted: OAuthClientMetadata,
        sign_in: SignIn,
        redirect: Callable[[str], Awaitable[None]],
        come_back: Callable[[], Awaitable[AuthorizationCodeResult]],
    ) -> None:
        super().__init__(url, wanted, sign_in, redirect, come_back)
        self._sign_in = sign_in
        self._is_restored = False

    async def _initialize(self) -> None:
        await super()._initialize()
        if not self._is_restored:
            self._is_restored = True
            self._sign_in.restore(self)

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        if not self._initialized:
            await self._initialize()
        tokens, response = self.context.current_tokens, None
        if tokens is None or self.context.is_token_valid():
            self._add_auth_header(request)
            response = yield request
            if response.status_code not in (401, 403):
                return
        flow = super().async_auth_flow(request)
        try:
            outgoing = await flow.__anext__()
            if outgoing is request and response and self.context.current_tokens is tokens:
                outgoing = await flow.asend(response)  # it was sent already
            while True:
                outgoing = await flow.asend((yield outgoing))
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()


class _Listener:
    """The address on this computer to which the browser comes back."""

    def __init__(self, bound: socket.socket, page: str) -> None:
        self._socket, self._page, self._state = bound, page, ""
        self._server: asyncio.Server | None = None
        self._given: asyncio.Future[dict[str, str]] | None = None

    async def start(self, state: str) -> None:
        """Listen for the first request with the right state; only that is answered."""
        self._state = state
        self._given = asyncio.get_running_loop().create_future()
        self._server = await asyncio.start_server(
            self._serve, sock=self._socket.dup(), limit=_LONGEST_REQUEST
        )

    async def result(self) -> AuthorizationCodeResult:
        """Return what the browser brings back, and listen no more.

        Raises OAuthFlowError if the user, or the server, refused.
        """
        assert self._given
        assert self._server
        try:
            given = await self._given
        finally:
            self._server.close()
        if "code" not in given:
            raise OAuthFlowError(given.get("error", "no code"))
        return AuthorizationCodeResult(
            code=given["code"], state=given["state"], iss=given.get("iss") or None
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._given
        try:
            async with asyncio.timeout(_READ_S):
                given = _given(await reader.readuntil(b"\r\n\r\n"))
                is_right = given.get("state") == self._state and not self._given.done()
                writer.write(_response(self._page if is_right else "", found=is_right))
                if is_right:
                    self._given.set_result(given)
                await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # not the browser
        finally:
            writer.close()


def _given(head: bytes) -> dict[str, str]:
    """Return the parameters of a request to our address; empty for any other request."""
    method, _, rest = head.decode("latin-1").split("\r\n")[0].partition(" ")
    target = urlsplit(rest.partition(" ")[0])
    if method != "GET" or target.path != _PATH:
        return {}
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def _response(page: str, *, found: bool) -> bytes:
    body = f"<!doctype html><meta charset=utf-8><title>Fireside</title><p>{html.escape(page)}"
    lines = (
        "HTTP/1.1 200 OK" if found else "HTTP/1.1 404 Not Found",
        "Content-Type: text/html; charset=utf-8",
        "Content-Security-Policy: default-src 'none'",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "Connection: close",
        f"Content-Length: {len(body.encode())}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _reserved(port: int) -> tuple[socket.socket, int]:
    """Return a socket with a port of this computer, ``port`` if it is free."""
    for wanted in (port, 0):
        bound = socket.socket()
        if sys.platform != "win32":  # there it would let others take the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError):
            bound.close()
            continue
        return bound, bound.getsockname()[1]
    raise OSError("no free port")


def _kept(text: str, url: str) -> dict[str, Any]:
    """Return what was kept for a server, unless it was another one of the same name."""
    try:
        kept = json.loads(text or "{}")
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) and kept.get("url") == url else {}


def _model(kind: type[M], value: object) -> M | None:
    try:
        return kind.model_validate(value) if value else None
    except ValueError:  # it was kept by another version
        return None
