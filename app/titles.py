"""Titles that the model gives to chats while it is idle.

A title is requested as the chat's next question would be, at the chat's own effort, so nothing of
the chat is processed again, and the KV cache stays valid. (The effort is near a prompt's start; at
a different one the whole chat would be processed again, twice.) Instead of using low effort,
reasoning is skipped altogether, which takes even less time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace

from app.base.answer_events import Delta, Done, Prompt, StopReason
from app.base.draft import Draft
from app.base.errors import Cancelled
from app.base.threads import held
from app.base.types import Effort, Message, Part, PartKind, Request, Role, Sampling
from app.engine.backend import Backend
from app.store import Store, TitleBy
from app.store.chat_title import title_out_of
from app.turn import Renamed

_ASKED = Part(
    "Write a title for this conversation: at most six words, in its language, and nothing else."
)
_SAMPLING = Sampling(temperature=0.2, max_tokens=32)
_REASONED = Sampling(temperature=0.2, max_tokens=512)
"""For a server, whose model cannot be kept from reasoning first."""
_ROOM = 128  # tokens, for the question above and its answer
_MOST_WAITING = 16  # chats to be named


class Titles:
    """A service that keeps track of the chats to be named, and names them. Thread-safe.

    ``may_name`` says whether the settings allow this.
    """

    def __init__(
        self,
        store: Store,
        backend: Backend,
        publish: Callable[[Renamed], None],
        may_name: Callable[[], bool],
    ) -> None:
        self._store = store
        self._backend = backend
        self._publish = publish
        self._may_name = may_name
        self._waiting: dict[int, Request] = {}
        """The conversations to be named, by chat, with all their texts."""
        self._naming = threading.Lock()

    def begun(self, chat: int, read: Request) -> None:
        """Record that a chat has its first answer, so that it can be named."""
        self._waiting[chat] = read
        for oldest in list(self._waiting)[:-_MOST_WAITING]:
            self._waiting.pop(oldest, None)

    def idle(self, read: Request, prompt: Prompt, stopped: threading.Event) -> None:
        """Name the chat of ``read`` if it needs a name.

        Call this when the model has processed the conversation as ``prompt``, and is idle until
        ``stopped`` is set. An interrupted attempt is repeated the next time; other chats whose turn
        has passed, since they were answered at the same time, are named as well. Raises
        FiresideError.
        """
        # A question being typed has been processed, too, and its state would be lost.
        typed = read.messages[-1:] and read.messages[-1].role is Role.USER
        if read.chat is None or typed or not self._may_name():
            return
        with held(self._naming, stopped):  # an attempt that is just being stopped is counted first
            begun = self._waiting.get(read.chat)
            # Another place, which is only about to be asked, gets nothing for a title.
            if begun and begun.model.origin == read.model.origin and _fits(prompt):
                self._name(read.chat, read, stopped)
            for chat, other in list(self._waiting.items()):
                if chat != read.chat and not stopped.is_set():
                    size = self._backend.count(other, stopped)
                    if size and _fits(size):
                        self._name(chat, other, stopped)

    def _name(self, chat: int, read: Request, stopped: threading.Event) -> None:
        self._waiting.pop(chat, None)  # once only, even if the engine crashes over it
        with suppress(KeyError):  # the chat was erased meanwhile
            if self._store.chats.get(chat).title_by is TitleBy.QUESTION:
                title = self._title(read, stopped)
                if stopped.is_set():
                    self._waiting[chat] = read
                elif title:
                    self._publish(Renamed(self._store.chats.rename(chat, title, TitleBy.MODEL)))

    def _title(self, read: Request, stopped: threading.Event) -> str:
        """Return the model's title; empty if its reply is not a title."""
        days = [message.day for message in read.messages if message.role is Role.USER]
        question = Message(Role.USER, (_ASKED,), days[-1] if days else None)
        messages = (*read.messages, question)
        request = replace(
            read, messages=messages, sampling=_SAMPLING, ephemeral=True, background=True
        )
        if read.model.host:
            request = replace(request, sampling=_REASONED, effort=Effort.LOW)
        at_once = threading.Event()
        at_once.set()
        draft, whole = Draft(), False
        with suppress(Cancelled), closing(self._backend.stream(request, stopped, at_once)) as all_:
            for event in all_:
                if isinstance(event, Delta):
                    draft.add(event)
                elif isinstance(event, Done):
                    whole = event.reason is StopReason.END
        reply = Message(Role.ASSISTANT, draft.parts)
        if not whole or reply.declined:
            return ""
        said = [part.text for part in reply.parts if part.kind is PartKind.TEXT]
        return title_out_of(
            said[-1] if said else "", "\n".join(message.text for message in read.messages)
        )


def _fits(prompt: Prompt) -> bool:
    """Return whether nothing is left out where a title is asked for."""
    fits = not prompt.context or prompt.count + _ROOM <= prompt.context
    return fits and not prompt.dropped
