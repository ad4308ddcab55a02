"""An answer while it grows."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from app.base.answer_events import Delta
from app.base.types import Part, PartKind, ResultFacts


class Draft:
    """An answer while it grows: deltas in, parts out. Thread-safe.

    `parts` joins what a part has gained since it was last asked for, and keeps what did not
    change; `text_from` gives a part's newest text without joining anything older. ``thought_s``:
    seconds of reasoning before, for an answer that is continued.
    """

    def __init__(self, parts: tuple[Part, ...] = (), thought_s: float | None = None) -> None:
        self._parts = list(parts)  # as last joined
        self._chunks: list[list[str]] = [[part.text] for part in parts]
        self._lengths = [len(part.text) for part in parts]
        self._stale: set[int] = set()  # the parts that have grown since
        self._whole: tuple[Part, ...] | None = None
        self._lock = threading.Lock()
        self._thought_before = thought_s or 0.0
        self._thinking_since: float | None = None
        self.thought_s = thought_s
        """Seconds of reasoning so far: from the start of each such part to what follows it."""

    def add(self, delta: Delta) -> None:
        """Append a delta to its part, which may be a new one."""
        with self._lock:
            self._time_thought(delta.kind is PartKind.REASONING)
            self._add(delta)

    def add_part(self, part: Part) -> None:
        """Append a whole part."""
        with self._lock:
            self._time_thought(False)
            self._whole = None
            self._parts.append(part)
            self._chunks.append([part.text])
            self._lengths.append(len(part.text))

    def set_facts(self, index: int, facts: ResultFacts | None) -> None:
        """Set the facts of a part."""
        with self._lock:
            self._whole = None
            self._parts[index] = replace(self._parts[index], facts=facts)

    def _time_thought(self, thinking: bool) -> None:
        now = time.monotonic()
        if thinking and self._thinking_since is None:
            self._thinking_since = now
        if self._thinking_since is not None:
            self.thought_s = self._thought_before + now - self._thinking_since
        if not thinking and self._thinking_since is not None:
            self._thought_before = self.thought_s or 0.0
            self._thinking_since = None

    def _add(self, delta: Delta) -> None:
        self._whole = None
        at = delta.index
        if at >= len(self._parts):
            at = len(self._parts)
            self._parts.append(Part("", delta.kind, delta.name, delta.id, delta.format_data))
            self._chunks.append([])
            self._lengths.append(0)
        else:
            part = self._parts[at]
            known = part.kind, part.name, part.id, part.format_data
            if known != (delta.kind, delta.name, delta.id, delta.format_data):
                self._parts[at] = replace(
                    part,
                    kind=delta.kind,
                    name=delta.name,
                    id=delta.id,
                    format_data=delta.format_data,
                )
        if delta.text:
            self._chunks[at].append(delta.text)
            self._lengths[at] += len(delta.text)
            self._stale.add(at)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts so far. One that did not change is the same object as before."""
        with self._lock:
            for at in self._stale:
                text = "".join(self._chunks[at])
                self._chunks[at] = [text]
                self._parts[at] = replace(self._parts[at], text=text)
            self._stale.clear()
            if self._whole is None:
                self._whole = tuple(self._parts)
            return self._whole

    def length(self, index: int) -> int:
        """Return the number of characters of a part's text so far."""
        return self._lengths[index]

    def text_from(self, index: int, start: int) -> str:
        """Return a part's text from its character ``start`` on, in time linear in its length."""
        found: list[str] = []
        with self._lock:
            missing = self._lengths[index] - start
            for chunk in reversed(self._chunks[index]):
                if missing <= 0:
                    break
                found.append(chunk[-missing:])
                missing -= len(found[-1])
        return "".join(reversed(found))
