"""Who gets how much of each step."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.engine.batch import Priority, Shares

WINDOW, CLIENT, BACKGROUND = Priority.WINDOW, Priority.CLIENT, Priority.BACKGROUND


@dataclass(eq=False)
class Joins:
    """A stream that has so many tokens to read, or draws."""

    number: int
    wants: int = 1
    priority: Priority = CLIENT
    client: str = "a"
    got: int = 0


class Engine:
    """An engine that takes a time for each step, and for each token of a prompt."""

    def __init__(self, draw_s: float = 0.1, token_s: float = 0.01, batch: int = 512) -> None:
        self.shares: Shares[Joins] = Shares(batch, 64)
        self.now = 0.0
        self._draw_s, self._token_s = draw_s, token_s

    def step(self, drawing: list[Joins], reading: list[Joins]) -> float:
        """Take a step, and return how long that took."""
        reading = [each for each in reading if each.wants]
        chosen = self.shares.choose(drawing, reading)
        assert chosen[: len(drawing)] == [(each, 1) for each in drawing]
        read = 0
        for stream, count in chosen[len(drawing) :]:
            assert 0 < count <= stream.wants
            stream.wants -= count
            stream.got += count
            read += count
        seconds = (self._draw_s if drawing else 0.0) + self._token_s * read
        self.shares.took(seconds, drew=bool(drawing), read=read)
        self.now += seconds
        return seconds


def test_what_draws_is_in_each_step() -> None:
    drawing = [Joins(n) for n in range(4)]
    assert Engine().shares.choose(drawing, []) == [(each, 1) for each in drawing]


def test_a_batch_is_full_while_nobody_draws() -> None:
    reader = Joins(1, 2000)
    assert Engine().shares.choose([], [reader]) == [(reader, 512)]


@pytest.mark.parametrize("draw_s", [0.02, 0.1, 0.4])
def test_nobody_waits_long_for_a_token(draw_s: float) -> None:
    """Steps with a prompt take half of the time at most, as soon as its speed is known."""
    drawer, reader = Joins(1), Joins(2, 3000)
    engine = Engine(draw_s)
    engine.step([drawer], [])
    steps = []
    while reader.wants:
        before = reader.got
        took = engine.step([drawer], [reader])
        steps.append((took, reader.got > before))
    assert max(took for took, _ in steps[1:]) <= max(0.5, draw_s + 16 * 0.01) + 1e-6
    reads = sum(took for took, has_read in steps if has_read)
    assert reads <= engine.now * 0.5 + 0.7
    assert reads >= engine.now * 0.4


def test_a_slow_computer_reads_little_at_once() -> None:
    """As soon as it has read anything: the first piece beside a token is no longer, either."""
    engine = Engine(draw_s=0.1, token_s=0.02)
    engine.step([], [Joins(1, 512)])
    reader = Joins(2, 500)
    engine.step([Joins(3)], [reader])
    assert reader.got == int(0.5 / 0.02)


def test_the_window_s_prompt_is_read_in_each_step_while_clients_draw() -> None:
    drawing, reader = [Joins(1), Joins(2)], Joins(3, 1000, WINDOW, "")
    engine = Engine()
    engine.step(drawing, [])
    while reader.wants:
        before = reader.got
        assert engine.step(drawing, [reader]) <= 0.5 + 0.64
        assert reader.got > before


def test_clients_prompts_wait_while_the_window_draws_half_of_the_time() -> None:
    drawing, reader = [Joins(1, 1, WINDOW, "")], Joins(3, 1000)
    engine = Engine()
    engine.step(drawing, [])
    reads = []
    for _ in range(40):
        before = reader.got
        took = engine.step(drawing, [reader])
        reads.append(took if reader.got > before else 0)
    assert reads[0] > 0
    assert reads[1] == 0
    assert sum(reads) <= engine.now / 2 + 0.5


def test_the_window_s_prompt_leaves_a_quarter() -> None:
    window, other = Joins(9, 60_000, WINDOW, ""), Joins(1, 60_000)
    engine = Engine()
    for _ in range(40):
        engine.step([], [window, other])
    assert window.got == pytest.approx(3 * other.got, rel=0.1)


def test_clients_take_turns() -> None:
    """However many prompts one has, and however long they are."""
    many = [Joins(n, 100_000) for n in range(5)]
    few = Joins(9, 100_000, client="b")
    engine = Engine()
    for _ in range(40):
        engine.step([], [*many, few])
    assert few.got == pytest.approx(sum(each.got for each in many), rel=0.1)
    assert len({each.got for each in many}) == 1


def test_a_short_prompt_does_not_wait_for_a_long_one() -> None:
    long, short = Joins(1, 100_000), Joins(2, 100, client="b")
    engine = Engine()
    engine.step([], [long])
    engine.step([], [long, short])
    assert short.wants == 0
    assert long.got == 512 + 412  # nothing of a batch is left empty


def test_what_nobody_waits_for_is_read_last() -> None:
    ahead, prompt = Joins(1, 500, BACKGROUND), Joins(2, 600)
    engine = Engine()
    engine.step([], [ahead, prompt])
    engine.step([], [ahead, prompt])
    assert (ahead.got, prompt.wants) == (0, 0)
    engine.step([], [ahead, prompt])
    assert ahead.got > 0


def test_what_nobody_waits_for_hardly_disturbs() -> None:
    ahead, drawer = Joins(1, 500, BACKGROUND), Joins(2)
    engine = Engine()
    took = [engine.step([drawer], [ahead]) for _ in range(20)]
    assert max(took) <= 0.1 + 16 * 0.01 + 1e-6
    assert ahead.got > 0


def test_a_batch_has_no_more_than_it_can() -> None:
    drawing, reader = [Joins(n, 3) for n in range(20)], Joins(30, 500)
    shares: Shares[Joins] = Shares(50, 64)
    chosen = shares.choose(drawing, [reader])
    assert sum(count for _, count in chosen) == 50
    assert chosen[-1] == (reader, 2)
