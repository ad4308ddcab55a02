"""Stop texts: an answer ends before the first of them, which is not part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.base.answer_events import Delta
from app.base.types import PartKind


class StopTexts:
    """A filter of deltas that withholds text that may turn out to begin a stop text.

    Only text that is meant for the reader is searched: no reasoning, and no call.
    """

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._texts = [text for text in texts if text]
        self._withheld: Delta | None = None
        self.text = ""
        """The stop text that was found; nothing is passed on after it."""

    @property
    def found(self) -> bool:
        """Whether a stop text was found."""
        return bool(self.text)

    def feed(self, delta: Delta) -> Iterator[Delta]:
        """Yield what can be passed on by now."""
        if self.found:
            return
        if not self._texts or not _is_answer(delta):
            yield from self.rest()
            yield delta
            return
        if self._withheld and self._withheld.index != delta.index:
            yield from self.rest()
        before = self._withheld.text if self._withheld else ""
        text = before + delta.text
        places = [(at, stop) for stop in self._texts if (at := text.find(stop)) >= 0]
        end = len(text) - self._begun(text)
        if places:
            end, self.text = min(places)
        self._withheld = replace(delta, text=text[end:]) if end < len(text) else None
        # A delta without text may change its part's kind.
        if end or not delta.text:
            yield replace(delta, text=text[:end])

    def rest(self) -> Iterator[Delta]:
        """Yield what was withheld and did not become a stop text."""
        withheld, self._withheld = self._withheld, None
        if withheld and not self.found:
            yield withheld

    def _begun(self, text: str) -> int:
        """Return how many of the last characters may be the beginning of a stop text."""
        longest = max(map(len, self._texts)) - 1
        sizes = range(min(longest, len(text)), 0, -1)
        tails = (text[-size:] for size in sizes)
        return len(next((t for t in tails if any(s.startswith(t) for s in self._texts)), ""))


def _is_answer(delta: Delta) -> bool:
    return delta.kind is PartKind.TEXT
