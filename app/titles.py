"""Titles that the model gives to chats while nobody waits for it.

A title is asked for as the chat's next question would be, at the chat's own effort, so nothing of
the chat is processed again, and the KV cache stays as it is. (The effort stands near a prompt's
start; at another one all of the chat would be processed anew, twice.) In the place of low effort,
reasoning is left out altogether, which takes less time still.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace

from app.base.draft import Draft
from app.base.errors import Cancelled
from app.base.types import (
    Delta,
    Done,
    Message,
    Part,
    PartKind,
    Prompt,
    Request,
    Role,
    Sampling,
    StopReason,
)
from app.engine.backend import Backend
from app.store import Store, TitleBy
from app.store.chat_title import title_out_of
from app.turn import Renamed

_ASKED = Part(
    "Write a title for this conversation: at most six words, in its language, and nothing else."
)
_SAMPLING = Sampling(temperature=0.2, max_tokens=32)
_ROOM = 128  # tokens, for the question above and its answer


class Titles:
    """Which chats are to be named, and naming one. May be called from any thread.

    ``may_name`` says whether the person lets the model do this.
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
        self._waiting: set[int] = set()
        self._lock = threading.Lock()

    def begun(self, chat: int) -> None:
        """Note that a chat has its first answer."""
        self._waiting.add(chat)

    def idle(self, read: Request, prompt: Prompt, stopped: threading.Event) -> None:
        """Name a chat where it is to be named.

        Called when the model has processed the conversation as ``prompt``, and has nothing else
        to do until ``stopped`` is set; what is interrupted is tried again the next time. Raises
        FiresideError.
        """
        chat = read.chat
        # A question that is being typed has been read, too, and would be lost.
        typed = read.messages[-1:] and read.messages[-1].role is Role.USER
        fits = not prompt.dropped and prompt.count + _ROOM <= prompt.context
        if chat not in self._waiting or typed or not fits or not self._may_name():
            return
        assert chat is not None
        with self._lock:  # even an engine that dies of it is asked once
            if chat not in self._waiting:
                return
            self._waiting.remove(chat)
        with suppress(KeyError):  # the chat was erased meanwhile
            if self._store.chats.get(chat).title_by is TitleBy.QUESTION:
                title = self._title(read, stopped)
                if stopped.is_set():
                    self._waiting.add(chat)
                elif title:
                    self._publish(Renamed(self._store.chats.rename(chat, title, TitleBy.MODEL)))

    def _title(self, read: Request, stopped: threading.Event) -> str:
        """Return what the model calls it; empty where that is no title."""
        days = [message.day for message in read.messages if message.role is Role.USER]
        question = Message(Role.USER, (_ASKED,), days[-1] if days else None)
        messages = (*read.messages, question)
        request = replace(
            read, messages=messages, sampling=_SAMPLING, ephemeral=True, background=True
        )
        at_once = threading.Event()
        at_once.set()
        draft, whole = Draft(), False
        with suppress(Cancelled), closing(self._backend.stream(request, stopped, at_once)) as all_:
            for event in all_:
                if isinstance(event, Delta):
                    draft.add(event)
                elif isinstance(event, Done):
                    whole = event.reason is StopReason.END
        if not whole:
            return ""
        said = [part.text for part in draft.parts if part.kind is PartKind.TEXT]
        return title_out_of(
            said[-1] if said else "", "\n".join(message.text for message in read.messages)
        )
