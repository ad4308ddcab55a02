"""PDFs for other threads, made on the GUI's thread in slices that do not block it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QTimer

from app.base.errors import Cancelled
from app.ui.bridge import Bridge

_SLICE_S = 0.008
_PAUSE_MS = 1
_POLL_S = 0.1


class PdfPrinter:
    """An `app.exchange.Draw`.

    Once ``stop`` is set, it raises Cancelled; ``seen`` is called with the fraction done, on the
    GUI's thread.
    """

    def __init__(
        self, bridge: Bridge, stop: threading.Event, seen: Callable[[float], None]
    ) -> None:
        self._bridge, self._stop, self._seen = bridge, stop, seen

    def __call__(self, *what: Any, **how: Any) -> bytes:
        """Return the contents of the PDF; see `app.ui.exchange.pdf_layout.write`."""
        made: Future[bytes] = Future()

        def begin() -> None:
            # Imported late: a window that prints nothing need not wait for it.
            from app.ui.exchange import pdf_layout

            self._go_on(pdf_layout.write(*what, **how), made)

        self._bridge.call(begin)
        while not self._stop.is_set():
            try:
                return made.result(_POLL_S)
            except TimeoutError:
                continue
        raise Cancelled

    def _go_on(self, work: Generator[float, None, bytes], made: Future[bytes]) -> None:
        """Do a slice of the work, and schedule the next."""
        if self._stop.is_set():
            work.close()
            return
        until = time.monotonic() + _SLICE_S
        try:
            share = next(work)  # at least one step, however busy the computer is
            while time.monotonic() < until:
                share = next(work)
        except StopIteration as stopped:
            made.set_result(stopped.value)
        except Exception as error:  # noqa: BLE001 - reported by the waiting thread
            made.set_exception(error)
        else:
            self._seen(share)
            QTimer.singleShot(_PAUSE_MS, lambda: self._go_on(work, made))
