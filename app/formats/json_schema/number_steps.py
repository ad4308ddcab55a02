"""Steps of ``multipleOf``: llguidance computes with 32 bits, and does not look whether they do."""

from __future__ import annotations

from decimal import Decimal

_MOST = 2**32


def countable(step: Decimal) -> bool:
    """Return whether llguidance finds the decimal digits of a step, by multiplying it by 10."""
    value, exponent = float(step), 0
    while value % 1 and exponent < 10:
        value, exponent = value * 10, exponent + 1
    return value < _MOST and Decimal(value).scaleb(-exponent) == step


def combinable(steps: set[Decimal]) -> bool:
    """Return whether llguidance can compute the least common multiple of all."""
    finest = max(-min(0, int(step.as_tuple().exponent)) for step in steps)
    product = 1
    for step in steps:
        product *= int(step.scaleb(finest))
    return product < _MOST
