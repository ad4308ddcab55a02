"""The lock of the engine, the door to it, and the messages that go through: real files, sockets."""

from __future__ import annotations

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.base import file_lock
from app.engine.shared import engine_lock, frames
from app.engine.shared.door import connect, open_door, remove_left
from app.engine.shared.engine_lock import EngineLock, read_record
from app.engine.shared.frames import LONGEST, Door, DoorClosed, FrameLink, LinkLost

posix = pytest.mark.skipif(sys.platform == "win32", reason="a named pipe has neither path nor mode")
root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="needs to become another user"
)
NOBODY = 65534


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = open_door(tmp_path)
    yield opened
    opened.close()
    assert opened.accept() is None


@contextmanager
def joined(door: Door) -> Iterator[tuple[FrameLink, FrameLink]]:
    """Yield both ends of a connection."""
    with closing(connect(door.address)) as theirs:
        ours = door.accept()
        assert ours
        with closing(ours):
            yield ours, theirs


# --- Messages ---------------------------------------------------------------------------------


def test_messages_come_whole_and_in_order(door: Door) -> None:
    sent = [b"", b"a", bytes(range(256)) * 20_000, b"end"]
    with joined(door) as (ours, theirs):

        def send() -> None:
            for each in sent:
                theirs.send(each)

        sending = threading.Thread(target=send)
        sending.start()
        assert [ours.receive() for _ in sent] == sent
        sending.join()
        assert ours.receive(0.0) is None


def test_what_was_sent_before_the_end_is_received(door: Door) -> None:
    with joined(door) as (ours, theirs):
        ours.send(b"last")
        ours.end()
        assert theirs.receive() == b"last"
        with pytest.raises(LinkLost):
            theirs.receive()


@pytest.mark.parametrize("length", [LONGEST + 1, 2**32 - 1])
def test_a_message_that_is_too_long_is_not_waited_for(door: Door, length: int) -> None:
    with joined(door) as (ours, theirs):
        theirs._write(memoryview(struct.pack(">I", length)), 1.0)
        with pytest.raises(LinkLost):
            ours.receive()
        with pytest.raises(LinkLost):
            theirs.send(bytes(LONGEST + 1))


def test_an_end_that_does_not_read_counts_as_gone(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "STALL_S", 0.05)
    with joined(door) as (ours, _), pytest.raises(LinkLost):
        ours.send(bytes(8 << 20))


def test_whoever_receives_notices_the_end(door: Door) -> None:
    with joined(door) as (ours, _):
        ending = threading.Timer(0.02, ours.end)
        ending.start()
        with pytest.raises(LinkLost):
            ours.receive()
        ending.join()


# --- The door ---------------------------------------------------------------------------------


