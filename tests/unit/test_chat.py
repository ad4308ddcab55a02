"""A turn of a chat, with a real store and scripted answers."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import writer
from app.base.answer_events import (
    Delta,
    Done,
    Event,
    Loading,
    Prefill,
    Prompt,
    Stats,
    StopReason,
    Waiting,
)
from app.base.errors import Cancelled, EngineDied, FiresideError, NotGguf, StoreFull
from app.base.types import Effort, Endpoint, ModelRef, Part, PartKind, Request, Role, Sampling
from app.chat import Chats
from app.engine.backend import Planned, ScriptedBackend
from app.engine.plan import make
from app.engine.probe import Machine
from app.store import ChatSettings, MessageRow, State, Store
from app.turn import (
    ChatEvent,
    ContextForecast,
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    NotSaved,
    Question,
    ReadingAhead,
    SavedAgain,
    SendFailed,
    Turn,
    TurnEnded,
    TurnProgress,
    TurnStarted,
    day_of,
)
from tests.fakes import gpt_oss
from tests.fakes.conversations import Harness

BRIEF = ChatSettings("Be brief.", preset="Brief")
MODEL = ModelRef.of_file(Path("demo.gguf"), "Demo model")
STATS = Stats(10, 10, 5, 2, 0.1, 0.5, 1000, 7, 4096)
THINKS = Delta(0, "It is ", PartKind.REASONING), Delta(0, "Paris.", PartKind.REASONING)
SAYS = Delta(1, "Par", PartKind.TEXT), Delta(1, "is", PartKind.TEXT)
ANSWER = (Prompt(2, 100), Prefill(2, 2), *THINKS, *SAYS, Done(StopReason.END, STATS))


def words(text: str) -> tuple[Part, ...]:
    return (Part(text),)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Callable[..., Harness]]:
    desks: list[Harness] = []

    def make(*scripts: tuple[Event | FiresideError, ...], **wishes: Any) -> Harness:
        desks.append(Harness(tmp_path / f"chats{len(desks)}.db", *scripts, **wishes))
        return desks[-1]

    yield make
    for one in desks:
        one.close()


def conversation(harness: Harness) -> list[MessageRow]:
    return harness.store.messages.conversation(harness.store.chats.listed()[0].id)


def test_a_question_and_its_answer(harness: Callable[..., Harness]) -> None:
    d = harness(ANSWER)
    d.chats.send(Question(None, words("Capital of France?"), Effort.HIGH, MODEL, BRIEF))
    ended = d.wait(TurnEnded)

    started = d.wait(TurnStarted)
    assert started.question is not None
    assert started.question.message.text == "Capital of France?"
    assert started.answer.state is State.STREAMING
    assert started.chat.title == "Capital of France?"
    assert ended.error is None
    question, answer = conversation(d)
    assert answer == ended.answer
    assert answer.message.parts == (Part("It is Paris.", PartKind.REASONING), Part("Paris"))
    assert (answer.state, answer.effort, answer.stats) == (State.DONE, Effort.HIGH, STATS)
    assert answer.model == "Demo model"
    assert answer.thought_s is not None
    (request,) = d.backend.requests
    assert request.messages == (question.message,)
    assert (request.effort, request.instructions) == (Effort.HIGH, "Be brief.")
    kinds = [type(e.event) for e in d.events if isinstance(e, TurnProgress)]
    assert kinds == [Prompt, Prefill, Delta, Delta, Delta, Delta]


def test_the_question_is_on_disk_before_the_engine_is_asked(tmp_path: Path) -> None:
    seen: list[list[Role]] = []

    class Looks(ScriptedBackend):
        def stream(
            self, request: Request, cancel: threading.Event, answer_now: object = None
        ) -> Generator[Event, None, None]:
            rows = store.messages.conversation(store.chats.listed()[0].id)
            seen.append([row.message.role for row in rows])
            yield Done(StopReason.END, STATS)

    store = Store(tmp_path / "chats.db")
    with ThreadPoolExecutor(1) as disk:
        ended = threading.Event()
        chats = Chats(
            store, Looks(), lambda e: ended.set() if isinstance(e, TurnEnded) else None, disk
        )
        chats.send(Question(None, words("Hi"), Effort.LOW, MODEL))
        assert ended.wait(60)
        chats.close()
    store.close()
    assert seen == [[Role.USER, Role.ASSISTANT]]


def test_the_next_question_brings_the_history(harness: Callable[..., Harness]) -> None:
    d = harness(ANSWER, ANSWER)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    chat = d.wait(TurnEnded).answer.chat
    d.chats.send(Question(chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 2)
    assert [m.text for m in d.backend.requests[1].messages] == ["one", "Paris", "two"]


def test_a_chat_s_own_instructions_come_before_the_general_ones(
    harness: Callable[..., Harness],
) -> None:
    cut = (*SAYS, Done(StopReason.LENGTH, STATS))
    general = ["In general."]
    d = harness(cut, ANSWER, ANSWER, ANSWER, ANSWER, instructions=lambda: general[-1])
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL, BRIEF))
    first = d.wait(TurnEnded).answer
    assert d.store.chats.get(first.chat).setup == BRIEF
    d.chats.resume(first.id, MODEL)
    d.wait(TurnEnded, 2)
    d.chats.regenerate(first.id, Effort.LOW, MODEL)
    d.wait(TurnEnded, 3)
    d.store.chats.set_up(first.chat, ChatSettings())
    d.chats.send(Question(first.chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 4)
    general.append("Others.")
    d.chats.send(Question(None, words("three"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 5)
    told = [request.instructions for request in d.backend.requests]
    assert told == ["Be brief."] * 3 + ["In general.", "Others."]


def test_an_answer_that_goes_on_elsewhere_is_from_both(harness: Callable[..., Harness]) -> None:
    cut = (*SAYS, Done(StopReason.LENGTH, STATS))
    d = harness(cut, (), ANSWER, (), ())
    there = ModelRef(Endpoint("https://a.example/v1", "m"), "m")
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    first = d.wait(TurnEnded).answer
    d.chats.resume(first.id, there)
    whole = d.wait(TurnEnded, 2).answer
    assert (whole.model, whole.host) == ("Demo model", "localhost, a.example")
    assert [message.host for message in d.backend.requests[1].messages] == ["", whole.host]
    assert whole.message.host == whole.host
    assert whole.message.origin == ""
    d.chats.regenerate(first.id, Effort.LOW, there)
    last = d.wait(TurnEnded, 3).answer
    assert (last.host, last.message.origin) == ("a.example", "https://a.example")
    d.chats.resume(last.id, there)
    assert d.wait(TurnEnded, 4).answer.message.origin == "https://a.example"
    d.chats.resume(last.id, replace(there, location=Endpoint("http://a.example/v1", "m")))
    ended = d.wait(TurnEnded, 5).answer
    assert (ended.host, ended.message.origin) == ("a.example", "")


def test_another_try_is_a_branch(harness: Callable[..., Harness]) -> None:
    d = harness(ANSWER, (Delta(0, "Rome", PartKind.TEXT), Done(StopReason.END, STATS)))
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    first = d.wait(TurnEnded).answer
    d.chats.regenerate(first.id, Effort.HIGH, MODEL)
    second = d.wait(TurnEnded, 2).answer
    assert second.parent == first.parent
    assert [m.text for m in d.backend.requests[1].messages] == ["one"]
    assert d.backend.requests[1].effort is Effort.HIGH
    assert [row.message.text for row in conversation(d)] == ["one", "Rome"]
    assert d.store.messages.get(first.id).message.text == "Paris"


def test_a_cut_off_answer_goes_on(harness: Callable[..., Harness]) -> None:
    died = EngineDied(-9, "killed")
    d = harness(
        (*THINKS, SAYS[0], died),
        (Delta(1, "is", PartKind.TEXT), Done(StopReason.END, STATS)),
    )
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    cut = d.wait(TurnEnded)
    assert cut.error is died
    assert cut.answer.state is State.CUT_OFF
    assert cut.answer.message.text == "Par"
    turn = d.chats.resume(cut.answer.id, MODEL)
    whole = d.wait(TurnEnded, 2).answer
    assert whole.id == cut.answer.id
    assert (whole.message.text, whole.state) == ("Paris", State.DONE)
    assert turn.draft.parts == whole.message.parts, "the one draft, for the window and the disk"
    assert whole.message.reasoning == "It is Paris."
    assert [m.text for m in d.backend.requests[1].messages] == ["one", "Par"]


def test_a_full_context_is_a_cut_off_answer(harness: Callable[..., Harness]) -> None:
    d = harness((*SAYS, Done(StopReason.LENGTH, STATS)))
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    assert d.wait(TurnEnded).answer.state is State.CUT_OFF


class Waits(ScriptedBackend):
    """A backend that says one word, then waits to be stopped."""

    def stream(
        self, request: Request, cancel: threading.Event, answer_now: object = None
    ) -> Generator[Event, None, None]:
        yield Delta(0, "Well", PartKind.TEXT)
        cancel.wait()
        yield Done(StopReason.CANCELLED, STATS)


def test_a_stopped_answer_keeps_its_words(harness: Callable[..., Harness]) -> None:
    d = harness()
    d.use(Waits())
    turn = d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnProgress)
    turn.cancel()
    ended = d.wait(TurnEnded)
    assert (ended.answer.state, ended.answer.message.text) == (State.STOPPED, "Well")
    assert ended.error is None


def test_a_turn_that_waits_can_be_stopped_before_it_starts(harness: Callable[..., Harness]) -> None:
    d = harness()
    d.use(Waits())
    running = [d.chats.send(Question(None, words("one"), Effort.LOW, MODEL)) for _ in range(2)]
    d.wait(TurnProgress, 2)
    third = d.chats.send(Question(None, words("three"), Effort.LOW, MODEL))
    started = d.wait(TurnStarted, 3)
    assert d.wait(TurnProgress, 3).event == Waiting(1)
    third.cancel()
    ended = d.wait(TurnEnded).answer  # at once, not after the others
    assert (ended.id, ended.state) == (started.answer.id, State.STOPPED)
    for turn in running:
        turn.cancel()
    assert d.wait(TurnEnded, 3).answer.state is State.STOPPED
    assert sum(isinstance(e, TurnProgress) for e in d.events) == 3


def test_closing_keeps_the_words_and_marks_them_cut_off(tmp_path: Path) -> None:
    d = Harness(tmp_path / "chats.db")
    d.use(Waits())
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnProgress)
    d.close()
    again = Store(tmp_path / "chats.db")
    _, answer = again.messages.conversation(again.chats.listed()[0].id)
    assert (answer.state, answer.message.text) == (State.CUT_OFF, "Well")
    again.close()


@pytest.mark.parametrize("write", ["answer", "set_model"])
def test_what_cannot_be_stored_is_given_back(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    d = harness()

    def full(*_: object, **__: object) -> MessageRow:
        raise StoreFull(Path("chats.db"))

    part = d.store.messages if write == "answer" else d.store.chats
    monkeypatch.setattr(part, write, full)  # one of several writes in a transaction
    turn = d.chats.send(Question(None, words("precious words"), Effort.LOW, MODEL))
    failed = d.wait(SendFailed)
    assert (failed.turn, failed.chat) == (turn, None)
    assert failed.parts == words("precious words")
    assert isinstance(failed.error, StoreFull)
    assert d.backend.requests == []
    assert d.store.chats.listed() == []


def test_another_try_that_cannot_be_stored_gives_nothing_back(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    d = harness(ANSWER)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    answer = d.wait(TurnEnded).answer

    def full(*_: object, **__: object) -> MessageRow:
        raise StoreFull(Path("chats.db"))

    monkeypatch.setattr(d.store.messages, "answer", full)
    monkeypatch.setattr(d.store.messages, "update", full)
    turns = [d.chats.regenerate(answer.id, Effort.LOW, MODEL), d.chats.resume(answer.id, MODEL)]
    for count, turn in enumerate(turns, 1):
        failed = d.wait(SendFailed, count)
        assert (failed.turn, failed.chat, failed.parts) == (turn, None, ())
    assert conversation(d)[-1] == answer


class Disk:
    """Replaces a store's `update`, and fails while it is full."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        self._update = store.messages.update
        monkeypatch.setattr(store.messages, "update", self)
        monkeypatch.setattr(writer, "_SAVE_S", 0.01)
        monkeypatch.setattr(writer, "_AGAIN_S", 0.05)

    def __call__(self, *values: Any, **more: Any) -> MessageRow:
        if self.full:
            raise StoreFull(Path("chats.db"))
        return self._update(*values, **more)


