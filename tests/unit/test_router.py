"""Which engine gets a request."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.base.answer_events import Done, Stats, StopReason
from app.base.errors import EndpointUnknown, ModelError, ModelMissing
from app.base.resources import resource
from app.base.types import Effort, Endpoint, ModelRef, Request
from app.engine.backend import ScriptedBackend
from app.engine.router import Router
from app.engine.supervisor import LocalBackend

HERE = ModelRef.of_file(Path("demo.gguf"), "Demo model")
THERE = ModelRef(Endpoint("http://127.0.0.1:8000/v1", "gpt-oss-120b"), "Server's")
DONE = Done(StopReason.END, Stats(10, 10, 5, 2, 0.1, 0.5, 1000, 7, 4096))


class Engine(ScriptedBackend):
    def __init__(self) -> None:
        super().__init__([DONE])
        self.forgotten: list[int] = []
        self.closed = False

    def forget(self, chat: int) -> None:
        self.forgotten.append(chat)

    def close(self) -> None:
        self.closed = True


def test_a_request_goes_where_its_model_is() -> None:
    local, remote = Engine(), Engine()
    router = Router(local, remote)
    for model, engine, other in ((HERE, local, remote), (THERE, remote, local)):
        asked, stop = Request(model, ()), threading.Event()
        assert list(router.stream(asked, stop)) == [DONE]
        list(router.load(model, stop))
        list(router.prepare(asked, stop))
        router.count(asked, stop)
        assert router.abilities(model) == engine.abilities(model)
        assert (engine.requests, engine.loads) == ([asked], [model])
        assert (engine.prepared, engine.counted) == ([asked], [asked])
        assert asked not in other.requests


def test_all_engines_forget_and_end() -> None:
    engines = Engine(), Engine()
    router = Router(*engines)
    router.forget(7)
    router.close()
    assert [(engine.forgotten, engine.closed) for engine in engines] == [([7], True)] * 2


def test_a_model_is_known_by_where_it_is() -> None:
    assert (HERE.key, HERE.place) == ("demo.gguf", "demo.gguf")
    assert THERE.key == THERE.place == "http://127.0.0.1:8000/v1#gpt-oss-120b"
    assert ModelRef.of_file(Path("x.gguf"), "X", alias="demo").key == "demo"


def test_what_a_model_can_do_is_known_before_it_is_loaded(tmp_path: Path) -> None:
    """It is read once for each state of the file."""
    path = tmp_path / "model.gguf"
    path.write_bytes(resource("models", "demo-gpt-oss.gguf").read_bytes())
    model = ModelRef.of_file(path, "Demo")
    with closing(LocalBackend(tmp_path / "engine.log")) as backend:
        found = backend.abilities(model)
        assert found.efforts == tuple(Effort)
        assert found.default_effort is Effort.MEDIUM
        assert found.closable_reasoning
        assert backend.abilities(model) is found
        assert backend.pid is None  # no process was started for it
        path.write_bytes(b"GGUF")
        with pytest.raises(ModelError):
            backend.abilities(model)
        path.unlink()
        with pytest.raises(ModelMissing):
            backend.abilities(model)
        with pytest.raises(EndpointUnknown):
            backend.abilities(THERE)
