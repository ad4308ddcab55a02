"""The progress of ``fireside pull``: a bar in a terminal, else lines."""

from __future__ import annotations

import os
import sys
import time
from typing import Protocol

from tqdm import tqdm

from app.cli.output import printable, say
from app.models.download_events import Downloading
from app.wording import download_status
from app.wording.quantities import percent

_LINE_S, _LINE_SHARE = 10.0, 0.05  # between two lines, whichever comes first


class ProgressView(Protocol):
    """A view of the progress, on stderr."""

    def show(self, event: Downloading) -> None:
        """Show how far the download is, if it is time for that."""

    def tell(self, sentence: str) -> None:
        """Print a line that stays."""

    def close(self) -> None:
        """End the view; the last state stays."""


def view() -> ProgressView:
    """Return the view that suits stderr. A terminal that does not know its width gets lines."""
    try:
        return _Bar() if os.get_terminal_size(sys.stderr.fileno()).columns else _Lines()
    except (OSError, ValueError):  # no terminal
        return _Lines()


class _Bar:
    """A line that is drawn again and again."""

    def __init__(self) -> None:
        tqdm.monitor_interval = 0  # no thread
        self._bar = tqdm(
            bar_format="{desc}",
            file=sys.stderr,
            dynamic_ncols=True,
            ascii=None if printable("█", sys.stderr) == "█" else True,
        )

    def show(self, event: Downloading) -> None:
        now, told = event.progress, download_status.running(event).text
        if now.size:
            self._bar.total, self._bar.n = now.size, now.done
            share = percent(self._bar.n / now.size)
            self._bar.bar_format = f"{share:>5} |{{bar:24}}| {{desc}}"
        else:
            self._bar.bar_format = "{desc}"
        self._bar.set_description_str(printable(told, sys.stderr))

    def tell(self, sentence: str) -> None:
        self._bar.write(printable(sentence, sys.stderr), file=sys.stderr)

    def close(self) -> None:
        self._bar.close()


class _Lines:
    """About a line every ten seconds, for a log file."""

    def __init__(self) -> None:
        self._told_at, self._share, self._kind = 0.0, -1.0, ""

    def show(self, event: Downloading) -> None:
        now = event.progress
        share = now.done / now.size if now.size else 0.0
        kind = str(now.waiting.reason if now.waiting else now.phase)
        late = time.monotonic() - self._told_at >= _LINE_S
        if late or share - self._share >= _LINE_SHARE or kind != self._kind:
            self._told_at, self._share, self._kind = time.monotonic(), share, kind
            done = f"{percent(share):>5}  " if now.size else ""
            self.tell(f"{done}{download_status.running(event).text}")

    def tell(self, sentence: str) -> None:
        say(sentence)

    def close(self) -> None:
        pass
