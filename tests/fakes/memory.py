"""A memory that works as llama.cpp's does for a model with windowed layers."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

Past = tuple[int, ...]


class FakeMemory:
    """Every second layer holds all of ``tokens``, the others only some of the last ones.

    Their cells hold what was computed from all that came before, here as that itself. Older
    ones than the window are there until their cells are needed. ``wrong`` notes every token that
    was decoded without the window that it had to see; llama.cpp itself would not notice.
    """

    def __init__(self, window: int = 4, batch: int = 6) -> None:
        self.window = window
        self.batch = batch
        self.tokens: list[int] = []
        self.wrong: list[Past] = []
        self.loses_windows = False
        self._cells: dict[int, Past] = {}

    def decode(self, tokens: Sequence[int], *, aborts: bool = False) -> bool:
        """What the model does with it, up to ``batch`` tokens at a time."""
        assert len(tokens) <= self.batch
        start = len(self.tokens)
        while len(self._cells) + len(tokens) > self.window + self.batch:
            del self._cells[min(self._cells)]
        for token in tokens:
            at = len(self.tokens)
            seen = range(max(0, at - self.window + 1), at)
            if any(self._cells.get(i) != tuple(self.tokens[: i + 1]) for i in seen):
                self.wrong.append((*self.tokens, token))
            self.tokens.append(token)
            self._cells[at] = tuple(self.tokens)
        if aborts:
            self.cut(start)
        return not aborts

    def oldest(self) -> int:
        return min(self._cells, default=-1)

    def cut(self, length: int) -> bool:
        del self.tokens[length:]
        self._cells = {at: past for at, past in self._cells.items() if at < length}
        return True  # whatever is missing now

    def clear(self) -> None:
        self.cut(0)

    def window_state(self) -> bytes:
        last = sorted(self._cells)[-self.window :]
        return pickle.dumps({at: self._cells[at] for at in last})

    def set_window(self, state: bytes) -> bool:
        if self.loses_windows:
            self._cells = {}
            return False
        self._cells = pickle.loads(state)
        return True

    def save(self, path: Path, tokens: Sequence[int]) -> bool:
        assert self.tokens == list(tokens)
        path.write_bytes(pickle.dumps((self.tokens, self.window_state())))
        return True

    def load(self, path: Path, tokens: Sequence[int]) -> bool:
        self.clear()
        found, window = pickle.loads(path.read_bytes())
        if found != list(tokens):
            return False
        self.tokens = found
        self._cells = pickle.loads(window)
        return True
