"""The backend of models behind endpoints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from app.base.answer_events import Delta, Event, Loading, Prompt, StopReason, Waiting
from app.base.errors import (
    AnswerCutOff,
    AnswerEmpty,
    AnswerGarbled,
    Cancelled,
    EndpointUnknown,
    FiresideError,
    RemoteModelMissing,
    ServerForeign,
    ServerSilent,
    ServerUnencrypted,
)
from app.base.types import Effort, Endpoint, ModelRef, Request, Role, ToolChoice
from app.engine.backend import Planned
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.refusals import Refusals
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint, ServerKind
from app.engine.remote.server_dialect import dialect_of
from app.formats import Abilities, ChatFormat

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.engine.remote.fitting import FittingRequest, PromptFitter
    from app.engine.remote.remote_answer import RemoteAnswer
    from app.engine.remote.remote_request import RemoteRequest
    from app.network.endpoint_client import EndpointClient


class RemoteBackend:
    """A `Backend` for models of ``endpoints``, asked through ``client``, which is loaded late.

    ``exact`` is `PromptFitter`'s. It has no process and no queue: any number of requests may run.
    What it raises is RemoteError, Offline, ContextFull, RequestUnsupported and Cancelled.
    """

    def __init__(
        self,
        client: Callable[[], EndpointClient],
        endpoints: EndpointList,
        exact: Callable[[], ChatFormat | None] = lambda: None,
    ) -> None:
        self._client, self._endpoints, self._exact = client, endpoints, exact
        self._found: dict[Endpoint, RemoteServer] = {}
        """The servers of models as they were found when these were last loaded."""
        self._refusals = Refusals()

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Planned]:
        """Look whether the server has the model; see `Backend.load`."""
        from app.engine.remote.detection import examine, load_into_memory

        saved = self._saved(model)
        url = saved.endpoint.url
        yield Loading(0.0)
        if saved.unlisted:  # only an answer would tell, and may cost something
            yield Loading(1.0)
            return
        key = self._endpoints.key(url, cancel)
        found = examine(self._client(), url, key, cancel, unencrypted=saved.unencrypted)
        name = saved.endpoint.model
        if name not in (each.id for each in found.models):
            raise RemoteModelMissing(url, name)
        if found.kind is ServerKind.OLLAMA and not found.context(name):
            found = load_into_memory(
                self._client(), found, name, key, cancel, unencrypted=saved.unencrypted
            )
        self._found[saved.endpoint] = found
        yield Loading(1.0)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned]:
        """Answer; see `Backend.stream`.

        Reasoning cannot be closed here. Once ``answer_now`` is set, no tool is offered any more.
        """
        from app.engine.remote.chat_request import grown_part
        from app.engine.remote.remote_answer import RemoteAnswer
        from app.engine.remote.remote_request import RemoteRequest
        from app.engine.remote.tool_names import ToolNames

        saved = self._saved(request.model)
        if answer_now and answer_now.is_set():
            request = replace(request, tool_choice=ToolChoice.NONE)
        fitting = self._fit(request)
        names = ToolNames(request.tools)
        key = self._endpoints.key(saved.endpoint.url, cancel)
        asked = RemoteRequest(saved, fitting.request, names, self._refusals, key)
        asked.check()
        yield fitting.size
        grown = grown_part(request, asked.dialect)
        answer = RemoteAnswer(request, names, fitting.size, grown)
        begun = False
        try:
            for event in self._answered(asked, answer, saved.endpoint.url, cancel):
                begun = begun or isinstance(event, Delta)
                yield event
        except Cancelled:
            if not begun:
                raise
            yield answer.done(StopReason.CANCELLED)
            return
        finally:
            self._fitter.learn(fitting.request, fitting.size, answer.prompt or 0)
        answer.cut = self._is_cut(fitting, saved.kind, answer.prompt or 0)
        done = answer.done()
        to_user = request.messages[-1].role is Role.USER
        if to_user and answer.empty and done.reason is StopReason.END:
            raise AnswerEmpty(saved.endpoint.url)
        yield done

    def _answered(
        self, asked: RemoteRequest, answer: RemoteAnswer, url: str, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Delta]:
        """Yield an answer up to its end, however it comes to that."""
        try:
            with closing(asked.events(self._client(), cancel)) as events:
                for event in events:
                    if isinstance(event, Waiting | Loading):
                        yield event
                        continue
                    yield from answer.feed(event)
                    if answer.stopped:
                        break
            if not answer.ended:
                raise AnswerEmpty(url) if answer.empty else AnswerCutOff(url)
        except (AnswerCutOff, ServerSilent, ServerForeign) as error:
            if not answer.ended:  # else only what follows the end is missing
                yield from answer.rest()
                if isinstance(error, ServerForeign) and not answer.empty:
                    raise AnswerGarbled(url, error.received) from error
                raise
        except FiresideError:
            yield from answer.rest()
            raise
        answer.left_out = asked.left_out
        yield from answer.rest()

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event]:
        """Yield the size of the prompt; nothing is sent. See `Backend.prepare`."""
        yield self._fit(request).size

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """Return the size of the prompt; nothing is sent. See `Backend.count`."""
        return self._fit(request).size

    @cached_property
    def _fitter(self) -> PromptFitter:
        from app.engine.remote.fitting import PromptFitter

        return PromptFitter(self._exact)

    @staticmethod
    def _is_cut(fitting: FittingRequest, kind: ServerKind, counted: int) -> bool:
        from app.engine.remote.fitting import is_cut

        return is_cut(fitting, kind, counted)

    def _fit(self, request: Request) -> FittingRequest:
        saved = self._saved(request.model)
        return self._fitter.fit(request, saved.context)

    def abilities(self, model: ModelRef) -> Abilities:
        """Return what the model is thought to be able to do; nothing is sent."""
        saved = self._saved(model)
        dialect, takes = dialect_of(saved.kind), self._refusals.takes_effort
        asks = dialect.responses or dialect.effort
        efforts = [each for each in Effort if asks and takes(saved.endpoint, each.value)]
        usual = Effort.MEDIUM if Effort.MEDIUM in efforts else next(iter(efforts), None)
        tools = self._refusals.takes_tools(saved.endpoint)
        return Abilities(tuple(efforts), usual, tools=tools)

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

        Raises EndpointUnknown if it was removed, and ServerUnencrypted.
        """
        assert isinstance(model.location, Endpoint)
        saved = self._endpoints.of(model.location)
        if saved is None:
            raise EndpointUnknown(model.location.url)
        if saved.exposed:
            raise ServerUnencrypted(model.location.url)
        if found := self._found.get(model.location):
            context = found.context(model.location.model) or saved.context
            saved = replace(saved, kind=found.kind, version=found.version, context=context)
        return saved
