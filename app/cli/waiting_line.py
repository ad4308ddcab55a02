"""An answer's place in the queue, on stderr: a line that is drawn again in a terminal."""

from __future__ import annotations

import sys

from app.cli.output import redraw, say
from app.wording.queue_words import in_line


class WaitingLine:
    """A line about a wait, erased afterwards.

    Where there is no terminal, it stays, and the next one is about a better place.
    """

    def __init__(self) -> None:
        self._drawn = False
        self._best: int | None = None

    def show(self, place: int) -> None:
        """Show the answer's place now."""
        if sys.stderr.isatty():
            redraw(in_line(place))
            self._drawn = True
        elif self._best is None or place < self._best:
            say(in_line(place))
            self._best = place

    def end(self) -> None:
        """Erase the line, if there is one."""
        if self._drawn:
            redraw("")
            print("\r", end="", file=sys.stderr, flush=True)
            self._drawn = False
