"""Reading a response from a server that cannot be trusted to end it."""

from __future__ import annotations

import time

import httpx2


class ResponseTooLong(Exception):
    """The body has more bytes than were allowed."""


class ResponseTooSlow(Exception):
    """The body was not complete when its time was over."""


def read_body(response: httpx2.Response, *, limit: int, seconds: float) -> bytes:
    """Return the decoded body of a streamed response.

    httpx2's timeouts are for each read, so a server could send a byte at a time for ever; here
    ``seconds`` is for the whole body. Raises ResponseTooSlow, ResponseTooLong beyond ``limit``
    bytes, and httpx2's errors.
    """
    deadline = time.monotonic() + seconds
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            raise ResponseTooLong
        if time.monotonic() > deadline:
            raise ResponseTooSlow
    return bytes(body)


def reason(error: Exception, timeout: float) -> str:
    """Return why there was no response, for an error of httpx2 or of `read_body`.

    ``timeout`` is the request's, in seconds.
    """
    if isinstance(error, ResponseTooSlow):
        return "its answer takes too long"
    if isinstance(error, httpx2.TimeoutException):
        return f"no answer for {timeout:g} s"
    return str(error) or type(error).__name__
