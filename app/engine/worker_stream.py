"""A command of the worker that takes several steps: an answer, or what is read ahead.

A stream waits until there is room for it, reads its prompt, draws, and ends. It may be paused in
between, and goes on as it began: its ``tokens`` are all those that its sequence has or will have,
and what the sequence lacks is decoded.
"""

from __future__ import annotations

from collections.abc import Callable

from app.base.answer_events import Prefill, Waiting
from app.base.errors import FiresideError
from app.base.types import Request
from app.engine.batch import Priority
from app.engine.engine_protocol import EngineModel, Piece
from app.engine.kv_pool import KvPool
from app.engine.kv_sequence import KvSequence
from app.engine.rendered_prompt import RenderedPrompt

_NO_TOKEN = -1


class ReadingStream:
    """A conversation that is processed ahead of its next question.

    ``batch``: how many tokens a piece has at most, and ``first`` those of the first one, so that a
    remaining time can soon be estimated.
    """

    draws = False
    """Whether its next piece is its last tokens, after which one is drawn."""
    ready = False
    """Whether a token can be drawn."""
    unparsed: int | None = None
    """A token that was drawn and not yet parsed."""
    ended = False
    fresh = False
    """Whether it reuses nothing that was processed before."""

    def __init__(
        self,
        number: int,
        request: Request,
        prompt: RenderedPrompt,
        model: EngineModel,
        send: Callable[[object], None],
        *,
        first: int,
        batch: int,
    ) -> None:
        self.number = number
        self.client = request.client
        self.priority = Priority.BACKGROUND
        self.chat = request.chat
        self.prompt = prompt
        self.tokens = [*prompt.tokens]
        self.sequence: KvSequence | None = None
        """What it grows; None while it waits or is paused."""
        self.error: FiresideError | None = None
        """Why it has ended, if it was not as wanted."""
        self.evaluated = 0
        """How many tokens of the prompt were processed, those once that had to be read again."""
        self._furthest = 0
        self._request = request
        self._model = model
        self._send = send
        self.behind: tuple[ReadingStream, int] | None = None
        """The stream that reads what it begins with, and how many tokens that are."""
        self._begun = False
        self._place = 0
        self._pool: KvPool | None = None
        self._first, self._batch = first, batch
        self._step = first
        self.goal = len(self.tokens)
        """How many tokens are read before it draws, or ends."""
        self._cuts: set[int] = set()

    # --- Waiting ---

    def wait(self, place: int) -> None:
        """Tell its place in the queue, if that is another one."""
        if not self._begun and place != self._place:
            self._place = place
            self._send(Waiting(place))

    def may_start(self) -> bool:
        """Return whether it can begin. Raises the error because of which it never can."""
        return True

    def start(self, pool: KvPool) -> bool:
        """Begin, or go on after a pause; return False if there is no room."""
        sequence = self._sequence_of(pool)
        if sequence is None:
            return False
        self.sequence, self._pool = sequence, pool
        if not self._begun:
            self._begun = True
            self._send(self.prompt.size)
        self._progress()
        if sequence.parted:
            self._cuts.add(sequence.parted)
        if self.read == self.goal:  # all is there already
            self._read()
        return True

    def follow(self, other: ReadingStream, length: int) -> None:
        """Wait until another stream has read what this one begins with."""
        self.behind = other, length

    def pause(self, pool: KvPool) -> None:
        """Give all its cells up for now."""
        assert self.sequence
        pool.pause(self.sequence)
        self.sequence = None
        self._step = self._batch
        self.goal = max(self.goal, len(self.tokens) - 1)
        self.draws = self.ready = False

    def cut_at(self, length: int) -> None:
        """Have a checkpoint made at a length that is yet to be read."""
        self._cuts.add(length)

    # --- Reading ---

    @property
    def read(self) -> int:
        """The number of its tokens that are in the cache."""
        return len(self.sequence.tokens) if self.sequence else 0

    @property
    def wants(self) -> int:
        """The most tokens that its next piece may have."""
        assert self.sequence
        done = len(self.sequence.tokens)
        if self.draws:
            return len(self.tokens) - done
        cuts = (cut for cut in self._cuts if done < cut)
        return min(self._step, min(cuts, default=self.goal) - done, self.goal - done)

    def piece(self, count: int) -> Piece:
        """Return its piece of the next batch, with that many tokens."""
        assert self.sequence
        done = len(self.sequence.tokens)
        return Piece(self.sequence.number, self.tokens[done : done + count], done, self.draws)

    def decoded(self, piece: Piece) -> None:
        """Go on after a piece was decoded."""
        assert self.sequence
        assert self._pool
        self.sequence.add(piece.tokens)
        self._count(piece)
        done = len(self.sequence.tokens)
        self._step = self._batch
        self._progress()
        if piece.start < self.prompt.opening < done:  # where other conversations will part from it
            self._pool.mark(self.sequence, self.prompt.opening)
        if done == self.goal:
            self._read()
        elif done in self._cuts:
            self.sequence.checkpoint()

    def _count(self, piece: Piece) -> None:
        """Count what a piece has of the prompt."""
        end = min(piece.start + len(piece.tokens), len(self.prompt.tokens))
        self.evaluated += max(0, end - max(piece.start, self._furthest))
        self._furthest = max(self._furthest, end)

    def draw(self) -> None:
        """Draw the next token."""

    def parse(self) -> None:
        """Parse the token that was drawn."""

    # --- The end ---

    def cancel(self) -> None:
        """End it, since it is no longer wanted."""
        self.end(None)

    def end(self, error: FiresideError | None) -> None:
        """End it, for whatever reason."""
        self.ended = True
        self.error = error

    def leave(self, pool: KvPool) -> None:
        """Return its sequence to the pool, after its end."""
        if self.sequence:
            pool.end(self.sequence)

    def _sequence_of(self, pool: KvPool) -> KvSequence | None:
        return pool.begin([*self.tokens, _NO_TOKEN], self.chat)

    def _progress(self) -> None:
        self._send(Prefill(self.read, self.goal))

    def _read(self) -> None:
        """Go on after all was read."""
        assert self.sequence
        self.sequence.checkpoint()
        self.end(None)
