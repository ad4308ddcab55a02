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


class Desk:
    """A cache, its memory, and its disk cache, which outlives both."""

    def __init__(self, root: Path, budget: int = BUDGET) -> None:
        self.root = root
        self.budget = budget
        self.start()

    def start(self) -> None:
        self.memory = FakeMemory()
        self.shelf = DiskCache(self.root, "id", self.budget)
        self.cache = KvCache(self.memory, self.shelf)

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
            self.memory.decode(batch)
            self.cache.add(batch)

    def keep(self) -> None:
        self.cache.keep()
        self.shelf.wait()

    @property
    def is_right(self) -> bool:
        return not self.memory.wrong and self.cache.tokens == self.memory.tokens


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    assert desk.is_right
    desk.shelf.wait()


def chat(number: int, length: int = 40) -> list[int]:
    """Return a unique conversation; all begin alike."""
    return [1, 2, 3, *(1000 * number + i for i in range(length - 3))]


# --- In memory ----------------------------------------------------------------------------


def test_the_fake_notices_what_llama_cpp_does_not() -> None:
    memory = FakeMemory()
    for token in range(20):
        memory.decode([token])
    assert memory.oldest() == 10
    assert memory.cut(14)
    memory.decode([99])
    assert memory.wrong == []
    assert memory.cut(12)
    memory.decode([99])
    assert memory.wrong == [(*range(12), 99)]


def test_a_prompt_that_goes_on_costs_only_its_new_tokens(desk: Desk) -> None:
    assert desk.read(chat(1, 30)) == 0
    assert desk.read(chat(1, 40)) == 30


@pytest.mark.parametrize("length", [1, 2, 255, 256, 257, 512])
def test_what_is_shared_is_found_whatever_its_length(desk: Desk, length: int) -> None:
    assert desk.read([*range(length)]) == 0
    assert desk.read([*range(length + 20)]) == length


def test_the_last_token_is_decoded_again_for_its_logits(desk: Desk) -> None:
    desk.read(chat(1))
    assert desk.read(chat(1)) == 39
    assert desk.cache.reach([1]) == 0


def test_another_try_goes_back_over_a_long_answer(desk: Desk) -> None:
    desk.read(chat(1))
    desk.decode([7] * 50)
    assert desk.memory.oldest() > 40
    assert desk.read(chat(1)) == 39


def test_another_end_goes_back_to_where_two_prompts_parted(desk: Desk) -> None:
    desk.read(chat(1))
    assert desk.read([*chat(1)[:36], *[7] * 30]) == 36  # still in the window
    assert desk.read([*chat(1)[:36], *[8] * 30]) == 36  # from a checkpoint


def test_the_window_is_used_as_far_as_it_reaches(desk: Desk) -> None:
    """The next token sees three before it.

    If these and one more (as llama-server requires it) are there, nothing is read again; otherwise
    everything is.
    """
    for shared, reused in ((35, 35), (34, 34), (33, 0)):
        desk.start()
        for token in chat(1):
            desk.decode([token])
        assert desk.memory.oldest() == 30
        assert desk.cache.reach([*chat(1)[:shared], 7, 7]) == reused, shared


@pytest.mark.parametrize(("shared", "loads"), [(39, True), (38, False)])
def test_of_the_window_on_disk_no_more_is_hoped_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, shared: int, loads: bool
) -> None:
    desk.read(chat(1))
    desk.keep()
    desk.start()
    loaded = []
    real = desk.memory.load

    def load(*arguments: Any) -> bool:
        loaded.append(1)
        return real(*arguments)

    monkeypatch.setattr(desk.memory, "load", load)
    assert desk.read([*chat(1)[:shared], 7, 8]) == (shared if loads else 0)
    assert bool(loaded) is loads


def test_what_memory_still_has_is_not_loaded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.read(chat(1, 35))  # a checkpoint at 34, on disk, too
    desk.read(chat(1))
    desk.keep()
    desk.start()
    for token in chat(1):
        desk.decode([token])
    monkeypatch.setattr(desk.memory, "load", lambda *_: pytest.fail("it is there"))
    assert desk.cache.reach([*chat(1)[:34], 7, 7]) == 34


@pytest.mark.parametrize(("length", "reused"), [(4, 3), (5, 0)])
def test_what_is_shorter_than_the_window_can_be_cut_anywhere(
    desk: Desk, length: int, reused: int
) -> None:
    desk.read([*range(1, length + 2)])
    desk.cache.close()
    desk.start()
    assert [len(entry.tokens) for entry in desk.shelf.entries] == [length]
    assert desk.read([1, 2, 3, 9, 9, 9]) == reused


def test_what_no_checkpoint_has_is_decoded_anew(desk: Desk) -> None:
    desk.read(chat(1))
    assert desk.read([*chat(1)[:20], *[7] * 30]) == 0


def test_a_window_that_cannot_be_brought_back_is_decoded_anew(desk: Desk) -> None:
    desk.read(chat(1))
    desk.decode([7] * 50)
    desk.memory.loses_windows = True
    assert desk.read(chat(1)) == 0


