"""A llama.cpp whose model is a function of the cells that a sequence sees.

A cell's value is a hash of all tokens before it, as real cells depend on them; a token is drawn by
the value of the last one. So an answer is another one if any cell of its sequence is missing, wrong
or of another sequence. `draw` alone, on a list of tokens, says what the answer must be.

The cells are found, shared and used again as llama.cpp does it (llama-kv-cache.cpp, find_slot and
apply_ubatch): layers that keep all have ``size`` cells for all sequences together; those of a
window use cells again that only one sequence has and does not see any more.
"""

from __future__ import annotations

import pickle
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from app.base.errors import EngineFailed
from app.base.types import Sampling
from app.engine.engine_protocol import Piece, TokenMask
from app.engine.plan import Plan
from app.engine.probe import Devices, Speeds
from app.formats import ChatFormat
from tests.fakes.engine import FORMAT, VOCABULARY

CANARY = re.compile(rb"kq(\d+)z\d+k")
WINDOW = 16
BATCH = 128
_START = 17  # the value before the first token
_LETTERS = b"abcdefgh ijklmno"
_FARTHEST = 400  # tokens back to the last control token


def chained(value: int, tokens: Sequence[int]) -> Iterator[int]:
    """Yield the values of the cells of further tokens."""
    for token in tokens:
        value = hash((value, token))
        yield value


class Seen(Protocol):
    """What a sequence sees: tokens and values by position."""

    def __len__(self) -> int: ...
    def token(self, at: int) -> int: ...
    def value(self, at: int) -> int: ...