def test_a_disk_that_fills_up_in_mid_answer_gets_it_when_there_is_room(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    d = harness(ANSWER, ANSWER)
    disk = Disk(d.store, monkeypatch)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    ended = d.wait(TurnEnded)
    assert isinstance(ended.error, StoreFull)
    assert ended.answer.message.text == "Paris"
    assert isinstance(d.wait(NotSaved).error, StoreFull)
    d.chats.resume(ended.answer.id, MODEL)  # which would continue from what is on disk
    assert isinstance(d.wait(SendFailed).error, StoreFull)
    assert conversation(d)[1].message.text == ""
    disk.full = False
    again = d.wait(TurnEnded, 2)
    assert (again.answer.id, again.error) == (ended.answer.id, None)
    d.wait(SavedAgain)
    assert conversation(d)[1] == again.answer
    assert again.answer.message.text == "Paris"
    assert (again.answer.state, again.answer.stats) == (State.DONE, STATS)
    d.chats.send(Question(ended.answer.chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 3)
    assert sum(isinstance(e, NotSaved) for e in d.events) == 1


def test_an_answer_goes_on_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = Harness(tmp_path / "chats.db")
    disk = Disk(d.store, monkeypatch)
    d.use(Waits())
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(NotSaved)
    disk.full = False
    d.wait(SavedAgain)
    assert conversation(d)[1].message.text == "Well"
    assert not any(isinstance(e, TurnEnded) for e in d.events)
    disk.full = True
    d.close()
    with closing(Store(tmp_path / "chats.db")) as again:
        _, answer = again.messages.conversation(again.chats.listed()[0].id)
    assert (answer.state, answer.message.text) == (State.CUT_OFF, "Well")


def test_what_was_not_saved_is_tried_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = Harness(tmp_path / "chats.db", ANSWER)
    disk = Disk(d.store, monkeypatch)
    monkeypatch.setattr(writer, "_AGAIN_S", 60)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnEnded)
    disk.full = False
    d.close()
    with closing(Store(tmp_path / "chats.db")) as again:
        _, answer = again.messages.conversation(again.chats.listed()[0].id)
    assert (answer.state, answer.message.text) == (State.DONE, "Paris")


def test_a_chat_that_is_erased_in_mid_answer(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    d = harness()
    erased = threading.Event()
    update = d.store.messages.update

    def late(*values: Any, **more: Any) -> MessageRow:
        assert erased.wait(60)
        return update(*values, **more)

    monkeypatch.setattr(writer, "_SAVE_S", 0.01)
    monkeypatch.setattr(d.store.messages, "update", late)
    d.use(Waits())
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    answer = d.wait(TurnProgress)
    forgotten = d.chats.forget(answer.chat)
    d.store.bin.erase([answer.chat])
    erased.set()
    ended = d.wait(TurnEnded)  # though nobody stopped it
    assert (ended.answer.id, ended.error) == (answer.message, None)
    assert (ended.answer.state, ended.answer.message.text) == (State.STOPPED, "Well")
    assert forgotten
    forgotten.result(60)
    assert not any(isinstance(event, NotSaved) for event in d.events)


def test_many_chats_that_are_erased_leave_a_thread_for_an_answer(
    harness: Callable[..., Harness],
) -> None:
    d = harness()
    d.use(Waits())
    first = d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnProgress)
    erased = d.chats.erase(range(1000, 1200))  # more than there are threads
    second = d.chats.send(Question(None, words("two"), Effort.LOW, MODEL))
    d.wait(TurnStarted, 2)
    first.cancel()
    d.wait(TurnProgress, 2)
    second.cancel()
    d.wait(TurnEnded, 2)
    erased.result(60)


def test_chats_that_are_erased_one_by_one_leave_a_thread_for_an_answer(
    harness: Callable[..., Harness],
) -> None:
    d = harness()
    d.use(Waits())
    first = d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnProgress)
    erased = [d.chats.erase([chat]) for chat in range(1000, 1200)]
    second = d.chats.send(Question(None, words("two"), Effort.LOW, MODEL))
    d.wait(TurnStarted, 2)
    first.cancel()
    d.wait(TurnProgress, 2)
    second.cancel()
    d.wait(TurnEnded, 2)
    for each in erased:
        each.result(60)


