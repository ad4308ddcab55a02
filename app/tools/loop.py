"""The loop that runs tools within an answer: a backend around a backend.

A round is one stream of the inner backend. If it ends with calls, they are run, their results
become parts of the answer, and the next round goes on from the drawn tokens, so that only the
results are processed. Between rounds nothing is held: others may use the engine, while a tool runs
or the user is asked.

When the context gets tight, the oldest results, calls and reasoning of the turn become short in the
request, though not in the answer, and the turn is processed again, once.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from app.base import log
from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.errors import FiresideError
from app.base.types import ModelRef, Request
from app.engine.backend import Backend, Planned, Steps
from app.tools.consent import ConsentStore
from app.tools.registry import Registry
from app.tools.tool_turn import ToolTurn, without_media

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities


class ToolLoop:
    """A backend that answers with tools; ``inner`` draws the tokens.

    ``consents`` keeps what the user decides; None if nothing is kept.
    """

    def __init__(
        self, inner: Backend, registry: Registry, consents: ConsentStore | None = None
    ) -> None:
        self._inner = inner
        self._registry = registry
        self._consents = consents

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """See `Backend.load`."""
        return self._inner.load(model, cancel)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        """Answer with as many rounds as it takes; see `Backend.stream` and `tool_events`."""
        request = self._declaring(request)
        if request.ephemeral:  # it is no answer for the user
            return self._inner.stream(without_media(request), cancel, answer_now)
        return ToolTurn(self._inner, self._registry, self._consents, request, cancel, answer_now)

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """See `Backend.prepare`."""
        return self._inner.prepare(without_media(self._declaring(request)), cancel)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """See `Backend.count`."""
        return self._inner.count(without_media(self._declaring(request)), cancel)

    def abilities(self, model: ModelRef) -> Abilities:
        """See `Backend.abilities`."""
        return self._inner.abilities(model)

    def devices(self) -> Devices:
        """See `Backend.devices`."""
        return self._inner.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """See `Backend.measure`."""
        return self._inner.measure(cancel, again=again)

    def forget(self, chat: int) -> None:
        """Have every tool and the engine forget a chat."""
        for tool in self._registry.all():
            with _reported():
                tool.forget(chat)
        self._inner.forget(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        """See `Backend.unload`."""
        self._inner.unload(cancel)

    def loaded(self) -> ModelRef | None:
        """See `Backend.loaded`."""
        return self._inner.loaded()

    def close(self) -> None:
        """End every tool, and the engine."""
        for tool in self._registry.all():
            with _reported():
                tool.close()
        self._inner.close()

    def _declaring(self, request: Request) -> Request:
        """Return a request without tools if its model cannot use any."""
        if not request.tools:
            return request
        try:
            able = self._inner.abilities(request.model).tools
        except FiresideError:
            return request  # the error recurs where it is reported
        return request if able else replace(request, tools=())


@contextmanager
def _reported() -> Generator[None]:
    """Report a fault of a tool, so that the others and the engine still have their turn."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001 - of any type
        log.report(fault, "a tool")
