"""The gate before models elsewhere: nothing departs that the user has not allowed."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Protocol

from app.base.errors import Cancelled, DepartureRefused
from app.base.types import Event, Loading, ModelRef, Prompt, Request, Waiting
from app.engine.backend import Backend, Planned, Steps
from app.tools.departure import Departure, Permission, departures, unpermitted
from app.tools.tool import ConsentReason
from app.tools.tool_events import Consent, Decision, DepartureAsked, Outgoing

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities


class DepartureStore(Protocol):
    """Where permissions are kept; see `app.store.departures`. May raise StoreError, KeyError."""

    def allowed(self, chat: int | None, host: str) -> set[Permission]:
        """Return what may be sent to a host from a chat."""

    def allow(self, chat: int | None, host: str, permissions: Iterable[Permission]) -> None:
        """Store that these may be sent; in all chats if ``chat`` is None."""


class DepartureGate:
    """A backend around one whose models are behind endpoints: it asks before anything departs.

    The question is a `DepartureAsked` before the first event of ``inner``; what the user refuses
    raises DepartureRefused, and nothing was sent. Work in the background never asks. For a request
    of no chat, only what is allowed for good is kept. ``fireside ask`` has no gate: there, the user
    has named the server with what is sent.
    """

    def __init__(self, inner: Backend, allowed: DepartureStore) -> None:
        self._inner, self._allowed = inner, allowed

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned]:
        """Ask if need be, and answer; see `Backend.stream`."""
        if not request.model.is_here:
            self._inner.abilities(request.model)  # nobody is asked about a model that was removed
            yield from self._permitted(request, cancel)
        yield from self._inner.stream(request, cancel, answer_now)

    def _permitted(self, request: Request, cancel: threading.Event) -> Generator[Event]:
        """Return once all that a request would send is allowed. Raises DepartureRefused."""
        host = request.model.host
        found = departures(request.messages, host)
        new = unpermitted(found, self._allowed.allowed(request.chat, host))
        if not new:
            return
        if request.ephemeral or request.background:
            raise DepartureRefused(host)
        consent = Consent(
            f"departure to {host}",
            None,
            ConsentReason.DEPARTURE,
            lasting=True,
            outgoing=Outgoing(host, tuple(new)),
        )
        yield DepartureAsked(consent)
        try:
            decision = consent.wait(cancel)
        except Cancelled:
            consent.decide(Decision.REFUSE)  # too late for any other
            raise
        if decision in (Decision.REFUSE, Decision.NEVER):
            raise DepartureRefused(host)
        self._keep(request.chat, host, new, decision)

    def _keep(self, chat: int | None, host: str, new: list[Departure], decision: Decision) -> None:
        """Keep what was allowed, before it is sent. Raises StoreError, DepartureRefused."""
        if decision is Decision.ALWAYS:
            self._allowed.allow(None, host, {each.lasting for each in new})
            return
        if chat is None:
            return
        try:
            self._allowed.allow(chat, host, {each.permission for each in new})
        except KeyError:  # the chat was deleted meanwhile
            raise DepartureRefused(host) from None

    # --- What sends nothing of a chat ---------------------------------------------------------

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """See `Backend.load`."""
        return self._inner.load(model, cancel)

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """Size a prompt; an engine elsewhere sends nothing for that. See `Backend.prepare`."""
        return self._inner.prepare(request, cancel)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """Size a prompt; an engine elsewhere sends nothing for that. See `Backend.count`."""
        return self._inner.count(request, cancel)

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
        """See `Backend.forget`."""
        self._inner.forget(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        """See `Backend.unload`."""
        self._inner.unload(cancel)

    def loaded(self) -> ModelRef | None:
        """See `Backend.loaded`."""
        return self._inner.loaded()

    def close(self) -> None:
        """See `Backend.close`."""
        self._inner.close()
