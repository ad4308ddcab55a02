"""`fireside ask` beside a window: the model that it asks, and what it tells while it waits."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from app.__main__ import main
from app.base.answer_events import Event
from app.base.errors import ModelInUse
from app.base.types import ModelRef, Request
from app.cli import ask
from app.cli.waiting_line import WaitingLine
from app.engine.backend import Planned
from app.wording.queue_words import in_line
from tests.fakes.browsing import BrowsingModel

OTHER = ModelRef.of_file(Path("other.gguf"), "other")


class OtherLoaded(BrowsingModel):
    """An engine with another model than the one that was looked up."""

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        if request.model != OTHER:
            raise ModelInUse("window", OTHER.name, request.model.name)
        yield from super().stream(request, cancel, answer_now)

    def loaded(self) -> ModelRef | None:
        found, self.there = self.there, OTHER
        return found

    there: ModelRef | None = None


def test_the_model_is_the_one_that_has_been_loaded_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The person has chosen none, and is not told to leave it out."""
    monkeypatch.setitem(vars(ask), "SharedEngine", lambda *_: OtherLoaded("Hi."))
    assert main(["ask", "--data-dir", str(tmp_path), "Hello"]) == 0
    assert capsys.readouterr().out == "Hi.\n"
    assert main(["ask", "--data-dir", str(tmp_path), "--model", "this.gguf", "Hello"]) == 3
    assert "Leave out --model" in capsys.readouterr().err


def test_in_a_file_a_wait_is_told_as_it_gets_shorter(capsys: pytest.CaptureFixture[str]) -> None:
    """Places in line go up and down while the window and others come and go."""
    line = WaitingLine()
    for place in (3, 3, 2, 3, 2, 1, 2):
        line.show(place)
    line.end()
    assert capsys.readouterr().err.splitlines() == [in_line(place) for place in (3, 2, 1)]


def test_a_stop_while_a_command_is_imported_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopped(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.cli.main", stopped)
    assert main(["ask", "Hello"]) == 130
