"""The events of an answer, made of what comes of a server's stream."""

from __future__ import annotations

import time
from collections.abc import Iterator

from app.base.types import Delta, Done, PartKind, Stats, StopReason
from app.engine.remote.tool_names import ToolNames
from app.engine.remote.wire_events import (
    AnswerEnd,
    AnswerText,
    CallText,
    ReasoningText,
    UsageReport,
    WireEvent,
)


class RemoteAnswer:
    """An answer while it comes: `feed` makes deltas of wire events, `done` ends it.

    ``prompt`` is the size of the prompt, in tokens, as far as it is known here, and ``context``
    that of the server's context, 0 if unknown.
    """

    def __init__(self, names: ToolNames, prompt: int, context: int) -> None:
        self._names, self._prompt, self._context = names, prompt, context
        self._asked = time.monotonic()
        self._first: float | None = None
        self._last = self._asked
        self._kinds: list[tuple[PartKind, int]] = []  # of each part; a call's with its number
        self._usage = UsageReport()
        self._reason: StopReason | None = None
        self._called = False

    @property
    def ended(self) -> bool:
        """Whether the server has said so."""
        return self._reason is not None

    def feed(self, event: WireEvent) -> Iterator[Delta]:
        """Yield the deltas of an event."""
        match event:
            case UsageReport():
                self._usage = event
                return
            case AnswerEnd(reason):
                self._reason = reason
                return
        self._last = time.monotonic()
        self._first = self._first or self._last
        match event:
            case ReasoningText(text, echo):
                yield Delta(
                    self._at(PartKind.REASONING), text, PartKind.REASONING, format_data=echo
                )
            case AnswerText(text):
                yield Delta(self._at(PartKind.TEXT), text)
            case CallText(at, id, name, arguments):
                self._called = True
                here = self._names.here(name)
                yield Delta(self._at(PartKind.CALL, at), arguments, PartKind.CALL, here, id)

    def done(self, reason: StopReason | None = None) -> Done:
        """Return the answer's end, for the server's reason unless there is another."""
        reason = reason or self._reason or StopReason.END
        if self._called and reason is StopReason.END:
            reason = StopReason.CALL
        usage, now = self._usage, time.monotonic()
        first = self._first or now
        prompt = usage.prompt if usage.prompt is not None else self._prompt
        stats = Stats(
            prompt_tokens=prompt,
            evaluated=prompt - (usage.cached or 0),
            generated=usage.generated or 0,
            reasoning_tokens=usage.reasoning or 0,
            first_token_s=first - self._asked,
            generation_s=self._last - first,
            peak_memory=0,
            seed=0,
            context=self._context,
        )
        return Done(reason, stats)

    def _at(self, kind: PartKind, call: int = -1) -> int:
        """Return the place of the part that grows."""
        if (kind, call) not in self._kinds[-1:]:
            self._kinds.append((kind, call))
        return len(self._kinds) - 1