def test_a_decode_that_was_stopped_leaves_what_was_there(desk: Desk) -> None:
    desk.read(chat(1))
    desk.memory.decode([7] * 5, aborts=True)
    desk.cache.aborted()
    assert desk.cache.tokens == chat(1)
    assert desk.read([*chat(1), 8]) == 40


def test_many_small_steps_do_not_cost_the_checkpoints_that_matter(desk: Desk) -> None:
    """A question is prefilled word by word while it is typed."""
    desk.read(chat(1, 20))
    desk.read(chat(1, 40))
    typed = chat(1)
    for word in range(30):
        typed += [500 + word]
        desk.read(typed)
    assert desk.read([*chat(1, 20)[:19], *[8] * 30]) == 19
    assert len(desk.cache._windows) <= 5


# --- On disk ------------------------------------------------------------------------------


def test_other_chats_come_from_the_shelf(desk: Desk) -> None:
    for number in (1, 2, 3):
        assert desk.read(chat(number), number) <= 3
    for number in (1, 2, 3, 2, 1):
        desk.cache.restored = 0
        assert desk.read([*chat(number), 7], number) == 39
        assert desk.cache.restored == 39


def test_a_restart_loses_nothing_that_was_kept(desk: Desk) -> None:
    desk.read(chat(1))
    desk.keep()
    desk.start()
    assert desk.read(chat(1)) == 39
    assert desk.cache.restored == 39


def test_closing_keeps_what_is_worth_it(desk: Desk) -> None:
    desk.read(chat(1))
    desk.cache.close()
    desk.start()
    assert desk.read(chat(1)) == 39


def test_what_was_said_of_the_disk_follows_a_cut(desk: Desk) -> None:
    desk.read(chat(1))
    desk.keep()
    desk.start()
    desk.read([*chat(1)[:39], 7, 7])
    assert desk.cache.restored == 39
    desk.read([1, 2, 9])
    assert desk.cache.restored == 0


def test_an_edit_goes_back_to_a_checkpoint_on_disk(desk: Desk) -> None:
    desk.read(chat(1, 20))
    desk.read(chat(1))
    desk.keep()
    desk.start()
    assert desk.read([*chat(1)[:19], *[7] * 30]) == 19


