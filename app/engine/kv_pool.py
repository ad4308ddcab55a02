"""The KV cache: what has been processed of several conversations, and how a new prompt reuses it.

The sequences of llama.cpp share its cells. One is busy while a stream makes it grow, then idle. It
lingers in the cells, and is put aside, into the computer's memory, when others have begun since or
need its cells. State of a chat is also saved in a `DiskCache` where it is worth that.

Reuse does not depend on the chat, only on how long a prefix a prompt shares with the processed
tokens. A prompt that goes on from there takes an idle sequence over. Where that would lose what
somebody may come back to, the prompt forks it: both share the cells of the prefix.
"""

from __future__ import annotations

import sys
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from app.engine.kv_asides import Aside, Asides
from app.engine.kv_disk_cache import CachedState, DiskCache
from app.engine.kv_match import Match, loses, match, parted
from app.engine.kv_memory import KvMemory
from app.engine.kv_sequence import CellCount, KvSequence, thin

_CHECKPOINTS = 32  # of all sequences together; 3 MiB each for gpt-oss-20b
_WORTH = 256  # new tokens that are worth writing a file for
_COPIED = 256  # tokens that can be copied to the cells while one is processed
_LINGER_S = 30.0  # every cell in use costs all sequences some speed


class KvPool:
    """The ``sequences`` in llama.cpp's memory, and what is kept elsewhere.

    ``size``: how many tokens they can hold together; states on disk may be of a longer context.
    """

    def __init__(
        self,
        memory: KvMemory,
        sequences: int,
        size: int = sys.maxsize,
        disk: DiskCache | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory
        self._numbers = range(sequences)
        self._size = size
        self._disk = disk
        self._clock = clock
        self._count = CellCount()
        self._asides = Asides(memory)
        self._busy: dict[KvSequence, int] = {}  # how long the prompt of each is
        self._idle: dict[KvSequence, float] = {}  # since when, the least recently used first

    def begin(
        self, tokens: Sequence[int], chat: int | None, *, fresh: bool = False
    ) -> KvSequence | None:
        """Return a busy sequence that holds as long a prefix of ``tokens`` as possible.

        At least one token is left to be decoded, for its logits. None if there is no sequence or no
        room now, which never is so if none is busy. A ``fresh`` one holds nothing, in cells that
        are as after loading if none is busy.
        """
        if len(self._busy) == len(self._numbers):
            return None
        if fresh and not self._busy:
            self._empty(chat)
        wanted = [*tokens[:-1]]
        matches = [] if fresh else self._matches(wanted)
        fitting = (each for each in matches if each.usable and self._fits(len(tokens), each))
        taken = (self._take(each, chat) for each in fitting)
        sequence = next((each for each in taken if each), None)
        if not sequence:
            sequence = self._make() if self._fits(len(tokens)) else None
        if not sequence:
            return None
        self._idle.pop(sequence, None)
        sequence.chat, sequence.waits, sequence.fresh = chat, False, fresh
        least = len(sequence.tokens) + _WORTH
        sequence.parted = parted(matches, sequence, least, len(wanted))
        self._busy[sequence] = len(tokens)
        self._move_out(chat)
        self.room(len(tokens) - len(sequence.tokens))
        return sequence

    def longest(self, tokens: Sequence[int]) -> int:
        """Return how many of the ``tokens`` `begin` would reuse now.

        What is still being written to disk does not count.
        """
        return max(map(_usable, self._matches([*tokens[:-1]], waits=False)), default=0)

    def room(self, count: int) -> bool:
        """Make room for ``count`` more tokens; return False if busy sequences hold too much."""
        # Windows are not shared, and a short context has no cells for all of them.
        short = self._size < self._memory.window * len(self._numbers) + count
        if not short and self._count.filled + count <= self._count.enough:
            return True
        while not (
            self._count.fit([*self._busy, *self._idle], self._size - count)
            and (not short or self._windows + count <= self._size)
        ):
            if not self._idle:
                return False
            self._release(next(iter(self._idle)))
        return True

    @property
    def _windows(self) -> int:
        """How many cells the windows of all sequences take."""
        window = self._memory.window
        return sum(min(len(each.tokens), window) for each in (*self._busy, *self._idle))

    def mark(self, sequence: KvSequence, length: int) -> None:
        """Have others begin with the first ``length`` tokens of a sequence, if that costs nothing.

        Unlike for a checkpoint, no batch has to end there.
        """
        if spare := self._free():
            sequence.mark(length, spare)

    def end(self, sequence: KvSequence) -> None:
        """Note that a sequence does not grow any more; what it has may be reused."""
        del self._busy[sequence]
        if sequence.tokens:
            self._idle[sequence] = self._clock()

    def pause(self, sequence: KvSequence) -> None:
        """Free all cells of a busy sequence, of which all tokens will be wanted again."""
        del self._busy[sequence]
        sequence.waits = True
        self._release(sequence)

    def end_turn(self, chat: int | None) -> None:
        """Note that a chat's turn does not go on."""
        if chat is not None:
            for held in self._held():
                held.waits = held.waits and held.chat != chat

    def keep(self) -> None:
        """Save what the chats have to disk, where it is worth it."""
        for sequence in self._idle:
            self._keep(sequence)

    def forget(self, chat: int) -> None:
        """Clear what is of a chat, and wait for any write of it to disk."""
        for sequence in [each for each in self._idle if each.chat == chat]:
            del self._idle[sequence]
            sequence.clear()
        self._asides.forget(chat)
        if self._disk:
            self._disk.wait()

    def close(self) -> None:
        """Save what is worth saving, and wait for the disk."""
        for sequence in self._idle:
            if sequence.waits:
                sequence.settled = len(sequence.tokens)
            self._keep(sequence, worth=_WORTH // 4)
        if self._disk:
            self._disk.wait()

    def set_budget(self, size: int) -> None:
        """Set how many bytes of disk may be used from now on."""
        if self._disk:
            self._disk.set_budget(size)
            for held in self._held():
                held.kept = 0  # it may be deleted now, or not have fitted before

    # --- What a prompt can begin with -----------------------------------------------------

    def _matches(self, wanted: Sequence[int], *, waits: bool = True) -> list[Match]:
        """Return what has tokens in common with a prompt, the best first.

        It ``waits`` for an entry that is still being written to disk: that may be the best.
        """
        window = self._memory.window
        live = [match(wanted, held, window) for held in (*self._idle, *self._busy)]
        live.sort(key=_usable, reverse=True)
        best = live[0].usable if live else 0
        aside = [match(wanted, held, window) for held in self._asides.all]
        aside = [each for each in aside if each.usable > best + len(each.source.tokens) // _COPIED]
        aside.sort(key=_usable, reverse=True)
        best = aside[0].usable if aside else best
        return [*self._on_disk(wanted, best, waits=waits), *aside, *live]

    def _on_disk(self, wanted: Sequence[int], best: int, *, waits: bool) -> list[Match]:
        """Return the entries on disk that are worth loading, the best one first."""
        if self._disk is None or len(wanted) - best < _WORTH // 4:
            return []
        if waits:
            self._disk.wait()
        window = self._memory.window
        found = [match(wanted, entry, window) for entry in self._disk.entries]
        found = [each for each in found if each.usable >= best + _WORTH // 4]
        return sorted(found, key=_usable, reverse=True)

    # --- How it begins there --------------------------------------------------------------

    def _fits(self, length: int, found: Match | None = None) -> bool:
        """Return whether a prompt of a ``length`` has room beside those of the busy sequences."""
        cells, need = array("q"), length
        if found and isinstance(found.source, KvSequence):
            cells, need = found.source.cells[: found.usable], length - found.usable
        elif found:
            need = max(length, len(found.source.tokens))
        for sequence, whole in self._busy.items():
            need += max(0, whole - len(sequence.tokens))
        held = [cells, *(sequence.cells for sequence in self._busy)]
        if sum(map(len, held)) + need <= self._size:
            return True
        return len(set().union(*held)) + need <= self._size

    def _take(self, found: Match, chat: int | None) -> KvSequence | None:
        """Return a sequence that has what was found; None if that fails."""
        if isinstance(found.source, CachedState):
            return self._load(found.source, found.same)
        is_free = not loses(found, chat)
        if isinstance(found.source, Aside):
            return self._bring_back(found.source, found.same, moves=is_free)
        return self._go_on(found.source, found, takes_over=is_free)

    def _go_on(self, held: KvSequence, found: Match, *, takes_over: bool) -> KvSequence | None:
        """Take a sequence over, or fork it."""
        if held not in self._idle and held not in self._busy:
            return None  # it made room for another that failed
        if held in self._idle and takes_over:
            if max(held.settled, found.usable) - found.usable >= _worth(held):
                self._keep(held)
        elif copy := self._make(spare=held):
            held.copy_to(copy, found.usable)
            return copy
        elif held in self._idle:
            self._save(held)
        else:
            return None
        held.cut(found.same)
        return held

    def _bring_back(self, aside: Aside, length: int, *, moves: bool) -> KvSequence | None:
        """Return a sequence with what was put aside, up to a length."""
        self._asides.touch(aside)
        sequence = self._make()
        if not sequence or not self.room(len(aside.tokens)):
            return None
        is_back = self._asides.bring_back(aside, sequence)
        if moves or not is_back:
            self._asides.remove(aside)
        if not is_back:
            return None
        sequence.cut(length)
        return sequence

    def _load(self, entry: CachedState, length: int) -> KvSequence | None:
        """Return a sequence with what is on disk, up to a length."""
        assert self._disk is not None
        sequence = self._make()
        if not sequence or not self.room(len(entry.tokens)) or not self._disk.take(entry):
            return None
        if not self._memory.load(sequence.number, entry.state, entry.tokens):
            self._disk.drop(entry)
            return None
        windows = {}
        with suppress(OSError):  # it may have been deleted just now
            windows = {at: entry.window(at) for at in entry.windows}
        sequence.hold(entry.tokens, windows)
        sequence.settled = sequence.kept = sequence.restored = len(entry.tokens)
        sequence.cut(length)
        return sequence

    # --- Where the idle ones are ----------------------------------------------------------

    def _held(self) -> list[KvSequence | Aside]:
        return [*self._busy, *self._idle, *self._asides.all]

    def _free(self) -> KvSequence | None:
        """Return an empty sequence; None if all are in use."""
        used = {sequence.number for sequence in (*self._busy, *self._idle)}
        free = next((number for number in self._numbers if number not in used), None)
        if free is None:
            return None
        return KvSequence(free, self._memory, self._count, self._thin)

    def _make(self, spare: KvSequence | None = None) -> KvSequence | None:
        """Return an empty sequence, if need be in the place of an idle one other than ``spare``."""
        if found := self._free():
            return found
        if gone := next((sequence for sequence in self._idle if sequence is not spare), None):
            self._release(gone)
        return self._free()

    def _thin(self) -> None:
        thin([held.windows for held in self._held()], _CHECKPOINTS)

    def _release(self, sequence: KvSequence) -> None:
        """Free a sequence, keeping what it has elsewhere."""
        self._save(sequence)
        self._idle.pop(sequence, None)
        sequence.clear()

    def _save(self, sequence: KvSequence) -> bool:
        """Keep what a sequence has elsewhere; return whether that is in memory."""
        aside = self._asides.put(sequence)
        if not sequence.waits:
            self._keep(sequence)
        elif not aside:
            sequence.settled = len(sequence.tokens)
            self._keep(sequence, worth=0)
        if aside:
            aside.kept = sequence.kept
        return aside is not None

    def _move_out(self, chat: int | None) -> None:
        """Put aside what was idle for long, and save what other chats have if no stream runs."""
        for sequence, since in [*self._idle.items()]:
            if self._clock() - since >= _LINGER_S:
                if self._save(sequence):
                    del self._idle[sequence]
                    sequence.clear()
            elif sequence.chat != chat and not sequence.waits and len(self._busy) == 1:
                self._keep(sequence)

    def _empty(self, chat: int | None) -> None:
        """Free all cells, for the same conversation or one that is to repeat an answer."""
        for sequence in [*self._idle]:
            again = sequence.fresh if chat is None else sequence.chat == chat
            if again and not sequence.waits:
                self._keep(sequence)
                del self._idle[sequence]
                sequence.clear()
            else:
                self._release(sequence)

    def _keep(self, sequence: KvSequence, worth: int | None = None) -> None:
        """Save the checkpointed tokens to disk if they are at least ``worth`` more than are there.

        Anything after the last checkpoint, an answer with its reasoning, is not saved; nor is
        anything that belongs to no chat, since it could never be deleted with one.
        """
        if self._disk is None or not self._disk.budget or sequence.chat is None:
            return
        length = sequence.settled
        if length - sequence.kept < (_worth(sequence) if worth is None else worth):
            return
        sequence.kept = length  # also if writing fails, so it is not tried at every turn
        held: KvSequence | None = sequence
        if length < len(sequence.tokens):
            # In a sequence of its own for the moment, so that the answer can stay.
            if held := self._free():
                sequence.copy_to(held, length)
            elif not sequence.waits:
                held = sequence
                held.cut(length)
        if held and len(held.tokens) == length:
            save = partial(self._memory.save, held.number, tokens=[*held.tokens])
            self._disk.put(held.tokens, held.windows, save, sequence.chat)
        if held and held is not sequence:
            held.clear()


def _usable(found: Match) -> int:
    return found.usable


def _worth(held: KvSequence) -> int:
    """Return how many new tokens are worth writing.

    A long chat is written again only when it has grown by an eighth, not at every turn.
    """
    return max(_WORTH, held.settled // 8)
