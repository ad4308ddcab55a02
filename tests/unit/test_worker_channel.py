"""Commands to the worker process, which may end at any moment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from app.engine.worker_channel import WorkerChannel


class Leaving(WorkerChannel):
    """A channel whose process another thread ends as soon as somebody has looked for it."""

    def __init__(self, child: Any) -> None:
        super().__init__(lambda *_: None, silence=1.0, grace=1.0)
        self._looks = iter([child])

    @property
    def child(self) -> Any:
        return next(self._looks, None)

    @child.setter
    def child(self, child: Any) -> None:
        pass


class Done:
    """A pipe to a process that does at once what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def open(self, stream: int, command: tuple[Any, ...]) -> None:
        self.told.append(command[0])

    def receive(self, stream: int) -> tuple[None]:
        return (None,)

    def close(self, stream: int) -> None:
        pass


def test_a_process_that_is_gone_a_moment_later_is_no_stop_of_an_answer() -> None:
    pipe = Done()
    Leaving(SimpleNamespace(pipe=pipe)).command("budget", 1)
    assert pipe.told == ["budget"]
