"""An answer's place in the queue, on stderr: a line that is drawn again in a terminal."""

from __future__ import annotations

import sys

from app.cli.output import redraw, say
from app.wording.queue_words import in_line


class WaitingLine:
    """A line about a wait, erased afterwards; where there is no terminal, it stays."""

    def __init__(self) -> None:
        self._drawn = False

    def show(self, place: int) -> None:
        """Show the answer's place now."""
        if sys.stderr.isatty():
            redraw(in_line(place))
            self._drawn = True
        else:
            say(in_line(place))

    def end(self) -> None:
        """Erase the line, if there is one."""
        if self._drawn:
            redraw("")
            print("\r", end="", file=sys.stderr, flush=True)
            self._drawn = False
