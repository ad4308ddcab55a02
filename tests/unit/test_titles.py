"""Titles by the model: when and how it is asked, and the use of its answer."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Done, Event, Prompt, Stats, StopReason
from app.base.errors import Cancelled, EngineDied
from app.base.types import Effort, ModelRef, Part, PartKind, Request
from app.engine.backend import Planned, ScriptedBackend
from app.store import ChatRow, ChatSettings, Store, TitleBy
from app.store.chat_title import title_out_of
from app.titles import Titles
from app.turn import Question, Renamed, TurnEnded
from tests.fakes.conversations import Harness

MODEL = ModelRef.of_file(Path("demo.gguf"), "Demo model")
STATS = Stats(10, 10, 5, 2, 0.1, 0.5, 1000, 7, 4096)
ANSWER = (Delta(0, "Paris is the capital of France.", PartKind.TEXT), Done(StopReason.END, STATS))
QUESTION = "Where is the Eiffel tower, and why?"


def titled(text: str, reason: StopReason = StopReason.END) -> tuple[Event, ...]:
    return Delta(0, text, PartKind.TEXT), Done(reason, STATS)


class Names(ScriptedBackend):
    """A backend that is always prefilled, and gives every chat this ``title``."""

    def __init__(self, *scripts: tuple[Event, ...]) -> None:
        super().__init__(*scripts)
        self.title: tuple[Event | Exception, ...] = titled("The Eiffel tower")
        self.read = Prompt(500, 4096, 1024)
        self.asides: list[Request] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        yield self.read

    def count(self, request: Request, cancel: threading.Event) -> Prompt:
        return self.read

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        if not request.ephemeral:
            yield from super().stream(request, cancel, answer_now)
            return
        assert answer_now is not None
        assert answer_now.is_set()
        self.asides.append(request)
        self.begun.set()
        while not self.go_on.wait(0.01):
            if cancel.is_set():
                raise Cancelled
        for step in self.title:
            if isinstance(step, Exception):
                raise step
            yield step


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    harness = Harness(tmp_path / "chats.db", ANSWER, ANSWER, ANSWER, kind=Names)
    yield harness
    harness.close()


@pytest.fixture
def names(harness: Harness) -> Names:
    assert isinstance(harness.backend, Names)
    return harness.backend


def ask(harness: Harness, chat: int | None = None) -> int:
    """Ask, wait for the answer, and return the chat."""
    count = sum(isinstance(event, TurnEnded) for event in harness.events)
    harness.chats.send(
        Question(
            chat, (Part(QUESTION),), Effort.HIGH, MODEL, ChatSettings(instructions="Be brief.")
        )
    )
    return harness.wait(TurnEnded, count + 1).answer.chat


def settle(harness: Harness) -> None:
    """Wait for the engine's work after an answer."""
    harness.rest()


def now(harness: Harness, chat: int) -> ChatRow:
    settle(harness)
    return harness.store.chats.get(chat)


def test_the_model_names_a_chat_after_its_first_answer(harness: Harness, names: Names) -> None:
    chat = ask(harness)
    renamed = harness.wait(Renamed)
    assert (renamed.chat.title, renamed.chat.title_by) == ("The Eiffel tower", TitleBy.MODEL)
    assert harness.store.chats.get(chat) == renamed.chat
    kinds = [type(event) for event in harness.events]
    assert kinds.index(TurnEnded) < kinds.index(Renamed)  # nobody waited for it
    (asked,), (aside,) = names.requests, names.asides
    # Everything before the request for a title is prefilled already.
    assert [m.text for m in aside.messages[:-1]] == [QUESTION, "Paris is the capital of France."]
    same = ("model", "effort", "instructions", "today", "chat")
    assert [getattr(aside, name) for name in same] == [getattr(asked, name) for name in same]
    assert (aside.sampling.max_tokens or 1000) <= 64
    ask(harness, chat)
    settle(harness)
    assert len(names.asides) == 1


def test_a_title_by_hand_stays(harness: Harness, names: Names) -> None:
    names.go_on.clear()
    chat = ask(harness)
    assert names.begun.wait(60)
    harness.store.chats.rename(chat, "Mine")
    names.go_on.set()
    assert now(harness, chat).title == "Mine"
    other = ask(harness)
    settle(harness)
    assert harness.store.chats.get(other).title_by is TitleBy.MODEL


def test_a_question_ends_it_at_once_and_it_is_tried_again(harness: Harness, names: Names) -> None:
    names.go_on.clear()
    chat = ask(harness)
    assert names.begun.wait(60)
    ask(harness, chat)  # is answered, though the title failed
    assert harness.store.chats.get(chat).title_by is TitleBy.QUESTION
    names.go_on.set()
    assert harness.wait(Renamed).chat.id == chat
    assert len(names.asides) == 2
    assert len(names.asides[1].messages) == 5


