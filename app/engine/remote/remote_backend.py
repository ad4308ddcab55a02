"""The backend of models behind endpoints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from app.base.errors import (
    AnswerCutOff,
    Cancelled,
    NoRemoteEngine,
    RemoteModelMissing,
    ServerUnencrypted,
)
from app.base.types import (
    Delta,
    Effort,
    Endpoint,
    Event,
    Loading,
    ModelRef,
    Prompt,
    Request,
    StopReason,
    Waiting,
)
from app.engine.backend import Planned
from app.engine.remote.chat_request import chat_body
from app.engine.remote.chat_stream import chat_events
from app.engine.remote.detection import examine
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.fitting import fit
from app.engine.remote.remote_answer import RemoteAnswer
from app.engine.remote.remote_server import SavedEndpoint
from app.engine.remote.server_dialect import dialect_of
from app.engine.remote.server_faults import fault
from app.engine.remote.tool_names import ToolNames
from app.formats import Abilities

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.network.endpoint_client import EndpointClient


class RemoteBackend:
    """A `Backend` for models of ``endpoints``, asked through ``client``, which is loaded late.

    It has no process and no queue: any number of requests may run. What it raises is RemoteError,
    Offline, ContextFull, RequestUnsupported and Cancelled.
    """

    def __init__(self, client: Callable[[], EndpointClient], endpoints: EndpointList) -> None:
        self._client, self._endpoints = client, endpoints

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Planned]:
        """Look whether the server has the model; see `Backend.load`."""
        saved = self._saved(model)
        url = saved.endpoint.url
        yield Loading(0.0)
        found = examine(self._client(), url, self._endpoints.key(url), cancel)
        if saved.endpoint.model not in (each.id for each in found.models):
            raise RemoteModelMissing(url, saved.endpoint.model)
        yield Loading(1.0)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned]:
        """Answer; see `Backend.stream`. Here, reasoning cannot be closed."""
        saved = self._saved(request.model)
        url = saved.endpoint.url
        fitting = fit(request, saved.context)
        yield fitting.size
        names = ToolNames(request.tools)
        answer = RemoteAnswer(names, fitting.size.count, saved.context)
        body = chat_body(fitting.request, dialect_of(saved.kind), names)
        begun = False
        try:
            for delta in self._deltas(url, body, answer, cancel):
                begun = True
                yield delta
        except Cancelled:
            if not begun:
                raise
            yield answer.done(StopReason.CANCELLED)
            return
        yield answer.done()

    def _deltas(
        self, url: str, body: dict[str, object], answer: RemoteAnswer, cancel: threading.Event
    ) -> Generator[Delta]:
        key = self._endpoints.key(url)
        address = f"{url}/chat/completions"
        with self._client().send(url, address, cancel, key=key, body=body) as response:
            if response.status_code != 200:
                raise fault(url, str(body["model"]), response.status_code, response.read())
            for event in chat_events(url, response.iter_lines()):
                yield from answer.feed(event)
        if not answer.ended:
            raise AnswerCutOff(url)

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event]:
        """Yield the size of the prompt; nothing is sent. See `Backend.prepare`."""
        yield fit(request, self._saved(request.model).context).size

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """Return the size of the prompt; nothing is sent. See `Backend.count`."""
        return fit(request, self._saved(request.model).context).size

    def abilities(self, model: ModelRef) -> Abilities:
        """Return what the model is thought to be able to do; nothing is sent."""
        return Abilities(tuple(Effort), Effort.MEDIUM, tools=True)

    def devices(self) -> Devices:
        """Return no devices: the server has its own."""
        from app.engine.probe import Devices

        return Devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """Return no speeds."""
        from app.engine.probe import Speeds

        return Speeds()

    def forget(self, chat: int) -> None:
        """Do nothing: nothing of a chat is kept."""

    def unload(self, cancel: threading.Event | None = None) -> None:
        """Do nothing: nothing is loaded."""

    def loaded(self) -> ModelRef | None:
        """Return None: nothing is loaded here."""
        return None

    def close(self) -> None:
        """Do nothing: every request is stopped by its own ``cancel``."""

    def _saved(self, model: ModelRef) -> SavedEndpoint:
        """Return what is known of a model's endpoint.

        Raises NoRemoteEngine if it was removed, and ServerUnencrypted.
        """
        assert isinstance(model.location, Endpoint)
        saved = self._endpoints.of(model.location)
        if saved is None:
            raise NoRemoteEngine(model.location.url)
        if saved.exposed:
            raise ServerUnencrypted(model.location.url)
        return saved
