"""The KV cache reuses what was read, but never without the window that a token must see."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.engine import kv_cache as cache_module
from app.engine import kv_disk_cache
from app.engine.engine_protocol import Piece
from app.engine.kv_cache import KvCache
from app.engine.kv_disk_cache import DiskCache
from tests.fakes.memory import FakeMemory

BUDGET = 1 << 20
WORTH = 8


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Reduce the limits to tens of tokens, and ignore the real disk's free space."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache_module, "_WORTH", WORTH)
        patch.setattr(cache_module, "_CHECKPOINTS", 5)
        patch.setattr(kv_disk_cache, "_SPARE", 0)
        yield


class Harness:
    """A cache, its memory, and its disk cache, which outlives both."""

    def __init__(self, root: Path, budget: int = BUDGET) -> None:
        self.root = root
        self.budget = budget
        self.start()

    def start(self) -> None:
        self.memory = FakeMemory()
        self.disk_cache = DiskCache(self.root, "id", self.budget)
        self.cache = KvCache(self.memory, self.disk_cache)

    def read(self, tokens: list[int], chat: int | None = 1) -> int:
        """Read a prompt as the worker does; return how many tokens were reused."""
        reused = self.cache.reach(tokens)
        self.cache.chat = chat
        if reused:
            self.cache.checkpoint()
        self.decode(tokens[reused:-1])
        self.cache.checkpoint()
        self.decode(tokens[-1:])
        return reused

    def decode(self, tokens: list[int]) -> None:
        for at in range(0, len(tokens), self.memory.batch):
            batch = tokens[at : at + self.memory.batch]
            self.memory.decode([Piece(0, batch, len(self.memory.tokens()))])
            self.cache.add(batch)

    def keep(self) -> None:
        self.cache.keep()
        self.disk_cache.wait()

    @property
    def is_right(self) -> bool:
        return not self.memory.wrong and self.cache.tokens == self.memory.tokens()


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
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
    assert harness.cache.reach([1]) == 0


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
    """The next token sees three before it.

    If these and one more (as llama-server requires it) are there, nothing is read again; otherwise
    everything is.
    """
    for shared, reused in ((35, 35), (34, 34), (33, 0)):
        harness.start()
        for token in chat(1):
            harness.decode([token])
        assert harness.memory.oldest(0) == 30
        assert harness.cache.reach([*chat(1)[:shared], 7, 7]) == reused, shared


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
    for token in chat(1):
        harness.decode([token])
    monkeypatch.setattr(harness.memory, "load", lambda *_: pytest.fail("it is there"))
    assert harness.cache.reach([*chat(1)[:34], 7, 7]) == 34


@pytest.mark.parametrize(("length", "reused"), [(4, 3), (5, 0)])
def test_what_is_shorter_than_the_window_can_be_cut_anywhere(
    harness: Harness, length: int, reused: int
) -> None:
    harness.read([*range(1, length + 2)])
    harness.cache.close()
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
    harness.cache.aborted()
    assert harness.cache.tokens == chat(1)
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
    assert len(harness.cache._windows) <= 5


# --- On disk ------------------------------------------------------------------------------


def test_other_chats_come_from_the_shelf(harness: Harness) -> None:
    for number in (1, 2, 3):
        assert harness.read(chat(number), number) <= 3
    for number in (1, 2, 3, 2, 1):
        harness.cache.restored = 0
        assert harness.read([*chat(number), 7], number) == 39
        assert harness.cache.restored == 39


def test_a_restart_loses_nothing_that_was_kept(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.start()
    assert harness.read(chat(1)) == 39
    assert harness.cache.restored == 39


def test_closing_keeps_what_is_worth_it(harness: Harness) -> None:
    harness.read(chat(1))
    harness.cache.close()
    harness.start()
    assert harness.read(chat(1)) == 39


def test_what_was_said_of_the_disk_follows_a_cut(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.start()
    harness.read([*chat(1)[:39], 7, 7])
    assert harness.cache.restored == 39
    harness.read([1, 2, 9])
    assert harness.cache.restored == 0


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
    assert harness.cache.tokens == chat(1)[:39]


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
    harness.cache.set_budget(100)
    harness.keep()
    assert harness.disk_cache.entries == []
    harness.cache.set_budget(BUDGET)
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
    assert harness.cache.restored == 0
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


def test_no_budget_keeps_nothing(tmp_path: Path) -> None:
    harness = Harness(tmp_path, budget=0)
    for number in (1, 2, 1):
        assert harness.read(chat(number), number) <= 3
    harness.keep()
    harness.cache.close()
    assert list(tmp_path.rglob("*")) == []
    assert harness.is_right


def test_a_state_of_a_longer_context_is_left_alone(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    memory = FakeMemory()
    cache = KvCache(memory, harness.disk_cache, size=20)
    assert cache.reach(chat(1)[:18]) == 0
    assert len(harness.disk_cache.entries) == 1


def test_no_shelf_at_all() -> None:
    memory = FakeMemory()
    cache = KvCache(memory)
    assert cache.reach([1, 2, 3]) == 0
    memory.decode([Piece(0, [1, 2], 0)])
    cache.add([1, 2])
    cache.checkpoint()
    cache.set_budget(BUDGET)
    cache.keep()
    cache.forget_chat(1)
    cache.close()
    assert cache.reach([1, 2, 3]) == 2


def test_a_budget_of_nothing_empties_the_shelf(harness: Harness) -> None:
    harness.read(chat(1))
    harness.keep()
    harness.cache.set_budget(0)
    assert harness.disk_cache.entries == []
    assert not list(harness.root.glob("*/*"))


def test_a_chat_is_forgotten(harness: Harness) -> None:
    harness.read(chat(1), 1)
    harness.keep()
    harness.cache.forget_chat(2)
    assert harness.cache.tokens == chat(1)[:39]
    harness.cache.forget_chat(1)
    assert harness.cache.tokens == harness.memory.tokens() == []
    kv_disk_cache.forget(harness.root, 1)  # as the parent process does
    assert harness.read(chat(1), 1) == 0


# --- A turn that waits for a tool -----------------------------------------------------------


def waits(harness: Harness, number: int, chat_id: int | None = 1) -> list[int]:
    """Read a prompt and draw a call; return the tokens."""
    harness.read(chat(number), chat_id)
    harness.decode(DRAWN)
    harness.cache.wait()
    return [*chat(number), *DRAWN]


def goes_on(harness: Harness, turn: list[int], chat_id: int | None = 1) -> int:
    """Read a result; return how many tokens had to be."""
    wanted = [*turn, *RESULT]
    reused = harness.cache.reach(wanted)
    harness.cache.chat = chat_id
    harness.decode(wanted[reused:])
    return len(wanted) - reused


DRAWN, RESULT = [901] * 30, [902, 903]


@pytest.mark.parametrize("chat_id", [1, None])
def test_a_turn_that_waits_goes_on_where_it_was(harness: Harness, chat_id: int | None) -> None:
    turn = waits(harness, 1, chat_id)
    harness.read(chat(2), 2)
    harness.read(chat(3), None)
    assert goes_on(harness, turn, chat_id) == len(RESULT)
    assert harness.cache.restored == 0
    assert harness.is_right


def test_two_turns_that_wait_take_turns(harness: Harness) -> None:
    one, other = waits(harness, 1), waits(harness, 2, 2)
    for number in range(4):
        assert goes_on(harness, one) == len(RESULT)
        harness.cache.wait()
        assert goes_on(harness, other, 2) == len(RESULT)
        harness.cache.wait()
        one, other = [*one, *RESULT], [*other, *RESULT]
        if number == 2:
            harness.read([*chat(1), 7], 3)  # it begins as the turn does
    assert harness.is_right


def test_a_turn_that_comes_back_is_not_the_one_that_makes_room(harness: Harness) -> None:
    turns = [waits(harness, number, number) for number in range(3)]
    assert goes_on(harness, turns[0], 0) == len(RESULT)
    harness.cache.wait()
    assert goes_on(harness, turns[1], 1) == len(RESULT)
    assert harness.is_right


def test_a_turn_waits_on_disk_where_memory_is_short(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_SPARE", 1 << 62)
    turn = waits(harness, 1)
    harness.read(chat(2), 2)
    assert goes_on(harness, turn) == len(RESULT)
    assert harness.cache.restored == len(turn)
    harness.cache.wait()
    harness.cache.close()
    harness.start()
    assert goes_on(harness, [*turn, *RESULT]) == len(RESULT)
    assert harness.is_right


def test_a_turn_that_does_not_go_on_takes_no_memory(harness: Harness) -> None:
    turn = waits(harness, 1)
    harness.cache.end_turn(1)
    harness.read(chat(2), 2)
    assert not harness.cache._aside
    turn = waits(harness, 1)
    harness.read(chat(2), 2)
    assert harness.cache._aside
    harness.cache.end_turn(None)
    assert harness.cache._aside
    harness.cache.forget_chat(1)
    assert not harness.cache._aside
    assert goes_on(harness, turn) > len(RESULT)
    for number in range(5):
        waits(harness, number, number)
    assert len(harness.cache._aside) == 2
    assert harness.is_right


def test_a_turn_that_cannot_be_brought_back_is_read_anew(harness: Harness) -> None:
    turn = waits(harness, 1, None)
    harness.read(chat(2), 2)
    harness.memory.loses_windows = True
    assert goes_on(harness, turn, None) == len(turn) + len(RESULT)
    assert harness.is_right


# --- Whatever comes, in whatever order ------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """Prompts with common beginnings, answers, stops and crashes, in any order."""

    @initialize()
    def begin(self) -> None:
        self.harness = Harness(Path(tempfile.mkdtemp()))
        self.prompts = [[0] * 5]

    def teardown(self) -> None:
        self.harness.disk_cache.wait()
        shutil.rmtree(self.harness.root)

    @rule(data=st.data(), new=st.lists(st.integers(0, 1), min_size=1, max_size=25))
    def ask(self, data: st.DataObject, new: list[int]) -> None:
        before = data.draw(st.sampled_from(self.prompts))
        shared = data.draw(st.integers(0, len(before)))
        prompt = [*before[:shared], *new]
        self.prompts.append(prompt)
        reused = self.harness.cache.reach(prompt)
        assert reused == len(self.harness.cache.tokens) < len(prompt)
        assert self.harness.cache.tokens == prompt[:reused]
        assert self.harness.cache.restored <= reused
        self.harness.read(prompt, data.draw(st.sampled_from([None, 1, 2])))
        assert self.harness.cache.tokens == prompt
        self.harness.disk_cache.wait()

    @rule(answer=st.lists(st.integers(0, 1), min_size=1, max_size=25))
    def answer(self, answer: list[int]) -> None:
        self.harness.decode(answer)

    @rule(new=st.lists(st.integers(0, 1), min_size=1, max_size=6))
    def stop(self, new: list[int]) -> None:
        self.harness.memory.decode([Piece(0, new, len(self.harness.cache.tokens))], aborts=True)
        self.harness.cache.aborted()

    @rule()
    def wait(self) -> None:
        self.harness.cache.wait()
        self.prompts.append([*self.harness.cache.tokens, 1])

    @rule()
    def checkpoint(self) -> None:
        self.harness.cache.checkpoint()

    @rule()
    def keep(self) -> None:
        self.harness.keep()

    @rule(budget=st.sampled_from([0, 2000, BUDGET]))
    def budget(self, budget: int) -> None:
        self.harness.budget = budget
        self.harness.cache.set_budget(budget)

    @rule(number=st.sampled_from([1, 2]))
    def forget(self, number: int) -> None:
        self.harness.cache.forget_chat(number)
        kv_disk_cache.forget(self.harness.root, number)

    @rule(closes=st.booleans())
    def restart(self, closes: bool) -> None:
        if closes:
            self.harness.cache.close()
        self.harness.disk_cache.wait()
        self.harness.start()

    @rule(data=st.data())
    def alter(self, data: st.DataObject) -> None:
        if files := sorted(self.harness.root.glob("*/*/*")):
            path = data.draw(st.sampled_from(files))
            path.write_bytes(path.read_bytes()[:-1])

    @invariant()
    def memory_is_right(self) -> None:
        assert self.harness.is_right


AnyOrder.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestAnyOrder = AnyOrder.TestCase
