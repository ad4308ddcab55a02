"""Connections that send requests whole, damaged, in pieces and several at once, and then go."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket

from app.serving import ADDRESS
from tests.fakes.api import NAME, TOKEN

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) [A-Z]")
_INSERTED = (b"\r\n", b"\n", b"\0", b" ", b"\r\n\r\n", b"Content-Length: 5\r\n")
_CHUNKED = b"Transfer-Encoding: chunked\r\n"


class HttpNoise:
    """The connections, by chance; ``statuses`` are those of all answers that were read."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._chance = random.Random(seed)
        self.statuses: set[int] = set()

    def connect(self) -> None:
        """Make one connection."""
        chance = self._chance
        data = b"".join(self._request() for _ in range(chance.randint(1, 4)))
        if chance.random() < 0.5:
            data = self._damaged(data)
        with (
            contextlib.suppress(OSError),  # the server may close it at any time
            socket.create_connection((ADDRESS, self._port), 10) as sock,
        ):
            while data and chance.random() > 0.03:
                size = chance.choice((1, 3, 10, 100, 1000, 65536))
                sock.sendall(data[:size])
                data = data[size:]
            if chance.random() < 0.5:
                sock.settimeout(chance.choice((0.01, 0.2)))
                answer = b""
                with contextlib.suppress(OSError):
                    while piece := sock.recv(65536):
                        answer += piece
                self.statuses |= {int(status) for status in _STATUS.findall(answer)}

    def _request(self) -> bytes:
        chance = self._chance
        told = {
            "model": chance.choice((NAME, "nope")),
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": chance.random() < 0.5,
        }
        body = json.dumps(told).encode()
        lines = [
            f"Host: {ADDRESS}:{self._port}",
            f"Authorization: Bearer {TOKEN}",
            "Content-Type: application/json",
        ]
        lines += ["Connection: close"] if chance.random() < 0.2 else []
        lines += ["Expect: 100-continue"] if chance.random() < 0.1 else []
        version = "1.0" if chance.random() < 0.1 else "1.1"
        match chance.randrange(5):
            case 0:
                first, body = f"GET /v1/models HTTP/{version}", b""
            case 1:
                first, body = "HEAD /health HTTP/1.1", b""
            case 2:
                return b"\r\n" * chance.randint(1, 3)
            case 3:
                first = "POST /v1/chat/completions HTTP/1.1"
                lines.append("Transfer-Encoding: chunked")
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            case _:
                first = f"POST /v1/chat/completions HTTP/{version}"
                lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([first, *lines, "", ""]).encode() + body

    def _damaged(self, data: bytes) -> bytes:
        chance, damaged = self._chance, bytearray(data)
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(damaged) or 1)
            match chance.randrange(3):
                case 0:
                    damaged[at : at + 1] = bytes([chance.randrange(256)])
                case 1:
                    damaged[at:at] = chance.choice((*_INSERTED, _CHUNKED))
                case _:
                    del damaged[at : at + chance.randint(1, 8)]
        return bytes(damaged)
