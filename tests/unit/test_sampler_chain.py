"""The order of the samplers, and what can be drawn from."""

from __future__ import annotations

import ctypes
import math
import random
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.base.types import Sampling
from app.engine import masked_logits
from app.engine.masked_logits import mask_logits
from app.engine.sampler_chain import ChainSampler, Samplers, can_be_on_device, is_usable, steps


@pytest.mark.parametrize(
    ("sampling", "names"),
    [
        (Sampling(), ["min_p", "temp"]),
        (Sampling(min_p=0), ["temp"]),
        (Sampling(min_p=0, top_p=0.9), ["min_p", "top_p", "temp"]),
        (Sampling(top_p=0.9), ["min_p", "top_p", "temp"]),
        (Sampling(top_p=0.9, top_k=40), ["top_k", "min_p", "top_p", "temp"]),
        (Sampling(temperature=0, top_p=0.9, top_k=40), ["greedy"]),
    ],
)
def test_what_leaves_few_tokens_without_sorting_comes_first(
    sampling: Sampling, names: list[str]
) -> None:
    assert [name for name, *_ in steps(sampling)] == names


@pytest.mark.parametrize("top_p", [0.5, 0.95, 0.999])
def test_without_min_p_little_is_left_out_beside_what_top_p_leaves_out(top_p: float) -> None:
    (_, least, _), *_ = steps(Sampling(min_p=0, top_p=top_p))
    assert 0 < least * 201_088 < (1 - top_p) / 4
    assert steps(Sampling(min_p=0.2, top_p=top_p))[0] == ("min_p", 0.2, 1)


@pytest.mark.parametrize(
    ("sampling", "can"),
    [
        (Sampling(), True),
        (Sampling(min_p=0, temperature=2), True),
        (Sampling(temperature=0, top_k=40, top_p=0.5), True),
        (Sampling(top_p=0.9), False),  # sorts 201,088 tokens there
        (Sampling(top_k=40), False),  # leaves them in no order, so other ones are drawn
        (Sampling(min_p=1), False),  # rounding may leave none
    ],
)
def test_what_a_gpu_draws_as_the_processor_does(sampling: Sampling, can: bool) -> None:
    assert can_be_on_device(sampling) is can


@pytest.mark.parametrize("wrong", [float("nan"), -float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("at", [0, 1, 5000])
def test_numbers_that_are_none_are_seen(wrong: float, at: int) -> None:
    values = [((n * 7919) % 1000 - 500) / 7 for n in range(5001)]
    assert is_usable(struct.pack("<5001f", *values))
    values[at] = wrong
    assert not is_usable(struct.pack("<5001f", *values))


def test_numbers_that_are_all_the_same_are_seen() -> None:
    assert not is_usable(struct.pack("<4f", *[1.5] * 4))
    assert not is_usable(bytes(16))
    assert is_usable(struct.pack("<4f", 1.5, 1.5, 1.5, 1.25))


def masked(values: Sequence[float], mask: bytes) -> list[float]:
    """Return logits after a mask, and one that is behind them."""
    numbers = (ctypes.c_float * (len(values) + 1))(*values, 7)
    mask_logits(ctypes.addressof(numbers), len(values), mask)
    return [-math.inf if value < -1e38 else value for value in numbers]


@pytest.mark.parametrize("size", [1, 8, 21, 64])
@pytest.mark.parametrize("mask", [b"\xc8\0\x01", bytes(21), b"\x01" * 70])
@pytest.mark.parametrize("few", [0, 1])
def test_only_what_a_mask_allows_is_left(
    size: int, mask: bytes, few: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masked_logits, "_FEW", few)
    values = [0.0, -0.0, 1.0, -1.5, 3e38, -3e-38, float(2**-140), -1e9][:size] * (-(-size // 8))
    stays = [at < len(mask) and mask[at] > 0 for at in range(len(values))]
    expected = [
        ctypes.c_float(value).value if may else float("-inf")
        for value, may in zip(values, stays, strict=True)
    ]
    assert masked(values, mask) == [*expected, 7]


def test_whatever_bits_a_forbidden_logit_has_it_is_impossible() -> None:
    chance = random.Random(1)
    size = 6000
    values = struct.unpack(f"<{size}f", chance.randbytes(4 * size))
    mask = bytes(chance.choices((0, 200), k=size))
    found = masked(values, mask)
    assert {found[at] for at in range(size) if not mask[at]} == {-math.inf}


class ScriptedMask:
    """Accepts some tokens."""

    def __init__(self, *accepted: int) -> None:
        self.accepted, self.asked = accepted, 0
        self.taken: list[int] = []

    def accepts(self, tokens: Sequence[int]) -> bool:
        return all(token in self.accepted for token in tokens)

    def take(self, token: int) -> None:
        self.taken.append(token)

    def allowed(self) -> bytes:
        self.asked += 1
        return bytes(token in self.accepted for token in range(16))


class FakeLlama:
    """Draws the most probable token."""

    def __init__(self) -> None:
        self.values = (ctypes.c_float * 16)(*range(16))

    def llama_sampler_sample(self, chain: object, context: object, row: int) -> int:
        assert row == 3
        return max(range(16), key=lambda at: self.values[at])

    def llama_get_logits_ith(self, context: object, row: int) -> object:
        return ctypes.cast(self.values, ctypes.POINTER(ctypes.c_float))

    def llama_get_sampled_probs_ith(self, context: object, row: int) -> None:
        return None

    llama_get_sampled_logits_ith = llama_get_sampled_probs_ith


def drawn(mask: ScriptedMask) -> int:
    samplers = Samplers(FakeLlama(), Path("model.gguf"), 1, on_device=False)
    samplers.attach(None, 16, {0: 3})
    return ChainSampler(samplers, None, 1, 0, mask).sample()


@pytest.mark.parametrize(("accepted", "asked"), [((15, 2), 0), ((14, 2), 1), ((3, 2), 1)])
def test_a_mask_is_computed_only_for_what_it_refuses(accepted: tuple[int, ...], asked: int) -> None:
    mask = ScriptedMask(*accepted)
    assert drawn(mask) == accepted[0]
    assert mask.taken == [accepted[0]]
    assert mask.asked == asked