def test_chats_that_are_answered_at_the_same_time_are_both_named(
    harness: Harness, names: Names
) -> None:
    """The end of one answer ends what is done for the other."""
    names.go_on.clear()
    first = ask(harness)
    assert names.begun.wait(60)
    second = ask(harness)
    names.go_on.set()
    assert {harness.wait(Renamed, count).chat.id for count in (1, 2)} == {first, second}


@pytest.mark.parametrize(
    "title",
    [
        titled("I found these files:\n\n- eiffel.txt"),
        titled("The Eiffel tower, and then", StopReason.LENGTH),
        titled("Sorry, I cannot do this"),
        titled(""),
        (Delta(0, "The Eiffel tower", PartKind.REASONING), Done(StopReason.END, STATS)),
        (EngineDied(-9, "killed"),),
    ],
)
def test_what_is_no_title_leaves_the_questions(
    harness: Harness, names: Names, title: tuple[Event, ...]
) -> None:
    names.title = title
    chat = ask(harness)
    row = now(harness, chat)
    assert (row.title, row.title_by) == (QUESTION, TitleBy.QUESTION)
    ask(harness, chat)
    settle(harness)
    assert len(names.asides) == 1  # it would answer the same again, or crash again
    assert not any(isinstance(event, Renamed) for event in harness.events)


def test_what_is_typed_or_does_not_fit_is_left_alone(harness: Harness, names: Names) -> None:
    names.read = Prompt(4000, 4096)
    chat = ask(harness)
    settle(harness)
    names.read = Prompt(100, 4096, dropped=2)
    harness.chats.prepare(Question(chat, (), Effort.HIGH, MODEL))
    settle(harness)
    names.read = Prompt(100, 4096)
    harness.chats.prepare(Question(chat, (Part("And the"),), Effort.HIGH, MODEL))
    settle(harness)
    assert names.asides == []
    harness.chats.prepare(Question(chat, (), Effort.HIGH, MODEL))
    assert harness.wait(Renamed).chat.id == chat


def test_the_person_may_not_want_it(tmp_path: Path) -> None:
    harness = Harness(tmp_path / "chats.db", ANSWER, kind=Names, may_name=lambda: False)
    chat = ask(harness)
    row = now(harness, chat)
    harness.close()
    assert row.title == QUESTION
    assert isinstance(harness.backend, Names)
    assert harness.backend.asides == []


def test_only_the_last_chats_wait_for_a_name(tmp_path: Path) -> None:
    backend = ScriptedBackend()
    with closing(Store(tmp_path / "chats.db")) as store:
        titles = Titles(store, backend, lambda _: None, lambda: True)
        for chat in range(40):
            titles.begun(chat, Request(MODEL, (), chat=chat))
        titles.idle(Request(MODEL, (), chat=99), Prompt(1, 4096), threading.Event())
    assert [request.chat for request in backend.counted] == [*range(24, 40)]


def test_a_chat_that_is_erased_meanwhile(harness: Harness, names: Names) -> None:
    names.go_on.clear()
    chat = ask(harness)
    assert names.begun.wait(60)
    harness.store.bin.erase([chat])
    names.go_on.set()
    settle(harness)
    other = ask(harness)  # the engine's thread is alive
    assert harness.wait(Renamed).chat.id == other


ABOUT = "What is the capital of France? The capital of **France** is Paris. 法国的首都是哪里？"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Capital of France", "Capital of France"),
        ('**Title:** "Capital of France."\n', "Capital of France"),
        ("# *The* `capital` of [France](https://x.org)", "The capital of France"),
        ("„Hauptstadt Frankreichs: Paris“", "Hauptstadt Frankreichs: Paris"),
        ("Titel: »Französische Hauptstadt, Paris«", "Französische Hauptstadt, Paris"),
        ("标题：「法国首都查询」。", "法国首都查询"),
        ("“Capital” and “France”", "“Capital” and “France”"),
        ("Capitals, as in the U.S.", "Capitals, as in the U.S."),
        ("Is Paris the capital?", "Is Paris the capital?"),
        ("\u202eThe\x1b[31m capital\x00 city\ufeff", "The [31m capital city"),
        ("The capital【3†L9-L11】 of France【4†L2】.", "The capital of France"),
        ("The capital 👨\u200d👩\u200d👧", "The capital 👨\u200d👩\u200d👧"),
        ("capital " * 12, "capital " * 6 + "capital…"),
        ("capital " * 30, ""),
        ("capital" * 1_000_000, ""),
        ("The capital\nof France", ""),
        ("Sorry, I cannot answer that.", ""),
        ("巴黎旅游", ""),
        ("Title:", ""),
        ('"."', ""),
        (" \n ", ""),
    ],
)  # fmt: skip
def test_an_answer_becomes_a_title(said: str, title: str) -> None:
    assert title_out_of(said, ABOUT) == title


def test_short_words_are_compared_as_they_are() -> None:
    assert title_out_of("Go or C", "Which one, Go or C?") == "Go or C"


def test_a_single_sign_is_a_title_and_endings_vary() -> None:
    assert title_out_of("茶", "茶是什么？") == "茶"
    assert title_out_of("Cooking potatoes", "How is a potato cooked?") == "Cooking potatoes"
