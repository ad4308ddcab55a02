"""The KV cache reuses what was read, but never without the window that a token must see."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.engine import kv_asides, kv_disk_cache, kv_pool
from app.engine.engine_protocol import Piece
from app.engine.kv_disk_cache import DiskCache
from app.engine.kv_pool import KvPool
from app.engine.kv_sequence import KvSequence
from tests.fakes.memory import FakeMemory

BUDGET = 1 << 20
WORTH = 8


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Reduce the limits to tens of tokens, and ignore the real disk's free space."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kv_pool, "_WORTH", WORTH)
        patch.setattr(kv_pool, "_CHECKPOINTS", 5)
        patch.setattr(kv_disk_cache, "_SPARE", 0)
        yield


class Harness:
    """A pool, its memory, and its disk cache, which outlives both."""

    def __init__(self, root: Path, budget: int = BUDGET, sequences: int = 1) -> None:
        self.root = root
        self.budget = budget
        self.sequences = sequences
        self.now = 0.0
        self.start()

    def start(self) -> None:
        self.memory = FakeMemory(sequences=self.sequences)
        self.disk_cache = DiskCache(self.root, "id", self.budget)
        self.pool = KvPool(
            self.memory, self.sequences, disk=self.disk_cache, clock=lambda: self.now
        )
        self.sequence: KvSequence = None  # type: ignore[assignment]

    def begin(self, tokens: list[int], chat: int | None = 1, **how: bool) -> KvSequence:
        """Begin as the worker does."""
        if self.sequence:
            self.pool.end(self.sequence)
        begun = self.pool.begin(tokens, chat, **how)
        assert begun
        self.sequence = begun
        return begun

    def read(self, tokens: list[int], chat: int | None = 1) -> int:
        """Read a prompt as the worker does; return how many tokens were reused."""
        reused = len(self.begin(tokens, chat).tokens)
        assert self.sequence
        if reused:
            self.sequence.checkpoint()
        self.decode(tokens[reused:-1])
        self.sequence.checkpoint()
        self.decode(tokens[-1:])
        return reused

    def decode(self, tokens: list[int]) -> None:
        """Decode what the present sequence goes on with."""
        assert self.sequence
        for at in range(0, len(tokens), self.memory.batch):
            batch = tokens[at : at + self.memory.batch]
            self.memory.decode([Piece(self.sequence.number, batch, len(self.sequence.tokens))])
            self.sequence.add(batch)

    def end(self) -> None:
        if self.sequence:
            self.pool.end(self.sequence)
        self.sequence = None  # type: ignore[assignment]

    def keep(self) -> None:
        self.end()
        self.pool.keep()
        self.disk_cache.wait()

    def close(self) -> None:
        self.end()
        self.pool.close()

    @property
    def is_right(self) -> bool:
        held = (*self.pool._busy, *self.pool._idle)
        return not self.memory.wrong and all(
            each.tokens == self.memory.tokens(each.number) for each in held
        )


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """Return a harness of one sequence, where nothing can be put aside."""
    monkeypatch.setattr(kv_asides, "_PART", 1 << 62)
    harness = Harness(tmp_path)
    yield harness
    assert harness.is_right
    harness.disk_cache.wait()


def chat(number: int, length: int = 40) -> list[int]:
    """Return a unique conversation; all begin alike."""
    return [1, 2, 3, *(1000 * number + i for i in range(length - 3))]


# --- In memory ----------------------------------------------------------------------------


def test_the_fake_notices_what_llama_cpp_does_not() -> None:
    memory = FakeMemory()
    for token in range(20):
        memory.decode([Piece(0, [token], token)])
    assert memory.oldest(0) == 10
    assert memory.cut(0, 14)
    memory.decode([Piece(0, [99], 14)])
    assert memory.wrong == []
    assert memory.cut(0, 12)
    memory.decode([Piece(0, [99], 12)])
    assert memory.wrong == [(*range(12), 99)]


def test_a_prompt_that_goes_on_costs_only_its_new_tokens(harness: Harness) -> None:
    assert harness.read(chat(1, 30)) == 0
    assert harness.read(chat(1, 40)) == 30


@pytest.mark.parametrize("length", [1, 2, 255, 256, 257, 512])
def test_what_is_shared_is_found_whatever_its_length(harness: Harness, length: int) -> None:
    assert harness.read([*range(length)]) == 0
    assert harness.read([*range(length + 20)]) == length


def test_the_last_token_is_decoded_again_for_its_logits(harness: Harness) -> None:
    harness.read(chat(1))
    assert harness.read(chat(1)) == 39
    assert harness.begin([1]).tokens == []


def test_another_try_goes_back_over_a_long_answer(harness: Harness) -> None:
    harness.read(chat(1))
    harness.decode([7] * 50)
    assert harness.memory.oldest(0) > 40
    assert harness.read(chat(1)) == 39


def test_another_end_goes_back_to_where_two_prompts_parted(harness: Harness) -> None:
    harness.read(chat(1))
    assert harness.read([*chat(1)[:36], *[7] * 30]) == 36  # still in the window
    assert harness.read([*chat(1)[:36], *[8] * 30]) == 36  # from a checkpoint


def test_the_window_is_used_as_far_as_it_reaches(harness: Harness) -> None:
    """The next token sees three before it: if one is gone, everything is read again."""
    for shared, reused in ((34, 34), (33, 33), (32, 0)):
        harness.start()
        harness.begin([0])
        for token in chat(1):
            harness.decode([token])
        assert harness.memory.oldest(0) == 30
        assert len(harness.begin([*chat(1)[:shared], 7, 7]).tokens) == reused, shared


@pytest.mark.parametrize(("shared", "loads"), [(39, True), (38, False)])
def test_of_the_window_on_disk_no_more_is_hoped_for(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, shared: int, loads: bool
) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.start()
    loaded = []
    real = harness.memory.load

    def load(*arguments: Any) -> bool:
        loaded.append(1)
        return real(*arguments)

    monkeypatch.setattr(harness.memory, "load", load)
    assert harness.read([*chat(1)[:shared], 7, 8]) == (shared if loads else 0)
    assert bool(loaded) is loads


def test_what_memory_still_has_is_not_loaded(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.read(chat(1, 35))  # a checkpoint at 34, on disk, too
    harness.read(chat(1))
    harness.keep()
    harness.start()
    harness.begin([0])
    for token in chat(1):
        harness.decode([token])
    monkeypatch.setattr(harness.memory, "load", lambda *_: pytest.fail("it is there"))
    assert len(harness.begin([*chat(1)[:34], 7, 7]).tokens) == 34


@pytest.mark.parametrize(("length", "reused"), [(4, 3), (5, 0)])
def test_what_is_shorter_than_the_window_can_be_cut_anywhere(
    harness: Harness, length: int, reused: int
) -> None:
    harness.read([*range(1, length + 2)])
    harness.close()
    harness.start()
    assert [len(entry.tokens) for entry in harness.disk_cache.entries] == [length]
    assert harness.read([1, 2, 3, 9, 9, 9]) == reused


def test_what_no_checkpoint_has_is_decoded_anew(harness: Harness) -> None:
    harness.read(chat(1))
    assert harness.read([*chat(1)[:20], *[7] * 30]) == 0


def test_a_window_that_cannot_be_brought_back_is_decoded_anew(harness: Harness) -> None:
    harness.read(chat(1))
    harness.decode([7] * 50)
    harness.memory.loses_windows = True
    assert harness.read(chat(1)) == 0


def test_a_decode_that_was_stopped_leaves_what_was_there(harness: Harness) -> None:
    harness.read(chat(1))
    harness.memory.decode([Piece(0, [7] * 5, 40)], aborts=True)
    harness.sequence.aborted()
    assert harness.sequence.tokens == chat(1)
    assert harness.read([*chat(1), 8]) == 40


def test_many_small_steps_do_not_cost_the_checkpoints_that_matter(harness: Harness) -> None:
    """A question is prefilled word by word while it is typed."""
    harness.read(chat(1, 20))
    harness.read(chat(1, 40))
    typed = chat(1)
    for word in range(30):
        typed += [500 + word]
        harness.read(typed)
    assert harness.read([*chat(1, 20)[:19], *[8] * 30]) == 19
    assert len(harness.sequence.windows) <= 5


# --- On disk ------------------------------------------------------------------------------


def test_other_chats_come_from_the_shelf(harness: Harness) -> None:
    for number in (1, 2, 3):
        assert harness.read(chat(number), number) <= 3
    for number in (1, 2, 3, 2, 1):
        harness.sequence.restored = 0
        assert harness.read([*chat(number), 7], number) == 39
        assert harness.sequence.restored == 39


def test_a_restart_loses_nothing_that_was_kept(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.start()
    assert harness.read(chat(1)) == 39
    assert harness.sequence.restored == 39


def test_closing_keeps_what_is_worth_it(harness: Harness) -> None:
    harness.read(chat(1))
    harness.close()
    harness.start()
    assert harness.read(chat(1)) == 39


def test_what_was_said_of_the_disk_follows_a_cut(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.start()
    harness.read([*chat(1)[:39], 7, 7])
    assert harness.sequence.restored == 39
    harness.read([1, 2, 9])
    assert harness.sequence.restored == 0


def test_an_edit_goes_back_to_a_checkpoint_on_disk(harness: Harness) -> None:
    harness.read(chat(1, 20))
    harness.read(chat(1))
    harness.keep()
    harness.start()
    assert harness.read([*chat(1)[:19], *[7] * 30]) == 19


def test_only_the_window_itself_is_on_disk(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory held more when it was saved; relying on that would load in vain."""
    harness.read(chat(1))
    assert harness.memory.oldest(0) <= 36 - harness.memory.window
    harness.keep()
    harness.start()
    monkeypatch.setattr(harness.memory, "load", lambda *_: pytest.fail("it is of no use"))
    assert harness.read([*chat(1)[:36], 8]) == 0


