"""A model that nobody asks is unloaded."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from app.base.answer_events import Event, Prompt
from app.base.errors import Cancelled
from app.base.types import ModelRef, Request
from app.engine.backend import ScriptedBackend
from app.engine.idle_unloading import IdleUnloader
from app.engine.scheduled_backend import ScheduledBackend

MODEL = ModelRef.of_file(Path("demo.gguf"), "Demo model")
LONG = 60.0  # seconds after which a hanging test fails
SOON = 0.0005  # minutes


class Engine(ScriptedBackend):
    """Loads for a stream, and answers once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.unloads: list[bool] = []
        self.busy = False

    def stream(
        self, request: Request, cancel: threading.Event, answer_now: object = None
    ) -> Generator[Event, None, None]:
        self.model = request.model
        yield Prompt(1, 2)
        self.go_on.wait(LONG)

    def unload(self, cancel: threading.Event | None = None) -> None:
        self.unloads.append(cancel is not None and cancel.is_set())
        if self.busy:
            self.busy = False
            raise Cancelled
        super().unload(cancel)


def test_it_is_unloaded_once_nobody_has_asked_for_a_while() -> None:
    backend = ScheduledBackend(engine := Engine())
    told = threading.Event()
    minutes = 0.0
    with closing(IdleUnloader(backend, lambda: minutes, told.set)) as unloader:
        unloader.look()
        answer = backend.stream(Request(MODEL, ()), threading.Event())
        next(answer)
        minutes = SOON
        unloader.look()
        assert not told.wait(0.1)  # an answer is being made
        engine.busy = True  # and another, which has just come
        engine.go_on.set()
        list(answer)
        assert told.wait(LONG)
        assert engine.unloads == [True, True]  # neither would have waited
        assert backend.loaded() is None
        told.clear()
        list(backend.stream(Request(MODEL, ()), threading.Event()))
        assert backend.loaded() == MODEL
        assert told.wait(LONG)


def test_it_stays_where_that_is_off() -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.set()
    with closing(IdleUnloader(backend, lambda: 0)) as unloader:
        list(backend.stream(Request(MODEL, ()), threading.Event()))
        unloader.look()
        assert "idle" not in {thread.name for thread in threading.enumerate()}
        assert backend.loaded() == MODEL
