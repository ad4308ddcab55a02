"""The owner of the process that makes text of strangers' pages."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, wait
from typing import TYPE_CHECKING, cast

from app.base.child_jobs import ChildJob, ChildJobs
from app.base.errors import Cancelled
from app.base.processes import end_with_parent
from app.tools.browser.source import PageText, SourceFault

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SECONDS = 4.0
"""How long the text of a page may take."""

_PDF_SECONDS = 20.0
_MEMORY = 1_000_000_000  # bytes that the process may use
_IDLE_S = 60.0  # after which it ends
_MOMENT_S = 0.1  # between looks at whether somebody still waits
_STUCK = "The page cannot be read: it takes too much time or memory."


def serve(connection: Connection) -> None:
    """Make texts until the pipe ends. Unexpected exceptions end the process."""
    from app.tools.browser.extraction.fetched_text import page_text

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    end_with_parent()
    while True:
        try:
            data, media_type, charset, address, whole = connection.recv()
        except EOFError:
            return
        connection.send(())  # the time begins
        try:
            connection.send(page_text(data, media_type, charset, address, whole=whole))
        except SourceFault as error:
            connection.send(error)


class Extractor:
    """A service that makes text of pages, one after the other, for any thread.

    The process runs while it is needed, and for a while longer. ``target`` is what runs in it.
    """

    def __init__(
        self,
        target: Callable[[Connection], None] = serve,
        *,
        memory: int = _MEMORY,
        idle: float = _IDLE_S,
    ) -> None:
        self._jobs = ChildJobs(
            target, name="pages", memory=memory, idle=idle, errors=(SourceFault,)
        )

    def page(
        self,
        data: bytes,
        media_type: str,
        charset: str,
        address: str,
        cancel: threading.Event,
        *,
        whole: bool = False,
    ) -> PageText:
        """Return the text of a page, or the ``whole`` of it. Raises SourceFault and Cancelled.

        ``charset`` is the encoding that the server named; empty if it named none.
        """
        command = (data, media_type, charset, address, whole)
        seconds = _PDF_SECONDS if data[:1024].lstrip().startswith(b"%PDF-") else SECONDS
        job = ChildJob(command, SourceFault(_STUCK), cancel, seconds=seconds)
        made = self._jobs.add(job)
        while not wait((made,), _MOMENT_S).done:
            if cancel.is_set():  # while it waits for another page, too
                raise Cancelled
        try:
            return cast(PageText, made.result())
        except CancelledError:
            raise Cancelled from None

    def close(self) -> None:
        """Kill the process and cancel what it does."""
        self._jobs.close()
