"""How a token is drawn: the order of llama.cpp's samplers, and where they run.

Measured on 201,088 logits (`tests.bench.sampling`), as multiples of taking the most probable token:
5.1 with top_p first, 1.6 with min_p first. llama.cpp is handed in; see `app.engine.llama`.
"""

from __future__ import annotations

import ctypes
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base.errors import NotFinite
from app.base.types import Sampling
from app.engine.engine_protocol import TokenMask
from app.engine.masked_logits import mask_logits

WHERE = "FIRESIDE_DRAW"
"""The variable that overrides where tokens are drawn: "cpu" or "device"."""
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


_Settings = tuple[tuple[Step, ...], int | None]
"""Samplers and a seed; ``None`` stands for any."""


@dataclass(eq=False, slots=True)
class DeviceChain:
    """A chain of samplers for the device.

    ``used``: by an answer that has not ended. ``placed``: it is or was on the device.
    """

    handle: Any
    settings: _Settings
    used: bool = False
    placed: bool = False


class Samplers:
    """The samplers of a context, which `attach` names once it is there.

    ``on_device``: the model's output is computed on a GPU, so that tokens may be drawn there. A
    context knows one chain of samplers on the device for each of its ``sequences``, and another one
    costs some milliseconds, so a chain stays as long as the settings do.
    """

    def __init__(self, llama: Any, path: Path, sequences: int, *, on_device: bool) -> None:
        self.llama = llama
        self.context: Any = None
        self.rows: dict[int, int] = {}
        self._path = path
        self._sequences = sequences
        self._on_device = {"cpu": False, "device": True}.get(os.environ.get(WHERE, ""), on_device)
        self._size = 0
        self._chains: dict[int, DeviceChain] = {}
        self._configs: Any = None

    def add_to(self, parameters: Any) -> None:
        """Add the usual samplers to a context's parameters, so that it has the memory for them."""
        if not self._on_device:
            return
        order, seed = steps(Sampling()), self.llama.LLAMA_DEFAULT_SEED
        self._chains = {
            sequence: DeviceChain(self._new_chain(order, seed), (order, None), placed=True)
            for sequence in range(self._sequences)
        }
        config = self.llama.llama_sampler_seq_config
        self._configs = (config * self._sequences)(
            *(
                config(sequence, ctypes.cast(chain.handle, ctypes.c_void_p))
                for sequence, chain in self._chains.items()
            )
        )
        parameters.samplers, parameters.n_samplers = self._configs, self._sequences

    def attach(self, context: Any, size: int, rows: dict[int, int]) -> None:
        """Use a context with a vocabulary of that size.

        ``rows`` is where in the last batch each sequence draws.
        """
        self.context, self._size, self.rows = context, size, rows

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> ChainSampler:
        """Return a sampler, before the last token of a sequence's prompt is decoded.

        With a ``mask``, the processor draws.
        """
        order = steps(sampling)
        fixed = None
        if sampling.seed is not None:  # the largest number stands for any
            fixed = min(sampling.seed % (1 << 32), self.llama.LLAMA_DEFAULT_SEED - 1)
        seed = random.getrandbits(31) if fixed is None else fixed
        if self._on_device and mask is None and can_be_on_device(sampling):
            chain = self._usual(sequence, (order, fixed))
            if self.place(chain, sequence):
                # It may have drawn for another answer.
                self.llama.llama_sampler_reset(chain.handle)
                drawn = self.llama.llama_sampler_get_seed(chain.handle)
                known = drawn != self.llama.LLAMA_DEFAULT_SEED  # else no random numbers are used
                return ChainSampler(self, chain, drawn if known else seed, sequence)
            self.llama.llama_sampler_free(chain.handle)
        self.remove(sequence)
        return ChainSampler(self, self._new_chain(order, seed), seed, sequence, mask)

    def _usual(self, sequence: int, settings: _Settings) -> DeviceChain:
        """Return the chain that is there, unless it is used or has other settings, or a new one."""
        chain = self._chains.get(sequence)
        if chain and not chain.used and chain.settings == settings:
            return chain
        order, seed = settings
        seed = self.llama.LLAMA_DEFAULT_SEED if seed is None else seed
        return DeviceChain(self._new_chain(order, seed), settings)

    def place(self, chain: DeviceChain, sequence: int) -> bool:
        """Have the device draw for a sequence by a chain; return False if it cannot."""
        if self._chains.get(sequence) is chain:
            return True
        for other in [at for at, there in self._chains.items() if there is chain]:
            self.remove(other)
        self.remove(sequence)
        if chain.placed:  # llama.cpp ends the process if it is given the same one again
            before = chain.handle
            chain.handle = self.llama.llama_sampler_clone(before)
            self.llama.llama_sampler_free(before)
        chain.placed = True
        if not self.llama.llama_set_sampler(self.context, sequence, chain.handle):
            return False
        self._chains[sequence] = chain
        return True

    def remove(self, sequence: int) -> None:
        """Take a sequence's chain from the device; free it unless its answer goes on elsewhere."""
        if chain := self._chains.pop(sequence, None):
            if self.context:
                self.llama.llama_set_sampler(self.context, sequence, None)
            if not chain.used:
                self.llama.llama_sampler_free(chain.handle)

    def release(self, chain: DeviceChain) -> None:
        """Note that an answer has ended, so that its chain serves the next one of the sequence."""
        chain.used = False
        if chain not in self._chains.values():
            self.llama.llama_sampler_free(chain.handle)

    def close(self) -> None:
        """Free the chains on the device, of which the context keeps pointers."""
        for sequence in [*self._chains]:
            self.remove(sequence)

    def _new_chain(self, order: tuple[Step, ...], seed: int) -> Any:
        llama = self.llama
        chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        drawn: tuple[Step, ...] = () if order == _GREEDY else (("dist", seed),)
        for name, *arguments in (*order, *drawn):
            sampler = getattr(llama, f"llama_sampler_init_{name}")(*arguments)
            llama.llama_sampler_chain_add(chain, sampler)
        return chain

    def check(self, row: int) -> None:
        """Raise NotFinite if nothing can be drawn from what the model computed.

        Where the device draws, the logits stay there, and the probabilities are copied from it.
        """
        llama, context = self.llama, self.context
        found = (
            llama.llama_get_sampled_probs_ith(context, row)
            or llama.llama_get_sampled_logits_ith(context, row)
            or llama.llama_get_logits_ith(context, row)
        )
        if not is_usable(ctypes.string_at(found, 4 * self._size)):
            raise NotFinite(self._path)

    def mask(self, row: int, allowed: bytes) -> None:
        """Make tokens of a row impossible whose byte in ``allowed`` is 0."""
        found = self.llama.llama_get_logits_ith(self.context, row)
        mask_logits(ctypes.addressof(found.contents), self._size, allowed)


