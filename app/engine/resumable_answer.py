"""An answer that goes on in another process when the one that it was made by has ended."""

from __future__ import annotations

from dataclasses import replace

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.types import Message, PartKind, Request, Role


class ResumableAnswer:
    """A request, and what of its answer has come."""

    def __init__(self, request: Request) -> None:
        self._request = request
        last = request.messages[-1:]
        self._continues = bool(last) and last[0].role is Role.ASSISTANT
        self._draft = Draft(last[0].parts if self._continues else ())
        self._begun = False

    def add(self, delta: Delta) -> None:
        """Record more of the answer."""
        self._begun = True
        self._draft.add(delta)

    @property
    def can_go_on(self) -> bool:
        """Whether it can go on: not within a tool call, which would be taken for a whole one."""
        return not (self._begun and self._draft.parts[-1].kind is PartKind.CALL)

    @property
    def request(self) -> Request:
        """The request for what is missing.

        The tokens drawn so far are rendered anew, once: the other process has none of them anyway.
        """
        if not self._begun:
            return self._request
        messages = self._request.messages[: -1 if self._continues else None]
        said = Message(Role.ASSISTANT, self._draft.parts)
        return replace(self._request, messages=(*messages, said), drawn=())
