"""The worker's pipe, in one process: both sides know when the other one has nothing to do."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

PATIENCE_S = 120.0


class Hung(Exception):
    """Nothing happens any more."""


class Exchange:
    """The worker's end of the pipe, and what a plan does at the other one."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.payloads: deque[tuple[int, Any]] = deque()
        self.commands: deque[tuple[Any, ...]] = deque()
        self.steps = 0
        self.dead = False
        self._reads = self._listens = self._told = False

    def recv(self) -> tuple[Any, ...]:
        """Return the next command, in the reader's thread."""
        with self.changed:
            self._reads = True
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.commands or self.dead)
            self._reads = False
            if not self.dead:
                return self.commands.popleft()
            if self._told:
                raise SystemExit  # ends the thread, as the process would
            self._told = True
            return "close", 0  # a worker that waits for commands ends, too

    def send(self, payload: tuple[int, Any]) -> None:
        """Take a payload, in any of the worker's threads."""
        with self.changed:
            if not self.dead:
                self.payloads.append(payload)
                self.changed.notify_all()

    def command(self, *command: Any) -> None:
        with self.changed:
            self.commands.append(command)
            self.changed.notify_all()

    def heard(self) -> tuple[int, Any] | None:
        """Return the next payload; None if a step of the engine came first."""
        with self.changed:
            self._listens = True
            self.changed.notify_all()
            before = self.steps
            came = self.changed.wait_for(
                lambda: self.payloads or self.steps > before, timeout=PATIENCE_S
            )
            self._listens = False
            if not came:
                raise Hung
            return self.payloads.popleft() if self.payloads else None

    def step(self) -> None:
        """Count a step, and let all others do what is due, in the worker's thread."""
        with self.changed:
            self.steps += 1
            self.changed.notify_all()
            self.changed.wait_for(self._quiet, timeout=PATIENCE_S)
            if self.dead:
                raise SystemExit  # ends the thread, as the process would

    def _quiet(self) -> bool:
        nothing = not self.payloads and not self.commands
        return self.dead or (self._reads and self._listens and nothing)

    def end(self) -> None:
        with self.changed:
            self.dead = True
            self.changed.notify_all()
