"""Run conversations at random through the pool and llama.cpp, and compare with reading them anew.

They begin, go on, fork, pause and are stopped in batches with others, in a context that is too
short for all. Run as a program with a model file, a folder for states, a seed and a number of
steps. Prints how much was reused and how, and the largest difference of a logit, as JSON.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from app.engine import kv_pool
from app.engine import llama as adapter  # first: it keeps llama_cpp from importing numpy
from app.engine.engine_protocol import Piece
from app.engine.kv_disk_cache import DiskCache
from app.engine.kv_pool import KvPool
from app.engine.kv_sequence import KvSequence
from app.engine.memory_model import CacheType, MemoryUse
from app.engine.plan import Plan

import llama_cpp.llama_cpp as llama  # isort: skip
import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]

_CONTEXT, _BATCH, _WORDS, _MOST = 1536, 128, 300, 10
_PLAN = Plan(
    context=_CONTEXT,
    ubatch=_BATCH,
    threads=1,
    batch_threads=1,
    layers=4,
    host=MemoryUse(),
    host_room=0,
    cache=CacheType.F16,
    shares=(),
    gpu_layers=0,
    moved=(),
    repack=False,
    mmap=True,
    places=1,
)


class CountedMemory(adapter._Memory):
    """llama.cpp's memory, which counts how often tokens were shared and brought back."""

    did: ClassVar[Counter[str]] = Counter()

    def share(self, source: int, target: int, length: int) -> None:
        self.did["shared"] += 1
        super().share(source, target, length)

    def state(self, sequence: int, most: int) -> bytearray:
        short_of_memory = random.random() < 0.3
        return bytearray() if short_of_memory else super().state(sequence, most)

    def set_state(self, sequence: int, state: bytearray) -> bool:
        self.did["from memory"] += 1
        return super().set_state(sequence, state)

    def load(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        self.did["from disk"] += 1
        return super().load(sequence, path, tokens)


class Talks:
    """Conversations of random tokens, most of which begin as another does."""

    def __init__(self, path: Path, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self._engine = adapter.Llama()
        self._model = self._engine.load(path, _PLAN, lambda _: True)
        self._now = 0.0
        self._folder = folder
        self._pool = self._new_pool()
        self._running: dict[KvSequence, list[int]] = {}
        self._said: list[list[int]] = [[]]
        self._found: list[tuple[list[int], Logits]] = []
        self.did = CountedMemory.did
        self.reused = 0

    def run(self, steps: int) -> None:
        """Do something at random so many times."""
        doings = [self._join, self._join, *[self._step] * 5, self._leave, self._pause, self._later]
        for _ in range(steps):
            self._random.choice(doings)()
        while self._running:
            self._leave()
        self._pool.close()

    def worst(self) -> float:
        """Return the largest difference from reading a conversation at once."""
        worst = 0.0
        for tokens, logits in self._found:
            self._pool = self._new_pool(disk=False)
            sequence = self._pool.begin(tokens, None)
            assert sequence
            assert not sequence.tokens
            for at in range(0, len(tokens), _BATCH):
                self._decode({sequence: tokens[at : at + _BATCH]})
            worst = max(worst, float(np.max(np.abs(self._logits(0) - logits))))
            self._pool.end(sequence)
        return worst

    def _new_pool(self, *, disk: bool = True) -> KvPool:
        for number in range(_PLAN.sequences):
            self._model.memory.clear(number)
        kept = DiskCache(self._folder, "id", 1 << 30) if disk else None
        return KvPool(self._model.memory, _PLAN.sequences, _CONTEXT, kept, lambda: self._now)

    def _join(self) -> None:
        pick = self._random
        tokens = pick.choice(self._said)
        tokens = tokens[: pick.choice([len(tokens), len(tokens), pick.randint(0, len(tokens))])]
        new = pick.randint(1, pick.choice([9, _WORDS]))
        tokens = [*tokens, *(pick.randrange(100, 2000) for _ in range(new))]
        self._begin(tokens[: _CONTEXT // 2], pick.choice([None, 1, 2, 3]))

    def _begin(self, tokens: list[int], chat: int | None) -> None:
        sequence = self._pool.begin(tokens, chat)
        self.did["no room"] += sequence is None
        if sequence:
            self.reused += len(sequence.tokens)
            sequence.checkpoint()
            self._running[sequence] = tokens[len(sequence.tokens) :]

    def _step(self) -> None:
        """Decode a batch of pieces; look at the logits of prompts that end."""
        pieces, left = {}, _BATCH
        for sequence, rest in self._running.items():
            count = self._random.randint(1, left) if left else 0
            if tokens := rest[:count] if rest else [self._random.randrange(100, 2000)][:count]:
                pieces[sequence] = tokens
                left -= len(tokens)
        if not pieces or not self._pool.room(_BATCH - left):
            return self._pause() if pieces else None
        self._engine.stop(self._random.random() < 0.1)
        done = self._decode(pieces)
        self._engine.stop(False)
        self.did["aborted"] += not done
        for row, (sequence, tokens) in enumerate(pieces.items()):
            if done and len(self._found) < _MOST and self._running[sequence] == tokens:
                self._found.append(([*sequence.tokens], self._logits(row)))
                sequence.checkpoint()
            if done:
                del self._running[sequence][: len(tokens)]
        return None

    def _decode(self, pieces: dict[KvSequence, list[int]]) -> bool:
        batch = [
            Piece(sequence.number, tokens, len(sequence.tokens), draws=True)
            for sequence, tokens in pieces.items()
        ]
        done = self._model.decode(batch)
        for sequence, tokens in pieces.items():
            if done:
                sequence.add(tokens)
            else:
                sequence.aborted()
        return done

    def _logits(self, nth: int) -> Logits:
        row = [*self._model._batch.rows.values()][nth]
        found = llama.llama_get_logits_ith(self._model._context, row)
        size = self._model._samplers._size
        return np.ctypeslib.as_array(found, (size,)).copy()

    def _leave(self) -> None:
        if self._running:
            sequence = self._random.choice([*self._running])
            del self._running[sequence]
            self._said.append([*sequence.tokens])
            self._pool.end(sequence)

    def _pause(self) -> None:
        if self._running:
            sequence = self._random.choice([*self._running])
            tokens = [*sequence.tokens, *self._running.pop(sequence), 100]
            self._pool.pause(sequence)
            self._begin(tokens, sequence.chat)

    def _later(self) -> None:
        self._now += self._random.choice([10, 40])


def main(path: Path, folder: Path, seed: int, steps: int) -> None:
    adapter._Memory = CountedMemory  # type: ignore[misc]
    adapter._ggml().load_backends()
    llama.llama_log_set(adapter._log, None)
    llama.llama_backend_init()
    random.seed(seed)
    kv_pool._WORTH = 32
    talks = Talks(path, folder, seed)
    talks.run(steps)
    found = {"read": len(talks._found), "reused": talks.reused, "worst": talks.worst()}
    print(json.dumps(found | talks.did))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
