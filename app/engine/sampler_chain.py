"""How a token is drawn: the order of llama.cpp's samplers, and where they run.

Measured on 201,088 logits (`tests.bench.sampling`), as multiples of taking the most probable token:
5.1 with top_p first, 1.6 with min_p first. llama.cpp is handed in; see `app.engine.llama`.
"""

from __future__ import annotations

import ctypes
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.base.errors import NotFinite
from app.base.types import Sampling

WHERE = "FIRESIDE_DRAW"
"""The variable that overrides where tokens are drawn: "cpu" or "device"."""
_SEQUENCE = 0
# Where a person has a top_p and no min_p, a min_p of this part of what top_p leaves out. Together,
# all 201,088 tokens below that have a fifth of what top_p leaves out at most.
_PART = 1e-6
# With a min_p of 1, rounding would decide on a GPU whether the most probable token itself is left.
_MOST_MIN_P = 0.9

Step = tuple[Any, ...]
"""The name of a sampler, and its arguments."""
_GREEDY: tuple[Step, ...] = (("greedy",),)


def steps(sampling: Sampling) -> tuple[Step, ...]:
    """Return the samplers in their order, by llama.cpp's names, with arguments but without a seed.

    min_p comes first, since it leaves few tokens without sorting all; top_p then counts the
    probability of what is left, so that it keeps a few tokens less than it would before min_p.
    """
    if sampling.temperature <= 0:
        return _GREEDY
    top_k: tuple[Step, ...] = (("top_k", sampling.top_k),) if sampling.top_k > 0 else ()
    top_p: tuple[Step, ...] = (("top_p", sampling.top_p, 1),) if sampling.top_p < 1 else ()
    least = sampling.min_p or _PART * (1 - sampling.top_p)
    min_p: tuple[Step, ...] = (("min_p", least, 1),) if least > 0 else ()
    return (*top_k, *min_p, *top_p, ("temp", sampling.temperature))


def can_be_on_device(sampling: Sampling) -> bool:
    """Return whether a GPU draws the same tokens as the CPU, without sorting all.

    top_p would sort there, and top_k leaves its tokens in no order.
    """
    plain = sampling.top_k <= 0 and sampling.top_p >= 1 and sampling.min_p <= _MOST_MIN_P
    return sampling.temperature <= 0 or plain


def is_usable(values: bytes) -> bool:
    """Return whether 32-bit floats are all finite, and not all the same.

    Takes 0.2 ms for 201,088; a loop in Python takes 5.
    """
    # With a sign and seven bits of an exponent, which are all ones if it is infinite.
    highest = values[3::4]
    return not (0x7F in highest or 0xFF in highest) and values != values[:4] * len(highest)


