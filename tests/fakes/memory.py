"""A KV cache that behaves as llama.cpp's unified one for a model with windowed layers."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.engine.engine_protocol import Piece

Past = tuple[int, ...]


@dataclass(slots=True)
class _Cell:
    """A token at a position. ``past`` stands for it and all tokens that were before it."""

    position: int
    token: int
    past: bytes
    owners: set[int] = field(default_factory=set)


class _Cells:
    """The cells of the layers of one kind: find_slot, apply_ubatch, seq_rm and seq_cp.

    ``window``: how many tokens these layers see, 0 for all.
    """

    def __init__(self, size: int, window: int) -> None:
        self.size = size
        self.used = 0
        self._window = window
        self._cells: list[_Cell | None] = [None] * size
        self._head = 0
        self._of: dict[int, dict[int, int]] = {}  # by sequence and position

    def of(self, sequence: int) -> dict[int, int]:
        return self._of.setdefault(sequence, {})

    def at(self, sequence: int, position: int) -> _Cell | None:
        index = self.of(sequence).get(position)
        return None if index is None else self._cells[index]

    def held(self, sequence: int) -> list[_Cell]:
        """Return a sequence's cells in order."""
        found = [self._cells[index] for _, index in sorted(self.of(sequence).items())]
        return [cell for cell in found if cell]

    def find(self, count: int) -> list[int]:
        """Return cells that may be used; fewer than ``count`` if there are not enough."""
        at = 0 if self._head > self.used + 2 * count else self._head
        newest = {sequence: max(held) for sequence, held in self._of.items() if held}
        found: list[int] = []
        for step in range(self.size):
            if len(found) == count:
                break
            index = (at + step) % self.size
            cell = self._cells[index]
            if cell is None or self._is_masked(cell, newest):
                found.append(index)
        return found

    def put(self, indexes: Iterable[int], sequence: int, cells: Iterable[_Cell]) -> None:
        """Fill the cells that were found."""
        gone: dict[int, int] = {}
        last = -1
        for index, cell in zip(indexes, cells, strict=True):
            if old := self._cells[index]:
                (owner,) = old.owners
                gone[owner] = max(gone.get(owner, -1), old.position)
                del self._of[owner][old.position]
                self.used -= 1
            self._cells[index] = _Cell(cell.position, cell.token, cell.past, {sequence})
            self.of(sequence)[cell.position] = index
            self.used += 1
            last = index
        for owner, position in gone.items():  # what is held has no holes
            self._remove(owner, [at for at in self.of(owner) if at <= position])
        self._head = last + 1

    def cut(self, sequence: int, length: int) -> None:
        self._remove(sequence, [at for at in self.of(sequence) if at >= length])

    def share(self, source: int, target: int, length: int) -> None:
        assert not self.of(target)
        for at, index in self.of(source).items():
            cell = self._cells[index]
            if at < length and cell:
                cell.owners.add(target)
                self.of(target)[at] = index

    def reset(self) -> None:
        assert not self.used
        self._head = 0

    def _is_masked(self, cell: _Cell, newest: dict[int, int]) -> bool:
        if not self._window or len(cell.owners) > 1:
            return False
        (owner,) = cell.owners
        return newest[owner] + 1 - cell.position >= self._window

    def _remove(self, sequence: int, positions: Iterable[int]) -> None:
        freed = []
        for at in positions:
            index = self.of(sequence).pop(at)
            cell = self._cells[index]
            assert cell
            cell.owners.remove(sequence)
            if not cell.owners:
                self._cells[index] = None
                self.used -= 1
                freed.append(index)
        self._head = min([*freed, self._head])


