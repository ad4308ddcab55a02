"""Protocols for what the worker needs of llama.cpp, so that it can be tested without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from app.base.types import Sampling
from app.formats import ChatFormat

if TYPE_CHECKING:  # saves the window's start time and memory
    from app.engine.kv_memory import KvMemory
    from app.engine.plan import Plan
    from app.engine.probe import Devices, Speeds


@dataclass(frozen=True, slots=True)
class NeedsContext:
    """The worker's answer to a question that does not fit: load with a context of ``tokens``."""

    tokens: int


class Piece(NamedTuple):
    """What one sequence adds to a batch: ``tokens`` from the position ``start`` on.

    ``draws``: whether a token is drawn after it. A batch has one piece of a sequence at most. It is
    made for each token, and a tuple takes a third of the time of a dataclass.
    """

    sequence: int
    tokens: Sequence[int]
    start: int
    draws: bool = False


class TokenMask(Protocol):
    """Which tokens may come next in an answer of a given shape."""

    def accepts(self, tokens: Sequence[int]) -> bool:
        """Return whether these tokens may come next."""

    def take(self, token: int) -> None:
        """Go on after a token, which may come next."""

    def allowed(self) -> bytes:
        """Return a byte for each token of the vocabulary, 0 if it may not come next."""


class Sampler(Protocol):
    """A sampler, which draws the tokens of one answer."""

    @property
    def seed(self) -> int:
        """The seed that repeats the answer."""

    def sample(self) -> int:
        """Draw the next token, by the logits of its sequence's piece in the last decoded batch.

        That piece ``draws``. The first call raises NotFinite if the logits are not finite, or all
        equal. A mask has taken the token.
        """

    def move(self, sequence: int) -> None:
        """Go on in another sequence, with the same random numbers.

        To be called before a piece that ``draws`` is decoded there.
        """

    def close(self) -> None:
        """Free its memory."""


class EngineModel(Protocol):
    """A loaded model with a context of ``size`` tokens, decoding ``batch`` of them at a time.

    Its ``sequences`` are numbered from 0, and share the context's cells.
    ``asynchronous``: `decode` returns while a GPU still works; `Sampler.sample` then waits.
    """

    @property
    def format(self) -> ChatFormat: ...
    @property
    def memory(self) -> KvMemory: ...
    @property
    def size(self) -> int: ...
    @property
    def batch(self) -> int: ...
    @property
    def asynchronous(self) -> bool: ...
    @property
    def sequences(self) -> int: ...

    def decode(self, pieces: Sequence[Piece]) -> bool:
        """Decode a batch, of ``batch`` tokens in all at most, into the KV cache.

        Return False if it was stopped; then nothing of it is in the cache. Raises EngineFailed.
        """

    def sampler(self, sampling: Sampling, sequence: int, mask: TokenMask | None = None) -> Sampler:
        """Return a sampler for a sequence. To be called before its piece that ``draws`` is decoded.

        A GPU may draw a token already while it is decoded. A sequence has one sampler at a time.
        """


class Engine(Protocol):
    """llama.cpp. ``version`` identifies its build."""

    version: str

    def devices(self) -> Devices:
        """Return the devices that it finds on this computer."""

    def measure(self) -> Iterator[Speeds]:
        """Yield the speeds of this computer that are known so far, as often as there are more."""

    def load(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> EngineModel:
        """Load a model, replacing the previous one.

        ``progress`` is called with the fraction read, and returns False to stop loading. Raises
        ModelError.
        """

    def stop(self, stopped: bool) -> None:
        """Make a running decode stop, or let further ones run."""
