"""Reports of progress, a few per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_REPORT_S = 0.1

T = TypeVar("T")


def throttled(seen: Callable[[T], None]) -> Callable[[T], None]:
    """Return a function that passes on a value at most ten times a second."""
    last = 0.0

    def tell(value: T) -> None:
        nonlocal last
        if time.monotonic() - last > _REPORT_S:
            last = time.monotonic()
            seen(value)

    return tell
