"""The gate before models elsewhere: nothing departs that the user has not allowed."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Protocol

from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.errors import Cancelled, DepartureRefused
from app.base.types import ModelRef, Request
from app.engine.backend import Backend, Planned, Steps
from app.tools.departure import Departure, Permission, departures, unpermitted
from app.tools.tool import ConsentReason
from app.tools.tool_events import Consent, Decision, DepartureAsked, Outgoing

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities


class DepartureStore(Protocol):
    """Where permissions are kept; see `app.store.departures`. May raise StoreError, KeyError."""

    def allowed(self, chat: int | None, origin: str) -> set[Permission]:
        """Return what may be sent to an origin (`ModelRef.origin`) from a chat."""

    def allow(self, chat: int | None, origin: str, permissions: Iterable[Permission]) -> None:
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
        host, origin = request.model.host, request.model.origin
        found = departures(request.messages, origin)
        new = unpermitted(found, self._allowed.allowed(request.chat, origin))
        if not new:
            return
        if request.ephemeral or request.background:
            raise DepartureRefused(host)
        consent = Consent(
            f"departure to {origin}",
            None,
            ConsentReason.DEPARTURE,
            lasting=True,
            outgoing=Outgoing(origin, tuple(new)),
        )
        yield DepartureAsked(consent)
        try:
            decision = consent.wait(cancel)
        except Cancelled:
            consent.decide(Decision.REFUSE)  # too late for any other
            raise
        if decision in (Decision.REFUSE, Decision.NEVER):
            raise DepartureRefused(host)
        try:
            self._keep(request.chat, origin, new, decision)
        except KeyError:  # the chat was deleted meanwhile
            raise DepartureRefused(host) from None

    def _keep(
        self, chat: int | None, origin: str, new: list[Departure], decision: Decision
    ) -> None:
        """Keep what was allowed, before it is sent. Raises StoreError, KeyError."""
        if decision is Decision.ALWAYS:
            self._allowed.allow(None, origin, {each.lasting for each in new})
        elif chat is not None:
            self._allowed.allow(chat, origin, {each.permission for each in new})

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
