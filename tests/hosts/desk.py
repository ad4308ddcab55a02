"""Fireside on its computer, with one chat, and what came of each question."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.base.errors import FiresideError
from app.base.settings import Folders
from app.base.types import Effort, Endpoint, ModelRef, Part, PartKind
from app.engine.remote.remote_server import SavedEndpoint
from app.host import Host
from app.store import ChatSettings
from app.store.rows import State
from app.turn import Question, TurnEnded, TurnProgress, TurnStarted
from app.wording.errors import explain

MODEL = "gpt-oss"
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Outcome:
    """How a question ended: the text that is on disk, and the error with its sentence.

    ``first_s`` is when the first word came, ``ended_s`` when it ended, both since it was asked;
    ``noticed_s`` is how long it took from what happened to the end.
    """

    text: str
    state: State
    error: FiresideError | None
    sentence: str
    buttons: tuple[str, ...]
    first_s: float
    ended_s: float
    noticed_s: float = 0.0

    @property
    def fault(self) -> str:
        return type(self.error).__name__ if self.error else ""


class Asked:
    """A question whose answer comes."""

    def __init__(self, desk: Desk, text: str) -> None:
        self._desk = desk
        self._begun = time.monotonic()
        self._first = self._ended = 0.0
        self._end: TurnEnded | None = None
        question = Question(
            desk.chat, (Part(text),), Effort.LOW, desk.model, ChatSettings(tools=())
        )
        self.turn = desk.host.chats.send(question)

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(part.text for part in self.turn.draft.parts if part.kind is PartKind.TEXT)

    def until(self, words: str) -> Asked:
        """Wait until the answer has these words."""
        while words not in self.text:
            assert not self._take(), f"it ended before {words!r}: {self._end}"
        return self

    def ended(self, since: float = 0.0) -> Outcome:
        """Wait for the end, and measure it from ``since``."""
        while not (end := self._take()):
            pass
        told = explain(end.error) if end.error else None
        return Outcome(
            end.answer.message.text,
            end.answer.state,
            end.error,
            told.sentence if told else "",
            tuple(action.words for action in told.actions) if told else (),
            self._first,
            self._ended - self._begun,
            self._ended - since if since else 0.0,
        )

    def _take(self) -> TurnEnded | None:
        """Wait for the next event; return the end once it has come."""
        if self._end:
            return self._end
        event = self._desk.events.get(timeout=_PATIENCE_S)
        if isinstance(event, TurnStarted):
            self._desk.chat = event.chat.id
        elif isinstance(event, TurnProgress) and not self._first and self.text:
            self._first = time.monotonic() - self._begun
        elif isinstance(event, TurnEnded):
            self._end, self._ended = event, time.monotonic()
        return self._end


class Desk:
    """Fireside, with the model at ``url``; a context manager."""

    def __init__(self, folder: Path, url: str) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        folder.mkdir()
        self.host = Host(Folders(folder), self.events.put)
        self.chat: int | None = None
        self.model = self.use(url)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.host.close()

    def use(self, url: str) -> ModelRef:
        """Ask the model at another address from now on."""
        saved = SavedEndpoint(Endpoint(url, MODEL), context=131072, unencrypted=True)
        self.host.remote.endpoints.save(saved)
        self.model = saved.model
        return saved.model

    def ask(self, text: str) -> Asked:
        return Asked(self, text)

    def whole(self, text: str) -> Outcome:
        """Ask, and wait for the end."""
        return self.ask(text).ended()

    def loaded(self) -> Outcome:
        """Load the model, as the window does when it is chosen."""
        begun = time.monotonic()
        error: FiresideError | None = None
        try:
            for _ in self.host.backend.load(self.model, threading.Event()):
                pass
        except FiresideError as fault:
            error = fault
        took = time.monotonic() - begun
        told = explain(error) if error else None
        outcome = Outcome("", State.DONE, error, told.sentence if told else "", (), 0, took, took)
        return replace(outcome, buttons=tuple(a.words for a in told.actions) if told else ())
