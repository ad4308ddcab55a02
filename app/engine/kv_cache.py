"""The KV cache: what has been processed, and how a new prompt makes the most of it.

The cache is one sequence of tokens in llama.cpp's memory. Half of the layers keep only a window
of the last tokens, so it cannot simply be cut back: what the window held there is gone.
Checkpoints hold the window as it was at some lengths; the other layers' part still has all.

Which chat it belongs to does not matter: what counts is how far a prompt begins as the tokens
that were processed. What is about to be lost is saved in a `DiskCache`, and comes back from
there, whether it is another chat, another branch, or the same chat at another effort.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from app.engine.kv_disk_cache import CachedState, DiskCache

_CHECKPOINTS = 32  # 3 MiB each for gpt-oss-20b
_WORTH = 256  # tokens that are worth a file


class KvMemory(Protocol):
    """llama.cpp's memory of one sequence. ``window``: how many tokens the windowed layers see."""

    window: int

    def oldest(self) -> int:
        """Return the first position that the windowed layers hold."""

    def cut(self, length: int) -> bool:
        """Remove what is behind ``length`` tokens; return False where that cannot be."""

    def clear(self) -> None:
        """Remove all."""

    def window_state(self) -> bytes:
        """Return the state of the windowed layers; empty where it cannot be had."""

    def set_window(self, state: bytes) -> bool:
        """Restore that state; return whether it fitted."""

    def save(self, path: Path, tokens: Sequence[int]) -> bool:
        """Write all of it to a file; return whether that succeeded."""

    def load(self, path: Path, tokens: Sequence[int]) -> bool:
        """Read such a file in place of what is there.

        Return False, and leave nothing there, where it is not of ``tokens`` or does not fit.
        """


