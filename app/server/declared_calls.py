"""An answer whose calls are those of its client's functions, and of no others.

Models also call tools that nobody has declared, as those that they were trained with. The client,
who could do nothing with such a call, does not see it: the model is told, and goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from app.base.answer_events import Delta, Done, Event, Stats, StopReason
from app.base.draft import Draft
from app.base.errors import ContextFull
from app.base.types import Message, Part, PartKind, Request, Role, ToolChoice
from app.engine.backend import Backend, Planned
from app.server.dialect import new_id
from app.server.remembered_turns import RememberedTurns, folded
from app.server.request_fields import FUNCTIONS
from app.tools.replies import unknown_tool
from app.tools.tool_turn import joined, unanswered

NAMESPACE = f"{FUNCTIONS}."
"""What precedes the name of a client's function, as the model writes it."""
_AGAIN = 2  # times that a model goes on after a call of what was not declared


def answered(
    engine: Backend, request: Request, cancel: threading.Event, turns: RememberedTurns
) -> Generator[Event | Planned, None, None]:
    """Yield the events of an answer; see `Backend.stream`.

    A turn goes on as one of ``turns``, if it can. With its reasoning it may be too long, unlike
    what the client has sent.
    """
    request = replace(request, messages=folded(request.messages))
    if drawn := turns.goes_on(request):
        begun = False
        try:
            for event in _rounds(engine, _Turn(drawn, turns), cancel):
                begun = begun or isinstance(event, Delta)
                yield event
        except ContextFull:
            if begun:
                raise
        else:
            return
    yield from _rounds(engine, _Turn(request, turns), cancel)


def _rounds(
    engine: Backend, turn: _Turn, cancel: threading.Event
) -> Generator[Event | Planned, None, None]:
    left, again = _AGAIN, True
    while again:
        again = False
        with closing(engine.stream(turn.request, cancel)) as events:
            for event in events:
                match event:
                    case Delta():
                        if shown := turn.shown(event):
                            yield shown
                    case Done():
                        done = turn.end(event, last=not left or cancel.is_set())
                        again = done is None
                        if done:
                            yield done
                    case _:
                        yield event
        left -= 1


class _Turn:
    """A turn of one or more rounds, each a ``request``."""

    def __init__(self, request: Request, turns: RememberedTurns) -> None:
        messages = request.messages
        begun = messages[-1].parts if messages and messages[-1].role is Role.ASSISTANT else ()
        self.request = request
        self._turns = turns
        self._before = messages[:-1] if begun else messages
        self._draft = Draft(begun)
        self._ids: dict[int, str] = {}
        self._most = request.sampling.max_tokens
        self._stats: Stats | None = None
        none = request.tool_choice is ToolChoice.NONE
        self._tools = () if none else request.tools
        self._known = {function.name for space in self._tools for function in space.functions}

    def shown(self, delta: Delta) -> Delta | None:
        """Note more of the answer; return it as the client sees it, its calls with ids."""
        shown = True
        if delta.kind is PartKind.CALL and (
            shown := delta.name.removeprefix(NAMESPACE) in self._known
        ):
            known = self._ids.setdefault(delta.index, new_id("call_"))
            delta = replace(delta, id=known)
        self._draft.add(delta)
        return delta if shown else None

    def end(self, done: Done, *, last: bool) -> Done | None:
        """Return the end of the answer, or None if another round follows."""
        self._stats = joined(self._stats, done.stats) if self._stats else done.stats
        reason = done.reason
        if reason in (StopReason.CALL, StopReason.END) and self._ids:
            reason = StopReason.CALL
            self._remember(done.drawn)
        elif reason is StopReason.CALL:
            left = None if self._most is None else self._most - self._stats.generated
            if last:
                reason = StopReason.END
            elif left is not None and left <= 0:
                reason = StopReason.LENGTH
            else:
                self._go_on(done.drawn, left)
                return None
        return Done(reason, self._stats, done.drawn, done.stop_text)

    def _remember(self, drawn: tuple[int, ...]) -> None:
        """Remember the turn, unless it ends with anything else than calls for the client."""
        calls = unanswered(self._draft.parts).values()
        if drawn and calls and all(call.id for call in calls):
            self._turns.add(self._draft.parts, drawn)

    def _go_on(self, drawn: tuple[int, ...], left: int | None) -> None:
        for call in unanswered(self._draft.parts).values():
            told = unknown_tool(call.name, self._tools).text
            self._draft.add_part(Part(told, PartKind.RESULT, call.name, call.id))
        self.request = replace(
            self.request,
            messages=(*self._before, Message(Role.ASSISTANT, self._draft.parts)),
            sampling=replace(self.request.sampling, max_tokens=left),
            drawn=drawn,
        )