class ChainSampler:
    """A chain of samplers for one answer; see `app.engine.engine_protocol.Sampler`.

    ``chain``: on the device, or one of its own.
    """

    def __init__(
        self,
        samplers: Samplers,
        chain: Any,
        seed: int,
        sequence: int,
        mask: TokenMask | None = None,
    ) -> None:
        self.seed = seed
        self._samplers = samplers
        self._device = chain if isinstance(chain, DeviceChain) else None
        self._chain = chain.handle if self._device else chain
        self._sequence = sequence
        self._mask = mask
        self._sample = samplers.llama.llama_sampler_sample
        self._context = samplers.context
        self._rows = samplers.rows
        self._checked = False  # once: it takes a fraction of a token
        if self._device:
            self._device.used = True

    def sample(self) -> int:
        """Draw a token; see `app.engine.engine_protocol.Sampler.sample`.

        If the device has drawn one, llama.cpp returns that, and accepts its random number.
        """
        row = self._rows[self._sequence]
        if not self._checked:
            self._samplers.check(row)
            self._checked = True
        token = int(self._sample(self._chain, self._context, row))
        if self._mask:
            if not self._mask.accepts((token,)):
                # As probable as if the mask had come first, which most tokens do not need.
                self._samplers.mask(row, self._mask.allowed())
                token = int(self._sample(self._chain, self._context, row))
            self._mask.take(token)
        return token

    def move(self, sequence: int) -> None:
        """Go on in another sequence; see `app.engine.engine_protocol.Sampler.move`."""
        self._sequence = sequence
        if self._device:
            self._samplers.place(self._device, sequence)
            self._chain = self._device.handle
        else:
            self._samplers.remove(sequence)

    def close(self) -> None:
        """Free the chain, unless the device uses it on."""
        if self._device:
            self._samplers.release(self._device)
        else:
            self._samplers.llama.llama_sampler_free(self._chain)