def test_models_are_made_ready(harness: Callable[..., Harness]) -> None:
    d = harness()
    d.loads.load(MODEL)
    assert d.wait(ModelReady).model is MODEL

    class Refuses(ScriptedBackend):
        def load(self, model: ModelRef, cancel: threading.Event) -> Generator[Loading, None, None]:
            yield Loading(0.5)
            raise NotGguf(Path(model.place))

    d.use(Refuses())
    d.loads.load(MODEL)
    assert isinstance(d.wait(ModelFailed).error, NotGguf)


def test_a_cancelled_load_is_silent(harness: Callable[..., Harness]) -> None:
    d = harness(ANSWER)

    class Slow(ScriptedBackend):
        def load(self, model: ModelRef, cancel: threading.Event) -> Generator[Loading, None, None]:
            yield Loading(0.0)
            cancel.wait(60)
            raise Cancelled

    d.use(Slow(ANSWER))
    turn = d.loads.load(MODEL)
    turn.cancel()
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnEnded)
    assert not any(isinstance(e, ModelReady | ModelFailed) for e in d.events)


def test_a_fault_of_ours_is_loud_and_ends_the_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = Harness(tmp_path / "chats.db")
    faults: list[type[BaseException] | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: faults.append(args.exc_type))

    class Broken(ScriptedBackend):
        def stream(
            self, request: Request, cancel: threading.Event, answer_now: object = None
        ) -> Generator[Event, None, None]:
            yield SAYS[0]
            raise ZeroDivisionError

    d.use(Broken())
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    ended = d.wait(TurnEnded)
    assert (ended.answer.state, ended.answer.message.text) == (State.CUT_OFF, "Par")
    d.close()
    assert faults == [ZeroDivisionError]


