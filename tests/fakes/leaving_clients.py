"""Clients of the local server that leave at any moment, in both ways in which connections end."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from app.serving import ADDRESS, ServedState, ServerParts
from tests.fakes.api import MODEL, NAME, TOKEN, served_at_socket
from tests.fakes.served_engine import ServedEngine, served_engine

PATIENCE_S = 60.0
_RESET = struct.pack("ii", 1, 0)


class Moment(StrEnum):
    """When a client leaves."""

    QUEUED = "queued"
    LOADING = "loading"
    READING = "reading"
    THINKING = "thinking"
    ANSWERING = "answering"
    ENDED = "ended"


class Leaving:
    """A server at a socket, and clients of it that leave."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.engine = ServedEngine()
        self._rng = rng
        backend = served_engine(self.engine, places=1)
        parts = ServerParts(backend, lambda: MODEL, folder / "connections.log")
        self._at_socket = served_at_socket(parts)

    def __enter__(self) -> Leaving:
        self.api, self.server = self._at_socket.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._at_socket.__exit__(None, None, None)

    def leave(self, moment: Moment) -> float:
        """Have a client leave at a moment; return the seconds until it was noticed everywhere."""
        question = {Moment.READING: "heavy", Moment.ENDED: "silent"}.get(moment, "endless")
        self.engine.loading = 3600.0 if moment is Moment.LOADING else 0.0
        if moment is Moment.LOADING:
            self.engine.unload()
        first = self._asked("heavy") if moment is Moment.QUEUED else None
        if first:
            self._until(ServedState.READING)
        served = self.server.status().served
        client = self._asked(question)
        match moment:
            case Moment.QUEUED:
                self._until(ServedState.READING, ServedState.WAITING)
            case Moment.LOADING:
                self._until(ServedState.LOADING)
            case Moment.READING:
                self._until(ServedState.READING)
            case Moment.THINKING | Moment.ANSWERING:
                self._until(ServedState.ANSWERING)
                if moment is Moment.ANSWERING:
                    self._wait(lambda: self.server.status().requests[0].generated > 60)
            case Moment.ENDED:
                self._wait(lambda: self.server.status().served > served)
        began = time.monotonic()
        self._end(client)
        self._wait(lambda: len(self.server.status().requests) == (first is not None))
        if not first:
            self._wait(lambda: not self.engine.running)
        taken = time.monotonic() - began
        if first:
            assert len(self.engine.running) == 1
            self._end(first)
            self._wait(lambda: not self.engine.running and not self.server.status().requests)
        return taken

    def _asked(self, question: str) -> socket.socket:
        path = self._rng.choice(["/v1/chat/completions", "/v1/responses", "/v1/messages"])
        asked = {"role": "user", "content": question}
        body = {"model": NAME, "stream": self._rng.random() < 0.5, "max_tokens": 100_000}
        body |= {"messages": [asked]}
        if path.endswith("responses"):
            body = {"model": NAME, "stream": body["stream"], "input": [asked]}
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {ADDRESS}:{self.api.port}\r\n"
            f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\nUser-Agent: leaving/1\r\n\r\n"
        )
        client = socket.create_connection((ADDRESS, self.api.port))
        client.sendall(head.encode() + data)
        return client

    def _end(self, client: socket.socket) -> None:
        if self._rng.random() < 0.5:  # as a process that is killed, or that closes with unread data
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.close()

    def _until(self, *states: ServedState) -> None:
        self._wait(lambda: [each.state for each in self.server.status().requests] == [*states])

    def _wait(self, reached: Callable[[], bool]) -> None:
        ending = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < ending, self.server.status()
            time.sleep(0.002)
