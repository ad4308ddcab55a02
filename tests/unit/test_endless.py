"""Detection of endless answers, without false alarms."""

from __future__ import annotations

import pytest

from app.engine.generation import CYCLE, REPEATED, repeats
from tests.fakes.vocabulary import tokenizer

WANTED = {
    "a count": "\n".join(map(str, range(1, 1500))),
    "times tables": "\n".join(
        f"| {a} × {b} | {a * b} |" for a in range(1, 60) for b in range(1, 11)
    ),
    "a drawing": ("*" * 60 + "\n" + "*" + " " * 58 + "*\n" * 3) * 40,
    "a line": "=" * 4000,
    "zeros": "0, " * 500,
    "an empty table": "|  |  |  |  |  |\n" * 100,
    "a chorus": "Row, row, row your boat, gently down the stream.\n" * 80,
    "code": "".join(f"    values[{n}] = 0\n" for n in range(400)),
}


@pytest.mark.parametrize("what", WANTED)
def test_what_somebody_may_want_goes_on(what: str) -> None:
    tokens = tokenizer().encode(WANTED[what])
    assert not any(repeats(tokens[:end]) for end in range(0, len(tokens) + 256, 256))


@pytest.mark.parametrize("cycle", [1, 2, 3, 7, CYCLE])
def test_the_same_again_and_again_has_no_end(cycle: int) -> None:
    same = [*range(cycle)] * REPEATED
    assert repeats([*range(5000), *same[:REPEATED]])
    assert not repeats(same[: REPEATED - 1])
    assert not repeats([*same[: REPEATED - 1], -1])
    assert not repeats([-1, *same[: REPEATED - 1]])


def test_a_longer_cycle_is_none() -> None:
    assert not repeats([*range(CYCLE + 1)] * REPEATED)
