"""Chats on a real store, with a scripted engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from app.base.errors import FiresideError
from app.base.types import Event
from app.chat import Chats
from app.engine.backend import ScriptedBackend
from app.store import Store
from app.turn import ChatEvent

T = TypeVar("T")


class Desk:
    """Chats on a store of their own, and what they published. ``kind``: the engine's;
    ``wishes``: those of `Chats`."""

    def __init__(
        self,
        path: Path,
        *scripts: tuple[Event | FiresideError, ...],
        kind: type[ScriptedBackend] = ScriptedBackend,
        **wishes: Callable[[], Any],
    ) -> None:
        self.store = Store(path)
        self.backend = kind(*scripts)
        self.events: list[ChatEvent] = []
        self._arrived = threading.Condition()
        self.open = True
        self._disk = ThreadPoolExecutor(1)
        self.chats = Chats(self.store, self.backend, self._publish, self._disk, **wishes)

    def _publish(self, event: ChatEvent) -> None:
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()

    def wait(self, kind: type[T], count: int = 1) -> T:
        def found() -> list[T]:
            return [e for e in self.events if isinstance(e, kind)]

        with self._arrived:
            assert self._arrived.wait_for(lambda: len(found()) >= count, timeout=10), self.events
        return found()[count - 1]

    def close(self) -> None:
        if self.open:
            self.open = False
            self.chats.close()
            self._disk.shutdown()
            self.store.close()
