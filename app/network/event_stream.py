"""A stream of server-sent events, taken out of the bytes of a response as they come.

The rules are those of the HTML standard (section 9.2.6), but for what servers get wrong: an event
counts also if nothing follows it, not even an empty line, and HTML is one. Bytes are decoded only
when a line is whole, so that a character may come in two pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_EVENT = 16 << 20
"""In bytes; the text of a whole answer may be repeated in its last event."""

_BOM = b"\xef\xbb\xbf"


class EventTooLong(Exception):
    """A line, or an event, has more than `LONGEST_EVENT` bytes."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """An event: its name, empty if it has none, and its lines of data, joined."""

    name: str
    data: str


def server_events(chunks: Iterable[bytes]) -> Iterator[ServerEvent]:
    """Yield the events of a stream as soon as each is whole. Raises EventTooLong."""
    name, data, size = "", list[str](), 0
    for line in lines(chunks):
        if not line:
            if data:
                yield ServerEvent(name, "\n".join(data))
            name, data, size = "", [], 0
            continue
        size += len(line)
        if size > LONGEST_EVENT:
            raise EventTooLong
        field, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if line.startswith(b"<"):  # no field has such a name: it is a page that a proxy put there
            data.append(line.decode("utf-8", "replace"))
        elif field == b"data":
            data.append(text)
        elif field == b"event":
            name = text
        elif not field:
            size -= len(line)  # a comment, of which any number may come before the first event
    if data:
        yield ServerEvent(name, "\n".join(data))


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream, without their ends: CR, LF, or both. Raises EventTooLong."""
    held, is_first, after_cr = bytearray(), True, False
    for chunk in chunks:
        if after_cr and chunk:
            chunk, after_cr = chunk.removeprefix(b"\n"), False
        searched = len(held)
        held += chunk
        after_cr = held.endswith(b"\r")
        # Only what is new can have an end; a long line would be searched again for each piece.
        if b"\n" not in held[searched:] and b"\r" not in held[searched:]:
            if len(held) > LONGEST_EVENT:
                raise EventTooLong
            continue
        whole = held.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        held = whole.pop()
        for line in whole:
            if len(line) > LONGEST_EVENT:
                raise EventTooLong
            yield bytes(line.removeprefix(_BOM) if is_first else line)
            is_first = False
    if held:
        yield bytes(held.removeprefix(_BOM) if is_first else held)