def test_only_the_window_itself_is_on_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory held more when it was saved; relying on that would load in vain."""
    desk.read(chat(1))
    assert desk.memory.oldest() <= 36 - desk.memory.window
    desk.keep()
    desk.start()
    monkeypatch.setattr(desk.memory, "load", lambda *_: pytest.fail("it is of no use"))
    assert desk.read([*chat(1)[:36], 8]) == 0


def test_what_is_on_its_way_to_the_disk_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = kv_disk_cache._hashes

    def slow(folder: Path) -> Any:
        time.sleep(0.05)
        return real(folder)

    monkeypatch.setattr(kv_disk_cache, "_hashes", slow)
    desk.read(chat(1))
    desk.read(chat(2))
    assert desk.read([*chat(1), 7]) == 39


def test_what_is_kept_is_the_prompt_and_not_the_answer(desk: Desk) -> None:
    desk.read(chat(1))
    desk.decode([7] * 50)
    desk.keep()
    assert [list(entry.tokens) for entry in desk.shelf.entries] == [chat(1)[:39]]
    assert desk.cache.tokens == chat(1)[:39]


def test_what_is_not_worth_it_is_not_written_again(desk: Desk) -> None:
    desk.read(chat(1, 200))
    desk.keep()
    (before,) = desk.shelf.entries
    desk.read(chat(1, 210))
    desk.keep()
    assert desk.shelf.entries == [before]
    desk.read(chat(1, 230))
    desk.keep()
    (after,) = desk.shelf.entries
    assert len(after.tokens) == 229


def test_what_is_of_no_chat_is_not_kept(desk: Desk) -> None:
    """Text typed for a new chat could never be deleted from there."""
    desk.read(chat(1), None)
    desk.keep()
    desk.read(chat(2), 2)
    assert desk.shelf.entries == []
    desk.read(chat(1), None)
    desk.read([*chat(1), 7, 7], 1)  # it is sent
    desk.keep()
    kv_disk_cache.forget(desk.root, 1)
    kv_disk_cache.forget(desk.root, 2)
    assert not list(desk.root.glob("*/*"))


def test_another_budget_is_another_try(desk: Desk) -> None:
    desk.read(chat(1))
    desk.keep()
    desk.cache.set_budget(100)
    desk.keep()
    assert desk.shelf.entries == []
    desk.cache.set_budget(BUDGET)
    desk.keep()
    assert len(desk.shelf.entries) == 1


def test_a_disk_that_refuses_is_not_asked_at_every_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def put(*_: object) -> bool:
        asked.append(1)
        return False

    monkeypatch.setattr(desk.shelf, "put", put)
    for length in (40, 41, 42):
        desk.read(chat(1, length))
        desk.keep()
    assert asked == [1]


def test_nothing_is_written_where_the_checkpoint_is_lost(desk: Desk) -> None:
    desk.read(chat(1))
    desk.decode([7] * 50)
    desk.memory.loses_windows = True
    desk.keep()
    assert desk.shelf.entries == []
    assert desk.read(chat(1)) == 0


def test_an_altered_entry_is_read_anew(desk: Desk) -> None:
    desk.read(chat(1))
    desk.keep()
    (entry,) = desk.shelf.entries
    entry.state.write_bytes(entry.state.read_bytes()[:-1] + b"?")
    desk.start()
    assert desk.read(chat(1)) == 0
    assert desk.cache.restored == 0
    assert not entry.folder.exists()


def test_an_entry_that_llama_cpp_refuses_is_thrown_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.read(chat(1))
    desk.keep()
    desk.start()

    def refuses(path: Path, tokens: object) -> bool:
        desk.memory.clear()
        return False

    monkeypatch.setattr(desk.memory, "load", refuses)
    assert desk.read(chat(1)) == 0
    assert desk.shelf.entries == []


def test_no_budget_keeps_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, budget=0)
    for number in (1, 2, 1):
        assert desk.read(chat(number), number) <= 3
    desk.keep()
    desk.cache.close()
    assert list(tmp_path.rglob("*")) == []
    assert desk.is_right


def test_no_shelf_at_all() -> None:
    memory = FakeMemory()
    cache = KvCache(memory)
    assert cache.reach([1, 2, 3]) == 0
    memory.decode([1, 2])
    cache.add([1, 2])
    cache.checkpoint()
    cache.set_budget(BUDGET)
    cache.keep()
    cache.forget_chat(1)
    cache.close()
    assert cache.reach([1, 2, 3]) == 2


def test_a_budget_of_nothing_empties_the_shelf(desk: Desk) -> None:
    desk.read(chat(1))
    desk.keep()
    desk.cache.set_budget(0)
    assert desk.shelf.entries == []
    assert not list(desk.root.glob("*/*"))


def test_a_chat_is_forgotten(desk: Desk) -> None:
    desk.read(chat(1), 1)
    desk.keep()
    desk.cache.forget_chat(2)
    assert desk.cache.tokens == chat(1)[:39]
    desk.cache.forget_chat(1)
    assert desk.cache.tokens == desk.memory.tokens == []
    kv_disk_cache.forget(desk.root, 1)  # as the parent process does
    assert desk.read(chat(1), 1) == 0


# --- Whatever comes, in whatever order ------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """Prompts with common beginnings, answers, stops and crashes, in any order."""

    @initialize()
    def begin(self) -> None:
        self.desk = Desk(Path(tempfile.mkdtemp()))
        self.prompts = [[0] * 5]

    def teardown(self) -> None:
        self.desk.shelf.wait()
        shutil.rmtree(self.desk.root)

    @rule(data=st.data(), new=st.lists(st.integers(0, 1), min_size=1, max_size=25))
    def ask(self, data: st.DataObject, new: list[int]) -> None:
        before = data.draw(st.sampled_from(self.prompts))
        shared = data.draw(st.integers(0, len(before)))
        prompt = [*before[:shared], *new]
        self.prompts.append(prompt)
        reused = self.desk.cache.reach(prompt)
        assert reused == len(self.desk.cache.tokens) < len(prompt)
        assert self.desk.cache.tokens == prompt[:reused]
        assert self.desk.cache.restored <= reused
        self.desk.read(prompt, data.draw(st.sampled_from([None, 1, 2])))
        assert self.desk.cache.tokens == prompt
        self.desk.shelf.wait()

    @rule(answer=st.lists(st.integers(0, 1), min_size=1, max_size=25))
    def answer(self, answer: list[int]) -> None:
        self.desk.decode(answer)

    @rule(new=st.lists(st.integers(0, 1), min_size=1, max_size=6))
    def stop(self, new: list[int]) -> None:
        self.desk.memory.decode(new, aborts=True)
        self.desk.cache.aborted()

    @rule()
    def checkpoint(self) -> None:
        self.desk.cache.checkpoint()

    @rule()
    def keep(self) -> None:
        self.desk.keep()

    @rule(budget=st.sampled_from([0, 2000, BUDGET]))
    def budget(self, budget: int) -> None:
        self.desk.budget = budget
        self.desk.cache.set_budget(budget)

    @rule(number=st.sampled_from([1, 2]))
    def forget(self, number: int) -> None:
        self.desk.cache.forget_chat(number)
        kv_disk_cache.forget(self.desk.root, number)

    @rule(closes=st.booleans())
    def restart(self, closes: bool) -> None:
        if closes:
            self.desk.cache.close()
        self.desk.shelf.wait()
        self.desk.start()

    @rule(data=st.data())
    def alter(self, data: st.DataObject) -> None:
        if files := sorted(self.desk.root.glob("*/*/*")):
            path = data.draw(st.sampled_from(files))
            path.write_bytes(path.read_bytes()[:-1])

    @invariant()
    def memory_is_right(self) -> None:
        assert self.desk.is_right


AnyOrder.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestAnyOrder = AnyOrder.TestCase
