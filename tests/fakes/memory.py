"""A KV cache that behaves as llama.cpp's for a model with windowed layers."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

Past = tuple[int, ...]


class FakeMemory:
    """A fake KV cache in which every second layer holds only a window of ``tokens``.

    The other layers hold all of them. A cell holds all tokens before it, as real cells depend on
    them. Cells older than the window stay until they are needed. ``wrong`` collects every token
    that was decoded without its whole window; llama.cpp itself would not notice.
    """

    def __init__(self, window: int = 4, batch: int = 6) -> None:
        self.window = window
        self.batch = batch
        self.tokens: list[int] = []
        self.wrong: list[Past] = []
        self.loses_windows = False
        self._cells: dict[int, Past] = {}

    def decode(self, tokens: Sequence[int], *, aborts: bool = False) -> bool:
        """Decode tokens as the model does, up to ``batch`` tokens at a time."""
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
        return True  # even if the window is incomplete

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

    def state(self, most: int) -> bytearray:
        state = bytearray(pickle.dumps((self.tokens, self.window_state())))
        return state if len(state) <= most else bytearray()

    def set_state(self, state: bytearray) -> bool:
        self.clear()
        if self.loses_windows:
            return False
        self.tokens, window = pickle.loads(state)
        self._cells = pickle.loads(window)
        return True

    def save(self, path: Path, tokens: Sequence[int]) -> bool:
        assert self.tokens == list(tokens)
        path.write_bytes(pickle.dumps((self.tokens, self.window_state())))
        return True

    def load(self, path: Path, tokens: Sequence[int]) -> bool:
        self.clear()
        try:
            found, window = pickle.loads(path.read_bytes())
        except FileNotFoundError:  # llama.cpp reports it in the same way: room was made meanwhile
            return False
        if found != list(tokens):
            return False
        self.tokens = found
        self._cells = pickle.loads(window)
        return True
