"""How far a folder is read, on stderr: a line that is drawn again in a terminal, else two lines."""

from __future__ import annotations

import sys

from app.cli.output import redraw, say
from app.tools.browser.source_status import SourceEntry, SourcesChanged
from app.tools.visible import one_line
from app.wording.language import tr
from app.wording.source_words import source_state


class ReadingProgress:
    """A view of one source at a time. Events may come on any thread; lines are drawn whole."""

    def __init__(self) -> None:
        self._entry: SourceEntry | None = None
        self._last = ""

    def of(self, entry: SourceEntry) -> ReadingProgress:
        """Begin to show a source; `close` ends that."""
        self._entry, self._last = entry, ""
        if not sys.stderr.isatty():
            say(tr("Reading {name}…").format(name=one_line(entry.name)))
        return self

    def receive(self, event: SourcesChanged) -> None:
        """Show its status now."""
        for status in event.statuses:
            if self._entry and status.entry.key == self._entry.key:
                self._last = f"{one_line(status.entry.name)}: {source_state(status)}"
                if sys.stderr.isatty():
                    redraw(self._last)

    def close(self) -> None:
        """Leave its status as a line."""
        self._entry = None
        if sys.stderr.isatty():
            redraw(self._last)
            print(file=sys.stderr, flush=True)
        elif self._last:
            say(self._last)
