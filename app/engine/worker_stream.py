"""A command of the worker that takes several steps: an answer, or what is read ahead.

A stream waits until there is room for it, reads its prompt, draws, and ends. It may be paused in
between, and goes on as it began: its ``tokens`` are all those that its sequence has or will have,
and what the sequence lacks is decoded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from app.base.errors import AnswerEndless, Cancelled, FiresideError
from app.base.types import Done, Prefill, Request, Stats, StopReason, Waiting
from app.engine.batch import Priority
from app.engine.delta_wire import pack
from app.engine.engine_protocol import EngineModel, Piece, Sampler, TokenMask
from app.engine.generation import LOOK, REPEATED, Generation, repeats
from app.engine.kv_pool import KvPool
from app.engine.kv_sequence import KvSequence
from app.engine.rendered_prompt import RenderedPrompt
from app.engine.reply_header import reply_header

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
        self.priority = priority(request)
        self.chat = request.chat
        self.prompt = prompt
        self.tokens = [*prompt.tokens]
        self.sequence: KvSequence | None = None
        """What it grows; None while it waits or is paused."""
        self.error: FiresideError | None = None
        """Why it has ended, if it was not as wanted."""
        self.evaluated = 0
        self._request = request
        self._model = model
        self._send = send
        self.behind: tuple[ReadingStream, int] | None = None
        """The stream that reads what it begins with, and how many tokens that are."""
        self._begun = False
        self._place = 0
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

    def start(self, pool: KvPool) -> bool:
        """Begin, or go on after a pause; return False if there is no room."""
        sequence = self._sequence_of(pool)
        if sequence is None:
            return False
        self.sequence = sequence
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
        """How many of its tokens are in the cache."""
        return len(self.sequence.tokens) if self.sequence else 0

    @property
    def wants(self) -> int:
        """How many tokens its next piece may have at most."""
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
        self.sequence.add(piece.tokens)
        self.evaluated += len(piece.tokens)
        done = len(self.sequence.tokens)
        self._step = self._batch
        self._progress()
        if done == self.goal:
            self._read()
        elif done in self._cuts:
            self.sequence.checkpoint()

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


class AnswerStream(ReadingStream):
    """An answer to a request.

    ``hurried`` says whether a stream is to answer now.
    """

    def __init__(
        self,
        number: int,
        request: Request,
        prompt: RenderedPrompt,
        model: EngineModel,
        send: Callable[[object], None],
        *,
        arrived: float,
        first: int,
        batch: int,
        hurried: Callable[[int], bool],
        mask: TokenMask | None = None,
    ) -> None:
        self._generation = Generation(
            request, model.format, arrived, send=lambda delta: send(pack(delta))
        )
        super().__init__(number, request, prompt, model, send, first=first, batch=batch)
        self.goal = len(self.tokens) - 1
        # The last checkpoint is before the last token, which another try has to decode again.
        self._cuts = set() if request.ephemeral else {prompt.stable}
        self._hurried = hurried
        self._mask = mask
        self._sampler: Sampler | None = None
        self._seed = 0
        self._most = request.sampling.max_tokens or model.size
        self._size = model.size
        self._reached = self._generation.arrived
        self._restored = 0
        self.fresh = request.sampling.seed is not None and not request.drawn
        self._started = False
        self._told = self._waits = self._endless = False

    def decoded(self, piece: Piece) -> None:
        """Go on after a piece was decoded."""
        if not self.draws:
            super().decoded(piece)
            return
        assert self.sequence
        self.sequence.add(piece.tokens)
        if not self._generation.generated:
            self.evaluated += len(piece.tokens)
        self.ready = True

    def draw(self) -> None:
        """Draw the next token, unless that is the end, or the person wants the answer now."""
        assert self.sequence
        assert self._sampler
        self.ready = False
        generation, room = self._generation, self._size - len(self.sequence.tokens)
        generated = generation.generated
        if generated >= self._most or room <= 0 or (not generated % LOOK and self._repeats()):
            self._finish(StopReason.LENGTH)
            return
        if self._hurried(self.number) and (closing := generation.close_reasoning(room)):
            self.tokens += closing
            if self._mask:
                for token in closing:
                    self._mask.take(token)
            return
        token = self._sampler.sample()
        generation.count()
        self.tokens.append(token)
        self.unparsed = token

    def parse(self) -> None:
        """Parse the token that was drawn, and take it back if the answer ends before it."""
        token, self.unparsed = self.unparsed, None
        assert token is not None
        if reason := self._generation.feed(token):
            if self.read == len(self.tokens):
                assert self.sequence
                self.sequence.take_back()
            self.tokens.pop()
            self._finish(reason)

    def cancel(self) -> None:
        """End it, since it is no longer wanted; what was drawn is kept."""
        if self._told:
            self._pass()
        elif self._generation.generated:
            self._finish(StopReason.CANCELLED)
        else:
            self.end(Cancelled())

    def end(self, error: FiresideError | None) -> None:
        """End it, for whatever reason."""
        self._close()
        super().end(error)

    def pause(self, pool: KvPool) -> None:
        """Give all its cells up for now, or end it if it was answered already."""
        if self._told:
            self._pass()
        else:
            super().pause(pool)

    def leave(self, pool: KvPool) -> None:
        """Return its sequence to the pool, after its end."""
        if self.sequence and self._request.ephemeral:
            pool.drop(self.sequence)
        else:
            super().leave(pool)

    def _sequence_of(self, pool: KvPool) -> KvSequence | None:
        # A prompt decoded in different batches has slightly different logits, so a turn with a
        # fixed seed starts from an empty cache.
        ephemeral = self._request.ephemeral
        sequence = pool.begin(self.tokens, self.chat, fresh=self.fresh, ephemeral=ephemeral)
        if sequence and not self._started:
            self._started, self.fresh = True, False
            self._reached = time.monotonic()
            self._restored = min(len(sequence.tokens), sequence.restored)
            if sequence.tokens and not self._request.drawn:
                sequence.checkpoint()  # two prompts diverged here, and a third may
        return sequence

    def _progress(self) -> None:
        if not self._generation.generated:
            super()._progress()

    def _read(self) -> None:
        """Begin to draw, or go on with it, after the last token; or end."""
        assert self.sequence
        if self._told:
            self._pass()
            return
        self.draws = True
        if self._sampler:
            self._sampler.move(self.sequence.number)
            return
        if (not self._request.ephemeral and not self._request.drawn) or self.goal in self._cuts:
            self.sequence.checkpoint()
        self._sampler = self._model.sampler(
            self._request.sampling, self.sequence.number, self._mask
        )
        self._seed = self._sampler.seed

    def _finish(self, reason: StopReason) -> None:
        """Tell that the answer has ended, and go on with what is known to follow a call."""
        generation, request, turn = self._generation, self._request, self.prompt.turn
        self._close()
        self._endless = reason is StopReason.LENGTH and self._repeats()
        reason = generation.finish(reason)
        waits = reason is StopReason.CALL and not request.ephemeral and turn is not None
        drawn = tuple(self.tokens[turn:]) if waits else ()
        self._send(Done(reason, self._stats(), drawn))
        self._told, self._waits = True, waits
        self.draws = False
        header: Sequence[int] = ()
        if waits:
            header = reply_header(self._model.format, request, [*generation.calls.values()], drawn)
        if 0 < len(header) <= min(self._batch, self._size - len(self.tokens) - 1):
            self.tokens += header  # it need not wait for the tool
            self.goal = len(self.tokens)
        else:
            self._pass()

    def _stats(self) -> Stats:
        generation = self._generation
        now = time.monotonic()
        return Stats(
            prompt_tokens=len(self.prompt.tokens),
            evaluated=self.evaluated,
            generated=generation.generated,
            reasoning_tokens=generation.reasoning,
            first_token_s=generation.first - generation.arrived,
            generation_s=now - generation.first,
            peak_memory=_peak_memory(),
            seed=self._seed,
            context=self._size,
            restored=self._restored,
            dropped=self.prompt.dropped,
            prompt_s=generation.first - self._reached if generation.generated else 0.0,
        )

    def _pass(self) -> None:
        """End it after it was told."""
        if self._waits and self.sequence:
            self.sequence.wait()
        generated = self._generation.generated
        self.end(AnswerEndless(generated) if self._endless else None)

    def _repeats(self) -> bool:
        generated = self._generation.generated
        return generated > 0 and repeats(self.tokens[-min(generated, REPEATED) :])

    def _close(self) -> None:
        """Free the sampler, and send what waits to be sent."""
        if self._sampler:
            self._sampler.close()
            self._sampler = None
        self._generation.flush()


def priority(request: Request) -> Priority:
    """Return when a request's turn is."""
    if request.background:
        return Priority.BACKGROUND
    return Priority.CLIENT if request.client else Priority.WINDOW


def _peak_memory() -> int:
    """Return this process's peak memory in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "linux":  # ru_maxrss would include the parent's, from before exec
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
