"""A response of a server of models, which may be anything: bounded, unpacked, with typed errors."""

from __future__ import annotations

import contextlib
import email.utils
import re
import zlib
from collections.abc import Iterator

import httpx2

from app.base import errors as e
from app.base.plain_line import plain_line
from app.network.event_stream import EventTooLong, ServerEvent, server_events
from app.network.unpacker import PACKED, Unpacker
from app.network.watched_socket import Watch

LARGEST_BODY = 16 << 20
"""In bytes: of a list of all models of a large service."""

_LARGEST_STREAM = 2 << 30  # bytes: a million tokens, of which each is an event with much around it
_SHORTEST_KEY = 8  # bytes; a word like “key” is no secret, and may be anywhere
_LONGEST_WAIT_S = 24 * 3600.0
_LONGEST_SHOWN = 200  # characters
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")


class EndpointResponse:
    """A response that is being read, once: by `read` or by `events`, under ``watch``.

    ``url`` is the endpoint's. ``key`` is taken out of what the server says of an error: some repeat
    it, and that is shown and copied.
    """

    def __init__(self, url: str, response: httpx2.Response, watch: Watch, key: str = "") -> None:
        self.url = url
        self.status = response.status_code
        self._key = key.strip().encode() if self.status != 200 else b""
        self._response, self._watch = response, watch

    @property
    def media_type(self) -> str:
        """The type that it says it has, such as "text/event-stream"; empty for none."""
        header = self._response.headers.get("content-type", "")
        found = _MEDIA_TYPE.match(header.strip().lower())
        return found[0] if found else ""

    @property
    def retry_after(self) -> float:
        """How many seconds the server asks to wait; 0 if it does not say."""
        text = self._response.headers.get("retry-after", "").strip()
        with contextlib.suppress(ValueError, OverflowError):
            if text.isascii() and text.isdigit():
                return min(float(text), _LONGEST_WAIT_S)
            date = email.utils.parsedate_to_datetime(text)
            now = email.utils.localtime()
            left = (date.astimezone() - now).total_seconds()
            return min(max(left, 0.0), _LONGEST_WAIT_S)
        return 0.0

    @property
    def location(self) -> str:
        """Where it redirects to, as a whole address; empty if nowhere."""
        if self.status not in (301, 302, 303, 307, 308):
            return ""
        text = self._response.headers.get("location", "")
        with contextlib.suppress(httpx2.InvalidURL, ValueError):
            return str(self._response.url.join(text))
        return text

    def end_within(self, seconds: float) -> None:
        """Have ServerSilent raised if it has not ended ``seconds`` from now."""
        self._watch.end_within(seconds)

    def read(self, limit: int = LARGEST_BODY) -> bytes:
        """Return the body. Raises ServerForeign if it is longer than ``limit`` bytes."""
        body = bytearray()
        for chunk in self._bytes():
            body += chunk
            if len(body) > limit:
                raise e.ServerForeign(self.url, shown(self._without_key(body)))
        return self._without_key(body)

    def _without_key(self, body: bytearray) -> bytes:
        is_secret = len(self._key) >= _SHORTEST_KEY
        return bytes(body.replace(self._key, "…".encode()) if is_secret else body)

    def events(self) -> Iterator[ServerEvent]:
        """Yield the events of a stream as they come. Raises ServerForeign for too long ones."""
        try:
            for event in server_events(self._bytes(_LARGEST_STREAM)):
                self._watch.check()
                yield event
        except EventTooLong:
            raise e.ServerForeign(self.url, "") from None

    def _bytes(self, limit: int = 1 << 62) -> Iterator[bytes]:
        encoding = self._response.headers.get("content-encoding", "").strip().lower()
        raw: Iterator[bytes] = self._response.iter_raw()
        if encoding in PACKED:
            raw = Unpacker().unpacked(raw)
        elif encoding not in ("", "identity"):
            raise e.ServerForeign(self.url, f"Content-Encoding: {encoding}"[:80])
        try:
            for chunk in raw:
                self._watch.check()
                limit -= len(chunk)
                if limit < 0:
                    raise e.ServerForeign(self.url, "")
                yield chunk
        except zlib.error as error:
            raise e.AnswerCutOff(self.url) from error


def shown(body: bytes) -> str:
    """Return the beginning of what a server sent, as a line of text."""
    return plain_line(body[:2000].decode("utf-8", "replace"), _LONGEST_SHOWN)
