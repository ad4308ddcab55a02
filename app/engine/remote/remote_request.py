"""A request to a server, which is sent again where that may help."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.base.answer_events import Loading, Waiting
from app.base.errors import AnswerCutOff, RemoteError, ServerBusy, ServerLoading, ServerUnreachable
from app.base.types import Request
from app.engine.remote.chat_request import chat_body
from app.engine.remote.chat_stream import chat_events
from app.engine.remote.refusals import Refusals
from app.engine.remote.remote_server import SavedEndpoint
from app.engine.remote.responses_request import responses_body
from app.engine.remote.responses_stream import responses_events
from app.engine.remote.server_dialect import ServerDialect, dialect_of
from app.engine.remote.server_faults import fault
from app.engine.remote.tool_names import ToolNames
from app.engine.remote.unparsed_answer import parsed
from app.engine.remote.wire_events import AnswerEnd, UsageReport, WireEvent
from app.network.connection_log import Purpose

if TYPE_CHECKING:  # a window need not wait for the network
    from app.network.endpoint_client import EndpointClient
    from app.network.endpoint_response import EndpointResponse
    from app.network.event_stream import ServerEvent

_PAUSES = (0.3, 1.0)  # seconds before a connection is tried again
_SOON_S = 3.0  # it is only if it was refused this soon: who was silent for long is so again
_LOADING_S = 1.0
_MOST_WAITED_S = 120.0
_REST_S = 10.0  # after an answer's end: for its usage, and the end of the stream
_PAGES = ("text/html", "application/xhtml+xml")


class RemoteRequest:
    """A request, as the server of an endpoint takes it. ``key`` is the one for the server."""

    def __init__(
        self,
        saved: SavedEndpoint,
        request: Request,
        names: ToolNames,
        refusals: Refusals,
        key: str,
    ) -> None:
        self._saved, self._request, self._names = saved, request, names
        self._refusals, self._key = refusals, key
        self._body: dict[str, Any] = {}
        self._begun = False
        self._tries, self._waited = 0, 0.0
        self.left_out: tuple[str, ...] = ()
        """The parameters that the server does not take; see `Stats.left_out`."""

    @property
    def dialect(self) -> ServerDialect:
        """What the server expects, as far as it is known by now."""
        found = dialect_of(self._saved.kind)
        known = self._refusals.takes_responses(self._saved.endpoint)
        return replace(found, responses=found.responses and known)

    def check(self) -> None:
        """Raise RequestUnsupported or SchemaError for what cannot be sent."""
        self._made()

    def events(
        self, client: EndpointClient, cancel: threading.Event
    ) -> Generator[WireEvent | Waiting | Loading]:
        """Send it, and yield what comes, once that has begun without going back.

        Raises RemoteError, ContextFull, Offline and Cancelled.
        """
        while True:
            since = time.monotonic()
            try:
                yield from self._sent(client, cancel)
                return
            except RemoteError as error:
                if self._begun:
                    raise
                if self._refusals.learn(self._saved.endpoint, self._body, error):
                    continue
                seconds = self._pause(error, time.monotonic() - since)
                if not seconds:
                    raise
                if isinstance(error, ServerBusy):
                    yield Loading(0.0) if isinstance(error, ServerLoading) else Waiting(1)
                client.pause(seconds, cancel)

    def _pause(self, error: RemoteError, took: float) -> float:
        """Return in how many seconds the same request may have an answer; 0 for never."""
        match error:
            case ServerBusy() if error.seconds:
                seconds = error.seconds
            case ServerLoading():
                seconds = _LOADING_S
            case ServerUnreachable() | AnswerCutOff() if took < _SOON_S and self._tries < len(
                _PAUSES
            ):
                seconds = _PAUSES[self._tries]
                self._tries += 1
            case _:
                return 0.0
        self._waited += seconds
        return seconds if self._waited <= _MOST_WAITED_S else 0.0

    def _made(self) -> None:
        make = responses_body if self.dialect.responses else chat_body
        body = make(self._request, self.dialect, self._names)
        self._body, self.left_out = self._refusals.without(self._saved.endpoint, body)

    def _sent(self, client: EndpointClient, cancel: threading.Event) -> Iterator[WireEvent]:
        self._made()
        url, model = self._saved.endpoint.url, self._saved.endpoint.model
        by_responses = self.dialect.responses
        with client.send(
            url,
            f"{url}/responses" if by_responses else f"{url}/chat/completions",
            cancel,
            key=self._key,
            body=self._body,
            what=f"{Purpose.ANSWER}{model}",
            unencrypted=self._saved.unencrypted,
        ) as response:
            if response.status != 200 or response.media_type in _PAGES:
                body, retry_after = response.read(), response.retry_after
                raise fault(url, model, response.status, body, retry_after)
            read = responses_events if by_responses else chat_events
            events = read(url, model, _events(response))
            for event in parsed(events) if self.dialect.unparsed else events:
                if isinstance(event, AnswerEnd):
                    response.end_within(_REST_S)
                self._begun = self._begun or not isinstance(event, UsageReport)
                yield event


def _events(response: EndpointResponse) -> Iterable[ServerEvent]:
    """Return the events of a stream; a server that does not stream sends one, the whole answer."""
    if response.media_type != "application/json":
        return response.events()
    from app.network.event_stream import ServerEvent

    return (ServerEvent("", response.read().decode("utf-8", "replace")),)
