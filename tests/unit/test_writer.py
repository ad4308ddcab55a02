"""A growing answer: a crash loses at most its last second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import writer
from app.base import draft
from app.base.answer_events import Delta
from app.base.errors import FiresideError, StoreError, StoreFull
from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import MessageRow, State, Store
from app.writer import UnsavedAnswers, Writer

SECOND = 1.0


class _Timer:
    """A `threading.Timer` on a fake clock."""

    name = ""

    def __init__(self, clock: Clock, seconds: float, work: Callable[[], object]) -> None:
        self._clock = clock
        self.at, self.work = clock.now + seconds, work

    def start(self) -> None:
        self._clock.timers.append(self)

    def cancel(self) -> None:
        if self in self._clock.timers:
            self._clock.timers.remove(self)

    def join(self) -> None:
        pass


class Clock:
    """Replaces the writer's `threading` and `time`.

    A timer runs on this thread when the test advances the time.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.timers: list[_Timer] = []
        self.Lock = threading.Lock

    def Timer(self, seconds: float, work: Callable[[], object]) -> _Timer:  # named as in threading
        return _Timer(self, seconds, work)

    def monotonic(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer.at <= end]:
            first = min(due, key=lambda timer: timer.at)
            self.timers.remove(first)
            self.now = first.at
            first.work()
        self.now = end

    class _Timer:
        at: float
        work: Callable[[], object]


class Harness:
    """An answer in a real store, on a disk that may be full."""

    def __init__(self, store: Store, clock: Clock, *parts: Part) -> None:
        self.store, self.clock = store, clock
        self.full = False
        self.told: list[StoreError | None] = []
        self.saves = 0
        question = Message(Role.USER, (Part("Why?"),))
        _, row = store.messages.ask(None, question, Effort.LOW, "Model")
        if parts:
            row = store.messages.update(row.id, parts=parts, thought_s=3.0, state=State.STREAMING)
        self.row = row
        self._part = len(parts) - 1
        self._kind = parts[-1].kind if parts else None
        self._update = store.messages.update
        store.messages.update = self  # type: ignore[method-assign]
        self.writer = Writer(store, row, self.told.append)

    def __call__(self, *values: Any, **more: Any) -> MessageRow:
        self.saves += 1
        if self.full:
            raise StoreFull(Path("chats.db"))
        return self._update(*values, **more)

    def says(self, text: str, kind: PartKind = PartKind.TEXT) -> None:
        if kind is not self._kind:
            self._part, self._kind = self._part + 1, kind
        self.writer.add(Delta(self._part, text, kind))

    @property
    def on_disk(self) -> MessageRow:
        return self.store.messages.get(self.row.id)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(writer, "threading", clock)
    monkeypatch.setattr(draft, "time", clock)
    return clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "chats.db")) as store:
        yield store


@pytest.fixture
def harness(store: Store, clock: Clock) -> Harness:
    return Harness(store, clock)


def test_what_was_said_a_second_ago_is_on_disk(harness: Harness) -> None:
    """At any moment, also while text keeps coming, and when nothing follows."""
    said, at = "", []
    for word in range(200):
        harness.says(f"word{word} ")
        said += f"word{word} "
        at.append((harness.clock.now, said))
        harness.clock.passes(0.03)
        old = [text for when, text in at if when <= harness.clock.now - SECOND]
        assert harness.on_disk.message.text.startswith(old[-1] if old else "")
    harness.clock.passes(SECOND)
    assert harness.on_disk.message.text == said
    assert harness.on_disk.state is State.STREAMING


def test_the_disk_is_left_alone_between_saves(harness: Harness) -> None:
    for _ in range(200):
        harness.says("x")
        harness.clock.passes(0.01)
    assert 2 <= harness.saves <= 5
    harness.clock.passes(SECOND)
    before = harness.saves
    harness.clock.passes(60)
    assert harness.saves == before


def test_what_comes_while_it_is_saved_is_saved_next(harness: Harness) -> None:
    real = harness._update

    def slow(*values: Any, **more: Any) -> MessageRow:
        harness._update = real
        harness.says(" and that")
        return real(*values, **more)

    harness._update = slow
    harness.says("This")
    harness.clock.passes(SECOND)
    assert harness.on_disk.message.text == "This and that"


def test_the_end_saves_all_at_once(harness: Harness) -> None:
    harness.says("Hm. ", PartKind.REASONING)
    harness.clock.passes(2)
    harness.says("Because.")
    row, fault = harness.writer.finish(State.DONE)
    assert fault is None
    assert row == harness.on_disk
    assert row.message.parts == (Part("Hm. ", PartKind.REASONING), Part("Because."))
    assert row.state is State.DONE
    before = harness.saves
    harness.clock.passes(60)
    assert harness.saves == before


def test_how_long_it_thought(harness: Harness) -> None:
    """From the first word of the reasoning to the first of the answer, and resumed."""
    harness.clock.passes(5)
    harness.says("Hm. ", PartKind.REASONING)
    harness.clock.passes(2)
    harness.says("Hm. ", PartKind.REASONING)
    harness.clock.passes(1)
    harness.says("So: ")
    harness.clock.passes(7)
    harness.says("yes. ")
    assert harness.writer.finish(State.DONE)[0].thought_s == pytest.approx(3)
    harness.says("Or? ", PartKind.REASONING)
    harness.clock.passes(4)
    harness.says("No.")
    harness.clock.passes(9)
    assert harness.writer.finish(State.DONE)[0].thought_s == pytest.approx(7)


