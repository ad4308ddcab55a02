"""The model is unloaded, and loaded again by the next question."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu

from app.base.answer_events import Loading, Prompt
from app.base.errors import Cancelled, OwnerSilent
from app.engine.scheduled_backend import ScheduledBackend
from tests.ui.driver import Fireside, answer, done, said

UNLOADED = "The model is unloaded. Your next message loads it."


def status(fireside: Fireside) -> str:
    return fireside.find(QLabel, "statusLine").text()


def entry(fireside: Fireside) -> QAction:
    """Return the entry of the models' menu."""
    menu = QMenu(fireside.window)
    fireside.window.model_area.model_picker.fill(menu)
    (found,) = (action for action in menu.actions() if action.objectName() == "unloadModel")
    return found


def command(fireside: Fireside) -> QAction:
    found = fireside.window.findChild(QAction, "unloadModelCommand")
    assert isinstance(found, QAction)
    return found


@pytest.fixture
def loaded(fireside: Fireside) -> Fireside:
    fireside.window.state.models.load()
    fireside.until(lambda: fireside.backend.loaded() and not fireside.window.state.models.loading)
    return fireside


def test_the_menu_unloads_and_the_next_question_loads(
    loaded: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    unload = entry(loaded)
    assert unload.isEnabled()
    assert "loads it again" in unload.toolTip()
    unload.trigger()
    loaded.until(lambda: status(loaded) == UNLOADED)
    assert loaded.backend.loaded() is None
    assert not entry(loaded).isEnabled()
    assert not command(loaded).isEnabled()
    assert "Not loaded" in loaded.find(QAbstractButton, "modelPicker").toolTip()
    loaded.ask("why", Loading(0.5), *answer("Because."))
    loaded.shows("Because.")
    loaded.idle()
    assert status(loaded) != UNLOADED
    loaded.until(entry(loaded).isEnabled)
    # By itself, when nobody has asked for a while.
    loaded.backend.model = loaded.window.state.models.demo
    monkeypatch.setattr(ScheduledBackend, "idle_s", 16 * 60.0)
    loaded.host.change(unload_minutes=30)
    loaded.host.change(unload_minutes=15)
    loaded.until(lambda: status(loaded) == UNLOADED)
    assert loaded.backend.loaded() is None


def test_a_model_that_cannot_be_unloaded_is_said_to_be_loaded_still(
    loaded: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(cancel: object = None) -> None:
        raise OwnerSilent("ask")

    monkeypatch.setattr(loaded.backend, "unload", fails)
    command(loaded).trigger()
    loaded.until(loaded.window.toast.isVisible)
    assert "isn’t responding" in loaded.find(QLabel, "toastText").text()
    assert not status(loaded).startswith("Unloading")
    assert status(loaded) != UNLOADED
    assert command(loaded).isEnabled()


def test_it_waits_for_running_answers_unless_another_question_is_asked(
    loaded: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, cancelled, unload = threading.Event(), threading.Event(), loaded.backend.unload

    def waits(cancel: Any = None) -> None:
        while not free.wait(0.01):
            if cancel.is_set():
                cancelled.set()
                raise Cancelled
        unload(cancel)

    monkeypatch.setattr(loaded.backend, "unload", waits)
    command(loaded).trigger()
    assert status(loaded) == "Unloading…"
    held = loaded.hold()
    loaded.ask("why", Prompt(80, 4096), said("Be"), held, said("cause."), done())
    loaded.shows("Be")
    assert cancelled.wait(30)
    command(loaded).trigger()
    assert status(loaded) == "Unloading when running answers are done…"
    assert not command(loaded).isEnabled()
    held.set()
    loaded.shows("Because.")
    loaded.until(lambda: status(loaded) == "Unloading…")
    free.set()
    loaded.until(lambda: status(loaded) == UNLOADED)
