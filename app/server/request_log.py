"""The requests to the local server, in the log of connections: who asked, and how much."""

from __future__ import annotations

import contextlib
from pathlib import Path

from app.base import log
from app.network.connection_log import SERVED, ConnectionLog, LogUnwritable, purpose
from app.server.asker import Asker
from app.server.pieces import Usage
from app.serving import ADDRESS


class RequestLog:
    """The log at ``path``. No text of a request or an answer is in it."""

    def __init__(self, path: Path) -> None:
        self._log = ConnectionLog(path)

    def add(self, asker: Asker, what: Usage | str) -> None:
        """Append a request that has ended: its tokens, or why there are none."""
        told = what if isinstance(what, str) else f"{what.prompt} + {what.generated} tokens"
        try:
            with purpose(f"{SERVED}{asker.client}, {asker.path}, {asker.model}, {told}"):
                entry = self._log.add(ADDRESS)
            with contextlib.suppress(OSError):
                entry.end(asker.size)
        except LogUnwritable as error:
            log.note_kind(f"local server: a request was not logged: {error.strerror}")
