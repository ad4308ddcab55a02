"""The search in the chat that is shown, in slices between which the window stays usable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.conversation.message_state import MessageState

_SLICE_S = 0.012  # of searching before other events are handled


@dataclass(frozen=True, slots=True, order=True)
class FindHit:
    """A search hit: the ``number``-th in a section of a message."""

    message: int
    section: int
    number: int


class FindSearch(QObject):
    """The hits of a text, from the first message to the last, and which of them is current.

    The first hit from a place on becomes the current one once it is found, or else the first of
    all. Steps that are asked for before that are taken then.
    """

    changed = Signal()
    """There are more hits, or another one is current."""
    went = Signal(object)
    """A `FindHit` that is to be shown."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.words = ""
        self.hits: list[FindHit] = []
        self.current = -1
        self.collapsed = False
        """Whether collapsed text has hits that are not among these."""
        self.everywhere = False
        """Whether collapsed text is searched, too."""
        self._records: Sequence[MessageState] = ()
        self._running: list[FindHit] = []  # of the search in progress; `hits` itself in a first one
        self._next = 0  # the message to be searched next
        self._target: FindHit | None = None
        self._here_only = False  # whether the target must be in that very message
        self._shown = False  # whether the target is then scrolled into view
        self._pending = 0  # steps to take from the target once it is known
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._search_on)

    @property
    def complete(self) -> bool:
        """Whether every message has been searched."""
        return self._next >= len(self._records)

    def start(
        self,
        records: Sequence[MessageState],
        words: str,
        target: FindHit,
        *,
        here_only: bool = False,
    ) -> None:
        """Search from the beginning, and go to the first hit from ``target`` on.

        With ``here_only``, go nowhere if its message has none.
        """
        self._records, self.words = records, words
        self.hits = self._running = []
        self.current, self._next, self._pending = -1, 0, 0
        self.collapsed = False
        self._target, self._here_only, self._shown = target, here_only, True
        self._timer.stop()
        if words:
            self._search_on()
        else:
            self._next = len(records)
            self.changed.emit()

    def refresh(self, records: Sequence[MessageState]) -> None:
        """Search again, since the conversation has changed.

        The earlier hits stay until that search is done; the current one stays, and nothing scrolls.
        """
        self._records = records
        if not self.words:
            return
        if self.current >= 0:
            self._target = self.hits[self.current]
            self._shown = self._here_only = False
        self._running, self._next = [], 0
        self._search_on()

    def stop(self) -> None:
        """Search no further for now."""
        self._timer.stop()

    def step(self, by: int) -> None:
        """Go to the next hit (1), or the previous one (-1), or around the end.

        If the hit there is not known yet, go there once it is.
        """
        last = len(self.hits) - 1
        unsure = self.current == (last if by > 0 else 0) and not self.complete
        if self.current < 0 or unsure:
            self._pending += by if self.words and not self.complete else 0
            if self.current < 0 and self.hits and self.complete:
                self._go(0 if by > 0 else last)
            return
        self._go((self.current + by) % len(self.hits))

    def _go(self, to: int) -> None:
        self.current = to
        self.changed.emit()
        self.went.emit(self.hits[to])

    def _search_on(self) -> None:
        until = time.monotonic() + _SLICE_S
        wanted = self.words.casefold()
        if self._next == 0:
            self.collapsed = False
        while self._next < len(self._records) and time.monotonic() < until:
            record = self._records[self._next]
            visible = record.visible
            for at, section in enumerate(record.sections):
                if self.everywhere or section in visible:
                    count = section.plain.casefold().count(wanted)
                    self._running += [FindHit(self._next, at, n) for n in range(count)]
                elif not self.collapsed:  # as written: parsing it would take long
                    self.collapsed = wanted in section.source.casefold()
            self._next += 1
        if self.complete and self.hits is not self._running:
            self.hits, self.current = self._running, -1
        self._find_target()
        self._take_pending()
        self.changed.emit()
        if not self.complete:
            self._timer.start(0)

    def _find_target(self) -> None:
        """Make the target current if it is known."""
        wanted = self._target
        if wanted is None or self.hits is not self._running:
            return
        at = next((n for n, hit in enumerate(self.hits) if hit >= wanted), None)
        if self._here_only:
            if self._next <= wanted.message:
                return
            if at is not None and self.hits[at].message != wanted.message:
                at = None
        elif at is None:
            if not self.complete:
                return
            at = 0 if self.hits else None
        self._target = None
        if at is not None:
            self.current = at
            if self._shown and not self._pending:
                self.went.emit(self.hits[at])

    def _take_pending(self) -> None:
        """Take the pending steps, as far as the hits there are known."""
        if self.hits is not self._running or not self.hits or self.current < 0:
            if self.complete:
                self._pending = 0
            return
        if not self._pending:
            return
        to = self.current + self._pending
        if self.complete or 0 <= to < len(self.hits):
            self._pending = 0
            self._go(to % len(self.hits))
