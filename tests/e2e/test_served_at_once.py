"""Sixteen programs at once, and the window, over the real engine."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from app.base.answer_events import Delta, Event
from app.base.types import Request
from app.engine.backend import Planned
from app.engine.overrides import Overrides
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.supervisor import EngineOptions, LocalBackend
from app.server.http_server import HttpServer
from app.serving import ServerParts, model_name
from tests.e2e.engine import DEMO, ask
from tests.fakes.api import Api, ApiAnswer, served_at_socket
from tests.fakes.shared_engines import until

PLACES, WAITING, PROGRAMS = 2, 8, 16


class Held(LocalBackend):
    """An engine whose answer for each program stays at its first piece until it is let go.

    ``begun`` are the clients in the order in which their answers began; the window is "".
    """

    def __init__(self, log: Path) -> None:
        super().__init__(log, options=lambda: EngineOptions(Overrides(places=PLACES)))
        self.begun: list[str] = []
        self.let_go = {f"program/{n}": threading.Event() for n in range(PROGRAMS)}

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        self.begun.append(request.client)
        with closing(super().stream(request, cancel, answer_now)) as events:
            for event in events:
                yield event
                if isinstance(event, Delta) and request.client:
                    self.let_go[request.client].wait()


def are_at(places: list[int], engine: Held, server: HttpServer) -> bool:
    """Return whether requests are in the queue at these places; 0 is at the engine."""
    assert server._admission
    there = [each.place for each in server.status().requests]
    counted = [live.queued for live in server._admission._live.values()]  # a moment later
    return (
        there == places
        and counted == [place > 0 for place in places]
        and (len(engine.begun) == places.count(0))
    )


def test_programs_are_answered_in_order_and_the_window_at_once(tmp_path: Path) -> None:
    engine = Held(tmp_path / "engine.log")
    backend = ScheduledBackend(engine)
    parts = ServerParts(backend, lambda: DEMO, tmp_path / "connections.log")

    def read(api: Api, number: int) -> ApiAnswer:
        messages = [{"role": "user", "content": "Hello"}]
        body: dict[str, object] = {"model": model_name(DEMO), "messages": messages, "max_tokens": 8}
        body |= {"stream": number % 2 == 0}
        answer = api.post("/v1/chat/completions", body, {"User-Agent": f"program/{number}"})
        assert answer.body
        return answer

    with (
        closing(engine),
        ThreadPoolExecutor(PROGRAMS) as threads,
        served_at_socket(parts) as (api, server),
    ):
        try:
            list(backend.load(DEMO, threading.Event()))
            answers, places = [], [0] * PLACES + list(range(1, WAITING + 1))
            for number in range(PLACES + WAITING):
                answers.append(threads.submit(read, api, number))
                until(partial(are_at, places[: number + 1], engine, server))
            refused = [read(api, number) for number in range(PLACES + WAITING, PROGRAMS)]
            assert [answer.status for answer in refused] == [429] * len(refused)
            assert all(int(answer.headers["retry-after"]) for answer in refused)
            assert len(list(backend.stream(ask("Hello"), threading.Event()))) > 2
            assert engine.begun == ["program/0", "program/1", ""]
            for number, answer in enumerate(answers):
                engine.let_go[f"program/{number}"].set()
                assert answer.result().status == 200
                if number < WAITING:
                    next_one = f"program/{PLACES + number}"
                    until(partial(engine.begun.__contains__, next_one))
                    assert engine.begun[-1] == next_one
        finally:
            for held in engine.let_go.values():
                held.set()