@posix
def test_only_this_user_may_enter(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(open_door(tmp_path)) as door:
            path = Path(door.address)
            assert path.is_relative_to(tmp_path)
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert door.accept() is None
    finally:
        os.umask(before)
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_path_that_is_too_long_for_a_socket_leads_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep, runtime = tmp_path / ("long" * 25), tmp_path / "run"
    deep.mkdir()
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    with closing(open_door(deep)) as door:
        assert Path(door.address).is_relative_to(runtime)
        with joined(door):
            pass
    assert door.accept() is None
    assert [*deep.iterdir(), *runtime.iterdir()] == []


@posix
def test_a_folder_that_others_may_enter_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems know no permissions."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    real = os.mkdir
    open_to_all = str(tmp_path / ".engine-")

    def made(path: str, mode: int = 0o777, **more: int) -> None:
        real(path, 0o755 if str(path).startswith(open_to_all) else mode, **more)

    monkeypatch.setattr("os.mkdir", made)
    with tempfile.TemporaryDirectory() as short:  # the path of a socket has about 100 bytes
        monkeypatch.setattr("tempfile.tempdir", short)
        with closing(open_door(tmp_path)) as door:
            assert Path(door.address).is_relative_to(short)
        assert door.accept() is None


AS_NOBODY = f"""
import os, socket, sys
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
"""
CONNECT = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
try:
    s.connect(sys.argv[1])
    print("in", s.recv(1))
except OSError as error:
    print(type(error).__name__)
"""
LISTEN = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("ready", flush=True)
sys.stdin.read()
"""


def as_nobody(script: str, address: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", AS_NOBODY + script, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@root
@posix
def test_another_user_is_refused_even_where_the_folder_lets_him_in(door: Door) -> None:
    folder = Path(door.address).parent
    open_up(folder)
    Path(door.address).chmod(0o666)
    links: list[FrameLink | None] = []
    accepting = threading.Thread(target=lambda: links.append(door.accept()))
    accepting.start()
    for mode, expected in (
        (0o700, ["PermissionError"]),
        (0o755, ["in b''", "ConnectionResetError"]),
    ):
        folder.chmod(mode)
        with as_nobody(CONNECT, door.address) as other:
            assert other.communicate(timeout=60)[0].strip() in expected
    with closing(connect(door.address)):
        accepting.join()
    assert links[0]
    links[0].close()


@root
@posix
def test_another_users_door_is_not_entered(tmp_path: Path) -> None:
    place = tmp_path / "theirs"
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    open_up(place)
    with as_nobody(LISTEN, str(place / "socket")) as other:
        assert other.stdout
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(DoorClosed, match="another user"):
            connect(str(place / "socket"))
        other.communicate(timeout=60)


def open_up(folder: Path) -> None:
    """Let others go through the folders above, which pytest made for this user alone."""
    for parent in folder.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if mode & 0o011 != 0o011:
            parent.chmod(mode | 0o011)


@posix
def test_a_door_that_is_no_more_is_closed(tmp_path: Path) -> None:
    with closing(open_door(tmp_path)) as door:
        address = door.address
    assert door.accept() is None
    for gone in (address, str(tmp_path), "/" + "a" * 200, str(tmp_path / "x\0y")):
        with pytest.raises(DoorClosed):
            connect(gone)


@posix
def test_only_a_socket_that_was_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".engine-abc" / "socket"
    left.parent.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        bound.bind(str(left))
    kept = [tmp_path / ".engine-file" / "socket", tmp_path / "mine" / "socket", tmp_path / "a"]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("text", "utf-8")
    for path in (left, *kept, tmp_path / "none" / "socket"):
        remove_left(str(path))
    assert not left.parent.exists()
    assert all(path.exists() for path in kept)


# --- The lock ---------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from app.engine.shared.engine_lock import EngineLock
lock = EngineLock(Path(sys.argv[1]))
assert lock.take()
lock.publish("ask", "there")
print("held", flush=True)
sys.stdin.read()
"""


def test_one_has_it_until_it_gives_it_back(tmp_path: Path) -> None:
    one, other = EngineLock(tmp_path), EngineLock(tmp_path)
    assert one.take()
    one.publish("window", "an address")
    assert not other.take()
    record = read_record(other.path)
    assert record
    assert (record.pid, record.kind, record.address) == (os.getpid(), "window", "an address")
    assert record.is_here
    one.give_back()
    one.give_back()
    assert read_record(one.path) is None
    assert other.take()
    assert not one.take()
    other.give_back()


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        lock = EngineLock(tmp_path)
        assert not lock.take()
        holder.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        holder.wait(60)
    assert lock.take()
    left = read_record(lock.path)
    assert left
    assert (left.pid, left.address) == (holder.pid, "there")
    lock.give_back()


@posix
def test_a_file_that_was_removed_meanwhile_locks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = EngineLock(tmp_path)
    real = file_lock.try_lock
    removed: list[int] = []

    def locked(file: int) -> bool:
        if not removed:
            lock.path.unlink()
            removed.append(file)
        return real(file)

    monkeypatch.setattr(engine_lock, "try_lock", locked)
    assert lock.take()
    assert not EngineLock(tmp_path).take()
    lock.give_back()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"pid": 1}',
        b"\xff",
        b"[" * 5000,
        b'{"pid": "1", "host": "", "kind": "", "address": ""}',
        b'{"pid": 1, "host": "", "kind": 5, "address": ""}',
    ],
)
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / engine_lock.NAME).write_bytes(content)
    assert read_record(tmp_path / engine_lock.NAME) is None


@posix
def test_a_link_or_a_missing_folder_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / engine_lock.NAME).symlink_to(tmp_path / "elsewhere")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError):  # noqa: PT011 - one of several
            EngineLock(folder).take()
    assert not (tmp_path / "elsewhere").exists()


def test_of_an_owner_whose_lock_cannot_be_read_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SMB, a lock keeps others from reading."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refused)
        record = read_record(tmp_path / engine_lock.NAME)
    assert record
    assert not record.is_here
