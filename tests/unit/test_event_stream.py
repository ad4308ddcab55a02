"""Server-sent events out of bytes, however they are cut and whatever is wrong with them."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from app.network import event_stream
from app.network.event_stream import EventTooLong, ServerEvent, server_events
from app.network.unpacker import Unpacker

STREAM = (
    '\ufeff: comment\r\ndata: {"a": "ü€😀"}\r\n\r\nevent: named\rdata: 1\rdata:2\r\rdata\n\n'
    "data: \n\nid: 3\nretry: 4\nunknown\n\n\ndata: \u2028end"
).encode()
EVENTS = [
    ServerEvent("", '{"a": "ü€😀"}'),
    ServerEvent("named", "1\n2"),
    ServerEvent("", ""),
    ServerEvent("", ""),
    ServerEvent("", "\u2028end"),
]


def test_events_come_out_of_bytes_cut_anywhere() -> None:
    chance = random.Random(22)
    assert list(server_events([STREAM])) == EVENTS
    assert list(server_events(bytes([byte]) for byte in STREAM)) == EVENTS
    for _ in range(300):
        cuts = sorted(chance.randint(0, len(STREAM)) for _ in range(chance.randint(1, 12)))
        chunks = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
        assert list(server_events(chunks)) == EVENTS, chunks


def test_an_event_comes_before_what_follows_it() -> None:
    def chunks() -> object:
        yield b"data: 1\n\n"
        raise AssertionError("asked for more")

    assert next(iter(server_events(chunks()))) == ServerEvent("", "1")  # type: ignore[arg-type]


def test_a_page_within_a_stream_is_an_event() -> None:
    page = b"data: 1\n\n<html>\r\n<title>502 Bad Gateway</title>\r\n</html>\r\n"
    first, odd = server_events([page])
    assert first == ServerEvent("", "1")
    assert odd.data.startswith("<html>\n<title>502")


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert list(server_events([b"data: \xff\xe2\x82\n\n"])) == [ServerEvent("", "��")]


@pytest.mark.parametrize(
    "chunk", [b"data: " + b"x" * 500, b"data: x\n" * 80, b"event: x\n" * 80, b"x" * 1000 + b"\n"]
)
def test_endless_lines_and_events_end(chunk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LONGEST_EVENT", 600)
    with pytest.raises(EventTooLong):
        for _ in server_events(chunk for _ in range(100)):
            pass


def test_any_number_of_comments_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LONGEST_EVENT", 600)
    chunks = [b": ping\n" * 100, b": ping\n\n" * 100, b"data: 1\n\n"]
    assert list(server_events(chunks)) == [ServerEvent("", "1")]


def test_compressed_streams_are_unpacked_as_they_come() -> None:
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    second = packer.compress(b"data: 2\n\n") + packer.flush()
    came = server_events(Unpacker().unpacked(iter([first, second, b"garbage"])))
    assert [event.data for event in came] == ["1", "2"]


def test_what_unpacks_to_much_comes_in_small_pieces() -> None:
    pieces = list(Unpacker().unpacked([gzip.compress(bytes(3 << 20)) * 2]))
    assert sum(map(len, pieces)) == 6 << 20
    assert max(map(len, pieces)) <= 1 << 16
