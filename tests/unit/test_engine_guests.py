"""Guests of an engine that are broken or mean no good: each harms its own connection only."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Event, Prompt, StopReason
from app.base.types import Request
from app.engine.shared import engine_listener, frames
from app.engine.shared.door import connect
from app.engine.shared.engine_listener import greeting
from app.engine.shared.engine_wire import pack, unpack
from app.engine.shared.frames import DoorClosed, FrameLink, LinkLost
from tests.fakes.shared_engines import WORDS, FakeProcess, asking, owner_of, until


@pytest.fixture
def window(tmp_path: Path) -> Iterator[FakeProcess]:
    """Return the owner of an engine, which is answering, and has a guest that is answered, too."""
    owner, guest = FakeProcess(tmp_path, "window"), FakeProcess(tmp_path, "ask")
    owner.engine.may = threading.Semaphore(2)
    answers = [owner.in_background()]
    until(lambda: answers[0].text == "one two ")
    answers.append(guest.in_background())
    until(lambda: len(owner.engine.asked) == 2)
    yield owner
    for _ in range(6):
        owner.engine.may.release()
    for answer in answers:
        answer.end()
        assert answer.text == "".join(WORDS)
    assert guest.engine.asked == []
    guest.backend.close()
    owner.backend.close()
    # A thread is no session any more a moment before it ends.
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith("engine")])


def call(owner: FakeProcess, *messages: bytes) -> FrameLink:
    """Return a connection on which these bytes were sent as they are."""
    link = connect(owner_of(owner).address)
    for message in messages:
        with suppress(LinkLost):
            link._write(memoryview(message), 5.0)
    return link


def told(link: FrameLink) -> Iterator[tuple[object, ...]]:
    """Yield what is sent until the connection ends."""
    with suppress(LinkLost):
        while message := link.receive(20.0):
            yield unpack(message)
    with pytest.raises(LinkLost):
        link.receive(0.0)


def begun(link: FrameLink) -> None:
    """Wait until the guest is answered; a request that ends before that never was one."""
    for message in told(link):
        if message[0] == "event" and isinstance(message[1], Prompt):
            return
    pytest.fail("no answer has begun")


def framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message


HELLO = framed(greeting("ask"))
REQUEST = pack(asking())
BROKEN = {
    "nothing": (),
    "half a length": (b"\0\0",),
    "garbage": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",),
    "a huge length": (b"\xff\xff\xff\xff",),
    "half a greeting": (HELLO[:-3],),
    "a long greeting": (framed(b" " * 2000),),
    "no text": (framed(b"\x80\x04\x95"),),
    "no message": (framed(b"{}"),),
    "no greeting": (framed(b'["hello"]'),),
    "numbers": (framed(b"[1, 2, 3]"),),
    "another version": (framed(pack(("fireside engine", 1, "0.0.1", "ask"))),),
    "only a greeting": (HELLO,),
    "half a command": (HELLO, framed(REQUEST)[:-10]),
    "a deep command": (HELLO, framed(b"[" * 100_000)),
    "a huge command": (HELLO, struct.pack(">I", frames.LONGEST + 1)),
    "an unknown command": (HELLO, framed(pack(("close",)))),
    "a name that is none": (HELLO, framed(b'[{"path": "x"}]')),
    "too little": (HELLO, framed(pack(("stream",)))),
    "too much": (HELLO, framed(pack(("count", asking(), 5)))),
    "another type": (HELLO, framed(pack(("stream", "text")))),
    "a bool for a chat": (HELLO, framed(pack(("forget", True)))),
    "a list for a chat": (HELLO, framed(b'["forget", [1]]')),
    "a type that does not cross": (HELLO, framed(b'["stream", {"PartAdded": [1]}]')),
    "a field of another type": (
        HELLO,
        framed(b'["stream", ' + REQUEST.replace(b'"a"', b"5", 1) + b"]"),
    ),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_ends_its_own_connection(
    window: FakeProcess, sent: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_listener, "GREETING_S", 0.05)
    with closing(call(window, *sent)) as link:
        assert "event" not in [message[0] for message in told(link)]
    assert len(window.engine.asked) == 2
    assert window.engine.forgotten == []


@pytest.mark.parametrize("said", [b"\xff", b'["event", 1]', b"[]", b'["cancel", 1]'])
def test_nonsense_during_an_answer_cancels_it(window: FakeProcess, said: bytes) -> None:
    with closing(call(window, HELLO, framed(pack(("stream", asking()))))) as link:
        begun(link)
        link._write(memoryview(framed(said)), 5.0)
        until(lambda: window.engine.ended == [StopReason.CANCELLED])


def test_a_guest_that_never_reads_is_left(
    window: FakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "STALL_S", 0.05)
    ended = threading.Event()

    def endless(request: Request, cancel: threading.Event, _: object) -> Iterator[Event]:
        try:
            while not cancel.is_set():
                yield Delta(0, "word " * 1000)
        finally:
            ended.set()

    monkeypatch.setattr(window.engine, "_stream", endless)
    with closing(call(window, HELLO, framed(pack(("stream", asking()))))):
        assert ended.wait(60)


def test_a_guest_that_is_gone_is_cancelled(window: FakeProcess) -> None:
    with closing(call(window, HELLO, framed(pack(("stream", asking()))))) as link:
        begun(link)
    until(lambda: window.engine.ended == [StopReason.CANCELLED])


def test_hundreds_of_connections_keep_nobody_out_for_long(
    window: FakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_listener, "GREETING_S", 0.2)
    links = []
    for _ in range(300):
        with suppress(DoorClosed):  # the queue is full
            links.append(connect(owner_of(window).address))
    guest = FakeProcess(window.backend._folder, "ask")
    until(guest.backend.loaded)
    for link in links:
        link.close()
    guest.backend.close()


def test_without_threads_a_guest_is_refused_and_comes_again(
    window: FakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = threading.Thread.start
    refused: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        if thread.name == "engine guest" and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        real(thread)

    guest = FakeProcess(window.backend._folder, "ask")
    monkeypatch.setattr(threading.Thread, "start", start)
    assert guest.backend.loaded()
    assert refused
    guest.backend.close()


def test_the_greeting_stays_as_it_is_in_all_versions() -> None:
    """Other versions read it, to tell that they are others."""
    name, protocol, version, kind = json.loads(greeting("window"))
    assert (name, kind) == ("fireside engine", "window")
    assert type(protocol) is int
    assert type(version) is str
