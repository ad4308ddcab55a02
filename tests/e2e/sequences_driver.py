"""Several sequences in llama.cpp's batches, through `app.engine.llama` itself.

Run as a program with the path of a model and of a file, into which goes what was found, as JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.base.errors import EngineFailed
from app.base.types import Sampling
from app.engine import llama as adapter
from app.engine.engine_protocol import Piece
from app.engine.overrides import Overrides
from app.engine.plan import Plan, propose
from app.engine.probe import Devices, Machine, model
from app.engine.sampler_chain import WHERE

BATCH, CONTEXT, SEQUENCES = 256, 4096, 9
HOT = Sampling(temperature=4, min_p=0.0001, seed=7)  # the demo model is sure of what it says
GREEDY = Sampling(temperature=0)
_DRAWN = 12

Logits = npt.NDArray[np.float32]


def text(seed: int, count: int) -> list[int]:
    """Return tokens of text, as far as random ones are."""
    chance = random.Random(seed)
    return [chance.randrange(0, 1000) for _ in range(count)]


PROMPTS = [text(seed, count) for seed, count in enumerate((300, 180, 420, 150))]


def load(path: Path, context: int = CONTEXT) -> tuple[adapter.Llama, Any]:
    """Return an engine and a model that has been loaded."""
    machine = Machine(1 << 40, 1 << 40, 2, Devices(features=adapter.Llama().devices().features))
    plan: Plan = propose(model(path), machine, Overrides(context=context))
    plan = replace(plan, ubatch=BATCH, places=(SEQUENCES - 1) // 2)
    engine = adapter.Llama()
    return engine, engine.load(path, plan, lambda _: True)


def logits(loaded: Any, sequence: int) -> Logits:
    """Return the logits from which a sequence draws."""
    samplers = loaded._samplers
    row = samplers.rows[sequence]
    found = samplers.llama.llama_get_logits_ith(samplers.context, row)
    return np.frombuffer(ctypes.string_at(found, 4 * samplers._size), np.float32)


def read(loaded: Any, sequence: int, tokens: Sequence[int], start: int = 0) -> None:
    """Decode a prompt alone; its last token draws."""
    end = start + len(tokens)
    for at in range(start, end, BATCH):
        piece = tokens[at - start : at - start + BATCH]
        assert loaded.decode([Piece(sequence, piece, at, at + len(piece) == end)])


def clear(loaded: Any) -> None:
    for sequence in range(SEQUENCES):
        loaded.memory.clear(sequence)


def alone(loaded: Any, prompt: Sequence[int], drawn: Sequence[int] | None) -> list[Logits]:
    """Return the logits after a prompt and after each token that follows."""
    clear(loaded)
    read(loaded, 0, prompt)
    found = [logits(loaded, 0)]
    for nth in range(_DRAWN):
        token = drawn[nth] if drawn else int(found[-1].argmax())
        assert loaded.decode([Piece(0, [token], len(prompt) + nth, draws=True)])
        found.append(logits(loaded, 0))
    return found


def off(found: Sequence[Logits], expected: Sequence[Logits]) -> float:
    assert len(found) == len(expected)
    return max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))


def batched(loaded: Any, count: int) -> float:
    """Return how far logits are off if several read and draw in the same batches.

    They join one after the other: each prompt is read in pieces between the tokens of others.
    """
    prompts = PROMPTS[:count]
    expected = [alone(loaded, prompt, None) for prompt in prompts]
    clear(loaded)
    done = [0] * count
    found: list[list[Logits]] = [[] for _ in prompts]
    while any(len(each) <= _DRAWN for each in found):
        pieces, reads = [], False
        for n, prompt in enumerate(prompts):
            at, end = done[n], len(prompt)
            if at < end and not reads:
                tokens, reads = prompt[at : at + 64], True
            elif at >= end and len(found[n]) <= _DRAWN:
                tokens = [int(expected[n][at - end].argmax())]
            else:
                continue
            done[n] += len(tokens)
            # Any sequence will do, and their order in the batch is not that of their numbers.
            pieces.append(Piece(2 * (count - n), tokens, at, done[n] >= end))
        assert loaded.decode(pieces)
        for piece in pieces:
            if piece.draws:
                found[count - piece.sequence // 2].append(logits(loaded, piece.sequence))
    return max(off(each, its) for each, its in zip(found, expected, strict=True))


def aborted(engine: adapter.Llama, loaded: Any) -> dict[str, Any]:
    """Return what is left of a batch that was stopped, and how far off its second try is."""
    expected = [alone(loaded, prompt, None) for prompt in PROMPTS[:3]]
    clear(loaded)
    for n, prompt in enumerate(PROMPTS[:3]):
        read(loaded, n, prompt)
    memory = loaded.memory._memory
    ends = [adapter.llama.llama_memory_seq_pos_max(memory, n) for n in range(4)]  # type: ignore[attr-defined]
    pieces = [Piece(n, [int(expected[n][0].argmax())], len(PROMPTS[n]), True) for n in range(3)]
    pieces.append(Piece(3, PROMPTS[3], 0, True))
    engine.stop(True)
    done = loaded.decode(pieces)
    engine.stop(False)
    rows = dict(loaded._samplers.rows)
    after = [adapter.llama.llama_memory_seq_pos_max(memory, n) for n in range(4)]  # type: ignore[attr-defined]
    assert loaded.decode(pieces)
    again = [logits(loaded, n) for n in range(3)]
    return {
        "done": done,
        "rows": rows,
        "before": ends,
        "after": after,
        "off": off(again, [each[1] for each in expected]),
    }


def forked(loaded: Any, *, busy: bool) -> dict[str, float]:
    """Return how far off two conversations are that share a beginning.

    ``busy``: the first one goes on meanwhile, far beyond the window.
    """
    shared, other = PROMPTS[2][:200], PROMPTS[1]
    expected = alone(loaded, [*shared, *other], None)
    first = alone(loaded, PROMPTS[2], None)
    clear(loaded)
    memory = loaded.memory
    read(loaded, 0, shared)
    window = memory.window_state(0)
    read(loaded, 0, PROMPTS[2][200:], 200)
    found = [logits(loaded, 0)]
    memory.share(0, 5, 200)
    fits = memory.set_window(5, window)
    for at in range(0, len(other), 64):
        piece = other[at : at + 64]
        pieces = [Piece(5, piece, 200 + at, at + 64 >= len(other))]
        if busy and at < 64 * _DRAWN and len(found) <= _DRAWN:
            token = int(first[len(found) - 1].argmax())
            pieces.append(Piece(0, [token], len(PROMPTS[2]) + len(found) - 1, True))
        assert loaded.decode(pieces)
        if len(pieces) > 1:
            found.append(logits(loaded, 0))
    began = [logits(loaded, 5)]
    memory.clear(0)  # what was shared stays with the other
    state = memory.state(5, 1 << 40)
    for nth in range(_DRAWN):
        token = int(expected[nth].argmax())
        assert loaded.decode([Piece(5, [token], 200 + len(other) + nth, True)])
        began.append(logits(loaded, 5))
    memory.clear(5)
    assert memory.set_state(3, state)
    token = int(expected[0].argmax())
    assert loaded.decode([Piece(3, [token], 200 + len(other), True)])
    return {
        "fits": fits,
        "source": off(found, first[: len(found)]),
        "fork": off(began, expected),
        "state": off([logits(loaded, 3)], expected[1:2]),
    }


def overfull(path: Path) -> str:
    """Return the error of a batch for which there is no room."""
    _, loaded = load(path, 512)
    read(loaded, 0, text(1, 500))
    try:
        loaded.decode([Piece(1, text(2, 100), 0, True)])
    except EngineFailed as error:
        text_of = str(error.args[0])
    assert loaded.decode([Piece(0, [5], 500, True)])  # the other goes on
    loaded.close()
    return text_of


class Among:
    """A mask that allows every ``nth`` token."""

    def __init__(self, size: int, nth: int) -> None:
        self._nth = nth
        self._allowed = bytes(token % nth == 0 for token in range(size))
        self.taken: list[int] = []

    def accepts(self, tokens: Sequence[int]) -> bool:
        return not any(token % self._nth for token in tokens)

    def take(self, token: int) -> None:
        self.taken.append(token)

    def allowed(self) -> bytes:
        return self._allowed


Kind = tuple[Sampling, int]
"""How tokens are drawn, and every how manieth may be; 0 if there is no mask."""
KINDS: tuple[Kind, ...] = ((HOT, 0), (GREEDY, 7), (replace(HOT, seed=8), 0), (GREEDY, 3))


def drawn_alone(loaded: Any, n: int, kind: Kind) -> list[int]:
    clear(loaded)
    sampling, nth = kind
    mask = Among(loaded._samplers._size, nth) if nth else None
    sampler = loaded.sampler(sampling, 0, mask)
    read(loaded, 0, PROMPTS[n])
    drawn = [sampler.sample()]
    while len(drawn) < _DRAWN:
        assert loaded.decode([Piece(0, drawn[-1:], len(PROMPTS[n]) + len(drawn) - 1, True)])
        drawn.append(sampler.sample())
    sampler.close()
    assert mask is None or mask.taken == drawn
    return drawn


def drawn_together(
    engine: adapter.Llama, loaded: Any, expected: list[list[int]]
) -> list[list[int]]:
    """Draw with all kinds at a time; steps are stopped and repeated, and one is moved twice.

    What was expected goes on, so that where rounding makes another token, the next are no others.
    """
    clear(loaded)
    at = [1, 3, 5, 7]
    masks = [Among(loaded._samplers._size, nth) if nth else None for _, nth in KINDS]
    samplers = [
        loaded.sampler(kind[0], sequence, mask)
        for kind, sequence, mask in zip(KINDS, at, masks, strict=True)
    ]
    for n, prompt in enumerate(PROMPTS):  # each leaves its first token to be drawn by and by
        read(loaded, at[n], prompt[:-1])
    drawn: list[list[int]] = [[] for _ in KINDS]
    found: list[list[int]] = [[] for _ in KINDS]
    for step in range(_DRAWN):
        if step in (3, 6):  # in place of the first comes another answer, and it goes on elsewhere
            all_of_it = [*PROMPTS[0], *drawn[0]]
            loaded.memory.clear(at[0])
            other = loaded.sampler(HOT, at[0])
            read(loaded, at[0], PROMPTS[1])
            other.sample()
            other.close()
            loaded.memory.clear(at[0])
            at[0] = 2 * at[0]
            samplers[0].move(at[0])
            read(loaded, at[0], all_of_it[:-1])
        pieces = [
            Piece(at[n], [[*prompt, *drawn[n]][-1]], len(prompt) + len(drawn[n]) - 1, True)
            for n, prompt in enumerate(PROMPTS)
        ]
        if step % 4 == 1:
            engine.stop(True)
            assert not loaded.decode(pieces)
            engine.stop(False)
        assert loaded.decode(pieces)
        for n, sampler in enumerate(samplers):
            found[n].append(sampler.sample())
            drawn[n].append(expected[n][step])
    for sampler in samplers:
        sampler.close()
    return found


def main(path: Path, into: Path) -> None:
    adapter.llama.llama_log_set(adapter._log, None)  # type: ignore[attr-defined]
    adapter._ggml().load_backends()
    adapter.llama.llama_backend_init()  # type: ignore[attr-defined]
    found: dict[str, Any] = {"no room": overfull(path)}
    os.environ[WHERE] = "cpu"
    engine, loaded = load(path)
    found["two"], found["four"] = batched(loaded, 2), batched(loaded, 4)
    found["aborted"] = aborted(engine, loaded)
    found["fork"] = forked(loaded, busy=False)
    found["busy fork"] = forked(loaded, busy=True)
    found["alone"] = [drawn_alone(loaded, n, kind) for n, kind in enumerate(KINDS)]
    found["cpu"] = drawn_together(engine, loaded, found["alone"])
    os.environ[WHERE] = "device"
    engine, loaded = load(path)
    found["device"] = drawn_together(engine, loaded, found["alone"])
    found["alone on the device"] = [drawn_alone(loaded, n, kind) for n, kind in enumerate(KINDS)]
    into.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
