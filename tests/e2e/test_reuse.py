"""Cached states of many chats are reused: after a switch, a crash and a restart."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.base.types import Effort, Request
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions, LocalBackend
from tests.e2e.engine import (
    BEYOND_THE_WINDOW,
    CHAT,
    DEMO,
    Talk,
    answer,
    ask,
    is_as_cold,
    logits,
    prepare,
    size,
)
from tests.fakes.shared_engines import until

BUDGET = 1 << 30
SPAIN = "What is the capital of Spain?"
FRANCE = "What is the capital of France?"
MORE = 16  # tokens that a question may cost besides its own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def start(make: Callable[..., LocalBackend], folder: Path) -> Callable[..., LocalBackend]:
    """Return a function that starts a backend with a disk cache, as the window's."""

    def backend(budget: int = BUDGET) -> LocalBackend:
        return make(cache_folder=folder, options=lambda: EngineOptions(budget=budget))

    return backend


def entries(folder: Path) -> list[Path]:
    return [header.parent for header in folder.glob("*/*/entry.json")]


def test_three_long_chats_take_turns(
    start: Callable[..., LocalBackend], backend: LocalBackend
) -> None:
    engine = start()
    talks = [Talk.long(number) for number in (1, 2, 3)]
    for talk in talks:
        _, done = talk.ask(engine, SPAIN)
        assert done.stats.evaluated > BEYOND_THE_WINDOW
        assert done.stats.restored == 0
    answers = []
    for talk in talks:
        asked = talk.asked(FRANCE)
        _, done = talk.ask(engine, FRANCE)
        assert done.stats.evaluated <= size(FRANCE) + MORE
        assert done.stats.reused > BEYOND_THE_WINDOW
        answers.append((asked, logits(engine)))
    for talk in talks:  # the last turn was too short to be saved; it is read when a chat is opened
        prepare(engine, talk.request)
        _, done = talk.ask(engine, SPAIN)
        assert done.stats.evaluated <= size(SPAIN) + MORE
        assert done.stats.reused > BEYOND_THE_WINDOW
    for asked, found in answers:
        assert is_as_cold(backend, asked, found)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_crash_of_the_engine_and_a_restart(
    start: Callable[..., LocalBackend], backend: LocalBackend, folder: Path
) -> None:
    engine = start()
    talks = [Talk.long(number) for number in (1, 2, 3)]
    for talk in talks:
        talk.ask(engine, SPAIN)
    assert engine._channel.child is not None
    assert engine.pid is not None
    until(lambda: len(entries(folder)) == 2)  # the second is completed on a thread of its own
    os.kill(engine.pid, signal.SIGKILL)
    engine._channel.child.join(10)
    answers = []
    for talk, is_kept in zip(talks, (True, True, False), strict=True):  # the third was in memory
        _, done = talk.ask(engine, FRANCE)
        assert (done.stats.evaluated <= size(FRANCE) + MORE) == is_kept
        assert (done.stats.restored > BEYOND_THE_WINDOW) == is_kept
    engine.close()
    again = start()
    list(again.load(DEMO, threading.Event()))
    for talk in talks:
        prepare(again, talk.request)
        asked = talk.asked(SPAIN)
        _, done = talk.ask(again, SPAIN)
        assert done.stats.evaluated <= size(SPAIN) + MORE
        assert done.stats.restored > BEYOND_THE_WINDOW
        answers.append((asked, logits(again)))
    for asked, found in answers:
        assert is_as_cold(backend, asked, found)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1000)


def altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [("state", cut), ("state", altered), ("tokens", altered), ("entry.json", altered)],
)
def test_what_was_altered_is_read_anew(
    start: Callable[..., LocalBackend], folder: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    talk = Talk.long(1)
    backend = start()
    answer(backend, talk.asked(SPAIN))
    before = logits(backend)
    backend.close()
    (entry,) = entries(folder)
    spoil(entry / name)
    again = start()
    _, done = answer(again, talk.asked(SPAIN))
    assert (done.stats.restored, done.stats.reused) == (0, 0)
    assert np.array_equal(logits(again), before)  # read in the same batches
    assert not entry.exists()


def test_a_longer_context(
    make: Callable[..., LocalBackend], folder: Path, backend: LocalBackend
) -> None:
    """What was kept with a shorter context is used in the longer one that follows it."""

    def engine(context: int) -> LocalBackend:
        options = EngineOptions(Overrides(context=context), BUDGET)
        return make(cache_folder=folder, options=lambda: options)

    talk, before = Talk.long(1), engine(4096)
    talk.ask(before, SPAIN)
    before.close()
    after = engine(8192)
    asked = talk.asked(FRANCE)
    _, done = talk.ask(after, FRANCE)
    assert done.stats.context == 8192
    assert done.stats.restored > BEYOND_THE_WINDOW
    assert is_as_cold(backend, asked, logits(after))


def test_ten_turns_with_another_chat_between(
    start: Callable[..., LocalBackend], backend: LocalBackend
) -> None:
    """Answers begin like those of a chat read at once."""
    engine = start()
    talk, other = Talk.long(1, Effort.HIGH, turns=3), Talk.long(2)
    answers: list[tuple[Request, Any]] = []
    for text in CHAT:
        asked = talk.asked(text)
        _, done = talk.ask(engine, text)
        if answers:
            assert done.stats.reused > 0
        answers.append((asked, logits(engine)))
        other.ask(engine, "Hello")
    assert done.stats.prompt_tokens > BEYOND_THE_WINDOW
    for asked, found in answers[1::2]:  # to read one again takes longer than all turns
        assert is_as_cold(backend, asked, found)


def test_another_effort_and_back(start: Callable[..., LocalBackend], backend: LocalBackend) -> None:
    """The effort is at the start of the prompt, so each has a state of its own."""
    engine = start()
    list(engine.load(DEMO, threading.Event()))
    talk = Talk.long(1)
    efforts = Effort.LOW, Effort.HIGH
    for effort in efforts:
        prepare(engine, replace(talk.request, effort=effort))
    for effort in efforts:
        request = replace(talk.asked(SPAIN), effort=effort)
        _, done = answer(engine, request)
        assert done.stats.evaluated <= size(SPAIN) + MORE
        assert done.stats.reused > BEYOND_THE_WINDOW
        assert is_as_cold(backend, request, logits(engine))


def test_an_edited_question_and_the_one_before(
    start: Callable[..., LocalBackend], backend: LocalBackend
) -> None:
    """Each is longer than the window, which must come from a checkpoint or from elsewhere."""
    engine = start()
    list(engine.load(DEMO, threading.Event()))
    talk = Talk.long(1)
    prepare(engine, talk.request)
    questions = [
        talk.asked(text * (BEYOND_THE_WINDOW // size(text)) + SPAIN)
        for text in ("My name is Ada. ", "I like the sea. ")
    ]
    for request in (*questions, talk.asked(FRANCE)):
        _, done = answer(engine, request)
        assert done.stats.evaluated <= size(request.messages[-1].text) + MORE
    for request in questions:
        _, done = answer(engine, request)
        assert done.stats.evaluated == 1
        assert done.stats.reused > 2 * BEYOND_THE_WINDOW
        assert is_as_cold(backend, request, logits(engine))


def test_without_a_budget_nothing_is_written(
    start: Callable[..., LocalBackend], folder: Path
) -> None:
    backend = start(budget=0)
    for number in (1, 2, 1):
        _, done = Talk.long(number).ask(backend, SPAIN)
        assert done.stats.restored == 0
    backend.close()
    assert not list(folder.rglob("*"))


def test_a_budget_that_is_taken_back_empties_the_folder(
    start: Callable[..., LocalBackend], folder: Path
) -> None:
    backend = start()
    Talk.long(1).ask(backend, SPAIN)
    backend.close()
    assert entries(folder)
    answer(start(budget=0), ask("Hello"))
    assert not list(folder.glob("*/*"))


def test_a_chat_that_is_deleted_leaves_no_file(
    start: Callable[..., LocalBackend], folder: Path
) -> None:
    backend = start()
    talks = [Talk.long(number) for number in (1, 2, 3)]
    for talk in talks:
        talk.ask(backend, SPAIN)
    first, second, third = talks
    backend.forget(1)  # put aside, and on disk
    backend.forget(3)  # in memory, and being written to disk
    texts = [(entry / "entry.json").read_text() for entry in entries(folder)]
    assert len(texts) == 1
    assert '"chat": 2' in texts[0]
    _, done = second.ask(backend, FRANCE)
    assert done.stats.reused > BEYOND_THE_WINDOW
    for talk in (first, third):
        _, done = talk.ask(backend, FRANCE)
        assert done.stats.reused < BEYOND_THE_WINDOW // 2
    backend.close()
    LocalBackend(folder.parent / "engine.log", folder).forget(2)  # without a running worker
    assert not any('"chat": 2' in (e / "entry.json").read_text() for e in entries(folder))
