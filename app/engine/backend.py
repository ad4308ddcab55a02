"""The seam between a conversation and whatever answers it."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.base.errors import FiresideError
from app.base.types import Event, Loading, ModelRef, Request

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.plan import Plan
    from app.engine.probe import Devices


@dataclass(frozen=True, slots=True)
class Planned:
    """A model is about to be loaded by ``plan``. ``reduced``: a larger one was tried and did
    not find its memory."""

    plan: Plan
    reduced: bool = False


class Backend(Protocol):
    """Answers requests, one at a time."""

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Loading | Planned, None, None]:
        """Makes a model ready ahead of its first request: any Planned and Loading.

        Raises ModelError where the file cannot be run; the model before it stays usable.
        """

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        """One answer: any Planned and Loading, a Prompt, any Prefill and Delta, and a Done at
        the end.

        Once ``answer_now`` is set, the model's reasoning is closed and its answer begun. Once
        ``cancel`` is set it ends in a Done, or raises Cancelled where nothing was
        generated yet or the engine had to be ended. Raises ModelError and EngineError; what
        was yielded before stays true.
        """

    def prepare(
        self, request: Request, cancel: threading.Event, *, read: bool = True
    ) -> Generator[Event, None, None]:
        """Reads a conversation ahead of its next question, where the model is loaded: a Prompt
        and any Prefill. A question at its end is still being written. With ``read=False`` it is
        only counted. Worth doing when there is nothing else to do; ends early once ``cancel``
        is set. Raises EngineError.
        """

    def devices(self) -> Devices:
        """What llama.cpp finds on this computer; from any thread. Raises EngineError."""

    def forget(self, chat: int) -> None:
        """Throws away what was read of a chat, in memory and on disk. Raises EngineError."""

    def close(self) -> None:
        """Ends whatever runs, from any thread. Nothing may be asked afterwards."""


class ScriptedBackend:
    """Plays back prepared answers: for tests of everything above the engine.

    Each script is the events of one answer, in order; an error among them is raised.
    """

    def __init__(self, *scripts: Iterable[Event | FiresideError]) -> None:
        self.scripts = list(scripts)
        self.requests: list[Request] = []
        self.prepared: list[Request] = []
        self.counted: list[Request] = []
        self.loaded: list[ModelRef] = []

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Loading | Planned, None, None]:
        self.loaded.append(model)
        yield Loading(1.0)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        self.requests.append(request)
        for step in self.scripts.pop(0):
            if isinstance(step, FiresideError):
                raise step
            yield step

    def prepare(
        self, request: Request, cancel: threading.Event, *, read: bool = True
    ) -> Generator[Event, None, None]:
        (self.prepared if read else self.counted).append(request)
        yield from ()

    def devices(self) -> Devices:
        return Devices()

    def forget(self, chat: int) -> None:
        pass

    def close(self) -> None:
        pass