class PlainSequence:
    """A sequence that was read by itself."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens: list[int] = []
        self._values: list[int] = []
        self.add(tokens)

    def add(self, tokens: Sequence[int]) -> None:
        self._values += chained(self._values[-1] if self._values else _START, tokens)
        self.tokens += tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def token(self, at: int) -> int:
        return self.tokens[at]

    def value(self, at: int) -> int:
        return self._values[at]


def draw(seen: Seen) -> int:
    """Return the next token: Harmony with words, calls and quotes of what was read."""
    v = VOCABULARY
    controls = {v.start, v.channel, v.message, v.end, v.constrain, *v.stops}
    end = len(seen)
    farthest = max(-1, end - _FARTHEST)
    at = next((i for i in range(end - 1, farthest, -1) if seen.token(i) in controls), -1)
    if at < 0:
        return v.end
    kind, since = seen.token(at), bytes(seen.token(i) & 255 for i in range(at + 1, end))
    if kind == v.start:
        return _spelled(b"assistant", since, v.channel)
    if kind == v.channel:
        return _spelled(_channel(seen, at), since, v.message)
    if kind == v.message:
        return _within(seen, at, since)
    return v.start if kind == v.end else min(v.stops)


def _spelled(word: bytes, since: bytes, then: int) -> int:
    return word[len(since)] if len(since) < len(word) else then


def _channel(seen: Seen, at: int) -> bytes:
    choice = seen.value(at) % 5
    if choice == 0:
        return b"analysis"
    opening = bytes(seen.token(i) & 255 for i in range(min(at, 1500)))
    calls = choice in (1, 2) and b"namespace functions" in opening
    return b"commentary to=functions.f" if calls else b"final"


def _within(seen: Seen, at: int, since: bytes) -> int:
    """Return the next token of a message, which began at the control token at ``at``."""
    v = VOCABULARY
    begun = next((i for i in range(at - 1, max(-1, at - 100), -1) if seen.token(i) > 255), -1)
    header = bytes(seen.token(i) & 255 for i in range(begun + 1, at))
    chosen = seen.value(at)
    if len(since) >= 3 + chosen % 41:
        if b"to=" in header:
            return v.call
        return v.end if header.startswith(b"analysis") else max(v.stops - {v.call})
    if chosen % 3 == 0:  # quotes what it was told, from anywhere
        quoted = seen.token(chosen // 7 % at + len(since))
        return quoted if 32 <= quoted < 127 else ord("x")
    return _LETTERS[seen.value(len(seen) - 1) % len(_LETTERS)]


class _Cell:
    """A token in the layers that keep all; ``holders``: how many sequences have it."""

    __slots__ = ("holders", "token", "value")

    def __init__(self, token: int, value: int) -> None:
        self.token, self.value, self.holders = token, value, 1


class _WindowCell:
    __slots__ = ("at", "holders", "value")

    def __init__(self, at: int, value: int, holder: int) -> None:
        self.at, self.value, self.holders = at, value, {holder}


class _Sequence:
    """What a sequence has: its cells, and those of the window by position."""

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self.window: dict[int, _WindowCell] = {}

    def __len__(self) -> int:
        return len(self.cells)

    def token(self, at: int) -> int:
        return self.cells[at].token

    def value(self, at: int) -> int:
        return self.cells[at].value


class ScriptedMemory:
    """The cells of all sequences, as `app.engine.engine_protocol.KvMemory`.

    ``faults`` says what llama.cpp would not have noticed, or would have ended for.
    """

    window = WINDOW

    def __init__(self, size: int, sequences: int, faults: list[str]) -> None:
        self.size = size
        self.used = 0
        self.faults = faults
        self.sequences = [_Sequence() for _ in range(sequences)]
        most = -(-(WINDOW * sequences + BATCH) // 64) * 64
        self._slots: list[_WindowCell | None] = [None] * most
        self._head = 0

    # --- What llama_decode does ---------------------------------------------------------------

    def decode(self, pieces: Sequence[Piece], *, aborts: bool) -> None:
        """Decode a batch; if it ``aborts``, its cells are gone again."""
        count = sum(len(piece.tokens) for piece in pieces)
        if self.used + count > self.size:
            self._fail(f"{self.used} of {self.size} cells are used, {count} more do not fit")
        slots = self._find(count)
        at = 0
        for piece in pieces:
            at = self._add(piece, slots, at)
        if aborts:
            for piece in pieces:
                self._remove(piece.sequence, piece.start)

    def _fail(self, fault: str) -> None:
        self.faults.append(fault)
        raise EngineFailed(fault)

    def _add(self, piece: Piece, slots: Sequence[int], at: int) -> int:
        number, held = piece.sequence, self.sequences[piece.sequence]
        if piece.start != len(held) or (held.window and max(held.window) + 1 != piece.start):
            last = max(held.window, default=None)
            self._fail(f"sequence {number}: {len(held)} cells to {last}, goes on at {piece.start}")
        needed = range(max(0, piece.start - WINDOW + 1), piece.start)
        lost = [i for i in needed if i not in held.window]
        other = [i for i in needed if i in held.window and held.window[i].value != held.value(i)]
        if lost or other:
            self.faults.append(f"sequence {number} at {piece.start}: lost {lost}, other {other}")
        before = held.value(piece.start - 1) if piece.start else _START
        if lost or other:
            before = hash((before, *lost, *other))
        for token, value in zip(piece.tokens, chained(before, piece.tokens), strict=True):
            self._put(slots[at], _WindowCell(len(held), value, number))
            held.cells.append(_Cell(token, value))
            at += 1
        self.used += len(piece.tokens)
        return at

    def _find(self, count: int) -> list[int]:
        """Return slots for so many tokens, from the last one on, as find_slot does."""
        found: list[int] = []
        used = sum(slot is not None for slot in self._slots)
        head = 0 if self._head > used + 2 * count else self._head
        for _ in range(len(self._slots)):
            if len(found) == count:
                break
            if self._usable(self._slots[head % len(self._slots)]):
                found.append(head % len(self._slots))
            head += 1
        if len(found) < count:
            self._fail(f"no slots of the window for {count} tokens")
        for at in found:
            if old := self._slots[at]:  # with all before it, so that there are no gaps
                (holder,) = old.holders
                self._drop_window(holder, range(old.at + 1))
        self._head = head
        return found

    def _usable(self, cell: _WindowCell | None) -> bool:
        if cell is None:
            return True
        if len(cell.holders) > 1:
            return False
        (holder,) = cell.holders
        return max(self.sequences[holder].window) + 1 - cell.at >= WINDOW

    def _put(self, slot: int, cell: _WindowCell) -> None:
        self._slots[slot] = cell
        for holder in cell.holders:
            self.sequences[holder].window[cell.at] = cell

    def _drop_window(self, number: int, positions: Iterator[int] | range) -> None:
        held = self.sequences[number].window
        for at in [at for at in held if at in positions]:
            cell = held.pop(at)
            cell.holders.discard(number)
            if not cell.holders:
                self._slots[self._slots.index(cell)] = None

    def _remove(self, number: int, start: int) -> None:
        held = self.sequences[number]
        for cell in held.cells[start:]:
            cell.holders -= 1
            self.used -= not cell.holders
        del held.cells[start:]
        self._drop_window(number, range(start, start + self.size + BATCH))

    # --- `KvMemory` ---------------------------------------------------------------------------

    def oldest(self, sequence: int) -> int:
        return min(self.sequences[sequence].window, default=-1)

    def cut(self, sequence: int, length: int) -> bool:
        self._remove(sequence, length)
        return True  # even if the window is incomplete

    def clear(self, sequence: int) -> None:
        self._remove(sequence, 0)

    def share(self, source: int, target: int, length: int) -> None:
        if self.sequences[target].cells or self.sequences[target].window:
            self.faults.append(f"shared with sequence {target}, which is not empty")
        held = self.sequences[source]
        self.sequences[target].cells = held.cells[:length]
        for cell in held.cells[:length]:
            cell.holders += 1
        for at, seen in held.window.items():
            if at < length:
                seen.holders.add(target)
                self.sequences[target].window[at] = seen

    def window_state(self, sequence: int) -> bytes:
        held = self.sequences[sequence].window
        last = sorted(held)[-WINDOW:]
        return pickle.dumps([(at, held[at].value) for at in last])

    def set_window(self, sequence: int, state: bytes) -> bool:
        self._drop_window(sequence, range(1 << 30))
        cells = pickle.loads(state)
        for slot, (at, value) in zip(self._find(len(cells)), cells, strict=True):
            self._put(slot, _WindowCell(at, value, sequence))
        return True

    def state(self, sequence: int, most: int) -> bytearray:
        cells = [(cell.token, cell.value) for cell in self.sequences[sequence].cells]
        state = bytearray(pickle.dumps((cells, self.window_state(sequence))))
        return state if len(state) <= most else bytearray()

    def set_state(self, sequence: int, state: bytearray) -> bool:
        self.clear(sequence)
        cells, window = pickle.loads(state)
        if self.used + len(cells) > self.size:
            self.faults.append(f"{len(cells)} cells brought back beside {self.used}")
            return False
        self.sequences[sequence].cells = [_Cell(token, value) for token, value in cells]
        self.used += len(cells)
        return self.set_window(sequence, window)

    def save(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        if [cell.token for cell in self.sequences[sequence].cells] != list(tokens):
            self.faults.append(f"sequence {sequence} saved with other tokens")
        path.write_bytes(self.state(sequence, 1 << 30))
        return True

    def load(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        self.clear(sequence)
        try:
            cells, _ = state = pickle.loads(path.read_bytes())
        except FileNotFoundError:
            return False
        if [token for token, _ in cells] != list(tokens) or self.used + len(cells) > self.size:
            return False
        return self.set_state(sequence, bytearray(pickle.dumps(state)))


class ScriptedSampler:
    """Draws the tokens of one sequence, those that a mask allows."""

    def __init__(
        self, model: ScriptedModel, sampling: Sampling, sequence: int, mask: TokenMask | None
    ) -> None:
        self.seed = random.getrandbits(32) if sampling.seed is None else sampling.seed
        self.sequence = sequence
        self._model = model
        self._mask = mask

    def sample(self) -> int:
        token = self._model.drawn(self)
        if self._mask:
            token = fitting(token, self._mask)
            self._mask.take(token)
        return token

    def move(self, sequence: int) -> None:
        self._model.put(self, sequence)

    def close(self) -> None:
        if self not in self._model.open:
            self._model.faults.append(f"a sampler of sequence {self.sequence} was closed twice")
        self._model.open.discard(self)


def fitting(token: int, mask: TokenMask) -> int:
    """Return a token, or the one that comes instead where it may not come next."""
    if mask.accepts([token]):
        return token
    tokens = [other for other, may in enumerate(mask.allowed()) if may]
    return tokens[token % len(tokens)]


class ScriptedModel:
    """A model; ``on_decode`` is called within each batch."""

    batch = BATCH

    def __init__(self, engine: ScriptedEngine, plan: Plan) -> None:
        self.size = plan.context
        self.sequences = plan.sequences
        self.format: ChatFormat = FORMAT
        self.asynchronous = engine.asynchronous
        self.faults = engine.faults
        self.memory = ScriptedMemory(self.size, self.sequences, engine.faults)
        self.samplers: dict[int, ScriptedSampler] = {}
        """The last one of each sequence."""
        self.open: set[ScriptedSampler] = set()
        self._engine = engine
        self._ready: set[int] = set()
        """The sequences whose next token can be drawn."""

    def decode(self, pieces: Sequence[Piece]) -> bool:
        numbers = [piece.sequence for piece in pieces]
        count = sum(len(piece.tokens) for piece in pieces)
        if len(set(numbers)) < len(numbers) or not all(len(piece.tokens) for piece in pieces):
            self.faults.append(f"not a batch: {pieces}")
        if count > BATCH:
            self.faults.append(f"a batch of {count} tokens")
        has = {number for number, sampler in self.samplers.items() if sampler in self.open}
        if without := {piece.sequence for piece in pieces if piece.draws} - has:
            self.faults.append(f"no samplers yet for the sequences {without}")
        self._ready = set()
        self._engine.on_decode(pieces)
        aborts = self._engine.stopped and not self.asynchronous
        self.memory.decode(pieces, aborts=aborts)
        if not aborts:
            self._ready = {piece.sequence for piece in pieces if piece.draws}
        return not aborts

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> ScriptedSampler:
        made = ScriptedSampler(self, sampling, sequence, mask)
        self.open.add(made)
        self.put(made, sequence)
        return made

    def put(self, sampler: ScriptedSampler, sequence: int) -> None:
        """Let a sampler draw for a sequence, instead of one that was paused there."""
        if self.samplers.get(sampler.sequence) is sampler:
            del self.samplers[sampler.sequence]
        sampler.sequence = sequence
        self.samplers[sequence] = sampler

    def drawn(self, sampler: ScriptedSampler) -> int:
        sequence = sampler.sequence
        if (
            self.samplers.get(sequence) is not sampler
            or sequence not in self._ready
            or sampler not in self.open
        ):
            self.faults.append(f"drawn from sequence {sequence}, which has no logits")
        self._ready.discard(sequence)
        held = self.memory.sequences[sequence]
        text = bytes(cell.token if cell.token < 256 else 0 for cell in held.cells)
        if len(chats := set(CANARY.findall(text))) > 1:
            self.faults.append(f"sequence {sequence} has words of the chats {chats}")
        return draw(held)


class ScriptedEngine:
    """An `Engine` with such a model; ``faults`` collects what must not happen."""

    version = "scripted 1"

    def __init__(self, *, asynchronous: bool = False) -> None:
        self.asynchronous = asynchronous
        self.faults: list[str] = []
        self.stopped = False
        self.model: ScriptedModel | None = None
        self.on_decode: Callable[[Sequence[Piece]], Any] = lambda pieces: None

    def devices(self) -> Devices:
        return Devices(version="scripted")

    def measure(self) -> Iterator[Speeds]:
        yield Speeds()

    def load(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> ScriptedModel:
        progress(1.0)
        self.model = ScriptedModel(self, plan)
        return self.model

    def stop(self, stopped: bool) -> None:
        self.stopped = stopped