def test_how_long_it_thought_so_far(harness: Harness) -> None:
    harness.says("Hm. ", PartKind.REASONING)
    harness.clock.passes(2)
    harness.says("Hm. ", PartKind.REASONING)
    harness.clock.passes(SECOND)
    assert harness.on_disk.thought_s == pytest.approx(2)


def test_what_is_gone_on_with_has_thought_before(store: Store, clock: Clock) -> None:
    harness = Harness(store, clock, Part("Hm. ", PartKind.REASONING))
    harness.clock.passes(50)
    harness.says("Hm. ", PartKind.REASONING)
    harness.clock.passes(2)
    harness.says("Yes.")
    row, _ = harness.writer.finish(State.DONE)
    assert row.thought_s == pytest.approx(5)
    assert row.message.reasoning == "Hm. Hm. "


def test_an_answer_that_never_thought(harness: Harness) -> None:
    harness.says("Yes.")
    harness.clock.passes(5)
    assert harness.writer.finish(State.DONE)[0].thought_s is None


def test_a_full_disk_is_told_once_and_tried_again(harness: Harness) -> None:
    harness.full = True
    for _ in range(5):
        harness.says("x")
        harness.clock.passes(SECOND)
    (fault,) = harness.told
    assert isinstance(fault, StoreFull)
    assert harness.saves >= 5
    row, fault = harness.writer.finish(State.DONE)
    assert isinstance(fault, StoreFull)
    assert (row.message.text, row.state) == ("xxxxx", State.DONE)
    assert harness.on_disk.message.text == ""
    harness.full = False
    row, fault = harness.writer.finish(State.DONE)
    assert fault is None
    assert harness.on_disk == row
    assert harness.told[1:] == [None]


def test_a_full_disk_is_asked_again_though_nothing_follows(harness: Harness) -> None:
    harness.full = True
    harness.says("x")
    harness.clock.passes(SECOND)
    harness.full = False
    harness.clock.passes(SECOND)
    assert harness.on_disk.message.text == "x"
    assert harness.told[1:] == [None]


def test_an_answer_that_was_erased_is_no_fault(harness: Harness) -> None:
    harness.says("x")
    harness.store.bin.erase([harness.row.chat])
    harness.clock.passes(SECOND)
    row, fault = harness.writer.finish(State.STOPPED)
    assert fault is None
    assert (row.message.text, row.state) == ("x", State.STOPPED)
    assert harness.told == []


# --- What the disk did not take at the end --------------------------------------------------


class Now:
    """An executor that runs work at once."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(*arguments))
        return future


class Waiting:
    """Unsaved answers on a full disk."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.saved: list[tuple[MessageRow, FiresideError | None]] = []
        self.unsaved = UnsavedAnswers(Now(), lambda *ended: self.saved.append(ended))  # type: ignore[arg-type]
        harness.full = True
        harness.says("Because.")
        harness.writer.finish(State.DONE)
        self.unsaved.add(harness.writer, State.DONE, None)


def test_it_is_saved_when_there_is_room(harness: Harness) -> None:
    waiting = Waiting(harness)
    harness.clock.passes(10)
    assert waiting.saved == []
    harness.full = False
    harness.clock.passes(5)
    assert waiting.saved == [(harness.on_disk, None)]
    assert (harness.on_disk.message.text, harness.on_disk.state) == ("Because.", State.DONE)
    before = harness.saves
    harness.clock.passes(60)
    assert harness.saves == before


def test_it_is_saved_before_anything_else_is_written(harness: Harness) -> None:
    waiting = Waiting(harness)
    with pytest.raises(StoreFull):
        waiting.unsaved.save()
    harness.full = False
    waiting.unsaved.save()
    assert waiting.saved == [(harness.on_disk, None)]
    waiting.unsaved.save()
    assert len(waiting.saved) == 1


def test_several_are_saved_in_the_order_in_which_they_ended(harness: Harness) -> None:
    waiting = Waiting(harness)
    _, row = harness.store.messages.ask(
        None, Message(Role.USER, (Part("And?"),)), Effort.LOW, "Model"
    )
    second = Writer(harness.store, row, harness.told.append)
    second.add(Delta(0, "So.", PartKind.TEXT))
    second.finish(State.STOPPED)
    error = FiresideError()
    waiting.unsaved.add(second, State.STOPPED, error)
    harness.full = False
    waiting.unsaved.save()
    assert waiting.saved == [(harness.on_disk, None), (harness.store.messages.get(row.id), error)]
    texts = [saved.message.text for saved, _ in waiting.saved]
    assert texts == ["Because.", "So."]


def test_it_is_saved_at_the_end(harness: Harness) -> None:
    waiting = Waiting(harness)
    harness.full = False
    waiting.unsaved.close()
    assert len(waiting.saved) == 1
    assert harness.clock.timers == []


def test_nothing_is_tried_after_the_end(harness: Harness) -> None:
    waiting = Waiting(harness)
    waiting.unsaved.close()
    assert harness.clock.timers == []
    assert waiting.saved == []
    waiting.unsaved.add(harness.writer, State.DONE, None)
    assert harness.clock.timers == []


def test_what_could_not_be_saved_is_no_stop_though_the_next_save_succeeds(harness: Harness) -> None:
    """The timer's thread saves in the moment after this one has failed."""
    writer, saving = harness.writer, harness.writer._saving

    class Between:
        """The lock; the timer's thread has it next."""

        def __enter__(self) -> None:
            saving.acquire()

        def __exit__(self, *_: object) -> None:
            saving.release()
            writer._saving, harness.full = saving, False
            writer._save()

    harness.full = True
    harness.says("x")
    writer._saving = Between()  # type: ignore[assignment]
    with pytest.raises(StoreFull):
        writer.save_now()
    assert harness.on_disk.message.text == "x"
