"""Conversations of the KV cache that have given up their cells, in the computer's memory."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from app.engine.kv_memory import KvMemory
from app.engine.kv_sequence import KvSequence

_PART = 4  # of the memory that is available, which all of them may take
_MOST = 16


@dataclass(slots=True, eq=False)
class Aside:
    """The state of a sequence that has given up its cells."""

    tokens: list[int]
    windows: dict[int, bytes]
    state: bytearray
    chat: int | None
    settled: int
    kept: int
    restored: int
    waits: bool


class Asides:
    """The conversations that are aside, the least recently used first; these make room."""

    def __init__(self, memory: KvMemory) -> None:
        self.all: list[Aside] = []
        self._memory = memory

    def put(self, sequence: KvSequence) -> Aside | None:
        """Copy what a sequence has; return None if that fails, or takes too much memory."""
        held = sum(len(aside.state) for aside in self.all)
        most = (psutil.virtual_memory().available + held) // _PART
        state = self._memory.state(sequence.number, most)
        if not state:
            return None
        aside = Aside(
            tokens=[*sequence.tokens],
            windows={**sequence.windows},
            state=state,
            chat=sequence.chat,
            settled=sequence.settled,
            kept=sequence.kept,
            restored=sequence.restored,
            waits=sequence.waits,
        )
        self.all.append(aside)
        while len(self.all) > _MOST or sum(len(aside.state) for aside in self.all) > most:
            del self.all[0]
        return aside

    def bring_back(self, aside: Aside, sequence: KvSequence) -> bool:
        """Give a sequence that is empty what was put aside; return whether that succeeded."""
        if not self._memory.set_state(sequence.number, aside.state):
            return False
        sequence.hold(aside.tokens, aside.windows)
        sequence.settled, sequence.kept = aside.settled, aside.kept
        sequence.restored = aside.restored
        return True

    def touch(self, aside: Aside) -> None:
        """Make one the last to go."""
        self.remove(aside)
        self.all.append(aside)

    def remove(self, aside: Aside) -> None:
        """Remove one, if it is still there."""
        self.all = [each for each in self.all if each is not aside]

    def forget(self, chat: int) -> None:
        """Remove all of a chat."""
        self.all = [aside for aside in self.all if aside.chat != chat]
