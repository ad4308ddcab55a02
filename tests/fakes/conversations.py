"""Chats on a real store, with a scripted engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from app.base.answer_events import Event
from app.base.errors import FiresideError
from app.chat import Chats
from app.engine.backend import Backend, ScriptedBackend
from app.engine.scheduled_backend import ScheduledBackend
from app.model_loads import ModelLoads
from app.store import Store
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import Tool
from app.turn import ChatEvent

T = TypeVar("T")


def rest(chats: Chats) -> None:
    """Wait until chats are idle, including any work started meanwhile."""
    deadline = time.monotonic() + 60
    while chats.running.all():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Harness:
    """Chats on their own store, and the events they published.

    ``kind``: class of the engine; ``tools``: those that there are; ``wishes``: arguments for
    `Chats`.
    """

    def __init__(
        self,
        path: Path,
        *scripts: tuple[Event | FiresideError, ...],
        kind: type[ScriptedBackend] = ScriptedBackend,
        tools: Sequence[Tool] = (),
        **wishes: Callable[..., Any],
    ) -> None:
        self.store = Store(path)
        self.backend = kind(*scripts)
        self.scheduled = ScheduledBackend(self.backend)
        self.events: list[ChatEvent] = []
        self._arrived = threading.Condition()
        self.open = True
        self._disk = ThreadPoolExecutor(1)
        registry = Registry(lambda: tools)
        loop = ToolLoop(self.scheduled, registry, self.store.consents)
        wishes = {"declared": registry.declared} | wishes
        self.chats = Chats(self.store, loop, self._publish, self._disk, **wishes)
        self.loads = ModelLoads(loop, self._publish, self.chats.running)

    def _publish(self, event: ChatEvent) -> None:
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()

    def wait(self, kind: type[T], count: int = 1) -> T:
        def found() -> list[T]:
            return [e for e in self.events if isinstance(e, kind)]

        with self._arrived:
            assert self._arrived.wait_for(lambda: len(found()) >= count, timeout=60), self.events
        return found()[count - 1]

    def use(self, backend: Backend) -> None:
        """Replace the engine."""
        self.scheduled._engine = backend

    def rest(self) -> None:
        """Wait until the chats are idle, including any work started meanwhile."""
        rest(self.chats)

    def close(self) -> None:
        if self.open:
            self.open = False
            self.chats.close()
            self._disk.shutdown()
            self.store.close()
