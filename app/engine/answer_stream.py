"""An answer that the worker draws, from its prompt to its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from app.base.answer_events import Done, Stats, StopReason
from app.base.errors import AnswerEndless, Cancelled, FiresideError
from app.base.types import Request
from app.engine.batch import Priority
from app.engine.delta_wire import pack
from app.engine.engine_protocol import EngineModel, Piece, Sampler, TokenMask
from app.engine.generation import LOOK, REPEATED, Generation, repeats
from app.engine.grammar_job import GrammarJob
from app.engine.kv_pool import KvPool
from app.engine.kv_sequence import KvSequence
from app.engine.rendered_prompt import RenderedPrompt
from app.engine.reply_header import reply_header
from app.engine.worker_stream import ReadingStream


class AnswerStream(ReadingStream):
    """An answer to a request.

    ``hurried`` says whether a stream is to answer now. ``shape`` compiles the grammar that the
    answer has to follow, if it has to.
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
        shape: GrammarJob | None = None,
    ) -> None:
        self._generation = Generation(
            request, model.format, arrived, send=lambda delta: send(pack(delta))
        )
        super().__init__(number, request, prompt, model, send, first=first, batch=batch)
        self.priority = _priority(request)
        self.goal = len(self.tokens) - 1
        # The last checkpoint is before the last token, which another try has to decode again.
        self._cuts = set() if request.ephemeral else {prompt.stable}
        self._hurried = hurried
        self._shape = shape
        self._mask: TokenMask | None = None
        self._sampler: Sampler | None = None
        self._seed = 0
        self._most = request.sampling.max_tokens or model.size
        self._size = model.size
        self._reached = self._generation.arrived
        self._restored = 0
        self.fresh = request.sampling.seed is not None and not request.drawn
        self._started = False
        self._told = self._waits = self._endless = False

    def may_start(self) -> bool:
        """Return whether it can begin: its grammar is compiled. Raises what is wrong with that."""
        if self._shape and self._shape.has_ended:
            if self._shape.error:
                raise self._shape.error
            self._mask, self._shape = self._shape.mask, None
        return self._shape is None

    def decoded(self, piece: Piece) -> None:
        """Go on after a piece was decoded."""
        if not self.draws:
            super().decoded(piece)
            return
        assert self.sequence
        self.sequence.add(piece.tokens)
        if not self._generation.generated:
            self._count(piece)
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
        if self._hurried(self.number) and (closing := generation.close_reasoning(room, self._mask)):
            self.tokens += closing
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

    def _sequence_of(self, pool: KvPool) -> KvSequence | None:
        # A prompt decoded in different batches has slightly different logits, so a turn with a
        # fixed seed starts from an empty cache.
        sequence = pool.begin(self.tokens, self.chat, fresh=self.fresh)
        if sequence and not self._started:
            self._started, self.fresh = True, False
            self._reached = time.monotonic()
            self._restored, sequence.restored = sequence.restored, 0
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
        self._send(Done(reason, self._stats(), drawn, generation.stop_text))
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


def _priority(request: Request) -> Priority:
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
