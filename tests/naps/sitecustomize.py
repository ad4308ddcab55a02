"""Random naps where threads and processes meet, so that a test that is right by luck is not.

usage: PYTHONPATH=tests/naps FIRESIDE_NAPS=SEED python -m pytest …

Python imports this at its start, in each child process, too. A thread, a pool's job, a renaming, a
queue, a pipe or a socket may take up to 30 ms longer, and seldom 400: what a busy computer does.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

_SEED = os.environ.get("FIRESIDE_NAPS")
_SHORT_S, _LONG_S = 0.03, 0.4


def _slowed(owner: Any, name: str, often: float, seldom: float, *, after: bool = False) -> None:
    """Have a function take a nap before it begins, and ``after`` it, too."""
    work: Callable[..., Any] = getattr(owner, name)

    @wraps(work)
    def slow(*arguments: Any, **named: Any) -> Any:
        _nap(often, seldom)
        result = work(*arguments, **named)
        if after:
            _nap(often, seldom)
        return result

    setattr(owner, name, slow)


def _nap(often: float, seldom: float) -> None:
    """Sleep, or do not: the two are probabilities."""
    drawn = _chance.random()
    if drawn < seldom:
        _sleep(_chance.random() * _LONG_S)
    elif drawn < often:
        _sleep(_chance.random() * _SHORT_S)


if _SEED:
    import queue
    import socket
    import threading
    from concurrent.futures import thread
    from multiprocessing import connection

    _chance = random.Random(int(_SEED) * 1_000_003 + os.getpid())
    _sleep = time.sleep  # tests may replace it
    _slowed(threading.Thread, "run", 0.2, 0.01, after=True)
    _slowed(thread._WorkItem, "run", 0.2, 0.01, after=True)
    for function in ("replace", "rename"):
        _slowed(os, function, 0.3, 0.01, after=True)
    _slowed(queue.Queue, "put", 0.05, 0.01)
    for method in ("_send_bytes", "_recv_bytes"):
        _slowed(connection.Connection, method, 0.03, 0.002)
    for method in ("sendall", "send", "recv", "recv_into", "accept", "connect"):
        _slowed(socket.socket, method, 0.05, 0.002)
