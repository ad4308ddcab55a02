"""Owner of the process that reads files.

A file that hangs or crashes the process does no other harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.child_jobs import ChildJob, ChildJobs
from app.base.errors import DocumentBroken, DocumentError, EngineFailed, ModelError
from app.base.types import FileLocation, ModelRef, Part
from app.documents.document import Document, PageProgress

if TYPE_CHECKING:  # a window need not wait for it
    from multiprocessing.connection import Connection

MEMORY = 2_000_000_000  # bytes of memory that the process may use
_IDLE_S = 30.0  # after which the process ends


def _run_child(connection: Connection) -> None:
    from app.documents import worker

    worker.main(connection)


@dataclass(frozen=True, slots=True)
class DocumentProgress:
    """Progress of reading a file to be attached, in pages. Setting ``stop`` ends it."""

    stop: threading.Event
    done: int
    total: int


class DocumentReader:
    """A service that reads files and counts tokens, one job after the other.

    The process runs while it is needed, and for a while longer.
    """

    def __init__(
        self,
        target: Callable[[Connection], None] = _run_child,
        *,
        publish: Callable[[DocumentProgress], None] = lambda event: None,
        memory: int = MEMORY,
        idle: float = _IDLE_S,
    ) -> None:
        self._publish = publish
        errors = (DocumentError, ModelError, EngineFailed)
        self._jobs = ChildJobs(target, name="documents", memory=memory, idle=idle, errors=errors)

    def read(
        self,
        path: Path,
        stop: threading.Event,
        seen: PageProgress | None = None,
        encoding: str = "",
    ) -> Future[Document]:
        """Extract the text of a file.

        It is decoded with ``encoding`` if the user chose one, else with the one that it seems to
        have. ``seen`` is called, on another thread, with the pages done and their total; without
        it, DocumentProgress is published. Fails with DocumentError, or with Cancelled once ``stop``
        is set.
        """
        if seen is None:

            def seen(done: int, total: int) -> None:
                self._publish(DocumentProgress(stop, done, total))

        died = DocumentBroken(path, "reading it took too much time or memory")
        return self._jobs.add(ChildJob(("read", path, encoding), died, stop, seen))

    def count(self, model: ModelRef, part: Part, pieces: Sequence[str] = ()) -> Future[list[int]]:
        """Count the tokens of a part in a model's prompt, and of each piece of text by itself.

        The result is their list, the part's first. Of a model on another computer, whose vocabulary
        only its server knows, they are estimates. Fails with ModelError, EngineError or Cancelled.
        """
        file = model.location.path if isinstance(model.location, FileLocation) else None
        died = EngineFailed("counting tokens took too long")
        command = ("count", file, part, list(pieces))
        return self._jobs.add(ChildJob(command, died, threading.Event()))

    def close(self) -> None:
        """Kill the process and cancel all jobs at once."""
        self._jobs.close()