def test_what_is_on_its_way_to_the_disk_is_waited_for(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = kv_disk_cache._hashes

    def slow(folder: Path) -> Any:
        time.sleep(0.05)
        return real(folder)

    monkeypatch.setattr(kv_disk_cache, "_hashes", slow)
    harness.read(chat(1))
    harness.read(chat(2))
    assert harness.read([*chat(1), 7]) == 39


def test_what_is_kept_is_the_prompt_and_not_the_answer(harness: Harness) -> None:
    harness.read(chat(1))
    harness.decode([7] * 50)
    harness.keep()
    assert [list(entry.tokens) for entry in harness.disk_cache.entries] == [chat(1)[:39]]
    assert harness.memory.tokens() == chat(1)[:39]


def test_what_is_not_worth_it_is_not_written_again(harness: Harness) -> None:
    harness.read(chat(1, 200))
    harness.keep()
    (before,) = harness.disk_cache.entries
    harness.read(chat(1, 210))
    harness.keep()
    assert harness.disk_cache.entries == [before]
    harness.read(chat(1, 230))
    harness.keep()
    (after,) = harness.disk_cache.entries
    assert len(after.tokens) == 229


def test_what_is_of_no_chat_is_not_kept(harness: Harness) -> None:
    """Text typed for a new chat could never be deleted from there."""
    harness.read(chat(1), None)
    harness.keep()
    harness.read(chat(2), 2)
    assert harness.disk_cache.entries == []
    harness.read(chat(1), None)
    harness.read([*chat(1), 7, 7], 1)  # it is sent
    harness.keep()
    kv_disk_cache.forget(harness.root, 1)
    kv_disk_cache.forget(harness.root, 2)
    assert not list(harness.root.glob("*/*"))


def test_another_budget_is_another_try(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.pool.set_budget(100)
    harness.keep()
    assert harness.disk_cache.entries == []
    harness.pool.set_budget(BUDGET)
    harness.keep()
    assert len(harness.disk_cache.entries) == 1


def test_a_disk_that_refuses_is_not_asked_at_every_turn(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def put(*_: object) -> bool:
        asked.append(1)
        return False

    monkeypatch.setattr(harness.disk_cache, "put", put)
    for length in (40, 41, 42):
        harness.read(chat(1, length))
        harness.keep()
    assert asked == [1]


def test_nothing_is_written_where_the_checkpoint_is_lost(harness: Harness) -> None:
    harness.read(chat(1))
    harness.decode([7] * 50)
    harness.memory.loses_windows = True
    harness.keep()
    assert harness.disk_cache.entries == []
    assert harness.read(chat(1)) == 0


def test_an_altered_entry_is_read_anew(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    (entry,) = harness.disk_cache.entries
    entry.state.write_bytes(entry.state.read_bytes()[:-1] + b"?")
    harness.start()
    assert harness.read(chat(1)) == 0
    assert harness.sequence.restored == 0
    assert not entry.folder.exists()


def test_an_entry_that_llama_cpp_refuses_is_thrown_away(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.start()

    def refuses(sequence: int, path: Path, tokens: object) -> bool:
        harness.memory.clear(sequence)
        return False

    monkeypatch.setattr(harness.memory, "load", refuses)
    assert harness.read(chat(1)) == 0
    assert harness.disk_cache.entries == []


def test_no_budget_keeps_nothing(harness: Harness, tmp_path: Path) -> None:
    harness.budget = 0
    harness.start()
    for number in (1, 2, 1):
        assert harness.read(chat(number), number) <= 3
    harness.keep()
    harness.close()
    assert list(tmp_path.rglob("*")) == []


def test_a_state_of_a_longer_context_is_left_alone(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    pool = KvPool(FakeMemory(), 1, size=20, disk=harness.disk_cache)
    sequence = pool.begin(chat(1)[:18], 1)
    assert sequence
    assert sequence.tokens == []
    assert len(harness.disk_cache.entries) == 1


def test_no_shelf_at_all() -> None:
    memory = FakeMemory()
    pool = KvPool(memory, 1)
    sequence = pool.begin([1, 2, 3], 1)
    assert sequence
    memory.decode([Piece(0, [1, 2], 0)])
    sequence.add([1, 2])
    sequence.checkpoint()
    pool.end(sequence)
    pool.set_budget(BUDGET)
    pool.keep()
    pool.forget(2)
    pool.close()
    assert pool.longest([1, 2, 3]) == 2


def test_a_budget_of_nothing_empties_the_shelf(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.pool.set_budget(0)
    assert harness.disk_cache.entries == []
    assert not list(harness.root.glob("*/*"))


def test_a_chat_is_forgotten(harness: Harness) -> None:
    harness.read(chat(1), 1)
    harness.keep()
    harness.pool.forget(2)
    assert harness.memory.tokens() == chat(1)[:39]
    harness.pool.forget(1)
    assert harness.memory.tokens() == []
    kv_disk_cache.forget(harness.root, 1)  # as the parent process does
    assert harness.read(chat(1), 1) == 0


# --- A turn that waits for a tool -----------------------------------------------------------


@pytest.fixture(params=[1, 2, 4])
def several(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Return a harness of some sequences, where the others can be put aside."""
    harness = Harness(tmp_path, sequences=request.param)
    yield harness
    assert harness.is_right
    harness.disk_cache.wait()


def waits(harness: Harness, number: int, chat_id: int | None = 1) -> list[int]:
    """Read a prompt and draw a call; return the tokens."""
    harness.read(chat(number), chat_id)
    harness.decode(DRAWN)
    harness.sequence.wait()
    return [*chat(number), *DRAWN]


def goes_on(harness: Harness, turn: list[int], chat_id: int | None = 1) -> int:
    """Read a result; return how many tokens had to be."""
    wanted = [*turn, *RESULT]
    reused = len(harness.begin(wanted, chat_id).tokens)
    harness.decode(wanted[reused:])
    return len(wanted) - reused


DRAWN, RESULT = [901] * 30, [902, 903]


@pytest.mark.parametrize("chat_id", [1, None])
def test_a_turn_that_waits_goes_on_where_it_was(several: Harness, chat_id: int | None) -> None:
    turn = waits(several, 1, chat_id)
    several.read([*chat(1), 7, 7], chat_id)  # its title
    several.read(chat(2), 2)
    several.read(chat(3), None)
    assert goes_on(several, turn, chat_id) == len(RESULT)
    assert several.sequence.restored == 0


def test_two_turns_that_wait_take_turns(several: Harness) -> None:
    one, other = waits(several, 1), waits(several, 2, 2)
    for number in range(4):
        assert goes_on(several, one) == len(RESULT)
        several.sequence.wait()
        assert goes_on(several, other, 2) == len(RESULT)
        several.sequence.wait()
        one, other = [*one, *RESULT], [*other, *RESULT]
        if number == 2:
            several.read([*chat(1), 7], 3)  # it begins as the turn does


def test_a_turn_that_comes_back_is_not_the_one_that_makes_room(several: Harness) -> None:
    turns = [waits(several, number, number) for number in range(3)]
    assert goes_on(several, turns[0], 0) == len(RESULT)
    several.sequence.wait()
    assert goes_on(several, turns[1], 1) == len(RESULT)


def test_a_turn_waits_on_disk_where_memory_is_short(harness: Harness) -> None:
    turn = waits(harness, 1)
    harness.read(chat(2), 2)
    assert goes_on(harness, turn) == len(RESULT)
    assert harness.sequence.restored == len(turn)
    harness.sequence.wait()
    harness.close()
    harness.start()
    assert goes_on(harness, [*turn, *RESULT]) == len(RESULT)


def test_a_turn_that_does_not_go_on_is_not_preferred(several: Harness) -> None:
    waits(several, 1)
    several.pool.end_turn(None)
    several.end()
    assert [each.waits for each in several.pool._idle] == [True]
    several.pool.end_turn(1)
    assert [each.waits for each in several.pool._idle] == [False]


def test_a_turn_that_cannot_be_brought_back_is_read_anew(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    turn = waits(harness, 1, None)
    harness.read(chat(2), None)
    harness.memory.loses_windows = True
    assert goes_on(harness, turn, None) == len(turn) + len(RESULT)
    assert harness.is_right


# --- Several conversations ------------------------------------------------------------------

SYSTEM = [*range(1, 31)]


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Harness]:
    """Return a harness of four sequences."""
    harness = Harness(tmp_path, sequences=4)
    yield harness
    assert harness.is_right
    harness.disk_cache.wait()


def agent(number: int, length: int = 40) -> list[int]:
    """Return what an agent begins with; all have the same instructions."""
    return [*SYSTEM, *(1000 * number + i for i in range(length))]


def test_a_beginning_that_many_share_is_in_memory_once(four: Harness) -> None:
    four.read(agent(1), None)
    sequence = four.begin(agent(2), None)  # the window at its end is gone
    assert (len(sequence.tokens), sequence.parted) == (0, len(SYSTEM))
    four.decode(agent(2)[: sequence.parted])
    sequence.checkpoint()
    four.decode(agent(2)[sequence.parted :])
    sequence.checkpoint()
    before = four.memory.used
    for number in (3, 4):
        assert four.read(agent(number), None) == len(SYSTEM)
        assert four.sequence.parted == 0
    assert four.memory.used == before + 2 * 40


def test_the_same_conversation_parts_from_nobody(four: Harness) -> None:
    four.read(agent(1), 1)
    assert four.begin(agent(2), 1).parted == 0


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_agents_that_take_turns_cost_their_new_tokens(data: st.DataObject) -> None:
    """What came before is in the cells or put aside, whoever spoke since."""
    harness = Harness(Path("unused"), budget=0, sequences=data.draw(st.integers(2, 6)))
    said = {number: agent(number, data.draw(st.integers(17, 40))) for number in range(5)}
    for turn in range(data.draw(st.integers(1, 25))):
        number = data.draw(st.sampled_from([*said]))
        is_first = len(said[number]) <= 70
        held = len(said[number])
        said[number] = [*said[number], *(turn * 1000 + i for i in range(71 if is_first else 2))]
        reused = harness.read(said[number], 5 if number == 0 else None)
        assert is_first or reused == held
        harness.decode([7, 8])
        said[number] += [7, 8]
        harness.now += data.draw(st.sampled_from([1.0, 20.0, 50.0]))
    assert harness.is_right


def test_agents_and_a_chat_keep_the_checkpoints_that_they_need(
    four: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A follow-up without the reasoning costs the answer and the new words."""
    monkeypatch.setattr(kv_pool, "_CHECKPOINTS", 32)
    four.sequences = 9
    four.start()
    said = {number: agent(number) for number in range(5)}
    for turn in range(9):
        for number, prompt in said.items():
            four.now += 5
            question = [10_000 * turn + 1000 * number + i for i in range(10)]
            prompt += [] if turn == 0 else [*[8] * 20, *question]  # an answer before it
            reused = four.read(prompt, 7 if number == 0 else None)
            assert turn == 0 or len(prompt) - reused <= 20 + 10 + 1
            four.decode([9] * 50)  # reasoning
            four.decode([8] * 20)
    windows = {id(state) for each in four.pool._held() for state in each.windows.values()}
    assert len(windows) <= 32


def test_who_is_idle_lingers_and_then_goes_aside(
    four: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    real = four.memory.state

    def state(sequence: int, most: int) -> bytearray:
        copied.append(sequence)
        return real(sequence, most)

    monkeypatch.setattr(four.memory, "state", state)
    four.read(chat(1), None)
    four.end()
    four.now += 29
    four.read(chat(2), None)
    four.end()
    four.now += 29
    four.read([*chat(2), 7], None)
    assert copied == [0]
    assert four.memory.tokens(0) == []
    assert four.read([*chat(1), 7], None) == 40
    four.end()
    four.now += 100
    four.read([*chat(1), 7, 7], None)  # it need not be copied to go on
    assert copied == [0, 1]


def test_who_cannot_go_aside_stays(four: Harness) -> None:
    four.memory.loses_states = True
    four.read(chat(1), None)
    four.end()
    four.now += 100
    four.read(chat(2), None)
    assert four.read([*chat(1), 7], None) == 40


def test_a_sequence_is_found_as_long_as_not_all_are_busy(four: Harness) -> None:
    for number in range(8):
        four.read(chat(number), None)
    four.end()
    busy = [four.pool.begin(chat(number), None) for number in range(10, 14)]
    assert sorted(each.number for each in busy if each) == [0, 1, 2, 3]
    assert four.pool.begin(chat(20), None) is None
    for number in range(8):
        assert four.pool.longest([*chat(number), 7]) == 40


def test_room_is_made_by_who_was_idle_longest(four: Harness) -> None:
    pool = four.pool = KvPool(four.memory, 4, size=100)
    four.memory._full.size = 100
    for number in (1, 2):
        four.read(chat(number), None)
    assert pool.room(20)
    assert len(pool._idle) == 1
    assert pool.room(60)
    assert not pool._idle
    assert not pool.room(61)
    assert pool.begin(chat(3, 61), None) is None
    other = pool.begin(chat(3, 60), None)
    assert other
    assert not pool.room(61)
    pool.pause(four.sequence)
    assert pool.room(61)
    assert pool.begin([*chat(2), 7], None) is None  # the other's prompt is not read yet
    pool.end(other)
    four.sequence = None  # type: ignore[assignment]
    assert four.read([*chat(2), 7], None) == 40


def test_a_fork_needs_no_room_for_what_it_shares(four: Harness) -> None:
    pool = four.pool = KvPool(four.memory, 4, size=60)
    four.read(chat(1), None)
    fork = pool.begin([*chat(1), *[7] * 20], None)
    assert fork
    assert len(fork.tokens) == 40
    assert pool.begin(chat(2, 30), None) is None
    pool.end(fork)


@pytest.mark.parametrize("chat_id", [None, 1])
def test_who_pauses_without_memory_goes_on_from_disk_or_anew(
    four: Harness, chat_id: int | None
) -> None:
    four.memory.loses_states = True
    four.read(chat(1), chat_id)
    four.decode([7] * 9)
    four.pool.pause(four.sequence)
    four.sequence = None  # type: ignore[assignment]
    assert four.memory.used == 0
    four.disk_cache.wait()
    assert four.read([*chat(1), *[7] * 9, 8], chat_id) == (49 if chat_id else 0)


def test_an_answer_with_a_seed_gets_the_first_cells(four: Harness) -> None:
    four.read(chat(1), 1)
    four.read(chat(2), None)
    assert four.begin(chat(3), 3, fresh=True).number == 0
    assert four.memory.used == 0
    assert [each.tokens for each in four.pool._asides.all] == [chat(1), chat(2)]
    four.decode(chat(3))
    assert four.begin(chat(3), 3, fresh=True).tokens == []
    assert len(four.pool._asides.all) == 2  # its own is not wanted again
    other = four.pool.begin(chat(1), 1, fresh=True)
    assert other
    assert other.tokens == []
    four.pool.end(other)


def test_what_was_read_for_a_title_need_not_be_read_again(four: Harness) -> None:
    """It is of the same chat, and has the answer without its reasoning."""
    four.read(chat(1), 1)
    four.decode([8] * 30)
    four.read([*chat(1), *[7] * 20, 9, 9], 1)
    assert len(four.pool._idle) == 0
    assert len(four.begin([*chat(1), *[7] * 20, 5, 5], 1).tokens) == 60


def test_what_is_kept_leaves_the_answer_where_it_is(four: Harness) -> None:
    four.read(chat(1))
    four.decode([7] * 50)
    four.keep()
    assert [list(each.tokens) for each in four.disk_cache.entries] == [chat(1)[:39]]
    assert four.memory.tokens() == [*chat(1), *[7] * 50]
    assert four.memory.used == 90


def test_a_chat_is_written_when_another_begins_and_a_client_never(four: Harness) -> None:
    four.read(chat(1), 1)
    four.read(chat(2), None)
    four.read(chat(3), 3)
    four.end()
    four.pool.keep()
    four.close()
    assert sorted(entry.tokens[3] for entry in four.disk_cache.entries) == [1000, 3000]


def test_nobody_waits_for_a_chat_to_be_written_that_is_in_memory(four: Harness) -> None:
    four.read(chat(1), 1)
    four.end()
    busy = four.pool.begin(chat(5), 1)
    assert busy
    four.read(chat(2), None)
    four.disk_cache.wait()
    assert four.disk_cache.entries == []
    four.pool.end(busy)
    four.keep()
    assert len(four.disk_cache.entries) == 1


def test_nothing_is_left_of_a_chat_but_what_another_shares(four: Harness) -> None:
    four.read(chat(1), 1)
    four.end()
    four.now += 100
    four.read([*chat(1), 7], 2)
    assert [each.chat for each in four.pool._asides.all] == []
    four.read([*chat(1), 8], 1)
    four.read([*chat(1), 9], 1)
    four.end()
    four.now += 100
    four.read([5], None)
    assert 1 in [each.chat for each in four.pool._asides.all]
    four.pool.forget(1)
    kv_disk_cache.forget(four.root, 1)
    assert 1 not in [each.chat for each in four.pool._held()]
    assert four.pool.longest([*chat(1), 7, 0]) == 41
    four.pool.forget(2)
    kv_disk_cache.forget(four.root, 2)
    four.start()
    assert four.pool.longest([*chat(1), 7, 0]) == 0


def test_what_is_aside_takes_a_quarter_of_the_memory(
    four: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 0
    free = 1 << 40
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free - size))

    def go_aside(number: int) -> None:
        nonlocal size
        four.read(chat(number), None)
        four.pool.pause(four.sequence)
        four.sequence = None  # type: ignore[assignment]
        size = sum(len(each.state) for each in four.pool._asides.all)

    go_aside(1)
    free = 4 * (2 * size + size // 2)
    go_aside(2)
    assert four.pool.longest([*chat(1), 7]) == 40
    go_aside(3)
    assert [each.tokens for each in four.pool._asides.all] == [chat(2), chat(3)]
    assert four.read([*chat(2), 7], None) == 40
    four.pool.pause(four.sequence)
    four.sequence = None  # type: ignore[assignment]
    go_aside(4)
    assert [each.tokens for each in four.pool._asides.all] == [[*chat(2), 7], chat(4)]
    free = 0
    go_aside(5)
    assert four.pool.longest([*chat(5), 7]) == 0


# --- Whatever comes, in whatever order ------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """Conversations with common beginnings that come, go on, pause and go, in any order.

    Several decode at a time, in one batch, as much as there is room for.
    """

    SEQUENCES, SIZE = 4, 60

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.budget = BUDGET
        self.now = 0.0
        self.prompts = [[0] * 5]
        self.start()

    def start(self) -> None:
        self.memory = FakeMemory(sequences=self.SEQUENCES, size=self.SIZE)
        self.disk = DiskCache(self.root, "id", self.budget)
        self.pool = KvPool(
            self.memory, self.SEQUENCES, self.SIZE, self.disk, clock=lambda: self.now
        )
        self.running: dict[KvSequence, list[int]] = {}

    def teardown(self) -> None:
        for sequence in self.running:
            self.pool.end(sequence)
        self.running = {}
        for chat_id in (1, 2):
            self.pool.forget(chat_id)
        assert not any(each.chat for each in self.pool._held())
        everything = self.pool.begin([1, 2], None, fresh=True)
        assert everything
        assert everything.number == self.memory.used == 0
        shutil.rmtree(self.root)

    @rule(
        data=st.data(),
        new=st.lists(st.integers(0, 1), min_size=1, max_size=25),
        chat_id=st.sampled_from([None, 1, 2]),
        fresh=st.sampled_from([False, False, True]),
    )
    def join(self, data: st.DataObject, new: list[int], chat_id: int | None, fresh: bool) -> None:
        before = data.draw(st.sampled_from(self.prompts))
        shared = data.draw(st.integers(0, len(before)))
        prompt = [*before[:shared], *new][: self.SIZE - 1]
        self.prompts.append(prompt)
        self.joins(prompt, chat_id, fresh=fresh)

    def joins(
        self, prompt: list[int], chat_id: int | None, *, fresh: bool = False
    ) -> KvSequence | None:
        hoped = self.pool.longest(prompt)
        assert 0 <= hoped < len(prompt)
        sequence = self.pool.begin(prompt, chat_id, fresh=fresh)
        self.disk.wait()
        if sequence is None:
            assert self.running
            return None
        assert sequence not in self.running
        assert sequence.tokens == prompt[: len(sequence.tokens)]
        assert sequence.restored <= len(sequence.tokens) < len(prompt)
        assert not sequence.parted or len(sequence.tokens) < sequence.parted < len(prompt)
        assert not fresh or not sequence.tokens
        self.running[sequence] = prompt[len(sequence.tokens) :]
        if sequence.tokens:
            sequence.checkpoint()
        return sequence

    @rule(data=st.data(), aborts=st.booleans())
    def step(self, data: st.DataObject, aborts: bool) -> None:
        """Decode a batch of what is left of the prompts, and answers."""
        pieces, left = [], self.memory.batch
        for sequence, rest in self.running.items():
            count = data.draw(st.integers(0, min(left, 4)))
            tokens = rest[:count] or [7] * min(count, 1)
            if tokens and len(sequence.tokens) + len(tokens) <= self.SIZE:
                pieces.append(Piece(sequence.number, tokens, len(sequence.tokens)))
                left -= len(tokens)
        by_number = {sequence.number: sequence for sequence in self.running}
        while pieces and not self.pool.room(sum(len(piece.tokens) for piece in pieces)):
            out = by_number[pieces.pop().sequence]  # the latest gives way
            if len(self.running) > 1:
                self.pauses(out)
            pieces = [piece for piece in pieces if piece.sequence != out.number]
        if not pieces:
            return
        done = self.memory.decode(pieces, aborts=aborts)
        for piece in pieces:
            sequence = by_number[piece.sequence]
            if done:
                sequence.add(piece.tokens)
                del self.running[sequence][: len(piece.tokens)]
            else:
                sequence.aborted()
                assert len(sequence.tokens) == piece.start
            match data.draw(st.sampled_from(["", "checkpoint", "take back"])) if done else "":
                case "checkpoint":
                    sequence.checkpoint()
                case "take back":
                    sequence.take_back()
                    assert len(sequence.tokens) == piece.start + len(piece.tokens) - 1
                    self.running[sequence][:0] = piece.tokens[-1:]

    def pauses(self, sequence: KvSequence) -> None:
        rest = self.running.pop(sequence)
        tokens = [*sequence.tokens, *rest, 7]
        self.pool.pause(sequence)
        assert sequence.tokens == self.memory.tokens(sequence.number) == []
        self.prompts.append(tokens[: self.SIZE - 1])

    @rule(data=st.data())
    def pause(self, data: st.DataObject) -> None:
        if self.running:
            sequence = data.draw(st.sampled_from([*self.running]))
            whole = [*sequence.tokens, *self.running.pop(sequence), 7][: self.SIZE]
            count, chat_id, room = len(sequence.tokens), sequence.chat, len(self.running)
            self.pool.pause(sequence)
            back = self.joins(whole, chat_id)
            assert back or room
            if back and not self.memory.loses_states:
                assert len(back.tokens) >= min(count, len(whole) - 1)

    @rule(data=st.data(), how=st.sampled_from(["end", "wait"]))
    def leave(self, data: st.DataObject, how: str) -> None:
        if self.running:
            sequence = data.draw(st.sampled_from([*self.running]))
            del self.running[sequence]
            self.prompts.append([*sequence.tokens, 1][: self.SIZE - 1])
            if how == "wait":
                sequence.wait()
            self.pool.end(sequence)

    @rule(data=st.data())
    def mark(self, data: st.DataObject) -> None:
        if grown := [sequence for sequence in self.running if sequence.tokens]:
            sequence = data.draw(st.sampled_from(grown))
            self.pool.mark(sequence, data.draw(st.integers(1, len(sequence.tokens))))

    @rule(seconds=st.sampled_from([5.0, 40.0]))
    def later(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def keep(self) -> None:
        self.pool.keep()
        self.disk.wait()

    @rule(budget=st.sampled_from([0, 2000, BUDGET]))
    def set_budget(self, budget: int) -> None:
        self.budget = budget
        self.pool.set_budget(budget)

    @rule(chat_id=st.sampled_from([1, 2]))
    def end_turn(self, chat_id: int) -> None:
        self.pool.end_turn(chat_id)

    @rule(chat_id=st.sampled_from([1, 2]))
    def forget(self, chat_id: int) -> None:
        self.pool.forget(chat_id)
        kv_disk_cache.forget(self.root, chat_id)

    @rule(closes=st.booleans())
    def restart(self, closes: bool) -> None:
        for sequence in [*self.running]:
            self.pool.end(sequence)
        if closes:
            self.pool.close()
        self.disk.wait()
        self.start()

    @rule(data=st.data())
    def alter(self, data: st.DataObject) -> None:
        if files := sorted(self.root.glob("*/*/*")):
            path = data.draw(st.sampled_from(files))
            path.write_bytes(path.read_bytes()[:-1])

    @rule(loses=st.booleans())
    def states_fail(self, loses: bool) -> None:
        self.memory.loses_states = loses

    @invariant()
    def memory_is_right(self) -> None:
        assert not self.memory.wrong
        held = [*self.pool._busy, *self.pool._idle]
        assert {*self.pool._busy} == {*self.running}
        for sequence in held:
            assert sequence.tokens == self.memory.tokens(sequence.number)
            assert len(sequence.cells) == len(sequence.tokens) <= self.SIZE
        assert self.pool._count.fit(held, self.memory.used)
        assert not held or not self.pool._count.fit(held, self.memory.used - 1)
        assert all(not self.memory.tokens(n) for n in {*range(4)} - {s.number for s in held})
        windows = [id(state) for each in self.pool._held() for state in each.windows.values()]
        assert len({*windows}) <= max(kv_pool._CHECKPOINTS, len(self.pool._held()))


AnyOrder.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_the_windows_of_a_short_context_have_room() -> None:
    """What is shared has its cells once, but each sequence has a window of its own."""
    memory = FakeMemory(sequences=4)
    pool = KvPool(memory, 4, size=12)
    for last in range(3):
        tokens = [1, 2, 3, 4, 50 + last, 60 + last]
        sequence = pool.begin([*tokens, 0], None)
        assert sequence
        done = len(sequence.tokens)
        for batch in (tokens[done:4], tokens[4:]):
            if batch:
                memory.decode([Piece(sequence.number, batch, len(sequence.tokens))])
                sequence.add(batch)
                sequence.checkpoint()
        sequence.waits = True
        pool.end(sequence)
    assert pool.room(2)
    assert sum(min(len(each.tokens), memory.window) for each in pool._idle) + 2 <= 12
    pool.close()
