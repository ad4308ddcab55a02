"""How much of a conversation a server's context holds, counted here: nothing is sent for it.

A server may cut a conversation that is too long without a word, as Ollama does. So the oldest turns
are left out here, by the rules of models on this computer, and it is said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.base.answer_events import Prompt
from app.base.errors import ContextFull
from app.base.types import Endpoint, Message, ModelRef, Request, Role
from app.engine.history import reserved
from app.engine.remote.remote_server import ServerKind
from app.engine.remote.server_dialect import is_gpt_oss
from app.engine.rendered_prompt import Prompts
from app.formats import ChatFormat, EstimatingFormats

_UNKNOWN = 1 << 40  # tokens: of a context about which the server does not say anything
_EDGE = 0.5  # of a context, from which on it matters
_SURELY = 0.5  # of an estimate, that many tokens there are in any case
_CUT, _CUT_EXACT = 0.55, 0.8
"""Of the tokens that a prompt has by estimate, or exactly: with fewer, part of it was not read.

Ollama leaves about half its context of a question that is longer than that. Estimates are at most
1.5 times what o200k has; of servers that give gpt-oss other instructions, exact counts differ.
"""
_NEAR = 0.9  # of a context, from which on a prompt may not fit
_MOST = 1.6
"""What a server says of a prompt, by the estimate: what is beyond is no correction."""
_MOST_CHATS = 200


@dataclass(frozen=True, slots=True)
class FittingRequest:
    """A request as it is sent: without the oldest messages, if they do not fit; and its size."""

    request: Request
    size: Prompt


class PromptFitter:
    """Makes requests fit. Thread-safe.

    Prompts are estimated, and the estimates corrected by what the server has counted of the same
    chat (`learn`). Those of gpt-oss that may not fit are counted exactly, if its vocabulary is at
    hand: ``exact`` returns its format then. To build that takes 90 MB, and half a second in which
    no other thread runs.
    """

    def __init__(self, exact: Callable[[], ChatFormat | None] = lambda: None) -> None:
        self._exact = exact
        self._lock = threading.Lock()
        self._estimating: EstimatingFormats | None = None
        self._corrections: dict[int, float] = {}

    def fit(self, request: Request, context: int) -> FittingRequest:
        """Return as much of a request as fits ``context`` tokens; all of it if that is 0.

        Raises ContextFull if what may not be left out does not fit, and RequestUnsupported.
        """
        chat_format, known = self._estimate(request.chat), None
        size = _size(request, context, chat_format)
        if size.count + size.reserved > _EDGE * context > 0 and _is_gpt_oss(request.model):
            known = self._exact()
        if known:
            size = replace(_size(request, context, known), estimated=False)
        sized = known or request.whole  # what may not be cut is rather refused than cut there
        surely = size.count if sized else int(size.count * _SURELY)
        if context and surely >= context:
            raise ContextFull(size.count, context)
        return FittingRequest(_without(request, size.dropped), size)

    def learn(self, request: Request, size: Prompt, counted: int) -> None:
        """Correct the next estimates of a chat: the server has ``counted`` the tokens of a prompt.

        ``size`` is what `fit` has returned for it.
        """
        if request.chat is None or not size.estimated or not size.count or counted <= 0:
            return
        ratio = counted / size.count
        with self._lock:
            correction = self._corrections.get(request.chat, 1.0) * ratio
            if ratio < _CUT or not _CUT <= correction <= _MOST:
                return  # it has cut the prompt, or counts only what was not in its cache
            self._corrections.pop(request.chat, None)
            while len(self._corrections) >= _MOST_CHATS:
                del self._corrections[next(iter(self._corrections))]
            self._corrections[request.chat] = correction

    def _estimate(self, chat: int | None) -> ChatFormat:
        with self._lock:
            if self._estimating is None:
                self._estimating = EstimatingFormats()
            correction = 1.0 if chat is None else self._corrections.get(chat, 1.0)
            return self._estimating.corrected(correction)


def is_cut(fitting: FittingRequest, kind: ServerKind, counted: int) -> bool:
    """Return whether a server that has ``counted`` the tokens of a prompt has left out part of it.

    That is judged of a question only: of a loop of tools, servers may leave out the reasoning.
    Servers of a known ``kind`` count also what was in their cache. Another may count only what was
    not, or guess, so that few tokens are no proof unless the prompt can hardly have fit.
    """
    request, size = fitting.request, fitting.size
    if counted <= 0 or not request.messages or request.messages[-1].role is not Role.USER:
        return False
    if kind is ServerKind.OTHER and not 0 < _NEAR * size.context < size.count:
        return False
    # A model that knows no tools may not have been told of them.
    sent = size.count - size.opening if request.tools else size.count
    return counted < (_CUT if size.estimated else _CUT_EXACT) * sent


def _size(request: Request, context: int, chat_format: ChatFormat) -> Prompt:
    """Return the size of a prompt, without as many messages as have to go."""
    limit = context if context and not request.whole else _UNKNOWN
    # Tokens that were drawn here, in the same turn, are no part of what a server is sent.
    asked = replace(request, drawn=(), whole=False)
    rendered = Prompts(chat_format, limit, limit).render(asked, chat_format.render)
    room = reserved(request, context) if context else 0
    return replace(rendered.size, context=context, reserved=room, estimated=True)


def _is_gpt_oss(model: ModelRef) -> bool:
    return isinstance(model.location, Endpoint) and is_gpt_oss(model.location.model)


def _without(request: Request, dropped: int) -> Request:
    """Return a request without its ``dropped`` oldest messages; instructions stay."""
    if not dropped:
        return request
    kept: list[Message] = []
    for message in request.messages:
        if dropped and message.role not in (Role.SYSTEM, Role.DEVELOPER):
            dropped -= 1
        else:
            kept.append(message)
    return replace(request, messages=tuple(kept))
