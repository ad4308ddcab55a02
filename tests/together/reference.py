"""The real model, alone in this process, token by token with its logits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import llama_cpp.llama_cpp as llama
import numpy as np
import numpy.typing as npt

from app.base.types import ModelRef, Part, Request
from app.engine import plan, probe
from app.engine.engine_protocol import Piece, TokenMask
from app.engine.grammar import Grammars
from app.engine.llama import Llama
from app.engine.overrides import Overrides
from tests.together import alone

_SEQUENCE = 0
_MOST_GAPS = 12  # near-ties in which one answer may have the other token

Logits = npt.NDArray[np.float32]


@dataclass
class Compared:
    """An answer beside the one that the model gives alone.

    ``gaps``: how far apart the logits were where another token was drawn. ``same``: whether it is
    the same answer then.
    """

    same: bool
    gaps: list[float] = field(default_factory=list)
    found: str = ""


class Reference:
    """A loaded model. ``near``: logits that are no further apart may change places."""

    def __init__(self, model: ModelRef, context: int, near: float) -> None:
        path = Path(model.place)
        self._engine = Llama()
        machine = probe.machine(self._engine.devices())
        made = plan.propose(probe.model(path), machine, Overrides(context=context))
        self._model = self._engine.load(path, made, lambda fraction: True)
        vocabulary = llama.llama_model_get_vocab(self._model._handle)
        self._size = llama.llama_vocab_n_tokens(vocabulary)
        self._near = near
        self.format = self._model.format
        self._grammars = Grammars(self.format.tokenizer)

    def close(self) -> None:
        """Free its memory."""
        self._model.close()

    def compare(
        self,
        request: Request,
        context: int,
        told: Sequence[Part],
        generated: int,
        *,
        hurried: Iterable[int | None],
    ) -> Compared:
        """Compare an answer that ended after ``generated`` tokens, or was stopped there.

        It may have been told to answer now, after one of ``hurried`` tokens.
        """
        request = replace(request, sampling=replace(request.sampling, max_tokens=generated))
        tokens = alone.prompt(request, context, self.format.render).tokens
        grammar = self.format.grammar(request)
        wanted = _text(told)
        best = Compared(same=False)
        for after in hurried:

            def answer(
                forced: dict[int, int], after: int | None = after
            ) -> tuple[str, list[tuple[int, int, float]]]:
                drawing = _Drawing(self, tokens, forced)
                mask = self._grammars.compile(grammar) if grammar else None
                found = alone.answer(
                    request, tokens, context, self.format, drawing, hurried=after, mask=mask
                )
                return _text(found.parts), drawing.ties

            best = _followed(answer, wanted)
            if best.same:
                break
        return best

    def begin(self, tokens: Sequence[int]) -> Logits:
        """Process a prompt from the start; return the logits after it."""
        self._model.memory.clear(_SEQUENCE)
        self._at = 0
        step = self._model.batch
        for at in range(0, len(tokens), step):
            last = at + step >= len(tokens)
            found = self.go_on(tokens[at : at + step], draws=last)
        assert found is not None
        return found

    def go_on(self, tokens: Sequence[int], *, draws: bool = True) -> Logits | None:
        """Process further tokens; return the logits after them."""
        assert self._model.decode([Piece(_SEQUENCE, tokens, self._at, draws)])
        self._at += len(tokens)
        if not draws:
            return None
        found = llama.llama_get_logits_ith(self._model._context, -1)
        return np.ctypeslib.as_array(found, (self._size,)).copy()

    def tie(self, logits: Logits) -> tuple[int, int, float]:
        """Return the most probable token, the next one, and how far their logits are apart."""
        second, first = (int(n) for n in np.argpartition(logits, -2)[-2:])
        first, second = sorted((first, second), key=lambda n: -logits[n])
        return first, second, float(logits[first] - logits[second])

    def is_near(self, gap: float) -> bool:
        """Return whether two logits so far apart may change places."""
        return gap <= self._near


class _Drawing:
    """Takes the most probable tokens, but at some places others. ``ties``: where that was close."""

    def __init__(self, reference: Reference, tokens: Sequence[int], forced: dict[int, int]) -> None:
        self.ties: list[tuple[int, int, float]] = []
        self._reference = reference
        self._forced = forced
        self._logits: Logits | None = reference.begin(tokens)
        self._at = 0

    def add(self, tokens: Sequence[int]) -> None:
        self._logits = self._reference.go_on(tokens)

    def draw(self, mask: TokenMask | None) -> int:
        assert self._logits is not None
        if mask:
            self._keep_possible(self._logits, mask)
        first, second, gap = self._reference.tie(self._logits)
        if self._reference.is_near(gap) and (mask is None or mask.accepts((second,))):
            self.ties.append((self._at, second, gap))
        token = self._forced.get(self._at, first)
        self._at += 1
        return token

    @staticmethod
    def _keep_possible(logits: Logits, mask: TokenMask) -> None:
        """Make impossible what may not come next, as `app.engine.sampler_chain` does.

        A mask has the usual spelling of a text only; what the model itself wants may be another.
        """
        if not mask.accepts((int(np.argmax(logits)),)):
            logits[np.frombuffer(mask.allowed(), np.uint8) == 0] = -np.inf


Answers = Callable[[dict[int, int]], tuple[str, list[tuple[int, int, float]]]]


def _followed(answer: Answers, wanted: str) -> Compared:
    """Take other tokens at near-ties until the answer is the wanted one, or no further like it."""
    forced: dict[int, int] = {}
    gaps: list[float] = []
    found, ties = answer(forced)
    while found != wanted and len(gaps) < _MOST_GAPS:
        reached = _common(found, wanted)
        for at, token, gap in reversed(ties):
            if at not in forced:
                tried, others = answer({**forced, at: token})
                if tried == wanted or _common(tried, wanted) > reached:
                    forced[at], found, ties = token, tried, others
                    gaps.append(gap)
                    break
        else:
            break
    return Compared(found == wanted, gaps, found)


def _text(parts: Sequence[Part]) -> str:
    return "\0".join(f"{part.kind} {part.name}\1{part.text}" for part in parts)


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    end = min(len(one), len(other))
    return next((n for n in range(end) if one[n] != other[n]), end)
