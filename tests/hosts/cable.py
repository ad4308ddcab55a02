"""A cable between two computers, which can be long, bad, or cut."""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import threading
import time

from tests.web.namespace import ip

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 1, 0x1000  # linux/if_tun.h


class Cable:
    """Passes packets between a device here and one of the namespace ``there``; a context manager.

    ``delay`` is in seconds, ``loss`` a fraction of packets, ``rate`` in bytes a second, 0 for no
    limit. While ``cut``, packets vanish, and neither end is told.
    """

    def __init__(self, number: int, there: str) -> None:
        self.delay = self.loss = self.rate = 0.0
        self.cut = False
        self.device = f"cable{number}"
        self.here, self.there = (f"10.77.{number}.{end}" for end in (1, 2))
        self._ends = tuple(_tun(f"{self.device}{end}") for end in ("", "far"))
        far = f"{self.device}far"
        ip("link", "set", far, "netns", there)
        self.plug()
        ip("-n", there, "address", "add", f"{self.there}/24", "dev", far)
        for device in ("lo", far):
            ip("-n", there, "link", "set", device, "up")
        self._chance, self._number = random.Random(22), itertools.count()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, name=self.device)

    def __enter__(self) -> Cable:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        for end in self._ends:
            os.close(end)

    def pull(self) -> None:
        """Pull it out here: the device has no link, and no address."""
        ip("link", "set", self.device, "down")
        ip("address", "flush", "dev", self.device)

    def plug(self) -> None:
        """Plug it in again, with the same address."""
        ip("address", "add", f"{self.here}/24", "dev", self.device)
        ip("link", "set", self.device, "up")

    def _pass_on(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        free = [0.0, 0.0]  # when each direction can take the next packet
        while not self._ending.is_set():
            until = waiting[0][0] - time.monotonic() if waiting else 0.1
            ready, _, _ = select.select(self._ends, [], [], min(max(until, 0), 0.1))
            for end in ready:
                at = self._ends.index(end)
                packet = _read(end)
                if not packet or self.cut or self._chance.random() < self.loss:
                    continue
                sent = max(time.monotonic(), free[at])
                free[at] = sent + (len(packet) / self.rate if self.rate else 0)
                entry = (free[at] + self.delay, next(self._number), 1 - at, packet)
                heapq.heappush(waiting, entry)
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, at, packet = heapq.heappop(waiting)
                _write(self._ends[at], packet)


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH14x", name.encode(), _IFF_TUN | _IFF_NO_PI)
    fcntl.ioctl(device, _TUNSETIFF, request)
    return device


def _read(device: int) -> bytes:
    try:
        return os.read(device, 65536)
    except OSError:  # it is down, or there is none after all
        time.sleep(0.01)
        return b""


def _write(device: int, packet: bytes) -> None:
    with contextlib.suppress(OSError):  # it is down
        os.write(device, packet)