class FakeMemory:
    """A fake KV cache in which every second layer holds only a window of the tokens.

    ``size``: the cells of the layers that hold all of them; sequences share them. The windows of
    all ``sequences`` and a batch have room in the others; what no next token sees is overwritten
    when a cell is needed. ``wrong`` collects every token that was decoded without its whole past,
    or after another one; llama.cpp itself would not notice.
    """

    def __init__(
        self, window: int = 4, batch: int = 6, sequences: int = 1, size: int = 100_000
    ) -> None:
        self.window = window
        self.batch = batch
        self.sequences = sequences
        self.wrong: list[Past] = []
        self.loses_windows = False
        self.loses_states = False
        self._full = _Cells(size, 0)
        self._windowed = _Cells(min(size, window * sequences + batch), window)

    @property
    def used(self) -> int:
        """The number of cells in use in the layers that hold all tokens."""
        return self._full.used

    def tokens(self, sequence: int = 0) -> list[int]:
        return [cell.token for cell in self._full.held(sequence)]

    def decode(self, pieces: Sequence[Piece], *, aborts: bool = False) -> bool:
        """Decode a batch as llama.cpp does."""
        count = sum(len(piece.tokens) for piece in pieces)
        assert 0 < count <= self.batch
        assert len({piece.sequence for piece in pieces}) == len(pieces)
        full, windowed = self._full.find(count), self._windowed.find(count)
        assert len(full) == count, "no room for a batch: llama_decode returns 1"
        assert len(windowed) == count, "no room for a batch's window: llama_decode returns 1"
        at = 0
        for piece in pieces:
            assert piece.tokens
            assert 0 <= piece.sequence < self.sequences
            assert piece.start == len(self._full.of(piece.sequence)), "positions have to follow"
            cells = self._continued(piece)
            end = at + len(cells)
            self._full.put(full[at:end], piece.sequence, cells)
            self._windowed.put(windowed[at:end], piece.sequence, cells)
            at = end
        for piece in pieces:
            self._look(piece)
        for piece in pieces if aborts else ():
            self.cut(piece.sequence, piece.start)
        return not aborts

    def oldest(self, sequence: int) -> int:
        return min(self._windowed.of(sequence), default=-1)

    def cut(self, sequence: int, length: int) -> bool:
        self._full.cut(sequence, length)
        self._windowed.cut(sequence, length)
        return True  # even if the window is incomplete

    def clear(self, sequence: int) -> None:
        self.cut(sequence, 0)
        if not self._full.used:
            self._full.reset()
            self._windowed.reset()

    def share(self, source: int, target: int, length: int) -> None:
        assert 0 < length <= len(self._full.of(source))
        self._full.share(source, target, length)
        self._windowed.share(source, target, length)

    def window_state(self, sequence: int) -> bytes:
        return pickle.dumps(_plain(self._windowed.held(sequence)[-self.window :]))

    def set_window(self, sequence: int, state: bytes) -> bool:
        self._windowed.cut(sequence, 0)
        return not self.loses_windows and _fill(self._windowed, sequence, pickle.loads(state))

    def state(self, sequence: int, most: int) -> bytearray:
        if self.loses_states:
            return bytearray()
        full = _plain(self._full.held(sequence))
        state = bytearray(pickle.dumps((full, self.window_state(sequence))))
        return state if len(state) <= most else bytearray()

    def set_state(self, sequence: int, state: bytearray) -> bool:
        self.clear(sequence)
        full, window = pickle.loads(state)
        if _fill(self._full, sequence, full) and self.set_window(sequence, window):
            return True
        self.clear(sequence)
        return False

    def save(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        assert self.tokens(sequence) == list(tokens)
        full = _plain(self._full.held(sequence))
        path.write_bytes(pickle.dumps((full, self.window_state(sequence))))
        return True

    def load(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        self.clear(sequence)
        try:
            state = path.read_bytes()
        except FileNotFoundError:  # llama.cpp reports it in the same way: room was made meanwhile
            return False
        if [token for _, token, _ in pickle.loads(state)[0]] != list(tokens):
            return False
        return self.set_state(sequence, bytearray(state))

    def _continued(self, piece: Piece) -> list[_Cell]:
        """Return the cells of a piece's tokens."""
        before = self._full.at(piece.sequence, piece.start - 1)
        past, cells = before.past if before else b"", []
        for at, token in enumerate(piece.tokens, piece.start):
            past = _after(past, token)
            cells.append(_Cell(at, token, past))
        return cells

    def _look(self, piece: Piece) -> None:
        """Note the tokens of a piece that did not see what they should."""
        for at in range(piece.start, piece.start + len(piece.tokens)):
            for before in range(max(0, at - self.window + 1), at + 1):
                windowed = self._windowed.at(piece.sequence, before)
                full = self._full.at(piece.sequence, before)
                if windowed is None or full is None or windowed.past != full.past:
                    self.wrong.append(tuple(self.tokens(piece.sequence)[: at + 1]))
                    break


Plain = list[tuple[int, int, bytes]]


def _plain(cells: Iterable[_Cell]) -> Plain:
    return [(cell.position, cell.token, cell.past) for cell in cells]


def _fill(cells: _Cells, sequence: int, plain: Plain) -> bool:
    """Give a sequence that is empty the cells of a state; return whether there was room."""
    found = cells.find(len(plain))
    if len(found) < len(plain):
        return False
    cells.put(found, sequence, [_Cell(*each) for each in plain])
    return True


def _after(past: bytes, token: int) -> bytes:
    return hashlib.blake2b(past + token.to_bytes(8, "little", signed=True), digest_size=8).digest()
