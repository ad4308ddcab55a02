"""The interface between conversations and the engines that answer them."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.errors import FiresideError
from app.base.types import Effort, ModelRef, Request
from app.formats import Abilities

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.plan import Plan
    from app.engine.probe import Devices, Speeds

T_co = TypeVar("T_co", covariant=True)


class GpuFault(StrEnum):
    """What keeps a GPU from being used as before."""

    LOST = "lost"
    """It no longer works: the driver was updated, the card was unplugged, or it crashed."""
    FULL = "full"
    """Other programs took the memory that it needed."""
    DRIVER = "driver"
    """A driver ended the process when the GPUs were listed, so none is used."""
    WEIGHTS = "weights"
    """Its library cannot multiply the model's kind of weights."""


@dataclass(frozen=True, slots=True)
class GpuTrouble:
    """Why a model is loaded by another plan than its file and this computer promise.

    ``gpu`` describes the GPU; it is empty if it is not known which one it was.
    """

    fault: GpuFault
    gpu: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A model is about to be loaded by ``plan``.

    ``reduced``: a larger plan was tried first, and its memory could not be allocated. ``trouble``:
    what happened to a GPU; if that was during an answer, this goes on with what is left.
    """

    plan: Plan
    reduced: bool = False
    trouble: GpuTrouble | None = None


class Steps(Protocol[T_co]):
    """An iterator of progress, such as a generator. Close it unless it is exhausted."""

    def __iter__(self) -> Iterator[T_co]: ...
    def __next__(self) -> T_co: ...
    def close(self) -> object:
        """Stop the work and free its resources."""


class Backend(Protocol):
    """The interface of an engine that answers requests."""

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """Make a model ready ahead of its first request: any Waiting, Planned and Loading.

        It waits for answers by another model. Raises ModelError if the file cannot be run; the
        previous model stays usable.
        """

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        """Answer: any Waiting, Planned and Loading, a Prompt, any Prefill and Delta, and a Done.

        Perhaps a SlowAnswer follows.

        If the engine has to be loaded again during an answer, because a GPU was lost or another
        answer could not be stopped otherwise, it begins again with Planned, or with Waiting where
        another request loads it; the deltas go on where they were.

        Once ``answer_now`` is set, the model's reasoning is closed and its answer begun. Once
        ``cancel`` is set it ends in a Done, or raises Cancelled if nothing was generated yet or the
        engine had to be killed. The request is queued when this is called. Raises ModelError and
        EngineError (RequestUnsupported if the request asks for something unsupported); what was
        yielded before remains valid.
        """

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """Process a conversation ahead of its next question: a Prompt and any Prefill.

        Yields nothing if the model is not loaded. A question at the conversation's end counts as
        unfinished. Ends early once ``cancel`` is set; the backend itself sets it when another
        request needs the engine. Raises EngineError.
        """

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """Return the size of what `prepare` would process, or `stream` if the request is whole.

        None if the model is not loaded. Raises EngineError, and Cancelled once ``cancel`` is
        set; for a whole request, also what `stream` would refuse it for.
        """

    def abilities(self, model: ModelRef) -> Abilities:
        """Return the abilities of a model, loaded or not. Raises ModelError."""

    def devices(self) -> Devices:
        """Return what llama.cpp finds on this computer; from any thread. Raises EngineError."""

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """Measure this computer's speeds, which takes seconds, and keep them.

        Those that are known are returned at once, unless ``again``. Begins once nothing else is to
        be done. Raises Cancelled once ``cancel`` is set; the backend itself sets it when a request
        needs the engine. Raises EngineError.
        """

    def forget(self, chat: int) -> None:
        """Delete a chat's cached state, in memory and on disk. Raises EngineError."""

    def unload(self, cancel: threading.Event | None = None) -> None:
        """Unload the model, once no request uses it; the next one loads it again.

        Chats' states go to disk as at the end. Raises Cancelled if it would have to wait and
        ``cancel`` is set. Raises EngineError.
        """

    def loaded(self) -> ModelRef | None:
        """Return the model that is loaded; None if there is none. From any thread."""

    def close(self) -> None:
        """Stop everything, from any thread. No other method may be called afterwards."""


class ScriptedBackend:
    """A backend that plays back prepared answers, for tests of everything above the engine.

    Each script is the events of one answer, in order; an error among them is raised.
    """

    def __init__(self, *scripts: Iterable[Event | FiresideError]) -> None:
        self.scripts = list(scripts)
        self.requests: list[Request] = []
        self.prepared: list[Request] = []
        self.counted: list[Request] = []
        self.loads: list[ModelRef] = []
        self.model: ModelRef | None = None

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Planned, None, None]:
        self.loads.append(model)
        yield Loading(1.0)
        self.model = model

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

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        self.prepared.append(request)
        yield from ()

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        self.counted.append(request)
        return None

    def abilities(self, model: ModelRef) -> Abilities:
        return Abilities(tuple(Effort), Effort.MEDIUM, tools=True, closable_reasoning=True)

    def devices(self) -> Devices:
        from app.engine.probe import Devices

        return Devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        from app.engine.probe import Speeds

        return Speeds()

    def forget(self, chat: int) -> None:
        pass

    def unload(self, cancel: threading.Event | None = None) -> None:
        self.model = None

    def loaded(self) -> ModelRef | None:
        return self.model

    def close(self) -> None:
        pass
