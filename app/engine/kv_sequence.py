"""One conversation in the KV cache: which of its tokens have been processed.

Half of the layers keep only a window of the last tokens, so a sequence cannot simply be truncated:
the window at an earlier length is gone, and its cells may be another's. Checkpoints save the window
at some lengths; the other layers still hold everything.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from app.engine.kv_memory import KvMemory


class CellCount:
    """Numbers the cells that are filled, so that those of several sequences are counted once."""

    def __init__(self) -> None:
        self.filled = 0
        """How many cells were filled so far, some of them several times."""
        self.enough = 0
        """What ``filled`` may grow to without another look whether all fit."""
        self._shared: int | None = 0

    def take(self, count: int) -> range:
        """Return the numbers of cells that are filled now."""
        self.filled += count
        return range(self.filled - count, self.filled)

    def change(self) -> None:
        """Note that cells were shared or freed."""
        self._shared = None
        self.enough = 0

    def fit(self, sequences: Collection[KvSequence], most: int) -> bool:
        """Return whether all sequences together hold at most ``most`` cells."""
        total = sum(len(sequence.cells) for sequence in sequences)
        self.enough = self.filled + most - total
        if total > most and self._shared is None:
            self._shared = total - len(set().union(*(each.cells for each in sequences)))
        return total <= most or total - (self._shared or 0) <= most


class KvSequence:
    """A conversation in llama.cpp's memory: ``tokens``, and the ``chat`` they belong to.

    ``settled``: how many of them the last checkpoint has; what follows is an answer, most of which
    the next prompt will not have. ``kept``: how many were settled when they were last written to
    disk. ``limit`` is called after each checkpoint.
    """

    def __init__(
        self, number: int, memory: KvMemory, count: CellCount, limit: Callable[[], None]
    ) -> None:
        self.number = number
        self.tokens: list[int] = []
        self.cells = array("q")
        self.chat: int | None = None
        self.restored = 0
        """How many of the first tokens were restored from disk."""
        self.parted = 0
        """Where the prompt of another conversation parted from this one's, which a third may do.

        A checkpoint there is worth making on the way; 0 if there is no such place.
        """
        self.windows: dict[int, bytes] = {}
        self.settled = 0
        self.kept = 0
        self.waits = False
        """Whether the turn goes on after a tool call."""
        self.fresh = False
        """Whether it began without reusing anything, as somebody wanted it."""
        self._memory = memory
        self._count = count
        self._limit = limit

    @property
    def reach(self) -> int:
        """The least length that it can be cut to without a checkpoint."""
        oldest = self._memory.oldest(self.number)
        return oldest + self._memory.window - 1 if oldest > 0 else 0

    def add(self, tokens: Sequence[int]) -> None:
        """Record that llama.cpp has decoded further tokens."""
        self.tokens += tokens
        if len(tokens) == 1:  # nearly always, and a range takes three times as long
            self.cells.append(self._count.filled)
            self._count.filled += 1
        else:
            self.cells.extend(self._count.take(len(tokens)))

    def aborted(self) -> None:
        """Restore the state from before an aborted decode."""
        self.cut(len(self.tokens))

    def take_back(self) -> None:
        """Remove the last token, which turned out not to be wanted.

        To be called before anything else is decoded: that may need the first cell of the window.
        """
        self.cut(len(self.tokens) - 1)

    def wait(self) -> None:
        """Note that the turn goes on after a tool call: all that there is will be wanted again."""
        self.waits = True

    def checkpoint(self) -> None:
        """Save the window, so that the sequence can be cut to its present length later."""
        length = self.settled = len(self.tokens)
        if length and length not in self.windows:
            if state := self._memory.window_state(self.number):
                self.windows[length] = state
            self._limit()

    def mark(self, length: int, spare: KvSequence) -> None:
        """Save the window at an earlier length, if the cells still have it.

        This needs a ``spare`` sequence that is empty, and remains so.
        """
        if length in self.windows or length < self.reach:
            return
        self._memory.share(self.number, spare.number, length)
        if state := self._memory.window_state(spare.number):
            self.windows[length] = state
        self._memory.clear(spare.number)
        self._limit()

    def cut(self, length: int) -> None:
        """Cut the sequence to its first ``length`` tokens.

        It is cut to fewer tokens if the window that the next token must see is gone, which
        llama.cpp does not report.
        """
        if length < self.reach or not self._memory.cut(self.number, length):
            length = self._go_back(length)
        if length < len(self.tokens):
            self._count.change()
        del self.tokens[length:], self.cells[length:]
        self.windows = {at: state for at, state in self.windows.items() if at <= length}
        self.settled, self.kept = min(self.settled, length), min(self.kept, length)
        self.restored = min(self.restored, length)

    def clear(self) -> None:
        """Give up all cells."""
        self._memory.clear(self.number)
        self._count.change()
        self.tokens, self.cells, self.windows = [], array("q"), {}
        self.settled = self.kept = self.restored = 0
        self.waits = False

    def hold(self, tokens: Sequence[int], windows: dict[int, bytes]) -> None:
        """Record what llama.cpp's memory was given otherwise."""
        self.tokens, self.windows = [*tokens], {**windows}
        self.cells = array("q", self._count.take(len(tokens)))

    def copy_to(self, other: KvSequence, length: int) -> None:
        """Let a sequence that is empty begin with the first ``length`` tokens of this one.

        They share the cells. It is fewer if the window at that length is gone.
        """
        has_window = length >= self.reach
        if not has_window:
            length = max((at for at in self.windows if at <= length), default=0)
        if not length:
            return
        self._memory.share(self.number, other.number, length)
        self._count.change()
        state = self._memory.window_state(other.number) if has_window else self.windows[length]
        if not state or not self._memory.set_window(other.number, state):
            other.clear()
            return
        other.tokens, other.cells = self.tokens[:length], self.cells[:length]
        other.windows = {at: state for at, state in self.windows.items() if at <= length}
        other.settled, other.kept = min(self.settled, length), min(self.kept, length)
        other.restored = min(self.restored, length)

    def _go_back(self, length: int) -> int:
        """Go back to the last checkpoint up to ``length``, or to nothing; return its length."""
        for at in sorted((at for at in self.windows if at <= length), reverse=True):
            if self._memory.cut(self.number, at) and self._memory.set_window(
                self.number, self.windows[at]
            ):
                return at
        self._memory.clear(self.number)
        return 0


def thin(holders: Collection[dict[int, bytes]], most: int) -> None:
    """Drop checkpoints until there are at most ``most``; one that several hold counts once.

    The one that costs least goes first: going back then ends at the one before it. Never the
    newest of any.
    """
    while True:
        costs: dict[int, tuple[int, int]] = {}
        newest = set()
        for windows in holders:
            for before, at in pairwise([0, *sorted(windows)]):
                key = id(windows[at])
                costs[key] = max(costs.get(key, (0, 0)), (at - before, at))
            newest |= {id(windows[max(windows)])} if windows else set()
        old = [(cost, key) for key, cost in costs.items() if key not in newest]
        if len(costs) <= most or not old:
            return
        _, gone = min(old)
        for windows in holders:
            for at in [at for at, state in windows.items() if id(state) == gone]:
                del windows[at]


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the length of the common prefix of two sequences."""
    end = min(len(one), len(other))
    step = 256
    at = next((at for at in range(0, end, step) if one[at : at + step] != other[at : at + step]), 0)
    if one[at:end] == other[at:end]:
        return end
    return next(i for i in range(at, end) if one[i] != other[i])