def test_the_next_question_is_prepared_while_the_person_reads(
    harness: Callable[..., Harness],
) -> None:
    stopped = (*SAYS, Done(StopReason.CANCELLED, STATS))
    d = harness(ANSWER, stopped)
    d.chats.send(Question(None, words("one"), Effort.HIGH, MODEL, BRIEF))
    answer = d.wait(TurnEnded).answer
    d.rest()
    d.chats.send(Question(answer.chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 2)
    d.rest()
    (prepared,) = d.backend.prepared  # a stopped answer may be continued: no prefill
    assert prepared.messages == (*d.backend.requests[0].messages, answer.message)
    assert (prepared.effort, prepared.instructions) == (Effort.HIGH, "Be brief.")


def test_what_is_typed_is_prepared_as_it_will_be_asked(harness: Callable[..., Harness]) -> None:
    """It includes the room for the answer, which decides which turns are dropped."""
    short = Sampling(max_tokens=100)
    d = harness(ANSWER, ANSWER)
    setup = ChatSettings("Be brief.", short)
    d.chats.prepare(Question(None, words("one"), Effort.LOW, MODEL, setup))
    d.rest()
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL, setup))
    chat = d.wait(TurnEnded).answer.chat
    assert d.backend.requests[0] == replace(d.backend.prepared[0], chat=chat)
    d.chats.prepare(Question(chat, words("two"), Effort.HIGH, MODEL))
    d.rest()
    d.chats.send(Question(chat, words("two"), Effort.HIGH, MODEL))
    d.wait(TurnEnded, 2)
    asked = d.backend.requests[1]
    assert (asked.instructions, asked.sampling) == ("Be brief.", short)
    assert d.backend.requests[1] in d.backend.prepared


