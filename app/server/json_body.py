"""A request's body: JSON of a limited size and depth."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from app.server.api_error import ApiError
from app.server.fields import JsonObject

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

LARGEST = 32 * 1024 * 1024
"""Bytes of a body."""

_DEEPEST = 100
_MOST = 2_000_000  # items, commas in texts included: the parser takes 0.1 s for them, alone
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_PAIR = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# Escaped backslashes are read along, so that none of them begins an escape.
_ESCAPE = re.compile(rb"(?:\\\\|" + _PAIR + rb")+|\\(u[dD][89a-fA-F][0-9a-fA-F]{2})")


def too_large() -> ApiError:
    """Return the error for a body of more than LARGEST bytes."""
    told = f"The body may have at most {LARGEST // 1024 // 1024} MiB."
    return ApiError(413, told, code="request_too_large")


def read_body(environ: WSGIEnvironment) -> JsonObject:
    """Return a request's body. Raises ApiError."""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise ApiError(
            415, "Send the body without a Content-Encoding.", code="unsupported_encoding"
        )
    data: bytes = environ["wsgi.input"].read(LARGEST + 1)
    if len(data) > LARGEST:
        raise too_large()
    return parsed(data)


def parsed(data: bytes) -> JsonObject:
    """Return the object that a body is. Raises ApiError.

    Halves of a character outside of Unicode's first plane, which programs leave that cut texts by
    UTF-16, are replaced.
    """
    if sum(map(data.count, (b"[", b"{", b","))) > _MOST:
        raise _wrong("The body has too many items.")
    try:
        if _HALF.search(data):
            data = _ESCAPE.sub(_whole, data)
        body: Any = json.loads(data.decode(), parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # its message may quote the body
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise _wrong(f"The body is not valid JSON in UTF-8{where}.") from None
    if not isinstance(body, dict):
        raise _wrong("The body has to be an object.")
    level: list[Any] = [body]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return body
    raise _too_deep()


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape[1] else escape[0]


def _refuse(name: str) -> float:
    raise ValueError(name)


def _finite(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError(digits)
    return number


def _too_deep() -> ApiError:
    return _wrong(f"The body may be at most {_DEEPEST} levels deep.")


def _wrong(message: str) -> ApiError:
    return ApiError(400, message, code="invalid_json")