class KvCache:
    """What llama.cpp's memory holds: ``tokens``, of which ``chat``."""

    def __init__(self, memory: KvMemory, disk: DiskCache | None = None) -> None:
        self.tokens: list[int] = []
        self.chat: int | None = None
        self.restored = 0
        """How many of the first tokens came from disk."""
        self._memory = memory
        self._disk = disk
        self._windows: dict[int, bytes] = {}
        self._settled = 0
        self._kept = 0

    def reach(self, tokens: Sequence[int]) -> int:
        """Make the cache hold as much of the start of ``tokens`` as can be had, and nothing else.

        Return how many tokens that are. At least one is left to be decoded, for its logits.
        """
        wanted = [*tokens[:-1]]
        live = self._usable(wanted, self.tokens, self._memory.oldest(), self._windows)
        better = self._better(wanted, live)
        if max(self._settled, live) - live >= self._worth():
            self.keep()
        for entry in better:
            if self._load(entry):
                break
        self._cut(min(_shared(wanted, self.tokens), len(wanted)))
        return len(self.tokens)

    def add(self, tokens: Sequence[int]) -> None:
        """Note that llama.cpp has decoded more."""
        self.tokens += tokens

    def aborted(self) -> None:
        """Restore what there was before a decode that was not finished."""
        self._cut(len(self.tokens))

    def checkpoint(self) -> None:
        """Let the cache come back to what it holds now.

        That is what the next prompt may begin with, too.
        """
        length = self._settled = len(self.tokens)
        if length and length not in self._windows and (state := self._memory.window_state()):
            self._windows[length] = state
        while len(self._windows) > _CHECKPOINTS:
            # The one that is missed least: going back ends at the one before. Never the newest.
            steps = [(at - before, at) for before, at in pairwise([0, *sorted(self._windows)[:-1]])]
            del self._windows[min(steps)[1]]

    def keep(self, worth: int | None = None) -> None:
        """Save what was checkpointed to disk, where that is ``worth`` tokens more than are there.

        What is behind it, an answer with its reasoning, is lost. What belongs to no chat is not
        written: nobody could ever have it deleted.
        """
        if self._disk is None or not self._disk.budget or self.chat is None:
            return
        if self._settled - self._kept < (self._worth() if worth is None else worth):
            return
        settled = self._settled
        self._cut(settled)
        kept = [*self.tokens]
        if len(kept) == settled:
            self._kept = settled  # also where the disk refuses: it is not asked at every turn
            save = partial(self._memory.save, tokens=kept)
            self._disk.put(kept, self._windows, save, self.chat)

    def forget(self) -> None:
        """Clear the cache."""
        self._memory.clear()
        self.tokens, self._windows = [], {}
        self._settled = self._kept = self.restored = 0

    def forget_chat(self, chat: int) -> None:
        """Clear what is of a chat, and have nothing of it on its way to the disk."""
        if self.chat == chat:
            self.forget()
        if self._disk:
            self._disk.wait()

    def close(self) -> None:
        """Save what is worth it, and wait for the disk."""
        self.keep(worth=_WORTH // 4)
        if self._disk:
            self._disk.wait()

    def set_budget(self, size: int) -> None:
        """Set how many bytes of disk may be used from now on."""
        if self._disk:
            self._disk.set_budget(size)
            self._kept = 0  # it may be gone now, or have found no room before

    def _worth(self) -> int:
        """Return how many new tokens are worth writing.

        A long chat is not written again at every turn, but when it is longer by an eighth.
        """
        return max(_WORTH, self._settled // 8)

    def _usable(
        self, wanted: Sequence[int], held: Sequence[int], oldest: int, windows: Iterable[int]
    ) -> int:
        """Return how many of the ``wanted`` tokens need not be decoded where others are held."""
        shared = _shared(wanted, held)
        if shared == len(held) or oldest <= max(0, shared - self._memory.window):
            return shared
        return max((at for at in windows if at <= shared), default=0)

    def _better(self, wanted: Sequence[int], live: int) -> list[CachedState]:
        """Return the entries on disk that are worth loading, the best one first."""
        if self._disk is None or len(wanted) - live < _WORTH // 4:
            return []
        self._disk.wait()  # what is on its way to the disk may be it
        found = []
        for entry in self._disk.entries:
            oldest = len(entry.tokens) - self._memory.window  # no more of the window is saved
            usable = self._usable(wanted, entry.tokens, oldest, entry.windows)
            if usable >= live + _WORTH // 4:
                found.append((usable, entry))
        return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])]

    def _load(self, entry: CachedState) -> bool:
        """Load an entry in place of what is there."""
        assert self._disk is not None
        if not self._disk.take(entry):
            return False
        self.forget()
        if not self._memory.load(entry.state, entry.tokens):
            self._disk.drop(entry)
            return False
        self.tokens = [*entry.tokens]
        with suppress(OSError):  # it was there a moment ago
            self._windows = {length: entry.window(length) for length in entry.windows}
        self._settled = self._kept = self.restored = len(self.tokens)
        return True

    def _cut(self, length: int) -> None:
        """Cut the cache to its first ``length`` tokens.

        It is cut to fewer where the window is gone that the next token would have to see, of
        which llama.cpp says nothing.
        """
        gone = self._memory.oldest() > max(0, length - self._memory.window)
        if gone or not self._memory.cut(length):
            length = self._go_back(length)
        del self.tokens[length:]
        self._windows = {at: state for at, state in self._windows.items() if at <= length}
        self._settled, self._kept = min(self._settled, length), min(self._kept, length)
        self.restored = min(self.restored, length)

    def _go_back(self, length: int) -> int:
        """Go back to the last checkpoint up to ``length``, or to nothing; return its length."""
        for at in sorted((at for at in self._windows if at <= length), reverse=True):
            if self._memory.cut(at) and self._memory.set_window(self._windows[at]):
                return at
        self._memory.clear()
        return 0


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two sequences begin with alike."""
    end = min(len(one), len(other))
    step = 256
    at = next((at for at in range(0, end, step) if one[at : at + step] != other[at : at + step]), 0)
    if one[at:end] == other[at:end]:
        return end
    return next(i for i in range(at, end) if one[i] != other[i])
