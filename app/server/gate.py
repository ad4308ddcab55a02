"""Who may ask at all: checked by a request's headers, before its body is received."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from app.server.api_error import ApiError

HEALTH = "/health"
"""The only path that needs no token."""

_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_WITH_BODY = ("POST", "PUT", "PATCH")

Environ = Mapping[str, object]
"""A WSGI environment, or as much of it as is known once the headers have come."""


class Gate:
    """The rules for requests to a server at ``port``.

    Web pages reach this computer's own address through the user's browser, so what a browser adds
    to their requests is refused, except from pages at ``origins``; so is a host's name that is not
    this server's, since a page's own name may lead here. ``token`` may be replaced at any time.
    """

    def __init__(self, port: int, token: str, origins: tuple[str, ...] = ()) -> None:
        self.token = token
        self._port = port
        self._hosts = {f"{host}:{port}" for host in _HOSTS} | ({*_HOSTS} if port == 80 else set())
        self._origins = origins

    @property
    def has_pages(self) -> bool:
        """Whether any web page may ask."""
        return bool(self._origins)

    def check(self, environ: Environ) -> None:
        """Raise ApiError for a request that is not heard."""
        if _text(environ, "HTTP_HOST").lower() not in self._hosts or self._elsewhere(environ):
            told = f"Ask at http://127.0.0.1:{self._port}; the Host header names another server."
            raise ApiError(403, told, code="host_not_allowed")
        shared = self._from_shared_page(environ)
        if not shared and "HTTP_ORIGIN" in environ:
            told = "Web pages may not use this server. Ask without an Origin header."
            raise ApiError(403, told, code="origin_not_allowed")
        site = _text(environ, "HTTP_SEC_FETCH_SITE", "none").lower()
        if not shared and site not in ("none", "same-origin"):
            raise ApiError(403, "Web pages may not use this server.", code="origin_not_allowed")
        if shared and environ["REQUEST_METHOD"] == "OPTIONS":
            return  # browsers send neither a body nor a token with it
        if environ["REQUEST_METHOD"] in _WITH_BODY and not _is_json(_text(environ, "CONTENT_TYPE")):
            told = "Send the header 'Content-Type: application/json'."
            raise ApiError(415, told, code="unsupported_media_type")
        if environ["PATH_INFO"] != HEALTH and not self._has_token(environ):
            told = (
                "The access token is missing or wrong. Send Fireside's as "
                "'Authorization: Bearer TOKEN'."
            )
            known = {"WWW-Authenticate": "Bearer"}
            raise ApiError(401, told, code="invalid_api_key", headers=known)

    def for_page(self, environ: Environ) -> list[tuple[str, str]]:
        """Return the headers with which a browser lets a page of ``origins`` read the answer."""
        if not self._from_shared_page(environ):
            return []
        headers = [("Access-Control-Allow-Origin", _text(environ, "HTTP_ORIGIN"))]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            asked = _text(environ, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "authorization")
            headers += [
                ("Access-Control-Allow-Methods", "GET, POST, DELETE"),
                ("Access-Control-Allow-Headers", asked),
                ("Access-Control-Max-Age", "600"),
            ]
        return headers

    def _elsewhere(self, environ: Environ) -> bool:
        """Return whether the first line names another host, as that of a request to a proxy."""
        address = _text(environ, "REQUEST_URI", "/")
        scheme, _, rest = address.lower().partition("://")
        ours = scheme == "http" and rest.partition("/")[0] in self._hosts
        return not (ours or address.startswith("/"))

    def _from_shared_page(self, environ: Environ) -> bool:
        return environ.get("HTTP_ORIGIN") in self._origins

    def _has_token(self, environ: Environ) -> bool:
        scheme, _, bearer = _text(environ, "HTTP_AUTHORIZATION").partition(" ")
        given = [_text(environ, "HTTP_X_API_KEY")]
        if scheme.lower() == "bearer":
            given.append(bearer.strip())
        right = self.token.encode()
        equal = [hmac.compare_digest(each.encode(), right) for each in given]
        return bool(right) and any(equal)


def _is_json(content_type: str) -> bool:
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    return kind.strip() == "application/json" and charset in ("", "charset=utf-8")


def _text(environ: Environ, name: str, default: str = "") -> str:
    return str(environ.get(name, default))
