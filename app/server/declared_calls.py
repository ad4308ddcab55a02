"""An answer whose calls are those of its client's functions, and of no others.

Models also call tools that nobody has declared, as those that they were trained with. The client,
who could do nothing with such a call, does not see it: the model is told, and goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

from app.base.draft import Draft
from app.base.types import (
    Delta,
    Done,
    Event,
    Message,
    Part,
    PartKind,
    Request,
    Role,
    Stats,
    StopReason,
    ToolChoice,
)
from app.engine.backend import Backend, Planned
from app.tools.replies import unknown_tool
from app.tools.tool_turn import joined, unanswered

NAMESPACE = "functions."
"""What precedes the name of a client's function, as the model writes it."""
_AGAIN = 2  # times that a model goes on after a call of what was not declared


def answered(
    engine: Backend, request: Request, cancel: threading.Event
) -> Generator[Event | Planned, None, None]:
    """Yield the events of an answer; see `Backend.stream`."""
    turn, left, again = _Turn(request), _AGAIN, True
    while again:
        again = False
        with closing(engine.stream(turn.request, cancel)) as events:
            for event in events:
                match event:
                    case Delta():
                        if turn.shows(event):
                            yield event
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

    def __init__(self, request: Request) -> None:
        messages = folded(request.messages)
        begun = messages[-1].parts if messages and messages[-1].role is Role.ASSISTANT else ()
        self.request = replace(request, messages=messages)
        self._before = messages[:-1] if begun else messages
        self._draft = Draft(begun)
        self._most = request.sampling.max_tokens
        self._stats: Stats | None = None
        none = request.tool_choice is ToolChoice.NONE
        self._tools = () if none else request.tools
        self._known = {function.name for space in self._tools for function in space.functions}
        self._calls = False

    def shows(self, delta: Delta) -> bool:
        """Note more of the answer; return whether the client sees it."""
        self._draft.add(delta)
        if delta.kind is not PartKind.CALL:
            return True
        shown = delta.name.removeprefix(NAMESPACE) in self._known
        self._calls = self._calls or shown
        return shown

    def end(self, done: Done, *, last: bool) -> Done | None:
        """Return the end of the answer, or None if another round follows."""
        self._stats = joined(self._stats, done.stats) if self._stats else done.stats
        reason = done.reason
        if reason in (StopReason.CALL, StopReason.END) and self._calls:
            reason = StopReason.CALL
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


def folded(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return a conversation in which a turn that goes on is one message of the assistant's.

    That is what the engine knows: clients send a message for each step of the turn.
    """
    if not messages or messages[-1].role not in (Role.ASSISTANT, Role.TOOL):
        return tuple(messages)
    at = len(messages) - 1
    while at and Role.TOOL in (messages[at].role, messages[at - 1].role):
        at -= 1
    parts = [
        replace(part, kind=PartKind.RESULT) if message.role is Role.TOOL else part
        for message in messages[at:]
        for part in message.parts
    ]
    return (*messages[:at], Message(Role.ASSISTANT, tuple(parts)))
