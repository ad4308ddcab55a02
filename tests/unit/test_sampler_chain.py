"""The order of the samplers, and what can be drawn from."""

from __future__ import annotations

import struct

import pytest

from app.base.types import Sampling
from app.engine.sampler_chain import can_be_on_device, is_usable, steps


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