class Samplers:
    """The samplers of a context, which `attach` names once it is there.

    ``on_device``: the model's output is computed on a GPU, so that tokens may be drawn there. A
    context knows one chain of samplers on the device, and another one costs some milliseconds, so a
    chain stays as long as the settings do.
    """

    def __init__(self, llama: Any, path: Path, *, on_device: bool) -> None:
        self._llama = llama
        self._path = path
        self._on_device = {"cpu": False, "device": True}.get(os.environ.get(WHERE, ""), on_device)
        self._context: Any = None
        self._size = 0
        self._settings: object = None
        self._chain: Any = None  # that of the device

    def add_to(self, parameters: Any) -> None:
        """Add the usual samplers to a context's parameters, so that it has the memory for them."""
        if self._on_device:
            order = steps(Sampling())
            self._settings = order, None
            self._chain = self._new_chain(order, self._llama.LLAMA_DEFAULT_SEED)
            chain = ctypes.cast(self._chain, ctypes.c_void_p)
            config = self._llama.llama_sampler_seq_config(_SEQUENCE, chain)
            parameters.samplers, parameters.n_samplers = ctypes.pointer(config), 1

    def attach(self, context: Any, size: int) -> None:
        """Use a context, with a vocabulary of that size."""
        self._context, self._size = context, size

    def sampler(self, sampling: Sampling) -> ChainSampler:
        """Return a sampler, before the last token of a prompt is decoded.

        Each decode from here on draws a random number if the device draws, whether or not the token
        is wanted.
        """
        order = steps(sampling)
        fixed = None
        if sampling.seed is not None:  # the largest number stands for any
            fixed = min(sampling.seed % (1 << 32), self._llama.LLAMA_DEFAULT_SEED - 1)
        seed = random.getrandbits(31) if fixed is None else fixed
        wanted = self._on_device and can_be_on_device(sampling)
        if not (wanted and self._move_to_device(order, fixed)):
            self.close()
            return self._drawing(self._new_chain(order, seed), seed, own=True)
        # The numbers for the prompt's other batches have been drawn: begin again with the seed.
        self._llama.llama_sampler_reset(self._chain)
        drawn = self._llama.llama_sampler_get_seed(self._chain)
        known = drawn != self._llama.LLAMA_DEFAULT_SEED  # else no random numbers are used
        return self._drawing(self._chain, drawn if known else seed, own=False)

    def _drawing(self, chain: Any, seed: int, *, own: bool) -> ChainSampler:
        return ChainSampler(self._llama, self._context, chain, seed, self._check, own=own)

    def _move_to_device(self, order: tuple[Step, ...], seed: int | None) -> bool:
        """Have the device draw; return False if it cannot."""
        if self._settings == (order, seed):
            return True
        self.close()
        chain = self._new_chain(order, self._llama.LLAMA_DEFAULT_SEED if seed is None else seed)
        if not self._llama.llama_set_sampler(self._context, _SEQUENCE, chain):
            self._llama.llama_sampler_free(chain)
            return False
        self._settings, self._chain = (order, seed), chain
        return True

    def close(self) -> None:
        """Free the chain on the device, of which the context keeps a pointer."""
        if self._chain is not None:
            if self._context:
                self._llama.llama_set_sampler(self._context, _SEQUENCE, None)
            self._llama.llama_sampler_free(self._chain)
        self._settings = self._chain = None

    def _new_chain(self, order: tuple[Step, ...], seed: int) -> Any:
        llama = self._llama
        chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        drawn: tuple[Step, ...] = () if order == _GREEDY else (("dist", seed),)
        for name, *arguments in (*order, *drawn):
            sampler = getattr(llama, f"llama_sampler_init_{name}")(*arguments)
            llama.llama_sampler_chain_add(chain, sampler)
        return chain

    def _check(self) -> None:
        """Raise NotFinite if nothing can be drawn from what the model computed.

        Where the device draws, the logits stay there, and the probabilities are copied from it.
        """
        llama, context = self._llama, self._context
        found = (
            llama.llama_get_sampled_probs_ith(context, -1)
            or llama.llama_get_sampled_logits_ith(context, -1)
            or llama.llama_get_logits_ith(context, -1)
        )
        if not is_usable(ctypes.string_at(found, 4 * self._size)):
            raise NotFinite(self._path)


class ChainSampler:
    """A chain of samplers for one answer; see `app.engine.engine_protocol.Sampler`."""

    def __init__(
        self,
        llama: Any,
        context: Any,
        chain: Any,
        seed: int,
        check: Callable[[], None],
        *,
        own: bool,
    ) -> None:
        self.seed = seed
        self._llama = llama
        self._sample = llama.llama_sampler_sample
        self._ready = llama.llama_get_sampled_token_ith  # drawn by the device
        self._context = context
        self._chain = chain
        self._check: Callable[[], None] | None = check  # once: it takes a fraction of a token
        self._own = own

    def sample(self) -> int:
        """Draw a token; see `app.engine.engine_protocol.Sampler.sample`."""
        if self._check:
            self._check()
            self._check = None
        if not self._own:
            ready = int(self._ready(self._context, -1))
            if ready >= 0:
                return ready
        return int(self._sample(self._chain, self._context, -1))

    def close(self) -> None:
        """Free the chain, unless the device uses it on."""
        if self._own:
            self._llama.llama_sampler_free(self._chain)
