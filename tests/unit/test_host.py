"""The object graph, without a window."""

from __future__ import annotations

import errno
import queue
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from app.base import file_lock, settings
from app.base.answer_events import Delta, Event
from app.base.errors import Cancelled, StoreError, StoreFull, StoreReadOnly
from app.base.file_lock import changing
from app.base.settings import Folders, Settings
from app.base.types import Effort, Endpoint, ModelRef, Part, PartKind, Request
from app.engine.backend import ScriptedBackend
from app.engine.remote.remote_server import SavedEndpoint
from app.engine.router import Router
from app.engine.scheduler import Scheduler
from app.exchange import ExportFormat, ExportOptions
from app.host import Host, demo_model
from app.store import State, Store
from app.turn import (
    ModelReady,
    ModelUnloaded,
    NotSaved,
    Question,
    TurnEnded,
    TurnProgress,
)

MODEL = ModelRef.of_file(Path("demo.gguf"), "Demo model")
T = TypeVar("T")


class Talks(ScriptedBackend):
    """A backend that says a word, then waits to be stopped; ``done`` lists its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def stream(
        self, request: Request, cancel: threading.Event, answer_now: object = None
    ) -> Generator[Event, None, None]:
        yield Delta(0, "Well", PartKind.TEXT)
        assert cancel.wait(60)
        self.done.append(f"answer {request.chat}")
        raise Cancelled

    def forget(self, chat: int) -> None:
        self.done.append(f"forget {chat}")


def arrives(events: queue.Queue[Any], kind: type[T]) -> T:
    """Return the next event of a kind."""
    while True:
        event = events.get(timeout=60)
        if isinstance(event, kind):
            return event


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EROFS, StoreReadOnly)],
)
def test_settings_that_the_disk_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[StoreError]
) -> None:
    def refuse(new: Settings, before: Settings, path: Path) -> None:
        raise OSError(number, "no", str(path))

    events: queue.Queue[Any] = queue.Queue()
    with closing(Host(Folders(tmp_path), events.put, backend=Talks())) as host:
        with monkeypatch.context() as patch:
            patch.setattr(settings, "save", refuse)
            host.change(instructions="Be brief.")
            assert host.settings.instructions == "Be brief."
            error = arrives(events, NotSaved).error
        assert (type(error), error.path) == (kind, tmp_path / "settings.json")
        host.change(zoom=90)
    kept = settings.load(tmp_path / "settings.json")
    assert (kept.instructions, kept.zoom) == ("Be brief.", 90)  # once it does


def test_settings_that_another_process_has_changed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.json"
    settings.save(Settings(zoom=110), Settings(), path)
    monkeypatch.setattr(file_lock, "_LONGEST_S", 60.0)
    with closing(Host(Folders(tmp_path), lambda _: None, backend=Talks())) as host:
        settings.save(Settings(zoom=110, model="/models/a.gguf"), Settings(zoom=110), path)
        with changing(path):  # by that process: nobody waits here
            host.change(zoom=90)
            host.change(kept_gb=5)
            assert host.settings.zoom == 90
            assert settings.load(path).zoom == 110
    assert settings.load(path) == Settings(zoom=90, kept_gb=5, model="/models/a.gguf")


def test_the_model_is_unloaded_once_that_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: queue.Queue[Any] = queue.Queue()
    monkeypatch.setattr(Scheduler, "idle_s", 100.0)
    backend = ScriptedBackend()
    with closing(Host(Folders(tmp_path), events.put, backend=backend)) as host:
        host.model_loads.load(MODEL)
        arrives(events, ModelReady)
        assert host.backend.loaded() == MODEL
        host.change(unload_minutes=2)
        host.change(unload_minutes=1)
        arrives(events, ModelUnloaded)
        assert host.backend.loaded() is None


def test_the_local_server_has_a_model_of_this_computer_whatever_is_chosen(tmp_path: Path) -> None:
    there = Endpoint("https://gpu.example.org/v1", "gpt-oss-120b")
    with closing(Host(Folders(tmp_path), lambda event: None, backend=ScriptedBackend())) as host:
        host.change(model=ModelRef(there, "").key)
        assert host.chosen_model() == demo_model()
        host.change(models=("/models/a.gguf", "/models/b.gguf"))
        assert host.chosen_model() == ModelRef.of_file(Path("/models/a.gguf"), "a")
        host.remote.endpoints.save(SavedEndpoint(there))
        assert host.chosen_model().is_here
        assert not isinstance(host.engine.backend, Router), "the server's engine is this computer's"


def test_a_chat_is_erased_while_its_model_talks(tmp_path: Path) -> None:
    events: queue.Queue[Any] = queue.Queue()
    backend = Talks()
    with closing(Host(Folders(tmp_path), events.put, backend=backend)) as host:
        host.chats.send(Question(None, (Part("secretword"),), Effort.LOW, MODEL))
        chat = arrives(events, TurnProgress).chat
        host.chats.erase([chat]).result(60)
        assert backend.done == [f"answer {chat}", f"forget {chat}"]
        ended = arrives(events, TurnEnded)
        assert (ended.answer.state, ended.error) == (State.STOPPED, None)
        assert host.disk(lambda store: store.chats.live()).result() == set()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"secretword" not in file.read_bytes(), file


def test_what_is_erased_at_the_end_is_gone(tmp_path: Path) -> None:
    with closing(Host(Folders(tmp_path), lambda _: None, backend=Talks())) as host:
        chat = host.disk(lambda store: store.chats.create(Effort.LOW)).result().id
        erased = host.chats.erase([chat])
    assert erased.done()
    with closing(Store(tmp_path / "chats.db")) as store:
        assert store.chats.live() == set()


def test_what_goes_on_for_long_ends_when_everything_does(tmp_path: Path) -> None:
    began = threading.Event()

    def draw(*_: object, **__: object) -> bytes:
        began.set()
        assert stop.wait(60)
        raise Cancelled

    stop = threading.Event()
    with closing(Host(Folders(tmp_path), lambda _: None, backend=Talks())) as host:
        chat = host.disk(lambda store: store.chats.create(Effort.LOW)).result().id
        manner = ExportOptions(ExportFormat.PDF, pdf_writer=draw)
        made = host.exchange.export(tmp_path / "out", "a", manner, [chat], stop, lambda _: None)
        assert began.wait(60)
    assert isinstance(made.exception(), Cancelled)
    assert list((tmp_path / "out").iterdir()) == []


def test_it_is_told_that_the_model_is_unloaded_before_another_can_have_the_engine(
    tmp_path: Path,
) -> None:
    events: list[object] = []
    left: list[list[object]] = []
    shared = SimpleNamespace(leave=lambda: left.append([*events]))
    with closing(Host(Folders(tmp_path), events.append, backend=ScriptedBackend())) as host:
        host.engine._shared = shared  # type: ignore[assignment]
        host.engine._unloaded()
    assert left == [[ModelUnloaded()]]