def test_what_is_typed_as_the_answer_ends_is_what_is_prepared(
    harness: Callable[..., Harness],
) -> None:
    """The end of the answer has the chat read ahead, which comes too late then."""
    d = harness(ANSWER)
    publish = d._publish

    def typed(event: ChatEvent) -> None:
        publish(event)
        if isinstance(event, TurnEnded):
            d.chats.prepare(Question(event.answer.chat, words("two"), Effort.LOW, MODEL))

    d.chats._publish = typed
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnEnded)
    d.rest()
    assert [request.messages[-1].text for request in d.backend.prepared] == ["two"]


def test_what_is_typed_in_a_chat_that_was_erased_is_as_for_a_new_one(
    harness: Callable[..., Harness],
) -> None:
    d = harness()
    d.chats.prepare(Question(99, words("Why is"), Effort.LOW, MODEL, BRIEF))
    d.rest()
    (prepared,) = d.backend.prepared
    assert (prepared.instructions, prepared.messages[-1].text) == ("Be brief.", "Why is")


def test_a_question_does_not_wait_for_what_is_prepared(harness: Callable[..., Harness]) -> None:
    d = harness(ANSWER, ANSWER)
    preparing = threading.Event()

    def prepare(request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        preparing.set()
        assert cancel.wait(60)
        yield Prefill(1, 2)

    d.backend.prepare = prepare  # type: ignore[method-assign]
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    chat = d.wait(TurnEnded).answer.chat
    assert preparing.wait(60)
    d.chats.send(Question(chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 2)


def test_nothing_is_prepared_against_the_persons_wish(tmp_path: Path) -> None:
    d = Harness(tmp_path / "chats.db", ANSWER)
    d.chats._prefiller._may = lambda: False
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnEnded)
    d.rest()
    d.close()
    assert d.backend.prepared == []
    assert len(d.backend.counted) == 1


def test_what_is_only_looked_at_is_counted(harness: Callable[..., Harness]) -> None:
    d = harness()
    d.chats.prepare(Question(None, words("one"), Effort.LOW, MODEL), read=False)
    d.rest()
    assert (len(d.backend.counted), d.backend.prepared) == (1, [])


def test_what_is_read_ahead_is_told_until_it_is_stopped(harness: Callable[..., Harness]) -> None:
    d = harness()

    def prepare(request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        yield Prefill(1, 9)
        assert cancel.wait(60)

    d.backend.prepare = prepare  # type: ignore[method-assign]
    d.chats.prepare(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(ReadingAhead)
    d.chats.stop_ahead()
    d.rest()
    told = [event.progress for event in d.events if isinstance(event, ReadingAhead)]
    assert told == [Prefill(1, 9), None]


def test_words_are_on_disk_though_no_others_follow(tmp_path: Path) -> None:
    d = Harness(tmp_path / "chats.db")
    d.use(Waits())
    turn = d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    answer = d.wait(TurnProgress).message
    deadline = time.monotonic() + 60
    while not d.store.messages.get(answer).message.text and time.monotonic() < deadline:
        time.sleep(0.02)
    assert d.store.messages.get(answer).message.text == "Well"
    assert d.store.messages.get(answer).state is State.STREAMING
    turn.cancel()
    d.wait(TurnEnded)
    d.close()


def test_a_question_is_in_the_queue_before_it_is_seen_to_wait(
    harness: Callable[..., Harness],
) -> None:
    """What is seen to wait for a load fails with it, and is not a reason to load again."""
    seen: list[bool] = []

    class Asked(ScriptedBackend):
        def stream(
            self, request: Request, cancel: threading.Event, answer_now: Any = None
        ) -> Generator[Event | Planned, None, None]:
            seen.append(any(isinstance(event, TurnStarted) for event in d.events))
            return super().stream(request, cancel, answer_now)

    d = harness(ANSWER)
    d.chats._backend = Asked(ANSWER)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnEnded)
    assert seen == [False]


@pytest.mark.parametrize("ask", ["load", "send", "instruct"])
def test_a_fault_of_ours_leaves_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    d = Harness(tmp_path / "chats.db")
    faults: list[type[BaseException] | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: faults.append(args.exc_type))

    def broken(*_: object) -> Generator[Loading, None, None]:
        raise ZeroDivisionError
        yield Loading(1.0)

    def broken_words() -> str:
        raise ZeroDivisionError

    if ask == "load":
        d.backend.load = broken  # type: ignore[method-assign, assignment]
        d.loads.load(MODEL)
        assert type(d.wait(ModelFailed).error) is FiresideError
    elif ask == "instruct":
        monkeypatch.setattr(d.chats, "_instructions", broken_words)
        d.chats.send(Question(None, words("stored"), Effort.LOW, MODEL))
        assert d.wait(SendFailed).parts == words("stored")
    else:
        d.chats.send(Question(12345, words("to a chat that never was"), Effort.LOW, MODEL))
        assert d.wait(SendFailed).parts == words("to a chat that never was")
    d.close()
    assert faults == [KeyError if ask == "send" else ZeroDivisionError]


def test_an_answer_that_was_not_saved_is_saved_before_it_goes_on(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would continue from what is on disk, and lose the words in between."""
    cut = (Delta(0, "Paris", PartKind.TEXT), Done(StopReason.LENGTH, STATS))
    d = harness(cut, (Delta(0, ", France.", PartKind.TEXT), Done(StopReason.END, STATS)))
    disk = Disk(d.store, monkeypatch)
    monkeypatch.setattr(writer, "_AGAIN_S", 60)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    ended = d.wait(TurnEnded)
    assert isinstance(ended.error, StoreFull)
    disk.full = False
    d.chats.resume(ended.answer.id, MODEL)
    d.wait(TurnEnded, 3)
    assert [m.text for m in d.backend.requests[1].messages] == ["one", "Paris"]
    assert conversation(d)[1].message.text == "Paris, France."


def test_the_next_question_sees_an_answer_that_was_not_saved(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    d = harness(ANSWER, ANSWER)
    disk = Disk(d.store, monkeypatch)
    monkeypatch.setattr(writer, "_AGAIN_S", 60)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    ended = d.wait(TurnEnded)
    disk.full = False
    d.chats.send(Question(ended.answer.chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 3)
    assert [m.text for m in d.backend.requests[1].messages] == ["one", "Paris", "two"]


def test_a_stop_at_the_very_end_is_a_stop(harness: Callable[..., Harness]) -> None:
    """Neither prefill nor a title follows it."""

    class Late(ScriptedBackend):
        def stream(
            self, request: Request, cancel: threading.Event, answer_now: object = None
        ) -> Generator[Event, None, None]:
            yield SAYS[0]
            cancel.set()  # the stop arrives with the last word
            yield Done(StopReason.END, STATS)

    d = harness()
    late = Late()
    d.use(late)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    assert d.wait(TurnEnded).answer.state is State.DONE
    d.rest()
    assert late.prepared == late.counted == []


def test_reading_ahead_that_was_given_up_never_begins(harness: Callable[..., Harness]) -> None:
    """Only the latest prefill request runs, however much was typed meanwhile."""
    d = harness()
    d.use(Waits())
    turn = d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    chat = d.wait(TurnProgress).chat
    d.use(d.backend)
    for text in ("t", "tw", "two"):
        d.chats.prepare(Question(chat, words(text), Effort.LOW, MODEL))
    turn.cancel()
    d.wait(TurnEnded)
    d.rest()
    read = [*d.backend.prepared, *d.backend.counted]
    assert [request.messages[-1].text for request in read] == ["two"]


def test_no_title_is_asked_for_where_somebody_asks(
    harness: Callable[..., Harness],
) -> None:
    """Cancelled prefill is not followed by a title."""
    d = harness(ANSWER, ANSWER, ANSWER)
    reading = threading.Event()

    def prepare(request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        yield Prompt(3, 4096)
        if not reading.is_set():
            reading.set()
            assert cancel.wait(60)

    d.backend.prepare = prepare  # type: ignore[method-assign]
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    chat = d.wait(TurnEnded).answer.chat
    assert reading.wait(60)
    d.chats.send(Question(chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 2)
    assert [request.ephemeral for request in d.backend.requests[:2]] == [False, False]


def test_a_question_is_of_the_day_of_its_answer(
    harness: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt names the same dates every time.

    The conversation has the day of its first question, whenever it is sent; a later retry of an old
    question has its own day.
    """
    d = harness(*[ANSWER] * 4)

    def at(day: int, hour: int) -> None:
        then = datetime.datetime(2026, 11, day, hour).timestamp()
        monkeypatch.setattr(time, "time", lambda: then)

    def told(request: Request) -> tuple[int, list[int]]:
        days = [message.day.day for message in request.messages if message.day]
        return request.today.day, days

    at(22, 9)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    first = d.wait(TurnEnded).answer
    at(22, 23)
    d.chats.send(Question(first.chat, words("two"), Effort.LOW, MODEL))
    d.wait(TurnEnded, 2)
    at(23, 0)  # after midnight
    d.chats.send(Question(first.chat, words("three"), Effort.LOW, MODEL))
    third = d.wait(TurnEnded, 3).answer
    at(25, 12)
    d.chats.regenerate(third.id, Effort.LOW, MODEL)
    d.wait(TurnEnded, 4)
    assert [told(request) for request in d.backend.requests] == [
        (22, [22]),
        (22, [22, 22]),
        (22, [22, 22, 23]),
        (22, [22, 22, 25]),
    ]
    at(26, 12)
    d.chats.prepare(Question(first.chat, words("four"), Effort.LOW, MODEL))
    d.rest()
    assert told(d.backend.prepared[-1]) == (22, [22, 22, 25, 26])


@pytest.mark.parametrize("created", [0.0, -1.0, 1e30, float("nan")])
def test_a_time_that_is_none_is_a_day(created: float) -> None:
    assert isinstance(day_of(created), datetime.date)


def test_how_a_model_is_run_is_told(harness: Callable[..., Harness]) -> None:
    """The plan is published after loading ahead, and when the first question loads the model."""
    chosen = make(gpt_oss.header("20b"), Machine(32 << 30, 32 << 30, 4))

    class Plans(ScriptedBackend):
        def load(
            self, model: ModelRef, cancel: threading.Event
        ) -> Generator[Loading | Planned, None, None]:
            yield Planned(chosen)
            yield Loading(0.5)
            yield Planned(chosen, reduced=True)

        def stream(
            self, request: Request, cancel: threading.Event, answer_now: object = None
        ) -> Generator[Event | Planned, None, None]:
            yield Planned(chosen)
            yield from ANSWER

    d = harness()
    d.use(Plans())
    d.loads.load(MODEL)
    d.wait(ModelReady)
    assert d.events == [
        ModelPlanned(MODEL, chosen, False),
        ModelLoading(MODEL, 0.5, Turn()),
        ModelPlanned(MODEL, chosen, True),
        ModelReady(MODEL, Turn()),
    ]
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnEnded)
    assert d.events.count(ModelPlanned(MODEL, chosen, False)) == 2
    told = [event.event for event in d.events if isinstance(event, TurnProgress)]
    assert told == [*ANSWER[:-1]]


def test_an_engine_that_obeys_nothing_does_not_keep_the_window(tmp_path: Path) -> None:
    """The worker is killed with the program; its answer so far is kept."""

    class Hangs(ScriptedBackend):
        ended = threading.Event()

        def stream(
            self, request: Request, cancel: threading.Event, answer_now: object = None
        ) -> Generator[Event, None, None]:
            yield Delta(0, "Well", PartKind.TEXT)
            self.ended.wait(60)
            raise Cancelled

        def close(self) -> None:
            self.ended.set()

    d = Harness(tmp_path / "chats.db", kind=Hangs)
    d.chats.send(Question(None, words("one"), Effort.LOW, MODEL))
    d.wait(TurnProgress)
    d.close()
    with closing(Store(tmp_path / "chats.db")) as again:
        _, answer = again.messages.conversation(again.chats.listed()[0].id)
    assert (answer.state, answer.message.text) == (State.CUT_OFF, "Well")


def test_a_forecast_of_what_was_typed_before_is_dropped(harness: Callable[..., Harness]) -> None:
    d = harness()
    counting, go = threading.Event(), threading.Event()

    def count(request: Request, cancel: threading.Event) -> Prompt:
        if request.messages[-1].text == "one":
            return Prompt(2, 100)
        counting.set()
        assert go.wait(60)
        return Prompt(1, 100)

    d.backend.count = count  # type: ignore[method-assign]
    d.chats.prepare(Question(None, words("o"), Effort.LOW, MODEL), read=False)
    assert counting.wait(60)
    d.chats.prepare(Question(None, words("one"), Effort.LOW, MODEL), read=False)
    assert d.wait(ContextForecast).prompt == 2
    go.set()
    d.rest()
    assert [each.prompt for each in d.events if isinstance(each, ContextForecast)] == [2]


def test_each_load_tells_which_it_was(harness: Callable[..., Harness]) -> None:
    d = harness()
    loads = [d.loads.load(MODEL) for _ in range(2)]
    d.wait(ModelReady, 2)
    assert {d.wait(ModelReady, n).turn for n in (1, 2)} == set(loads)
