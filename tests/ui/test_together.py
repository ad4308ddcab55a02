"""Several answers at once, and those that wait for others."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.base.answer_events import Loading, PartAdded, Prefill, Prompt, Waiting
from app.base.types import Endpoint, Part, PartKind
from app.engine.remote.remote_server import SavedEndpoint
from app.engine.scheduled_backend import ScheduledBackend
from app.ui.conversation.thought_panel import WorkBar
from app.ui.sidebar.chat_model import ANSWERED
from app.ui.state import client_watch
from tests.ui.driver import Fireside, answer, done, said
from tests.ui.test_loading import shows_work

NEXT = "Waiting for another answer · next in line"
THIRD = "Waiting for other answers · number 3 in line"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show what an answer waits for at once, not only if it takes a while."""
    monkeypatch.setattr(WorkBar, "CALM_MS", 0)
    monkeypatch.setattr(client_watch, "LOOK_MS", 600)  # whole seconds, and 0 would be all the time


def status(fireside: Fireside) -> str:
    return fireside.find(QLabel, "statusLine").text()


def typed(fireside: Fireside) -> str:
    return fireside.window.composer.editor.toPlainText()


def test_an_answer_that_waits_shows_its_place(fireside: Fireside) -> None:
    third, first, loads, again = (fireside.hold() for _ in range(4))
    ahead = Waiting(3), third, Waiting(1), first
    fireside.ask("why", *ahead, Loading(0.4), loads, *answer("Because."))
    shows_work(fireside, THIRD)
    assert status(fireside) == THIRD
    third.set()
    shows_work(fireside, NEXT)
    assert status(fireside) == NEXT
    first.set()
    shows_work(fireside, "Loading Demo model… 40%")
    assert status(fireside) != NEXT
    loads.set()
    fireside.shows("Because.")
    fireside.idle()
    # After a call, it waits again.
    call = PartAdded(Part("{}", PartKind.CALL, "python", "1"))
    result = PartAdded(Part("3", PartKind.RESULT, "python", "1"))
    fireside.ask("sum", Prompt(80, 4096), call, result, Waiting(1), again, said("3.", 2), done())
    shows_work(fireside, NEXT)
    assert status(fireside) == NEXT
    again.set()
    fireside.shows("3.")
    fireside.idle()
    assert status(fireside) != NEXT


def test_who_waits_can_leave(fireside: Fireside) -> None:
    for button in ("withdrawQuestion", "stop"):
        fireside.ask("why", Waiting(2), fireside.hold())
        shows_work(fireside, "Waiting for other answers · number 2 in line")
        fireside.find(QAbstractButton, button).click()
        fireside.until(lambda: typed(fireside) == "why")
        fireside.idle()
        assert fireside.window.chat is None
        fireside.window.composer.editor.clear()


def test_each_chat_shows_and_stops_its_own_answer(fireside: Fireside) -> None:
    one, two = fireside.hold(), fireside.hold()
    fireside.ask("one", Prompt(80, 4096), said("First"), one, said(" whole."), done())
    fireside.shows("First")
    first = fireside.chat
    fireside.window.new_chat()
    assert not fireside.window.state.current.busy()
    rows = fireside.window.sidebar.list.chats
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert rows.index_of(first).data(ANSWERED) is True
    assert "Answering" in rows.index_of(first).data(spoken)
    fireside.backend.prepared.clear()
    fireside.type("tw")
    fireside.until(lambda: fireside.backend.prepared)  # while the other is answered
    fireside.ask("o", Prompt(5000, 8192), Prefill(100, 5000), two, said("Second."), done())
    fireside.until(lambda: status(fireside).startswith("Processing prompt: 100 of 5,000"))
    second = fireside.chat
    fireside.window.open_chat(first)
    fireside.shows("First")
    assert not status(fireside).startswith("Processing")
    fireside.find(QAbstractButton, "stop").click()
    fireside.idle()
    assert rows.index_of(first).data(ANSWERED) is False
    assert rows.index_of(second).data(ANSWERED) is True
    fireside.window.open_chat(second)
    fireside.until(lambda: status(fireside).startswith("Processing prompt: 100 of 5,000"))
    assert fireside.window.state.current.busy()
    two.set()
    fireside.shows("Second.")
    fireside.idle()


def test_what_else_the_engine_does_is_told(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clients = frozenset({"ask 17", "ask 18", "Editor"})
    monkeypatch.setattr(ScheduledBackend, "clients", clients)
    fireside.until(lambda: status(fireside) == "In use by Editor, fireside ask")
    saved = SavedEndpoint(Endpoint("https://gpu.example.org/v1", "gpt-oss-120b"))
    fireside.host.remote.endpoints.save(saved)
    fireside.host.change(offline=True)
    fireside.window.state.models.show(saved.model.key)
    fireside.until(lambda: status(fireside).startswith("Runs on gpu.example.org"))
    fireside.window.state.models.show(fireside.window.state.models.demo.key)
    fireside.until(lambda: status(fireside) == "In use by Editor, fireside ask")
    monkeypatch.setattr(ScheduledBackend, "clients", frozenset())
    fireside.until(lambda: not status(fireside).startswith("In use"))
    held = fireside.hold()
    fireside.ask("one", Prompt(80, 4096), said("First"), held, done())
    fireside.shows("First")
    fireside.window.new_chat()
    fireside.window.model_area.model_picker.use(tmp_path / "mine.gguf")
    fireside.until(lambda: status(fireside) == "Loading mine when running answers are done…")
    held.set()
    fireside.until(lambda: fireside.window.state.models.loading is None)
    assert not status(fireside).startswith("Loading")
