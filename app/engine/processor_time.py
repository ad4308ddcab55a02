"""How much of the processor's time other programs use."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil


class ProcessorTime:
    """The processor's time that all programs, and of them the process ``pid``, have used by now."""

    def __init__(self, pid: int | None) -> None:
        times = psutil.cpu_times()
        self._at = time.monotonic()
        self._all = sum(float(getattr(times, name, 0.0)) for name in ("user", "nice", "system"))
        self._own = 0.0
        with suppress(psutil.Error):  # it is gone
            own = psutil.Process(pid).cpu_times()
            self._own = own.user + own.system

    def by_others_since(self, before: ProcessorTime) -> float:
        """Return the share that other programs had since then, about 0 to 1."""
        whole = (self._at - before._at) * (psutil.cpu_count() or 1)
        others = (self._all - before._all) - (self._own - before._own)
        return max(0.0, others / whole) if whole > 0 else 0.0
