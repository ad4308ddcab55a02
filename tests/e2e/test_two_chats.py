"""Two chats that are answered at the same time by the demo model, without a window."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Delta, Waiting
from app.base.settings import Folders
from app.base.types import Effort, Part, Sampling
from app.host import Host
from app.store import ChatSettings, State
from app.turn import Question, TurnEnded, TurnProgress, TurnStarted
from tests.e2e.engine import DEMO
from tests.fakes import engine_processes

LONG = 60.0  # seconds after which a hanging test fails
ASKED = "Count to 100."
GREEDY = ChatSettings(sampling=Sampling(temperature=0.0))


class Events:
    """What a host has published, in order."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._arrived = threading.Condition()

    def put(self, event: Any) -> None:
        with self._arrived:
            self.all.append(event)
            self._arrived.notify_all()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.all if isinstance(event, kind)]

    def deltas(self, chat: int) -> list[int]:
        """Return the places in the order of all events at which a chat's answer has grown."""
        return [
            at
            for at, event in enumerate(self.all)
            if isinstance(event, TurnProgress)
            and event.chat == chat
            and isinstance(event.event, Delta)
        ]

    def until(self, condition: Any) -> None:
        with self._arrived:
            assert self._arrived.wait_for(condition, LONG), self.all[-5:]


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file for as long as which an answer takes seconds."""
    monkeypatch.setitem(engine_processes.DEFAULTS, "target", engine_processes.held)
    file = Folders(tmp_path).engine_log.with_name(engine_processes.HOLD)
    file.touch()
    return file


def grew_in_turn(first: list[int], second: list[int]) -> bool:
    """Return whether two answers grew beside each other, by the places of what they grew by."""
    return bool(first and second) and max(first[0], second[0]) < min(first[-1], second[-1])


def test_two_chats_are_answered_at_the_same_time(tmp_path: Path, hold: Path) -> None:
    """Both answers grow; Stop in one leaves the other; and both are stored as they ended."""
    events = Events()
    with closing(Host(Folders(tmp_path), events.put)) as host:
        question = Question(None, (Part(ASKED),), Effort.LOW, DEMO, GREEDY)
        turns = [host.chats.send(question) for _ in range(2)]
        events.until(lambda: len(events.of(TurnStarted)) == 2)
        chats = [started.chat.id for started in events.of(TurnStarted)]
        events.until(lambda: grew_in_turn(*map(events.deltas, chats)))
        turns[0].cancel()
        events.until(lambda: len(events.of(TurnEnded)) == 1)
        hold.unlink()
        events.until(lambda: len(events.of(TurnEnded)) == 2)
        ends = {ended.answer.chat: ended.answer for ended in events.of(TurnEnded)}
        stopped, whole = (ends[chat] for chat in chats)
        assert (stopped.state, whole.state) == (State.STOPPED, State.DONE)
        assert whole.message.text.startswith(stopped.message.text)
        assert whole.message.text != stopped.message.text
        assert not [e for e in events.of(TurnProgress) if isinstance(e.event, Waiting)]
        for turn, answer in zip(turns, (stopped, whole), strict=True):
            assert turn.draft.parts == answer.message.parts
        host.chats.send(question)
        events.until(lambda: len(events.of(TurnEnded)) == 3)
        assert events.of(TurnEnded)[-1].answer.message == whole.message  # as when it is alone


def test_the_end_while_chats_are_answered_and_another_waits(tmp_path: Path, hold: Path) -> None:
    """Nothing of what was shown is lost, and nothing runs on."""
    events = Events()
    before = threading.active_count()
    host = Host(Folders(tmp_path), events.put)
    host.change(answers_at_once=1)
    question = Question(None, (Part(ASKED),), Effort.LOW, DEMO, GREEDY)
    turns = [host.chats.send(question) for _ in range(3)]
    events.until(lambda: len(events.of(TurnStarted)) == 3)
    chats = [started.chat.id for started in events.of(TurnStarted)]
    events.until(lambda: all(events.deltas(chat) for chat in chats[:2]))
    host.close()
    ends = {ended.answer.chat: ended.answer for ended in events.of(TurnEnded)}
    assert [ends[chat].state for chat in chats] == [State.CUT_OFF] * 3
    for turn, chat in zip(turns, chats, strict=True):
        assert turn.draft.parts == ends[chat].message.parts
    assert not turns[2].draft.parts
    assert threading.active_count() == before
