"""The KV cache: which tokens have been processed, and how a new prompt reuses them.

The cache is one sequence of tokens in llama.cpp's memory. Half of the layers keep only a window of
the last tokens, so the cache cannot simply be truncated: the window at an earlier length is gone.
Checkpoints save the window at some lengths; the other layers still hold everything.

Reuse does not depend on the chat, only on how long a prefix a prompt shares with the processed
tokens. State that is about to be lost is saved in a `DiskCache` and restored from there, be it for
another chat, another branch, or the same chat at another effort. A turn that waits for a tool is
put aside in memory, or on disk if there is not enough: it goes on exactly where it was.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import psutil

from app.engine.kv_disk_cache import CachedState, DiskCache
from app.engine.kv_memory import KvMemory

_CHECKPOINTS = 32  # 3 MiB each for gpt-oss-20b
_WORTH = 256  # new tokens that are worth writing a file for
_ASIDE = 2  # turns that wait for their tools while others use the memory
_SPARE = 4  # the part of the free memory that one of them may take


@dataclass(frozen=True, slots=True)
class _Aside:
    """What a turn that waits for a tool had in the cache."""

    tokens: list[int]
    windows: dict[int, bytes]
    state: bytearray
    chat: int | None
    settled: int
    kept: int


class KvCache:
    """The contents of llama.cpp's memory: ``tokens``, and the ``chat`` they belong to.

    ``size``: how many tokens it can hold; states on disk may be of a longer context.
    """

    def __init__(
        self, memory: KvMemory, disk: DiskCache | None = None, size: int = sys.maxsize
    ) -> None:
        self.tokens: list[int] = []
        self.chat: int | None = None
        self.restored = 0
        """How many of the first tokens were restored from disk."""
        self._memory = memory
        self._disk = disk
        self._size = size
        self._windows: dict[int, bytes] = {}
        self._settled = 0
        self._kept = 0
        self._waits = False
        self._aside: list[_Aside] = []

    def reach(self, tokens: Sequence[int]) -> int:
        """Make the cache hold as long a prefix of ``tokens`` as possible, and nothing else.

        Return the prefix's length. At least one token is left to be decoded, for its logits.
        """
        wanted = [*tokens[:-1]]
        live = self._usable(wanted, self.tokens, self._memory.oldest(0), self._windows)
        better = self._better(wanted, live)
        waiting = next((a for a in self._aside if _begins(wanted, a.tokens, live)), None)
        if waiting:
            self._aside.remove(waiting)
        if self._waits and live < len(self.tokens):
            self._put_aside()
        elif max(self._settled, live) - live >= self._worth():
            self.keep()
        self._waits = False
        if not (waiting and self._bring_back(waiting)):
            any(self._load(entry) for entry in better)  # until one is loaded
        self._cut(min(_shared(wanted, self.tokens), len(wanted)))
        return len(self.tokens)

    def add(self, tokens: Sequence[int]) -> None:
        """Record that llama.cpp has decoded further tokens."""
        self.tokens += tokens

    def aborted(self) -> None:
        """Restore the state from before an aborted decode."""
        self._cut(len(self.tokens))

    def take_back(self) -> None:
        """Remove the last token, which turned out not to be wanted."""
        self._cut(len(self.tokens) - 1)

    def wait(self) -> None:
        """Note that the turn goes on after a tool call: all that there is will be wanted again."""
        self._waits = True

    def end_turn(self, chat: int | None) -> None:
        """Note that a chat's turn does not go on."""
        if chat is not None:
            self._aside = [aside for aside in self._aside if aside.chat != chat]
            self._waits = self._waits and self.chat != chat

    def checkpoint(self) -> None:
        """Save the window, so that the cache can be truncated to its present length later."""
        length = self._settled = len(self.tokens)
        if length and length not in self._windows and (state := self._memory.window_state(0)):
            self._windows[length] = state
        while len(self._windows) > _CHECKPOINTS:
            # Drop the one that costs least: going back then ends at the one before it. Never the
            # newest.
            steps = [(at - before, at) for before, at in pairwise([0, *sorted(self._windows)[:-1]])]
            del self._windows[min(steps)[1]]

    def keep(self, worth: int | None = None) -> None:
        """Save the checkpointed tokens to disk if they are at least ``worth`` more than are there.

        Anything after the last checkpoint, an answer with its reasoning, is not saved; nor is
        anything that belongs to no chat, since it could never be deleted with one.
        """
        if self._disk is None or not self._disk.budget or self.chat is None:
            return
        if self._settled - self._kept < (self._worth() if worth is None else worth):
            return
        settled = self._settled
        self._cut(settled)
        kept = [*self.tokens]
        if len(kept) == settled:
            self._kept = settled  # also if writing fails, so it is not tried at every turn
            save = partial(self._memory.save, 0, tokens=kept)
            self._disk.put(kept, self._windows, save, self.chat)

    def forget(self) -> None:
        """Clear the cache."""
        self._memory.clear(0)
        self.tokens, self._windows = [], {}
        self._settled = self._kept = self.restored = 0
        self._waits = False

    def forget_chat(self, chat: int) -> None:
        """Clear the cache if it is of a chat, and wait for any write of it to disk."""
        self.end_turn(chat)
        if self.chat == chat:
            self.forget()
        if self._disk:
            self._disk.wait()

    def close(self) -> None:
        """Save what is worth saving, and wait for the disk."""
        if self._waits:
            self._settled = len(self.tokens)
        self.keep(worth=_WORTH // 4)
        if self._disk:
            self._disk.wait()

    def set_budget(self, size: int) -> None:
        """Set how many bytes of disk may be used from now on."""
        if self._disk:
            self._disk.set_budget(size)
            self._kept = 0  # it may be deleted now, or not have fitted before

    def _put_aside(self) -> None:
        """Keep a turn that waits, in memory if there is enough of it, else on disk."""
        if state := self._memory.state(0, psutil.virtual_memory().available // _SPARE):
            kept = _Aside(
                tokens=[*self.tokens],
                windows={**self._windows},
                state=state,
                chat=self.chat,
                settled=self._settled,
                kept=self._kept,
            )
            self._aside = [*self._aside, kept][-_ASIDE:]
        else:
            self._settled = len(self.tokens)
            self.keep(worth=0)

    def _bring_back(self, aside: _Aside) -> bool:
        """Restore a turn that was put aside, replacing the cache's contents."""
        self.forget()
        if not self._memory.set_state(0, aside.state):
            return False
        self.tokens, self._windows = aside.tokens, aside.windows
        self._settled, self._kept = aside.settled, aside.kept
        return True

    def _worth(self) -> int:
        """Return how many new tokens are worth writing.

        A long chat is written again only when it has grown by an eighth, not at every turn.
        """
        return max(_WORTH, self._settled // 8)

    def _usable(
        self, wanted: Sequence[int], held: Sequence[int], oldest: int, windows: Iterable[int]
    ) -> int:
        """Return how many of the ``wanted`` tokens can be reused from the ``held`` ones."""
        shared = _shared(wanted, held)
        if shared == len(held) or oldest <= max(0, shared - self._memory.window):
            return shared
        return max((at for at in windows if at <= shared), default=0)

    def _better(self, wanted: Sequence[int], live: int) -> list[CachedState]:
        """Return the entries on disk that are worth loading, the best one first."""
        if self._disk is None or len(wanted) - live < _WORTH // 4:
            return []
        self._disk.wait()  # an entry still being written may be the best
        found = []
        for entry in self._disk.entries:
            if len(entry.tokens) > self._size:
                continue
            oldest = len(entry.tokens) - self._memory.window  # where the saved window begins
            usable = self._usable(wanted, entry.tokens, oldest, entry.windows)
            if usable >= live + _WORTH // 4:
                found.append((usable, entry))
        return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])]

    def _load(self, entry: CachedState) -> bool:
        """Load an entry, replacing the cache's contents."""
        assert self._disk is not None
        if not self._disk.take(entry):
            return False
        self.forget()
        if not self._memory.load(0, entry.state, entry.tokens):
            self._disk.drop(entry)
            return False
        self.tokens = [*entry.tokens]
        with suppress(OSError):  # it may have been deleted just now
            self._windows = {length: entry.window(length) for length in entry.windows}
        self._settled = self._kept = self.restored = len(self.tokens)
        return True

    def _cut(self, length: int) -> None:
        """Cut the cache to its first ``length`` tokens.

        It is cut to fewer tokens if the window that the next token must see is gone, which
        llama.cpp does not report.
        """
        gone = self._memory.oldest(0) > max(0, length - self._memory.window)
        if gone or not self._memory.cut(0, length):
            length = self._go_back(length)
        del self.tokens[length:]
        self._windows = {at: state for at, state in self._windows.items() if at <= length}
        self._settled, self._kept = min(self._settled, length), min(self._kept, length)
        self.restored = min(self.restored, length)

    def _go_back(self, length: int) -> int:
        """Go back to the last checkpoint up to ``length``, or to nothing; return its length."""
        for at in sorted((at for at in self._windows if at <= length), reverse=True):
            if self._memory.cut(0, at) and self._memory.set_window(0, self._windows[at]):
                return at
        self._memory.clear(0)
        return 0


def _begins(wanted: Sequence[int], held: Sequence[int], live: int) -> bool:
    """Return whether ``wanted`` begins with all of ``held``, which is more than is there."""
    return live < len(held) <= len(wanted) and _shared(wanted, held) == len(held)


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the length of the common prefix of two sequences."""
    end = min(len(one), len(other))
    step = 256
    at = next((at for at in range(0, end, step) if one[at : at + step] != other[at : at + step]), 0)
    if one[at:end] == other[at:end]:
        return end
    return next(i for i in range(at, end) if one[i] != other[i])
