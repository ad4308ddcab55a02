"""One pipe for several callers."""

from __future__ import annotations

import queue
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.base import log
from app.base.answer_events import Delta
from app.base.processes import ChildEnded
from app.engine.delta_wire import pack
from app.engine.shared_pipe import SharedPipe

LONG = 60.0  # seconds after which a hanging test fails
GONE = object()


class Child:
    """A process that says what the test has it say; one thread at a time may receive."""

    def __init__(self) -> None:
        self.says: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.sent: list[tuple[Any, bool]] = []
        self.receiving = threading.Lock()
        self.readers: set[int] = set()

    def send(self, message: Any, *, awaited: bool = False) -> None:
        self.sent.append((message, awaited))

    def receive(self, timeout: float) -> Any:
        assert self.receiving.acquire(blocking=False), "two at once"
        try:
            self.readers.add(threading.get_ident())
            message = self.says.get(timeout=timeout)
        except queue.Empty:
            return None
        finally:
            self.receiving.release()
        if message is GONE:
            raise ChildEnded
        if isinstance(message, Exception):
            raise message
        return message


@pytest.fixture
def child() -> Child:
    return Child()


@pytest.fixture
def pipe(child: Child) -> SharedPipe:
    return SharedPipe(child)  # type: ignore[arg-type]


def heard(pipe: SharedPipe, stream: int) -> list[Any]:
    """Return all payloads of a stream until its end."""
    found: list[Any] = []
    while True:
        if (message := pipe.receive(stream)) is not None:
            if message[0] is None:
                pipe.close(stream)
                return found
            found.append(message[0])


def test_one_caller_reads_for_itself(child: Child, pipe: SharedPipe) -> None:
    pipe.open(1, ("ask", 1))
    for payload in (pack(Delta(0, "a")), "b", None):
        child.says.put((1, payload))
    assert heard(pipe, 1) == [Delta(0, "a"), "b"]
    assert child.readers == {threading.get_ident()}
    assert child.sent == [(("ask", 1), False)]


def test_silence_goes_on_where_others_are_waited_for(child: Child, pipe: SharedPipe) -> None:
    pipe.open(1, ("ask", 1))
    pipe.open(2, ("count", 2))
    pipe.send("cancel", 1)
    assert child.sent == [(("ask", 1), False), (("count", 2), True), (("cancel", 1), True)]
    assert pipe.is_shared
    pipe.close(2)
    assert not pipe.is_shared
    pipe.close(1)
    pipe.open(3, ("ask", 3))
    assert child.sent[-1] == (("ask", 3), False)


def test_each_gets_its_own_in_order(child: Child, pipe: SharedPipe) -> None:
    chance = random.Random(3)
    wanted = {stream: [f"{stream} {n}" for n in range(200)] for stream in range(1, 6)}
    left = {stream: [*words, None] for stream, words in wanted.items()}
    for stream in wanted:
        pipe.open(stream, ("ask", stream))
    with ThreadPoolExecutor(5) as threads:
        found = {stream: threads.submit(heard, pipe, stream) for stream in wanted}
        while left:
            stream = chance.choice(list(left))
            child.says.put((stream, left[stream].pop(0)))
            if not left[stream]:
                del left[stream]
            if chance.random() < 0.1:
                threading.Event().wait(0.001)
        assert {stream: one.result(LONG) for stream, one in found.items()} == wanted


def test_who_does_not_listen_holds_nobody_up(child: Child, pipe: SharedPipe) -> None:
    """Neither one that is busy with its own payload, nor one that has given up."""
    for stream in (1, 2, 3):
        pipe.open(stream, ("ask", stream))
    child.says.put((1, "x"))
    assert pipe.receive(1) == ("x",)
    pipe.close(3)
    for message in ((3, "rest"), (1, "y"), (2, "z"), (3, None), (2, None)):
        child.says.put(message)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(heard, pipe, 2).result(LONG) == ["z"]
    child.says.put((1, None))
    assert heard(pipe, 1) == ["y"]


def test_another_reads_on_when_the_reader_leaves(child: Child, pipe: SharedPipe) -> None:
    pipe.open(1, ("ask", 1))
    pipe.open(2, ("ask", 2))
    assert pipe.receive(1) is None  # it reads, for both
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(heard, pipe, 2)
        pipe.close(1)
        child.says.put((2, "a"))
        child.says.put((2, None))
        assert other.result(LONG) == ["a"]


@pytest.mark.parametrize(
    "end", [GONE, ValueError("not a pickle"), 7, (1, 2, 3), (1, ("not", "a delta"))]
)
def test_all_are_told_the_end(
    child: Child, pipe: SharedPipe, monkeypatch: pytest.MonkeyPatch, end: Any
) -> None:
    """Garbage is an end, too, and is reported once; what came before is heard."""
    reported: list[BaseException] = []
    monkeypatch.setattr(log, "report", lambda error, where: reported.append(error))
    for stream in (1, 2, 3):
        pipe.open(stream, ("ask", stream))
    child.says.put((2, "a"))
    with ThreadPoolExecutor(3) as threads:
        others = [threads.submit(heard, pipe, stream) for stream in (1, 3)]
        child.says.put(end)
        for other in others:
            assert isinstance(other.exception(LONG), ChildEnded)
    assert pipe.receive(2) == ("a",)
    with pytest.raises(ChildEnded):
        pipe.receive(2)
    pipe.open(4, ("ask", 4))
    with pytest.raises(ChildEnded):
        pipe.receive(4)
    assert len(reported) == (end is not GONE)
